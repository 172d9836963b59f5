"""The display of a Value at the prompt: one line, and below it a small tree of how it was made.

Only the nearest levels are shown, because a graph may have a million nodes and a screen has a few lines. Each node has
one line with its data, gradient and op. A node that is used several times is shown once, with a number to refer to it.
Nodes that are left out are counted. Nothing here is recursive, so depth is not limited.

The tree is drawn in plain ASCII, because a terminal or a file may have no other characters.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from autograd_core.graph.node import Node
from autograd_core.lines import ASCII, walk_tree
from autograd_core.text import brief, plural

LINES: Final = 12
"""The most lines that are shown, including the first."""

LEVELS: Final = 3
"""How many levels of inputs are shown."""

INPUTS: Final = 5
"""The most lines for the inputs of one node: a dot product has hundreds."""

COUNTED: Final = 1000
"""Up to this many nodes that are left out are counted, so that the prompt returns at once."""

LABEL: Final = 60
"""The most characters of a label in `repr`."""

SHORT_LABEL: Final = 20
"""The most characters of a label in the tree."""

NARROWEST: Final = 20
"""No line is cut shorter than this, even if the terminal reports a smaller width."""


def line(node: Node) -> str:
    """The `repr` of a node: data and gradient, op and label if there are any."""
    parts = [repr(node._data), f"grad={node._grad!r}"]
    if node.op is not None:
        parts.append(f"op={node.op.symbol!r}")
    if node.label:
        parts.append(f"label={shorten(node.label)!r}")
    return f"Value({', '.join(parts)})"


def rich_parts(node: Node) -> list[Any]:
    """The parts of `line` in the form that `rich` takes: values, and tuples of name, value and hidden default."""
    symbol = "" if node.op is None else node.op.symbol
    return [node._data, ("grad", node._grad), ("op", symbol, ""), ("label", shorten(node.label), "")]


def show(node: Node, printer: Any) -> None:
    """Print a node on the printer that IPython passes to `_repr_pretty_`; with its tree, unless it is inside a list."""
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
    lines: list[str] = []

    def visit(part: Any, indent: str) -> list[Any]:
        """Write the line of a part; the parts below it, unless it is shown already or not opened."""
        if not indent:
            return parts.get(id(root), [])  # the line of the root is that of `repr`
        below: list[Any] = []
        if not isinstance(part, Node):
            text = part
        elif id(part) in numbers:
            text = f"#{numbers[id(part)]} {_label(part)}".rstrip()
        else:
            text = _describe(part)
            if uses[id(part)] > 1:
                numbers[id(part)] = len(numbers) + 1
                text = f"#{numbers[id(part)]} {text}"
            below = parts.get(id(part), [])
            if part.inputs and not below:
                text += f" ... {_count_below(part)} below"
        lines.append(_cut(indent + text, max(width, NARROWEST)))
        return below

    walk_tree(root, visit, ASCII)
    return lines


def _open(root: Node) -> dict[int, list[Any]]:
    """The parts below each node that is opened, by its `id`: the nearest nodes first, while there is room."""
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
    """The parts below a node: nodes, and texts for constants and for inputs that are left out."""
    inputs = node.inputs
    shown = len(inputs) if len(inputs) <= INPUTS else INPUTS - 1
    parts = [x if isinstance(x, Node) else _number(x) for x in inputs[:shown]]
    return parts if shown == len(inputs) else [*parts, f"... {len(inputs) - shown:,} more inputs"]


def _describe(node: Node) -> str:
    label = _label(node)
    text = f"{label} = " if label else ""
    text += f"{_number(node._data)}, grad={_number(node._grad)}"
    return text if node.op is None else f"{text}, op={node.op.symbol!r}"


def _label(node: Node) -> str:
    """The label on one line, with escapes for characters that cannot be printed."""
    extras = node._extras
    label = "" if extras is None else _cut(extras.label, SHORT_LABEL)
    return label if label.isprintable() else repr(label)[1:-1]


def shorten(text: str) -> str:
    """The beginning of a label that is too long to show, or the whole label.

    >>> len(shorten("w" * 1_000_000))
    60
    """
    return _cut(text, LABEL)


def _number(number: float) -> str:
    """A number in a few characters: all digits if there are few, else six."""
    return brief(number, 8, ".6g")


def _count_below(node: Node) -> str:
    """The number of nodes below a node, in words."""
    seen: set[int] = set()
    waiting = [node]
    while waiting and len(seen) <= COUNTED:
        below = [x for x in waiting.pop().inputs if isinstance(x, Node) and id(x) not in seen]
        seen.update(map(id, below))
        waiting += below
    count = len(seen)
    if count > COUNTED:
        return f"more than {COUNTED:,} nodes"
    return plural(count, "node")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
