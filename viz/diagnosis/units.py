"""Units that no longer react: relus that are always off, and units at an end of their range.

Chance decides how many units happen to be off for a few samples, so a layer is reported when chance alone would hardly
ever do it.

Sources: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
for saturation; L. Lu, Y. Shin, Y. Su and G. Karniadakis, "Dying ReLU and initialization" (2020), arXiv:1903.06733.
"""

import math
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Final

from autograd_core import TABLE, Value
from viz.diagnosis.findings import Finding, list_units
from viz.diagnosis.record import MANY_SAMPLES, Record
from viz.graph.layers import Unit
from viz.text import plural, printable

CHANCE: Final = 1e-3
"""A layer is reported if less often than this so many of its units would be off by chance."""

OFF_ONCE: Final = 0.5
"""How often a healthy relu is off for one sample: initial weights have either sign."""

OFF_ALWAYS: Final = 0.4
"""How often a healthy relu is off for all of `MANY_SAMPLES` samples or more. Counted in new networks: 1 in 100 in the
first layer if features have either sign, 1 in 9 for images of digits, and 2 in 5 in a third layer of 8 units if there
are two features, both positive."""

HOPELESS: Final = 10.0
"""A relu is dead, whatever the others are, if its weighted sums stay below 0 by so many times the size that is usual in
its layer: no other sample will turn it on."""

FLAT: Final = 1e-3
"""A slope below this is that of a saturated unit: |tanh(x)| > 0.9995, or a sigmoid nearer than 0.001 to 0 or 1."""

MOST: Final = 0.9
"""A unit is saturated if it is so for this share of the samples."""

RELUS: Final = frozenset(op.name for op in TABLE.values() if op.activation and op.zero_until == 0.0)
SIGMOIDS: Final = frozenset(op.name for op in TABLE.values() if op.activation and op.steepest is not None) - RELUS


def dead(record: Record) -> Iterator[Finding]:
    """Relus that are off for all samples, if they are more than chance explains, or nothing can turn them on."""
    for (layer, op), found in _layers(record.units, RELUS).items():
        usual = median(abs(node.inputs[0].data) for unit in found for node in unit.nodes)
        dead = [unit for unit in found if all(node.derivatives[0] == 0.0 for node in unit.nodes)]
        hopeless = [unit for unit in dead if max(node.inputs[0].data for node in unit.nodes) < -HOPELESS * usual]
        samples = min(len(unit.nodes) for unit in found)
        off = OFF_ALWAYS if samples >= MANY_SAMPLES else OFF_ONCE
        is_whole = len(dead) == len(found) and samples >= MANY_SAMPLES
        shown = dead if is_whole or _chance(len(dead), len(found), off) < CHANCE else hopeless
        if shown and not record.is_stuck(layer):
            yield Finding(
                "dead",
                printable(layer, 60),
                f"{len(shown)} of {plural(len(found), f'{op} unit')} give the same for each of "
                f"{plural(samples, 'sample')}, with the slope 0, and learn nothing ({list_units(shown)})",
                "Use a smaller learning rate, Kaiming's initial weights with biases of 0, or leaky_relu, which is "
                "never flat",
            )


def _chance(count: int, of: int, probability: float) -> float:
    """How often at least `count` of so many units are off, if each is with this probability.

    >>> _chance(0, 3, 0.5), _chance(3, 3, 0.5)
    (1.0, 0.125)
    """
    rest = 1.0 - probability
    return math.fsum(math.comb(of, k) * probability**k * rest ** (of - k) for k in range(count, of + 1))


def saturated(record: Record) -> Iterator[Finding]:
    """Units at an end of their range for most samples; those behind which no unit comes may be sure of their answer."""
    below = _below_units(record)
    hidden = [unit for unit in record.units if any(id(node) in below for node in unit.nodes)]
    for (layer, op), found in _layers(hidden, SIGMOIDS).items():
        shown = [unit for unit in found if sum(map(_is_flat, unit.nodes)) >= MOST * len(unit.nodes)]
        if shown:
            samples = min(len(unit.nodes) for unit in shown)
            yield Finding(
                "saturated",
                printable(layer, 60),
                f"{len(shown)} of {plural(len(found), f'{op} unit')} have a slope below {FLAT} for at least {MOST:.0%} "
                f"of {plural(samples, 'sample')} and hardly learn ({list_units(shown)})",
                "Standardise the features, use smaller initial weights (Xavier's), a smaller learning rate, or weight "
                "decay",
            )


def _is_flat(node: Value) -> bool:
    return abs(node.derivatives[0]) < FLAT


def _below_units(record: Record) -> set[int]:
    """The nodes from which a path leads into the weighted sum of a unit, where parameters come in."""
    parameters = {id(value) for value in record.parameters.values()}
    below: set[int] = set()
    for node in reversed(record.order):
        if id(node) in below or any(id(part) in parameters for part in node.inputs):
            below.update(id(part) for part in node.inputs)
    return below


def _layers(found: Iterable[Unit], ops: frozenset[str]) -> dict[tuple[str, str], list[Unit]]:
    layers: dict[tuple[str, str], list[Unit]] = {}
    for unit in found:
        if unit.op in ops:
            layers.setdefault((unit.place.layer, unit.op), []).append(unit)
    return layers
