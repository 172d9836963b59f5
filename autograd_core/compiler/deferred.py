"""A sweep that stands in a program as one instruction, for programs in which nothing groups.

A sweep that is written out has several instructions for each instruction that it goes through. A tape does without
them: it follows the edges of the graph backwards (`grouping.swept`). So the sweep of such a program is recorded as
`sweep root seed`, and a sum of it as `gradient sweep place`. Whatever else needs the program gets it written out.

>>> from autograd_core import TABLE
>>> from autograd_core.compiler.text import to_text
>>> program = Program()
>>> x = program.input()
>>> root = program.apply(TABLE["sin"], [x])
>>> sums = deferred(Recording(program), root, program.constant(1.0), [x], vec[u8]([u8(1), u8(1)]))
>>> program.outputs = [sums[x].place]
>>> print(to_text(program))
%0 = input
%1 = sin %0
%2 = constant 1.0
%3 = sweep %1 %2
%4 = gradient %3 %0
return %4
>>> print(to_text(expanded(program).program))
%0 = input
%1 = sin %0
%2 = constant 1.0
%3 = constant 0.0
%4 = cos %0
%5 = strong_product %4 %2 %3
%6 = copy %5
return %6
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i32, u8

from autograd_core.compiler.evaluator import Evaluation
from autograd_core.compiler.fast_differentiation import adjoints
from autograd_core.compiler.orders import between
from autograd_core.compiler.origins import Origins, Swept
from autograd_core.compiler.program import CONSTANT, COPY, GRADIENT, INPUT, SWEEP, Deferred, Program
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.strong_dots import PARTS, STRONG_DOT, has_strong_dots
from autograd_core.compiler.sums import Sums
from autograd_core.graph.symbol import Symbol
from autograd_core.table.comparisons import STRONG_PRODUCT
from autograd_core.table.ops import ADD


@final
class DeferredSums:
    """The sums of a deferred sweep, by place as `Sums`; one that is read becomes an instruction.

    Attributes:
        connected: whether gradients pass through the sums; never.
    """

    __slots__ = ("_reached", "_read", "_recording", "_sweep", "connected")

    def __init__(self, recording: Recording, sweep: int, reached: vec[u8]) -> None:
        self.connected = False
        self._recording: Final = recording
        self._sweep: Final = sweep
        self._reached: Final = reached
        self._read: Final[dict[int, Symbol]] = {}

    def __contains__(self, place: int) -> bool:
        return 0 <= place < len(self._reached) and self._reached[place] != u8(0)

    def __getitem__(self, place: int) -> Symbol:
        if place not in self:
            raise KeyError(place)
        symbol = self._read.get(place)
        if symbol is None:
            recording = self._recording
            number = recording.symbol(recording.program.apply(GRADIENT, [self._sweep, place]))
            symbol = self._read[place] = number
        return symbol

    def get(self, place: int, default: Any = None) -> Any:
        """The sum of a place, or the default for one that is not reached."""
        return self[place] if place in self else default  # noqa: SIM401 - this is that method


def deferred(recording: Recording, root: int, seed: int, ends: Collection[int], connected: vec[u8]) -> DeferredSums:
    """Append a sweep as one instruction.

    Args:
        recording: records it.
        root: the place of the root.
        seed: the place of its seed.
        ends: where the gradient stops.
        connected: for each place whether a gradient passes through it.
    """
    program, stops = recording.program, list(ends)
    reached = between(program, root, stops)
    sweep = program.apply(SWEEP, [root, seed])
    program.sweeps.append(Deferred(sweep, stops, connected))
    return DeferredSums(recording, sweep, reached)


@final
class Expanded:
    """A program whose sweeps are written out.

    Attributes:
        program: the program.
        places: for each instruction of the first program its place here; 0 for a sweep.
        starts: for each instruction of the first program where it begins here, and where the last one ends.
        sums: what each sweep leaves, by its place in the first program.
    """

    __slots__ = ("places", "program", "starts", "sums")

    def __init__(self, source: Program) -> None:
        self.program: Final = Program()
        self.places: Final = vec[i32]([i32(0)] * len(source))
        self.starts = vec[i32]()
        self.sums: Final[dict[int, Sums]] = {}


def expanded(program: Program) -> Expanded:
    """A program whose sweeps and sums of strong products are written out, which computes the same bits."""
    result, sweeps = Expanded(program), {sweep.place: sweep for sweep in program.sweeps}
    target, places = result.program, result.places
    recording = _Connected(target)
    for place in range(len(program)):
        first = len(target)
        result.starts = append(result.starts, i32(first))
        op, new = program.op(place), 0
        if op is None:
            is_input = program.kinds[place] == INPUT
            new = target.input() if is_input else target.constant(program.numbers[program.index(place)])
        elif op is SWEEP:
            result.sums[place] = _swept(recording, program, places, sweeps[place])
        elif op is GRADIENT:
            sweep, of = program.operands(place)
            new = recording.place(result.sums[sweep].get(int(places[of]), -0.0))
            new = target.apply(COPY, [new]) if target.kinds[new] != CONSTANT else new
        elif op is STRONG_DOT:
            new = _added(target, [int(places[operand]) for operand in program.operands(place)])
        else:
            new = target.apply(op, [int(places[operand]) for operand in program.operands(place)])
        places[place] = i32(new)
        recording.note(place, len(target))
    result.starts = append(result.starts, i32(len(target)))
    target.outputs = [int(places[output]) for output in program.outputs]
    return result


def number_at(evaluation: Evaluation, place: int, inputs: Sequence[float]) -> float:
    """The number at a place of a program in which sweeps may stand as one instruction."""
    program = evaluation.program
    if not program.sweeps or place < program.sweeps[0].place:
        return evaluation.at(place, inputs)
    written = expanded(program)
    return Evaluation(written.program).at(int(written.places[place]), inputs)


def is_written_out(program: Program) -> bool:
    """Whether a program is as all passes take it."""
    return not program.sweeps and not has_strong_dots(program)


def _added(target: Program, operands: list[int]) -> int:
    """The place of a sum of strong products, one after the other."""
    count = len(operands) // PARTS
    total = -1
    for i in range(count):
        is_one = target.number(operands[i]) == 1.0
        term = operands[count + i] if is_one else target.apply(STRONG_PRODUCT, operands[i::count])
        total = term if total < 0 else target.apply(ADD, [total, term])
    return total


def _swept(recording: _Connected, program: Program, places: vec[i32], sweep: Deferred) -> Sums:
    root, seed = program.operands(sweep.place)
    number = program.number(seed)
    recording.connected = sweep.connected
    seeds = {int(places[root]): recording.symbol(int(places[seed])) if number is None else number}
    return adjoints(recording, seeds, [int(places[end]) for end in sweep.ends])


@final
class _Connected(Recording):
    """What records a program anew whose numbers are connected as those of the first one.

    Attributes:
        connected: for each place of the first program whether it is connected.
    """

    __slots__ = ("_origins", "connected")

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.connected = vec[u8]()
        self._origins = vec[i32]()  # for each place that of the first program

    def note(self, place: int, count: int) -> None:
        """Take notice that all new instructions below `count` come from one place of the first program."""
        while len(self._origins) < count:
            self._origins = append(self._origins, i32(place))

    def is_constant(self, symbol: Symbol) -> bool:
        """Whether a Symbol stands for a float."""
        place = int(symbol.place)
        origin = int(self._origins[place]) if place < len(self._origins) else len(self.connected)
        return origin >= len(self.connected) or self.connected[origin] == u8(0)


def with_origins(program: Program, origins: Origins) -> tuple[Program, Origins]:
    """A program whose sweeps are written out, and the lines that recorded its instructions."""
    found = expanded(program)
    starts = [int(start) for start in found.starts]
    new: list[Swept] = []
    for place, sums in found.sums.items():
        swept = Swept(starts[place], starts[place + 1])
        swept.sums = sums.places
        swept.numbers = sums.numbers
        new.append(swept)
    written = found.program  # in one line with the call, mypyc 2.4 frees `found` before it takes the attribute
    return written, origins.moved(starts, [int(place) for place in found.places], new)
