"""Every row and every function of the package runs on numbers that nobody knows, and the program is the same function.

What is recorded is compared with what `Value` computes: the number, its gradient, and the gradient of that.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given

import autograd_core as ag
from autograd_core import TABLE, Op, OperandTypeError, Value, public
from autograd_core.testing.strategies import expressions
from autograd_core.testing.truths.sampling import is_integer, per_input
from programs_compared import assert_equal, close, largest
from programs_recorded import Program, recorded

INF: Final = math.inf


def sample(op: Op) -> list[tuple[float, ...]]:
    """Points where value and derivatives of an op are of order one."""
    rng, ends = random.Random(1), per_input(op, op.sample)
    drawn = [[rng.uniform(low, high) for low, high in ends] for _ in range(30)]
    return [tuple([float(round(x)) if is_integer(op, i) else x for i, x in enumerate(point)]) for point in drawn]


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: str(op.name))
def test_rows(op: Op) -> None:
    assert_equal(op, sample(op))


def of_list(function: Callable[..., Any], *more: Any) -> Callable[..., Any]:
    """The function of a list as one of several arguments."""
    return lambda *xs: function(list(xs), *more)


def total(results: Sequence[Any]) -> Any:
    """Several results in one number, with factors that keep them apart."""
    return ag.dot([1.0 / (1.0 + i) for i in range(len(results))], results)


def of_halves(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of two lists as one of four arguments."""
    return lambda a, b, c, d: function([a, b], [c, d])


FUNCTIONS: Final[dict[str, list[Callable[..., Any]]]] = {
    "affine": [lambda a, b, c, d: total(ag.affine([[a, b], [b, 2.0]], [c, d], [a, 1.0]))],
    "celu": [lambda x, a: ag.celu(x, a) + ag.celu(a)],
    "dist": [of_halves(ag.dist), lambda x, y: ag.dist([x, 1.0], [0.5, y])],
    "dot": [of_halves(ag.dot), lambda x, y: ag.dot([x, 2.0], [3.0, y])],
    "elu": [lambda x, a: ag.elu(x, a) + ag.elu(a)],
    "fsum": [of_list(ag.fsum)],
    "gelu": [lambda x, y: ag.gelu(x) + ag.gelu(y, approximate="tanh")],
    "hardshrink": [lambda x, y: ag.hardshrink(x, y) + ag.hardshrink(y)],
    "hardtanh": [lambda x, y: ag.hardtanh(x, -1.0, y) + ag.hardtanh(y)],
    "leaky_relu": [lambda x, a: ag.leaky_relu(x, a) + ag.leaky_relu(a)],
    "log": [lambda x, b: ag.log(x, b) + ag.log(x) + ag.log(b, 2)],
    "log_softmax": [lambda *xs: total(ag.log_softmax(xs))],
    "logaddexp": [lambda x, y: ag.logaddexp(x, y) + 1.0],
    "logsumexp": [of_list(ag.logsumexp)],
    "max": [of_list(ag.max), lambda x, y: ag.max(x, y, 0.5)],
    "maximum": [lambda x, y: ag.maximum(x, y) + ag.maximum(0.5, y)],
    "mean": [of_list(ag.mean)],
    "min": [of_list(ag.min), lambda x, y: ag.min(x, y, 0.5)],
    "minimum": [lambda x, y: ag.minimum(x, y) + ag.minimum(0.5, y)],
    "norm": [of_list(ag.norm, p) for p in (0.5, 1, 2, 3.0, 600.0, INF)],
    "pick": [lambda x, y, z: ag.pick(1, [x, y, z]) * ag.pick(-1, [x, y, z])],
    "prod": [of_list(ag.prod)],
    "select": [lambda x, y: ag.select(x > y, lambda: x * y, lambda: ag.sqrt(y - x))],
    "softmax": [lambda *xs: total(ag.softmax(xs))],
    "softshrink": [lambda x, y: ag.softshrink(x, y) + ag.softshrink(y)],
    "std": [of_list(ag.std), of_list(ag.std, 0)],
    "sum": [of_list(ag.sum)],
    "sumprod": [of_halves(ag.sumprod)],
    "var": [of_list(ag.var), of_list(ag.var, 0)],
}

