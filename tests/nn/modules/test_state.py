"""State dicts: PyTorch's names and structure, exact round trips, and states that do not fit."""

import copy
import json
import math
import struct
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError, Value, tanh
from nn.layers.containers import Sequential
from nn.layers.dense import MLP, Layer, Linear, Neuron
from nn.layers.embedding import Embedding
from nn.modules.loading import Keys
from nn.modules.module import Module
from nn.modules.state import nested

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "state.json").read_text(encoding="utf-8"))


class Norm(Module):
    """A module with parameters and buffers named as those of PyTorch's batch normalisation."""

    buffer_names = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(self, size: int = 2) -> None:
        self.w = [Value(1.0) for _ in range(size)]
        self.b = [Value(0.0) for _ in range(size)]
        self.running_mean: Any = [0] * size  # ints, as people write them
        self.running_var: Any = [1.0] * size
        self.num_batches_tracked: Any = 0

    def __call__(self, x: Any) -> Any:
        return x

    def tensors(self) -> dict[str, list[Value]]:
        return {"weight": self.w, "bias": self.b}


class Model(Module):
    """Groups, single parameters, a buffer, and a shared part."""

    def __init__(self, seed: int = 0) -> None:
        self.scale = Value(float(seed))
        self.body = MLP(2, [3, 1], rng=seed)
        self.norm = Norm()
        self.table = {"a": Value(float(seed + 1))}
        self.head = self.body.layers[1]


def bits(model: Module) -> list[bytes]:
    return [struct.pack("<d", p.data) for p in model.parameters()]


# ---- Names and structure ---------------------------------------------------------------------------------------------


def test_the_state_of_a_network_of_pytorch_is_loaded_and_computes_the_same() -> None:
    model = Sequential(Layer(2, 3, False, rng=0), lambda row: [tanh(x) for x in row], Layer(3, 2, False, rng=0))
    assert list(model.state_dict()) == list(REFERENCE["state_dict"])
    assert model.load_state_dict(REFERENCE["state_dict"]) == ([], [])
    assert model.state_dict() == REFERENCE["state_dict"]
    assert [y.data for y in model(REFERENCE["x"])] == pytest.approx(REFERENCE["output"], rel=1e-10, abs=1e-15)


def test_buffers_stand_where_pytorch_has_them() -> None:
    assert list(Sequential(Layer(1, 2, rng=0), Norm()).state_dict()) == REFERENCE["names_with_batch_norm"]


def test_the_order_is_that_of_the_modules_and_what_is_shared_is_there_once() -> None:
    assert list(Model().state_dict()) == [
        *("scale", "table.a", "body.layers.0.weight", "body.layers.0.bias"),
        *("body.layers.1.weight", "body.layers.1.bias", "norm.weight", "norm.bias"),
        *("norm.running_mean", "norm.running_var", "norm.num_batches_tracked"),
    ]


def test_arrays_are_nested_lists_of_plain_floats_and_counts_are_ints() -> None:
    model = Model(1)
    state = model.state_dict()
    assert state["body.layers.0.weight"] == [[w.data for w in neuron.w] for neuron in model.body.layers[0].neurons]
    assert state["scale"] == 1.0
    assert state["norm.running_mean"] == [0.0, 0.0]
    assert [type(x) for x in (state["scale"], state["norm.running_mean"][0], state["norm.num_batches_tracked"])] == [
        *(float, float, int),
    ]
    json.dumps(state)


def test_a_state_does_not_change_with_the_model() -> None:
    model = Model(1)
    state = model.state_dict()
    before = copy.deepcopy(state)
    for parameter in model.parameters():
        parameter.data += 1.0
    model.norm.running_mean[0] = 5.0
    model.norm.num_batches_tracked += 1
    assert state == before != model.state_dict()
    model.load_state_dict(state)
    model.norm.running_mean[0] = 7.0
    assert state == before


def test_arrays_may_have_any_number_of_dimensions() -> None:
    class Kernel(Module):
        def __init__(self) -> None:
            self.k = [[[[Value(float(i)), Value(2.0)] for i in range(3)]] for _ in range(2)]

        def tensors(self) -> dict[str, Any]:
            return {"weight": self.k}

    state = Kernel().state_dict()
    assert np.shape(state["weight"]) == (2, 1, 3, 2)
    assert state["weight"][1][0][2] == [2.0, 2.0]
    model = Kernel()
    model.load_state_dict({"weight": np.arange(12.0).reshape(2, 1, 3, 2)})
    assert model.k[1][0][2][1].data == 11.0


def test_a_buffer_that_is_none_is_not_part_of_the_state() -> None:
    norm = Norm()
    norm.running_mean = None
    assert list(norm.state_dict()) == ["weight", "bias", "running_var", "num_batches_tracked"]


