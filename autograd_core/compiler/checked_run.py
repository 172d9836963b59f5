"""A run with checks: inside `detect_anomaly` a program names the op that first makes a nan or an infinity.

What eager code checks is checked here: the result of every op that was recorded, and every contribution of a sweep. The
formulas of derivatives may compute numbers that nothing uses, so they are not checked.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_core.compiler.arguments import scalars
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.evaluator import Evaluation
from autograd_core.compiler.origins import Swept
from autograd_core.compiler.program import COPY
from autograd_core.compiler.runner import numbers_in
from autograd_core.errors import AnomalyError
from autograd_core.graph.anomalies import anomaly
from autograd_core.table.comparisons import STRONG_PRODUCT


def check_run(captured: Captured, blocks: list[Any]) -> None:
    """Raise if a run of a program makes a nan or an infinity.

    Args:
        captured: the program; nothing is checked if it is not the one for these numbers.
        blocks: the numbers and arrays of the arguments.

    Raises:
        AnomalyError: names the op, the numbers and the line of the user's code.
    """
    program = captured.program
    carried = [numbers_in(place.read()) for place in captured.carried]
    arguments = scalars(blocks)
    inputs = [source.read(arguments, carried) for source in captured.sources]
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
            user = _user(captured, swept, program.operands(place)[1])
            op = program.op(user) if user >= 0 else None
            through = "a sweep" if op is None else f"the backward pass through {op.name}"
            raise AnomalyError(
                f"{through} made {numbers[place]!r}, recorded at {captured.origins.line(user if op else place)}"
            )


def _user(captured: Captured, swept: Swept, upstream: int) -> int:
    """The place of the op that an upstream gradient belongs to; -1 if none is known.

    Places can have one sum in common, if they are added up; of those, the one that is no sum has a local derivative.
    """
    places = [place for place in swept.places_of(upstream) if captured.program.op(place) is not None]
    others = [place for place in places if captured.program.op(place).name not in ("add", "sum", "copy")]  # type: ignore[union-attr]  # they have one
    return (others or places or [-1])[-1]
