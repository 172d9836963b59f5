"""Losses that compare directions of vectors, or distributions of probability."""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import autograd_core as ag
from autograd_core import Recorder, ShapeError, Value, dot, norm, relu, select, sqrt
from autograd_core.calls import explained
from nn.base.checks import number_between, positive_number
from nn.base.conversion import is_list
from nn.base.recorded import choose
from nn.base.safe_squares import scale_for_squares, scaled
from nn.losses.arrays import TINY, Numbers, OneNumber, arranged, elementwise, operands, paired, structure
from nn.losses.classes import by_sign


@overload
def kl_div(
    log_probabilities: Numbers,
    targets: Numbers,
    *,
    log_target: bool = False,
    reduction: OneNumber | Literal["batchmean"] = "mean",
) -> Value: ...
@overload
def kl_div(log_probabilities: Numbers, targets: Numbers, *, log_target: bool = False, reduction: str) -> Any: ...
@explained()
def kl_div(log_probabilities: Numbers, targets: Numbers, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """The Kullback-Leibler divergence of `t` from `exp(x)`, `Σ t · (log t - x)`, in nats.

    Args:
        log_probabilities: logarithms of probabilities `x`, as `log_softmax` gives them, in lists of any depth.
        targets: probabilities `t` in the same structure, or with `log_target` their logarithms.
        log_target: whether targets are logarithms; by default they are probabilities.
        reduction: `"batchmean"`, the sum divided by the length of the outermost list, which is the mathematical
            divergence, averaged over a batch of distributions; `"mean"` divides by the number of all probabilities,
            as in PyTorch; `"sum"`; or `"none"`, the terms in their structure.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if the reduction is unknown.

    A term with `t = 0` is 0, even if `x` is minus infinity. In PyTorch that is nan, and so is every term with
    `log_target` whose target is minus infinity. In a term with `t = 0`, `t · log t` is treated as a constant, because
    its derivative is infinite; PyTorch's gradient in `t` is nan.

    Source: S. Kullback, R. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22 (1951).

    >>> round(kl_div([-1.0, -1.0], [0.5, 0.5], reduction="sum"), 6)  # 1 - log 2
    0.306853
    """
    log_probabilities, targets = operands("kl_div", log_probabilities, targets)
    each = _term_of_logarithms if log_target else _term
    if reduction != "batchmean":
        return elementwise("kl_div", each, log_probabilities, targets, reduction)
    total = elementwise("kl_div", each, log_probabilities, targets, "sum")
    return total / len(targets) if is_list(targets) else total


@explained()
def cosine_similarity(x1: Numbers, x2: Numbers, *, eps: float = 1e-8) -> Any:
    """The cosine of the angle between two vectors, `x1 · x2 / (max(|x1|, eps) · max(|x2|, eps))`.

    Args:
        x1: a vector, or a nested list of vectors, which gives a result for each.
        x2: the same structure.
        eps: the lower limit of the lengths, a positive number, which avoids a division by 0.

    Raises:
        ShapeError: if the structures differ, or there are no numbers.
        InputError: if `eps` is not a positive number.

    >>> cosine_similarity([3.0, 4.0], [4.0, 3.0]), cosine_similarity([[1.0, 0.0], [0.0, 0.0]], [[2.0, 0.0], [1.0, 1.0]])
    (0.96, [1.0, 0.0])
    """
    shortest = positive_number("eps", eps)
    x1, x2 = operands("cosine_similarity", x1, x2)
    cosines = [_cosine(a, b, shortest) for a, b in _vectors("cosine_similarity", x1, x2)]
    return arranged(iter(cosines), x1, unit=1)


def _cosine(a: Any, b: Any, shortest: float) -> Any:
    scales = scale_for_squares(a, shortest), scale_for_squares(b, shortest)  # scaling does not change a cosine
    a, b = (scaled(vector, scale) for vector, scale in zip((a, b), scales, strict=True))
    lengths = [ag.maximum(norm(v), shortest * scale) for v, scale in zip((a, b), scales, strict=True)]
    return dot(a, b) / (lengths[0] * lengths[1])


@overload
def cosine_embedding_loss(
    x1: Numbers, x2: Numbers, target: Any, *, margin: float = 0.0, reduction: OneNumber = "mean"
) -> Value: ...
@overload
def cosine_embedding_loss(x1: Numbers, x2: Numbers, target: Any, *, margin: float = 0.0, reduction: str) -> Any: ...
@explained()
def cosine_embedding_loss(
    x1: Numbers, x2: Numbers, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """`1 - cos` for vectors that should point the same way (target 1), `max(0, cos - margin)` for others (-1).

    Args:
        x1: a vector, or a nested list of vectors.
        x2: the same structure.
        target: -1 or 1 for each pair of vectors.
        margin: the cosine up to which the loss of vectors that should differ is 0, from -1 to less than 1.
        reduction: `"mean"`, `"sum"` or `"none"`.

    As in PyTorch `cos` is `a · b / sqrt((a·a + ε) (b·b + ε))` here, with `ε = 1e-12`: a vector of zeros is orthogonal
    to all others. If `cos` equals the margin, the gradient is 0, the subgradient of smallest magnitude (in PyTorch it
    is not 0).

    Raises:
        ShapeError: if the structures differ, or there are no numbers.
        InputError: if a target is not -1 or 1, or the margin or the reduction is invalid.

    >>> cosine_embedding_loss([[3.0, 4.0], [3.0, 4.0]], [[4.0, 3.0], [4.0, 3.0]], [1, -1], margin=0.5, reduction="sum")
    0.5
    """
    name = "cosine_embedding_loss"
    allowed = number_between("margin", margin, -1.0, 1.0)

    def excess(cosine: Any) -> Any:
        return relu(cosine - allowed)

    def loss(cosine: Any, direction: Any) -> Any:
        return by_sign(name, direction, _lack, excess, cosine)

    x1, x2 = operands(name, x1, x2)
    cosines = [_softened_cosine(a, b) for a, b in _vectors(name, x1, x2)]
    return elementwise(name, loss, arranged(iter(cosines), x1, unit=1), target, reduction)


def _lack(cosine: Any) -> Any:
    return 1.0 - cosine


def _softened_cosine(a: Any, b: Any) -> Any:
    scales = [scale_for_squares(vector, math.sqrt(TINY)) for vector in (a, b)]
    a, b = (scaled(vector, scale) for vector, scale in zip((a, b), scales, strict=True))
    squares = [dot(v, v) + TINY * scale * scale for v, scale in zip((a, b), scales, strict=True)]
    return dot(a, b) / sqrt(squares[0] * squares[1])


def _term(x: Any, t: Any) -> Any:
    if type(t) is float and t > 0.0:  # the same number in three quarters of the time
        return t * (math.log(t) - x)
    return choose(t == 0.0, _term_of_zero, _term_of_positive, x, t)


def _term_of_logarithms(x: Any, t: Any) -> Any:
    return choose(t == -math.inf, _term_of_zero, _term_of_logarithm, x, ag.exp(t), t)


def _term_of_positive(x: Any, t: Any) -> Any:
    return t * (ag.log(t) - x)


def _term_of_logarithm(x: Any, t: Any, log: Any) -> Any:
    return t * (log - x)


def _term_of_zero(x: Any, t: Any, _log: Any = None) -> Any:
    """The term of a probability `t` of 0: 0 even if `x` is minus infinity, where the formula has 0 times infinity."""
    return select(x == -math.inf, lambda: 0.0, lambda: _zero_times(t, x))


def _zero_times(t: Any, x: Any) -> Any:
    """`-t * x` for `t` of 0; a constant if `t` is one, but nan if `x` is."""
    is_constant = not isinstance(t, Recorder)
    return select(x != x, lambda: -t * x, lambda: 0.0) if is_constant else -t * x  # noqa: PLR0124 - nan


def _vectors(name: str, x1: Any, x2: Any) -> list[tuple[Any, Any]]:
    """The vectors, pair by pair, each pair of the same length."""
    pairs = paired(name, x1, x2, unit=1)
    for a, b in pairs:
        if not (is_list(a) and is_list(b) and len(a) == len(b) > 0):
            raise ShapeError(f"{name} expected two vectors of the same length, got {structure(a)} and {structure(b)}")
    return pairs
