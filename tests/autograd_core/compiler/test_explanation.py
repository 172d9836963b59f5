"""What `explain()` says. The texts of two networks are kept on disk.

After an intended change, write them again, read them, and commit them with the change:

    COMPILER_GOLDEN=write pytest tests/autograd_core/compiler/test_explanation.py
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

import autograd_core as ag
import nn
from autograd_core import TABLE, define_op
from autograd_core.compiler.blueprint import part_of

FOLDER: Final = Path(__file__).parent / "golden"


def moons() -> str:
    """The value and the gradients of a network for 20 points."""
    samples = nn.data.moons(20, rng=1)
    model = nn.MLP(2, [16, 16, 1], rng=1)

    def loss(points: Any, targets: Any) -> Any:
        model.zero_grad()
        loss = nn.mse_loss([model(x) for x in points], targets)
        loss.backward()
        return loss

    compiled = ag.compile(loss)
    compiled([list(map(float, x)) for x, _ in samples], [2.0 * label - 1.0 for _, label in samples])
    return compiled.explain()


def digits() -> str:
    """The same for images with 16 pixels, and sigmoids."""
    rng = Random(1)
    model = nn.Sequential(nn.Linear(16, 16, rng=1), nn.Sigmoid(), nn.Linear(16, 10, rng=2), nn.Sigmoid())

    def loss(images: Any, targets: Any) -> Any:
        model.zero_grad()
        loss = nn.mse_loss([model(x) for x in images], targets)
        loss.backward()
        return loss

    compiled = ag.compile(loss)
    compiled(
        [[rng.random() for _ in range(16)] for _ in range(8)], [[rng.random() for _ in range(10)] for _ in range(8)]
    )
    return compiled.explain()


@pytest.mark.parametrize("network", [moons, digits], ids=lambda f: str(f.__name__))
def test_networks(network: Callable[[], str]) -> None:
    path = FOLDER / f"{network.__name__}.txt"
    text = network() + "\n"
    assert max(map(len, text.splitlines())) <= 120
    if os.environ.get("COMPILER_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def explained(function: Callable[..., Any], *args: Any) -> str:
    compiled = ag.compile(function)
    compiled(*args)
    return " ".join(compiled.explain().split())


class TestReasons:
    def test_few_operations_of_a_kind(self) -> None:
        text = explained(lambda x: x[0] * x[1] + x[2] / x[3], [1.0, 2.0, 3.0, 4.0])
        assert "recorded as 3 operations on 4 inputs and 0 constants" in text
        assert "one after the other: " in text
        assert "There are too few operations of one kind at a time" in text

    def test_ops_without_a_kernel(self) -> None:
        text = explained(lambda xs: [ag.erf(x) for x in xs], [0.1 * k for k in range(20)])
        assert "called for each number: 20 erf. These ops have no formula for arrays here" in text

    def test_custom_ops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(TABLE, "bell", raising=False)
        bell = define_op("bell", lambda x: 1 / (1 + x * x), lambda x, y: -2 * x * y * y)
        text = explained(lambda xs: [bell(x) for x in xs], [0.1 * k for k in range(20)])
        assert "custom ops: 20 bell. They were made with define_op; their own function is called" in text

    def test_operands_in_no_order(self) -> None:
        rng = Random(1)
        pairs = [(rng.randrange(50), rng.randrange(50)) for _ in range(200)]
        text = explained(lambda xs: [xs[i] / xs[j] for i, j in pairs], [1.0] * 50)
        assert " div" in text.partition("together, by index tables: ")[2].partition(".")[0]

    def test_cost(self) -> None:
        text = explained(lambda xs: [x * 2.0 for x in xs], [1.0] * 64)
        assert text.endswith("A run takes 64 operations and 1,088 bytes of memory.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "x"),
        ("x[0][1]", "x"),
        ("p['w']", "p"),
        ("w.data", "w"),
        ("w.grad", "w.grad"),
        ("layers.0.neurons.3.w.1.data", "layers.0"),
        ("layers.0.neurons.3.w.1.grad", "layers.0.grad"),
        ("cell.input.w.0.data", "cell.input.w.0"),
    ],
)
def test_what_an_input_belongs_to(text: str, expected: str) -> None:
    assert part_of(text) == expected
