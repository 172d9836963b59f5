"""What became of a program: how many scalars run as how many records, and what did not group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from autograd_core.compiler.executors import Executable
from autograd_core.compiler.executors.arrays import is_matrix_product
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.records import ARITY, COLUMNS, IS_STARTED, LANES, OP, TABLE_AT, TAPE, TERMS, Records
from autograd_core.text import listed, plural

MOST: Final = 12
"""So many matrix products, and so many ops of a kind, are listed."""


def explanation(program: Program, executable: Executable) -> str:
    r"""How a program runs, as some lines of text.

    >>> from autograd_core.compiler.executors import executable
    >>> from autograd_core.compiler.text import parse
    >>> text = "".join([f"%{k} = input\n" for k in range(9)] + [f"%{k} = mul %0 %{k - 8}\n" for k in range(9, 17)])
    >>> program = parse(text + "return %9 %10 %11 %12 %13 %14 %15 %16")
    >>> print(explanation(program, executable(program)))
    8 operations on 9 inputs and 0 constants run as 1 record
    cost        8 operations, 192 bytes
    """
    return "\n".join(_lines(program, executable.records))


def _lines(program: Program, records: Records) -> Iterator[str]:
    kinds = Counter(min(int(kind), 0) for kind in program.kinds)
    heads = records.heads.tolist()
    yield (
        f"{plural(kinds[0], 'operation')} on {plural(kinds[INPUT], 'input')} and "
        f"{plural(kinds[CONSTANT], 'constant')} run as {plural(len(records), 'record')}"
    )
    yield f"cost        {plural(sum(map(_operations, heads)), 'operation')}, {plural(8 * records.size, 'byte')}"
    products = Counter(_product(head) for head in heads if _is_product(records, head))
    yield from _listed("matrices", [_times(product, count) for product, count in products.items()])
    alone = sum(head[LANES] for head in heads if head[OP] == TAPE)
    if alone:
        yield f"one by one  {plural(alone, 'operation')}, which are too different to run together"
    for reason, chosen in REASONS.items():
        found = Counter(records.ops[head[OP]].name for head in heads if head[OP] != TAPE and chosen(records, head))
        yield from _listed(reason, [_times(name, count) for name, count in found.most_common()])


def _is_product(records: Records, head: list[int]) -> bool:
    return head[OP] != TAPE and is_matrix_product(code_of(records.ops[head[OP]]), head)


def _product(head: list[int]) -> str:
    """The sides of a matrix product."""
    rows, columns, terms = head[LANES] // head[COLUMNS], head[COLUMNS], head[TERMS]
    return f"{rows}x{terms} @ {terms}x{columns}"


def _operations(head: list[int]) -> int:
    """How many operations on two numbers a record takes."""
    terms = head[TERMS] if head[TABLE_AT] < 0 or head[OP] == TAPE else max(1, head[ARITY] // 2)
    return head[LANES] * (terms + head[IS_STARTED])


def _is_by_table(_records: Records, head: list[int]) -> bool:
    return head[TABLE_AT] >= 0


def _is_by_row(records: Records, head: list[int]) -> bool:
    return code_of(records.ops[head[OP]]) == BY_ROW


REASONS: Final[dict[str, Any]] = {
    "by tables": _is_by_table,  # numbers that lie in no order
    "by rows": _is_by_row,  # the op has no kernel, and runs the forward function of its row
}
"""What makes a record slow, and which records it is."""


def _times(what: str, count: int) -> str:
    return what if count == 1 else f"{count} of {what}"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{title:10}  {listed(items, MOST)}"
