"""Activations: by name and as modules, against PyTorch and against numerical derivatives."""

import copy
import inspect
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core
from autograd_core import InputError, OperandTypeError, ShapeError, Value
from autograd_core.testing import check_grads
from layer_reference import assert_agrees, cases, flat, form, values
from nn.layers import activations
from nn.layers.activations import TABLE, Elementwise, LeakyReLU, LogSoftmax, ReLU, Softmax, Softmin

CLASSES: dict[str, type[Elementwise]] = {
    name: made for name, made in vars(activations).items() if isinstance(made, type) and issubclass(made, Elementwise)
}
del CLASSES["Elementwise"]

WITHOUT_A_CLASS = {"gelu_tanh"}  # PyTorch writes GELU(approximate="tanh")

each_class = pytest.mark.parametrize("made", CLASSES.values(), ids=CLASSES)
hundredths = st.integers(-500, 500).map(lambda k: k / 100.0)  # the rows themselves are tested at awkward points
nested = st.recursive(st.floats(-8.0, 8.0), lambda part: st.lists(part, max_size=3), max_leaves=8)


@pytest.mark.parametrize("case", cases(*CLASSES, "Softmax", "LogSoftmax", "Softmin"))
def test_values_and_gradients_are_pytorchs(case: dict[str, Any]) -> None:
    assert_agrees(getattr(activations, case["module"])(**case["arguments"]), case)


def test_every_row_is_a_class_and_compared_with_pytorch() -> None:
    assert {made.row.name for made in CLASSES.values()} == TABLE.keys() - WITHOUT_A_CLASS
    compared = {case.values[0]["module"] for case in cases()}
    assert compared >= {*CLASSES, "Softmax", "LogSoftmax", "Softmin"}


def test_the_ops_of_activations_are_the_rows_that_say_so() -> None:
    """But for those that mostly belong to a loss: pictures do not take them for the output of a unit."""
    made = {row.function(Value(0.7)).op for name, row in TABLE.items() if name != "linear"}
    stated = {op for op in autograd_core.TABLE.values() if op.activation}
    assert {op.name for op in made - stated} == {"softplus", "logsigmoid"}
    assert stated <= made


@given(x=st.floats(-50.0, 50.0))
def test_a_number_and_a_value_give_the_same_bits(x: float) -> None:
    for name, row in TABLE.items():
        value = row.function(Value(x))
        assert isinstance(value, Value), name
        assert value.data == row.on_anything(x) == row.on_anything(Value(x)).data, name


def test_the_approximate_gelu_has_a_name_too() -> None:
    assert TABLE["gelu_tanh"].function(Value(0.7)).data == activations.GELU(approximate="tanh")(0.7)


@given(x=nested)
def test_a_module_keeps_the_structure(x: Any) -> None:
    for name, made in CLASSES.items():
        module = made()
        results = module(x)
        assert form(results) == form(x), name
        assert flat(results) == [made.row.on_anything(number) for number in flat(x)], name
        of_values = flat(module(values(x)))
        assert of_values == flat(results), name
        assert all(isinstance(y, Value) for y in of_values), name


@each_class
@settings(deadline=None, max_examples=5)
@given(x=st.lists(st.lists(hundredths, min_size=2, max_size=2), min_size=1, max_size=2))
def test_gradients_are_right(made: type[Elementwise], x: list[list[float]]) -> None:
    assert check_grads(made(), x, kinks="skip")


@pytest.mark.parametrize("made", [Softmax, LogSoftmax, Softmin])
@settings(deadline=None, max_examples=10)
@given(x=st.lists(st.lists(hundredths, min_size=2, max_size=4), min_size=1, max_size=2))
def test_gradients_of_those_that_take_lists_are_right(made: type[Softmax], x: list[list[float]]) -> None:
    assert check_grads(made(), x)


@each_class
def test_a_class_is_like_one_written_by_hand(made: type[Elementwise]) -> None:
    assert vars(activations)[made.__name__] is made
    assert (made.__module__, made.__qualname__) == ("nn.layers.activations", made.__name__)
    assert made.__doc__
    assert made.row.formula in made.__doc__
    assert {name: p.default for name, p in inspect.signature(made).parameters.items()} == dict(made.row.parameters)
    module = made()
    for again in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module), copy.copy(module)):  # noqa: S301 - ours
        assert type(again) is made
        assert repr(again) == repr(module)
        assert again(0.5) == module(0.5)
    assert module.parameters() == []


def test_arguments_are_pytorchs_and_shown() -> None:
    assert repr(ReLU()) == "ReLU()"
    assert repr(LeakyReLU(0.2)) == repr(LeakyReLU(negative_slope=0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert repr(activations.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(activations.Hardtanh(max_val=2)) == "Hardtanh(min_val=-1.0, max_val=2.0)"


@pytest.mark.parametrize(
    ("made", "argument", "x"),
    [("LeakyReLU", 0.25, -2.0), ("ELU", 1.5, -2.0), ("CELU", 0.5, -1.0), ("Softplus", 1.0, 1.0)],
)
def test_an_argument_that_is_a_value_is_a_parameter_and_learns(made: str, argument: float, x: float) -> None:
    module = CLASSES[made](Value(argument))
    (parameter,) = module.parameters()
    assert parameter.label == TABLE[module.row.name].parameters[0][0]
    module(x).backward()
    step = 1e-6
    rise = (CLASSES[made](argument + step)(x) - CLASSES[made](argument - step)(x)) / (2.0 * step)
    assert parameter.grad == pytest.approx(rise, rel=1e-6)
    assert repr(argument) in repr(module)


@pytest.mark.parametrize("argument", [math.nan, math.inf, "0.1", None, [0.1], True])
def test_arguments_must_be_numbers(argument: Any) -> None:
    with pytest.raises((InputError, OperandTypeError), match=r"negative_slope must be a finite number|expected a real"):
        LeakyReLU(argument)


def test_other_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="got 1 by position"):
        ReLU(0.1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'alpha'"):
        LeakyReLU(alpha=0.1)
    with pytest.raises(InputError, match="expected approximate='none' or 'tanh', got 'exact'"):
        activations.GELU("exact")


@pytest.mark.parametrize("x", ["1.0", None, [1.0, "2"]])
def test_what_is_no_number_is_refused(x: Any) -> None:
    with pytest.raises(OperandTypeError, match=r"expected (numbers as input of a model|a real number), got "):
        ReLU()(x)


def test_arrays_of_numpy_are_read_as_lists() -> None:
    assert ReLU()(np.array([[1.0, -1.0], [0.5, -0.0]])) == [[1.0, 0.0], [0.5, 0.0]]


def test_softmax_is_over_the_last_dimension_only() -> None:
    x = [[0.0, 1.0], [2.0, 3.0]]
    assert Softmax()(x) == Softmax(dim=1)(x) == [Softmax(0)(row) for row in x]
    for wrong in (Softmax(0), Softmax(2), Softmax(-2)):
        with pytest.raises(ShapeError, match=r"Softmax\(dim=.*\) expected dim to be the last dimension, -1 or 1"):
            wrong(x)
    with pytest.raises(ShapeError, match="of at least one"):
        Softmax()(1.0)
    with pytest.raises(InputError, match="dim must be an int, got None"):
        Softmax(None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown activation 'softmax'; known are relu, tanh"):
        activations.activation("softmax")
