"""The Hypothesis strategy for programs: every op comes early, and leaves are drawn where faults hide.

A program grows instruction by instruction. An instruction takes earlier numbers or new leaves. A new leaf comes from
the sample of the op that takes it, so an op that is drawn can nearly always be applied, and a few hundred programs have
all ops of the table. Nothing is remembered from one program to the next, as Hypothesis requires.

Faults hide where inputs are equal, at 0 and 1, on kinks, and far from the sample. A part of the leaves is drawn there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from hypothesis import assume
from hypothesis import strategies as st

from autograd_core.table.op import TABLE, Op
from autograd_core.table.op import find as find_op
from autograd_core.testing.programs.point_strategies import (
    counts_of,
    is_on_kink,
    is_ordinary,
    number_beyond,
    number_in,
    of_all,
)
from autograd_core.testing.programs.programs import Instruction, Program
from autograd_core.testing.truths.sampling import INTEGERS, Point, is_integer, kink_points, subjects_of

MOST_LEAVES: Final = 6

SPECIAL: Final = (0.0, 1.0, 0.0, -1.0, 0.0, 0.5, 0.0, -0.5, 0.0, 2.0, 3.0, -3.0, 6.0)
"""Numbers at which ops have kinks, zeros or branches; 0, the most frequent place of faults, comes five times."""

SAMPLE, FAR, EXACT, EQUAL = "sample", "far", "exact", "equal"
OF_ONE: Final = (SAMPLE, SAMPLE, FAR, FAR, FAR, EXACT)
OF_SEVERAL: Final = (SAMPLE, SAMPLE, FAR, EXACT, EXACT, EXACT, EQUAL, EQUAL)
"""The places of leaves with their weights, for ops of one input and of several."""

TOTAL: Final = "sum"
"""The op that collects unused results."""

TRIES: Final = 8
"""How many other inputs among the earlier numbers are tried for an op that cannot be applied to those drawn."""

FEW_KINKS: Final = 12
"""The largest number of points on the kinks of an op that are not ties."""

NEW: Final = -1
"""The index of an input that becomes a new leaf."""

Places: TypeAlias = tuple[int, ...]
"""The indices of the inputs of an instruction, with `NEW` for new leaves."""


def expressions(
    ops: Sequence[str | Op] | None = None,
    leaves: st.SearchStrategy[float] | None = None,
    max_size: int = 8,
    shared: bool = True,
    kinks: bool = True,
) -> st.SearchStrategy[Program]:
    """Return a strategy for programs of one to six leaves, with every instruction at an ordinary point or on a kink.

    Every op comes early: a few hundred programs have all ops of the table. Some leaves have equal numbers, some are 0,
    1 or another special number, and some lie far from the sample. An op may get the same result twice, as `max(y, y)`.
    Most programs end in the sum of all results without a use, if `sum` is among the ops, so that every
    instruction matters.

    Args:
        ops: the ops to use, or their names; by default all ops in the table at the time of the draw.
        leaves: the strategy for leaves; by default each leaf comes from the sample of its op or from one of the places
            above. An input that must be an integer, such as the order of `polygamma`, is a constant.
        max_size: the largest number of instructions.
        shared: allow several uses of a result. If false, every leaf and every result is used at most once.
        kinks: allow instructions exactly on a kink, such as a tie of `max` or `relu(0)`, because the derivatives of the
            engine are defined there too. No two of them depend on the same leaf, because the chain rule does not give
            the derivative where kinks meet: `relu(x) - relu(-x)` is `x`. If false, every instruction is at a smooth
            point, as comparisons with differences need it.

    Raises:
        InputError: if an op is not in the table.

    >>> from hypothesis import find
    >>> find(expressions(["max"], kinks=True), lambda program: program.leaves[:1] == program.leaves[1:])
    Program(leaves=(0.0, 0.0), instructions=(('max', (0, 1)),))
    """
    for op in ops or ():
        find_op(op if isinstance(op, str) else op.name)
    return _programs(ops, leaves, max_size, shared, kinks)


@st.composite
def _programs(
    draw: st.DrawFn,
    ops: Sequence[str | Op] | None,
    leaves: st.SearchStrategy[float] | None,
    max_size: int,
    shared: bool,
    kinks: bool,
) -> Program:
    """Draw a program; the arguments are those of `expressions`."""
    names = [op if isinstance(op, str) else op.name for op in (TABLE if ops is None else ops)]
    growth = _Growth(leaves, shared, kinks)
    # Without a drawn length lists have six elements on average, whatever the maximum. It stays below the maximum,
    # because a list of fixed length has no choice after each element, and then shrinking cannot shorten it.
    least = draw(st.integers(1, max(1, max_size - 1)))
    draw(st.lists(_steps(growth, names), min_size=least, max_size=max_size, unique_by=_Different))
    if TOTAL in names and len(growth.instructions) < max_size and draw(st.integers(0, 3)) > 0:
        growth.collect(find_op(TOTAL))
    assume(growth.instructions)
    program = growth.program()
    # Unused results are drawn too, because an engine must ignore them. Shrinking cannot remove them, since that would
    # change the indices of later results; so pruning is a choice that is drawn.
    return program if draw(st.booleans()) else program.pruned()


class _Different:
    """A key for the uniqueness of a list in which every element counts as different.

    Hypothesis copies parts of an example over similar parts of it, so up to five more examples have the same ops, and
    400 examples miss several ops of the table. It spares lists of unique elements.
    """

    def __init__(self, _: object) -> None:
        """Every key is a new object."""


@st.composite
def _steps(draw: st.DrawFn, growth: _Growth, names: Sequence[str]) -> None:
    """Draw an op, and apply it if it can be."""
    # An op that cannot be applied is skipped. A substitute would hide from shrinking which op matters.
    growth.grow(draw, find_op(draw(st.sampled_from(names))))


@dataclass
class _Growth:
    """A program that grows.

    Attributes:
        given: the strategy for leaves, or None for the places of `expressions`.
        shared: whether a number may be used several times.
        kinks: whether an op may stand on a kink.
        numbers: all leaves and results, in the order in which they were made; indices refer to this order.
        leaves: the indices of the leaves.
        free: the indices of the numbers without a use.
        instructions: the ops with their inputs.
        sources: for each number, the indices of the leaves on which it depends.
        bent: the indices of the leaves on which an instruction on a kink depends.
    """

    given: st.SearchStrategy[float] | None
    shared: bool
    kinks: bool
    numbers: list[float] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)
    sources: list[frozenset[int]] = field(default_factory=list)
    bent: set[int] = field(default_factory=set)

    def grow(self, draw: st.DrawFn, op: Op) -> None:
        """Apply an op to drawn inputs, or else to others, if there are any at which it is moderate."""
        counts = counts_of(op)
        count = counts[0] if len(counts) == 1 else counts[draw(st.integers(0, len(counts) - 1))]
        constants = [
            draw(number_in(op, index, op.sample[index])) if is_integer(op, index) else None for index in range(count)
        ]
        varying = [index for index, constant in enumerate(constants) if constant is None]
        for places, numbers in self._ways(draw, op, varying):
            if len(numbers) < len(varying):
                continue
            rest = iter(numbers)
            inputs = [next(rest) if constant is None else constant for constant in constants]
            on_kink = self.kinks and not is_ordinary(op, inputs)
            if is_ordinary(op, inputs) or (on_kink and is_on_kink(op, inputs) and not self._is_bent(places)):
                self._apply(op, constants, places, inputs)
                self.bent |= self.sources[-1] if on_kink else set()
                return

    def collect(self, total: Op) -> None:
        """Add up all results without a use."""
        results = [index for index in self.free if index not in self.leaves]
        numbers = [self.numbers[index] for index in results]
        if len(results) > 1 and is_ordinary(total, numbers):
            self._apply(total, [None] * len(results), tuple(results), numbers)

    def program(self) -> Program:
        """Return the program, with its leaves at the first indices."""
        leaves = set(self.leaves)
        order = [*self.leaves, *(index for index in range(len(self.numbers)) if index not in leaves)]
        renamed = {index: i for i, index in enumerate(order)}
        return Program(
            tuple(self.numbers[index] for index in self.leaves),
            tuple(
                (name, tuple(x if isinstance(x, float) else renamed[x] for x in inputs))
                for name, inputs in self.instructions
            ),
        )

    def _apply(self, op: Op, constants: Sequence[float | None], places: Places, inputs: Sequence[float]) -> None:
        """Add an instruction, with a leaf for each `NEW` place."""
        rest = iter(places)
        written: list[int | float] = []
        for constant, number in zip(constants, inputs, strict=True):
            place = None if constant is not None else next(rest)
            if place == NEW:
                self.leaves.append(self._add(number, [len(self.numbers)]))
            written.append(number if place is None else self.leaves[-1] if place == NEW else place)
        self.free = [index for index in self.free if index not in written]
        varying = [x for x in written if isinstance(x, int)]
        self.free.append(self._add(op.evaluate(inputs), frozenset().union(*(self.sources[x] for x in varying))))
        self.instructions.append((op.name, tuple(written)))

    def _add(self, number: float, sources: Iterable[int]) -> int:
        self.numbers.append(number)
        self.sources.append(frozenset(sources))
        return len(self.numbers) - 1

    def _is_bent(self, places: Places) -> bool:
        """Return whether an instruction on a kink depends on one of the leaves of these numbers already."""
        return any(self.bent & self.sources[place] for place in places if place != NEW)

    def _pool(self) -> Sequence[int]:
        return range(len(self.numbers)) if self.shared else self.free

    def _room(self) -> int:
        return MOST_LEAVES - len(self.leaves)

    # ---- Inputs -----------------------------------------------------------------------------------------------------

    def _ways(self, draw: st.DrawFn, op: Op, varying: Sequence[int]) -> Iterator[tuple[Places, Point]]:
        """Yield places and numbers for inputs of an op: drawn ones, then earlier numbers, then only new leaves."""
        yield self._drawn(draw, op, varying)
        yield from self._earlier(len(varying))
        if self._room() >= len(varying):
            yield (NEW,) * len(varying), tuple(self._leaf(draw, op, index) for index in varying)

    def _drawn(self, draw: st.DrawFn, op: Op, varying: Sequence[int]) -> tuple[Places, Point]:
        """Return drawn places and numbers; fewer than are wanted if there are not enough."""
        count = len(varying)
        on_kinks = _points_on_kinks(op, count) if self.kinks and self.given is None and self._room() >= count else ()
        if len(on_kinks) > 0 and draw(st.booleans()):
            return (NEW,) * count, on_kinks[draw(st.integers(0, len(on_kinks) - 1))]
        # Unused numbers count three times, so that most results matter in the end.
        pool = [*self._pool(), *self.free, *self.free]
        places: list[int] = []
        inputs: list[float] = []
        for index in varying:
            has_room = places.count(NEW) < self._room()
            if not (pool or has_room):
                break
            is_new = has_room and (not pool or draw(st.booleans()))
            # Drawing integers is three times as fast as making a strategy of the places for every instruction.
            place = NEW if is_new else pool[draw(st.integers(0, len(pool) - 1))]
            inputs.append(self._leaf_anywhere(draw, op, index, inputs) if place == NEW else self.numbers[place])
            places.append(place)
            if not self.shared:
                pool = [other for other in pool if other != place]
        return tuple(places), tuple(inputs)

    def _earlier(self, count: int) -> Iterator[tuple[Places, Point]]:
        """Yield a few places among the earlier numbers, the latest first, with their numbers."""
        latest = self._pool()[::-1]
        ways: Iterable[Places] = (
            itertools.product(latest, repeat=count) if self.shared else itertools.permutations(latest, count)
        )
        for places in itertools.islice(ways, TRIES):
            yield places, tuple(self.numbers[i] for i in places)

    def _leaf(self, draw: st.DrawFn, op: Op, index: int) -> float:
        """Draw a leaf from the sample of an op, or from the strategy that was given."""
        if self.given is not None:
            return draw(self.given)
        return draw(number_in(op, index, of_all(op.sample, index + 1)[index]))

    def _leaf_anywhere(self, draw: st.DrawFn, op: Op, index: int, beside: Sequence[float]) -> float:
        """Draw a leaf from the sample, equal to an earlier number, from special numbers, or far from the sample."""
        places = OF_ONE if op.arity == 1 else OF_SEVERAL
        place = places[draw(st.integers(0, len(places) - 1))]
        equals: list[float] = [
            *beside,
            *(self.numbers if self.given is None else (self.numbers[i] for i in self.leaves)),
        ]
        if place == EQUAL and equals:
            return equals[draw(st.integers(0, len(equals) - 1))]
        if place == EXACT and self.given is None:
            return SPECIAL[draw(st.integers(0, len(SPECIAL) - 1))]
        if place == FAR and self.given is None:
            return draw(number_beyond(op, index, upwards=draw(st.booleans())))
        return self._leaf(draw, op, index)


@lru_cache(maxsize=1024)
def _points_on_kinks(op: Op, count: int) -> tuple[Point, ...]:
    """Return moderate points on the kinks of an op."""
    if op.kinks is None or op.name in INTEGERS:
        return ()
    stated = kink_points(subjects_of(op)[0], FEW_KINKS) if op.arity is not None else ()
    points = itertools.chain((point for point, _ in stated), ((x,) * count for x in SPECIAL))
    return tuple(dict.fromkeys(point for point in points if is_on_kink(op, point)))
