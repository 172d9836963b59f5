"""A recorded graph as a short Python program, for the output of a failed test.

Each node is one line, after its inputs. A shared node is named once and used several times, which a tree cannot show.
The program runs: in a Python prompt it builds the same graph again, with the same numbers to the bit.

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
from autograd_core.testing.programs.programs import call, literal

MAX_LINES: Final = 60
"""The largest number of nodes in a listing. A shrunk program has a few; a large one is cut to those near the mark."""

MARK: Final = "\N{BALLOT X}"
"""The mark of the op with a wrong local derivative, in text and in pictures."""


def listing(root: Value, suspect: Value | None = None) -> str:
    """Return the program that computes `root`; for a large graph the last `MAX_LINES` lines before the suspect.

    Args:
        root: the result of the program.
        suspect: the node to mark, if any.
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
    """Return a variable name for each node by `id`: its label if that is a free identifier, else its index."""
    names: dict[int, str] = {}
    taken = {"ag", *(f"v{index}" for index in range(len(order)))}
    for index, node in enumerate(order):
        label = node.label
        usable = label.isidentifier() and label.isascii() and not keyword.iskeyword(label) and label not in taken
        names[id(node)] = label if usable else f"v{index}"
        taken.add(label)
    return names


def _line(node: Value, names: dict[int, str], marked: bool) -> str:
    """Return the assignment of one node."""
    name = names[id(node)]
    if node.op is None:
        label = f", label={node.label!r}" if node.label else ""
        return f"{name} = ag.Value({literal(node.data)}{label})"
    remark = f"{MARK} wrong local derivative of {node.op.name}; " if marked else ""
    inputs = [names[id(x)] if isinstance(x, Value) else _constant(x) for x in node.inputs]
    if TABLE.get(node.op.name) is not node.op:
        # A program cannot refer to the derivative of a custom_gradient.
        return f"{name} = ag.Value({literal(node.data)})  # {remark}{node.op.name}({', '.join(inputs)})"
    return f"{name} = {call(node.op.name, inputs)}  # {remark}{node.data!r}"


def _constant(number: float) -> str:
    """Return a constant for use in a formula. A negative one needs parentheses: `-2.0**x` is `-(2.0**x)`."""
    text = literal(number)
    return f"({text})" if text.startswith("-") else text
