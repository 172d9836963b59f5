"""What became of a program, in words: what runs at once, what does not and why, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from autograd_core.compiler.blueprint import is_of_user, shape_of
from autograd_core.compiler.executors import Executable
from autograd_core.compiler.executors.arrays import is_matrix_product
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.records import ARITY, EDGES, IS_STARTED, LANES, OP, SWEEP, TABLE_AT, TAPE, TERMS, Records
from autograd_core.text import listed, plural

MOST: Final = 12
"""So many matrix products, and so many ops of a kind, are listed."""


class Part(NamedTuple):
    """A part of an explanation.

    Attributes:
        heading: what is listed below it; "" for a single sentence.
        items: the records, in words.
        why: what it means.
    """

    heading: str
    items: list[str]
    why: str


def explanation(program: Program, executable: Executable, name: str = "the program") -> str:
    r"""How a program runs, as some lines of text.

    >>> from autograd_core.compiler.executors import executable
    >>> from autograd_core.compiler.text import parse
    >>> text = "".join([f"%{k} = input\n" for k in range(9)] + [f"%{k} = mul %0 %{k - 8}\n" for k in range(9, 17)])
    >>> program = parse(text + "return %9 %10 %11 %12 %13 %14 %15 %16")
    >>> print(explanation(program, executable(program), "f"))
    f was recorded as 8 operations on 9 inputs and 0 constants. They run as 1 record: operations of one kind that do not
    need each other run together, as a loop or an array.
    <BLANKLINE>
    together: 8 mul
    <BLANKLINE>
    A run takes 8 operations and 192 bytes of memory.
    """
    records = executable.records
    kinds = Counter(min(int(kind), 0) for kind in program.kinds)
    count = plural(kinds[0], "operation")
    numbers = f"{plural(kinds[INPUT], 'input')} and {plural(kinds[CONSTANT], 'constant')}"
    opening = (
        f"{name} was recorded as {count} on {numbers}. They run as {plural(len(records), 'record')}: operations of one "
        "kind that do not need each other run together, as a loop or an array."
    )
    heads = records.heads.tolist()
    work = sum(operations(records, head) for head in heads)
    closing = f"A run takes {plural(work, 'operation')} and {plural(8 * records.size, 'byte')} of memory."
    parts = [part for part in _parts(records, heads) if part.items]
    return "\n\n".join([_folded(opening), *map(_written, parts), closing])


def _parts(records: Records, heads: list[list[int]]) -> Iterator[Part]:
    tapes = [head for head in heads if head[OP] == TAPE]
    edges = sum(operations(records, head) for head in heads if head[OP] in (SWEEP, EDGES))
    others = [head for head in heads if head[OP] >= 0]
    products = [head for head in others if is_matrix_product(code_of(records.ops[head[OP]]), head)]
    plain = [head for head in others if head[TABLE_AT] < 0 and head not in products]
    yield Part("matrix products", _counted([shape_of(records, head) for head in products]), "")
    yield Part("together", _by_op(records, [head for head in plain if head[LANES] > 1]), "")
    yield Part(
        "alone",
        _by_op(records, [head for head in plain if head[LANES] == 1]),
        "Nothing else of their kind can run at the same time.",
    )
    yield Part(
        "one after the other",
        [plural(sum(head[LANES] for head in tapes), "operation")] if tapes else [],
        "There are too few operations of one kind at a time to form groups, or their operands follow no pattern, so "
        "they run in one loop, in the order in which they were recorded.",
    )
    yield Part(
        "backwards",
        [f"a sweep along {plural(edges, 'edge')}"] if edges else [],
        "The chain rule is not written out: it goes back over the graph as eager code does, and an edge adds a local "
        "derivative times a gradient to another gradient.",
    )
    yield from _by_table(records, [head for head in others if head[TABLE_AT] >= 0])


def _by_table(records: Records, heads: list[list[int]]) -> Iterator[Part]:
    """What runs more slowly than it could, and why."""
    groups: dict[str, list[list[int]]] = {"table": [], "row": [], "user": []}
    for head in heads:
        op = records.ops[head[OP]]
        groups["table" if code_of(op) != BY_ROW else "user" if is_of_user(op) else "row"].append(head)
    yield Part(
        "together, by index tables",
        _by_op(records, groups["table"]),
        "Their operands do not lie in rows with equal steps, so every operand is looked up in a table.",
    )
    yield Part(
        "called for each number",
        _by_op(records, groups["row"]),
        "These ops have no formula for arrays here; their function is called for each number.",
    )
    yield Part(
        "custom ops",
        _by_op(records, groups["user"]),
        "They were made with define_op; their own function is called for each number.",
    )


def _by_op(records: Records, heads: list[list[int]]) -> list[str]:
    r"""For each op how many results it has, and in how many records; those with most results first.

    >>> from autograd_core.compiler.grouping import grouped
    >>> from autograd_core.compiler.text import parse
    >>> records = grouped(parse("%0 = input\n%1 = erf %0\n%2 = erf %1\nreturn %1 %2"))
    >>> _by_op(records, records.heads.tolist()[:2])
    ['2 erf in 2 records']
    """
    results: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for head in heads:
        name = records.ops[head[OP]].name
        results[name] += head[LANES]
        counts[name] += 1
    return [f"{_times(results[name])}{name}{_in_records(counts[name])}" for name, _ in results.most_common()]


def _times(results: int) -> str:
    return "" if results == 1 else f"{results:,} "


def _in_records(count: int) -> str:
    return "" if count == 1 else f" in {count} records"


def operations(records: Records, head: list[int]) -> int:
    """How many operations on two numbers a record takes."""
    terms = head[TERMS]
    if head[OP] == SWEEP:
        return head[ARITY]
    if head[OP] != TAPE and head[TABLE_AT] >= 0:
        adds = records.ops[head[OP]].adds
        terms = max(1, head[ARITY] // (2 if adds == "products" else 1)) if adds else 1
    return head[LANES] * (terms + head[IS_STARTED])


def _counted(items: list[str]) -> list[str]:
    return [item if count == 1 else f"{count} times {item}" for item, count in Counter(items).items()]


def _written(part: Part) -> str:
    text = f"{part.heading}: {listed(part.items, MOST)}"
    return _folded(f"{text}. {part.why}" if part.why else text)


def _folded(text: str) -> str:
    from textwrap import fill

    return fill(text, 120, break_long_words=False, break_on_hyphens=False)
