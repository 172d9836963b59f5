"""Sums of many strong products as one instruction, which is most of what the gradients of a batch are.

A weight that a thousand samples use gets a thousand contributions, each a strong product and an addition. Nothing else
of the sweep needs their sum before it is over, so they are gathered, and added up by one instruction. Its operands are
all local derivatives, then all gradients, then all conditions. Grouping makes a dot product of it at once; for all else
`deferred.expanded` writes it out, with the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from autograd_core.compiler.program import Program
from autograd_core.table.comparisons import STRONG_PRODUCT
from autograd_core.table.define import always
from autograd_core.table.op import REAL, Op
from autograd_core.table.precedence import Precedence

FEWEST_TERMS: Final = 8
"""A sum of fewer terms is written out."""

PARTS: Final = 3
"""A term has so many operands."""


def _total(numbers: Sequence[float]) -> float:
    count = len(numbers) // PARTS
    terms = [STRONG_PRODUCT.forward(*numbers[i::count]) for i in range(count)]
    total = terms[0]
    for term in terms[1:]:
        total += term
    return total


STRONG_DOT: Final = Op(
    "strong_dot",
    None,
    _total,
    (lambda xs, _y: [0.0] * len(xs),),
    "strong_dot",
    r"\operatorname{{strong\_dot}}\left({}\right)",
    Precedence.CALL,
    (REAL,),
    ((-1.0, 1.0),),
    None,
    (always,),
)
"""A sum of strong products, which no gradient passes through."""


def has_strong_dots(program: Program) -> bool:
    """Whether there is a sum of strong products."""
    return STRONG_DOT in program.ops


@final
class Gathered:
    """The contributions to the ends of a sweep, until it is over.

    Attributes:
        first: for each place its first contribution, or -1.
        counts: for each place how many there are.
        following: for each contribution the next one to the same place, or -1.
        sources: the place that each comes from.
        locals: the place of its local derivative.
        conditions: twice the place of the condition under which a 0 is a structural zero, and 1 if the local derivative
            is a plain number.
    """

    __slots__ = ("_last", "conditions", "counts", "first", "following", "locals", "sources")

    def __init__(self, count: int) -> None:
        self.first = vec[i32]([i32(-1)] * count)
        self._last = vec[i32]([i32(-1)] * count)
        self.counts = vec[i32]([i32(0)] * count)
        self.following = vec[i32]()
        self.sources = vec[i32]()
        self.locals = vec[i32]()
        self.conditions = vec[i32]()

    def add(self, target: i64, source: i64, local: i64, is_plain: bool, condition: i64) -> None:
        """Add a contribution."""
        term = i32(len(self.sources))
        if self.first[target] < 0:
            self.first[target] = term
        else:
            self.following[i64(self._last[target])] = term
        self._last[target] = term
        self.counts[target] += i32(1)
        self.following = append(self.following, i32(-1))
        self.sources = append(self.sources, i32(source))
        self.locals = append(self.locals, i32(local))
        self.conditions = append(self.conditions, i32(2 * condition + (1 if is_plain else 0)))

    def appended(self, flat: vec[i32], target: i64, sums: vec[i32]) -> vec[i32]:
        """The operands of the sum of all contributions to a place, behind others."""
        first = i64(self.first[target])
        term = first
        while term >= 0:
            flat = append(flat, self.locals[term])
            term = i64(self.following[term])
        term = first
        while term >= 0:
            flat = append(flat, sums[i64(self.sources[term])])
            term = i64(self.following[term])
        term = first
        while term >= 0:
            flat = append(flat, i32(i64(self.conditions[term]) >> 1))
            term = i64(self.following[term])
        return flat

    def are_many(self, target: i64, sums: vec[i32]) -> bool:
        """Whether there are many contributions to a place, and no gradient in them is a plain number."""
        if self.counts[target] < FEWEST_TERMS:
            return False
        term = i64(self.first[target])
        while term >= 0:
            if sums[i64(self.sources[term])] < 0:
                return False
            term = i64(self.following[term])
        return True
