"""The workloads: each is written once, as scalar code that runs on any engine.

What the engines have in common is little: a class of numbers with `data`, `grad`, `backward()`, `relu()` and Python's
arithmetic, and functions of such numbers. So the same code builds the same graph on each, node for node, and the
time tells the engines apart and nothing else. The two workloads at the end use `nn` as its users do, and stand beside
the scalar code that computes the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeAlias

import autograd_core as ag
import nn

Step: TypeAlias = Callable[[], Sequence[Any]]
"""Runs a workload once and returns the leaves whose gradients it computed."""

Activation: TypeAlias = Callable[[Any], Any]

SEED = 1337
RATE = 0.1
DECAY = 1e-4

NAMES = ("ava", "emma", "olivia", "isabella")

END = 26
"""The token before the first letter of a name and after its last, beside the 26 letters."""


class Model(Protocol):
    """What networks have in common, in whichever package."""

    def __call__(self, x: Any) -> Any:
        """The outputs for one sample."""

    def parameters(self) -> list[Any]:
        """The leaves to be trained, neuron by neuron, the bias after the weights."""


class Engine(NamedTuple):
    """A scalar engine, as far as the workloads use it.

    Attributes:
        Value: makes a leaf of a float.
        tanh: the hyperbolic tangent of a Value.
        sigmoid: the logistic function of a Value.
        exp: the exponential of a Value.
        log: the natural logarithm of a Value.
        MLP: `(nin, nouts)` to a network as micrograd's `nn` makes it: relu between the layers, linear at the end.
    """

    Value: Callable[[float], Any]
    tanh: Activation
    sigmoid: Activation
    exp: Activation
    log: Activation
    MLP: Callable[[int, list[int]], Model]


class Network:
    """A multilayer perceptron of single numbers, the same graph as micrograd's `nn` makes.

    Args:
        value: makes a leaf of a float.
        nin: number of inputs.
        nouts: number of neurons of each layer.
        hidden: activation of all layers but the last.
        output: activation of the last layer, or None for a linear one.
    """

    def __init__(
        self, value: Callable[[float], Any], nin: int, nouts: list[int], hidden: Activation, output: Activation | None
    ) -> None:
        self.layers = [
            [([value(0.0) for _ in range(size)], value(0.0)) for _ in range(nout)]
            for size, nout in zip([nin, *nouts], nouts, strict=False)
        ]
        self.activations = [*[hidden] * (len(nouts) - 1), output]

    def __call__(self, x: Sequence[Any]) -> Any:
        for neurons, activation in zip(self.layers, self.activations, strict=True):
            x = [weighted_sum(weights, x, bias) for weights, bias in neurons]
            if activation is not None:
                x = [activation(value) for value in x]
        return x[0] if len(x) == 1 else x

    def parameters(self) -> list[Any]:
        return [parameter for neurons in self.layers for weights, bias in neurons for parameter in (*weights, bias)]


class GPT:
    """A transformer of single numbers that predicts the next token: one layer, no biases, after Karpathy's microgpt.

    Args:
        engine: what the numbers are made of.
        tokens: how many tokens there are.
        places: how many tokens a text has at most.
        width: of the numbers that stand for a token at its place.
        heads: of the attention; each has an equal part of the width.
    """

    def __init__(self, engine: Engine, tokens: int, places: int, width: int, heads: int) -> None:
        self.exp = engine.exp
        self.heads = heads
        shapes = {
            "token": (tokens, width),
            "place": (places, width),
            "query": (width, width),
            "key": (width, width),
            "value": (width, width),
            "mix": (width, width),
            "expand": (4 * width, width),
            "contract": (width, 4 * width),
            "read": (tokens, width),
        }
        self.matrices = {
            name: [[engine.Value(0.0) for _ in range(columns)] for _ in range(rows)]
            for name, (rows, columns) in shapes.items()
        }

    def __call__(self, x: Sequence[int]) -> list[list[Any]]:
        """For each place of a text, the probabilities of the token that follows."""
        keys: list[list[Any]] = []
        values: list[list[Any]] = []
        return [self._following(token, place, keys, values) for place, token in enumerate(x)]

    def parameters(self) -> list[Any]:
        return [parameter for matrix in self.matrices.values() for row in matrix for parameter in row]

    def _following(self, token: int, place: int, keys: list[list[Any]], values: list[list[Any]]) -> list[Any]:
        x = normalised(added(self.matrices["token"][token], self.matrices["place"][place]))
        x = added(x, self._attention(normalised(x), keys, values))
        inner = [relu(value) for value in self._product("expand", normalised(x))]
        x = added(x, self._product("contract", inner))
        return softmax(self._product("read", x), self.exp)

    def _attention(self, x: Sequence[Any], keys: list[list[Any]], values: list[list[Any]]) -> list[Any]:
        """What a place takes from itself and the places before it, whose keys and values stand in the lists."""
        query = self._product("query", x)
        keys.append(self._product("key", x))
        values.append(self._product("value", x))
        size = len(x) // self.heads
        heads = []
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            scores = [weighted_sum(query[part], key[part], 0) * size**-0.5 for key in keys]
            weights = softmax(scores, self.exp)
            columns = zip(*(value[part] for value in values), strict=True)
            heads += [weighted_sum(weights, column, 0) for column in columns]
        return self._product("mix", heads)

    def _product(self, name: str, x: Sequence[Any]) -> list[Any]:
        """A matrix times a vector."""
        return [weighted_sum(row, x, 0) for row in self.matrices[name]]


def weighted_sum(weights: Sequence[Any], inputs: Sequence[Any], bias: Any) -> Any:
    """`bias + w1*x1 + w2*x2 + ...`, a node for each `*` and each `+`."""
    return sum((weight * x for weight, x in zip(weights, inputs, strict=True)), bias)


def relu(value: Any) -> Any:
    """The positive part."""
    return value.relu()


def added(x: Sequence[Any], y: Sequence[Any]) -> list[Any]:
    """The sum of two vectors."""
    return [a + b for a, b in zip(x, y, strict=True)]


def normalised(x: Sequence[Any]) -> list[Any]:
    """The vector, scaled so that the mean of its squares is 1."""
    scale = (weighted_sum(x, x, 0) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [value * scale for value in x]


def softmax(scores: Sequence[Any], exp: Activation) -> list[Any]:
    """Positive numbers that sum to 1, in the ratios of the exponentials of the scores."""
    largest = max(score.data for score in scores)
    powers = [exp(score - largest) for score in scores]
    scale = sum(powers) ** -1
    return [power * scale for power in powers]


def descend(loss: Any, parameters: Sequence[Any]) -> None:
    """Compute the gradients of a loss anew, and take one step of gradient descent."""
    for parameter in parameters:
        parameter.grad = 0.0
    loss.backward()
    for parameter in parameters:
        parameter.data -= RATE * parameter.grad


def seeded(model: Model, bound: float) -> Model:
    """The model with parameters that are the same whatever engine it is made of, uniform in `±bound`."""
    rng = random.Random(SEED)
    for parameter in model.parameters():
        parameter.data = bound * (2.0 * rng.random() - 1.0)
    return model


def two_moons(samples: int) -> list[tuple[list[float], float]]:
    """Points of the plane, with the side of the margin (-1 or 1) on which they belong."""
    return [(list(point), 2.0 * label - 1.0) for point, label in nn.data.moons(samples, rng=SEED)]


def tokens_of(name: str) -> list[int]:
    """The numbers of the letters of a name, between two marks of an end."""
    return [END, *(ord(letter) - ord("a") for letter in name), END]


def picture(pixels: int) -> tuple[list[float], list[float]]:
    """Random grey values in place of a picture, and the ten outputs that are wanted for it."""
    rng = random.Random(SEED)
    return [rng.random() for _ in range(pixels)], [1.0 if digit == 3 else 0.0 for digit in range(10)]


# Scalar code, for any engine.


def readme(engine: Engine) -> Step:
    """The expression by which micrograd's README shows what it can do."""
    value = engine.Value

    def step() -> Sequence[Any]:
        a = value(-4.0)
        b = value(2.0)
        c = a + b
        d = a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + (b + a).relu()
        d += 3 * d + (b - a).relu()
        e = c - d
        f = e**2
        g = f / 2.0
        g += 10.0 / f
        g.backward()
        return a, b

    return step


