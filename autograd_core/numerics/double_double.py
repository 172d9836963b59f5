"""Numbers as the unevaluated sum of two floats, for functions that must be right to the last digit.

The first float is the number rounded, the second the rounding error: together about 32 digits. The error of a function
that is computed this way and rounded at the end is hardly more than half a unit in the last place. Overflow is not
handled here: callers keep magnitudes between 1e-150 and 1e150.

The error-free sum is Knuth's (The Art of Computer Programming 2, 4.2.2), the error-free product Dekker's
(Numerische Mathematik 18, 1971), the arithmetic that of Hida, Li and Bailey (Library for double-double and
quad-double arithmetic, 2000). The exponential is Tang's (ACM Transactions on Mathematical Software 15, 1989): a
table of powers of two and a short series; the logarithm is one step of Newton's method on it.
"""

from __future__ import annotations

import math
import operator
from typing import Final, TypeAlias

from librt.vecs import vec
from mypy_extensions import i64

DoubleDouble: TypeAlias = tuple[float, float]
"""A float and its error; their sum is the number."""

SPLITTER: Final = 134217729.0
LEAST_NORMAL: Final = 2.2250738585072014e-308
"""2**27 + 1: multiplying by it and subtracting cuts a float into two halves of 26 bits."""


def two_sum(a: float, b: float) -> DoubleDouble:
    """`a + b` without error.

    >>> two_sum(1.0, 1e-30)
    (1.0, 1e-30)
    """
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def fast_two_sum(a: float, b: float) -> DoubleDouble:
    """`a + b` without error, where `a` is the larger one."""
    s = a + b
    return s, b - (s - a)