POINTS: Final = [
    (0.5, -1.5, 2.0, 1.0),
    (2.0, 0.25, -0.5, -3.0),
    (1.0, 1.0, 1.0, 1.0),  # ties
    (0.0, 0.0, 0.0, 0.0),
    (-0.0, 0.0, 3.0, 3.0),
    (1e200, -1e200, 3e200, 2e200),  # squares overflow
    (1e-200, 3e-200, -1e-200, 2e-200),  # and underflow
    (1e308, 1.5e308, 1e308, -1e308),  # and sums
    (800.0, -800.0, 0.0, 1.0),  # exponentials overflow
    (INF, 1.0, 2.0, -1.0),
    (-INF, 1.0, -INF, 2.0),
    (math.nan, 1.0, 0.5, 2.0),
]


def count(function: Callable[..., Any]) -> int:
    """How many numbers a function of the table takes: its parameters, or three if it takes any number."""
    code = function.__code__
    return code.co_argcount or 3


@pytest.mark.parametrize(
    "function", [pytest.param(f, id=f"{name}-{i}") for name, each in FUNCTIONS.items() for i, f in enumerate(each)]
)
def test_functions(function: Callable[..., Any]) -> None:
    assert_equal(function, [point[: count(function)] for point in POINTS], most=1e-3)


def test_every_function_of_numbers_is_in_the_table() -> None:
    of_numbers = {
        name
        for name, thing in vars(public).items()
        if str(getattr(thing, "__module__", "")).startswith("autograd_core.functions")
    }
    assert of_numbers - {"custom_gradient"} | {"select"} == FUNCTIONS.keys()


def test_an_infinite_logarithm_of_a_sum_passes_nothing_on_to_the_others() -> None:
    assert_equal(lambda x, y: ag.logsumexp([x, y]) * x, [(INF, 1.0)])


def test_a_function_with_a_gradient_of_its_own() -> None:
    rounded = ag.custom_gradient(lambda x, y: 1.0)(ag.round)
    assert_equal(lambda x, y: rounded(x) * x * y, [(2.6, 1.5), (0.2, -2.0)])


@given(expressions([name for name in TABLE if name != "strong_product"]))
def test_random_programs(drawn: Any) -> None:
    program, xs, y = recorded(drawn, len(drawn.leaves))
    leaves = [Value(x) for x in drawn.leaves]
    result = drawn(*leaves)
    result.backward()
    found = program.run(drawn.leaves, y, *program.gradient(y, xs))
    expected = [result.data, *[leaf.grad for leaf in leaves]]
    for a, b in zip(found, expected, strict=True):
        assert close(a, b, most=1e-3 * largest(expected)), (found, expected)


OF_SEQUENCES: Final = {
    "fsum": ag.fsum, "log_softmax": ag.log_softmax, "logsumexp": ag.logsumexp, "max": ag.max, "mean": ag.mean,
    "norm": ag.norm, "norm of 3": lambda xs: ag.norm(xs, 3.0), "prod": ag.prod, "softmax": ag.softmax, "std": ag.std,
    "var": ag.var,
}  # fmt: skip


@pytest.mark.parametrize("function", OF_SEQUENCES.values(), ids=OF_SEQUENCES)
def test_programs_of_sequences_grow_linearly(function: Callable[..., Any]) -> None:
    assert edges(function, 1000) <= 10.5 * edges(function, 100)
    assert edges(function, 1000) <= 200 * 1000


def edges(function: Callable[..., Any], length: int) -> int:
    """How many inputs the instructions of a function of a sequence and of its gradient have."""
    program, xs, results = recorded(lambda *xs: function(list(xs)), length)
    y = total(results) if isinstance(results, list) else results
    program.gradient(y, xs)
    return len(program.program.flat)