def moons(engine: Engine, samples: int = 100, hidden: int = 16) -> Step:
    """A training step of micrograd's demo: two moons, margins, L2 penalty, all samples at once."""
    return _moons_step(engine, Network(engine.Value, 2, [hidden, hidden, 1], relu, None), samples)


def moons_mlp(engine: Engine, samples: int = 100, hidden: int = 16) -> Step:
    """The same with the network that comes with the engine."""
    return _moons_step(engine, engine.MLP(2, [hidden, hidden, 1]), samples)


def _moons_step(engine: Engine, model: Model, samples: int) -> Step:
    seeded(model, 1.0)
    data = two_moons(samples)

    def step() -> Sequence[Any]:
        scores = [model([engine.Value(x) for x in point]) for point, _ in data]
        losses = [(1 + -side * score).relu() for (_, side), score in zip(data, scores, strict=True)]
        parameters = model.parameters()
        penalty = DECAY * sum(parameter * parameter for parameter in parameters)
        descend(sum(losses) * (1.0 / samples) + penalty, parameters)
        return parameters

    return step


def image(engine: Engine, pixels: int = 784, hidden: int = 16) -> Step:
    """One picture through a network of sigmoids: forward, mean squared error, backward."""
    outputs = 10
    model = seeded(Network(engine.Value, pixels, [hidden, hidden, outputs], engine.sigmoid, engine.sigmoid), 0.1)
    parameters = model.parameters()
    greys, targets = picture(pixels)

    def step() -> Sequence[Any]:
        predictions = model([engine.Value(grey) for grey in greys])
        errors = [(prediction - target) ** 2 for prediction, target in zip(predictions, targets, strict=True)]
        loss = sum(errors) * (1.0 / outputs)
        loss.backward()
        return parameters

    return step


