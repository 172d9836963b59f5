"""Programs made ready to run, beside NumPy by hand: python tests/bench/programs.py [--quick] [--large] [CASE ...].

Every call is a whole one: parameters in, run, value and gradients out. Before anything is timed, the results are
compared with NumPy by hand, to 1e-12 of the largest. BLAS has one thread. The ratio is our time to that of NumPy, or,
for random graphs, which have no NumPy by hand, the nanoseconds for each node.
"""
# ruff: noqa: E402 - the threads of BLAS are set before NumPy is imported

from __future__ import annotations

import os

for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
from autograd_core import TABLE
from autograd_core.compiler import function as functions
from autograd_core.compiler.executors import executable
from autograd_core.compiler.fast_differentiation import gradient
from autograd_core.compiler.program import Program
from autograd_core.compiler.recording import Recording
from measure import GradientsDisagreeError, best_seconds

TOLERANCE = 1e-12
HEADING = f"{'':32} {'scalars':>9} {'records':>8} {'ready s':>10} {'NumPy us':>10} {'ours us':>10} {'ratio':>7}"


class Case(NamedTuple):
    """What is measured.

    Attributes:
        program: the program.
        inputs: its inputs.
        by_hand: the same outputs by NumPy, or None.
        nodes: so many nodes a random graph has.
        changing: so many inputs, the last ones, are other ones in every call; 0 for all.
    """

    program: Program
    inputs: list[float]
    by_hand: Callable[[], Any] | None
    nodes: int = 0
    changing: int = 0


def captured(function: Callable[..., Any], *args: Any) -> tuple[Program, list[float]]:
    """The program of a function and its inputs."""
    compiled = functions.compile(function)
    compiled(*args)
    found = next(programs[0] for programs in compiled._programs.values())
    flat = [float(x) for arg in args for x in np.ravel(arg)]
    return found.program, [source.read(flat, []) for source in found.sources]


