r"""Programs as text, and back.

One line for each instruction, in order, and one for the outputs:

    program     = { instruction } , "return" , { place } ;
    instruction = place , "=" , ( "input" | "constant" , number | op , place , { place } ) ;
    place       = "%" , digits ;

Places count from %0. The k-th input that is read is input k. A number is written as `repr` writes it, so that no digit
is lost; infinities and nan are `inf`, `-inf` and `nan`. An op is the name of its row, or `copy`. `parse` is the inverse
of `to_text` for programs whose ops are in the table.

>>> program = parse("%0 = input\n%1 = constant 2.0\n%2 = mul %1 %0\nreturn %2")
>>> print(to_text(program))
%0 = input
%1 = constant 2.0
%2 = mul %1 %0
return %2
"""

from __future__ import annotations

import re

from autograd_core.compiler.program import COPY, INPUT, Program, check
from autograd_core.errors import InputError
from autograd_core.table.op import find


def to_text(program: Program) -> str:
    """The text of a program."""
    lines = [f"%{place} = {_written(program, place)}" for place in range(len(program))]
    return "\n".join([*lines, " ".join(["return", *[f"%{output}" for output in program.outputs]])])


def _written(program: Program, place: int) -> str:
    op = program.op(place)
    if op is not None:
        return " ".join([op.name, *[f"%{operand}" for operand in program.operands(place)]])
    return "input" if program.kinds[place] == INPUT else f"constant {program.number(place)!r}"


def parse(text: str) -> Program:
    """The program of a text.

    Raises:
        InputError: if a line is not an instruction, names an op that is not in the table, or uses a place that does not
            stand before it; if an equal constant stands twice; if the line of the outputs is missing.
    """
    program = Program()
    lines = [line.strip() for line in text.strip().splitlines()]
    if not lines or not re.fullmatch(r"return( %\d+)*", lines[-1]):
        raise InputError(f"expected a last line such as 'return %2', got {lines[-1] if lines else ''!r}")
    for number, line in enumerate(lines[:-1], start=1):
        place, _, instruction = line.partition(" = ")
        if place != f"%{len(program)}":
            raise InputError(f"expected '%{len(program)} = ...' in line {number} of the program, got {line!r}")
        if _read(program, instruction, line) != len(program) - 1:
            raise InputError(f"expected every constant once, got it again in line {number} of the program: {line!r}")
    program.outputs = _places(lines[-1])
    check(program)
    return program


def _read(program: Program, instruction: str, line: str) -> int:
    """Append an instruction to the program."""
    name, *operands = instruction.split()
    if name == "input" and not operands:
        return program.input()
    if name == "constant" and len(operands) == 1:
        return program.constant(float(operands[0]))
    if not re.fullmatch(r"\w+( %\d+)+", instruction):
        raise InputError(f"expected 'input', 'constant NUMBER' or 'OP %PLACE ...', got {line!r}")
    return program.apply(COPY if name == COPY.name else find(name), _places(instruction))


def _places(line: str) -> list[int]:
    return [int(place[1:]) for place in line.split()[1:]]
