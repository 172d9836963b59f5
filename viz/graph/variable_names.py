"""Names for Values: the variables that hold them when the picture is drawn.

A Value does not store the name of its variable, and recording names while the graph is built would cost time for every
graph. So the scopes are searched once, at draw time, for the objects in the picture. Objects are compared by identity
and only built-in containers are opened, so no user code runs during the search.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice
from types import FrameType
from typing import Final

from autograd_core import OperandTypeError, Value
from autograd_core.calls import is_explaining
from autograd_core.frames import local_variables

MAX_ELEMENTS: Final = 10_000
"""Most elements searched in one container: a list of a million floats must not slow a picture of two nodes."""

Scopes = Sequence[Mapping[str, object]]
"""Mappings from names to objects; the first that holds a Value names it."""

_IPYTHON: Final = frozenset({"In", "Out"})

ROOT_NAMES: Final = ("y", "z", "out", "result")
"""What a result without a name may be called."""


def caller_scopes(depth: int) -> list[Mapping[str, object]]:
    """The local and then the global variables of the function `depth` calls above the caller of this one."""
    frame = inspect.currentframe()
    for _ in range(depth + 1):
        frame = frame.f_back if frame else None
        while frame and is_explaining(frame):
            frame = frame.f_back
    return [_public(_locals(frame)), _public(frame.f_globals)] if frame else []


def user_scopes() -> list[Mapping[str, object]]:
    """The variables at the prompt, or in the notebook, or of the function in it, whose result is displayed.

    What displays it, such as IPython, stands between: so the nearest function that belongs to `__main__` is meant.
    """
    own = vars(sys.modules["__main__"])
    frame = inspect.currentframe()
    while frame and frame.f_globals is not own:
        frame = frame.f_back
    return [_public(_locals(frame) if frame else {}), _public(own)]


def _locals(frame: FrameType) -> dict[str, object]:
    """The local variables without those for `*args` and `**kwargs`: `args[0]` is no name that a reader knows."""
    code = frame.f_code
    named = code.co_argcount + code.co_kwonlyargcount
    collecting = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    without = code.co_varnames[named : named + collecting]
    return {name: held for name, held in local_variables(frame).items() if name not in without}


def _public(variables: Mapping[str, object]) -> dict[str, object]:
    """The variables whose names were chosen by a user.

    Left out are `_`, `__`, `_12`, `In` and `Out`, where IPython keeps results, other private names, and names that are
    not identifiers, such as the `.0` of a comprehension and the `@py_assert1` of pytest.
    """
    return {
        name: held
        for name, held in variables.items()
        if name.isidentifier() and not name.startswith("_") and name not in _IPYTHON
    }


def check_names(names: object) -> dict[str, object]:
    """Return the mapping of the user as a dict, empty for None.

    Raises:
        OperandTypeError: if it is not a mapping from names.
    """
    if names is None:
        return {}
    usage = "names maps each name, a str, to its Value, as in names={'w': w} or names=locals()"
    if not isinstance(names, Mapping):
        raise OperandTypeError(f"{usage}; got {type(names).__name__}")
    wrong = [key for key in names if not isinstance(key, str)]
    if wrong:
        raise OperandTypeError(f"{usage}; got a key of type {type(wrong[0]).__name__}")
    return dict(names)


def root_name(taken: Iterable[str], scopes: Scopes) -> str:
    """The name of a result that has none: the first of some letters that means nothing else in the graph or a scope.

    >>> root_name(["w", "x", "y"], [])
    'z'
    >>> root_name(["w", "x"], [{"y": [0, 1, 1]}])
    'z'
    """
    return free_name(ROOT_NAMES, chain(taken, *scopes))


def free_name(names: Sequence[str], taken: Iterable[str]) -> str:
    """The first of some names that is not taken, or the last of them with a number.

    >>> free_name(["x"], ["w"]), free_name(["x"], ["x", "x2"])
    ('x', 'x3')
    """
    used = set(taken)
    numbered = (f"{names[-1]}{number}" for number in count(2))
    return next(name for name in chain(names, numbered) if name not in used)


def find_names(values: Iterable[Value], scopes: Scopes) -> dict[int, str]:
    """Map the identity of each of `values` that some scope holds to its name there.

    A name in an earlier scope wins. Within a scope a variable wins over an element such as `w[3]`, a public name over
    one with an underscore, then the shorter name, then the first in the alphabet. The choice does
    not depend on the order in which the names were bound.
    """
    unnamed = {id(value) for value in values}
    found: dict[int, str] = {}
    for scope in scopes:
        best: dict[int, tuple[bool, bool, int, str]] = {}
        for is_element, name, held in _spelled(scope):
            if id(held) in unnamed:
                candidate = (is_element, name.startswith("_"), len(name), name)
                best[id(held)] = min(candidate, best.get(id(held), candidate))
        found.update((key, name) for key, (*_, name) in best.items())
        unnamed -= best.keys()
    return found


def _spelled(scope: Mapping[str, object]) -> Iterator[tuple[bool, str, object]]:
    """Every variable and every element of a built-in container, with its spelling and whether it is an element."""
    for name, held in list(scope.items()):
        yield False, name, held
        if type(held) is list or type(held) is tuple:
            yield from ((True, f"{name}[{index}]", item) for index, item in enumerate(held[:MAX_ELEMENTS]))
        elif type(held) is dict:
            some = list(islice(held.items(), MAX_ELEMENTS))
            yield from ((True, f"{name}[{key!r}]", item) for key, item in some if type(key) in (str, int))
