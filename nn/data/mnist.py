"""MNIST: 70,000 handwritten digits of 28 by 28 pixels, read from the four files that they are published in.

Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, http://yann.lecun.com/exdb/mnist/. The
files do not come with the package. Data sets made in the same form, such as Fashion-MNIST, are read as well.

The format, IDX, is a header of big-endian 32-bit numbers and then one byte for each entry. The first number says what
follows: two zero bytes, the type (8: unsigned bytes), the number of dimensions; then the size of each dimension.

60,000 lists of 784 numbers would take 376 MB. Kept are the bytes, 47 MB; a list is made when its image is asked for.
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
from autograd_core.paths import path_of
from nn.data.splits import Split

if TYPE_CHECKING:
    from nn.data.sampling import Labelled

SIDE: Final = 28
PIXELS: Final = SIDE * SIDE

MEAN: Final = 0.1307
STD: Final = 0.3081
"""Of all pixels of the 60,000 images to train with, from 0 to 1, to four digits: 0.13066 and 0.30811."""

MOST: Final = 1_000_000
"""Images in a file: more than any such set has. A header that promises more is not believed."""

SOURCE: Final = "https://storage.googleapis.com/cvdf-datasets/mnist/"


class Images(Sequence["Labelled"]):
    """Samples `(pixels, label)` that are made from bytes when they are asked for; slices are such sequences again.

    Args:
        pixels: 784 bytes for each image, row by row.
        labels: one byte for each image.
        shades: the 256 numbers that bytes stand for.
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
        rows = (self.pixels[index * PIXELS : (index + 1) * PIXELS] for index in chosen)
        return Images(b"".join(rows), bytes(self.targets[index] for index in chosen), self.shades)


def mnist(folder: str | os.PathLike[str], *, standardise: bool = False) -> Split[Labelled]:
    """The images of MNIST, as samples to train with, usually 60,000, and samples to test with, usually 10,000.

    A sample is `(pixels, label)`: 784 numbers from 0.0 (paper) to 1.0 (ink), row by row, each a multiple of 1/255; and
    the digit, an int from 0 to 9. Both parts are lazy sequences: they hold bytes, and make a list when it is asked for.
    `split` and `train_validation_test` keep them so.

    Args:
        folder: where the four files are: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`
            and `t10k-labels-idx1-ubyte`, each as it is or with `.gz`; instead of `-idx` also `.idx`.
        standardise: shift and scale all pixels by the mean and the standard deviation of those to train with, 0.1307
            and 0.3081, so that theirs are 0 and 1.

    Raises:
        InputError: if a file is missing, damaged, or another one, or images and labels differ in number.
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
        shape: what the sizes of its dimensions must be, after the first.

    Raises:
        InputError: if it is not such a file, or was cut short, or something follows its end.
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
