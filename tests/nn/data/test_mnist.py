"""MNIST: small files made here; and the real ones, if the environment variable MNIST names their folder."""

import gzip
import os
import pickle
import random
import struct
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from math import fsum
from pathlib import Path

import pytest

from autograd_core import InputError
from nn.data import Batches, k_fold, mnist, split, train_validation_test
from nn.data.mnist import Images

PIXELS = 784


def idx(magic: int, sizes: tuple[int, ...], content: bytes) -> bytes:
    return struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + content


def images(count: int, seed: int = 0) -> bytes:
    return idx(0x803, (count, 28, 28), random.Random(seed).randbytes(count * PIXELS))


def labels(count: int) -> bytes:
    return idx(0x801, (count,), bytes(place % 10 for place in range(count)))


NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
FILES = dict(zip(NAMES, (images(30), labels(30), images(10, seed=1), labels(10)), strict=True))


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, FILES)


# ---- What is read ----------------------------------------------------------------------------------------------------


def test_samples_are_the_bytes_of_the_files(folder: Path) -> None:
    train, test = mnist(folder)
    assert (len(train), len(test)) == (30, 10)
    for part, name in ((train, NAMES[0]), (test, NAMES[2])):
        for place, (pixels, label) in enumerate(part):
            raw = FILES[name][16 + place * PIXELS : 16 + (place + 1) * PIXELS]
            assert pixels == [byte / 255 for byte in raw]
            assert all(type(pixel) is float for pixel in pixels)
            assert type(label) is int
            assert label == place % 10


def test_standardised_pixels_are_shifted_and_scaled(folder: Path) -> None:
    for (plain, label), (standard, same) in zip(mnist(folder).test, mnist(folder, standardise=True).test, strict=True):
        assert standard == [(pixel - 0.1307) / 0.3081 for pixel in plain]
        assert label == same


@pytest.mark.parametrize(
    ("rename", "pack"),
    [
        (lambda name: name + ".gz", gzip.compress),
        (lambda name: name.replace("-idx", ".idx"), bytes),
        (lambda name: name.replace("-idx", ".idx") + ".gz", gzip.compress),
    ],
    ids=["gz", "dot", "dot and gz"],
)
def test_files_have_several_names(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, rename: Callable[[str], str], pack: Callable[[bytes], bytes]
) -> None:
    other = written(tmp_path_factory.mktemp("other"), {rename(name): pack(content) for name, content in FILES.items()})
    assert list(mnist(str(other)).train) == list(mnist(folder).train)


def test_no_images_are_images(folder: Path) -> None:
    written(folder, {NAMES[2]: images(0), NAMES[3]: labels(0)})
    assert list(mnist(folder).test) == []


# ---- A lazy sequence -------------------------------------------------------------------------------------------------


def test_the_sequence_is_like_a_list_of_its_samples(folder: Path) -> None:
    train = mnist(folder).train
    samples = [train[place] for place in range(30)]
    assert list(train) == samples
    assert [train[-1], train[-30]] == [samples[29], samples[0]]
    for part in (slice(3, 9), slice(None, None, -4), slice(40, 50), slice(-3, None)):
        assert isinstance(train[part], Images)
        assert list(train[part]) == samples[part]
    for place in (30, -31):
        with pytest.raises(IndexError):
            train[place]
    assert list(pickle.loads(pickle.dumps(train))) == samples  # noqa: S301 - it was made here


def test_splits_and_batches_keep_it_lazy(folder: Path) -> None:
    train = mnist(folder).train
    samples = list(train)
    assert all(isinstance(part, Images) for part in train_validation_test(train, 5, 5))
    for lazy, plain in (
        (train_validation_test(train, 5, 5), train_validation_test(samples, 5, 5)),
        (split(train, 0.3, stratified=False), split(samples, 0.3, stratified=False)),
        *zip(k_fold(train, 3), k_fold(samples, 3), strict=True),
    ):
        assert [list(part) for part in lazy] == [list(part) for part in plain]
    assert list(Batches(train, 7, 3)) == list(Batches(samples, 7, 3))


# ---- What is refused -------------------------------------------------------------------------------------------------

