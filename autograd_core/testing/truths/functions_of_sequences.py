"""The functions of sequences with a fixed number of inputs, and their meanings in mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import mpmath

import autograd_core as ag
from autograd_core.testing.truths.sampling import Subject

REAL: Final = (-math.inf, math.inf)
THREE: Final = ((-3.0, 3.0),) * 3


def _subject(
    name: str,
    function: Callable[..., Any],
    meaning: Callable[..., Any],
    sample: tuple[tuple[float, float], ...] = THREE,
    kinks: Callable[..., float] | None = None,
    scale: Callable[..., float] | None = None,
) -> Subject:
    return Subject(name, meaning, sample, (REAL,) * len(sample), kinks, scale, function)


def _variance(*xs: Any) -> Any:
    mean = mpmath.fsum(xs) / len(xs)
    return mpmath.fsum((x - mean) ** 2 for x in xs) / (len(xs) - 1)


def _length(xs: Sequence[Any]) -> Any:
    return mpmath.sqrt(mpmath.fsum(x * x for x in xs))


NEGLIGIBLE: Final = -1e5
"""The exponent of a term that is lost beside 1 at every precision used; powers with huge exponents take long."""


def _logsumexp(*xs: Any) -> Any:
    largest = max(xs)
    return largest + mpmath.log(mpmath.fsum(mpmath.exp(x - largest) for x in xs if x - largest > NEGLIGIBLE))


FUNCTIONS: Final = (
    _subject("softmax", lambda *xs: ag.softmax(xs)[0], lambda a, b, c: 1 / (1 + mpmath.exp(b - a) + mpmath.exp(c - a))),
    _subject(
        "log_softmax",
        lambda *xs: ag.log_softmax(xs)[0],
        lambda *xs: xs[0] - _logsumexp(*xs),
    ),
    _subject("logsumexp", lambda *xs: ag.logsumexp(xs), _logsumexp),
    _subject(
        "logaddexp",
        lambda *xs: ag.logaddexp(*xs),  # noqa: PLW0108 - looked up at the call, as the others are
        _logsumexp,
        THREE[:2],
    ),
    _subject(
        "mean",
        lambda *xs: ag.mean(xs),
        lambda *xs: mpmath.fsum(xs) / len(xs),
        scale=lambda *xs: math.fsum(map(abs, xs)) / len(xs),
    ),
    _subject("norm", lambda *xs: ag.norm(xs), lambda *xs: _length(xs), kinks=math.hypot),
    _subject(
        "dist",
        lambda a, b, c, d: ag.dist((a, b), (c, d)),
        lambda a, b, c, d: _length((a - c, b - d)),
        THREE[:2] * 2,
        kinks=lambda a, b, c, d: math.hypot(a - c, b - d),
    ),
    _subject("var", lambda *xs: ag.var(xs), _variance),
    _subject(
        "std",
        lambda *xs: ag.std(xs),
        lambda *xs: mpmath.sqrt(_variance(*xs)),
        kinks=lambda *xs: max(xs) - min(xs),
    ),
)
