"""A program for many rows of data in two parts: the head depends on no row and runs once, the tail on each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd_core.compiler.program import CONSTANT, INPUT, Program


class Split(NamedTuple):
    """A program in two parts.

    Attributes:
        head: the instructions that depend on no row. It has all inputs of the program.
        tail: the others. Its first inputs are the outputs of the head, the others are inputs of the program; it has all
            outputs of the program.
        columns: the inputs of the program that differ from row to row and are used, in order.
    """

    head: Program
    tail: Program
    columns: list[int]


def split(program: Program, varies: Sequence[bool]) -> Split:
    r"""What depends on no row apart from what does.

    Args:
        program: the program.
        varies: for each input whether it differs from row to row.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> program = parse("%0 = input\n%1 = input\n%2 = exp %0\n%3 = mul %2 %1\nreturn %3")
    >>> print(to_text(split(program, [False, True]).tail))
    %0 = input
    %1 = input
    %2 = mul %0 %1
    return %2
    """
    count = len(program)
    depends = bytearray(count)
    for place in range(count):
        kind = program.kinds[place]
        if kind == INPUT:
            depends[place] = varies[program.index(place)]
        elif kind >= 0:
            depends[place] = any(depends[k] for k in program.operands(place))
    head, tail = Program(), Program()
    in_head: dict[int, int] = {}
    for place in range(count):
        if program.kinds[place] == INPUT:
            in_head[place] = head.input()
        elif not depends[place]:
            in_head[place] = copied(program, place, head, in_head)
    read = [k for place in range(count) if depends[place] for k in program.operands(place)]
    needed = dict.fromkeys([*read, *program.outputs])
    shared = [k for k in needed if not depends[k] and program.kinds[k] != CONSTANT]
    head.outputs = [in_head[k] for k in shared]
    in_tail = {k: tail.input() for k in shared}
    columns = [place for place in range(count) if depends[place] and program.kinds[place] == INPUT and place in needed]
    in_tail |= {place: tail.input() for place in columns}
    for place in range(count):
        is_constant = place in needed and program.kinds[place] == CONSTANT
        if is_constant or (depends[place] and program.kinds[place] != INPUT):
            in_tail[place] = copied(program, place, tail, in_tail)
    tail.outputs = [in_tail[output] for output in program.outputs]
    return Split(head, tail, [int(program.index(place)) for place in columns])


def copied(source: Program, place: int, target: Program, places: dict[int, int]) -> int:
    """Append an instruction of a program, which is no input, to another program; its place there."""
    op = source.op(place)
    if op is None:
        return target.constant(source.numbers[source.index(place)])
    return target.apply(op, [places[k] for k in source.operands(place)])
