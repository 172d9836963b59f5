"""A program as boxes and arrows, for pictures and explanations: its records, or the instructions of a small program.

A box is a record with the shape of its results, all inputs or those with one name, the constants, or the outputs. Its
arrows come from the boxes that it reads, each with the shape of what it reads there. Boxes stand in the order in which
they are computed; the outputs are the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from autograd_core.compiler.executors.arrays import is_matrix_product
from autograd_core.compiler.grouping import grouped
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.module_sources import row_of
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.records import (
    ARITY,
    COLUMNS,
    DESTINATION,
    EDGES,
    ENTRIES,
    LANES,
    OP,
    OPERANDS,
    ROW,
    STRIDES,
    SWEEP,
    TABLE_AT,
    TAPE,
    TERMS,
    Records,
    _views,
)
from autograd_core.table.op import TABLE, Op

if TYPE_CHECKING:
    from autograd_core.compiler.function import Compiled

Drawable: TypeAlias = "Program | Compiled"
"""What has a blueprint."""

FEW: Final = 24
"""A program of at most so many instructions is drawn instruction by instruction."""

IN_NO_ORDER: Final = "in no order"
ONE_BY_ONE: Final = "a call for each"
BY_USER: Final = "custom, a call for each"
"""What is special about a record: its operands lie in no order, or a function of Python is called for each number."""

INPUTS: Final = "inputs"
CONSTANTS: Final = "constants"
RECORD: Final = "record"
INSTRUCTION: Final = "instruction"
OUTPUTS: Final = "outputs"


class Arrow(NamedTuple):
    """What a box reads from another one.

    Attributes:
        source: the index of the other box.
        shape: rows and columns of what is read; "" for single numbers.
    """

    source: int
    shape: str = ""


class Box(NamedTuple):
    """One box.

    Attributes:
        kind: "inputs", "constants", "record", "instruction" or "outputs".
        name: the op, the name of an input, or the constant.
        shape: the shape of the results, as `16x100`; of a matrix product those of its factors, as `16x2 @ 2x100`.
        lanes: how many numbers it holds.
        notes: what is special about it, in a few words each.
        arrows: what it reads.
    """

    kind: str
    name: str
    shape: str = ""
    lanes: int = 1
    notes: tuple[str, ...] = ()
    arrows: tuple[Arrow, ...] = ()


class Blueprint(NamedTuple):
    """All boxes of a program.

    Attributes:
        boxes: the boxes in the order of their computation.
        about: what the program is, in a few words.
    """

    boxes: tuple[Box, ...]
    about: str


def blueprint(program: Program, inputs: Sequence[str] = (), records: Records | None = None) -> Blueprint:
    r"""The boxes of a program.

    Args:
        program: the program.
        inputs: what each input is; by default all of them are one box.
        records: the grouped program, if it is known already.

    >>> from autograd_core.compiler.text import parse
    >>> for box in blueprint(parse("%0 = input\n%1 = constant 2.0\n%2 = mul %1 %0\nreturn %2"), ["x"]).boxes:
    ...     print(box.kind, box.name, [arrow.source for arrow in box.arrows])
    inputs x []
    constants 2.0 []
    instruction * [1, 0]
    outputs outputs [2]
    """
    known = grouped(program) if records is None else records
    if len(known) <= FEW:  # which take at least as many instructions
        simple = simplify(program)
        count = _operations(simple)
        if count <= FEW and len(simple.outputs) <= FEW:
            return Blueprint(_instructions(simple, inputs), f"{count} instructions")
    return Blueprint(_records(known, inputs), f"{_operations(program):,} operations in {len(known):,} records")


def _operations(program: Program) -> int:
    return sum([kind >= 0 for kind in program.kinds])


def blueprint_of(thing: object) -> Blueprint | None:
    """The boxes of a program, or of the program that a compiled function ran last; None for anything else.

    Raises:
        InputError: if a compiled function has not been called.
    """
    if isinstance(thing, Program):
        return blueprint(thing)
    own = getattr(type(thing), "_blueprint", None)
    found = own(thing) if own is not None else None
    return found if isinstance(found, Blueprint) else None


def _instructions(program: Program, inputs: Sequence[str]) -> tuple[Box, ...]:
    boxes: list[Box] = []
    box_of: dict[int, int] = {}
    for place in range(len(program)):
        op = program.op(place)
        if op is not None:
            arrows = tuple([Arrow(box_of[operand]) for operand in program.operands(place)])
            box = Box(INSTRUCTION, op.symbol, notes=_notes_of(op), arrows=arrows)
        elif program.kinds[place] == INPUT:
            i = int(program.index(place))
            box = Box(INPUTS, inputs[i].removesuffix(".data") if inputs else f"input {i}")
        else:
            box = Box(CONSTANTS, repr(program.number(place)))
        if program.kinds[place] == CONSTANT and not _is_used(program, place):
            continue
        box_of[place] = len(boxes)
        boxes.append(box)
    arrows = tuple([Arrow(box_of[output]) for output in program.outputs])
    return (*boxes, Box(OUTPUTS, OUTPUTS, lanes=len(arrows), arrows=arrows))


def _is_used(program: Program, place: int) -> bool:
    return place in program.outputs or any(place in program.operands(user) for user in range(place, len(program)))


def _records(records: Records, inputs: Sequence[str]) -> tuple[Box, ...]:
    """The boxes of records."""
    import numpy as np

    boxes: list[Box] = []
    owner = np.full(records.size + 1, -1, dtype=np.int64)  # of each slot, the box that computes it
    for name, first, count in _parts(inputs, records.counts[0]):
        owner[records.inputs + first : records.inputs + first + count] = len(boxes)
        boxes.append(Box(INPUTS, name, f"{count:,}", count))
    if len(records.numbers):
        owner[records.constants : records.constants + len(records.numbers)] = len(boxes)
        boxes.append(Box(CONSTANTS, CONSTANTS, f"{len(records.numbers):,}", len(records.numbers)))
    for head in records.heads.tolist():
        arrows = _arrows(records, head, owner, len(boxes))
        if head[OP] != EDGES:  # which add to the gradients of a sweep
            owner[_results(head)] = len(boxes)
        boxes.append(_box_of(records, head, arrows))
    count = records.counts[1]
    found = [int(x) for x in np.unique(owner[records.outputs : records.outputs + count])]
    boxes.append(Box(OUTPUTS, OUTPUTS, f"{count:,}", count, arrows=tuple([Arrow(i) for i in found if i >= 0])))
    return tuple(boxes)


def _parts(inputs: Sequence[str], count: int) -> list[tuple[str, int, int]]:
    """Stretches of inputs with one name: the name, the first one and how many."""
    if not inputs:
        return [(INPUTS, 0, count)] if count else []
    found: list[tuple[str, int, int]] = []
    for i, text in enumerate(inputs):
        name = part_of(text)
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1], found[-1][2] + 1)
        else:
            found.append((name, i, 1))
    return found


def part_of(text: str) -> str:
    """What an input belongs to: an argument, or a layer.

    >>> part_of("x[0][1]"), part_of("layers.0.neurons.3.w.1.data"), part_of("w.data")
    ('x', 'layers.0', 'w')
    """
    if "[" in text or "." not in text:
        return text.partition("[")[0]
    path, _, attribute = text.rpartition(".")
    steps = path.split(".")
    whole = next((i for i in range(1, len(steps)) if steps[i].isdigit()), len(steps) - 1)
    suffix = "" if attribute == "data" else f".{attribute}"
    return ".".join(steps[: whole + 1]) + suffix


def _results(head: list[int]) -> Any:
    """The slots of the results of a record."""
    import numpy as np

    rows = head[LANES] // head[COLUMNS]
    return (head[DESTINATION] + np.arange(rows)[:, None] * head[ROW] + np.arange(head[COLUMNS])).ravel()


def _arrows(records: Records, head: list[int], owner: Any, here: int) -> tuple[Arrow, ...]:
    """What a record reads, once for each operand and box."""
    import numpy as np

    if head[TABLE_AT] >= 0:
        count = {TAPE: ENTRIES * head[LANES], SWEEP: ENTRIES * head[ARITY]}.get(head[OP], head[ARITY] * head[LANES])
        table = records.tables[head[TABLE_AT] : head[TABLE_AT] + count]
        if head[OP] == TAPE:
            table = table.reshape(-1, ENTRIES)[:, 1:]
        found = np.unique(owner[table])
        return tuple([Arrow(int(i)) for i in found if 0 <= i < here])
    arrows: dict[Arrow, None] = {}
    rows, columns, terms = head[LANES] // head[COLUMNS], head[COLUMNS], head[TERMS]
    for k in range(_views(head)):
        first, row, column, term = head[OPERANDS + STRIDES * k : OPERANDS + STRIDES * (k + 1)]
        counts = [n if step else 1 for n, step in ((rows, row), (columns, column), (terms, term))]
        slots = first + sum(
            np.arange(n).reshape([-1 if i == axis else 1 for i in range(3)]) * step
            for axis, (n, step) in enumerate(zip(counts, (row, column, term), strict=True))
        )
        shape = "x".join(f"{n:,}" for n in counts if n > 1)
        for box in np.unique(owner[np.asarray(slots).ravel()]):
            if 0 <= box < here:
                arrows[Arrow(int(box), shape)] = None
    return tuple(arrows)


def _box_of(records: Records, head: list[int], arrows: tuple[Arrow, ...]) -> Box:
    if head[OP] == TAPE:
        return Box(RECORD, "tape", f"{head[LANES]:,}", head[LANES], ("one after the other",), arrows)
    if head[OP] in (SWEEP, EDGES):
        return Box(RECORD, "sweep", f"{head[LANES]:,}", head[LANES], ("backwards along edges",), arrows)
    op = records.ops[head[OP]]
    notes = _notes_of(op)
    if head[TABLE_AT] >= 0 and not notes:
        notes = (IN_NO_ORDER,)
    return Box(RECORD, op.symbol, shape_of(records, head), head[LANES], notes, arrows)


def _notes_of(op: Op) -> tuple[str, ...]:
    if code_of(op) != BY_ROW:
        return ()
    return (BY_USER,) if is_of_user(op) else (ONE_BY_ONE,)


def is_of_user(op: Op) -> bool:
    """Whether an op was made with `define_op`."""
    return TABLE.get(op.name) is op and row_of(op) is None


def shape_of(records: Records, head: list[int]) -> str:
    r"""The shape of the results of a record that is no tape; of a matrix product those of its factors.

    >>> from autograd_core.compiler.text import parse
    >>> text = "".join([f"%{k} = input\n" for k in range(9)] + [f"%{k} = mul %0 %{k - 8}\n" for k in range(9, 17)])
    >>> records = grouped(parse(text + "return %9 %10 %11 %12 %13 %14 %15 %16"))
    >>> shape_of(records, records.heads[0].tolist())
    '8'
    """
    rows, columns, terms = head[LANES] // head[COLUMNS], head[COLUMNS], head[TERMS]
    op = records.ops[head[OP]]
    if is_matrix_product(code_of(op), head):
        return f"{rows:,}x{terms:,} @ {terms:,}x{columns:,}"
    sides = "x".join(f"{n:,}" for n in (rows, columns) if n > 1) or "1"
    if head[TABLE_AT] >= 0 and op.adds:
        terms = head[ARITY] // (2 if op.adds == "products" else 1)
    return f"{sides} of {terms:,} terms" if terms > 1 else sides
