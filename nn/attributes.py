"""What the attributes of a module mean: parameters, or state; and Values kept where no walk finds them.

An attribute that holds leaves is a parameter if it was assigned when the module was made, or later from outside. What a
module assigns to itself while it is being called is state: an input kept for later inspection is not to be trained. So
calls are watched, those of the classes of users: a look at the attributes before and after. An attribute that held no
parameter before the call is state from then on, also if it is set anew from outside. The names in `parameter_names` and
`non_parameter_names` of a class settle it, whenever the attribute is assigned.

Values in containers that the walk does not enter would be neither trained nor saved. They are refused when the module
is made.
"""

from __future__ import annotations

import sys
import warnings
from collections import UserList, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from functools import partial, wraps
from types import FunctionType
from typing import Any, Final

from autograd_core import InputError, Value, members
from nn.walk import ATOMS, NOTED, STATE, Holder, attributes, join, leaves, runs

CALLS: Final = ("__call__", "forward")
"""The methods during which what a module assigns to itself is state."""

SHORT: Final = 8
"""A list or dict that a module has ready for what it will note is empty, or holds at most so many plain things."""

DEEPEST: Final = 10_000
"""So many objects are looked at in search of Values, as anything may be reached from an object."""

_OURS: Final = __name__.partition(".")[0]
_LIBRARIES: Final = frozenset({*sys.stdlib_module_names, _OURS, "autograd_core", "viz"}) - {"__main__"}


class ParameterWarning(UserWarning):
    """A module assigned Values to itself while it was called, and nothing says whether they are parameters."""


# ---- State -----------------------------------------------------------------------------------------------------------


def watch_calls(kind: type[Holder]) -> None:
    """Let calls of a class of modules note what they assign; those of this package assign no Values."""
    if kind.__module__.partition(".")[0] == _OURS:
        return
    for name in CALLS:
        call = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
        if isinstance(call, FunctionType) and not hasattr(call, _WATCHED):
            setattr(kind, name, _watched(call))


_WATCHED: Final = "_is_watched"


def _watched(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def watched(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
        before = vars(self).copy()
        blank = [name for name, item in before.items() if _is_blank(item)]
        try:
            return call(self, *args, **kwargs)
        finally:
            _note(self, before, blank)

    setattr(watched, _WATCHED, True)
    return watched


def _is_blank(item: object) -> bool:
    """Whether something is a short list or dict without Values, to which a call may add some."""
    if type(item) is list:
        return len(item) <= SHORT and set(map(type, item)) <= ATOMS
    return type(item) is dict and len(item) <= SHORT and set(map(type, item.values())) <= ATOMS


def _note(module: Holder, before: Mapping[str, object], blank: Iterable[str]) -> None:
    """Note what has been assigned since then as state, and say so, if it holds leaves that are in doubt."""
    own, kind = vars(module), type(module)
    noted: dict[str, object] = own.get(NOTED, {})
    named = {*kind.parameter_names, *kind.non_parameter_names, NOTED}
    filled = [name for name in blank if name in own and own[name] is before[name] and not _is_blank(own[name])]
    assigned = [
        name
        for name, item in own.items()
        if type(item) not in ATOMS
        and not (name in before and before[name] is item)
        and (isinstance(item, (Value, Holder)) or members(item) is not None)
        and (name in noted or not _same_leaves(before.get(name), item))
    ]
    changed = {name: own[name] for name in [*filled, *assigned] if name not in named}
    if not changed:
        return
    held = {name for name in changed if any(True for _ in leaves(before.get(name)))}
    doubtful = [
        name
        for name, item in changed.items()
        if name not in noted and (name in held or any(True for _ in leaves(item)))
    ]
    own[NOTED] = noted | {
        name: item if name in held and noted.get(name) is not STATE else STATE for name, item in changed.items()
    }
    if doubtful:
        _warn(module, doubtful)


def _same_leaves(old: object, new: object) -> bool:
    """Whether there are leaves in something, and all of them were there before: parameters that were put in order."""
    now = set(map(id, leaves(new)))
    return bool(now) and now <= set(map(id, leaves(old)))


def _warn(module: Holder, names: Iterable[str]) -> None:
    kind, parameters = type(module), set(map(id, leaves(module)))
    for name in names:
        told: set[str] = vars(kind).get("_told", set())
        made = [id(leaf) for leaf in leaves(vars(module)[name])]
        if name in told or (made and parameters.issuperset(made)):
            continue
        kind._told = told | {name}  # type: ignore[attr-defined]  # noqa: SLF001 - kept where it lives as long as the class
        warnings.warn(
            f"{kind.__name__} assigned Values to its attribute {name!r} while it was called, so they are state: no "
            f"parameters, and not saved. Write non_parameter_names = ({name!r},) in the class if that is meant, or "
            f"parameter_names = ({name!r},) if they are to be trained",
            ParameterWarning,
            stacklevel=4,
        )


def check_names(kind: type[Holder]) -> None:
    """Raise unless the names that a class gives are tuples of names, and none says both.

    Raises:
        InputError: otherwise.
    """
    for which in ("non_parameter_names", "parameter_names"):
        names = getattr(kind, which)
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise InputError(f"expected {which} of {kind.__name__} to be a tuple of names, got {names!r}")
    if both := sorted(set(kind.non_parameter_names) & set(kind.parameter_names)):
        raise InputError(
            f"{kind.__name__} names {both[0]!r} in non_parameter_names and in parameter_names; choose one of them"
        )


# ---- Values that would be lost ---------------------------------------------------------------------------------------


def check_held(module: Holder) -> None:
    """Raise if an attribute holds Values or modules where no walk finds them.

    Raises:
        InputError: if that is so; the message names the attribute.
    """
    elsewhere = [(name, item) for name, item in _unentered(module) if any(True for _ in _inside(item))]
    shared = [(name, item) for name, item in _of_class(type(module)) if any(True for _ in _inside(item))]
    if not elsewhere and not shared:
        return
    found = {id(item) for _, _, run in runs(module) for item in run}
    for name, item in elsewhere:
        if any(id(lost) not in found for lost in _inside(item)):
            raise InputError(
                f"{type(module).__name__} keeps Values in {name!r}, in an object of type {type(item).__name__}, where "
                "parameters are not looked for; keep them in a list, tuple, dict, dataclass, array of numpy or Module, "
                f"or write non_parameter_names = ({name.partition('.')[0]!r},) in the class if they are no parameters"
            )
    for name, item in shared:
        if name not in vars(module) and any(id(lost) not in found for lost in _inside(item)):
            raise InputError(
                f"{type(module).__name__} keeps Values in {name!r}, an attribute of the class and not of the module, "
                "where parameters are not looked for; assign it to self in __init__, or write non_parameter_names = "
                f"({name!r},) in the class if they are no parameters"
            )


def _unentered(module: Holder) -> Iterator[tuple[str, object]]:
    """What stands in the attributes of a module, with its name, and is neither a number nor entered by the walk."""
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
    """The leaves and modules in something, whatever it is; nothing is called but what has no effect."""
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


def _parts(item: Any) -> Iterable[object]:
    """What an object that is no tree holds: a container of the standard library, a pandas frame, or any object."""
    if isinstance(item, type):
        return ()
    library = str(type(item).__module__).partition(".")[0]
    if library in {"builtins", "collections", "types"}:
        if isinstance(item, Mapping):
            return item.values()
        if isinstance(item, (AbstractSet, deque, UserList, ValuesView)):
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
