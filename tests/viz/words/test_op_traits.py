"""What the terms of formulas take for granted about ops: signs, and where an op has a value."""

import itertools
import math

import pytest

from autograd_core import TABLE, Op
from viz.words.algebra import Algebra
from viz.words.op_traits import LOGARITHMS, NOT_NEGATIVE, POSITIVE, WITH_POLES

NUMBERS = (*(i / 2 for i in range(-8, 9)), 0.3, -0.3, 20.0, -20.0)


def points(op: Op) -> list[tuple[float, ...]]:
    """Numbers for each input, whole ones, halves and zeros among them; fewer of them where inputs are many."""
    count = op.arity or 2
    return list(itertools.product(NUMBERS[:: 1 if count < 3 else 4], repeat=count))


def rows(names: frozenset[str]) -> list[Op]:
    return [op for name, op in TABLE.items() if name in names]


@pytest.mark.parametrize("op", rows(POSITIVE), ids=lambda op: op.name)
def test_positive_ops_are_positive(op: Op) -> None:
    assert all(op(*point) > 0.0 for point in points(op))


@pytest.mark.parametrize("op", rows(NOT_NEGATIVE), ids=lambda op: op.name)
def test_ops_that_are_not_negative_have_no_sign(op: Op) -> None:
    assert not any(op(*point) < 0.0 for point in points(op))


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_an_op_that_counts_as_defined_everywhere_has_values_everywhere(op: Op) -> None:
    """Otherwise its name belongs in `WITH_POLES`."""
    algebra = Algebra()
    count = op.arity or 2
    if algebra.call(op, [algebra.symbol(i) for i in range(count)]).is_total:
        assert [point for point in points(op) if not math.isfinite(op(*point))] == []


def test_the_lists_name_rows() -> None:
    assert (POSITIVE | NOT_NEGATIVE | WITH_POLES | LOGARITHMS) - TABLE.keys() == {"shift"}
