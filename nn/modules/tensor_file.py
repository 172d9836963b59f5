"""Named arrays in a file: the safetensors format, with a checksum of everything in it.

The library `safetensors` writes and reads such files: a header, which is JSON that describes the arrays, and then their
bytes. Reading a file executes none of its content. The header is read first, and only if it is not longer than the
reader expects; an array is read on first use.

`write` adds a checksum of each array and of the metadata, the first 16 digits of a SHA-256. Reading compares them, so
that an error names what is damaged. Files of other tools, which have no checksums, are read as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import warnings
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from autograd_core import AutogradWarning, InputError
from autograd_core.files import write_atomically
from autograd_core.text import listed
from nn.base.messages import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shape: TypeAlias = tuple[int, ...]

KEY: Final = "autograd_core"
"""The key of all metadata of this package, stored as one text, because the library writes several keys in random
order."""

LONGEST: Final = 100_000_000
"""The longest header that the library `safetensors` reads, in bytes."""

SLACK: Final = 2**20
"""Bytes that a header may have beyond the expected ones: for metadata of other tools and further names."""

_TYPES: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?", "BF16": "<u2",
}  # fmt: skip
"""Numpy's names of the number types. BF16 is the upper half of a float of 32 bits, so its bits are read as `<u2`."""

_NAMED: Final = 4
"""The largest number of names in a message."""


class NotFiniteWarning(AutogradWarning):
    """A file holds nan or infinity. It is loaded unchanged, but the outputs of such a model are usually nan."""


class DamagedError(InputError):
    """A file does not hold what was saved: its checksums do not match."""


# ---- Writing ---------------------------------------------------------------------------------------------------------


def load_libraries() -> None:
    """Import what `write` uses, before a block in which an interrupt must not break off an import.

    After that a process cannot import numpy again.
    """
    import safetensors.numpy  # noqa: F401 - imports numpy, too


