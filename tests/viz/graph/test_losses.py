"""Losses as boxes: each has a name and a formula, whether `nn` computes it or the user writes it by hand."""

import math
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import InputError, Value
from viz.graph.graph import BOXES

LAYERS = {"layers.0": "relu(W x + b)", "layers.1": "relu(W x + b)", "layers.2": "W x + b"}


def formulas(root: Value, **options: Any) -> dict[str, str]:
    """The formulas of the boxes of a picture."""
    return {node.name: node.formula for node in viz.draw(root, **options).graph.nodes if node.kind in BOXES}


@pytest.fixture
def model() -> nn.MLP:
    model = nn.MLP(4, [3, 3, 2])
    for index, parameter in enumerate(model.parameters()):
        parameter.data = math.sin(index)
    return model


BINARY = "binary cross entropy", "-(t log(p) + (1 - t) log(1 - p))"
HINGE = "hinge", "max(0, 1 - t y)"
HUBER = "huber", "d**2 / 2, or c (|d| - c / 2), d = y - t"
SMOOTH = "smooth l1", "d**2 / (2 c), or |d| - c / 2, d = y - t"
SOFT = "soft margin", "log(1 + exp(-t y))"


@pytest.mark.parametrize(
    ("loss", "name", "text"),
    [
        (lambda y: nn.cross_entropy([y, y[::-1]], [1, 0]), "cross entropy", "log(sum(exp(x))) - x[t]"),
        (lambda y: sum(ag.logsumexp(z) - z[0] for z in (y, y[::-1])), "cross entropy", "log(sum(exp(x))) - x[t]"),
        (lambda y: -sum(ag.log_softmax(z)[0] for z in (y, y)), "cross entropy", "log(sum(exp(x))) - x[t]"),
        (lambda y: sum(p * p for p in ag.softmax(y)), "softmax", "exp(x) / sum(exp(x))"),
        (lambda y: nn.mse_loss(y, [0.0, 1.0]), "squared error", "(y - t)**2"),
        (lambda y: sum((a - 1.0) ** 2 for a in y), "squared error", "(y - t)**2"),
        (lambda y: ag.log(sum((a - 1.0) ** 2 for a in y) + 1.0), "squared error", "sum((y - t)**2)"),
        (lambda y: nn.hinge_loss(y, [1, -1]), *HINGE),
        (lambda y: sum(ag.relu(1.0 - a) for a in y), *HINGE),
        (lambda y: sum((1 + -t * a).relu() for a, t in zip(y, (1, -1), strict=True)) * 0.5, *HINGE),
        (lambda y: sum(ag.maximum(0.0, 1 - a) for a in y), *HINGE),
        (lambda y: nn.soft_margin_loss(y, [1, -1]), *SOFT),
        (lambda y: nn.multi_margin_loss([y, y[::-1]], [1, 0]), "multi-margin", "sum(max(0, c - x[t] + x[i]))"),
        (lambda y: nn.l1_loss(y, [0.0, 1.0]), "absolute error", "|y - t|"),
        (lambda y: nn.huber_loss(y, [9.0, -9.0]), *HUBER),
        (lambda y: nn.huber_loss([a * 0.1 for a in y], [0.0, 0.1]), *HUBER),
        (lambda y: sum(2.0 * (abs(a - 9.0) - 1.0) for a in y), *HUBER),
        (lambda y: sum(0.5 * d * d for d in (a - 1.0 for a in y)), "squared error", "(y - t)**2 / 2"),
        (lambda y: nn.smooth_l1_loss(y, [9.0, -9.0]), *SMOOTH),
        (lambda y: sum(abs(a - 9.0) - 0.5 for a in y), *SMOOTH),
        (lambda y: sum(0.5 * d * (d / 2.0) for d in (a - 1.0 for a in y)), *SMOOTH),
        (
            lambda y: nn.cosine_embedding_loss([y, y[::-1]], [[1.0, 2.0], [2.0, 0.5]], [1, -1]),
            "cosine embedding",
            "1 - cos(a, b), or max(0, cos(a, b) - c)",
        ),
        (lambda y: nn.kl_div(y, [0.3, 0.7]), "KL divergence", "t (log(t) - x)"),
        (lambda y: nn.binary_cross_entropy_with_logits(y, [1.0, 0.0]), *BINARY),
        (lambda y: nn.binary_cross_entropy_with_logits(y, [0.25, 0.5]), *BINARY),
        (lambda y: nn.binary_cross_entropy([ag.sigmoid(a) for a in y], [1.0, 0.0]), *BINARY),
        (lambda y: -sum(ag.log(p) + 0.5 * ag.log(1 - p) for p in map(ag.sigmoid, y)), *BINARY),
    ],
)
def test_a_loss_is_a_box_with_its_formula(model: nn.MLP, loss: Any, name: str, text: str) -> None:
    found = formulas(loss(model([1.0, 2.0, 3.0, 4.0])))
    last = {"layers.2": found.pop("layers.2")}  # its activation may be a sigmoid
    assert {**found, **last} == {**LAYERS, **last, name: text}


