"""The catalogue by which `check_grads` is judged: claims that a gradient is that of a function at a point.

Each point of a subject with its right gradient is a right claim, and its first two points with each mistake are wrong
claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from hard_claims import HARD, UNMEASURABLE
from ordinary_claims import ORDINARY


class Claim(NamedTuple):
    """One gradient at one point."""

    name: str
    f: Callable[[Any], Any]
    grad: Callable[[Any], Any]
    point: Any
    measurable: bool


def right() -> Iterator[Claim]:
    """Yield the right claims."""
    for subject in (*ORDINARY, *HARD, *UNMEASURABLE):
        for point in subject.points:
            yield Claim(f"{subject.name} at {point}", subject.f, subject.grad, point, subject.measurable)


def wrong(points: int = 2) -> Iterator[Claim]:
    """Yield the wrong claims: every mistake at the first points, where it differs from the right gradient."""
    for subject in (*ORDINARY, *HARD):
        for what, grad in subject.wrong.items():
            for point in subject.points[:points]:
                if differ(grad(point), subject.grad(point)):
                    yield Claim(f"{subject.name}, {what}, at {point}", subject.f, grad, point, subject.measurable)


def differ(a: Any, b: Any) -> bool:
    """Return whether two gradients differ by more than their rounding, in a number."""
    if isinstance(a, dict):
        return any(differ(a[key], b[key]) for key in a)
    p, q = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return bool(np.any(np.abs(p - q) > 5e-7 * np.maximum(np.abs(p), np.abs(q))))
