"""A multiple of a logarithm plus a number, right to the last digits where the two cancel.

It is the factor that vanishes in derivatives of powers and of logarithms to a base. Near its zeros the sum of two
numbers of moderate size may be as small as 1e-19, and all its digits matter. There it is computed with decimals of 60
digits, elsewhere with `double_double`, which is much faster.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import Final

from autograd_core.numerics.double_double import add, log, multiply
from autograd_core.numerics.elementary import LARGEST, log_at_limit

_DIGITS: Final = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)

_CANCELLED: Final = 1e-4
"""If less than this share of a number is left, the 22 digits of a logarithm of `double_double` are not enough."""


def log_fma(p: float, x: float, c: float) -> float:
    """`p * log(x) + c`, rounded once; nan for `x` below 0, and infinities as in ordinary arithmetic.

    >>> log_fma(2.0, 1.0, 3.0), log_fma(1.0, 0.36787944117144233, 1.0), log_fma(1.0, 0.0, 1.0)
    (3.0, 3.3784855259134224e-17, -inf)
    """
    if not 0.0 < x <= LARGEST:
        return p * log_at_limit(x) + c
    logarithm = log(x)
    product = p * logarithm[0]
    if product == 0.0 or not abs(p) <= LARGEST:
        return product + c
    if not abs(c) <= LARGEST:
        return c  # the exact product is finite, even if it overflows
    if 1e-200 < abs(product) < 1e140 and abs(c) < 1e300:
        total = add(multiply((p, 0.0), logarithm), (c, 0.0))[0]
        if abs(total) > _CANCELLED * abs(c):
            return total
    with localcontext(_DIGITS):
        return float(Decimal(p) * Decimal(x).ln() + Decimal(c))
