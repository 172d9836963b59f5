"""Programs that Hypothesis draws, and numbers to run them at."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.program import COPY, Program
from autograd_core.table.op import TABLE, Op

ROWS: Final = (COPY, *[op for op in TABLE.values() if op.about or op.arity is not None])

HOT: Final = tuple(
    TABLE[name]
    for name in (
        "add", "sub", "mul", "div", "neg", "pos", "where", "strong_product", "logical_not", "logical_and", "eq", "ne",
        "lt", "exp", "abs", "square", "sin", "sum", "dot", "element", "reciprocal", "copysign",
    )
)  # fmt: skip
"""The ops that passes know, and a few that read every sign."""

AWKWARD: Final = (
    0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 1e-310, -5e-324, 1e308, -1e200, 1e-200, math.inf, -math.inf, math.nan,
)  # fmt: skip

numbers: Final[st.SearchStrategy[float]] = st.sampled_from(AWKWARD) | st.floats(-4.0, 4.0) | st.floats()


@st.composite
def programs(draw: Any, ops: Sequence[Op] = HOT, most: int = 20) -> Program:
    """Programs with several outputs, whose instructions use each other's results again and again."""
    program = Program()
    for _ in range(draw(st.integers(1, 4))):
        program.input()
    for number in (0.0, -0.0, 1.0, -1.0, *draw(st.lists(st.sampled_from(AWKWARD) | st.floats(), max_size=3))):
        program.constant(number)
    for op in draw(st.lists(st.sampled_from(ops), max_size=most)):
        first = draw(st.sampled_from((0, max(0, len(program) - 4))))  # the latter makes deep programs
        place = st.integers(first, len(program) - 1)
        program.apply(op, _operands(draw, op, place))
    program.outputs = draw(st.lists(st.integers(0, len(program) - 1), min_size=1, max_size=4))
    return program


def _operands(draw: Any, op: Op, place: st.SearchStrategy[int]) -> list[int]:
    if op.arity is not None:
        count = op.arity
    elif op.adds == "products":
        count = 2 * draw(st.integers(1, 3))
    else:
        count = draw(st.integers(1, 5))
    return list(draw(st.lists(place, min_size=count, max_size=count)))


def bits(number: float) -> bytes:
    """The bits of a number; all nans are one."""
    return struct.pack("d", number) if number == number else b"nan"  # noqa: PLR0124 - nan


def outcome(program: Program, point: Sequence[float]) -> list[bytes]:
    """The bits of the outputs at a point."""
    return [bits(number) for number in evaluate(program, point)]


def size(program: Program) -> int:
    """How many instructions compute something."""
    return sum(kind >= 0 for kind in program.kinds)
