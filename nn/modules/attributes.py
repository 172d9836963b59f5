"""Which attributes of a module hold parameters, and which hold state.

An attribute that holds leaf Values is a parameter if it is assigned in the constructor, or later from outside. What a
module assigns to itself during a call is state: an input that is stored for inspection must not be trained. So calls of
user-defined classes are observed: the attributes of the module and of its submodules are compared before and after the
call, and for a generator or coroutine before and after each resumption. An attribute that held no parameter before such
a call stays state from then on, even if it is assigned again from outside. A class can override this rule with
`parameter_names` and `non_parameter_names`.

`nn.modules.unreachable` raises an error for Values in places that the walk does not reach.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from inspect import iscoroutinefunction, isgeneratorfunction
from operator import is_
from types import FunctionType
from typing import Any, Final, TypeAlias, TypeVar

from autograd_core import AutogradWarning, InputError, Value, members
from nn.modules.unreachable import CONSUMED, CONTAINERS
from nn.modules.walk import ATOMS, NOTED, STATE, Holder, leaves

CALLS: Final = ("__call__", "forward")
"""The methods in which an assignment to `self` makes state."""

NAMES: Final = ("non_parameter_names", "parameter_names")
"""The attributes of a class that override the rule."""

SHORT: Final = 8
"""The longest container that is checked for items added during a call. A container that is meant to collect Values is
empty or short before the call."""

_OURS: Final = __name__.partition(".")[0]


class ParameterWarning(AutogradWarning):
    """A call of a module assigned Values to it, and its class does not say whether they are parameters."""


# ---- State -----------------------------------------------------------------------------------------------------------


def watch_calls(kind: type[Holder]) -> None:
    """Make calls of a module class record what they assign.

    Classes of this package are skipped, because their calls assign no Values.
    """
    if kind.__module__.partition(".")[0] == _OURS:
        return
    for name in CALLS:
        call = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
        if isinstance(call, FunctionType) and not hasattr(call, _WATCHED):
            setattr(kind, name, _watched(call))


_WATCHED: Final = "_is_watched"

F = TypeVar("F", bound=Callable[..., Any])


def unwatched(call: F) -> F:
    """Mark a method that assigns nothing itself, such as one that only makes another call."""
    setattr(call, _WATCHED, True)
    return call


def _watched(call: Callable[..., Any]) -> Callable[..., Any]:
    watched = wraps(call)(_resumable(call) or _at_once(call))
    setattr(watched, _WATCHED, True)
    return watched


def _at_once(call: Callable[..., Any]) -> Callable[..., Any]:
    """An ordinary function, observed during the whole call."""

    def watched(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
        before = _look(self)
        try:
            return call(self, *args, **kwargs)
        finally:
            _compare(self, before)

    return watched


def _resumable(call: Callable[..., Any]) -> Callable[..., Any] | None:
    """A generator or coroutine function, observed while its body runs; None for other functions."""
    if isgeneratorfunction(call):

        def generator(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
            return (yield from _Resumptions(self, call(self, *args, **kwargs)))

        return generator
    if iscoroutinefunction(call):

        async def coroutine(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
            return await _Resumptions(self, call(self, *args, **kwargs).__await__())

        return coroutine
    return None


class _Resumptions:
    """The body of a generator or coroutine; attributes are compared before and after each resumption."""

    def __init__(self, module: Holder, body: Any) -> None:
        self._module, self._body = module, body

    def __iter__(self) -> _Resumptions:
        return self

    def __await__(self) -> _Resumptions:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        return self._watched(self._body.send, value)

    def throw(self, *error: Any) -> Any:
        return self._watched(self._body.throw, *error)

    def close(self) -> None:
        self._watched(self._body.close)

    def _watched(self, step: Callable[..., Any], *args: Any) -> Any:
        before = _look(self._module)
        try:
            return step(*args)
        finally:
            _compare(self._module, before)


Look: TypeAlias = tuple[dict[str, Any], list[str], list[tuple[Holder, dict[str, Any]]]]
"""The attributes of a module, the names of the blank ones, and its submodules with their attributes."""


def _look(module: Holder) -> Look:
    own = vars(module).copy()
    blank = [name for name, item in own.items() if _is_blank(item)]
    return own, blank, [(child, vars(child).copy()) for child in _children(own.values())]


def _children(items: Iterable[object]) -> Iterator[Holder]:
    """The modules among the attributes of a module, and in lists and dicts of them. A full walk would take too long."""
    for item in items:
        if isinstance(item, Holder):
            yield item
        elif isinstance(item, (list, tuple)) and item and isinstance(item[0], Holder):
            yield from (part for part in item if isinstance(part, Holder))
        elif isinstance(item, dict) and item and isinstance(next(iter(item.values())), Holder):
            yield from (part for part in item.values() if isinstance(part, Holder))


def _compare(module: Holder, look: Look) -> None:
    before, blank, children = look
    _note(module, before, blank)
    for child, known in children:
        own = vars(child)
        if len(own) != len(known) or not all(map(is_, own.values(), known.values())):
            # Assignments in calls of the submodule itself are recorded already, unless its class is in this package.
            new = [
                name for name, item in own.items() if item is not known.get(name) and any(True for _ in leaves(item))
            ]
            _note(child, known | {name: item for name, item in own.items() if name not in new}, (), module)


def _is_blank(item: object) -> bool:
    """Whether something is a short container without Values, to which a call may add some."""
    if isinstance(item, (list, *CONTAINERS)):
        return len(item) <= SHORT and set(map(type, item)) <= ATOMS
    return type(item) is dict and len(item) <= SHORT and set(map(type, item.values())) <= ATOMS


def _note(module: Holder, before: Mapping[str, object], blank: Iterable[str], caller: Holder | None = None) -> None:
    """Record what was assigned since `before` as state, and warn if it may have been meant as a parameter.

    Args:
        module: the module whose attributes were assigned.
        before: its earlier attributes.
        blank: the names of those that were blank.
        caller: the module that was called, if it is another one.
    """
    own, kind = vars(module), type(module)
    noted: dict[str, object] = own.get(NOTED, {})
    named = {*kind.parameter_names, *kind.non_parameter_names, NOTED}
    filled = [name for name in blank if name in own and own[name] is before[name] and not _is_blank(own[name])]
    assigned = [
        name
        for name, item in own.items()
        if type(item) not in ATOMS
        and not (name in before and before[name] is item)
        and (isinstance(item, (Value, Holder, *CONTAINERS, *CONSUMED)) or members(item) is not None)
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
        _warn(module, doubtful, caller or module)


def _same_leaves(old: object, new: object) -> bool:
    """Whether something has leaves and all of them were there before: parameters that were rearranged."""
    now = set(map(id, leaves(new)))
    return bool(now) and now <= set(map(id, leaves(old)))


def _warn(module: Holder, names: Iterable[str], caller: Holder) -> None:
    kind, parameters = type(module), set(map(id, leaves(module)))
    whose, of = ("its", "") if caller is module else (f"the {kind.__name__}'s", f"{kind.__name__} ")
    for name in names:
        told: set[str] = vars(kind).get("_told", set())
        made = [id(leaf) for leaf in leaves(vars(module)[name])]
        if name in told or (made and parameters.issuperset(made)):
            continue
        kind._told = told | {name}  # type: ignore[attr-defined]  # noqa: SLF001 - stored on the class, to live as long
        warnings.warn(
            f"{type(caller).__name__} assigned Values to {whose} attribute {name!r} while it was called, so they are "
            f"state: no parameters, and not saved. Write non_parameter_names = ({name!r},) in the class {of}if that is "
            f"meant, or parameter_names = ({name!r},) if they are to be trained",
            ParameterWarning,
            stacklevel=5,
        )


def join_names(kind: type[Holder]) -> None:
    """Add the names of the base classes to those of a class. In a conflict the class comes first, then its first base.

    Raises:
        InputError: if the names of the class are not tuples of strings, or one name is in both.
    """
    settled: dict[str, str] = {}
    for holder in (kind, *kind.__bases__):
        given = {
            which: vars(holder).get(which, ()) if holder is kind else getattr(holder, which, ()) for which in NAMES
        }
        for which, names in given.items():
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise InputError(f"expected {which} of {holder.__name__} to be a tuple of names, got {names!r}")
        if both := sorted(set.intersection(*map(set, given.values()))):
            raise InputError(
                f"{holder.__name__} names {both[0]!r} in non_parameter_names and in parameter_names; choose one of them"
            )
        for which, names in given.items():
            for name in names:
                settled.setdefault(name, which)
    for which in NAMES:
        setattr(kind, which, tuple(name for name, settles in settled.items() if settles == which))
