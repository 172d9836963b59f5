"""The cost model: about how long a record takes in typed loops and in NumPy, in nanoseconds.

Few constants, measured once. A wrong choice costs time and nothing else.
"""

from __future__ import annotations

from typing import Final

RECORD: Final = 10.0
"""Typed loops spend this on a record."""

LANE: Final = 1.2
"""Typed loops spend this on an operation of + - * and the like, or on a product of a dot product."""

ROW: Final = 80.0
"""Typed loops spend this on a lane that calls the forward function of a row."""

CALL: Final = 600.0
"""NumPy spends this on a call."""

ELEMENT: Final = 0.4
"""NumPy spends this on an operation of + - * and the like."""

FUNCTION: Final = 3.0
"""NumPy spends this on an exponential and the like."""

GATHERED: Final = 1.5
"""NumPy spends this on an operand that is no slice."""

MATRIX: Final = 0.06
"""NumPy spends this on a product of a matrix product."""


def in_loops(lanes: int, operations: int, *, has_loop: bool) -> float:
    """The cost of a record in typed loops; `operations` for each lane."""
    return RECORD + lanes * (LANE * operations if has_loop else ROW)


def in_arrays(lanes: int, operations: int, *, is_function: bool, gathered: int, is_matrix: bool, calls: int) -> float:
    """The cost of a record in NumPy; `gathered` operands of each lane lie in no affine order.

    >>> in_arrays(100, 1, is_function=False, gathered=0, is_matrix=False, calls=1)
    640.0
    """
    each = MATRIX if is_matrix else FUNCTION if is_function else ELEMENT
    return CALL * (calls + gathered) + lanes * (each * operations + GATHERED * gathered)
