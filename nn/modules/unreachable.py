"""Errors for Values in places that the walk does not reach, where they would be neither trained nor saved.

Construction of a module checks all its attributes. The walk over all parameters checks containers again, as items may
have been added. It does not search objects of arbitrary classes, which would take too long in every step.
"""

from __future__ import annotations

import sys
from collections import UserList, deque
from collections.abc import Iterable, Iterator, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from functools import partial
from types import GeneratorType
from typing import Any, Final

from autograd_core import InputError, Value, members
from nn.modules.walk import ATOMS, Holder, Path, Run, attributes, join, runs

CONTAINERS: Final = (set, frozenset, deque)
"""Python's containers that the walk does not enter. Users may derive classes from them."""

CONSUMED: Final = (GeneratorType, map, filter, zip, enumerate)
"""Iterators that a search would exhaust."""

_COPIED: Final[tuple[Iterable[object], ...]] = ([], (), set(), {}, {}.values(), {}.items())
ITERATORS: Final = tuple(type(iter(kind)) for kind in _COPIED)
"""Iterators that can be copied, so that a search does not exhaust them."""

DEEPEST: Final = 10_000
"""The largest number of objects in a search for Values: an object may refer to everything in the program."""

_LIBRARIES: Final = frozenset({*sys.stdlib_module_names, __name__.partition(".")[0], "autograd_core", "viz"}) - {
    "__main__"
}


def check_reachable(module: Holder) -> None:
    """Check that no attribute holds Values or modules that the walk does not reach.

    Raises:
        InputError: if one does; the message names the attribute.
    """
    unentered = list(_unentered(module))
    for name, item in unentered:
        _check_consumed(module, name, item)
    elsewhere = [(name, item) for name, item in unentered if any(True for _ in _inside(item))]
    shared = [(name, item) for name, item in _of_class(type(module)) if any(True for _ in _inside(item))]
    if not elsewhere and not shared:
        return
    found = {id(item) for _, _, run in runs(module) for item in run}
    for name, item in elsewhere:
        _check_found(module, name, item, found)
    for name, item in shared:
        if name not in vars(module) and any(id(lost) not in found for lost in _inside(item)):
            raise InputError(
                f"{type(module).__name__} keeps Values in {name!r}, an attribute of the class and not of the module, "
                "where parameters are not looked for; assign it to self in __init__, or write non_parameter_names = "
                f"({name!r},) in the class if they are no parameters"
            )


def check_containers(module: Holder, unentered: Iterable[tuple[Path, object, object]], found: Iterable[Run]) -> None:
    """Check that no container that the walk did not enter holds Values or modules that it has not found.

    Objects of other kinds are searched only when the module is constructed, not in every training step.

    Raises:
        InputError: if one does; the message names the attribute.
    """
    known: set[int] = set()
    for path, key, item in unentered:
        if isinstance(item, CONSUMED):
            _check_consumed(module, join(path.dotted(), key), item)
        if not _is_container(item) or not any(True for _ in _inside(item)):
            continue
        known = known or {id(thing) for _, _, run in found for thing in run}
        _check_found(module, join(path.dotted(), key), item, known)


def _is_container(item: object) -> bool:
    contents = _contents(item)
    if contents is not None:
        return not set(map(type, contents)) <= ATOMS
    library = str(type(item).__module__).partition(".")[0]
    return library in {"builtins", "collections", "types", "functools"}


def _check_consumed(module: Holder, name: str, item: object) -> None:
    if isinstance(item, CONSUMED):
        raise InputError(
            f"{type(module).__name__} keeps an object of type {type(item).__name__} in {name!r}, which would be used "
            "up by looking for parameters in it; keep a list of what it gives, or write non_parameter_names = "
            f"({name.partition('.')[0]!r},) in the class if it gives no parameters"
        )


def _check_found(module: Holder, name: str, item: object, found: AbstractSet[int]) -> None:
    if any(id(lost) not in found for lost in _inside(item)):
        raise InputError(
            f"{type(module).__name__} keeps Values in {name!r}, in an object of type {type(item).__name__}, where "
            "parameters are not looked for; keep them in a list, tuple, dict, dataclass, array of numpy or Module, "
            f"or write non_parameter_names = ({name.partition('.')[0]!r},) in the class if they are no parameters"
        )


def _unentered(module: Holder) -> Iterator[tuple[str, object]]:
    """The objects below a module that are neither numbers nor entered by the walk, with their names."""
    entered: dict[int, object] = {}
    stack: list[tuple[str, object]] = list(attributes(module))
    while stack:
        name, item = stack.pop()
        if type(item) in ATOMS or isinstance(item, (Value, Holder)) or id(item) in entered:
            continue
        if isinstance(item, (list, tuple)) and set(map(type, item)) <= {Value, float, int}:
            continue
        entered[id(item)] = item
        held = members(item)
        if held is None:
            yield name, item
        else:
            stack += [(join(name, key), part) for key, part in held]


def _of_class(kind: type[Holder]) -> Iterator[tuple[str, object]]:
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] not in _LIBRARIES:
            for name, item in vars(base).items():
                if name not in kind.non_parameter_names and (
                    isinstance(item, (Value, Holder)) or members(item) is not None
                ):
                    yield name, item


def _inside(root: object) -> Iterator[object]:
    """The leaves and modules in an object of any kind; only methods without side effects are called."""
    entered: dict[int, object] = {}
    stack = [root]
    while stack and len(entered) < DEEPEST:
        item = stack.pop()
        if type(item) in ATOMS or id(item) in entered:
            continue
        entered[id(item)] = item
        if isinstance(item, Value):
            if item.op is None:
                yield item
        elif isinstance(item, Holder):
            yield item
        elif (held := members(item)) is not None:
            stack += [part for _, part in held]
        else:
            stack += _parts(item)


def _contents(item: Any) -> list[object] | None:
    """The items of one of `CONTAINERS`. It uses the iterator of that type; a derived class may define another one."""
    kind: Any = next((container for container in CONTAINERS if isinstance(item, container)), None)
    return None if kind is None else list(kind.__iter__(item))


def _parts(item: Any) -> Iterable[object]:
    """The parts of an object that `members` does not open: a standard container, a frame, or any other object."""
    if isinstance(item, type):
        return ()
    library = str(type(item).__module__).partition(".")[0]
    if (contents := _contents(item)) is not None:
        return [*contents, *getattr(item, "__dict__", {}).values()]
    if isinstance(item, ITERATORS):
        return [part for rest in item.__reduce__()[1] if isinstance(rest, (list, tuple)) for part in rest]
    if library in {"builtins", "collections", "types"}:
        if isinstance(item, Mapping):
            return item.values()
        if isinstance(item, (AbstractSet, UserList, ValuesView)):
            return item
        return vars(item).values() if hasattr(item, "__dict__") and library == "types" else ()
    if isinstance(item, partial):
        return [*item.args, *item.keywords.values()]
    if library == "pandas" and hasattr(item, "to_numpy"):
        return [item.to_numpy()]
    if library in _LIBRARIES:
        return ()
    slots = [name for base in type(item).__mro__ for name in _names(vars(base).get("__slots__", ()))]
    kept = [getattr(item, name) for name in slots if name not in {"__dict__", "__weakref__"} and hasattr(item, name)]
    return [*getattr(item, "__dict__", {}).values(), *kept]


def _names(slots: Any) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots
