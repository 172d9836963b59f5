"""Units that let no gradient through: dead ones, and saturated ones.

A rectifier whose input is negative gives 0 with derivative 0: for this example it is *dead*. A squashing function far
from 0 is flat: it is *saturated*, and what it passes on is a hundredth or less of what it passes on at its steepest.
Both are properties of one example; only a unit that is dead for all of them is dead for good.
"""

import math
from typing import Final

from autograd_core import Value

DEAD: Final = "dead"
SATURATED: Final = "saturated"

RECTIFIERS: Final = frozenset({"relu", "relu6", "hardsigmoid", "hardswish"})
"""Ops that are 0 on a whole half-line."""

STEEPEST: Final = {
    "tanh": 1.0,
    "sigmoid": 0.25,
    "erf": 2.0 / math.sqrt(math.pi),
    "softsign": 1.0,
    "relu6": 1.0,
    "hardsigmoid": 1.0 / 6.0,
    "clamp": 1.0,
}
"""Ops with a bounded range, and the largest local derivative of each."""

FLAT: Final = 0.01
"""A unit is saturated if its local derivative is at most this part of the steepest."""


def remark(value: Value) -> str:
    """`"dead"`, `"saturated"`, or nothing.

    >>> from autograd_core import relu, tanh
    >>> [remark(unit) for unit in (relu(Value(-1.0)), relu(Value(1.0)), tanh(Value(-9.0)), tanh(Value(0.5)))]
    ['dead', '', 'saturated', '']
    """
    name = "" if value.op is None else value.op.name
    if name not in STEEPEST and name not in RECTIFIERS:
        return ""
    derivative = next(
        (slope for x, slope in zip(value.inputs, value.derivatives, strict=True) if isinstance(x, Value)), 1.0
    )
    if name in RECTIFIERS and value.data == derivative == 0.0:
        return DEAD
    return SATURATED if abs(derivative) <= FLAT * STEEPEST.get(name, 0.0) else ""