OPERATORS: Final = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b,
    lambda a, b: a // b, lambda a, b: a % b, lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b,
    lambda a, b: a >= b, lambda a, b: a == b, lambda a, b: a != b, ag.atan2, ag.hypot, ag.maximum, ag.lt,
    lambda a, b: divmod(a, b)[1], ag.leaky_relu, lambda a, b: ag.where(a, b, 1.0),
    np.arctan2, np.add, lambda a, b: ag.fma(2.0, a, b),
]  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    "other", [Value(2.0), Value(1.0) + 1.0, 2.0, 2, np.float64(2.0)], ids=lambda x: type(x).__name__
)
class TestRanks:
    """What an op of a number that is not known and another one makes is not known, in whichever place each stands."""

    def test_in_the_first_place(self, operator: Callable[..., Any], other: Any) -> None:
        program, _, y = recorded(lambda x: operator(x, other), 1)
        assert not isinstance(y, (Value, float, bool))
        assert program.run([3.0], y) == [float(operator(3.0, 2.0))]

    def test_in_the_second_place(self, operator: Callable[..., Any], other: Any) -> None:
        program, _, y = recorded(lambda x: operator(other, x), 1)
        assert not isinstance(y, (Value, float, bool))
        assert program.run([3.0], y) == [float(operator(2.0, 3.0))]


class TestRefusals:
    """A number that is not known says what to write instead."""

    x = Program().input()

    @pytest.mark.parametrize(
        ("ask", "way_out"),
        [
            (float, "call autograd_core.exp"),
            (int, "call autograd_core.trunc"),
            (complex, "call autograd_core.sqrt"),
            (math.sin, "a function of `math` that takes it"),
            (lambda x: [1, 2][x], r"autograd_core.pick\(index, values\)"),
            (range, r"autograd_core.pick\(index, values\)"),
            (lambda x: np.asarray([x], dtype=float), "the number is recorded"),
            (lambda x: x + None, "got None"),
            (lambda x: x < "a", "got 'a'"),
        ],
    )
    def test_what_needs_the_number(self, ask: Callable[[Any], object], way_out: str) -> None:
        with pytest.raises(OperandTypeError, match=way_out):
            ask(self.x)

    def test_the_data(self) -> None:
        with pytest.raises(AttributeError, match=r"Symbol\(0\) has no data: its number is not known .* x.detached"):
            self.x.data  # noqa: B018 - the access is the subject
        assert not hasattr(self.x, "data")

    @pytest.mark.parametrize("ask", [bool, lambda x: x < 1.0 or x, lambda x: x == 1.0 or x, lambda x: max(x, 1.0)])
    def test_the_recorder_answers_what_decides(self, ask: Callable[[Any], object]) -> None:
        with pytest.raises(OperandTypeError, match="choose with where"):
            ask(self.x)

    @pytest.mark.parametrize("other", ["mean", None, [1.0], (), object()])
    def test_it_is_not_equal_to_what_is_no_number(self, other: object) -> None:
        assert (self.x == other) is False
        assert (self.x != other) is True

    def test_it_stands_in_sets_and_lists(self) -> None:
        assert {self.x: 1}[self.x] == 1
        assert [None, self.x].index(self.x) == 1
        assert repr(self.x) == "Symbol(0)"


NUMPY: Final = {
    "sign": (-3.0, 0.0, 2.0), "isfinite": (INF, -1.0, math.nan), "isinf": (-INF, 1.0, math.nan),
    "isnan": (math.nan, 1.0, INF), "signbit": (-0.0, 0.0, -INF), "exp": (-1.0, 0.5, 2.0), "rint": (0.5, 1.5, -0.6),
    "absolute": (-1.0, 0.0, 2.0), "log1p": (-0.5, 1.0, 2.0), "conjugate": (1.0, 2.0, 3.0),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMPY)
def test_functions_of_numpy(name: str) -> None:
    function: Any = getattr(np, name)
    program, _, y = recorded(function, 1)
    for x in NUMPY[name]:
        assert program.run([x], y) == pytest.approx([float(function(x))], rel=1e-15, nan_ok=True)


@pytest.mark.parametrize("name", ["fmax", "fmin", "maximum", "minimum", "logaddexp", "copysign", "hypot"])
def test_functions_of_numpy_of_two_numbers(name: str) -> None:
    function: Any = getattr(np, name)
    assert_equal(function, [(1.0, 2.0), (2.0, 2.0), (math.nan, 1.0), (1.0, math.nan), (-1.0, -3.0)])


def test_arrays_of_them() -> None:
    program, xs, y = recorded(lambda a, b: np.array([a, b]) @ np.array([2.0, 3.0]) + np.exp(np.array([a]))[0], 2)
    assert program.run([0.0, 1.0], y, *program.gradient(y, xs)) == [4.0, 3.0, 3.0]
