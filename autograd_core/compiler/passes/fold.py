"""Folding: what does not depend on the inputs becomes a constant, and what changes nothing goes, but for data."""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.builder import Builder
from autograd_core.compiler.passes.data import varied
from autograd_core.compiler.program import Program


def fold(program: Program, groups: bool = True) -> Program:
    r"""The program with every instruction in its simplest form, but for data if there are `groups` (see `data`).

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = constant 2.0\n%2 = constant 0.5\n%3 = mul %1 %2\n%4 = mul %0 %3\n%5 = add %4 %1"
    >>> print(to_text(fold(parse(text + "\nreturn %5"))).splitlines()[-2])
    %4 = add %0 %1
    """
    count = i64(len(program))
    builder, places = Builder(program), vec[i32]([i32(0)] * len(program))
    is_data = varied(program, groups)
    place: i64 = 0
    while place < count:
        places[place] = i32(builder.copied(program, place, places, is_data[place] != u8(0)))
        place += 1
    builder.program.outputs = [int(places[output]) for output in program.outputs]
    return builder.program
