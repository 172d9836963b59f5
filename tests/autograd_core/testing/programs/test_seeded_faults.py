"""Random programs find faults that are seeded into rows and into the chain rule, nearly all within 400 examples.

Each fault is a mistake of published engines or of plain haste. A program is compared with its meaning (see
`reference_gradients`): every value, and the gradient of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from autograd_core import TABLE, Op, Value
from autograd_core.graph.chain_rule import reverse_order
from autograd_core.testing import check_grads
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from reference_gradients import reference
from wrong_rows import altered

EXAMPLES: Final = 400

NEAR: Final = 1e-9
"""The relative tolerance, far above rounding and far below a mistake."""

Sweep = Callable[[Value, Sequence[Value]], list[float]]


def backward(root: Value, leaves: Sequence[Value]) -> list[float]:
    """Return the gradient by the engine."""
    root.backward()
    return [leaf.grad for leaf in leaves]


def check(program: Program, sweep: Sweep = backward) -> None:
    """Require that a program of Values has the values and the gradient of its meaning."""
    leaves = [Value(x) for x in program.leaves]
    nodes = program.run(leaves)
    expected = reference(program, [node.data for node in nodes])
    for node, value in zip(nodes[len(leaves) :], expected.values, strict=True):
        assert abs(node.data - value) <= NEAR * abs(value) + 1e-15
    for got, derivative, size in zip(sweep(nodes[-1], leaves), expected.gradient, expected.sizes, strict=True):
        assert abs(got - derivative) <= NEAR * size + 1e-200


def examples_until_failure(sweep: Sweep = backward, seed_of_run: int = 0, most: int = EXAMPLES) -> int | None:
    """Return how many programs are drawn until one fails; None if none of them does."""
    count = 0

    @seed(seed_of_run)
    @settings(
        max_examples=most,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions())
    def run(program: Program) -> None:
        nonlocal count
        count += 1
        check(program, sweep)

    try:
        run()
    except AssertionError:
        return count
    return None


def is_found(sweep: Sweep = backward) -> bool:
    """Return whether one of three runs of 400 examples fails; one run misses about 8 of 100 faults."""
    return any(examples_until_failure(sweep, seed_of_run) is not None for seed_of_run in range(3))


# ---- Rows -----------------------------------------------------------------------------------------------------------


def derivative(name: str, index: int, wrong: Callable[..., Any]) -> Op:
    """Return a row with another derivative with respect to one input."""
    op = TABLE[name]
    return altered(op, derivatives=tuple(wrong if i == index else d for i, d in enumerate(op.derivatives)))


def derivatives(name: str, wrong: Callable[[Sequence[float], float], list[float]]) -> Op:
    """Return a row of any number of inputs with other derivatives."""
    return altered(TABLE[name], derivatives=(wrong,))


def unless(condition: Callable[..., bool], name: str, index: int, instead: Callable[..., float]) -> Op:
    """Return a row with another derivative where a condition on the inputs and the output holds."""
    right = TABLE[name].derivatives[index]
    return derivative(name, index, lambda *point: instead(*point) if condition(*point) else right(*point))


FAULTS: Final[dict[str, Callable[[], Op]]] = {
    "each tie of max has the derivative 1": lambda: derivatives("max", lambda xs, y: [float(x == y) for x in xs]),
    "the last tie of min has it all": lambda: derivatives(
        "min", lambda xs, y: [float(x == y and y not in xs[i + 1 :]) for i, x in enumerate(xs)]
    ),
    "abs has the derivative 1 at 0": lambda: derivative("abs", 0, lambda x, y: 1.0 if x >= 0 else -1.0),
    "relu has the derivative 1 at 0": lambda: derivative("relu", 0, lambda x, y: 1.0 if x >= 0 else 0.0),
    "sub has its operands swapped": lambda: altered(TABLE["sub"], derivatives=TABLE["sub"].derivatives[::-1]),
    "elu takes the wrong branch": lambda: derivative("elu", 0, lambda x, alpha, y: 1.0 if x > 0 else alpha),
    "atan2 has a wrong sign": lambda: derivative("atan2", 1, lambda y, x, angle: y / (x * x + y * y)),
    "hypot divides by 0": lambda: derivatives("hypot", lambda xs, y: [x / y if y else math.nan for x in xs]),
    "log1p is log": lambda: derivative("log1p", 0, lambda x, y: 1.0 / x if x else math.inf),
    "clamp passes on at its edge": lambda: unless(lambda x, low, high, y: x in (low, high), "clamp", 0, lambda *_: 1.0),
    "pow forgets the exponent": lambda: derivative("pow", 0, lambda x, p, y: y / x),
    "prod divides by a zero": lambda: derivatives("prod", lambda xs, y: [y / x if x else 0.0 for x in xs]),
    "softplus is straight far away": lambda: unless(lambda x, y: abs(x) > 10, "softplus", 0, lambda x, y: float(x > 0)),
    "relu6 is steep beyond 6": lambda: derivative("relu6", 0, lambda x, y: 1.0 if x > 0 else 0.0),
    "polygamma keeps its order": lambda: derivative("polygamma", 1, lambda n, x, y: y),
    "tan is right to five digits": lambda: derivative("tan", 0, lambda x, y: (1.0 + y * y) * 1.00001),
    "the value of round is that of floor": lambda: altered(TABLE["round"], forward=math.floor),
    "mod has no derivative in the divisor": lambda: derivative("mod", 1, lambda a, b, y: 0.0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_row_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = FAULTS[fault]()
    monkeypatch.setitem(TABLE, row.name, row)
    assert is_found()


# ---- The chain rule -------------------------------------------------------------------------------------------------


def sweeping(
    carry: Callable[[float, float], float],
    edges: Callable[[Any], Sequence[tuple[Any, float]]] = lambda node: list(
        zip(node.inputs, node.derivatives, strict=True)
    ),
    order: Callable[[Value], Sequence[Any]] = lambda root: reverse_order([root]),
) -> Sweep:
    """Return a sweep over a recorded graph in parts, each of which may be wrong."""

    def sweep(root: Value, leaves: Sequence[Value]) -> list[float]:
        adjoints: dict[int, float] = {id(root): 1.0}
        for node in order(root):
            for x, slope in edges(node):
                if isinstance(x, Value):
                    adjoints[id(x)] = carry(adjoints.get(id(x), 0.0), slope * adjoints.get(id(node), 0.0))
        return [adjoints.get(id(leaf), 0.0) for leaf in leaves]

    return sweep


def added(before: float, contribution: float) -> float:
    return before + contribution


def depth_first(root: Value) -> list[Any]:
    """Return the nodes as a search meets them, some before all their users."""
    order: list[Any] = []
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Value) and not any(node is other for other in order):
            order.append(node)
            stack.extend(reversed(node.inputs))
    return order


SWEEPS: Final[dict[str, Sweep]] = {
    "a gradient is overwritten": sweeping(lambda before, contribution: contribution),
    "the first use alone counts": sweeping(lambda before, contribution: before or contribution),
    "an input that is used twice counts once": sweeping(
        added, lambda node: list({id(x): (x, d) for x, d in zip(node.inputs, node.derivatives, strict=True)}.values())
    ),
    "a node is visited before all its users": sweeping(added, order=depth_first),
}


@pytest.mark.parametrize("fault", SWEEPS)
def test_a_fault_of_the_chain_rule_is_found(fault: str) -> None:
    assert is_found(SWEEPS[fault])


@pytest.mark.parametrize("sweep", [backward, sweeping(added)], ids=["the engine", "the sweep in parts"])
def test_no_fault_is_found_where_none_is(sweep: Sweep) -> None:
    assert examples_until_failure(sweep, seed_of_run=1) is None


@seed(3)
@settings(max_examples=150, phases=[Phase.generate], database=None, deadline=None)
@given(expressions())
def test_every_program_passes_the_check_of_gradients(program: Program) -> None:
    """On kinks and jumps, too, as long as no two of them meet."""
    assert check_grads(program, *program.leaves)


@pytest.mark.parametrize(
    ("leaves", "instructions"),
    [
        (
            (0.0, 1.26171875, 2.322265625, 2.322265625, 4.0),
            [("fmod", (0, 1)), ("floordiv", (2, 3)), ("sum", (4, 5, 6))],
        ),
        ((17.5, 0.0), [("logical_and", (0, 1))]),
        ((0.0, 0.3212890625), [("leaky_relu", (0, 1)), ("silu_curvature", (2,))]),
        ((1.0, 1.0, 1.0, 0.5), [("clamp", (0, 1, 2)), ("cos", (4,)), ("sum", (5, 1, 3))]),
        ((1.66, 0.0, 0.0), [("polygamma", (3.0, 0)), ("leaky_relu", (1, 2)), ("sum", (3, 4))]),
    ],
)
def test_jumps_and_kinks_of_one_op_pass_with_the_derivative_of_their_row(leaves: Any, instructions: Any) -> None:
    program = Program(leaves, tuple(instructions))
    assert check_grads(program, *leaves)
