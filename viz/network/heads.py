"""Outputs that are computed from the weighted sums of the last layer together, as by a softmax.

Such an output is no activation of a neuron: it depends on all neurons of its layer. But the cost of a sample has a
derivative with respect to each of the weighted sums, wherever the softmax stands. So the weighted sums, which
classifiers call scores or logits, are taken as outputs of the network, and what follows is a part of the cost.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from autograd_core import Value
from viz.network.costs import Cost, softmax
from viz.network.runs import Run
from viz.network.weighted_sums import WeightedSum, identities, sums_below

SOFTMAX: Final = "softmax"
LOG_SOFTMAX: Final = "log-softmax"
OTHER_HEAD: Final = "last step"
"""What another function of all scores is called."""


class Head(NamedTuple):
    """What a model makes of its scores.

    Attributes:
        scores: the weighted sums, in the order of the model.
        name: one of the names above.
    """

    scores: tuple[Value, ...]
    name: str


def head_of(ran: Run) -> Head | None:
    """The scores of a model; None if its outputs are not computed from as many weighted sums together.

    These must be all weighted sums of one layer, in each step of a sequence, with the same inputs.
    """
    groups: dict[frozenset[int], list[WeightedSum]] = {}
    for output in ran.outputs:
        found, _ = sums_below(output, ran.sums)
        if len(found) < 2 or len({(one.place.layer, identities(one.inputs)) for one in found}) > 1:
            return None
        groups[frozenset(id(one.node) for one in found)] = found
    rank = {id(value): index for index, value in enumerate(ran.parameters.values())}
    ordered = [sorted(group, key=lambda one: rank[id(one.weights[0])]) for group in groups.values()]
    scores = [[one.node for one in group] for group in ordered]
    if not 0 < sum(map(len, scores)) == len(ran.outputs):
        return None
    return Head(tuple(node for group in scores for node in group), _name(scores, ran.outputs))


def _name(scores: Sequence[Sequence[Value]], outputs: Sequence[Value]) -> str:
    given = [output.data for output in outputs]
    p = [x for group in scores for x in softmax([node.data for node in group])]
    if len(p) == len(given):
        if all(math.isclose(x, y, rel_tol=1e-9) for x, y in zip(p, given, strict=True)):
            return SOFTMAX
        if all(x > 0.0 and math.isclose(math.log(x), y, abs_tol=1e-9) for x, y in zip(p, given, strict=True)):
            return LOG_SOFTMAX
    return OTHER_HEAD


def predicted(cost: Cost, head: Head) -> Cost:
    """A cost with the probabilities that the model computes from its scores, if it does."""
    if head.name not in {SOFTMAX, LOG_SOFTMAX} or cost.groups > 1:
        return cost
    return cost._replace(predicted=tuple(softmax([node.data for node in head.scores])))
