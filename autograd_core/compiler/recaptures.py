"""Why a function is captured once more, in words."""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.arguments import Static
from autograd_core.compiler.captured import Captured
from autograd_core.numerics.number import describe
from autograd_core.text import listed, plural

MOST: Final = 3
"""So many lines that decide are named."""


def reason(form: Any, latest: Any, kept: list[Captured], changed: str, irregular: str) -> str:
    """Why no program fits a call.

    Args:
        form: the form of the arguments.
        latest: the form of the arguments of the call before.
        kept: the programs for this form.
        changed: what has changed in the state for which the first of them was recorded; "" if nothing has.
        irregular: what the call before has changed, and no program can change; "" if there is none.
    """
    if irregular:
        return f"every call changes {irregular}, which a program cannot do; return the numbers, and change it outside"
    if changed:
        return f"{changed} has changed; pass it as an argument"
    if kept:
        return f"it decided another way{where(kept)}; write where(condition, a, b) instead of `if`"
    return f"{difference(form, latest)}; calls with one form of arguments run one program"


def where(kept: list[Captured]) -> str:
    """The lines that decide, as the end of a sentence."""
    lines = list(dict.fromkeys(line for captured in kept for line in captured.decisions()))
    return f" at {listed(lines, MOST)}" if lines else ""


def difference(form: Any, before: Any) -> str:
    """Where the arguments of two calls have another form.

    >>> from autograd_core.compiler.arguments import numbers_and_form
    >>> forms = [numbers_and_form(({"x": x},), {}, frozenset())[1] for x in ([1.0], [1.0, 2.0])]
    >>> difference(*forms)
    "argument 0['x'] is a list of 1, and was a list of 2"
    """
    if len(form) != len(before):
        return f"the call has {plural(len(form), 'argument')}, and had {len(before)}"
    for i, (now, then) in enumerate(zip(form, before, strict=True)):
        if now != then:
            named = isinstance(now, tuple) and isinstance(then, tuple) and len(now) == 2 and now[0] == then[0]
            if named and isinstance(now[0], str) and now[0] != "array":
                return _difference(now[1], then[1], f"argument {now[0]!r}")
            return _difference(now, then, f"argument {i}")
    return "the arguments have another form"


def _difference(now: Any, before: Any, place: str) -> str:
    if _is_branch(now) and _is_branch(before) and now[0] is before[0]:
        parts, others = _parts(now), _parts(before)
        if [key for key, _ in parts] == [key for key, _ in others]:
            for (key, one), (_, other) in zip(parts, others, strict=True):
                if one != other:
                    return _difference(one, other, f"{place}[{key!r}]")
    return f"{place} is {_shown(now)}, and was {_shown(before)}"


def _is_branch(form: Any) -> bool:
    return isinstance(form, tuple) and len(form) == 2 and isinstance(form[0], type)


def _parts(form: Any) -> list[tuple[Any, Any]]:
    """The forms inside of a list, tuple, dict or dataclass, with their keys."""
    kind, inside = form
    if isinstance(inside, int):
        inside = [float] * inside
    return list(enumerate(inside)) if kind in (list, tuple) else list(inside)


def _shown(form: Any) -> str:
    if isinstance(form, Static):
        return describe(form.held)
    if _is_branch(form):
        return f"a {form[0].__name__} of {len(_parts(form))}"
    if isinstance(form, tuple) and form and form[0] == "array":
        return f"an array of shape {form[1]} of {'floats' if form[2] else 'ints'}"
    return "an int" if form is int else "a float"
