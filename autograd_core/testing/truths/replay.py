"""A recorded graph evaluated again in high precision: values, local derivatives, and the gradient.

Each op is evaluated by its meaning in mpmath (`meanings`), and its local derivatives follow from that alone
(`local_derivatives`). Only the structure of the graph comes from the engine, so the result is independent of its
forward functions, derivatives and sweeps.

Two questions are separate. The gradient of the result is that of the function at the exact leaves. The local
derivatives on the edges are compared at the rounded inputs of their node. So the users of a wrong op are not suspects.

At a kink every number between the one-sided derivatives is right, and the chain rule continues with the recorded one.
The same holds where rounding has moved a node onto a kink or across it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core import TABLE, Op, Value, topological_order
from autograd_core.errors import InputError
from autograd_core.graph.node import Node
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.local_derivatives import (
    EXACT,
    FORMULAS,
    SMOOTH,
    LocalDerivative,
    derivatives_of,
    is_at_kink,
    value_of,
)
from autograd_core.testing.truths.meanings import MEANINGS

TOLERATED: Final = 16.0
"""The largest error of a recorded derivative, in roundings; for more inputs than this, their number."""

ROUNDING: Final = 2.0**-52


class UnknownOpError(InputError):
    """The meaning of an op in mpmath is unknown."""


class Suspect(NamedTuple):
    """An edge of the graph with a wrong local derivative.

    Attributes:
        op: the name of the op.
        input_index: the index of the input.
        recorded: the local derivative on the edge.
        true: the local derivative of the op at the recorded inputs of the node.
        ulps: the distance of the two, in ULP of the true one.
        origin: the line that recorded the node, if it was recorded under `detect_anomaly`; else "".
        node: the node.
    """

    op: str
    input_index: int
    recorded: float
    true: float
    ulps: float
    origin: str
    node: Value


class Replay:
    """The results of a replay. Suspects and the cross-check are computed when they are read: few callers need them.

    Attributes:
        value: of the root, an mpmath number; nan outside the domain.
        gradient: of the root with respect to each given leaf, as mpmath numbers.
        kinks: the nodes whose recorded inputs are exactly on a kink of their op, stated in its row or measured.
    """

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape
        self._values = tape.run()
        tape.measure(self._values)
        adjoints, indices = tape.pull(), tape.indices
        self.value = self._values[-1]
        self.kinks = [tape.nodes[i] for i in sorted(tape.kinks)]
        self.gradient = [adjoints[indices[id(x)]] if id(x) in indices else mpmath.mpf(0) for x in tape.leaves]

    @cached_property
    def suspects(self) -> list[Suspect]:
        """The edges with a wrong local derivative, inputs before users."""
        with mpmath.workdps(self._tape.digits):
            return list(self._tape.suspects())

    @cached_property
    def cross_check(self) -> float:
        """The relative distance of one directional difference quotient of the whole graph from the gradient."""
        with mpmath.workdps(self._tape.digits):
            return self._tape.cross_check(self._values, self.gradient)


def replay(root: Value, leaves: Sequence[Value], digits: int = 60) -> Replay:
    """Evaluate the graph of a root in mpmath, with the gradient of the leaves.

    Args:
        root: the result.
        leaves: the Values to differentiate with respect to. The replay also stops at an interior node among them.
        digits: the precision of values; derivatives use more where necessary.

    Raises:
        UnknownOpError: if an op has no known meaning in mpmath.

    >>> x = Value(2.0)
    >>> found = replay(x * x.log(), [x])
    >>> print(found.gradient[0], found.suspects)
    1.69314718055995 []
    """
    with mpmath.workdps(digits):
        return Replay(_Tape(root, leaves, digits))


class _Step(NamedTuple):
    """A node with an op. Its inputs are at the indices `sources` of the tape; -1 means one of the `constants`."""

    node: Value
    op: Op
    meaning: Callable[..., Any]
    formula: Callable[[Sequence[Any]], list[Any]] | None
    smooth: Callable[[Sequence[Any]], list[Any]] | None
    sources: tuple[int, ...]
    recorded: list[float]
    constants: list[Any]

    @property
    def exact(self) -> list[Any]:
        """The recorded inputs as mpmath numbers."""
        return [mpmath.mpf(x) for x in self.recorded]


class _Tape:
    """The graph as a list, every node after its inputs."""

    def __init__(self, root: Value, leaves: Sequence[Value], digits: int) -> None:
        self.digits = digits
        self.nodes: list[Value] = topological_order(root)
        self.indices = {id(node): index for index, node in enumerate(self.nodes)}
        self.leaves = leaves
        ends = {id(leaf) for leaf in leaves}
        self.steps = [self._step(node) if node.inputs and id(node) not in ends else None for node in self.nodes]
        self.derivatives: list[Sequence[Any]] = []
        self.tangents: set[int] = set()
        self.kinks: set[int] = set()

    def _step(self, node: Value) -> _Step:
        """Return a node with the meaning of its op and the places of its inputs."""
        op = node.op
        if op is None:
            raise InputError("expected a node with inputs to have an op, got one without")
        meaning = meaning_of(op)
        if meaning is None:
            raise UnknownOpError(
                f'the op {op.name!r} has no known meaning in mpmath: check it by differences, with method="central"'
            )
        inputs = node.inputs
        recorded = recorded_inputs(node)
        sources = tuple(self.indices.get(id(x), -1) for x in inputs)
        known = op.name if meaning is MEANINGS.get(op.name) else ""
        constants = [mpmath.mpf(x) if s < 0 else None for x, s in zip(recorded, sources, strict=True)]
        return _Step(node, op, meaning, FORMULAS.get(known), SMOOTH.get(known), sources, recorded, constants)

    def run(self, moved: dict[int, Any] | None = None, base: Sequence[Any] = ()) -> list[Any]:
        """Return the values of all nodes. With moved leaves, nodes at kinks follow their tangents through `base`."""
        values: list[Any] = []
        for index, step in enumerate(self.steps):
            if step is None:
                value = mpmath.mpf(self.nodes[index].data)
                values.append(value if moved is None else moved.get(index, value))
            elif moved is not None and index in self.tangents:
                values.append(self._on_tangent(index, step, values, base))
            else:
                values.append(value_of(step.meaning, _numbers(step, values)))
        return values

    def _on_tangent(self, index: int, step: _Step, values: Sequence[Any], base: Sequence[Any]) -> Any:
        edges = zip(step.sources, self.derivatives[index], strict=True)
        return mpmath.fsum([base[index], *(d * (values[s] - base[s]) for s, d in edges if s >= 0)])

    def measure(self, values: Sequence[Any]) -> None:
        """Compute the local derivatives of every node for the chain rule."""
        for index, step in enumerate(self.steps):
            self.derivatives.append(() if step is None else self._measure(index, step, values))

    def _measure(self, index: int, step: _Step, values: Sequence[Any]) -> Sequence[Any]:
        """Return the derivatives of a node for the chain rule; at a kink the recorded ones, if they are right."""
        exact = _numbers(step, values)
        is_near = is_at_kink(step.op, step.recorded, exact)
        if is_near:
            self.tangents.add(index)
            if step.op.kinks is not None and step.op.kinks(*step.recorded) == 0.0:
                self.kinks.add(index)
        if step.formula is not None and (step.op.name in EXACT or not is_near):
            return step.formula(exact)
        if step.smooth is not None and not is_near and (smooth := _finite(step.smooth, exact, values[index])):
            return smooth
        found = None if is_near else self._derivatives_at(step, exact)
        # The table says where its rows have kinks. Those of other ops show at the recorded inputs.
        if found is not None and TABLE.get(step.op.name) is step.op and not any(d.is_kink for d in found):
            return [d.left for d in found]
        at_recorded = found if found is not None and exact == step.exact else self._derivatives_at(step, step.exact)
        accepted = [_nearest(*pair) for pair in zip(step.node.derivatives, at_recorded, strict=True)]
        if any(d.is_kink for d in at_recorded):
            self.kinks.add(index)
        if found is None or any(d.is_kink for d in at_recorded):
            self.tangents.add(index)
            return accepted
        return [a if d.is_kink else d.left for d, a in zip(found, accepted, strict=True)]

    def _derivatives_at(self, step: _Step, inputs: Sequence[Any]) -> list[LocalDerivative]:
        if step.formula is not None:
            return [LocalDerivative(d, d, mpmath.mpf(0)) for d in step.formula(inputs)]
        return derivatives_of(step.op, step.meaning, inputs, [source >= 0 for source in step.sources], self.digits)

    def suspects(self) -> Iterator[Suspect]:
        """Yield the edges with a wrong local derivative, compared at the recorded inputs."""
        for step in filter(None, self.steps):
            is_exact = step.formula is not None and step.op.name in EXACT
            yield from _judged_exactly(step) if is_exact else _judged(step, self._derivatives_at(step, step.exact))

    def pull(self) -> list[Any]:
        """Return the derivative of the root with respect to every node, by a reverse sweep."""
        adjoints: list[Any] = [mpmath.mpf(0) for _ in self.nodes]
        adjoints[-1] = mpmath.mpf(1)
        for index in range(len(self.steps) - 1, -1, -1):
            step, adjoint = self.steps[index], adjoints[index]
            if step is None or adjoint == 0:
                continue
            for source, derivative in zip(step.sources, self.derivatives[index], strict=True):
                if source >= 0 and derivative:
                    adjoints[source] += adjoint * derivative
        return adjoints

    def cross_check(self, values: Sequence[Any], gradient: Sequence[Any]) -> float:
        """Return the relative distance of a difference quotient along a random direction from the gradient.

        A function that varies much faster than its inputs, such as the sine of a huge number, needs more digits.
        """
        derivatives = {
            self.indices[id(leaf)]: derivative
            for leaf, derivative in zip(self.leaves, gradient, strict=True)
            if id(leaf) in self.indices
        }
        distance = 0.0
        for digits in (self.digits, 4 * self.digits, 16 * self.digits):
            with mpmath.workdps(digits):
                distance = self._distance_along(derivatives, values, mpmath.mpf(10) ** -(digits // 2))
            if not distance > 1e-12:
                break
        return distance

    def _distance_along(self, derivatives: dict[int, Any], values: Sequence[Any], step: Any) -> float:
        """Return the relative distance of a difference along a random direction from the gradient."""
        chance = random.Random(0)  # noqa: S311 - the direction need only be the same in every run
        direction = {i: chance.choice((-1, 1)) * chance.uniform(0.5, 1.0) * (abs(values[i]) or 1) for i in derivatives}
        above, below = (
            self.run({i: values[i] + sign * step * d for i, d in direction.items()}, values)[-1] for sign in (1, -1)
        )
        measured = (above - below) / (2 * step)
        parts = [derivative * direction[i] for i, derivative in derivatives.items()]
        excess = abs(measured - mpmath.fsum(parts))
        scale = max(map(abs, [*values, *direction.values()]))
        noise = scale * mpmath.mpf(10) ** (10 - self.digits) / mpmath.mpf(10) ** -(self.digits // 2)
        size = max(mpmath.fsum(map(abs, parts)), abs(measured))
        return 0.0 if excess <= noise or size == 0 else float(excess / size)


def recorded_inputs(node: Node) -> list[float]:
    """Return the inputs of a node as floats."""
    return [x.data if isinstance(x, Value) else float(x) for x in node.inputs]


def _numbers(step: _Step, values: Sequence[Any]) -> list[Any]:
    return [values[s] if s >= 0 else x for s, x in zip(step.sources, step.constants, strict=True)]


def _finite(formula: Callable[[Sequence[Any]], list[Any]], inputs: Sequence[Any], value: Any) -> list[Any]:
    """Return the derivatives of a smooth op by a formula; empty outside of its domain and at its ends."""
    try:
        found = formula(inputs)
    except ArithmeticError:
        return []
    real = all(isinstance(x, mpmath.mpf) and mpmath.isfinite(x) for x in (value, *found))
    return found if real else []


def _judged_exactly(step: _Step) -> Iterator[Suspect]:
    """Yield the edges of a node on which the derivative is not the float that a formula without rounding gives."""
    truth = step.formula(step.recorded) if step.formula is not None else []
    for index, (source, recorded, true) in enumerate(zip(step.sources, step.node.derivatives, truth, strict=True)):
        if source >= 0 and recorded != true and math.isfinite(true):
            yield _suspect(step, index, recorded, mpmath.mpf(true))


def _judged(step: _Step, derivatives: Sequence[LocalDerivative]) -> Iterator[Suspect]:
    """Yield the edges of a node with a wrong derivative."""
    if not all(map(math.isfinite, (step.node.data, *step.recorded))):
        return
    for index, (source, recorded, derivative) in enumerate(
        zip(step.sources, step.node.derivatives, derivatives, strict=True)
    ):
        nearest = _nearest(recorded, derivative)
        if source >= 0 and not _is_right(recorded, nearest, derivative, step.recorded[index], step):
            yield _suspect(step, index, recorded, nearest)


def _suspect(step: _Step, index: int, recorded: float, true: Any) -> Suspect:
    distance = _distance(recorded, true)
    return Suspect(step.op.name, index, recorded, float(true), distance, step.node.origin, step.node)


def _nearest(recorded: float, derivative: LocalDerivative) -> Any:
    """Return the true derivative nearest to the recorded one; at a kink all between the one-sided ones are true."""
    low, high = (
        sorted((derivative.left, derivative.right)) if derivative.is_kink else (derivative.left, derivative.left)
    )
    if mpmath.isnan(low) or mpmath.isnan(high):
        return mpmath.nan
    return low if recorded < low else high if recorded > high else mpmath.mpf(recorded) if low < high else low


def _is_right(recorded: float, true: Any, derivative: LocalDerivative, x: float, step: _Step) -> bool:
    """Return whether the recorded derivative is true up to a few roundings of itself, the inputs and the output."""
    if mpmath.isnan(true):
        return True  # outside the domain, or unknown
    if not math.isfinite(recorded) or not math.isfinite(float(true)):
        return recorded == float(true)
    size = abs(true) + abs(x * derivative.second)
    if step.meaning is not MEANINGS.get(step.op.name):
        size += abs(step.node.data) / max(1.0, abs(x))  # the formula of a custom op may use the rounded output
    roundings = max(TOLERATED, len(step.sources))  # a product of many inputs rounds once per input
    return bool(abs(recorded - true) <= roundings * (ROUNDING * size + 5e-324))


def _distance(recorded: float, true: Any) -> float:
    nearest = float(true)
    if not math.isfinite(nearest) or not math.isfinite(recorded):
        return math.inf
    return float(abs(recorded - true) / math.ulp(nearest))
