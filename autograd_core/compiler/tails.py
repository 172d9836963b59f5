"""Tails made ready for records: sums are additions, and dot products are matrix products where they can be.

A dot product of numbers that all rows share with numbers of the rows becomes a matrix product, together with all others
of the same numbers of the rows, as in the layers of a network. The others become products and additions.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from autograd_core.compiler.grouping.analysis import signed
from autograd_core.compiler.grouping.long_sums import with_long_sums
from autograd_core.compiler.grouping.plain_products import with_plain_products
from autograd_core.compiler.head_and_tail import copied
from autograd_core.compiler.kernels import DOT_FROM
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.vector_formulas import with_vector_formulas
from autograd_core.table.ops import ADD, DOT, MUL, SUM

FEWEST_PAIRS: Final = 16
"""From so many products of numbers of the rows with shared ones on, matrix products take less time."""


class Product(NamedTuple):
    """Dot products of the same numbers of the rows with numbers that all rows share.

    Attributes:
        columns: the numbers of the rows.
        weights: for each dot product the shared numbers.
        places: the instruction of each.
    """

    columns: tuple[int, ...]
    weights: list[list[int]]
    places: list[int]


def _products(tail: Program, shared: int) -> list[Product]:
    """The matrix products of a tail."""
    found: dict[tuple[int, ...], Product] = {}
    reads_sign = signed(tail)  # a matrix product adds up from 0.0
    for place in range(len(tail)):
        if tail.op(place) in (DOT, DOT_FROM) and reads_sign[place] == 0:
            operands = tail.operands(place)
            half = len(operands) // 2
            pairs = [_pair(tail, a, b, shared) for a, b in zip(operands[:half], operands[half : 2 * half], strict=True)]
            if None not in pairs:
                columns, weights = zip(*[pair for pair in pairs if pair], strict=True)
                product = found.setdefault(columns, Product(columns, [], []))
                product.weights.append(list(weights))
                product.places.append(place)
    return list(found.values())


def _pair(tail: Program, a: int, b: int, shared: int) -> tuple[int, int] | None:
    """The number of the rows and the shared number of two factors; None if they are of one kind."""
    is_a_shared, is_b_shared = _is_shared(tail, a, shared), _is_shared(tail, b, shared)
    if is_a_shared == is_b_shared:
        return None
    return (b, a) if is_a_shared else (a, b)


def _is_shared(tail: Program, place: int, shared: int) -> bool:
    kind = tail.kinds[place]
    return kind == CONSTANT or (kind == INPUT and bool(tail.index(place) < shared))


def _without_sums(tail: Program, kept: set[int]) -> Program:
    """The program with sums as additions, and dot products, but for those that are kept, as products and additions."""
    result = Program()
    places: dict[int, int] = {}
    for place in range(len(tail)):
        op = tail.op(place)
        operands = [places[k] for k in tail.operands(place)]
        half = len(operands) // 2
        if tail.kinds[place] == INPUT:
            places[place] = result.input()
        elif op is DOT_FROM:
            pairs = operands[:-1]
            dot = result.apply(DOT, pairs) if place in kept else _added(result, pairs, half)
            places[place] = result.apply(ADD, [dot, operands[-1]])
        elif op is DOT and place not in kept and len(operands) % 2 == 0:
            places[place] = _added(result, operands, half)
        elif op is SUM:
            total = operands[0]
            for term in operands[1:]:
                total = result.apply(ADD, [total, term])
            places[place] = total
        else:
            places[place] = copied(tail, place, result, places)
    result.outputs = [places[output] for output in tail.outputs]
    return result


def _added(result: Program, operands: list[int], half: int) -> int:
    """Append the products of the first half of the operands with the second, and their sum."""
    total = result.apply(MUL, [operands[0], operands[half]])
    for k in range(1, half):
        total = result.apply(ADD, [total, result.apply(MUL, [operands[k], operands[half + k]])])
    return total


def prepared(tail: Program, shared: int, *, exact: bool, plain: bool) -> tuple[Program, list[Product], bool]:
    """A tail in which every instruction is a record, its matrix products, and whether nan makes it run again."""
    if exact:
        return _without_sums(tail, set()), [], False
    is_checked = False
    if plain:
        changed, is_checked = with_plain_products(tail, groups=False)
        tail = changed if changed is tail else simplify(changed, groups=False)
    summed = with_long_sums(tail)
    products = _products(summed, shared)
    if sum([len(product.columns) * len(product.places) for product in products]) < FEWEST_PAIRS:
        summed, products = tail, []
    tail = _without_sums(summed, {place for product in products for place in product.places})
    tail, is_quick = with_vector_formulas(tail, plain=plain)
    tail = simplify(tail, groups=False)
    return tail, _products(tail, shared) if products else [], is_checked or is_quick
