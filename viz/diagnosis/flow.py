"""Gradients that vanish or explode, layer by layer."""

import math
from collections.abc import Iterator

from autograd_core.diagnosis import Finding, Place, by_layer, flow_findings
from viz.diagnosis.record import MANY_SAMPLES, Record


def flow(record: Record) -> Iterator[Finding]:
    """Layers with gradients far smaller or far larger than those of layers nearer the loss, or very large gradients."""
    gradients = by_layer(record.fresh.items())
    lengths = {layer: math.hypot(*found) for layer, found in gradients.items()}
    if record.samples < MANY_SAMPLES:  # with few samples all units of a layer may be off
        lengths = {layer: length for layer, length in lengths.items() if length}
    weights = by_layer((name, value.data) for name, value in record.reached.items())
    yield from flow_findings(lengths, weights, _depths(record), record.known)


def _depths(record: Record) -> dict[str, int]:
    """The depth of each layer: the index, in topological order, of the first node that uses it."""
    layer_of = {id(value): Place.of(name).layer for name, value in record.reached.items()}
    depths: dict[str, int] = {}
    for index, node in enumerate(record.order):
        for part in node.inputs:
            if id(part) in layer_of:
                depths.setdefault(layer_of[id(part)], index)
    return {layer: depths.get(layer, 0) for layer in layer_of.values()}
