"""The chain rule compared with independent oracles, and what the gradients of leaves and other nodes are."""

from __future__ import annotations

import math
import operator
import random
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphChangedError, Value, detect_anomaly, grad, hessian, jacobian, jvp, topological_order, vjp
from autograd_core.graph import chain_rule, edges, sweep, tangents
from autograd_core.testing import invariants as laws
from autograd_core.testing.oracles import forward_duals, sum_over_paths
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.rows.accuracy import limits_of
from autograd_core.testing.strategies import expressions
from autograd_core.testing.truths.local_derivatives import derivative_of
from autograd_core.testing.truths.meanings import MEANINGS
from exact import bits

ROUNDING = 1e-12
"""The rounding error of a gradient whose paths are all 0, for example of `sin(acos(x))` at 0."""

NEAR_0 = 1e-300
"""Products of smaller numbers underflow, in each mode at other steps."""


def recorded(program: Program) -> tuple[list[Value], Value]:
    leaves = [Value(x) for x in program.leaves]
    return leaves, program(*leaves)


def backward(program: Program) -> tuple[list[Value], Value]:
    leaves, root = recorded(program)
    root.backward()
    return leaves, root


def measured_derivatives(node: Value) -> list[Any]:
    """The local derivatives of a node by differences of the meaning of its op, without the formulas of its row."""
    assert node.op is not None
    point = [mpmath.mpf(x.data if isinstance(x, Value) else x) for x in node.inputs]
    meaning = MEANINGS[node.op.name]
    return [derivative_of(meaning, point, i).left if isinstance(x, Value) else 0.0 for i, x in enumerate(node.inputs)]


def rounding(program: Program) -> float:
    """The relative rounding error of a gradient: the largest that is allowed to the derivatives of the ops in use."""
    units = (limits_of(name)["first"] for name, _ in program.instructions)
    return max([1e-14, *(limit * sys.float_info.epsilon for limit in units)])


@given(expressions(kinks=False))
def test_gradients_are_sums_over_paths_and_derivatives_of_the_whole(program: Program) -> None:
    leaves, root = backward(program)
    assert root.grad == 1.0
    with mpmath.workdps(60):
        paths = sum_over_paths(root, leaves, measured_derivatives, mpmath.mpf)
    for leaf, (total, size, _) in zip(leaves, paths, strict=True):
        assert leaf.grad == pytest.approx(float(total), rel=0, abs=rounding(program) * float(size) + NEAR_0)
        whole = forward_duals(root, leaves, [float(leaf is other) for other in leaves]).slope
        assert leaf.grad == pytest.approx(float(whole), rel=1e-11, abs=1e-11 * float(size) + ROUNDING)


@given(expressions(max_size=20))
def test_the_three_sweeps_agree_to_the_last_bit(program: Program) -> None:
    fast, _ = backward(program)
    with detect_anomaly():
        checked, _ = backward(program)
    graph, root = recorded(program)
    root.backward(create_graph=True)
    for a, b, c in zip(fast, checked, graph, strict=True):
        number = c.grad.data if isinstance(c.grad, Value) else c.grad  # a leaf that was not used has no graph
        # Adding 0.0 makes -0.0 and 0.0 the same: constants that are 0 are left out of the graph of a gradient.
        assert bits(a.grad + 0.0) == bits(b.grad + 0.0) == bits(number + 0.0)
        c.grad = 0


@settings(max_examples=500)
@given(expressions(), st.randoms(use_true_random=False))
def test_forward_mode_reverse_mode_and_paths_agree(program: Program, rng: random.Random) -> None:
    leaves, root = recorded(program)
    paths = sum_over_paths(root, leaves, number=Fraction)  # of products of local derivatives, without rounding
    direction = [rng.uniform(-1, 1) for _ in program.leaves]
    everywhere = tuple(range(len(direction)))
    forward = jacobian(program, everywhere, mode="forward")(*program.leaves)
    reverse = jacobian(program, everywhere, mode="reverse")(*program.leaves)
    value, tangent = jvp(program, program.leaves, direction)
    same_value, pullback = vjp(program, *program.leaves)
    for a, b, c, (total, size, _) in zip(forward, reverse, pullback(1.0), paths, strict=True):
        assert a == pytest.approx(float(total), rel=0, abs=1e-14 * float(size) + NEAR_0)
        assert b == pytest.approx(float(total), rel=0, abs=1e-14 * float(size) + NEAR_0)
        assert bits(b + 0.0) == bits(c + 0.0)
    assert bits(value) == bits(same_value) == bits(root.data)
    along = sum(path.total * Fraction(d) for path, d in zip(paths, direction, strict=True))
    assert tangent == pytest.approx(float(along), rel=0, abs=1e-14 * float(sum(path.size for path in paths)) + NEAR_0)


