"""Losses whose targets are classes that a program computes: recorded, they are the losses of the same known classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import pytest

import nn
from autograd_core import InputError, Value
from programs_recorded import recorded

SCORES: Final = (0.3, -1.0, 2.0, 1.0, 0.5, -0.2)

CROSS_ENTROPY: Final = nn.cross_entropy
WEIGHTS: Final = [1.0, 2.0, 3.0]

OF_INDICES: Final[dict[str, Callable[..., Any]]] = {
    "cross_entropy": CROSS_ENTROPY,
    "cross_entropy, sum": partial(CROSS_ENTROPY, reduction="sum"),
    "cross_entropy, none": partial(CROSS_ENTROPY, reduction="none"),
    "cross_entropy, weight": partial(CROSS_ENTROPY, weight=WEIGHTS),
    "cross_entropy, smoothed": partial(CROSS_ENTROPY, label_smoothing=0.1, weight=WEIGHTS),
    "cross_entropy, ignored": partial(CROSS_ENTROPY, ignore_index=-100),
    "cross_entropy, ignored class": partial(CROSS_ENTROPY, ignore_index=1, label_smoothing=0.1),
    "cross_entropy, ignored and sum": partial(CROSS_ENTROPY, ignore_index=2, weight=WEIGHTS, reduction="sum"),
    "nll_loss": nn.nll_loss,
    "nll_loss, weight": partial(nn.nll_loss, weight=WEIGHTS),
    "nll_loss, ignored": partial(nn.nll_loss, ignore_index=0, reduction="none"),
    "multi_margin_loss": nn.multi_margin_loss,
    "multi_margin_loss, squared": partial(nn.multi_margin_loss, p=2, weight=WEIGHTS, margin=0.5),
    "multi_margin_loss, none": partial(nn.multi_margin_loss, reduction="none"),
}
OF_SIGNS: Final[dict[str, Callable[..., Any]]] = {
    "hinge_loss": nn.hinge_loss,
    "hinge_loss, sum": partial(nn.hinge_loss, reduction="sum"),
    "soft_margin_loss": nn.soft_margin_loss,
    "cosine_embedding_loss": lambda xs, signs: nn.cosine_embedding_loss([xs[:1], xs[1:]], [[1.0], [-2.0]], signs),
}
CLASSES: Final = [(0, 1), (2, 2), (1, 0), (2, 1)]


def one_number(loss: Any) -> Any:
    return loss[0] + 2.0 * loss[1] if isinstance(loss, list) else loss


def of_batch(loss: Callable[..., Any]) -> Callable[..., Any]:
    """The loss of two samples, of their six scores and their two classes."""
    return lambda *xs: one_number(loss([xs[:3], xs[3:6]], list(xs[6:])))


def run(function: Callable[..., Any], point: Sequence[float]) -> list[float]:
    """The value of the recorded function and its derivatives with respect to all inputs."""
    program, inputs, result = recorded(function, len(point))
    return program.run(point, result, *program.gradient(result, inputs))


def known(function: Callable[..., Any], scores: Sequence[float], classes: Sequence[float]) -> list[float]:
    """The same of the eager function; the derivative in a class is 0."""
    inputs = [Value(x) for x in scores]
    result = function(*inputs, *classes)
    if isinstance(result, Value):
        result.backward()
    return [getattr(result, "data", result), *[x.grad for x in inputs], *[0.0] * len(classes)]


@pytest.mark.parametrize("loss", OF_INDICES.values(), ids=OF_INDICES)
@pytest.mark.parametrize("classes", CLASSES)
def test_an_index_that_is_not_known(loss: Callable[..., Any], classes: tuple[int, int]) -> None:
    function = of_batch(loss)
    assert run(function, [*SCORES, *classes]) == pytest.approx(known(function, SCORES, classes), rel=1e-15, abs=1e-16)


@pytest.mark.parametrize("loss", OF_INDICES.values(), ids=OF_INDICES)
def test_the_index_of_a_single_sample(loss: Callable[..., Any]) -> None:
    def function(a: Any, b: Any, c: Any, index: Any) -> Any:
        found = loss([a, b, c], index)
        return found[0] if isinstance(found, list) else found

    for index in range(3):
        try:
            expected = known(function, SCORES[:3], [index])
        except InputError:  # a mean in which no sample counts
            assert math.isnan(run(function, [*SCORES[:3], index])[0])
        else:
            assert run(function, [*SCORES[:3], index]) == pytest.approx(expected, rel=1e-15, abs=1e-16)


@pytest.mark.parametrize("loss", OF_INDICES.values(), ids=OF_INDICES)
@pytest.mark.parametrize("index", [-1.0, 3.0, 0.5, math.nan])
def test_an_index_of_no_class_gives_nan(loss: Callable[..., Any], index: float) -> None:
    assert math.isnan(run(of_batch(loss), [*SCORES, index, 1.0])[0])


@pytest.mark.parametrize("mixed", [(0, None), (None, 2)])
def test_known_and_recorded_indices_in_one_batch(mixed: tuple[int | None, int | None]) -> None:
    def function(*xs: Any) -> Any:
        return CROSS_ENTROPY([xs[:3], xs[3:6]], [xs[6] if index is None else index for index in mixed])

    index = 1
    classes = [index if each is None else each for each in mixed]
    assert run(function, [*SCORES, index])[:7] == pytest.approx(known(of_batch(CROSS_ENTROPY), SCORES, classes)[:7])


def test_samples_that_are_ignored_have_no_gradient_and_no_weight() -> None:
    function = of_batch(partial(CROSS_ENTROPY, ignore_index=-100))
    value, *slopes = run(function, [*SCORES, -100.0, 2.0])
    alone, *others = known(lambda *xs: CROSS_ENTROPY(list(xs[:3]), xs[3]), SCORES[3:], [2])
    assert [value, *slopes[:3], *slopes[3:6]] == pytest.approx([alone, 0.0, 0.0, 0.0, *others[:3]], rel=1e-15)
    assert math.isnan(run(function, [*SCORES, -100.0, -100.0])[0])


@pytest.mark.parametrize("loss", OF_SIGNS.values(), ids=OF_SIGNS)
@pytest.mark.parametrize("signs", [(1, -1), (-1, -1), (1, 1)])
def test_a_sign_that_is_not_known(loss: Callable[..., Any], signs: tuple[int, int]) -> None:
    def function(*xs: Any) -> Any:
        return loss(list(xs[:2]), list(xs[2:]))

    for scores in ((0.25, -3.0), (1.0, 1.0), (-1.0, 800.0)):
        expected = known(function, scores, signs)
        assert run(function, [*scores, *signs]) == pytest.approx(expected, rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("loss", OF_SIGNS.values(), ids=OF_SIGNS)
@pytest.mark.parametrize("sign", [0.0, 2.0, math.nan])
def test_a_number_that_is_no_sign_gives_nan(loss: Callable[..., Any], sign: float) -> None:
    assert math.isnan(run(lambda *xs: loss(list(xs[:2]), list(xs[2:])), [0.5, 0.5, sign, 1.0])[0])