def test_no_loss_is_seen_in_other_functions(model: nn.MLP) -> None:
    found = formulas(ag.sum([ag.relu(2.0 - a) for a in model([1.0, 2.0, 3.0, 4.0])]))
    assert found == {**LAYERS, "operations": "- relu"}
    positive = formulas(ag.sum([ag.softplus(a) for a in model([1.0, 2.0, 3.0, 4.0])]))
    assert positive == {**LAYERS, "operations": "softplus"}


def test_the_functions_with_which_a_loss_begins_are_in_its_box(model: nn.MLP) -> None:
    found = formulas(nn.binary_cross_entropy_with_logits(model([1.0, 2.0, 3.0, 4.0]), [1.0, 0.0]))
    assert found["layers.2"] == "W x + b"


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (lambda w: w * w, "0.01 sum(w**2)"),
        (lambda w: w**2, "0.01 sum(w**2)"),
        (abs, "0.01 sum(|w|)"),
        (ag.exp, "exp + *"),
    ],
)
def test_the_loss_of_micrograd_is_a_hinge_and_a_penalty(model: nn.MLP, term: Any, text: str) -> None:
    """The loss of its demo, written as there."""
    scores = [model([1.0, x, 3.0, 4.0])[0] for x in (1.0, 2.0, 3.0)]
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip((1, -1, 1), scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = 0.01 * sum(term(p) for p in model.parameters())
    assert formulas(data_loss + reg_loss) == {**LAYERS, "hinge": HINGE[1], "penalty": text}


def test_the_name_of_a_loss_may_be_guessed(model: nn.MLP) -> None:
    loss = nn.mse_loss(model([1.0, 2.0, 3.0, 4.0]), [0.0, 1.0])
    for near in ("squared", "squared eror"):
        with pytest.raises(InputError, match="did you mean 'squared error'"):
            viz.draw(loss, open=near)


def test_a_logsigmoid_of_the_user_is_no_binary_cross_entropy() -> None:
    """Such as the loss of preferences, which has no targets."""
    model = nn.MLP(2, [8, 1], rng=1)
    margins = [model([x, 1.0]) - model([x, 2.0]) for x in (0.1, 0.2)]
    root = -ag.sum([ag.logsigmoid(margin) for margin in margins])
    assert isinstance(root, Value)
    names = [node.name for node in viz.draw(root, collapse="layer").graph.nodes]
    assert "binary cross entropy" not in names
    loss = nn.binary_cross_entropy_with_logits([model([x, 1.0]) for x in (0.1, 0.2)], [1.0, 0.0])
    assert isinstance(loss, Value)
    assert "binary cross entropy" in [node.name for node in viz.draw(loss, collapse="layer").graph.nodes]
