"""A captured function: its program, where the inputs of a run come from, and where the outputs go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final

from autograd_core.compiler.deferred import is_written_out, with_origins
from autograd_core.compiler.executors import Executable, executable
from autograd_core.compiler.found_state import Place, State
from autograd_core.compiler.interface import Interface
from autograd_core.compiler.origins import Origins
from autograd_core.compiler.program import Program
from autograd_core.compiler.returned import returned
from autograd_core.compiler.runner import Runner, numbers_in
from autograd_core.compiler.sources import Source, Stored
from autograd_core.graph.value import Value
from autograd_core.transforms.trees import strip


@final
class Effect:
    """What a run assigns.

    Attributes:
        leaf: the Value to whose attribute a number is assigned, or None.
        attribute: "data" or "grad".
        place: the place that gets a content, or None.
        content: the content, with a Symbol for each number, whose place is the index of an output.
        stored: the store that gets a list of numbers, or None.
    """

    __slots__ = ("attribute", "content", "leaf", "place", "stored")

    def __init__(
        self, leaf: Value | None, attribute: str, place: Place | None, content: Any, stored: Stored | None = None
    ) -> None:
        self.leaf: Final = leaf
        self.attribute: Final = attribute
        self.place: Final = place
        self.content: Final = content
        self.stored: Final = stored

    def describe(self) -> str:
        """What is assigned to, in words."""
        if self.stored is not None:
            return str(self.stored.store.describe())
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
        recorded: the program as it was recorded; what takes many instructions may stand in it as one (see `deferred`).
        sources: where its inputs come from.
        carried: the places whose numbers it reads and writes.
        stores: the stores that it reads or writes.
        result: what the function returned, with a Symbol whose place is the index of an output for each number.
        effects: what a run assigns.
        truths: what the guards have to be.
        state: what has to be unchanged.
        irregular: the name of something that a call changes and a run cannot change, so that every call is captured; ""
            if a run does all that a call does.
        executable: what runs the program.
        runner: what runs it for the arguments of a call.
        interface: what its inputs and outputs are, in words.
        mapped: what runs it for many rows of data, by which blocks of the arguments have rows.
    """

    __slots__ = (
        "_recorded_origins",
        "_written",
        "carried",
        "effects",
        "executable",
        "interface",
        "irregular",
        "mapped",
        "recorded",
        "result",
        "runner",
        "sources",
        "state",
        "stores",
        "truths",
    )

    interface: Interface

    def __init__(
        self,
        program: Program,
        sources: list[Source],
        carried: list[Place],
        stores: list[Stored],
        result: Any,
        effects: list[Effect],
        truths: list[bool],
        state: State,
        blocks: list[Any],
        exact: bool,
        origins: Origins,
        irregular: str,
    ) -> None:
        self.recorded: Final = program
        self._written: tuple[Program, Origins] | None = (program, origins) if is_written_out(program) else None
        self.sources: Final = sources
        self.carried: Final = carried
        self.stores: Final = stores
        self.result: Final = result
        self.effects: Final = effects
        self.truths: Final = truths
        self.state: Final = state
        self._recorded_origins: Final = origins
        self.irregular: Final = irregular
        self.executable: Final[Executable] = executable(program, exact)
        self.mapped: Final[dict[tuple[bool, ...], Any]] = {}
        template = returned(result, lambda symbol: int(symbol.place))
        self.runner: Final = Runner(self.executable, blocks, sources, carried, stores, effects, template, truths, state)

    def inputs(self, arguments: Sequence[float]) -> list[float]:
        """The inputs of a run, given the numbers of the arguments."""
        carried = [numbers_in(place.read()) for place in self.carried]
        stored = [each.store.numbers() if each.count else () for each in self.stores]
        return [source.read(arguments, carried, stored) for source in self.sources]

    @property
    def program(self) -> Program:
        """The program; all sweeps are written out."""
        return self._all_written()[0]

    @property
    def origins(self) -> Origins:
        """The lines that recorded the instructions of the program."""
        return self._all_written()[1]

    def _all_written(self) -> tuple[Program, Origins]:
        if self._written is None:
            self._written = with_origins(self.recorded, self._recorded_origins)
        return self._written

    def decisions(self) -> list[str]:
        """The lines that decide which way the function goes, each once."""
        places = self.program.outputs[len(self.program.outputs) - len(self.truths) :]
        return list(dict.fromkeys(self.origins.line(place) for place in places))


def _as_before(tree: Any, before: Any) -> Any:
    """The numbers with the types of those that stood there before: a counter stays an int."""
    if isinstance(tree, list) and isinstance(before, list) and len(tree) == len(before):
        return [_as_before(x, y) for x, y in zip(tree, before, strict=True)]
    return int(tree) if type(before) is int and isinstance(tree, float) and tree.is_integer() else tree
