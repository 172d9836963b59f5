"""`draw`: the picture of a Value or a compiled function, with all that can be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from autograd_core import InputError, Value
from autograd_core.calls import explained
from viz.graph.arguments import AUTO, check_choice, check_flag, check_title, check_value
from viz.graph.program import program_graph, program_of
from viz.graph.selection import Selection
from viz.graph.variable_names import caller_scopes, check_names
from viz.picture.dot import find_dot
from viz.picture.drawing import BUILTIN, DOT, FORMATS, Drawing
from viz.picture.encoding import COLOURINGS, GRADIENT
from viz.picture.layout import RANKDIRS

if TYPE_CHECKING:
    from autograd_core.compiler.blueprint import Drawable

_CHOICES: Final = {"rankdir": RANKDIRS, "colour_by": COLOURINGS, "format": FORMATS, "renderer": (BUILTIN, DOT)}


@explained()
def draw(
    value: "Value | Drawable",
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | str | None = AUTO,
    wrt: Value | str | Sequence[Value | str] | None = None,
    depth: int | None = None,
    focus: Value | str | None = None,
    collapse: str | int | Sequence[str] | None = AUTO,
    open: str | Sequence[str] = (),  # noqa: A002 - what is done to a box
    expand: bool = False,
    origin: bool = False,
    colour_by: str = GRADIENT,
    edge_width: bool = True,
    format: str = "svg",  # noqa: A002 - the word that Graphviz and matplotlib use
    rankdir: str = "LR",
    renderer: str = BUILTIN,
    title: str | None = None,
) -> Drawing:
    """Draw the graph that made `value`: data and gradient on each node, the local derivative on each edge.

    A node shows its label, else the name of a variable that holds it: one of `names` if there is one, else a local or
    global variable of the caller, or an element of a list, tuple or dict there, as `w[3]`. A node that nothing names
    shows its number, as `#3`. Hover texts spell out the chain rule.

    If there are gradients, the fill of a node shows the sign and size of its gradient, and the width of an edge shows
    how much it passes on, upstream gradient times local derivative; both on a logarithmic scale that a legend explains.
    Numbers that are not finite are marked, and so are rectifiers that are dead and units that are saturated.

    A compiled function, or its `program`, is drawn as what runs: a box for each record, with the shape of its results,
    and for a matrix product the shapes of its factors. A small program is drawn instruction by instruction. Of the
    options, `max_nodes`, `format`, `rankdir`, `renderer` and `title` apply to it.

    Args:
        value: the root of the picture; call `backward()` on it first to see gradients. Or a compiled function, or the
            program of one.
        names: names for nodes, from name to Value or to a list, tuple or dict of Values, for example `locals()`.
        max_nodes: most nodes to draw. Of a larger graph the part nearest the root is drawn, with a marker wherever
            nodes are left out. None draws everything. By default, at most 500 nodes, and 4,000 points along the edges
            and 2,000 across them, are drawn, and of a larger picture what fits a screen.
        wrt: draw only the paths from the root to these nodes: Values, or names, which may be dotted names of modules
            and have `*`, `?` and `[…]` in them.
        depth: draw only nodes at most this many edges from the root, or from `focus`.
        focus: draw only the neighbourhood of this node, given as itself or by name: at most `depth` edges away, by
            default 2, both to its inputs and to its users. The root is drawn, too.
        collapse: fold modules, found from the dotted names of parameters, into boxes with the name of the module, its
            formula and the norm of the gradients of its parameters: `"module"` for the outermost modules, `"layer"`,
            `"neuron"` for the innermost, a number for that many steps of the dotted names, or the dotted names of the
            modules or patterns of them. With a level or a number, nodes outside all modules are folded, too. None folds
            nothing. By default, a graph of more than 60 nodes with names of modules is drawn by `"layer"`, unless
            `max_nodes`, `wrt`, `depth`, `focus` or `expand` says what to draw. A module that is called up to six times
            in a row is a box for each call, if they fit.
        open: names of boxes to open, as in the picture (`"Linear 0"`) or without the class (`"0"`): a module is
            replaced by the boxes of the modules in it or, if there are none, by its nodes.
        expand: show `dot` as products and their sum, and show helper nodes: those inside functions such as `logsumexp`
            and `cross_entropy`, and the `0.0 +` with which Python's `sum` begins. By default, a function is one node,
            and `0.0 + x` is shown as `x`.
        origin: show file and line that made each node. They are known for nodes that were made inside
            `detect_anomaly()`.
        colour_by: `"gradient"`, or `"kind"` for colours that distinguish leaves, ops and the root. Without gradients
            the colours are those of the kinds in any case.
        edge_width: whether the width of an edge shows how much it passes on.
        format: what a notebook shows: `"svg"`, `"png"`, or the text of one of the other formats of `Drawing.to`.
        rankdir: direction of the edges, `"LR"` (left to right), `"TB"` (top to bottom), `"RL"` or `"BT"`.
        renderer: what places the nodes in an SVG: `"builtin"`, which gives the same picture everywhere, or `"dot"`
            for the program of Graphviz. If `dot` fails or takes too long, the built-in layout is used, and a comment
            in the SVG says so.
        title: a line above the picture.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if a number is too small, if `wrt` or `focus` means no node or `collapse` no module, or if there is
            no such direction, renderer, format or colouring; it is a ValueError.

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> L = a * a
    >>> L.backward()
    >>> draw(L)
    Drawing(L = 9.0: 2 nodes, 2 edges; show() opens it, save('graph.svg') writes it)
    """
    known = program_of(value)
    if known is None:
        check_value("draw", "its root", value)
    check_title(title)
    check_flag("edge_width", edge_width)
    _check_choices(rankdir=rankdir, colour_by=colour_by, format=format, renderer=renderer)
    selection = Selection.of(
        max_nodes=max_nodes,
        wrt=wrt,
        depth=depth,
        focus=focus,
        collapse=collapse,
        opened=open,
        expand=expand,
        origin=origin,
    )
    scopes = [check_names(names), *caller_scopes(1)]
    if known is not None:
        given = {
            "names": names, "wrt": wrt, "depth": depth, "focus": focus, "collapse": collapse, "open": open,
            "expand": expand, "origin": origin,
        }  # fmt: skip
        graph = program_graph(known, given, max_nodes)
    else:
        graph = selection.graph(cast("Value", value), scopes)
    drawing = Drawing(graph, rankdir, renderer, title, colour_by, edge_width, format)
    if known is None and selection.is_fitted and selection.boxes is not None and not drawing.fits:
        drawing = replace(drawing, graph=replace(selection, by_call=False).graph(cast("Value", value), scopes))
    return drawing.fitted() if selection.is_fitted else drawing


def _check_choices(**given: str) -> None:
    """Check the arguments of `draw` that are one of a few words."""
    for argument, choice in given.items():
        check_choice(argument, choice, _CHOICES[argument])
    if given["renderer"] == DOT and not find_dot():
        raise InputError("renderer='dot' needs the program dot on PATH: install Graphviz, or leave out renderer")