def network_step(model: nn.Module, loss_of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A function of samples and targets: the loss, and the gradients of all parameters."""
    parameters = model.parameters()

    def step(rows: Any, targets: Any) -> list[Any]:
        model.zero_grad()
        loss = loss_of(rows, targets)
        loss.backward()
        return [loss.data, *[p.grad for p in parameters]]

    return step


def network_case(
    model: nn.Module, loss_of: Callable[[Any, Any], Any], x: Any, y: Any, by_hand: Callable[[Any], Any]
) -> Case:
    """The case of a network. Its outputs are those of the step, without the effects that repeat them."""
    parameters = np.array([p.data for p in model.parameters()])
    program, inputs = captured(network_step(model, loss_of), x.tolist(), y.tolist())
    del program.outputs[1 + len(parameters) :]
    return Case(program, inputs, lambda: by_hand(parameters), changing=len(parameters))


def layers(p: Any, sizes: list[int]) -> list[Any]:
    """The matrices of a network, each neuron a row with the bias at its end."""
    found, first = [], 0
    for fan_in, count in pairwise(sizes):
        found.append(p[first : first + count * (fan_in + 1)].reshape(count, fan_in + 1))
        first += count * (fan_in + 1)
    return found


def moons() -> Case:
    rng = np.random.default_rng(1337)
    angle = np.linspace(0, np.pi, 50)
    x = np.vstack([np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]])
    x = x + rng.normal(scale=0.1, size=x.shape)
    y = np.r_[-np.ones(50), np.ones(50)]
    model = nn.MLP(2, [16, 16, 1], rng=1)

    def loss_of(rows: Any, targets: Any) -> Any:
        scores = [model(row) for row in rows]
        data = sum((1.0 - t * s).relu() for t, s in zip(targets, scores, strict=True)) * (1.0 / len(rows))
        return data + 1e-4 * sum(p * p for p in model.parameters())

    def by_hand(p: Any) -> Any:
        weights = layers(p, [2, 16, 16, 1])
        acts, before = [x], []
        for k, matrix in enumerate(weights):
            before.append(acts[-1] @ matrix[:, :-1].T + matrix[:, -1])
            acts.append(np.maximum(before[-1], 0) if k < 2 else before[-1])
        margin = 1 - y * acts[-1][:, 0]
        loss = np.maximum(margin, 0).sum() / len(y) + 1e-4 * (p @ p)
        d = (-(y * (margin > 0)) / len(y))[:, None]
        slopes: list[Any] = [None] * 3
        for k in (2, 1, 0):
            if k < 2:
                d = d * (before[k] > 0)
            slopes[k] = np.c_[d.T @ acts[k], d.sum(0)]
            d = d @ weights[k][:, :-1]
        return np.r_[loss, np.concatenate([s.ravel() for s in slopes]) + 2e-4 * p]

    return network_case(model, loss_of, x, y, by_hand)


def digits(batch: int) -> Case:
    rng = np.random.default_rng(3)
    sizes = [784, 16, 16, 10]
    x = rng.random((batch, 784)) * (rng.random((batch, 784)) < 0.2)
    y = np.eye(10)[rng.integers(0, 10, batch)]
    model = nn.Sequential(
        nn.Linear(784, 16, rng=1),
        nn.Sigmoid(),
        nn.Linear(16, 16, rng=2),
        nn.Sigmoid(),
        nn.Linear(16, 10, rng=3),
        nn.Sigmoid(),
    )

    def loss_of(rows: Any, targets: Any) -> Any:
        return nn.mse_loss([model(row) for row in rows], targets)

    def by_hand(p: Any) -> Any:
        weights, acts = layers(p, sizes), [x]
        for matrix in weights:
            acts.append(1 / (1 + np.exp(-(acts[-1] @ matrix[:, :-1].T + matrix[:, -1]))))
        e = acts[-1] - y
        d, slopes = 2 * e / e.size, []
        for k in (2, 1, 0):
            d = d * acts[k + 1] * (1 - acts[k + 1])
            slopes.append(np.c_[d.T @ acts[k], d.sum(0)].ravel())
            d = d @ weights[k][:, :-1]
        return np.r_[(e * e).sum() / e.size, np.concatenate(slopes[::-1])]

    return network_case(model, loss_of, x, y, by_hand)


def elman() -> Case:
    """8 units, 4 inputs, 50 steps, written with scalars."""
    rng = np.random.default_rng(5)
    units, count, steps = 8, 4, 50
    p = rng.uniform(-0.4, 0.4, units * (count + units + 1) + units + 1)
    x, y = rng.uniform(-1, 1, (steps, count)), rng.uniform(-1, 1, steps)
    xs, ys = x.tolist(), y.tolist()

    def loss(p: Any) -> Any:
        rows = [p[(count + units + 1) * k : (count + units + 1) * (k + 1)] for k in range(units)]
        last = p[-units - 1 :]
        state: list[Any] = [0.0] * units
        total: Any = 0.0
        for now, target in zip(xs, ys, strict=True):
            state = [ag.tanh(sum(w * v for w, v in zip(row[:-1], now + state, strict=True)) + row[-1]) for row in rows]
            e = sum(w * v for w, v in zip(last[:-1], state, strict=True)) + last[-1] - target
            total = total + e * e
        return total

    def by_hand() -> Any:
        matrix = p[: units * (count + units + 1)].reshape(units, -1)
        of_inputs, of_state, bias, out, offset = matrix[:, :count], matrix[:, count:-1], matrix[:, -1], p[-9:-1], p[-1]
        states, errors = [np.zeros(units)], []
        for t in range(steps):
            states.append(np.tanh(of_inputs @ x[t] + of_state @ states[-1] + bias))
            errors.append(out @ states[-1] + offset - y[t])
        slopes, of_out, of_offset, back = np.zeros_like(matrix), np.zeros(units), 0.0, np.zeros(units)
        for t in reversed(range(steps)):
            e = 2 * errors[t]
            of_out += e * states[t + 1]
            of_offset += e
            d = (back + e * out) * (1 - states[t + 1] ** 2)
            slopes[:, :count] += np.outer(d, x[t])
            slopes[:, count:-1] += np.outer(d, states[t])
            slopes[:, -1] += d
            back = of_state.T @ d
        return np.r_[sum(e * e for e in errors), slopes.ravel(), of_out, of_offset]

    program, inputs = captured(ag.value_and_grad(loss), p.tolist())
    return Case(program, inputs, by_hand)


def rosenbrock() -> Case:
    """The gradient and the Hessian in 10 variables."""
    point = np.linspace(-1.2, 1.5, 10)

    def f(x: Any) -> Any:
        return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))

    def by_hand() -> Any:
        a, b = point[:-1], point[1:]
        t, slope, curvature, i = b - a * a, np.zeros(10), np.zeros((10, 10)), np.arange(9)
        slope[:-1] = -400 * a * t - 2 * (1 - a)
        slope[1:] += 200 * t
        curvature[i, i] = 1200 * a * a - 400 * b + 2
        curvature[i + 1, i + 1] += 200
        curvature[i, i + 1] = curvature[i + 1, i] = -400 * a
        return np.concatenate([slope, curvature.ravel()])

    band = np.abs(np.subtract.outer(np.arange(10), np.arange(10))) < 2
    seen = np.concatenate([np.ones(10, dtype=bool), band.ravel()])  # all else is known to be 0

    program, inputs = captured(lambda x: [ag.grad(f)(x), ag.hessian(f)(x)], point.tolist())
    return Case(program, inputs, lambda: by_hand()[seen])


def graph(kind: str, nodes: int, seed: int = 1) -> Case:
    """A random graph, a quarter each of + - * and tanh, with the gradient of the sum of what is used nowhere in it."""
    rng = random.Random(seed)
    program = Program()
    places = [program.input() for _ in range(100)]
    for _ in range(nodes):
        first = 0 if kind == "wide" else len(places) - 8
        op = TABLE[rng.choice(("add", "sub", "mul", "tanh"))]
        places.append(program.apply(op, [places[rng.randrange(first, len(places))] for _ in range(op.arity or 0)]))
    inner = {k for place in places for k in program.operands(place)}
    root = program.apply(TABLE["sum"], [place for place in places if place not in inner])
    program.outputs = [root, *gradient(Recording(program), root, places[:100])]
    return Case(program, [0.1 + 0.008 * i for i in range(100)], None, nodes)


CASES: dict[str, Callable[[], Case]] = {
    "moons 2-16-16-1, 100 points": moons,
    "digits 784-16-16-10, batch 32": lambda: digits(32),
    "Elman, 8 units, 50 steps": elman,
    "Rosenbrock-10": rosenbrock,
    "wide, 10,000 nodes": lambda: graph("wide", 10_000),
    "deep, 10,000 nodes": lambda: graph("deep", 10_000),
    "wide, 100,000 nodes": lambda: graph("wide", 100_000),
    "deep, 100,000 nodes": lambda: graph("deep", 100_000),
}
LARGE: dict[str, Callable[[], Case]] = {
    "digits 784-16-16-10, batch 256": lambda: digits(256),
    "wide, 1,000,000 nodes": lambda: graph("wide", 1_000_000),
    "deep, 1,000,000 nodes": lambda: graph("deep", 1_000_000),
}


def measure(name: str, case: Case, turns: int, least: float) -> str:
    """One line of the table.

    Raises:
        GradientsDisagreeError: if the results are not the same.
    """
    program = case.program
    start = perf_counter()
    run = executable(program)
    ready = perf_counter() - start
    point = np.array(case.inputs)
    run.inputs[:] = point
    changing = slice(len(point) - case.changing if case.changing else 0, len(point))

    def ours() -> Any:
        run.inputs[changing] = point[changing]
        return run.run().copy()

    ways: list[Callable[[], Any]] = [ours]
    if case.by_hand is not None:
        expected = case.by_hand()
        apart = np.abs(ours() - expected).max() / np.abs(expected).max()
        if not apart <= TOLERANCE:
            raise GradientsDisagreeError(f"{name}: the results are {apart:g} of the largest apart")
        ways.append(case.by_hand)
    seconds = best_seconds(ways, turns, least)
    start_of_line = f"{name:32} {len(program):9} {len(run.records):8} {ready:10.3f}"
    if case.by_hand is None:
        return f"{start_of_line} {'':10} {1e6 * seconds[0]:10.1f} {1e9 * seconds[0] / case.nodes:5.2f} ns"
    return f"{start_of_line} {1e6 * seconds[1]:10.1f} {1e6 * seconds[0]:10.1f} {seconds[0] / seconds[1]:6.3f}x"


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure programs beside NumPy by hand.")
    parser.add_argument("--quick", action="store_true", help="measure roughly")
    parser.add_argument("--large", action="store_true", help="measure the large cases, too")
    parser.add_argument("cases", nargs="*", help="the beginnings of the names of those to measure")
    options = parser.parse_args()
    print(f"autograd_core {ag.build_info()}")
    print(HEADING)
    cases = CASES | (LARGE if options.large else {})
    for name, make in cases.items():
        if options.cases and not any(name.startswith(chosen) for chosen in options.cases):
            continue
        try:
            print(measure(name, make(), 2 if options.quick else 7, 0.02 if options.quick else 0.2), flush=True)
        except GradientsDisagreeError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
