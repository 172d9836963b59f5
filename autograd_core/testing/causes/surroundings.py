"""What surrounds a wrong gradient: how well it is known, its graph, and the gradients at points nearby.

Nothing here may hide the report of the mistake. `reach` says where a function or gradient is evaluated, and one that
fails there has no value.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from itertools import islice
from typing import Any, Final

from autograd_core.errors import GradientLossError
from autograd_core.graph.value import Value
from autograd_core.testing.causes.evidence import DOUBTS, Evidence, Gradient, no_graph
from autograd_core.testing.causes.graph_paths import paths_between
from autograd_core.testing.causes.reach import Reach
from autograd_core.testing.measuring.agreement import CONFIRMED
from autograd_core.testing.measuring.complex_step import COMPLEX_STEP
from autograd_core.testing.measuring.differences import STEP, central, quotient
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.report import Verdict
from autograd_core.testing.trees import analytic as engine
from autograd_core.testing.trees.flat_function import FlatFunction
from autograd_core.transforms.trees import is_array

POINTS: Final = 2
"""The number of points nearby; a cause that fits here by accident fails at one of them."""

TRIES: Final = 8
"""The number of points that are tried, because a function may have no value at some."""

SHARE: Final = (0.3, 0.6)
"""The part of its way to the bounds of what is near by which each number moves. The rest is left for differences."""

PART: Final = 0.2
"""The way to the bounds is at most this part of the number, so that it seldom crosses a branch."""

MEASURED: Final = 4
"""The number of wrong derivatives that are measured nearby."""

DOUBTED: Final = 8
"""The number of wrong derivatives whose error is measured at the point itself."""

MANY: Final = 200
"""Of gradients with more numbers than this only `FEW` derivatives are measured, because each value takes long."""

FEW: Final = 2
"""The number of derivatives that are measured then, and of gradients for which they are."""

EXACT: Final = 1e-12
"""The relative error of a derivative from the recorded graph."""

AGREEING: Final = 1e-9
"""The relative distance of a value of the graph from that of the function, whose sums may be rounded otherwise."""

INEXACT: Final = 7e-8
"""The smallest relative error of a difference that counts."""

PRECISE: Final = 1e-10
"""The same of a derivative by a complex step."""

PRECISE_IN_SUM: Final = 1e-14
"""The part of the largest derivative that rounding may take from a small one by a complex step."""


Graph = tuple[Any, list[Value]]
OwnGraph = Callable[[], Graph | None]


class Surroundings:
    """One function, its claimed gradient, and what they are at other points.

    `seen` has the numbers between which the check has moved each number, and `measured` what it has measured, by index.
    From the second order on, the function is a derivative, and its value is left out.
    """

    def __init__(
        self,
        function: FlatFunction,
        claimed: Callable[[Sequence[float]], list[float]] | None,
        seen: Mapping[int, tuple[float, float]],
        measured: Mapping[int, Estimate],
        order: int = 1,
    ) -> None:
        self.function = function
        self._has_value = order == 1
        self.claimed = claimed or self._of_engine
        self.measured = measured
        self.reach = Reach(function.point, function.domain, seen)
        self._trusted = claimed is not None
        self._is_converted = False
        self._many = len(function.point) > MANY
        self._measurements = FEW if self._many else math.inf

    @cached_property
    def graph(self) -> Graph:
        """The result with its graph, and the Values of its numbers; None for a black box without a graph."""
        return self._graph_at(self.function.point)

    def evidence(self, claimed: Sequence[float], numeric: Sequence[float]) -> Evidence:
        """Return the evidence about a claimed gradient and the independent one."""
        self._measurements -= 1
        doubt = self._doubts(claimed, numeric)
        point = self.function.point
        value = self.value_at(point) if self._has_value else math.nan
        here = Gradient(claimed, numeric, doubt, point, value, self.value_at, *self._of_graph(point))
        measure = partial(self._nearby, here) if self._measurements >= 0 else list
        return Evidence(here, self.function.names, measure, list(self._sizes()))

    def value_at(self, point: Sequence[float]) -> float:
        """Return the value of the function, nan where it has none."""
        return self.reach.result(self._number, point, math.nan)

    def _claimed_at(self, point: Sequence[float]) -> list[float]:
        """Return the claimed gradient, empty where there is none."""
        nothing: list[float] = []
        return list(self.reach.result(self.claimed, point, nothing))

    def _number(self, point: Sequence[float]) -> float:
        return self.function.number(list(point))

    def _of_engine(self, point: Sequence[float]) -> list[float]:
        moved = dataclasses.replace(self.function, point=list(point))
        return engine.derivatives_of_engine(moved, ("rev",), random.Random(0))[0].gradient  # noqa: S311

    def _graph_at(self, point: Sequence[float]) -> Graph:
        """Return the graph; a black box may reject Values with any exception, and then has none."""

        def recorded(point: Sequence[float]) -> Graph:
            variables = [Value(x) for x in point]
            try:
                return self.function.scalar(variables), variables
            except GradientLossError as error:
                # A function that returns float(loss) has the graph of the loss.
                refused = error.refused
                if self.function.weights != [1.0] or not isinstance(refused, Value):
                    raise
                if not math.isclose(refused.data, self._number(point), rel_tol=AGREEING):
                    raise
                self._is_converted = True
                return refused, variables

        return self.reach.result(recorded, point, (None, [Value(x) for x in point]))

    def _doubts(self, claimed: Sequence[float], numeric: Sequence[float]) -> list[float]:
        """Return the error of each independent derivative; of many wrong ones only some are measured."""
        if self.function.on_values:
            return [EXACT * abs(x) for x in numeric]
        wrong = [i for i, x in enumerate(numeric) if abs(claimed[i] - x) > 3 * INEXACT * abs(x)]
        precise = self._precise_doubts(wrong, numeric)
        if precise:
            return precise
        most = (FEW if self._many else DOUBTED) if self._measurements >= 0 else 0
        found = {i: self._known(i, claimed[i], numeric[i]) for i in wrong[:most]}
        errors = {i: _error(estimate) for i, estimate in found.items() if estimate is not None}
        common = max((e / abs(numeric[i]) for i, e in errors.items() if numeric[i]), default=0.0)
        largest = max(errors.values(), default=0.0)
        others = len(wrong) > len(found)
        return [
            max(errors.get(i, max(common * abs(x), largest) if others else 0.0), INEXACT * abs(x))
            for i, x in enumerate(numeric)
        ]

    def _precise_doubts(self, wrong: Sequence[int], numeric: Sequence[float]) -> list[float]:
        """Return the errors of derivatives that are all known by a complex step; empty if they are not."""
        known = {i: self.measured[i] for i in wrong if i in self.measured}
        if not wrong or not all(i in known and _is_precise(known[i], numeric[i]) for i in wrong):
            return []
        size = PRECISE_IN_SUM * max(map(abs, numeric))
        return [max(_error(known[i]) if i in known else 0.0, PRECISE * abs(x)) + size for i, x in enumerate(numeric)]

    def _known(self, index: int, claimed: float, numeric: float) -> Estimate | None:
        """Return the derivative at the point itself, without calls if the check has measured it."""
        estimate = self.measured.get(index)
        if estimate is not None and estimate.verdict is Verdict.OK and estimate.derivative == numeric:
            return estimate
        return self._measured(self.function.point, index, claimed)

    def _measured(self, point: Sequence[float], index: int, claimed: float) -> Estimate | None:
        """Return a derivative by differences, None if it is not known."""
        estimate = central(self.value_at, list(point), index, self.reach.bounds(index), claimed)
        return estimate if estimate.verdict is Verdict.OK and math.isfinite(estimate.derivative) else None

    def _nearby(self, here: Gradient) -> list[Gradient]:
        """Return the gradients at some points nearby, with the first of the wrong derivatives only."""
        wrong = [i for i in range(len(here.true)) if here.is_wrong(i)][: FEW if self._many else MEASURED]
        again = self._claimed_at(here.point)
        if not again or any(again[i] != here.claimed[i] for i in wrong):
            return []  # it is not a function of the point, or another mode is to be explained
        return list(islice(self._tried(wrong), POINTS))

    def _tried(self, wrong: Sequence[int]) -> Iterator[Gradient]:
        for attempt in range(TRIES):
            point = self._moved(attempt)
            value = self.value_at(point)
            claimed = self._claimed_at(point) if math.isfinite(value) else []
            if claimed and all(math.isfinite(claimed[i]) for i in wrong):
                found = {i: self._found(point, i) for i in wrong}
                if any(found.values()):
                    yield self._gradient(point, value if self._has_value else math.nan, claimed, found)

    def _found(self, point: list[float], index: int) -> Estimate | None:
        """Return a derivative nearby: that of two quotients that agree, which takes the fewest calls."""
        near = Gradient((), (), point=point, value_at=self.value_at).derivative_at(point, index)
        short = quotient(self.value_at, point, index)
        distance = abs(near - short)
        if near and distance <= CONFIRMED * abs(near):  # values that are rounded may not move
            return Estimate(near, short, short, STEP, distance, Verdict.OK)
        return self._measured(point, index, near)

    def _moved(self, attempt: int) -> list[float]:
        """Return a point nearby; later attempts stay closer."""
        chance = random.Random(attempt)  # noqa: S311 - no cryptography
        reach = 0.5 ** (attempt // 2 // 2)
        size = max(map(abs, self.function.point)) or 1.0
        moved = []
        for i, x in enumerate(self.function.point):
            low, high = self.reach.bounds(i)
            end = chance.choice((low, high)) if low < x < high else low + high - x
            way = min(abs(end - x), PART * (abs(x) or size))
            moved.append(x + math.copysign(reach * chance.uniform(*SHARE) * way, end - x))
        return moved

    def _gradient(
        self, point: list[float], value: float, claimed: list[float], found: dict[int, Estimate | None]
    ) -> Gradient:
        true, doubt = [math.nan] * len(point), [math.nan] * len(point)
        for i, estimate in found.items():
            if estimate is not None:
                true[i] = estimate.derivative
                doubt[i] = max(_error(estimate), INEXACT * abs(estimate.derivative))
        return Gradient(claimed, true, doubt, point, value, self.value_at, *self._of_graph(point))

    def _of_graph(self, point: list[float]) -> tuple[Callable[[int], list[float]], OwnGraph, OwnGraph]:
        """Return the paths by index, and the graph, or the one inside, if its local derivatives are not checked."""
        recorded = cache(lambda: self.graph if point is self.function.point else self._graph_at(point))

        def own() -> Graph | None:
            """Return the graph if the function returns a Value."""
            found = recorded()
            return None if self._is_converted else found

        def inner() -> Graph | None:
            """Return the graph if the function converts its result."""
            found = recorded()
            return found if self._is_converted else None

        paths = cache(lambda i: _paths(own() or (None, []), i))
        return paths, *((own, inner) if self._trusted else (no_graph, no_graph))

    def _sizes(self) -> Iterator[int]:
        """Yield the lengths of the arguments without derivatives, such as the data."""
        for i, argument in enumerate(self.function.args):
            if i not in self.function.wanted:
                if is_array(argument):
                    yield from argument.shape
                elif isinstance(argument, (list, tuple)):
                    yield len(argument)


def _is_precise(estimate: Estimate, numeric: float) -> bool:
    is_that = estimate.verdict is Verdict.OK and estimate.derivative == numeric
    return is_that and estimate.step == COMPLEX_STEP


def _error(estimate: Estimate) -> float:
    return max(estimate.uncertainty, estimate.doubt / DOUBTS)


def _paths(graph: Graph, index: int) -> list[float]:
    root, variables = graph
    return paths_between(root, variables[index]) if isinstance(root, Value) else []
