"""The meaning of each op, as a function of mpmath numbers, independent of the engine.

A meaning is right to all digits of the working precision, or converges as the precision grows. A caller that needs the
truth evaluates it at two precisions and uses the common digits.

The meaning of a custom op is its forward function on mpmath numbers. The functions of `math` would convert them to
floats, so those that the forward function calls by name are replaced by their mpmath counterparts. A few points test
whether all digits are kept; an op that loses digits has no meaning here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType, SimpleNamespace
from typing import Any, Final

import mpmath

from autograd_core.table.op import TABLE, Op
from autograd_core.testing.truths.sampling import per_input

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


def decay(x: Any) -> Any:
    """Return `exp(-x)`; 0 above 1e9, where it is far smaller than any float.

    There the cost of mpmath grows with the size of the exponent.
    """
    return mpmath.exp(-x) if x < 1e9 else mpmath.mpf(0)


def exponential(x: Any) -> Any:
    """Return `exp(x)`; 0 below -1e9, as in `decay`."""
    return decay(-x)


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
    "elu": lambda x, alpha: x if x > 0 else alpha * mpmath.expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mpmath.expm1(x)),
    "hardsigmoid": lambda x: min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "hardswish": lambda x: x * min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "tanhshrink": tanhshrink,
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
    "strong_product": lambda local, upstream, _: local * upstream,
}
"""The meaning of each op, in mpmath."""


_PARTS: Final = (0.31, 0.62, 0.83)
"""The fractions of the sample intervals at which a meaning is tested; not the middle, which is often a kink."""

_HIDDEN: Final = mpmath.mpf(10) ** -20
"""A step far below the precision of a float."""


@lru_cache(maxsize=512)
def meaning_of(op: Op) -> Callable[..., Any] | None:
    """Return the op as a function of mpmath numbers, or None if it is unknown.

    The meaning of a row of the table is in `MEANINGS`. Another op with the same name and the same numbers has the same
    meaning. Else the meaning is the forward function on mpmath numbers, if it keeps all digits.

    >>> from autograd_core import TABLE, define_op
    >>> print(meaning_of(TABLE["sqrt"])(mpmath.mpf(2)))
    1.4142135623731
    >>> cubed = define_op("cubed", lambda x: x**3, lambda x, y: 3.0 * x**2)
    >>> meaning_of(cubed)(mpmath.mpf(2))
    mpf('8.0')
    """
    known = MEANINGS.get(op.name)
    if known is not None and (TABLE.get(op.name) is op or _is_meaning(known, op)):
        return known
    for forward in (op.forward, _with_mpmath(op.forward)):
        own = _of_arguments(forward) if op.arity is None else forward
        if _is_meaning(own, op):
            return own
    return None


def _of_arguments(forward: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *inputs: forward(list(inputs))


def _by_name(name: str) -> Any:
    """Return the mpmath counterpart of `math.name`; constants remain floats."""
    given = getattr(math, name)
    if not callable(given):
        return given
    return MEANINGS.get(name) or getattr(mpmath, _SPELLINGS.get(name, name), given)


_SPELLINGS: Final = {"pow": "power", "prod": "fprod"}

_MATH: Final = SimpleNamespace(**{name: _by_name(name) for name in dir(math) if not name.startswith("_")})


def _with_mpmath(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with `math`, and names imported from it, replaced by mpmath; itself if it is compiled."""
    if not isinstance(forward, FunctionType):
        replaced: Callable[..., Any] = _in_mpmath(forward)
        return replaced
    names = {name: _in_mpmath(thing) for name, thing in forward.__globals__.items()}
    copy = FunctionType(forward.__code__, names, forward.__name__, forward.__defaults__, forward.__closure__)
    copy.__kwdefaults__ = forward.__kwdefaults__
    return copy


def exactly(
    f: Callable[..., Any], numbers: Sequence[float], arguments: Callable[[list[Any]], Sequence[Any]], digits: int
) -> Any:
    """Return a function of floats computed in mpmath, with `arguments` of these numbers.

    >>> print(exactly(lambda x: math.sin(x) - x, [1e-8], lambda numbers: numbers, 60))
    -1.66666666666667e-25
    """
    with mpmath.workdps(digits):
        return _with_mpmath(f)(*arguments([mpmath.mpf(x) for x in numbers]))


def _in_mpmath(thing: Any) -> Any:
    if thing is math:
        return _MATH
    if callable(thing) and getattr(thing, "__module__", None) == "math":
        return getattr(_MATH, thing.__name__, thing)
    return thing


def _is_meaning(function: Callable[..., Any], op: Op) -> bool:
    """Return whether the function gives the numbers of the op at a few points, and keeps all digits."""
    points = [
        [low + (high - low) * (part + 0.01 * i) for i, (low, high) in enumerate(per_input(op, op.sample))]
        for part in _PARTS
    ]
    try:
        with mpmath.workdps(60):
            return all(_agrees_at(function, op, point) for point in points)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return False  # the function does not run on mpmath numbers


def _agrees_at(function: Callable[..., Any], op: Op, point: Sequence[float]) -> bool:
    """Return whether value and derivatives are those of the op; a step below float precision shows lost digits."""
    exact = [mpmath.mpf(x) for x in point]
    value = function(*exact)
    expected = op.evaluate(point)
    if not isinstance(value, mpmath.mpf) or abs(value - expected) > 1e-12 * max(1.0, abs(expected)):
        return False
    return all(_derivatives_agree(function, op, point, i) for i in range(len(point)))


def _derivatives_agree(function: Callable[..., Any], op: Op, point: Sequence[float], index: int) -> bool:
    """Return whether differences of the function and of the op agree in one input."""

    def quotient(apply: Callable[..., Any], step: Any, numbers: list[Any]) -> Any:
        """Return the central difference quotient in one input."""
        above, below = list(numbers), list(numbers)
        above[index] += step
        below[index] -= step
        return (apply(above) - apply(below)) / (above[index] - below[index])

    hidden = quotient(lambda xs: function(*xs), _HIDDEN, [mpmath.mpf(x) for x in point])
    seen = quotient(op.evaluate, 1e-6, list(point))
    return bool(abs(hidden - seen) <= 1e-4 * max(1.0, abs(seen), abs(op.evaluate(point))))
