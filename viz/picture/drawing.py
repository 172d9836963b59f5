"""A drawn graph: its texts and files, and what prompts and notebooks show of it."""

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.calls import explained
from autograd_core.files import write_atomically
from autograd_core.lines import show_on
from autograd_core.paths import ENDINGS, format_of, path_of
from viz.graph.arguments import check_choice
from viz.graph.captions import reference
from viz.graph.graph import Graph
from viz.graph.selection import shorter, smaller
from viz.picture import plain_prompt, viewer
from viz.picture.boxes import LayoutGraph, layout_graph
from viz.picture.dot import LayoutError, digraph, find_dot, place_with_dot, render_with_dot
from viz.picture.elements import Picture
from viz.picture.encoding import GRADIENT, Encoding
from viz.picture.json_text import json_text
from viz.picture.layout import Placement, place
from viz.picture.mermaid import mermaid_text
from viz.picture.printed import printed
from viz.picture.svg import svg_picture
from viz.picture.tree import below_drawing
from viz.text import number, plural, xml

if TYPE_CHECKING:
    from graphviz import Digraph


LARGEST: Final = (4_000.0, 2_000.0)
"""Greatest length of a picture along its edges and across them, in points, if it is not asked for by `max_nodes`."""

SCREEN: Final = (2_000.0, 1_200.0)
"""The size of what is shown of a picture that would be larger: a glance takes in all of it."""

_FRAME: Final = 120.0
"""Room for margins, title, legend and notes."""

_DEEPEST: Final = 16
_BROADEST: Final = 24
"""More nodes than these, one behind or beside the other, never fit a screen."""

DISPLAY_LIMIT: Final = 400_000
"""Most characters or bytes of one format for a notebook, whose file stores every output, and this one twice."""

_LEAST_PER_NODE: Final = 400
"""The least number of characters of SVG for a node, hover text included. A PNG needs more bytes."""

BUILTIN: Final = "builtin"
DOT: Final = "dot"

_HTML: Final = "text/html"
_SVG: Final = "image/svg+xml"


def renderers() -> tuple[str, ...]:
    """The layouts that are available, the default of `draw` first.

    `"builtin"` always is; `"dot"` is Graphviz's and available if the program `dot` is on PATH.

    >>> renderers()[0]
    'builtin'
    """
    return (BUILTIN, DOT) if find_dot() else (BUILTIN,)


