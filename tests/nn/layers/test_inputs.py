"""What models and layers are called with: numbers in whatever people keep them in, and initial weights likewise."""

import array
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import GradientLossError, OperandTypeError, ShapeError, Value
from nn.base.conversion import model_input

ROW = [0.5, -1.0]
BATCH = [ROW, [1.0, 2.0], [0.25, 0.0]]


def torch() -> Any:
    return pytest.importorskip("torch")


def pandas() -> Any:
    return pytest.importorskip("pandas")


def objects(row: list[float]) -> Any:
    return np.array([Value(row[0]), row[1]], dtype=object)


# One sample, of two features.
SAMPLES: dict[str, Callable[[list[float]], Any]] = {
    "tuple": tuple,
    "map": lambda row: map(float, map(str, row)),
    "generator": lambda row: (x for x in row),
    "values of a dict": lambda row: dict(enumerate(row)).values(),
    "deque": deque,
    "array.array": lambda row: array.array("d", row),
    "memoryview": lambda row: memoryview(array.array("d", row)),
    "fractions": lambda row: [Fraction(x) for x in row],
    "decimals": lambda row: tuple(Decimal(x) for x in row),
    "numpy": np.array,
    "numpy, 32 bits": lambda row: np.array(row, dtype=np.float32),
    "numpy scalars": lambda row: [np.float32(x) for x in row],
    "numpy, objects": objects,
    "torch": lambda row: torch().tensor(row),
    "torch, 16 bits": lambda row: torch().tensor(row, dtype=torch().float16),
    "list of tensors": lambda row: [torch().tensor(x) for x in row],
    "series": lambda row: pandas().Series(row, index=["a", "b"]),
    "row of a frame": lambda row: pandas().DataFrame([row], columns=["a", "b"]).iloc[0],
    "tuple of a frame": lambda row: next(pandas().DataFrame([row]).itertuples(index=False)),
}

# Several samples.
BATCHES: dict[str, Callable[[list[list[float]]], Any]] = {
    "numpy": np.array,
    "torch": lambda rows: torch().tensor(rows, dtype=torch().float64),
    "frame": lambda rows: pandas().DataFrame(rows, columns=["a", "b"], index=[7, 8, 9]),
    **{
        f"list of {name}": lambda rows, made=made: [made(row) for row in rows]  # type: ignore[misc]
        for name, made in SAMPLES.items()
    },
    "iterator of iterators": lambda rows: map(iter, rows),
}

# Models of two features, called with one sample or with several.
MODELS: dict[str, Callable[[], Any]] = {
    "Neuron": lambda: nn.Neuron(2, rng=0),
    "Layer": lambda: nn.Layer(2, 3, rng=0),
    "Layer without bias": lambda: nn.Layer(2, 3, bias=False, rng=0),
    "Linear": lambda: nn.Linear(2, 3, rng=0),
    "MLP": lambda: nn.MLP(2, [3, 2], rng=0),
    "Sequential": lambda: nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=0)),
    "Tanh": nn.Tanh,
    "Softmax": nn.Softmax,
    "LayerNorm": lambda: nn.LayerNorm(2),
    "RMSNorm": lambda: nn.RMSNorm(2),
    "BatchNorm1d": lambda: nn.BatchNorm1d(2).eval(),
    "Dropout": lambda: nn.Dropout(0.5, rng=0),
    "Dropout in use": lambda: nn.Dropout(0.5).eval(),
    "GRUCell": lambda: nn.GRUCell(2, 2, rng=0),
    "LSTMCell": lambda: nn.LSTMCell(2, 2, rng=0),
}

# Models of two or more dimensions, called with the batch as one input.
DEEPER: dict[str, Callable[[], Any]] = {
    "BatchNorm1d": lambda: nn.BatchNorm1d(2),
    "Conv1d": lambda: nn.Conv1d(3, 2, 2, rng=0),
    "MaxPool1d": lambda: nn.MaxPool1d(2),
    "Flatten": lambda: nn.Flatten(0),
    "RNN": lambda: nn.RNN(2, 3, rng=0),
    "LSTM": lambda: nn.LSTM(2, 3, rng=0),
    "CausalSelfAttention": lambda: nn.CausalSelfAttention(2, 1, rng=0),
}


