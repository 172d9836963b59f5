"""Networks read as layers: the numbers are those of the graph, however the network was written."""

import math
import random
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import InputError, OperandTypeError, Value, affine, no_grad, topological_order
from viz.network.batch import agreement, mean_gradient, scalar_product
from viz.network.costs import recognise
from viz.network.perceptron import Perceptron, perceptron
from viz.network.sensitivity import most_sensitive

SMOOTH: Final = ("linear", "tanh", "sigmoid", "softplus", "gelu", "silu", "elu", "relu", "leaky_relu")
COSTS: Final[dict[str, Callable[..., Any]]] = {
    "squared error": nn.mse_loss,
    "cross-entropy": nn.cross_entropy,
    "binary cross-entropy with logits": nn.binary_cross_entropy_with_logits,
}

numbers = st.floats(-2.0, 2.0)


@st.composite
def networks(draw: st.DrawFn, outputs: int = 2) -> tuple[nn.MLP, list[float]]:
    """A perceptron with one to three layers, and the features of a sample."""
    nin = draw(st.integers(1, 4))
    hidden = draw(st.lists(st.integers(1, 4), max_size=2))
    model = nn.MLP(
        nin,
        [*hidden, outputs],
        activation=draw(st.sampled_from(SMOOTH)),
        output=draw(st.sampled_from(("linear", "tanh", "sigmoid"))),
        rng=draw(st.integers(0, 999)),
    )
    for bias in (neuron.b for layer in model.layers for neuron in layer.neurons):
        bias.data = draw(numbers)
    return model, draw(st.lists(numbers, min_size=nin, max_size=nin))


def swept(model: nn.Module, loss: Callable[..., Any], sample: tuple[Any, Any]) -> None:
    """Put the gradients of the cost of a sample into `.grad`."""
    model.zero_grad()
    loss([model(sample[0])], [sample[1]]).backward()


def close(a: float, b: float, size: float = 1.0) -> bool:
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-13 * size + 1e-300)


@pytest.mark.hypothesis
@given(networks(), st.sampled_from(sorted(COSTS)), st.integers(0, 1))
def test_products_of_both_ends_are_the_gradients(network: tuple[nn.MLP, list[float]], cost: str, label: int) -> None:
    model, features = network
    sample = (features, label if cost == "cross-entropy" else [float(label), 1.0 - label])
    swept(model, COSTS[cost], sample)
    before = [parameter.grad for parameter in model.parameters()]
    found = perceptron(model, COSTS[cost], sample)
    assert [parameter.grad for parameter in model.parameters()] == before
    for layer, module in zip(found.layers, model.layers, strict=True):
        assert layer.weights == tuple(tuple(neuron.w) for neuron in module.neurons)
        for neuron, delta in zip(module.neurons, layer.deltas, strict=True):
            assert [weight.grad for weight in neuron.w] == [delta * x for x in layer.x]
            assert neuron.b.grad == delta


@pytest.mark.hypothesis
@given(networks(), st.integers(0, 1))
def test_desired_changes_are_handed_back(network: tuple[nn.MLP, list[float]], label: int) -> None:
    """Columns add up to the desired changes of the layer before, and error signals are these times slopes."""
    model, features = network
    found = perceptron(model, nn.cross_entropy, (features, label))
    for layer, after in zip(found.layers, found.layers[1:], strict=False):
        for index, desired in enumerate(layer.desired):
            asked = [-delta * row[index].data for row, delta in zip(after.weights, after.deltas, strict=True)]
            assert close(desired, math.fsum(asked), max(map(abs, asked)))
    for layer in found.layers:
        for delta, desired, slope in zip(layer.deltas, layer.desired, layer.slopes, strict=True):
            assert close(delta, -desired * slope, abs(desired))
    for before, layer in zip(found.layers, found.layers[1:], strict=False):
        assert before.a == layer.x


