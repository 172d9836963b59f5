"""MNIST: 70,000 handwritten digits of 28 by 28 pixels, read from the four published files.

Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, http://yann.lecun.com/exdb/mnist/. The
files are not part of the package. Data sets in the same format, such as Fashion-MNIST, are read as well.

The format, IDX, is a header of big-endian 32-bit numbers and then one byte for each entry. The first number consists of
two zero bytes, the type (8: unsigned bytes) and the number of dimensions; then follows the size of each dimension.

60,000 lists of 784 numbers would take 376 MB. The bytes take 47 MB; a list is created when its image is accessed.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, overload

from autograd_core import InputError
from autograd_core.calls import explained
from autograd_core.paths import path_of
from nn.data.splits import Split

if TYPE_CHECKING:
    from nn.data.sampling import Labelled

SIDE: Final = 28
PIXELS: Final = SIDE * SIDE

MEAN: Final = 0.1307
STD: Final = 0.3081
"""Mean and standard deviation of the pixels of the 60,000 training images, from 0 to 1, rounded to four digits."""

MOST: Final = 1_000_000
"""The largest accepted number of images in a file, more than such data sets have. A larger one is a damaged header."""

SOURCE: Final = "https://storage.googleapis.com/cvdf-datasets/mnist/"


class Images(Sequence["Labelled"]):
    """Samples `(pixels, label)`, which are created from bytes on access; slices are such sequences, too.

    Args:
        pixels: 784 bytes for each image, row by row.
        labels: one byte for each image.
        shades: the numbers for the 256 byte values.
    """

    def __init__(self, pixels: bytes, labels: bytes, shades: Sequence[float]) -> None:
        self.pixels = pixels
        self.targets = labels
        self.shades = shades

    def __len__(self) -> int:
        return len(self.targets)

    @overload
    def __getitem__(self, index: int) -> Labelled: ...
    @overload
    def __getitem__(self, index: slice) -> Images: ...
    def __getitem__(self, index: int | slice) -> Labelled | Images:
        if isinstance(index, slice):
            return self.select(range(len(self))[index])
        label = self.targets[index]  # raises if there is no such index
        start = range(len(self))[index] * PIXELS
        shades = self.shades
        return [shades[pixel] for pixel in self.pixels[start : start + PIXELS]], label

    def __iter__(self) -> Iterator[Labelled]:
        return (self[index] for index in range(len(self)))

    def select(self, places: Iterable[int]) -> Images:
        """The samples at these indices, in this order."""
        chosen = list(places)
        images = (self.pixels[index * PIXELS : (index + 1) * PIXELS] for index in chosen)
        return Images(b"".join(images), bytes(self.targets[index] for index in chosen), self.shades)


@explained()
def mnist(folder: str | os.PathLike[str], *, standardise: bool = False) -> Split[Labelled]:
    """The images of MNIST: training samples, usually 60,000, and test samples, usually 10,000.

    A sample is `(pixels, label)`: 784 numbers from 0.0 (paper) to 1.0 (ink), row by row, each a multiple of 1/255; and
    the digit, an int from 0 to 9. Both parts are lazy sequences: they store bytes, and create a list on access. `split`
    and `train_validation_test` return lazy sequences, too.

    Args:
        folder: where the four files are: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`
            and `t10k-labels-idx1-ubyte`, each uncompressed or with the suffix `.gz`; `.idx` in place of `-idx` is
            accepted, too.
        standardise: shift and scale all pixels by the mean and the standard deviation of the training images, 0.1307
            and 0.3081.

    Raises:
        InputError: if a file is missing, damaged or of another kind, or there are not as many labels as images.
        OSError: if a file cannot be read.
    """
    home = path_of(folder)
    values = [byte / 255.0 for byte in range(256)]
    shades = [(value - MEAN) / STD for value in values] if standardise else values
    return Split(train=_images(home, "train", shades), test=_images(home, "t10k", shades))


def _images(folder: Path, part: str, shades: list[float]) -> Images:
    images, labels = _find(folder, f"{part}-images-idx3-ubyte"), _find(folder, f"{part}-labels-idx1-ubyte")
    pixels, marks = read_idx(images, (SIDE, SIDE)), read_idx(labels, ())
    if len(pixels) != len(marks) * PIXELS:
        raise InputError(f"{images} holds {len(pixels) // PIXELS} images, but {labels} holds {len(marks)} labels")
    if marks and max(marks) > 9:
        raise InputError(
            f"expected labels from 0 to 9 in {labels}, got {max(marks)} at index {marks.index(max(marks))}"
        )
    return Images(pixels, marks, shades)


def _find(folder: Path, name: str) -> Path:
    names = [stem + end for stem in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    for path in map(folder.joinpath, names):
        if path.is_file():
            return path
    raise InputError(f"expected one of {', '.join(names)} in {folder}; get the four files from {SOURCE}")


def read_idx(path: Path, shape: tuple[int, ...]) -> bytes:
    """The entries of an IDX file of unsigned bytes, compressed if its name ends in `.gz`.

    Args:
        path: the file.
        shape: the expected sizes of all dimensions after the first.

    Raises:
        InputError: if it is not such a file, or is too short or too long.
        OSError: if it cannot be read.
    """
    header = struct.Struct(f">4B{len(shape) + 1}I")
    magic = (0, 0, 8, len(shape) + 1)
    with _open(path) as file:
        try:
            start = file.read(header.size)
            fields = header.unpack(start) if len(start) == header.size else ()
            if fields[:4] != magic:
                raise _another(path, shape, f"it begins with {start[:4].hex(' ') or 'nothing'}")
            count, *sizes = fields[4:]
            if tuple(sizes) != shape or count > MOST:
                raise _another(path, shape, f"its header says {' × '.join(map(str, (count, *sizes)))}")
            expected = count * math.prod(shape)
            content = file.read(expected + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{path} is damaged ({error}); get it again from {SOURCE}") from error
    if len(content) != expected:
        found = f"more than {expected}" if len(content) > expected else f"{len(content)} of {expected}"
        raise InputError(f"{path} is damaged ({found} bytes after its header); get it again from {SOURCE}")
    return content


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _another(path: Path, shape: tuple[int, ...], found: str) -> InputError:
    kind, sizes = "images" if shape else "labels", " × ".join(map(str, ("count", *shape)))
    magic = bytes((0, 0, 8, len(shape) + 1)).hex(" ")
    return InputError(
        f"expected {kind} in {path}, an IDX file that begins with {magic} and holds {sizes} bytes, but {found}; is it "
        "another file?"
    )
