"""The picture as JSON, for other programs.

    {"version": 1, "title": null | text, "rankdir": "LR", "root": number of the root,
     "nodes": [{"number": 0, "kind": "leaf", "name": text, "op": text, "data": number, "gradient": number, ...}],
     "edges": [{"source": 0, "target": 2, "derivative": number, "contribution": number, "count": 1}],
     "drawn": 3, "folded": 0, "hidden": 0, "helpers": 0, "chosen": text}

Nodes are in topological order, the `number` of a node is its index in the list, and `source` and `target` are such
numbers. Kinds are `leaf`, `parameter`, `constant`, `op`, `root`, `marker` (of nodes left out), `module` and `group`
(boxes). A number is `null` where there is none, and one of the texts `"nan"`, `"inf"`, `"-inf"` where JSON has no
number. A node has `remark`, `origin`, `hidden_nodes`, `hidden_edges`, `folded_nodes`, `folded_edges`, `parameters`,
`shared`, `formula`, `helpers` and `lines`, too, unless they are empty or 0. In the picture of a program, `about` says
what it shows, and an edge has a `shape`. Within one version, keys may be added, but their
meaning does not change.
"""

import json
import math
from typing import Any, Final

from viz.graph.graph import Edge, Graph, Node

VERSION: Final = 1

_ALWAYS: Final = ("number", "kind", "name", "op", "data", "gradient")
_IF_ANY: Final = (
    "remark",
    "origin",
    "hidden_nodes",
    "hidden_edges",
    "folded_nodes",
    "folded_edges",
    "parameters",
    "shared",
    "formula",
    "helpers",
    "lines",
)


def json_text(graph: Graph, rankdir: str, title: str | None) -> str:
    """The picture as a JSON document in ASCII, a node or an edge on each line, the same on every run."""
    head = {"version": VERSION, "title": title, "rankdir": rankdir, "root": graph.root.number}
    tail = {key: getattr(graph, key) for key in ("drawn", "folded", "hidden", "helpers", "chosen")}
    if graph.about:
        tail["about"] = graph.about
    parts = [f"{json.dumps(key)}: {json.dumps(content)}" for key, content in head.items()]
    parts += [_list("nodes", [_node(node) for node in graph.nodes])]
    parts += [_list("edges", [_edge(graph, edge) for edge in graph.edges])]
    parts += [f"{json.dumps(key)}: {json.dumps(content)}" for key, content in tail.items()]
    return "{" + ",\n ".join(parts) + "}\n"


def _list(key: str, items: list[dict[str, Any]]) -> str:
    lines = ",\n  ".join(json.dumps(item, allow_nan=False) for item in items)
    return f'"{key}": [\n  {lines}]' if items else f'"{key}": []'


def _number(value: object) -> object:
    """A float as JSON can have it."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _node(node: Node) -> dict[str, Any]:
    always = {key: _number(getattr(node, key)) for key in _ALWAYS}
    return always | {key: getattr(node, key) for key in _IF_ANY if getattr(node, key)}


def _edge(graph: Graph, edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "target": edge.target,
        "derivative": _number(edge.derivative),
        "contribution": _number(graph.contribution(edge)),
        "count": edge.count,
    } | ({"shape": edge.shape} if edge.is_flow else {})
