"""The call of a function that is recorded, and what it leaves outside.

The function is called once. What it assigns to attributes and variables outside of it is written back after every run;
if such a place held numbers before, like the running mean of a normalisation, the program reads it as well. Then the
function is called again, with inputs of the program in these places. Whatever a program cannot do, such as to append to
a list, happens in this call only, and the program is not used again. Generators of random numbers that a call advances
are refused, because a program would repeat the numbers of its capture.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Final

from autograd_core.compiler.arguments import numbers_and_form, scalars, with_symbols
from autograd_core.compiler.capture import Capture, capturing
from autograd_core.compiler.captured import Captured, Effect
from autograd_core.compiler.found_state import MISSING, PLAIN, Held, Place, State, carry, changed_item
from autograd_core.compiler.generators import Generators
from autograd_core.compiler.interface import Interface, numbers_of
from autograd_core.compiler.left_over import origin, references, refuse_leaf, refuse_left_over, survivors
from autograd_core.compiler.runner import numbers_in
from autograd_core.compiler.state_walk import state_of
from autograd_core.errors import AutogradError, GradientLossError, OperandTypeError
from autograd_core.graph.symbol import Symbol
from autograd_core.numerics.number import is_number
from autograd_core.transforms.trees import members, strip

NOTES: Final = {
    "ufunc": "NumPy has no such function of recorded numbers, which its arrays hold as objects; use the function of "
    "autograd_core for each of them",
    "valid indices": "a recorded number is no index; autograd_core.pick(index, values) takes it as one",
    "JSON": "numbers are recorded, and not known before the program runs; return them, and write the results",
    "Rational": "numbers are recorded, and not known before the program runs; return them, and convert the results",
    "Symbol": "numbers are recorded, and have the operators, methods and attributes of a Value; return the number, "
    "and do with the result what needs a float",
}
"""What is added to an error of another package, by what its message contains."""


def capture(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any], *, exact: bool
) -> Captured:
    """Run a function once and record it, or several times if it changes numbers outside.

    The first run shows which places it writes. If such a place holds numbers, the next run finds inputs of the program
    there. If the function cannot do with them, for example because it uses a counter as an index, the counter stays a
    part of the state, and the function is captured again whenever it has changed.

    Raises:
        GradientLossError: if numbers of the program are left where no result is.
        InputError: if the call draws random numbers.
        OperandTypeError: if the function returns a coroutine or a generator.
    """
    is_collecting = gc.isenabled()
    gc.disable()  # a capture makes many objects and no cycles; looking for them took a quarter of its time
    try:
        return _capture(_Call(function, args, named, static), exact=exact)
    finally:
        if is_collecting:
            gc.enable()


def _capture(call: _Call, *, exact: bool) -> Captured:
    try:
        recorder = call.record()
        captured = call.captured(recorder, exact=exact)
        call.settle()
        recorder.release()
        # Counted here and not in a function of its own, whose variables would be further references.
        if references(recorder) > call.before:
            gc.collect()  # functions that call themselves leave cycles, which hold their variables until now
            if references(recorder) > call.before:
                refuse_left_over(recorder)
    except BaseException:
        call.undo()
        raise
    return captured


class _Call:
    """A call that is recorded.

    Attributes:
        before: how often the recorder was referred to when nothing had been recorded.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any]
    ) -> None:
        self._function: Final = function
        self._given: Final = (args, named, static)
        self._blocks: Final = numbers_and_form(args, named, static)[0]
        self._state: Final = state_of(function)
        self._known: Final = {held.place.identity() for held in self._state.places}
        self._holders: Final = {id(held.place.holder) for held in self._state.places} | {
            id(kept.collection) for kept in self._state.dicts
        }
        self._carried: list[Place] = []
        self._fixed: set[tuple[int, Any]] = set()
        self._marks: dict[int, tuple[Any, bool]] = {}
        self._result: Any = None
        self._irregular = ""
        self._made: list[tuple[Place, bool]] = []  # the places that the call has made, and whether they hold Symbols
        self.before = 0

    def record(self) -> Capture:
        """What the function does, recorded; the result is kept."""
        while True:
            try:
                recorder = self._attempt()
            except OperandTypeError:
                counters = [place for place in self._carried if not _is_float(place.read())]
                self.undo()
                if not counters:
                    raise
                self._fixed.update(place.identity() for place in counters)
                self._carried = [place for place in self._carried if place.identity() not in self._fixed]
                continue
            done = self._fixed | {place.identity() for place in self._carried}
            new = [place for place in self._changed_numbers() if place.identity() not in done]
            if not new or self._state.irregular():  # what is run once needs no inputs for the next run
                return recorder
            self.undo()
            self._carried.extend(new)

    def _attempt(self) -> Capture:
        args, named, static = self._given
        recorder = Capture(scalars(self._blocks))
        self.before = references(recorder)
        self._marks = recorder.assigned_marks
        inputs, options = with_symbols(args, named, static, iter(recorder.arguments))
        generators = Generators(self._state)
        for k, place in enumerate(self._carried):
            place.write(_with_inputs(place.read(), recorder, k))
        try:
            with capturing(recorder):
                self._result = self._function(*inputs, **options)
        except BaseException as error:
            generators.undo()
            _explain(error)
            raise
        _check_result(self._result, self._function)
        _refuse_items(self._state, recorder)
        generators.refuse_draws(self._function)
        return recorder

    def _changed_numbers(self) -> Iterator[Place]:
        """The places that held numbers, and hold other ones now."""
        for place, held, now in self._changes():
            if _is_numbers(held) and (_holds_symbol(now) or (_is_numbers(now) and now != held)):
                yield place

    def _changes(self) -> Iterator[tuple[Place, Any, Any]]:
        """The places that hold something else now, with what they held and what they hold."""
        for held in self._state.places:
            now = held.place.read()
            if now is not held.content:
                yield held.place, held.content, now
        for kept in self._state.lists:
            if changed_item(kept) is not None and len(kept.collection) == len(kept.copy):
                for i, (now, before) in enumerate(zip(kept.collection, kept.copy, strict=True)):
                    if now is not before:
                        yield Place(kept.collection, i, f"{kept.name}[{i}]"), before, now

    def _new_places(self) -> list[Held]:
        """The places that the call has made: keys of dicts, attributes, global variables."""
        return [held for held in state_of(self._function).places if held.place.identity() not in self._known]

    def captured(self, recorder: Capture, *, exact: bool) -> Captured:
        """What runs the program, and has the effects of the call."""
        outputs: list[int] = []

        def output(x: Any) -> Symbol:
            outputs.append(recorder.place(x))
            return Symbol(None, len(outputs) - 1)

        result, self._result = strip(self._result, output), None
        self._irregular = self._state.irregular()
        effects, made = self._effects(output)
        effects += self._effects_on_leaves(recorder, output)
        truths = [guard.truth for guard in recorder.guards]
        recorder.program.outputs = [*outputs, *[guard.place for guard in recorder.guards]]
        captured = Captured(
            recorder.program,
            recorder.sources,
            list(self._carried),
            list(recorder.stores.values()),
            result,
            effects,
            truths,
            self._guarded(recorder, made),
            self._blocks,
            exact,
            recorder.origins,
            self._irregular,
        )
        captured.interface = Interface(self._function, numbers_of(self._function, *self._given), captured, self._state)
        return captured

    def _effects(self, output: Callable[[Any], Symbol]) -> tuple[list[Effect], list[Place]]:
        """What every run has to assign outside, and the places that are made by that."""
        carried = {place.identity() for place in self._carried}
        effects = [Effect(None, "", place, strip(place.read(), output)) for place in self._carried]
        changes = [(place, now) for place, _, now in self._changes() if place.identity() not in carried]
        new = self._new_places()
        self._made = [(held.place, _holds_symbol(held.content)) for held in new]
        made = [held for held in new if id(held.place.holder) in self._holders]
        for place, now in [*changes, *[(held.place, held.content) for held in made]]:
            if _holds_symbol(now) or (isinstance(now, PLAIN) and now is not MISSING):
                effects.append(Effect(None, "", place, strip(now, output)))
            else:
                self._irregular = place.name  # the call has made an object, of which every call makes another one
        return effects, [held.place for held in made]

    def _effects_on_leaves(self, recorder: Capture, output: Callable[[Any], Symbol]) -> list[Effect]:
        left = survivors(recorder)
        if left:
            seen = self._reachable()
            for cell in left:
                if id(cell.leaf) not in seen:
                    refuse_leaf(recorder, cell)
        cells = [*[cell for cell in recorder.cells.values() if not cell.is_local], *left]
        # All data come before all gradients, so that both are rows of numbers, as they are computed.
        effects = [
            Effect(cell.leaf, "data", None, output(recorder.symbol(cell.data))) for cell in cells if cell.has_new_data
        ]
        effects += [
            Effect(cell.leaf, "grad", None, output(recorder.symbol(cell.gradient)))
            for cell in cells
            if cell.has_new_gradient
        ]
        for stored in recorder.stores.values():
            if stored.has_new and stored.places:
                content = [output(recorder.symbol(place)) for place in stored.places]
                effects.append(Effect(None, "", None, content, stored))
        for leaf, _ in recorder.assigned_marks.values():
            effects.append(Effect(None, "", Place(leaf, "frozen", "frozen of a leaf", is_slot=True), leaf.frozen))
        return effects

    def _reachable(self) -> set[int]:
        """The identities of all objects that a later call can find changed."""
        state = state_of(self._function)
        held = [held.content for held in state.places]
        return set(map(id, [*held, *[x for kept in [*state.lists, *state.queues, *state.sets] for x in kept.copy]]))

    def _guarded(self, recorder: Capture, made: list[Place]) -> State:
        """The state that a later call has to find."""
        state, carried = self._state, {place.identity() for place in self._carried}
        kept = State(state.function)
        kept.is_recording = state.is_recording
        kept.places = [held for held in state.places if held.place.identity() not in carried]
        kept.places += [Held(place, MISSING) for place in made]
        kept.carried = [carry(place, self._before(place)) for place in self._carried]
        kept.dicts = list(state.dicts)
        for items in state.lists:
            if any(place.holder is items.collection for place in self._carried):
                kept.dicts.append(items)  # which compares only how many there are
                places = [Place(items.collection, i, f"{items.name}[{i}]") for i in range(len(items.copy))]
                kept.places += [
                    Held(place, held)
                    for place, held in zip(places, items.copy, strict=True)
                    if place.identity() not in carried
                ]
            else:
                kept.lists.append(items)
        kept.queues, kept.sets, kept.arrays = state.queues, state.sets, state.arrays
        kept.marks = list(recorder.marks.values())
        kept.stores = [(stored.store, stored.form) for stored in recorder.stores.values()]
        kept.volatile = state.volatile
        return kept

    def _before(self, place: Place) -> Any:
        """What a place held before the call."""
        held = {held.place.identity(): held.content for held in self._state.places}
        if place.identity() in held:
            return held[place.identity()]
        return next(kept.copy[place.key] for kept in self._state.lists if kept.collection is place.holder)

    def settle(self) -> None:
        """After a capture: a run of the program now does what the call has done, so that is undone."""
        if not self._irregular:
            self._restore([place for place, _ in self._made])
            return
        for place, before, now in list(self._changes()):
            if _holds_symbol(now):
                place.write(before)
        for place, holds_symbol in self._made:
            if holds_symbol:
                place.remove()

    def undo(self) -> None:
        """After a call that has failed: put back everything that it has changed."""
        self._result = None
        self._restore([held.place for held in self._new_places()])
        for leaf, frozen in self._marks.values():
            leaf.frozen = frozen

    def _restore(self, made: list[Place]) -> None:
        for place in made:
            if id(place.holder) in self._holders:
                place.remove()
        self._state.restore()


