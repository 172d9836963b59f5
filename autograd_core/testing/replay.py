"""A recorded graph once more, in high precision: values, slopes, and the gradient by a chain rule of its own.

Each op is evaluated by what it means (`meanings`), and its slopes are difference quotients of that, at 60 digits and
more; where an op is linear in each input the slope is written down instead. Of the engine nothing is used but the
shape of the graph, so what comes out is a judgement of everything else.

Two questions are kept apart. The gradient of the whole is that of the function at the exact point of the leaves. The
slopes that stand on the edges are judged at the inputs that their node had, rounded as they were; so one wrong op does
not put the blame on those that use its result.

At a kink any number between the slopes on both sides is right, and the chain rule goes on with the recorded one. So it
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
from autograd_core.testing.meanings import MEANINGS, meaning_of

TOLERATED: Final = 16.0
"""How many roundings a recorded slope may be off, or as many as the op has inputs."""

ROUNDING: Final = 2.0**-52

MOST_DIGITS: Final = 2000
"""Where this many do not settle a slope it is taken to be infinite or undefined."""

NEAR: Final = 2.0**-40
"""The relative distance of the neighbours of a kink."""

_BOUND: Final = 10_000
"""Numbers with a larger binary exponent than this count as infinite: the next exponential of them would not end."""


class Suspect(NamedTuple):
    """A slope on an edge of the graph that is not the op's.

    Attributes:
        op: the name of the op.
        place: which of its inputs.
        recorded: what stands on the edge.
        true: the slope of the op at the inputs that the node had.
        ulps: how far the two are apart, in units of the last place of the true one.
        origin: the line that recorded the node, if anomalies were being detected; else "".
        node: the node.
    """

    op: str
    place: int
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
        suspects: edges with a wrong slope, inputs before users.
        cross_check: how far, relatively, one difference quotient of the whole graph is from the gradient.
    """

    value: Any
    gradient: list[Any]
    suspects: list[Suspect]
    cross_check: float


class Slope(NamedTuple):
    """The derivatives from below and above, which differ at a kink; nan where there is none."""

    left: Any
    right: Any
    bend: Any
    """The second derivative."""

    @property
    def is_kink(self) -> bool:
        """Whether the two differ."""
        return bool(self.left != self.right)


