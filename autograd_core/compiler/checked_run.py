"""A run with checks: inside `detect_anomaly` a program names the op that first makes a nan or an infinity.

What eager code checks is checked here: the result of every op that was recorded, and every contribution of a sweep. The
formulas of derivatives may compute numbers that nothing uses, so they are not checked.
"""

from __future__ import annotations

import math
from typing import Any, Final

from autograd_core.compiler.arguments import scalars
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.evaluator import Evaluation
from autograd_core.compiler.origins import Swept
from autograd_core.compiler.program import COPY
from autograd_core.errors import AnomalyError
from autograd_core.graph.anomalies import anomaly
from autograd_core.table.comparisons import STRONG_PRODUCT

CONSTANT_SLOPES: Final = ("add", "sub", "neg", "sum", "fsum")
"""Ops whose local derivatives are plain numbers."""


def check_run(captured: Captured, blocks: list[Any]) -> None:
    """Raise if a run of a program makes a nan or an infinity.

    Args:
        captured: the program; nothing is checked if it is not the one for these numbers.
        blocks: the numbers and arrays of the arguments.

    Raises:
        AnomalyError: names the op, the numbers and the line of the user's code.
    """
    program = captured.program
    inputs = captured.inputs(scalars(blocks))
    evaluation = Evaluation(program)
    for place in range(len(program)):
        evaluation.at(place, inputs)
    numbers = evaluation.numbers
    guards = program.outputs[len(program.outputs) - len(captured.truths) :]
    if any((numbers[place] != 0.0) is not truth for place, truth in zip(guards, captured.truths, strict=True)):
        return
    start = 0
    for swept in captured.origins.sweeps:
        _check_results(captured, numbers, start, swept.first)
        _check_contributions(captured, numbers, swept)
        start = swept.end
    _check_results(captured, numbers, start, len(program))


def _check_results(captured: Captured, numbers: list[float], first: int, end: int) -> None:
    program = captured.program
    for place in range(first, end):
        op = program.op(place)
        if op is not None and op is not COPY and not math.isfinite(numbers[place]):
            found = anomaly(op, [numbers[operand] for operand in program.operands(place)], numbers[place])
            if found:
                raise AnomalyError(f"{found}, at {captured.origins.line(place)}")


def _check_contributions(captured: Captured, numbers: list[float], swept: Swept) -> None:
    program = captured.program
    for place in range(swept.first, swept.end):
        if program.op(place) is STRONG_PRODUCT and not math.isfinite(numbers[place]):
            user = _user(captured, swept, place)
            op = None if user < 0 else program.op(user)
            through = "a sweep" if op is None else f"the backward pass through {op.name}"
            line = captured.origins.line(place if op is None else user)
            raise AnomalyError(f"{through} made {numbers[place]!r}, recorded at {line}")


def _user(captured: Captured, swept: Swept, product: int) -> int:
    """The place of the op whose local derivative is in a product; -1 if it is not found.

    The other factor is its gradient, which several ops can have in common. The derivative is a formula of its operands
    and its result.
    """
    program = captured.program
    local, upstream, condition = program.operands(product)
    needed: set[int] = set()
    waiting = [local, condition]
    while waiting:
        place = waiting.pop()
        if place >= swept.first:
            waiting += program.operands(place)
        elif program.number(place) is None:
            needed.add(place)
    for place in reversed(swept.places_of(upstream, program.number(upstream))):
        op = program.op(place)
        depends = op is not None and not (needed and op.name in CONSTANT_SLOPES)
        if depends and needed <= {place, *program.operands(place)}:
            return place
    return -1
