"""A graph in the terminal: a tree with the data, gradient and local derivative of every node beside it.

A graph is no tree. What is used several times is drawn where it is met first; every other use is an arrow `↑` with its
name, beside the local derivative of that use. What would stand too far to the right is drawn below as a tree of its
own, and there the arrow points down, `↓`.
"""

import shutil
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from autograd_core import OperandTypeError, Value
from autograd_core.lines import ASCII as ASCII_BRANCHES
from autograd_core.lines import GAP, Branches, walk_tree
from autograd_core.lines import UNICODE as UNICODE_BRANCHES
from viz.graph.captions import reference
from viz.graph.graph import LEAVES, Edge, Graph, Kind, Node, snapshot
from viz.graph.references import call, check_count, check_limit, check_value
from viz.graph.variable_names import caller_scopes, check_names, find_names
from viz.text import ELLIPSIS, cells, cut, is_bad, number, plural

MAX_NODES: Final = 100
"""Two screens full."""

NARROWEST: Final = 20
"""Cells that the names keep in a narrow terminal, and a `width` below which none is taken."""

_SCREEN: Final = (80, 24)
"""The terminal if there is none."""

_HEADINGS: Final = ("data", "grad", "local")


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What a tree is drawn with, and what refers to a node that is drawn elsewhere."""

    branches: Branches
    above: str
    below: str
    more: str


UNICODE: Final = Glyphs(UNICODE_BRANCHES, "↑ ", "↓ ", ELLIPSIS)
ASCII: Final = Glyphs(ASCII_BRANCHES, "^ ", "v ", "~")

# Ten of the sixteen colours every terminal has, and which a reader's own theme makes legible.
_DIM, _BOLD, _LEAF, _BAD, _UP, _DOWN = "dim", "bold", "cyan", "bold red", "blue", "yellow"


_Drawn: TypeAlias = tuple[Node, float | None]
"""A node, and the local derivative with respect to it of the node above it."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: what stands left of the text, the text, the numbers, and the node they are of."""

    indent: str
    text: str
    figures: tuple[float | None, float | None, float | None]
    node: Node | None


@dataclass(frozen=True, repr=False)
class Tree:
    """A graph as it was when `tree` was called; `str()` and `repr()` draw it for the terminal as it is then.

    Attributes:
        graph: what is drawn.
        width: cells in a line; None for the width of the terminal.
        color: whether to use colours; None to use them if the output is a terminal and `NO_COLOR` is not set.
        unicode: whether to use signs beyond ASCII; None to use them if the output can write them.
    """

    graph: Graph
    width: int | None = None
    color: bool | None = None
    unicode: bool | None = None

    @property
    def text(self) -> str:
        """The tree without colours, wherever it goes."""
        return self._drawn(color=False)

    def __str__(self) -> str:
        return self._drawn(_has_colors() if self.color is None else self.color)

    __repr__ = __str__

    def _drawn(self, color: bool) -> str:
        width = self.width or shutil.get_terminal_size(_SCREEN).columns
        has_unicode = _has_unicode() if self.unicode is None else self.unicode
        lines = _Layout(self.graph, width, UNICODE if has_unicode else ASCII, color).lines()
        if self.graph.hidden:
            drawn, whole = self.graph.drawn, self.graph.drawn + self.graph.hidden
            note = f"{drawn:,} of {whole:,} nodes, those nearest {reference(self.graph.root, 40)}"
            lines.append(note if has_unicode else _ascii(note))
        return "\n".join(lines)