def rnn(engine: Engine, units: int = 8, steps: int = 50) -> Step:
    """An Elman network that predicts a sine wave: `h ← tanh(b + W x + U h)`, a read-out and its error at each step."""
    cell = seeded(Network(engine.Value, 1 + units, [units], engine.tanh, engine.tanh), 0.5)
    readout = seeded(Network(engine.Value, units, [1], engine.tanh, None), 0.5)
    parameters = cell.parameters() + readout.parameters()
    wave = [math.sin(0.3 * time) for time in range(steps + 1)]

    def step() -> Sequence[Any]:
        state = [engine.Value(0.0) for _ in range(units)]
        errors = []
        for now, following in pairwise(wave):
            state = cell([engine.Value(now), *state])
            errors.append((readout(state) - following) ** 2)
        loss = sum(errors) * (1.0 / steps)
        loss.backward()
        return parameters

    return step


def microgpt(engine: Engine, names: int = 4, width: int = 16, heads: int = 4) -> Step:
    """A training step of a small GPT on a few names, letter by letter, all in one graph."""
    model = GPT(engine, tokens=END + 1, places=16, width=width, heads=heads)
    seeded(model, 0.1)
    parameters = model.parameters()
    texts = [tokens_of(name) for name in NAMES[:names]]

    def step() -> Sequence[Any]:
        losses = []
        for text in texts:
            predictions = zip(model(text[:-1]), text[1:], strict=True)
            surprises = [-engine.log(probabilities[token]) for probabilities, token in predictions]
            losses.append(sum(surprises) * (1.0 / len(surprises)))
        descend(sum(losses) * (1.0 / len(losses)), parameters)
        return parameters

    return step


# The same numbers through `nn`.


def nn_moons(samples: int = 100, hidden: int = 16) -> Step:
    """`moons` with a network, fused sums and an optimiser of this project."""
    model = seeded(nn.MLP(2, [hidden, hidden, 1]), 1.0)
    optimizer = nn.optim.SGD(model.parameters(), lr=RATE)
    parameters = optimizer.parameters
    data = two_moons(samples)

    def step() -> Sequence[Any]:
        losses = [(1.0 - side * model(point)).relu() for point, side in data]
        loss = ag.sum(losses) / samples + DECAY * ag.dot(parameters, parameters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return parameters

    return step


def nn_image(pixels: int = 784, hidden: int = 16) -> Step:
    """`image` with a network and a loss of this project."""
    model = seeded(nn.MLP(pixels, [hidden, hidden, 10], activation="sigmoid", output="sigmoid"), 0.1)
    parameters = model.parameters()
    greys, targets = picture(pixels)

    def step() -> Sequence[Any]:
        nn.mse_loss(model(greys), targets).backward()
        return parameters

    return step


OURS = Engine(ag.Value, ag.tanh, ag.sigmoid, ag.exp, ag.log, nn.MLP)


class Workload(NamedTuple):
    """One line of the table that is measured.

    Attributes:
        title: what is computed.
        ours: makes the step for this project.
        peer: makes the step for another engine, which computes the same gradients.
        small: arguments to both that make the step small enough for a test.
        required: how many times faster ours has to be when compiled.
        required_plain: the same in plain Python, None where nothing is required.
    """

    title: str
    ours: Callable[..., Step]
    peer: Callable[..., Step]
    small: Mapping[str, int]
    required: float
    required_plain: float | None = None


WORKLOADS = {
    "readme": Workload("README expression of micrograd", partial(readme, OURS), readme, {}, 8),
    "moons": Workload("moons training step", partial(moons, OURS), moons, {"samples": 10, "hidden": 4}, 50, 6),
    "image": Workload("784-16-16-10 sigmoid example", partial(image, OURS), image, {"pixels": 9, "hidden": 4}, 25),
    "rnn": Workload("Elman network, 8 units, 50 steps", partial(rnn, OURS), rnn, {"units": 3, "steps": 5}, 10),
    "microgpt": Workload(
        "microgpt training step, 4 names", partial(microgpt, OURS), microgpt, {"names": 1, "width": 4, "heads": 2}, 60
    ),
    "nn-moons": Workload("moons training step by nn", nn_moons, moons_mlp, {"samples": 10, "hidden": 4}, 250),
    "nn-image": Workload("784-16-16-10 example by nn", nn_image, image, {"pixels": 9, "hidden": 4}, 500),
}