def numbers(output: Any) -> Any:
    if isinstance(output, (list, tuple)):
        return [numbers(part) for part in output]
    return output.data if isinstance(output, Value) else output


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("model", MODELS)
def test_a_sample_of_any_kind_gives_what_its_list_gives(model: str, kind: str) -> None:
    x = SAMPLES[kind](ROW)
    assert numbers(MODELS[model]()(x)) == numbers(MODELS[model]()(ROW))


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("model", MODELS)
def test_a_batch_of_any_kind_gives_what_its_lists_give(model: str, kind: str) -> None:
    x = BATCHES[kind](BATCH)
    assert numbers(MODELS[model]()(x)) == numbers(MODELS[model]()(BATCH))


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("model", DEEPER)
def test_an_input_of_two_dimensions_of_any_kind_gives_what_its_lists_give(model: str, kind: str) -> None:
    x = BATCHES[kind](BATCH)
    assert numbers(DEEPER[model]()(x)) == numbers(DEEPER[model]()(BATCH))


def test_a_single_number_of_any_kind_is_an_input_of_one() -> None:
    for model in (nn.Linear(1, 2, rng=0), nn.Neuron(1, rng=0), nn.MLP(1, [2, 1], rng=0)):
        for x in (2, True, np.float32(2.0), np.array(2.0), Fraction(2), Decimal(2)):
            assert numbers(model(x)) == numbers(model([float(x)]))
        assert numbers(model(torch().tensor(2.0))) == numbers(model([2.0]))


def test_indices_of_any_kind_choose_rows() -> None:
    table = nn.Embedding(4, 2, rng=0)
    for x in (np.array([1, 3]), range(1, 4, 2), iter([1, 3]), torch().tensor([1, 3]), pandas().Series([1, 3])):
        assert numbers(table(x)) == numbers(table([1, 3]))


def test_states_of_recurrent_networks_may_be_arrays() -> None:
    network, cell = nn.LSTM(2, 1, rng=0), nn.GRUCell(2, 1, rng=0)
    _, state = network(BATCH, (np.array([[0.5]]), torch().tensor([[0.25]])))
    assert numbers(state) == numbers(network(BATCH, ([[0.5]], [[0.25]]))[1])
    assert numbers(cell(ROW, np.array([0.5]))) == numbers(cell(ROW, [0.5]))


def test_gradients_flow_to_values_in_arrays() -> None:
    x = objects(ROW)
    nn.Neuron(2, nonlin=False, rng=0)(x).backward()
    assert x[0].grad != 0.0


@given(st.recursive(st.floats() | st.integers(), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=8))
def test_nested_lists_stay_what_they_are(x: Any) -> None:
    def is_mixed(part: Any) -> bool:
        return isinstance(part, list) and (len({isinstance(y, list) for y in part}) > 1 or any(map(is_mixed, part)))

    assert is_mixed(x) or model_input(x) is x or model_input(x) == x or repr(model_input(x)) == repr(x)


