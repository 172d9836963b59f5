"""Functions with gradients that people write, right and wrong, and none of them hard to measure.

A subject is a function with its right gradient, the points where it is claimed, and gradients with a mistake.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from math import cos, cosh, exp, log, sin, sqrt, tanh
from typing import Any

import numpy as np

V, W = np.array([0.4, 1.7, -0.6]), np.array([[0.3, -1.2], [0.7, 2.1]])
LONG = np.random.default_rng(4).normal(size=10)  # ten numbers of order one
LABELS = np.eye(10)[3]


@dataclass(frozen=True)
class Subject:
    """A function, its gradient, the points, and the gradients with a mistake by its name.

    `measurable=False` says that no difference of values tells right from wrong at these points.
    """

    name: str
    f: Callable[[Any], Any]
    grad: Callable[[Any], Any]
    points: tuple[Any, ...]
    wrong: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    measurable: bool = True


def scaled(by: float) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Return a mistake: the gradient times a number."""
    return lambda grad: lambda x: by * grad(x)


def softmax(v: Any) -> Any:
    e = np.exp(v - np.max(v))
    return e / np.sum(e)


def logsumexp(v: Any) -> float:
    return float(np.max(v) + np.log(np.sum(np.exp(v - np.max(v)))))


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -30 else exp(x)


def normal(v: Any) -> Any:
    """Return the numbers with mean 0 and variance 1."""
    return (v - np.mean(v)) / np.std(v)


C = np.array([0.7, -0.2, 1.1])


def norm_grad(v: Any, *, mean: bool = True, variance: bool = True) -> Any:
    y, n = normal(v), len(v)
    return (C - mean * np.sum(C) / n - variance * y * np.dot(C, y) / n) / np.std(v)


def newton(x: float, tolerance: float = 1e-12) -> float:
    """Return the square root by iteration."""
    if x <= 0:
        raise ValueError(f"expected a positive number, got {x}")
    y = x
    while abs(y * y - x) > tolerance * x:
        y = 0.5 * (y + x / y)
    return y


def unrolled(w: float, steps: int = 5) -> float:
    """Return the last state of a recurrent network with one unit."""
    h = 0.5
    for _ in range(steps):
        h = tanh(w * h + 0.3)
    return h


def unrolled_grad(w: float, *, through_time: bool = True) -> float:
    h, d = 0.5, 0.0
    for _ in range(5):
        before, h = h, tanh(w * h + 0.3)
        d = (1 - h * h) * (before + (w * d if through_time else 0.0))
    return d


def huber(x: float) -> float:
    return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5


def gelu(x: float) -> float:
    return 0.5 * x * (1 + math.erf(x / sqrt(2)))


def gelu_grad(x: float, c: float = 1 / sqrt(2 * math.pi)) -> float:
    return 0.5 * (1 + math.erf(x / sqrt(2))) + x * c * exp(-x * x / 2)


def cosine(v: Any) -> float:
    return float(np.dot(v, C) / np.linalg.norm(v) / np.linalg.norm(C))


def digamma(x: float) -> float:
    """Return the derivative of lgamma by its series after a shift."""
    shift = 0.0
    while x < 12:
        shift, x = shift - 1 / x, x + 1
    return shift + log(x) - 0.5 / x - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6) + 1 / (240 * x**8)


KERNEL = np.array([1.0, -2.0, 0.5])
OUTER = np.array([0.3, 0.9, -1.4, 0.2, 2.0])

