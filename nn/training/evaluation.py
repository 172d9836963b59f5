"""One pass over samples: the outputs of a model, their loss, and the share of correct classes.

An int as target is the index of a class, as for the losses, and a float is a number for regression. So the types of the
targets decide whether there is an accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_core import InputError, Value
from autograd_core.calls import explained
from nn.base.conversion import (
    as_numbers,
    as_sample,
    as_sequence,
    class_of,
    depth,
    is_class,
    is_list,
    is_number,
    unwrapped,
)
from nn.losses.classes import are_probabilities
from nn.losses.classification import cross_entropy
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.training.metrics import Model, predicted_class
from nn.training.training_checks import check_swapped

if TYPE_CHECKING:
    from nn.data.sampling import Sample

Loss: TypeAlias = Callable[[list[Any], list[Any]], Any]
"""A function from the outputs of a model for a batch and their targets to the loss, as in `nn.losses`."""


Network: TypeAlias = Model | Module
"""A model that can be trained: a function from the features of a sample to its outputs, or a Module."""


def takes_batches(model: object) -> bool:
    """Whether the model must be called with a list of samples, because a module in it processes them together.

    >>> from nn.layers.dense import MLP
    >>> takes_batches(MLP(2, [1]))
    False
    """
    return isinstance(model, Module) and any(module.over_batch for module in model.modules())


def forward(model: Network, features: Sequence[Any], together: bool) -> list[Any]:
    """The output for each sample, from one call if `together`, otherwise from one call for each.

    >>> forward(lambda x: 2.0 * x[0], [[1.0], [2.0]], together=False)
    [2.0, 4.0]
    """
    call: Any = model
    return list(call(list(features))) if together else [call(x) for x in features]


def accepts_probabilities(loss: object) -> bool:
    """Whether the loss accepts a list of probabilities of the classes as target.

    >>> accepts_probabilities(cross_entropy), accepts_probabilities(max)
    (True, False)
    >>> accepts_probabilities(partial(cross_entropy, label_smoothing=0.1))
    True
    """
    while isinstance(loss, partial):
        loss = loss.func
    return loss is cross_entropy


def hits(output: Any, target: Any, probabilities: bool = False) -> tuple[int, int]:
    """The number of correctly predicted classes, and the number of predictions that can be judged.

    An output and a target may be lists, one for each step of a sequence. A single output is a score: above 0 it means
    class 1, below class 0 or -1. A prediction cannot be judged if its target is not a class of the output: a float for
    a single output, or an index that is ignored.

    With `probabilities`, for a loss that accepts them, a list of as many numbers as scores is one class if it is
    one-hot, and cannot be judged otherwise. Without, it has a target for each of several scores.

    >>> hits([0.1, 0.7, 0.2], 1), hits(-3.0, 1), hits([[0.9, 0.1], [0.9, 0.1]], [0, 1]), hits(0.5, 0.5)
    ((1, 1), (0, 1), (1, 2), (0, 0))
    """
    output, target = as_numbers(output), as_numbers(target)
    return (
        _hits_of_probabilities(output, target)
        if probabilities and are_probabilities(output, target)
        else _hits(output, target)
    )


def _hits_of_probabilities(output: Any, target: Any) -> tuple[int, int]:
    if is_list(target[0]):
        return _summed(_hits_of_probabilities(part, shares) for part, shares in zip(output, target, strict=True))
    label = class_of(target, len(output))
    return (0, 0) if label is None else (int(predicted_class(output) == label), 1)


def _summed(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    right, judged = zip(*counts, strict=True)
    return sum(right), sum(judged)


def _hits(output: Any, target: Any) -> tuple[int, int]:
    if not is_list(output):
        target = unwrapped(target)
    if is_list(target):
        if len(target) > 1 or depth(target) != depth(output):
            if not is_list(output) or len(output) != len(target):
                return 0, 0
            return _summed(_hits(part, right) for part, right in zip(output, target, strict=True))
        target = unwrapped(target)
    scores = output if is_list(output) else [output]
    if not scores or not is_number(scores[0]) or (len(scores) == 1 and not is_class(target)):
        return 0, 0
    label = class_of(target)
    if label is None or (len(scores) > 1 and not 0 <= label < len(scores)):
        return 0, 0
    return int(predicted_class(scores) == (label if len(scores) > 1 else label > 0)), 1


@explained()
def evaluate(model: Network, loss: Loss, samples: Sequence[Sample]) -> tuple[float, float | None]:
    """The loss over samples, and the share of them that is classified correctly.

    Args:
        model: from features to outputs; a Module is in `eval()` mode, and no graph is recorded.
        loss: from outputs and targets to a number.
        samples: pairs of features and target.

    Returns:
        The loss, and the accuracy, which is None if no target is a class, or if the loss is not finite, because nan
        predicts no class.

    Raises:
        InputError: if there are no samples.

    >>> from nn.losses import mse_loss
    >>> evaluate(lambda x: 2.0 * x[0], mse_loss, [([1.0], 2.0), ([2.0], 5.0)])
    (0.5, None)
    """
    check_swapped("evaluate expected (model, loss, samples)", model, loss, samples)
    samples = as_sequence("samples", samples)
    if len(samples) == 0:
        raise InputError("expected at least one sample to evaluate the model on, got none")
    pairs = [as_sample(samples[index]) for index in range(len(samples))]
    with evaluating(model):
        outputs = forward(model, [features for features, _ in pairs], takes_batches(model))
        value = loss(outputs, [target for _, target in pairs])
    number = float(value.data if isinstance(value, Value) else value)
    targets = [target for _, target in pairs]
    right, judged = hits(outputs, targets, accepts_probabilities(loss)) if math.isfinite(number) else (0, 0)
    return number, right / judged if judged else None
