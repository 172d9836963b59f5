"""Units that let no gradient through: dead ones, and saturated ones.

A rectifier whose input is negative gives 0 with derivative 0: for this example it is *dead*. A squashing function far
from 0 is flat: it is *saturated*, and what it passes on is a hundredth or less of what it passes on at its steepest.
Both are properties of one example; only a unit that is dead for all of them is dead for good.
"""

from typing import Final

from autograd_core import Value

DEAD: Final = "dead"
SATURATED: Final = "saturated"

FLAT: Final = 0.01
"""A unit is saturated if its local derivative is at most this part of the steepest."""


def remark(value: Value) -> str:
    """`"dead"`, `"saturated"`, or nothing.

    >>> from autograd_core import relu, tanh
    >>> [remark(unit) for unit in (relu(Value(-1.0)), relu(Value(1.0)), tanh(Value(-9.0)), tanh(Value(0.5)))]
    ['dead', '', 'saturated', '']
    """
    op = value.op
    if op is None or (op.zero_until is None and op.steepest is None):
        return ""
    derivative = next(
        (slope for x, slope in zip(value.inputs, value.derivatives, strict=True) if isinstance(x, Value)), 1.0
    )
    if op.zero_until is not None and value.data == derivative == 0.0:
        return DEAD
    return SATURATED if abs(derivative) <= FLAT * (op.steepest or 0.0) else ""
