"""NumPy's and SciPy's functions of Values: what they compute, and what they refuse."""

from __future__ import annotations

import itertools
import math
import re
import warnings
from fractions import Fraction
from typing import Any, Final

import numpy
import pytest

import autograd_core as ag
from autograd_core import GradientLossError, OperandTypeError, Value, topological_order
from autograd_core.graph.numpy_functions import FORMULAS, NEAREST
from exact import bits

np: Any = numpy  # its types know nothing of Values

FAR: Final = {
    "erfcx": (-20.0, -3.0, 0.3, 5.0, 19.9, 20.1, 30.0, 1e3, 1e8),
    "log_ndtr": (-1e8, -1e3, -40.0, -36.0, -34.0, -3.0, -0.5, 0.0, 3.0, 9.0, 30.0),
    "cosm1": (1e-9, 0.3, 3.0),
    "logit": (1e-300, 0.3, 0.75),
}
"""Points at which formulas that look right underflow or cancel."""


WITHOUT_RELATIVES: Final = (
    *("erfcinv", "erfi", "erfinv", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "betaincinv"),
    *("ndtri", "voigt_profile", "wofz", "zetac", "j0", "logical_xor"),
)
"""Functions that no function of ours computes, such as the inverses of some."""


AT_ZERO: Final[dict[str, dict[tuple[float, ...], list[float]]]] = {
    "boxcox": {(2.0, 0.0): [0.5, math.log(2.0) ** 2 / 2.0]},
    "boxcox1p": {(2.0, 0.0): [1.0 / 3.0, math.log(3.0) ** 2 / 2.0]},
    "entr": {(0.0,): [0.0]},
    "exprel": {(0.0,): [0.5]},
    "inv_boxcox": {(2.0, 0.0): [math.exp(2.0), -2.0 * math.exp(2.0)]},
    "inv_boxcox1p": {(2.0, 0.0): [math.exp(2.0), -2.0 * math.exp(2.0)]},
    "kl_div": {(0.0, 2.0): [0.0, 1.0], (0.0, 0.0): [0.0, 1.0]},
    "pseudo_huber": {(0.0, 2.0): [2.0, 0.0], (0.0, -2.0): [2.0, 0.0]},
    "rel_entr": {(0.0, 2.0): [0.0, 0.0], (0.0, 0.0): [0.0, 0.0]},
    "xlog1py": {(0.0, 2.0): [math.log(3.0), 0.0], (0.0, -1.0): [0.0, 0.0]},
    "xlogy": {(0.0, 2.0): [math.log(2.0), 0.0], (0.0, 0.0): [0.0, 0.0], (0.0, -1.0): [0.0, 0.0]},
}
"""Points at which a formula without a `where` would be nan, and the slopes there; 0 for one that is not finite."""


# A function of numpy, and the op of ours that it is for a Value.
UFUNCS: list[tuple[Any, str]] = [
    (np.absolute, "abs"),
    (np.add, "add"),
    (np.arccos, "acos"),
    (np.arccosh, "acosh"),
    (np.arcsin, "asin"),
    (np.arcsinh, "asinh"),
    (np.arctan, "atan"),
    (np.arctan2, "atan2"),
    (np.arctanh, "atanh"),
    (np.cbrt, "cbrt"),
    (np.ceil, "ceil"),
    (np.copysign, "copysign"),
    (np.cos, "cos"),
    (np.cosh, "cosh"),
    (np.deg2rad, "radians"),
    (np.degrees, "degrees"),
    (np.divide, "div"),
    (np.exp, "exp"),
    (np.exp2, "exp2"),
    (np.expm1, "expm1"),
    (np.fabs, "abs"),
    (np.float_power, "pow"),
    (np.floor, "floor"),
    (np.floor_divide, "floordiv"),
    (np.fmod, "fmod"),
    (np.hypot, "hypot"),
    (np.log, "log"),
    (np.log10, "log10"),
    (np.log1p, "log1p"),
    (np.log2, "log2"),
    (np.maximum, "max"),
    (np.minimum, "min"),
    (np.multiply, "mul"),
    (np.negative, "neg"),
    (np.positive, "pos"),
    (np.power, "pow"),
    (np.rad2deg, "degrees"),
    (np.radians, "radians"),
    (np.reciprocal, "reciprocal"),
    (np.remainder, "mod"),
    (np.rint, "round"),
    (np.sin, "sin"),
    (np.sinh, "sinh"),
    (np.sqrt, "sqrt"),
    (np.square, "square"),
    (np.subtract, "sub"),
    (np.tan, "tan"),
    (np.tanh, "tanh"),
    (np.trunc, "trunc"),
]


