"""Per-sample gradients: each row is what `backward` gives for one sample, and nothing else changes."""

import gc
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import AnomalyError, InputError, OperandTypeError, ShapeError, Value, no_grad
from autograd_core.testing import strategies

REFERENCE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "per_sample.json").read_text(encoding="utf-8")
)
SAMPLES: Final = [([0.5, -1.0], 1), ([2.0, 0.25], 0), ([-0.75, 1.5], 1)]


def one_by_one(model: nn.Module, loss: Callable[..., Any], samples: Sequence[Any]) -> list[list[float]]:
    """The rows by a forward and a backward pass for each sample; the gradients are then as they were."""
    before = grads(model)
    rows = []
    for x, target in samples:
        model.zero_grad()
        loss([model(x)], [target]).backward()
        rows.append(grads(model))
    for parameter, gradient in zip(model.parameters(), before, strict=True):
        parameter.grad = gradient
    return rows


def grads(model: nn.Module) -> list[float]:
    return [parameter.grad for parameter in model.parameters()]


def bits(rows: Any) -> bytes:
    return np.asarray(rows, "float64").tobytes()


# ---- What the rows are -----------------------------------------------------------------------------------------------


@given(strategies.networks(), st.integers(1, 4), st.randoms(use_true_random=False), st.booleans())
def test_rows_are_the_gradients_of_single_losses_and_their_mean_is_that_of_the_batch(
    model: nn.MLP, count: int, random: Any, is_frozen: bool
) -> None:
    nin, nout = len(model.layers[0].neurons[0].w), len(model.layers[-1].neurons)
    samples = [
        ([random.uniform(-2.0, 2.0) for _ in range(nin)], [random.uniform(-2.0, 2.0) for _ in range(nout)])
        for _ in range(count)
    ]
    for number, parameter in enumerate(model.parameters()):
        parameter.grad = 0.5 * number
    if is_frozen:
        model.freeze("layers.0")
    before, numbers = grads(model), [parameter.data for parameter in model.parameters()]
    rows = nn.per_sample_gradients(model, nn.mse_loss, samples)
    assert rows.dtype == np.float64
    assert rows.shape == (count, model.num_parameters())
    assert grads(model) == before
    assert [parameter.data for parameter in model.parameters()] == numbers
    assert bits(rows) == bits(one_by_one(model, nn.mse_loss, samples))
    model.zero_grad()
    nn.mse_loss([model(x) for x, _ in samples], [target for _, target in samples]).backward()
    scale = max(1.0, np.abs(rows).max())
    assert rows.mean(axis=0) == pytest.approx(grads(model), rel=1e-12, abs=1e-13 * scale)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"{case['loss']}{case['sizes']}")
def test_rows_are_those_of_torch_func(case: dict[str, Any]) -> None:
    nin, *nouts = case["sizes"]
    model = nn.MLP(nin, nouts, activation="tanh", rng=0)
    ours = {f"{2 * int(name.split('.')[1])}.{name.split('.')[2]}": name for name in model.state_dict()}
    model.load_state_dict({ours[name]: array for name, array in case["start"].items()})
    samples = list(zip(case["features"], case["targets"], strict=True))
    rows = nn.per_sample_gradients(model, getattr(nn, case["loss"]), samples)
    place = {id(parameter): column for column, parameter in enumerate(model.parameters())}
    for row, theirs in zip(rows, case["gradients"], strict=True):
        for name, array in theirs.items():
            block = model.layers[int(name.split(".")[0]) // 2].tensors()[name.split(".")[1]]
            found = [row[place[id(value)]] for value in flat(block)]
            assert found == pytest.approx(flat(array), rel=1e-10, abs=1e-14)


def flat(x: Any) -> list[Any]:
    return [item for part in x for item in flat(part)] if isinstance(x, (list, tuple)) else [x]


class Tied(nn.Module):
    """A weight in two places, and a parameter that the output does not depend on."""

    def __init__(self) -> None:
        self.first = Value(2.0)
        self.again = [self.first, Value(-1.0)]
        self.idle = Value(7.0)

    def forward(self, x: list[float]) -> Any:
        return self.first * x[0] + self.again[0] * self.again[1] * x[1]


def test_a_shared_parameter_has_one_column_and_an_idle_one_zeros() -> None:
    rows = nn.per_sample_gradients(Tied(), lambda outputs, targets: outputs[0] - targets[0], [([3.0, 5.0], 0.0)])
    assert rows.tolist() == [[3.0 - 5.0, 2.0 * 5.0, 0.0]]


def test_a_parameter_can_itself_be_the_loss() -> None:
    model = Tied()
    assert nn.per_sample_gradients(model, lambda *_: model.idle, [([3.0, 5.0], 0.0)]).tolist() == [[0.0, 0.0, 1.0]]


def test_a_loss_that_some_samples_do_not_reach_is_a_row_of_zeros() -> None:
    model = Tied()
    samples = [([1.0, 0.0], -1), ([1.0, 0.0], 1)]
    rows = nn.per_sample_gradients(model, lambda out, y: out[0] if y[0] > 0 else Value(3.0), samples)
    assert rows.tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]  # -0.0 would compare equal, so the bits follow
    assert not np.signbit(rows).any()


