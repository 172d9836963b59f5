"""micrograd's moons demo: code written for micrograd runs with nothing but its imports replaced, and learns."""

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd_core import Value, compile
from nn import MLP
from nn.data import moons
from nn.losses import hinge_loss
from nn.optim import SGD
from nn.schedules import linear
from nn.training.fit import fit
from nn.training.regularisation import l2_penalty


def demo(seed: int, decorator: Callable[[Any], Any]) -> list[tuple[float, float]]:
    """Return the loss and the accuracy of each step; the body of the loop is a function, which may be decorated."""
    random.seed(seed)
    samples = moons(100, noise=0.1, rng=1337)
    X = [features for features, _ in samples]
    y = [2 * label - 1 for _, label in samples]

    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337

    def loss() -> tuple[Any, Any]:
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores: list[Any] = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    @decorator
    def step(k: int) -> tuple[float, float]:
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        return total_loss.data, acc

    return [step(k) for k in range(100)]


@pytest.mark.parametrize("seed", [1337, 2])
def test_the_moons_demo_reaches_100_percent(seed: int) -> None:
    loss, accuracy = demo(seed, lambda step: step)[-1]
    assert accuracy == 1.0
    assert loss < 0.1


def test_a_decorator_compiles_the_demo() -> None:
    expected, found = demo(2, lambda step: step), demo(2, compile)
    assert [accuracy for _, accuracy in found] == [accuracy for _, accuracy in expected]
    assert [loss for loss, _ in found] == pytest.approx([loss for loss, _ in expected], rel=1e-9)


def test_fit_makes_the_same_steps() -> None:
    samples = [(features, 2 * label - 1) for features, label in moons(20, noise=0.1, rng=1337)]
    model = MLP(2, [4, 4, 1], rng=1337)
    twin = copy.deepcopy(model)
    losses = []
    for k in range(5):
        scores = [model(features) for features, _ in samples]
        data_loss: Any = sum((1 + -yi * scorei).relu() for (_, yi), scorei in zip(samples, scores, strict=True))
        total_loss = data_loss * (1.0 / len(samples)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total_loss.backward()
        losses.append(total_loss.data)
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 5) * p.grad

    history = fit(
        twin,
        lambda scores, sides: hinge_loss(scores, sides) + l2_penalty(twin, 1e-4),
        samples,
        SGD(twin.parameters(), linear(1.0, 0.1, 5)),
        epochs=5,
        watch=False,
    )
    assert history.column("loss") == pytest.approx(losses, rel=1e-9)
    assert [p.data for p in twin.parameters()] == pytest.approx([p.data for p in model.parameters()], rel=1e-9)
