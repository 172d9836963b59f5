"""Records in NumPy: for each record a function without arguments, over arrays that are prepared once.

Arithmetic, comparisons and roots give the bits of the rows. Functions such as `exp` are NumPy's own, within 2 units in
the last place. Matrix products are BLAS; they add up from 0.0, so a sum of which the sign of a zero may be read is
none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from autograd_core.compiler.executors.formulas import FORMULAS, UFUNCS
from autograd_core.compiler.kernels import CODE_DOT, CODE_SUM
from autograd_core.compiler.records import (
    ARITY,
    COLUMNS,
    DESTINATION,
    LANES,
    OPERANDS,
    ROW,
    STRIDES,
    TABLE_AT,
    TERMS,
)

Step: TypeAlias = Callable[[], Any]

INEXACT: Final = frozenset((11, 12, 35, 36, 37, 38, 39, 40, 45, 46, 47, 48))
"""The codes of what NumPy rounds in its own way."""


def can_run(code: int, head: list[int], *, exact: bool) -> bool:
    """Whether there is a step for a record."""
    if exact and code in INEXACT:
        return False
    if code in (CODE_DOT, CODE_SUM):
        return head[LANES] > 1 or not exact  # NumPy adds up a single column pairwise
    return code in UFUNCS or code in FORMULAS


def is_matrix_product(code: int, head: list[int]) -> bool:
    """Whether a record is the product of two matrices: one factor is the same in all rows, the other in all columns."""
    if code != CODE_DOT or head[TABLE_AT] >= 0:
        return False
    (_, ai, aj, _), (_, bi, bj, _) = _views_of(head, 2)
    return aj == bi == 0 or ai == bj == 0


def array_step(code: int, head: list[int], numbers: Any, tables: Any, *, exact: bool, signed: bool) -> Step:
    """The step of a record for which `can_run` holds."""
    if head[TABLE_AT] >= 0:
        return _by_table(code, head, numbers, tables)
    rows, columns, terms = head[LANES] // head[COLUMNS], head[COLUMNS], head[TERMS]
    out = _view(numbers, head[DESTINATION], (rows, columns), (head[ROW], 1))
    if code == CODE_DOT and not exact and not signed and is_matrix_product(code, head):
        return _matrix_product(head, numbers, out)
    if code in (CODE_DOT, CODE_SUM):
        views = [
            _view(numbers, first, (terms, rows, columns), (k, i, j))
            for first, i, j, k in _views_of(head, 2 if code == CODE_DOT else 1)
        ]
        return _sum(views, out)
    views = [_view(numbers, first, (rows, columns), (i, j)) for first, i, j, _ in _views_of(head, head[ARITY])]
    return _elementwise(code, views, out)


def _views_of(head: list[int], count: int) -> list[list[int]]:
    return [head[OPERANDS + STRIDES * k : OPERANDS + STRIDES * (k + 1)] for k in range(count)]


def _view(numbers: Any, first: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    from numpy.lib.stride_tricks import as_strided

    return as_strided(numbers[first:], shape, [8 * stride for stride in strides])


def _elementwise(code: int, operands: list[Any], out: Any) -> Step:
    import numpy as np

    if code in UFUNCS:
        return partial(getattr(np, UFUNCS[code]), *operands, out)
    return FORMULAS[code](*operands, out)


def _sum(views: list[Any], out: Any) -> Step:
    """The sum over the first axis of one view, or of the products of two, term after term."""
    import numpy as np

    terms = np.empty(views[0].shape)
    prepare: Step = partial(np.copyto, terms, views[0]) if len(views) == 1 else partial(np.multiply, *views, terms)
    add_up = partial(np.add.reduce, terms, axis=0, out=out, initial=-0.0)

    def step() -> None:
        prepare()
        add_up()

    return step


def _matrix_product(head: list[int], numbers: Any, out: Any) -> Step:
    import numpy as np

    left, right = _views_of(head, 2)
    if not left[2] == right[1] == 0:
        left, right = right, left
    rows, columns = out.shape
    terms = head[TERMS]
    a = _view(numbers, left[0], (rows, terms), (left[1], left[3]))
    b = _view(numbers, right[0], (terms, columns), (right[3], right[2]))
    moves: list[Step] = []
    factors = [_packed(x, moves) for x in (a, b)]
    multiply = partial(np.matmul, *factors, out)
    if not moves:
        return multiply

    def step() -> None:
        for move in moves:
            move()
        multiply()

    return step


def _packed(matrix: Any, moves: list[Step]) -> Any:
    """A matrix itself if BLAS takes its strides, else a copy, which a step brings up to date."""
    import numpy as np

    (rows, columns), (down, right) = matrix.shape, matrix.strides
    if (right == matrix.itemsize and down >= columns * matrix.itemsize) or (
        down == matrix.itemsize and right >= rows * matrix.itemsize
    ):
        return matrix
    copy = np.empty(matrix.shape)
    moves.append(partial(np.copyto, copy, matrix))
    return copy


def _by_table(code: int, head: list[int], numbers: Any, tables: Any) -> Step:
    """The step of a record whose operands are gathered first."""
    import numpy as np

    lanes, arity, start = head[LANES], head[ARITY], head[TABLE_AT]
    indices = tables[start : start + arity * lanes].astype(np.intp).reshape(arity, lanes)
    gathered = np.empty((arity, lanes))
    gather = partial(np.take, numbers, indices, None, gathered, "clip")
    out = numbers[head[DESTINATION] : head[DESTINATION] + lanes]
    if code in (CODE_DOT, CODE_SUM):
        count = 2 if code == CODE_DOT else 1
        compute = _sum(list(gathered.reshape(count, arity // count, lanes)), out)
    else:
        compute = _elementwise(code, list(gathered), out)

    def step() -> None:
        gather()
        compute()

    return step