ORDINARY = (
    Subject(
        "cube",
        lambda x: x**3,
        lambda x: 3 * x * x,
        (2.0, -0.7, 30.0),
        {"sign": lambda x: -3 * x * x, "power kept": lambda x: 3 * x**3, "factor": lambda x: x * x},
    ),
    Subject(
        "sine of double",
        lambda x: sin(2 * x),
        lambda x: 2 * cos(2 * x),
        (0.4, 3.0),
        {"inner": lambda x: cos(2 * x), "sign": lambda x: -2 * cos(2 * x)},
    ),
    Subject("x log x", lambda x: x * log(x), lambda x: log(x) + 1, (2.0, 0.05), {"one term": log}),
    Subject(
        "x to the x",
        lambda x: x**x,
        lambda x: x**x * (log(x) + 1),
        (1.7, 0.4),
        {"as a power": lambda x: x * x ** (x - 1)},
    ),
    Subject(
        "bell",
        lambda x: exp(-x * x),
        lambda x: -2 * x * exp(-x * x),
        (0.8, 2.5, 0.0),
        {"sign": lambda x: 2 * x * exp(-x * x), "factor": lambda x: -x * exp(-x * x)},
    ),
    Subject(
        "quotient",
        lambda x: x / (1 + x * x),
        lambda x: (1 - x * x) / (1 + x * x) ** 2,
        (0.7, 3.0),
        {"square": lambda x: (1 - x * x) / (1 + x * x), "sign": lambda x: (1 + x * x) ** -2.0},
    ),
    Subject(
        "sigmoid",
        sigmoid,
        lambda x: sigmoid(x) * (1 - sigmoid(x)),
        (0.6, -4.0),
        {"no rest": sigmoid, "of the output": lambda x: x * (1 - x)},
    ),
    Subject(
        "tanh",
        tanh,
        lambda x: cosh(x) ** -2,
        (0.6, -2.0),
        {"of the input": lambda x: 1 - x * x, "root": lambda x: 1 - tanh(x)},
    ),
    Subject(
        "log2",
        math.log2,
        lambda x: 1 / x / log(2),
        (3.0, 0.2),
        {"base": lambda x: 1 / x, "inverse": lambda x: log(2) / x},
    ),
    Subject(
        "atan2",
        lambda p: math.atan2(p[0], p[1]),
        lambda p: [p[1] / (p[0] ** 2 + p[1] ** 2), -p[0] / (p[0] ** 2 + p[1] ** 2)],
        ([1.0, 2.0], [-0.3, -2.0]),
        {
            "swapped": lambda p: [-p[0] / (p[0] ** 2 + p[1] ** 2), p[1] / (p[0] ** 2 + p[1] ** 2)],
            "sign": lambda p: [p[1] / (p[0] ** 2 + p[1] ** 2), p[0] / (p[0] ** 2 + p[1] ** 2)],
        },
    ),
    Subject(
        "erf",
        math.erf,
        lambda x: 2 / sqrt(math.pi) * exp(-x * x),
        (0.3, -1.5),
        {"constant": lambda x: exp(-x * x) / sqrt(2 * math.pi), "digits": lambda x: 1.12838 * exp(-x * x)},
    ),
    Subject(
        "gelu",
        gelu,
        gelu_grad,
        (0.5, -1.0, 3.0),
        {"approximate": lambda x: gelu_grad(x, 0.3989), "one term": lambda x: gelu(x) / x},
    ),
    Subject("softplus", lambda x: math.log1p(exp(x)), sigmoid, (0.3, -5.0), {"plus": lambda x: 1 / (1 + exp(x))}),
    Subject(
        "huber",
        huber,
        lambda x: max(-1.0, min(1.0, x)),
        (0.4, -3.0),
        {"no sign": lambda x: min(1.0, abs(x)), "no clip": lambda x: 2 * x},
    ),
    Subject(
        "clip",
        lambda x: max(0.0, min(x, 6.0)),
        lambda x: float(0 < x < 6),
        (3.0, 7.0, -2.0),
        {"passes": lambda x: 1.0 - float(0 < x < 6)},
    ),
    Subject(
        "leaky",
        lambda x: max(x, 0.01 * x),
        lambda x: 1.0 if x > 0 else 0.01,
        (1.5, -1.5),
        {"other side": lambda x: 0.01 if x > 0 else 1.0},
    ),
    Subject("lgamma", math.lgamma, lambda x: float(digamma(x)), (2.5, 0.3), {"log": log}),
    Subject(
        "constant",
        lambda x: math.pi * x,
        lambda x: math.pi,
        (2.0, -1e3),
        {"3.1416": lambda x: 3.1416, "3.14159265": lambda x: 3.14159 + 1e-7},
    ),
    Subject("iteration", newton, lambda x: 0.5 / newton(x), (2.0, 30.0), {"factor": lambda x: 1 / newton(x)}),
    Subject(
        "recurrent", unrolled, unrolled_grad, (0.8, -1.3), {"one step": lambda w: unrolled_grad(w, through_time=False)}
    ),
    Subject(
        "mean of squares",
        lambda v: float(np.mean(v**2)),
        lambda v: 2 * v / len(v),
        (V, LONG),
        {"sum": lambda v: 2 * v, "factor": lambda v: v / len(v)},
    ),
    Subject(
        "logsumexp",
        logsumexp,
        softmax,
        (V, LONG, 50 * V),
        {"no sum": lambda v: np.exp(v - np.max(v)), "argmax": lambda v: (v == np.max(v)) * 1.0},
    ),
    Subject(
        "cross entropy",
        lambda v: logsumexp(v) - float(v[3]),
        lambda v: softmax(v) - LABELS,
        (LONG, 3 * LONG),
        {"no label": softmax, "sign": lambda v: LABELS - softmax(v), "mean": lambda v: (softmax(v) - LABELS) / 10},
    ),
    Subject(
        "one of a softmax",
        lambda v: float(softmax(v)[0]),
        lambda v: softmax(v)[0] * ([1, 0, 0] - softmax(v)),
        (V, -V),
        {"diagonal": lambda v: softmax(v)[0] * (1 - softmax(v)[0]) * np.array([1, 0, 0])},
    ),
    Subject(
        "normalised",
        lambda v: float(np.dot(C, normal(v))),
        norm_grad,
        (V, np.array([3.0, 3.1, 2.8])),
        {"no mean": lambda v: norm_grad(v, mean=False), "no variance": lambda v: norm_grad(v, variance=False)},
    ),
    Subject(
        "variance",
        lambda v: float(np.var(v)),
        lambda v: 2 * (v - np.mean(v)) / len(v),
        (V, LONG),
        {"ddof": lambda v: 2 * (v - np.mean(v)) / (len(v) - 1), "no mean": lambda v: 2 * v / len(v)},
    ),
    Subject(
        "norm",
        lambda v: float(np.linalg.norm(v)),
        lambda v: v / np.linalg.norm(v),
        (V, 1e-3 * V),
        {"not divided": lambda v: v, "squared": lambda v: v / np.sum(v * v)},
    ),
    Subject(
        "cosine",
        cosine,
        lambda v: (C / np.linalg.norm(C) - cosine(v) * v / np.linalg.norm(v)) / np.linalg.norm(v),
        (V, 10 * V[::-1]),
        {"no projection": lambda v: C / np.linalg.norm(C) / np.linalg.norm(v)},
    ),
    Subject(
        "quadratic form",
        lambda v: float(v @ W @ v),
        lambda v: (W + W.T) @ v,
        (V[:2], V[1:]),
        {"symmetric": lambda v: 2 * W @ v, "transposed": lambda v: 2 * W.T @ v},
    ),
    Subject(
        "determinant",
        lambda m: float(np.linalg.det(m)),
        lambda m: np.linalg.det(m) * np.linalg.inv(m).T,
        (W, W + np.eye(2)),
        {"transposed": lambda m: np.linalg.det(m) * np.linalg.inv(m), "logdet": lambda m: np.linalg.inv(m).T},
    ),
    Subject(
        "inverse",
        lambda m: float(np.sum(np.linalg.inv(m))),
        lambda m: -np.linalg.inv(m).T @ np.ones((2, 2)) @ np.linalg.inv(m).T,
        (W, W + np.eye(2)),
        {
            "sign": lambda m: np.linalg.inv(m).T @ np.ones((2, 2)) @ np.linalg.inv(m).T,
            "transposed": lambda m: -np.linalg.inv(m) @ np.ones((2, 2)) @ np.linalg.inv(m),
        },
    ),
    Subject(
        "convolution",
        lambda v: float(OUTER[:3] @ np.convolve(v, KERNEL, "valid")),
        lambda v: np.convolve(OUTER[:3], KERNEL[::-1]),
        (OUTER, -OUTER),
        {"not flipped": lambda v: np.convolve(OUTER[:3], KERNEL)},
    ),
    Subject(
        "product",
        lambda v: float(np.prod(v)),
        lambda v: np.array([np.prod(np.delete(v, i)) for i in range(len(v))]),
        (V, np.array([2.0, 0.0, 3.0])),
        {"with itself": lambda v: np.prod(v) + 0 * v},
    ),
    Subject(
        "cumulative sum",
        lambda v: float(C @ np.cumsum(v)),
        lambda v: np.cumsum(C[::-1])[::-1],
        (V, 2 * V),
        {"forwards": lambda v: np.cumsum(C)},
    ),
    Subject(
        "entropy",
        lambda v: float(-np.sum(v * np.log(v))),
        lambda v: -np.log(v) - 1,
        (np.array([0.2, 0.3, 0.5]), np.array([1e-3, 0.9])),
        {"no one": lambda v: -np.log(v)},
    ),
    Subject(
        "maximum",
        lambda v: float(np.max(v)),
        lambda v: (v == np.max(v)) * 1.0,
        (V, LONG),
        {"to all": np.ones_like, "first": lambda v: np.eye(len(v))[0] - (np.max(v) == v[0])},
    ),
    Subject(
        "dictionary",
        lambda p: p["a"] * p["b"] ** 2,
        lambda p: {"a": p["b"] ** 2, "b": 2 * p["a"] * p["b"]},
        ({"a": 2.0, "b": 3.0},),
        {"swapped": lambda p: {"b": p["b"] ** 2, "a": 2 * p["a"] * p["b"]}},
    ),
    Subject(
        "one of two paths",
        lambda p: p[0] * p[1] + p[0],
        lambda p: [p[1] + 1, p[0]],
        ([3.0, 4.5], [1.0, -1.0]),
        {"last": lambda p: [1.0, p[0]], "first": lambda p: [p[1], p[0]], "twice": lambda p: [p[1] + 2, p[0]]},
    ),
    # Close to right.
    Subject(
        "exp nearly",
        exp,
        exp,
        (1.0, -3.0, 20.0),
        {"9e-6": scaled(1 + 9e-6)(exp), "1e-6": scaled(1 - 1e-6)(exp), "1e-4": scaled(1.0001)(exp)},
    ),
    Subject(
        "forward difference",
        lambda x: sin(3 * x),
        lambda x: 3 * cos(3 * x),
        (0.4, 2.0),
        {
            "1e-5": lambda x: (sin(3 * x + 3e-5) - sin(3 * x)) / 1e-5,
            "1e-6": lambda x: (sin(3 * x + 3e-6) - sin(3 * x)) / 1e-6,
        },
    ),
)
