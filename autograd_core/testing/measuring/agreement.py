"""Whether estimates agree with each other and with a claim: when a few steps are enough to decide."""

from __future__ import annotations

from typing import Final

from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.report import Verdict

CONFIRMED: Final = 1e-7
"""A derivative that a few steps confirm up to this relative distance needs no second opinion."""

FEW_DIGITS: Final = 1e-3
"""Up to this relative distance from a known slope a claim has some of its digits, and may be that of a limit."""

ERRORS: Final = 3.0
"""The measured error of a difference times this is tolerated."""


def is_contradicted(found: Estimate, seen: Estimate | None) -> bool:
    """Return whether long steps gave another slope, which is that of the function if short steps are rounded away."""
    if seen is None or found.verdict is not Verdict.OK:
        return False
    return abs(seen.derivative - found.derivative) > ERRORS * (seen.uncertainty + found.uncertainty)


def is_refuted(found: Estimate, claimed: float, size: float) -> bool:
    """Return whether a claim for many numbers is wrong by far, so that these are worth a search."""
    return abs(found.derivative - claimed) > max(1e-4 * size, 1e3 * found.uncertainty)


def is_twice_refuted(seen: Estimate | None, found: Estimate, claimed: float) -> bool:
    """Return whether long and short steps agree, and the claim is far from both.

    Values that do not change may be rounded, and refute nothing.
    """
    if seen is None or found.verdict is not Verdict.OK or not found.derivative:
        return False
    error = seen.uncertainty + found.uncertainty
    agree = abs(seen.derivative - found.derivative) <= error <= 1e-6 * abs(found.derivative)
    return agree and is_far(found, claimed)


def is_far(found: Estimate, claimed: float) -> bool:
    """Return whether a claim has not even a few digits in common with a derivative."""
    return abs(claimed - found.derivative) > FEW_DIGITS * abs(found.derivative)


def is_precise(found: Estimate) -> bool:
    """Return whether an estimate could confirm a claim."""
    return found.uncertainty <= CONFIRMED * abs(found.derivative)
