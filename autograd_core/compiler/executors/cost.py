"""The cost model: about how long a record takes in typed loops and in NumPy, in nanoseconds.

Few constants, read from the times of single records of networks and random graphs, in processor time on an AMD EPYC
with NumPy 2.4. A wrong choice costs time and nothing else.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Work(NamedTuple):
    """What a record does.

    Attributes:
        lanes: how many results it has.
        terms: the products or terms of each.
        kind: "arithmetic"; "choice", such as a comparison; "function", such as `exp`; or "row", a forward function that
            is called from Python.
        operands: how many numbers of each lane are found by an index table; 0 for views.
        is_matrix: whether it is a product of matrices.
        calls: how many functions of NumPy it takes.
    """

    lanes: int
    terms: int
    kind: str
    operands: int
    is_matrix: bool
    calls: int


class Costs(NamedTuple):
    """The constants of a build.

    Attributes:
        record: what loops spend on a record.
        operation: what loops spend on `+`, on a product of a dot product, and the like.
        choice: what loops spend on a comparison and the like, whose branches are mispredicted.
        function: what loops spend on an exponential and the like.
        row: what loops spend on the forward function of a row.
        call: what NumPy spends on a call.
        element: what NumPy spends on `+` of two numbers and the like.
        array_function: what NumPy spends on an exponential and the like.
        gathered: what NumPy spends on a number that is found by an index table.
        product: what a matrix product spends on a product.
    """

    record: float
    operation: float
    choice: float
    function: float
    row: float
    call: float
    element: float
    array_function: float
    gathered: float
    product: float


COMPILED: Final = Costs(15.0, 0.9, 4.0, 20.0, 250.0, 250.0, 0.4, 2.0, 1.5, 0.06)
"""With typed loops that mypyc has compiled."""

PLAIN: Final = Costs(2000.0, 150.0, 300.0, 600.0, 800.0, 250.0, 0.4, 2.0, 1.5, 0.06)
"""With loops in plain Python."""


def in_loops(costs: Costs, work: Work) -> float:
    """The cost of a record in typed loops.

    >>> in_loops(COMPILED, Work(100, 1, "arithmetic", 0, False, 1))
    105.0
    """
    each = {"arithmetic": costs.operation, "choice": costs.choice, "function": costs.function, "row": costs.row}[
        work.kind
    ]
    return costs.record + work.lanes * work.terms * each


def in_arrays(costs: Costs, work: Work) -> float:
    """The cost of a record in NumPy.

    >>> in_arrays(COMPILED, Work(100, 1, "arithmetic", 0, False, 1))
    290.0
    """
    numbers = work.lanes * work.terms
    each = costs.array_function if work.kind == "function" else costs.product if work.is_matrix else costs.element
    gathering = costs.call + work.lanes * work.operands * costs.gathered if work.operands else 0.0
    return costs.call * work.calls + numbers * each * (1 if work.is_matrix else work.calls) + gathering