@pytest.mark.parametrize("content", ["abc", [[1.0]], [Value(1.0)], Value(1.0) * 2.0, True, [1.0, None], {}])
def test_a_buffer_of_another_kind_is_refused(content: Any) -> None:
    norm = Norm()
    norm.running_var = content
    with pytest.raises(OperandTypeError, match=r"expected the buffer part\.running_var to be a float, int or list of"):
        Sequential({"part": norm}).state_dict()


def test_two_arrays_of_one_name_are_refused() -> None:
    norm = Norm()
    vars(norm).update(buffer_names=("weight",), weight=1.0)
    with pytest.raises(InputError, match="two tensors of Norm would be named 'weight'; rename"):
        norm.state_dict()


def test_a_ragged_group_is_refused_by_its_name() -> None:
    model = MLP(2, [2, 1], rng=0)
    model.layers[0].neurons[0].w.append(Value(1.0))
    with pytest.raises(
        ShapeError, match=r"rows of one length to store layers\.0\.weight .* got shapes \[\(2,\), \(3,\)\]"
    ):
        model.state_dict()


def test_nested() -> None:
    assert (nested((2, 0), []), nested((0,), [])) == ([[], []], [])
    assert nested((1, 1, 2), [1.0, 2.0]) == [[[1.0, 2.0]]]


# ---- Round trips -----------------------------------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_a_round_trip_is_exact_for_random_models(data: st.DataObject) -> None:
    outs = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    nin = data.draw(st.integers(1, 3))
    source, target = (Sequential({"net": MLP(nin, outs, rng=seed), "norm": Norm(nin)}) for seed in (0, 1))
    for parameter in source.parameters():
        parameter.data = data.draw(st.floats())
    source[1].running_mean = data.draw(st.lists(st.floats(), min_size=nin, max_size=nin))
    source[1].num_batches_tracked = data.draw(st.integers())
    assert target.load_state_dict(source.state_dict()) == Keys([], [])
    assert bits(target) == bits(source)
    assert repr(target.named_buffers()) == repr(source.named_buffers())


def test_loading_touches_numbers_only() -> None:
    source, target = Model(1), Model(2)
    target.scale.grad, target.scale.label, target.scale.frozen = 3.0, "mine", True
    target.load_state_dict(source.state_dict())
    assert (target.scale.data, target.scale.grad, target.scale.label, target.scale.frozen) == (1.0, 3.0, "mine", True)
    assert target.body.layers[0].neurons[0].b.label == "body.layers.0.neurons.0.b"
    assert not target.table["a"].frozen


class Tensor:
    """As much of a tensor of PyTorch as is used."""

    dtype = "torch.float64"

    def __init__(self, content: Any) -> None:
        self.content = content

    def tolist(self) -> Any:
        return self.content


@pytest.mark.parametrize(
    "weight",
    [
        [1, 2.5],
        (1.0, 2.5),
        [Fraction(1), np.float32(2.5)],
        [Value(1.0).data, np.int64(2) + 0.5],
        [np.array(1.0), np.array(2.5)],
        np.array([1.0, 2.5]),
        np.array([1.0, 2.5], np.float16),
        np.array([1.0, 2.5], object),
        Tensor([1.0, 2.5]),
    ],
)
def test_numbers_come_in_many_forms(weight: Any) -> None:
    neuron = Neuron(2, rng=0)
    neuron.load_state_dict({"weight": weight, "bias": np.array(-1.0)})
    assert neuron.state_dict() == {"weight": [1.0, 2.5], "bias": -1.0}
    assert all(type(p.data) is float for p in neuron.parameters())


def test_an_ordered_dict_and_numpy_scalars_do_as_well() -> None:
    norm = Norm()
    norm.load_state_dict(OrderedDict(norm.state_dict()) | {"num_batches_tracked": np.array(7)})
    assert (norm.num_batches_tracked, type(norm.num_batches_tracked)) == (7, int)


def test_a_chain_of_ten_thousand_modules() -> None:
    root = innermost = Sequential()
    for _ in range(10_000):
        inner = Sequential()
        vars(innermost)["n"] = inner
        innermost = inner
    vars(innermost)["w"] = Value(1.0)
    state = root.state_dict()
    assert state == {"n." * 10_000 + "w": 1.0}
    root.load_state_dict(dict.fromkeys(state, 2.0))
    assert root.parameters()[0].data == 2.0


# ---- States that do not fit ------------------------------------------------------------------------------------------


