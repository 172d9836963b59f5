"""A Hypothesis strategy for programs of the compiler: lists of instructions on scalars, with awkward constants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from autograd_core.compiler.program import Program
from autograd_core.errors import InputError
from autograd_core.table.op import TABLE, Op

AWKWARD: Final = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e200, 1e-200, 5e-324, math.inf, -math.inf, math.nan)
"""Constants that are hard for floats."""

NEAR: Final = 4
"""In deep programs an instruction uses results of the last few."""


def instructions(
    ops: Sequence[Op] | None = None, max_inputs: int = 4, max_size: int = 20, max_outputs: int = 4
) -> st.SearchStrategy[Program]:
    """Return a strategy for programs of the compiler, which `viz.draw` draws and `compiler.evaluator` runs.

    Args:
        ops: the ops that occur; by default all ops of the table. An op with any number of inputs gets up to six.
        max_inputs: the largest number of inputs; there is at least one.
        max_size: the largest number of ops.
        max_outputs: the largest number of outputs; there is at least one.

    Raises:
        InputError: if there are no ops, or a number is too small.
    """
    chosen = list(TABLE.values()) if ops is None else list(ops)
    if not chosen or max_inputs < 1 or max_size < 0 or max_outputs < 1:
        raise InputError(
            "expected at least one op, one input, one output and a size of 0 or more, got "
            f"{len(chosen)} ops, max_inputs={max_inputs}, max_outputs={max_outputs} and max_size={max_size}"
        )
    return _instructions(chosen, max_inputs, max_size, max_outputs)


@st.composite
def _instructions(draw: st.DrawFn, ops: Sequence[Op], inputs: int, size: int, outputs: int) -> Program:
    """Draw a program; the arguments are those of `instructions`."""
    program = Program()
    for _ in range(draw(st.integers(1, inputs))):
        program.input()
    for number in draw(st.lists(st.sampled_from(AWKWARD), max_size=3)):
        program.constant(number)
    for op in draw(st.lists(st.sampled_from(list(ops)), max_size=size)):
        first = draw(st.sampled_from((0, max(0, len(program) - NEAR))))
        program.apply(op, draw(_operands(op, st.integers(first, len(program) - 1))))
    program.outputs = draw(st.lists(st.integers(0, len(program) - 1), min_size=1, max_size=outputs))
    return program


def _operands(op: Op, place: st.SearchStrategy[int]) -> st.SearchStrategy[list[Any]]:
    if op.arity is not None:
        return st.lists(place, min_size=op.arity, max_size=op.arity)
    if op.adds == "products":
        return st.integers(1, 3).flatmap(lambda half: st.lists(place, min_size=2 * half, max_size=2 * half))
    return st.lists(place, min_size=1, max_size=6)
