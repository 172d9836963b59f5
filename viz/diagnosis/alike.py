"""Layers whose weights are all 0, or whose units are copies of each other; the engine says which."""

from collections.abc import Iterator

from viz.diagnosis.findings import Finding
from viz.diagnosis.record import Record
from viz.text import printable


def stuck(record: Record) -> Iterator[Finding]:
    """Layers that cannot learn because nothing tells their weights apart."""
    for layer in record.stuck:
        yield Finding(layer.kind, printable(layer.layer, 60), layer.reason, layer.remedy)
