"""Sequential: what it computes, names, what can be done with its parts, and errors that say where."""

import copy
import pickle
import traceback
from typing import Any

import numpy as np
import pytest

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.layers.containers import Sequential
from nn.layers.dense import MLP, Layer
from nn.modules.module import Module


def double(x: Any) -> Any:
    return [double(part) for part in x] if isinstance(x, list) else 2.0 * x


class Scale(Module):
    """Multiplies numbers, in lists of any depth, by a parameter."""

    def __init__(self, factor: float = 3.0) -> None:
        self.factor = Value(factor)

    def __call__(self, x: Any) -> Any:
        return [self(part) for part in x] if isinstance(x, list) else self.factor * x


def names(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


def data(x: Any) -> Any:
    return [data(part) for part in x] if isinstance(x, list) else x.data


# ---- Calls -----------------------------------------------------------------------------------------------------------


def test_every_part_is_called_with_what_the_one_before_returned() -> None:
    model = Sequential(lambda x: x + 1.0, Scale(3.0), lambda x: x - 0.5)
    assert model(2.0).data == 8.5


def test_it_is_the_composition_of_its_layers() -> None:
    mlp = MLP(2, [3, 2], activation="tanh", rng=1)
    model = Sequential(*mlp.layers)
    assert data(model([0.3, -0.7])) == data(mlp([0.3, -0.7]))
    output = model([0.3, -0.7])
    output[0].backward()
    assert mlp.layers[0].neurons[0].w[0].grad != 0.0


def test_it_hands_on_samples_and_batches() -> None:
    model = Sequential(Scale(), double)
    assert data(model([1.0, 2.0])) == [6.0, 12.0]
    assert data(model([[1.0], [2.0, 3.0]])) == [[6.0], [12.0, 18.0]]


def test_without_parts_it_returns_its_input() -> None:
    x: Any = [1.0]
    assert Sequential()(x) is x
    assert (len(Sequential()), Sequential().state_dict(), list(Sequential({}))) == (0, {}, [])


def test_ten_thousand_parts() -> None:
    model = Sequential(*([lambda x: x + 1] * 10_000))
    assert model(0) == 10_000


# ---- Names -----------------------------------------------------------------------------------------------------------


def test_parameters_have_the_names_of_pytorch() -> None:
    model = Sequential(Layer(2, 2, rng=0), double, Layer(2, 1, rng=0))
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert names(model)[:2] == ["0.neurons.0.w.0", "0.neurons.0.w.1"]
    assert [p.label for p in model.parameters()] == names(model)
    assert [name for name, _ in model.named_modules()][-2:] == ["2", "2.neurons.0"]
    assert list(Sequential(model, Scale()).state_dict())[-2:] == ["0.2.bias", "1.factor"]


def test_parts_may_be_named_by_a_dict() -> None:
    model = Sequential({"hidden": Layer(2, 2, rng=0), "double": double, "head": Layer(2, 1, rng=0)})
    assert list(model.state_dict()) == ["hidden.weight", "hidden.bias", "head.weight", "head.bias"]
    assert model.head is model[2]  # type: ignore[attr-defined]
    model.head = Scale()  # type: ignore[attr-defined]
    assert isinstance(model[2], Scale)
    assert len(model([1.0, 2.0])) == 2


def test_a_part_in_two_places_has_one_set_of_parameters() -> None:
    scale = Scale(2.0)
    model = Sequential(scale, double, scale)
    assert names(model) == ["0.factor"]
    assert model(1.0).data == 8.0


@pytest.mark.parametrize("name", ["", "a.b", 1, None, "training", "parameters", "append", "_places", "__class__"])
def test_names_that_cannot_be_attributes_are_refused(name: Any) -> None:
    with pytest.raises(InputError, match=r"expected a name without dots|which is an attribute of modules"):
        Sequential({"first": double, name: double})


# ---- Parts -----------------------------------------------------------------------------------------------------------


def test_length_places_and_iteration() -> None:
    parts: list[Any] = [Scale(1.0), double, Scale(2.0)]
    model = Sequential(*parts)
    assert len(model) == 3
    assert list(model) == parts
    assert (model[0], model[-1], model[np.int64(1)]) == (parts[0], parts[2], double)
    for place in (3, -4):
        with pytest.raises(IndexError, match=f"there is no part {place} in a Sequential of 3 parts"):
            model[place]
    with pytest.raises(TypeError, match="integer"):
        model["0"]  # type: ignore[call-overload]


def test_a_slice_shares_parts_keeps_their_names_and_changes_no_label() -> None:
    model = Sequential(double, Scale(1.0), Scale(2.0), Scale(4.0)).eval()
    outer = Sequential({"body": model})
    part = model[1:3]
    assert isinstance(part, Sequential)
    assert list(part) == [model[1], model[2]]
    assert list(part.state_dict()) == ["1.factor", "2.factor"]
    assert not part.training
    assert model[1].factor.label == "body.1.factor"
    assert part(1.0).data == 2.0
    assert model[::-2](1.0).data == 4.0
    assert len(model[9:]) == 0
    assert outer(1.0).data == 16.0


def test_append_returns_the_model_and_names_the_part_by_its_number() -> None:
    model = Sequential(Scale())
    assert model.append(double).append(Scale()) is model
    assert names(model) == ["0.factor", "2.factor"]
    assert model[2].factor.label == "2.factor"
    assert model(1.0).data == 18.0


def test_a_part_appended_to_a_slice_takes_no_name_that_is_used() -> None:
    model = Sequential(Scale(1.0), Scale(2.0), Scale(4.0))
    part = model[1:].append(Scale(8.0))
    assert names(part) == ["1.factor", "2.factor", "3.factor"]
    assert part(1.0).data == 64.0
    assert len(model) == 3


def test_a_part_can_be_replaced() -> None:
    model = Sequential(Scale(), double, Scale())
    model[-1] = Scale(0.5)
    assert model(1.0).data == 3.0
    assert model[2].factor.label == "2.factor"
    assert names(model) == ["0.factor", "2.factor"]
    with pytest.raises(IndexError, match="there is no part 3"):
        model[3] = double


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (3, "expected a module or a function as part 1, got 3$"),
        (None, "got None$"),
        (Module(), "as part 1, got Module\\(0 parameters\\)$"),
        (Scale, r"as part 1, got <class .*; write Scale\(…\)$"),
        ([double], r"parts are separate arguments: Sequential\(\*parts\)$"),
    ],
)
def test_what_cannot_be_called_is_no_part(part: Any, message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        Sequential(double, part)
    model = Sequential(double)
    with pytest.raises(OperandTypeError, match=message):
        model.append(part)
    assert list(model) == [double]
    model.append(double)
    with pytest.raises(OperandTypeError, match=message):
        model[1] = part
    assert list(model) == [double, double]


# ---- Errors that say where -------------------------------------------------------------------------------------------


def test_an_error_of_a_part_names_the_part() -> None:
    model = Sequential({"body": Sequential(double, Layer(3, 1, rng=0)), "head": double})
    with pytest.raises(
        ShapeError, match=r"^part body of the Sequential: part 1 of the Sequential: .* expected 3 inputs, got 2$"
    ):
        model([1.0, 2.0])


def test_an_error_of_another_kind_stays_as_it_is_with_a_note() -> None:
    def broken(x: float) -> float:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost") as caught:
        Sequential(double, broken)(1.0)
    assert caught.value.args == ("lost",)
    assert "(raised in part 1 of the Sequential)" in "".join(traceback.format_exception(caught.value))


# ---- As any module ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_copies_are_independent(duplicate: Any) -> None:
    model = Sequential(Scale(), double, Scale()).freeze("2")
    twin = duplicate(model)
    assert twin(1.0).data == model(1.0).data
    assert repr(twin) == repr(model)
    assert [p.frozen for p in twin.parameters()] == [False, True]
    twin[0].factor.data = 0.0
    twin.append(double)
    assert model(1.0).data == 18.0
    assert len(model) == 3


def test_repr_shows_the_parts_and_names_that_are_not_numbers() -> None:
    assert repr(Sequential(Scale(), double)) == "Sequential of [Scale(1 parameter), double]"
    assert repr(Sequential({"a": double, "b": abs})) == "Sequential of [a: double, b: abs]"
    assert repr(Sequential()) == "Sequential of []"


def test_a_subclass_may_prepare_its_parts() -> None:
    class Twice(Sequential):
        def __init__(self, factor: float) -> None:
            super().__init__(Scale(factor), Scale(factor))
            self.note = "mine"

    model = Twice(3.0)
    assert model(1.0).data == 9.0
    assert names(model) == ["0.factor", "1.factor"]
    assert type(model[:1]) is Sequential
