"""What a function of Python says and holds, in words that tell it from others and are the same in each run.

The instructions of a function differ between versions of Python. So nothing of them is used but what they name, each
word once and in the order in which it first comes. Most functions then say the same in all versions; those that handle
errors may not. Texts that only explain, such as docstrings, are no part of it, and neither are the names of arguments
and of other variables of the function.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from itertools import zip_longest
from types import CodeType, FunctionType
from typing import Any, Final

_OPERATORS: Final = frozenset({"BINARY_OP", "COMPARE_OP"})
_SIGNS: Final = frozenset({"UNARY_NEGATIVE", "UNARY_INVERT", "UNARY_NOT"})

_BY_VERSION: Final = frozenset({"operator []"})
"""What only some versions of Python name."""

_ABOUT_CLASSES: Final = frozenset({"__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"})
"""What a class inside of a function is given that says nothing of what it does."""


def words(code: CodeType) -> list[str]:
    """The constants, names and operators of a code, and of the functions and classes that it defines.

    >>> words((lambda x: math.exp(-x) * 2.5).__code__)
    ['load math', 'load exp', 'sign UNARY_NEGATIVE', 'constant 2.5', 'operator *']
    """
    return [word for word in dict.fromkeys(_words(code)) if word not in _BY_VERSION]


def around(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function holds by name: its defaults, and the variables around it that it reads and does not assign.

    >>> [*around(lambda x, y=2.0: x * y)]
    [('default 0', 2.0)]
    """
    for index, default in enumerate(function.__defaults__ or ()):
        yield f"default {index}", default
    for name, default in sorted((function.__kwdefaults__ or {}).items()):
        yield f"default {name}", default
    every = [*_codes(function.__code__)]
    assigned = {step.argval for code in every for step in dis.get_instructions(code) if _assigns_around(step)}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name not in assigned and (held := _inside(cell)):
            yield name, held[0]
    names = {name for code in every for name in code.co_names}
    for name in sorted(names - assigned):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _words(code: CodeType) -> Iterator[str]:
    steps = [*dis.get_instructions(code)]
    for step, after in zip_longest(steps, steps[1:]):
        if step.opcode in dis.hasconst or step.opname == "LOAD_SMALL_INT":
            if after is None or not (after.opname.startswith("STORE_") and after.argval in _ABOUT_CLASSES):
                yield from _constant_words(_constant(step, code))
        elif step.opcode in dis.hasname:
            if step.argval not in _ABOUT_CLASSES:
                yield f"{step.opname.partition('_')[0].lower()} {step.argval}"
        elif step.opname in _OPERATORS:
            yield f"operator {step.argval if step.opname == 'COMPARE_OP' else step.argrepr}"
        elif step.opname in _SIGNS:
            yield f"sign {step.opname}"


def _constant(step: dis.Instruction, code: CodeType) -> Any:
    """What an instruction loads; Python 3.11 does not say it of the names of keyword arguments."""
    return code.co_consts[step.arg or 0] if step.opcode in dis.hasconst else step.arg


def _constant_words(constant: Any) -> Iterator[str]:
    if isinstance(constant, CodeType):
        yield from _words(constant)
    elif isinstance(constant, slice):  # older versions make it of its parts
        for part in (constant.start, constant.stop, constant.step):
            yield from _constant_words(part)
    elif constant is not None:  # which functions return without saying so
        yield f"constant {_text(constant)}"


def _text(constant: Any) -> str:
    """A constant as text; one without order is sorted, as it comes in another order in each run."""
    if isinstance(constant, frozenset):
        return f"set {sorted(map(_text, constant))}"
    return f"tuple {[*map(_text, constant)]}" if isinstance(constant, tuple) else repr(constant)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _assigns_around(step: dis.Instruction) -> bool:
    return step.opname in ("STORE_GLOBAL", "STORE_DEREF", "DELETE_GLOBAL", "DELETE_DEREF")


def _inside(cell: Any) -> tuple[Any, ...]:
    """What a cell holds, if anything yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()