def test_the_error_lists_everything_that_is_wrong_and_nothing_is_changed() -> None:
    model = Model(1)
    state = model.state_dict()
    before = copy.deepcopy(state)
    del state["scale"], state["norm.running_mean"]
    state |= {
        "extra": 1.0,
        "stray": [1.0],
        "body.layers.0.weight": [[0.0, 0.0]],
        "body.layers.0.bias": [0.0, "one", 0.0],
        "norm.weight": [math.nan, None],
        "norm.num_batches_tracked": 1.5,
    }
    with pytest.raises(InputError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "the state does not fit Model, which is unchanged: "
        "missing are norm.running_mean, scale; unknown to the model are extra, stray; "
        "body.layers.0.weight should have shape [3, 2], but has [1, 2]; "
        "body.layers.0.bias should hold floats, but holds 'one'; norm.weight should hold floats, but holds None; "
        "norm.num_batches_tracked should hold ints, but holds 1.5"
    )
    assert model.state_dict() == before


def test_no_name_is_left_out_of_the_error() -> None:
    with pytest.raises(InputError) as caught:
        MLP(1, [1] * 50, rng=0).load_state_dict({f"part{i}": 0.0 for i in range(200)})
    message = str(caught.value)
    assert all(f"layers.{i}.{kind}" in message for i in range(50) for kind in ("weight", "bias"))
    assert all(f"part{i}" in message for i in range(200))


def test_not_strict_the_names_that_differ_are_returned_and_the_rest_is_loaded() -> None:
    model = Model(1)
    state = Model(2).state_dict()
    del state["scale"], state["body.layers.1.bias"]
    state["stray"], state["another"] = "whatever", None
    keys = model.load_state_dict(state, strict=False)
    assert keys.missing_keys == ["scale", "body.layers.1.bias"]
    assert keys.unexpected_keys == ["stray", "another"]
    assert model.scale.data == 1.0
    assert model.table["a"].data == 3.0
    assert model.state_dict()["body.layers.0.weight"] == state["body.layers.0.weight"]


def test_not_strict_a_wrong_shape_is_an_error_still_and_the_only_one_named() -> None:
    model = Neuron(2, rng=0)
    before = bits(model)
    with pytest.raises(InputError, match=r"unchanged: weight should have shape \[2\], but has \[1\]$"):
        model.load_state_dict({"weight": [1.0], "stray": 1.0}, strict=False)
    assert bits(model) == before


DEEP: list[Any] = [1.0]
for _ in range(100_000):
    DEEP = [DEEP]
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
WIDE: list[Any] = [1.0, 1.0]
for _ in range(40):
    WIDE = [WIDE, WIDE]  # 2^41 numbers, if anybody counted


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (1.0, r"should have shape \[2\], but has \[\]"),
        ([], r"should have shape \[2\], but has \[0\]"),
        ([1.0, 2.0, 3.0], r"should have shape \[2\], but has \[3\]"),
        ([[1.0], [2.0]], r"should have shape \[2\], but has \[2, 1\]"),
        ([1.0, [2.0]], r"should hold floats, but holds \[2\.0\]"),
        (np.zeros((2, 2)), r"but has \[2, 2\]"),
        (np.array([1, 2**53 + 1]), "should hold floats, but holds the integer 9007199254740993, which no float equals"),
        ([1, 2**53 + 1], "should hold floats, but holds the integer 9007199254740993, which no float equals"),
        (np.array([True, False]), "should hold floats, but holds bool"),
        (np.array([1j, 2]), "should hold floats, but holds complex128"),
        (np.array(["a", "b"]), "should hold floats, but holds <U1"),
        ([True, False], "should hold floats, but holds True"),
        ([1.0, 1j], "should hold floats, but holds 1j"),
        ([1.0, Value(2.0)], "should hold floats, but holds Value"),
        ([1.0, 10**400], "should hold floats: .*1.8e308"),
        ([1.0, Decimal(1)], "should hold floats, but holds Decimal"),
        ("ab", r"but has \[\]"),
        (None, r"but has \[\]"),
        ({"a": 1.0}, r"but has \[\]"),
        (range(2), r"but has \[\]"),
        (DEEP, r"but has \[1, 1"),
        (ENDLESS, r"but has \[1, 1"),
        (WIDE, r"but has \[2, 2"),
    ],
    ids=lambda item: type(item).__name__ if not isinstance(item, str) else item[:30],
)
def test_an_array_that_does_not_fit(weight: Any, message: str) -> None:
    neuron = Neuron(2, rng=0)
    before = bits(neuron)
    with pytest.raises(InputError, match=f"weight .*{message}"):
        neuron.load_state_dict({"weight": weight, "bias": 5.0})
    assert bits(neuron) == before


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_typed_integers_are_the_floats_they_equal(dtype: str) -> None:
    neuron = Neuron(2, rng=0)
    neuron.load_state_dict({"weight": np.array([3, 100], dtype), "bias": np.array(7, dtype)})
    assert [p.data for p in neuron.parameters()] == [3.0, 100.0, 7.0]


# ---- What is shared --------------------------------------------------------------------------------------------------