def test_a_product_of_zero_and_infinity_is_what_backward_makes_of_it() -> None:
    class Root(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.0)

        def forward(self, x: list[float]) -> Any:
            return 0.0 * (self.w * x[0]) ** 0.5 + self.w

    samples = [([1.0], 0.0), ([0.0], 1.0)]
    assert bits(nn.per_sample_gradients(Root(), nn.l1_loss, samples)) == bits(one_by_one(Root(), nn.l1_loss, samples))


class Reader(nn.Module):
    """An LSTM over a sequence, of which the last state is read."""

    def __init__(self) -> None:
        self.lstm = nn.LSTM(2, 3, rng=0)
        self.output = nn.Linear(3, 2, rng=1)

    def forward(self, sequence: list[list[float]]) -> Any:
        states, _ = self.lstm(sequence)
        return self.output(states[-1])


def test_a_sequence_is_a_sample() -> None:
    model = Reader()
    samples = [([[0.1, 0.2], [0.3, -0.4]], 1), ([[1.0, 0.5]], 0), ([[0.2, 0.2], [0.1, 0.0], [-1.0, 0.5]], 1)]
    expected = one_by_one(model, nn.cross_entropy, samples)
    assert bits(nn.per_sample_gradients(model, nn.cross_entropy, samples)) == bits(expected)


def test_arrays_pairs_and_samples_made_on_access_are_taken() -> None:
    model = nn.MLP(2, [3, 2], rng=0)
    expected = bits(nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES))
    features, targets = np.array([x for x, _ in SAMPLES]), np.array([y for _, y in SAMPLES])
    assert bits(nn.per_sample_gradients(model, nn.cross_entropy, nn.data.pair(features, targets))) == expected
    made: Any = zip(features, targets, strict=True)
    assert bits(nn.per_sample_gradients(model, nn.cross_entropy, made)) == expected


# ---- The mode of the model -------------------------------------------------------------------------------------------


def test_dropout_drops_in_training_mode_and_not_in_evaluation_mode() -> None:
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Dropout(0.5, rng=7), nn.Linear(8, 2, rng=1))
    same = nn.Sequential(*model.children())
    state = model.named_generators()[0][1].getstate()
    rows = nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES)
    model.named_generators()[0][1].setstate(state)
    assert bits(rows) == bits(one_by_one(same, nn.cross_entropy, SAMPLES))
    assert model.training
    assert (rows[:, : 8 * 3] == 0.0).any()
    model.eval()
    calm = nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES)
    assert not model.training
    assert bits(calm) == bits(nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES)) != bits(rows)


def normalised() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 2, rng=1))


def test_batch_normalisation_couples_the_samples_in_training_mode() -> None:
    model = normalised()
    rows = nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES)
    alike = normalised()
    outputs = alike([x for x, _ in SAMPLES])
    for index, (_, target) in enumerate(SAMPLES):
        alike.zero_grad()
        nn.cross_entropy([outputs[index]], [target]).backward()
        assert bits(rows[index]) == bits(grads(alike))
    alike.zero_grad()
    nn.cross_entropy(outputs, [target for _, target in SAMPLES]).backward()
    assert rows.mean(axis=0) == pytest.approx(grads(alike), rel=1e-12, abs=1e-15)
    assert model.named_buffers() == alike.named_buffers() != normalised().named_buffers()  # updated once
    other = [SAMPLES[0], ([9.0, 9.0], 0), SAMPLES[2]]
    assert bits(nn.per_sample_gradients(normalised(), nn.cross_entropy, other)[0]) != bits(rows[0])


def test_batch_normalisation_in_evaluation_mode_couples_nothing() -> None:
    model = normalised().eval()
    rows = nn.per_sample_gradients(model, nn.cross_entropy, SAMPLES)
    alone = [nn.per_sample_gradients(model, nn.cross_entropy, [sample])[0] for sample in SAMPLES]
    assert bits(rows) == bits(alone)


