"""Details of sweeps: where they end, what they leave unchanged, what they refuse and what they leave out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import GraphChangedError, OperandTypeError, Value, detect_anomaly, grad, jvp, topological_order
from autograd_core.graph import chain_rule, edges, sweep, tangents

# ---- Backwards to given nodes ---------------------------------------------------------------------------------------


def test_a_sweep_to_nodes_within_the_graph_ends_there() -> None:
    x, w = Value(2.0), Value(3.0)
    inner, side = x * w, x + w
    root = ag.dot([inner, side, 4.0], [inner, 5.0, w])
    assert sweep.gradients(root, [inner, side]) == [12.0, 5.0]
    assert sweep.gradients(root, [side, w]) == [5.0, 12.0 * 2.0 + 4.0]
    assert sweep.gradients(root, [x, w]) == [12.0 * 3.0 + 5.0, 12.0 * 2.0 + 5.0 + 4.0]


def test_a_root_may_be_what_is_asked_for() -> None:
    x, other = Value(2.0), Value(3.0)
    inner = x * x
    assert sweep.gradients(inner, [inner, other]) == [1.0, 0.0]
    assert sweep.gradients(x, [x, other]) == [1.0, 0.0]
    assert sweep.gradients(x, [other]) == [0.0]


def test_a_sweep_to_given_nodes_leaves_gradients_alone() -> None:
    x, w = Value(2.0), Value(3.0)
    inner = x * w
    root = inner * inner + w
    for wanted in ([x], [inner], [root], [w, x]):
        sweep.gradients(root, wanted)
        sweep.gradients(x, wanted)
        assert [node.grad for node in (x, w, inner, root)] == [0.0] * 4
        root.backward()
        assert [node.grad for node in (x, w, inner, root)] == [36.0, 25.0, 12.0, 1.0]
        for node in (x, w, inner, root):
            node.grad = 0.0


class BreaksOff(list[Any]):
    """A list whose elements cannot be looked through a second time."""

    passes = 0

    def __iter__(self) -> Iterator[Any]:
        self.passes += 1
        if self.passes == 2:
            raise KeyboardInterrupt
        return super().__iter__()


def test_a_sweep_to_given_nodes_that_breaks_off_leaves_nothing_behind() -> None:
    x, w = Value(2.0), Value(3.0)
    root = x * w + w
    with pytest.raises(KeyboardInterrupt):
        sweep.gradients(root, BreaksOff([x]))
    root.backward()
    assert (x.grad, w.grad) == (3.0, 3.0)


def test_what_a_sum_takes_several_times_is_swept_once() -> None:
    x = Value(3.0)
    deep = (x * x) * 2.0
    root = 5.0 - ag.dot([deep, deep, deep], [1.0, -10.0, 100.0])
    assert sweep.gradients(root, [x]) == [-91.0 * 12.0]
    root.backward()
    assert (x.grad, deep.grad) == (-91.0 * 12.0, -91.0)


# ---- Orders ---------------------------------------------------------------------------------------------------------


def test_a_root_below_another_is_in_the_order_once() -> None:
    x = Value(2.0)
    inner = x * x
    root = inner + x
    for roots in ([root, inner], [inner, root], [x, inner, root], [root, root]):
        assert topological_order(*roots) == [x, inner, root]


@pytest.mark.parametrize("root", [3.0, "x", None])
def test_only_values_have_an_order(root: object) -> None:
    with pytest.raises(OperandTypeError, match="expected Values as roots, got "):
        topological_order(Value(1.0), root)


# ---- Forwards -------------------------------------------------------------------------------------------------------


def test_a_root_that_does_not_move_has_tangent_zero() -> None:
    x, other = Value(2.0), Value(3.0)
    roots = [other, other * other, 5.0, x * other]
    assert tangents.number_tangents(roots, [x], [[1.0]]) == [[0.0, 0.0, 0.0, 3.0]]
    assert tangents.tangents(roots, [x], [[1.0]], edges.recorded_derivatives, False) == [[0.0, 0.0, 0.0, 3.0]]


@pytest.mark.parametrize("speed", [-1.0, 1.0, 0.0, -0.5, 2.0])
def test_a_tangent_is_the_rate_times_the_derivative(speed: float) -> None:
    x, still = Value(2.0), Value(0.0)
    roots = [x * 3.0, x * 3.0 + still.sqrt()]  # an infinite derivative where nothing moves does not count
    assert tangents.number_tangents(roots, [x, still], [[speed, 0.0]]) == [[3.0 * speed] * 2]
    assert tangents.tangents(roots, [x, still], [[speed, 0.0]], edges.recorded_derivatives, False) == [
        [3.0 * speed] * 2
    ]


def test_a_checked_forward_sweep_ignores_results_that_a_formula_does_not_use() -> None:
    """The derivative of a power in its exponent is `y log(x)` except at 0, where the logarithm is computed too."""
    with detect_anomaly():
        assert jvp(lambda x, p: x**p, (Value(0.0), Value(2.0)), (1.0, 1.0))[1].data == 0.0
        assert grad(lambda x, p: x**p, (0, 1))(Value(0.0), Value(2.0))[1] == 0.0


# ---- The graph of a gradient ----------------------------------------------------------------------------------------


def test_constants_0_and_1_stay_out_of_the_graph_of_a_gradient() -> None:
    x, w = Value(2.5), Value(3.0)
    square = x * w
    shifted = square + 1.0
    root = shifted * w
    table = chain_rule.adjoints({root: 1.0}, sweep.graph_derivatives, False)
    assert table[shifted] is w  # and not `1.0 * w`
    assert table[square] is w  # and not `1.0 * w`, with the derivative of the sum
    floored = ag.floor(x)
    assert chain_rule.adjoints({floored * x: 1.0}, sweep.graph_derivatives, False)[x] is floored  # without `0.0 * x`
    chosen = ag.where(w > 0, x, x * w)
    assert chain_rule.adjoints({chosen: 1.0}, sweep.graph_derivatives, False)[x] == 1.0  # without `w * 0.0`
    assert isinstance(chain_rule.adjoints({chosen: 1.0}, sweep.graph_derivatives, False)[x], float)


@pytest.mark.parametrize("factor", [3.0, -3.0])
def test_a_derivative_that_is_zero_at_one_point_has_a_derivative(factor: float) -> None:
    assert grad(grad(lambda x: factor * (x * x)))(0.0) == 2.0 * factor
    assert grad(grad(lambda x: (factor * x).sin() * x))(0.0) == 2.0 * factor


@pytest.mark.parametrize("factor", [1.0, -1.0, 2.0, -2.0])
def test_nan_travels_through_the_graph_of_a_gradient(factor: float) -> None:
    x, w = Value(-1.0), Value(factor)
    for root in (w * (x - 1.0).log(), (w * x - abs(factor) - 1.0).log()):
        x.grad = 0.0
        root.backward(create_graph=True)
        assert isinstance(x.grad, Value)
        assert math.isnan(x.grad.data)
    x.grad = w.grad = 0.0


@pytest.mark.parametrize("data", [1.0, 3.0, -2.0])
def test_a_graph_that_no_longer_fits_its_data_is_refused(data: float) -> None:
    x = Value(2.0)
    y = x * x
    x.data = data
    with pytest.raises(GraphChangedError, match="data was assigned"):
        y.backward(create_graph=True)


# ---- Refusals -------------------------------------------------------------------------------------------------------


def test_a_node_has_as_many_derivatives_as_inputs() -> None:
    x = Value(2.0)
    root = x * x
    with pytest.raises(ValueError, match="shorter"):
        chain_rule.adjoints({root: 1.0}, lambda node: [1.0], False)
    with pytest.raises(ValueError, match="shorter"):
        tangents.tangents([root], [x], [[1.0]], lambda node: [1.0], False)


def test_a_direction_has_as_many_numbers_as_inputs() -> None:
    x, w = Value(2.0), Value(3.0)
    with pytest.raises(ValueError, match="shorter"):
        tangents.tangents([x * w], [x, w], [[1.0]], edges.recorded_derivatives, False)


def test_a_product_whose_factors_change_places_is_stale() -> None:
    """The node holds the number that it would get now, and other derivatives."""
    a, b = Value(2.0), Value(3.0)
    y = a * b
    y.backward()
    a.data, b.data = 3.0, 2.0
    with pytest.raises(GraphChangedError, match=r"the node of mul was 6\.0, and now it has other derivatives"):
        y.backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
