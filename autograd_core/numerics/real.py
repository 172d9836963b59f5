"""Functions of real numbers that never raise: the forward functions of the table.

Results follow IEEE 754: a pole or overflow is an infinity, and outside of the domain the result is nan. Python's `math`
raises there. A graph must not raise: after an hour of work, one bad sample should give a nan that can be inspected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from autograd_core.errors import InputError
from autograd_core.numerics.double_double import LEAST_NORMAL, two_product, two_sum
from autograd_core.numerics.number import INFINITY, NAN

ENLARGED: Final = 2.0**1000
"""A factor for coordinates whose length has lost digits."""

REDUCED: Final = 2.0**-60
"""A factor for coordinates whose length overflows; it does not for fewer than 2**120 of them."""


def divide(a: float, b: float) -> float:
    """`a / b` with the limits of IEEE 754 at a divisor of 0.

    >>> divide(1.0, 0.0), divide(1.0, -0.0), divide(0.0, 0.0)
    (inf, -inf, nan)
    """
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:  # noqa: PLR0124 - the test for nan that needs no call
        return NAN
    return math.copysign(INFINITY, a) * math.copysign(1.0, b)


def power(x: float, y: float) -> float:
    """`x ** y` as C's `pow`: real, with every special case of IEEE 754.

    >>> power(-8.0, 1 / 3), power(0.0, -1.0), power(-0.0, -3.0), power(-10.0, 309.0)
    (nan, inf, -inf, -inf)
    """
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INFINITY if x < 0.0 and _is_odd(y) else INFINITY
    except ValueError:
        if x != 0.0:
            return NAN
        return math.copysign(INFINITY, x) if _is_odd(y) else INFINITY


def _is_odd(y: float) -> bool:
    return math.fmod(y, 2.0) in (1.0, -1.0)


def exp(x: float) -> float:
    """The exponential; inf where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return INFINITY


def log(x: float) -> float:
    """The natural logarithm; -inf at 0, nan below."""
    if x > 0.0:
        return math.log(x)
    return -INFINITY if x == 0.0 else NAN


def sqrt(x: float) -> float:
    """The square root; nan below 0."""
    return math.sqrt(x) if x >= 0.0 else NAN


def sin(x: float) -> float:
    """The sine; nan at an infinity, where it has no limit."""
    return NAN if math.isinf(x) else math.sin(x)


def cos(x: float) -> float:
    """The cosine; nan at an infinity, where it has no limit."""
    return NAN if math.isinf(x) else math.cos(x)


def relu(x: float) -> float:
    """`x` above 0, else 0; nan stays nan."""
    return 0.0 if x <= 0.0 else x  # noqa: FURB136 - max() would turn a nan into 0


def maximum(xs: Sequence[float]) -> float:
    """The largest; nan if one is nan; 0.0 counts as larger than -0.0."""
    return NAN if any(x != x for x in xs) else float(max(xs, key=_order))  # noqa: PLR0124 - nan


def minimum(xs: Sequence[float]) -> float:
    """The smallest; nan if one is nan; -0.0 counts as smaller than 0.0."""
    return NAN if any(x != x for x in xs) else float(min(xs, key=_order))  # noqa: PLR0124 - nan


def _order(x: float) -> tuple[float, float]:
    return x, math.copysign(1.0, x)


def total(xs: Sequence[float]) -> float:
    """The terms added from left to right."""
    result: float = xs[0]
    for i in range(1, len(xs)):
        result += xs[i]
    return result


def dot(xs: Sequence[float]) -> float:
    """The products of the first half with the second half, added from left to right."""
    half = len(xs) // 2
    if len(xs) % 2:
        raise InputError(f"dot expected as many weights as inputs, got {len(xs)} numbers in all, which is odd")
    result: float = xs[0] * xs[half]
    for i in range(1, half):
        result += xs[i] * xs[half + i]
    return result


def quiet(function: Callable[..., float], limits: dict[float, float] | None = None) -> Callable[..., float]:
    """A function of `math` without its exceptions: nan outside the domain, inf where it overflows.

    `limits` gives the results at poles.
    """
    poles = limits or {}

    def never_raising(*xs: float) -> float:
        """The function; infinities and nan where it would raise."""
        try:
            return function(*xs)
        except ValueError:
            return poles.get(xs[0], NAN)
        except OverflowError:
            return INFINITY

    return never_raising


def cbrt(x: float) -> float:
    """The cube root. That of the C library is off by several units in the last place; a Newton step corrects it."""
    y = math.cbrt(x)
    return y - (y - x / (y * y)) / 3.0 if y != 0.0 and math.isfinite(y) else y


