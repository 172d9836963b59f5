"""Measures pictures: python tests/bench/layout.py [name ...] [--quick] [--json FILE].

For each graph: the seconds to copy it, to measure its boxes, to lay them out and to write the SVG, and the crossings of
the built-in layout beside those of Graphviz's `dot` for the same boxes and wires, if that program is there. `dot` takes
minutes for large graphs, so it is asked only up to a number of boxes. Falling short is reported and is no failure.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from itertools import pairwise
from time import process_time
from typing import NamedTuple

from autograd_core import Value
from commandline import exit_code, output_file, write_numbers
from run import describe_build, verdict
from viz import draw
from viz.graph.graph import Graph
from viz.picture.boxes import Box, layout_graph
from viz.picture.dot import LayoutError, place_with_dot
from viz.picture.layout import Placement, Point, Wire, place
from workloads import Network, relu, seeded

MOST_CROSSINGS = 2.0
"""Crossings of the built-in layout for each one of `dot`."""

DOT_BOXES = 1_700
"""Boxes up to which `dot` answers within a second or two."""

_PIECES = 8
_SAME = 1.0
"""Points by which levels differ at least, and columns by twice as much."""

HEADING = (
    f"{'':8} {'nodes':>7} {'edges':>7} {'copy':>7} {'measure':>8} {'layout':>7} {'write':>7} {'total s':>8} "
    f"{'limit':>6}  {'boxes':>6} {'wires':>6} {'crossings':>10} {'dot':>8} {'ratio':>6}"
)


class Picture(NamedTuple):
    """A graph to draw.

    Attributes:
        build: makes the graph.
        seconds: what drawing may take, if there is a limit.
        max_nodes: most nodes to draw.
    """

    build: Callable[[], Value]
    seconds: float | None = None
    max_nodes: int | None = None


class Row(NamedTuple):
    """What was measured of a picture: sizes, seconds, and crossings (None where nobody counted)."""

    name: str
    nodes: int
    edges: int
    copy: float
    measure: float
    layout: float
    write: float
    boxes: int
    wires: int
    crossings: int
    dot: int | None

    @property
    def seconds(self) -> float:
        """Seconds from the graph to the SVG."""
        return self.copy + self.measure + self.layout + self.write


def expression() -> Value:
    """Eleven nodes, two of them used twice."""
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    loss: Value = ((a * b + c) * Value(-2.0) + a * a).tanh() * b
    loss.backward()
    return loss


def batch(samples: int) -> Value:
    """Squared error of a 2-4-4-1 network over many samples: 74 nodes for each, and the 37 parameters they share."""
    model = seeded(Network(Value, 2, [4, 4, 1], relu, None), 1.0)
    terms = []
    for sample in range(samples):
        error = model([Value(sample % 3 - 1.0), Value(sample % 5 - 2.0)]) + Value(1.0) * Value(-1.0)
        terms.append(error * error * Value(0.5))
    loss: Value = terms[0]
    for term in terms[1:]:
        loss = loss + term
    loss.backward()
    return loss


def forward() -> Value:
    """One sample through a 4-8-8-1 network."""
    loss: Value = seeded(Network(Value, 4, [8, 8, 1], relu, None), 1.0)([Value(float(i)) for i in range(4)])
    loss.backward()
    return loss


def chain(operations: int) -> Value:
    """A sum of one leaf with itself, over and over."""
    x = Value(1.0)
    y = x
    for _ in range(operations):
        y += x
    return y


PICTURES: dict[str, Picture] = {
    "expr": Picture(expression),
    "batch2": Picture(lambda: batch(2)),
    "batch4": Picture(lambda: batch(4), seconds=0.1),
    "forward": Picture(forward),
    "batch8": Picture(lambda: batch(8)),
    "batch80": Picture(lambda: batch(80), seconds=2.0),
    "batch320": Picture(lambda: batch(320), seconds=8.0),
    "million": Picture(lambda: chain(1_000_000), seconds=10.0, max_nodes=500),
}
QUICK = ("expr", "batch2", "batch4", "forward")


def measure(name: str, turns: int) -> Row:
    """The best of a few turns."""
    picture = PICTURES[name]
    value = picture.build()
    rows = [_turn(name, value, picture.max_nodes) for _ in range(turns)]
    best = min(rows, key=lambda row: row.seconds)
    boxes, wires = _boxes(draw(value, renderer="builtin", max_nodes=picture.max_nodes).graph)
    return best._replace(crossings=crossings(place(boxes, wires), wires), dot=dot_crossings(boxes, wires))


def _turn(name: str, value: Value, max_nodes: int | None) -> Row:
    moments = [process_time()]
    drawing = draw(value, renderer="builtin", max_nodes=max_nodes)
    moments.append(process_time())
    boxes, wires = _boxes(drawing.graph)
    moments.append(process_time())
    place(boxes, wires)
    moments.append(process_time())
    _ = drawing.svg
    moments.append(process_time())
    copy, measuring, layout, rest = (after - before for before, after in pairwise(moments))
    sizes = len(drawing.graph.nodes), len(drawing.graph.edges)
    write = max(0.0, rest - measuring - layout)
    return Row(name, *sizes, copy, measuring, layout, write, len(boxes), len(wires), 0, None)


def _boxes(graph: Graph) -> tuple[Sequence[Box], Sequence[Wire]]:
    measured = layout_graph(graph, "LR")
    return measured.boxes, measured.wires


def dot_crossings(boxes: Sequence[Box], wires: Sequence[Wire]) -> int | None:
    """The crossings in `dot`'s layout, or None if it was not asked or did not answer."""
    if len(boxes) > DOT_BOXES:
        return None
    try:
        return crossings(place_with_dot(boxes, wires, "LR"), wires)
    except LayoutError:
        return None


