r"""Text in lines: trees drawn with branches, rows of cells in columns, and what IPython shows below a `repr`.

The caller decides what a line says. `viz.tree` draws graphs with it; reports of gradient checks, summaries of models
and explanations are set in columns. A notebook gets the same columns as a table.

>>> print("\n".join(columns([("x", "1.5"), ("total", "10.25")], right={1})))
x        1.5
total  10.25
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape
from typing import Any, Final, NamedTuple, TypeVar

Item = TypeVar("Item")

GAP: Final = "  "
"""Stands between two columns."""


class Branches(NamedTuple):
    """The branches of a tree, all of equal width: before an item, and before the items below it."""

    item: str
    last: str
    below_item: str
    below_last: str


ASCII: Final = Branches("|- ", "`- ", "|  ", "   ")
UNICODE: Final = Branches("├─ ", "└─ ", "│  ", "   ")


def walk_tree(root: Item, visit: Callable[[Item, str], Sequence[Item]], branches: Branches) -> None:
    """Call `visit` for each item of a tree from top to bottom, without recursion, so depth is not limited.

    Args:
        root: the first item.
        visit: is called with an item and the branches that stand before it, and returns the items below it.
        branches: what the tree is drawn with. An item at level n has n branches before it, the root none.

    >>> below = {"a": ["b", "c"], "b": ["d"]}
    >>> def visit(name, indent):
    ...     print(indent + name)
    ...     return below.get(name, [])
    >>> walk_tree("a", visit, ASCII)
    a
    |- b
    |  `- d
    `- c
    """
    waiting = [(root, "", "")]
    while waiting:
        item, indent, indent_below = waiting.pop()
        before, before_below = branches.last, branches.below_last
        for below in reversed(visit(item, indent)):
            waiting.append((below, indent_below + before, indent_below + before_below))
            before, before_below = branches.item, branches.below_item


def columns(
    table: Sequence[Sequence[str]], right: Collection[int] = (), width: Callable[[str], int] = len
) -> list[str]:
    """Align the cells of a table in columns, as lines without spaces at the end.

    Args:
        table: the cells line by line; all lines have the same number of cells.
        right: indices of the columns that are flush right; the others are flush left.
        width: the width of a text. The default counts characters; wide letters need `viz.text.cells`.

    >>> columns([("a", "", "1"), ("bcd", "e", "")])
    ['a       1', 'bcd  e']
    """
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    lines = []
    for texts in table:
        spaces = [" " * (most - width(text)) for text, most in zip(texts, widths, strict=True)]
        pairs = enumerate(zip(texts, spaces, strict=True))
        cells = (space + text if index in right else text + space for index, (text, space) in pairs)
        lines.append(GAP.join(cells).rstrip())
    return lines


def html_table(table: Sequence[Sequence[str]], right: Collection[int] = (), title: str = "") -> str:
    """The cells of a table as HTML. The first line is the heading; the other arguments are those of `columns`.

    A table without lines has only its title.

    >>> html_table([("x", "y"), ("<", "2")], right={1}).count('<td style="text-align:right">')
    1
    """
    sides = ["right" if index in right else "left" for index in range(len(table[0]) if table else 0)]
    rows = "".join(
        f"<tr>{''.join(_cell(kind, text, side) for text, side in zip(texts, sides, strict=True))}</tr>"
        for kind, texts in zip(["th", *["td"] * len(table)], table, strict=False)
    )
    caption = f'<caption style="text-align:left;white-space:nowrap">{escape(title)}</caption>' if title else ""
    return f"<table>{caption}{rows}</table>"


def _cell(kind: str, text: str, side: str) -> str:
    return f'<{kind} style="text-align:{side}">{escape(text)}</{kind}>'


def show_on(printer: Any, line: str, below: Callable[[int], str]) -> None:
    """Print an object on the printer that IPython passes to `_repr_pretty_`.

    Args:
        printer: the printer.
        line: the `repr` of the object, all that is printed if the object is inside another one, such as a list.
        below: a function of the width of the screen that returns the text to print below the line; "" for none.
    """
    alone = len(printer.stack) <= 1 and printer.output_width + printer.buffer_width == 0
    printer.text(line)
    for text in below(printer.max_width).splitlines() if alone else ():
        printer.break_()
        printer.text(text)
