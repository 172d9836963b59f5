"""Whether the rounding of a claim explains its distance from the derivative: a right formula may cancel.

`(x cos x - sin x) / x**2` is the derivative of `sin(x) / x`, and at 1e-6 only four of its digits are right. Its values
beside the point do not tell, because they are off by the same. But with more digits the same formula gives the
derivative. Claims that use `math` are computed in mpmath, and those that run on Values by the replay of their graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from autograd_core.graph.value import Value
from autograd_core.testing.checking.comparison import Comparator
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import results_of

VANISHING: Final = 100.0
"""With more digits the error of a claim is smaller by this factor at least, if it is its rounding."""

DIGITS: Final = 60

MOST: Final = 20
"""The number of wrong derivatives that are looked at."""

NAMED: Final = ('"', "'", ".")
"""What the path of a number in a dict or dataclass contains, whose order in a claim may be another one."""

EXACT: Final = (
    "cannot tell: with more digits the claim gives the derivative, so its formula loses them here by subtracting "
    "numbers that are nearly equal; rewrite it, such as with expm1 or a series, or choose another point"
)


def without_rounded(
    entries: Sequence[Entry], comparator: Comparator, name: str, claim: Callable[..., Any]
) -> list[Entry]:
    """Return the entries, with those of a claim unverified that are wrong by its rounding.

    Args:
        entries: the comparisons.
        comparator: what made them.
        name: the name of the claim; only `grad` and `vjp` are computed again.
        claim: the claim itself.
    """
    found = list(entries)
    places = {place: i for i, place in enumerate(comparator.function.names)}
    wrong = [k for k, e in enumerate(entries) if e.verdict is Verdict.MISMATCH and e.mode == name and e.place in places]
    is_ordered = not any(mark in place for place in places for mark in NAMED)
    for k in wrong[:MOST] if is_ordered and name in ("grad", "vjp") else ():
        if not _is_rounded(entries[k], comparator, name, claim, places[entries[k].place]):
            break  # one that is wrong decides
        found[k] = entries[k].unverified(EXACT)
    return found


def _is_rounded(entry: Entry, comparator: Comparator, name: str, claim: Callable[..., Any], index: int) -> bool:
    """Return whether a claim with more digits is the derivative, and with those of floats is not."""
    error = entry.absolute_error
    if not math.isfinite(error):
        return False
    errors = [abs(value - entry.numeric) for value in _with_more_digits(comparator, name, claim, index)]
    return any(exact < error / 2 and exact <= max(entry.tolerance, error / VANISHING) for exact in errors)


def _with_more_digits(comparator: Comparator, name: str, claim: Callable[..., Any], index: int) -> Iterator[float]:
    """Yield a derivative that is claimed, computed with more digits, where the claim runs on such numbers."""
    from autograd_core.testing.truths.custom_meanings import exactly  # few checks need mpmath
    from autograd_core.testing.truths.replay import replay

    function = comparator.function
    cotangents = [function.cotangents()] if name == "vjp" else []
    with suppress(Exception):
        exact = exactly(claim, function.point, lambda numbers: [*function.arguments(numbers), *cotangents], DIGITS)
        yield float(_numbers(exact, len(function.point))[index])
    with suppress(Exception):
        variables = [Value(x) for x in function.point]
        found = _numbers(claim(*function.arguments(variables), *cotangents), len(variables))
        yield float(replay(found[index], variables, DIGITS).value)


def _numbers(result: Any, count: int) -> list[Any]:
    found = [x for x, _ in results_of(result)]
    if len(found) != count:
        raise ValueError(f"expected {count} numbers, got {len(found)}")
    return found
