"""A recorded graph once more, in high precision: values, derivatives, and the gradient by a chain rule of its own.

Each op is evaluated by what it means (`meanings`), and its derivatives are found from that alone (`derivatives`). Of the engine
nothing is used but the shape of the graph, so what comes out is a judgement of everything else.

Two questions are kept apart. The gradient of the whole is that of the function at the exact point of the leaves. The
derivatives that stand on the edges are judged at the inputs that their node had, rounded as they were; so one wrong op does
not put the blame on those that use its result.

At a kink any number between the derivatives on both sides is right, and the chain rule goes on with the recorded one. So it
does where rounding has moved a node across a kink, or onto it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core import Op, Value, topological_order
from autograd_core.errors import InputError
from autograd_core.testing.local_derivatives import (
    EXACT,
    FORMULAS,
    LocalDerivative,
    derivatives_of,
    is_at_kink,
    value_of,
)
from autograd_core.testing.meanings import MEANINGS, meaning_of

TOLERATED: Final = 16.0
"""How many roundings a recorded derivative may be off, or as many as the op has inputs."""

ROUNDING: Final = 2.0**-52


class Suspect(NamedTuple):
    """A derivative on an edge of the graph that is not the op's.

    Attributes:
        op: the name of the op.
        input_index: which of its inputs.
        recorded: what stands on the edge.
        true: the derivative of the op at the inputs that the node had.
        ulps: how far the two are apart, in units of the last place of the true one.
        origin: the line that recorded the node, if anomalies were being detected; else "".
        node: the node.
    """

    op: str
    input_index: int
    recorded: float
    true: float
    ulps: float
    origin: str
    node: Value


@dataclass
class Replay:
    """What a graph says in high precision.

    Attributes:
        value: of the root, an mpmath number; nan where there is none, outside of a domain.
        gradient: of the root with respect to each leaf that was given, as mpmath numbers.
        suspects: edges with a wrong derivative, inputs before users.
        cross_check: how far, relatively, one difference quotient of the whole graph is from the gradient.
    """

    value: Any
    gradient: list[Any]
    suspects: list[Suspect]
    cross_check: float


def replay(root: Value, leaves: Sequence[Value], digits: int = 60) -> Replay:
    """Evaluate the graph of the root in mpmath, with the gradient for the leaves, and judge each edge.

    Args:
        root: the result.
        leaves: Values to differentiate for. An interior node among them is an input, too: the replay ends there.
        digits: the precision of values; derivatives use more where that is needed.

    Raises:
        InputError: if it is unknown what an op means.

    >>> x = Value(2.0)
    >>> found = replay(x * x.log(), [x])
    >>> print(found.gradient[0], found.suspects)
    1.69314718055995 []
    """
    with mpmath.workdps(digits):
        tape = _Tape(root, leaves, digits)
        values = tape.run()
        tape.measure(values)
        adjoints = tape.pull()
        gradient = [adjoints[tape.indices[id(leaf)]] if id(leaf) in tape.indices else mpmath.mpf(0) for leaf in leaves]
        return Replay(values[-1], gradient, tape.suspects, tape.cross_check(values, gradient))


class _Step(NamedTuple):
    """A node with an op; its inputs stand on the tape at `sources`, or, where that is -1, as constants in `exact`."""

    node: Value
    op: Op
    meaning: Callable[..., Any]
    sources: tuple[int, ...]
    recorded: list[float]
    exact: list[Any]


class _Tape:
    """The graph as a list, each node after its inputs."""

    def __init__(self, root: Value, leaves: Sequence[Value], digits: int) -> None:
        self.digits = digits
        self.nodes: list[Value] = topological_order(root)
        self.indices = {id(node): index for index, node in enumerate(self.nodes)}
        self.leaves = leaves
        self.numbers: dict[float, Any] = {}
        ends = {id(leaf) for leaf in leaves}
        self.steps = [self._step(node) if node.inputs and id(node) not in ends else None for node in self.nodes]
        self.derivatives: list[Sequence[Any]] = []
        self.tangents: set[int] = set()
        self.suspects: list[Suspect] = []

    def _step(self, node: Value) -> _Step:
        op = node.op
        if op is None:
            raise InputError("expected a node with inputs to have an op, got one without")
        meaning = meaning_of(op)
        if meaning is None:
            raise InputError(f"it is unknown what the op {op.name!r} means beyond the digits of a float")
        inputs = node.inputs
        recorded = [x.data if isinstance(x, Value) else float(x) for x in inputs]
        sources = tuple(self.indices.get(id(x), -1) for x in inputs)
        return _Step(node, op, meaning, sources, recorded, [self._exact(x) for x in recorded])

    def _exact(self, x: float) -> Any:
        """A float as an mpmath number, made once: layers share their inputs."""
        found = self.numbers.get(x)
        if found is None:
            found = self.numbers[x] = mpmath.mpf(x)
        return found

    def run(self, moved: dict[int, Any] | None = None, base: Sequence[Any] = ()) -> list[Any]:
        """The values of all nodes; with the leaves moved, along tangents through the base where there are kinks."""
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
        """Find the derivatives of every node for the chain rule, and compare what is recorded."""
        for index, step in enumerate(self.steps):
            self.derivatives.append(() if step is None else self._measure(index, step, values))

    def _measure(self, index: int, step: _Step, values: Sequence[Any]) -> Sequence[Any]:
        known = step.meaning is MEANINGS.get(step.op.name)
        formula = FORMULAS.get(step.op.name) if known else None
        exact = _numbers(step, values)
        recorded = step.recorded
        if formula is not None and step.op.name in EXACT:
            self._judge_exactly(step, formula(recorded))
            if is_at_kink(step.op, recorded, exact):
                self.tangents.add(index)
            return formula(exact)
        wanted = [source >= 0 for source in step.sources]
        if formula is not None:
            at_recorded = [LocalDerivative(d, d, mpmath.mpf(0)) for d in formula(step.exact)]
        else:
            at_recorded = derivatives_of(step.op, step.meaning, step.exact, wanted, self.digits)
        accepted = self._judge(step, at_recorded, recorded)
        if any(derivative.is_kink for derivative in at_recorded) or is_at_kink(step.op, recorded, exact):
            self.tangents.add(index)
            return accepted
        if formula is not None:
            return formula(exact)
        at_exact = derivatives_of(step.op, step.meaning, exact, wanted, self.digits)
        return [s.left if not s.is_kink else a for s, a in zip(at_exact, accepted, strict=True)]

    def _judge_exactly(self, step: _Step, truth: Sequence[float]) -> None:
        for index, (source, recorded, true) in enumerate(zip(step.sources, step.node.derivatives, truth, strict=True)):
            if source >= 0 and recorded != true and math.isfinite(true):
                self._add_suspect(step, index, recorded, mpmath.mpf(true))

    def _judge(self, step: _Step, derivatives: Sequence[LocalDerivative], inputs: Sequence[float]) -> list[Any]:
        """Compare the recorded derivatives, and return those to go on with: at a kink what is recorded, if it is right."""
        accepted = []
        finite = math.isfinite(step.node.data) and all(map(math.isfinite, inputs))
        for index, (source, recorded, derivative) in enumerate(
            zip(step.sources, step.node.derivatives, derivatives, strict=True)
        ):
            nearest = _nearest(recorded, derivative)
            accepted.append(nearest)
            if source >= 0 and finite and not _is_right(recorded, nearest, derivative, inputs[index], step):
                self._add_suspect(step, index, recorded, nearest)
        return accepted

    def _add_suspect(self, step: _Step, index: int, recorded: float, true: Any) -> None:
        distance = _distance(recorded, true)
        self.suspects.append(Suspect(step.op.name, index, recorded, float(true), distance, step.node.origin, step.node))

    def pull(self) -> list[Any]:
        """The derivative of the root with respect to every node: users first, each adds its part to its inputs."""
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
        """One difference quotient of the whole in a random direction against the gradient: the relative distance.

        A function that varies much faster than its inputs, the sine of a huge number for one, takes more digits.
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
        chance = random.Random(0)  # noqa: S311 - the direction only has to be the same in every run
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


