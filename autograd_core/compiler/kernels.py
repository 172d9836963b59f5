"""Kernels: the hot rows of the table as typed functions, each with a number, its code.

A kernel gives the bits of its row's forward function: it calls the same function of `numerics`, or is the same
formula. So it saves the way through Python objects and nothing else. An op without a kernel has the code `BY_ROW`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from mypy_extensions import i64

from autograd_core.compiler.program import COPY
from autograd_core.numerics import activation_functions, activation_slopes, elementary, real
from autograd_core.numerics.number import INFINITY
from autograd_core.table.activations import RELU, SIGMOID, SIGMOID_SLOPE, SOFTPLUS
from autograd_core.table.comparisons import EQ, GE, GT, LE, LT, NE, STRONG_PRODUCT
from autograd_core.table.define import always
from autograd_core.table.op import REAL, Op
from autograd_core.table.ops import (
    ABS,
    ADD,
    COPYSIGN,
    COS,
    COSH,
    DIV,
    DOT,
    EXP,
    LOG,
    MUL,
    NEG,
    POS,
    RECIPROCAL,
    SECH_SQUARED,
    SIN,
    SINH,
    SQRT,
    SQUARE,
    SUB,
    SUM,
    TANH,
    WHERE,
)
from autograd_core.table.powers import POW, POW_DX
from autograd_core.table.precedence import Precedence

STEP: Final = Op(
    "step",
    1,
    lambda x: 1.0 if x > 0.0 else x,
    (lambda _x, _y: 0.0,),
    "step",
    r"\operatorname{{step}}\left({0}\right)",
    Precedence.CALL,
    (REAL,),
    ((0.0, 3.0),),
    None,
    (always,),
)
"""The slope of `relu`, of its output: 1 for a positive number, else the number itself, which is 0 or nan."""


def _dot_from(numbers: Sequence[float]) -> float:
    total, half = numbers[-1], len(numbers) // 2
    for k in range(half):
        total += numbers[k] * numbers[half + k]
    return total


DOT_FROM: Final = Op(
    "dot_from",
    None,
    _dot_from,
    (),
    "dot from",
    r"\operatorname{{dot from}}\left({}\right)",
    Precedence.CALL,
    (REAL,),
    ((-3.0, 3.0),),
    None,
)
"""A dot product that begins with its last operand. It has no derivative: it is found after differentiation."""

FLAT: Final = 0.75
"""Where the square of `tanh`, or the sigmoid, is below, its slope is found from it; `1 - y` loses 2 bits at most."""


def _sech_squared_of(y: float, x: float) -> float:
    return 1.0 - y * y if y * y < FLAT else elementary.sech_squared(x)


def _sigmoid_slope_of(y: float, x: float) -> float:
    return y - y * y if y < FLAT else activation_slopes.sigmoid_slope(x)


def _slope_of_output(name: str, forward: Callable[[float, float], float]) -> Op:
    """The slope of a function as an op of its output and its input, which takes less time."""
    latex = rf"\operatorname{{{{{name.replace('_', ' ')}}}}}\left({{0}}, {{1}}\right)"
    return Op(name, 2, forward, (), name, latex, Precedence.CALL, (REAL, REAL), ((-0.9, 0.9), (-3.0, 3.0)), None)


SECH_SQUARED_OF: Final = _slope_of_output("sech_squared_of", _sech_squared_of)
SIGMOID_SLOPE_OF: Final = _slope_of_output("sigmoid_slope_of", _sigmoid_slope_of)

BY_ROW: Final = 0
CODE_ADD: Final = 1
CODE_SUB: Final = 2
CODE_MUL: Final = 3
CODE_DIV: Final = 4
CODE_POW: Final = 11
FIRST_UNARY: Final = 32
FIRST_TERNARY: Final = 64
CODE_RELU: Final = 34
CODE_WHERE: Final = 64
CODE_STRONG_PRODUCT: Final = 65
CODE_SUM: Final = 96
CODE_DOT: Final = 97

CODE_DOT_FROM: Final = 98

KERNELS: Final[dict[str, tuple[int, float]]] = {
    "add": (1, 0.7), "sub": (2, 0.7), "mul": (3, 0.7), "div": (4, 1.3), "lt": (5, 3.0), "le": (6, 3.0), "gt": (7, 3.0),
    "ge": (8, 3.0), "eq": (9, 3.2), "ne": (10, 3.2), "pow": (11, 30.0), "pow_dx": (12, 40.0), "copysign": (13, 2.0),
    "sech_squared_of": (14, 2.0), "sigmoid_slope_of": (15, 2.0),
    "neg": (32, 0.8), "copy": (33, 1.0), "pos": (33, 1.0), "relu": (34, 1.2), "exp": (35, 5.0), "tanh": (36, 9.0),
    "sech_squared": (37, 9.0), "sigmoid": (38, 7.3), "sigmoid_slope": (39, 8.2), "log": (40, 8.8), "sqrt": (41, 3.0),
    "square": (42, 2.1), "reciprocal": (43, 3.2), "abs": (44, 2.4), "sin": (45, 11.0), "cos": (46, 12.0),
    "sinh": (47, 50.0), "cosh": (48, 36.0), "softplus": (49, 80.0), "step": (50, 1.5),
    "where": (64, 1.7), "strong_product": (65, 4.0),
    "sum": (96, 0.6), "dot": (97, 0.5), "dot_from": (98, 0.5),
}  # fmt: skip
"""The kernels by the names of their ops: the code, and the nanoseconds of a lane or term in a compiled loop."""

CODES: Final[dict[str, int]] = {name: code for name, (code, _) in KERNELS.items()}
"""The code of each kernel, by the name of its op."""

LANE: Final[dict[int, float]] = dict(KERNELS.values())
"""For the code of each kernel the nanoseconds of a lane."""

_BY_OP: Final[dict[int, int]] = {
    id(op): CODES[op.name]
    for op in (
        ADD, SUB, MUL, DIV, LT, LE, GT, GE, EQ, NE, POW, POW_DX, COPYSIGN, NEG, COPY, POS, RELU, EXP, TANH,
        SECH_SQUARED, SIGMOID, SIGMOID_SLOPE, LOG, SQRT, SQUARE, RECIPROCAL, ABS, SIN, COS, SINH, COSH, SOFTPLUS, STEP,
        WHERE, STRONG_PRODUCT, SUM, DOT, DOT_FROM, SECH_SQUARED_OF, SIGMOID_SLOPE_OF,
    )
}  # fmt: skip


def codes(names: str) -> frozenset[int]:
    """The codes of kernels, by the names of their ops.

    >>> sorted(codes("mul add"))
    [1, 3]
    """
    return frozenset([CODES[name] for name in names.split()])


def code_of(op: Op) -> int:
    """The code of the kernel of an op, `BY_ROW` if it has none. Two ops of one name are two ops.

    >>> from autograd_core import TABLE
    >>> code_of(TABLE["add"]), code_of(TABLE["erf"])
    (1, 0)
    """
    return _BY_OP.get(id(op), BY_ROW)


FAST: Final = {
    CODES["tanh"]: 52,
    CODES["sech_squared"]: 53,
    CODES["sigmoid"]: 54,
    CODES["sigmoid_slope"]: 55,
    CODES["sech_squared_of"]: 16,
    CODES["sigmoid_slope_of"]: 17,
}
"""The codes of fast kernels, for those of `tanh`, `sigmoid` and their slopes.

