"""What the inputs and outputs of a program are for the function that it was captured from, in words and in names."""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, product
from typing import Any, Final, NamedTuple, final

from autograd_core.compiler.arguments import STATIC
from autograd_core.compiler.found_state import Place, State
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number
from autograd_core.text import plural, printable
from autograd_core.transforms.trees import is_array, members

MOST_LINES: Final = 40
"""So many lines about the inputs, and about the outputs, stand in a docstring."""

_LONGEST: Final = 80
"""A label that is longer is cut."""


class Numbers(NamedTuple):
    """Where numbers stand in an argument.

    Attributes:
        path: the expression for it.
        shape: how many there are along each axis; () for a single number.
    """

    path: str
    shape: tuple[int, ...]

    def paths(self) -> Iterator[str]:
        """The expression for each number.

        >>> list(Numbers("x", (2,)).paths())
        ['x[0]', 'x[1]']
        """
        for index in product(*map(range, self.shape)):
            yield f"{self.path}[{', '.join(map(str, index))}]" if index else self.path


def numbers_of(
    function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], static: frozenset[Any]
) -> list[Numbers]:
    """Where numbers stand in the arguments of a call, in order.

    >>> numbers_of(lambda x, w: x, (2.0, [1.0, 3.0]), {"flag": True}, frozenset())
    [Numbers(path='x', shape=()), Numbers(path='w', shape=(2,))]
    """
    given = zip(_names_of_positions(function, len(args)), args, strict=True)
    found: list[Numbers] = []
    for i, (path, x) in enumerate(given):
        if i not in static:
            found += _numbers_in(path, x)
    for name, x in named.items():
        if name not in static:
            found += _numbers_in(name, x)
    return found


