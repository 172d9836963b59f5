"""Made-up data sets: shapes, balance, bits."""

import random
from collections import Counter
from collections.abc import Callable
from math import fsum, hypot, tau
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError
from nn.data import adding, blobs, circles, first_symbol, line, moons, parity, sine, spirals, xor
from nn.data.directions import direction

MAKERS: dict[str, Callable[..., list[Any]]] = {
    maker.__name__: maker for maker in (moons, circles, spirals, blobs, xor, sine, line, parity, adding, first_symbol)
}
each_maker = pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)


def bits(numbers: Any) -> Any:
    """Nested lists with every float as its bits."""
    if isinstance(numbers, (list, tuple)):
        return [bits(number) for number in numbers]
    return numbers.hex() if isinstance(numbers, float) else numbers


# ---- All sets --------------------------------------------------------------------------------------------------------


@each_maker
def test_a_set_is_as_large_as_asked_for_and_repeats(maker: Callable[..., list[Any]]) -> None:
    samples = maker(30, rng=5)
    assert len(samples) == 30
    assert bits(samples) == bits(maker(30, rng=random.Random(5)))
    assert bits(samples[:7]) == bits(maker(7, rng=5))
    assert maker is xor or samples != maker(30, rng=6)
    random.seed(5)
    assert bits(maker(30)) == bits(samples)


@each_maker
@pytest.mark.parametrize("n", [0, -1, 1.5, "3", None, True])
def test_a_set_needs_a_size(maker: Callable[..., list[Any]], n: Any) -> None:
    with pytest.raises(InputError, match=r"n must be a positive int, got "):
        maker(n)


@pytest.mark.parametrize("maker", [moons, circles, spirals, blobs, xor, sine, line], ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "0.1"])
def test_noise_is_a_finite_number_of_at_least_0(maker: Callable[..., list[Any]], noise: Any) -> None:
    with pytest.raises(InputError, match=r"noise must be a finite number of at least 0, got "):
        maker(10, noise=noise)


# As the first run on x86-64 Linux found them; they must never change, on no platform.
FIRST = {
    "moons": [["0x1.07ae569af8a56p-1", "0x1.efdbde8f1e4a0p-1"], 0],
    "circles": [["-0x1.676d4009a0106p-1", "-0x1.434c0ab1789f4p-1"], 0],
    "spirals": [["-0x1.e1223de1ab1bbp-2", "-0x1.b35b2d2aedfd8p-2"], 0],
    "blobs": [["0x1.756ab4f0bd2f8p+1", "0x1.2b13e31a4e0e0p+1"], 0],
    "sine": [["0x1.7acf536aa5411p-1"], "0x1.7e9dd16aa0028p-1"],
    "line": [["0x1.3c4a1a3b3bf8dp+0"], "0x1.494aafa1fc847p+1"],
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_point_of_a_seed_has_these_bits(name: str) -> None:
    assert bits(MAKERS[name](1, rng=1337)[0]) == FIRST[name]


def test_the_first_sequences_of_a_seed_are_these() -> None:
    assert parity(2, (2, 6), rng=1337) == [([[1.0], [0.0], [1.0], [0.0], [1.0]], 1), ([[1.0], [1.0], [0.0]], 0)]
    assert first_symbol(1, 2, 3, rng=1337) == [([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]], 1)]
    [(steps, total)] = adding(1, 3, rng=1337)
    assert bits(steps) == [
        ["0x1.76a0f3c915d6cp-2", (1.0).hex()],
        ["0x1.2bec51eed75d6p-1", (0.0).hex()],
        steps_of_last(steps),
    ]
    assert total == steps[0][0] + steps[2][0]


def steps_of_last(steps: list[list[float]]) -> list[str]:
    assert steps[2][1] == 1.0
    return bits(steps[2])  # type: ignore[no-any-return]


# ---- Directions ------------------------------------------------------------------------------------------------------


@given(st.floats(-4.0, 4.0))
def test_a_direction_is_cosine_and_sine(turns: float) -> None:
    with mpmath.workdps(40):
        angle = 2 * mpmath.pi * mpmath.mpf(turns)
        x, y = direction(turns)
        assert abs(x - mpmath.cos(angle)) < 2e-16
        assert abs(y - mpmath.sin(angle)) < 2e-16