@given(expressions(max_size=20))
def test_the_forward_sweeps_agree_to_the_last_bit(program: Program) -> None:
    leaves = [Value(x) for x in program.leaves]
    roots = program.run(leaves)
    directions = [[float(i == j) for i in range(len(leaves))] for j in range(len(leaves))]
    directions.append([0.5 - i for i in range(len(leaves))])
    flat = tangents.number_tangents(roots, leaves, directions)
    plain = tangents.tangents(roots, leaves, directions, edges.recorded_derivatives, False)
    checked = tangents.tangents(roots, leaves, directions, edges.recorded_derivatives, True)
    graph = tangents.tangents(roots, leaves, directions, sweep.graph_derivatives, False)
    for row in zip(flat, plain, checked, graph, strict=True):
        for a, b, c, d in zip(*row, strict=True):
            number = d.data if isinstance(d, Value) else d
            assert bits(a + 0.0) == bits(b + 0.0) == bits(c + 0.0) == bits(number + 0.0)


SMOOTH = (
    *("add", "sub", "mul", "div", "neg", "square", "prod", "sum", "dot", "exp", "expm1", "exp_difference"),
    *("sin", "cos", "atan", "asinh", "tanh", "erf", "gaussian", "normal_cdf", "sigmoid", "softplus", "silu", "gelu"),
    "mish",
)


@settings(max_examples=500)
@given(expressions(ops=SMOOTH, max_size=6))
def test_all_ways_to_mixed_second_derivatives_agree(program: Program) -> None:
    # Products of numbers that are smaller underflow, and each way does that elsewhere.
    assume(not any(0.0 < abs(x) < 1e-30 for x in program.run(program.leaves)))
    count = len(program.leaves)
    everywhere = tuple(range(count))
    first = grad(program, everywhere)
    H = hessian(program, everywhere)(*program.leaves)
    modes: list[Any] = ["forward", "reverse"]
    others = [jacobian(first, everywhere, mode=mode)(*program.leaves) for mode in modes]
    sizes = sizes_of_second_derivatives(program)
    for i in range(count):
        for j in range(count):
            assert bits(H[i][j]) == bits(H[j][i])
            for other in others:
                margin = 1e-12 * max(sizes[i][j], sizes[j][i]) + NEAR_0
                assert other[i][j] == pytest.approx(H[j][i], rel=1e-12, abs=margin)


def sizes_of_second_derivatives(program: Program) -> list[list[float]]:
    """For each second derivative, the sum of the absolute values of its terms."""
    leaves, root = recorded(program)
    table = chain_rule.adjoints({root: 1.0}, sweep.graph_derivatives, False)
    sizes = []
    for leaf in leaves:
        derivative = table.get(leaf, 0.0)
        seeds: dict[Any, Any] = {derivative: 1.0} if isinstance(derivative, Value) else {}
        terms = chain_rule.adjoints(seeds, lambda node: [abs(d) for d in node.derivatives], False)
        sizes.append([terms.get(other, 0.0) for other in leaves])
    return sizes


def test_a_sweep_visits_only_what_lies_between() -> None:
    x = Value(2.0)
    far = x * x
    x.data = 100.0  # whoever differentiates through this again is refused
    assert grad(lambda y: y * y)(far).data == 8.0
    assert jvp(lambda y: y * y, (far,), (1.0,))[1].data == 8.0
    near = +far
    table = chain_rule.adjoints({near * near: 1.0}, sweep.graph_derivatives, False, {near})
    assert table[near].data == 8.0
    assert far not in table
    assert tangents.tangents([near * near], [near], [[1.0]], sweep.graph_derivatives, False)[0][0].data == 8.0


def test_forward_sweeps_leave_the_graph_as_it_was_and_know_no_depth() -> None:
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0 + 0.0
    assert tangents.number_tangents([y, 3.0, x], [x], [[2.0]]) == [[2.0, 0.0, 2.0]]
    assert tangents.tangents([y, 3.0, x], [x], [[2.0]], edges.recorded_derivatives, False) == [[2.0, 0.0, 2.0]]
    assert (x.grad, y.grad) == (0.0, 0.0)
    y.backward()
    assert x.grad == 1.0


@given(expressions())
def test_a_second_backward_doubles_leaves_exactly_and_resets_the_rest(program: Program) -> None:
    _, root = backward(program)
    order = topological_order(root)
    once = [node.grad for node in order]
    root.backward()
    for node, gradient in zip(order, once, strict=True):
        assert bits(node.grad) == bits(2 * gradient if node.op is None else gradient)


