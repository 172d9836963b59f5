"""The digits that come with the package."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

import nn.data
from autograd_core import InputError
from nn.data import digits
from nn.data.optical_digits import read_digits

DIGITS_FILE = Path(nn.data.__path__[0], "digits.gz")


def test_the_digits_are_those_of_the_repository() -> None:
    samples = read_digits(DIGITS_FILE)
    assert len(samples) == 1797
    # The class counts that the data set is published with.
    assert Counter(label for _, label in samples) == dict(enumerate([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]))
    # The sum of all pixels, taken from the original file.
    assert sum(16.0 * pixel for pixels, _ in samples for pixel in pixels) == 561718.0
    pixels, label = samples[0]
    assert label == 0
    assert [int(16.0 * pixel) for pixel in pixels[8:16]] == [0, 0, 13, 15, 10, 15, 5, 0]


def test_a_digit_is_64_floats_from_0_to_1_and_an_int() -> None:
    train, test = digits()
    for pixels, label in [*train, *test]:
        assert len(pixels) == 64
        assert all(type(pixel) is float and 0.0 <= pixel <= 1.0 for pixel in pixels)
        assert type(label) is int
        assert 0 <= label <= 9


def test_the_split_is_fixed_by_its_seed() -> None:
    assert digits() == digits(rng=0)
    assert digits(rng=1) != digits()
    assert len(digits(held_back=0.0).test) == 0


def test_the_package_carries_the_credit_and_the_licence_of_the_digits() -> None:
    text = DIGITS_FILE.with_name("digits.LICENSE.txt").read_text(encoding="utf-8")
    assert all(word in text for word in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0"))


ORIGINAL = DIGITS_FILE.read_bytes()
RECORDS = gzip.decompress(ORIGINAL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip at all",
        ORIGINAL[:1000],
        ORIGINAL[:-1],
        ORIGINAL[:20000] + bytes([ORIGINAL[20000] ^ 255]) + ORIGINAL[20001:],
        gzip.compress(b""),
        gzip.compress(RECORDS[:-65]),
        gzip.compress(RECORDS[:1] + b"\x11" + RECORDS[2:]),
        gzip.compress(b"\x0a" + RECORDS[1:]),
    ],
    ids=["empty", "text", "short", "one byte short", "flipped", "no digits", "one too few", "pixel 17", "label 10"],
)
def test_a_damaged_file_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"1797 digits in .*digits\.gz, but the file is damaged .*; reinstall"):
        read_digits(path)


def test_a_missing_file_is_the_same_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reinstall autograd-core"):
        read_digits(tmp_path / "digits.gz")
