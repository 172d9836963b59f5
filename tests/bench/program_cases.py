"""The cases of `programs`: functions that are compiled, each with the same by NumPy."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import process_time
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
from autograd_core.compiler import function as functions
from autograd_core.compiler.program import Program
from autograd_core.transforms.trees import strip
from measure import GradientsDisagreeError
from workloads import GPT, NAMES, OURS, seeded, tokens_of

TOLERANCE = 1e-12


class Case(NamedTuple):
    """What is measured.

    Attributes:
        program: the program.
        inputs: its inputs.
        first: the seconds of processor time of the first call: capture, passes, and a run.
        by_hand: the same outputs by NumPy, or the first ones of them; or None.
        nodes: so many nodes a random graph has.
        changing: so many inputs, the last ones, are other ones in every call; 0 for all.
        call: what is measured, if it is more than a run of the program.
    """

    program: Program
    inputs: list[float]
    first: float
    by_hand: Callable[[], Any] | None = None
    nodes: int = 0
    changing: int = 0
    call: Callable[[], Any] | None = None


def case_of(function: Callable[..., Any], *args: Any) -> Case:
    """The case of a function. Its outputs are the results and the guards, without the effects that repeat results.

    Raises:
        GradientsDisagreeError: if the function gives other results when it is compiled.
    """
    expected = list(numbers_of(function(*args)))
    compiled = functions.compile(function)
    start = process_time()
    result = compiled(*args)
    first = process_time() - start
    compare(list(numbers_of(result)), expected)
    found = next(programs[0] for programs in compiled._programs.values())
    count = len(leaves(found.result))
    outputs, guards = found.recorded.outputs, len(found.truths)
    found.recorded.outputs = outputs[:count] + outputs[len(outputs) - guards :]
    flat = [float(x) for arg in args for x in np.ravel(arg)]
    return Case(found.recorded, found.inputs(flat), first)


def compare(found: Any, expected: Any) -> None:
    """Compare results.

    Raises:
        GradientsDisagreeError: if they are further apart than 1e-12 of the largest.
    """
    apart = np.abs(np.subtract(found, expected)).max() / np.abs(expected).max()
    if not apart <= TOLERANCE:
        raise GradientsDisagreeError(f"the results are {apart:g} of the largest apart")


def leaves(result: Any) -> list[Any]:
    """The numbers of a result that a run computes."""
    found: list[Any] = []
    strip(result, found.append)
    return found


def numbers_of(tree: Any) -> Iterator[float]:
    """The numbers of nested lists and tuples."""
    if isinstance(tree, list | tuple):
        for branch in tree:
            yield from numbers_of(branch)
    else:
        yield float(getattr(tree, "data", tree))


def training_step(parameters: list[Any], loss_of: Callable[..., Any]) -> Callable[..., Any]:
    """A function: the loss, and the gradients of all parameters."""

    def step(*args: Any) -> list[Any]:
        for p in parameters:
            p.grad = 0.0
        loss = loss_of(*args)
        loss.backward()
        return [loss.data, *[p.grad for p in parameters]]

    return step


def network_case(model: Any, loss_of: Callable[[Any, Any], Any], x: Any, y: Any, by_hand: Callable[[Any], Any]) -> Case:
    """The case of a network."""
    parameters = np.array([p.data for p in model.parameters()])
    case = case_of(training_step(model.parameters(), loss_of), x.tolist(), y.tolist())
    return case._replace(by_hand=lambda: by_hand(parameters), changing=len(parameters))


def layers(p: Any, sizes: list[int]) -> list[Any]:
    """The matrices of a network, each neuron a row with the bias at its end."""
    found, first = [], 0
    for fan_in, count in pairwise(sizes):
        found.append(p[first : first + count * (fan_in + 1)].reshape(count, fan_in + 1))
        first += count * (fan_in + 1)
    return found


def moons(model: Any) -> Case:
    rng = np.random.default_rng(1337)
    angle = np.linspace(0, np.pi, 50)
    x = np.vstack([np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]])
    x = x + rng.normal(scale=0.1, size=x.shape)
    y = np.r_[-np.ones(50), np.ones(50)]

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


def digits(model: Any, batch: int) -> Case:
    rng = np.random.default_rng(3)
    sizes = [784, 16, 16, 10]
    x = rng.random((batch, 784)) * (rng.random((batch, 784)) < 0.2)
    y = np.eye(10)[rng.integers(0, 10, batch)]

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

    return case_of(ag.value_and_grad(loss), p.tolist())._replace(by_hand=by_hand)


def rosenbrock() -> Case:
    """The gradient and the Hessian in 10 variables."""
    point = np.linspace(-1.2, 1.5, 10)
    band = np.abs(np.subtract.outer(np.arange(10), np.arange(10))) < 2  # all else is known to be 0

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
        return np.concatenate([slope, curvature[band]])

    def derivatives(x: Any) -> Any:
        rows = ag.hessian(f)(x)
        return [ag.grad(f)(x), [rows[a][b] for a, b in zip(*np.nonzero(band), strict=True)]]

    return case_of(derivatives, point.tolist())._replace(by_hand=by_hand)


def microgpt() -> Case:
    """One name, with guards for the largest scores. NumPy computes the value alone."""
    model = GPT(OURS, tokens=27, places=16, width=16, heads=4)
    seeded(model, 0.1)
    text = tokens_of(NAMES[1])
    shapes = {name: (len(rows), len(rows[0])) for name, rows in model.matrices.items()}
    matrices, first = {}, 0
    flat = np.array([p.data for p in model.parameters()])
    for name, shape in shapes.items():
        matrices[name] = flat[first : first + shape[0] * shape[1]].reshape(shape)
        first += shape[0] * shape[1]
    now, following = np.array(text[:-1]), np.array(text[1:])
    places = np.arange(len(now))
    hidden = np.triu(np.full((len(now), len(now)), -np.inf), 1)

    def loss_of() -> Any:
        predictions = zip(model(text[:-1]), text[1:], strict=True)
        surprises = [-OURS.log(probabilities[token]) for probabilities, token in predictions]
        return sum(surprises) * (1.0 / len(surprises))

    def normalised(x: Any) -> Any:
        return x * ((x * x).mean(axis=1, keepdims=True) + 1e-5) ** -0.5

    def softmax(x: Any) -> Any:
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    def by_hand() -> Any:
        x = normalised(matrices["token"][now] + matrices["place"][places])
        of_place = normalised(x)
        query, key, value = (
            (of_place @ matrices[name].T).reshape(-1, 4, 4).swapaxes(0, 1) for name in ("query", "key", "value")
        )
        weights = softmax(query @ key.swapaxes(1, 2) * 0.5 + hidden)
        x = x + (weights @ value).swapaxes(0, 1).reshape(-1, 16) @ matrices["mix"].T
        x = x + np.maximum(normalised(x) @ matrices["expand"].T, 0.0) @ matrices["contract"].T
        return -np.log(softmax(x @ matrices["read"].T)[places, following]).mean(keepdims=True)

    case = case_of(training_step(model.parameters(), loss_of))
    return case._replace(by_hand=by_hand)


def graph(kind: str, nodes: int, seed: int = 1) -> Case:
    """A random graph, a quarter each of + - * and tanh, with the gradient of the sum of what is used nowhere in it."""
    rng = random.Random(seed)
    ops = (lambda a, _: ag.tanh(a), operator.add, operator.sub, operator.mul)
    plan = []
    for k in range(100, 100 + nodes):
        first = 0 if kind == "wide" else k - 8
        plan.append((rng.choice(ops), rng.randrange(first, k), rng.randrange(first, k)))
    inner = {a for _, a, _ in plan} | {b for op, _, b in plan if op is not ops[0]}
    last = [k for k in range(100 + nodes) if k not in inner]

    def f(x: Any) -> Any:
        numbers = list(x)
        append = numbers.append
        for op, a, b in plan:
            append(op(numbers[a], numbers[b]))
        return ag.sum([numbers[k] for k in last])

    return case_of(ag.value_and_grad(f), [0.1 + 0.008 * i for i in range(100)])._replace(nodes=nodes)


class Scalars:
    """A network of single numbers, written as `w*x + b`.

    Args:
        sizes: how many inputs, and how many neurons of each layer.
        activations: of each layer.
    """

    def __init__(self, sizes: list[int], activations: list[Callable[[Any], Any]]) -> None:
        rng = random.Random(1)
        self.activations = activations
        self.layers = [
            [[ag.Value(rng.uniform(-1.0, 1.0) / fan_in) for _ in range(fan_in + 1)] for _ in range(count)]
            for fan_in, count in pairwise(sizes)
        ]

    def __call__(self, x: Any) -> Any:
        for rows, activation in zip(self.layers, self.activations, strict=True):
            x = [activation(sum(w * v for w, v in zip(row[:-1], x, strict=True)) + row[-1]) for row in rows]
        return x[0] if len(x) == 1 else x

    def parameters(self) -> list[Any]:
        return [parameter for rows in self.layers for row in rows for parameter in row]


def digits_network() -> Any:
    """The network of the digits through `nn`."""
    return nn.MLP(784, [16, 16, 10], activation="sigmoid", output="sigmoid", rng=1)


CASES: dict[str, Callable[[], Case]] = {
    "moons 2-16-16-1, 100 points": lambda: moons(nn.MLP(2, [16, 16, 1], rng=1)),
    "moons from scalars": lambda: moons(Scalars([2, 16, 16, 1], [ag.relu, ag.relu, lambda y: y])),
    "digits 784-16-16-10, batch 32": lambda: digits(digits_network(), 32),
    "Elman, 8 units, 50 steps": elman,
    "Rosenbrock-10": rosenbrock,
    "microgpt, one name": microgpt,
    "wide, 10,000 nodes": lambda: graph("wide", 10_000),
    "deep, 10,000 nodes": lambda: graph("deep", 10_000),
    "wide, 100,000 nodes": lambda: graph("wide", 100_000),
    "deep, 100,000 nodes": lambda: graph("deep", 100_000),
}
LARGE: dict[str, Callable[[], Case]] = {
    "digits from scalars, batch 32": lambda: digits(Scalars([784, 16, 16, 10], [ag.sigmoid] * 3), 32),
    "digits 784-16-16-10, batch 256": lambda: digits(digits_network(), 256),
    "wide, 1,000,000 nodes": lambda: graph("wide", 1_000_000),
    "deep, 1,000,000 nodes": lambda: graph("deep", 1_000_000),
}