def write(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays to a file, replacing it if it exists. Equal content gives equal bytes.

    Args:
        path: name of the file.
        arrays: the arrays by name.
        metadata: texts by name.

    Raises:
        InputError: if the header would be longer than readers of the format accept.
        OSError: if the file cannot be written; an old file of that name is then unchanged.

    >>> import numpy as np
    >>> write("numbers.safetensors", {"x": np.array([1.0, 2.0])}, {"unit": "m"})
    >>> with TensorFile("numbers.safetensors") as file:
    ...     file.metadata["unit"], file.tensors["x"].tolist()
    ('m', [1.0, 2.0])
    """
    import numpy as np
    from safetensors.numpy import save

    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    texts = dict(metadata or {})
    sums = {name: _checksum_of_array(array) for name, array in whole.items()}
    own = _json({"sha256": sums, "metadata": texts, "metadata_sha256": _checksum_of_texts(texts)})
    content = save(whole, {KEY: own})
    if (length := _header_length(content)) > LONGEST:
        raise InputError(
            f"expected names and metadata of at most {LONGEST} bytes, which is the limit of the safetensors format, "
            f"got {length} bytes for {len(arrays)} arrays; keep parameters in fewer, larger arrays"
        )
    write_atomically(path, content)


def _json(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def _header_length(begin: bytes) -> int:
    return int.from_bytes(begin[:8], "little")


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _checksum_of_array(array: NDArray[Any]) -> str:
    return _checksum(f"{array.dtype.name} {list(array.shape)} ".encode() + array.tobytes())


def _checksum_of_texts(texts: Mapping[str, str]) -> str:
    return _checksum(_json(texts).encode())


def header_limit(shapes: Mapping[str, Shape], texts: int = 0) -> int:
    """The maximum length of a header for such arrays, in bytes, with a reserve for other tools.

    Args:
        shapes: the shapes of the arrays by name.
        texts: the expected length of the metadata.

    >>> header_limit({"weight": (3, 2), "bias": (3,)}) - SLACK
    1312
    """
    need = sum(120 + 2 * len(json.dumps(name)) + 20 * len(shape) for name, shape in shapes.items())
    return SLACK + 4 * (need + texts)


# ---- Reading ---------------------------------------------------------------------------------------------------------


class Stored:
    """An array in an open file: its shape, its type, and its numbers, which are read on request."""

    def __init__(self, file: TensorFile, name: str, description: Any, begin: int) -> None:
        import numpy as np

        self._file, self._name, self._kind = file, name, description.get_dtype()
        self.shape: Shape = tuple(description.get_shape())
        if self._kind not in _TYPES:
            raise InputError(
                f"{file.path} cannot be read: {shown(name)} holds numbers of type {self._kind}; convert it to F32 in "
                f"the tool that wrote it (supported are {', '.join(_TYPES)})"
            )
        self.begin, self.end = begin, begin + prod(self.shape) * np.dtype(_TYPES[self._kind]).itemsize

    @property
    def dtype(self) -> str:
        """Numpy's name of the type of the numbers."""
        import numpy as np

        return "float32" if self._kind == "BF16" else np.dtype(_TYPES[self._kind]).name

    def array(self) -> NDArray[Any]:
        """The numbers.

        Raises:
            DamagedError: if their checksum does not match.
        """
        import numpy as np

        numbers = self._read()
        if not self.is_whole(numbers):
            raise self._file.damage()
        if self._kind == "BF16":
            numbers = (numbers.astype("uint32") << 16).view("float32")
        if numbers.dtype.kind == "f" and not (finite := np.isfinite(numbers)).all():
            self._file.not_finite[self._name] = f"{shown(self._name)} {_first(numbers, finite)}"
        return numbers

    def tolist(self) -> Any:
        """The numbers in nested lists.

        Raises:
            DamagedError: if their checksum does not match.
        """
        return self.array().tolist()

    def is_whole(self, numbers: NDArray[Any] | None = None) -> bool:
        """Whether the numbers match their checksum, or there is no checksum."""
        expected = self._file.checksums.get(self._name)
        return expected is None or expected == _checksum_of_array(self._read() if numbers is None else numbers)

    def _read(self) -> NDArray[Any]:
        """The numbers as they are in the file; for BF16, which numpy does not have, their bits."""
        import numpy as np

        if self._kind == "BF16":
            return np.fromfile(self._file.path, "<u2", prod(self.shape), offset=self.begin).reshape(self.shape)
        numbers: NDArray[Any] = self._file.opened.get_tensor(self._name)
        return numbers


class TensorFile:
    """A file of arrays, open for reading: a context manager.

    Args:
        path: name of the file.
        limit: the longest header that is read, in bytes; `header_limit` computes it.
        what: the kind of file that is expected, for messages.

    Attributes:
        metadata: the texts by name, without the checksums.
        tensors: the arrays by name, a dict of `Stored`.
        checksums: those of the arrays by name; arrays of other tools have none.
        not_finite: by name, a description of each array read so far that holds nan or infinity.

    Raises:
        OSError: if there is no such file or it cannot be read.
        DamagedError: if its header does not match its checksum; a subclass of `InputError`.
        InputError: if it is not a safetensors file or is incomplete, its header is too long, or it holds complex
            numbers or floats of 8 bits or less.
    """

    def __init__(self, path: str | os.PathLike[str], limit: int = LONGEST, what: str = "safetensors file") -> None:
        self.path = Path(path)
        self.checksums: dict[str, str] = {}
        self.not_finite: dict[str, str] = {}
        begin = self._begin(limit, what)
        self.opened = _opened(self.path, what)
        self.metadata: dict[str, str] = self.opened.metadata() or {}
        self.tensors: dict[str, Stored] = {}
        try:
            for name in self.opened.offset_keys():
                self.tensors[name] = Stored(self, name, self.opened.get_slice(name), begin)
                begin = self.tensors[name].end
            self._take_checksums()
        except InputError:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.__exit__(None, None, None)

    def damage(self) -> DamagedError:
        """The error that names all arrays whose checksums do not match."""
        damaged = [shown(name) for name, stored in self.tensors.items() if not stored.is_whole()]
        return self._damaged(f"the numbers of {listed(damaged, _NAMED)} are not those that were saved")

    def warn(self, stacklevel: int) -> None:
        """Give a `NotFiniteWarning` if arrays that were read hold nan or infinity."""
        if self.not_finite:
            warnings.warn(
                f"{self.path} holds numbers that are not finite, and they are loaded as they are: "
                f"{listed(list(self.not_finite.values()), _NAMED)}",
                NotFiniteWarning,
                stacklevel=stacklevel + 1,
            )

    def _begin(self, limit: int, what: str) -> int:
        """The offset of the numbers, after a check that the library may read the header."""
        about = self.path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would never end
            raise InputError(f"expected a {what}, but {self.path} is not a regular file")
        with self.path.open("rb") as file:
            length = _header_length(file.read(8))
        if limit < length <= about.st_size - 8:  # the library raises an error for a shorter file
            raise InputError(
                f"{self.path} does not fit: it begins with names and metadata of {length} bytes, and what it should "
                f"hold needs at most {limit}"
            )
        return 8 + length

    def _take_checksums(self) -> None:
        """Read the checksums from the metadata, and compare the metadata and the names of the arrays with them."""
        if KEY not in self.metadata:
            return
        try:
            own = json.loads(self.metadata.pop(KEY))
            self.checksums, texts, checksum = dict(own["sha256"]), dict(own["metadata"]), own["metadata_sha256"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged("its checksums cannot be read") from error
        if missing := [shown(name) for name in self.checksums if name not in self.tensors]:
            raise self._damaged(
                f"its header lacks {listed(missing, _NAMED)}, of {len(self.checksums)} arrays that were saved"
            )
        if checksum != _checksum_of_texts(texts):
            raise self._damaged("its metadata are not those that were saved")
        self.metadata |= texts

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            f"{self.path} is damaged: {what} (the SHA-256 differs); use a copy of the file, or save it again. A "
            f"tool that changes such files on purpose leaves out the metadata {KEY!r}"
        )


def _opened(path: Path, what: str) -> Any:
    """The file, opened by the library, which reads and checks the header and has no type hints."""
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise InputError(f"{path} is not a complete {what}: {error!s:.200}") from error


def _first(numbers: NDArray[Any], finite: NDArray[Any]) -> str:
    """The first number that is not finite, where it is, and how many there are."""
    import numpy as np

    index = np.unravel_index(int(np.argmin(finite)), numbers.shape) if numbers.shape else ()
    where = f" at {[int(i) for i in index]}" if index else ""
    count = int((~finite).sum())
    return f"({numbers[index]}{where}{f', {count} in all' * (count > 1)})"