def _explain(error: BaseException) -> None:
    """Add to an error of another package what it means in a function that is recorded."""
    if not isinstance(error, AutogradError):
        notes = [note for words, note in NOTES.items() if words in str(error)]
        if notes:
            error.add_note(f"In a compiled function {notes[0]}.")


def _check_result(result: Any, function: Any) -> None:
    if isinstance(result, GeneratorType | CoroutineType | AsyncGeneratorType):
        kind = type(result).__name__.replace("_", " ")
        if isinstance(result, GeneratorType | CoroutineType):
            result.close()
        raise OperandTypeError(
            f"expected {getattr(function, '__name__', 'the function')} to return numbers, got a {kind}, which would "
            "compute them after the call; return a list of them"
        )


# What a function leaves outside.


def _holds_symbol(thing: Any) -> bool:
    if isinstance(thing, Symbol):
        return True
    branches = None if isinstance(thing, PLAIN) else members(thing)
    return branches is not None and any(_holds_symbol(branch) for _, branch in branches)


def _refuse_items(state: State, recorder: Capture) -> None:
    """Raise if the call has put numbers into a list, which grows, or gets shorter, with every call."""
    for kept in state.lists:
        if len(kept.collection) != len(kept.copy) and _holds_symbol(kept.collection):
            first = next(x for x in kept.collection if _holds_symbol(x))
            place = first.place if isinstance(first, Symbol) else -1
            raise GradientLossError(
                f"a compiled function put numbers into {kept.name}, a list outside of it, where they would stay "
                f"without a value, as the one {origin(recorder, place)}: return them instead, and append the results "
                "of the calls"
            )


# Numbers that are carried from run to run.


def _is_numbers(thing: Any) -> bool:
    """Whether something is a number, or a list or tuple of numbers, nested to any depth."""
    if isinstance(thing, list | tuple):
        return bool(thing) and all(_is_numbers(x) for x in thing)
    return is_number(thing) and not isinstance(thing, bool)


def _is_float(tree: Any) -> bool:
    """Whether all numbers of a tree are floats, or are recorded."""
    if isinstance(tree, list | tuple):
        return all(_is_float(x) for x in tree)
    return isinstance(tree, float)


def _with_inputs(tree: Any, recorder: Capture, place: int) -> Any:
    """The tree with inputs of the program in place of its numbers."""
    symbols = iter([recorder.carried(place, i, number) for i, number in enumerate(numbers_in(tree))])
    return _filled(tree, symbols)


def _filled(tree: Any, symbols: Iterator[Any]) -> Any:
    if isinstance(tree, list):
        return [_filled(x, symbols) for x in tree]
    if isinstance(tree, tuple):
        return tuple([_filled(x, symbols) for x in tree])
    return next(symbols)
