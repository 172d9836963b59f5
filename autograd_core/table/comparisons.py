"""The rows of comparisons, logic and choice by an index: 1.0 for what holds, 0.0 for what does not.

`a < b` of Values is Python's bool, which decides at once. These rows are the same comparisons as numbers of the graph.
Code that records a program uses them for conditions that are not known yet, as `where(lt(a, b), x, y)`. Between its
kinks a comparison is constant, so its derivatives are structural zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from autograd_core.numerics.number import NAN
from autograd_core.table.define import always, define_op, where
from autograd_core.table.op import Interval, Op
from autograd_core.table.ops import COPYSIGN

TRUTH: Final[Interval] = (-1.0, 1.0)
"""Where tests draw the inputs of logic; 0.0 is false, and every other number is true."""


def _gap(a: float, b: float) -> float:
    return abs(a - b)


def _nearest_to_0(*xs: float) -> float:
    return min([abs(x) for x in xs])


def _compare(name: str, sign: str, latex: str, forward: Any, about: str) -> Op:
    """The row of a comparison of two numbers; with nan only `ne` holds, as in IEEE 754."""
    return define_op(
        name,
        forward,
        lambda a, b, y: 0.0,
        lambda a, b, y: 0.0,
        latex=rf"\left[{{0}} {latex} {{1}}\right]",
        kinks=_gap,
        piecewise_constant=True,
        sign="not negative",
        about=f"Whether `a {sign} b`, as 1.0 or 0.0{about}.",
    )


LT: Final[Op] = _compare("lt", "<", "<", lambda a, b: 1.0 if a < b else 0.0, "")
LE: Final[Op] = _compare("le", "<=", r"\le", lambda a, b: 1.0 if a <= b else 0.0, "")
GT: Final[Op] = _compare("gt", ">", ">", lambda a, b: 1.0 if a > b else 0.0, "")
GE: Final[Op] = _compare("ge", ">=", r"\ge", lambda a, b: 1.0 if a >= b else 0.0, "")
EQ: Final[Op] = _compare("eq", "==", "=", lambda a, b: 1.0 if a == b else 0.0, "")
NE: Final[Op] = _compare("ne", "!=", r"\ne", lambda a, b: 1.0 if a != b else 0.0, ", also where one is nan")


LOGICAL_AND: Final[Op] = define_op(
    "logical_and",
    lambda a, b: 1.0 if a != 0.0 and b != 0.0 else 0.0,
    lambda a, b, y: 0.0,
    lambda a, b, y: 0.0,
    latex=r"\left[{0} \land {1}\right]",
    sample=TRUTH,
    kinks=_nearest_to_0,
    piecewise_constant=True,
    sign="not negative",
    about="Whether both inputs are true, that is not 0, as 1.0 or 0.0.",
)
LOGICAL_OR: Final[Op] = define_op(
    "logical_or",
    lambda a, b: 1.0 if a != 0.0 or b != 0.0 else 0.0,
    lambda a, b, y: 0.0,
    lambda a, b, y: 0.0,
    latex=r"\left[{0} \lor {1}\right]",
    sample=TRUTH,
    kinks=_nearest_to_0,
    piecewise_constant=True,
    sign="not negative",
    about="Whether at least one input is true, that is not 0, as 1.0 or 0.0.",
)
LOGICAL_NOT: Final[Op] = define_op(
    "logical_not",
    lambda x: 1.0 if x == 0.0 else 0.0,
    lambda x, y: 0.0,
    latex=r"\left[\lnot {0}\right]",
    sample=TRUTH,
    kinks=abs,
    piecewise_constant=True,
    sign="not negative",
)


def _picked(xs: Sequence[float]) -> float:
    """The element at the index, which stands in front; nan if there is none."""
    index, count = xs[0], len(xs) - 1
    if not -count <= index < count or index != math.floor(index):
        return NAN
    i = int(index)
    return xs[1 + i if i >= 0 else 1 + i + count]


def _choices(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives: 1 for the element at the index, 0 for the others and for the index; nan without an element."""
    index, count = xs[0], len(xs) - 1
    lost = where(y == y, 0.0, y)  # noqa: PLR0124 - nan
    return [0.0, *[where(index == i, 1.0, where(index == i - count, 1.0, lost)) for i in range(count)]]


ELEMENT: Final[Op] = define_op(
    "element",
    _picked,
    _choices,
    variadic=True,
    latex=r"\operatorname{{element}}\left({}\right)",
    sample=(-1.0, 0.75),
    structural=True,
    poles=True,
    internal=True,
    about="The input at the index that the first input gives, counted from the second: `element(1, a, b)` is `b`.",
)


def _is_unreached(upstream: Any) -> Any:
    """Whether a gradient is -0.0, which stands for one that nothing has reached."""
    return where(upstream == 0, COPYSIGN(1.0, upstream) < 0, False)


def _holds(local: Any, condition: Any) -> Any:
    """Whether a local derivative is a structural zero."""
    return where(local == 0, condition != 0, False)


def _strong_product(local: float, upstream: float, condition: float) -> float:
    return -0.0 if _is_unreached(upstream) or _holds(local, condition) else local * upstream + 0.0


STRONG_PRODUCT: Final[Op] = define_op(
    "strong_product",
    _strong_product,
    lambda local, upstream, condition, y: upstream,
    lambda local, upstream, condition, y: local,
    lambda local, upstream, condition, y: 0.0,
    kinks=lambda local, upstream, condition: abs(local),
    structural=(
        lambda local, upstream, condition, y: _is_unreached(upstream),
        lambda local, upstream, condition, y: _holds(local, condition),
        always,
    ),
    linear=True,
    internal=True,
    about="The product of a local derivative and a gradient; -0.0, which is neutral in sums, for a structural zero.",
)
