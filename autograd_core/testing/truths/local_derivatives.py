"""The local derivatives of an op from its meaning in mpmath, independent of the derivatives in the table of ops.

Simple ops have them in closed form; the others use difference quotients. A quotient is computed with more and more
digits until it converges, from the left and from the right, so that kinks, jumps, cusps and poles are recognised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core import Op
from autograd_core.testing.truths.meanings import MEANINGS, exponential, sech, sigmoid_slope
from autograd_core.testing.truths.sampling import is_integer

BELOW_FLOATS: Final = mpmath.mpf(10) ** -400
"""Smaller inputs are 0 in floats, however they are rounded."""

MOST_DIGITS: Final = 2000
"""A derivative that has not converged at this precision is infinite or undefined."""

NEAR: Final = 2.0**-40
"""The relative distance from a kink at which its neighbourhood is sampled."""

_BOUND: Final = 10_000
"""Numbers with a larger binary exponent than this become infinite or 0: an exponential of them would not finish."""


class LocalDerivative(NamedTuple):
    """The derivatives of an op with respect to one input.

    Attributes:
        left: the derivative from below; nan where there is none.
        right: the derivative from above. At a kink it differs from `left`.
        second: the second derivative; 0 where it is not needed.
    """

    left: Any
    right: Any
    second: Any

    @property
    def is_kink(self) -> bool:
        """Whether the one-sided derivatives differ."""
        return bool(self.left != self.right)


def value_of(meaning: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """Return the value at a point; nan outside the domain and at poles."""
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

# Ops that are linear in each input need no difference quotients. A node of n inputs then costs n steps, not n squared.


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
    """Return the rounded quotient of any two floats; it has up to 632 digits before the point."""
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
"""Ops whose formula does not round, so that the derivative on the edge must be the same float."""

SMOOTH: Final[dict[str, Callable[[Sequence[Any]], list[Any]]]] = {
    "div": lambda xs: [1 / xs[1], -xs[0] / xs[1] ** 2],
    "exp": lambda xs: [exponential(xs[0])],
    "log": lambda xs: [1 / xs[0]],
    "log1p": lambda xs: [1 / (1 + xs[0])],
    "sqrt": lambda xs: [1 / (2 * mpmath.sqrt(xs[0]))],
    "sin": lambda xs: [mpmath.cos(xs[0])],
    "cos": lambda xs: [-mpmath.sin(xs[0])],
    "tan": lambda xs: [1 / mpmath.cos(xs[0]) ** 2],
    "atan": lambda xs: [1 / (1 + xs[0] ** 2)],
    "sinh": lambda xs: [mpmath.cosh(xs[0])],
    "cosh": lambda xs: [mpmath.sinh(xs[0])],
    "tanh": lambda xs: [sech(xs[0]) ** 2],
    "sigmoid": lambda xs: [sigmoid_slope(xs[0])],
    "softplus": lambda xs: [MEANINGS["sigmoid"](xs[0])],
}
"""The derivatives of frequent smooth ops, which take one evaluation in place of six in more digits.

They hold inside of the domain; the tests compare them with differences. What a recorded derivative may be off by needs
the second derivative besides, and so the differences.
"""


# ---- By differences --------------------------------------------------------------------------------------------------


def derivatives_of(
    op: Op, meaning: Callable[..., Any], point: Sequence[Any], wanted: Sequence[bool], digits: int
) -> list[LocalDerivative]:
    """Return the local derivatives of an op by its meaning, one for each input.

    They are 0 for inputs that are integers or not wanted. At a kink of the op `left` and `right` are the least and the
    largest derivative around it.

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
        derivative_of(meaning, point, i, digits) if want and not is_integer(op, i) else nothing
        for i, want in enumerate(wanted)
    ]
    if op.arity is not None and is_at_kink(op, [float(x) for x in point], point):
        return [_widened(meaning, point, i, s, digits) if wanted[i] else s for i, s in enumerate(found)]
    return found


