"""The state that a function reads besides its arguments: what a later call has to find unchanged.

A captured program holds the numbers, texts and flags that the function found in its closure, in the globals that its
code names, and in what these hold: attributes of modules such as `training`, items of lists and dicts. `state_of` walks
over all of it and keeps what it found. `changed` looks again, before every run; if anything is another one, the program
is not run.

The walk enters functions of the same source file, containers, and objects with attributes. It does not enter Values,
ops, classes, modules of Python, and objects of other packages.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final, final

from autograd_core.graph.node import Node
from autograd_core.graph.symbol import Symbol
from autograd_core.table.op import Op
from autograd_core.transforms.trees import is_array

PLAIN: Final = (float, int, bool, str, bytes, complex, type(None))
"""Types of objects that are compared by their value."""

CLOSED: Final = (Node, Symbol, Op, type, ModuleType, BuiltinFunctionType)
"""Types of objects that the walk does not enter; they are compared by identity."""

FOREIGN: Final = frozenset({"builtins", "numpy", "random", "collections", "functools", "threading", "weakref"})
"""Packages whose objects the walk does not enter, because their attributes are no state of the function."""

OURS: Final = FOREIGN | {"autograd_core", "nn", "viz"}
"""Packages whose classes hold no state of the function."""

_MISSING: Final = object()


@final
class Place:
    """A place that holds an object: a cell of a closure, a key of a dict, an index of a list.

    Attributes:
        holder: the cell, dict or list.
        key: the key or index; unused for a cell.
        name: the expression for it, for messages.
    """

    __slots__ = ("holder", "key", "name")

    def __init__(self, holder: Any, key: Any, name: str) -> None:
        self.holder: Final = holder
        self.key: Final = key
        self.name: Final = name

    def read(self) -> Any:
        """What it holds now."""
        holder = self.holder
        try:
            return holder.cell_contents if isinstance(holder, CellType) else holder[self.key]
        except (ValueError, KeyError, IndexError):
            return _MISSING

    def identity(self) -> tuple[int, Any]:
        """What two places have in common if they are the same."""
        return id(self.holder), self.key

    def write(self, content: Any) -> None:
        """Put something else there."""
        if isinstance(self.holder, CellType):
            self.holder.cell_contents = content
        else:
            self.holder[self.key] = content


@final
class State:
    """What a walk has found.

    Attributes:
        function: where the walk began.
        places: the places of single objects, with what they held.
        dicts: dicts, those of attributes among them, with how many keys they have, and their names.
        lists: lists and tuples with a copy of their items, and their names.
        arrays: arrays of numbers with a copy, and their names.
    """

    __slots__ = ("arrays", "dicts", "function", "lists", "places")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function: Final = function
        self.places: list[tuple[Place, Any]] = []
        self.dicts: list[tuple[dict[Any, Any], int, str]] = []
        self.lists: list[tuple[Any, list[Any], str]] = []
        self.arrays: list[tuple[Any, Any, str]] = []

    def changed(self) -> str:
        """The name of something that is another one now; "" if nothing is.

        >>> scale = [2.0]
        >>> state = state_of(lambda x: scale[0] * x)
        >>> unchanged = state.changed()
        >>> scale[0] = 3.0
        >>> unchanged, state.changed()
        ('', 'scale')
        """
        for place, held in self.places:
            now = place.read()
            if now is not held and not _equal(now, held):
                return place.name
        for keyed, count, name in self.dicts:
            if len(keyed) != count:
                return name
        for items, copy, name in self.lists:
            if len(items) != len(copy):
                return name
            for i, held in enumerate(copy):
                now = items[i]
                if now is not held and not _equal(now, held):
                    return name
        for array, copy, name in self.arrays:
            if array.shape != copy.shape or array.tobytes() != copy.tobytes():
                return name
        return ""


def _equal(now: Any, held: Any) -> bool:
    """Whether two plain objects are the same: of one type, equal, and with one sign of zero."""
    kind = type(now)
    if kind is not type(held) or kind not in PLAIN:
        return False
    return bool(repr(now) == repr(held)) if kind is float else bool(now == held)


def state_of(function: Callable[..., Any]) -> State:
    """All that a function can read besides its arguments, as it is now."""
    state = State(function)
    seen: set[int] = set()
    waiting: list[tuple[Any, str]] = [(function, "")]
    home = _globals_of(function)
    while waiting:
        thing, name = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if is_array(thing):
            state.arrays.append((thing, thing.copy(), name))
            continue
        if isinstance(thing, list | tuple):
            state.lists.append((thing, list(thing), name))
            waiting.extend((x, f"{name}[{i}]") for i, x in enumerate(thing) if _is_entered(x, home))
            continue
        own = thing if isinstance(thing, dict) else getattr(thing, "__dict__", None)
        if isinstance(own, dict) and not isinstance(thing, FunctionType | MethodType):
            state.dicts.append((own, len(own), name or "self"))
        for place in _places(thing, name):
            held = place.read()
            state.places.append((place, held))
            if _is_entered(held, home):
                waiting.append((held, place.name))
    return state


def _globals_of(function: Any) -> Any:
    """The globals of the code that runs when a function, method, partial function or other object is called."""
    inner = getattr(function, "func", getattr(function, "__func__", function))
    code = inner if isinstance(inner, FunctionType) else getattr(type(inner), "__call__")  # noqa: B004, B009 - its code
    return getattr(code, "__globals__", None)


def _is_entered(thing: Any, home: Any) -> bool:
    if isinstance(thing, (*PLAIN, *CLOSED)):
        return False
    if isinstance(thing, FunctionType | MethodType):
        return _globals_of(thing) is home
    if isinstance(thing, list | tuple | dict) or is_array(thing):
        return True
    package = type(thing).__module__.partition(".")[0]
    return hasattr(thing, "__dict__") and package not in FOREIGN and package not in sys.stdlib_module_names


def _places(thing: Any, name: str) -> Iterator[Place]:
    """The places inside of a function, a dict or an object."""
    for kind, walk in _WALKS:
        if isinstance(thing, kind):
            return walk(thing, name)
    return _attributes(thing, name)


def _of_partial(thing: Any, name: str) -> Iterator[Place]:
    parts = [thing.func, *thing.args]
    for i in range(len(parts)):
        yield Place(parts, i, name)
    for key in thing.keywords:
        yield Place(thing.keywords, key, key)


def _of_method(thing: Any, name: str) -> Iterator[Place]:
    parts = [thing.__func__, thing.__self__]
    yield Place(parts, 0, name)
    yield Place(parts, 1, name or "self")


def _of_function(thing: Any, _name: str) -> Iterator[Place]:
    for variable, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
        yield Place(cell, None, variable)
    for variable in _names(thing.__code__):
        if variable in thing.__globals__:
            yield Place(thing.__globals__, variable, variable)
    defaults = list(thing.__defaults__ or ())
    for i in range(len(defaults)):
        yield Place(defaults, i, f"the default {i} of {thing.__name__}")


def _of_dict(thing: Any, name: str) -> Iterator[Place]:
    for key in thing:
        yield Place(thing, key, f"{name}[{key!r}]")


def _attributes(thing: Any, name: str) -> Iterator[Place]:
    own = getattr(thing, "__dict__", {})
    for attribute in own:
        yield Place(own, attribute, f"{name or 'self'}.{attribute}")
    for kind in type(thing).__mro__:
        if kind.__module__.partition(".")[0] not in OURS:
            for attribute in vars(kind):
                if attribute == "__call__" or not attribute.startswith("__"):
                    yield Place(vars(kind), attribute, f"{kind.__name__}.{attribute}")


_WALKS: Final[tuple[tuple[type, Callable[[Any, str], Iterator[Place]]], ...]] = (
    (functools.partial, _of_partial),
    (MethodType, _of_method),
    (FunctionType, _of_function),
    (dict, _of_dict),
)
"""For each type of object the places inside; any other object has attributes."""


def _names(code: CodeType) -> set[str]:
    """The names that code and the functions inside of it mention."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