def test_the_graph_of_a_sample_is_freed_before_the_next() -> None:
    recorded = []

    class Watched(nn.MLP):
        def __call__(self, x: Any) -> Any:
            things = gc.get_objects()
            recorded.append(sum(issubclass(type(thing), Value) and thing.op is not None for thing in things))
            return super().__call__(x)

    gc.collect()
    gc.disable()
    try:
        nn.per_sample_gradients(Watched(2, [3, 2], rng=0), nn.cross_entropy, SAMPLES)
    finally:
        gc.enable()
    assert len(recorded) == len(SAMPLES)
    assert len(set(recorded)) == 1


# ---- What is wrong ---------------------------------------------------------------------------------------------------

MODEL: Final = nn.MLP(2, [2], rng=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((nn.MLP, nn.cross_entropy, SAMPLES), r"\(model, loss, samples\), got the class MLP as model; call it"),
        ((MODEL, "mse", SAMPLES), r"got the text 'mse' as loss; write a function of outputs and targets"),
        (
            (lambda x: x[0], nn.mse_loss, SAMPLES),
            r"expected a model with parameters, got an object of type function; write it as a",
        ),
        ((nn.Tanh(), nn.mse_loss, SAMPLES), r"expected a model with parameters, got Tanh\(\), which has none"),
        ((MODEL, nn.cross_entropy, []), r"expected at least one sample in samples, got none"),
        ((MODEL, nn.cross_entropy, 3), r"expected samples to be a list of samples, got int"),
        ((MODEL, nn.cross_entropy, ([[0.0, 1.0]], [1])), r"got features and targets apart as samples; nn.data.pair"),
        ((MODEL, nn.cross_entropy, [SAMPLES[0], ([1.0, 1.0], 5)]), r"^sample 1: .*5"),
        ((normalised(), nn.cross_entropy, [SAMPLES[0], ([1.0, 1.0], 5)]), r"^sample 1: .*5"),
        (
            (MODEL, nn.cross_entropy, [([0.0, math.nan], 1)]),
            r"^sample 0: expected finite numbers, got nan as feature 1",
        ),
        ((MODEL, nn.mse_loss, [([0.0, 1.0], [1.0, math.inf])]), r"^sample 0: expected finite .* inf as target 1"),
        ((MODEL, lambda *_: Value(1.0), SAMPLES), r"expected losses that depend on parameters of the model"),
    ],
)
def test_wrong_arguments(arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        nn.per_sample_gradients(*arguments)


@pytest.mark.parametrize("model", [MODEL, normalised()], ids=["alone", "together"])
def test_features_of_a_wrong_shape(model: nn.Module) -> None:
    with pytest.raises(ShapeError, match=r"^sample 1: .*expected 2 inputs, got 1"):
        nn.per_sample_gradients(model, nn.cross_entropy, [SAMPLES[0], ([1.0], 0)])


def test_inside_no_grad_nothing_is_recorded() -> None:
    with no_grad(), pytest.raises(InputError, match=r"call it outside of no_grad\(\)"):
        nn.per_sample_gradients(MODEL, nn.cross_entropy, SAMPLES)


@pytest.mark.parametrize("other", [3.0, None, [Value(1.0)]], ids=str)
def test_the_loss_has_to_be_a_value(other: Any) -> None:
    losses = iter([MODEL.parameters()[0] * 1.0, other])
    with pytest.raises(OperandTypeError, match=r"^sample 1: expected the loss to be a Value, got "):
        nn.per_sample_gradients(MODEL, lambda *_: next(losses), SAMPLES)


@pytest.mark.parametrize("factor", [math.inf, math.nan])
def test_a_loss_that_is_not_finite_is_named(factor: float) -> None:
    with pytest.raises(AnomalyError, match=rf"^sample 0: the loss is {factor}.*detect_anomaly\(\)"):
        nn.per_sample_gradients(Tied(), lambda outputs, _: outputs[0] * factor, [([1.0, 0.0], 0.0)])


def test_parameters_have_to_be_leaves() -> None:
    class Computed(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def parameters(self) -> list[Value]:
            return [self.w * 2.0]

        def forward(self, x: Any) -> Any:
            return self.w * x[0]

    with pytest.raises(InputError, match=r"every parameter of the model to be a leaf Value, got .*; let parameters"):
        nn.per_sample_gradients(Computed(), nn.mse_loss, [([1.0], 1.0)])


def test_after_an_error_buffers_and_generators_are_as_before() -> None:
    model = nn.Sequential(nn.Dropout(0.5, rng=3), *normalised().children())
    buffers, state = model.named_buffers(), model.named_generators()[0][1].getstate()
    model.parameters()[0].grad = 5.0
    with pytest.raises(InputError, match="sample 2: "):
        nn.per_sample_gradients(model, nn.cross_entropy, [*SAMPLES[:2], ([1.0, 1.0], 9)])
    assert model.named_buffers() == buffers
    assert model.named_generators()[0][1].getstate() == state
    assert model.parameters()[0].grad == 5.0
    assert model.training
