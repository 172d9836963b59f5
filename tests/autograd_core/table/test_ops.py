"""The facts a row states, where it appears, and what adding one takes; `test_accuracy` measures its mathematics."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import TABLE, InputError, Op, Value, grad
from autograd_core.numerics.ieee import Ieee
from autograd_core.table.op import REAL
from autograd_core.testing import check_op
from exact import bits

ROWS = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)

INF, NAN = math.inf, math.nan


@ROWS
def test_a_row_says_how_it_is_written(op: Op) -> None:
    count = op.arity or 2
    formula = op.latex.format(", ".join("ab"[:count])) if op.arity is None else op.latex.format(*"abc"[:count])
    assert formula.count("{") == formula.count("}")
    assert op.symbol
    assert repr(op) == f"<op {op.name}>"


@ROWS
def test_samples_lie_in_the_domain(op: Op) -> None:
    for (low, high), (least, most) in zip(op.sample, op.domain, strict=True):
        assert least <= low < high <= most


@ROWS
def test_a_row_is_a_function_of_plain_numbers_too(op: Op) -> None:
    numbers = [1] * (op.arity or 2)
    assert isinstance(op(*numbers), float)
    assert isinstance(op(*map(Value, numbers)), Value)


def test_a_wrong_number_of_inputs_is_named() -> None:
    with pytest.raises(InputError, match=r"mul expected 2 inputs \(a, b\), got 1"):
        TABLE["mul"](1.0)
    with pytest.raises(InputError, match="exp expected 1 input, got 2"):
        TABLE["exp"](Value(1.0), 2.0)
    with pytest.raises(InputError, match="sum expected at least one input, got none"):
        ag.sum([])
    with pytest.raises(InputError, match="3 numbers in all, which is odd"):
        TABLE["dot"](1.0, 2.0, 3.0)


def test_a_name_is_defined_once() -> None:
    with pytest.raises(InputError, match="'exp' is defined already"):
        ag.define_op("exp", math.exp, lambda x, y: y)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("1x", abs, lambda x, y: 1.0), r"expected a name that Python accepts, such as 'bump', got '1x'"),
        (("own", 3, lambda x, y: 1.0), r"own expected a function of the inputs, got 3 \(int\)"),
        (("own", abs, 1.0), r"own expected a function of the inputs, got 1.0 \(float\)"),
        (("own", abs), r"own expected as derivatives one function for each input, got 0 of them"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ag.define_op(*row)
    assert "own" not in TABLE


def rounded_once(a: float, b: float, c: float) -> float:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    return float(exact) if exact else a * b + c


WIDE = st.floats(-1e100, 1e100) | st.integers(-(2**53), 2**53).map(float)


@settings(max_examples=500)
@given(WIDE, WIDE, WIDE)
def test_fma_rounds_once(a: float, b: float, c: float) -> None:
    assert bits(ag.fma(a, b, c)) == bits(rounded_once(a, b, c))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
@given(st.integers(0, 2**20), st.integers(20, 50))
def test_fma_rounds_once_beside_a_tie(side: float, sign: float, place: int, apart: int) -> None:
    """The sum is nearer to the middle of two floats than the last bit of the product, rounded, can say."""
    c = 1.0 + place * 2.0**-52
    half = 2.0**-53 * (1.0 + side * 2.0**-apart)
    for x in (1.0 + 2.0**-apart, 1.0 - 2.0**-apart):
        assert bits(ag.fma(sign * x, half, sign * c)) == bits(rounded_once(sign * x, half, sign * c))


def test_an_unknown_name_is_named() -> None:
    op = ag.define_op("fleeting", lambda x: x, lambda x, y: 1.0)
    pickled = pickle.dumps(op(Value(1.0)))
    TABLE.pop("fleeting")
    with pytest.raises(InputError, match="no op named 'fleeting'; define it first"):
        pickle.loads(pickled)  # noqa: S301 - our own bytes


def test_adding_an_op_is_adding_a_row() -> None:
    cube = ag.define_op("cube", lambda x: x**3, lambda x, y: 3 * x**2, latex="{0}^3")
    try:
        x = Value(2.0)
        y = x.cube()  # type: ignore[attr-defined]
        y.backward()
        assert (y.data, x.grad, y.op, y.derivatives) == (8.0, 12.0, cube, (12.0,))
        assert ag.cube is cube  # type: ignore[attr-defined]
        assert "cube" in dir(x)
        assert cube(1e200) == math.inf  # Python raises OverflowError here
        assert [cube(5.0), grad(cube)(5.0), grad(grad(cube))(5.0), grad(grad(grad(cube)))(5.0)] == [125, 75, 30, 6]
        assert cube.latex.format("a") == "a^3"
        assert "cube" in viz.draw(y).dot
        assert "cube" in viz.draw(y, renderer="builtin").svg
        copy = pickle.loads(pickle.dumps(y))  # noqa: S301 - our own bytes
        assert (copy.data, copy.op) == (8.0, cube)
        assert check_op(cube, meaning=lambda x: x**3)
    finally:
        TABLE.pop("cube")
    with pytest.raises(AttributeError):
        ag.cube  # type: ignore[attr-defined]  # noqa: B018 - looking it up is the test


OPERATORS = {"add", "sub", "mul", "div", "neg", "pos", "floordiv", "mod"}
# Functions of sequences, or with defaults.
WRAPPED = {
    "autograd_core.functions.parametric": {"celu", "elu", "gelu", "hardshrink", "leaky_relu", "log", "softshrink"},
    "autograd_core.functions.reductions": {"max", "min", "prod", "sumprod"},
    "autograd_core.functions.linear": {"dot", "fsum", "sum"},
}


@ROWS
def test_a_row_is_a_function_of_the_package_and_a_method(op: Op) -> None:
    module = next((module for module, names in WRAPPED.items() if op.name in names), "")
    if module:
        assert getattr(ag, op.name).__module__ == module
    elif op.name not in OPERATORS:
        assert getattr(ag, op.name) is op
    assert callable(getattr(Value(1.0), op.name))


# op, a point, and how far from it the nearest kink or jump is
KINKS: list[tuple[str, tuple[float, ...], float]] = [
    ("floordiv", (7.5, 2.0), 0.25),
    ("floordiv", (-6.5, 2.0), 0.25),
    ("mod", (7.5, 2.0), 0.25),
    ("fmod", (-6.5, 2.0), 0.25),
    ("remainder", (7.5, 2.0), 0.25),
    ("remainder", (-6.5, 2.0), 0.25),
    ("remainder", (7.0, 2.0), 0.0),
    ("abs", (-2.0,), 2.0),
    ("cbrt", (-2.0,), 2.0),
    ("atan2", (-3.0, -4.0), 3.0),
    ("atan2", (3.0, 4.0), 5.0),
    ("atan2", (-0.25, 0.0), 0.25),
    ("atan2", (0.375, -0.5), 0.375),
    ("atan2", (0.375, 0.5), 0.625),
    ("cauchy", (-3.0, 4.0), 5.0),
    ("copysign", (-3.0, -2.0), 2.0),
    ("copysign", (-1.0, 5.0), 1.0),
    ("where", (-2.0, 1.0, 5.0), 2.0),
    ("clamp", (-4.0, -1.0, 3.0), 3.0),
    ("clamp", (-0.5, -1.0, 3.0), 0.5),
    ("clamp", (5.0, -1.0, 3.0), 2.0),
    ("clamp", (2.75, -1.0, 3.0), 0.25),
    ("clamp", (9.0, 5.25, 5.0), 0.25),
    ("clamp", (9.0, 5.0, 5.25), 0.25),
    ("floor", (2.75,), 0.25),
    ("ceil", (-1.25,), 0.25),
    ("trunc", (2.25,), 0.25),
    ("round", (2.75,), 0.25),
    ("round", (-1.25,), 0.25),
    ("round", (2.5,), 0.0),
    ("max", (3.0, -4.0, 1.0), 2.0),
    ("min", (1.0, 1.0), 0.0),
    ("max", (2.0,), INF),
    ("hypot", (3.0, -4.0), 5.0),
]


@pytest.mark.parametrize(("name", "point", "distance"), KINKS)
def test_a_row_knows_how_far_the_next_kink_is(name: str, point: tuple[float, ...], distance: float) -> None:
    kinks = TABLE[name].kinks
    assert kinks is not None
    assert kinks(*point) == distance


@pytest.mark.parametrize("x", [n / 7.0 for n in range(1, 50)])
def test_the_slope_of_a_power_is_a_power_down_to_the_exponent_one_half(x: float) -> None:
    """There `p - 1` is exact and so is halving, so nothing is rounded but the power; `p * y / x` is rounded thrice."""
    assert bits(TABLE["pow"](Value(x), 0.5).derivatives[0]) == bits(0.5 * x**-0.5)


@pytest.mark.parametrize(("x", "slope"), [(0.5, 2.0), (2.0, 0.5), (-0.5, NAN), (-2.0, NAN)])
def test_the_exponent_zero_is_no_constant_while_it_may_move(x: float, slope: float) -> None:
    """A negative number has no real power beside the exponent 0."""
    assert bits(grad(lambda p: grad(lambda base: base**p)(x))(0.0)) == bits(slope)


@pytest.mark.parametrize("x", [-1e-310, 1e-310, -1e308])
def test_to_the_power_zero_the_slope_is_zero_where_the_reciprocal_overflows_too(x: float) -> None:
    assert TABLE["pow"](Value(x), 0.0).derivatives[0] == 0.0


def outside_of(op: Op) -> list[float]:
    """Points outside the domain of an op of one input, also the nearest ones."""
    ((low, high),) = op.domain
    below = [math.nextafter(low, -INF), low - 0.5, low - 1.5, low - 1e300, -INF] if low > -INF else []
    above = [math.nextafter(high, INF), high + 0.5, high + 1.5, high + 1e300, INF] if high < INF else []
    return [*below, *above, NAN]


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity == 1 and op.domain != (REAL,)], ids=str)
def test_outside_the_domain_value_and_slope_are_nan(op: Op) -> None:
    for x in outside_of(op):
        y = op(Value(x))
        assert math.isnan(y.data), x
        assert math.isnan(y.derivatives[0]), x


@pytest.mark.parametrize("base", [0.5, 2.0])
@pytest.mark.parametrize("x", [-5e-324, -0.5, -1.0, -2.0, -INF, NAN])
def test_outside_the_domain_the_slopes_of_a_logarithm_are_nan_in_every_base(x: float, base: float) -> None:
    assert all(map(math.isnan, TABLE["log_base"](Value(x), Value(base)).derivatives))


# op, a point, and the slopes there
EDGES: list[tuple[str, tuple[float, ...], tuple[float, ...]]] = [
    *((name, (zero,), (INF,)) for name in ("log", "log2", "log10", "sqrt") for zero in (0.0, -0.0)),
    ("log_base", (-0.0, 2.0), (INF, INF)),
    ("log_base", (0.0, 0.5), (-INF, INF)),
    ("log_base", (5.0, INF), (0.0, -0.0)),
    ("log_base", (5.0, 0.0), (-0.0, -INF)),
    ("log_base", (0.0, 0.0), (NAN, NAN)),
    ("hypot", (3.0, NAN), (NAN, NAN)),
    ("cbrt", (INF,), (0.0,)),
    ("cbrt", (-INF,), (0.0,)),
    ("cbrt", (NAN,), (NAN,)),
    ("copysign", (NAN, 2.0), (NAN, 0.0)),
    ("clamp", (2.0, 1.0, 2.0), (0.0, 0.0, 1.0)),
    ("clamp", (0.0, 2.0, 2.0), (0.0, 1.0, 0.0)),  # of equal bounds the one that is met counts
    ("clamp", (5.0, 2.0, 2.0), (0.0, 0.0, 1.0)),
    ("clamp", (2.0, 2.0, 2.0), (0.0, 1.0, 0.0)),
    ("hypot", (-3.0,), (-1.0,)),
    ("hypot", (-5e-324,), (-1.0,)),
    ("cauchy", (INF, INF), (-0.0, 0.0)),
    ("cauchy", (-INF, INF), (0.0, 0.0)),
    ("cauchy", (NAN, 1.0), (NAN, NAN)),
    ("cauchy", (1.0, NAN), (NAN, NAN)),
    ("cauchy", (NAN, INF), (NAN, NAN)),
    ("cauchy", (INF, NAN), (NAN, NAN)),
    ("cauchy", (0.0, 1e-320), (-0.0, -INF)),
    ("cauchy", (1e-320, 2e-320), (-INF, -INF)),
    ("cauchy", (-1e-320, 2e-320), (INF, -INF)),
]


@pytest.mark.parametrize(("name", "point", "slopes"), EDGES)
def test_at_the_edges_slopes_are_limits_and_nan_stays_nan(
    name: str, point: tuple[float, ...], slopes: tuple[float, ...]
) -> None:
    assert [*map(bits, TABLE[name](*map(Value, point)).derivatives)] == [*map(bits, slopes)]


@pytest.mark.parametrize("x", [1e155, -1e155])
def test_the_slope_of_the_arcus_tangent_goes_down_to_subnormal_numbers(x: float) -> None:
    assert TABLE["atan"](Value(x)).derivatives[0] == pytest.approx(1e-310, rel=1e-12, abs=0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_second_derivative_of_tanh_far_out_is_right(sign: float) -> None:
    """The square of `1 / cosh(x)` is right there, too, but its derivative passes through numbers that underflow."""
    assert grad(grad(ag.tanh))(sign * 300.0) == pytest.approx(-sign * 8.0 * math.exp(-600.0), rel=1e-14, abs=0)


def test_the_second_derivative_of_a_length_along_its_longest_side_is_right() -> None:
    assert grad(grad(lambda x: ag.hypot(x, 1e-10)))(1.0) == pytest.approx(1e-20, rel=1e-14, abs=0)


@pytest.mark.parametrize("b", [1.0 + 2.0**-30, 1.0 - 2.0**-30, -1.0 - 2.0**-30, 0.75, 1.25, 0.375, 2.0**-30, 4.0])
def test_the_slope_of_the_density_of_cauchy_in_its_scale_is_right_beside_its_zero(b: float) -> None:
    a = Fraction(1)
    truth = (a**2 - Fraction(b) ** 2) / (a**2 + Fraction(b) ** 2) ** 2
    assert TABLE["cauchy"](Value(1.0), Value(b)).derivatives[1] == pytest.approx(float(truth), rel=1e-15, abs=0)


@pytest.mark.parametrize("power", [1.0, -1.0, 2.0, 0.0])
def test_the_slope_of_a_logarithm_in_its_base_is_right_where_the_base_is_hit(power: float) -> None:
    """`-y / (b log(b))`, and `y` is the power."""
    y = TABLE["log_base"](Value(8.0**power), Value(8.0))
    assert y.data == power
    assert y.derivatives[1] == pytest.approx(-power / (8.0 * math.log(8.0)), rel=1e-15, abs=0)


def test_both_orders_of_mixed_second_derivatives_of_a_logarithm_of_1() -> None:
    by_base_first = grad(lambda x: grad(lambda b: ag.log_base(x, b))(2.0))(1.0)
    by_number_first = grad(lambda b: grad(lambda x: ag.log_base(x, b))(1.0))(2.0)
    assert by_base_first == pytest.approx(-1.0406844905028039, rel=1e-15)
    assert by_number_first == pytest.approx(by_base_first, rel=1e-15)


def test_a_copy_of_an_op_is_the_op() -> None:
    op = TABLE["sin"]
    assert copy.copy(op) is op
    assert copy.deepcopy([op]) == [op]


def test_numbers_that_follow_ieee_as_exponents_and_with_signs() -> None:
    assert 2.0 ** Ieee(-1e5) == 0.0
    assert 0.0 ** Ieee(-1.0) == math.inf
    assert +Ieee(1.5) == 1.5
