"""A guess at the cause of a wrong gradient.

Most mistakes in derivatives show in the numbers: a sign, a factor, the derivative of another input, one of several
paths. `hint` compares the wrong number with the results of such mistakes, and returns "" if none matches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final

CLOSE: Final = 1e-5
"""Numbers with at most this relative distance count as the same: the accuracy of central differences."""

NEARLY: Final = 2e-3
"""Below this relative error a derivative is inexact, and not wrong."""

MOST_PATHS: Final = 10
"""Of at most this many paths all subsets are tried; of more, those with one path missing or one alone."""


def hint(
    analytic: Sequence[float],
    numeric: Sequence[float],
    index: int,
    paths: Sequence[float] = (),
    names: Sequence[str] = (),
    elsewhere: Mapping[str, float] | None = None,
    uses: int = 0,
) -> str:
    """Return a guess at the cause of one wrong derivative, "" if no known mistake matches.

    Args:
        analytic: the derivatives that are checked.
        numeric: the true ones; nan where they are unknown.
        index: the index of the derivative to explain.
        paths: the contribution of each path from the result to this number.
        names: the names of the numbers.
        elsewhere: the derivative at other points, by description.
        uses: the number of inputs, such as the size of a batch.

    >>> hint([3.0], [-3.0], 0)
    'the sign is flipped'
    >>> hint([5.0], [12.0], 0, paths=[5.0, 7.0])
    'it is 1 of 2 paths, without the other: is = used instead of +=?'
    """
    wrong, true = analytic[index], numeric[index]
    if not math.isfinite(true):
        return ""
    if not math.isfinite(wrong):
        return "it is not finite, and the true derivative is: an overflow, a division by 0, or inf - inf?"
    guesses: tuple[Callable[[], str], ...] = (
        lambda: _of_sign(wrong, true),
        lambda: _of_factor(wrong, true, uses) if _is_shared(analytic, numeric, wrong, true) else "",
        lambda: _of_paths(wrong, true, paths),
        lambda: _of_precision(wrong, true),
        lambda: _of_circumstances(wrong, elsewhere or {}),
        lambda: _of_neighbours(analytic, numeric, index, names),
        lambda: _of_factor(wrong, true, uses),
        lambda: _of_zero(wrong),
    )
    return next((text for guess in guesses if (text := guess())), "")


def same(a: float, b: float, close: float = CLOSE) -> bool:
    """Return whether two numbers agree relative to the larger."""
    return abs(a - b) <= close * max(abs(a), abs(b))


def _is_shared(analytic: Sequence[float], numeric: Sequence[float], wrong: float, true: float) -> bool:
    """Return whether at least two derivatives are wrong, and all of them by the same factor."""
    pairs = [(a, n) for a, n in zip(analytic, numeric, strict=True) if math.isfinite(n) and not same(a, n)]
    return len(pairs) > 1 and all(same(a * true, n * wrong) for a, n in pairs)


def _of_sign(wrong: float, true: float) -> str:
    return "the sign is flipped" if true and same(wrong, -true) else ""


def _of_precision(wrong: float, true: float) -> str:
    if not same(wrong, true, NEARLY):
        return ""
    error = abs(wrong - true) / max(abs(wrong), abs(true))
    digits = max(int(-math.log10(error)), 1) if error else 16
    return f"right to about {digits} digits only: a finite difference, a rounded constant or a 32-bit number?"


def _of_paths(wrong: float, true: float, paths: Sequence[float]) -> str:
    """Return the hint that paths are missing or counted twice."""
    count = len(paths)
    if count < 2:
        return ""
    if not wrong and true:
        return f"it is 0, and there are {count} paths: is the graph cut, or the gradient not added?"
    for size in _sizes(count):
        for chosen in combinations(paths, size):
            if same(wrong, math.fsum(chosen)) and not same(math.fsum(chosen), true):
                return _describe_paths(size, count)
    if any(same(wrong, true + path) for path in paths):
        return f"one of {count} paths is counted twice"
    return ""


def _sizes(count: int) -> list[int]:
    few = list(range(count - 1, 0, -1)) if count <= MOST_PATHS else [count - 1, 1]
    return sorted(few, key=lambda size: (min(size, count - size), size))


def _describe_paths(size: int, count: int) -> str:
    if size == 1:
        return f"it is 1 of {count} paths, without the other{'s' if count > 2 else ''}: is = used instead of +=?"
    missing = count - size
    verb = "is" if missing == 1 else "are"
    return f"{missing} of {count} paths {verb} missing: does a sum or a += lack a term?"


def _of_circumstances(wrong: float, elsewhere: Mapping[str, float]) -> str:
    return next((f"it is {what}" for what, x in elsewhere.items() if wrong and same(wrong, x)), "")


def _of_neighbours(analytic: Sequence[float], numeric: Sequence[float], index: int, names: Sequence[str]) -> str:
    """Return the hint that the number is the derivative with respect to another input."""
    wrong = analytic[index]
    others = [i for i, x in enumerate(numeric) if i != index and wrong and math.isfinite(x) and same(wrong, x)]
    if not others:
        return ""
    # Of several inputs with this derivative, prefer one that has the derivative of this input in exchange.
    other = next((i for i in others if same(analytic[i], numeric[index])), others[0])
    swapped = same(analytic[other], numeric[index])
    name = names[other] if names else f"number {other}"
    what = "the two are swapped; is a matrix transposed?" if swapped else "is a wrong index or argument used?"
    return f"it is the derivative with respect to {name}: {what}"


def _of_factor(wrong: float, true: float, uses: int) -> str:
    """Return the hint that a factor is missing or wrong."""
    if not true or not wrong:
        return ""
    ratio = wrong / true
    if not 1e-6 < abs(ratio) < 1e6:
        return ""
    limit = 6
    fraction = Fraction(ratio).limit_denominator(limit)
    if uses > 3 and (same(ratio, uses) or same(ratio, 1 / uses)):
        many = same(ratio, uses)
        what = "is a sum used instead of a mean" if many else "is a mean used instead of a sum, or divided twice"
        return f"analytic = {uses if many else f'1/{uses}'} × numeric, and there are {uses} numbers: {what}?"
    small = abs(fraction.numerator) <= 12 and same(ratio, float(fraction))
    inverse = Fraction(1 / ratio).limit_denominator(1)
    if small and fraction:
        return f"analytic = {fraction} × numeric: a factor is missing or wrong"
    if abs(inverse.numerator) > 1 and same(1 / ratio, float(inverse)) and abs(inverse) <= 64:
        return f"analytic = 1/{inverse} × numeric: a factor is missing or wrong"
    if same(ratio, round(ratio)) and abs(ratio) <= 64:
        return f"analytic = {round(ratio)} × numeric: a factor is missing or wrong"
    return ""


def _of_zero(wrong: float) -> str:
    return "it is 0: is the graph cut, or the number not used?" if not wrong else ""
