"""`draw` and the `Drawing` that it returns."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Final
from uuid import uuid4

from autograd_core import InputError, OperandTypeError, Value
from viz.captions import reference
from viz.dot import LayoutError, dot_text, find_dot, place_with_dot
from viz.graph import Graph, snapshot
from viz.layout import RANKDIRS, Placement, place
from viz.names import caller_scopes, check_names, find_names
from viz.scene import Scene, scene
from viz.svg import svg_text
from viz.text import number, plural

MAX_NODES: Final = 500
"""Up to here a picture can be read by following wires, `dot` needs less than a second, and an SVG stays below 1 MB."""

BUILTIN: Final = "builtin"
DOT: Final = "dot"

_HTML: Final = "text/html"
_SVG: Final = "image/svg+xml"


def renderers() -> tuple[str, ...]:
    """The layouts that can be had here, the one that `draw` takes by itself first.

    `"dot"` is Graphviz's, there when the program `dot` is on PATH; `"builtin"` is always there.

    >>> "builtin" in renderers()
    True
    """
    return (DOT, BUILTIN) if find_dot() else (BUILTIN,)


@dataclass(frozen=True)
class Drawing:
    """A picture of a graph as it was when `draw` was called. It cannot be changed, and shows itself in notebooks.

    The text of each format is made when it is first asked for and then kept.
    """

    graph: Graph
    rankdir: str = "LR"
    renderer: str | None = None
    title: str | None = None

    @cached_property
    def svg(self) -> str:
        """The picture as one SVG element, the same on every run with the same layout."""
        stage = scene(self.graph, self.rankdir)
        placement, layout = _place(stage, self.rankdir, self.renderer)
        return svg_text(self.graph, stage, placement, self.title, layout)

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's DOT language, the same on every run; no program is needed to make it."""
        return dot_text(self.graph, self.rankdir, self.title)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whose ending decides the format: `.svg`, `.dot` or `.gv`.

        The file appears complete or not at all; a failed save leaves an older file as it was.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is no path.
            InputError: if the ending is none of these.
            OSError: if the file cannot be written, of the subclass that the system reports (`PermissionError` ...).
        """
        if not isinstance(path, str | os.PathLike):
            raise OperandTypeError(f"save needs a path, as in save('graph.svg'); got {type(path).__name__}")
        target = Path(path)
        ending = target.suffix.lower()
        if ending not in _FORMATS:
            raise InputError(
                f"cannot tell the format of {str(target)!r} from its ending {ending!r}: "
                f"use {' or '.join(_FORMATS)}; for PNG or PDF save a .dot file and run dot -Tpng on it"
            )
        _write(target, getattr(self, _FORMATS[ending]))
        return target

    def __repr__(self) -> str:
        """One line: what is drawn, and how large it is."""
        root, graph = self.graph.root, self.graph
        size = f"{plural(graph.drawn, 'node')}, {plural(graph.drawn_edges, 'edge')}"
        hidden = f", {plural(graph.hidden, 'more node')} left out" if graph.hidden else ""
        return f"Drawing({reference(root, 40)} = {number(root.data or 0.0)}: {size}{hidden})"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """The formats a notebook asks for.

        HTML comes besides SVG because notebooks show the latter as an image, which has no hover texts.
        """
        wanted = [
            kind for kind in (_HTML, _SVG) if (include is None or kind in include) and kind not in (exclude or ())
        ]
        try:
            bundle = dict.fromkeys(wanted, self.svg) if wanted else {}
        except Exception as error:  # noqa: BLE001 - a repr that raises hides the user's result behind a traceback
            return {"text/plain": f"{self!r} could not be drawn: {type(error).__name__}: {error}"}
        if _HTML in bundle:
            bundle[_HTML] = f'<div style="overflow:auto">{self.svg}</div>'
        return bundle


_FORMATS: Final = {".svg": "svg", ".dot": "dot", ".gv": "dot"}
"""Endings of files, and the attribute of a Drawing that is written there."""


def draw(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | None = MAX_NODES,
    rankdir: str = "LR",
    renderer: str | None = None,
    title: str | None = None,
) -> Drawing:
    """Draw the graph that made `value`: data and gradient on each node, the local derivative on each edge.

    A node shows its label, else the name of a variable that holds it: one of `names` if there is one, else a local or
    global variable of the caller, or an element of a list, tuple or dict there, as `w[3]`. A node that nothing names
    shows its number, as `#3`. Hover texts spell out the chain rule.

    Args:
        value: the root of the picture. Call `backward()` on it first to see gradients.
        names: names for nodes, from name to Value or to a list, tuple or dict of Values; `locals()` will do.
        max_nodes: most nodes to draw, by default 500, which is about where a picture stops to be readable and where
            `dot` needs a second. Of a larger graph the part nearest the root is drawn, with a marker wherever nodes
            are left out. None draws everything.
        rankdir: direction of the edges, `"LR"` (left to right), `"TB"` (top to bottom), `"RL"` or `"BT"`.
        renderer: who places the nodes: `"dot"` (Graphviz), `"builtin"`, or None for `dot` where it is installed.
            Should `dot` fail or take too long, the built-in layout steps in, and a comment in the SVG says so.
        title: a line above the picture.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` is below 1, or if there is no such direction or renderer; it is a ValueError.

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> L = a * a
    >>> L.backward()
    >>> draw(L)
    Drawing(L = 9.0: 2 nodes, 2 edges)
    """
    if not isinstance(value, Value):
        raise OperandTypeError(f"draw needs a Value, the root of the graph; got {type(value).__name__}{_hint(value)}")
    if not isinstance(title, str | None):
        raise OperandTypeError(f"title is a str or None; got {type(title).__name__}")
    limit = _limit(max_nodes)
    _choice("rankdir", rankdir, RANKDIRS)
    if renderer is not None:
        _choice("renderer", renderer, (DOT, BUILTIN))
    if renderer == DOT and not find_dot():
        raise InputError("renderer='dot' needs the program dot on PATH: install Graphviz, or leave out renderer")
    scopes = [check_names(names), *caller_scopes(1)]
    graph = snapshot(value, limit, lambda values: find_names(values, scopes))
    return Drawing(graph, rankdir, renderer, title)


def _hint(value: object) -> str:
    if isinstance(value, list | tuple | dict | set):
        return "; draw one of its elements, or their autograd_core.sum"
    return "; a plain number has no graph" if isinstance(value, int | float) else ""


def _limit(max_nodes: int | None) -> int:
    if max_nodes is None:
        return _NO_LIMIT
    try:
        limit = index(max_nodes)
    except TypeError:
        got = type(max_nodes).__name__
        raise OperandTypeError(f"max_nodes is an int, or None for no limit; got {got}") from None
    if limit < 1:
        raise InputError(f"max_nodes must be at least 1, or None for no limit; got {limit}")
    return limit


def _choice(argument: str, given: object, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise InputError(f"{argument} must be {' or '.join(map(repr, choices))}; got {given!r}")


_NO_LIMIT: Final = 1 << 62


def _place(stage: Scene, rankdir: str, renderer: str | None) -> tuple[Placement, str]:
    """A placement, and a remark on who made it."""
    reason = ""
    if renderer == DOT or (renderer is None and find_dot()):
        try:
            return place_with_dot(stage.boxes, stage.wires, rankdir), "layout: dot"
        except LayoutError as error:
            reason = f" ({error})"
    return place(stage.boxes, stage.wires, rankdir), f"layout: builtin{reason}"


def _write(target: Path, text: str) -> None:
    """Write beside the target and rename, so that no reader ever sees half a file."""
    try:
        final = target.resolve()
        draft = final.with_name(f".{uuid4().hex}.tmp")
        try:
            with draft.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = f"cannot save the picture: {error.strerror}; choose a folder that exists and can be written to"
        # OSError picks its subclass by the number, so PermissionError stays PermissionError.
        raise OSError(error.errno, reason, str(target)) from error
