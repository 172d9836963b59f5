"""The oracles agree with the engine and with each other, and violated laws are detected."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from typing import Any, Self

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, Value, custom_gradient, grad
from autograd_core.testing import invariants as laws
from autograd_core.testing.oracles import (
    CORE,
    NAIVE,
    ON_NODES,
    Dual,
    Engine,
    PathSum,
    forward_duals,
    nodes_below,
    path_sizes,
    sum_over_paths,
)
from autograd_core.testing.programs.naive import NaiveValue, naive_no_grad
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions

SMOOTH = ("add", "sub", "mul", "div", "neg", "exp", "sin", "tanh", "sigmoid", "square", "hypot", "dot")
NAIVE_OPS = tuple(ON_NODES)
NEAR_0 = 1e-300
"""Products of smaller numbers underflow, at different points in each method."""


def recorded(program: Program) -> tuple[list[Value], Value]:
    leaves = [Value(x) for x in program.leaves]
    return leaves, program(*leaves)


# ---- Paths and duals ------------------------------------------------------------------------------------------------


@given(expressions())
def test_sums_over_paths_are_the_gradient(program: Program) -> None:
    leaves, root = recorded(program)
    root.backward()
    exact, floats = sum_over_paths(root, leaves, number=Fraction), sum_over_paths(root, leaves)
    for leaf, truth, number, size in zip(leaves, exact, floats, path_sizes(root, leaves), strict=True):
        assert isinstance(truth.total, Fraction)
        room = 1e-14 * float(truth.size) + NEAR_0
        assert leaf.grad == pytest.approx(float(truth.total), rel=0, abs=room)
        assert number.total == pytest.approx(float(truth.total), rel=0, abs=room)
        assert number.paths == truth.paths
        assert size == pytest.approx(float(truth.size))


def test_paths_by_hand() -> None:
    x, y = Value(3.0), Value(2.0)
    root = x * y - x * 5.0 + ag.relu(-x)
    assert sum_over_paths(root, [x, y]) == [PathSum(-3.0, 7.0, 2), PathSum(3.0, 3.0, 1)]
    assert sum_over_paths(root, [root, Value(1.0)]) == [PathSum(1.0, 1.0, 1), PathSum(0.0, 0.0, 0)]


def test_paths_end_at_interior_nodes_that_are_asked_for() -> None:
    x = Value(3.0)
    inner = x * x
    assert sum_over_paths(inner * inner, [x, inner]) == [PathSum(0.0, 0.0, 0), PathSum(18.0, 18.0, 2)]


def test_paths_take_slopes_and_numbers_from_elsewhere() -> None:
    x = Value(3.0)
    root = ag.exp(x)
    with mpmath.workdps(50):
        (found,) = sum_over_paths(root, [x], slopes=lambda node: [mpmath.exp(3)], number=mpmath.mpf)
        assert found.total == mpmath.exp(3)


@settings(max_examples=200)
@given(expressions(kinks=False), st.randoms(use_true_random=False))
def test_duals_agree_with_the_reverse_sweep(program: Program, rng: Any) -> None:
    leaves, root = recorded(program)
    direction = [rng.uniform(-1, 1) for _ in leaves]
    dual = forward_duals(root, leaves, direction)
    root.backward()
    along = math.fsum(leaf.grad * speed for leaf, speed in zip(leaves, direction, strict=True))
    size = sum(path_sizes(root, leaves))
    assert float(dual.value) == pytest.approx(root.data, rel=1e-10, abs=1e-10)
    assert float(dual.slope) == pytest.approx(along, rel=0, abs=1e-10 * size + 1e-10)


def test_duals_do_not_believe_the_rules_of_rows() -> None:
    wrong = custom_gradient(lambda x, y: 2.0 * y)(ag.exp)
    x = Value(1.0)
    root = wrong(x)
    root.backward()
    assert x.grad == pytest.approx(2.0 * math.e)
    with mpmath.workdps(40):
        slope = forward_duals(ag.exp(x), [x], [1.0], digits=60).slope
        assert abs(slope - mpmath.e) < mpmath.mpf(10) ** -35


def test_duals_follow_the_direction() -> None:
    x = Value(3.0)
    inner = x * x
    assert float(forward_duals(inner * x, [inner], [1.0]).slope) == 3.0
    assert float(forward_duals(inner * x, [x, inner], [1.0, 0.0]).slope) == 9.0
    with pytest.raises(InputError, match="direction of 1 components, one for each leaf, got 2"):
        forward_duals(inner, [x], [1.0, 2.0])


def test_duals_need_a_meaning() -> None:
    def rounded(x: float) -> float:
        return math.exp(float(x))

    x = Value(1.0)
    ag.define_op("without_meaning", rounded, lambda x, y: y)
    try:
        root = TABLE["without_meaning"](x)
    finally:
        op = TABLE.pop("without_meaning")
    assert op.name == "without_meaning"
    with pytest.raises(InputError, match="with a meaning in mpmath, got without_meaning"):
        forward_duals(root, [x], [1.0])


def test_dual_arithmetic_by_hand() -> None:
    x = Dual(Fraction(3), Fraction(1))
    assert 2 + x * x - 1 / x == Dual(11 - Fraction(1, 3), 6 + Fraction(1, 9))
    assert (1 - x) / (x + 1) == Dual(Fraction(-1, 2), Fraction(-1, 8))
    assert 2 * -x == Dual(-6, -2)


# ---- The naive engine -----------------------------------------------------------------------------------------------


@given(expressions(ops=NAIVE_OPS))
def test_the_engine_agrees_with_the_naive_one(program: Program) -> None:
    results = []
    for engine in (CORE, NAIVE):
        leaves = [engine.leaf(x) for x in program.leaves]
        nodes = program.run(leaves, engine.apply)
        nodes[-1].backward()
        nodes[-1].backward(-0.5)
        results.append(nodes)
    for node, model in zip(*results, strict=True):
        assert node.data == pytest.approx(model.data, rel=1e-12, abs=1e-12)
        assert node.grad == pytest.approx(model.grad, rel=0, abs=1e-9 * model.size + NEAR_0)


@pytest.mark.parametrize("name", ON_NODES)
def test_names_of_ops_mean_the_rows_of_that_name(name: str) -> None:
    point = [0.75, 1.5][: TABLE[name].arity]
    assert NAIVE.apply(name, *map(NAIVE.leaf, point)).data == pytest.approx(TABLE[name](*point), rel=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 2.0 + x,
        lambda x: x + 2.0,
        lambda x: 2.0 - x,
        lambda x: x - 2.0,
        lambda x: 2.0 * x,
        lambda x: x * 2.0,
        lambda x: 2.0 / x,
        lambda x: x / 2.0,
        lambda x: x**3.0,
        lambda x: x**-1.5,
    ],
)
def test_naive_operators_with_numbers(f: Callable[[Any], Any]) -> None:
    x = NaiveValue(0.75)
    f(x).backward()
    assert x.grad == pytest.approx(grad(f)(0.75), rel=1e-14)


def test_naive_leaves_add_up_and_interior_nodes_do_not() -> None:
    x = NaiveValue(3.0)
    inner = x * x
    root = inner + inner
    for _ in range(2):
        root.backward()
    assert (x.grad, inner.grad, root.grad, x.size) == (24.0, 2.0, 1.0, 24.0)
    assert repr(x) == "NaiveValue(3.0, grad=24.0)"


def test_the_naive_engine_records_nothing_if_told_so() -> None:
    x = NAIVE.leaf(3.0)
    with NAIVE.no_grad():
        assert (x * x).inputs == ()
        with NAIVE.no_grad():
            pass
        assert (x * x).inputs == ()
    assert (x * x).inputs == (x, x)


def test_nodes_below_stand_after_their_inputs() -> None:
    x, y = NaiveValue(1.0), NaiveValue(2.0)
    product = x * y
    root = product + 3.0 * x
    order = nodes_below(root)
    assert order[-1] is root
    assert len({id(node) for node in order}) == len(order) == 5
    for place, node in enumerate(order):
        assert all(any(x is other for other in order[:place]) for x in node.inputs if not isinstance(x, float))


# ---- Laws -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(expressions(ops=SMOOTH, max_size=5), st.floats(-3, 3))
def test_the_engine_obeys_the_laws(program: Program, factor: float) -> None:
    point = program.leaves
    laws.check_linearity(program, lambda *xs: xs[0] * xs[-1], factor, -2.0, point)
    laws.check_seed_linearity(program, factor, point)
    laws.check_second_backward(program, point)
    laws.check_zeroing(program, point)
    laws.check_data_unchanged(program, point)
    laws.check_pickling(program, point)
    laws.check_gradient_of_sum(point)


@given(expressions(ops=SMOOTH, max_size=5), st.floats(0, 1e-300) | st.floats(0, 1e-320))
def test_the_laws_leave_room_for_rounding_near_0(program: Program, seed: float) -> None:
    laws.check_seed_linearity(program, seed, program.leaves)
    laws.check_linearity(program, program, seed, -seed, program.leaves)


def test_the_room_near_0_is_small() -> None:
    laws.check_seed_linearity(lambda x: (x + x).sinh(), 5e-324, [2.0])
    laws.check_seed_linearity(lambda x: 1e30 * x * 0.25, 5e-324, [2.0])
    with pytest.raises(AssertionError, match="multiplies a gradient"):
        laws.check_seed_linearity(lambda x: x * 3.0, 1e-320, [2.0], engine=engine(IgnoresSeed))


@settings(max_examples=60)
@given(expressions(ops=("add", "mul", "sub", "sin", "tanh", "sigmoid"), max_size=4), st.sampled_from((-0.5, 0.25, 1.5)))
def test_scaled_inputs_and_mixed_derivatives(program: Program, factor: float) -> None:
    laws.check_scale_law(program, factor, program.leaves)
    laws.check_commuting_partials(program, program.leaves)


@pytest.mark.parametrize("f", [ag.hypot, TABLE["prod"], TABLE["fsum"], ag.max, lambda *xs: ag.sum(xs), lambda *xs: 1.0])
def test_symmetric_functions(f: Callable[..., Any]) -> None:
    laws.check_permutation_law(f, [2, 0, 1], [0.5, 3.0, -2.0])


def test_laws_hold_for_constants_and_leaves() -> None:
    for f in (lambda x: 3.0, lambda x: x):
        laws.check_linearity(f, f, 2.0, 3.0, [0.5])
        laws.check_seed_linearity(f, 2.0, [0.5])
        laws.check_scale_law(f, 2.0, [0.5])
        laws.check_second_backward(f, [0.5])
        laws.check_zeroing(f, [0.5])
        laws.check_data_unchanged(f, [0.5])
        laws.check_pickling(f, [0.5])


class Faulty(NaiveValue):
    """The naive engine, for subclasses with one mistake each."""

    keeps_interior = False
    ignores_seed = False
    assigns_data = False
    keeps_zeroed = False
    loses_gradient = False

    def backward(self, seed: float = 1.0) -> None:
        before = [node.grad if node.inputs and self.keeps_interior else 0.0 for node in self.order()]
        super().backward(1.0 if self.ignores_seed else seed)
        for node, kept in zip(self.order(), before, strict=True):
            node.grad += kept
        if self.assigns_data:
            self.data += 1.0

    def __setattr__(self, name: str, value: Any) -> None:
        if self.keeps_zeroed and name == "grad" and value == 0.0 and "grad" in vars(self):
            value = self.grad / 2.0
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        state = vars(self) | ({"grad": 0.0} if self.loses_gradient else {})
        return type(self), (self.data,), state


class KeepsInterior(Faulty):
    keeps_interior = True


class IgnoresSeed(Faulty):
    ignores_seed = True


class AssignsData(Faulty):
    assigns_data = True


class KeepsZeroed(Faulty):
    keeps_zeroed = True


class LosesGradient(Faulty):
    loses_gradient = True


class ReadsTheFirstFactor(Faulty):
    """The derivative of a product with respect to its second factor is that of its first."""

    def __mul__(self, other: Any) -> Self:
        factor = other.data if isinstance(other, NaiveValue) else other
        return self.make(self.data * factor, (self, other), factor, factor)


def product(x: Any, y: Any) -> Any:
    return x * y


def engine(node: type[NaiveValue]) -> Engine:
    return Engine(node, naive_no_grad)


POINT = [0.5, 3.0]
LAWS: dict[str, Callable[[Engine], None]] = {
    "linearity": lambda e: laws.check_linearity(product, lambda x, y: x + y, 2.0, 3.0, POINT, engine=e),
    "seed": lambda e: laws.check_seed_linearity(product, -2.0, POINT, engine=e),
    "scale": lambda e: laws.check_scale_law(product, 2.0, POINT, engine=e),
    "permutation": lambda e: laws.check_permutation_law(product, [1, 0], POINT, engine=e),
    "second backward": lambda e: laws.check_second_backward(lambda x, y: -(x * y), POINT, e),
    "sum": lambda e: laws.check_gradient_of_sum(POINT, lambda xs: xs[0] + xs[1], e),
    "zeroing": lambda e: laws.check_zeroing(product, POINT, e),
    "data": lambda e: laws.check_data_unchanged(product, POINT, e),
    "pickling": lambda e: laws.check_pickling(product, POINT, e),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("tested", [CORE, NAIVE, engine(Faulty)], ids=["core", "naive", "nothing wrong"])
def test_laws_hold_of_engines_without_fault(law: str, tested: Engine) -> None:
    LAWS[law](tested)


@pytest.mark.parametrize(
    ("law", "fault", "message"),
    [
        ("seed", IgnoresSeed, r"a seed of -2\.0 multiplies a gradient: input 0 at \(0\.5, 3\.0\) has gradient 3\.0"),
        ("permutation", ReadsTheFirstFactor, r"in the order \(1, 0\): input 0"),
        ("second backward", KeepsInterior, "two backward passes .* give"),
        ("zeroing", KeepsZeroed, r"a leaf was set to 0: input 0 .* has gradient 1\.5, expected 0\.0"),
        ("data", AssignsData, r"changed data from 1\.5 to 2\.5"),
        ("pickling", LosesGradient, r"pickled and read again at .* a node is .*, expected"),
    ],
)
def test_a_broken_law_is_noticed(law: str, fault: type[NaiveValue], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        LAWS[law](engine(fault))


def unsteady() -> Callable[[Any], Any]:
    """Return a square with a different derivative at every call, so no two gradients agree."""
    numbers: Iterator[int] = count(1)
    return custom_gradient(lambda x, y: float(next(numbers)) * x)(lambda x: x * x)


def test_gradients_that_do_not_add_up_are_noticed() -> None:
    f = unsteady()
    with pytest.raises(AssertionError, match="linear in the function: input 0"):
        laws.check_linearity(f, f, 2.0, 3.0, [0.5])
    with pytest.raises(AssertionError, match=r"f\(2\.0\*x\) has 2\.0 times the gradient"):
        laws.check_scale_law(unsteady(), 2.0, [0.5])


def test_partials_that_do_not_commute_are_noticed() -> None:
    wrong = custom_gradient(lambda x, y, z: y * 1.0, lambda x, y, z: 3.0 * x)(lambda x, y: x * y)
    with pytest.raises(AssertionError, match=r"by inputs 1 and 0 is 3\.0, and by 0 and 1 1\.0"):
        laws.check_commuting_partials(wrong, POINT)


def test_a_sum_that_counts_a_term_twice_is_noticed() -> None:
    with pytest.raises(AssertionError, match=r"gradient 1: input 1 .* has gradient 2\.0, expected 1\.0"):
        laws.check_gradient_of_sum(POINT, lambda xs: xs[0] + xs[1] + xs[1])


def test_a_result_that_depends_on_the_order_is_noticed() -> None:
    with pytest.raises(
        AssertionError, match=r"in the order \(1, 0\) of \(0\.5, 3\.0\) the result is 3\.0, expected 0\.5"
    ):
        laws.check_permutation_law(lambda x, y: 0.0 * (x + y) + x.data, [1, 0], [0.5, 3.0])
