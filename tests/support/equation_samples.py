"""Networks, losses and samples whose equations are tested."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

import nn
from nn.layers.activations import TABLE
from recurrent_networks import Read


def fourth_powers(outputs: Any, targets: Any) -> Any:
    """A cost without a name: no multiple of another cost has its value and its gradient."""
    samples = zip(outputs, targets, strict=True)
    return sum((a - y) ** 4 for sample, wanted in samples for a, y in zip(sample, wanted, strict=True))


LOSSES: Final[dict[str, Callable[..., Any]]] = {
    "squared error": nn.mse_loss,
    "cross-entropy": nn.cross_entropy,
    "binary cross-entropy with logits": nn.binary_cross_entropy_with_logits,
    "binary cross-entropy": nn.binary_cross_entropy,
    "other": fourth_powers,
}


@st.composite
def perceptrons(draw: st.DrawFn) -> tuple[nn.MLP, str, tuple[list[float], Any]]:
    """A perceptron of any activation, a loss, and a sample."""
    cost = draw(st.sampled_from(sorted(LOSSES)))
    nin, nout = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    hidden = draw(st.lists(st.integers(1, 4), max_size=2))
    output = "sigmoid" if cost == "binary cross-entropy" else draw(st.sampled_from(("linear", "tanh", "softsign")))
    activation = draw(st.sampled_from(sorted(TABLE)))
    model = nn.MLP(nin, [*hidden, nout], activation=activation, output=output, rng=draw(st.integers(0, 9999)))
    eighths = st.integers(-12, 12).map(lambda k: k / 8.0)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = draw(eighths)
    features = draw(st.lists(eighths, min_size=nin, max_size=nin))
    if cost == "cross-entropy":
        return model, cost, (features, draw(st.integers(0, nout - 1)))
    targets = (0.0, 1.0) if cost.startswith("binary") else (-3.0, 3.0)
    return model, cost, (features, draw(st.lists(st.sampled_from(targets), min_size=nout, max_size=nout)))


@st.composite
def recurrent(draw: st.DrawFn) -> tuple[Read, list[list[float]], list[float]]:
    """A recurrent network of any kind, with or without a head, and a sample."""
    kind = draw(st.sampled_from((nn.RNN, nn.LSTM, nn.GRU)))
    inputs, hidden, layers = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    options = {"nonlinearity": draw(st.sampled_from(("tanh", "relu")))} if kind is nn.RNN else {}
    cells = kind(inputs, hidden, layers, bias=draw(st.booleans()), rng=draw(st.integers(0, 9999)), **options)
    outputs, every_step = draw(st.integers(0, 2)), draw(st.booleans())
    eighths = st.integers(-12, 12).map(lambda k: k / 8.0)
    sequence = draw(st.lists(st.lists(eighths, min_size=inputs, max_size=inputs), min_size=1, max_size=4))
    count = (outputs or hidden) * (len(sequence) if every_step else 1)
    return Read(cells, outputs, every_step), sequence, [3.0 if i % 2 else -3.0 for i in range(count)]
