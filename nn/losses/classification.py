"""Losses for one of several classes: the negative logarithm of the predicted probability of the right class.

Targets are indices of classes, or with `cross_entropy` lists of their probabilities, one for each score. The classes
are the last dimension, and all dimensions before it are samples. (In PyTorch the classes are the second of three or
more dimensions, and integer targets are indices, others probabilities.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, overload

from autograd_core import InputError, ShapeError, Value, dot, log_softmax, where
from autograd_core.calls import explained
from nn.base.checks import number_between
from nn.base.recorded import is_known
from nn.losses.arrays import Numbers, OneNumber, check_reduction, reduced, structure
from nn.losses.classes import (
    are_probabilities,
    check_scores,
    check_weights,
    class_index,
    class_operands,
    class_weights,
    of_class,
    one_hot,
    samples,
)


@overload
def cross_entropy(
    logits: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: OneNumber = "mean",
) -> Value: ...
@overload
def cross_entropy(
    logits: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: str,
) -> Any: ...
@explained()
def cross_entropy(
    logits: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    """The cross-entropy of a classifier, `-log softmax(logits)[target]`, in nats.

    Args:
        logits: for one sample the `n` scores of the classes, any real numbers; for a batch a list of these.
        target: for one sample the index of the right class, `0 … n-1`, or the probability of each class as a list of
            `n` floats; for a batch a list of these. Whole floats are indices, too, and in a batch lists of ints such as
            `[0, 1, 0]` are probabilities.
        weight: a factor for the loss of each class; 1 by default.
        ignore_index: a target whose samples are ignored, a class or not; none by default (in PyTorch -100).
        label_smoothing: the share of the target probability that is spread evenly over all classes, from 0 to less than
            1.
        reduction: `"mean"` over the samples; `"sum"`; or `"none"`, a loss for each sample.

    With probabilities `q` the loss of a sample is `-Σ w_i q_i log softmax(logits)_i`, and the mean divides by the
    number of samples. An index `y` means `q_y = 1`, but then the mean divides by the sum of the weights `w_y` of the
    samples that are not ignored: it is a weighted mean. Label smoothing `s` replaces `q_i` by `(1 - s) q_i + s/n`.
    These are the definitions of PyTorch.

    Raises:
        ShapeError: if there are fewer than 2 classes, no samples, not as many targets as samples, or not as many
            probabilities or weights as classes.
        OperandTypeError: if a score is not a number.
        InputError: if a target is not a whole number or not the index of a class; if a probability is not from 0 to 1;
            if a weight, the smoothing or the reduction is invalid; or if all samples of a mean are ignored.

    An index may be a number that is recorded and not known yet. If there is no such class when the program runs, the
    loss is nan; so is a mean in which no sample counts.

    For an index the gradient is `softmax(logits) - onehot(target)`, exact to the last digits for logits of every size.

    Source of label smoothing: C. Szegedy et al., Rethinking the Inception architecture for computer vision (2016).

    >>> from autograd_core import Value
    >>> logits = [Value(1000.0), Value(1000.0), Value(-1000.0)]
    >>> loss = cross_entropy(logits, 0)
    >>> loss.backward()
    >>> round(loss.data, 4), [z.grad for z in logits]
    (0.6931, [-0.5, 0.5, 0.0])
    >>> cross_entropy([[Value(0.0), Value(0.0)], logits], [1, 0]).data == loss.data
    True
    >>> cross_entropy(logits, [0.5, 0.5, 0.0]).data == loss.data
    True
    """
    options = _options("cross_entropy", weight, ignore_index, label_smoothing, reduction)
    logits, target = class_operands("cross_entropy", logits, target)
    if not are_probabilities(logits, target):
        return _of_indices(options, logits, target, reduction)
    pairs = samples("cross_entropy", logits, target, unit=1)
    losses = [_of_probabilities(options, scores, shares) for scores, shares in pairs]
    return reduced(losses, reduction, logits, unit=1)


@overload
def nll_loss(
    log_probabilities: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    reduction: OneNumber = "mean",
) -> Value: ...
@overload
def nll_loss(
    log_probabilities: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    reduction: str,
) -> Any: ...
@explained()
def nll_loss(
    log_probabilities: Numbers,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Any:
    """The negative logarithm of the probability of the right class, `-log_probabilities[target]`.

    It is meant for models that end with `log_softmax`; `cross_entropy` combines both. It does not check that its
    numbers are logarithms of probabilities: of the raw outputs of a model it is no loss, as in PyTorch.

    Args:
        log_probabilities: for one sample the logarithm of the probability of each class; for a batch a list of these.
        target: for one sample the index of the right class; for a batch a list of these.
        weight: a factor for the loss of each class; 1 by default.
        ignore_index: a target whose samples are ignored, a class or not; none by default (in PyTorch -100).
        reduction: `"mean"`, weighted by the weights of their classes; `"sum"`; or `"none"`, a loss for each sample.

    Raises:
        ShapeError: if there are fewer than 2 classes, no samples, not as many targets as samples, or not as many
            weights as classes.
        InputError: if a target is not a whole number or not the index of a class; if a weight or the reduction is
            invalid; or if all samples of a mean are ignored.

    An index may be a number that is recorded and not known yet, as for `cross_entropy`.

    >>> nll_loss([[-0.5, -1.0], [-2.0, -0.25]], [0, 1])
    0.375
    """
    options = _options("nll_loss", weight, ignore_index, 0.0, reduction)
    log_probabilities, target = class_operands("nll_loss", log_probabilities, target)
    return _of_indices(options, log_probabilities, target, reduction)


class _Options(NamedTuple):
    """The options of a call of one of these losses."""

    name: str
    weights: list[float] | None
    ignore_index: int | None
    smoothing: float

    def log_probabilities(self, scores: Sequence[Any]) -> Sequence[Any]:
        return log_softmax(scores) if self.name == "cross_entropy" else scores


_DEFAULTS: Final = {name: _Options(name, None, None, 0.0) for name in ("cross_entropy", "nll_loss")}
"""The options of a call without options."""


def _options(name: str, weight: Any, ignore_index: int | None, smoothing: float, reduction: str) -> _Options:
    check_reduction(name, reduction)
    if weight is None and ignore_index is None and smoothing == 0.0:
        return _DEFAULTS[name]
    share = number_between("label_smoothing", smoothing, 0.0, 1.0)
    return _Options(name, class_weights(name, weight), ignore_index, share)


def _of_indices(options: _Options, scores: Any, target: Any, reduction: str) -> Any:
    pairs = samples(options.name, scores, target)
    if options is _DEFAULTS[options.name]:  # equal to the code below, which takes 10 % longer
        right = [(logits, class_index(options.name, logits, label)) for logits, label in pairs]
        losses = []
        for logits, index in right:
            logarithms = options.log_probabilities(logits)
            losses.append(-logarithms[index] if type(index) is int else -of_class(index, logarithms))
        return reduced(losses, reduction, target)
    weighted = [_of_index(options, logits, label) for logits, label in pairs]
    count = sum([weight for _, weight in weighted])
    if reduction == "mean" and is_known(count) and count == 0.0:
        raise InputError(
            f"{options.name} expected at least one sample that counts to take the mean over, got {len(weighted)} that "
            "are ignored or of a class with weight 0; use reduction='sum' if that can happen"
        )
    return reduced([loss for loss, _ in weighted], reduction, target, count=count)


def _of_index(options: _Options, scores: Any, target: Any) -> tuple[Any, Any]:
    """The loss of one sample, and the weight of its class; both are 0 if the sample is ignored."""
    ignored = options.ignore_index is not None and target == options.ignore_index
    if is_known(ignored):
        return (0.0, 0.0) if ignored else _of_counted_index(options, scores, target)
    loss, weight = _of_counted_index(options, scores, target)
    return where(ignored, 0.0, loss), where(ignored, 0.0, weight)


def _of_counted_index(options: _Options, scores: Any, target: Any) -> tuple[Any, Any]:
    name, weights, _, smoothing = options
    index = class_index(name, scores, target)
    check_weights(name, weights, scores)
    weight = 1.0 if weights is None else of_class(index, weights)
    if not smoothing:
        return of_class(index, options.log_probabilities(scores)) * -weight, weight
    return _expected(options, scores, one_hot(index, len(scores))), weight


def _of_probabilities(options: _Options, scores: Any, shares: Any) -> Any:
    """The loss of one sample whose target is a list of probabilities."""
    check_scores(options.name, scores, shares)
    check_weights(options.name, options.weights, scores)
    if len(shares) != len(scores):
        raise ShapeError(
            f"{options.name} expected a probability for each of {len(scores)} classes, got {structure(shares)}"
        )
    for share in shares:
        if is_known(share) and not 0.0 <= share <= 1.0:
            raise InputError(f"{options.name} expected probabilities from 0 to 1, got {share!r}")
    return _expected(options, scores, shares)


def _expected(options: _Options, scores: Sequence[Any], shares: Sequence[Any]) -> Any:
    """The mean of the negative logarithms over the classes, by their shares, smoothed and weighted."""
    _, weights, _, smoothing = options
    if smoothing:
        shares = [(1.0 - smoothing) * share + smoothing / len(scores) for share in shares]
    if weights is not None:
        shares = [weight * share for weight, share in zip(weights, shares, strict=True)]
    return -dot(shares, options.log_probabilities(scores))
