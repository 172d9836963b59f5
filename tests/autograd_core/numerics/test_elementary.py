"""The elementary functions and the activations against mpmath, to half a unit in the last place, and their limits."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autograd_core.numerics import activation_functions, activation_slopes, elementary, expansions
from autograd_core.testing.rows.accuracy import ulps
from autograd_core.testing.truths.meanings import MEANINGS
from domains import brought_into
from exact import bits

INF, NAN, TINY, HUGE = math.inf, math.nan, 5e-324, 1.7976931348623157e308

BY_NAME: dict[str, Callable[..., float]] = {
    name: function
    for module in (activation_slopes, activation_functions, elementary)
    for name, function in vars(module).items()
}

WORST = 0.52
"""The error allowed, in ULP."""

BESIDE_ZERO = 2.0
"""The error allowed, in ULP, where a derivative is computed from its expansion around a zero."""

WHOLE, RANGE = (-INF, INF), (-2000.0, 2000.0)

# The domain; for functions made of exponentials what lies beyond `RANGE` is a limit, and stands in the table of limits.
DOMAINS = {
    "sinh": RANGE,
    "cosh": RANGE,
    "tanh": RANGE,
    "asinh": WHOLE,
    "acosh": (1.0, INF),
    "atanh": (math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0)),
    "log10": (TINY, INF),
    "sigmoid": RANGE,
    "softplus": RANGE,
    "logsigmoid": RANGE,
    "silu": RANGE,
    "mish": RANGE,
    "gelu_tanh": (-60.0, 60.0),
    "sech": RANGE,
    "sigmoid_slope": RANGE,
    "silu_slope": RANGE,
    "silu_curvature": RANGE,
    "mish_slope": RANGE,
    "mish_curvature": RANGE,
    "gelu_tanh_slope": (-60.0, 60.0),
    "gelu_tanh_curvature": (-60.0, 60.0),
    "gelu_tanh_sech": (-60.0, 60.0),
    "tanhshrink": RANGE,
    "selu": RANGE,
    "softsign": WHOLE,
    "hardsigmoid": WHOLE,
    "hardswish": WHOLE,
}
NAMES = pytest.mark.parametrize("name", DOMAINS)

THRESHOLDS = [
    *(1e-18, 1e-9, 2.0**-60, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.3, 0.35, 0.7, 1.0, 1.3, 2.0, 3.0, 4.0, 5.0, 7.5),
    *(20.0, 21.0, 30.0, 36.7, 41.0, 80.0, 709.0, 709.78, 710.4758600739439, 720.0, 745.1, 751.7, 800.0),
    *(1e10, 1e18, 1e100, 1e154, 1e200, 1e300, 2.0**-1022, 1e-310, 1e-108, 1e-162, 1e-200, 1e-300, TINY, HUGE),
]
"""Where the functions change their formulas, and where floats end."""

SIZES = st.builds(lambda m, e: m * 10.0**e, st.floats(1.0, 9.999), st.integers(-320, 307))
ANY = (
    st.floats(-5.0, 5.0)
    | st.floats(-60.0, 60.0)
    | st.floats(-800.0, 800.0)
    | SIZES
    | SIZES.map(lambda x: -x)
    | st.builds(lambda m, e: 1.0 + m * 10.0**e, st.floats(-1.0, 1.0), st.integers(-16, 0))
)


def digits(xs: tuple[float, ...]) -> int:
    """Of one number enough for its square and its exponential beside 1, and 60 more; of several, enough for any."""
    if all(1e-3 <= abs(x) <= 50.0 for x in xs):
        return 60
    size = abs(xs[0]) if 0.0 < abs(xs[0]) < INF else 1.0
    return 1500 if xs[1:] else 60 + math.ceil(2.0 * abs(math.log10(size)) + 0.9 * min(size, 2000.0))


def truth(name: str, *xs: float) -> Any:
    with mpmath.workdps(digits(xs)):
        return MEANINGS[name](*[mpmath.mpf(x) for x in xs])


def error(name: str, *xs: float) -> float:
    return ulps(BY_NAME[name](*xs), truth(name, *xs))


def worst(name: str, x: float) -> float:
    """The error allowed for a function of one number."""
    table = getattr(expansions, name.upper(), ())
    return BESIDE_ZERO if any(e.low < at < e.high for e in table for at in (x, -x)) else WORST


@NAMES
@given(x=ANY)
def test_values_are_right_to_the_last_digit(name: str, x: float) -> None:
    point = brought_into(x, *DOMAINS[name])
    assert error(name, point) <= worst(name, point)


@NAMES
def test_values_are_right_at_ordinary_points(name: str) -> None:
    low, high = DOMAINS[name]
    rng = random.Random(name)
    for _ in range(800):
        x = rng.choice((rng.uniform(-8.0, 8.0), rng.choice((-1, 1)) * 10.0 ** rng.uniform(-3.0, 1.5)))
        if low <= x <= high:
            assert error(name, x) <= worst(name, x), x


@NAMES
def test_values_are_right_where_formulas_change(name: str) -> None:
    low, high = DOMAINS[name]
    around = [y for x in THRESHOLDS for y in (math.nextafter(x, 0.0), x, math.nextafter(x, INF), x * 0.99, x * 1.01)]
    for x in around:
        for point in (x, -x):
            if low <= point <= high and math.isfinite(point):
                assert error(name, point) <= worst(name, point), point


def test_the_constant_of_gelu_tanh_is_the_decimal_number() -> None:
    """The double next to it would move the value far below 0 by 180 units in the last place."""
    with mpmath.workdps(60):
        x = mpmath.mpf(-20.3)
        exponent = mpmath.sqrt(8 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
        truth = x * mpmath.exp(exponent)
    assert ulps(activation_functions.gelu_tanh(-20.3), truth) <= WORST


FACTORS = st.floats(0.01, 10.0) | SIZES


@given(x=ANY, alpha=FACTORS | FACTORS.map(lambda a: -a))
@example(x=-1e-310, alpha=1e300)
@example(x=-1e-150, alpha=1e300)
@example(x=-1.0, alpha=HUGE)
@example(x=-1.0, alpha=TINY)
@example(x=-9.426386700772026e-278, alpha=9e-31)
def test_elu_is_right_to_the_last_digit(x: float, alpha: float) -> None:
    assume(x >= -2000)
    assert error("elu", x, alpha) <= WORST


@given(x=ANY, alpha=FACTORS | FACTORS.map(lambda a: -a))
@example(x=-8e-321, alpha=-5e-324)
@example(x=-7e-201, alpha=-1e-203)
@example(x=-1e305, alpha=1e305)
@example(x=-1e-310, alpha=3e-310)
@example(x=-1e-300, alpha=1e300)
def test_celu_is_right_to_the_last_digit(x: float, alpha: float) -> None:
    assume(-2000 <= x / alpha <= 2000)
    assert error("celu", x, alpha) <= WORST


@given(q=st.floats(1.0, 1900.0), alpha=SIZES)
def test_celu_of_a_negative_alpha_overflows_no_earlier_than_it_must(q: float, alpha: float) -> None:
    x = -q * alpha
    assume(math.isfinite(x) and 1.0 <= x / -alpha <= 2000.0)
    assert error("celu", x, -alpha) <= WORST


@given(a=ANY, b=ANY)
@example(a=1e16, b=1e16 + 2.0)
@example(a=0.1, b=1e-20)
@example(a=700.0, b=1e-17)
@example(a=-700.0, b=44.0 + 2.0**-47)
@example(a=5e-324, b=1.0)
def test_exp_difference_is_right_to_the_last_digit(a: float, b: float) -> None:
    assume(-2000 <= a - b <= 2000)
    assert error("exp_difference", a, b) <= WORST


@given(a=ANY, b=FACTORS | FACTORS.map(lambda b: -b))
@example(a=5e-324, b=1e-323)
@example(a=HUGE, b=-1e306)
@example(a=-7.1e-307, b=1e-309)
def test_exp_quotient_is_right_to_the_last_digit(a: float, b: float) -> None:
    assume(-2000 <= a / b <= 2000)
    with mpmath.workdps(60):
        assert ulps(elementary.exp_quotient(a, b), mpmath.exp(mpmath.mpf(a) / mpmath.mpf(b))) <= WORST


@given(x=SIZES | st.floats(0.01, 10.0), base=SIZES | st.floats(0.01, 10.0))
@example(x=TINY, base=HUGE)
@example(x=1.0 + 2.0**-52, base=1.0 - 2.0**-53)
@example(x=8.0, base=2.0)
def test_log_base_is_right_to_the_last_digit(x: float, base: float) -> None:
    assume(base != 1)
    assert error("log_base", x, base) <= WORST


@pytest.mark.parametrize("power", range(-300, 301, 25))
def test_logarithms_of_powers_are_whole(power: int) -> None:
    assert elementary.log_base(2.0**power, 2.0) == power
    assert elementary.log10(float(f"1e{power}")) == power


LIMITS = [
    ("sinh", (INF,), INF, "a limit"),
    ("sinh", (-HUGE,), -INF, "overflow"),
    ("sinh", (-0.0,), -0.0, "odd"),
    ("cosh", (-INF,), INF, "a limit"),
    ("cosh", (HUGE,), INF, "overflow"),
    ("cosh", (-0.0,), 1.0, "even"),
    ("tanh", (-INF,), -1.0, "a limit"),
    ("tanh", (HUGE,), 1.0, "the limit is reached"),
    ("tanh", (-0.0,), -0.0, "odd"),
    ("asinh", (-INF,), -INF, "a limit"),
    ("asinh", (-0.0,), -0.0, "odd"),
    ("acosh", (1.0,), 0.0, "the edge of the domain"),
    ("acosh", (math.nextafter(1.0, 0.0),), NAN, "outside the domain"),
    ("acosh", (-INF,), NAN, "outside the domain"),
    ("acosh", (INF,), INF, "a limit"),
    ("atanh", (1.0,), INF, "a pole"),
    ("atanh", (-1.0,), -INF, "a pole"),
    ("atanh", (-INF,), NAN, "outside the domain"),
    ("atanh", (-0.0,), -0.0, "odd"),
    ("log10", (0.0,), -INF, "a pole"),
    ("log10", (-0.0,), -INF, "approached from inside the domain"),
    ("log10", (-TINY,), NAN, "outside the domain"),
    ("log10", (-INF,), NAN, "outside the domain"),
    ("log10", (INF,), INF, "a limit"),
    ("log10", (1.0,), 0.0, "a zero"),
    ("log_base", (1.0, 10.0), 0.0, "0 / log(base)"),
    ("log_base", (1.0, 0.5), -0.0, "0 / log(base)"),
    ("log_base", (1.0, 1.0), NAN, "0 / 0"),
    ("log_base", (0.5, 1.0), -INF, "-1 / 0"),
    ("log_base", (0.0, 10.0), -INF, "-inf / log(base)"),
    ("log_base", (0.0, 0.5), INF, "-inf / log(base)"),
    ("log_base", (2.0, 0.0), -0.0, "log(x) / -inf"),
    ("log_base", (2.0, INF), 0.0, "log(x) / inf"),
    ("log_base", (INF, INF), NAN, "inf / inf"),
    ("log_base", (-1.0, 10.0), NAN, "outside the domain"),
    ("log_base", (10.0, -1.0), NAN, "outside the domain"),
    ("log_base", (NAN, 1.0), NAN, "nan stays nan"),
    ("log_base", (2.0, NAN), NAN, "nan stays nan"),
    ("exp_difference", (INF, INF), NAN, "undefined"),
    ("exp_difference", (INF, -INF), INF, "a limit"),
    ("exp_difference", (1.0, INF), 0.0, "a limit"),
    ("exp_difference", (HUGE, -HUGE), INF, "overflow"),
    ("exp_difference", (-HUGE, HUGE), 0.0, "underflow"),
    ("exp_difference", (HUGE, HUGE), 1.0, "no overflow on the way"),
    ("exp_difference", (NAN, 1.0), NAN, "nan stays nan"),
    ("exp_difference", (1.0, NAN), NAN, "nan stays nan"),
    ("exp_quotient", (1.0, 0.0), INF, "exp(inf)"),
    ("exp_quotient", (1.0, -0.0), 0.0, "exp(-inf)"),
    ("exp_quotient", (0.0, 0.0), NAN, "undefined"),
    ("exp_quotient", (1.0, INF), 1.0, "a limit"),
    ("exp_quotient", (INF, 2.0), INF, "a limit"),
    ("exp_quotient", (-HUGE, TINY), 0.0, "underflow"),
    ("exp_quotient", (NAN, 1.0), NAN, "nan stays nan"),
    ("sigmoid", (INF,), 1.0, "a limit"),
    ("sigmoid", (-INF,), 0.0, "a limit"),
    ("sigmoid", (-HUGE,), 0.0, "underflow"),
    ("sigmoid", (-0.0,), 0.5, "an ordinary point"),
    ("softplus", (INF,), INF, "a limit"),
    ("softplus", (-INF,), 0.0, "a limit"),
    ("softplus", (HUGE,), HUGE, "no overflow on the way"),
    ("logsigmoid", (INF,), -0.0, "a limit"),
    ("logsigmoid", (-INF,), -INF, "a limit"),
    ("silu", (INF,), INF, "a limit"),
    ("silu", (-INF,), -0.0, "a limit"),
    ("silu", (-HUGE,), -0.0, "underflow"),
    ("silu", (-0.0,), -0.0, "the sign of x"),
    ("mish", (INF,), INF, "a limit"),
    ("mish", (-INF,), -0.0, "a limit"),
    ("mish", (-HUGE,), -0.0, "underflow"),
    ("mish", (-0.0,), -0.0, "the sign of x"),
    ("gelu_tanh", (INF,), INF, "a limit"),
    ("gelu_tanh", (-INF,), -0.0, "a limit"),
    ("gelu_tanh", (-HUGE,), -0.0, "underflow"),
    ("gelu_tanh", (HUGE,), HUGE, "no overflow on the way"),
    ("gelu_tanh", (-0.0,), -0.0, "the sign of x"),
    ("sech", (-INF,), 0.0, "a limit"),
    ("sech_squared", (INF,), 0.0, "a limit"),
    ("sigmoid_slope", (INF,), 0.0, "a limit"),
    ("silu_slope", (INF,), 1.0, "a limit"),
    ("silu_slope", (-HUGE,), 0.0, "underflow"),
    ("silu_curvature", (-INF,), 0.0, "a limit"),
    ("mish_slope", (INF,), 1.0, "a limit"),
    ("mish_slope", (-HUGE,), 0.0, "underflow"),
    ("mish_curvature", (INF,), 0.0, "a limit"),
    ("gelu_tanh_slope", (HUGE,), 1.0, "a limit"),
    ("gelu_tanh_slope", (-HUGE,), 0.0, "underflow"),
    ("gelu_tanh_curvature", (-HUGE,), 0.0, "underflow"),
    ("gelu_tanh_sech", (-HUGE,), 0.0, "underflow"),
    ("celu_slope", (-INF, 2.0), -1.0, "a limit"),
    ("celu_slope", (-HUGE, 1e-300), -1.0, "the quotient overflows"),
    ("celu_slope", (INF, 1.0), -INF, "a limit"),
    ("celu_slope", (-0.0, 2.0), -0.0, "it touches 0"),
    ("celu_slope", (1.0, NAN), NAN, "nan stays nan"),
    ("tanhshrink", (INF,), INF, "a limit"),
    ("tanhshrink", (-INF,), -INF, "a limit"),
    ("tanhshrink", (-0.0,), -0.0, "odd"),
    ("elu", (INF, 1.0), INF, "a limit"),
    ("elu", (-INF, 2.0), -2.0, "a limit"),
    ("elu", (-HUGE, 2.0), -2.0, "the limit is reached"),
    ("elu", (-0.0, 2.0), -0.0, "alpha * x"),
    ("elu", (0.0, -2.0), -0.0, "alpha * x"),
    ("elu", (-1.0, 0.0), -0.0, "0 times a negative number"),
    ("elu", (-1.0, INF), -INF, "a limit"),
    ("elu", (-1.0, NAN), NAN, "nan stays nan"),
    ("celu", (INF, 1.0), INF, "a limit"),
    ("celu", (-INF, 2.0), -2.0, "a limit"),
    ("celu", (-INF, -2.0), -INF, "a limit"),
    ("celu", (-HUGE, 1e-300), -1e-300, "the quotient overflows"),
    ("celu", (-1.0, INF), -1.0, "a limit"),
    ("celu", (-0.0, 2.0), -0.0, "the sign of x"),
    ("celu", (-1.0, 0.0), NAN, "undefined"),
    ("celu", (-1.0, NAN), NAN, "nan stays nan"),
    ("celu", (2.0, -3.0), 2.0, "alpha counts below 0 only"),
    ("selu", (INF,), INF, "a limit"),
    ("selu", (-INF,), -1.7580993408473766, "a limit"),
    ("selu", (-0.0,), -0.0, "the sign of x"),
    ("softsign", (INF,), 1.0, "a limit"),
    ("softsign", (-INF,), -1.0, "a limit"),
    ("softsign", (-0.0,), -0.0, "odd"),
    ("hardsigmoid", (-INF,), 0.0, "a limit"),
    ("hardsigmoid", (INF,), 1.0, "a limit"),
    ("hardsigmoid", (-3.0,), 0.0, "a kink"),
    ("hardsigmoid", (3.0,), 1.0, "a kink"),
    ("hardswish", (-INF,), -0.0, "a limit"),
    ("hardswish", (INF,), INF, "a limit"),
    ("hardswish", (-3.0,), -0.0, "a kink"),
    ("hardswish", (3.0,), 3.0, "a kink"),
    ("hardswish", (-0.0,), -0.0, "the sign of x"),
]


@pytest.mark.parametrize(("name", "inputs", "value", "reason"), LIMITS)
def test_limits(name: str, inputs: tuple[float, ...], value: float, reason: str) -> None:
    assert bits(BY_NAME[name](*inputs)) == bits(value), reason


FUNCTIONS: dict[str, Callable[[float], float]] = {
    **{name: BY_NAME[name] for name in DOMAINS},
    "elu": lambda x: activation_functions.elu(x, 0.5),
    "celu": lambda x: activation_functions.celu(x, 0.5),
    "celu_slope": lambda x: activation_slopes.celu_slope(x, 0.5),
    "log_base": lambda x: elementary.log_base(x, 3.0),
    "log_base, in the base": lambda x: elementary.log_base(3.0, x),
    "exp_difference": lambda x: elementary.exp_difference(x, 0.25),
    "exp_difference, to the right": partial(elementary.exp_difference, 0.25),
    "exp_quotient": lambda x: elementary.exp_quotient(x, 3.0),
    "exp_quotient, in the divisor": partial(elementary.exp_quotient, 3.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=st.floats())
@example(x=NAN)
def test_never_raises_and_nan_stays_nan(name: str, x: float) -> None:
    y = FUNCTIONS[name](x)
    assert isinstance(y, float)
    assert math.isnan(y) or not math.isnan(x)


@pytest.mark.parametrize("name", ["sinh", "tanh", "asinh", "atanh", "tanhshrink", "softsign"])
@given(x=st.floats() | st.floats(-1.0, 1.0))
def test_odd_functions(name: str, x: float) -> None:
    assert bits(FUNCTIONS[name](-x)) == bits(-FUNCTIONS[name](x))


@pytest.mark.parametrize("name", ["cosh", "sech", "sigmoid_slope", "silu_curvature", "gelu_tanh_curvature"])
@given(x=st.floats() | st.floats(-30.0, 30.0))
def test_even_functions(name: str, x: float) -> None:
    assert bits(FUNCTIONS[name](-x)) == bits(FUNCTIONS[name](x)) or math.isnan(x)


RISING = [
    *("sinh", "tanh", "asinh", "acosh", "atanh", "log10", "sigmoid", "softplus", "logsigmoid", "tanhshrink", "selu"),
    *("softsign", "hardsigmoid", "elu", "celu", "log_base", "exp_difference"),
]


@pytest.mark.parametrize("name", RISING)
@given(x=ANY | st.sampled_from([*THRESHOLDS, *(-x for x in THRESHOLDS)]), steps=st.integers(1, 40))
def test_rising_functions_rise(name: str, x: float, steps: int) -> None:
    following = x
    for _ in range(steps):
        following = math.nextafter(following, INF)
    low, high = FUNCTIONS[name](x), FUNCTIONS[name](following)
    assert low <= high or math.isnan(low) or math.isnan(high)
