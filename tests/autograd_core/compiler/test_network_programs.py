"""Networks of `nn` as programs made ready to run: loss and gradients, in batches that nobody has declared."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Value
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import executable
from autograd_core.compiler.executors.cost import COMPILED, PLAIN
from autograd_core.compiler.program import Program
from compiled import program_of, same
from compiler_programs import NUMPY

COSTS: Final = {"compiled": COMPILED, "plain": PLAIN, "NumPy": NUMPY}
SAMPLES: Final = 12


def step_of(model: nn.Module, loss_of: Callable[[list[Any]], Any], inputs: int) -> Callable[[], list[Any]]:
    rng = Random(2)
    rows = [[rng.uniform(-1, 1) for _ in range(inputs)] for _ in range(SAMPLES)]
    parameters = model.parameters()

    def step() -> list[Any]:
        model.zero_grad()
        loss = loss_of([model(row) for row in rows])
        loss.backward()
        return [loss.data, *[p.grad for p in parameters]]

    return step


def hinge(outputs: list[Any]) -> Any:
    return ag.sum([(1.0 - (-1.0) ** i * y).relu() for i, y in enumerate(outputs)])


def squares(outputs: list[Any]) -> Any:
    return nn.mse_loss(outputs, [[0.25 * i, -0.5] for i in range(SAMPLES)])


def entropy(outputs: list[Any]) -> Any:
    return nn.cross_entropy(outputs, [i % 3 for i in range(SAMPLES)])


def recurrent() -> Callable[[], list[Any]]:
    rng = Random(4)
    p = [Value(rng.uniform(-0.5, 0.5)) for _ in range(4 * 6)]
    xs = [rng.uniform(-1, 1) for _ in range(10)]

    def step() -> list[Any]:
        state: list[Any] = [0.0] * 4
        total: Any = 0.0
        for x in xs:
            rows = [p[6 * k : 6 * k + 6] for k in range(4)]
            state = [
                ag.tanh(sum(w * h for w, h in zip(row, state, strict=False)) + row[4] * x + row[5]) for row in rows
            ]
            total = total + state[0] * state[0]
        for q in p:
            q.grad = 0.0
        total.backward()
        return [total.data, *[q.grad for q in p]]

    return step


def rosenbrock() -> Callable[[], list[Any]]:
    xs = [Value(0.3 * i - 1.0) for i in range(6)]

    def f(x: Any) -> Any:
        return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))

    return lambda: [*ag.grad(f)(xs), *[x for row in ag.hessian(f)(xs) for x in row]]


STEPS: Final[dict[str, Callable[[], Callable[[], list[Any]]]]] = {
    "relu, hinge": lambda: step_of(nn.MLP(2, [6, 5, 1], rng=1), hinge, 2),
    "tanh, squares": lambda: step_of(
        nn.Sequential(nn.Linear(3, 6, rng=1), nn.Tanh(), nn.Linear(6, 2, rng=2)), squares, 3
    ),
    "sigmoid, cross entropy": lambda: step_of(
        nn.Sequential(nn.Linear(4, 5, rng=1), nn.Sigmoid(), nn.Linear(5, 3, rng=2)), entropy, 4
    ),
    "recurrent": recurrent,
    "Rosenbrock": rosenbrock,
}


def points(program: Program) -> list[list[float]]:
    rng = Random(3)
    return [[rng.uniform(-1, 1) for _ in range(program.inputs)] for _ in range(3)]


@pytest.mark.parametrize("make", STEPS.values(), ids=STEPS)
def test_networks(make: Callable[[], Callable[[], list[Any]]]) -> None:
    program = program_of(make())
    exact = executable(program, exact=True)
    for point in points(program):
        expected = evaluate(program, point)
        assert all(map(same, exact.run(point).tolist(), expected))
    for costs in COSTS.values():
        run = executable(program, costs=costs)
        for point in points(program):
            expected = evaluate(program, point)
            assert np.abs(run.run(point) - expected).max() <= 1e-12 * np.abs(expected).max()


def test_a_batch_is_found() -> None:
    """Twelve samples of a network become a few records, and more samples no more of them."""
    program = program_of(STEPS["tanh, squares"]())
    records = executable(program).records
    assert len(program) > 50 * len(records)


def test_the_slope_of_relu_is_one_step() -> None:
    """Of its output, which is there anyway: no comparison and no choice is left."""
    records = executable(program_of(STEPS["relu, hinge"]())).records
    names = {op.name for op in records.ops}
    assert "step" in names
    assert not names & {"gt", "le", "where", "strong_product"}


SAMPLED: Final[dict[str, tuple[tuple[float, ...], Callable[[Any, float], Any]]]] = {
    "labels": ((1.0, -1.0, 2.0), lambda y, t: (1.0 - t * y).relu()),
    "targets": ((0.0, 1.0, 3.0), lambda y, t: (y - t) * (y + t)),
}


@pytest.mark.parametrize(("numbers", "loss"), SAMPLED.values(), ids=SAMPLED)
def test_numbers_of_samples_split_no_batch(numbers: tuple[float, ...], loss: Callable[[Any, float], Any]) -> None:
    """Samples whose label is 1, or whose target is 0, run with the others."""

    def records_for(targets: list[float]) -> int:
        def loss_of(outputs: list[Any]) -> Any:
            return ag.sum([loss(y, t) for y, t in zip(outputs, targets, strict=True)])

        return len(executable(program_of(step_of(nn.MLP(2, [6, 5, 1], rng=1), loss_of, 2))).records)

    assert records_for([numbers[i % 3] for i in range(SAMPLES)]) == records_for([0.5 + i for i in range(SAMPLES)])
