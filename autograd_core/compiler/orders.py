"""Which places of a program a gradient passes through, and in which order a sweep visits them."""

from __future__ import annotations

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.program import CLOSED, Program


def reach(program: Program, reached: vec[u8], is_end: vec[u8], last: i64) -> None:
    """Mark the places that depend on an end."""
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place, count = i64(0), i64(len(reached))
    while place < count:
        if is_end[place] != u8(0):
            reached[place] = u8(1)
        elif place < last and kinds[place] >= 0:
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end and reached[i64(flat[k])] == u8(0):
                k += 1
            if k < end:
                reached[place] = u8(1)
        place += 1


def reverse_order(program: Program, roots: list[int], reached: vec[u8], is_end: vec[u8]) -> vec[i32]:
    """`graph.chain_rule.reverse_order` on places: every place before its operands, down to the ends."""
    starts, flat, kinds = program.starts, program.flat, program.kinds
    uses = _uses(program, roots, reached, is_end)
    ready, order = vec[i32](), vec[i32]()
    for root in roots:
        if reached[root] != u8(0) and uses[root] == i32(0):
            ready = append(ready, i32(root))
    left: i64 = i64(len(ready))
    while left > 0:
        left -= 1
        place = i64(ready[left])
        order = append(order, i32(place))
        if is_end[place] != u8(0) or kinds[place] < 0:
            continue
        k, end = i64(starts[place]), i64(starts[place + 1])
        while k < end:
            operand = i64(flat[k])
            if reached[operand] != u8(0):
                uses[operand] -= i32(1)
                if uses[operand] == i32(0):
                    if left == i64(len(ready)):
                        ready = append(ready, i32(operand))
                    else:
                        ready[left] = i32(operand)
                    left += 1
            k += 1
    return order


def between(program: Program, root: int, ends: list[int]) -> vec[u8]:
    """For each place up to the root or the last end, whether a sweep from the root to the ends reaches it."""
    kinds, starts, flat = program.kinds, program.starts, program.flat
    closed = vec[u8]([u8(1 if op in CLOSED else 0) for op in program.ops])
    count = max([root, *ends]) + 1
    is_end, above, found = vec[u8]([u8(0)] * count), vec[u8]([u8(0)] * count), vec[u8]([u8(0)] * count)
    for end in ends:
        is_end[end] = u8(1)
    reach(program, above, is_end, i64(root) + 1)
    found[root] = above[root]
    place = i64(root)
    while place >= 0:
        kind = i64(kinds[place])
        if found[place] != u8(0) and is_end[place] == u8(0) and kind >= 0 and closed[kind] == u8(0):
            k, end_of_operands = i64(starts[place]), i64(starts[place + 1])
            while k < end_of_operands:
                operand = i64(flat[k])
                found[operand] = above[operand]
                k += 1
        place -= 1
    return found


def _uses(program: Program, roots: list[int], reached: vec[u8], is_end: vec[u8]) -> vec[i32]:
    """How often each place is an operand of places that a root depends on."""
    kinds, starts, flat = program.kinds, program.starts, program.flat
    uses = vec[i32]([i32(0)] * len(reached))
    wanted = vec[u8]([u8(0)] * len(reached))
    for root in roots:
        wanted[root] = reached[root]
    place = i64(len(reached)) - 1
    while place >= 0:
        if wanted[place] != u8(0) and is_end[place] == u8(0) and kinds[place] >= 0:
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                operand = i64(flat[k])
                if reached[operand] != u8(0):
                    wanted[operand] = u8(1)
                    uses[operand] += i32(1)
                k += 1
        place -= 1
    return uses