def crossings(placement: Placement, wires: Sequence[Wire]) -> int:
    """How often pairs of wires, drawn from left to right, change sides between neighbouring columns of boxes.

    At the columns of its ends a wire counts as standing at the middle of its box. `dot`'s curves that enter one box
    cross and recross just before it, where no eye sees it; this way such crossings count for neither layout.
    """
    columns = _columns(placement)
    gaps: list[list[tuple[float, float]]] = [[] for _ in columns]
    for (source, target), route in zip(wires, placement.routes, strict=True):
        (begin, start), (end, stop) = placement.centres[source], placement.centres[target]
        first, last = (bisect_left(columns, along - 2 * _SAME) for along in (begin, end))
        levels = [round(level / _SAME) for level in (start, *_levels(route, columns[first + 1 : last]), stop)]
        for gap, step in zip(gaps[first:last], pairwise(levels), strict=True):
            gap.append(step)
    return sum(map(_inversions, gaps))


def _columns(placement: Placement) -> list[float]:
    columns: list[float] = []
    for along in sorted(x for x, _ in placement.centres):
        if not columns or along - columns[-1] > 2 * _SAME:
            columns.append(along)
    return columns


def _levels(route: Sequence[Point], columns: Sequence[float]) -> list[float]:
    """The level of a route at each of some columns that it passes."""
    path = [route[0]]
    for i in range(0, len(route) - 1, 3):
        path += _flat(route[i : i + 4])
    levels, step = [], 0
    for column in columns:
        while step < len(path) - 2 and path[step + 1][0] < column:
            step += 1
        (begin, start), (end, stop) = path[step], path[step + 1]
        part = min(1.0, max(0.0, (column - begin) / (end - begin))) if end > begin else 0.0
        levels.append(start + part * (stop - start))
    return levels


def _flat(piece: Sequence[Point]) -> list[Point]:
    """Points on a cubic piece of a route, without its first."""
    if len({y for _, y in piece}) == 1:
        return [piece[3]]
    points = []
    for step in range(1, _PIECES + 1):
        t = step / _PIECES
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        x, y = (sum(w * point[axis] for w, point in zip(weights, piece, strict=True)) for axis in (0, 1))
        points.append((x, y))
    return points


def _inversions(gap: list[tuple[float, float]]) -> int:
    """Pairs in which the one that starts lower ends higher."""
    total = 0
    ends: list[float] = []
    for _, end in sorted(gap):
        total += len(ends) - bisect_right(ends, end)
        insort(ends, end)
    return total


def show(row: Row) -> str:
    """One line of the table."""
    limit = PICTURES[row.name].seconds
    wanted = "" if limit is None else f"{limit:g}"
    text = (
        f"{row.name:8} {row.nodes:7,} {row.edges:7,} {row.copy:7.3f} {row.measure:8.3f} {row.layout:7.3f} "
        f"{row.write:7.3f} {row.seconds:8.3f} {wanted:>6}  {row.boxes:6,} {row.wires:6,} {row.crossings:10,} "
    )
    text += f"{'-':>8} {'-':>6}" if row.dot is None else f"{row.dot:8,} {row.crossings / max(1, row.dot):6.2f}"
    fast = limit is None or row.seconds <= limit
    return f"{text}  {verdict(fast and (row.dot is None or row.crossings <= MOST_CROSSINGS * row.dot))}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the drawing of graphs, and the built-in layout beside dot.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to draw: {', '.join(PICTURES)}; default all")
    parser.add_argument("--quick", action="store_true", help="small graphs only, and roughly")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the numbers to a file, too")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(PICTURES)
    if unknown:
        parser.error(f"unknown picture {', '.join(sorted(unknown))}; known are {', '.join(PICTURES)}")
    options.names = options.names or (QUICK if options.quick else tuple(PICTURES))
    return options


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    options = parse(arguments)
    print(describe_build())
    print(HEADING)
    rows = []
    for name in options.names:
        rows.append(measure(name, turns=1 if options.quick else 3))
        print(show(rows[-1]), flush=True)
    return write_numbers(options.json, [row._asdict() for row in rows])


if __name__ == "__main__":
    sys.exit(exit_code(main))