@given(expressions(), st.floats(-4, 4))
def test_gradients_obey_the_laws(program: Program, factor: float) -> None:
    point = program.leaves
    laws.check_seed_linearity(program, factor, point)
    laws.check_linearity(program, lambda *xs: xs[0] * xs[-1], factor, -2.0, point)
    laws.check_zeroing(program, point)
    laws.check_data_unchanged(program, point)


@given(expressions())
def test_topological_order_puts_inputs_first_and_names_each_node_once(program: Program) -> None:
    _, root = recorded(program)
    order = topological_order(root)
    index = {node: i for i, node in enumerate(order)}
    assert len(index) == len(order)
    assert order[-1] is root
    for node in order:
        assert all(index[x] < index[node] for x in node.inputs if isinstance(x, Value))


@pytest.mark.parametrize(("apply", "gradient"), [(operator.mul, 6.0), (operator.add, 2.0), (operator.sub, 0.0)])
def test_the_same_node_twice_counts_twice(apply: Callable[[Value, Value], Value], gradient: float) -> None:
    a = Value(3.0)
    apply(a, a).backward()
    assert a.grad == gradient


def test_a_diamond_counts_both_ways() -> None:
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_a_leaf_is_its_own_root() -> None:
    x = Value(3.0)
    x.backward()
    x.backward(2.0)
    assert x.grad == 3.0


def test_interior_nodes_hold_the_latest_sweep() -> None:
    x = Value(2.0)
    inner = x * 3.0
    (inner * inner).backward()
    assert inner.grad == 12.0
    (inner * 5.0).backward()
    assert (inner.grad, x.grad) == (5.0, 36.0 + 15.0)


def test_changing_a_leaf_leaves_a_recorded_graph_alone() -> None:
    x = Value(2.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 4.0


def test_creating_a_graph_from_changed_data_is_refused() -> None:
    x = Value(2.0)
    y = x * x
    x.data = 100.0
    with pytest.raises(GraphChangedError, match=r"mul was 4\.0, and now it would be mul\(100\.0, 100\.0\)"):
        y.backward(create_graph=True)
    assert x.grad == 0.0


def test_gradients_of_gradients_by_hand() -> None:
    x = Value(2.0)
    (x**4).backward(create_graph=True)
    numbers: list[float] = []
    for _ in range(5):
        derivative, x.grad = x.grad, 0.0
        assert isinstance(derivative, Value)
        numbers.append(derivative.data)
        derivative.backward(create_graph=True)
    assert numbers == [32.0, 48.0, 48.0, 24.0, 0.0]
    x.grad = 0.0


def test_a_gradient_that_is_a_value_goes_on_accumulating() -> None:
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    (x * 2.0).backward()
    assert isinstance(x.grad, Value)
    assert x.grad.data == 8.0
    (x * 2.0).backward(create_graph=True)
    assert x.grad.data == 10.0
    x.grad = 0.0
    assert bits(x.grad) == bits(0.0)


def test_a_constant_gradient_is_a_value_too_if_a_graph_is_asked_for() -> None:
    x = Value(3.0)
    (2.0 * x + 1.0).backward(create_graph=True)
    assert isinstance(x.grad, Value)
    assert x.grad.data == 2.0
    x.grad = 0.0


def test_the_seed_of_a_graph_may_be_a_value() -> None:
    x, seed = Value(3.0), Value(5.0)
    (x * x).backward(seed, create_graph=True)
    derivative, x.grad = x.grad, 0.0
    assert isinstance(derivative, Value)
    derivative.backward()
    assert (derivative.data, seed.grad, x.grad) == (30.0, 6.0, 10.0)


@pytest.fixture
def interrupted() -> Iterator[Value]:
    """A value whose graph has a derivative that breaks off."""

    def break_off(x: float, y: float) -> float:
        if break_off.armed:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return 1.0

    break_off.armed = False  # type: ignore[attr-defined]
    op = ag.define_op("fragile", lambda x: x, break_off)
    x = Value(2.0, label="x")
    root = op(x) * x
    break_off.armed = True  # type: ignore[attr-defined]
    yield root
    ag.TABLE.pop("fragile")


def test_a_sweep_that_breaks_off_leaves_gradients_as_they_were(interrupted: Value) -> None:
    leaf = interrupted.inputs[1]
    with pytest.raises(KeyboardInterrupt):
        interrupted.backward(create_graph=True)
    assert leaf.grad == 0.0
    interrupted.backward()
    assert leaf.grad == 4.0


def test_nan_and_infinity_travel() -> None:
    x = Value(0.0)
    (x.log() * 2.0).backward()
    assert x.grad == math.inf
    y = Value(math.nan)
    (y * y).backward()
    assert math.isnan(y.grad)
