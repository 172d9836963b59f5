"""Initialisers with independent weights, whose variance follows from the fans: Glorot's, He's and LeCun's.

Each has two forms, with uniform and with normal numbers of the same variance.
"""

from __future__ import annotations

import math

from autograd_core import InputError
from autograd_core.calls import explained
from nn.base.checks import finite_number, positive_int
from nn.base.rng import Rng, generator
from nn.init.gains import squared_gain
from nn.init.initialiser import Matrix, matrix_size
from nn.init.numbers import normal, uniform


@explained()
def xavier_uniform(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights with the variance `2 gain² / (fan_in + fan_out)`, from `±gain √(6 / (fan_in + fan_out))`.

    The variance that preserves the size of signals is `1 / fan_in`, the one that preserves the size of gradients is
    `1 / fan_out`; this is the compromise between them, derived for a derivative of 1 at the origin.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.

    >>> weights = xavier_uniform(4, 2, rng=0)
    >>> len(weights), len(weights[0]), max(map(max, weights)) < 1.0
    (2, 4, True)
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, _xavier(fan_in, fan_out, gain))


@explained()
def xavier_normal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Normal weights with the same variance as those of `xavier_uniform`.

    >>> len(xavier_normal(4, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, _xavier(fan_in, fan_out, gain))


def _xavier(fan_in: int, fan_out: int, gain: float) -> tuple[float, int]:
    return 2.0 * _squared(gain), positive_int("fan_in", fan_in) + positive_int("fan_out", fan_out)


def _squared(gain: float) -> float:
    checked = finite_number("gain", gain)
    return checked * checked


@explained()
def kaiming_uniform(
    fan_in: int,
    fan_out: int,
    rng: Rng = None,
    rows: int | None = None,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Matrix:
    """Weights with the variance `gain² / fan`, so from `±gain √(3 / fan)`; by default for relu, `±√(6 / fan_in)`.

    A relu halves the variance of its input; the square of its gain, 2, compensates for it.

    Args:
        fan_in: number of inputs.
        fan_out: number of neurons.
        rng: where the weights come from: a generator, a seed, or None for Python's global generator.
        rows: number of rows, by default `fan_out`.
        a: the slope of `leaky_relu` for negative numbers; 0 makes it `relu`.
        mode: the fan to use: `"fan_in"` preserves the size of signals in the forward pass, `"fan_out"` that of
            gradients in the backward pass.
        nonlinearity: the activation whose `gain` is used.

    Raises:
        InputError: if the mode or the activation is unknown.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on ImageNet classification" (2015), equations 10, 14 and 15, arXiv:1502.01852.

    >>> weights = kaiming_uniform(6, 1, rng=0)
    >>> max(weights[0]) < 1.0
    True
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, _kaiming(fan_in, fan_out, a, mode, nonlinearity))


@explained()
def kaiming_normal(
    fan_in: int,
    fan_out: int,
    rng: Rng = None,
    rows: int | None = None,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Matrix:
    """Normal weights with the same variance as those of `kaiming_uniform`.

    Args:
        fan_in: number of inputs.
        fan_out: number of neurons.
        rng: where the weights come from: a generator, a seed, or None for Python's global generator.
        rows: number of rows, by default `fan_out`.
        a: the slope of `leaky_relu` for negative numbers; 0 makes it `relu`.
        mode: the fan to use: `"fan_in"` preserves the size of signals in the forward pass, `"fan_out"` that of
            gradients in the backward pass.
        nonlinearity: the activation whose `gain` is used.

    Raises:
        InputError: if the mode or the activation is unknown.

    >>> len(kaiming_normal(6, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, _kaiming(fan_in, fan_out, a, mode, nonlinearity))


def _kaiming(fan_in: int, fan_out: int, a: float, mode: str, nonlinearity: str) -> tuple[float, int]:
    fans = {"fan_in": fan_in, "fan_out": fan_out}
    if mode not in fans:
        raise InputError(f"expected mode='fan_in' or 'fan_out', got {mode!r}")
    return squared_gain(nonlinearity, a), fans[mode]


@explained()
def lecun_uniform(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights with the variance `gain² / fan_in`, so from `±gain √(3 / fan_in)`.

    Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp" (1998), section 4.6.

    >>> max(map(max, lecun_uniform(3, 2, rng=0))) < 1.0
    True
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, (_squared(gain), fan_in))


@explained()
def lecun_normal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Normal weights with the same variance as those of `lecun_uniform`.

    The selu is designed for these weights: G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing
    neural networks" (2017), arXiv:1706.02515.

    >>> len(lecun_normal(3, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, (_squared(gain), fan_in))


def _uniform_matrix(fan_in: int, fan_out: int, rng: Rng, rows: int | None, variance: tuple[float, int]) -> Matrix:
    """Rows of uniform numbers; the variance is a fraction, so that the bound has the smallest rounding error."""
    (fan_in, rows), source = matrix_size(fan_in, fan_out, rows), generator(rng)
    bound = math.sqrt(3.0 * variance[0] / variance[1])
    return [uniform(fan_in, bound, source) for _ in range(rows)]


def _normal_matrix(fan_in: int, fan_out: int, rng: Rng, rows: int | None, variance: tuple[float, int]) -> Matrix:
    (fan_in, rows), source = matrix_size(fan_in, fan_out, rows), generator(rng)
    std = math.sqrt(variance[0] / variance[1])
    return [normal(fan_in, std, source) for _ in range(rows)]


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal
he_uniform, he_normal = kaiming_uniform, kaiming_normal
