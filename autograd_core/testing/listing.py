"""A recorded graph as a short Python program: what a failing test shows instead of a picture.

Each node is one line, inputs first, so a shared node is named once and used twice, which a tree cannot show. The
program runs: pasted into a prompt it builds the same graph again. Numbers are written exactly.

>>> from autograd_core import Value, relu
>>> x = Value(0.5, label="x")
>>> print(listing(x * relu(x)))
import autograd_core as ag
<BLANKLINE>
x = ag.Value(0.5, label='x')
v1 = ag.relu(x)  # 0.5
v2 = x * v1  # 0.25
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Final

from autograd_core import TABLE, Value, topological_order
from autograd_core.testing.programs import call, literal

MAX_LINES: Final = 60
"""Most nodes in a listing. A shrunk program has a handful; of a large one the part nearest the mark is shown."""

MARK: Final = "\N{BALLOT X}"
"""Stands before the op whose own rule disagrees, in text and in pictures."""


def listing(root: Value, suspect: Value | None = None) -> str:
    """The program that makes `root`, its last line; of a large graph the `MAX_LINES` lines that lead to the suspect.

    Args:
        root: the result of the program.
        suspect: the node to be marked, if any.
    """
    order = topological_order(root)
    if suspect is not None and len(order) > MAX_LINES:
        order = topological_order(suspect)
    names = _names(order)
    left_out = len(order) - MAX_LINES
    head = [f"# {left_out:,} lines are left out here"] if left_out > 0 else []
    lines = (_line(node, names, node is suspect) for node in order[-MAX_LINES:])
    return "\n".join(["import autograd_core as ag", "", *head, *lines])


def _names(order: Sequence[Value]) -> dict[int, str]:
    """A variable for each node, by its identity: its label if that will do, else its number."""
    names: dict[int, str] = {}
    taken = {"ag", *(f"v{number}" for number in range(len(order)))}
    for number, node in enumerate(order):
        label = node.label
        usable = label.isidentifier() and label.isascii() and not keyword.iskeyword(label) and label not in taken
        names[id(node)] = label if usable else f"v{number}"
        taken.add(label)
    return names


def _line(node: Value, names: dict[int, str], marked: bool) -> str:
    """One assignment."""
    name = names[id(node)]
    if node.op is None:
        label = f", label={node.label!r}" if node.label else ""
        return f"{name} = ag.Value({literal(node.data)}{label})"
    remark = f"{MARK} the rule of {node.op.name} disagrees; " if marked else ""
    operands = [names[id(x)] if isinstance(x, Value) else _operand(x) for x in node.inputs]
    if TABLE.get(node.op.name) is not node.op:
        # The rule of a custom_gradient stands nowhere that a program could take it from.
        return f"{name} = ag.Value({literal(node.data)})  # {remark}{node.op.name}({', '.join(operands)})"
    return f"{name} = {call(node.op.name, operands)}  # {remark}{node.data!r}"


def _operand(number: float) -> str:
    """A constant inside a formula: `-2.0**x` would be the negative of `2.0**x`."""
    text = literal(number)
    return f"({text})" if text.startswith("-") else text
