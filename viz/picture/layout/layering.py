"""A layer for every box, so that wires point forward and the sum of their lengths is small.

The network simplex method finds the least sum of lengths (Gansner, Koutsofios, North, Vo, "A technique for drawing
directed graphs", 1993), and `dot` spends much of its time on it. For graphs of arithmetic, three passes nearly always
give as good a layout:

* forward, every box as early as possible;
* backward, every box as late as its targets allow, unless that increases the sum of the lengths. Wires from boxes that
  would move along are not counted: leaves, leaves with an edge label, and boxes whose only target is this box and which
  depend only on leaves;
* forward again, a box returns to the layer after its sources if a leaf that was expected to move along did not.

So the products of a neuron are next to their sum, and weights and inputs are next to the products. A chain that has to
wait for another one waits at its end: the gate of an LSTM waits after its sigmoid, in line with the other gates.
"""

from collections.abc import Sequence

from viz.picture.layout.threads import Wire


def layers(count: int, wires: Sequence[Wire]) -> list[int]:
    """The layer of each of `count` boxes, from 0; no layer stays empty.

    >>> layers(4, [(0, 2), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in wires:
        sources[target].append(source)
        targets[source].append(target)
    layer = [0] * count
    sequence = _earliest(sources, targets, layer)
    earliest = [*layer]
    hangs, stays = _ties(sequence, sources, targets)
    for box in reversed(sequence):
        if targets[box] and not stays[box]:
            layer[box] = min([layer[target] for target in targets[box]]) - 1
    for box in sequence:
        held = [layer[source] for source in sources[box] if not hangs[source]]
        if not hangs[box] and len(held) > len(targets[box]) > 0:
            layer[box] = max(earliest[box], max(held) + 1)
    for box in reversed(sequence):
        if hangs[box]:
            layer[box] = layer[targets[box][0]] - 1
    return layer


def _earliest(sources: list[list[int]], targets: list[list[int]], layer: list[int]) -> list[int]:
    """Put each box into the earliest possible layer, and return the boxes in topological order."""
    missing = [len(ends) for ends in sources]
    sequence = [box for box, count in enumerate(missing) if not count]
    for box in sequence:
        following = layer[box] + 1
        for target in targets[box]:
            layer[target] = max(layer[target], following)
            missing[target] -= 1
            if not missing[target]:
                sequence.append(target)
    return sequence


def _ties(sequence: list[int], sources: list[list[int]], targets: list[list[int]]) -> tuple[list[bool], list[bool]]:
    """For each box, whether it hangs on its target and moves along with it, and whether it stays in its layer.

    A box hangs if it has one target and all its sources hang; a leaf has no sources. A box stays if a later layer would
    increase the sum of the lengths, or if it would make no difference and the box only continues a chain from a box
    that stays.
    """
    hangs = [False] * len(sequence)
    follows = [False] * len(sequence)
    stays = [False] * len(sequence)
    for box in sequence:
        before, after = sources[box], len(targets[box])
        hangs[box] = after == 1 and all(hangs[source] for source in before)
        follows[box] = not before or (after == 1 and len(before) == 1 and follows[before[0]])
        held = [source for source in before if not (hangs[source] or follows[source])]
        goes_on = len(held) == after == 1 and len(targets[held[0]]) == 1 and stays[held[0]]
        stays[box] = len(held) > after or goes_on
    return hangs, stays
