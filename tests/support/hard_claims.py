"""Functions whose derivatives are hard to measure: 32 bits, rounding, noise, scales far apart, steep features."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import cos, exp, log, sin, sqrt, tanh
from typing import Any

import numpy as np

from ordinary_claims import LONG, C, Subject, V, W, newton, scaled, sigmoid, softmax

single = np.float32


def of_single(f: Callable[[Any], Any]) -> Callable[[Any], float]:
    """Return a function that computes in single precision."""
    return lambda v: float(f(np.asarray(v, dtype=single)))


def deterministic_noise(x: float) -> float:
    return sin(1e30 * x + 1.0)


def expanded(x: float) -> float:
    """Return the seventh power of x - 1, with rounding of the size of its terms."""
    return sum(c * x**k for k, c in enumerate((-1, 7, -21, 35, -35, 21, -7, 1)))


HARD = (
    Subject(
        "32 bits, mean of squares",
        of_single(lambda v: np.mean(v**2)),
        lambda v: 2 * v / len(v),
        (LONG, V),
        {"sum": lambda v: 2 * v, "sign": lambda v: -2 * v / len(v)},
    ),
    Subject(
        "32 bits, logsumexp",
        of_single(lambda v: np.log(np.sum(np.exp(v)))),
        softmax,
        (LONG, V),
        {"no sum": np.exp, "sign": lambda v: -softmax(v)},
    ),
    Subject(
        "32 bits, entropy of a softmax",
        of_single(lambda v: np.log(np.sum(np.exp(v))) - v[1]),
        lambda v: softmax(v) - np.eye(len(v))[1],
        (LONG, V),
        {"no label": softmax},
    ),
    Subject(
        "32 bits, sine",
        of_single(np.sin),
        cos,
        (0.7, 4.0, -0.2),
        {"sign": lambda x: -cos(x), "factor": lambda x: 2 * cos(x), "2 %": lambda x: 1.02 * cos(x)},
    ),
    Subject(
        "32 bits, exp",
        of_single(np.exp),
        exp,
        (0.7, -4.0, 6.0),
        {"sign": lambda x: -exp(x), "2 %": lambda x: 1.02 * exp(x)},
    ),
    Subject(
        "32 bits, network",
        of_single(lambda v: np.sum(np.tanh(single(W) @ np.tanh(single(W) @ v)))),
        lambda v: W.T @ ((W.T @ (1 - np.tanh(W @ np.tanh(W @ v)) ** 2)) * (1 - np.tanh(W @ v) ** 2)),
        (V[:2], -V[1:]),
        {
            "transposed": lambda v: W @ ((W.T @ (1 - np.tanh(W @ np.tanh(W @ v)) ** 2)) * (1 - np.tanh(W @ v) ** 2)),
            "last layer": lambda v: W.T @ (1 - np.tanh(W @ v) ** 2),
        },
    ),
    Subject(
        "16 bits, sum of squares",
        lambda v: float(np.sum(np.float16(v) ** 2)),
        lambda v: 2 * v,
        (np.array([0.5, 1.25, -2.0]),),
        {"sign": lambda v: -2 * v, "factor": lambda v: v},
    ),
    Subject(
        "rounded exp", lambda x: round(exp(x), 8), exp, (0.3, 1.9), {"sign": lambda x: -exp(x), "one": lambda x: 1.0}
    ),
    Subject("rounded sum", lambda v: round(float(np.sum(np.sin(v))), 6), np.cos, (V,), {"sign": lambda v: -np.cos(v)}),
    Subject(
        "loose iteration",
        lambda x: newton(x, 1e-6),
        lambda x: 0.5 / sqrt(x),
        (2.0, 5.0),
        {"sign": lambda x: -0.5 / sqrt(x), "factor": lambda x: 1 / sqrt(x)},
    ),
    Subject(
        "log of a small number",
        log,
        lambda x: 1 / x,
        (1e-12, 3e-7, 1e-30),
        {"sign": lambda x: -1 / x, "factor": lambda x: 2 / x},
    ),
    Subject("root of a small number", sqrt, lambda x: 0.5 / sqrt(x), (1e-14, 1e-8), {"factor": lambda x: 1 / sqrt(x)}),
    Subject("small x log x", lambda x: x * log(x), lambda x: log(x) + 1, (1e-14, 1e-9), {"one term": log}),
    Subject("small reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, (1e-9, -1e-5), {"sign": lambda x: 1 / x**2}),
    Subject(
        "small result",
        lambda x: 1e-9 * sin(x),
        lambda x: 1e-9 * cos(x),
        (0.4, 2.0),
        {"sign": lambda x: -1e-9 * cos(x), "zero": lambda x: 0.0, "factor": lambda x: 2e-9 * cos(x)},
    ),
    Subject(
        "tiny result",
        lambda x: 1e-200 * sin(x),
        lambda x: 1e-200 * cos(x),
        (0.4, 2.0),
        {"sign": lambda x: -1e-200 * cos(x)},
    ),
    Subject(
        "small squares",
        lambda v: float(np.sum(v**2)),
        lambda v: 2 * v,
        (1e-9 * V, 1e-5 * V),
        {"sign": lambda v: -2 * v, "factor": lambda v: v},
    ),
    Subject(
        "large numbers",
        lambda x: x**2,
        lambda x: 2 * x,
        (1e9, -3e15),
        {"sign": lambda x: -2 * x, "factor": lambda x: x},
    ),
    Subject("large argument", log, lambda x: 1 / x, (1e12, 1e200), {"sign": lambda x: -1 / x}),
    Subject(
        "large beside small",
        lambda p: 1e10 * sin(p[0]) + sin(p[1]),
        lambda p: [1e10 * cos(p[0]), cos(p[1])],
        ([0.5, 0.8], [2.0, 3.0]),
        {"sign": lambda p: [1e10 * cos(p[0]), -cos(p[1])], "zero": lambda p: [1e10 * cos(p[0]), 0.0]},
    ),
    Subject(
        "on a pedestal",
        lambda x: 1e6 + sin(x),
        cos,
        (0.5, 2.0),
        {"sign": lambda x: -cos(x), "1 %": lambda x: 1.01 * cos(x)},
    ),
    Subject(
        "lost in a sum",
        lambda x: (1e8 + x) - 1e8,
        lambda x: 1.0,
        (0.3, 2.7),
        {"sign": lambda x: -1.0, "factor": lambda x: 0.5},
    ),
    Subject(
        "cancellation",
        expanded,
        lambda x: 7 * (x - 1) ** 6,
        (1.5, 3.0, 0.2),
        {"sign": lambda x: -7 * (x - 1) ** 6, "power": lambda x: 7 * (x - 1) ** 7},
    ),
    Subject(
        "steep wave",
        lambda x: sin(1e7 * x),
        lambda x: 1e7 * cos(1e7 * x),
        (0.3, 0.85, 1.9),
        {"inner": lambda x: cos(1e7 * x), "sign": lambda x: -1e7 * cos(1e7 * x)},
    ),
    Subject(
        "wave",
        lambda x: sin(1e3 * x),
        lambda x: 1e3 * cos(1e3 * x),
        (0.31, 1.27),
        {"inner": lambda x: cos(1e3 * x), "sign": lambda x: -1e3 * cos(1e3 * x)},
    ),
    Subject(
        "step",
        lambda x: tanh(1e6 * x),
        lambda x: 1e6 * math.cosh(1e6 * x) ** -2,
        (1e-7, -2e-6),
        {"inner": lambda x: math.cosh(1e6 * x) ** -2, "sign": lambda x: -1e6 * math.cosh(1e6 * x) ** -2},
    ),
    Subject(
        "fine ripple",
        lambda x: x + 1e-7 * sin(1e7 * x),
        lambda x: 1 + cos(1e7 * x),
        (0.3, 0.9),
        {"smoothed": lambda x: 1.0, "sign": lambda x: 1 - cos(1e7 * x)},
    ),
    Subject(
        "noise",
        lambda x: sin(x) + 1e-8 * deterministic_noise(x),
        cos,
        (0.7, 2.0),
        {"sign": lambda x: -cos(x), "1 %": lambda x: 1.01 * cos(x)},
    ),
    Subject(
        "noise in an array",
        lambda v: float(np.sum(np.sin(v)) + 1e-8 * np.sin(1e20 * np.sum(v))),
        np.cos,
        (V, LONG),
        {"sign": lambda v: -np.cos(v), "factor": lambda v: 2 * np.cos(v)},
    ),
    Subject(
        "two kinks",
        lambda x: max(x, 0.0) + max(x - 3e-7, 0.0),
        lambda x: float(x > 0) + float(x > 3e-7),
        (1e-7, -1e-7, 4e-7),
        {"all": lambda x: 2.0 - (x > 3e-7), "middle": lambda x: 1.5},
    ),
    Subject(
        "beside a kink",
        lambda x: abs(x - 1),
        lambda x: 1.0 if x > 1 else -1.0,
        (1 + 1e-9, 1 - 1e-7),
        {"other side": lambda x: -1.0 if x > 1 else 1.0, "between": lambda x: 0.0},
    ),
    Subject(
        "beside a jump",
        lambda x: x + math.floor(x),
        lambda x: 1.0,
        (3 - 1e-8, 2 + 1e-9),
        {"sign": lambda x: -1.0, "zero": lambda x: 0.0},
    ),
    Subject(
        "at the edge",
        math.acos,
        lambda x: -1 / sqrt((1 - x) * (1 + x)),
        (1 - 2e-11, -1 + 1e-9),
        {"sign": lambda x: 1 / sqrt((1 - x) * (1 + x)), "factor": lambda x: -2 / sqrt((1 - x) * (1 + x))},
    ),
    Subject(
        "saturated",
        sigmoid,
        lambda x: sigmoid(x) * sigmoid(-x),
        (-20.0, -29.0),
        {"sign": lambda x: -sigmoid(x) * sigmoid(-x), "zero": lambda x: 0.0},
    ),
    Subject(
        "minimum",
        lambda v: float(np.sum((v - C) ** 2)),
        lambda v: 2 * (v - C),
        (C, C + 1e-9),
        {"offset": lambda v: 2 * (v - C) + 1e-3},
    ),
    Subject(
        "flat minimum",
        lambda x: cos(x) + 0.5 * x * x,
        lambda x: x - sin(x),
        (0.0, 1e-3, 0.1),
        {"sign": lambda x: x + sin(x) + 1e-3, "offset": lambda x: x - sin(x) + 1e-6},
    ),
    Subject(
        "unused",
        lambda p: exp(p[0]),
        lambda p: [exp(p[0]), 0.0],
        ([0.5, 2.0],),
        {"used": lambda p: [exp(p[0]), 1e-6], "swapped": lambda p: [0.0, exp(p[0])]},
    ),
    Subject("overflow near", exp, exp, (709.0, -700.0), {"factor": scaled(2.0)(exp)}),
    Subject(
        "fractional power",
        lambda x: abs(x) ** 1.5,
        lambda x: 1.5 * math.copysign(abs(x) ** 0.5, x),
        (1e-6, -2e-3),
        {"sign": lambda x: -1.5 * math.copysign(abs(x) ** 0.5, x)},
    ),
    Subject(
        "cube root", math.cbrt, lambda x: math.cbrt(x) / x / 3, (1e-12, -5e-9), {"factor": lambda x: math.cbrt(x) / x}
    ),
    Subject(
        "relu network",
        lambda v: float(np.sum(np.maximum(W @ np.maximum(W @ v, 0), 0))),
        lambda v: W.T @ ((W.T @ (W @ np.maximum(W @ v, 0) > 0)) * (W @ v > 0)),
        (V[:2], V[1:]),
        {
            "no mask": lambda v: W.T @ W.T @ np.ones(2),
            "leaky": lambda v: W.T @ ((W.T @ (W @ np.maximum(W @ v, 0) > 0)) * (W @ v > 0)) + 0.01,
        },
    ),
)

UNMEASURABLE = (
    Subject(
        "noise all over",
        lambda x: 1e-3 * sin(x) + 1e-2 * deterministic_noise(x),
        lambda x: 1e-3 * cos(x),
        (0.7, 2.0),
        measurable=False,
    ),
    Subject("cancelled for good", expanded, lambda x: 7 * (x - 1) ** 6, (1.001, 1.0001), measurable=False),
)
