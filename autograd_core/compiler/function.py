"""Compiled functions: each call finds the program for its arguments, or captures one, and runs it.

A function has a program for every form of its arguments, and for every way that it took at its decisions (`if x > 0`).
A program whose guards are not confirmed by a run is left without effect, and another one is tried.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from autograd_core.compiler.arguments import numbers_and_form, scalars, with_symbols
from autograd_core.compiler.capture import Capture, Source, capturing
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.program import Program
from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph.capturing import is_capturing
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe
from autograd_core.table.op import Recorder
from autograd_core.transforms.trees import strip

MOST_WAYS: Final = 8
"""So many programs are kept for one form of arguments, one for each way that the function took."""


@final
class Effect:
    """What a run assigns to a leaf.

    Attributes:
        leaf: the Value.
        attribute: "data" or "grad".
    """

    __slots__ = ("attribute", "leaf")

    def __init__(self, leaf: Value, attribute: str) -> None:
        self.leaf: Final = leaf
        self.attribute: Final = attribute


@final
class Captured:
    """A program of a function, for one form of arguments and one way at its decisions.

    The outputs of the program are the numbers of the result, then those of the effects, then those of the guards.

    Attributes:
        program: the program.
        sources: where its inputs come from.
        result: what the function returned, with a Symbol whose place is an index among the outputs for each number.
        effects: what a run assigns.
        truths: what the guards have to be.
    """

    __slots__ = ("effects", "program", "result", "sources", "truths")

    def __init__(
        self, program: Program, sources: list[Source], result: Any, effects: list[Effect], truths: list[bool]
    ) -> None:
        self.program: Final = program
        self.sources: Final = sources
        self.result: Final = result
        self.effects: Final = effects
        self.truths: Final = truths

    def run(self, numbers: Sequence[float]) -> tuple[Any, bool]:
        """The result for the numbers of the arguments, and whether the guards held; if not, nothing has changed."""
        outputs = evaluate(self.program, [_read(source, numbers) for source in self.sources])
        first = len(outputs) - len(self.truths)
        if any((outputs[first + i] != 0.0) is not truth for i, truth in enumerate(self.truths)):
            return None, False
        start = first - len(self.effects)
        for effect, number in zip(self.effects, outputs[start:first], strict=True):
            setattr(effect.leaf, effect.attribute, number)
        return strip(self.result, lambda symbol: outputs[symbol.place]), True


def _read(source: Source, numbers: Sequence[float]) -> float:
    if source.leaf is None:
        return numbers[source.index]
    number: float = source.leaf._data if source.kind == "data" else source.leaf._grad
    return number


def capture(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any]
) -> Captured:
    """Run a function once and record it."""
    blocks, _ = numbers_and_form(args, named, static)
    recorder = Capture(scalars(blocks))
    inputs, options = with_symbols(args, named, static, iter(recorder.arguments))
    with capturing(recorder):
        result = function(*inputs, **options)
    outputs: list[int] = []

    def output(x: Any) -> Symbol:
        outputs.append(recorder.place(x))
        return Symbol(None, len(outputs) - 1)

    result = strip(result, output)
    effects: list[Effect] = []
    for cell in recorder.cells.values():
        if not cell.is_local:
            for attribute, place, is_new in (
                ("data", cell.data, cell.has_new_data),
                ("grad", cell.gradient, cell.has_new_gradient),
            ):
                if is_new:
                    outputs.append(place)
                    effects.append(Effect(cell.leaf, attribute))
    truths = [guard.truth for guard in recorder.guards]
    outputs.extend([guard.place for guard in recorder.guards])
    recorder.program.outputs = outputs
    return Captured(recorder.program, recorder.sources, result, effects, truths)


class Compiled:
    """A function that runs as a program; `compile` makes it."""

    def __init__(self, function: Callable[..., Any], static: frozenset[Any]) -> None:
        functools.update_wrapper(self, function)
        self.function: Final = function
        self._static: Final = static
        self._programs: dict[Any, list[Captured]] = {}

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The result of the function; numbers in it are floats."""
        if is_capturing():
            return self.function(*args, **named)
        blocks, form = numbers_and_form(args, named, self._static)
        numbers = scalars(blocks)
        ways = self._programs.setdefault(form, [])
        for i, captured in enumerate(ways):
            result, held = captured.run(numbers)
            if held:
                if i:
                    ways.insert(0, ways.pop(i))
                return result
        if len(ways) >= MOST_WAYS:
            raise InputError(
                f"{getattr(self.function, '__name__', 'the function')} went a new way at its decisions for the "
                f"{MOST_WAYS + 1}th time for arguments of one form; write where(condition, a, b) instead of `if`, or "
                "name the argument that decides in static="
            )
        ways.insert(0, capture(self.function, args, named, self._static))
        result, _ = ways[0].run(numbers)
        return result


def compile(function: Callable[..., Any], static: Any = ()) -> Compiled:  # noqa: A001 - the word of the field
    """Compile."""
    if not callable(function):
        raise OperandTypeError(f"compile expected a function, got {describe(function)}")
    names = (static,) if isinstance(static, str | int) else tuple(static)
    return Compiled(function, frozenset(names))


_ = Recorder
