"""What each op means, written in mpmath and independently of the engine: the truth that values are compared with.

A meaning is right to all digits of the working precision, or gets there as the precision grows: the harness in
`accuracy` evaluates it at two precisions and takes what they agree on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import mpmath

SELU_SCALE, SELU_ALPHA = mpmath.mpf(1.0507009873554805), mpmath.mpf(1.6732632423543772)


def polygamma(n: Any, x: Any) -> Any:
    """The `n`-th derivative of the digamma function.

    Far down the negative axis by reflection (NIST DLMF 5.15.6), for mpmath walks there in steps of 1. The derivatives
    of the cotangent are polynomials in it.
    """
    order = int(n)
    if x > -10:
        return mpmath.psi(order, x)
    cotangent = [mpmath.mpf(0), mpmath.mpf(1)]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(cotangent)][1:]
        cotangent = [-mpmath.pi * (a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    c = mpmath.cospi(x) / mpmath.sinpi(x)
    return (-1) ** order * mpmath.psi(order, 1 - x) - mpmath.pi * mpmath.fsum(a * c**k for k, a in enumerate(cotangent))


def decay(x: Any) -> Any:
    """`exp(-x)`; 0 beyond 1e9, where it is smaller than any float by hundreds of millions of digits.

    There mpmath would compute as many digits as the exponent has.
    """
    return mpmath.exp(-x) if x < 1e9 else mpmath.mpf(0)


def erfc(x: Any) -> Any:
    """The complementary error function; 0 beyond 1e6, likewise."""
    return mpmath.erfc(x) if x < 1e6 else mpmath.mpf(0)


def gelu_tanh_gate(x: Any) -> Any:
    """`(1 + tanh(u)) / 2`, without the cancellation far below 0."""
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 10**6 * x**3)
    e = decay(2 * abs(u))
    return 1 / (1 + e) if x > 0 else e / (1 + e)


MATHEMATICS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "pow": mpmath.power,
    "abs": abs,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "fma": lambda a, b, c: a * b + c,
    "floordiv": lambda a, b: mpmath.floor(a / b),
    "mod": lambda a, b: a - b * mpmath.floor(a / b),
    "fmod": lambda a, b: a - b * (mpmath.floor(a / b) if a / b > 0 else mpmath.ceil(a / b)),
    "remainder": lambda a, b: a - b * mpmath.nint(a / b),
    "copysign": lambda a, b: abs(a) if b >= 0 else -abs(a),
    "degrees": mpmath.degrees,
    "radians": mpmath.radians,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "cauchy": lambda a, b: b / (a * a + b * b),
    "exp_difference": lambda a, b: mpmath.exp(a - b),
    "exp_quotient": lambda a, b: mpmath.exp(a / b),
    "hypot": lambda *xs: mpmath.sqrt(sum(x * x for x in xs)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "relu6": lambda x: min(max(x, mpmath.mpf(0)), mpmath.mpf(6)),
    "elu": lambda x, alpha: x if x > 0 else alpha * mpmath.expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mpmath.expm1(x)),
    "hardsigmoid": lambda x: min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "hardswish": lambda x: x * min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "tanhshrink": lambda x: x - mpmath.tanh(x),
    "softshrink": lambda x, t: x - t if x > t else x + t if x < -t else mpmath.mpf(0),
    "hardshrink": lambda x, t: x if abs(x) > t else mpmath.mpf(0),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "logsigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "celu": lambda x, alpha: x if x > 0 else alpha * mpmath.expm1(x / alpha),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "gelu": lambda x: x * erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x * gelu_tanh_gate(x),
    "gelu_tanh_gate": gelu_tanh_gate,
    "gaussian": lambda x: decay(x * x),
    "erf": mpmath.erf,
    "erfc": erfc,
    "normal_pdf": lambda x: decay(x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    "normal_cdf": lambda x: erfc(-x / mpmath.sqrt(2)) / 2,
    "gamma": mpmath.gamma,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "digamma": mpmath.digamma,
    "polygamma": polygamma,
    "log_base": lambda x, base: mpmath.log(x) / mpmath.log(base),
    "where": lambda c, a, b: a if c else b,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.floor(x) if x > 0 else mpmath.ceil(x),
    "round": mpmath.nint,
    "max": max,
    "min": min,
    "sum": lambda *xs: mpmath.fsum(xs),
    "fsum": lambda *xs: mpmath.fsum(xs),
    "prod": lambda *xs: mpmath.fprod(xs),
    "sumprod": lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
    "dot": lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
}
"""What each op means, in mpmath."""
