"""Losses refuse targets, shapes and options that make no sense, and say what came."""

import math
from collections.abc import Callable
from typing import Any, Final

import pytest

from autograd_core import InputError, ShapeError, Value
from nn import losses
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cosine_similarity,
    cross_entropy,
    hinge_loss,
    huber_loss,
    multi_margin_loss,
    nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
)

LOSSES: Final[dict[str, tuple[Any, Any]]] = {
    "mse_loss": ([1.0], [1.0]),
    "l1_loss": ([1.0], [1.0]),
    "huber_loss": ([1.0], [1.0]),
    "smooth_l1_loss": ([1.0], [1.0]),
    "cross_entropy": ([[1.0, 2.0]], [0]),
    "nll_loss": ([[1.0, 2.0]], [0]),
    "multi_margin_loss": ([[1.0, 2.0]], [0]),
    "binary_cross_entropy": ([0.5], [1.0]),
    "binary_cross_entropy_with_logits": ([0.5], [1.0]),
    "hinge_loss": ([1.0], [1]),
    "soft_margin_loss": ([1.0], [1]),
    "kl_div": ([1.0], [1.0]),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["average", "", None, "Mean"])
def test_a_reduction_of_another_name_is_refused(name: str, reduction: Any) -> None:
    with pytest.raises(InputError, match=f"{name} expected as reduction 'mean', 'sum' or 'none', got {reduction!r}"):
        getattr(losses, name)(*LOSSES[name], reduction=reduction)


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_and_other_structures_are_refused(name: str) -> None:
    loss, (predictions, targets) = getattr(losses, name), LOSSES[name]
    wrongs: list[tuple[Any, Any]] = [([], []), (predictions, targets * 2), (predictions * 2, targets)]
    for wrong in wrongs:
        with pytest.raises(ShapeError, match=f"{name} expected .*, got"):
            loss(*wrong)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: huber_loss([1.0], [1.0], delta=0.0), InputError, "delta must be a positive finite number, got 0.0"),
        (lambda: smooth_l1_loss([1.0], [1.0], beta=-1.0), InputError, "beta must be .* at least 0, got -1.0"),
        (lambda: hinge_loss([1.0], [0]), InputError, "every target to be -1 or 1, got 0"),
        (lambda: hinge_loss([1.0], [math.nan]), InputError, "every target to be -1 or 1, got nan"),
        (lambda: soft_margin_loss([1.0], [True]), InputError, "every target to be -1 or 1, got True"),
        (lambda: binary_cross_entropy([1.5], [1.0]), InputError, "probabilities from 0 to 1, got 1.5"),
        (lambda: binary_cross_entropy([Value(math.nan)], [1.0]), InputError, "from 0 to 1, got Value"),
        (lambda: binary_cross_entropy([0.5], [-1.0]), InputError, "targets from 0 to 1, got -1.0"),
        (lambda: binary_cross_entropy_with_logits([0.5], [2]), InputError, "targets from 0 to 1, got 2"),
        (lambda: binary_cross_entropy_with_logits([0.5], [math.nan]), InputError, "from 0 to 1, got nan"),
        (lambda: binary_cross_entropy([0.5], [1.0], weight=[-1.0]), InputError, "weight must be .*, got -1.0"),
        (lambda: binary_cross_entropy([0.5], [1.0], weight=[1.0, 1.0]), ShapeError, "a list of 1, got a list of 2"),
        (lambda: binary_cross_entropy(0.5, 1.0, weight=[1.0]), ShapeError, "one number .*, got a list of 1"),
        (
            lambda: binary_cross_entropy_with_logits([[0.5, 0.5]], [[1.0, 0.0]], pos_weight=[1.0]),
            ShapeError,
            "as pos_weight a list of 2, got a list of 1",
        ),
        (lambda: cross_entropy([1.0, 2.0], 0, weight=[1.0]), ShapeError, "for each of 2 classes, got a list of 1"),
        (lambda: cross_entropy([1.0, 2.0], 0, weight=2.0), ShapeError, "a number for each class, got 2.0"),  # type: ignore[call-overload]
        (lambda: cross_entropy([1.0, 2.0], 0, weight=[1.0, -1.0]), InputError, r"weight\[1\] must be .*, got -1.0"),
        (lambda: cross_entropy([1.0, 2.0], 0, label_smoothing=1.0), InputError, "less than 1, got 1.0"),
        (lambda: cross_entropy([1.0, 2.0], [0.5, 0.25, 0.25]), ShapeError, "of 2 classes, got a list of 3"),
        (lambda: cross_entropy([1.0, 2.0], [1.5, -0.5]), InputError, "probabilities from 0 to 1, got 1.5"),
        (lambda: cross_entropy([1.0, 2.0], [math.nan, 0.5]), InputError, "probabilities from 0 to 1, got nan"),
        (lambda: cross_entropy([[1.0, 2.0]] * 2, [0.5, 0.5]), InputError, "an int, got 0.5; probabilities are a list"),
        (lambda: cross_entropy([1.0, 2.0], [[0.5, 0.5]] * 2), ShapeError, "for each of 2 targets, got a number"),
        (lambda: nll_loss([1.0, 2.0], [0.5, 0.5]), ShapeError, "of 2 targets, got a list of 2; .* not one-hot"),
        (lambda: nll_loss([1.0, 2.0], 2), InputError, "nll_loss expected a class from 0 to 1, got 2"),
        (lambda: multi_margin_loss([1.0, 2.0], 2), InputError, "multi_margin_loss expected a class from 0 to 1, got 2"),
        (lambda: multi_margin_loss([1.0, 2.0], 1, p=3), InputError, "p to be 1 or 2, got 3"),
        (lambda: multi_margin_loss([1.0, 2.0], 1, margin=0.0), InputError, "margin must be a positive"),
        (lambda: multi_margin_loss([1.0, 2.0], 1, weight=[1.0]), ShapeError, "for each of 2 classes"),
        (lambda: cosine_similarity([1.0], [1.0, 2.0]), ShapeError, "got a list of 1 and a list of 2"),
        (lambda: cosine_similarity([], []), ShapeError, "got a list of 0 and a list of 0"),
        (lambda: cosine_similarity(1.0, 1.0), ShapeError, "got a number and a number"),
        (lambda: cosine_similarity([1.0], [1.0], eps=0.0), InputError, "eps must be a positive"),
        (lambda: cosine_embedding_loss([1.0], [1.0], 0), InputError, "every target to be -1 or 1, got 0"),
        (lambda: cosine_embedding_loss([1.0], [1.0], [1, 1]), ShapeError, "a number as prediction and a list of 2"),
        (lambda: cosine_embedding_loss([1.0], [1.0], 1, margin=1.0), InputError, "margin must be"),
        (lambda: cosine_embedding_loss([1.0], [1.0], 1, reduction="batchmean"), InputError, "got 'batchmean'"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