class _Layout:
    """One drawing of one graph."""

    def __init__(self, graph: Graph, width: int, glyphs: Glyphs, color: bool) -> None:
        self.graph = graph
        self.glyphs = glyphs
        self.color = color
        figures = [max(map(cells, column)) for column in zip(_HEADINGS, *map(_spelled, self._figures()), strict=True)]
        self.widths = figures
        self.room = max(NARROWEST, width - sum(figures) - len(GAP) * len(figures))
        self.deepest = self.room // 2 // len(glyphs.branches.item)
        self.drawn: set[int] = set()
        self.later: deque[Node] = deque()
        self.waiting: set[int] = set()

    def _figures(self) -> list[tuple[float | None, float | None, float | None]]:
        """All numbers there are, to find out how wide they are."""
        return [(node.data, node.gradient, None) for node in self.graph.nodes] + [
            (None, None, edge.derivative) for edge in self.graph.edges
        ]

    def lines(self) -> list[str]:
        """The header and the rows, with columns below each other."""
        rows: list[_Row] = []
        self.later.append(self.graph.root)
        while self.later:
            rows += self._section(self.later.popleft())
        if self.glyphs is ASCII:
            rows = [replace(row, text=_ascii(row.text)) for row in rows]
        names = min(self.room, max(cells(row.indent) + cells(row.text) for row in rows))
        header = f"{' ' * names}{''.join(self._right(text, place) for place, text in enumerate(_HEADINGS))}"
        return [self._painted(header, _DIM), *[self._line(row, names) for row in rows]]

    def _section(self, root: Node) -> list[_Row]:
        """A node and what is below it, as far as there is room to the right."""
        rows: list[_Row] = []

        def visit(drawn: _Drawn, indent: str) -> list[_Drawn]:
            """Add the row of a node; its inputs with their local derivatives, unless an arrow refers to them."""
            node, local = drawn
            arrow = self._arrow(node, len(indent) // len(self.glyphs.branches.item), is_root=node is root)
            rows.append(self._row(node, local, indent, arrow))
            if arrow:
                return []
            self.drawn.add(node.number)
            return [(self.graph.nodes[edge.source], edge.derivative) for edge in self.graph.inputs[node.number]]

        start: _Drawn = (root, None)
        walk_tree(start, visit, self.glyphs.branches)
        return rows

    def _arrow(self, node: Node, depth: int, is_root: bool) -> str:
        """The arrow to where a node is drawn instead; empty if that is here."""
        if node.number in self.drawn:
            return self.glyphs.above
        if is_root:
            return ""
        if depth >= self.deepest and self.graph.inputs[node.number] and node.number not in self.waiting:
            self.waiting.add(node.number)
            self.later.append(node)
        return self.glyphs.below if node.number in self.waiting else ""

    def _row(self, node: Node, local: float | None, indent: str, arrow: str) -> _Row:
        if node.kind is Kind.MARKER:
            what = (
                plural(node.hidden_nodes, "more node") if node.hidden_nodes else plural(node.hidden_edges, "more edge")
            )
            return _Row(indent, f"{ELLIPSIS} {what}", (None, None, None), None)
        if node.kind is Kind.CONSTANT:
            return _Row(indent, number(node.data or 0.0), (None, None, None), None)
        if arrow:
            return _Row(indent, f"{arrow}{reference(node)}", (None, None, local), node)
        ends = self.graph.inputs[node.number]
        made = f" = {call(node.op, [self._operand(edge) for edge in ends])}" if node.op else ""
        return _Row(indent, f"{reference(node)}{made}", (node.data, node.gradient, local), node)

    def _operand(self, edge: Edge) -> str:
        node = self.graph.nodes[edge.source]
        if node.kind is Kind.MARKER:
            return ELLIPSIS
        return number(node.data or 0.0) if node.kind is Kind.CONSTANT else reference(node)

    def _line(self, row: _Row, names: int) -> str:
        text = cut(row.text, names - cells(row.indent)).replace(ELLIPSIS, self.glyphs.more)
        space = " " * (names - cells(row.indent) - cells(text))
        style = "" if row.node is None else _LEAF if row.node.kind in LEAVES else ""
        style = _BOLD if row.node is self.graph.root else style
        figures = ((place, spelled) for place, spelled in enumerate(_spelled(row.figures)))
        cells_of_row = (self._painted(self._right(text, place), _style(row, place)) for place, text in figures)
        return f"{self._painted(row.indent, _DIM)}{self._painted(text, style)}{space}{''.join(cells_of_row)}".rstrip()

    def _right(self, text: str, place: int) -> str:
        return f"{GAP}{' ' * (self.widths[place] - cells(text))}{text}"

    def _painted(self, text: str, style: str) -> str:
        if not (self.color and style and text.strip()):
            return text
        from rich.style import Style

        return Style.parse(style).render(text)


def _spelled(figures: tuple[float | None, float | None, float | None]) -> tuple[str, str, str]:
    first, second, third = ("" if figure is None else number(figure) for figure in figures)
    return first, second, third


def _ascii(text: str) -> str:
    return text.replace(ELLIPSIS, "...").encode("ascii", "backslashreplace").decode()


def _style(row: _Row, place: int) -> str:
    """Red for what is not finite; a gradient has one colour if it is above 0, and one below."""
    figure = row.figures[place]
    if is_bad(figure):
        return _BAD
    if place == 0 or not figure:
        return "" if place == 0 else _DIM
    return _UP if figure > 0.0 else _DOWN


def _has_colors() -> bool:
    """Whether the output is a terminal whose user wants colours (https://no-color.org)."""
    from rich.console import Console

    console = Console()
    return console.is_terminal and not console.is_dumb_terminal and not console.no_color


def _has_unicode() -> bool:
    """Whether the output can write the signs that a tree is drawn with."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "├└─│↑↓…".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def tree(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | None = MAX_NODES,
    width: int | None = None,
    color: bool | None = None,
    unicode: bool | None = None,
) -> Tree:
    """The graph that made `value`, for the terminal.

    Each line is a node: how it was made, its data, its gradient, and the local derivative with respect to it of the
    node above it, to which it is connected. Names are those of `draw`.

    Args:
        value: the root. Call `backward()` on it first to see gradients.
        names: names for nodes, from name to Value or to a list, tuple or dict of Values; `locals()` will do.
        max_nodes: most nodes to draw; of a larger graph those nearest the root, with a count of what is left out. None
            draws everything.
        width: cells in a line; by default the width of the terminal.
        color: use colours; by default if the output is a terminal and the environment variable `NO_COLOR` is not set.
        unicode: use signs beyond ASCII; by default if the output can write them.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` is below 1 or `width` below 20; it is a ValueError.

    >>> from autograd_core import Value
    >>> a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    >>> d = a * b + c
    >>> L = d * a
    >>> L.backward()
    >>> tree(L, unicode=True)
                      data  grad  local
    L = d * a          8.0   1.0
    ├─ d = #2 + c      4.0   2.0    2.0
    │  ├─ #2 = a * b  -6.0   2.0    1.0
    │  │  ├─ a         2.0  -2.0   -3.0
    │  │  └─ b        -3.0   4.0    2.0
    │  └─ c           10.0   2.0    1.0
    └─ ↑ a                          4.0
    """
    check_value("tree", "its root", value)
    limit = check_limit("max_nodes", max_nodes)
    if width is not None:
        check_count("width", width, NARROWEST)
    for argument, choice in (("color", color), ("unicode", unicode)):
        if not isinstance(choice, bool | None):
            raise OperandTypeError(f"{argument} is True, False, or None to find out; got {type(choice).__name__}")
    scopes = [check_names(names), *caller_scopes(1)]
    return Tree(snapshot(value, limit, lambda values: find_names(values, scopes)), width, color, unicode)