def _widened(
    meaning: Callable[..., Any], point: Sequence[Any], index: int, derivative: LocalDerivative, digits: int
) -> LocalDerivative:
    """Return the range of the derivatives at a kink and beside it, along every input."""
    derivatives = [derivative.left, derivative.right]
    for i, x in enumerate(point):
        for sign in (-1, 1):
            shifted = [*point[:i], x + sign * NEAR * (abs(x) or 1), *point[i + 1 :]]
            derivatives.extend(derivative_of(meaning, shifted, index, digits)[:2])
    known = [d for d in derivatives if not mpmath.isnan(d)]
    return LocalDerivative(min(known), max(known), derivative.second) if known else derivative


def _derivatives_of_extreme(point: Sequence[Any], extreme: Any) -> list[LocalDerivative]:
    """Return those of a maximum or minimum: 1 for the extreme input, from 0 to 1 for each of several."""
    alone = sum(1 for x in point if x == extreme) == 1
    return [LocalDerivative(mpmath.mpf(int(alone and x == extreme)), mpmath.mpf(int(x == extreme)), 0) for x in point]


def _directions(point: Sequence[Any], length: Any) -> list[Any]:
    return [x / length for x in point]


def derivative_of(function: Callable[..., Any], point: Sequence[Any], index: int, digits: int = 60) -> LocalDerivative:
    """Return the derivatives of a function of mpmath numbers from below and above, by differences.

    The step is the input times `10**(-digits/3)`. The digits are doubled until two quotients agree and the rounding
    error is negligible. A quotient that grows without limit is infinite.

    >>> print(derivative_of(mpmath.exp, [mpmath.mpf(1)], 0).left)
    2.71828182845905
    >>> derivative_of(abs, [mpmath.mpf(0)], 0)[:2]
    (mpf('-1.0'), mpf('1.0'))
    """
    if abs(point[index]) < BELOW_FLOATS:
        point = [*point[:index], mpmath.mpf(0), *point[index + 1 :]]  # a step relative to it needs too many digits
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
        """Return whether the sides differ, and by as much as with a longer step."""
        gap, before = abs(self.right - self.left), abs(rougher.right - rougher.left)
        return bool(gap > 1e-8 * (abs(self.left) + abs(self.right)) and gap > 1e-3 * before)


def _quotients(function: Callable[..., Any], point: Sequence[Any], index: int, digits: int) -> _Quotients:
    """Return the difference quotients on both sides, and their rounding error."""
    with mpmath.workdps(digits):
        x = point[index]
        step = (abs(x) or mpmath.mpf(1)) * mpmath.mpf(10) ** (-digits // 3)
        here = value_of(function, point)
        above = value_of(function, [*point[:index], x + step, *point[index + 1 :]])
        below = value_of(function, [*point[:index], x - step, *point[index + 1 :]])
        right, left = (above - here) / step, (here - below) / step
        # A value of 0 may be a difference below this precision.
        noise = (abs(here) or abs(x)) * mpmath.mpf(10) ** (5 - digits) / step
        return _Quotients(left, right, noise, (right - left) / step)


def _settled(rough: Any, fine: Any, noise: Any) -> Any:
    """Return the finer of two quotients if they agree, else None; a quotient that is not finite agrees."""
    if not mpmath.isfinite(fine):
        return fine
    bound = 1e-15 * abs(fine)
    return fine if abs(fine - rough) <= bound + _NEGLIGIBLE and noise <= bound + _NEGLIGIBLE else None


_NEGLIGIBLE: Final = mpmath.mpf(10) ** -340
"""Smaller than the least positive float by more than 16 digits."""


def _limit(rough: Any, fine: Any) -> Any:
    """Return the limit of a quotient that does not converge: an infinity if it grows, else nan."""
    if mpmath.isfinite(rough) and abs(fine) > 1000 * abs(rough):
        return mpmath.sign(fine) * mpmath.inf
    return mpmath.nan


def is_at_kink(op: Op, recorded: Sequence[float], exact: Sequence[Any]) -> bool:
    """Return whether the inputs are at a kink of the op, or so near that rounding may have moved them across."""
    if op.kinks is None or not all(map(math.isfinite, recorded)):
        return False
    moved = max(float(abs(r - e)) for r, e in zip(recorded, exact, strict=True))
    # The distance may be that of a quotient, in which a small divisor amplifies rounding.
    unit = min([1.0, *(abs(x) for x in recorded if x)])
    try:
        return not op.kinks(*recorded) > 4 * moved / unit
    except ArithmeticError:
        return True  # at a pole
