"""The meaning of each op, as a function of mpmath numbers, independent of the engine.

A meaning is right to all digits of the working precision, or converges as the precision grows. A caller that needs the
truth evaluates it at two precisions and uses the common digits. Custom ops have theirs in `custom_meanings`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import mpmath

SELU_SCALE, SELU_ALPHA = mpmath.mpf(1.0507009873554805), mpmath.mpf(1.6732632423543772)


def polygamma(n: Any, x: Any) -> Any:
    """Return the `n`-th derivative of the digamma function.

    For large negative inputs mpmath is slow, because its recurrence takes steps of 1. There the reflection formula
    (NIST DLMF 5.15.6) is used; the derivatives of the cotangent are polynomials in the cotangent.
    """
    order = int(n)
    if x > -10:
        return mpmath.psi(order, x)
    cotangent = [mpmath.mpf(0), mpmath.mpf(1)]
    for _ in range(order):
        derivative = [k * c for k, c in enumerate(cotangent)][1:]
        cotangent = [-mpmath.pi * (a + b) for a, b in zip([*derivative, 0, 0], [0, 0, *derivative], strict=True)]
    c = mpmath.cospi(x) / mpmath.sinpi(x)
    return (-1) ** order * mpmath.psi(order, 1 - x) - mpmath.pi * mpmath.fsum(a * c**k for k, a in enumerate(cotangent))


def power_of_e(x: Any) -> Any:
    """Return `exp(x)`; for large inputs by the power of a number beside `x` that is not whole.

    With many digits mpmath raises e itself to a whole power, which near 1e300 takes 20 to 100 times as long.
    """
    if abs(x) < _LARGE:
        return mpmath.exp(x)
    half = mpmath.mpf(0.5)
    return mpmath.exp(mpmath.fadd(x, half, exact=True)) / mpmath.exp(half)


_LARGE: Final = 2.0**64


def decay(x: Any) -> Any:
    """Return `exp(-x)`; 0 above 1e9, where it is far smaller than any float.

    There the cost of mpmath grows with the size of the exponent.
    """
    return power_of_e(-x) if x < 1e9 else mpmath.mpf(0)


def exponential(x: Any) -> Any:
    """Return `exp(x)`; 0 below -1e9, as in `decay`."""
    return decay(-x)


def expm1(x: Any) -> Any:
    """Return `exp(x) - 1`, from mpmath where digits cancel."""
    return mpmath.expm1(x) if abs(x) < 1 else power_of_e(x) - 1


def tanhshrink(x: Any) -> Any:
    """Return `x - tanh(x)`; near 0 cancellation leaves only a fraction of about `x**2`, so digits are added."""
    lost = 0 if x == 0 else max(0, -2 * int(mpmath.mag(x)))
    with mpmath.extraprec(lost):
        return x - mpmath.tanh(x)


def celu_slope(x: Any, alpha: Any) -> Any:
    """Return `exp(q) * (1 - q) - 1` for `q = x / alpha`; near 0 cancellation leaves about `q**2 / 2`."""
    q = x / alpha
    lost = 0 if q == 0 else max(0, -2 * int(mpmath.mag(q)))
    with mpmath.extraprec(lost):
        return exponential(q) * (1 - q) - 1


def erfc(x: Any) -> Any:
    """Return the complementary error function; 0 above 1e6, as in `decay`."""
    return mpmath.erfc(x) if x < 1e6 else mpmath.mpf(0)


def logsumexp(*xs: Any) -> Any:
    """Return the logarithm of the sum of the exponentials, with the largest one taken out."""
    largest = max(xs)
    return largest + mpmath.log(mpmath.fsum(exponential(x - largest) for x in xs))


def deviation(freedom: Any, *xs: Any) -> Any:
    """Return the root of the sum of the squared deviations from the mean, divided by the degrees of freedom."""
    mean = mpmath.fsum(xs) / len(xs)
    return mpmath.sqrt(mpmath.fsum((x - mean) ** 2 for x in xs) / freedom)


def gelu_tanh_gate(x: Any) -> Any:
    """Return `(1 + tanh(u)) / 2`, without cancellation for large negative inputs."""
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 10**6 * x**3)
    e = decay(2 * abs(u))
    return 1 / (1 + e) if x > 0 else e / (1 + e)


def sech(x: Any) -> Any:
    """Return `1 / cosh(x)`."""
    e = decay(abs(x))
    return 2 * e / (1 + e * e)


def sigmoid_slope(x: Any) -> Any:
    """Return the derivative of the sigmoid."""
    return sech(x / 2) ** 2 / 4


def gated(gate: Callable[[Any], tuple[Any, Any, Any]], order: int) -> Callable[[Any], Any]:
    """Return a derivative of `x G(x)`, by the product rule from the gate `G` and its first two derivatives."""
    if order == 1:
        return lambda x: gate(x)[0] + x * gate(x)[1]
    return lambda x: 2 * gate(x)[1] + x * gate(x)[2]


def silu_gate(x: Any) -> tuple[Any, Any, Any]:
    """Return the sigmoid and its first two derivatives."""
    slope, opens, closes = sigmoid_slope(x), 1 / (1 + exponential(-x)), 1 / (1 + exponential(x))
    return opens, slope, slope * (closes - opens)


def mish_gate(x: Any) -> tuple[Any, Any, Any]:
    """Return `tanh(log(1 + exp(x)))` and its first two derivatives."""
    opens, closes = 1 / (1 + exponential(-x)), 1 / (1 + exponential(x))
    t = opens * (1 + closes) / (1 + closes**2)
    slope = opens * (2 * closes / (1 + closes**2)) ** 2
    return t, slope, slope * (closes - 2 * t * opens)


def gelu_tanh_derivatives(x: Any) -> tuple[Any, Any, Any]:
    """Return the gate of `gelu_tanh` and its first two derivatives."""
    root, cubic = mpmath.sqrt(2 / mpmath.pi), mpmath.mpf(44715) / 10**6
    first, second = root * (1 + 3 * cubic * x**2), 6 * root * cubic * x
    t, weight = 2 * gelu_tanh_gate(x) - 1, sech(root * (x + cubic * x**3)) ** 2 / 2
    return gelu_tanh_gate(x), weight * first, weight * (second - 2 * t * first**2)


def normal_pdf(x: Any) -> Any:
    """Return the density of the standard normal distribution."""
    return decay(x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


MEANINGS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "pow": mpmath.power,
    "pow_dx": lambda x, p: p * mpmath.power(x, p - 1),
    "pow_dp": lambda x, p: mpmath.power(x, p) * mpmath.log(x),
    "abs": abs,
    "exp": exponential,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": expm1,
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
    "cauchy_da": lambda a, b: -2 * a * b / (a * a + b * b) ** 2,
    "cauchy_db": lambda a, b: (a - b) * (a + b) / (a * a + b * b) ** 2,
    "exp_difference": lambda a, b: exponential(a - b),
    "exp_quotient": lambda a, b: exponential(a / b),
    "exp_quotient_da": lambda a, b: exponential(a / b) / b,
    "exp_quotient_db": lambda a, b: -a * exponential(a / b) / b**2,
    "hypot": lambda *xs: mpmath.sqrt(sum(x * x for x in xs)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + exponential(-x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "relu6": lambda x: min(max(x, mpmath.mpf(0)), mpmath.mpf(6)),
    "elu": lambda x, alpha: x if x > 0 else alpha * expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * expm1(x)),
    "hardsigmoid": lambda x: min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "hardswish": lambda x: x * min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "tanhshrink": tanhshrink,
    "softshrink": lambda x, t: x - t if x > t else x + t if x < -t else mpmath.mpf(0),
    "hardshrink": lambda x, t: x if abs(x) > t else mpmath.mpf(0),
    "huber": lambda x, d: x * x / 2 if abs(x) <= d else d * (abs(x) - d / 2),
    "smooth_l1": lambda x, b: x * x / (2 * b) if abs(x) < b else abs(x) - b / 2,
    "softplus": lambda x: mpmath.log1p(power_of_e(x)),
    "logsigmoid": lambda x: -mpmath.log1p(power_of_e(-x)),
    "silu": lambda x: x / (1 + power_of_e(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "celu": lambda x, alpha: x if x > 0 else alpha * expm1(x / alpha),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(power_of_e(x))),
    "gelu": lambda x: x * erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x * gelu_tanh_gate(x),
    "sech": sech,
    "sech_squared": lambda x: sech(x) ** 2,
    "sigmoid_slope": sigmoid_slope,
    "silu_slope": gated(silu_gate, 1),
    "silu_curvature": gated(silu_gate, 2),
    "mish_slope": gated(mish_gate, 1),
    "mish_curvature": gated(mish_gate, 2),
    "gelu_slope": lambda x: erfc(-x / mpmath.sqrt(2)) / 2 + x * normal_pdf(x),
    "gelu_tanh_slope": gated(gelu_tanh_derivatives, 1),
    "gelu_tanh_curvature": gated(gelu_tanh_derivatives, 2),
    "gelu_tanh_sech": lambda x: sech(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 10**6 * x**3)),
    "celu_slope": celu_slope,
    "gaussian_slope": lambda x: -2 * x * decay(x * x),
    "scaled_gaussian": lambda a, x: a * decay(x * x),
    "normal_pdf_slope": lambda x: -x * normal_pdf(x),
    "scaled_normal_pdf": lambda a, x: a * normal_pdf(x),
    "gaussian": lambda x: decay(x * x),
    "erf": mpmath.erf,
    "erfc": erfc,
    "normal_pdf": normal_pdf,
    "normal_cdf": lambda x: erfc(-x / mpmath.sqrt(2)) / 2,
    "gamma": mpmath.gamma,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "digamma": mpmath.digamma,
    "polygamma": polygamma,
    "log_base": lambda x, base: mpmath.log(x) / mpmath.log(base),
    "log_base_db": lambda x, base: -mpmath.log(x) / (base * mpmath.log(base) ** 2),
    "log_fma": lambda p, x, c: p * mpmath.log(x) + c,
    "where": lambda c, a, b: a if c else b,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.floor(x) if x > 0 else mpmath.ceil(x),
    "round": mpmath.nint,
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "sum": lambda *xs: mpmath.fsum(xs),
    "fsum": lambda *xs: mpmath.fsum(xs),
    "prod": lambda *xs: mpmath.fprod(xs),
    "sumprod": lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
    "dot": lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
    "lt": lambda a, b: mpmath.mpf(a < b),
    "le": lambda a, b: mpmath.mpf(a <= b),
    "gt": lambda a, b: mpmath.mpf(a > b),
    "ge": lambda a, b: mpmath.mpf(a >= b),
    "eq": lambda a, b: mpmath.mpf(a == b),
    "ne": lambda a, b: mpmath.mpf(a != b),
    "logical_and": lambda a, b: mpmath.mpf(a != 0 and b != 0),
    "logical_or": lambda a, b: mpmath.mpf(a != 0 or b != 0),
    "logical_not": lambda x: mpmath.mpf(x == 0),
    "element": lambda i, *xs: xs[int(i)],
    "argmax": lambda *xs: mpmath.mpf(xs.index(max(xs))),
    "exponent": lambda x: mpmath.mpf(max(-1000, min(1000, mpmath.mag(x))) if x else 0),
    "log_partition": logsumexp,
    "direction": lambda a, b: a / mpmath.sqrt(a * a + b * b),
    "p_norm": lambda p, *xs: mpmath.fsum(abs(x) ** p for x in xs) ** (1 / mpmath.mpf(p)),
    "deviation": deviation,
    "strong_product": lambda local, upstream, _: local * upstream,
}
"""The meaning of each op, in mpmath."""
