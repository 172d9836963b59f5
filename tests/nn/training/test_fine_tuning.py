"""Fine-tuning: a network that knows some digits learns others, with its first layers frozen to the bit."""

from typing import Any

from nn import MLP, accuracy, cross_entropy
from nn.data import Batches, Labelled, digits
from nn.optim import SGD, AdamW
from nn.training.fit import fit


def some(samples: list[Labelled], classes: range, count: int) -> list[Labelled]:
    """The first samples of these classes, which are counted from 0."""
    return [(pixels, label - classes[0]) for pixels, label in samples if label in classes][:count]


def bits(model: MLP, layers: str) -> list[str]:
    return [parameter.data.hex() for name, parameter in model.named_parameters() if name.startswith(layers)]


def test_a_network_of_0_to_4_learns_5_to_9_with_its_first_layer_frozen() -> None:
    train, test = digits()
    low, high = (some(list(train), classes, 150) for classes in (range(5), range(5, 10)))
    seen, unseen = (some(list(test), classes, 100) for classes in (range(5), range(5, 10)))
    model = MLP(64, [24, 12, 5], activation="tanh", rng=0)

    first = fit(model, cross_entropy, Batches(low, 10, 0), SGD(model.parameters(), 0.1, momentum=0.9), epochs=2)
    assert first[-1].loss < first[0].loss
    assert accuracy(model, seen) > 0.9
    assert accuracy(model, unseen) < 0.4

    model.freeze("layers.0")
    frozen, free = bits(model, "layers.0."), bits(model, "layers.1.")
    optimizer: Any = AdamW(model.parameters(), 0.03, weight_decay=0.1)
    history = fit(
        model, cross_entropy, Batches(high, 10, 0), optimizer, epochs=8, validation=unseen[:20], clip_norm=5.0,
        noise=0.001, rng=0,
    )  # fmt: skip
    assert bits(model, "layers.0.") == frozen
    assert all(now != then for now, then in zip(bits(model, "layers.1."), free, strict=True))
    assert history[-1].update_ratios["layers.0"] == 0.0
    assert history[-1].gradient_norms["layers.0"] > 0.0
    assert accuracy(model, unseen) > 0.7

    model.unfreeze()
    fit(model, cross_entropy, Batches(high, 10, 0), optimizer, epochs=1)
    assert all(now != then for now, then in zip(bits(model, "layers.0."), frozen, strict=True))
