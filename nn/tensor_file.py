"""Named arrays in a file: the safetensors format, with a checksum of everything in it.

A file is the length of its header, the header, which is JSON that describes the arrays, and then their bytes, one array
after the other; see https://github.com/huggingface/safetensors. Nothing in it is ever run. The header is read first,
and only if it is not longer than the reader expects; an array is read when it is asked for.

`write` adds a checksum of each array and of each text to the metadata, the first 16 digits of a SHA-256. They are
compared when the file is read, so that damage is found and named. Files without them, of other tools, are read as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import warnings
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeAlias

from autograd_core import InputError
from autograd_core.files import write_atomically
from nn.state import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shape: TypeAlias = tuple[int, ...]

CHECKSUMS: Final = "autograd_core.sha256"
"""The key of the checksums in the metadata."""

METADATA: Final = "__metadata__"
"""The key of the metadata in the header, which is part of the format."""

LONGEST: Final = 100_000_000
"""No safetensors file has a longer header (`MAX_HEADER_SIZE` of the format's own library)."""

SLACK: Final = 2**20
"""Bytes of a header that are not asked what they are for: metadata of other tools, and names beyond those expected."""

_TYPES: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?", "BF16": "<u2",
}  # fmt: skip
"""Numpy's names of the types of numbers; for BF16, the upper half of a float of 32 bits, those of its bits."""

_WRITTEN: Final = {"f": ("F64", "<f8"), "i": ("I64", "<i8")}
"""What is written, by numpy's letters for floats and ints: the format's name and numpy's."""

_INVALID: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a header raises if it is none."""

_NAMED: Final = 4
"""As many names stand in a message."""


class NotFiniteWarning(UserWarning):
    """A file holds nan or infinity. It is loaded as it is, but a model with such parameters has nothing to say."""


class DamagedError(InputError):
    """A file does not hold what was saved: its checksums are others."""


# ---- Writing ---------------------------------------------------------------------------------------------------------


def write(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays of floats and ints to a file, replacing it if it exists; the same content is the same bytes.

    Args:
        path: name of the file.
        arrays: the arrays by name.
        metadata: texts by name.

    Raises:
        InputError: if there are so many names that no reader of the format would take the file.
        OSError: if the file cannot be written; an old file of that name is then as it was.

    >>> import numpy as np
    >>> write("numbers.safetensors", {"x": np.array([1.0, 2.0])}, {"unit": "m"})
    >>> with TensorFile("numbers.safetensors") as file:
    ...     file.metadata["unit"], file.tensors["x"].tolist()
    ('m', [1.0, 2.0])
    """
    import numpy as np

    texts = dict(metadata or {})
    blocks: list[bytes] = []
    described: dict[str, Any] = {}
    checksums: dict[str, str] = {}
    place = 0
    for name in sorted(arrays):
        array = arrays[name]
        kind, native = _WRITTEN[array.dtype.kind]
        block = np.asarray(array, native).tobytes()
        described[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [place, place + len(block)]}
        checksums[name] = _checksum_of_array(kind, array.shape, block)
        blocks.append(block)
        place += len(block)
    sums = {"tensors": checksums, "metadata": {key: _checksum(text.encode()) for key, text in texts.items()}}
    header = _json({METADATA: texts | {CHECKSUMS: _json(sums)}, **described}).encode()
    header += b" " * (-len(header) % 8)  # so that the numbers are aligned
    if len(header) > LONGEST:
        raise InputError(
            f"expected names and metadata of at most {LONGEST} bytes, which is the limit of the safetensors format, "
            f"got {len(header)} bytes for {len(arrays)} arrays; keep parameters in fewer, larger arrays"
        )
    write_atomically(path, b"".join([len(header).to_bytes(8, "little"), header, *blocks]))


def _json(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))


