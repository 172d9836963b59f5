"""The built-in layout: boxes in layers and wires as curves. It needs only the standard library.

The method is Sugiyama's. Each step is a file:

1. `layering` assigns a layer to every box, so that wires point forward and are short;
2. `threads` routes wires that span several layers through a point in each layer between. Wires from one box share one
   thread up to the layer before their target, unless the graph is small and has fewer crossings without;
3. `ordering` puts each layer in an order that has few crossings;
4. `coordinates` finds positions across the layers that make wires straight;
5. `routes` turns layers and positions into centres and curves.

Wires bend only in the gaps between layers, and pass layers only through their own points: no wire crosses a box. There
is no recursion, random numbers come from a fixed seed, and no result depends on the order of a set. The work grows
almost linearly with the number of boxes and wires: the points of threads are limited, and so are the sweeps over all of
them.

Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981).
"""

from collections.abc import Sequence
from typing import Final

from viz.picture.boxes import Box
from viz.picture.layout.coordinates import ports, positions
from viz.picture.layout.layering import layers
from viz.picture.layout.ordering import ordered
from viz.picture.layout.routes import RANKDIRS, Placement, Point, drawn
from viz.picture.layout.threads import Wire, threaded

__all__ = ["RANKDIRS", "Placement", "Point", "Wire", "place"]

_SMALL: Final = 100
"""Boxes up to which wires from one box are also tried apart."""


def place(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str = "LR") -> Placement:
    """Place boxes joined by wires that form no cycle, with wires running in the direction `rankdir`.

    >>> place([Box(60.0, 40.0), Box(60.0, 20.0)], [(0, 1)]).centres
    ((30.0, 20.0), (120.0, 20.0))
    """
    sideways = rankdir in ("LR", "RL")
    along = [box.width if sideways else box.height for box in boxes]
    across = [box.height if sideways else box.width for box in boxes]
    layer = layers(len(boxes), wires)
    net = threaded(layer, wires, along, across)
    rows, crossings = ordered(net)
    if crossings and len(boxes) <= _SMALL:
        apart = threaded(layer, wires, along, across, shared=False)
        rows_apart, crossings_apart = ordered(apart)
        if crossings_apart < crossings:
            net, rows = apart, rows_apart
    entries = ports(net, rows)
    return drawn(net, rows, entries, positions(net, rows, entries), rankdir)
