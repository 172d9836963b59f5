"""Derivatives of black boxes: their accuracy, and the verdicts where there is none."""

import cmath
import math
import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_core.testing.measuring.complex_step import complex_step
from autograd_core.testing.measuring.differences import along, central
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.report import Verdict

SMOOTH: dict[str, tuple[Callable[[float], float], Callable[[float], float], float, float]] = {
    "cube": (lambda x: x**3, lambda x: 3 * x * x, -100, 100),
    "exp": (math.exp, math.exp, -20, 20),
    "log": (math.log, lambda x: 1 / x, 1e-3, 1e3),
    "log near 0": (math.log, lambda x: 1 / x, 1e-6, 1e-4),
    "tanh": (math.tanh, lambda x: math.cosh(x) ** -2, -5, 5),
    "sin": (math.sin, math.cos, -100, 100),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x), 0.01, 10),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-3, 1e3),
    "growing wave": (
        lambda x: x**2.5 * math.sin(x),
        lambda x: 2.5 * x**1.5 * math.sin(x) + x**2.5 * math.cos(x),
        0.1,
        10,
    ),
}


def at(function: Callable[[float], Any], x: float, domain: tuple[float, float] | None = None) -> Estimate:
    return central(lambda xs: function(xs[0]), [x], 0, domain)


def single(x: float) -> float:
    """Return the nearest number in single precision."""
    return float(struct.unpack("f", struct.pack("f", x))[0])


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions(name: str) -> None:
    function, slope, low, high = SMOOTH[name]
    rng = random.Random(name)
    for _ in range(300):
        x = rng.uniform(low, high)
        found, true = at(function, x), slope(x)
        error = abs(found.derivative - true)
        assert found.verdict is Verdict.OK
        assert error <= 1e-7 * abs(true) + 1e-9
        assert error <= found.uncertainty
        assert math.isclose(found.left, true, rel_tol=1e-4, abs_tol=1e-6)
        assert math.isclose(found.right, true, rel_tol=1e-4, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("function", "x", "left", "right"),
    [
        (abs, 0.0, -1.0, 1.0),
        (lambda x: max(x, 0.0), 0.0, 0.0, 1.0),
        (lambda x: x if x > 0 else 0.01 * x, 0.0, 0.01, 1.0),
        (lambda x: max(x * x, x), 1.0, 1.0, 2.0),
        (lambda x: abs(x - 1) + x * x, 1.0, 1.0, 3.0),
        (lambda x: 5 + 1e-4 * abs(x), 0.0, -1e-4, 1e-4),
        (
            math.cbrt if hasattr(math, "cbrt") else lambda x: math.copysign(abs(x) ** (1 / 3), x),
            0.0,
            math.inf,
            math.inf,
        ),
        (lambda x: math.sqrt(abs(x)), 0.0, -math.inf, math.inf),
    ],
)
def test_kinks(function: Callable[[float], float], x: float, left: float, right: float) -> None:
    found = at(function, x)
    assert found.verdict is Verdict.KINK
    assert found.left == pytest.approx(left, rel=1e-6, abs=1e-8)
    assert found.right == pytest.approx(right, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("function", "x", "left", "right"),
    [
        (math.floor, 3.0, math.inf, 0.0),
        (math.ceil, 3.0, 0.0, math.inf),
        (round, 2.5, 0.0, math.inf),
        (lambda x: math.copysign(1.0, -x), -0.0, 0.0, -math.inf),
        (lambda x: 2 * x + (x > 0), 0.0, 2.0, math.inf),
    ],
)
def test_jumps(function: Callable[[float], float], x: float, left: float, right: float) -> None:
    found = at(function, x)
    assert (found.verdict, found.left, found.right) == (Verdict.JUMP, left, right)
    assert found.derivative == (right if math.isinf(left) else left)


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda x: max(x, 0.0), 1e-9, 1.0),
        (lambda x: max(x, 0.0), -1e-7, 0.0),
        (math.floor, 3 - 3e-8, 0.0),
        (lambda x: math.sin(1e7 * x), 0.3, 1e7 * math.cos(3e6)),
    ],
)
def test_features_near_the_point_do_not_count(function: Callable[[float], float], x: float, slope: float) -> None:
    found = at(function, x)
    assert found.verdict is Verdict.OK
    assert found.derivative == pytest.approx(slope, rel=1e-6, abs=1e-12)
    assert found.step < 1e-6


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (lambda x: x + 1e-7 * math.sin(1e30 * x), 0.3, 1.0),
        (lambda x: (1e8 + x) - 1e8, 0.3, 1.0),
        (lambda x: single(math.sin(single(x))), 1.234, math.cos(1.234)),
        (lambda x: single(single(x) ** 2), 0.7, 1.4),
    ],
)
def test_noise_is_measured_by_longer_steps(function: Callable[[float], float], x: float, slope: float) -> None:
    found = at(function, x)
    assert found.verdict is Verdict.OK
    assert abs(found.derivative - slope) <= found.uncertainty < 1e-4
    assert found.step > 1e-3


@given(st.floats(0.5, 2.0))
def test_single_precision_is_measured_by_longer_steps(x: float) -> None:
    found = at(lambda t: single(math.exp(single(t))), x)
    assert found.verdict is Verdict.OK
    assert abs(found.derivative - math.exp(x)) <= found.uncertainty < 1e-3 * math.exp(x)