def replay(root: Value, leaves: Sequence[Value], digits: int = 60) -> Replay:
    """Evaluate the graph of the root in mpmath, with the gradient for the leaves, and judge each edge.

    Args:
        root: the result.
        leaves: Values to differentiate for. An interior node among them is an input, too: the replay ends there.
        digits: the precision of values; slopes use more where that is needed.

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
        gradient = [adjoints[tape.places[id(leaf)]] if id(leaf) in tape.places else mpmath.mpf(0) for leaf in leaves]
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
        self.places = {id(node): place for place, node in enumerate(self.nodes)}
        self.leaves = leaves
        self.numbers: dict[float, Any] = {}
        ends = {id(leaf) for leaf in leaves}
        self.steps = [self._step(node) if node.inputs and id(node) not in ends else None for node in self.nodes]
        self.slopes: list[Sequence[Any]] = []
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
        sources = tuple(self.places.get(id(x), -1) for x in inputs)
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
        for place, step in enumerate(self.steps):
            if step is None:
                value = mpmath.mpf(self.nodes[place].data)
                values.append(value if moved is None else moved.get(place, value))
            elif moved is not None and place in self.tangents:
                values.append(self._on_tangent(place, step, values, base))
            else:
                values.append(_value(step.meaning, _numbers(step, values)))
        return values

    def _on_tangent(self, place: int, step: _Step, values: Sequence[Any], base: Sequence[Any]) -> Any:
        edges = zip(step.sources, self.slopes[place], strict=True)
        return mpmath.fsum([base[place], *(d * (values[s] - base[s]) for s, d in edges if s >= 0)])

    def measure(self, values: Sequence[Any]) -> None:
        """Find the slopes of every node for the chain rule, and compare what is recorded."""
        for place, step in enumerate(self.steps):
            self.slopes.append(() if step is None else self._measure(place, step, values))

    def _measure(self, place: int, step: _Step, values: Sequence[Any]) -> Sequence[Any]:
        known = step.meaning is MEANINGS.get(step.op.name)
        formula = FORMULAS.get(step.op.name) if known else None
        exact = _numbers(step, values)
        recorded = step.recorded
        if formula is not None and step.op.name in EXACT:
            self._judge_exactly(step, formula(recorded))
            if _is_at_kink(step.op, recorded, exact):
                self.tangents.add(place)
            return formula(exact)
        wanted = [source >= 0 for source in step.sources]
        if formula is not None:
            at_recorded = [Slope(d, d, mpmath.mpf(0)) for d in formula(step.exact)]
        else:
            at_recorded = _slopes(step, step.exact, wanted, self.digits)
        accepted = self._judge(step, at_recorded, recorded)
        if any(slope.is_kink for slope in at_recorded) or _is_at_kink(step.op, recorded, exact):
            self.tangents.add(place)
            return accepted
        if formula is not None:
            return formula(exact)
        at_exact = _slopes(step, exact, wanted, self.digits)
        return [s.left if not s.is_kink else a for s, a in zip(at_exact, accepted, strict=True)]

    def _judge_exactly(self, step: _Step, truth: Sequence[float]) -> None:
        for place, (source, recorded, true) in enumerate(zip(step.sources, step.node.derivatives, truth, strict=True)):
            if source >= 0 and recorded != true and math.isfinite(true):
                self._blame(step, place, recorded, mpmath.mpf(true))

    def _judge(self, step: _Step, slopes: Sequence[Slope], inputs: Sequence[float]) -> list[Any]:
        """Compare the recorded slopes, and return those to go on with: at a kink what is recorded, if it is right."""
        accepted = []
        finite = math.isfinite(step.node.data) and all(map(math.isfinite, inputs))
        for place, (source, recorded, slope) in enumerate(
            zip(step.sources, step.node.derivatives, slopes, strict=True)
        ):
            nearest = _nearest(recorded, slope)
            accepted.append(nearest)
            if source >= 0 and finite and not _is_right(recorded, nearest, slope, inputs[place], step):
                self._blame(step, place, recorded, nearest)
        return accepted

    def _blame(self, step: _Step, place: int, recorded: float, true: Any) -> None:
        note = step.node._note
        origin = "" if note is None else note.origin
        distance = _distance(recorded, true)
        self.suspects.append(Suspect(step.op.name, place, recorded, float(true), distance, origin, step.node))

    def pull(self) -> list[Any]:
        """The derivative of the root with respect to every node: users first, each adds its part to its inputs."""
        adjoints: list[Any] = [mpmath.mpf(0) for _ in self.nodes]
        adjoints[-1] = mpmath.mpf(1)
        for place in range(len(self.steps) - 1, -1, -1):
            step, adjoint = self.steps[place], adjoints[place]
            if step is None or adjoint == 0:
                continue
            for source, slope in zip(step.sources, self.slopes[place], strict=True):
                if source >= 0 and slope:
                    adjoints[source] += adjoint * slope
        return adjoints

    def cross_check(self, values: Sequence[Any], gradient: Sequence[Any]) -> float:
        """One difference quotient of the whole in a random direction against the gradient: the relative distance.

        A function that varies much faster than its inputs, the sine of a huge number for one, takes more digits.
        """
        slopes = {
            self.places[id(leaf)]: slope
            for leaf, slope in zip(self.leaves, gradient, strict=True)
            if id(leaf) in self.places
        }
        distance = 0.0
        for digits in (self.digits, 4 * self.digits, 16 * self.digits):
            with mpmath.workdps(digits):
                distance = self._distance_along(slopes, values, mpmath.mpf(10) ** -(digits // 2))
            if not distance > 1e-12:
                break
        return distance

    def _distance_along(self, slopes: dict[int, Any], values: Sequence[Any], step: Any) -> float:
        chance = random.Random(0)  # noqa: S311 - the direction only has to be the same in every run
        direction = {i: chance.choice((-1, 1)) * chance.uniform(0.5, 1.0) * (abs(values[i]) or 1) for i in slopes}
        above, below = (
            self.run({i: values[i] + sign * step * d for i, d in direction.items()}, values)[-1] for sign in (1, -1)
        )
        measured = (above - below) / (2 * step)
        parts = [slope * direction[i] for i, slope in slopes.items()]
        excess = abs(measured - mpmath.fsum(parts))
        scale = max(map(abs, [*values, *direction.values()]))
        noise = scale * mpmath.mpf(10) ** (10 - self.digits) / mpmath.mpf(10) ** -(self.digits // 2)
        size = max(mpmath.fsum(map(abs, parts)), abs(measured))
        return 0.0 if excess <= noise or size == 0 else float(excess / size)


def _numbers(step: _Step, values: Sequence[Any]) -> list[Any]:
    return [values[s] if s >= 0 else x for s, x in zip(step.sources, step.exact, strict=True)]


def _value(meaning: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """The op at a point; nan outside of the domain and at poles."""
    try:
        result = meaning(*inputs)
    except (ArithmeticError, ValueError):
        return mpmath.nan
    if isinstance(result, mpmath.mpc):
        return mpmath.nan
    result = mpmath.mpf(result)
    if not mpmath.isfinite(result) or result == 0 or abs(mpmath.mag(result)) < _BOUND:
        return result
    return mpmath.sign(result) * (mpmath.inf if mpmath.mag(result) > 0 else 0)


# Slopes that need no difference quotient: those of ops that are linear in each input, written down by hand, so that a
# node of a thousand inputs costs a thousand steps and not a million.


def _swapped(xs: Sequence[Any]) -> list[Any]:
    half = len(xs) // 2
    return [*xs[half:], *xs[:half]]


def _products_of_others(xs: Sequence[Any]) -> list[Any]:
    before, after = [mpmath.mpf(1)], [mpmath.mpf(1)]
    for x in xs[:-1]:
        before.append(before[-1] * x)
    for x in reversed(xs[1:]):
        after.append(after[-1] * x)
    return [a * b for a, b in zip(before, reversed(after), strict=True)]


def _whole(rounded: Callable[[Any], Any], a: Any, b: Any) -> Any:
    """How often `b` goes into `a`, for any floats: a quotient of two has up to 632 digits before the point."""
    with mpmath.workdps(700):
        return rounded(a / b) if b else mpmath.nan


def _truncated(x: Any) -> Any:
    return mpmath.floor(x) if x > 0 else mpmath.ceil(x)


FORMULAS: Final[dict[str, Callable[[Sequence[Any]], list[Any]]]] = {
    "add": lambda _: [1.0, 1.0],
    "sub": lambda _: [1.0, -1.0],
    "mul": lambda xs: [xs[1], xs[0]],
    "neg": lambda _: [-1.0],
    "pos": lambda _: [1.0],
    "square": lambda xs: [2 * xs[0]],
    "floor": lambda _: [0.0],
    "ceil": lambda _: [0.0],
    "trunc": lambda _: [0.0],
    "round": lambda _: [0.0],
    "floordiv": lambda _: [0.0, 0.0],
    "mod": lambda xs: [1.0, -_whole(mpmath.floor, *xs)],
    "fmod": lambda xs: [1.0, -_whole(_truncated, *xs)],
    "remainder": lambda xs: [1.0, -_whole(mpmath.nint, *xs)],
    "fma": lambda xs: [xs[1], xs[0], 1.0],
    "sum": lambda xs: [1.0] * len(xs),
    "fsum": lambda xs: [1.0] * len(xs),
    "dot": _swapped,
    "sumprod": _swapped,
    "prod": _products_of_others,
}

EXACT: Final = FORMULAS.keys() - {"prod", "mod", "fmod", "remainder"}
"""Formulas that round nothing, so that the slope on the edge must be the same float."""

CONVENTIONS: Final = {("polygamma", 0): 0}
"""Slopes that are fixed by convention: the order of a polygamma function is a whole number."""


def _slopes(step: _Step, point: Sequence[Any], wanted: Sequence[bool], digits: int) -> list[Slope]:
    nothing = Slope(mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0))
    if step.op.arity is None and step.op.name in ("max", "min") and step.meaning is MEANINGS[step.op.name]:
        return _slopes_of_extreme(point, step.meaning(*point))
    if step.op.name == "hypot" and step.meaning is MEANINGS["hypot"] and any(point):
        return [Slope(d, d, mpmath.mpf(0)) for d in _directions(point, step.meaning(*point))]
    found = [
        slope_of(step.meaning, point, i, digits) if want and (step.op.name, i) not in CONVENTIONS else nothing
        for i, want in enumerate(wanted)
    ]
    if step.op.arity is not None and _is_at_kink(step.op, [float(x) for x in point], point):
        return [_widened(step.meaning, point, i, s, digits) if wanted[i] else s for i, s in enumerate(found)]
    return found


def _widened(meaning: Callable[..., Any], point: Sequence[Any], place: int, slope: Slope, digits: int) -> Slope:
    """At a kink: all that lies between the slopes there and at the neighbours, in the direction of every input."""
    slopes = [slope.left, slope.right]
    for i, x in enumerate(point):
        for sign in (-1, 1):
            shifted = [*point[:i], x + sign * NEAR * (abs(x) or 1), *point[i + 1 :]]
            slopes.extend(slope_of(meaning, shifted, place, digits)[:2])
    known = [d for d in slopes if not mpmath.isnan(d)]
    return Slope(min(known), max(known), slope.bend) if known else slope


def _slopes_of_extreme(point: Sequence[Any], extreme: Any) -> list[Slope]:
    """Of a maximum or minimum: 1 for the extreme one, anything from 0 to 1 for each of several."""
    alone = sum(1 for x in point if x == extreme) == 1
    return [Slope(mpmath.mpf(int(alone and x == extreme)), mpmath.mpf(int(x == extreme)), 0) for x in point]


def _directions(point: Sequence[Any], length: Any) -> list[Any]:
    return [x / length for x in point]


def slope_of(function: Callable[..., Any], point: Sequence[Any], place: int, digits: int = 60) -> Slope:
    """The derivatives of a function of mpmath numbers from below and above, by differences.

    The step is the input times `10**(-digits/3)`. The quotient is taken again with twice as many digits until two of
    them agree and rounding is out of sight; one that grows without end is infinite.

    >>> print(slope_of(mpmath.exp, [mpmath.mpf(1)], 0).left)
    2.71828182845905
    >>> slope_of(abs, [mpmath.mpf(0)], 0)[:2]
    (mpf('-1.0'), mpf('1.0'))
    """
    rough = _quotients(function, point, place, digits)
    while True:
        digits *= 2
        fine = _quotients(function, point, place, digits)
        sides = (_settled(rough[0], fine[0], fine.noise), _settled(rough[1], fine[1], fine.noise))
        central = _settled(rough.central, fine.central, fine.noise)
        if central is not None and not fine.is_kink(rough):
            return Slope(central, central, fine.bend)
        if None not in sides:
            left, right = sides
            if mpmath.isnan(left) or mpmath.isnan(right):
                left = right = right if mpmath.isnan(left) else left
            return Slope(left, right, mpmath.mpf(0))
        if digits >= MOST_DIGITS:
            left, right = (_limit(rough[i], fine[i]) if side is None else side for i, side in enumerate(sides))
            return Slope(left, right, mpmath.mpf(0))
        rough = fine


class _Quotients(NamedTuple):
    left: Any
    right: Any
    noise: Any
    bend: Any

    @property
    def central(self) -> Any:
        return (self.left + self.right) / 2

    def is_kink(self, rougher: _Quotients) -> bool:
        """Whether the sides differ, and no less than with a longer step."""
        gap, before = abs(self.right - self.left), abs(rougher.right - rougher.left)
        return bool(gap > 1e-8 * (abs(self.left) + abs(self.right)) and gap > 1e-3 * before)


def _quotients(function: Callable[..., Any], point: Sequence[Any], place: int, digits: int) -> _Quotients:
    with mpmath.workdps(digits):
        x = point[place]
        step = (abs(x) or mpmath.mpf(1)) * mpmath.mpf(10) ** (-digits // 3)
        here = _value(function, point)
        above = _value(function, [*point[:place], x + step, *point[place + 1 :]])
        below = _value(function, [*point[:place], x - step, *point[place + 1 :]])
        right, left = (above - here) / step, (here - below) / step
        # A value of 0 may be a difference that this precision does not show.
        noise = (abs(here) or abs(x)) * mpmath.mpf(10) ** (5 - digits) / step
        return _Quotients(left, right, noise, (right - left) / step)


def _settled(rough: Any, fine: Any, noise: Any) -> Any:
    """The finer of two quotients if they agree, else None; nan agrees with nan."""
    if not mpmath.isfinite(fine):
        return fine
    bound = 1e-15 * abs(fine)
    return fine if abs(fine - rough) <= bound + _NEGLIGIBLE and noise <= bound + _NEGLIGIBLE else None


_NEGLIGIBLE: Final = mpmath.mpf(10) ** -340
"""Less than the smallest float by more digits than it has."""


def _limit(rough: Any, fine: Any) -> Any:
    """What a quotient tends to that does not settle: an infinity if it grows, else nothing known."""
    if mpmath.isfinite(rough) and abs(fine) > 1000 * abs(rough):
        return mpmath.sign(fine) * mpmath.inf
    return mpmath.nan


def _is_at_kink(op: Op, recorded: Sequence[float], exact: Sequence[Any]) -> bool:
    """Whether the inputs are at a kink of the op, or so near that rounding may have moved them across."""
    if op.kinks is None or not all(map(math.isfinite, recorded)):
        return False
    moved = max(float(abs(r - e)) for r, e in zip(recorded, exact, strict=True))
    # A distance may be one of quotients, in which a small divisor magnifies what rounding has moved.
    unit = min([1.0, *(abs(x) for x in recorded if x)])
    try:
        return not op.kinks(*recorded) > 4 * moved / unit
    except ArithmeticError:
        return True  # at a pole


def _nearest(recorded: float, slope: Slope) -> Any:
    """The right slope next to the recorded one: at a kink every number between both sides is right."""
    low, high = sorted((slope.left, slope.right)) if slope.is_kink else (slope.left, slope.left)
    if mpmath.isnan(low) or mpmath.isnan(high):
        return mpmath.nan
    return low if recorded < low else high if recorded > high else mpmath.mpf(recorded) if low < high else low


def _is_right(recorded: float, true: Any, slope: Slope, x: float, step: _Step) -> bool:
    """Whether the recorded slope is the true one but for a few roundings, of itself, the inputs, and the output."""
    if mpmath.isnan(true):
        return True  # outside of the domain, or nothing is known
    if not math.isfinite(recorded) or not math.isfinite(float(true)):
        return recorded == float(true)
    size = abs(true) + abs(x * slope.bend)
    if step.meaning is not MEANINGS.get(step.op.name):
        size += abs(step.node.data) / max(1.0, abs(x))  # a formula of one's own may use the rounded output
    roundings = max(TOLERATED, len(step.sources))  # a product of many has one for each
    return bool(abs(recorded - true) <= roundings * (ROUNDING * size + 5e-324))


def _distance(recorded: float, true: Any) -> float:
    nearest = float(true)
    if not math.isfinite(nearest) or not math.isfinite(recorded):
        return math.inf
    return float(abs(recorded - true) / math.ulp(nearest))
