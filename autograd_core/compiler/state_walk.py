"""The walk over all that a function can read besides its arguments (see `found_state`).

It begins at the function, and enters

    closures, defaults, and globals that code names, of functions of the user, and the functions that they call;
    attributes, slots and attributes of classes of objects, and attributes of modules that code names;
    lists, tuples, dicts, sets, deques and arrays.

It does not enter Values, ops, stores, functions of this package (but for their closures, in which functions of the user
are), and what other packages have made: their attributes are no state of the function.
"""

from __future__ import annotations

import functools
import sys
from argparse import Namespace
from collections import deque
from collections.abc import Callable, Iterator
from dis import get_instructions
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any, Final

from autograd_core.companions import is_ours
from autograd_core.compiler.found_state import PLAIN, Held, Kept, Place, State, open_items, queue_of
from autograd_core.compiler.iterators import is_iterator, progress
from autograd_core.compiler.volatile import volatile_names
from autograd_core.graph.node import Node
from autograd_core.graph.stores import Store
from autograd_core.graph.symbol import Symbol
from autograd_core.table.op import Op
from autograd_core.transforms.trees import is_array

CLOSED: Final = (Node, Symbol, Op, BuiltinFunctionType, Store)
"""Types of objects that are not entered; they are compared by identity."""

COLLECTIONS: Final = (list, tuple, dict, set, frozenset, deque)
"""Types of objects that hold others without being attributes."""

RECORDS: Final = (SimpleNamespace, Namespace)
"""Types of the standard library whose attributes are data of the user."""


class Wrapper:
    """The base of objects that call a function, and are in its place: compiled functions.

    Attributes:
        function: the function.
    """

    function: Callable[..., Any]


OF_VARIABLES: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME"})
"""Instructions of Python that name a global variable."""

UNCOUNTED: Final = (FunctionType, MethodType, ModuleType, functools.partial, Wrapper)
"""Types of objects whose own attributes are no state of the function."""

INSTALLED: Final = ("site-packages", "dist-packages")
"""Folders of installed packages."""


def state_of(function: Callable[..., Any]) -> State:
    """All that a function can read besides its arguments, as it is now."""
    state = State(function)
    seen: set[int] = {id(function)}
    waiting: list[tuple[Any, str]] = [(function, "")]
    home = _package(_module_of(_plain(function)))
    while waiting:
        thing, name = waiting.pop()
        for held, below in _keep(state, thing, name, seen):
            if id(held) not in seen and _is_entered(held, home):
                seen.add(id(held))
                waiting.append((held, below))
    return state


def _keep(state: State, thing: Any, name: str, seen: set[int]) -> Iterator[tuple[Any, str]]:
    """Keep what an object holds in a state; yields each of the objects, with its name."""
    if is_iterator(thing):
        state.iterators.append(Kept(thing, progress(thing), name))
        return
    if is_array(thing):
        state.arrays.append(Kept(thing, thing.copy(), name))
        items = thing.ravel().tolist() if thing.dtype.hasobject else []
        yield from ((items[i], f"{name}.flat[{i}]") for i in open_items(items, seen))
        return
    if isinstance(thing, FunctionType):
        state.volatile.extend(_volatile(thing))
    elif isinstance(thing, list):
        state.lists.append(Kept(thing, list(thing), name))
    elif isinstance(thing, deque):
        state.queues.append(queue_of(thing, name))
    if isinstance(thing, list | tuple | deque):
        yield from ((thing[i], f"{name}[{i}]") for i in open_items(thing, seen))
        return
    if isinstance(thing, set | frozenset):
        state.sets.append(Kept(thing, set(thing), name))
        yield from ((x, name) for x in thing)
        return
    own = thing if isinstance(thing, dict) else getattr(thing, "__dict__", None)
    if isinstance(own, dict) and not isinstance(thing, UNCOUNTED):
        state.dicts.append(Kept(own, dict.fromkeys(own), name or "self"))
    for place in _places(thing, name):
        content = place.read()
        state.places.append(Held(place, content))
        yield content, place.name


def _volatile(function: FunctionType) -> Iterator[str]:
    if not is_ours(_module_of(function)):
        for code in _codes(function.__code__):
            yield from volatile_names(code, function.__globals__)


def _plain(function: Any) -> Any:
    """The function inside of methods, partial functions and objects that wrap one."""
    while True:
        inner = getattr(function, "func", getattr(function, "__func__", getattr(function, "__wrapped__", None)))
        if inner is None:
            return function
        function = inner


