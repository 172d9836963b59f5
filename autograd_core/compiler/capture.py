"""Capture: a function is run once on Symbols, and what it does becomes a program.

Numbers of its arguments are inputs of the program. A leaf that the function uses without getting it as an argument,
such as a parameter, is a cell: its data and gradient are read at every run, and what the function assigns to them is
assigned after every run. So a training step that is written by hand is one program: forward pass, `zero_grad`,
`backward` and `p.data -= lr * p.grad`.

A Symbol stands for what would be a Value or a float in eager code. It is connected if a gradient passes through it, as
through a Value that was recorded; the others stand for floats.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.deferred import DeferredSums, number_at
from autograd_core.compiler.evaluator import Evaluation
from autograd_core.compiler.fast_differentiation import tangents
from autograd_core.compiler.origins import Origins, Swept
from autograd_core.compiler.program import COPY, Program
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.sources import Cell, Guard, Source, Stored
from autograd_core.compiler.sums import Sums
from autograd_core.compiler.sweeping import swept
from autograd_core.errors import GradientLossError, InputError
from autograd_core.graph.blocks import BLOCKS, CAPTURING, innermost_block, is_recording
from autograd_core.graph.contributions import plus
from autograd_core.graph.modes import Mode
from autograd_core.graph.node import new_era
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.numerics.number import to_float
from autograd_core.table.op import ROWS, Op

BINARY: Final = 2
"""The number of inputs that most ops have."""


@final
class Capture(Recording):
    """The recorder while a function is captured (a `graph.capturing.CaptureRecorder`).

    Attributes:
        arguments: the Symbols of the numbers of the arguments.
        sources: where each input of the program comes from.
        numbers: the numbers of the inputs in the call that is captured; they decide which way the function goes.
        guards: the decisions on the way, each once.
        cells: the leaves that were used, by identity.
        stores: the stores that were used, by identity.
        notes: what code that is recorded keeps until the capture ends.
        marks: the leaves whose `frozen` was read, by identity, each with what it was.
        assigned_marks: the leaves whose `frozen` was assigned, by identity, each with what it was before.
        origins: the lines that recorded the instructions.
        is_over: whether the call has ended.
    """

    __slots__ = (
        "_connected",
        "_era",
        "_evaluation",
        "_gradients",
        "_guarded",
        "_kinds",
        "_leaves",
        "_records",
        "_swept",
        "arguments",
        "assigned_marks",
        "cells",
        "guards",
        "is_over",
        "marks",
        "notes",
        "numbers",
        "origins",
        "sources",
        "stores",
    )

    def __init__(self, arguments: list[float]) -> None:
        super().__init__(Program())
        self.sources: list[Source] = []
        self.numbers: list[float] = []
        self.guards: list[Guard] = []
        self.cells: dict[int, Cell] = {}
        self.stores: dict[int, Stored] = {}
        self.notes: dict[Any, Any] = {}
        self.marks: dict[int, tuple[Value, bool]] = {}
        self.assigned_marks: dict[int, tuple[Value, bool]] = {}
        self.origins = Origins()
        self.is_over = False
        self._records = not BLOCKS.any_open or is_recording()
        self._kinds = vec[i32]([i32(-1)] * len(ROWS))  # by the index of the row
        self._connected = vec[u8]()  # for each place whether a gradient passes through it; others are further on
        self._guarded: set[int] = set()
        self._leaves: dict[int, Cell] = {}  # the places of the numbers of cells, which gradients lead to
        self._swept: list[Sums | DeferredSums] = []  # the adjoints of all sweeps
        self._gradients: dict[int, Any] = {}  # those of them that were read
        self._evaluation = Evaluation(self.program)
        self._era = new_era()
        self.arguments = [self.symbol(self._input(Source("argument", i), x)) for i, x in enumerate(arguments)]

    def carried(self, place: int, index: int, number: float) -> Symbol:
        """A number that is read from a place outside, and stands for a float."""
        return self.symbol(self._input(Source("carried", index, place), number))

    def release(self) -> None:
        """End the capture: no Symbol of it can be used from now on, and none is held here."""
        self.is_over = True
        self.arguments, self._swept, self._gradients, self.notes = [], [], {}, {}

    # What Symbols and Values ask.

    def place(self, x: Any) -> int:
        """The place of a number: of a Symbol of this capture, of a leaf, or of a constant."""
        if isinstance(x, Symbol):
            if x.recorder is self:
                place: int = x.place
                return place
            raise GradientLossError(
                f"expected numbers of this call of a compiled function, got {x!r}, which is left over from another "
                "one; return it from there, and pass it as an argument"
            )
        return self._data_place(self._cell(x)) if isinstance(x, Value) else self.program.constant(to_float(x))

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Symbol:
        """The result of an op, which becomes an instruction."""
        if self.is_over:
            self._refuse_late()
        if len(inputs) == BINARY:
            left, right = i64(self.place(inputs[0])), i64(self.place(inputs[1]))
            connects = self._is_connected(left) or self._is_connected(right)
            flat = self.program.flat
            self.program.flat = append(append(flat, i32(left)), i32(right))
        else:
            places, connects = vec[i32](), False
            for x in inputs:
                at = i64(self.place(x))
                connects = connects or self._is_connected(at)
                places = append(places, i32(at))
            self._append_operands(places)
        place = self._finish(op)
        if connects and op is not COPY:
            if self._is_recording():
                self._connect(place)
            else:
                self.program.flat = append(self.program.flat, i32(place))
                place = self._finish(COPY)
        self.origins.note(place + 1)
        return Symbol(self, int(place))

    def _append_operands(self, places: vec[i32]) -> None:
        flat, k, count = self.program.flat, i64(0), i64(len(places))
        while k < count:
            flat = append(flat, places[k])
            k += 1
        self.program.flat = flat

    def _finish(self, op: Op) -> i64:
        """Append an instruction whose operands have been appended, and return its place."""
        program, row = self.program, i64(op.index)
        is_known = 0 <= row < i64(len(self._kinds))  # and not defined just now, or outside of the table
        kind = i64(self._kinds[row]) if is_known else i64(-1)
        if kind < 0:
            kind = i64(program.kind_of(op))
            if is_known:
                self._kinds[row] = i32(kind)
        place = i64(len(program.kinds))
        program.kinds = append(program.kinds, i32(kind))
        program.starts = append(program.starts, i32(len(program.flat)))
        return place

    def _is_recording(self) -> bool:
        """`is_recording`, which takes a third of the time of an op, only in blocks inside of the call."""
        block = innermost_block.get()
        return self._records if block is not None and block.recorder is self else is_recording()

    def _is_connected(self, place: i64) -> bool:
        return place < i64(len(self._connected)) and self._connected[place] != u8(0)

    def _connect(self, place: i64) -> None:
        connected = self._connected
        while i64(len(connected)) <= place:
            connected = append(connected, u8(0))
        connected[place] = u8(1)
        self._connected = connected

    def _refuse_late(self) -> None:
        raise GradientLossError(
            "expected a number of a call that runs, got one that a compiled function has left over: its call has "
            "ended, and nothing can be recorded any more; return numbers, not functions or generators that compute "
            "them later"
        )

    def detached(self, symbol: Symbol) -> Symbol:
        """The same number, which no gradient passes through; one that stands for a float stands for itself."""
        return self.record(COPY, (symbol,)) if self._is_connected(i64(self.place(symbol))) else symbol

    def grown(self, first: int) -> None:
        """What a sweep has appended passes gradients on as if it had been recorded."""
        program = self.program
        self.origins.note(i64(len(program)))
        self.origins.sweeps.append(Swept(first, len(program)))
        if not self._is_recording():
            return
        copy = i64(program.kind_of(COPY))
        place, count = i64(first), i64(len(program))
        while place < count:
            kind = i64(program.kinds[place])
            if kind >= 0 and kind != copy:
                k, end = i64(program.starts[place]), i64(program.starts[place + 1])
                while k < end:
                    if self._is_connected(i64(program.flat[k])):
                        self._connect(place)
                        break
                    k += 1
            place += 1

    def is_constant(self, symbol: Symbol) -> bool:
        """Whether a Symbol stands for a float."""
        return not self._is_connected(i64(symbol.place))

    def data(self, symbol: Symbol) -> Any:
        """What `.data` of a Symbol is."""
        return self.detached(symbol)

    def truth(self, symbol: Symbol) -> bool:
        """The answer to `bool(symbol)` in the call that is captured, which becomes a guard."""
        if self.is_over:
            self._refuse_late()
        place = self.place(symbol)
        truth = number_at(self._evaluation, place, self.numbers) != 0.0
        if place not in self._guarded:
            self._guarded.add(place)
            self.guards.append(Guard(place, truth))
        return truth

    def data_of(self, node: Any) -> Any:
        """What `.data` of a Value is."""
        return self.detached(self.symbol(self.place(node)))

    def assign_data(self, node: Any, number: Any) -> None:
        """What `node.data = number` does: from now on the leaf has this number, after the run as well."""
        place = self.place(number)
        cell = self._cell(node)
        cell.data = self._leaf_place(cell, place)
        cell.has_new_data = True

    def gradient_of(self, node: Any) -> Any:
        """What `.grad` of a Value or a Symbol is."""
        if isinstance(node, Symbol):
            return self._gradient_at(self.place(node))
        return self.symbol(self._gradient_place(self._cell(node)))

    def _gradient_at(self, place: int) -> Any:
        """The gradient that the latest sweep through an interior node has left there."""
        gradient = self._gradients.get(place)
        if gradient is None:
            swept = [sums for sums in self._swept if place in sums and place not in self._leaves]
            gradient = self._as_gradient(swept[-1][place], swept[-1].connected) if swept else 0.0
            gradient = gradient if isinstance(gradient, Symbol) else self.symbol(self.place(gradient))
            self._gradients[place] = gradient
        return gradient

    def assign_gradient(self, node: Any, gradient: Any) -> None:
        """What `node.grad = gradient` does."""
        place = self.place(gradient)
        cell = self._cell(node)
        cell.gradient, cell.has_new_gradient = place, True

    def read_mark(self, leaf: Any) -> None:
        """Take notice that `leaf.frozen` is read; it has to be the same in later calls, unless it was assigned."""
        if id(leaf) not in self.assigned_marks and leaf._dleft < self._era:
            self.marks.setdefault(id(leaf), (leaf, _is_frozen(leaf)))

    def assign_mark(self, leaf: Any, frozen: bool) -> None:
        """Take notice that `leaf.frozen` is assigned, which is done at once, and again after every run."""
        if leaf._dleft < self._era:
            self.assigned_marks.setdefault(id(leaf), (leaf, _is_frozen(leaf)))

    def stored(self, store: Any) -> tuple[list[Any], Any]:
        """The numbers of a store, and their form."""
        cell = self._store(store)
        if cell.first < 0 and not cell.has_new:
            numbers = [to_float(x) for x in store.numbers()]
            cell.first, cell.count = len(self.sources), len(numbers)
            at = list(self.stores).index(id(store))
            cell.places = [self._input(Source("stored", i, at), x) for i, x in enumerate(numbers)]
        return [self.symbol(place) for place in cell.places], cell.new_form

    def store(self, store: Any, numbers: Sequence[Any], form: Any) -> None:
        """Replace the numbers of a store, after the run as well."""
        cell = self._store(store)
        cell.places, cell.new_form, cell.has_new = [self.place(x) for x in numbers], form, True

    def _store(self, store: Any) -> Stored:
        cell = self.stores.get(id(store))
        if cell is None:
            cell = self.stores[id(store)] = Stored(store)
        return cell

    def truth_of(self, node: Any) -> bool:
        """The answer to `bool(value)`."""
        return self.truth(self.symbol(self.place(node)))

    def backward(self, root: Any, gradient: Any, create_graph: bool) -> None:
        """What `root.backward()` does: the gradients of the leaves below grow, those of Symbols are replaced."""
        if isinstance(root, Symbol) and not self._is_connected(i64(self.place(root))):
            raise InputError(
                f"expected a result that was recorded from Values, got {root!r}, which stands for a plain number: "
                "make a leaf of an argument with Value(x), and compute outside of no_grad()"
            )
        place = self.place(root)
        seed = self.symbol(self.place(gradient)) if isinstance(gradient, Symbol | Value) else to_float(gradient)
        sums = self._adjoints({place: seed}, self._leaves, create_graph)
        self._swept.append(sums)
        self._gradients.clear()
        for at, cell in list(self._leaves.items()):
            if at in sums:
                held: Any = self.symbol(self._gradient_place(cell))
                if self.program.number(held.place) == 0.0:
                    held = 0.0
                cell.gradient = self.place(plus(held, self._as_gradient(sums[at], create_graph)))
                cell.has_new_gradient = True

    def gradients(self, seeds: Sequence[tuple[Any, Any]], wanted: Sequence[Any], connected: bool) -> list[Any]:
        """The gradient of the roots with respect to the wanted numbers, none of which depends on another.

        Args:
            seeds: the roots, each with its seed, a number or a Symbol.
            wanted: Symbols and Values.
            connected: whether gradients pass through the results, as through Values.
        """
        of_roots: dict[int, Any] = {}
        for root, seed in seeds:
            if isinstance(root, Symbol | Value):
                at = self.place(root)
                of_roots[at] = of_roots[at] + seed if at in of_roots else seed
        places = [self.place(x) for x in wanted]
        sums = self._adjoints(of_roots, places, connected)
        return [self._as_gradient(sums.get(place, 0.0), connected) for place in places]

    def _adjoints(self, seeds: dict[int, Any], ends: Collection[int], connected: bool) -> Sums | DeferredSums:
        """What a sweep leaves."""
        sums = swept(self, seeds, ends, self._connected, connected)
        if isinstance(sums, Sums):
            latest = self.origins.sweeps[-1]
            latest.sums = sums.places
            latest.numbers = sums.numbers
        self.origins.note(i64(len(self.program)))
        return sums

    def tangents(
        self, roots: Sequence[Any], variables: Sequence[Any], direction: Sequence[Any], connected: bool
    ) -> list[Any]:
        """The derivative of every root if the variables move in a direction."""
        moved = {self.place(x): step for x, step in zip(variables, direction, strict=True)}
        places = [self.place(root) for root in roots]
        sums = tangents(self, moved, places)
        return [self._as_gradient(sums.get(place, 0.0), connected) for place in places]

    def _as_gradient(self, total: Any, create_graph: bool) -> Any:
        """A sum of the chain rule as a gradient: without -0.0, which stands for nothing, and without its graph."""
        gradient = total + 0.0
        return gradient if create_graph or not isinstance(gradient, Symbol) else self.detached(gradient)

    # Cells.

    def _cell(self, leaf: Value) -> Cell:
        cell = self.cells.get(id(leaf))
        if cell is None:
            if leaf.op is not None:
                raise GradientLossError(
                    f"a compiled function uses {leaf!r}, the result of {leaf.op.name} that was computed outside of "
                    "it, and no gradient would reach what it was computed from; compute it inside, or use "
                    "Value(x.data), a leaf"
                )
            cell = self.cells[id(leaf)] = Cell(leaf, leaf._dleft >= self._era)
        return cell

    def _data_place(self, cell: Cell) -> int:
        if cell.data < 0:
            if cell.is_local:
                cell.data = self._leaf_place(cell, self.program.constant(cell.leaf._data))
            else:
                cell.data = self._input(Source("data", leaf=cell.leaf), cell.leaf._data)
                self._leaves[cell.data] = cell
                self._connect(i64(cell.data))
        return cell.data

    def _gradient_place(self, cell: Cell) -> int:
        if cell.gradient < 0:
            if cell.is_local:
                cell.gradient = self.program.constant(0.0)
            else:
                cell.gradient = self._input(Source("grad", leaf=cell.leaf), cell.leaf._grad)
        return cell.gradient

    def _leaf_place(self, cell: Cell, place: int) -> int:
        """A place of its own for the number of a leaf, because gradients lead to it and not to what it came from."""
        own = self.program.apply(COPY, [place])
        self.origins.note(i64(own + 1))
        self._leaves[own] = cell
        self._connect(i64(own))
        return own

    def _input(self, source: Source, number: float) -> int:
        self.sources.append(source)
        self.numbers.append(number)
        return self.program.input()


def _is_frozen(leaf: Value) -> bool:
    """`leaf.frozen`, without taking notice."""
    extras = leaf._extras
    return extras is not None and extras.frozen


def capturing(capture: Capture) -> Mode:
    """A block in which operations of this context go to a capture."""
    return Mode("compile", CAPTURING, True, capture)