@pytest.mark.hypothesis
@given(networks(), st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=4))
def test_the_mean_over_samples_is_the_gradient_of_the_batch(
    network: tuple[nn.MLP, list[float]], others: list[list[float]]
) -> None:
    model, features = network
    batch = [(features, 0), *((other[: len(features)], 1) for other in others)]
    model.zero_grad()
    nn.cross_entropy([model(x) for x, _ in batch], [y for _, y in batch]).backward()
    found = [perceptron(model, nn.cross_entropy, sample) for sample in batch]
    for layer, module in enumerate(model.layers):
        for index, neuron in enumerate(module.neurons):
            sizes = [abs(delta) * 2.0 for sample in found for delta in sample.layers[layer].deltas]
            for source, weight in [*enumerate(neuron.w), (None, neuron.b)]:
                assert close(mean_gradient(found, layer, index, source), weight.grad, 10.0 * max(sizes))


@pytest.mark.hypothesis
@given(networks())
def test_scalar_products_are_those_of_the_gradients(network: tuple[nn.MLP, list[float]]) -> None:
    model, features = network
    samples = [(features, 0), ([-x + 0.5 for x in features], 1)]
    gradients = []
    for sample in samples:
        swept(model, nn.cross_entropy, sample)
        gradients.append([parameter.grad for parameter in model.parameters()])
    one, other = (perceptron(model, nn.cross_entropy, sample) for sample in samples)
    expected = math.fsum(a * b for a, b in zip(*gradients, strict=True))
    assert close(scalar_product(one, other), expected, math.hypot(*gradients[0]) * math.hypot(*gradients[1]) * 10.0)
    assert all(-1.0 <= cosine <= 1.0 or math.isnan(cosine) for cosine in agreement([one, other]))


def test_agreement_of_equal_and_opposite_samples() -> None:
    model = nn.MLP(1, [1], rng=1)
    model.layers[0].neurons[0].w[0].data = 0.0
    up, down = (perceptron(model, nn.mse_loss, ([1.0], [target])) for target in (1.0, -1.0))
    assert agreement([up, up]) == pytest.approx([1.0, 1.0])
    assert all(math.isnan(cosine) for cosine in agreement([up, down]))  # the mean is 0 and has no direction
    assert agreement([up, up, down]) == pytest.approx([1.0, 1.0, -1.0])


def test_agreement_of_many_samples_is_that_of_their_gradients_and_takes_one_pass() -> None:
    model = nn.MLP(3, [4, 2], activation="tanh", rng=1)
    draw = random.Random(5)
    batch = [([draw.gauss() for _ in range(3)], draw.randrange(2)) for _ in range(40)]
    samples = [perceptron(model, nn.cross_entropy, sample) for sample in batch]
    gradients = nn.per_sample_gradients(model, nn.cross_entropy, batch)
    mean = gradients.mean(axis=0)
    lengths = np.linalg.norm(gradients, axis=1) * np.linalg.norm(mean)
    assert agreement(samples) == pytest.approx(list(gradients @ mean / lengths), rel=1e-12)
    assert calls_of(lambda: agreement(samples)) < 2.5 * calls_of(lambda: agreement(samples[:20]))


