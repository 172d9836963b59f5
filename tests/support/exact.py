"""Comparing floats to the last bit, and measuring how many bits they are off."""

from __future__ import annotations

import math
import struct
from typing import Any

import mpmath


def bits(x: float) -> bytes:
    """The eight bytes of a float, the same for every nan; so -0.0 and 0.0 differ and nan equals nan."""
    return struct.pack("<d", math.nan if math.isnan(x) else x)


def ulps(x: float, truth: Any) -> float:
    """The distance of a float from the true value, in units of the last place of the true value's float."""
    nearest = float(truth)
    if not math.isfinite(nearest) or not math.isfinite(x):
        return 0.0 if bits(x) == bits(nearest) else math.inf
    return float(abs(mpmath.mpf(x) - truth) / mpmath.mpf(math.ulp(nearest)))
