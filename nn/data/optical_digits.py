"""Handwritten digits: 1,797 images of 8 by 8 pixels, shipped with the package.

They are the test set of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), UCI Machine
Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/),
in the order in which scikit-learn ships them. Values are unchanged; only the file format differs. A pixel counts, from
0 to 16, how many of the 4 by 4 dots of a finer scan were inked.

The file, `digits.gz`, is a gzip file (which includes a checksum) of records of 65 bytes: the label, then the 64 pixels
row by row. It was made once from scikit-learn's `digits.csv.gz`, whose lines have the label last:

    rows = [[int(float(x)) for x in line.split(",")] for line in gzip.open("digits.csv.gz", "rt")]
    records = b"".join(bytes([row[-1], *row[:-1]]) for row in rows)
    deflate = zlib.compressobj(9, zlib.DEFLATED, wbits=31, memLevel=9, strategy=zlib.Z_FILTERED)
    Path("digits.gz").write_bytes(deflate.compress(records) + deflate.flush())
"""

from __future__ import annotations

import gzip
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from autograd_core import InputError
from autograd_core.calls import explained
from nn.data.splits import Split, split

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from nn.base.rng import Rng
    from nn.data.sampling import Labelled

PIXELS: Final = 64
COUNT: Final = 1797
SHADES: Final = [shade / 16.0 for shade in range(17)]


@explained()
def digits(held_back: float = 0.2, rng: Rng = 0) -> Split[Labelled]:
    """The 1,797 digits, split into samples for training and samples held back for the test.

    A sample is `(pixels, label)`: 64 numbers from 0.0 (paper) to 1.0 (ink), row by row, all of them exact
    multiples of 1/16; and the digit, an int from 0 to 9.

    Args:
        held_back: share of every class that goes to the test set, or the number of digits there, an int. Default: a
            fifth, 359 digits.
        rng: the source of the choice: a generator, a seed, or None for Python's global generator. Default: seed 0, so
            that accuracies can be compared.

    Raises:
        InputError: if the share is not from 0 to less than 1, no digit is left to train with, or the file is damaged.

    >>> train, test = digits()
    >>> len(train), len(test)
    (1438, 359)
    >>> pixels, label = train[0]
    >>> label, pixels[:8]
    (0, [0.0, 0.0, 0.3125, 0.8125, 0.5625, 0.0625, 0.0, 0.0])
    """
    return split(read_digits(files("nn.data") / "digits.gz"), held_back, rng)


def read_digits(path: Traversable) -> list[Labelled]:
    """All samples of the file, in its order.

    Raises:
        InputError: if the file is missing, damaged, or has other content.
    """
    try:
        records = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    if len(records) != COUNT * (PIXELS + 1):
        raise _damaged(path, f"{len(records)} bytes instead of {COUNT * (PIXELS + 1)}")
    starts = range(0, len(records), PIXELS + 1)
    if max(records) >= len(SHADES) or any(records[start] > 9 for start in starts):
        raise _damaged(path, "a pixel above 16 or a label above 9")
    return [([SHADES[pixel] for pixel in records[start + 1 : start + PIXELS + 1]], records[start]) for start in starts]


def _damaged(path: Traversable, reason: str) -> InputError:
    return InputError(f"expected {COUNT} digits in {path}, but the file is damaged ({reason}); reinstall autograd-core")