class Tied(Module):
    """An embedding whose table is the weight of the last layer, too, and a module under two names."""

    def __init__(self) -> None:
        self.embedding = Embedding(3, 2, rng=0)
        self.proj = Linear(2, 3, bias=False, rng=0)
        for neuron, row in zip(self.proj.neurons, self.embedding.weight, strict=True):
            neuron.w = row
        self.body = [Norm(1)]
        self.again = {"norm": self.body[0]}
        self.scale = Value(1.0)
        self.other_scale = self.scale


TABLE = [[1.0, 2.0], [3.0, 4.0], [5.0, math.nan]]
NORM = {"weight": [1.5], "bias": [2.5], "running_mean": [0.5], "running_var": [0.25], "num_batches_tracked": 4}


def tied_state(*prefixes: str) -> dict[str, Any]:
    return {f"{prefix}.{name}": content for prefix in prefixes for name, content in NORM.items()}


@pytest.mark.parametrize("tables", [("embedding",), ("proj",), ("embedding", "proj"), ("proj", "embedding")])
@pytest.mark.parametrize("norms", [("body.0",), ("again.norm",), ("body.0", "again.norm")])
@pytest.mark.parametrize("scales", [("scale",), ("other_scale",), ("scale", "other_scale")])
def test_what_is_shared_may_come_under_any_of_its_names(tables: Any, norms: Any, scales: Any) -> None:
    state = {f"{name}.weight": Tensor(TABLE) for name in tables} | tied_state(*norms) | dict.fromkeys(scales, 9.0)
    model = Tied()
    assert model.load_state_dict(state) == ([], [])
    assert repr([[w.data for w in neuron.w] for neuron in model.proj.neurons]) == repr(TABLE)
    assert (model.scale.data, model.body[0].running_mean, model.body[0].num_batches_tracked) == (9.0, [0.5], 4)
    assert model.embedding.weight[0] is model.proj.neurons[0].w
    assert list(model.state_dict()) == list(Tied().state_dict())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proj.weight": [[0.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}, r"proj\.weight is the same array as embedding\.weight"),
        ({"again.norm.running_mean": [0.75]}, r"again\.norm\.running_mean is the same array as body\.0\.running_mean"),
        ({"other_scale": 2.0}, "other_scale is the same array as scale in the model, but holds other numbers"),
        ({"proj.weight": [[1.0, 2.0]]}, r"proj\.weight should have shape \[3, 2\], but has \[1, 2\]"),
        ({"proj.bias": [1.0]}, r"unknown to the model are proj\.bias"),
        ({"body.1.weight": [1.0]}, r"unknown to the model are body\.1\.weight"),
        ({"body": 1.0, "proj.in_features": 2.0}, r"unknown to the model are body, proj\.in_features"),
    ],
)
def test_what_is_shared_and_does_not_agree_is_refused(change: dict[str, Any], message: str) -> None:
    model = Tied()
    before = bits(model)
    state = {"embedding.weight": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "scale": 1.0} | tied_state("body.0")
    with pytest.raises(InputError, match=message):
        model.load_state_dict(state | change)
    assert bits(model) == before


def test_a_part_of_what_is_shared_is_not_all_of_it() -> None:
    state = {"proj.neurons.0.weight": [1.0, 2.0], "scale": 1.0} | tied_state("body.0")
    with pytest.raises(InputError, match=r"missing are embedding\.weight; unknown to the model are none"):
        Tied().load_state_dict(state)


def test_rows_of_different_lengths() -> None:
    with pytest.raises(InputError, match=r"weight should have shape \[2, 2\], but its rows differ in length"):
        Layer(2, 2, rng=0).load_state_dict({"weight": [[1.0, 2.0], [3.0]], "bias": [0.0, 0.0]})
    with pytest.raises(InputError, match=r"weight should have shape \[2, 2\], but its rows differ in length"):
        Layer(2, 2, rng=0).load_state_dict({"weight": [[1.0, 2.0], 3.0], "bias": [0.0, 0.0]})


@pytest.mark.parametrize("state", [None, [("weight", [1.0])], "weight", 1.0, Neuron(1)])
def test_only_a_dict_is_a_state(state: Any) -> None:
    with pytest.raises(OperandTypeError, match=r"expected a dict of arrays by name, as state_dict\(\) returns it, got"):
        Neuron(2).load_state_dict(state)


def test_names_that_are_no_texts_and_long_ones_are_shown_in_a_way_that_can_be_read() -> None:
    with pytest.raises(InputError) as caught:
        Neuron(1).load_state_dict({1: 0.0, "a\nb": 1.0, "x" * 10_000: 1.0})  # type: ignore[dict-item]
    assert "unknown to the model are 'a\\nb', 'xxx" in str(caught.value)
    assert len(str(caught.value)) < 400
