"""Gradients that are right to some digits, and common factors that have no name.

A factor near 1, such as 1 + 3e-6, shows in what a gradient differs from the true one: the difference is a multiple of
the true gradient. The gradients themselves agree with any factor so near to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autograd_core.testing.causes.evidence import DOUBTS, RARE, Evidence, Gradient, same
from autograd_core.testing.causes.factors import Factor, always
from autograd_core.testing.causes.patterns import true_varies
from autograd_core.testing.measuring.stairs import has_few_bits, is_single

NEARLY: Final = 2e-3
"""Below this relative error a derivative is inexact, and not wrong."""

UNIT_LENGTH: Final = 1e-5
"""A gradient whose length differs from 1 by at most this is normalised."""

SINGLE: Final = 5
"""The number of right digits from which the type of a number may be what is wrong with it."""

ROUNDED: Final[tuple[tuple[str, float, tuple[str, ...]], ...]] = (
    ("π", math.pi, ("3", "3.1", "3.14", "3.142", "3.1416", "3.14159", "22/7")),
    ("e", math.e, ("2.7", "2.72", "2.718", "2.7183")),
    ("ln 2", math.log(2), ("0.69", "0.693", "0.6931")),
    ("ln 10", math.log(10), ("2.3", "2.303", "2.3026")),
    ("√2", math.sqrt(2), ("1.4", "1.41", "1.414", "1.4142")),
    ("180/π", 180 / math.pi, ("57", "57.3", "57.296")),
)
"""Constants that are often rounded, and to what."""

ROUNDING: Final = 1e-9
"""What a factor of a rounded constant may be off besides the errors of what is measured."""

CERTAIN: Final = RARE / 10
"""The chance of an accident up to which one of the many rounded constants is believed."""

TOLD: Final = 2e-3
"""A factor is known to this part of its distance from 1 if it tells constants apart; 1.003 is no √2 / 1.41."""


def rounded_constant(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on a constant that is rounded, from the factor that this makes."""
    here = evidence.here
    error = DOUBTS * min((here.doubt[i] / abs(here.true[i]) for i in indices if here.true[i]), default=math.inf)
    for name, exact, texts in ROUNDED:
        for text in texts:
            above, _, below = text.partition("/")
            part = float(above) / float(below or 1) / exact
            for what, factor in ((f"{text} / {name}", part), (f"{name} / {text}", 1 / part)):
                row = Factor(f"analytic = {what} × numeric: is {name} rounded to {text}?", always(factor))
                is_told = error <= TOLD * abs(factor - 1)
                if is_told and evidence.chance(indices, row.predict, ROUNDING) <= CERTAIN:
                    return row.text
    return ""


