"""The arguments of a call: the numbers in them, which are data of the program, and the form of everything else.

Two calls with arguments of one form run the same program. The form is what nests how, where numbers and arrays stand,
which numbers are ints, and what is static: every bool, text and None, and the arguments that `static=` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn, final

from autograd_core.errors import OperandTypeError
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.transforms.trees import _inside, _with_branches, flatten, is_array, members, shaped

STATIC: Final = (bool, str, bytes, type(None))
"""What is a part of the form, besides the arguments that the caller names."""


@final
class Static:
    """A part of the form that stands for an object; equal ones have equal objects, or the same one."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held: Final = held

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static) or type(self.held) is not type(other.held):
            return False
        return self.held is other.held or (_is_hashable(self.held) and bool(self.held == other.held))

    def __hash__(self) -> int:
        return hash(self.held) if _is_hashable(self.held) else id(self.held)


def _is_hashable(thing: Any) -> bool:
    try:
        hash(thing)
    except TypeError:
        return False
    return True


def numbers_and_form(
    args: tuple[Any, ...], named: dict[str, Any], static: frozenset[str | int]
) -> tuple[list[Any], Any]:
    """The numbers and arrays of the arguments in order, and their form.

    Raises:
        OperandTypeError: if an argument holds something that is neither a number nor static; the message says where.

    >>> blocks, form = numbers_and_form((1.0, [2, "a"]), {"flag": True}, frozenset())
    >>> blocks, form == numbers_and_form((5.0, [3, "a"]), {"flag": True}, frozenset())[1]
    ([1.0, 2], True)
    """
    found: list[Any] = []
    forms: list[Any] = []
    for i, x in enumerate(args):
        if static and i in static:
            forms.append(Static(x))
        elif isinstance(x, float):
            found.append(x)
            forms.append(float)
        else:
            forms.append(_checked_form(x, i, found))
    for name, x in named.items():
        forms.append((name, Static(x) if name in static else _checked_form(x, name, found)))
    return found, tuple(forms)


def _checked_form(tree: Any, name: Any, found: list[Any]) -> Any:
    form = _form_of(tree, found)
    if form is None:
        _refuse(tree, f"argument {name!r}")
    return form


def _form_of(tree: Any, found: list[Any]) -> Any:
    """The form of an argument, whose numbers and arrays are added to `found`; None if it has none."""
    if isinstance(tree, float):
        found.append(tree)
        return float
    kind = type(tree)
    if kind is int:
        found.append(tree)
        return int
    if kind is list or kind is tuple:
        return _form_of_row(kind, tree, found)
    if kind in STATIC:
        return Static(tree)
    if is_array(tree):
        if tree.dtype.kind not in "iuf" or _masked(tree):
            return None
        found.append(tree)
        return ("array", tree.shape, tree.dtype.kind == "f")
    if isinstance(tree, Recorder):
        return None
    if is_number(tree):
        found.append(to_float(tree))
        return float
    branches = members(tree)
    if branches is None:
        return None
    forms: list[Any] = []
    for key, branch in branches:
        form = _form_of(branch, found)
        if form is None:
            return None
        forms.append((key, form))
    return (kind, tuple(forms))


def _form_of_row(kind: Any, row: Any, found: list[Any]) -> Any:
    """The form of a list or tuple. That of floats alone is their number, because there may be thousands."""
    count = len(found)
    for x in row:
        if not isinstance(x, float):
            break
        found.append(x)
    else:
        return (kind, len(row))
    del found[count:]
    forms: list[Any] = []
    for x in row:
        form = _form_of(x, found)
        if form is None:
            return None
        forms.append(form)
    return (kind, tuple(forms))


def _masked(array: Any) -> bool:
    return hasattr(array, "mask") and bool(array.mask.any())


def _refuse(tree: Any, place: str) -> None:
    """Raise the error for the first thing in an argument that has no form."""
    if isinstance(tree, Recorder):
        _refuse_recorder(tree, place)
    if is_array(tree):
        if _masked(tree):
            flatten(tree, place)  # says so
        if tree.dtype.kind not in "iuf":
            raise OperandTypeError(
                f"a compiled function expected arrays of floats or ints, got one of type {tree.dtype} at {place}; "
                "convert it with array.astype(float), or name the argument in static="
            )
    branches = None if is_array(tree) or is_number(tree) or type(tree) in STATIC else members(tree)
    if branches is not None:
        for key, branch in branches:
            _refuse(branch, _inside(place, tree, key))
    elif not (is_array(tree) or is_number(tree) or type(tree) in STATIC):
        raise OperandTypeError(
            "a compiled function expected numbers, arrays, and lists, tuples, dicts and dataclasses of them, got "
            f"{describe(tree)} at {place}; let the function close over it, or name the argument in static="
        )


def _refuse_recorder(x: Any, place: str) -> NoReturn:
    raise OperandTypeError(
        f"a compiled function expected numbers, got {describe(x)} at {place}: its results are floats, so no gradient "
        "would reach it; let the function close over its parameters, pass x.data, or compile the gradient instead, "
        "compile(grad(f))"
    )


def with_symbols(
    args: tuple[Any, ...], named: dict[str, Any], static: frozenset[str | int], symbols: Iterator[Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with a Symbol in place of every number; arrays become arrays of Symbols."""
    return (
        tuple([x if i in static else _filled(x, symbols) for i, x in enumerate(args)]),
        {name: x if name in static else _filled(x, symbols) for name, x in named.items()},
    )


def _filled(tree: Any, symbols: Iterator[Any]) -> Any:
    if type(tree) in STATIC:
        return tree
    if is_array(tree):
        return shaped([next(symbols) for _ in range(tree.size)], tree.shape)
    branches = None if is_number(tree) else members(tree)
    if branches is None:
        return next(symbols)
    return _with_branches(tree, [_filled(branch, symbols) for _, branch in branches])


def scalars(blocks: list[Any]) -> list[float]:
    """All numbers of the blocks, arrays row by row."""
    return [to_float(x) for block in blocks for x in (flatten(block) if is_array(block) else [block])]
