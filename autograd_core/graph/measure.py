"""The result of an op at given numbers, and the local derivative with respect to each input.

The most common ops of one input are written out, and the exponential of a difference, of which a softmax has many.
Compiled, `tanh` then takes 115 ns instead of 440; a test checks that each is equal to its row, bit by bit. All other
ops, and points where a formula needs care, go through the row. This needs no lists and is 4 times faster than
`Op.evaluate` and `Op.derivatives_at`, which are called only where Python raises.
"""

from __future__ import annotations

import math

from autograd_core.numerics import activation_slopes, elementary, real
from autograd_core.table import activations, ops
from autograd_core.table.op import Op


def unary(op: Op, x: float) -> tuple[float, float]:
    """The result of an op with one input, and the derivative."""
    if op is activations.RELU:
        if x > 0.0:
            return x, 1.0
        if x <= 0.0:
            return 0.0, 0.0
    elif op is ops.TANH:
        if -20.0 < x < 20.0:
            sech = 1.0 / elementary.cosh(x)
            return elementary.tanh(x), sech * sech
    elif op is ops.EXP:
        y = real.exp(x)
        return y, y
    elif op is activations.SIGMOID:
        return activation_slopes.sigmoid_with_slope(x)
    elif op is ops.LOG and x > 0.0:
        return math.log(x), 1.0 / x
    try:
        y = float(op.forward(x))
        return y, float(op.derivatives[0](x, y))
    except ArithmeticError:
        y = op.evaluate([x])
        return y, op.derivatives_at([x], y, [True])[0]


def binary(op: Op, x: float, y: float, of_left: bool, of_right: bool) -> tuple[float, float, float]:
    """The result of an op with two inputs, and the two derivatives; one that is not asked for is 0."""
    if op is ops.EXP_DIFFERENCE:
        z = elementary.exp_difference(x, y)
        return z, z if of_left else 0.0, -z if of_right else 0.0
    dleft = dright = 0.0
    try:
        z = float(op.forward(x, y))
        if of_left:
            dleft = float(op.derivatives[0](x, y, z))
        if of_right:
            dright = float(op.derivatives[1](x, y, z))
    except ArithmeticError:
        z = op.evaluate([x, y])
        dleft, dright = op.derivatives_at([x, y], z, [of_left, of_right])
    return z, dleft, dright
