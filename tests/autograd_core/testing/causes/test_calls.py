"""A wrong gradient costs a few times the calls of a right one, although its cause is searched for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import check_grads
from failures import failure

FEW = 6
"""The allowed number of times."""


def calls_of(check: Callable[..., Any], x: Any, grad: Callable[[Any], Any]) -> int:
    """Return how often a check calls its function, the sum of |x|³."""
    count = 0

    def f(x: Any) -> float:
        nonlocal count
        count += 1
        return float(np.sum(np.abs(x) ** 3))

    check(f, x, grad=grad)
    return count


@pytest.mark.parametrize("size", [10, 1000])
def test_a_flipped_sign_costs_a_few_times_the_calls(size: int) -> None:
    x = np.random.default_rng(0).normal(size=size)
    right = calls_of(check_grads, x, lambda x: 3 * x * np.abs(x))
    assert calls_of(failure, x, lambda x: -3 * x * np.abs(x)) <= FEW * right
