"""Slopes next to the end of a domain, and slopes that vanish: right gradients pass, and wrong ones do not."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

ENDS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "log(1-p)": (lambda p: math.log(1 - p), lambda p: -1 / (1 - p)),
    "log1p(-p)": (lambda p: math.log1p(-p), lambda p: -1 / (1 - p)),
    "atanh": (math.atanh, lambda p: 1 / ((1 - p) * (1 + p))),
    "asin": (math.asin, lambda p: 1 / math.sqrt((1 - p) * (1 + p))),
}


def outcome(f: Callable[[float], float], x: float, grad: Callable[[float], float]) -> str:
    try:
        check_grads(f, x, grad=grad)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


@pytest.mark.parametrize("distance", [1e-9, 1e-11, 1e-12])
@pytest.mark.parametrize("name", ENDS)
def test_next_to_the_end_of_a_domain(name: str, distance: float) -> None:
    f, grad = ENDS[name]
    assert outcome(f, 1 - distance, grad) == "right"
    assert outcome(f, 1 - distance, lambda p: -grad(p)) == "wrong"
    assert outcome(f, 1 - distance, lambda p: 2 * grad(p)) == "wrong"


@pytest.mark.parametrize("name", ENDS)
def test_a_few_floats_from_the_end_of_a_domain_nobody_can_tell(name: str) -> None:
    f, grad = ENDS[name]
    assert outcome(f, 1 - 1e-14, grad) in ("right", "unverified")


@pytest.mark.parametrize("f", [lambda x: x * abs(x), lambda x: max(x, 0.0) ** 2, lambda x: -(abs(x) ** 1.9)])
def test_a_slope_that_vanishes_is_0(f: Callable[[float], float]) -> None:
    assert outcome(f, 0.0, lambda x: 0.0) == "right"
    assert outcome(f, 0.0, lambda x: 1e-3) == "wrong"
    assert outcome(f, 0.0, lambda x: 1e-9) == "wrong"
