"""A graph in the terminal: a tree with the data, gradient and local derivative of every node beside it.

A node that is used several times is drawn at its first use; every other use is an arrow `↑` with its name, beside the
local derivative of that use. A node too far to the right is drawn below as a tree of its own, and an arrow `↓` with its
name takes its place.
"""

import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from autograd_core import OperandTypeError, Value
from autograd_core.calls import explained
from autograd_core.lines import ASCII as ASCII_BRANCHES
from autograd_core.lines import GAP, Branches, walk_tree
from autograd_core.lines import UNICODE as UNICODE_BRANCHES
from viz.graph.arguments import check_count, check_value
from viz.graph.captions import elision, made, marker_text, reference
from viz.graph.graph import BOXES, LEAVES, Edge, Graph, Kind, Node, census
from viz.graph.program import listed_below
from viz.graph.selection import Selection, smaller
from viz.graph.variable_names import caller_scopes, check_names, user_scopes
from viz.text import ELLIPSIS, cells, cut, is_bad, is_writable, number

MAX_NODES: Final = 100
"""Most nodes drawn by default: two screens."""

PROMPT_NODES: Final = 20
"""Most nodes that a prompt shows below a result: a screen."""

COUNTED: Final = 10_000
"""A prompt shows no tree of more nodes than these, because it takes more than a third of a second to number them."""

NARROWEST: Final = 20
"""Cells for the names in a narrow terminal, and the least `width` that is accepted."""

_SCREEN: Final = (80, 24)
"""Columns and lines if there is no terminal."""

_HEADINGS: Final = ("data", "grad", "local")


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that draw a tree, and those that refer to a node drawn elsewhere."""

    branches: Branches
    above: str
    below: str
    more: str


UNICODE: Final = Glyphs(UNICODE_BRANCHES, "↑ ", "↓ ", ELLIPSIS)
ASCII: Final = Glyphs(ASCII_BRANCHES, "^ ", "v ", "~")

# Only the sixteen colours of every terminal, which the theme of the user makes legible.
_DIM, _BOLD, _LEAF, _BAD, _UP, _DOWN = "dim", "bold", "cyan", "bold red", "blue", "yellow"


_Drawn: TypeAlias = tuple[Node, float | None]
"""A node, and the local derivative with respect to it of the node above it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: the branches before the text, the text, the numbers, and the node."""

    indent: str
    text: str
    figures: tuple[float | None, float | None, float | None]
    node: Node | None


@dataclass(frozen=True, repr=False)
class Tree:
    """A copy of the graph at the call of `tree`; `str()` and `repr()` draw it for the present terminal.

    Attributes:
        graph: the copy.
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
        """The tree without colours."""
        return self._drawn(color=False)

    def __str__(self) -> str:
        return self._drawn(has_colors() if self.color is None else self.color)

    __repr__ = __str__

    def _drawn(self, color: bool) -> str:
        width = self.width or shutil.get_terminal_size(_SCREEN).columns
        has_unicode = _has_unicode() if self.unicode is None else self.unicode
        lines = _Layout(self.graph, width, UNICODE if has_unicode else ASCII, color).lines()
        if note := elision(self.graph):
            lines.append(note if has_unicode else _ascii(note))
        return "\n".join(lines)


