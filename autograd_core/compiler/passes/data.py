"""Constants that are data: they differ from sample to sample, so nothing is simplified by their values.

A function may close over its samples, whose numbers are constants of its program. If `label * score` became `score` for
the samples of label 1, these would stand apart from the others, and a batch would fall to pieces. So where instructions
of one op and one level have different constants at the same side, they all stay as they are.
"""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.program import CONSTANT, Program


def varied(program: Program, groups: bool = True) -> vec[u8]:
    r"""For each instruction whether a constant of it differs from those of its siblings.

    Args:
        program: the program.
        groups: whether instructions are to be grouped; if not, no constant is data.

    >>> from autograd_core.compiler.text import parse
    >>> text = "%0 = input\n%1 = constant 1.0\n%2 = constant -1.0\n%3 = mul %0 %1\n%4 = mul %0 %2\n%5 = mul %3 %1"
    >>> [int(x) for x in varied(parse(text + "\nreturn %5"))]
    [0, 0, 0, 1, 1, 0]
    """
    found = vec[u8]([u8(0)] * len(program))
    if not groups:
        return found
    levels = vec[i32]([i32(0)] * len(program))
    groups_of = vec[i32]([i32(-1)] * len(program))  # of those with a constant
    first = vec[i32]([i32(-1)] * len(program))  # for each group its first constant, or -2 if there are others
    indices: dict[int, int] = {}
    place, count = i64(0), i64(len(program))
    while place < count:
        kind = i64(program.kinds[place])
        if kind >= 0:
            side = _examined(program, levels, place)
            if side >= 0:
                constant = program.flat[i64(program.starts[place]) + side]
                key = ((i64(levels[place]) * i64(len(program.ops)) + kind) << 1) + side
                group = i64(_group(indices, int(key)))
                groups_of[place] = i32(group)
                if first[group] == i32(-1):
                    first[group] = constant
                elif first[group] != constant:
                    first[group] = i32(-2)
        place += 1
    place = 0
    while place < count:
        if groups_of[place] >= 0 and first[i64(groups_of[place])] == i32(-2):
            found[place] = u8(1)
        place += 1
    return found


def _examined(program: Program, levels: vec[i32], place: i64) -> i64:
    """Set the level of an instruction, and return at which side it has a constant: 0, 1, or -1 for neither."""
    flat, start, end = program.flat, i64(program.starts[place]), i64(program.starts[place + 1])
    side, highest = i64(-1), i32(0)
    k = end
    while k > start:
        k -= 1
        operand = i64(flat[k])
        if levels[operand] > highest:  # noqa: PLR1730 - max() would make objects
            highest = levels[operand]
        if k - start < 2 and program.kinds[operand] == CONSTANT:
            side = k - start
    levels[place] = highest + i32(1)
    return side


def _group(indices: dict[int, int], key: int) -> int:
    found = indices.get(key, -1)
    if found < 0:
        found = indices[key] = len(indices)
    return found
