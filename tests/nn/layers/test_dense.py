"""Neurons, layers and networks: what they compute, what they are made of, what they refuse."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError, Value, topological_order
from autograd_core.testing import check_grads
from layer_reference import assert_agrees, cases, flat, form, start, with_parameters
from nn import MLP, Dropout, Layer, Module, Neuron
from nn.layers import activations
from nn.layers.dense import Linear

FORMULAS: dict[str, Callable[[float], float]] = {
    "relu": lambda z: max(z, 0.0),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + math.exp(-z)),
    "linear": lambda z: z,
}

numbers = st.floats(-3.0, 3.0)


def data_of(outputs: Any) -> list[float]:
    return [y.data for y in (outputs if isinstance(outputs, list) else [outputs])]


@pytest.mark.parametrize("name", activations.TABLE)
def test_a_layer_is_the_activation_of_a_linear_one(name: str) -> None:
    layer, x = Layer(3, 4, activation=name, rng=3), [0.5, -1.0, 2.0]
    linear = Linear(3, 4)
    linear.neurons = layer.neurons
    function = activations.TABLE[name].function
    assert data_of(layer(x)) == [function(y).data for y in linear(x)]
    assert layer.activation == layer.neurons[0].activation == name


@pytest.mark.parametrize("name", FORMULAS)
@given(x=st.lists(numbers, min_size=3, max_size=3), seed=st.integers(0, 1000))
def test_a_layer_computes_the_formula_and_its_gradient(name: str, x: list[float], seed: int) -> None:
    layer = Layer(3, 2, activation=name, rng=seed)
    for neuron in layer.neurons:
        neuron.b.data = 0.25
    inputs = [Value(number) for number in x]
    outputs = layer(inputs)
    assert isinstance(outputs, list)
    for neuron, output in zip(layer.neurons, outputs, strict=True):
        z = sum(w.data * number for w, number in zip(neuron.w, x, strict=True)) + 0.25
        assert output.data == pytest.approx(FORMULAS[name](z), rel=1e-12, abs=1e-12)
        layer.zero_grad()
        output.backward()
        # y = f(w·x + b), so dy/dw = x · dy/db.
        assert [w.grad for w in neuron.w] == pytest.approx([number * neuron.b.grad for number in x])
        rises = (FORMULAS[name](z + 1e-6) - FORMULAS[name](z - 1e-6)) / 2e-6
        if name != "relu" or abs(z) > 1e-5:
            assert neuron.b.grad == pytest.approx(rises, rel=1e-6, abs=1e-9)


@given(st.lists(numbers, min_size=4, max_size=4), st.integers(0, 1000))
def test_a_layer_is_its_neurons_one_by_one_to_the_bit(x: list[float], seed: int) -> None:
    layer = Layer(4, 3, activation="tanh", rng=seed)
    together, singly = layer(x), [neuron(x) for neuron in layer.neurons]
    assert data_of(together) == data_of(singly)


def test_a_neuron_is_three_nodes_whatever_the_number_of_inputs() -> None:
    for output in (Neuron(50, rng=0)([1.0] * 50), Layer(50, 1, rng=0)([1.0] * 50)):
        assert isinstance(output, Value)
        made = [node.op.name for node in topological_order(output) if node.op is not None]
        assert made == ["dot", "add", "relu"]


@pytest.mark.parametrize("made", [lambda: Neuron(2, rng=0), lambda: Layer(2, 3, rng=0)], ids=["neuron", "layer"])
def test_a_rebound_weight_is_used_at_once(made: Callable[[], Any]) -> None:
    module = made()
    neuron = module.neurons[1] if isinstance(module, Layer) else module

    def output() -> Value:
        outputs = module([1.0, 10.0])
        chosen: Value = outputs[1] if isinstance(outputs, list) else outputs
        return chosen

    output()
    neuron.w[0] = Value(2.0)
    neuron.w[1] = Value(3.0)
    assert output().data == 32.0
    neuron.w = [Value(4.0), Value(5.0)]
    neuron.b = Value(0.5)
    assert output().data == 54.5
    if isinstance(module, Layer):
        module.neurons[1] = replacement = Neuron(2, rng=3)
        assert output().data == replacement([1.0, 10.0]).data


def test_an_mlp_is_its_layers_in_a_row_with_a_linear_last_one() -> None:
    model = MLP(2, [3, 4, 2], activation="sigmoid", rng=1)
    signal: Any = [0.5, -1.0]
    for layer in model.layers:
        signal = layer(signal)
    assert data_of(model([0.5, -1.0])) == data_of(signal)
    assert [layer.activation for layer in model.layers] == ["sigmoid", "sigmoid", "linear"]
    assert [layer.activation for layer in MLP(1, [1, 1], output="tanh", rng=0).layers] == ["relu", "tanh"]


def test_a_single_output_is_a_bare_value_and_hidden_layers_may_have_one_neuron() -> None:
    assert isinstance(Layer(2, 1, rng=0)([1.0, 2.0]), Value)
    assert isinstance(Layer(2, 2, rng=0)([1.0, 2.0]), list)
    outputs = MLP(2, [1, 1, 3], activation="tanh", rng=0)([1.0, 2.0])
    assert isinstance(outputs, list)
    assert len(outputs) == 3


@pytest.mark.parametrize("x", [2, 2.0, Value(2.0), [2.0], (Value(2.0),)])
def test_one_input_may_be_given_bare(x: Any) -> None:
    neuron = Neuron(1, nonlin=False, rng=0)
    assert neuron(x).data == neuron.w[0].data * 2.0
    assert data_of(Layer(1, 2, nonlin=False, rng=0)(x))[0] == neuron.w[0].data * 2.0 or neuron.w[0].data != 0.0


def test_inputs_that_are_values_get_gradients() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=2)
    x = [Value(0.3), Value(-0.7)]
    output = model(x)
    assert isinstance(output, Value)
    output.backward()
    assert all(number.grad != 0.0 for number in x)


# ---- Batches, PyTorch's style ----------------------------------------------------------------------------------------

MAKERS: dict[str, Callable[[], Any]] = {
    "neuron": lambda: Neuron(2, rng=0),
    "layer": lambda: Layer(2, 3, rng=0),
    "layer of one": lambda: Layer(2, 1, rng=0),
    "layer without bias": lambda: Layer(2, 3, bias=False, rng=0),
    "linear": lambda: Linear(2, 3, rng=0),
    "linear of one": lambda: Linear(2, 1, rng=0),
    "mlp": lambda: MLP(2, [3, 4], rng=0),
    "mlp of one": lambda: MLP(2, [3, 1], rng=0),
    "mlp with a hidden layer of one": lambda: MLP(2, [1, 2], rng=0),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_batch_is_its_samples_one_by_one(make: Callable[[], Any], count: int) -> None:
    source = random.Random(count)
    module, batch = make(), [[source.random(), source.random()] for _ in range(count)]
    singly = [module(x) for x in batch]
    together = module(batch)
    assert form(together) == form(singly)
    assert [y.data for y in flat(together)] == [y.data for y in flat(singly)]
    nested = module([batch, batch])
    assert form(nested) == form([singly, singly])
    assert form(module([[Value(0.5), 1.0]])) == form([singly[0]])
    assert form(module([(1.0, 2.0)] * 2)) == form([singly[0]] * 2)


def test_layers_of_one_input_take_batches_too() -> None:
    for module in (Neuron(1, rng=0), Layer(1, 1, rng=0), MLP(1, [2, 1], rng=0)):
        assert [y.data for y in module([[0.5], [2.0]])] == [module(0.5).data, module(2.0).data]


def test_linear_is_pytorchs() -> None:
    linear = Linear(3, 1, rng=0)
    assert isinstance(linear([1.0, 2.0, 3.0]), list)
    assert repr(linear) == "Linear(in_features=3, out_features=1, bias=True)"
    assert repr(Linear(2, 3, False)) == "Linear(in_features=2, out_features=3, bias=False)"
    assert (linear.in_features, linear.out_features, form(linear.weight), form(linear.bias)) == (
        *(3, 1, [[None, None, None]], [None]),
    )
    assert isinstance(linear, Layer)
    assert linear.activation == "linear"
    with pytest.raises(InputError, match="in_features must be a positive int, got 0"):
        Linear(0, 1)
    with pytest.raises(InputError, match="out_features must be a positive int, got 0"):
        Linear(1, 0)


@pytest.mark.parametrize("case", cases("Linear"))
def test_linear_computes_what_pytorchs_does(case: dict[str, Any]) -> None:
    linear = Linear(**case["arguments"])
    start(linear, case)
    assert_agrees(linear, case)


def test_without_a_bias_there_is_one_node_less() -> None:
    for module in (Neuron(3, bias=False, rng=0), Layer(3, 1, bias=False, rng=0)):
        output = module([1.0, 2.0, 3.0])
        assert [node.op.name for node in topological_order(output) if node.op is not None] == ["dot", "relu"]
        assert len(module.parameters()) == 3
        assert module.tensors().keys() == {"weight"}
    assert Neuron(3, bias=False).b is None
    assert Layer(3, 2, bias=False).bias is None


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 100))
def test_gradients_are_right(count: int, nin: int, nout: int, bias: bool, seed: int) -> None:
    source = random.Random(seed)
    x = [[source.uniform(-2.0, 2.0) for _ in range(nin)] for _ in range(count)]
    for module in (
        Linear(nin, nout, bias, rng=source),
        Layer(nin, nout, activation="tanh", bias=bias, rng=source),
        MLP(nin, [2, nout], activation="gelu", rng=source),
    ):

        def run(x: Any, numbers: list[Any], module: Any = module) -> Any:
            return with_parameters(module, numbers)(x)

        assert check_grads(run, x, [p.data + 0.1 for p in module.parameters()])


# ---- micrograd's style -----------------------------------------------------------------------------------------------


def test_repr_of_a_neuron_is_micrograds() -> None:
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Neuron(3, activation="sigmoid")) == "SigmoidNeuron(3)"


def test_repr_of_layers_is_one_line_with_their_sizes() -> None:
    class Own(MLP):
        pass

    assert repr(MLP(3, [4, 4, 1], rng=0)) == "MLP(3 -> 4 -> 4 -> 1, 41 parameters)"
    assert repr(Own(1, [1], rng=0)) == "Own(1 -> 1, 2 parameters)"
    assert repr(Layer(1, 1, activation="tanh", bias=False)) == "Layer(1 -> 1, tanh, 1 parameter)"
    model = MLP(2, [3, 1], rng=0)
    model.layers[1] = Linear(3, 2)
    assert repr(model) == "MLP(2 -> 3 -> 2, 17 parameters)"
    model.layers.insert(1, Dropout(0.5))  # type: ignore[arg-type]
    assert repr(model) == "MLP(17 parameters)"
    model.layers = []
    assert repr(model) == "MLP(0 parameters)"


def test_positional_and_keyword_arguments_are_micrograds() -> None:
    assert Neuron(2, False).nonlin is False
    assert Neuron(2).nonlin is True
    assert Layer(2, 3, nonlin=False).activation == "linear"
    assert isinstance(MLP(2, (3, 1)), Module)


def test_attributes_are_micrograds() -> None:
    neuron = Neuron(3)
    assert isinstance(neuron.w, list)
    assert len(neuron.w) == 3
    assert neuron.b.data == 0.0
    assert neuron.parameters() == [*neuron.w, neuron.b]
    assert len(MLP(3, [4, 4, 1]).parameters()) == 41


def test_the_seed_of_the_random_module_makes_weights_repeatable() -> None:
    def weights() -> list[float]:
        random.seed(1337)
        return [p.data for p in MLP(2, [4, 1]).parameters()]

    assert weights() == weights()
    assert weights() == [p.data for p in MLP(2, [4, 1], rng=1337).parameters()]


# ---- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nin", [0, -1, 2.0, "3", None, True])
def test_sizes_must_be_positive_ints(nin: Any) -> None:
    for make in (lambda: Neuron(nin), lambda: Layer(nin, 2), lambda: MLP(nin, [2, 1])):
        with pytest.raises(InputError, match=r"nin must be a positive int, got "):
            make()
    with pytest.raises(InputError, match=r"nout must be a positive int, got "):
        Layer(2, nin)
    with pytest.raises(InputError, match=r"nouts\[1\] must be a positive int, got "):
        MLP(2, [3, nin])


@pytest.mark.parametrize("nouts", [[], (), 3, "16", None])
def test_there_must_be_a_layer(nouts: Any) -> None:
    with pytest.raises(InputError, match=r"nouts must be a list of at least one positive int, got "):
        MLP(2, nouts)


@pytest.mark.parametrize("name", ["Relu", "", "softmax", None, 3, ["relu"]])
def test_an_unknown_activation_is_refused_with_the_known_ones(name: Any) -> None:
    with pytest.raises(InputError, match=r"unknown activation .*; known are relu, tanh, sigmoid, linear"):
        MLP(2, [2, 1], activation=name)
    with pytest.raises(InputError, match=r"unknown activation"):
        MLP(2, [2, 1], output=name)


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0, 3.0], 1.0, Value(1.0), (1.0,)])
def test_inputs_of_the_wrong_length_are_refused_with_both_lengths_and_the_layer(x: Any) -> None:
    given = str(len(x)) if isinstance(x, (list, tuple)) else "the number 1.0"
    expected = "2 inputs" if isinstance(x, (list, tuple)) else "a list of 2 inputs"
    with pytest.raises(ShapeError, match=rf"^ReLUNeuron\(2\) expected {expected}, got {given}$"):
        Neuron(2)(x)
    with pytest.raises(ShapeError, match=rf"^a layer of 3 neurons expected {expected}, got {given}$"):
        Layer(2, 3)(x)
    with pytest.raises(ShapeError, match=rf"^layers\.0 of the MLP: a layer of 3 .* expected {expected}, got {given}$"):
        MLP(2, [3, 1])(x)


def test_the_message_names_the_layer_that_does_not_fit() -> None:
    model = MLP(2, [3, 4, 1])
    model.layers[1] = Layer(5, 4)
    with pytest.raises(ShapeError, match=r"^layers\.1 of the MLP: a layer of 4 neurons expected 5 inputs, got 3"):
        model([1.0, 2.0])


def test_a_sample_that_does_not_fit_is_found_in_a_batch_too() -> None:
    for module in (Neuron(2), Layer(2, 3), Linear(2, 3), MLP(2, [3, 1])):
        with pytest.raises(ShapeError, match="expected 2 inputs, got 3"):
            module([[1.0, 2.0], [1.0, 2.0, 3.0]])


@pytest.mark.parametrize("x", [["a", 1.0], [None, None], "ab", [1.0, "a"]])
def test_inputs_that_are_no_numbers_are_refused(x: Any) -> None:
    for module in (Neuron(2), Layer(2, 3), Linear(2, 3), Layer(2, 3, bias=False), MLP(2, [3, 1])):
        with pytest.raises(
            OperandTypeError, match=r"expected (numbers as input of a model|a real number), got .*'?(a|None|ab)'?"
        ):
            module(x)
