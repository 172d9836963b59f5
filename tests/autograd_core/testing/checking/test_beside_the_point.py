"""What a function does beside the point of a check: exceptions say that it has no value there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

ERRORS = [
    AssertionError("below 1 only"),
    IndexError("no such row"),
    RuntimeError("did not converge"),
    KeyError("x"),
    np.linalg.LinAlgError("singular"),
]


def square_up_to(end: float, error: Exception) -> Callable[[Any], Any]:
    def square(x: Any) -> Any:
        if not (isinstance(x, float) and x <= end):
            raise error
        return x * x

    return square


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_exceptions_beside_the_point_end_the_domain(error: Exception) -> None:
    for end in (1.0, 0.9901):
        f = square_up_to(end, error)
        check_grads(f, 0.99, grad=lambda x: 2 * x)
        with pytest.raises(GradientMismatch) as wrong:
            check_grads(f, 0.99, grad=lambda x: 3 * x)
        assert math.isclose(wrong.value.report.entries[0].numeric, 1.98, rel_tol=1e-6)
        assert not isinstance(wrong.value, GradientUnverified)


def test_the_report_names_the_exception() -> None:
    with pytest.raises(GradientUnverified, match="the function raises RuntimeError: did not converge"):
        check_grads(square_up_to(1.0, RuntimeError("did not\nconverge")), 1.0, grad=lambda x: 3 * x)


def test_an_exception_at_the_point_is_the_users() -> None:
    def fails(x: float) -> float:
        raise RuntimeError("always")

    for arguments in ((fails, lambda x: x), (lambda x: x * x, fails)):
        with pytest.raises(RuntimeError, match="always") as caught:
            check_grads(arguments[0], 1.0, grad=arguments[1])
        assert caught.value.__notes__ == ["raised by fails(1.0)"]


def test_a_claim_that_raises_beside_the_point_has_no_value_there() -> None:
    check_grads(lambda x: x * x, 1.0, grad=square_up_to(1.0, RuntimeError()), order=2, atol=10.0)


def test_the_engine_beside_a_point_where_the_function_raises() -> None:
    def f(x: Any) -> Any:
        if x > 1.0:
            raise RuntimeError
        return x * x

    check_grads(f, 1.0 - 1e-5, order=2)


# ---- The end of a domain --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1.0, 1.0 - 1e-9])
def test_at_the_end_of_the_given_domain_the_inner_side_counts(x: float) -> None:
    check_grads(math.sqrt, x, grad=lambda x: 0.5 / math.sqrt(x), domain=(0, 1))
    with pytest.raises(GradientMismatch) as wrong:
        check_grads(math.sqrt, x, grad=lambda x: 0.51 / math.sqrt(x), domain=(0, 1))
    assert not isinstance(wrong.value, GradientUnverified)


@pytest.mark.parametrize("f", [math.sqrt, lambda x: x * math.log(x) if x else 0.0])
def test_a_slope_that_grows_at_the_end_of_the_domain_is_not_known(f: Callable[[float], float]) -> None:
    with pytest.raises(GradientUnverified):
        check_grads(f, 0.0, grad=lambda x: -30.0, domain=(0, 1))