def fma(a: float, b: float, c: float) -> float:
    """`a * b + c`, rounded once."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c  # the exact product is finite, even if it overflows
    if 1e-140 < abs(a) < 1e140 and 1e-140 < abs(b) < 1e140 and (1e-280 < abs(c) < 1e280 or c == 0.0):
        return _fused(a, b, c)
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return float(exact) if exact else a * b + c  # the sign of a zero is that of ordinary arithmetic
    except OverflowError:
        return INFINITY if exact > 0 else -INFINITY


def _fused(a: float, b: float, c: float) -> float:
    """`fma` where nothing can overflow or underflow: 9 times faster than fractions, compiled 40 times.

    The exact product and its exact sum with `c` leave three floats. The two small ones are added with the last bit
    set if anything was lost, so that rounding their sum with the large one is not rounding twice (Boldo and
    Melquiond, Emulation of a FMA and correctly rounded sums, 2008).
    """
    product, missing = two_product(a, b)
    total, lost = two_sum(product, c)
    small, rest = two_sum(lost, missing)
    if rest != 0.0 and math.ldexp(math.frexp(small)[0], 53) % 2.0 == 0.0:
        small = math.nextafter(small, math.copysign(INFINITY, rest))
    return total + small


def cauchy(a: float, b: float) -> float:
    """`b / (a*a + b*b)`, without overflow and underflow on the way; nan at the origin.

    Divided by pi it is the density of the Cauchy distribution at `a`, with scale `b`.
    """
    squares = a * a + b * b
    if 1e-280 < squares < 1e280:
        return b / squares
    if math.isinf(a) or math.isinf(b):
        return math.copysign(0.0, b) if a == a and b == b else NAN  # noqa: PLR0124 - nan
    length = math.hypot(a, b)
    return divide(divide(b, length), length)


def floor_divide(a: float, b: float) -> float:
    """`a // b`; the quotient `a / b` where `b` is 0, and nan for infinite `a`."""
    return divide(a, b) if b == 0.0 else a // b


def modulo(a: float, b: float) -> float:
    """`a % b`, with the sign of `b`; nan where `b` is 0."""
    return NAN if b == 0.0 else a % b


def clamp(x: float, low: float, high: float) -> float:
    """The number between `low` and `high` that is nearest to `x`; `high` if `low > high`; nan stays nan."""
    if x > high or (low > high and x == x):  # noqa: PLR0124 - nan
        return high
    return low if x < low else x  # noqa: FURB136 - max() would turn a nan into the bound


def to_integer(rounding: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding that keeps the sign of zero, infinities and nan."""
    return lambda x: math.copysign(float(rounding(x)), x) if math.isfinite(x) else x


def index_of_largest(xs: Sequence[float]) -> int:
    """The index of the largest number, the first one if there are several.

    >>> index_of_largest([1.0, 3.0, 3.0])
    1
    """
    k, largest = 0, xs[0]
    for i, x in enumerate(xs):
        if x > largest:
            k, largest = i, x
    return k


def direction(a: float, b: float) -> float:
    """`a / hypot(a, b)`, without overflow and underflow on the way.

    >>> direction(3.0, -4.0), direction(-3e300, 4e300)
    (0.6, -0.6)
    """
    if abs(a) >= abs(b):
        return (1.0 if a > 0.0 else -1.0) / math.hypot(1.0, b / a) if a != 0.0 else NAN
    quotient = a / abs(b) if b != 0.0 else NAN  # `a` is nan there
    return quotient / math.hypot(1.0, quotient)


def directions(xs: Sequence[float], y: float) -> list[float]:
    """`x / y` for the coordinates of a vector with length `y`; 0 at the origin, the limit where one is infinite.

    >>> directions([3.0, -4.0], 5.0), directions([0.0, 0.0], 0.0), directions([1.0, -INFINITY], INFINITY)
    ([0.6, -0.8], [0.0, 0.0], [0.0, -1.0])
    """
    if y == 0.0:
        return [0.0 for _ in xs]
    if y < LEAST_NORMAL:  # it has lost digits
        return _scaled_directions(xs, ENLARGED)
    if y == INFINITY and all(map(math.isfinite, xs)):  # it has overflowed
        return _scaled_directions(xs, REDUCED)
    if y == INFINITY:
        return [1.0 if x == y else -1.0 if x == -y else 0.0 if x == x else x for x in xs]  # noqa: PLR0124 - nan
    return [x / y if -0.75 * y < x < 0.75 * y else direction(x, _length_without(xs, i)) for i, x in enumerate(xs)]


def _scaled_directions(xs: Sequence[float], power: float) -> list[float]:
    multiples = [x * power for x in xs]
    return directions(multiples, math.hypot(*multiples))


def _length_without(xs: Sequence[float], i: int) -> float:
    return math.hypot(*xs[:i], *xs[i + 1 :])
