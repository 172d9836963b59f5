"""Checks that must fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, GradReport, check_grads


def failure(f: Callable[..., Any], *args: Any, **options: Any) -> GradReport:
    """Return the report of a check that must find a wrong derivative."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, *args, **options)
    assert not isinstance(caught.value, GradientUnverified)
    return caught.value.report