def _numbers(step: _Step, values: Sequence[Any]) -> list[Any]:
    return [values[s] if s >= 0 else x for s, x in zip(step.sources, step.exact, strict=True)]


def _nearest(recorded: float, derivative: LocalDerivative) -> Any:
    """The right derivative next to the recorded one: at a kink every number between both sides is right."""
    low, high = (
        sorted((derivative.left, derivative.right)) if derivative.is_kink else (derivative.left, derivative.left)
    )
    if mpmath.isnan(low) or mpmath.isnan(high):
        return mpmath.nan
    return low if recorded < low else high if recorded > high else mpmath.mpf(recorded) if low < high else low


def _is_right(recorded: float, true: Any, derivative: LocalDerivative, x: float, step: _Step) -> bool:
    """Whether the recorded derivative is the true one but for a few roundings, of itself, the inputs, and the output."""
    if mpmath.isnan(true):
        return True  # outside of the domain, or nothing is known
    if not math.isfinite(recorded) or not math.isfinite(float(true)):
        return recorded == float(true)
    size = abs(true) + abs(x * derivative.second)
    if step.meaning is not MEANINGS.get(step.op.name):
        size += abs(step.node.data) / max(1.0, abs(x))  # a formula of one's own may use the rounded output
    roundings = max(TOLERATED, len(step.sources))  # a product of many has one for each
    return bool(abs(recorded - true) <= roundings * (ROUNDING * size + 5e-324))


def _distance(recorded: float, true: Any) -> float:
    nearest = float(true)
    if not math.isfinite(nearest) or not math.isfinite(recorded):
        return math.inf
    return float(abs(recorded - true) / math.ulp(nearest))
