"""`page`: both passes as one HTML file, with a player, a quiz, and a wrong order of the steps to compare with.

All numbers and sentences are made in Python. The page contains them as a storyboard in JSON, and its script only plays
the storyboard.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from autograd_core import Value
from autograd_core.calls import explained
from viz.graph.arguments import AUTO, check_flag, check_value
from viz.graph.captions import heading, reference
from viz.graph.expand import expanded
from viz.graph.graph import Graph, record
from viz.graph.helpers import simplified
from viz.graph.selection import Selection
from viz.graph.variable_names import caller_scopes, check_names
from viz.passes.boxed import boxed_storyboard
from viz.passes.steps import TOPOLOGICAL, replay
from viz.passes.still import check_limits, excerpt, picture_at_rest
from viz.passes.storyboard import Facts, storyboard, sums_of
from viz.picture.elements import Picture
from viz.picture.html_file import Page, compose
from viz.text import number, plural, printable

__all__ = ["MAX_NODES", "Page", "page"]

MAX_NODES: Final = 300
"""Up to this size the picture is readable and the file is smaller than 1 MB. A page has a step for each node and
edge."""

_SCRIPTS: Final = ("storyboard", "view", "quiz")
"""The assets that come before `page.js`, in their order."""

_WINDOW: Final = (850.0, 650.0)
"""Room for the picture on a screen of 1280 by 800."""


@explained()
def page(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | str = AUTO,
    collapse: str | int | Sequence[str] | None = AUTO,
    open: str | Sequence[str] = (),  # noqa: A002 - what is done to a box
    rankdir: str | None = None,
    title: str | None = None,
    expand: bool = False,
) -> Page:
    """A page that plays the forward and the backward pass of `value`, in one file that works offline.

    Buttons, keys and a slider step forward and back, with the arithmetic of each step spelled out. A click on a node
    lists the contributions to its gradient. A quiz hides local derivatives and gradients, all or one at a time, and
    checks answers. A switch passes the gradients on in a wrong order, to show what goes wrong. No `.grad` is read or
    changed.

    Args:
        value: the root, whose gradients are shown.
        names: names for nodes, as in `draw`.
        max_nodes: most nodes to show, by default 300. Of a larger graph the part nearest the root is shown, with a
            marker wherever nodes are left out. Their contributions are counted, so all numbers are correct.
        collapse: fold modules into boxes, as in `draw`. A step then computes a box, or passes the gradients of one on,
            and there is no quiz and no wrong order. By default, a network of more than 60 nodes is shown by `"layer"`,
            unless `max_nodes` or `expand` says what to show. None folds nothing.
        open: names of boxes to open, as in `draw`.
        rankdir: direction of the edges, as in `draw`; None for `"LR"` or `"TB"`, whichever fills a window better.
        title: the heading of the page.
        expand: show `dot` as products and their sum, and show helper nodes, as in `draw`.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` is below 1 or there is no such direction; it is a ValueError.

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> L = a * a
    >>> page(L)
    Page(L = 9.0: 2 nodes, 2 edges, 4 steps; show() opens it, save('page.html') writes it)
    >>> print(page(L).save("square.html"))
    square.html
    """
    check_value("page", "its root", value)
    limit = check_limits(MAX_NODES if max_nodes == AUTO else max_nodes, rankdir or "LR", title)
    scopes = [check_names(names), *caller_scopes(1)]
    view = expanded if check_flag("expand", expand) else simplified
    selection = Selection.of(max_nodes=max_nodes, collapse=collapse, opened=open, expand=expand)

    folded = selection.folded(value, scopes, lambda whole: replay(whole, TOPOLOGICAL).graph)
    if folded is not None:
        shown = excerpt(folded, limit).graph
        return _compose(shown, boxed_storyboard(shown), rankdir, title)
    graph, _ = view(record(value, scopes)[0])
    board, part = storyboard(graph, limit)
    return _compose(part.graph, board, rankdir, title)


def _compose(graph: Graph, board: Facts, rankdir: str | None, title: str | None) -> Page:
    """The page of a storyboard and of the graph in its picture."""
    backward = [step for order in board["backward"].values() for step in order]
    directions = (rankdir,) if rankdir else ("LR", "TB")
    sums = sums_of(backward)
    # What is left out and folded stands above the picture, where a long line makes nothing smaller.
    pictures = (picture_at_rest(graph, sums, way, None, bridges=True, noted=False) for way in directions)
    picture = max(pictures, key=_zoom)
    count = len(board["forward"]) + len(board["backward"][TOPOLOGICAL])
    summary = board["words"]["summary"]
    html = compose(
        "page", printable(title) if title else heading(graph), summary, board, scripts=_SCRIPTS, svg=str(picture)
    )
    root = f"{reference(graph.root, 40)} = {number(graph.root.data or 0.0)}"
    return Page(html, f"{root}: {summary.split(';')[0]}, {plural(count, 'step')}")


def _zoom(picture: Picture) -> float:
    """The scale at which a picture fits into a window of usual proportions."""
    return min(_WINDOW[0] / picture.width, _WINDOW[1] / picture.height)