IMAGES, LABELS = NAMES[:2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (IMAGES, b"", r"expected images in .*, but it begins with nothing; is it another file\?"),
        (
            IMAGES,
            FILES[IMAGES][:15],
            r"begins with 00 00 08 03 and holds count × 28 × 28 bytes, but it begins with 00 ",
        ),
        (
            IMAGES,
            FILES[IMAGES][:-1],
            r"is damaged \(23519 of 23520 bytes after its header\); get it again from https://",
        ),
        (IMAGES, FILES[IMAGES] + b"\0", r"is damaged \(more than 23520 bytes after its header\); get it again"),
        (IMAGES, FILES[LABELS], r"expected images in .*, but it begins with 00 00 08 01; is it another file\?"),
        (
            LABELS,
            FILES[IMAGES],
            r"expected labels in .* 00 00 08 01 and holds count bytes, but it begins with 00 00 08 03",
        ),
        (IMAGES, gzip.compress(FILES[IMAGES]), r"expected images in .*, but it begins with 1f 8b 08 00; is it another"),
        (IMAGES, idx(0xD03, (30, 28, 28), bytes(30 * PIXELS)), r"but it begins with 00 00 0d 03"),
        (IMAGES, idx(0x803, (30, 32, 28), bytes(30 * 896)), r"but its header says 30 × 32 × 28; is it another file\?"),
        (IMAGES, idx(0x803, (4_000_000_000, 28, 28), b""), r"but its header says 4000000000 × 28 × 28; is it another"),
        (IMAGES, images(29), r"holds 29 images, but .* holds 30 labels"),
        (LABELS, labels(31), r"holds 30 images, but .* holds 31 labels"),
        (LABELS, idx(0x801, (30,), bytes([0] * 29 + [10])), r"expected labels from 0 to 9 in .*, got 10 at index 29"),
        (LABELS, FILES[LABELS][:-1], r"is damaged \(29 of 30 bytes after its header\)"),
    ],
    ids=range(14),
)
def test_a_damaged_or_another_file_is_a_clear_error(folder: Path, name: str, content: bytes, message: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        mnist(folder)
    assert str(folder / name) in str(raised.value)


PACKED = gzip.compress(FILES[IMAGES])


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip",
        PACKED[:-1],
        PACKED[:-8],
        PACKED[: len(PACKED) // 2],
        PACKED[:9000] + bytes([PACKED[9000] ^ 255]) + PACKED[9001:],
        PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:],
    ],
    ids=["text", "one byte short", "no checksum", "half", "flipped", "other checksum"],
)
def test_damage_to_a_compressed_file_is_a_clear_error(folder: Path, content: bytes) -> None:
    (folder / IMAGES).unlink()
    (folder / f"{IMAGES}.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte\.gz is damaged \(.*\); get it again from https://"):
        mnist(folder)


def test_a_small_file_that_unpacks_to_a_large_one_is_read_no_further_than_it_says(folder: Path) -> None:
    (folder / IMAGES).unlink()
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(FILES[IMAGES] + bytes(10_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"is damaged \(more than 23520 bytes after its header\)"):
            mnist(folder)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named_with_a_place_to_get_it(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError) as raised:
        mnist(folder)
    dotted = name.replace("-idx", ".idx")
    assert str(raised.value) == (
        f"expected one of {name}, {name}.gz, {dotted}, {dotted}.gz in {folder}; "
        "get the four files from https://storage.googleapis.com/cvdf-datasets/mnist/"
    )


def test_a_missing_folder_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected one of .* in .*nowhere; get the four files from "):
        mnist(tmp_path / "nowhere")


# ---- The real files --------------------------------------------------------------------------------------------------


@pytest.mark.skipif("MNIST" not in os.environ, reason="set MNIST to the folder with the four files to test with them")
def test_the_real_files() -> None:
    start = time.process_time()
    train, test = mnist(os.environ["MNIST"])
    assert time.process_time() - start < 1.0
    assert (len(train), len(test)) == (60_000, 10_000)
    # The class counts that are published with the set.
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert isinstance(train, Images)
    assert Counter(train.targets) == dict(enumerate(counts))
    assert [label for _, label in train[:10]] == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert [label for _, label in test[:5]] == [7, 2, 1, 0, 4]
    # Mean and standard deviation of all pixels, from how often each byte occurs.
    count, bytes_ = len(train.pixels), Counter(train.pixels)
    mean = fsum(times * byte / 255 for byte, times in bytes_.items()) / count
    deviation = (fsum(times * (byte / 255 - mean) ** 2 for byte, times in bytes_.items()) / count) ** 0.5
    assert (round(mean, 4), round(deviation, 4)) == (0.1307, 0.3081)
