"""The derivatives of an op by what it means: in closed form where they are simple, else difference quotients of many digits.

Nothing here knows the derivatives that stand in the rows, which are to be judged by these. A quotient is taken with
more and more digits until it settles, from both sides, so that kinks, jumps, cusps and poles are seen as what they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core import Op
from autograd_core.testing.meanings import MEANINGS

MOST_DIGITS: Final = 2000
"""Where this many do not settle a derivative it is taken to be infinite or undefined."""

NEAR: Final = 2.0**-40
"""The relative distance of the neighbours of a kink."""

_BOUND: Final = 10_000
"""Numbers with a larger binary exponent than this count as infinite: the next exponential of them would not end."""


class LocalDerivative(NamedTuple):
    """The derivatives of an op with respect to one input.

    Attributes:
        left: from below; nan where there is none.
        right: from above. It differs from the one from below at a kink.
        second: the second derivative; 0 where it is not needed.
    """

    left: Any
    right: Any
    second: Any

    @property
    def is_kink(self) -> bool:
        """Whether the two differ."""
        return bool(self.left != self.right)


def value_of(meaning: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """The op at a point; nan outside of the domain and at poles."""
    try:
        result = meaning(*inputs)
    except (ArithmeticError, ValueError):
        return mpmath.nan
    if isinstance(result, mpmath.mpc):
        return mpmath.nan
    result = mpmath.mpf(result)
    if not mpmath.isfinite(result) or result == 0 or abs(mpmath.mag(result)) < _BOUND:
        return result
    return mpmath.sign(result) * (mpmath.inf if mpmath.mag(result) > 0 else 0)


# ---- In closed form --------------------------------------------------------------------------------------------------

# Ops that are linear in each input need no difference quotient, and a node of a thousand inputs then costs a thousand
# steps and not a million.


def _swapped(xs: Sequence[Any]) -> list[Any]:
    half = len(xs) // 2
    return [*xs[half:], *xs[:half]]


def _products_of_others(xs: Sequence[Any]) -> list[Any]:
    before, after = [mpmath.mpf(1)], [mpmath.mpf(1)]
    for x in xs[:-1]:
        before.append(before[-1] * x)
    for x in reversed(xs[1:]):
        after.append(after[-1] * x)
    return [a * b for a, b in zip(before, reversed(after), strict=True)]


def _whole(rounded: Callable[[Any], Any], a: Any, b: Any) -> Any:
    """How often `b` goes into `a`, for any floats: a quotient of two has up to 632 digits before the point."""
    with mpmath.workdps(700):
        return rounded(a / b) if b else mpmath.nan


def _truncated(x: Any) -> Any:
    return mpmath.floor(x) if x > 0 else mpmath.ceil(x)


FORMULAS: Final[dict[str, Callable[[Sequence[Any]], list[Any]]]] = {
    "add": lambda _: [1.0, 1.0],
    "sub": lambda _: [1.0, -1.0],
    "mul": lambda xs: [xs[1], xs[0]],
    "neg": lambda _: [-1.0],
    "pos": lambda _: [1.0],
    "square": lambda xs: [2 * xs[0]],
    "floor": lambda _: [0.0],
    "ceil": lambda _: [0.0],
    "trunc": lambda _: [0.0],
    "round": lambda _: [0.0],
    "floordiv": lambda _: [0.0, 0.0],
    "mod": lambda xs: [1.0, -_whole(mpmath.floor, *xs)],
    "fmod": lambda xs: [1.0, -_whole(_truncated, *xs)],
    "remainder": lambda xs: [1.0, -_whole(mpmath.nint, *xs)],
    "fma": lambda xs: [xs[1], xs[0], 1.0],
    "sum": lambda xs: [1.0] * len(xs),
    "fsum": lambda xs: [1.0] * len(xs),
    "dot": _swapped,
    "sumprod": _swapped,
    "prod": _products_of_others,
}

EXACT: Final = FORMULAS.keys() - {"prod", "mod", "fmod", "remainder"}
"""Formulas that round nothing, so that the derivative on the edge must be the same float."""

CONVENTIONS: Final = {("polygamma", 0): 0}
"""Slopes that are fixed by convention: the order of a polygamma function is a whole number."""


# ---- By differences --------------------------------------------------------------------------------------------------


def derivatives_of(
    op: Op, meaning: Callable[..., Any], point: Sequence[Any], wanted: Sequence[bool], digits: int
) -> list[LocalDerivative]:
    """The derivative of an op for each input, as its meaning has it; 0 for inputs that are not wanted.

    At a kink of the op the two sides are the least and the largest derivative around it.

    >>> from autograd_core import TABLE
    >>> (derivative,) = derivatives_of(TABLE["relu"], MEANINGS["relu"], [mpmath.mpf(0)], [True], 60)
    >>> derivative[:2]
    (mpf('0.0'), mpf('1.0'))
    """
    nothing = LocalDerivative(mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0))
    if op.arity is None and op.name in ("max", "min") and meaning is MEANINGS[op.name]:
        return _derivatives_of_extreme(point, meaning(*point))
    if op.name == "hypot" and meaning is MEANINGS["hypot"] and any(point):
        return [LocalDerivative(d, d, mpmath.mpf(0)) for d in _directions(point, meaning(*point))]
    found = [
        derivative_of(meaning, point, i, digits) if want and (op.name, i) not in CONVENTIONS else nothing
        for i, want in enumerate(wanted)
    ]
    if op.arity is not None and is_at_kink(op, [float(x) for x in point], point):
        return [_widened(meaning, point, i, s, digits) if wanted[i] else s for i, s in enumerate(found)]
    return found


def _widened(
    meaning: Callable[..., Any], point: Sequence[Any], index: int, derivative: LocalDerivative, digits: int
) -> LocalDerivative:
    """At a kink: all that lies between the derivatives there and at the neighbours, in the direction of every input."""
    derivatives = [derivative.left, derivative.right]
    for i, x in enumerate(point):
        for sign in (-1, 1):
            shifted = [*point[:i], x + sign * NEAR * (abs(x) or 1), *point[i + 1 :]]
            derivatives.extend(derivative_of(meaning, shifted, index, digits)[:2])
    known = [d for d in derivatives if not mpmath.isnan(d)]
    return LocalDerivative(min(known), max(known), derivative.second) if known else derivative


def _derivatives_of_extreme(point: Sequence[Any], extreme: Any) -> list[LocalDerivative]:
    """Of a maximum or minimum: 1 for the extreme one, anything from 0 to 1 for each of several."""
    alone = sum(1 for x in point if x == extreme) == 1
    return [LocalDerivative(mpmath.mpf(int(alone and x == extreme)), mpmath.mpf(int(x == extreme)), 0) for x in point]


def _directions(point: Sequence[Any], length: Any) -> list[Any]:
    return [x / length for x in point]


def derivative_of(function: Callable[..., Any], point: Sequence[Any], index: int, digits: int = 60) -> LocalDerivative:
    """The derivatives of a function of mpmath numbers from below and above, by differences.

    The step is the input times `10**(-digits/3)`. The quotient is taken again with twice as many digits until two of
    them agree and rounding is out of sight; one that grows without end is infinite.

    >>> print(derivative_of(mpmath.exp, [mpmath.mpf(1)], 0).left)
    2.71828182845905
    >>> derivative_of(abs, [mpmath.mpf(0)], 0)[:2]
    (mpf('-1.0'), mpf('1.0'))
    """
    rough = _quotients(function, point, index, digits)
    while True:
        digits *= 2
        fine = _quotients(function, point, index, digits)
        sides = (_settled(rough[0], fine[0], fine.noise), _settled(rough[1], fine[1], fine.noise))
        central = _settled(rough.central, fine.central, fine.noise)
        if central is not None and not fine.is_kink(rough):
            return LocalDerivative(central, central, fine.second)
        if None not in sides:
            left, right = sides
            if mpmath.isnan(left) or mpmath.isnan(right):
                left = right = right if mpmath.isnan(left) else left
            return LocalDerivative(left, right, mpmath.mpf(0))
        if digits >= MOST_DIGITS:
            left, right = (_limit(rough[i], fine[i]) if side is None else side for i, side in enumerate(sides))
            return LocalDerivative(left, right, mpmath.mpf(0))
        rough = fine


class _Quotients(NamedTuple):
    left: Any
    right: Any
    noise: Any
    second: Any

    @property
    def central(self) -> Any:
        return (self.left + self.right) / 2

    def is_kink(self, rougher: _Quotients) -> bool:
        """Whether the sides differ, and no less than with a longer step."""
        gap, before = abs(self.right - self.left), abs(rougher.right - rougher.left)
        return bool(gap > 1e-8 * (abs(self.left) + abs(self.right)) and gap > 1e-3 * before)


def _quotients(function: Callable[..., Any], point: Sequence[Any], index: int, digits: int) -> _Quotients:
    with mpmath.workdps(digits):
        x = point[index]
        step = (abs(x) or mpmath.mpf(1)) * mpmath.mpf(10) ** (-digits // 3)
        here = value_of(function, point)
        above = value_of(function, [*point[:index], x + step, *point[index + 1 :]])
        below = value_of(function, [*point[:index], x - step, *point[index + 1 :]])
        right, left = (above - here) / step, (here - below) / step
        # A value of 0 may be a difference that this precision does not show.
        noise = (abs(here) or abs(x)) * mpmath.mpf(10) ** (5 - digits) / step
        return _Quotients(left, right, noise, (right - left) / step)


def _settled(rough: Any, fine: Any, noise: Any) -> Any:
    """The finer of two quotients if they agree, else None; nan agrees with nan."""
    if not mpmath.isfinite(fine):
        return fine
    bound = 1e-15 * abs(fine)
    return fine if abs(fine - rough) <= bound + _NEGLIGIBLE and noise <= bound + _NEGLIGIBLE else None


_NEGLIGIBLE: Final = mpmath.mpf(10) ** -340
"""Less than the smallest float by more digits than it has."""


def _limit(rough: Any, fine: Any) -> Any:
    """What a quotient tends to that does not settle: an infinity if it grows, else nothing known."""
    if mpmath.isfinite(rough) and abs(fine) > 1000 * abs(rough):
        return mpmath.sign(fine) * mpmath.inf
    return mpmath.nan


def is_at_kink(op: Op, recorded: Sequence[float], exact: Sequence[Any]) -> bool:
    """Whether the inputs are at a kink of the op, or so near that rounding may have moved them across."""
    if op.kinks is None or not all(map(math.isfinite, recorded)):
        return False
    moved = max(float(abs(r - e)) for r, e in zip(recorded, exact, strict=True))
    # A distance may be one of quotients, in which a small divisor magnifies what rounding has moved.
    unit = min([1.0, *(abs(x) for x in recorded if x)])
    try:
        return not op.kinks(*recorded) > 4 * moved / unit
    except ArithmeticError:
        return True  # at a pole
