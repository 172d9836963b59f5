"""Programs in the style of micrograd and microgpt, with only the import changed.

They are held against exact arithmetic and `check_grads`; what reads the inside of a graph, against the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given

import autograd_core as ag
from autograd_core import Value
from autograd_core.testing import check_grads
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions


def relu(x: Any) -> Any:
    return x.relu() if isinstance(x, Value) else max(x, Fraction(0))


def sanity(x: Any) -> Any:
    """The first of micrograd's two tests: relu, products, and a node used several times."""
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    return h + q + q * x


def more_ops(a: Any, b: Any) -> Any:
    """The second, which is also the example of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2
    g += 10 / f
    return g


@pytest.mark.parametrize(("program", "point"), [(sanity, (-4,)), (more_ops, (-4, 2))])
def test_program(program: Callable[..., Any], point: tuple[int, ...]) -> None:
    result = program(*map(Value, point))
    assert result.data == pytest.approx(float(program(*map(Fraction, point))), rel=1e-15)
    assert check_grads(program, *point, order=2)


def test_the_numbers_of_the_readme_of_micrograd() -> None:
    a, b = Value(-4.0), Value(2.0)
    g = more_ops(a, b)
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """The nodes and edges that the picture code of micrograd finds."""
    nodes: set[Value] = set()
    edges: set[tuple[Value, Value]] = set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def order_of(root: Value, children: str) -> list[Value]:
    """The topological order as micrograd and microgpt find it."""
    order: list[Value] = []
    visited: set[Value] = set()

    def build(v: Value) -> None:
        if v not in visited:
            visited.add(v)
            for child in getattr(v, children):
                build(child)
            order.append(v)

    build(root)
    return order


def test_the_picture_code_finds_nodes_for_constants() -> None:
    x = Value(3.0)
    y = (x * 2 + 1).relu()
    y.backward()
    nodes, edges = trace(y)
    assert (len(nodes), len(edges)) == (6, 5)
    assert trace(y) == (nodes, edges)
    assert sorted((v.data, v.grad, v._op) for v in nodes) == [
        *((1.0, 1.0, ""), (2.0, 3.0, ""), (3.0, 2.0, "")),
        *((6.0, 1.0, "*"), (7.0, 1.0, "+"), (7.0, 1.0, "relu")),
    ]


def test_the_exponent_of_a_power_is_no_node() -> None:
    x, p = Value(3.0), Value(2.0)
    for y, op, derivative in ((x**2, "**2", 6.0), (x**-1, "**-1", -1.0 / 9.0), (x**0.5, "**0.5", 0.5 / 3.0**0.5)):
        assert (y._op, y._prev, y._children) == (op, {x}, (x,))
        assert y._local_grads == pytest.approx((derivative,), rel=1e-15)
    assert ((x**p)._op, (x**p)._prev, (x**p)._children) == ("**", {x, p}, (x, p))
    assert ((2**x)._op, [v.data for v in (2**x)._children]) == ("**", [2.0, 3.0])
    assert "op='**'" in repr(x**2)


def test_constants_are_the_same_nodes_each_time() -> None:
    y = 5 - Value(2.0) * 3
    assert y._prev == y._prev == set(y._children)
    assert y._children[0] is y._children[0]
    assert all(isinstance(v, Value) and v.op is None for v in trace(y)[0] if not v._prev)


@given(expressions())
def test_one_step_at_a_time_is_a_backward_pass(program: Program) -> None:
    """The lecture's pass by hand, `_backward()` on one node after the other, and the loop of microgpt."""
    passes: list[list[Value]] = []
    for kind in ("backward", "_prev", "_children"):
        leaves = [Value(x) for x in program.leaves]
        root = program(*leaves) * 1.5 + leaves[0] * 0.0
        order = order_of(root, "_prev" if kind == "_prev" else "_children")
        sizes = dict.fromkeys(order, 0.0)
        sizes[root] = root.grad = 1.0
        for node in reversed(order):
            for child, slope in zip(node._children, node._local_grads, strict=True):
                sizes[child] += abs(slope) * sizes[node]
                if kind == "_children":
                    child.grad += slope * node.grad
            if kind == "_prev":
                node._backward()
        if kind == "backward":
            root.backward()
        passes.append(leaves)
    assume(all(math.isfinite(size) for size in sizes.values()))
    for leaf, stepped, looped in zip(*passes, strict=True):
        room = 1e-12 * sizes.get(looped, 0.0) + 1e-300  # the sums are added up in another order
        assert abs(stepped.grad - leaf.grad) <= room
        assert abs(looped.grad - leaf.grad) <= room


def test_a_step_adds_what_the_node_passes_on() -> None:
    a = Value(2.0)
    b = a * a + a * 3
    b.grad = 1.0
    b._backward()
    assert [v.grad for v in b.inputs] == [1.0, 1.0]
    for product in b.inputs:
        product._backward()
    assert a.grad == 7.0
    a._backward()
    assert a.grad == 7.0


def test_the_sums_of_many_constants_have_nodes() -> None:
    x = Value(2.0)
    y = ag.dot([x, 1.0], [3.0, x])
    assert [v.data for v in y._children] == [2.0, 1.0, 3.0, 2.0]
    assert y._local_grads == (3.0, 2.0, 2.0, 1.0)
    y._backward()
    assert x.grad == 0.0


def test_a_step_back_adds_to_a_gradient_that_is_a_value() -> None:
    x = Value(3.0)
    y = x * 2.0
    x.grad, y.grad = Value(5.0), 1.0
    y._backward()
    assert isinstance(x.grad, Value)
    assert x.grad.data == 7.0
