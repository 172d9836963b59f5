"""The visual encoding of one picture: the steps of a scale that the fill of nodes and the width of edges show."""

from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Self

from viz.graph.graph import Edge, Graph, Node
from viz.picture.scale import LEVELS, Scale
from viz.picture.style import WIDTHS
from viz.text import is_bad

GRADIENT: Final = "gradient"
KIND: Final = "kind"
COLOURINGS: Final = (GRADIENT, KIND)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The scale of a picture, whether the fill of nodes and the width of edges show it, and the signs that occur."""

    scale: Scale
    tinted: bool
    weighted: bool
    signs: frozenset[int] = frozenset({1})

    @classmethod
    def of(cls, graph: Graph, colour_by: str, edge_width: bool) -> Self:
        """The encoding of one graph. Without any gradient it is plain."""
        passed = (graph.contribution(edge) for edge in graph.edges)
        scale = Scale.of(chain((node.gradient for node in graph.nodes), passed))
        plain = cls(scale, colour_by == GRADIENT and not scale.is_empty, edge_width and not scale.is_empty)
        tints = [step for node in graph.nodes if (step := plain.tint(node))]
        return replace(plain, signs=frozenset([1 if step > 0 else -1 for step in tints] or [1]))

    @property
    def steps(self) -> range:
        """The steps of the signs that occur, with that of 0."""
        return range(-LEVELS if -1 in self.signs else 0, (LEVELS if 1 in self.signs else 0) + 1)

    def tint(self, node: Node) -> int | None:
        """The step that colours a node, or None if it has the colours of its kind or of a warning."""
        if not self.tinted or node.gradient is None or is_bad(node.gradient) or is_bad(node.data):
            return None
        return self.scale.level(node.gradient)

    def weight(self, graph: Graph, edge: Edge) -> int | None:
        """The step that decides the width of an edge, or None for the usual width."""
        passed = graph.contribution(edge) if self.weighted else None
        return None if passed is None or is_bad(passed) else abs(self.scale.level(passed))

    def width(self, graph: Graph, edge: Edge) -> float:
        """The width of an edge in points."""
        step = self.weight(graph, edge)
        return USUAL_WIDTH if step is None else WIDTHS[step]


USUAL_WIDTH: Final = 1.2
PLAIN: Final = Encoding(Scale(0.0, 0.0), tinted=False, weighted=False)
"""Colours by kind, and the same width for all edges."""
