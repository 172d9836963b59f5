"""The constants of the cost model on this machine: python tests/bench/costs.py.

Prints the nanoseconds of a lane of each kernel, in loops and in NumPy, beside those that the model has, and the
constants of the build. The latter are read from records of two sizes: what both take is what a record or a call takes.
How long it takes to enter NumPy shows in whole programs alone: compare them with and without (programs.py).
"""

# ruff: noqa: E402 - the threads of BLAS are set before NumPy is imported

from __future__ import annotations

import os

for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import TABLE
from autograd_core.compiler.executors import executable
from autograd_core.compiler.executors.arrays import can_run
from autograd_core.compiler.executors.cost import COMPILED, PLAIN, Costs
from autograd_core.compiler.executors.formulas import FORMULAS
from autograd_core.compiler.kernels import CODES, LANE
from autograd_core.compiler.program import Program
from autograd_core.table.op import Op
from measure import best_seconds

LOOPS = Costs(*[0.0] * 4, *[1e9] * 5)
NUMPY = Costs(*[1e9] * 4, *[0.0] * 5)
FEW, MANY = 256, 4096


def program_of(op: Op, lanes: int, shuffled: bool = False, terms: int = 4) -> Program:
    """A program of one op on inputs side by side, or anywhere."""
    program = Program()
    count = op.arity or 2 * terms
    inputs = [program.input() for _ in range(count * lanes)]
    if shuffled:
        Random(1).shuffle(inputs)
    program.outputs = [program.apply(op, inputs[i::lanes]) for i in range(lanes)]
    return program


def product_of(side: int) -> Program:
    """A product of two square matrices."""
    program = Program()
    a = [[program.input() for _ in range(side)] for _ in range(side)]
    b = [[program.input() for _ in range(side)] for _ in range(side)]
    program.outputs = [program.apply(TABLE["dot"], [*row, *column]) for row in a for column in b]
    return program


def nanoseconds(programs: Sequence[Program], costs: Costs) -> list[float]:
    """The nanoseconds of a run of each program."""
    runs: list[Callable[[], Any]] = []
    for program in programs:
        run = executable(program, costs=costs)
        run.inputs[:] = np.random.default_rng(1).uniform(-2.0, 2.0, program.inputs)
        runs.append(run._machine.run)
    return [1e9 * seconds for seconds in best_seconds(runs, 5, 0.01)]


def slope(programs: Sequence[Program], costs: Costs, few: float, many: float) -> tuple[float, float]:
    """What a unit of work takes, and what a program takes besides."""
    first, second = nanoseconds(programs, costs)
    each = (second - first) / (many - few)
    return each, first - few * each


def main() -> None:
    """Measure and print."""
    build = COMPILED if ag.build_info().compiled else PLAIN
    print(f"{'kernel':16} {'loops':>7} {'model':>7} {'NumPy':>7} {'model':>7}")
    for name, code in CODES.items():
        if name not in TABLE or name in {"sum", "dot"}:
            continue
        programs = [program_of(TABLE[name], lanes) for lanes in (FEW, MANY)]
        loops = slope(programs, LOOPS, FEW, MANY)[0]
        line = f"{name:16} {loops:7.2f} {build.lane + build.slowness * LANE[code]:7.2f}"
        if can_run(code, [0] * 21, exact=False):
            line += f" {slope(programs, NUMPY, FEW, MANY)[0]:7.2f} {FORMULAS[code].lane:7.2f}"
        print(line)
    additions = [program_of(TABLE["add"], lanes) for lanes in (FEW, MANY)]
    shuffled = [program_of(TABLE["add"], lanes, shuffled=True) for lanes in (FEW, MANY)]
    sums = [program_of(TABLE["dot"], lanes, terms=8) for lanes in (FEW, MANY)]
    matrices = [product_of(side) for side in (8, 32)]
    (add, record), (add_numpy, call) = slope(additions, LOOPS, FEW, MANY), slope(additions, NUMPY, FEW, MANY)
    found = Costs(
        record=record,
        lane=build.lane,
        slowness=build.slowness,
        looked_up=(slope(shuffled, LOOPS, FEW, MANY)[0] - add) / 2,
        call=call,
        term=slope(sums, NUMPY, 8 * FEW, 8 * MANY)[0],
        gathered=(slope(shuffled, NUMPY, FEW, MANY)[0] - add_numpy) / 2,
        matrix=nanoseconds(matrices[:1], NUMPY)[0],
        product=slope(matrices, NUMPY, 8**3, 32**3)[0],
    )
    print(f"\n{'constant':16} {'found':>9} {'model':>9}")
    for name in [name for name in found._fields if name not in {"lane", "slowness", "entry"}]:
        number = getattr(found, name)
        print(f"{name:16} {number:9.2f} {getattr(build, name):9.2f}")


if __name__ == "__main__":
    main()
