"""The display of a Value at the prompt: one line, and below it in IPython the tree of how it was made.

The tree is that of `viz.tree`, the only one there is. The engine needs no pictures, so it imports `viz` when a Value is
shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from autograd_core import companions
from autograd_core.errors import InputError
from autograd_core.graph.node import Node
from autograd_core.lines import show_on

LABEL: Final = 60
"""The most characters of a label in `repr`."""


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
    """Print a node on the printer that IPython passes to `_repr_pretty_`."""
    show_on(printer, repr(node), lambda width: _tree(node, width))


def _tree(node: Node, width: int) -> str:
    """The tree of a result; of a leaf, the line says all."""
    if node.op is None:
        return ""
    try:
        companions.check("viz")
    except InputError as error:
        return f"no tree: {error}"
    tree: str = import_module("viz.picture.tree").at_prompt(node, width)
    return tree


def shorten(text: str) -> str:
    """The beginning of a label that is too long to show, or the whole label.

    >>> len(shorten("w" * 1_000_000))
    60
    """
    return text if len(text) <= LABEL else f"{text[: LABEL - 3]}..."