def two_product(a: float, b: float) -> DoubleDouble:
    """`a * b` without error, unless a part of it underflows.

    >>> two_product(1.0 + 2**-30, 1.0 - 2**-30)
    (1.0, -8.673617379884035e-19)
    """
    p = a * b
    t = SPLITTER * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = SPLITTER * b
    b_high = t - (t - b)
    b_low = b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def add(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """The sum."""
    s, e = two_sum(a[0], b[0])
    t, f = two_sum(a[1], b[1])
    s, e = fast_two_sum(s, e + t)
    return fast_two_sum(s, e + f)


def subtract(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """`a - b`."""
    return add(a, (-b[0], -b[1]))


def multiply(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """The product."""
    p, e = two_product(a[0], b[0])
    return fast_two_sum(p, e + (a[0] * b[1] + a[1] * b[0]))


def divide(a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    """The quotient; `b` is not 0."""
    q = a[0] / b[0]
    p, e = two_product(q, b[0])
    rest = ((a[0] - p) - e) + (a[1] - q * b[1])
    return fast_two_sum(q, rest / b[0])


def square_root(a: DoubleDouble) -> DoubleDouble:
    """The square root; `a` is above 0."""
    s = math.sqrt(a[0])
    p, e = two_product(s, s)
    return fast_two_sum(s, (((a[0] - p) - e) + a[1]) / (2.0 * s))


# ---- Constants, computed in integers ---------------------------------------------------------------------------------

ONE_BITS: Final = 160
ONE: Final = 1 << ONE_BITS
"""The unit of the integers below is 2**-160."""


def from_ratio(numerator: int, denominator: int) -> DoubleDouble:
    """The quotient of two integers.

    >>> from_ratio(1, 10)
    (0.1, -5.551115123125783e-18)
    """
    high: float = operator.truediv(numerator, denominator)  # rounded once; compiled, `/` would convert both first
    n, d = high.as_integer_ratio()
    return high, (numerator * d - n * denominator) / (denominator * d)


def inverse_series(n: int, sign: int) -> int:
    """`1/n + sign / (3 n**3) + 1 / (5 n**5) + ...`: atanh(1/n) for sign 1, atan(1/n) for -1, in units of 2**-160.

    >>> inverse_series(3, 1) / ONE == math.atanh(1 / 3)
    True
    """
    power, total, k, factor = ONE // n, 0, 1, 1
    while power:
        total += factor * (power // k)
        power //= n * n
        k += 2
        factor *= sign
    return total


def _powers_of_root() -> list[int]:
    """`2**(j / 64)` for `j` from 0 to 63, in units of 2**-160."""
    root = 2 * ONE
    for _ in range(6):
        root = math.isqrt(root * ONE)
    powers = [ONE]
    while len(powers) < 64:
        powers.append(powers[-1] * root >> ONE_BITS)
    return powers


# Constants are two floats each, because mypyc cannot read a Final tuple of floats.
_LOG_2: Final = 2 * inverse_series(3, 1)  # 2 = (1 + 1/3) / (1 - 1/3)
_LOG_10: Final = 3 * _LOG_2 + 2 * inverse_series(9, 1)  # 10 = 8 (1 + 1/9) / (1 - 1/9)
LOG_2_HIGH: Final = from_ratio(_LOG_2, ONE)[0]
LOG_2_LOW: Final = from_ratio(_LOG_2, ONE)[1]
LOG_10_HIGH: Final = from_ratio(_LOG_10, ONE)[0]
LOG_10_LOW: Final = from_ratio(_LOG_10, ONE)[1]

# ---- Exponential and logarithm ---------------------------------------------------------------------------------------

# log(2) / 64 in three parts. The first two have 35 bits: multiples of them by integers below 2**18 are exact.
_STEP_HIGH: Final = (_LOG_2 >> 125) * 2.0**-41
_STEP_MIDDLE: Final = ((_LOG_2 >> 90) - (_LOG_2 >> 125 << 35)) * 2.0**-76
_STEP_LOW: Final = (_LOG_2 - (_LOG_2 >> 90 << 90)) / ONE / 64.0
_STEPS_PER_UNIT: Final = 64.0 / LOG_2_HIGH

_ROOTS: Final = [from_ratio(power, ONE) for power in _powers_of_root()]
_ROOTS_HIGH: Final = vec[float]([root[0] for root in _ROOTS])
_ROOTS_LOW: Final = vec[float]([root[1] for root in _ROOTS])
_POWERS: Final = vec[float]([2.0**k for k in range(-1074, 1024)])

_ROUNDER: Final = 6755399441055744.0
"""1.5 * 2**52: adding it and subtracting it rounds a float below 2**51 to a whole number."""


def scale(x: float, k: i64) -> float:
    """`x * 2**k`, rounded once if `x` is neither huge nor tiny; `k` is at least -2148 and at most 2046.

    >>> scale(1.5, 4), scale(1.0, -1074), scale(1.0, 1024)
    (24.0, 5e-324, inf)
    """
    half = k >> 1
    return x * _POWERS[half + 1074] * _POWERS[k - half + 1074]


def scale_of(a: DoubleDouble, k: i64) -> float:
    """`a * 2**k`, rounded once, even to a subnormal float; `k` is at least -2148 and at most 2046.

    >>> scale_of((2.5, 2.0**-53), -1074) / 5e-324, scale(2.5, -1074) / 5e-324
    (3.0, 2.0)
    """
    y = scale(a[0], k)
    if abs(y) > LEAST_NORMAL or k < -2046:  # exact; a correction would be rounded to subnormal steps, and y again
        return y
    correction = scale((a[0] - scale(y, -k)) + a[1], k)
    return y + correction if correction != 0.0 else y  # so that the sign of a zero stays


def _expm1_near_0(r: DoubleDouble) -> DoubleDouble:
    """`exp(r) - 1` for `r` within 1/128 of 0, by its power series."""
    x, low = r
    square, error = two_product(x, x)
    tail = x * square * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * (1 / 5040 + x * (1 / 40320))))))
    s, e = fast_two_sum(x, 0.5 * square)
    return fast_two_sum(s, e + (tail + (0.5 * error + (low + x * low))))


def exp_scaled(a: DoubleDouble) -> tuple[DoubleDouble, i64]:
    """A number from 0.99 to 2.01 and an exponent: `exp(a)` is the number times 2 to the exponent.

    The relative error is below 2**-75. `a` lies within 2000 of 0.
    """
    n = (a[0] * _STEPS_PER_UNIT + _ROUNDER) - _ROUNDER
    s, e = two_sum(a[0] - n * _STEP_HIGH, -(n * _STEP_MIDDLE))
    p = _expm1_near_0(fast_two_sum(s, e + (a[1] - n * _STEP_LOW)))
    k = i64(n)
    root = (_ROOTS_HIGH[k & 63], _ROOTS_LOW[k & 63])
    product, error = two_product(root[0], p[0])
    s, e = fast_two_sum(root[0], product)
    return fast_two_sum(s, e + (error + (root[1] + root[0] * p[1] + root[1] * p[0]))), k >> 6


def exp_of(a: DoubleDouble) -> DoubleDouble:
    """The exponential of a number from -708 to 709; below -670 the second part loses digits."""
    y, k = exp_scaled(a)
    power = _POWERS[k + 1074]
    return y[0] * power, y[1] * power


def expm1_of(a: DoubleDouble) -> DoubleDouble:
    """`exp(a) - 1` of a number below 709, with a relative error below 2**-68, however small it is."""
    if -0.005 < a[0] < 0.005:
        return _expm1_near_0(a)
    if a[0] < -80.0:
        return -1.0, 0.0
    return add(exp_of(a), (-1.0, 0.0))


def exp(x: float) -> DoubleDouble:
    """The exponential of a float from -708 to 709; below -670 the second part loses digits.

    >>> y, rest = exp(1.0)
    >>> y == math.e, f"{rest:.8e}"
    (True, '1.44564689e-16')
    """
    return exp_of((x, 0.0))


def expm1(x: float) -> DoubleDouble:
    """`exp(x) - 1` of a float below 709, with a relative error below 2**-68, however small it is.

    >>> y, rest = expm1(2**-30)  # 2**-30 + 2**-61 + 2**-91 / 3 + ...
    >>> y == 2**-30 + 2**-61, f"{rest * 2**91:.4f}"
    (True, '0.3333')
    """
    return expm1_of((x, 0.0))


def log_of(a: DoubleDouble) -> DoubleDouble:
    """The natural logarithm of a number above 0, however large, small or close to 1.

    One step of Newton's method from the logarithm `y` of the first part: `log(a) = y + (a exp(-y) - 1)`, up to the
    square of the bracket.
    """
    if 0.75 < a[0] < 1.3:
        return log1p_of(two_sum(a[0] - 1.0, a[1]))
    y = math.log(a[0])
    e, k = exp_scaled((-y, 0.0))
    half, rest = _POWERS[(k >> 1) + 1074], _POWERS[k - (k >> 1) + 1074]
    return fast_two_sum(y, _cancel((-1.0, 0.0), (a[0] * half * rest, a[1] * half * rest), e))


def log(x: float) -> DoubleDouble:
    """The natural logarithm of a float above 0.

    >>> log(2.0) == (LOG_2_HIGH, LOG_2_LOW)
    True
    """
    return log_of((x, 0.0))


def log1p_of(a: DoubleDouble) -> DoubleDouble:
    """`log(1 + a)` of a number above -1, even if it is close to 0; by the same step as `log_of`."""
    b = add((1.0, 0.0), a)
    if b[0] > 1.4 or b[0] < 0.7:
        return log_of(b)
    # The rounding of `1 + a` is the same in the logarithm and in the divisor (Hewlett-Packard HP-15C handbook).
    y = math.log(b[0]) * (a[0] / (b[0] - 1.0)) if b[0] != 1.0 else a[0]
    return fast_two_sum(y, _cancel(a, b, expm1(-y)))


def _cancel(a: DoubleDouble, b: DoubleDouble, c: DoubleDouble) -> float:
    """`a + b * c` where the two terms nearly cancel, so that one float is enough for the sum."""
    p, e = two_product(b[0], c[0])
    return (a[0] + p) + (a[1] + (e + (b[0] * c[1] + b[1] * c[0])))


def log1p(x: float) -> DoubleDouble:
    """`log(1 + x)` of a float above -1.

    >>> y, rest = log1p(2**-30)  # 2**-30 - 2**-61 + 2**-90 / 3 - ...
    >>> y == 2**-30 - 2**-61, f"{rest * 2**90:.4f}"
    (True, '0.3333')
    """
    return log1p_of((x, 0.0))
