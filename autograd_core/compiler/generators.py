"""Generators of random numbers that a function can reach: a program would repeat the numbers of its capture."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any, final

from autograd_core.compiler.found_state import State
from autograd_core.errors import InputError


@final
class Generators:
    """The generators of random numbers that a function can reach, and their states."""

    __slots__ = ("_before", "_known")

    def __init__(self, state: State) -> None:
        self._known: dict[int, tuple[str, Any, Callable[[Any], None]]] = {}
        self._add("the module random", random, random.getstate, random.setstate)
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None:
            self._add("numpy.random", numpy.random, _legacy(numpy), numpy.random.set_state)
        for place, held in [(held.place, held.content) for held in state.places]:
            if isinstance(held, random.Random):
                self._add(place.name, held, held.getstate, held.setstate)
            elif numpy is not None and isinstance(held, numpy.random.Generator):
                self._add(place.name, held, _state_of(held), _setter_of(held))
        self._before = {key: read() for key, (_, read, _) in self._known.items()}

    def _add(self, name: str, generator: Any, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self._known[id(generator)] = (name, read, write)

    def refuse_draws(self, function: Callable[..., Any]) -> None:
        """Undo what the call has drawn, and raise if it has drawn anything."""
        drawn = self.undo()
        if drawn:
            raise InputError(
                f"{getattr(function, '__name__', 'the function')} draws random numbers from {drawn[0]}, and a compiled "
                "program would repeat the same ones in every call: draw them outside and pass them as arguments, or "
                "call eval() on modules such as Dropout"
            )

    def undo(self) -> list[str]:
        """Put back the states that have changed, and return the names of their generators."""
        drawn = []
        for key, (name, read, write) in self._known.items():
            if read() != self._before[key]:
                write(self._before[key])
                drawn.append(name)
        return drawn


def _legacy(numpy: Any) -> Callable[[], Any]:
    def read() -> Any:
        kind, keys, *rest = numpy.random.get_state()
        return (kind, keys.tobytes(), *rest)

    return read


def _state_of(generator: Any) -> Callable[[], Any]:
    return lambda: repr(generator.bit_generator.state)


def _setter_of(generator: Any) -> Callable[[Any], None]:
    before = generator.bit_generator.state

    def write(_: Any) -> None:
        generator.bit_generator.state = before

    return write
