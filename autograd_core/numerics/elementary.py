"""Elementary functions whose error stays near half a unit in the last place.

The C library's hyperbolic functions are off by up to two units, and formulas of several ordinary operations by more.
Here each function is written as in a book, but over numbers of 32 digits (`double_double`), and rounded once at the
end. A shorter formula is used where the function equals its limit to the last digit, or where one float is enough.

Like all forward functions these never raise: a pole is an infinity, overflow is an infinity, and outside the domain
the result is nan. Odd functions keep the sign of zero, and nan stays nan.
"""

from __future__ import annotations

import math
from typing import Final

from mypy_extensions import i64

from autograd_core.numerics import real
from autograd_core.numerics.double_double import (
    LOG_2_HIGH,
    LOG_2_LOW,
    LOG_10_HIGH,
    LOG_10_LOW,
    DoubleDouble,
    add,
    divide,
    exp,
    exp_of,
    exp_scaled,
    expm1,
    fast_two_sum,
    log1p_of,
    multiply,
    scale,
    scale_of,
    square_root,
    two_product,
    two_sum,
)
from autograd_core.numerics.double_double import log as log_double_double
from autograd_core.numerics.number import INFINITY, NAN

LARGEST: Final = 1.7976931348623157e308

NEGLIGIBLE: Final = 1e-9
"""Below it `x + c x**3`, with `c` at most 1/2, is `x` to the last digit."""

SATURATED: Final = 41.0
"""Beyond it `exp(-x)` is below 2**-59 and negligible relative to 1."""

# ---- Parts -----------------------------------------------------------------------------------------------------------


def times(x: float, a: DoubleDouble) -> float:
    """`x * a`, rounded once, even where parts of the product would overflow or underflow; `a` is below 1e100.

    >>> times(3.0, (1 / 3, 0.0)), times(5e-324, (1.5, 0.0))
    (1.0, 1e-323)
    """
    y = x * a[0]
    if 1e-250 < abs(y) < 1e150 and abs(x) < 1e290:
        p, e = two_product(x, a[0])
        return p + (e + x * a[1])
    if x == 0.0 or a[0] == 0.0 or not abs(x) <= LARGEST:
        return y
    shift = _shift(x)
    return math.copysign(scale_of(_product(scale(x, shift), a), -shift), y)


def times_exp(x: float, a: DoubleDouble) -> float:
    """`x * exp(a)`, rounded once, even where the exponential alone overflows or underflows; `a` is below 2000."""
    if a[0] < -800.0:
        return x * 0.0
    y, k = exp_scaled(a)
    return times_scaled(x, y, k)


def times_scaled(x: float, y: DoubleDouble, k: i64) -> float:
    """`x * y * 2**k`, rounded once, for a number `y` near 1 and any finite `x`."""
    shift = _shift(x)
    return scale_of(_product(scale(x, shift), y), max(min(k - shift, 2046), -2148))


def _shift(x: float) -> i64:
    """An exponent of 2 that keeps all parts of products of `x` from overflow and underflow."""
    return -300 if abs(x) > 1e100 else 300


def _product(x: float, a: DoubleDouble) -> DoubleDouble:
    p, e = two_product(x, a[0])
    return fast_two_sum(p, e + x * a[1])


# ---- Hyperbolic functions and logarithms -----------------------------------------------------------------------------


def sinh(x: float) -> float:
    """The hyperbolic sine; infinite where it overflows.

    >>> sinh(1.0), sinh(-1000.0)
    (1.1752011936438014, -inf)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < SATURATED:
        e = expm1(a)
        s, rest = add(e, divide(e, add(e, (1.0, 0.0))))
        return math.copysign(0.5 * (s + rest), x)
    return times_exp(math.copysign(0.5, x), (a, 0.0)) if a < 720.0 else x * INFINITY


def cosh(x: float) -> float:
    """The hyperbolic cosine; inf where it overflows.

    >>> cosh(1.0), cosh(-1000.0)
    (1.5430806348152437, inf)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return 1.0
    if a < SATURATED:
        e = exp(a)
        s, rest = add(e, divide((1.0, 0.0), e))
        return 0.5 * (s + rest)
    return times_exp(0.5, (a, 0.0)) if a < 720.0 else a * INFINITY


def tanh(x: float) -> float:
    """The hyperbolic tangent.

    >>> tanh(1.0), tanh(-50.0)
    (0.7615941559557649, -1.0)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 0.01:
        e = expm1(2.0 * a)
        return math.copysign(divide(e, add(e, (2.0, 0.0)))[0], x)
    if a < 3.0:
        e = exp(2.0 * a)
        y, rest = divide((2.0, 0.0), add(e, (1.0, 0.0)))
        s, error = fast_two_sum(1.0, -y)
        return math.copysign(s + (error - rest), x)
    if a < 21.0:  # the distance from 1 is so small that one float is enough for it
        return math.copysign(1.0 - 2.0 / (math.exp(2.0 * a) + 1.0), x)
    return math.copysign(1.0, x) if a == a else x  # noqa: PLR0124 - nan


def sech(x: float) -> float:
    """The hyperbolic secant, `1 / cosh(x)`.

    >>> sech(0.0), sech(-1.0), sech(-math.inf)
    (1.0, 0.6480542736638853, 0.0)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return 1.0
    if a < 800.0:
        y, k = exp_scaled((-a, 0.0))
        e = exp_of((-2.0 * a, 0.0)) if a < SATURATED else (0.0, 0.0)
        return scale_of(divide(y, add((1.0, 0.0), e)), k + 1)
    return 0.0 if a == a else x  # noqa: PLR0124 - nan