def test_quarters_of_a_turn_are_exact() -> None:
    quarters = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
    assert [direction(k / 4.0) for k in range(-8, 9)] == [quarters[k % 4] for k in range(-8, 9)]


# ---- Points of the plane ---------------------------------------------------------------------------------------------


def test_without_noise_the_moons_are_half_circles() -> None:
    for (x, y), label in moons(200, noise=0.0, rng=0):
        centre_x, centre_y, side = ((0.0, 0.0, 1.0), (1.0, 0.5, -1.0))[label]
        assert (x - centre_x) ** 2 + (y - centre_y) ** 2 == pytest.approx(1.0)
        assert side * (y - centre_y) >= -1e-12


def test_moons_are_balanced_and_noisy() -> None:
    samples = moons(101, 0.1, 5)
    assert Counter(label for _, label in samples) == {0: 51, 1: 50}
    away = [abs((x * x + y * y) ** 0.5 - 1.0) for (x, y), label in samples if label == 0]
    assert 0.05 < sum(away) / len(away) < 0.12  # the mean of |noise| is 0.8 * 0.1


def test_circles_have_their_radii_and_go_all_the_way_round() -> None:
    samples = circles(400, noise=0.0, factor=0.3, rng=2)
    assert all(hypot(*point) == pytest.approx((1.0, 0.3)[label]) for point, label in samples)
    assert Counter((x > 0.0, y > 0.0, label) for (x, y), label in samples).keys() >= {
        (right, up, label) for right in (True, False) for up in (True, False) for label in (0, 1)
    }
    noisy = circles(400, noise=0.05, rng=2)
    assert 0.02 < sum(abs(hypot(*point) - (1.0, 0.5)[label]) for point, label in noisy) / 400 < 0.06


@pytest.mark.parametrize("factor", [1.0, -0.1, float("nan"), None])
def test_the_inner_circle_is_smaller(factor: Any) -> None:
    with pytest.raises(InputError, match=r"factor must be a finite number of at least 0 and less than 1, got "):
        circles(3, factor=factor)


@pytest.mark.parametrize(("classes", "turns"), [(1, 0.5), (2, 1.0), (3, 2.5)])
def test_spirals_are_rotated_arms(classes: int, turns: float) -> None:
    samples = spirals(60 * classes, classes, turns, noise=0.0, rng=3)
    assert Counter(label for _, label in samples) == dict.fromkeys(range(classes), 60)
    for (x, y), label in samples:
        radius = hypot(x, y)
        assert 0.1 - 1e-12 <= radius <= 1.0 + 1e-12
        ahead = direction(turns * (radius - 0.1) / 0.9 + label / classes)
        assert [x, y] == pytest.approx([radius * ahead[0], radius * ahead[1]])


