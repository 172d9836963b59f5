"""Captured functions, made ready to run: layers and losses with their gradients, second derivatives, random graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.differentiation import gradient
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import executable
from autograd_core.compiler.program import Program
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.records import OP, TAPE
from autograd_core.table.op import TABLE
from compiled import same, swept
from compiler_programs import EXECUTORS
from network_cases import CASES, Case, points, total

CLOSE: Final = 1e-12


def captured(function: Callable[..., Any], *args: Any) -> Program:
    """The program of a function of floats."""
    compiled = functions.compile(function)
    compiled(*args)
    return next(programs[0] for programs in compiled._programs.values()).program


def assert_runs(program: Program, inputs: Sequence[Sequence[float]]) -> None:
    """Every executor gives the outputs of the evaluator: exactly, and fast."""
    expected = [evaluate(program, point) for point in inputs]
    for costs in EXECUTORS.values():
        exact, fast = executable(program, exact=True, costs=costs), executable(program, costs=costs)
        for point, numbers in zip(inputs, expected, strict=True):
            assert all(map(same, exact.run(point).tolist(), numbers)), point
            assert_close(fast.run(point).tolist(), numbers)


def assert_close(found: list[float], expected: list[float]) -> None:
    """Within 1e-12 of the largest number."""
    scale = max(map(abs, expected), default=0.0)
    assert math.isfinite(scale)
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= CLOSE * scale


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_layers_and_losses(case: Case) -> None:
    at = [list(point) for point in points(case) if all(abs(x) < 100.0 for x in point)][:4]
    leaves = [Value(x) for x in at[0]]
    program = captured(swept(lambda xs: total(case.function(xs)), leaves))
    if program.inputs != len(leaves):  # what it reads besides, such as running means, is tested with functions
        at = [[0.5 + 0.01 * i for i in range(program.inputs)]]
    expected = [evaluate(program, point) for point in at]
    exact, fast = executable(program, exact=True), executable(program)
    for point, numbers in zip(at, expected, strict=True):
        assert all(map(same, exact.run(point).tolist(), numbers)), point
        if all(map(math.isfinite, numbers)):
            assert_close(fast.run(point).tolist(), numbers)


def test_a_network_with_its_gradients() -> None:
    model = nn.MLP(2, [8, 8, 1], rng=1)
    rows = [[math.sin(k), math.cos(2.0 * k)] for k in range(20)]
    leaves = model.parameters()
    program = captured(swept(lambda _: nn.mse_loss([model(row) for row in rows], [0.5] * 20), leaves))
    assert program.inputs == len(leaves)
    rng = Random(1)
    assert_runs(program, [[rng.uniform(-1.0, 1.0) for _ in leaves] for _ in range(3)])
    records = executable(program).records
    assert len(records) < 150  # of 17,000 scalars


def test_a_hessian() -> None:
    def rosenbrock(x: Any) -> Any:
        return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))

    start = [0.1 * k - 0.3 for k in range(6)]
    program = captured(lambda x: [ag.grad(rosenbrock)(x), ag.hessian(rosenbrock)(x)], start)
    assert_runs(program, [start, [1.0] * 6, [-x for x in start]])


def graph(reach: int, nodes: int, seed: int) -> Program:
    """A random graph whose nodes use the latest `reach` ones, and the gradient of the sum of its last 20 nodes."""
    rng, program = Random(seed), Program()
    inputs = places = [program.input() for _ in range(50)]
    for _ in range(nodes):
        op = TABLE[rng.choice(("add", "sub", "mul", "div", "tanh"))]
        near = places[-reach:]
        operands = [rng.choice(near) for _ in range(op.arity or 0)]
        places = [*places, program.apply(op, operands)] if op.name != "div" else [*places, _bounded(program, operands)]
    root = program.apply(TABLE["sum"], places[-20:])
    program.outputs = [root, *gradient(Recording(program), root, inputs)]
    return program


def _bounded(program: Program, operands: list[int]) -> int:
    """A quotient that is of order one: a / cosh(b)."""
    return program.apply(TABLE["div"], [operands[0], program.apply(TABLE["cosh"], [operands[1]])])


@pytest.mark.parametrize("reach", [6, 60, 10_000], ids=["deep", "near", "wide"])
@pytest.mark.parametrize("seed", range(3))
def test_random_graphs(reach: int, seed: int) -> None:
    program = graph(reach, 600, seed)
    rng = Random(seed)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(50)] for _ in range(2)]
    expected = [evaluate(program, point) for point in inputs]
    if all(math.isfinite(x) and abs(x) < 1e6 for numbers in expected for x in numbers):
        assert_runs(program, inputs)
    else:  # a deep one may overflow
        run = executable(program, exact=True)
        for point, numbers in zip(inputs, expected, strict=True):
            assert all(map(same, run.run(point).tolist(), numbers))


def test_deep_graphs_are_tapes() -> None:
    heads = executable(graph(3, 600, 1)).records.heads
    assert np.any(heads[:, OP] == TAPE)
