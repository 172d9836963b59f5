"""Wrong gradients, each with the words of the hint that it must get.

A case names the stage of `hints.STAGES` that finds its cause. The functions are plain Python or numpy; those that run
on Values, too, have a graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import cos, cosh, exp, log, sin, sqrt, tanh
from typing import Any, NamedTuple

import numpy as np

V = np.array([0.4, 1.7, -0.6])
P = np.array([0.3, 1.1, 0.8, 1.9])
M = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4]])
X = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 0.5], [0.2, 0.9], [1.1, -0.3]])
C = np.array([0.7, -0.2, 1.1])
S = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4], [1.6, 0.1, 0.9]])


class Case(NamedTuple):
    """A wrong gradient: the kind of causes that explains it, the words of its hint, and the check."""

    stage: str
    words: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    grad: Callable[..., Any]


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def ridge(v: Any) -> Any:
    return ((S @ v - 1.0) ** 2).mean() + 0.1 * (v**2).sum()


def ridge_slope(v: Any) -> Any:
    return 2 * S.T @ (S @ v - 1.0) / 3 + 0.2 * v


def sines(v: Any) -> float:
    return float(np.sum(np.sin(v) + v**3))


def slope(v: Any) -> Any:
    return np.cos(v) + 3 * v**2


def at_one(v: Any, i: int, x: float) -> Any:
    """Return the gradient of `sines` with one number in another's place."""
    changed = slope(v)
    changed[i] = x
    return changed


def off_by_sample(z: Any) -> Any:
    """Return the error signals of a layer, whose slopes are taken at the activations."""
    a = logistic(z)
    return 3 * a**2 * logistic(a) * (1.0 - logistic(a))