def _names_of_positions(function: Callable[..., Any], count: int) -> list[str]:
    """A name for each argument that is given by position."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for i in range(count):
        parameter = parameters[min(i, len(parameters) - 1)] if parameters else None
        if parameter is None:
            names.append(f"argument {i}")
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            names.append(f"{parameter.name}[{i - len(parameters) + 1}]")
        else:
            names.append(parameter.name)
    return names


def _numbers_in(path: str, tree: Any) -> list[Numbers]:
    kind = type(tree)
    if kind is float or kind is int:
        return [Numbers(path, ())]
    if kind in STATIC:
        return []
    if is_array(tree):
        return [Numbers(path, tree.shape)]
    if kind in (list, tuple) and tree and {*map(type, tree)} <= {float, int}:
        return [Numbers(path, (len(tree),))]
    branches = None if is_number(tree) else members(tree)
    if branches is None:
        return [Numbers(path, ())]
    found: list[Numbers] = []
    for key, branch in branches:
        found += _numbers_in(_inside(path, tree, key), branch)
    return found


def _inside(path: str, tree: Any, key: Any) -> str:
    if is_array(tree):
        return f"{path}[{', '.join(map(str, key))}]"
    return f"{path}[{key!r}]" if isinstance(tree, list | tuple | dict) else f"{path}.{key}"


@final
class Interface:
    """The inputs and outputs of a captured program.

    Attributes:
        name: the name of the function.
        arguments: where numbers stand in the arguments.
        sources: where each input comes from (`capture.Source`).
        carried: the places whose numbers are read.
        stores: the stores whose numbers are read.
        result: what the function returned, with a Symbol whose place is the index of an output for each number.
        effects: what a run assigns (`captured.Effect`).
        truths: what the guards have to be.
    """

    __slots__ = (
        "_leaves",
        "_state",
        "arguments",
        "carried",
        "effects",
        "name",
        "result",
        "sources",
        "stores",
        "truths",
    )

    def __init__(self, function: Callable[..., Any], arguments: list[Numbers], captured: Any, state: State) -> None:
        self.name: Final = str(getattr(function, "__name__", type(function).__name__))
        self.arguments: Final = arguments
        self.sources: Final[Sequence[Any]] = captured.sources
        self.carried: Final[Sequence[Place]] = captured.carried
        self.stores: Final[Sequence[Any]] = captured.stores
        self.result: Final = captured.result
        self.effects: Final[Sequence[Any]] = captured.effects
        self.truths: Final[Sequence[bool]] = captured.truths
        self._state: Final = state
        self._leaves: dict[int, str] | None = None

    @property
    def leaves(self) -> dict[int, str]:
        """The expressions for the Values that the function can reach, by identity."""
        if self._leaves is None:
            self._leaves = _names_of_leaves(self._state)
        return self._leaves

    def inputs(self) -> list[str]:
        """For each input what it is, such as `x[0]` or `w.data`."""
        of_arguments = [path for numbers in self.arguments for path in numbers.paths()]
        unnamed: dict[int, str] = {}
        found: list[str] = []
        for source in self.sources:
            if source.leaf is not None:
                found.append(f"{_name_of_leaf(source.leaf, self.leaves, unnamed)}.{source.kind}")
            elif source.kind == "argument":
                found.append(of_arguments[source.index])
            elif source.kind == "stored":
                found.append(f"{self.stores[source.place].store.describe()}[{source.index}]")
            else:
                found.append(f"{self.carried[source.place].name}[{source.index}]")
        return found

    def outputs(self) -> list[str]:
        """For each output what it is, such as `the result` or `w.grad, to be assigned`."""
        unnamed: dict[int, str] = {}
        found = dict(_symbols_in(self.result, "result"))
        for effect in self.effects:
            if effect.stored is not None:
                whose = effect.describe()
            elif effect.place is None:
                whose = f"{_name_of_leaf(effect.leaf, self.leaves, unnamed)}.{effect.attribute}"
            else:
                whose = effect.place.name
            for index, path in _symbols_in(effect.content, whose):
                found[index] = f"{path}, to be assigned"
        first = len(found)
        for i, truth in enumerate(self.truths):
            found[first + i] = f"a decision, {'not 0' if truth else '0'} in this program"
        return [found[i] for i in range(len(found))]

    def function_name(self) -> str:
        """A name for the function in Python."""
        return self.name if _is_free(self.name, set()) else "f"

    def names(self) -> list[str]:
        """A name in Python for each input, all of them different."""
        taken: set[str] = {self.function_name()}
        found: list[str] = []
        for text in self.inputs():
            name = _identifier(text.removeprefix("self.").removesuffix(".data"))
            if not _is_free(name, taken):
                name = next(f"{name}_{k}" for k in range(2, len(taken) + 4) if _is_free(f"{name}_{k}", taken))
            taken.add(name)
            found.append(name)
        return found

    def about(self, program: Program) -> str:
        """What the program is, and what its inputs and outputs are: the docstring of the program in Python."""
        kinds = [min(int(kind), 0) for kind in program.kinds]
        count = plural(len(kinds) - kinds.count(INPUT) - kinds.count(CONSTANT), "operation")
        lines = [f"The program of {_harmless(self.name)}: {count} on {plural(program.inputs, 'number')}.", ""]
        lines += ["Arguments, in order:", *_grouped(self.names(), self.inputs()), "", "Results, in order:"]
        outputs = self.outputs()
        lines += _grouped([str(i) for i in range(len(outputs))], outputs)
        return "\n".join(f"    {line}" if i and line else line for i, line in enumerate(lines)) + "\n    "


def _names_of_leaves(state: State) -> dict[int, str]:
    """The expressions for the Values that a function can reach, by identity."""
    found = {id(held.content): held.place.name for held in state.places if isinstance(held.content, Value)}
    for kept in state.lists:
        items = enumerate(kept.copy)
        found.update((id(held), f"{kept.name}[{i}]") for i, held in items if isinstance(held, Value))
    return found


def _name_of_leaf(leaf: Value, leaves: dict[int, str], unnamed: dict[int, str]) -> str:
    label = printable(leaf.label, _LONGEST)
    return label or leaves.get(id(leaf)) or unnamed.setdefault(id(leaf), f"leaf{len(unnamed) + 1}")


def _symbols_in(tree: Any, path: str) -> Iterator[tuple[int, str]]:
    """The index of each output in a tree, and the expression for it."""
    if isinstance(tree, Symbol):
        yield tree.place, path
        return
    branches = None if is_number(tree) or isinstance(tree, Value) else members(tree)
    for key, branch in branches or ():
        yield from _symbols_in(branch, _inside(path, tree, key))


def _identifier(text: str) -> str:
    """A text as a name.

    >>> _identifier("p['w'][0]"), _identifier("layers.0.w.grad"), _identifier("2 x")
    ('p_w_0', 'layers_0_w_grad', '_2_x')
    """
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text)).strip("_") or "number"
    return name if name.isidentifier() else f"_{name}"


def _is_free(name: str, taken: set[str]) -> bool:
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not hasattr(builtins, name)
        and name != "math"
        and name not in taken
    )


def _grouped(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """A line for all that differ in their indices only.

    >>> _grouped(["x_0", "x_1", "w"], ["x[0]", "x[1]", "w.data"])
    ['    x_0 to x_1: x[0] to x[1]', '    w: w.data']
    """
    lines: list[str] = []
    for _, group in groupby(enumerate(texts), key=lambda pair: re.sub(r"\d+", "#", pair[1])):
        members_of_group = list(group)
        (first, a), (last, b) = members_of_group[0], members_of_group[-1]
        same = first == last
        what = _harmless(a if same else f"{a} to {b}" if a != b else a)
        lines.append(f"    {names[first] if same else f'{names[first]} to {names[last]}'}: {what}")
    return [*lines[:MOST_LINES], f"    and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else lines


def _harmless(text: str) -> str:
    """A text that can stand in a docstring."""
    return text.replace("\\", "\\\\").replace('"', "'")