class Thing: ...


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "dict": (lambda: {"a": 0.5, "b": -1.0}, r"got an object of type dict; .* in the order .*\[row\[name\] for name in"),
    "text": (lambda: "ab", "got the text 'ab'; convert texts to numbers first"),
    "bytes": (lambda: b"ab", "got an object of type bytes; convert"),
    "set": (lambda: {0.5, 1.0}, "got an object of type set; a set has no order"),
    "keys": ({0.5: 1}.keys, "got an object of type dict_keys; a set has no order"),
    "None": (lambda: None, "got None; pass a number, a list, an array or a frame"),
    "object": (Thing, "got an object of type Thing; pass"),
    "list of dicts": (lambda: [{"a": 0.5}], "got an object of type dict; pass its numbers in the order"),
    "list of texts": (lambda: ["a", "b"], "got the text 'a'"),
    "complex": (lambda: 1j, "expected a real number, got 1j"),
    "array of texts": (lambda: np.array(["a", "b"]), "got the text 'a'"),
    "array of complex": (lambda: np.array([1j, 2.0]), "got 1j"),
    "series of texts": (lambda: pandas().Series(["a", "b"]), "got the text 'a'"),
    "series with gaps": (lambda: pandas().Series([None, 1], dtype="Int64"), "got an object of type NAType"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("model", MODELS)
def test_what_holds_no_numbers_in_an_order_is_refused_and_named(model: str, kind: str) -> None:
    made, message = WRONG[kind]
    with pytest.raises(OperandTypeError, match=message):
        MODELS[model]()(made())


def test_a_tensor_that_requires_a_gradient_is_refused() -> None:
    with pytest.raises(GradientLossError, match=r"a Tensor that requires a gradient, .* pass x\.detach\(\)"):
        nn.Linear(2, 1)(torch().tensor(ROW, requires_grad=True))
    with pytest.raises(OperandTypeError, match=r"got tensor\(1\.\) \(Tensor\); .*\.tolist\(\)"):
        Value(torch().tensor(1.0))


def test_training_takes_features_of_any_kind() -> None:
    def trained(made: Callable[[list[float]], Any]) -> Any:
        model = nn.MLP(2, [3, 1], rng=0)
        samples = [(made(row), target) for row, target in zip(BATCH, [0.0, 1.0, -1.0], strict=True)]
        nn.fit(model, nn.mse_loss, samples, nn.optim.SGD(model.parameters(), lr=0.1), epochs=2)
        return model.state_dict()

    for made in (np.array, torch().tensor, pandas().Series):
        assert trained(made) == trained(list)


# ---- Initial weights -------------------------------------------------------------------------------------------------

LAYERS: dict[str, Callable[..., Any]] = {
    "Neuron": partial(nn.Neuron, 2),
    "Layer": partial(nn.Layer, 2, 3),
    "Linear": partial(nn.Linear, 2, 3),
    "MLP": partial(nn.MLP, 2, [3, 1]),
    "Conv1d": partial(nn.Conv1d, 1, 2, 2),
}


def weights_of(model: Any) -> list[float]:
    return [p.data for name, p in model.named_parameters() if name.rpartition(".")[2] not in {"b", "bias"}]


@pytest.mark.parametrize("layer", LAYERS)
def test_functions_that_make_numbers_make_weights(layer: str) -> None:
    assert set(weights_of(LAYERS[layer](init=nn.init.zeros))) == {0.0}
    assert set(weights_of(LAYERS[layer](init=nn.init.ones))) - {0.0} == {1.0}
    half = partial(nn.init.constant, value=0.5)
    assert 0.5 in weights_of(LAYERS[layer](init=half))
    drawn = [weights_of(LAYERS[layer](init=partial(nn.init.normal, std=0.1), rng=1)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1
    bounded = weights_of(LAYERS[layer](init=partial(nn.init.uniform, bound=0.1), rng=1))
    assert max(map(abs, bounded)) < 0.1


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("init", "came"),
    [
        (nn.init.constant, r"constant\(count, value\)"),
        (nn.init.uniform, r"uniform\(count, bound, rng\)"),
        ("zeros", "'zeros'"),
        (0.0, r"0\.0"),
        ([[1.0, 2.0]], r"\[\[1\.0, 2\.0\]\]"),
        (lambda fan_in, fan_out: [], r"<lambda>\(fan_in, fan_out\)"),
    ],
)
def test_what_cannot_make_weights_is_refused_with_what_can(layer: str, init: Any, came: str) -> None:
    with pytest.raises(
        OperandTypeError, match=rf"function \(fan_in, fan_out, rng, rows\).*nn\.init\.zeros, got {came}"
    ):
        LAYERS[layer](init=init)


@pytest.mark.parametrize("made", [[[1.0, 2.0]], [[1.0]] * 3, [1.0, 2.0, 3.0], 1.0, []])
def test_weights_of_another_shape_are_refused(made: Any) -> None:
    with pytest.raises(ShapeError, match="expected init to make 3 rows of 2 weights, got "):
        nn.Linear(2, 3, init=lambda *_: made)
    matrix: Any = np.ones((3, 2))
    assert nn.Linear(2, 3, init=lambda *_: matrix).state_dict()["weight"] == [[1.0, 1.0]] * 3