def near_one(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on derivatives that are off by a factor near 1, the same everywhere or one at each point."""
    digits = _digits(evidence, indices)
    if not digits:
        return ""
    c = unnamed_factor(evidence, indices, each=False)
    if c:
        return f"{_right_to(digits)}, and off by the same factor everywhere, {factor_text(c)}: is a constant rounded?"
    c = unnamed_factor(evidence, indices, each=True) if len(indices) > 1 else 0.0
    what = "is an epsilon added to a norm, a sum or another normalisation?"
    return f"{_right_to(digits)}, and all are off by the same factor, here {factor_text(c)}: {what}" if c else ""


def few_digits(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on derivatives that are right to some digits, those of the least exact one."""
    digits = _digits(evidence, indices)
    claimed = [evidence.here.claimed[i] for i in indices]
    if digits >= SINGLE and all(map(is_single, claimed)) and not all(map(has_few_bits, claimed)):
        return f"{_right_to(digits)}: it has no more digits than a 32-bit number; is it computed in 32 bits?"
    return (
        f"{_right_to(digits)}: a finite difference, a rounded constant, a 32-bit number, or a small term such as an "
        "epsilon? Or is the function itself no more exact, such as an integrator with a loose tolerance?"
        if digits
        else ""
    )


def few_digits_of_one(evidence: Evidence, index: int) -> str:
    """Return the same for the wrong derivatives of one argument, if the one at an index is among them."""
    group = evidence.wrong_in(evidence.argument(index))
    return few_digits(evidence, group if index in group else [*group, index])


def _digits(evidence: Evidence, indices: Sequence[int]) -> int:
    """Return the number of right digits, 0 if a derivative is wrong by more than inexactness explains."""
    pairs = [(evidence.here.claimed[i], evidence.here.true[i]) for i in indices]
    if not all(same(*pair, NEARLY) for pair in pairs):
        return 0
    errors = [abs(a - b) / max(abs(a), abs(b)) for a, b in pairs if a != b]
    return max(int(1e-3 - math.log10(max(errors))), 1) if errors else 16  # an error of 1e-3 leaves 3 digits


def _right_to(digits: int) -> str:
    return f"right to about {digits} digits only"


# ---- Factors without a name -----------------------------------------------------------------------------------------


def unnamed_constant(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on a constant factor that is none of the known ones."""
    c = unnamed_factor(evidence, indices, each=False)
    return f"analytic = {factor_text(c)} × numeric everywhere: a constant factor is missing or wrong" if c else ""


def normalisation(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on derivatives that have a common factor at each point, another one at other points."""
    c = unnamed_factor(evidence, indices, each=True) if len(indices) > 1 else 0.0
    if not c:
        return ""
    if abs(math.hypot(*(evidence.here.claimed[i] for i in indices)) - 1.0) <= UNIT_LENGTH:
        own = evidence.argument(indices[0]).indices
        name = "the gradient of {v}" if all(i in own for i in indices) else "the gradient"
        return f"{name} has the length 1: is it normalised?"
    return (
        f"all are off by the same factor, here {factor_text(c)}: is a norm, a sum or another normalisation forgotten?"
    )


def own_factors(evidence: Evidence, indices: Sequence[int]) -> str:
    """Return the text on an array in which each number has a constant factor of its own."""
    known = [i for i in indices if any(gradient.is_wrong(i) for gradient in evidence.nearby)]
    if len(known) < 3 or len({evidence.argument(i).start for i in indices}) > 1:
        return ""
    is_common = evidence.fitted(known, _ratio, each=False)[1] < math.inf
    if is_common or not all(unnamed_factor(evidence, [i], each=False) for i in known):
        return ""
    return "each number of {v} has a constant factor of its own: are coefficients wrong, or in a wrong order?"


def unnamed_factor(evidence: Evidence, indices: Sequence[int], *, each: bool) -> float:
    """Return a common factor without a name; 0 if there is none.

    Args:
        evidence: the wrong gradient.
        indices: the wrong derivatives that have the factor.
        each: whether every point has its own.
    """
    if not true_varies(evidence, indices):
        return 0.0
    c, chance = evidence.fitted(indices, _ratio, each=each)
    if chance <= RARE and abs(c - 1) <= NEARLY:
        part, chance = evidence.fitted(indices, _difference, each=each)
        c = 1 + part
    return c if chance <= RARE else 0.0


def _ratio(g: Gradient, i: int) -> tuple[float, float, float]:
    return g.claimed[i], g.true[i], g.doubt[i] * abs(g.claimed[i] / g.true[i]) if g.true[i] else 0.0


def _difference(g: Gradient, i: int) -> tuple[float, float, float]:
    return g.claimed[i] - g.true[i], g.true[i], g.doubt[i] + 1e-15 * abs(g.claimed[i])


def factor_text(c: float) -> str:
    """Return a factor in digits that show how it differs from 1.

    >>> factor_text(1.37), factor_text(1.000003)
    ('1.37', '(1 + 3e-06)')
    """
    part = c - 1
    return f"(1 {'+' if part > 0 else '-'} {abs(part):.3g})" if 0 < abs(part) <= NEARLY else f"{c:.6g}"
