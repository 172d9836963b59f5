"""Descriptions of functions: their constants, names and operators, and the objects that they use.

The instructions of a function differ between versions of Python. So a description has only their operands, each once
and in the order of its first occurrence. Most functions have the same description in all versions; those that handle
errors may not. Docstrings and names of local variables are not included.
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
"""Words that only some versions of Python have."""

_ABOUT_CLASSES: Final = frozenset({"__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"})
"""Attributes of a nested class that do not affect what it does."""


def words(code: CodeType) -> list[str]:
    """The constants, names and operators of a code object, and of the functions and classes that it defines.

    >>> words((lambda x: math.exp(-x) * 2.5).__code__)
    ['load math', 'load exp', 'sign UNARY_NEGATIVE', 'constant 2.5', 'operator *']
    """
    return [word for word in dict.fromkeys(_words(code)) if word not in _BY_VERSION]


def around(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The defaults of a function, and the variables outside of it that it reads and does not assign, by name.

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
    """The constant that an instruction loads; Python 3.11 does not give it for names of keyword arguments."""
    return code.co_consts[step.arg or 0] if step.opcode in dis.hasconst else step.arg


def _constant_words(constant: Any) -> Iterator[str]:
    if isinstance(constant, CodeType):
        yield from _words(constant)
    elif isinstance(constant, slice):  # older versions build it from its parts
        for part in (constant.start, constant.stop, constant.step):
            yield from _constant_words(part)
    elif constant is not None:  # functions return None implicitly
        yield f"constant {_text(constant)}"


def _text(constant: Any) -> str:
    """A constant as text; a set is sorted, because its order differs between runs."""
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
    """The content of a cell in a tuple; an empty tuple if it has none yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()
