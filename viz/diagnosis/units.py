"""Units that no longer react: relus that are always off, and units at an end of their range.

How many units are off for a few samples depends on chance, so a layer is reported only if chance is an unlikely
explanation.
"""

import math
from collections.abc import Iterator
from statistics import median
from typing import Final

from autograd_core import TABLE
from autograd_core.diagnosis import (
    DEAD,
    SATURATED,
    Finding,
    by_layer_and_op,
    condition,
    dead_finding,
    is_relu,
    saturated_finding,
)
from viz.diagnosis.record import MANY_SAMPLES, Record

CHANCE: Final = 1e-3
"""Units that are off are reported if the probability that so many are off by chance is below this."""

OFF_ONCE: Final = 0.5
"""The probability that a healthy relu is off for one sample: initial weights have either sign."""

OFF_ALWAYS: Final = 0.4
"""The probability that a healthy relu is off for all of `MANY_SAMPLES` samples or more. Measured in new networks: 1 in
100 in the first layer if features have either sign, 1 in 9 for images of digits, and 2 in 5 in a third layer of 8 units
if there are two features, both positive."""

HOPELESS: Final = 10.0
"""A relu is dead, regardless of the others, if its weighted sums stay below 0 by more than this many times the median
size in its layer: no other sample is likely to turn it on."""


def dead(record: Record) -> Iterator[Finding]:
    """Relus that are off for all samples, if they are more than chance explains, or too far below 0 to turn on."""
    for (layer, op), found in by_layer_and_op(record.units).items():
        if not is_relu(TABLE[op]):
            continue
        usual = median(abs(node.inputs[0].data) for unit in found for node in unit.nodes)
        dead = [unit for unit in found if condition(unit) == DEAD]
        hopeless = [unit for unit in dead if max(node.inputs[0].data for node in unit.nodes) < -HOPELESS * usual]
        samples = min(len(unit.nodes) for unit in found)
        off = OFF_ALWAYS if samples >= MANY_SAMPLES else OFF_ONCE
        is_whole = len(dead) == len(found) and samples >= MANY_SAMPLES
        if shown := dead if is_whole or _chance(len(dead), len(found), off) < CHANCE else hopeless:
            yield dead_finding(layer, shown, found)


def _chance(count: int, of: int, probability: float) -> float:
    """The probability that at least `count` of `of` units are off, if each is off with this probability.

    >>> _chance(0, 3, 0.5), _chance(3, 3, 0.5)
    (1.0, 0.125)
    """
    rest = 1.0 - probability
    return math.fsum(math.comb(of, k) * probability**k * rest ** (of - k) for k in range(count, of + 1))


def saturated(record: Record) -> Iterator[Finding]:
    """Units at an end of their range for most samples. Those of the last layer are left out, where this is normal."""
    below = _below_units(record)
    hidden = [unit for unit in record.units if any(id(node) in below for node in unit.nodes)]
    for (layer, _), found in by_layer_and_op(hidden).items():
        if shown := [unit for unit in found if condition(unit) == SATURATED]:
            yield saturated_finding(layer, shown, found)


def _below_units(record: Record) -> set[int]:
    """The nodes with a path into the weighted sum of a unit, which has parameters among its inputs."""
    parameters = {id(value) for value in record.parameters.values()}
    below: set[int] = set()
    for node in reversed(record.order):
        if id(node) in below or any(id(part) in parameters for part in node.inputs):
            below.update(id(part) for part in node.inputs)
    return below