They are within 2 units in the last place, and slopes that are found from outputs within 4.
"""


def fast_code_of(op: Op) -> int:
    """The code of the fastest kernel of an op, which may round in its own way."""
    code = code_of(op)
    return FAST.get(code, code)


def unary(code: i64, x: float) -> float:  # noqa: C901, PLR0912 - a branch for each kernel
    """The kernel of an op of one input."""
    if code == 32:
        return -x
    if code == 33:
        return x
    if code >= 52:
        return _fast(code, x)
    if code == 34:
        return 0.0 if x <= 0.0 else x  # noqa: FURB136 - max() would turn a nan into 0
    if code == 35:
        return real.exp(x)
    if code == 36:
        return elementary.tanh(x)
    if code == 37:
        return elementary.sech_squared(x)
    if code == 38:
        return activation_functions.sigmoid(x)
    if code == 39:
        return activation_slopes.sigmoid_slope(x)
    if code == 40:
        return real.log(x)
    if code == 41:
        return real.sqrt(x)
    if code == 42:
        return x * x
    if code == 43:
        return real.divide(1.0, x)
    if code == 44:
        return abs(x)
    if code == 45:
        return real.sin(x)
    if code == 46:
        return real.cos(x)
    if code == 47:
        return elementary.sinh(x)
    if code == 48:
        return elementary.cosh(x)
    if code == 49:
        return activation_functions.softplus(x)
    return 1.0 if x > 0.0 else x


def _fast(code: i64, x: float) -> float:
    if code == 52:
        return _fast_tanh(x)
    if code == 54:
        e = math.exp(-abs(x)) if x == x else x  # noqa: PLR0124 - nan
        return (e if x < 0.0 else 1.0) / (1.0 + e)
    return 4.0 * _bell(2.0 * x) if code == 53 else _bell(x)


def _bell(x: float) -> float:
    """`e / (1 + e)**2` with `e = exp(-|x|)`; what is lost in rounding `1 + e` is added to its square."""
    if x != x:  # noqa: PLR0124 - nan
        return x
    e = math.exp(-abs(x))
    p = 1.0 + e
    return e / (p * p + 2.0 * p * (e - (p - 1.0)))


def _last(s: float) -> float:
    """The last coefficients of the power series of `tanh`."""
    return 6404582 / 10854718875 + s * (-443861162 / 1856156927625 + s * (18888466084 / 194896477400625))


def _fast_tanh(x: float) -> float:
    """By an exponential; near 0 by the power series at half the argument, where `1 - 2 / (e + 1)` would cancel."""
    a = abs(x)
    if a < 0.55:
        h = 0.5 * x
        s = h * h
        rest = 62 / 2835 + s * (-1382 / 155925 + s * (21844 / 6081075 + s * (-929569 / 638512875 + s * _last(s))))
        t = h + h * (s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * rest))))
        square = t * t
        return 2.0 * t - 2.0 * t * (square / (1.0 + square))
    if a < 21.0:
        y = 1.0 - 2.0 / (math.exp(2.0 * a) + 1.0)
        return y if x > 0.0 else -y
    return math.copysign(1.0, x) if a == a else x  # noqa: PLR0124 - nan


def binary(code: i64, a: float, b: float) -> float:
    """The kernel of an op of two inputs."""
    if code == 1:
        return a + b
    if code == 2:
        return a - b
    if code == 3:
        return a * b
    if code == 4:
        return real.divide(a, b)
    if code >= 14:
        return _slope(code, a, b)
    if code == 11:
        return real.power(a, b)
    if code == 12:
        return _power_slope(a, b)
    if code == 13:
        return math.copysign(a, b)
    return 1.0 if _holds(code, a, b) else 0.0


def _slope(code: i64, y: float, x: float) -> float:
    """The kernels of the slopes of an output."""
    if code == 16:
        return 1.0 - y * y if y * y < FLAT else 4.0 * _bell(2.0 * x)
    if code == 17:
        return y - y * y if y < FLAT else _bell(x)
    return _sech_squared_of(y, x) if code == 14 else _sigmoid_slope_of(y, x)


def _holds(code: i64, a: float, b: float) -> bool:
    if code == 5:
        return a < b
    if code == 6:
        return a <= b
    if code == 7:
        return a > b
    if code == 8:
        return a >= b
    return a == b if code == 9 else a != b


def _power_slope(x: float, p: float) -> float:
    """The derivative of `x**p` in `x`, the formula of `table.powers`."""
    if p == 0.0 and not (x > 0.0 or x < 0.0):
        return 0.0
    if p >= 0.5 or x == 0.0 or not abs(x) < INFINITY:
        return p * real.power(x, p - 1.0)
    return p * real.power(x, p) / x


def ternary(code: i64, a: float, b: float, c: float) -> float:
    """The kernel of an op of three inputs."""
    if code == 64:
        return b if a != 0.0 else c
    if b == 0.0 and math.copysign(1.0, b) < 0.0:  # a strong product; nothing has reached its upstream
        return -0.0
    return -0.0 if a == 0.0 and c != 0.0 else a * b + 0.0