@dataclass(frozen=True)
class Drawing:
    """A picture of a graph as it was when `draw` was called. It cannot be changed, and shows itself in notebooks.

    The text of each format is made on first use and then stored.

    Attributes:
        graph: what is drawn.
        rankdir: the direction of the picture, and so are `renderer`, `title`, `colour_by`, `edge_width` and `format`
            the options of `draw` that it was made with.
    """

    graph: Graph
    rankdir: str = "LR"
    renderer: str = BUILTIN
    title: str | None = None
    colour_by: str = GRADIENT
    edge_width: bool = True
    format: str = "svg"

    @cached_property
    def svg(self) -> str:
        """The picture as one SVG element, the same on every run with the same layout."""
        return str(self._picture)

    @property
    def _picture(self) -> Picture:
        measured, placement, layout = self._placed
        return svg_picture(self.graph, measured, placement, self.title, layout, encoding=self._encoding)

    @cached_property
    def _placed(self) -> tuple[LayoutGraph, Placement, str]:
        measured = layout_graph(self.graph, self.rankdir)
        return measured, *_place(measured, self.rankdir, self.renderer)

    @property
    def digraph(self) -> "Digraph":
        """The picture as a new `graphviz.Digraph`, to be changed and joined with other graphs.

        Nodes are called `n0`, `n1` ... by their numbers. The program `dot` is needed only to render it.

        >>> import viz
        >>> from autograd_core import Value
        >>> a = Value(3.0)
        >>> digraph = viz.draw(a * a).digraph
        >>> digraph.node("note", "the area of a square", shape="plaintext")
        >>> digraph.edge("note", "n1", style="dotted")
        >>> print(digraph.source.splitlines()[-2].strip())
        note -> n1 [style=dotted]
        """
        return digraph(self.graph, self.rankdir, self.title, self._encoding)

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's DOT language, the same on every run: the source of `digraph`."""
        return str(self.digraph.source)

    @cached_property
    def mermaid(self) -> str:
        """The picture as a Mermaid flowchart, for a block of that name in Markdown; the same on every run."""
        return mermaid_text(self.graph, self.rankdir, self.title, self._encoding)

    @cached_property
    def json(self) -> str:
        """The picture as a JSON document, whose form `viz.picture.json_text` describes; the same on every run."""
        return json_text(self.graph, self.rankdir, self.title)

    @cached_property
    def _encoding(self) -> Encoding:
        return Encoding.of(self.graph, self.colour_by, self.edge_width)

    def to(self, format: str) -> str | bytes:  # noqa: A002 - the word that Graphviz and matplotlib use
        """The picture in one of the formats.

        Text for `"svg"`, `"dot"`, `"mermaid"` and `"json"`, which this package makes; bytes for `"png"` and `"pdf"`,
        which the program `dot` prints: the same picture as the SVG, in light colours.

        Raises:
            InputError: if there is no such format, or for PNG and PDF, if `dot` is absent, fails or takes too long.
        """
        check_choice("format", format, FORMATS)
        if format not in _RENDERED:
            return str(getattr(self, format))
        try:
            return render_with_dot(printed(self._picture, format), format)
        except LayoutError as error:
            raise InputError(
                f"{format} is drawn by Graphviz, and {error}: install Graphviz, draw fewer nodes, or use 'svg'"
            ) from error

    @explained("write save('graph.svg')")
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whose ending decides the format.

        The endings are `.svg`, `.dot` or `.gv`, `.mmd` or `.mermaid`, `.json`, `.png` and `.pdf`; the last two need the
        program `dot`. The write is atomic: if it fails, an older file is unchanged.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is not a path.
            InputError: if no file can have that name, the ending is none of these, or the picture cannot be made in
                that format (see `to`).
            OSError: if the file cannot be written, of the subclass that the system reports (`PermissionError` ...).
        """
        target = path_of(path, "save('graph.svg')")
        content = self.to(format_of(target, "drawing"))
        write_atomically(target, content.encode() if isinstance(content, str) else content)
        return target

    def show(self) -> None:
        """Show the picture: in a notebook below the cell, otherwise in the program that opens such files.

        That is a browser for an SVG. On a machine without a screen the path of the file is printed.

        Raises:
            InputError: if the picture cannot be made (see `to`).
        """
        form = self.format if self.format in _RENDERED else "svg"
        viewer.show(self, lambda: self.to(form), f".{form}")

    def __repr__(self) -> str:
        """One line: what is drawn, how large it is, and how to see it; at the prompt of `python` with a tree below."""
        line = f"Drawing({self._summary}; {viewer.ways('graph.svg')})"
        if not plain_prompt.shows_result():
            return line
        return f"{line}\n{below_drawing(self.graph, get_terminal_size().columns - 1)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython's terminal: the line of `repr`, and below it the graph as a tree."""
        show_on(printer, repr(self), lambda width: below_drawing(self.graph, width))

    @property
    def _summary(self) -> str:
        """What is drawn, and how large it is."""
        root, graph = self.graph.root, self.graph
        if graph.about:
            return graph.about
        size = f"{plural(graph.drawn, 'node')}, {plural(graph.drawn_edges, 'edge')}"
        folded = f", {plural(graph.folded, 'node')} in {plural(graph.boxes, 'box', 'boxes')}" if graph.folded else ""
        hidden = f", {plural(graph.hidden, 'more node')} left out" if graph.hidden else ""
        helpers = f", {plural(graph.helpers, 'helper node')} not shown" if graph.helpers else ""
        return f"{reference(root, 40)} = {number(root.data or 0.0)}: {size}{folded}{hidden}{helpers}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str | bytes]:
        """The formats a notebook asks for.

        HTML is included in addition to SVG, because notebooks show an SVG as an image, which has no hover texts. A
        picture beyond DISPLAY_LIMIT is shown without the nodes farthest from its root; `save` still writes all of it.
        """
        try:
            bundle = self._bundle()
        except Exception as error:  # noqa: BLE001 - a repr that raises hides the user's result behind a traceback
            bundle = {"text/plain": f"Drawing({self._summary}) could not be drawn: {type(error).__name__}: {error}"}
        return viewer.wanted(bundle, include, exclude)

    def _bundle(self) -> dict[str, str | bytes]:
        if self.format == "png":
            return {"image/png": self._shrunk("png").to("png")}
        if self.format == "pdf":
            return {viewer.PLAIN: repr(self)}
        if self.format != "svg":
            return {viewer.PLAIN: _clipped(str(self.to(self.format)))}
        shown = self._shrunk("svg")
        note = "" if shown is self else f"<p>Shortened for the notebook; save() writes all of {xml(self._summary)}.</p>"
        return {_HTML: f'<div style="overflow:auto">{viewer.fitting(shown.svg)}{note}</div>', _SVG: shown.svg}

    def fitted(self) -> "Drawing":
        """This drawing if it fits, else the part nearest its root that fits SCREEN."""
        if self.fits:
            return self
        depth, breadth = _DEEPEST, _BROADEST
        drawing = replace(self, graph=shorter(self.graph, depth, breadth))
        while depth and breadth and max(excess := drawing.excess(SCREEN)) > 1.0:
            long, broad = excess if self._sideways else excess[::-1]
            depth, breadth = int(depth / max(long, 1.0)), int(breadth / max(broad, 1.0))
            drawing = replace(self, graph=shorter(self.graph, depth, breadth))
        return drawing

    @property
    def fits(self) -> bool:
        """Whether this drawing is not larger than LARGEST."""
        return max(self.excess(LARGEST if self._sideways else LARGEST[::-1])) <= 1.0

    def excess(self, size: tuple[float, float]) -> tuple[float, float]:
        """How many times wider and higher the picture is than a size; a little more than that."""
        placement = self._placed[1]
        return (placement.width + _FRAME) / size[0], (placement.height + _FRAME) / size[1]

    @property
    def _sideways(self) -> bool:
        return self.rankdir in ("LR", "RL")

    def _shrunk(self, format: str) -> "Drawing":  # noqa: A002 - as above
        """This drawing, or one of as many nodes nearest the root as a notebook has room for."""
        most = DISPLAY_LIMIT // _LEAST_PER_NODE
        drawing, count = self, len(self.graph.nodes)
        if count > most:  # certainly too large, so it is not laid out to measure it
            drawing, count = replace(self, graph=smaller(self.graph, most)), most
        while (size := len(drawing.to(format))) > DISPLAY_LIMIT and count > 1:
            count = max(1, min(count * 2 // 3, count * DISPLAY_LIMIT // size))
            drawing = replace(self, graph=smaller(self.graph, count))
        return drawing


_RENDERED: Final = ("png", "pdf")
FORMATS: Final = tuple(dict.fromkeys(ENDINGS["drawing"].values()))
"""All formats; those that are texts are attributes of a Drawing, too."""


def _clipped(text: str) -> str:
    return text if len(text) <= DISPLAY_LIMIT else f"{text[:DISPLAY_LIMIT]}\n… save() writes all of it"


def _place(measured: LayoutGraph, rankdir: str, renderer: str) -> tuple[Placement, str]:
    """A placement, and a remark on how it was made."""
    reason = ""
    if renderer == DOT:
        try:
            return place_with_dot(measured.boxes, measured.wires, rankdir), "layout: dot"
        except LayoutError as error:
            reason = f" ({error})"
    return place(measured.boxes, measured.wires, rankdir), f"layout: builtin{reason}"