def _checksum(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def _checksum_of_array(kind: str, shape: Sequence[int], block: bytes) -> str:
    return _checksum(f"{kind} {list(shape)} ".encode(), block)


def header_limit(shapes: Mapping[str, Shape], texts: int = 0) -> int:
    """The length of a header that describes such arrays at most, with much to spare for other tools.

    Args:
        shapes: the shapes of the arrays by name.
        texts: the length of the metadata that are expected.

    >>> header_limit({"weight": (3, 2), "bias": (3,)}) - SLACK
    1312
    """
    need = sum(120 + 2 * len(json.dumps(name)) + 20 * len(shape) for name, shape in shapes.items())
    return SLACK + 4 * (need + texts)


# ---- Reading ---------------------------------------------------------------------------------------------------------


class Stored:
    """An array in an open file: its shape, its type, and, when asked for, its numbers."""

    def __init__(self, file: TensorFile, name: str, entry: Mapping[str, Any]) -> None:
        self._file, self._name, self._kind = file, name, entry["dtype"]
        self.shape: Shape = tuple(map(_count, entry["shape"]))
        self.begin, self.end = map(_count, entry["data_offsets"])
        if not isinstance(self._kind, str):
            raise TypeError(f"{shown(name)} has a dtype that is no text")
        if self._kind not in _TYPES:
            raise _UnsupportedError(
                f"{shown(name)} holds numbers of type {shown(self._kind)}; convert it to F32 in the tool that wrote it "
                f"(read are {', '.join(_TYPES)})"
            )
        import numpy as np

        if self.end - self.begin != prod(self.shape) * np.dtype(_TYPES[self._kind]).itemsize:
            raise ValueError(f"{shown(name)} has {self.end - self.begin} bytes, which do not make its shape")

    @property
    def dtype(self) -> str:
        """Numpy's name of the type of the numbers."""
        import numpy as np

        return "float32" if self._kind == "BF16" else np.dtype(_TYPES[self._kind]).name

    def block(self) -> bytes:
        """The bytes of the numbers."""
        return self._file.block(self.begin, self.end)

    def is_whole(self, block: bytes) -> bool:
        """Whether the bytes are those that were written, as far as anything is known about them."""
        expected = self._file.checksums.get(self._name)
        return expected is None or expected == _checksum_of_array(self._kind, self.shape, block)

    def array(self) -> NDArray[Any]:
        """The numbers.

        Raises:
            DamagedError: if they are not those that were written.
        """
        import numpy as np

        block = self.block()
        if not self.is_whole(block):
            raise self._file.damage()
        numbers = np.frombuffer(block, _TYPES[self._kind])
        if self._kind == "BF16":
            numbers = (numbers.astype("uint32") << 16).view("float32")
        if numbers.dtype.kind == "f" and not (finite := np.isfinite(numbers)).all():
            self._file.not_finite[self._name] = f"{shown(self._name)} {_first(numbers, finite, self.shape)}"
        return numbers.reshape(self.shape)

    def tolist(self) -> Any:
        """The numbers in nested lists; errors are those of `array`."""
        return self.array().tolist()


class TensorFile:
    """A file of arrays, open for reading: a context manager.

    Args:
        path: name of the file.
        limit: the longest header that is read; see `header_limit`.
        what: what the file should be, for messages.

    Attributes:
        metadata: the texts by name, without the checksums.
        tensors: the arrays by name, a dict of `Stored`.
        checksums: those of the arrays by name; of what it lacks nothing is known.
        not_finite: what is to be said about arrays that were read and hold nan or infinity, by name.

    Raises:
        OSError: if there is no such file or it cannot be read.
        DamagedError: if its header is not the one that was written, an `InputError`.
        InputError: if it is no such file or was cut short, its header is too long, or it holds complex
            numbers or floats of 8 bits or less.
    """

    def __init__(self, path: str | os.PathLike[str], limit: int = LONGEST, what: str = "safetensors file") -> None:
        self.path, self.what = Path(path), what
        if not stat.S_ISREG(self.path.stat().st_mode):  # a pipe would never end
            raise InputError(f"expected a {what}, but {path} is a folder or a device")
        self.checksums: Mapping[str, str] = {}
        self.not_finite: dict[str, str] = {}
        self._file: BinaryIO = self.path.open("rb")
        try:
            header = self._header(limit)
            self.metadata: dict[str, str] = header.pop(METADATA, {})
            if not all(isinstance(text, str) for text in self.metadata.values()):
                raise TypeError("its metadata are no texts")
            self._check_names(header.keys())
            self.tensors = {name: Stored(self, name, entry) for name, entry in header.items()}
            self._check_places()
        except _UnsupportedError as error:
            self._file.close()
            raise InputError(f"{path} cannot be read: {error}") from None
        except _INVALID as error:
            self._file.close()
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path} is no complete {what}: {error!r:.200}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def block(self, begin: int, end: int) -> bytes:
        """Bytes of the numbers."""
        self._file.seek(self._begin + begin)
        return self._file.read(end - begin)

    def damage(self) -> DamagedError:
        """The error that names all arrays whose numbers are not those that were written."""
        damaged = [shown(name) for name, stored in self.tensors.items() if not stored.is_whole(stored.block())]
        return self._damaged(f"the numbers of {_listed(damaged)} are not those that were saved")

    def warn(self, stacklevel: int) -> None:
        """Give a `NotFiniteWarning` if arrays that were read hold nan or infinity."""
        if self.not_finite:
            warnings.warn(
                f"{self.path} holds numbers that are not finite, and they are loaded as they are: "
                f"{_listed(list(self.not_finite.values()))}",
                NotFiniteWarning,
                stacklevel=stacklevel + 1,
            )

    def _header(self, limit: int) -> dict[str, Any]:
        """The header, whose end is also where the numbers begin."""
        size = os.fstat(self._file.fileno()).st_size
        length = int.from_bytes(self._file.read(8), "little")
        self._begin, self._numbers = 8 + length, size - 8 - length
        if size < 8 or self._numbers < 0:
            raise ValueError(f"it has {size} bytes, and its first 8 announce a header of {length}")
        if length > limit:
            raise InputError(
                f"{self.path} does not fit: it begins with names and metadata of {length} bytes, and what it should "
                f"hold needs at most {limit}"
            )
        header = json.loads(self._file.read(length).decode(), object_pairs_hook=_without_doubles)
        if not isinstance(header, dict) or not isinstance(header.get(METADATA, {}), dict):
            raise TypeError("its header is no object of JSON")
        return header

    def _check_names(self, names: Any) -> None:
        """Compare the texts and the names of the arrays with what the checksums say about them."""
        text = self.metadata.pop(CHECKSUMS, None)
        if text is None:
            return
        try:
            sums = json.loads(text)
            self.checksums, texts = dict(sums["tensors"]), dict(sums["metadata"])
        except _INVALID as error:
            raise self._damaged("its checksums cannot be read") from error
        if missing := [shown(name) for name in self.checksums if name not in names]:
            raise self._damaged(f"its header names no {_listed(missing)}, saved were {len(self.checksums)} arrays")
        for key, checksum in texts.items():
            if key not in self.metadata or checksum != _checksum(self.metadata[key].encode()):
                raise self._damaged(f"the metadata {shown(key)!r} are not those that were saved")

    def _check_places(self) -> None:
        """The arrays must stand one after the other, from the first byte to the last."""
        place = 0
        for stored in sorted(self.tensors.values(), key=lambda stored: (stored.begin, stored.end)):
            if stored.begin != place:
                raise ValueError(f"an array begins at byte {stored.begin} of the numbers, expected {place}")
            place = stored.end
        if place != self._numbers:
            raise ValueError(f"it has {self._numbers} bytes of numbers, and describes {place}")

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            f"{self.path} is damaged: {what} (the SHA-256 is another); take a copy of the file, or save it anew. A "
            f"tool that changes such files on purpose leaves out the metadata {CHECKSUMS!r}"
        )


class _UnsupportedError(Exception):
    """An array holds numbers that are not read; the text says which and what to do."""


def _first(numbers: NDArray[Any], finite: NDArray[Any], shape: Shape) -> str:
    """The first number that is not finite, where it is, and how many there are."""
    import numpy as np

    place = int(np.argmin(finite))
    where = f" at {[int(index) for index in np.unravel_index(place, shape)]}" if shape else ""
    count = int((~finite).sum())
    return f"({numbers[place]}{where}{f', {count} in all' * (count > 1)})"


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name stands twice in its header")
    return content


def _count(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise TypeError(f"expected an int of at least 0, got {number!r:.50}")
    return number


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
