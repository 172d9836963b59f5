"""Programs for the compiler: drawn by Hypothesis, and wide ones with patterns of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from autograd_core.compiler.executors.cost import COMPILED, Costs
from autograd_core.compiler.program import Program
from autograd_core.table.op import TABLE, Op

LOOPS: Final = Costs(0.0, 0.0, 0.0, 0.0, 1e9, 1e9, 1e9, 1e9, 1e9)
NUMPY: Final = Costs(1e9, 1e9, 1e9, 1e9, 0.0, 0.0, 0.0, 0.0, 0.0)
EXECUTORS: Final = {"loops": LOOPS, "NumPy": NUMPY, "mixed": COMPILED._replace(entry=0.0)}
"""Costs with which all records that can run in typed loops, all that can run in NumPy, or those that pay."""

AWKWARD: Final = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 800.0, -800.0, 1e200, 1e-200, 5e-324, math.inf, -math.inf, math.nan)
"""Numbers that are hard for floats."""

HOT: Final = (
    "add", "sub", "mul", "div", "neg", "exp", "log", "tanh", "sigmoid", "relu", "sqrt", "pow", "pow_dx", "where", "lt",
    "le", "gt", "ge", "eq", "ne", "strong_product", "sech_squared", "sigmoid_slope", "sum", "dot", "square", "abs",
    "reciprocal", "sin", "cos", "sinh", "cosh", "softplus",
)  # fmt: skip
"""The rows that have kernels, but for `copysign`: it reads the sign of a nan, which is no part of its value."""

WHOLE: Final = ("add", "sub", "neg", "relu", "where", "lt", "eq", "sum", "abs")
"""Rows that make whole numbers of whole numbers."""


def count_of(op: Op, wanted: int) -> int:
    """How many operands an op gets, if so many were wanted of one that takes any number."""
    if op.arity is not None:
        return op.arity
    return wanted + wanted % 2 if op.adds == "products" else wanted


@st.composite
def flat_programs(draw: Any, names: Sequence[str] = HOT, numbers: Sequence[float] = AWKWARD, most: int = 40) -> Program:
    """Programs of single instructions, with up to six operands each and several outputs."""
    program = Program()
    places = [program.input() for _ in range(draw(st.integers(1, 6)))]
    places += [program.constant(x) for x in draw(st.lists(st.sampled_from(numbers), max_size=3, unique_by=repr))]
    reach = draw(st.sampled_from((3, 1000)))  # of deep programs, or of wide ones
    indices = st.lists(st.integers(0, 999), min_size=6, max_size=6)
    for name, chosen, wanted in draw(
        st.lists(st.tuples(st.sampled_from(names), indices, st.integers(1, 6)), max_size=most)
    ):
        near = places[-reach:]
        count = count_of(TABLE[name], wanted)
        places.append(program.apply(TABLE[name], [near[i % len(near)] for i in chosen[:count]]))
    program.outputs = [places[i % len(places)] for i in draw(st.lists(st.integers(0, 999), min_size=1, max_size=5))]
    return program


def wide_program(rng: Random, size: int, names: Sequence[str] = HOT, numbers: Sequence[float] = (0.0, 2.0)) -> Program:
    """A program of groups: their operands are broadcast, adjacent, at a distance, backwards, or wrapped around."""
    program = Program()
    places = [program.input() for _ in range(rng.randint(2, 40))] + [program.constant(x) for x in numbers]
    while len(places) < size:
        op, lanes = TABLE[rng.choice(names)], rng.randint(2, 40)
        patterns = [
            (rng.randrange(len(places)), rng.choice((0, 1, 1, 2, -1)), rng.choice((1, 4)))
            for _ in range(count_of(op, rng.randint(1, 6)))
        ]
        places += [
            program.apply(op, [places[(first + step * (i // rows)) % len(places)] for first, step, rows in patterns])
            for i in range(lanes)
        ]
    program.outputs = [place for place in places if rng.random() < 0.2] + places[-rng.randint(1, 50) :]
    return program