def calls_of(function: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def in_the_style_of_micrograd(x: list[float]) -> list[Value]:
    hidden = [sum((w * xi for w, xi in zip(row, x, strict=True)), b).tanh() for row, b in zip(W, B, strict=True)]
    return [sum((w * h for w, h in zip(V, hidden, strict=True)), C)]


W = [[Value(0.1), Value(-0.2)], [Value(0.3), Value(0.4)]]
B = [Value(0.5), Value(-0.5)]
V = [Value(1.0), Value(-1.5)]
C = Value(0.25)
NAMED = [
    *((f"first.weight.{i}.{j}", W[i][j]) for i in range(2) for j in range(2)),
    *((f"first.bias.{i}", B[i]) for i in range(2)),
    *((f"last.weight.0.{j}", V[j]) for j in range(2)),
    ("last.bias.0", C),
]


class Written:
    """A model written by hand, with the parameters above."""

    def __init__(self, function: Callable[[list[float]], Any]) -> None:
        self.function = function

    def named_parameters(self) -> list[tuple[str, Value]]:
        return NAMED

    def __call__(self, x: list[float]) -> Any:
        return self.function(x)


@pytest.mark.parametrize(
    "function",
    [
        in_the_style_of_micrograd,
        lambda x: affine([V], [z.tanh() for z in affine(W, x, B)], [C]),
        lambda x: affine([V], [(x[0] * w[0] + (b + w[1] * x[1])).tanh() for w, b in zip(W, B, strict=True)], [C])[0],
    ],
)
def test_networks_are_read_however_they_were_written(function: Callable[[list[float]], Any]) -> None:
    found = perceptron(Written(function), nn.mse_loss, ([1.0, 2.0], _target_like(function)))
    assert [(layer.name, layer.activation, len(layer.z)) for layer in found.layers] == [
        ("first", "tanh", 2),
        ("last", "linear", 1),
    ]
    assert found.layers[0].biases == tuple(B)
    assert found.layers[0].z == pytest.approx((0.2, 0.6), abs=1e-12)


def _target_like(function: Callable[[list[float]], Any]) -> Any:
    return [1.0] if isinstance(function([1.0, 2.0]), list) else 1.0


@pytest.mark.parametrize(
    ("cost", "target"),
    [
        ("squared error", [1.0, 0.0]),
        ("cross-entropy", 1),
        ("cross-entropy", [0.25, 0.75]),
        ("binary cross-entropy with logits", [1.0, 0.0]),
    ],
)
def test_costs_are_recognised(cost: str, target: Any) -> None:
    found = perceptron(nn.MLP(2, [3, 2], rng=1), COSTS[cost], ([0.5, -1.0], target)).cost
    assert found.name == cost
    assert sum(found.terms) == pytest.approx(found.total, rel=1e-12)


def test_probabilities_and_sums_are_recognised() -> None:
    model = nn.MLP(2, [3, 2], output="sigmoid", rng=1)
    found = perceptron(model, nn.binary_cross_entropy, ([0.5, -1.0], [1.0, 0.0])).cost
    assert (found.name, found.factor) == ("binary cross-entropy", 0.5)
    total = perceptron(model, lambda a, y: nn.mse_loss(a, y, reduction="sum"), ([0.5, -1.0], [1.0, 0.0])).cost
    assert (total.name, total.factor) == ("squared error", 2.0)


def test_a_cost_with_the_gradient_of_another_is_not_taken_for_it() -> None:
    assert recognise(0.3, [0.5, 1.5], [-0.5, 0.5], [1.0, 1.0]).name == "other"
    assert recognise(0.25, [0.5, 1.5], [-0.5, 0.6], [1.0, 1.0]).name == "other"
    assert recognise(0.0, [1.0], [0.0], object()).target == ()
    assert perceptron(nn.MLP(2, [2], rng=1), nn.huber_loss, ([0.5, -1.0], [9.0, -9.0])).cost.name == "other"


def test_real_changes_are_those_of_a_changed_network() -> None:
    model = nn.MLP(3, [4, 2], activation="tanh", rng=1)
    sample = ([0.5, -1.0, 2.0], 1)
    found = most_sensitive(perceptron(model, nn.cross_entropy, sample), 40)
    swept(model, nn.cross_entropy, sample)
    before = nn.cross_entropy([model(sample[0])], [1]).data
    assert len(found) == len(model.parameters())
    assert [abs(one.gradient) for one in found] == sorted((abs(p.grad) for p in model.parameters()), reverse=True)
    for one in found:
        assert one.gradient == one.parameter.grad
        kept, one.parameter.data = one.parameter.data, one.parameter.data + 0.1
        assert one.real == nn.cross_entropy([model(sample[0])], [1]).data - before
        one.parameter.data = kept


WRONG: Final[list[tuple[Any, Any, Any, type[Exception], str]]] = [
    (lambda x: x, nn.mse_loss, ([1.0], [1.0]), OperandTypeError, "named_parameters"),
    (nn.MLP(1, [1]), nn.mse_loss, [1.0, 2.0, 3.0], OperandTypeError, "a pair"),
    (nn.MLP(1, [1]), lambda a, y: 1.0, ([1.0], 1.0), OperandTypeError, "the loss to return a Value"),
    (nn.MLP, nn.mse_loss, ([1.0], 1.0), OperandTypeError, "got the class MLP; call it to make one"),
    (nn.ReLU(), nn.mse_loss, ([1.0], [1.0]), InputError, "a model with parameters, got a ReLU without any"),
    (nn.MLP(1, [2]), lambda a, y: a[0], ([1.0], 1.0), OperandTypeError, "got list; return one number"),
    (nn.Conv1d(1, 1, 2), lambda a, y: sum(a[0][0]), ([[1.0, 2.0, 3.0]], 1.0), OperandTypeError, "list of Values"),
    (nn.Embedding(3, 2), lambda a, y: sum(a[0]), (1, 1.0), InputError, "no output"),
]


@pytest.mark.parametrize(("model", "loss", "sample", "error", "words"), WRONG)
def test_other_models_are_refused(model: Any, loss: Any, sample: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        perceptron(model, loss, sample)


def test_a_penalty_is_refused() -> None:
    model = nn.MLP(2, [2, 1], rng=1)
    with pytest.raises(InputError, match="such as by a penalty"):
        perceptron(model, lambda a, y: nn.mse_loss(a, y) + nn.l2_penalty(model, 0.1), ([1.0, 2.0], 1.0))


def test_without_a_graph_there_is_nothing_to_read() -> None:
    with no_grad(), pytest.raises(OperandTypeError, match="no_grad"):
        perceptron(nn.MLP(2, [2, 1], rng=1), lambda a, y: nn.mse_loss(a, y).data, ([1.0, 2.0], 1.0))


def test_nothing_is_read_or_changed() -> None:
    model = nn.MLP(2, [2, 1], rng=1)
    for parameter in model.parameters():
        parameter.grad = 7.0
    found = perceptron(model, nn.mse_loss, ([1.0, 2.0], 1.0))
    assert isinstance(found, Perceptron)
    assert {parameter.grad for parameter in model.parameters()} == {7.0}
    assert all(node.grad in (0.0, 7.0) for node in topological_order(found.order[-1]))


def test_features_and_targets_may_be_arrays() -> None:
    model = nn.Linear(2, 2, rng=1)
    found = perceptron(model, nn.mse_loss, (np.array([0.5, -1.5]), np.array([2.0, 1.0])))
    expected = perceptron(model, nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert [layer.deltas for layer in found.layers] == [layer.deltas for layer in expected.layers]
    assert found.cost.name == "squared error"


class TwoActivations(nn.Module):
    """Both outputs depend on the first neuron alone."""

    def __init__(self) -> None:
        self.linear = nn.Linear(2, 2, rng=1)

    def __call__(self, x: Any) -> Any:
        z, _ = self.linear(x)
        return [z.tanh(), z.relu()]


def test_two_activations_of_one_neuron_are_refused() -> None:
    with pytest.raises(InputError, match="but two depend on the same one of linear"):
        perceptron(TwoActivations(), nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))


def test_a_weighted_sum_that_overflows_is_named() -> None:
    model = nn.MLP(2, [2, 1], activation="tanh", rng=1)
    model.layers[0].neurons[0].w[0].data = 1e308
    with pytest.raises(InputError, match=r"expected finite numbers, got inf as a weighted sum of layers\.0"):
        perceptron(model, nn.mse_loss, ([9.0, -1.5], [2.0]))