@pytest.mark.parametrize(
    ("function", "x", "domain", "slope", "inside"),
    [
        (math.sqrt, 0.0, None, math.inf, "right"),
        (math.sqrt, 0.0, (0.0, math.inf), math.inf, "right"),
        (math.acos, 1.0, None, -math.inf, "left"),
        (lambda x: x * x, 1.0, (0.0, 1.0), 2.0, "left"),
        (lambda x: x * x, 0.0, (0.0, 1.0), 0.0, "right"),
        (lambda x: x**1.5 + x if x >= 0 else math.nan, 0.0, None, 1.0, "right"),
        (lambda x: x if x == 0 else (-abs(x)) ** 0.5, 0.0, None, math.nan, ""),
    ],
)
def test_edges_of_domains(
    function: Callable[[float], float], x: float, domain: tuple[float, float] | None, slope: float, inside: str
) -> None:
    found = at(function, x, domain)
    assert found.verdict is Verdict.OUTSIDE
    assert found.derivative == pytest.approx(slope, rel=1e-6, abs=1e-5, nan_ok=True)
    assert math.isnan(found.left) == (inside != "left")
    assert math.isnan(found.right) == (inside != "right")


def test_a_domain_is_not_left() -> None:
    seen: list[float] = []

    def watched(x: float) -> float:
        seen.append(x)
        return math.sqrt(x - 1.0)

    found = at(watched, 1.0 + 1e-8, (1.0, 2.0))
    assert found.verdict is Verdict.OK
    assert found.derivative == pytest.approx(0.5 / math.sqrt(1e-8), rel=1e-5)
    assert min(seen) >= 1.0


def test_a_point_outside_of_the_domain_is_not_evaluated() -> None:
    def refuse(_: list[float]) -> float:
        raise AssertionError

    assert central(refuse, [3.0], 0, (0.0, 1.0)).verdict is Verdict.OUTSIDE


@pytest.mark.parametrize("value", [math.nan, math.inf, 1j])
def test_no_value_at_the_point(value: Any) -> None:
    found = at(lambda x: value, 1.0)
    assert found.verdict is Verdict.NAN
    assert math.isnan(found.derivative)


def test_an_error_at_the_point_is_the_callers() -> None:
    with pytest.raises(ValueError, match="domain"):
        at(math.log, -1.0)


def test_the_other_inputs_stay() -> None:
    point = [2.0, 3.0, 5.0]
    slopes = [central(lambda xs: xs[0] * xs[1] ** 2 - xs[2], point, i).derivative for i in range(3)]
    assert slopes == pytest.approx([9.0, 12.0, -1.0], rel=1e-8)
    assert point == [2.0, 3.0, 5.0]


@given(st.floats(-1e6, 1e6))
def test_the_divisor_is_the_distance_of_the_floats(x: float) -> None:
    assert at(lambda t: t, x).derivative == 1.0


def test_extreme_magnitudes() -> None:
    assert at(lambda x: 2 * x, 1e300).derivative == pytest.approx(2.0)
    assert at(lambda x: x, 1e-300).derivative == pytest.approx(1.0)
    assert at(math.exp, 709.7).derivative == pytest.approx(math.exp(709.7))
    assert at(lambda x: 7.0, 1.0)[:3] == (0.0, 0.0, 0.0)


def test_along_a_direction() -> None:
    found = along(lambda xs: xs[0] * xs[1] ** 2, [2.0, 3.0], [0.5, -1.0])
    assert found.verdict is Verdict.OK
    assert found.derivative == pytest.approx(4.5 - 12.0, rel=1e-8)
    assert along(max, [2.0, 2.0], [0.5, -1.0])[1:3] == pytest.approx((-1.0, 0.5))
    assert 1e8 * along(lambda xs: math.exp(xs[0]), [1.0], [1e8]).step < 1.0
    assert along(math.fsum, [2.0, 2.0], [0.0, 0.0]).derivative == 0.0


def weighted_angles(xs: Sequence[float]) -> list[float]:
    return [i * math.atan(x) for i, x in enumerate(xs, 1)]


def check_along(point: list[float], seed: int) -> None:
    rng = random.Random(seed)
    direction = [rng.uniform(-1, 1) for _ in point]
    found = along(lambda xs: sum(weighted_angles(xs)), point, direction)
    true = sum(i * d / (1 + x * x) for i, (x, d) in enumerate(zip(point, direction, strict=True), 1))
    assert found.verdict is Verdict.OK
    assert abs(found.derivative - true) <= 10 * found.uncertainty + 1e-9


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5), st.integers(0, 2**32))
def test_along_agrees_with_the_parts(point: list[float], seed: int) -> None:
    terms = weighted_angles(point)
    assume(abs(sum(terms)) >= 0.01 * sum(map(abs, terms)))  # the rounding of the terms does not show in the differences
    check_along(point, seed)


def test_along_agrees_where_terms_cancel() -> None:
    check_along([113787.0, 96604.0, -41754.0], 0)


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (cmath.exp, 1.0, math.e),
        (lambda z: z**2.5, 2.0, 2.5 * 2.0**1.5),
        (lambda z: cmath.log(z) / z, 3.0, (1 - math.log(3)) / 9),
        (lambda z: 1 / (1 + cmath.exp(-z)), -30.0, math.exp(-30)),
    ],
)
def test_complex_step(function: Callable[[Any], Any], x: float, slope: float) -> None:
    def real_for_reals(xs: list[Any]) -> Any:
        result = function(xs[0])
        return result if isinstance(xs[0], complex) else complex(result).real

    found = complex_step(real_for_reals, [x], 0)
    assert found is not None
    assert found.verdict is Verdict.OK
    assert found.derivative == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        math.exp,
        abs,
        lambda z: max(z, 0.0),
        lambda z: z.real,
        lambda z: z.real * z,
        lambda z: z * z.conjugate(),
        lambda z: abs(z) * z,
        lambda z: 3.0,
        float,
    ],
)
def test_no_complex_step(function: Callable[[Any], Any]) -> None:
    assert complex_step(lambda xs: function(xs[0]), [1.5], 0) is None
