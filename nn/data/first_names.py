r"""First names: the 5,163 that are frequent in the 1990 census of the United States, shipped with the package.

They are public domain: the U.S. Census Bureau published them as the files `dist.female.first` and `dist.male.first`,
with the share of each name among women or men. The source package `names` 0.3.0 on PyPI contains both files, and states
that they are in the public domain.

The names are in lower case, each once, from the most to the least frequent, equally frequent ones in alphabetical
order. The frequency is the sum of the two shares, in thousandths of a per cent. The file, `names.gz`, is a gzip file
(which includes a checksum) with one name on each line. This code made it from the two files:

    shares = collections.Counter()
    for path in ("dist.female.first", "dist.male.first"):
        for name, share, *_ in map(str.split, open(path)):
            shares[name.lower()] += round(1000 * float(share))
    text = "".join(f"{name}\n" for name in sorted(shares, key=lambda name: (-shares[name], name)))
    deflate = zlib.compressobj(9, zlib.DEFLATED, wbits=31, memLevel=9)
    Path("names.gz").write_bytes(deflate.compress(text.encode()) + deflate.flush())
"""

from __future__ import annotations

import gzip
import re
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from nn.data.array_samples import AT_EACH_END, SHOWN

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

COUNT: Final = 5163
LONGEST: Final = 11


def names() -> list[str]:
    """The names, from the most to the least frequent: words of 2 to 11 letters from a to z.

    `split(names(), 0.1, stratified=False)` holds some of them back.

    Raises:
        InputError: if the file is damaged.

    >>> len(names()), names()[:5]
    (5163, ['james', 'john', 'robert', 'michael', 'mary'])
    """
    return Names(read_names(files("nn.data") / "names.gz"))


class Names(list[str]):
    """A list whose `repr` shows the first and the last names only; slices are plain lists."""

    def __repr__(self) -> str:
        if len(self) <= SHOWN:
            return super().__repr__()
        first, last = (", ".join(map(repr, part)) for part in (self[:AT_EACH_END], self[-AT_EACH_END:]))
        return f"[{first}, ..., {last}]"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython, which has one of its own for lists."""
        printer.text(repr(self))


def read_names(path: Traversable) -> list[str]:
    """All names of the file, in its order.

    Raises:
        InputError: if the file is missing, damaged, or has other content.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode("ascii").split("\n")
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise _damaged(path, str(error)) from error
    words = lines[:-1]
    if lines[-1] or len(words) != COUNT or len(set(words)) != COUNT:
        raise _damaged(path, f"{len(set(words))} names")
    odd = [word for word in words if not re.fullmatch(rf"[a-z]{{2,{LONGEST}}}", word)]
    if odd:
        raise _damaged(path, f"{odd[0]!r:.40} is not a name")
    return words


def _damaged(path: Traversable, reason: str) -> InputError:
    return InputError(f"expected {COUNT} names in {path}, but the file is damaged ({reason}); reinstall autograd-core")
