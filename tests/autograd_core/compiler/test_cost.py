"""The cost model: large records go to NumPy, small ones to loops, and what loops cannot do well earlier."""

from __future__ import annotations

from typing import Final

import pytest

from autograd_core.compiler.executors.choice import runs_in_numpy
from autograd_core.compiler.executors.cost import COMPILED, PLAIN, Costs, Work, in_arrays, in_loops
from autograd_core.compiler.kernels import BY_ROW, CODE_ADD, CODE_DOT, CODE_SUM, code_of
from autograd_core.compiler.records import FIELDS
from autograd_core.table.op import TABLE

BUILDS: Final = {"compiled": COMPILED, "plain": PLAIN}


def head(
    lanes: int, arity: int, *strides: int, terms: int = 1, table: int = -1, columns: int | None = None
) -> list[int]:
    """A record of views."""
    found = [0, lanes, arity, 0, table, columns or lanes, columns or lanes, terms, *strides]
    return found + [0] * (FIELDS - len(found))


def chosen(code: int, record: list[int], costs: Costs = COMPILED, exact: bool = False, signed: bool = False) -> bool:
    return runs_in_numpy(code, record, costs, exact=exact, signed=signed)


@pytest.mark.parametrize("costs", BUILDS.values(), ids=BUILDS)
def test_costs_grow_with_the_work(costs: Costs) -> None:
    works = [Work(lanes, terms, 1.0, 0.3, 1, 0, is_matrix=False) for lanes in (1, 10, 1000) for terms in (1, 5)]
    for cost in (in_loops, in_arrays):
        found = [cost(costs, work) for work in works]
        assert found == sorted(found)


def test_arrays_win_in_the_end_and_loops_at_the_beginning() -> None:
    assert not chosen(CODE_ADD, head(1, 2))
    assert chosen(CODE_ADD, head(100_000, 2))


def test_plain_loops_give_way_sooner() -> None:
    record = head(100, 2)
    assert chosen(CODE_ADD, record, PLAIN)
    assert not chosen(CODE_ADD, record, COMPILED)


def test_functions_go_to_numpy_sooner_than_additions() -> None:
    assert chosen(code_of(TABLE["tanh"]), head(64, 1))
    assert not chosen(CODE_ADD, head(64, 2))


def test_lanes_in_rows_stay_in_loops_longer() -> None:
    """NumPy begins anew in each row."""
    assert chosen(CODE_ADD, head(3000, 2))
    assert not chosen(CODE_ADD, head(3000, 2, columns=16))
    assert chosen(CODE_ADD, head(6000, 2, columns=3000))  # a long row is worth it


def test_exact_functions_stay_in_loops() -> None:
    assert not chosen(code_of(TABLE["tanh"]), head(100_000, 1), exact=True)
    assert chosen(CODE_ADD, head(100_000, 2), exact=True)


def test_rows_without_a_kernel_stay_in_loops() -> None:
    assert not chosen(BY_ROW, head(100_000, 1))


def test_matrix_products() -> None:
    """One factor is the same in all rows, the other in all columns, and neither signs of zeros nor the order count."""
    product = head(1024, 64, 0, 32, 0, 1, 5000, 0, 32, 1, terms=32, columns=32)
    assert chosen(CODE_DOT, product)
    assert not chosen(CODE_DOT, product, signed=True)
    assert not chosen(CODE_DOT, product, exact=True)
    assert not chosen(CODE_DOT, head(1024, 64, 0, 32, 1, 1, 5000, 32, 32, 1, terms=32, columns=32))


def test_a_sum_by_table_has_the_terms_of_its_operands() -> None:
    assert not chosen(CODE_SUM, head(2, 4, table=0))
    assert chosen(CODE_SUM, head(1000, 40, table=0), PLAIN)
