"""What the prompt shows of a Value: its line, and below it a small tree of how it was made.

Only the nearest levels are shown, since a graph may have a million nodes and a screen has a few lines. Each node stands
on one line with its data, gradient and op. A node that is used several times is shown once, with a number to refer to.
What is left out is counted. Nothing here recurs, so a graph may be as deep as it likes.

The characters are plain ASCII wherever a label is, for the output may go to a terminal or a file that has no others.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from autograd_core.graph.node import Node

LINES: Final = 12
"""Most lines, the first one included."""

LEVELS: Final = 3
"""How many inputs deep."""

INPUTS: Final = 5
"""Most lines for the inputs of one node: a dot product has hundreds."""

COUNTED: Final = 1000
"""Nodes left out are counted up to here: a prompt must come back at once."""

LABEL: Final = 60
"""Most characters of a label in a line of its own, and in the tree:"""

SHORT_LABEL: Final = 20

NARROWEST: Final = 20
"""No line is cut shorter than this, whatever the width of the terminal is said to be."""


def line(node: Node) -> str:
    """What `repr` shows: data and gradient, op and label if there are any."""
    parts = [repr(node._data), f"grad={node._grad!r}"]
    if node.op is not None:
        parts.append(f"op={node.op.symbol!r}")
    if node.label:
        parts.append(f"label={shorten(node.label)!r}")
    return f"Value({', '.join(parts)})"


def rich_parts(node: Node) -> list[Any]:
    """The same as `rich` takes it: what stands alone, and names with the default that is not shown."""
    symbol = "" if node.op is None else node.op.symbol
    return [node._data, ("grad", node._grad), ("op", symbol, ""), ("label", shorten(node.label), "")]


def show(node: Node, printer: Any) -> None:
    """Print a node to what IPython passes to `_repr_pretty_`: with its tree, unless it stands in a list or the like."""
    alone = len(printer.stack) <= 1 and printer.output_width + printer.buffer_width == 0
    printer.text(repr(node))
    for below in tree(node, printer.max_width) if alone else []:
        printer.break_()
        printer.text(below)


def tree(root: Node, width: int = 80) -> list[str]:
    r"""The lines below the root, none of them longer than the width.

    >>> from autograd_core import Value
    >>> a = Value(2.0, label="a")
    >>> b = a * a + 3 * a.exp()
    >>> b.backward()
    >>> print("\n".join(tree(b)))
    |- 4.0, grad=1.0, op='*'
    |  |- #1 a = 2.0, grad=26.1672
    |  `- #1 a
    `- 22.1672, grad=1.0, op='*'
       |- 3.0
       `- 7.38906, grad=3.0, op='exp'
          `- #1 a
    """
    parts = _open(root)
    uses = Counter(id(part) for shown in parts.values() for part in shown if isinstance(part, Node))
    numbers: dict[int, int] = {}
    lines = []
    waiting = _branches(parts[id(root)], "") if parts else []
    while waiting:
        part, mark, indent = waiting.pop()
        if not isinstance(part, Node):
            text = part
        elif id(part) in numbers:
            text = f"#{numbers[id(part)]} {_label(part)}".rstrip()
        else:
            text = _describe(part)
            if uses[id(part)] > 1:
                numbers[id(part)] = len(numbers) + 1
                text = f"#{numbers[id(part)]} {text}"
            if id(part) in parts:
                waiting += _branches(parts[id(part)], indent)
            elif part.inputs:
                text += f" ... {_count_below(part)} below"
        lines.append(_cut(mark + text, max(width, NARROWEST)))
    return lines


def _open(root: Node) -> dict[int, list[Any]]:
    """What is shown below which node, by its identity: the nearest ones, as long as there is room."""
    opened: dict[int, list[Any]] = {}
    room = LINES - 1
    level = [root]
    for _ in range(LEVELS):
        below: list[Node] = []
        for node in level:
            parts = _parts(node)
            if parts and len(parts) <= room and id(node) not in opened:
                opened[id(node)] = parts
                room -= len(parts)
                below += [part for part in parts if isinstance(part, Node)]
        level = below
    return opened


def _parts(node: Node) -> list[Any]:
    """What stands below a node: nodes, and texts for constants and for what is left out."""
    inputs = node.inputs
    shown = len(inputs) if len(inputs) <= INPUTS else INPUTS - 1
    parts = [x if isinstance(x, Node) else _number(x) for x in inputs[:shown]]
    return parts if shown == len(inputs) else [*parts, f"... {len(inputs) - shown:,} more inputs"]


def _branches(parts: list[Any], indent: str) -> list[tuple[Any, str, str]]:
    """Each part with what stands before it on its line, and on the lines below it; the first is last, as on a stack."""
    last = len(parts) - 1
    branches = [
        (part, indent + ("`- " if i == last else "|- "), indent + ("   " if i == last else "|  "))
        for i, part in enumerate(parts)
    ]
    return branches[::-1]


def _describe(node: Node) -> str:
    label = _label(node)
    text = f"{label} = " if label else ""
    text += f"{_number(node._data)}, grad={_number(node._grad)}"
    return text if node.op is None else f"{text}, op={node.op.symbol!r}"


def _label(node: Node) -> str:
    """The label on one line, with escapes for what cannot be printed."""
    extras = node._extras
    label = "" if extras is None else _cut(extras.label, SHORT_LABEL)
    return label if label.isprintable() else repr(label)[1:-1]


def shorten(text: str) -> str:
    """A label of any length, as far as it can be shown.

    >>> len(shorten("w" * 1_000_000))
    60
    """
    return _cut(text, LABEL)


def _number(number: float) -> str:
    """A number in a few characters: exact if that is short."""
    exact = repr(number)
    return exact if len(exact) <= 8 else f"{number:.6g}"


def _count_below(node: Node) -> str:
    """How many nodes there are below one, each counted once."""
    seen: set[int] = set()
    waiting = [node]
    while waiting and len(seen) <= COUNTED:
        below = [x for x in waiting.pop().inputs if isinstance(x, Node) and id(x) not in seen]
        seen.update(map(id, below))
        waiting += below
    count = len(seen)
    if count > COUNTED:
        return f"more than {COUNTED:,} nodes"
    return "1 node" if count == 1 else f"{count} nodes"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
