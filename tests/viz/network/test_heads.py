"""Softmax, batch normalisation and other functions around dense layers: read rightly, or refused with what is true."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import InputError, Value
from equation_programs import check_program, swept
from recurrent_networks import SEQUENCE, Read
from viz import equations, walkthrough
from viz.lessons.lesson import lesson
from viz.network.batch import scalar_product
from viz.network.perceptron import perceptron

X: Final = [0.5, -1.0, 2.0]


def ending_with(*last: nn.Module, seed: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, rng=seed), nn.Tanh(), nn.Linear(4, 3, rng=seed + 1), *last)


def log_loss(outputs: Any, targets: Any) -> Any:
    return -outputs[0][targets[0]].log()


LOSSES: Final[list[tuple[nn.Module, Callable[..., Any], Any, str]]] = [
    (nn.Softmax(), log_loss, 2, "cross-entropy"),
    (nn.LogSoftmax(), nn.nll_loss, 2, "cross-entropy"),
    (nn.Softmax(), nn.mse_loss, [0.0, 1.0, 0.0], "squared error of the softmax"),
    (nn.Softmax(), nn.cross_entropy, 1, "other"),
]


@pytest.mark.parametrize(("last", "loss", "target", "cost"), LOSSES)
@pytest.mark.hypothesis
@given(seed=st.integers(0, 999))
def test_a_softmax_at_the_end_is_a_part_of_the_cost(
    last: nn.Module, loss: Callable[..., Any], target: Any, cost: str, seed: int
) -> None:
    model = ending_with(last, seed=seed)
    found = perceptron(model, loss, (X, target))
    gradients = swept(model, loss, (X, target))
    assert found.cost.name == cost
    assert list(found.layers[-1].deltas) == [gradients[f"2.neurons.{j}.b"] for j in range(3)]
    assert found.cost.predicted == pytest.approx([p.data for p in nn.Softmax()(ending_with(seed=seed)(X))], rel=1e-12)
    if cost == "cross-entropy":
        left = [p - (j == target) for j, p in enumerate(found.cost.predicted)]
        assert found.layers[-1].deltas == pytest.approx(left, abs=1e-12)
    told = check_program(model, loss, (X, target))
    name = "softmax" if type(last) is nn.Softmax else "log-softmax"
    assert f"The {name} of the model is a part of the cost here, and a are the scores before it." in told.text


def test_the_text_of_a_walkthrough_says_that_the_softmax_is_a_part_of_the_cost() -> None:
    text = walkthrough(ending_with(nn.Softmax()), nn.cross_entropy, [(X, 1)]).text
    assert "The softmax of the model is a part of the cost here; the outputs are the scores before it." in text
    assert re.search(r"output +a +p +p should be +cost", text)
    assert "softmax of the model" not in walkthrough(ending_with(), nn.cross_entropy, [(X, 1)]).text


class Shares(nn.Module):
    """Outputs that are divided by their sum."""

    def __init__(self) -> None:
        self.layer = nn.Layer(2, 3, activation="sigmoid", rng=1)

    def __call__(self, x: Any) -> Any:
        a = self.layer(x)
        return [one / (a[0] + a[1] + a[2]) for one in a]


def test_another_function_of_all_scores_is_a_part_of_the_cost_too() -> None:
    told = check_program(Shares(), nn.mse_loss, ([0.5, 1.0], [1.0, 0.0, 0.0]))
    assert told.network.head == "last step"
    assert told.network.cost.name == "other"


def test_the_softmax_of_each_step_is_a_part_of_the_cost() -> None:
    class Steps(nn.Module):
        def __init__(self) -> None:
            self.read = Read(nn.RNN(2, 2, rng=1), 3, every_step=True)

        def __call__(self, sequence: Any) -> Any:
            scores = self.read(sequence)
            return [p for k in range(0, len(scores), 3) for p in nn.Softmax()(scores[k : k + 3])]

    def loss(outputs: Any, targets: Any) -> Any:
        return -sum((outputs[0][3 * t + k].log() for t, k in enumerate(targets[0])), Value(0.0))

    told = check_program(Steps(), loss, (SEQUENCE, [0, 2, 1, 0]))
    assert told.network.cost.name == "cross-entropy"
    assert told.network.cost.groups == 4
    assert "The softmax of the model is a part of the cost here" in told.text


# ---- Batch normalisation in eval mode, and other activations with parameters -----------------------------------------


def normalised(affine: bool = True) -> nn.Sequential:
    norm = nn.BatchNorm1d(4, affine=affine)
    model = nn.Sequential(nn.Linear(3, 4, rng=1), norm, nn.Tanh(), nn.Linear(4, 2, rng=2))
    norm([[1.0, 2.0, 3.0, 4.0], [-2.0, 0.5, 1.0, 0.25]])
    for k, value in enumerate(model.parameters()):
        value.data += (k % 5 - 2) / 16.0
    return model.eval()


@pytest.mark.parametrize("affine", [True, False])
def test_batch_normalisation_in_eval_mode_is_an_affine_part_of_the_activation(affine: bool) -> None:
    told = check_program(normalised(affine), nn.cross_entropy, (X, 1))
    assert "Layer 1: 4 neurons, affine, then tanh" in told.text
    assert told.numpy.count("def activation") == 2  # with a constant for each neuron
    assert ("The activations have parameters p of their own" in told.text) == affine
    assert "The neurons have different constants in their activations" in told.text


def test_parameters_of_activations_count_in_the_angles_and_are_said_to_be_left_out() -> None:
    samples = [(X, 1), ([1.0, 0.25, -0.5], 0), ([0.0, 1.0, 1.0], 0)]
    model = normalised()
    gradients = nn.per_sample_gradients(model, nn.cross_entropy, samples)
    mean = gradients.mean(axis=0)
    cosines = [float(g @ mean / math.sqrt((g @ g) * (mean @ mean))) for g in gradients]
    made = lesson(model, nn.cross_entropy, samples)
    assert made.angles() == pytest.approx([math.degrees(math.acos(cosine)) for cosine in cosines], rel=1e-9)
    assert "The activations have 8 parameters of their own, which are not shown here" in made.remarks(made.chosen)


def test_a_parameter_of_several_activations_counts_once() -> None:
    class Prelus(nn.Module):
        def __init__(self) -> None:
            self.first, self.last, self.slope = nn.Linear(3, 3, rng=1), nn.Linear(3, 2, rng=2), Value(0.25)

        def __call__(self, x: Any) -> Any:
            return [z.leaky_relu(self.slope) for z in self.last([z.leaky_relu(self.slope) for z in self.first(x)])]

    samples = [(X, [1.0, 0.0]), ([1.0, 0.25, -0.5], [3.0, 2.0])]
    gradients = nn.per_sample_gradients(Prelus(), nn.mse_loss, samples)
    found = [perceptron(Prelus(), nn.mse_loss, sample) for sample in samples]
    assert scalar_product(*found) == pytest.approx(float(gradients[0] @ gradients[1]), rel=1e-12)
    check_program(Prelus(), nn.mse_loss, samples[0])


def test_a_slope_that_is_learned_is_a_parameter_of_the_activation() -> None:
    class Prelu(nn.Module):
        def __init__(self) -> None:
            self.linear, self.slope = nn.Linear(2, 2, rng=1), Value(0.25)

        def __call__(self, x: Any) -> Any:
            return [z.leaky_relu(self.slope) for z in self.linear(x)]

    told = check_program(Prelu(), nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert re.search(r"(?m)^slope +0\.25 +-?\d", told.text)


# ---- What is refused -------------------------------------------------------------------------------------------------


class Detour(nn.Module):
    """Two layers, and what the second one takes."""

    def __init__(self, between: Callable[[Any, Any, Any], Any]) -> None:
        self.first, self.other, self.last = nn.Linear(3, 3, rng=1), nn.Linear(3, 3, rng=2), nn.Linear(3, 2, rng=3)
        self.between = between

    def __call__(self, x: Any) -> Any:
        h = [z.tanh() for z in self.first(x)]
        return self.last(self.between(self, h, x))


def hidden(*between: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 3, rng=1), *between, nn.Linear(3, 2, rng=2))


class Second(nn.Module):
    """A model that returns one of its probabilities."""

    def __init__(self) -> None:
        self.layer = nn.Linear(3, 2, rng=1)

    def __call__(self, x: Any) -> Any:
        return [nn.Softmax()(self.layer(x))[1]]


REFUSED: Final[list[tuple[nn.Module, str]]] = [
    (hidden(nn.Softmax()), "input 0 of part 2 depends on 3 weighted sums of part 0 together, as after a softmax"),
    (hidden(nn.LayerNorm(3)), "part 1 is no dense layer: its neurons have different inputs, as those of a convolution"),
    (
        Detour(lambda net, h, x: [a + b for a, b in zip(h, x, strict=True)]),
        "the add after first takes a feature of the sample, too, as in a detour around the layer",
    ),
    (
        Detour(lambda net, h, x: [a * x[0] + x[1] for a in h]),
        "after first takes a feature of the sample, too",
    ),
    (
        Detour(lambda net, h, x: [a + b.tanh() for a, b in zip(h, net.other(h), strict=True)]),
        "input 0 of last depends on 2 weighted sums, of other, first, as where a detour leads around a layer",
    ),
    (Detour(lambda net, h, x: [*h[:2], x[0] * 2.0]), "input 2 of last depends on none, as a constant or a feature"),
]


@pytest.mark.parametrize(("model", "said"), REFUSED)
def test_other_graphs_are_refused_with_what_they_have(model: nn.Module, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        walkthrough(model, nn.cross_entropy, [(X, 1)])
    with pytest.raises(InputError, match=re.escape(said)):
        equations(model, nn.cross_entropy, (X, 1))


def test_one_of_several_probabilities_is_refused() -> None:
    said = "output 0 of the model depends on 2 weighted sums of layer together, as after a softmax"
    with pytest.raises(InputError, match=said):
        walkthrough(Second(), nn.mse_loss, [(X, [1.0])])


def test_a_layer_that_is_used_twice_is_one_of_two_steps() -> None:
    model = Detour(lambda net, h, x: [z.tanh() for z in net.first(h)])
    with pytest.raises(
        InputError, match="expected layers that are used once, but the weights of first are used several"
    ):
        walkthrough(model, nn.cross_entropy, [(X, 1)])
    assert repr(check_program(model, nn.cross_entropy, (X, 1))).startswith("Equations(2 steps of ")


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("steps", [1, 4])
def test_a_walkthrough_of_a_recurrent_network_says_what_unfolds_it(kind: Any, steps: int) -> None:
    with pytest.raises(InputError, match=r"weights of rnn.cells.0 .* viz.equations\(model, loss, sample\) unfolds"):
        walkthrough(Read(kind(2, 3, rng=1), 2), nn.mse_loss, [(SEQUENCE[:steps], [1.0, 0.0])])


def test_batch_normalisation_of_the_features_is_refused() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2, rng=1)).eval()
    said = "part 0 multiplies each feature by a parameter of its own, as a normalisation of the features does"
    with pytest.raises(InputError, match=said):
        walkthrough(model, nn.cross_entropy, [(X, 1)])
    with pytest.raises(InputError, match=said):
        equations(model, nn.cross_entropy, (X, 1))


def test_features_may_have_any_form_that_the_model_takes() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(2, 2, rng=1)

        def __call__(self, x: Any) -> Any:
            return self.layer([x["width"], x["height"] + 1.0])

    made = lesson(Named(), nn.cross_entropy, [({"width": 0.5, "height": 2.0}, 1)])
    assert made.chosen.features == (0.5, 3.0)
    check_program(Named(), nn.cross_entropy, ({"width": 0.5, "height": 2.0}, 1))


def test_features_that_are_put_on_a_scale_are_no_detour() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.Linear(3, 2, rng=1)).eval()
    assert perceptron(model, nn.cross_entropy, (X, 1)).features == pytest.approx(X, rel=1e-4)


def test_batch_normalisation_without_running_statistics_says_that_eval_does_not_help() -> None:
    model = hidden(nn.BatchNorm1d(3, track_running_stats=False)).eval()
    with pytest.raises(InputError, match=r"in eval.. mode, too, .* make it with track_running_stats=True"):
        walkthrough(model, nn.cross_entropy, [(X, 1)])


def test_a_layer_is_not_taken_for_one_of_a_state_by_its_name_alone() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            self.hh, self.last = nn.Layer(3, 3, activation="tanh", rng=1), nn.Linear(3, 2, rng=2)

        def __call__(self, x: Any) -> Any:
            return self.last(self.hh(x))

    assert [layer.name for layer in perceptron(Named(), nn.cross_entropy, (X, 1)).layers] == ["hh", "last"]


def test_two_heads_are_a_layer_with_both_names() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            self.body, self.left, self.right = nn.Linear(3, 4, rng=1), nn.Linear(4, 1, rng=2), nn.Linear(4, 2, rng=3)

        def __call__(self, x: Any) -> Any:
            h = [z.tanh() for z in self.body(x)]
            return [*self.left(h), *self.right(h)]

    told = check_program(Heads(), nn.mse_loss, (X, [1.0, 0.0, 2.0]))
    assert "Layer 2, left, right: 3 neurons, linear" in told.text


def test_a_constant_that_is_equal_to_a_feature_is_no_detour() -> None:
    model = Detour(lambda net, h, x: [a * 0.5 - 1.0 for a in h])
    assert len(perceptron(model, nn.cross_entropy, (X, 1)).layers) == 2
