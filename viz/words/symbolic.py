"""Graphs as expressions of SymPy, to be simplified, differentiated and solved there.

One table says how each op is spelled with SymPy's functions. It is mathematics, not floating point: at a kink or a pole
SymPy's own conventions hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any, Final

from autograd_core import InputError, Value
from autograd_core.calls import explained
from viz.graph.arguments import check_limit, check_value
from viz.graph.references import References
from viz.graph.variable_names import caller_scopes, check_names

MAX_NODES: Final = 2_000
"""Most nodes converted by default; SymPy needs minutes for larger expressions."""

Spelling = Callable[..., Any]
"""A function from the module of SymPy and the inputs to the expression."""


def _call(name: str) -> Spelling:
    return lambda s, *xs: getattr(s, name)(*xs)


def _plain(function: Spelling) -> Spelling:
    """A spelling by operators only."""
    return lambda _, *xs: function(*xs)


def _dot(s: Any, *xs: Any) -> Any:
    half = len(xs) // 2
    return s.Add(*[x * y for x, y in zip(xs[:half], xs[half:], strict=True)])


def _elu(s: Any, x: Any, alpha: Any) -> Any:
    return s.Piecewise((x, x > 0), (alpha * (s.exp(x) - 1), True))


def _truncated(s: Any, x: Any) -> Any:
    return s.Piecewise((s.floor(x), x >= 0), (s.ceiling(x), True))


def _nearest(s: Any, x: Any) -> Any:
    """The nearest integer; in a tie, the even one."""
    half = s.Rational(1, 2)
    up, is_tie = s.floor(x + half), s.Eq(x - s.floor(x), half)
    return s.Piecewise((2 * s.floor(up / 2), is_tie), (up, True))


def _gelu_gate(s: Any, x: Any) -> Any:
    return 1 / (1 + s.exp(-2 * s.sqrt(2 / s.pi) * (x + s.Float("0.044715") * x**3)))


def _normal_cdf(s: Any, x: Any) -> Any:
    return (1 + s.erf(x / s.sqrt(2))) / 2


def _derivative(s: Any, name: str, x: Any, order: int = 1) -> Any:
    """The derivative of another op, by SymPy."""
    t = s.Symbol("t", real=True)
    return s.diff(SPELLINGS[name](s, t), t, order).subs(t, x)


def _clamped(s: Any, x: Any, low: Any, high: Any) -> Any:
    return s.Min(s.Max(x, low), high)


def _truth(relation: str) -> Spelling:
    """1 where a relation of SymPy holds, else 0."""
    return lambda s, a, b: s.Piecewise((1, getattr(s, relation)(a, b)), (0, True))


SPELLINGS: Final[dict[str, Spelling]] = {
    "add": _plain(lambda a, b: a + b),
    "sub": _plain(lambda a, b: a - b),
    "mul": _plain(lambda a, b: a * b),
    "div": _plain(lambda a, b: a / b),
    "neg": _plain(lambda x: -x),
    "pos": _plain(lambda x: x),
    "pow": _plain(lambda x, p: x**p),
    "pow_dx": _plain(lambda x, p: p * x ** (p - 1)),
    "pow_dp": lambda s, x, p: x**p * s.log(x),
    "square": _plain(lambda x: x**2),
    "reciprocal": _plain(lambda x: 1 / x),
    "fma": _plain(lambda a, b, c: a * b + c),
    "floordiv": lambda s, a, b: s.floor(a / b),
    "mod": lambda s, a, b: a - b * s.floor(a / b),
    "fmod": lambda s, a, b: a - b * _truncated(s, a / b),
    "remainder": lambda s, a, b: a - b * _nearest(s, a / b),
    "abs": _call("Abs"),
    "exp": _call("exp"),
    "log": _call("log"),
    "exp_difference": lambda s, a, b: s.exp(a - b),
    "exp_quotient": lambda s, a, b: s.exp(a / b),
    "exp_quotient_da": lambda s, a, b: s.exp(a / b) / b,
    "exp_quotient_db": lambda s, a, b: -a * s.exp(a / b) / b**2,
    "exp2": _plain(lambda x: 2**x),
    "expm1": lambda s, x: s.exp(x) - 1,
    "log2": lambda s, x: s.log(x, 2),
    "log10": lambda s, x: s.log(x, 10),
    "log_base": lambda s, x, b: s.log(x) / s.log(b),
    "log_base_db": lambda s, x, b: -s.log(x) / (b * s.log(b) ** 2),
    "log_fma": lambda s, p, x, c: p * s.log(x) + c,
    "log1p": lambda s, x: s.log(1 + x),
    "cbrt": lambda s, x: s.real_root(x, 3),
    "sqrt": _call("sqrt"),
    "sin": _call("sin"),
    "cos": _call("cos"),
    "tan": _call("tan"),
    "asin": _call("asin"),
    "acos": _call("acos"),
    "atan": _call("atan"),
    "atan2": _call("atan2"),
    "cauchy": _plain(lambda a, b: b / (a**2 + b**2)),
    "cauchy_da": _plain(lambda a, b: -2 * a * b / (a**2 + b**2) ** 2),
    "cauchy_db": _plain(lambda a, b: (a**2 - b**2) / (a**2 + b**2) ** 2),
    "sinh": _call("sinh"),
    "cosh": _call("cosh"),
    "asinh": _call("asinh"),
    "acosh": _call("acosh"),
    "atanh": _call("atanh"),
    "tanh": _call("tanh"),
    "copysign": lambda s, a, b: s.Piecewise((s.Abs(a), b >= 0), (-s.Abs(a), True)),
    "degrees": lambda s, x: 180 * x / s.pi,
    "radians": lambda s, x: s.pi * x / 180,
    "where": lambda s, c, a, b: s.Piecewise((a, s.Ne(c, 0)), (b, True)),
    "clamp": _clamped,
    "floor": _call("floor"),
    "ceil": _call("ceiling"),
    "trunc": _truncated,
    "round": _nearest,
    "max": _call("Max"),
    "min": _call("Min"),
    "sum": _call("Add"),
    "fsum": _call("Add"),
    "prod": _call("Mul"),
    "sumprod": _dot,
    "dot": _dot,
    "hypot": lambda s, *xs: s.sqrt(s.Add(*[x**2 for x in xs])),
    "direction": lambda s, a, b: a / s.sqrt(a**2 + b**2),
    "log_partition": lambda s, *xs: s.log(s.Add(*[s.exp(x) for x in xs])),
    "strong_product": lambda s, local, upstream, condition: local * upstream,  # noqa: ARG005 - 0 times anything is 0
    "exponent": lambda s, x: s.floor(s.log(s.Abs(x), 2)) + 1,
    "argmax": lambda s, *xs: s.Piecewise(*[(i, s.Eq(x, s.Max(*xs))) for i, x in enumerate(xs)]),
    "element": lambda s, i, *xs: s.Piecewise(*[(x, s.Or(s.Eq(i, k), s.Eq(i, k - len(xs)))) for k, x in enumerate(xs)]),
    "lt": _truth("Lt"),
    "le": _truth("Le"),
    "gt": _truth("Gt"),
    "ge": _truth("Ge"),
    "eq": _truth("Eq"),
    "ne": _truth("Ne"),
    "logical_and": lambda s, a, b: s.Piecewise((1, s.And(s.Ne(a, 0), s.Ne(b, 0))), (0, True)),
    "logical_or": lambda s, a, b: s.Piecewise((1, s.Or(s.Ne(a, 0), s.Ne(b, 0))), (0, True)),
    "logical_not": lambda s, x: s.Piecewise((1, s.Eq(x, 0)), (0, True)),
    "gaussian": lambda s, x: s.exp(-(x**2)),
    "erf": _call("erf"),
    "erfc": _call("erfc"),
    "normal_pdf": lambda s, x: s.exp(-(x**2) / 2) / s.sqrt(2 * s.pi),
    "normal_cdf": _normal_cdf,
    "gamma": _call("gamma"),
    "lgamma": lambda s, x: s.log(s.Abs(s.gamma(x))),
    "digamma": lambda s, x: s.polygamma(0, x),
    "polygamma": _call("polygamma"),
    "sigmoid": lambda s, x: 1 / (1 + s.exp(-x)),
    "relu": lambda s, x: s.Max(x, 0),
    "relu6": lambda s, x: _clamped(s, x, 0, 6),
    "leaky_relu": lambda s, x, slope: s.Piecewise((x, x > 0), (slope * x, True)),
    "elu": _elu,
    "celu": lambda s, x, alpha: s.Piecewise((x, x > 0), (alpha * (s.exp(x / alpha) - 1), True)),
    "selu": lambda s, x: s.Float(1.0507009873554805) * _elu(s, x, s.Float(1.6732632423543772)),
    "hardsigmoid": lambda s, x: _clamped(s, x / 6 + s.Rational(1, 2), 0, 1),
    "softplus": lambda s, x: s.log(1 + s.exp(x)),
    "logsigmoid": lambda s, x: -s.log(1 + s.exp(-x)),
    "silu": lambda s, x: x / (1 + s.exp(-x)),
    "mish": lambda s, x: x * s.tanh(s.log(1 + s.exp(x))),
    "gelu": lambda s, x: x * _normal_cdf(s, x),
    "gelu_tanh": lambda s, x: x * _gelu_gate(s, x),
    "sech": lambda s, x: 1 / s.cosh(x),
    "sech_squared": lambda s, x: 1 / s.cosh(x) ** 2,
    "sigmoid_slope": lambda s, x: _derivative(s, "sigmoid", x),
    "silu_slope": lambda s, x: _derivative(s, "silu", x),
    "silu_curvature": lambda s, x: _derivative(s, "silu", x, 2),
    "mish_slope": lambda s, x: _derivative(s, "mish", x),
    "mish_curvature": lambda s, x: _derivative(s, "mish", x, 2),
    "gelu_slope": lambda s, x: _derivative(s, "gelu", x),
    "gelu_tanh_slope": lambda s, x: _derivative(s, "gelu_tanh", x),
    "gelu_tanh_curvature": lambda s, x: _derivative(s, "gelu_tanh", x, 2),
    "gelu_tanh_sech": lambda s, x: 1 / s.cosh(s.sqrt(2 / s.pi) * (x + s.Float("0.044715") * x**3)),
    "celu_slope": lambda s, x, alpha: (1 - x / alpha) * s.exp(x / alpha) - 1,
    "gaussian_slope": lambda s, x: -2 * x * s.exp(-(x**2)),
    "scaled_gaussian": lambda s, a, x: a * s.exp(-(x**2)),
    "normal_pdf_slope": lambda s, x: -x * s.exp(-(x**2) / 2) / s.sqrt(2 * s.pi),
    "scaled_normal_pdf": lambda s, a, x: a * s.exp(-(x**2) / 2) / s.sqrt(2 * s.pi),
    "hardswish": lambda s, x: x * _clamped(s, x / 6 + s.Rational(1, 2), 0, 1),
    "softsign": lambda s, x: x / (1 + s.Abs(x)),
    "tanhshrink": lambda s, x: x - s.tanh(x),
    "softshrink": lambda s, x, t: s.Piecewise((x - t, x > t), (x + t, x < -t), (0, True)),
    "hardshrink": lambda s, x, t: s.Piecewise((x, s.Abs(x) > t), (0, True)),
}
"""The expression of each op."""


@explained()
def to_sympy(value: Value, *, names: Mapping[str, object] | None = None, max_nodes: int | None = MAX_NODES) -> Any:
    """Convert the graph of `value` to an expression of SymPy, in real symbols named like its leaves.

    Whole numbers become integers, other constants floats of 53 bits. Leaves that share a name get numbers after it, and
    leaves without a name are `v1`, `v2`, and so on.

    Args:
        value: the root of the graph.
        names: names for leaves, as in `draw`.
        max_nodes: most nodes to convert, by default 2,000; None for no limit, which SymPy may not be able to handle.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if SymPy is not installed, if the graph is larger than `max_nodes` or too deep, or if an op has no
            spelling in SymPy, such as a user's own op; it is a ValueError.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> to_sympy((a * b + a).tanh())  # doctest: +SKIP
    tanh(a*b + a)
    """
    check_value("to_sympy", "its root", value)
    limit = check_limit("max_nodes", max_nodes)
    sympy = _sympy()
    references = References(value, [check_names(names), *caller_scopes(1)])
    if len(references.order) > limit:
        raise InputError(
            f"to_sympy expected a graph of at most {limit:,} nodes, got {len(references.order):,}; "
            "convert a part of it, or raise max_nodes"
        )
    try:
        return _convert(sympy, references)
    except RecursionError:
        raise InputError(
            f"the graph of {len(references.order):,} nodes is too deep for SymPy, which recurses; "
            "convert a part of it, or raise sys.setrecursionlimit"
        ) from None


def _convert(sympy: Any, references: References) -> Any:
    symbols = _names(references)
    expressions: dict[int, Any] = {}
    for node in references.order:
        if node.op is None:
            expressions[id(node)] = sympy.Symbol(symbols[id(node)], real=True)
            continue
        inputs = [expressions[id(x)] if isinstance(x, Value) else _constant(sympy, x) for x in node.inputs]
        spelling = SPELLINGS.get(node.op.name)
        if spelling is None:
            raise InputError(
                f"the op {node.op.name!r} has no spelling in SymPy; add one to viz.words.symbolic.SPELLINGS"
            )
        expressions[id(node)] = spelling(sympy, *inputs)
    return expressions[id(references.root)]


def _sympy() -> Any:
    try:
        import sympy
    except ImportError:
        raise InputError('to_sympy needs SymPy: pip install "autograd-core[symbolic]", or pip install sympy') from None
    return sympy


def _names(references: References) -> dict[int, str]:
    """A unique name for each leaf."""
    names: dict[int, str] = {}
    leaves = [node for node in references.order if node.op is None]
    taken = {references.name(leaf) for leaf in leaves}
    given: set[str] = set()
    for leaf in leaves:
        name = references.name(leaf)
        choices = chain([name] if name else [], (f"{name or 'v'}{i}" for i in count(2 if name else 1)))
        # A new name must not be the name of a later leaf.
        names[id(leaf)] = next(x for x in choices if x not in given and (x == name or x not in taken))
        given.add(names[id(leaf)])
    return names


def _constant(sympy: Any, number: float) -> Any:
    if not math.isfinite(number):
        return sympy.nan if math.isnan(number) else sympy.oo if number > 0 else -sympy.oo
    return sympy.Integer(int(number)) if number.is_integer() and abs(number) < 2.0**53 else sympy.Float(number)
