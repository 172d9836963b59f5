"""The cost model: about how long a record takes in typed loops and in NumPy, in nanoseconds.

What a kernel spends on a lane stands beside it, in `kernels` for loops and in `formulas` for NumPy. The rest are a few
constants of a build. tests/bench/costs.py measures them all; these are of an AMD EPYC with NumPy 2.4. A wrong choice
costs time and nothing else.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Work(NamedTuple):
    """What a record does.

    Attributes:
        lanes: how many results it has.
        terms: the products or terms of each.
        kernel: what a compiled loop spends on a lane, or on a term of a sum.
        formula: what NumPy spends on a lane; 0 for sums.
        calls: how many functions of NumPy it takes.
        operands: how many numbers of each lane are found by an index table; 0 for views.
        is_matrix: whether it is a product of matrices.
        in_rows: whether its lanes stand in rows that NumPy cannot take as one.
    """

    lanes: int
    terms: int
    kernel: float
    formula: float
    calls: int
    operands: int
    is_matrix: bool
    in_rows: bool = False


class Costs(NamedTuple):
    """The constants of a build.

    Attributes:
        record: what loops spend on a record.
        lane: what loops spend on a lane or term besides the kernel.
        slowness: how many times longer than a compiled loop they take for the kernel itself.
        looked_up: what loops spend on a number that is found by an index table.
        call: what NumPy spends on a call.
        term: what NumPy spends on a term of a sum.
        gathered: what NumPy spends on a number that is found by an index table.
        matrix: what a matrix product spends before it begins.
        product: what it spends on a product.
        entry: what a run with NumPy spends besides, most of it on code that is not in the caches of the processor.
        in_rows: what NumPy spends more on a lane where lanes stand in rows.
    """

    record: float
    lane: float
    slowness: float
    looked_up: float
    call: float
    term: float
    gathered: float
    matrix: float
    product: float
    entry: float = 0.0
    in_rows: float = 0.0


COMPILED: Final = Costs(15.0, 0.0, 1.0, 0.2, 400.0, 0.9, 1.2, 900.0, 0.05, 5000.0, 0.8)
"""With typed loops that mypyc has compiled."""

PLAIN: Final = Costs(2000.0, 130.0, 30.0, 60.0, 400.0, 0.9, 1.2, 900.0, 0.05, 5000.0, 0.8)
"""With loops in plain Python."""


def in_loops(costs: Costs, work: Work) -> float:
    """The cost of a record in typed loops.

    >>> in_loops(COMPILED, Work(100, 1, 1.0, 0.25, 1, 0, is_matrix=False))
    115.0
    """
    each = costs.lane + costs.slowness * work.kernel
    return costs.record + work.lanes * (work.terms * each + work.operands * costs.looked_up)


def in_arrays(costs: Costs, work: Work) -> float:
    """The cost of a record in NumPy.

    >>> in_arrays(COMPILED, Work(100, 1, 1.0, 0.25, 1, 0, is_matrix=False))
    425.0
    """
    if work.is_matrix:
        return costs.matrix + costs.call * (work.calls - 2) + work.lanes * work.terms * costs.product
    each = (work.formula or work.terms * costs.term) + (costs.in_rows if work.in_rows else 0.0)
    gathering = costs.call + work.lanes * work.operands * costs.gathered if work.operands else 0.0
    return costs.call * work.calls + work.lanes * each + gathering
