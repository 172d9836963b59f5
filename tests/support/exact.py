"""Bitwise comparison of floats."""

from __future__ import annotations

import math
import struct


def bits(x: float) -> bytes:
    """Return the eight bytes of a float, equal for every nan; so -0.0 and 0.0 differ, and nan equals nan."""
    return struct.pack("<d", math.nan if math.isnan(x) else x)
