"""Numbers for the ops that passes know, which compiled code compares faster than objects."""

from __future__ import annotations

from typing import Final

from autograd_core.compiler.program import COPY
from autograd_core.table import activations, comparisons, ops
from autograd_core.table.op import Op

OTHER: Final = 0
CODE_COPY: Final = 1
CODE_POS: Final = 2
CODE_NEG: Final = 3
CODE_ADD: Final = 4
CODE_SUB: Final = 5
CODE_MUL: Final = 6
CODE_DIV: Final = 7
CODE_WHERE: Final = 8
CODE_STRONG_PRODUCT: Final = 9
CODE_NOT: Final = 10
CODE_AND: Final = 11
CODE_OR: Final = 12
CODE_EQ: Final = 13
CODE_NE: Final = 14
CODE_COMPARISON: Final = 15
CODE_NEVER_MINUS_ZERO: Final = 16
CODE_SUM: Final = 17
CODE_DOT: Final = 18
CODE_ELEMENT: Final = 19
CODE_EVEN: Final = 20
CODE_ODD: Final = 21
NUMBER_OF_CODES: Final = 22

ROWS: Final[dict[int, tuple[Op, ...]]] = {
    CODE_COPY: (COPY,),
    CODE_POS: (ops.POS,),
    CODE_NEG: (ops.NEG,),
    CODE_ADD: (ops.ADD,),
    CODE_SUB: (ops.SUB,),
    CODE_MUL: (ops.MUL,),
    CODE_DIV: (ops.DIV,),
    CODE_WHERE: (ops.WHERE,),
    CODE_STRONG_PRODUCT: (comparisons.STRONG_PRODUCT,),
    CODE_NOT: (comparisons.LOGICAL_NOT,),
    CODE_AND: (comparisons.LOGICAL_AND,),
    CODE_OR: (comparisons.LOGICAL_OR,),
    CODE_EQ: (comparisons.EQ,),
    CODE_NE: (comparisons.NE,),
    CODE_COMPARISON: (comparisons.LT, comparisons.LE, comparisons.GT, comparisons.GE),
    # 0.0 and -0.0 are one number to them, and the result is never -0.0.
    CODE_NEVER_MINUS_ZERO: (
        ops.ABS, ops.SQUARE, ops.EXP, ops.EXP2, ops.COS, ops.COSH, ops.SECH, ops.SECH_SQUARED, activations.SIGMOID,
    ),
    CODE_SUM: (ops.SUM,),
    CODE_DOT: (ops.DOT,),
    CODE_ELEMENT: (comparisons.ELEMENT,),
    # 0.0 and -0.0 are one number to them.
    CODE_EVEN: (ops.EXP_DIFFERENCE, activations.SOFTPLUS, activations.LOGSIGMOID),
    # A zero is one of a zero, with its sign.
    CODE_ODD: (
        ops.SIN, ops.TAN, ops.ASIN, ops.ATAN, ops.SINH, ops.ASINH, ops.ATANH, ops.TANH, ops.SQRT, ops.CBRT, ops.EXPM1,
        ops.LOG1P,
    ),
}  # fmt: skip
"""The rows of each code; the tests hold them to what is said of them here."""

_CODES: Final[dict[int, int]] = {id(op): code for code, rows in ROWS.items() for op in rows}


def code_of(op: Op) -> int:
    """The code of an op; `OTHER` for one that passes know nothing about."""
    return _CODES.get(id(op), OTHER)


def op_of(code: int) -> Op:
    """The op of a code that stands for a single one."""
    return ROWS[code][0]