class _Layout:
    """One drawing of one graph."""

    def __init__(self, graph: Graph, width: int, glyphs: Glyphs, color: bool) -> None:
        self.graph = graph
        self.glyphs = glyphs
        self.color = color
        figures = [max(map(cells, column)) for column in zip(_HEADINGS, *self._figures(), strict=True)]
        self.widths = figures
        self.room = max(NARROWEST, width - sum(figures) - len(GAP) * len(figures))
        self.deepest = self.room // 2 // len(glyphs.branches.item)
        self.drawn: set[int] = set()
        self.later: deque[Node] = deque()
        self.waiting: set[int] = set()

    def _figures(self) -> list[tuple[str, str, str]]:
        """All numbers of the graph, to measure the columns."""
        return [_spelled((node.data, node.gradient, None), node) for node in self.graph.nodes] + [
            _spelled((None, None, edge.derivative), None) for edge in self.graph.edges
        ]

    def lines(self) -> list[str]:
        """The header and the lines, with the columns below each other."""
        drawn: list[_Line] = []
        self.later.append(self.graph.root)
        while self.later:
            drawn += self._section(self.later.popleft())
        if self.glyphs is ASCII:
            drawn = [replace(line, text=_ascii(line.text)) for line in drawn]
        names = min(self.room, max(cells(line.indent) + cells(line.text) for line in drawn))
        header = f"{' ' * names}{''.join(self._right(text, column) for column, text in enumerate(_HEADINGS))}"
        return [self._painted(header, _DIM), *[self._written(line, names) for line in drawn]]

    def _section(self, root: Node) -> list[_Line]:
        """A node and the nodes below it, as far as there is room to the right."""
        lines: list[_Line] = []

        def visit(drawn: _Drawn, indent: str) -> list[_Drawn]:
            """Add the line of a node; its inputs with their local derivatives, unless an arrow refers to them."""
            node, local = drawn
            arrow = self._arrow(node, len(indent) // len(self.glyphs.branches.item), is_root=node is root)
            lines.append(self._line_of(node, local, indent, arrow))
            if arrow:
                return []
            self.drawn.add(node.number)
            return [(self.graph.nodes[edge.source], edge.derivative) for edge in self.graph.inputs[node.number]]

        start: _Drawn = (root, None)
        walk_tree(start, visit, self.glyphs.branches)
        return lines

    def _arrow(self, node: Node, depth: int, is_root: bool) -> str:
        """The arrow to the place where a node is drawn; empty if it is drawn here."""
        if node.number in self.drawn:
            return self.glyphs.above
        if is_root:
            return ""
        if depth >= self.deepest and self.graph.inputs[node.number] and node.number not in self.waiting:
            self.waiting.add(node.number)
            self.later.append(node)
        return self.glyphs.below if node.number in self.waiting else ""

    def _line_of(self, node: Node, local: float | None, indent: str, arrow: str) -> _Line:
        if node.kind is Kind.MARKER:
            return _Line(indent, marker_text(node), (None, None, None), None)
        if node.kind is Kind.CONSTANT:
            return _Line(indent, number(node.data or 0.0), (None, None, None), None)
        if arrow:
            return _Line(indent, f"{arrow}{reference(node)}", (None, None, local), node)
        ends = self.graph.inputs[node.number]
        how = f" = {made(node, [self._input(edge) for edge in ends])}" if node.op else ""
        return _Line(indent, f"{reference(node)}{how}", (node.data, node.gradient, local), node)

    def _input(self, edge: Edge) -> str:
        node = self.graph.nodes[edge.source]
        if node.kind is Kind.MARKER:
            return ELLIPSIS
        return number(node.data or 0.0) if node.kind is Kind.CONSTANT else reference(node)

    def _written(self, line: _Line, names: int) -> str:
        text = cut(line.text, names - cells(line.indent)).replace(ELLIPSIS, self.glyphs.more)
        space = " " * (names - cells(line.indent) - cells(text))
        style = _LEAF if line.node is not None and line.node.kind in LEAVES else ""
        style = _BOLD if line.node is self.graph.root else style
        figures = enumerate(_spelled(line.figures, line.node))
        numbers = (self._painted(self._right(figure, column), _style(line, column)) for column, figure in figures)
        return f"{self._painted(line.indent, _DIM)}{self._painted(text, style)}{space}{''.join(numbers)}".rstrip()

    def _right(self, text: str, column: int) -> str:
        return f"{GAP}{' ' * (self.widths[column] - cells(text))}{text}"

    def _painted(self, text: str, style: str) -> str:
        if not (self.color and style and text.strip()):
            return text
        from rich.style import Style

        return Style.parse(style).render(text)


def _spelled(figures: tuple[float | None, float | None, float | None], node: Node | None) -> tuple[str, str, str]:
    """The numbers of a line; the gradient of a box is a norm, and looks like one."""
    first, second, third = ("" if figure is None else number(figure) for figure in figures)
    return first, f"|{second}|" if second and node is not None and node.kind in BOXES else second, third


def _ascii(text: str) -> str:
    return text.replace(ELLIPSIS, "...").encode("ascii", "backslashreplace").decode()


def _style(line: _Line, column: int) -> str:
    """Red for a number that is not finite; other derivatives have one colour above 0 and another below."""
    figure = line.figures[column]
    if is_bad(figure):
        return _BAD
    if column == 0 or not figure:
        return "" if column == 0 else _DIM
    return _UP if figure > 0.0 else _DOWN


def has_colors() -> bool:
    """Whether the output is a terminal whose user wants colours (https://no-color.org)."""
    from rich.console import Console

    console = Console()
    return console.is_terminal and not console.is_dumb_terminal and not console.no_color


def _has_unicode() -> bool:
    """Whether the output can write the signs of a tree."""
    return is_writable("├└─│↑↓…")


@explained()
def tree(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | None = MAX_NODES,
    width: int | None = None,
    color: bool | None = None,
    unicode: bool | None = None,
    expand: bool = False,
) -> Tree:
    """Draw the graph of `value` as a tree for the terminal.

    Each line is a node: its op and inputs, its data, its gradient, and the local derivative of the connected node
    above with respect to it. Names are those of `draw`.

    Args:
        value: the root. Call `backward()` on it first to see gradients.
        names: names for nodes, from name to Value or to a list, tuple or dict of Values, such as `locals()`.
        max_nodes: most nodes to draw; of a larger graph those nearest the root, with a count of the others. None
            draws everything.
        width: cells in a line; by default the width of the terminal.
        color: whether to use colours; by default if the output is a terminal and the environment variable `NO_COLOR`
            is not set.
        unicode: whether to use signs beyond ASCII; by default if the output can write them.
        expand: show `dot` as products and their sum, and show helper nodes, as in `draw`.

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
    if width is not None:
        check_count("width", width, NARROWEST)
    for argument, choice in (("color", color), ("unicode", unicode)):
        if not isinstance(choice, bool | None):
            raise OperandTypeError(f"{argument} is True, False, or None to find out; got {type(choice).__name__}")
    scopes = [check_names(names), *caller_scopes(1)]
    selection = Selection.of(max_nodes=max_nodes, collapse=None, expand=expand)
    return Tree(selection.graph(value, scopes), width, color, unicode)


def at_prompt(value: Value, width: int) -> str:
    """What a prompt shows below a Value: its tree with the names of the user's variables, or why there is none."""
    if census(value, COUNTED + 1)[0] > COUNTED:
        return f"more than {COUNTED:,} nodes; tree and draw show those nearest this one"
    scopes = user_scopes()
    selection = Selection.of(max_nodes=PROMPT_NODES, collapse=None)
    return str(Tree(selection.graph(value, scopes), max(width, NARROWEST)))


def below_drawing(graph: Graph, width: int) -> str:
    """What a prompt shows below a Drawing of a graph: the part of it that fits a screen, as a tree, or as a list."""
    if graph.about:
        return listed_below(graph, width)
    return str(Tree(smaller(graph, PROMPT_NODES), max(width, NARROWEST)))