def _module_of(thing: Any) -> str:
    """The name of the module that code or a class comes from."""
    scope = getattr(thing, "__globals__", None)
    name = scope.get("__name__") if scope is not None else getattr(type(thing), "__module__", "")
    return name if isinstance(name, str) else ""


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_entered(thing: Any, home: str) -> bool:
    if isinstance(thing, (*PLAIN, *CLOSED)):
        return False
    if isinstance(thing, FunctionType):
        return is_ours(_module_of(thing)) or _is_of_user(_module_of(thing), home, thing.__code__.co_filename)
    if isinstance(thing, MethodType | functools.partial):
        return True
    if isinstance(thing, (*COLLECTIONS, *RECORDS)) or is_array(thing) or is_iterator(thing):
        return True
    kind = thing if isinstance(thing, type) else type(thing)
    module = kind.__module__
    if is_ours(module):
        return not isinstance(thing, type)
    return _is_of_user(module, home, getattr(sys.modules.get(module), "__file__", None) or "")


def _is_of_user(module: str, home: str, file: str) -> bool:
    """Whether a module is the user's own: of the package of the function, or neither installed nor of Python."""
    package = _package(module)
    if package == home:
        return True
    if package in sys.stdlib_module_names and package not in ("__main__", "__mp_main__"):
        return False
    return not any(f"{folder}/" in file.replace("\\", "/") for folder in INSTALLED) and package != "numpy"


# The places inside of each kind of object.


def _places(thing: Any, name: str) -> Iterator[Place]:
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
    if is_ours(_module_of(thing)):
        return
    scope = thing.__globals__
    for code in _codes(thing.__code__):
        for variable in _variables(code):
            if variable in scope:
                yield Place(scope, variable, variable)
                yield from _of_module(scope[variable], variable, code.co_names)
    defaults = [*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
    for i in range(len(defaults)):
        yield Place(defaults, i, f"the default {i} of {thing.__name__}")


def _of_module(module: Any, name: str, names: tuple[str, ...]) -> Iterator[Place]:
    """The attributes of a module of the user that code may mean, as in `settings.rate`."""
    if isinstance(module, ModuleType):
        package, file = _package(module.__name__), getattr(module, "__file__", None)
        if not is_ours(package) and _is_of_user(package, "", file or ""):
            yield from (Place(vars(module), key, f"{name}.{key}") for key in names if key in vars(module))


def _of_wrapper(thing: Any, name: str) -> Iterator[Place]:
    """The function inside; the programs that it has are no state of it."""
    yield Place([thing.function], 0, name)


def _of_nothing(_thing: Any, _name: str) -> Iterator[Place]:
    return iter(())


def _of_dict(thing: Any, name: str) -> Iterator[Place]:
    for key in thing:
        yield Place(thing, key, f"{name}[{key!r}]")


def _attributes(thing: Any, name: str) -> Iterator[Place]:
    """The attributes of an object, or of a class, and of its classes."""
    is_class = isinstance(thing, type)
    own = {} if is_class else getattr(thing, "__dict__", {})
    for attribute in own:
        yield Place(own, attribute, f"{name or 'self'}.{attribute}")
    for kind in (thing if is_class else type(thing)).__mro__:
        if is_ours(kind.__module__) or kind.__module__ == "builtins":
            continue
        for attribute in vars(kind):
            if not is_class and attribute in _slots(kind):
                yield Place(thing, attribute, f"{name or 'self'}.{attribute}", is_slot=True)
            elif not attribute.startswith("__") or isinstance(vars(kind)[attribute], FunctionType):
                yield Place(kind, attribute, f"{kind.__name__}.{attribute}")


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


_WALKS: Final[tuple[tuple[type, Callable[[Any, str], Iterator[Place]]], ...]] = (
    (functools.partial, _of_partial),
    (MethodType, _of_method),
    (FunctionType, _of_function),
    (Wrapper, _of_wrapper),
    (ModuleType, _of_nothing),  # the function that names it knows which attributes it means
    (dict, _of_dict),
)
"""For each type of object the places inside; any other object has attributes."""


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code, and that of the functions inside of it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@functools.lru_cache(1024)
def _variables(code: CodeType) -> tuple[str, ...]:
    """The global variables that code names; its other names are attributes, which a variable may be called like."""
    named = [instruction.argval for instruction in get_instructions(code) if instruction.opname in OF_VARIABLES]
    return tuple(dict.fromkeys(named))
