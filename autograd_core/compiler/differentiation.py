"""Derivatives of a program, as further instructions of it.

The chain rule is that of the engine (`graph.chain_rule`): it multiplies and adds whatever records. Here the nodes are
places, local derivatives are the formulas of the rows, recorded at the operands, and sums are Symbols.

>>> import math
>>> from autograd_core import TABLE
>>> from autograd_core.compiler.evaluator import evaluate
>>> program = Program()
>>> x = program.input()
>>> y = program.apply(TABLE["sin"], [program.apply(TABLE["mul"], [x, x])])
>>> program.outputs = gradient(Recording(program), y, [x])
>>> evaluate(program, [0.5]) == [math.cos(0.25) * 0.5 + math.cos(0.25) * 0.5]
True
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from autograd_core.compiler.program import Program
from autograd_core.compiler.recording import Recording
from autograd_core.graph.chain_rule import contributions, reverse_order
from autograd_core.graph.contributions import is_zero
from autograd_core.graph.edges import Edge, structural_zero


def gradient(recording: Recording, root: int, places: Sequence[int], seed: Any = 1.0) -> list[int]:
    """The places of the derivatives of a root with respect to places, none of which depends on another."""
    sums = adjoints(recording, {root: seed}, places)
    # Of a sum that nothing has reached, -0.0 is left (see `table.comparisons.STRONG_PRODUCT`).
    return [recording.place(sums[place] + 0.0 if place in sums else 0.0) for place in places]


def adjoints(recording: Recording, seeds: dict[int, Any], ends: Collection[int]) -> dict[int, Any]:
    """The gradient of the seeded roots with respect to every place between them and the ends, which are included.

    Args:
        recording: records the formulas; its program holds the roots.
        seeds: for each root its seed, a number or a Symbol. A constant 0 passes nothing on.
        ends: where the gradient stops; nothing below them is differentiated.
    """
    stops = set(ends)
    reached = _above(recording.program, stops, seeds)
    sums: dict[Any, Any] = {root: seed for root, seed in seeds.items() if root in reached and not is_zero(seed)}

    def below(place: int) -> list[int]:
        return [operand for operand in recording.program.operands(place) if operand in reached]

    order = reverse_order([root for root in seeds if root in reached], stops, below)
    for _ in contributions(_edges(recording, order, sums, stops, reached), sums):
        pass
    return sums


def tangents(recording: Recording, directions: dict[int, Any], roots: Iterable[int]) -> dict[int, Any]:
    """The derivative of every place up to the roots along a direction: the chain rule from the inputs up."""
    places = list(roots)
    sums: dict[Any, Any] = {place: seed for place, seed in directions.items() if not is_zero(seed)}
    reached = _above(recording.program, set(directions), places)
    upwards = _edges_upwards(recording, sorted(reached), sums, set(directions), reached)
    for _ in contributions(upwards, sums):
        pass
    return sums


def _above(program: Program, ends: set[int], roots: Iterable[int]) -> set[int]:
    """The places that depend on one of the ends, ends included, up to the last root."""
    reached = set(ends)
    for place in range(max(roots, default=-1) + 1):
        if place not in reached and any(operand in reached for operand in program.operands(place)):
            reached.add(place)
    return reached


def _edges(
    recording: Recording, order: Iterable[int], sums: dict[Any, Any], ends: set[int], reached: set[int]
) -> Iterator[list[Edge]]:
    """The edges of the places that have been reached, each to its operands."""
    for place in order:
        if place in sums and place not in ends:
            yield local_edges(recording, place, reached)


def _edges_upwards(
    recording: Recording, order: Iterable[int], sums: dict[Any, Any], starts: set[int], reached: set[int]
) -> Iterator[list[Edge]]:
    """The edges to each place from its operands."""
    for place in order:
        if place not in starts:
            yield [
                (source, target, index, local, zero)
                for target, source, index, local, zero in local_edges(recording, place, reached)
                if source in sums
            ]


def local_edges(recording: Recording, place: int, reached: set[int]) -> list[Edge]:
    """The edges from a place to those of its operands that are wanted, with the formulas of the row."""
    program = recording.program
    op, operands = program.op(place), program.operands(place)
    if op is None:
        return []
    wanted = [operand in reached for operand in operands]
    numbers = [program.number(operand) for operand in operands]
    inputs = [
        recording.symbol(operand) if number is None else number
        for operand, number in zip(operands, numbers, strict=True)
    ]
    output = recording.symbol(place)
    derivatives = op.partials(inputs, output, wanted)
    return [
        (place, operand, index, derivatives[index], structural_zero(op, index, inputs, output, derivatives[index]))
        for index, operand in enumerate(operands)
        if wanted[index]
    ]