@pytest.mark.parametrize(
    ("change", "message"),
    [({"classes": 0}, "classes must be a positive int"), ({"turns": 0.0}, "turns must be a positive")],
)
def test_spirals_need_arms_that_turn(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        spirals(4, **change)


def test_blobs_lie_around_their_centers() -> None:
    centers = [[0.0, 5.0, 1.0], [3.0, -4.0, 2.0]]
    samples = blobs(400, centers, noise=0.5, rng=1)
    for label, center in enumerate(centers):
        members = [point for point, other in samples if other == label]
        assert len(members) == 200
        for axis, middle in enumerate(center):
            column = [point[axis] for point in members]
            assert fsum(column) / 200 == pytest.approx(middle, abs=0.15)
            assert (fsum((x - middle) ** 2 for x in column) / 200) ** 0.5 == pytest.approx(0.5, rel=0.2)
    assert {label for _, label in blobs(40, 7, rng=1)} == set(range(7))
    assert all(-10.0 <= x <= 10.0 for point, _ in blobs(40, 7, noise=0.0, rng=1) for x in point)


@pytest.mark.parametrize("centers", [0, 2.5, [], [[]], [[0.0], [1.0, 2.0]], [[float("nan")]], [["x"]], None])
def test_blobs_need_centers(centers: Any) -> None:
    with pytest.raises(InputError, match=r"cent(er|re)"):
        blobs(4, centers)


def test_the_corners_of_xor_get_noise() -> None:
    assert xor(5, rng=0) == [*xor(), ([0.0, 0.0], 0)]
    for (a, b), label in xor(40, noise=0.05, rng=0):
        assert (round(a) ^ round(b)) == label
        assert a != round(a)


# ---- Regression and sequences ----------------------------------------------------------------------------------------


def test_a_sine_is_sampled_over_one_period() -> None:
    samples = sine(300, noise=0.0, rng=1)
    assert all(-tau / 2 <= x <= tau / 2 for (x,), _ in samples)
    assert min(x for (x,), _ in samples) < -3.0 < 3.0 < max(x for (x,), _ in samples)
    assert all(abs(y - float(mpmath.sin(x))) < 1e-15 for (x,), y in samples)
    noise = [noisy - y for ((_, noisy), (_, y)) in zip(sine(300, noise=0.2, rng=1), samples, strict=True)]
    assert (fsum(error**2 for error in noise) / 300) ** 0.5 == pytest.approx(0.2, rel=0.2)


def test_a_line_is_sampled_on_one_side_of_0() -> None:
    samples = line(300, slope=-2.0, offset=1.0, noise=0.0, rng=1)
    assert all(y == -2.0 * x + 1.0 for (x,), y in samples)
    assert 0.0 <= min(x for (x,), _ in samples) < 0.1
    assert 1.9 < max(x for (x,), _ in samples) <= 2.0
    noise = [noisy - y for (_, noisy), (_, y) in zip(line(300, -2.0, 1.0, 0.2, rng=1), samples, strict=True)]
    assert (fsum(error**2 for error in noise) / 300) ** 0.5 == pytest.approx(0.2, rel=0.2)
    with pytest.raises(InputError, match="slope must be a finite number, got inf"):
        line(3, slope=float("inf"))


def test_parity_counts_ones_of_sequences_of_all_lengths() -> None:
    samples = parity(300, (1, 5), rng=0)
    assert all(label == sum(bit for (bit,) in steps) % 2 for steps, label in samples)
    assert {len(steps) for steps, _ in samples} == {1, 2, 3, 4, 5}
    assert {len(steps) for steps, _ in parity(20, rng=0)} == {8}
    assert 110 < sum(label for _, label in samples) < 190


def test_adding_marks_one_number_in_each_half() -> None:
    samples = adding(300, (2, 7), rng=0)
    assert {len(steps) for steps, _ in samples} == {2, 3, 4, 5, 6, 7}
    for steps, total in samples:
        half = len(steps) // 2
        assert [sum(mark for _, mark in part) for part in (steps[:half], steps[half:])] == [1.0, 1.0]
        assert total == fsum(number * mark for number, mark in steps)
    assert fsum((total - 1.0) ** 2 for _, total in samples) / 300 == pytest.approx(1 / 6, rel=0.25)
    assert len({steps.index(step) for steps, _ in adding(300, 6, rng=0) for step in steps if step[1]}) == 6


def test_the_first_symbol_is_the_class_and_looks_like_the_others() -> None:
    samples = first_symbol(200, 6, symbols=3, rng=0)
    for steps, label in samples:
        assert len(steps) == 6
        assert all(sorted(step) == [0.0, 0.0, 1.0] for step in steps)
        assert steps[0][label] == 1.0
    assert Counter(label for _, label in samples).keys() == {0, 1, 2}
    assert len({tuple(map(tuple, steps[1:])) for steps, _ in samples}) > 100


@pytest.mark.parametrize("maker", [parity, adding, first_symbol], ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("length", [0, 2.5, (3, 2), (1, 2, 3), (0, 3), (2, None), "ab", None])
def test_lengths_are_an_int_or_two_in_order(maker: Callable[..., Any], length: Any) -> None:
    with pytest.raises(InputError, match=r"length must be "):
        maker(3, length)


def test_the_smallest_tasks() -> None:
    with pytest.raises(InputError, match=r"length must be at least 2, and the least not above the greatest, got 1"):
        adding(1, 1)
    with pytest.raises(InputError, match=r"symbols must be a positive int, got 0"):
        first_symbol(1, symbols=0)
    assert adding(1, 2, rng=0)[0][0][0][1] == adding(1, 2, rng=0)[0][0][1][1] == 1.0