each_ufunc = pytest.mark.parametrize(("ufunc", "name"), UFUNCS, ids=[ufunc.__name__ for ufunc, _ in UFUNCS])


POINTS = [-2.5, -1.0, -0.3, -0.0, 0.0, 0.3, 0.75, 1.0, 2.5, math.inf, -math.inf, math.nan]


class TestNumpy:
    @each_ufunc
    def test_a_function_is_the_op_that_computes_the_same(self, ufunc: Any, name: str) -> None:
        for x in POINTS:
            for y in POINTS if ufunc.nin == 2 else [0.0]:
                point = (x, y)[: ufunc.nin]
                node = ufunc(*map(Value, point))
                assert isinstance(node, Value)
                assert node.op is ag.TABLE[name]
                with np.errstate(all="ignore"):
                    expected = float(ufunc(*map(np.float64, point)))
                assert node.data == pytest.approx(expected, rel=1e-14, nan_ok=True), point

    @each_ufunc
    def test_numbers_of_numpy_may_stand_on_either_side(self, ufunc: Any, name: str) -> None:
        if ufunc.nin == 2:
            for number in (np.float64(0.75), np.float32(0.75), np.array(0.75), 0.75, Fraction(3, 4)):
                left, right = ufunc(number, Value(0.5)), ufunc(Value(0.5), number)
                assert (left.data, right.data) == (ag.TABLE[name](0.75, 0.5), ag.TABLE[name](0.5, 0.75))
                assert type(left.inputs[0]) is type(right.inputs[1]) is float

    @each_ufunc
    def test_among_arrays_it_goes_element_by_element(self, ufunc: Any, name: str) -> None:
        others = np.array([[0.25, 0.5], [0.75, 1.0]])
        x = Value(0.5)
        if ufunc.nin == 2:
            made = ufunc(others, x)
            assert made.shape == (2, 2)
            assert [y.data for y in made.ravel()] == [ag.TABLE[name](y, 0.5) for y in others.ravel()]
        else:
            with np.errstate(invalid="ignore"):  # numpy warns of a nan
                made = ufunc(np.array([x, Value(0.25)]))
            assert [bits(y.data) for y in made] == [bits(ag.TABLE[name](0.5)), bits(ag.TABLE[name](0.25))]

    def test_gradients_flow(self) -> None:
        x = Value(0.5)
        (np.float64(2.0) * np.arcsin(x) + np.hypot(3.0, x) * np.array(1.0)).backward()
        assert x.grad == pytest.approx(2.0 / math.sqrt(0.75) + 0.5 / math.hypot(3.0, 0.5), rel=1e-15)

    def test_ties_are_split_as_everywhere(self) -> None:
        x = Value(0.0)
        np.maximum(x, 0.0).backward()
        assert x.grad == 0.5

    @pytest.mark.parametrize("data", POINTS)
    def test_questions_are_answered_by_the_data(self, data: float) -> None:
        for ask in (np.isnan, np.isinf, np.isfinite, np.signbit):
            assert ask(Value(data)) is bool(ask(data))
        x, y = np.float64(0.3), Value(data)
        for compare in (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal):
            assert compare(x, y) is bool(compare(x, data))
            with np.errstate(invalid="ignore"):  # numpy warns of a nan
                mask = compare(np.array(POINTS), y)
                assert mask.dtype == bool
                assert mask.tolist() == compare(np.array(POINTS), data).tolist()

    @pytest.mark.parametrize("decimals", [0, 2])
    def test_round_and_clip(self, decimals: int) -> None:
        x = Value(1.23456)
        rounded = np.round(x, decimals)
        assert isinstance(rounded, Value)
        assert rounded.data == round(1.23456, decimals)
        for low, high, data, slope in [(0.0, 2.0, 1.23456, 1.0), (2.0, None, 2.0, 0.0), (None, 1.0, 1.0, 0.0)]:
            x.grad = 0.0
            clipped = np.clip(x, low, high)
            clipped.backward()
            assert (clipped.data, x.grad) == (data, slope)

    def test_divmod(self) -> None:
        for quotient, rest in (divmod(np.float64(7.5), Value(2.0)), np.divmod(Value(7.5), np.float64(2.0))):
            assert isinstance(quotient, Value)
            assert (quotient.data, rest.data) == (3.0, 1.5)

    def test_arrays_of_values(self) -> None:
        a = np.array([Value(1.0), Value(2.0)])
        y = np.dot(a, np.array([3.0, 4.0])) + (a * Value(2.0)).sum()
        y.backward()
        assert [v.grad for v in a] == [5.0, 6.0]
        assert (Value(2.0) * np.array([1.0, 2.0]))[1].data == 4.0
        assert np.array([Value(1.0), 2.0]).dtype == np.asarray(Value(1.0)).dtype == object

    @pytest.mark.parametrize("name", ["arccos", "cbrt", "ceil", "cosh", "exp", "fabs", "log1p", "rint", "sqrt", "tanh"])
    def test_a_function_of_one_number_is_the_same_in_an_array(self, name: str) -> None:
        function = getattr(np, name)
        every = [*POINTS, 0.3, -0.7, 1.0]
        with np.errstate(all="ignore"):
            whole = function(np.array([*map(Value, every)]))
        assert [*map(repr, whole)] == [repr(function(Value(x))) for x in every]

    def test_functions_of_this_package_element_by_element_do_what_numpy_does_not_on_arrays(self) -> None:
        a, b = np.array([Value(1.0), Value(math.nan)]), np.array([Value(1.0), Value(1.0)])
        with np.errstate(all="ignore"):
            greater = np.frompyfunc(ag.maximum, 2, 1)(a, b)
        greater[0].backward()
        assert (a[0].grad, b[0].grad) == (0.5, 0.5)
        assert math.isnan(greater[1].data)
        for name in ("logaddexp", "copysign"):
            with pytest.raises(TypeError, match="not supported for the input types"):
                getattr(np, name)(a, b)
            assert np.frompyfunc(getattr(ag, name), 2, 1)(a[:1], b[:1])[0].data == getattr(ag, name)(1.0, 1.0)

    @pytest.mark.parametrize(
        "reduce", [np.sum, np.mean, np.prod, np.max, np.min, np.std, np.var, np.median, np.linalg.norm, np.argmax]
    )
    def test_reductions_of_arrays_of_values(self, reduce: Any) -> None:
        numbers = [3.0, 1.0, 2.0]
        made = reduce(np.array([Value(x) for x in numbers]))
        assert isinstance(made, Value) or reduce is np.argmax
        assert made == pytest.approx(float(reduce(np.array(numbers))), rel=1e-15) or reduce is np.argmax

    def test_reducing_and_outer_products_are_left_to_numpy(self) -> None:
        a, b = Value(2.0), Value(3.0)
        assert np.add.reduce([a, b]).data == 5.0
        assert np.multiply.outer(a, np.array([1.0, 2.0]))[1].data == 4.0

    @pytest.mark.parametrize("function", [np.nextafter, np.spacing, np.heaviside, np.frexp])
    def test_a_function_without_an_op_is_refused_with_the_way_out(self, function: Any) -> None:
        with pytest.raises(
            OperandTypeError, match=rf"numpy\.{function.__name__} has no meaning .*read \.data .* graph"
        ):
            function(*[Value(0.5)] * function.nin)

    def test_a_function_of_bits_is_refused_by_the_operator_that_it_uses(self) -> None:
        with pytest.raises(OperandTypeError, match=r"& combines the bits of ints, .*; write .*logical_and"):
            np.bitwise_and(np.array([1]), Value(1.0))

    def test_a_plain_array_takes_no_result(self) -> None:
        with pytest.raises(OperandTypeError, match=r"numpy\.add .*Cannot cast"):
            np.add(Value(1.0), 1.0, out=np.zeros(()))
        total = np.zeros(2)
        with pytest.raises(OperandTypeError, match=r"numpy\.add .*Cannot cast"):
            total += Value(1.0)

    def test_errors_of_our_own_come_through(self) -> None:
        with pytest.raises(OperandTypeError, match="expected a real number, got 'a'"):
            np.arctan2(np.array(["a"], dtype=object), Value(1.0))

    @pytest.mark.parametrize("data", POINTS)
    def test_the_sign_is_a_value_without_slope(self, data: float) -> None:
        x = Value(data)
        y = np.sign(x)
        y.backward()
        assert isinstance(y, Value)
        assert y.data == pytest.approx(float(np.sign(data)), nan_ok=True)
        assert x.grad == 0.0

    @pytest.mark.parametrize("a", POINTS)
    def test_fmax_and_fmin_prefer_a_number_to_a_nan(self, a: float) -> None:
        for b in POINTS:
            for function in (np.fmax, np.fmin):
                for left, right in ((Value(a), Value(b)), (a, Value(b)), (Value(a), b)):
                    y = function(left, right)
                    assert isinstance(y, Value)
                    assert y.data == pytest.approx(float(function(a, b)), nan_ok=True)

    @pytest.mark.parametrize("name", ["maximum", "fmin", "hypot", "power", "fmod", "add", "arctan2"])
    def test_functions_on_arrays_do_not_warn_as_those_on_values_do_not(self, name: str) -> None:
        function = getattr(np, name)
        for a, b in ((math.nan, 0.0), (0.0, math.nan), (math.inf, -math.inf), (math.inf, 0.0), (1e308, 1e308)):
            with warnings.catch_warnings(), np.errstate(all="warn"):
                warnings.simplefilter("error")
                whole, alone = function(np.array([Value(a)] * 3), Value(b)), function(Value(a), Value(b))
            assert [*map(repr, whole)] == [repr(alone)] * 3

    def test_fmax_and_fmin_split_ties(self) -> None:
        for function in (np.fmax, np.fmin):
            a, b = Value(1.0), Value(1.0)
            function(a, b).backward()
            assert (a.grad, b.grad) == (0.5, 0.5)

    def test_logarithms_of_sums(self) -> None:
        x = Value(-1000.0)
        y = np.logaddexp(x, np.array([-1000.0, 0.0]))
        assert [v.data for v in y] == [ag.logaddexp(-1000.0, -1000.0), ag.logaddexp(-1000.0, 0.0)]
        y[0].backward()
        assert x.grad == 0.5
        assert np.logaddexp(Value(1.0), 2).data == ag.logaddexp(1.0, 2.0)

    def test_division_among_arrays(self) -> None:
        quotients, rests = np.divmod(np.array([7.5, 9.0]), Value(2.0))
        assert [v.data for v in [*quotients, *rests]] == [3.0, 4.0, 1.5, 1.0]

    def test_arrays_of_values_among_others(self) -> None:
        a = np.array([Value(1.5), Value(-2.5)])
        assert [v.data for v in np.copysign(a, Value(-1.0))] == [-1.5, -2.5]
        assert [v.data for v in np.frompyfunc(ag.lgamma, 1, 1)(a)] == [ag.lgamma(1.5), ag.lgamma(-2.5)]
        with pytest.raises(OperandTypeError, match=r"numpy\.frompyfunc\(function, 1, 1\)\(array\) applies"):
            ag.lgamma(a)

    def test_rounded_values_are_no_integers_and_say_so(self) -> None:
        rounded = np.floor(np.array([Value(1.5), Value(2.5)]))
        with pytest.raises(GradientLossError, match=r"\[v\.data for v in array\.flat\], even where the gradient is 0"):
            rounded.astype(int)
        assert np.array([v.data for v in rounded.flat]).astype(int).tolist() == [1, 2]

    @pytest.mark.parametrize(
        ("name", "op"),
        [
            *((name, name) for name in ("cbrt", "digamma", "erf", "erfc", "exp2", "expm1", "gamma", "log1p", "round")),
            *(("exp10", "pow"), ("expit", "sigmoid"), ("gammaln", "lgamma"), ("log_expit", "logsigmoid")),
            *(("ndtr", "normal_cdf"), ("psi", "digamma")),
        ],
    )
    def test_a_function_of_scipy_is_the_op_that_computes_the_same(self, name: str, op: str) -> None:
        function = getattr(pytest.importorskip("scipy.special"), name)
        for x in (-2.5, -0.3, 0.3, 1.0, 4.0):
            y = function(Value(x))
            assert y.op is ag.TABLE[op]
            assert y.data == pytest.approx(float(function(x)), rel=1e-13, abs=1e-13, nan_ok=True)

    @pytest.mark.parametrize("name", NEAREST)
    def test_a_function_without_an_op_names_what_it_can_be_made_of(self, name: str) -> None:
        special = pytest.importorskip("scipy.special")
        function = getattr(np, name, None) or getattr(special, name)
        nearest = NEAREST[name]
        with pytest.raises(OperandTypeError, match=rf"\w\.{name} has no .* use {nearest} of autograd_core to keep"):
            function(*[Value(0.5)] * function.nin)
        assert all(callable(getattr(ag, op)) for op in nearest.split(" and "))

    @pytest.mark.parametrize("name", WITHOUT_RELATIVES)
    def test_a_function_that_nothing_here_can_make_names_no_other(self, name: str) -> None:
        special = pytest.importorskip("scipy.special")
        function = getattr(np, name, None) or getattr(special, name)
        with pytest.raises(OperandTypeError, match=rf"\w\.{name} has no .*, or define an op .* define_op\(name, fun"):
            function(*[Value(0.5)] * function.nin)

    def test_huber_has_the_order_of_scipy(self) -> None:
        special = pytest.importorskip("scipy.special")
        for delta, x in ((1.5, -0.5), (0.5, 3.0), (1.0, 1.0)):
            value = Value(x)
            y = special.huber(delta, value)
            y.backward()
            assert (y.data, value.grad) == (float(special.huber(delta, x)), max(-delta, min(x, delta)))

    @pytest.mark.parametrize("name", AT_ZERO)
    def test_a_formula_has_the_value_and_a_slope_at_its_hole(self, name: str) -> None:
        function = getattr(pytest.importorskip("scipy.special"), name)
        for point, slopes in AT_ZERO[name].items():
            leaves = [Value(x) for x in point]
            y = eval(FORMULAS[name], vars(ag) | dict(zip("xy", leaves, strict=False)))  # noqa: S307 - a formula of ours
            y.backward()
            assert y.data == pytest.approx(float(function(*point)), rel=1e-13)
            assert [leaf.grad for leaf in leaves] == pytest.approx(slopes, rel=1e-13)

    @pytest.mark.parametrize("name", FORMULAS)
    def test_a_function_without_an_op_names_a_formula_that_has_its_digits(self, name: str) -> None:
        function = getattr(pytest.importorskip("scipy.special"), name, None) or getattr(np, name)
        with pytest.raises(
            OperandTypeError, match=rf"\w\.{name} has no .* use {re.escape(FORMULAS[name])} of autograd_core"
        ):
            function(*[Value(0.5)] * function.nin)
        for point in itertools.product(FAR.get(name, (0.3, 0.75)), *[(0.5, 1e-9)] * (function.nin - 1)):
            leaves = [Value(x) for x in point]
            y = eval(FORMULAS[name], vars(ag) | dict(zip("xy", leaves, strict=False)))  # noqa: S307 - a formula of ours
            assert y.data == pytest.approx(float(function(*point)), rel=1e-13)
            y.backward()
            assert all(math.isfinite(leaf.grad) for leaf in leaves)

    @pytest.mark.parametrize("name", ["softmax", "logsumexp", "log_softmax"])
    def test_functions_of_scipy_for_whole_arrays_have_namesakes(self, name: str) -> None:
        function, xs = getattr(pytest.importorskip("scipy.special"), name), [1000.0, 1.0, -800.0]
        for data in (xs, np.array([Value(x) for x in xs])):
            ours = getattr(ag, name)(data)
            numbers = [getattr(y, "data", y) for y in (ours if name != "logsumexp" else [ours])]
            assert numbers == pytest.approx(np.atleast_1d(function(xs)).tolist(), rel=1e-14)

    def test_functions_of_scipy_are_the_ops_of_their_name(self) -> None:
        special = pytest.importorskip("scipy.special")
        x = Value(0.5)
        y = special.expit(x) + special.log_expit(x)
        y.backward()
        assert y.data == pytest.approx(special.expit(0.5) + special.log_expit(0.5), rel=1e-15)
        assert [node.op.name for node in topological_order(y)[1:]] == ["sigmoid", "logsigmoid", "add"]
