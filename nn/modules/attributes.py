"""What the attributes of a module mean: parameters, or state.

An attribute that holds leaves is a parameter if it was assigned when the module was made, or later from outside. What a
module assigns to itself while it is being called is state: an input kept for later inspection is not to be trained. So
calls are watched, those of the classes of users: a look at the attributes before and after, those of the modules in
them, too; and of a call with `yield` or `await` before and after each stretch. An attribute that held no
parameter before the call is state from then on, also if it is set anew from outside. The names in `parameter_names` and
`non_parameter_names` of a class settle it, whenever the attribute is assigned.

What is kept where no walk finds it, `nn.modules.unreachable` refuses.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from inspect import iscoroutinefunction, isgeneratorfunction
from operator import is_
from types import FunctionType
from typing import Any, Final, TypeAlias

from autograd_core import InputError, Value, members
from nn.modules.unreachable import CONSUMED, CONTAINERS
from nn.modules.walk import ATOMS, NOTED, STATE, Holder, leaves

CALLS: Final = ("__call__", "forward")
"""The methods during which what a module assigns to itself is state."""

NAMES: Final = ("non_parameter_names", "parameter_names")
"""The attributes of a class that settle what is a parameter."""

SHORT: Final = 8
"""What a module has ready for what it will note is empty, or holds at most so many plain things."""

_OURS: Final = __name__.partition(".")[0]


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
    watched = wraps(call)(_waiting(call) or _at_once(call))
    setattr(watched, _WATCHED, True)
    return watched


def _at_once(call: Callable[..., Any]) -> Callable[..., Any]:
    def watched(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
        before = _look(self)
        try:
            return call(self, *args, **kwargs)
        finally:
            _compare(self, before)

    return watched


def _waiting(call: Callable[..., Any]) -> Callable[..., Any] | None:
    """A generator or coroutine function, watched only while its body runs; None for other functions."""
    if isgeneratorfunction(call):

        def generator(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
            return (yield from _Stretches(self, call(self, *args, **kwargs)))

        return generator
    if iscoroutinefunction(call):

        async def coroutine(self: Holder, /, *args: Any, **kwargs: Any) -> Any:
            return await _Stretches(self, call(self, *args, **kwargs).__await__())

        return coroutine
    return None


class _Stretches:
    """The body of a call that waits now and then, with a look at the attributes before and after each stretch."""

    def __init__(self, module: Holder, body: Any) -> None:
        self._module, self._body = module, body

    def __iter__(self) -> _Stretches:
        return self

    def __await__(self) -> _Stretches:
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
"""The attributes of a module, which of them are blank, and the modules among them with their attributes."""


def _look(module: Holder) -> Look:
    own = vars(module).copy()
    blank = [name for name, item in own.items() if _is_blank(item)]
    return own, blank, [(child, vars(child).copy()) for child in _children(own.values())]


def _children(items: Iterable[object]) -> Iterator[Holder]:
    """The modules among the attributes of a module, and in lists of modules; what else it reaches takes too long."""
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
            # What a module does to itself in a call of its own is noted already, or it is one of this package.
            new = [
                name for name, item in own.items() if item is not known.get(name) and any(True for _ in leaves(item))
            ]
            _note(child, known | {name: item for name, item in own.items() if name not in new}, (), module)


def _is_blank(item: object) -> bool:
    """Whether something is a short list, dict or other container without Values, to which a call may add some."""
    if isinstance(item, (list, *CONTAINERS)):
        return len(item) <= SHORT and set(map(type, item)) <= ATOMS
    return type(item) is dict and len(item) <= SHORT and set(map(type, item.values())) <= ATOMS


def _note(module: Holder, before: Mapping[str, object], blank: Iterable[str], caller: Holder | None = None) -> None:
    """Note what has been assigned since then as state, and say so, if it holds leaves that are in doubt.

    Args:
        module: to which it was assigned.
        before: the attributes as they were.
        blank: the names of those that were blank.
        caller: the module that was called, if that is another one.
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
    """Whether there are leaves in something, and all of them were there before: parameters that were put in order."""
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
        kind._told = told | {name}  # type: ignore[attr-defined]  # noqa: SLF001 - kept where it lives as long as the class
        warnings.warn(
            f"{type(caller).__name__} assigned Values to {whose} attribute {name!r} while it was called, so they are "
            f"state: no parameters, and not saved. Write non_parameter_names = ({name!r},) in the class {of}if that is "
            f"meant, or parameter_names = ({name!r},) if they are to be trained",
            ParameterWarning,
            stacklevel=5,
        )


def join_names(kind: type[Holder]) -> None:
    """Add the names that the bases of a class give to its own; where they contradict each other, the first one counts.

    Raises:
        InputError: if the names that the class gives itself are no tuples of names, or one is in both.
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
