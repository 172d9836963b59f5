"""Normalisations: the mean, the deviations and the scale that a module computes before it uses its parameters.

`nn.LayerNorm`, `nn.BatchNorm1d` and `nn.RMSNorm` divide by a root of a mean of squares: `(d·d / n + eps) ** -0.5`. The
ops that lead to it from several inputs belong to the module whose weight multiplies the result, and not to the module
before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.patterns import ROOT_OF_SQUARES, occurs
from viz.graph.subgraph import users

_FIXED: Final = "(x - c) * (d * w)"


@dataclass(slots=True)
class Normalisations:
    """The normalisations of a graph.

    Attributes:
        homes: the module of each op of a normalisation; "" if it has no parameters.
        formulas: the formulas of normalised numbers, by their nodes.
    """

    homes: dict[int, str] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)


def normalisations(graph: Graph, homes: Sequence[str]) -> Normalisations:
    """The normalisations of a graph, given the modules of parameters."""
    found, using = Normalisations(), users(graph)
    for node in graph.nodes:
        if node.function == "pow" and occurs(graph, [node.number], ROOT_OF_SQUARES):
            _add_scaled(graph, homes, using, found, node.number)
        elif node.function == "mul" and occurs(graph, [node.number], _FIXED):
            factor = next(n for n in _sources(graph, node.number) if graph.nodes[n].function == "mul")
            if home := _weight(graph, homes, factor):
                deviation = next(n for n in _sources(graph, node.number) if n != factor)
                found.homes.update(dict.fromkeys((node.number, factor, deviation), home))
                found.formulas[node.number] = "w (x - mean) / std"
    return found


def _add_scaled(
    graph: Graph, homes: Sequence[str], using: Sequence[Sequence[int]], found: Normalisations, root: int
) -> None:
    """Add the normalisation with this root of a mean of squares, if it is one."""
    (total,) = _sources(graph, root)
    (mean,) = _sources(graph, total)
    (squares,) = _sources(graph, mean) or [-1]
    if squares < 0 or graph.nodes[squares].function not in ("dot", "mul", "sumprod"):
        return
    bases = set(_sources(graph, squares))
    centred = {n for n in bases if graph.nodes[n].function == "sub"}
    centers = {n for d in centred for n in _sources(graph, d)[1:] if graph.nodes[n].function == "div"}
    is_centred = centred == bases and len(centers) == 1
    inner = {root, total, mean, squares}
    if is_centred:
        inner |= {
            *centred,
            *centers,
            *(
                n
                for c in centers
                for n in _sources(graph, c)
                if graph.nodes[n].op and graph.nodes[n].function in ("fsum", "add", "sum")
            ),
        }
    fraction = "(x - mean) / std" if is_centred else "x / rms"
    home = ""
    results: dict[int, str] = {}
    for user in using[root]:
        scale = _weight(graph, homes, user)
        for number in using[user] if scale else [user]:
            results[number] = f"w {fraction}" if scale else fraction
            home = home or scale or next(filter(None, (_weight(graph, homes, after) for after in using[number])), "")
        if scale:
            inner.add(user)
    found.formulas.update(results)
    found.homes.update(dict.fromkeys({*inner, *results}, home))


def _sources(graph: Graph, number: int) -> list[int]:
    """The inputs of a node that are no constants, each once."""
    sources = (edge.source for edge in graph.inputs[number])
    return list(dict.fromkeys(n for n in sources if graph.nodes[n].kind is not Kind.CONSTANT))


def _weight(graph: Graph, homes: Sequence[str], number: int) -> str:
    """The module of the only parameter that a product multiplies by something else; "" for other ops."""
    if graph.nodes[number].function != "mul":
        return ""
    return next((homes[n] for n in _sources(graph, number) if graph.nodes[n].kind is Kind.PARAMETER), "")
