"""Data sets, splits and batches."""

import gzip
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn.data
from autograd_core import InputError
from nn.data import Batches, digits, moons, split
from nn.data.optical_digits import read_digits

DIGITS_FILE = Path(nn.data.__path__[0], "digits.gz")

# ---- Digits ----------------------------------------------------------------------------------------------------------


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
    for pixels, label in train + test:
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


# ---- Splits ----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 4), max_size=60),
    st.floats(0.0, 0.99),
    st.integers(0, 100),
)
def test_a_split_is_a_partition_that_keeps_order_and_shares(labels: list[int], held_back: float, seed: int) -> None:
    samples = [([float(place)], label) for place, label in enumerate(labels)]
    train, test = split(samples, held_back, seed)
    assert sorted(train + test) == samples
    assert (sorted(train), sorted(test)) == (train, test)
    for label, count in Counter(labels).items():
        assert sum(label == other for _, other in test) == round(held_back * count)
    assert split(samples, held_back, seed) == (train, test)


def test_which_samples_are_held_back_is_a_matter_of_chance() -> None:
    samples = [([float(place)], 0) for place in range(10)]
    drawn = Counter(features[0] for seed in range(1000) for features, _ in split(samples, 0.3, seed).test)
    assert all(230 < drawn[place] < 370 for place in map(float, range(10)))


@pytest.mark.parametrize("held_back", [-0.1, 1.0, "0.2", None, float("nan")])
def test_the_share_held_back_must_be_from_0_to_less_than_1(held_back: Any) -> None:
    with pytest.raises(InputError, match=r"held_back must be a finite number of at least 0 and less than 1, got "):
        split([([0.0], 0)], held_back)


# ---- Batches ---------------------------------------------------------------------------------------------------------


@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 100))
def test_an_epoch_is_every_sample_once(count: int, size: int, seed: int) -> None:
    batches = Batches(range(count), size, seed)
    epoch = list(batches)
    assert sorted(x for batch in epoch for x in batch) == list(range(count))
    assert len(epoch) == len(batches)
    assert all(len(batch) == size for batch in epoch[:-1])
    assert 1 <= len(epoch[-1]) <= size


def test_every_epoch_has_a_new_order_and_every_seed_the_same_orders() -> None:
    def epochs(rng: Any) -> list[list[list[int]]]:
        batches = Batches(range(20), 6, rng)
        return [list(batches), list(batches)]

    first, second = epochs(7)
    assert first != second
    assert epochs(7) == epochs(random.Random(7)) == [first, second]
    assert epochs(8) != [first, second]


def test_batches_do_not_change_the_samples() -> None:
    samples = list(range(10))
    list(Batches(samples, 3, 1))
    assert samples == list(range(10))


@pytest.mark.parametrize("size", [0, -3, 1.5, None])
def test_batches_need_samples_and_a_size(size: Any) -> None:
    with pytest.raises(InputError, match=r"size must be a positive int, got "):
        Batches([1, 2], size)
    with pytest.raises(InputError, match="at least one sample to make batches of, got none"):
        Batches([], 1)


# ---- Moons -----------------------------------------------------------------------------------------------------------


def test_without_noise_the_moons_are_half_circles() -> None:
    for (x, y), label in moons(200, noise=0.0, rng=0):
        centre_x, centre_y, side = ((0.0, 0.0, 1.0), (1.0, 0.5, -1.0))[label]
        assert (x - centre_x) ** 2 + (y - centre_y) ** 2 == pytest.approx(1.0)
        assert side * (y - centre_y) >= -1e-12


def test_moons_are_balanced_repeatable_and_noisy() -> None:
    samples = moons(101, 0.1, 5)
    assert Counter(label for _, label in samples) == {0: 51, 1: 50}
    assert samples == moons(101, 0.1, random.Random(5))
    assert samples != moons(101, 0.1, 6)
    away = [abs((x * x + y * y) ** 0.5 - 1.0) for (x, y), label in samples if label == 0]
    assert 0.05 < sum(away) / len(away) < 0.12  # the mean of |noise| is 0.8 * 0.1


def test_a_moon_of_a_seed_has_these_bits() -> None:
    ((x, y), label), *_ = moons(1, 0.1, 1337)
    assert (x.hex(), y.hex(), label) == ("0x1.07ae569af8a56p-1", "0x1.efdbde8f1e4a0p-1", 0)


@pytest.mark.parametrize(("n", "noise"), [(0, 0.1), (-1, 0.1), (1.5, 0.1), (10, -0.1), (10, float("nan"))])
def test_moons_refuse_what_makes_no_sense(n: Any, noise: Any) -> None:
    with pytest.raises(InputError, match=r"must be a"):
        moons(n, noise)