def logistic(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def layer(w: Any) -> Any:
    """Return the sum of squares of a layer of units."""
    return np.sum(np.tanh(X @ w) ** 2)


def layer_grad(w: Any, of: Callable[[Any, Any], Any]) -> Any:
    """Return its gradient with the derivative of tanh by the input and the output."""
    z = X @ w
    return X.T @ (2 * np.tanh(z) * of(z, np.tanh(z)))


W = np.array([0.8, -1.3])

CASES = [
    Case("sign", "the sign is flipped", sin, (0.5,), lambda x: -cos(x)),
    Case("sign", "the sign is flipped", sines, (V,), lambda v: -slope(v)),
    Case(
        "sign",
        "the sign is lost",
        lambda v: float(np.sum(v**2)),
        (np.array([1.0, -2.0, 3.0, -4.0]),),
        lambda v: 2 * abs(v),
    ),
    Case("proven constants", "analytic = 2 × numeric: a factor", sin, (0.5,), lambda x: 2 * cos(x)),
    Case("proven constants", "analytic = 1/2 × numeric", lambda x: x**2, (3.0,), lambda x: x),
    Case("proven constants", "analytic = -2 × numeric: a factor", sin, (0.5,), lambda x: -2 * cos(x)),
    Case("proven constants", "analytic = 2/3 × numeric", lambda x: x**3, (1.5,), lambda x: 2 * x**2),
    Case(
        "proven constants",
        "analytic = 180/π × numeric: are degrees",
        lambda x: sin(math.radians(x)),
        (30.0,),
        lambda x: cos(math.radians(x)),
    ),
    Case(
        "proven constants",
        "analytic = π/180 × numeric: are degrees",
        sin,
        (0.5,),
        lambda x: cos(x) * math.pi / 180,
    ),
    Case("proven constants", "analytic = ln 2 × numeric: is a logarithm", math.log2, (3.0,), lambda x: 1 / x),
    Case("proven constants", "analytic = 1/ln 2 × numeric: is a logarithm", lambda x: 2.0**x, (1.5,), lambda x: 2.0**x),
    Case("proven constants", "analytic = ln 10 × numeric: is a logarithm", math.log10, (3.0,), lambda x: 1 / x),
    Case("proven constants", "analytic = (ln 2)² × numeric", math.log2, (3.0,), lambda x: log(2) / x),
    Case(
        "proven constants",
        "analytic = 1/(2π) × numeric",
        lambda x: sin(2 * math.pi * x),
        (0.3,),
        lambda x: cos(2 * math.pi * x),
    ),
    Case(
        "proven constants", "analytic = 1/(2√2) × numeric", math.erf, (0.3,), lambda x: exp(-x * x) / sqrt(2 * math.pi)
    ),
    Case(
        "proven constants",
        "there are 4 numbers: is a sum used instead of a mean",
        lambda v: float(np.mean(v**2)),
        (P,),
        lambda v: 2 * v,
    ),
    Case(
        "proven constants",
        "analytic = 1/4 × numeric: there are 4 numbers: is a mean",
        lambda v: float(np.sum(v**2)),
        (P,),
        lambda v: v / 2,
    ),
    Case(
        "proven constants",
        "divided by n - 1 instead of n",
        lambda v: float(np.var(v)),
        (P,),
        lambda v: 2 * (v - np.mean(v)) / 3,
    ),
    Case(
        "proven constants",
        "5 is the size of an argument: is a sum",
        lambda w, x: float(np.mean((x @ w) ** 2)),
        (W, X),
        lambda w, x: 2 * x.T @ (x @ w),
    ),
    Case(
        "proven constants",
        "analytic = 1e-07 × numeric: a factor",
        lambda x: sin(1e7 * x),
        (0.3,),
        lambda x: cos(1e7 * x),
    ),
    Case("functions", "analytic = x × numeric: a factor x is too much", lambda x: x**3, (2.0,), lambda x: 3 * x**3),
    Case(
        "functions",
        "analytic = numeric / x: a factor x is missing",
        lambda x: sin(x * x),
        (0.7,),
        lambda x: 2 * cos(x * x),
    ),
    Case("functions", "a factor x² is too much", sin, (0.7,), lambda x: x * x * cos(x)),
    Case(
        "functions",
        "a factor (x + 1) is missing; is one of two terms forgotten",
        lambda x: x * exp(x),
        (0.7,),
        exp,
    ),
    Case("functions", "a factor (1 - f) is missing", sigmoid, (0.6,), sigmoid),
    Case("functions", "a factor (1 + f) is missing", tanh, (0.6,), lambda x: 1 - tanh(x)),
    Case("functions", "a factor f is missing", lambda x: exp(x) + 1, (0.5,), lambda x: exp(x) / (exp(x) + 1)),
    Case("functions", "a factor f is too much", lambda x: sqrt(x * x + 1), (0.5,), lambda x: x),
    Case(
        "functions", "a factor (f/x) is missing", lambda x: x / (1 + x * x), (0.7,), lambda x: (1 - x * x) / (1 + x * x)
    ),
    Case("functions", "a factor v[1] is too much", lambda v: float(np.prod(v)), (V,), lambda v: np.prod(v) + 0 * v),
    Case("functions", "a factor ‖v‖ is too much", sines, (V,), lambda v: np.linalg.norm(v) * slope(v)),
    Case("functions", "a factor sum(v) is missing", sines, (V,), lambda v: slope(v) / np.sum(v)),
    Case("functions", "a factor std(v) is missing", sines, (V,), lambda v: slope(v) / np.std(v)),
    Case("functions", "a factor (x - 1) is too much", lambda x: (x - 1) ** 7, (1.7,), lambda x: 7 * (x - 1) ** 7),
    Case(
        "normalisation",
        "all are off by the same factor",
        lambda v: float(np.log(np.sum(np.exp(v)))),
        (V,),
        lambda v: np.exp(v - np.max(v)),
    ),
    Case("unnamed constant", "analytic = 1.37 × numeric everywhere", sin, (0.5,), lambda x: 1.37 * cos(x)),
    Case("constants", "analytic = 3/2 × numeric", lambda x: 2 * x, (0.5,), lambda x: 3.0),
    Case("paths", "1 of 2 paths, without the other", lambda x, y: x * y + x, (3.0, 4.5), lambda x, y: (y, x)),
    Case(
        "paths", "1 of 3 paths is missing", lambda x, y: x * y + 7.5 * x + abs(x), (1.1, 2.3), lambda x, y: (y + 1, x)
    ),
    Case("paths", "one of 2 paths is counted twice", lambda x, y: x * y + x, (3.0, 4.5), lambda x, y: (y + 2, x)),
    Case("zero", "is the graph cut", lambda x, y: tanh(x) * y, (0.5, 2.0), lambda x, y: (0.0, tanh(x))),
    Case("zero", "at the end of v only", sines, (P,), lambda v: at_one(v, 3, 0.0)),
    Case("zero", "at the beginning of v only", sines, (P,), lambda v: at_one(v, 0, 0.0)),
    Case("zero", "only that of the largest number of v", sines, (V,), lambda v: np.array([0.0, 1.0, 0.0])),
    Case(
        "functions",
        "a factor v[1] is too much",
        lambda v: float(np.prod(v)),
        (V * [1, 0, 1],),
        lambda v: np.prod(v) + 0 * v,
    ),
    Case("zero", "only the last of v is not", sines, (P,), lambda v: slope(v) * [0, 0, 0, 1]),
    Case("zero", "its imaginary part is 0: is it dropped", lambda z: abs(z) ** 2, (1 + 2j,), lambda z: 2 * z.real + 0j),
    Case(
        "zero", "only that of v[1] is not: are the terms off a diagonal", sines, (P,), lambda v: slope(v) * [0, 1, 0, 0]
    ),
    Case("ops", "the derivative of tanh is forgotten", layer, (W,), lambda w: layer_grad(w, lambda z, y: 1.0)),
    Case(
        "ops",
        "the derivative of tanh is taken at its output",
        layer,
        (W,),
        lambda w: layer_grad(w, lambda z, y: 1 - np.tanh(y) ** 2),
    ),
    Case(
        "ops",
        "the derivative of tanh is written in its output, and gets its input",
        layer,
        (W,),
        lambda w: layer_grad(w, lambda z, y: 1 - z**2),
    ),
    Case("ops", "taken as 1 - y of its output", layer, (W,), lambda w: layer_grad(w, lambda z, y: 1 - y)),
    Case(
        "ops",
        "the derivative of tanh is used twice",
        layer,
        (W,),
        lambda w: layer_grad(w, lambda z, y: (1 - y * y) ** 2),
    ),
    Case(
        "other branch",
        "with this number negated: is a wrong branch",
        lambda x: x if x > 0 else 0.1 * x,
        (-2.0,),
        lambda x: 1.0,
    ),
    Case("other branch", "with this number negated", lambda x: math.log1p(exp(x)), (0.3,), lambda x: 1 / (1 + exp(x))),
    Case("no dependence", "does not depend on x here", lambda x: max(0.0, min(x, 6.0)), (7.0,), lambda x: 1.0),
    Case("no dependence", "does not depend on v[0] here", lambda v: float(np.max(v)), (V,), np.ones_like),
    Case("regulariser", "regulariser λ v² with 2 λ = 0.2", ridge, (C,), lambda v: ridge_slope(v) - 0.2 * v),
    Case("terms", "regulariser λ v² with 2 λ = 0.02", sines, (V,), lambda v: slope(v) + 0.02 * v),
    Case("terms", "regulariser λ v² with 2 λ = 1e-06", sines, (V,), lambda v: slope(v) + 1e-6 * v),
    Case(
        "terms",
        "here, and another multiple elsewhere: is a projection",
        sines,
        (P,),
        lambda v: slope(v) - v * (v @ slope(v)) / (v @ v),
    ),
    Case("terms", "analytic = numeric + 0.3, a constant difference", sines, (V,), lambda v: slope(v) + 0.3),
    Case("terms", "a term of a mean or variance", lambda v: float(np.sum(v**3) + np.var(v)), (P,), lambda v: 3 * v**2),
    Case("terms", "the sign of v[0]: is a penalty |v|", sines, (P - 1,), lambda v: slope(v) + 0.1 * np.sign(v)),
    Case(
        "terms",
        "analytic = numeric + 1, a constant difference",
        lambda x: x * log(x) - x + x * x,
        (2.0,),
        lambda x: log(x) + 1 + 2 * x,
    ),
    Case("terms", "analytic = numeric + 0.5 × x: is a regulariser", sin, (0.8,), lambda x: cos(x) + 0.5 * x),
    Case("terms", "is the sign of one term flipped", lambda x: 3 * x + sin(x), (0.8,), lambda x: 3 - cos(x)),
    Case(
        "other numbers",
        "it is f, the value of the function",
        lambda x: sin(x) + x * x,
        (0.8,),
        lambda x: sin(x) + x * x,
    ),
    Case("other numbers", "a term of the product rule missing", lambda x: x * sin(x), (0.9,), sin),
    Case(
        "other numbers",
        "the reciprocal of the derivative",
        lambda x: sin(x) + x * x,
        (0.8,),
        lambda x: 1 / (cos(x) + 2 * x),
    ),
    Case("other numbers", "the square of the derivative", sin, (0.8,), lambda x: cos(x) ** 2),
    Case("other numbers", "it is the second derivative", lambda x: sin(x) + x**3, (0.8,), lambda x: -sin(x) + 6 * x),
    Case("other numbers", "it is x (1 - x), and right is f (1 - f)", sigmoid, (0.6,), lambda x: x * (1 - x)),
    Case("other numbers", "it is 1 - x², and right is 1 - f²", tanh, (0.6,), lambda x: 1 - x * x),
    Case("elsewhere", "the derivative at f, the value", tanh, (0.6,), lambda x: cosh(tanh(x)) ** -2),
    Case(
        "elsewhere", "the derivative at x - 1", lambda x: sin(x) + x**3, (2.2,), lambda x: cos(x - 1) + 3 * (x - 1) ** 2
    ),
    Case("elsewhere", "the derivative at x/2", sin, (0.8,), lambda x: cos(x / 2)),
    Case("elsewhere", "degrees and radians", sin, (40.0,), lambda x: cos(math.radians(x))),
    Case(
        "elsewhere",
        "at the number after v[",
        lambda v: float(np.sin(v) @ P),
        (P,),
        lambda v: np.array([cos(v[0]), cos(v[2]), cos(v[2]), cos(v[3])]) * P,
    ),
    Case(
        "swap",
        "with respect to y: the two are swapped; is the order",
        lambda x, y: x * y + x,
        (3.0, 4.0),
        lambda x, y: (x, y + 1),
    ),
    Case(
        "swap",
        "the two are swapped; is a matrix transposed",
        lambda m: float(np.linalg.det(m)),
        (M[:, :2],),
        lambda m: np.linalg.det(m) * np.linalg.inv(m),
    ),
    Case("order", "the gradient of v is in reverse order", sines, (P,), lambda v: slope(v)[::-1]),
    Case("order", "the gradient of v is transposed", sines, (M,), lambda m: slope(m).T.reshape(2, 3)),
    Case("order", "rolled by one place", sines, (P,), lambda v: np.roll(slope(v), 1)),
    Case(
        "order",
        "shifted by one place, with 0 at the end: is an index off by one",
        sines,
        (P,),
        lambda v: np.append(slope(v)[1:], 0.0),
    ),
    Case(
        "order",
        "shifted by one place, with 0 at the beginning",
        sines,
        (P,),
        lambda v: np.append(0.0, slope(v)[:-1]),
    ),
    Case("order", "rolled by 2 places", sines, (np.append(P, 0.2),), lambda v: np.roll(slope(v), 2)),
    Case("order", "the rows of the gradient of v are in reverse order", sines, (M,), lambda m: slope(m)[::-1]),
    Case("order", "the columns of the gradient of v are in reverse order", sines, (M,), lambda m: slope(m)[:, ::-1]),
    Case(
        "order",
        "that of x, added up over the wrong axis",
        lambda x, b: float(np.sum(np.sin(x + b))),
        (S, V),
        lambda x, b: (np.cos(x + b), np.cos(x + b).sum(axis=1)),
    ),
    Case(
        "order",
        "in the order of the sorted numbers",
        sines,
        (np.append(P, [0.2, 1.4]),),
        lambda v: slope(v)[np.argsort(v)],
    ),
    Case(
        "order",
        "the right numbers in a wrong order",
        sines,
        (np.append(P, [0.2, 1.4]),),
        lambda v: slope(v)[[2, 0, 1, 5, 3, 4]],
    ),
    Case(
        "order",
        "that of y: the two are swapped",
        lambda x, y: float(np.sum(np.sin(x)) + np.sum(y**3)),
        (V, C),
        lambda x, y: (3 * y**2, np.cos(x)),
    ),
    Case("order", "is a cumulative sum not reversed", lambda v: float(C @ np.cumsum(v)), (V,), lambda v: np.cumsum(C)),
    Case(
        "neighbour",
        "with respect to v[2]: is a wrong index",
        lambda v: v[0] * 2 + v[1] * 3 + v[2] * 5,
        ([1.0, 2.0, 3.0],),
        lambda v: [2.0, 5.0, 5.0],
    ),
    Case("rounded constants", "is π rounded to 3.14?", lambda x: math.pi * x * x, (0.7,), lambda x: 2 * 3.14 * x),
    Case("rounded constants", "is ln 10 rounded to 2.303?", math.log10, (0.7,), lambda x: 1 / (2.303 * x)),
    Case(
        "own factors",
        "each number of v has a constant factor of its own",
        lambda v: float(np.sin(v) @ [1.0, 2.0, 4.0, 8.0]),
        (P,),
        lambda v: np.cos(v) * [2.0, 8.0, 1.0, 4.0],
    ),
    Case(
        "precision",
        "off by the same factor everywhere, (1 + 3e-06): is a constant rounded?",
        sines,
        (P,),
        lambda v: slope(v) * (1 + 3e-6),
    ),
    Case(
        "precision",
        "off by the same factor, here (1 - 4.24e-06): is an epsilon added to a norm",
        lambda v: float(np.linalg.norm(v)),
        (P,),
        lambda v: v / (np.linalg.norm(v) + 1e-5),
    ),
    Case(
        "precision",
        "is it computed in 32 bits?",
        sines,
        (P,),
        lambda v: slope(v.astype("float32")).astype(float),
    ),
    Case(
        "precision",
        "a small term such as an epsilon?",
        lambda v: float(np.sum(np.log(v))),
        (P,),
        lambda v: 1 / (v + 1e-6),
    ),
    Case("precision", "right to about 4 digits only", exp, (1.0,), lambda x: 1.0001 * exp(x)),
    Case("precision", "right to about 5 digits only", lambda x: math.pi * x, (2.0,), lambda x: 3.1416),
    Case(
        "lines",
        "are off by the same factor, here 2.3: if rows are units",
        sines,
        (M,),
        lambda m: slope(m) * [[2.3], [0.4]],
    ),
    Case("lines", "in a column of v are off by the same factor", sines, (M,), lambda m: slope(m) * [2.3, 0.4, 5.1]),
    Case(
        "samples",
        "check one sample alone",
        lambda w, b: float(np.sum(logistic(X @ w + b) ** 3)),
        (M, V),
        lambda w, b: (X.T @ off_by_sample(X @ w + b), off_by_sample(X @ w + b).sum(axis=0)),
    ),
    Case(
        "constant", "is it a constant, or a value of an earlier call", lambda x: sin(x) + x * x, (0.8,), lambda x: 1.37
    ),
    Case(
        "constant",
        "the function is a straight line here",
        lambda x: abs(x) - 0.5 if abs(x) > 1 else x * x / 2,
        (-3.0,),
        lambda x: 1.5 * x**3,
    ),
    Case(
        "sums",
        "perpendicular to v: is a matrix transposed",
        lambda v: float(v @ M[:, :2] @ v),
        (V[:2],),
        lambda v: 2 * M[:, :2] @ v,
    ),
    Case(
        "sums",
        "add up to the right sum: is a kernel not flipped",
        lambda v: float(C @ np.convolve(v, [1.0, -2.0, 0.5], "valid")),
        (np.append(V, [0.2, 0.9]),),
        lambda v: np.convolve(C, [1.0, -2.0, 0.5]),
    ),
    Case(
        "clipping",
        "all that are wrong are ±0.5, and should be larger: is the gradient clipped",
        sines,
        (P,),
        lambda v: np.clip(slope(v), -0.5, 0.5),
    ),
    Case(
        "clipping",
        "is the gradient clipped, only its sign taken, or it a constant?",
        sines,
        (P,),
        lambda v: np.sign(slope(v)),
    ),
    Case(
        "normalisation",
        "the gradient of v has the length 1: is it normalised",
        sines,
        (V,),
        lambda v: slope(v) / np.linalg.norm(slope(v)),
    ),
    *(
        Case("inner ops", words, lambda w: float(layer(w)), (W,), lambda w, of=of: layer_grad(w, of))
        for words, of in (
            ("the derivative of tanh is forgotten", lambda z, y: 1.0),
            ("taken as y (1 - y) of its output y, which is that of a sigmoid", lambda z, y: y * (1 - y)),
            ("the derivative of tanh is written in its output, and gets its input", lambda z, y: 1 - z**2),
        )
    ),
    Case(
        "functions",
        "analytic = s × numeric: a factor s is too much; is a power of s wrong",
        lambda x, m, s: exp(-(((x - m) / s) ** 2)),
        (1.0, 0.3, 0.8),
        lambda x, m, s: (
            -2 * (x - m) / s * exp(-(((x - m) / s) ** 2)),
            2 * (x - m) / s * exp(-(((x - m) / s) ** 2)),
            2 * (x - m) ** 2 / s**3 * exp(-(((x - m) / s) ** 2)),
        ),
    ),
    Case(
        "conjugate",
        "it is the complex conjugate of the derivative",
        lambda z: float(np.sum(abs(z) ** 2 * z.real)),
        (np.array([1 + 2j, 0.5 - 1j]),),
        lambda z: (2 * z * z.real + abs(z) ** 2).conj(),
    ),
    Case(
        "batch",
        "analytic = 1/5 × numeric in b only: is the mean over a batch of 5",
        lambda w, b: float(np.sum(np.sin(X @ w + b))),
        (M[:, :2], C[:2]),
        lambda w, b: (X.T @ np.cos(X @ w + b), np.cos(X @ w + b).mean(axis=0)),
    ),
    Case(
        "batch",
        "analytic = 5 × numeric in b only: is the sum over a batch of 5",
        lambda w, b, x: float(np.mean(np.sin(x @ w + b))),
        (M[:, :2], C[:2], X),
        lambda w, b, x: (x.T @ np.cos(x @ w + b) / 10, np.cos(x @ w + b).sum(axis=0) / 2, np.cos(x @ w + b) @ w.T / 10),
    ),
    Case(
        "terms",
        "analytic = 0.95 × numeric everywhere: a constant factor is missing or wrong; or perhaps",
        lambda v: float(np.sum(v**2)),
        (V,),
        lambda v: 1.9 * v,
    ),
    Case(
        "unnamed constant",
        "analytic = 0.9 × numeric everywhere",
        sines,
        (np.linspace(0.1, 1.3, 10),),
        lambda v: 0.9 * slope(v),
    ),
    Case(
        "ops",
        "the minus sign of sub is forgotten",
        lambda x, y: x * y - x * x * x,
        (0.7, 1.3),
        lambda x, y: (y + 3 * x * x, x),
    ),
    Case(
        "special case",
        "right at points nearby",
        lambda x: x**2 + x,
        (3.0,),
        lambda x: -2 * x - 1 if x == 3.0 else 2 * x + 1,
    ),
    Case(
        "special case",
        "right at points nearby",
        lambda x: sin(x) + 1.3 * x,
        (0.5,),
        lambda x: 0.77 if x == 0.5 else cos(x) + 1.3,
    ),
]
