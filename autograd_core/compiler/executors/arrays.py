"""Records in NumPy: for each record a few functions without arguments, over arrays that are prepared once.

Arithmetic, comparisons and roots give the bits of the rows. Functions such as `exp` are NumPy's own, within 2 units in
the last place. Matrix products are BLAS; they add up from 0.0, so a sum of which the sign of a zero may be read is
none of them.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from autograd_core.compiler.executors.formulas import FORMULAS, UNSIGNED, Formula, Step
from autograd_core.compiler.kernels import CODE_DOT, CODE_DOT_FROM, CODE_SUM, codes
from autograd_core.compiler.records import (
    ARITY,
    COLUMNS,
    DESTINATION,
    IS_STARTED,
    LANES,
    OPERANDS,
    ROW,
    STRIDES,
    TABLE_AT,
    TERMS,
)

SUMS: Final = {CODE_SUM: 1, CODE_DOT: 2, CODE_DOT_FROM: 2}
"""The codes of sums, with how many factors each term has."""

INEXACT: Final = codes("pow exp tanh sech_squared sigmoid sigmoid_slope log sin cos sinh cosh")
"""The codes of what NumPy rounds in its own way."""


def can_run(code: int, head: list[int], *, exact: bool) -> bool:
    """Whether there is a step for a record."""
    if exact and code in INEXACT:
        return False
    if code in SUMS:
        return head[LANES] > 1 or not exact  # NumPy adds up a single column pairwise
    return code in FORMULAS


def formula_of(code: int, *, exact: bool, signed: bool) -> Formula:
    """The formula of a kernel; `signed` says whether the sign of a zero counts."""
    return FORMULAS[code] if exact or signed or code not in UNSIGNED else UNSIGNED[code]


def is_matrix_product(code: int, head: list[int]) -> bool:
    """Whether a record is the product of two matrices: one factor is the same in all rows, the other in all columns."""
    if SUMS.get(code) != 2 or head[TABLE_AT] >= 0:
        return False
    (_, ai, aj, _), (_, bi, bj, _) = _views_of(head, 2)
    return aj == bi == 0 or ai == bj == 0


def array_steps(code: int, head: list[int], numbers: Any, tables: Any, *, exact: bool, signed: bool) -> list[Step]:
    """The steps of a record for which `can_run` holds."""
    if head[TABLE_AT] >= 0:
        return _by_table(code, head, numbers, tables, exact=exact, signed=signed)
    rows, columns, terms = head[LANES] // head[COLUMNS], head[COLUMNS], head[TERMS]
    out = _view(numbers, head[DESTINATION], (rows, columns), (head[ROW], 1))
    if code in SUMS:
        factors = SUMS[code]
        *views, last = _views_of(head, factors + 1)
        start = _view(numbers, last[0], (rows, columns), tuple(last[1:3])) if head[IS_STARTED] else None
        if not exact and not signed and is_matrix_product(code, head):
            return _matrix_product(head, numbers, out, start)
        return _sum([_view(numbers, at, (terms, rows, columns), (k, i, j)) for at, i, j, k in views], out, start)
    views = [_view(numbers, first, (rows, columns), (i, j)) for first, i, j, _ in _views_of(head, head[ARITY])]
    return formula_of(code, exact=exact, signed=signed).steps(*views, out)


def run_quietly(steps: list[Step]) -> None:
    """Run steps without the warnings of NumPy: infinities and nan are results as any other."""
    import numpy as np

    with np.errstate(all="ignore"):
        for step in steps:
            step()


def _views_of(head: list[int], count: int) -> list[list[int]]:
    return [head[OPERANDS + STRIDES * k : OPERANDS + STRIDES * (k + 1)] for k in range(count)]


def _view(numbers: Any, first: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    from numpy.lib.stride_tricks import as_strided

    return as_strided(numbers[first:], shape, [8 * stride for stride in strides])


def _sum(views: list[Any], out: Any, start: Any = None) -> list[Step]:
    """The sum over the first axis of one view, or of the products of two, term after term, and of a first number."""
    import numpy as np

    terms = np.empty(views[0].shape)
    steps: list[Step] = [
        partial(np.copyto, terms, views[0]) if len(views) == 1 else partial(np.multiply, *views, terms),
        partial(np.add.reduce, terms, axis=0, out=out, initial=-0.0),
    ]
    if start is not None:
        total = np.empty(out.shape)  # the sum may begin with what stands at its end
        steps[1] = partial(np.add.reduce, terms, axis=0, out=total, initial=-0.0)
        steps.append(partial(np.add, start, total, out))
    return steps


def _matrix_product(head: list[int], numbers: Any, out: Any, start: Any) -> list[Step]:
    import numpy as np

    left, right = _views_of(head, 2)
    if not left[2] == right[1] == 0:
        left, right = right, left
    rows, columns = out.shape
    terms = head[TERMS]
    a = _view(numbers, left[0], (rows, terms), (left[1], left[3]))
    b = _view(numbers, right[0], (terms, columns), (right[3], right[2]))
    steps: list[Step] = []
    factors = [_packed(x, steps) for x in (a, b)]
    if start is None:
        steps.append(partial(np.matmul, *factors, out))
    else:
        product = np.empty(out.shape)
        steps += [partial(np.matmul, *factors, product), partial(np.add, start, product, out)]
    return steps


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


def _by_table(code: int, head: list[int], numbers: Any, tables: Any, *, exact: bool, signed: bool) -> list[Step]:
    """The steps of a record whose operands are gathered first."""
    import numpy as np

    lanes, arity, at = head[LANES], head[ARITY], head[TABLE_AT]
    indices = tables[at : at + arity * lanes].astype(np.intp).reshape(arity, lanes)
    gathered = np.empty((arity, lanes))
    gather = partial(np.take, numbers, indices, None, gathered, "clip")
    out = numbers[head[DESTINATION] : head[DESTINATION] + lanes]
    if code in SUMS:
        terms = (arity - head[IS_STARTED]) // SUMS[code]
        start = gathered[-1] if head[IS_STARTED] else None
        return [gather, *_sum(list(gathered[: SUMS[code] * terms].reshape(SUMS[code], terms, lanes)), out, start)]
    return [gather, *formula_of(code, exact=exact, signed=signed).steps(*gathered, out)]
