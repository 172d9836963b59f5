"""Gradients too small and too large, layer by layer.

Source: S. Hochreiter, "The vanishing gradient problem during learning recurrent neural nets and problem solutions"
(1998).
"""

import math
from collections.abc import Iterator
from typing import Final

from viz.diagnosis.findings import Finding, title
from viz.diagnosis.record import MANY_SAMPLES, Record
from viz.graph.layers import Place, by_layer
from viz.text import number as short
from viz.text import printable

VANISHING: Final = 1e-4
"""Gradients of two layers that differ so much, parameter by parameter: no learning rate suits both."""

NEGLIGIBLE: Final = 1e-6
"""Where no layer has larger gradients than this, the loss is at a minimum, and the rest is rounding and chance."""

EXPLODING: Final = 1e3
"""A gradient so many times as long as the weights, or as 1 if they are short: a usual step would leave the weights far
behind."""


def flow(record: Record) -> Iterator[Finding]:
    """Layers whose gradients are far smaller than those of layers nearer the loss, or far larger, or simply huge."""
    gradients = by_layer(record.fresh.items())
    sizes = {layer: math.hypot(*found) / math.sqrt(len(found)) for layer, found in gradients.items()}
    sizes = {layer: size for layer, size in sizes.items() if math.isfinite(size)}
    weights = by_layer((name, value.data) for name, value in record.reached.items())
    if any(size and not any(weights[layer]) for layer, size in sizes.items()):
        # A layer that starts with zeros lets nothing through before its first step; that is no sign of trouble.
        sizes = {layer: size for layer, size in sizes.items() if size}
    largest = max(sizes, key=sizes.__getitem__, default="")
    depth = _depths(record)
    exploding: dict[str, str] = {}
    if sizes and sizes[largest] > NEGLIGIBLE:
        for layer, size in sizes.items():
            if (
                record.is_stuck(layer)
                or size >= VANISHING * sizes[largest]
                or (size == 0.0 and record.samples < MANY_SAMPLES)
            ):
                continue
            if depth[layer] < depth[largest] or size == 0.0:
                yield _vanishing(layer, size, largest, sizes[largest])
            else:
                exploding[largest] = (
                    f"the gradient of a parameter is {sizes[largest]:.2g} here and {size:.2g} in {title(layer)}, "
                    "nearer the loss: it grows on its way back"
                )
    for layer in sizes:
        length, scale = math.hypot(*gradients[layer]), math.hypot(*weights[layer])
        if length > EXPLODING * max(1.0, scale):
            exploding.setdefault(layer, f"the gradient has length {length:.2g}, the weights {scale:.2g}")
    for layer, reason in exploding.items():
        remedy = "Use smaller initial weights, clip the gradient, normalise between the layers, or standardise the data"
        yield Finding("exploding", printable(layer, 60), reason, remedy)


def _vanishing(layer: str, size: float, largest: str, most: float) -> Finding:
    learns = "hardly learns" if size else "learns nothing"
    return Finding(
        "vanishing",
        printable(layer, 60),
        f"the gradient of a parameter is {short(size) if not size else f'{size:.2g}'} here and {most:.2g} in "
        f"{title(largest)}, so this layer {learns}",
        "Use relu or a relative of it instead of tanh or sigmoid, the initial weights that go with it, normalisation "
        "between the layers, or fewer layers",
    )


def _depths(record: Record) -> dict[str, int]:
    """How far from the inputs a layer stands: the place, in topological order, of the first node that uses it."""
    layer_of = {id(value): Place.of(name).layer for name, value in record.reached.items()}
    depths: dict[str, int] = {}
    for place, node in enumerate(record.order):
        for part in node.inputs:
            if id(part) in layer_of:
                depths.setdefault(layer_of[id(part)], place)
    return {layer: depths.get(layer, 0) for layer in layer_of.values()}
