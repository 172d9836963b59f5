"""micrograd's moons demo: code written for micrograd runs with nothing but its imports replaced, and learns."""

import random
from typing import Any

import pytest

from autograd_core import Value
from nn import MLP
from nn.data import moons


@pytest.mark.parametrize("seed", [1337, 2])
def test_the_moons_demo_reaches_100_percent(seed: int) -> None:
    random.seed(seed)
    samples = moons(100, noise=0.1, rng=1337)
    X = [features for features, _ in samples]
    y = [2 * label - 1 for _, label in samples]

    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337

    def loss() -> tuple[Any, float]:
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores: list[Any] = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    for k in range(100):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad

    assert acc == 1.0
    assert total_loss.data < 0.1