def sech_squared(x: float) -> float:
    """The derivative of `tanh`, `1 / cosh(x)**2`, because `1 - tanh(x)**2` loses its digits as `tanh(x)` rounds to 1.

    >>> sech_squared(0.0), sech_squared(20.0), sech_squared(math.inf)
    (1.0, 1.6993417021166355e-17, 0.0)
    """
    if -20.0 < x < 20.0:
        y = 1.0 / cosh(x)
        return y * y
    return 4.0 * real.exp(-2.0 * abs(x))


def asinh(x: float) -> float:
    """The inverse of `sinh`.

    >>> asinh(1.0), asinh(1e300)
    (0.881373587019543, 691.4686750787737)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 1e10:
        # exp(y) - 1 for the result y: a + (sqrt(1 + a**2) - 1), where the bracket would cancel
        square = two_product(a, a)
        root = square_root(add(square, (1.0, 0.0)))
        y = log1p_of(add((a, 0.0), divide(square, add(root, (1.0, 0.0)))))[0]
        return math.copysign(y, x)
    return math.copysign(_log_of_double(a), x) if a <= LARGEST else x


def acosh(x: float) -> float:
    """The inverse of `cosh`, from 0 upwards; nan below 1.

    >>> acosh(1.0), acosh(2.0), acosh(0.5)
    (0.0, 1.3169578969248168, nan)
    """
    if x < 1.0:
        return NAN
    if x == 1.0:
        return 0.0
    if x < 1e10:
        above = two_sum(x, -1.0)
        root = square_root(multiply(above, add(above, (2.0, 0.0))))
        return log1p_of(add(above, root))[0]
    return _log_of_double(x) if x <= LARGEST else x


def _log_of_double(x: float) -> float:
    """`log(2 x)`, even where `2 x` overflows."""
    return add(log_double_double(x), (LOG_2_HIGH, LOG_2_LOW))[0]


def atanh(x: float) -> float:
    """The inverse of `tanh`; infinite at -1 and 1, nan beyond.

    >>> atanh(0.5), atanh(-1.0), atanh(2.0)
    (0.5493061443340549, -inf, nan)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 1.0:
        y = log1p_of(divide((2.0 * a, 0.0), two_sum(1.0, -a)))[0]
        return math.copysign(0.5 * y, x)
    return math.copysign(INFINITY, x) if a == 1.0 else NAN


def log10(x: float) -> float:
    """The logarithm to base 10; -inf at 0, nan below.

    >>> log10(1000.0), log10(2.0), log10(0.0)
    (3.0, 0.3010299956639812, -inf)
    """
    if 0.0 < x <= LARGEST:
        return divide(log_double_double(x), (LOG_10_HIGH, LOG_10_LOW))[0]
    return log_at_limit(x)


def log_base(x: float, base: float) -> float:
    """`log(x) / log(base)`, with the limits of that quotient: infinite or nan for base 1, a zero for base 0.

    >>> log_base(8.0, 2.0), log_base(1e-300, 10.0), log_base(2.0, 1.0)
    (3.0, -300.0, inf)
    """
    if 0.0 < x <= LARGEST and 0.0 < base <= LARGEST and x != 1.0 and base != 1.0:
        return divide(log_double_double(x), log_double_double(base))[0]
    y = math.log(x) if 0.0 < x <= LARGEST else log_at_limit(x)
    if base == 1.0:
        return y * INFINITY
    return y / (math.log(base) if 0.0 < base <= LARGEST else log_at_limit(base))


def log_at_limit(x: float) -> float:
    """The logarithm of 0, of a negative number, of inf and of nan."""
    if x == 0.0:
        return -INFINITY
    return NAN if x < 0.0 else x


def exp_difference(a: float, b: float) -> float:
    """`exp(a - b)`, computed from the exact difference.

    >>> exp_difference(700.0, 700.0 + 2**-40) == math.exp(-(2**-40)), exp_difference(1e16, 1e16 + 2)
    (True, 0.1353352832366127)
    """
    d, e = two_sum(a, -b)
    if -800.0 < d < 720.0:
        return math.exp(d) if e == 0.0 and d < 709.0 else times_exp(1.0, (d, e))
    if d < 0.0:
        return 0.0
    return d * INFINITY


def exp_quotient(a: float, b: float) -> float:
    """`exp(a / b)`, computed from 32 digits of the quotient, because the exponential magnifies its rounding error.

    >>> exp_quotient(3.0, 3.0), exp_quotient(-1.0, 0.0)
    (2.718281828459045, 0.0)
    """
    q = real.divide(a, b)
    if abs(q) < 2.0**-60:
        return 1.0
    return times_exp(1.0, quotient_of(a, b)) if -800.0 < q < 800.0 else real.exp(q)


def quotient_of(a: float, b: float) -> DoubleDouble:
    """`a / b`, a quotient of moderate size of two numbers of any size."""
    factor = 2.0**-300 if abs(b) > 1e100 else 2.0**300 if abs(b) < 1e-100 else 1.0
    return divide((a * factor, 0.0), (b * factor, 0.0))
