"""The picture as a Mermaid flowchart, which GitHub, GitLab and many wikis draw where a text says ```` ```mermaid ````.

Mermaid reads HTML and Markdown inside labels and has its own entities, `#35;` for the character of that number. Every
character that could mean anything to one of them is written as such an entity, so a label is shown letter by letter.
Syntax: https://mermaid.js.org/syntax/flowchart.html
"""

from typing import Final

from viz.graph.graph import BOXES, Edge, Graph, Kind, Node
from viz.picture.boxes import edge_label
from viz.picture.dot import text_lines
from viz.picture.encoding import PLAIN, Encoding
from viz.picture.style import LIGHT, LOOKS, TINTS_LIGHT
from viz.text import is_bad, printable

_TITLE_CHARACTERS: Final = 200

_ENTITIES: Final = str.maketrans({character: f"#{ord(character)};" for character in "\"#&<>`*_\\;:|[]{}()~'+-"})
"""All that Mermaid, its Markdown or its HTML could read as more than a letter; the entity itself needs `#` and `;`."""


def mermaid_text(graph: Graph, rankdir: str, title: str | None, encoding: Encoding = PLAIN) -> str:
    """The picture as a flowchart, the same on every run."""
    lines = [f"flowchart {'TD' if rankdir == 'TB' else rankdir}"]
    if title:
        lines.append(f"  accTitle: {_plain(title)}")
    lines += [f"  n{node.number}{_shape(node)}:::{_class(node, encoding)}" for node in graph.nodes]
    lines += [f"  n{edge.source} {_arrow(edge)} n{edge.target}" for edge in graph.edges]
    lines += _classes(graph, encoding)
    lines += _widths(graph, encoding)
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """`text`, which must be `printable`, inside a quoted label.

    >>> escaped("w[3] <b>")
    'w#91;3#93; #60;b#62;'
    """
    return text.translate(_ENTITIES).replace(". ", "#46; ")  # "1. x" would begin a list


def _plain(title: str) -> str:
    """The title for screen readers, which has no quotes around it and ends with its line."""
    return escaped(printable(title, _TITLE_CHARACTERS))


def _shape(node: Node) -> str:
    opening, closing = LOOKS[node.kind].brackets
    return f'{opening}"{"<br/>".join(map(escaped, text_lines(node)))}"{closing}'


def _arrow(edge: Edge) -> str:
    text = edge_label(edge)
    return f'-->|"{escaped(text)}"|' if text else "-->" if edge.is_flow else "-.->"


def _class(node: Node, encoding: Encoding) -> str:
    """The name of the class that colours a node."""
    tint = encoding.tint(node)
    if is_bad(node.data) or is_bad(node.gradient):
        return "bad"
    return f"{node.kind}s" if tint is None else f"{'less' if tint < 0 else 'more'}{abs(tint)}"


def _classes(graph: Graph, encoding: Encoding) -> list[str]:
    """The colours of the classes that occur."""
    occurring = {_class(node, encoding): node for node in graph.nodes}
    return [f"  classDef {name} {_colours(node, name, encoding)}" for name, node in sorted(occurring.items())]


def _colours(node: Node, name: str, encoding: Encoding) -> str:
    look, tint = LOOKS[node.kind], encoding.tint(node)
    fill, stroke = look.light.fill, look.light.stroke
    if name == "bad":
        fill, stroke = LIGHT.bad, LIGHT.warning
    elif tint is not None:
        fill, stroke = TINTS_LIGHT[tint], LIGHT.edge
    text = LIGHT.edge if node.kind is Kind.MARKER else LIGHT.text
    dashes = ",stroke-dasharray:4 3" if node.kind is Kind.MARKER else ""
    width = ",stroke-width:3px" if node.kind in BOXES and tint is None else ""
    return f"fill:{fill},stroke:{stroke},color:{text}{width}{dashes}"


def _widths(graph: Graph, encoding: Encoding) -> list[str]:
    """The widths of edges, those of one width together."""
    edges_of: dict[float, list[str]] = {}
    for index, edge in enumerate(graph.edges):
        if encoding.weight(graph, edge) is not None:
            edges_of.setdefault(encoding.width(graph, edge), []).append(str(index))
    return [f"  linkStyle {','.join(edges)} stroke-width:{width:g}px" for width, edges in sorted(edges_of.items())]
