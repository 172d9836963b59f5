"""A captured function: its program, where the inputs of a run come from, and where the outputs go.

`capture` runs the function once. What the function assigns to attributes and variables outside of it is written back
after every run; if such a place held numbers before, like the running mean of a normalisation, the program reads it as
well. Lists that grow are refused, and so are generators of random numbers that a call advances: a program would repeat
the numbers of its capture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, final

from autograd_core.compiler.arguments import numbers_and_form, scalars, with_symbols
from autograd_core.compiler.capture import Capture, Source, capturing
from autograd_core.compiler.executors import Executable, executable
from autograd_core.compiler.generators import Generators
from autograd_core.compiler.program import Program
from autograd_core.compiler.returned import returned
from autograd_core.compiler.runner import Runner, numbers_in
from autograd_core.compiler.state import Place, State, state_of
from autograd_core.errors import GradientLossError, OperandTypeError
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number
from autograd_core.transforms.trees import is_array, strip


@final
class Effect:
    """What a run assigns.

    Attributes:
        leaf: the Value to whose attribute a number is assigned; None for a place.
        attribute: "data" or "grad".
        place: the place that gets a content.
        content: the content, with a Symbol for each number, whose place is the index of an output.
    """

    __slots__ = ("attribute", "content", "leaf", "place")

    def __init__(self, leaf: Value | None, attribute: str, place: Place | None, content: Any) -> None:
        self.leaf: Final = leaf
        self.attribute: Final = attribute
        self.place: Final = place
        self.content: Final = content

    def describe(self) -> str:
        """What is assigned to, in words."""
        return f".{self.attribute} of {self.leaf!r}" if self.place is None else self.place.name

    def filled(self, outputs: Sequence[float]) -> Any:
        """The content that a place gets from the outputs of a run."""
        content = strip(self.content, lambda symbol: outputs[symbol.place])
        return content if self.place is None else _as_before(content, self.place.read())


@final
class Captured:
    """A program of a function, for one form of arguments, one state, and one way at its decisions.

    The outputs of the program are the numbers of the result and of the effects, then those of the guards.

    Attributes:
        program: the program.
        sources: where its inputs come from.
        carried: the places whose numbers it reads and writes.
        result: what the function returned, with a Symbol whose place is the index of an output for each number.
        effects: what a run assigns.
        truths: what the guards have to be.
        state: what has to be unchanged.
        executable: what runs the program.
        runner: what runs it for the arguments of a call.
        mapped: what runs it for many rows of data, by which blocks of the arguments have rows.
    """

    __slots__ = (
        "carried",
        "effects",
        "executable",
        "mapped",
        "program",
        "result",
        "runner",
        "sources",
        "state",
        "truths",
    )

    def __init__(
        self,
        program: Program,
        sources: list[Source],
        carried: list[Place],
        result: Any,
        effects: list[Effect],
        truths: list[bool],
        state: State,
        blocks: list[Any],
        exact: bool,
    ) -> None:
        self.program: Final = program
        self.sources: Final = sources
        self.carried: Final = carried
        self.result: Final = result
        self.effects: Final = effects
        self.truths: Final = truths
        self.state: Final = state
        self.executable: Final[Executable] = executable(program, exact)
        self.mapped: Final[dict[tuple[bool, ...], Any]] = {}
        template = returned(result, lambda symbol: int(symbol.place))
        self.runner: Final = Runner(self.executable, blocks, sources, carried, effects, template, truths)


def capture(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any], *, exact: bool
) -> Captured:
    """Run a function once and record it, or several times if it changes numbers outside.

    The first run shows which places it writes. If such a place holds numbers, the next run finds inputs of the program
    there. If the function cannot do with them, for example because it uses a counter as an index, the counter stays a
    part of the state, and the function is captured again whenever it has changed.

    Raises:
        GradientLossError: if numbers of the program are left in a list outside of the function.
        InputError: if the call draws random numbers.
    """
    blocks = numbers_and_form(args, named, static)[0]
    numbers = scalars(blocks)
    state = state_of(function)
    carried: list[Place] = []
    fixed: set[tuple[int, Any]] = set()
    while True:
        recorder = Capture(numbers)
        inputs, options = with_symbols(args, named, static, iter(recorder.arguments))
        generators = Generators(state)
        try:
            for k, place in enumerate(carried):
                place.write(_with_inputs(place.read(), recorder, k))
            with capturing(recorder):
                result = function(*inputs, **options)
            _refuse_lists(state)
            generators.refuse_draws(function)
        except BaseException as error:
            _restore(state, lambda _: True)
            counters = [place for place in carried if not _is_float(place.read())]
            if counters and isinstance(error, OperandTypeError):
                fixed.update(place.identity() for place in counters)
                carried = [place for place in carried if place.identity() not in fixed]
                continue
            raise
        new = [place for place in _changed_numbers(state) if place.identity() not in fixed]
        new = [place for place in new if all(place.identity() != each.identity() for each in carried)]
        if not new:
            break
        _restore(state, lambda _: True)
        carried.extend(new)
    written = [(place, place.read()) for place in carried]
    known = {place.identity() for place in carried}
    written += [(place, held) for place, held in state_of(function).places if _is_new(place, held, known)]
    captured = _captured(recorder, result, written, carried, state, blocks, exact=exact)
    for place, held in state.places:
        if place.identity() in known:
            place.write(held)
    _restore(state, _holds_symbol)
    return captured


def _is_new(place: Place, held: Any, known: set[tuple[int, Any]]) -> bool:
    """Whether a place that is not known yet holds numbers of the program."""
    return place.identity() not in known and _holds_symbol(held)


def _captured(
    recorder: Capture,
    result: Any,
    written: list[tuple[Place, Any]],
    carried: list[Place],
    state: State,
    blocks: list[Any],
    *,
    exact: bool,
) -> Captured:
    outputs: list[int] = []

    def output(x: Any) -> Symbol:
        outputs.append(recorder.place(x))
        return Symbol(None, len(outputs) - 1)

    result = strip(result, output)
    effects = [Effect(None, "", place, strip(content, output)) for place, content in written]
    for cell in recorder.cells.values():
        if cell.has_new_data and not cell.is_local:
            effects.append(Effect(cell.leaf, "data", None, output(recorder.symbol(cell.data))))
        if cell.has_new_gradient and not cell.is_local:
            effects.append(Effect(cell.leaf, "grad", None, output(recorder.symbol(cell.gradient))))
    truths = [guard.truth for guard in recorder.guards]
    recorder.program.outputs = [*outputs, *[guard.place for guard in recorder.guards]]
    changing = {place.identity() for place in carried} | {place.identity() for place, _ in written}
    kept = State(state.function)
    kept.places = [(place, held) for place, held in state.places if place.identity() not in changing]
    kept.lists, kept.arrays = state.lists, state.arrays
    before = {place.identity() for place, _ in state.places}
    new_keys = [id(place.holder) for place, _ in written if place.identity() not in before]
    kept.dicts = [(keyed, count + new_keys.count(id(keyed)), name) for keyed, count, name in state.dicts]
    return Captured(recorder.program, recorder.sources, carried, result, effects, truths, kept, blocks, exact)


# What a function leaves outside.


def _holds_symbol(thing: Any) -> bool:
    if isinstance(thing, Symbol):
        return True
    if isinstance(thing, list | tuple):
        return any(_holds_symbol(x) for x in thing)
    return is_array(thing) and thing.dtype.hasobject and any(isinstance(x, Symbol) for x in thing.flat)


def _refuse_lists(state: State) -> None:
    for items, copy, name in state.lists:
        if len(items) != len(copy) and _holds_symbol(items):
            raise GradientLossError(
                f"a compiled function put numbers into {name}, a list outside of it, where they would stay without "
                "a value: return them instead, and append the results of the calls"
            )


def _restore(state: State, which: Callable[[Any], bool]) -> None:
    """Put back what a captured call has changed outside, where `which` says so of what stands there now."""
    for place, held in state.places:
        now = place.read()
        if now is not held and which(now):
            place.write(held)
    for items, copy, _ in state.lists:
        if isinstance(items, list) and which(items):
            items[:] = copy
    known = {place.identity() for place, _ in state.places}
    for place, held in state_of(state.function).places:
        if place.identity() not in known and _holds_symbol(held) and isinstance(place.holder, dict):
            place.holder.pop(place.key)


def _changed_numbers(state: State) -> Iterator[Place]:
    """The places that held numbers, and hold other ones now."""
    for place, held in state.places:
        now = place.read()
        if now is not held and _is_numbers(held) and (_holds_symbol(now) or (_is_numbers(now) and now != held)):
            yield place


# Numbers that are carried from run to run.


def _is_numbers(thing: Any) -> bool:
    """Whether something is a number, or a list or tuple of numbers, nested to any depth."""
    if isinstance(thing, list | tuple):
        return bool(thing) and all(_is_numbers(x) for x in thing)
    return is_number(thing) and not isinstance(thing, bool)


def _as_before(tree: Any, before: Any) -> Any:
    """The numbers with the types of those that stood there before: a counter stays an int."""
    if isinstance(tree, list) and isinstance(before, list) and len(tree) == len(before):
        return [_as_before(x, y) for x, y in zip(tree, before, strict=True)]
    return int(tree) if type(before) is int and isinstance(tree, float) and tree.is_integer() else tree


def _is_float(tree: Any) -> bool:
    """Whether all numbers of a tree are floats."""
    return all(_is_float(x) for x in tree) if isinstance(tree, list | tuple) else isinstance(tree, float)


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
