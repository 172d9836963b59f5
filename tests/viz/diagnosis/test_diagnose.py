"""Each way to break a network is reported with a reason and a remedy; healthy networks give no findings."""

import json
import math
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

import autograd_core as ag
from autograd_core import OperandTypeError, Value, topological_order
from autograd_core.diagnosis.units import is_relu
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from nn import MLP, BatchNorm1d, Dropout, Embedding, Linear, Sequential, Tanh, cross_entropy, mse_loss
from nn.init import constant, zeros
from nn.training.regularisation import clip_grad_norm_
from viz.diagnosis import CHECKS, Diagnosis, Finding, diagnose
from viz.diagnosis.numbers import OPS_REMEDIES
from viz.diagnosis.record import Record

SAMPLES = 16


def kinds(model: object, loss: Value) -> list[tuple[str, str]]:
    return [(finding.kind, finding.where) for finding in diagnose(model, loss)]


def loss_of(model: Callable[[list[float]], Any], seed: int = 0, samples: int = SAMPLES, inputs: int = 4) -> Value:
    """A mean squared error over random samples, as in training."""
    rng = Random(seed)
    outputs = [model([rng.gauss(0.0, 1.0) for _ in range(inputs)]) for _ in range(samples)]
    flat = [one for output in outputs for one in (output if isinstance(output, list) else [output])]
    loss: Value = mse_loss(flat, [rng.gauss(0.0, 1.0) for _ in flat])
    return loss


def backward(loss: Value) -> Value:
    loss.backward()
    return loss


# ---- Healthy ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.integers(0, 1 << 30),
    st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu", "gelu", "linear"]),
    st.lists(st.integers(8, 12), min_size=1, max_size=3),
    st.integers(8, 24),
)
def test_healthy_random_networks_give_no_findings(seed: int, activation: str, widths: list[int], samples: int) -> None:
    model = MLP(4, [*widths, 2], activation=activation, rng=seed)
    diagnosis = diagnose(model, backward(loss_of(model, seed, samples)))
    assert not diagnosis, str(diagnosis)
    assert str(diagnosis).startswith("nothing found in a graph of ")


def test_a_single_sample_for_which_some_relus_are_off_is_healthy() -> None:
    for seed in range(30):
        model = MLP(4, [8, 2], rng=seed)
        assert not diagnose(model, backward(loss_of(model, seed, samples=1)))


@pytest.mark.parametrize("seed", range(5))
def test_classifiers_with_normalisation_and_dropout_are_healthy(seed: int) -> None:
    model = Sequential(Linear(4, 8, rng=seed), BatchNorm1d(8), Tanh(), Dropout(0.3, rng=seed), Linear(8, 3, rng=seed))
    rng = Random(seed)
    batch = [[rng.gauss(0.0, 1.0) for _ in range(4)] for _ in range(SAMPLES)]
    loss = cross_entropy(model(batch), [rng.randrange(3) for _ in batch])
    assert not diagnose(model, backward(loss))


def test_a_table_of_which_some_rows_are_looked_up_is_healthy() -> None:
    table = Embedding(10, 2, rng=0)
    loss = ag.sum(table(3)) ** 2
    assert not diagnose(table, backward(loss))


def test_an_output_that_is_sure_of_itself_is_healthy() -> None:
    w, b = Value(30.0), Value(0.0)
    loss = ag.sum([(w * x + b).tanh() - y for x, y in [(1.0, 0.9), (-1.0, -0.9)]])
    assert not diagnose({"w": w, "b": b}, backward(loss))


def test_a_margin_that_is_kept_is_no_dead_unit() -> None:
    w = Value(5.0)
    hinge = ag.sum([(1.0 - y * (w * x)).relu() for x, y in [(1.0, 1.0), (-1.0, -1.0), (0.1, 1.0)] * 4])
    assert not diagnose({"w": w}, backward(hinge))


def test_an_infinity_that_does_no_harm_is_no_finding() -> None:
    w = Value(2.0)
    masked = w * 0.0 + -math.inf
    assert not diagnose({"w": w}, backward(masked.exp() + w * w))


def test_a_pole_that_nothing_reaches_is_no_finding() -> None:
    w, x = Value(2.0), Value(0.0)
    assert not diagnose({"w": w, "x": x}, backward(ag.sqrt(x) * 0.0 + w))


def test_a_few_relus_that_are_off_are_healthy() -> None:
    model = MLP(1, [8, 1], rng=0)
    for index, neuron in enumerate(model.layers[0].neurons):
        neuron.w[0].data, neuron.b.data = (0.1, -1.0) if index < 3 else (1.0, 0.0)
    assert not diagnose(model, backward(loss_of(model, inputs=1)))


def test_a_model_of_nothing_is_healthy() -> None:
    assert not diagnose({}, Value(1.0))


# ---- Numbers that are not finite -------------------------------------------------------------------------------------


def test_the_first_nan_is_named_with_its_op_and_its_inputs() -> None:
    w = Value(-2.0, label="w")
    loss = (ag.log(w) + 1.0) * 3.0
    (finding,) = diagnose({"w": w}, loss)
    assert (finding.kind, finding.where) == ("nan", "log")
    assert "log made nan of w = -2.0, the first of 3 nodes" in finding.reason
    assert "log_softmax" in finding.remedy


def test_a_leaf_that_is_nan_is_named() -> None:
    w = Value(math.nan)
    (finding,) = diagnose({"first.w": w}, backward(w * 2.0 + 1.0))
    assert (finding.kind, finding.where) == ("nan", "first.w")
    assert "first.w = nan is nan" in finding.reason


def test_an_infinity_is_found_before_the_nan_that_it_makes() -> None:
    x = Value(800.0, label="x")
    y = x.exp()
    (finding,) = diagnose({"x": x}, y - y)
    assert finding.where == "exp"
    assert "exp made inf of x = 800.0" in finding.reason


def test_a_harmless_infinity_is_not_blamed() -> None:
    w = Value(-1.0)
    masked = (w * 0.0 + -math.inf).exp()
    (finding,) = diagnose({"w": w}, masked + ag.sqrt(w))
    assert finding.where == "sqrt"


def test_a_gradient_that_is_not_finite_is_found_where_it_arises() -> None:
    x = Value(0.0, label="x")
    loss = ag.sqrt(x) + 1.0
    (finding,) = diagnose({"x": x}, loss)
    assert (finding.kind, finding.where) == ("nan", "sqrt")
    assert "local derivative inf for input 1" in finding.reason


def test_of_several_gradients_that_are_not_finite_the_first_of_the_sweep_is_named() -> None:
    y = Value(0.0)
    (finding,) = diagnose({"y": y}, ag.sqrt(y * 3.0) + 1.0)
    assert finding.where == "sqrt"


# ---- Parameters and gradients ----------------------------------------------------------------------------------------


def test_neurons_that_are_not_used_are_unreached() -> None:
    model = MLP(4, [8, 3], rng=0)
    loss = backward(loss_of(lambda x: model(x)[:2]))
    (finding,) = diagnose(model, loss)
    assert (finding.kind, finding.where) == ("unreached", "layers.1")
    assert "from 9 of 27 parameters" in finding.reason
    assert "layers.1.neurons.2.w, layers.1.neurons.2.b" in finding.reason


def test_a_graph_that_was_cut_leaves_parameters_unreached() -> None:
    model = MLP(4, [8, 8, 1], rng=0)

    def cut(x: list[float]) -> Any:
        return model.layers[2](model.layers[1]([value.data for value in model.layers[0](x)]))

    assert kinds(model, backward(loss_of(cut))) == [("unreached", "layers.0")]


def test_frozen_parameters_need_no_path() -> None:
    w, b = Value(1.0), Value(2.0)
    b.frozen = True
    assert not diagnose({"w": w, "b": b}, backward(w * 2.0))


def test_gradients_that_were_never_computed_are_missing() -> None:
    model = MLP(4, [8, 1], rng=0)
    loss = loss_of(model)
    assert kinds(model, loss) == [("missing", "")]
    assert not diagnose(model, backward(loss))


@pytest.mark.parametrize("times", [2, 3, 7])
def test_gradients_that_were_added_up_are_counted(times: int) -> None:
    model = MLP(4, [8, 1], activation="tanh", rng=0)
    loss = loss_of(model)
    for _ in range(times):
        loss.backward()
    (finding,) = diagnose(model, loss)
    assert finding.kind == "accumulated"
    assert f"every gradient is {times} times" in finding.reason


def test_a_new_graph_of_the_same_step_shows_what_was_not_zeroed() -> None:
    model = MLP(4, [8, 1], rng=0)
    backward(loss_of(model))
    assert kinds(model, backward(loss_of(model))) == [("accumulated", "")]


def test_gradients_of_another_loss_are_stale() -> None:
    model = MLP(4, [8, 1], activation="tanh", rng=0)
    backward(loss_of(model, seed=1))
    (finding,) = diagnose(model, loss_of(model, seed=2))
    assert finding.kind == "stale"
    assert "of 49 gradients are not those of this loss" in finding.reason


def test_one_wrong_gradient_is_named() -> None:
    model = MLP(4, [8, 1], activation="tanh", rng=0)
    loss = backward(loss_of(model))
    model.layers[0].neurons[3].b.grad += 50.0
    (finding,) = diagnose(model, loss)
    assert finding.reason.startswith("1 of 49 gradients are not those of this loss: of layers.0.neurons.3.b 49.7")


def test_gradients_where_there_are_none_are_stale() -> None:
    w = Value(2.0)
    loss = w * 0.0
    w.grad = 3.0
    assert kinds({"w": w}, loss) == [("stale", "")]


def test_clipped_gradients_are_no_finding() -> None:
    model = MLP(4, [8, 1], activation="tanh", rng=0)
    loss = backward(loss_of(model))
    clip_grad_norm_(model.parameters(), 0.01)
    assert not diagnose(model, loss)


def test_gradients_that_are_nodes_are_read() -> None:
    w = Value(2.0)
    loss = w * w
    loss.backward(create_graph=True)
    assert not diagnose({"w": w}, loss)
    w.grad = 0  # a gradient that is a node makes a cycle


@given(expressions())
def test_the_sweep_is_that_of_the_engine_and_changes_nothing(program: Program) -> None:
    leaves = [Value(number) for number in program.leaves]
    root = program(*leaves)
    before = [leaf.grad for leaf in leaves]
    record = Record(ag.topological_order(root), {str(index): leaf for index, leaf in enumerate(leaves)})
    fresh = dict(record.fresh)
    for check in CHECKS:
        list(check(record))
    assert [leaf.grad for leaf in leaves] == before
    root.backward()
    for name, gradient in fresh.items():
        expected = record.parameters[name].grad
        assert gradient == expected or (math.isnan(gradient) and math.isnan(expected))


# ---- Units -----------------------------------------------------------------------------------------------------------


def with_bias(model: MLP, layer: int, bias: float, neurons: slice = slice(None)) -> MLP:
    for neuron in model.layers[layer].neurons[neurons]:
        neuron.b.data = bias
    return model


def test_a_dead_layer_is_found_and_so_is_what_it_blocks() -> None:
    model = with_bias(MLP(4, [8, 8, 1], rng=0), 1, -100.0)
    loss = backward(loss_of(model))
    assert kinds(model, loss) == [("dead", "layers.1"), ("vanishing", "layers.0"), ("vanishing", "layers.1")]
    assert "8 of 8 relu units give 0 for each of 16 samples" in diagnose(model, loss)[0].reason


@pytest.mark.parametrize("samples", [1, SAMPLES])
def test_a_single_unit_that_nothing_can_turn_on_is_found(samples: int) -> None:
    model = with_bias(MLP(4, [8, 1], rng=0), 0, -100.0, slice(2, 3))
    (finding,) = diagnose(model, backward(loss_of(model, samples=samples)))
    assert (finding.kind, finding.where) == ("dead", "layers.0")
    assert "1 of 8 relu units" in finding.reason
    assert "(neurons.2)" in finding.reason


def test_all_ops_that_are_looked_for_exist() -> None:
    assert ag.TABLE.keys() >= OPS_REMEDIES.keys()


def test_the_ops_of_units_follow_from_their_rows() -> None:
    units = [op for op in ag.TABLE.values() if op.activation]
    assert sorted(op.name for op in units if is_relu(op)) == ["relu", "relu6"]
    saturating = sorted(op.name for op in units if op.steepest is not None)
    assert saturating == ["clamp", "hardsigmoid", "relu6", "sigmoid", "softsign", "tanh"]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "hardtanh", "hardsigmoid", "softsign"])
@pytest.mark.parametrize("bias", [-50.0, 50.0])
def test_saturated_units_are_found(activation: str, bias: float) -> None:
    model = with_bias(MLP(4, [8, 8, 1], activation=activation, rng=0), 0, bias, slice(5))
    findings = [finding for finding in diagnose(model, backward(loss_of(model))) if finding.kind == "saturated"]
    assert [finding.where for finding in findings] == ["layers.0"]
    assert f"5 of 8 {'clamp' if activation == 'hardtanh' else activation} units" in findings[0].reason
    assert "and 1 more)" in findings[0].reason


def test_units_of_a_network_written_by_hand_are_found_too() -> None:
    weights = {f"{layer}.neurons.{unit}.{name}": Value(0.5 + 0.1 * unit) for layer in ("first", "last")
               for unit in range(3 if layer == "first" else 1) for name in ("w0", "w1", "b")}  # fmt: skip
    weights["first.neurons.1.b"].data = -200.0

    def neuron(name: str, x: Any, y: Any) -> Any:
        return weights[f"{name}.w0"] * x + weights[f"{name}.w1"] * y + weights[f"{name}.b"]

    def network(x: float, y: float) -> Any:
        hidden = [neuron(f"first.neurons.{unit}", x, y).relu() for unit in range(3)]
        return neuron("last.neurons.0", hidden[0] + hidden[1], hidden[2])

    loss = backward(ag.sum([(network(x, 1.0) - 1.0) ** 2 for x in (0.0, 0.5, 1.0)]))
    (finding,) = diagnose(weights, loss)
    assert (finding.kind, finding.where) == ("dead", "first")


# ---- Sizes of gradients ----------------------------------------------------------------------------------------------


def test_a_deep_network_of_sigmoids_has_vanishing_gradients() -> None:
    model = MLP(4, [8] * 10 + [1], activation="sigmoid", rng=0)
    found = diagnose(model, backward(loss_of(model)))
    assert {finding.kind for finding in found} == {"vanishing"}
    assert [finding.where for finding in found][:2] == ["layers.0", "layers.1"]
    assert "in layers.10, so this layer hardly learns" in found[0].reason


def test_large_weights_make_gradients_explode() -> None:
    model = MLP(4, [8] * 6 + [1], activation="linear", rng=0)
    for parameter in model.parameters():
        parameter.data *= 20.0
    found = diagnose(model, backward(loss_of(model)))
    assert {finding.kind for finding in found} == {"exploding"}


def test_gradients_that_grow_on_their_way_back_explode() -> None:
    first, last = Value(1.0), Value(1e6)
    hidden = first * 1.0
    loss = last * hidden * 1e-6 + 0.5
    assert kinds({"first.w": first, "last.w": last}, backward(loss)) == [("exploding", "first")]


def test_a_network_at_its_minimum_is_healthy() -> None:
    first, last = Value(1.0), Value(1.0)
    loss = (first * 1e-9) + (last * 1e-3 * 1e-12)
    assert not diagnose({"first.w": first, "last.w": last}, backward(loss))


# ---- The diagnosis ---------------------------------------------------------------------------------------------------


def test_a_diagnosis_is_a_sequence_that_prints_and_makes_json() -> None:
    model = with_bias(MLP(4, [8, 1], rng=0), 0, -100.0)
    diagnosis = diagnose(model, loss_of(model))
    assert diagnosis
    assert len(diagnosis) == len(list(diagnosis))
    assert list(diagnosis[:1]) == [diagnosis[0]]
    assert json.loads(json.dumps(diagnosis.records())) == [finding._asdict() for finding in diagnosis]
    assert str(diagnosis).splitlines()[1].startswith("1. ")
    assert all(finding.reason in str(diagnosis) and finding.remedy in str(diagnosis) for finding in diagnosis)


def test_a_diagnosis_is_shown_as_a_line_a_list_and_a_table() -> None:
    first, second = Finding("nan", "", "it < 0", "Use more"), Finding("dead", "a.b", "it is 0", "Use less")
    assert repr(Diagnosis([], 1, 0)) == pretty(Diagnosis([], 1, 0)) == "Diagnosis(nothing found in 1 node)"
    assert "<th" not in Diagnosis([], 3, 1)._repr_html_()
    assert "nothing found in a graph of 3 nodes with 1 parameter" in Diagnosis([], 3, 1)._repr_html_()
    assert repr(Diagnosis([first] * 6, 1, 0)) == "Diagnosis(6 findings: nan, nan, nan, nan and 2 more)"
    diagnosis = Diagnosis([first, second], 7, 2)
    assert pretty(diagnosis).splitlines() == [
        "Diagnosis(2 findings: nan, dead)",
        "1. nan, the model: it < 0. Use more.",
        "2. dead, a.b: it is 0. Use less.",
    ]
    assert pretty([diagnosis]) == f"[{diagnosis!r}]"
    shown = diagnosis._repr_html_()
    assert (shown.count("<tr>"), shown.count("<td")) == (3, 8)
    assert "it &lt; 0" in shown
    assert "2 findings in a graph of 7 nodes with 2 parameters" in shown


def test_hostile_names_are_made_harmless() -> None:
    w = Value(-1.0, label="a\n\u202eb" + "x" * 10_000)
    text = str(diagnose({"\x07" + "y" * 10_000: Value(1.0)}, ag.log(w)))
    assert text.isprintable() or set(text) - {"\n"} == {c for c in text if c.isprintable()}
    assert len(text) < 2_000


@pytest.mark.parametrize("model", [None, 3, [Value(1.0)], {"w": 3.0}, {3: Value(1.0)}])
def test_other_models_are_refused(model: object) -> None:
    with pytest.raises(OperandTypeError, match="named_parameters"):
        diagnose(model, Value(1.0))


def test_a_loss_must_be_a_value() -> None:
    with pytest.raises(OperandTypeError, match="diagnose needs a Value as its loss"):
        diagnose({}, 3.0)  # type: ignore[arg-type]


def test_depth_is_no_obstacle() -> None:
    w = Value(0.5)
    root = w
    for _ in range(100_000):
        root = -root
    assert not diagnose({"w": w}, backward(root))


def test_an_infinite_gradient_that_a_slope_of_0_stops_reaches_no_parameter() -> None:
    w = Value(-1.0)
    loss = w.relu().sqrt()
    loss.backward()
    record = Record(topological_order(loss), {"w": w})
    assert record.fresh == {"w": w.grad} == {"w": 0.0}


# ---- Weights that are all alike --------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_weights_that_are_all_zero_are_found_and_what_follows_is_not_said(activation: str) -> None:
    model = MLP(4, [8, 8, 1], activation=activation, init=zeros)
    findings = diagnose(model, backward(loss_of(model)))
    assert {finding.kind for finding in findings} == {"zero"}
    assert [finding.where for finding in findings][:2] == ["layers.0", "layers.1"]
    assert findings[0].reason.startswith("all 32 weights are 0 and so are their gradients: ")
    assert "Draw initial weights at random" in findings[0].remedy


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_weights_that_are_all_equal_are_found(activation: str) -> None:
    model = MLP(4, [8, 8, 1], activation=activation, init=partial(constant, value=0.1))
    findings = diagnose(model, backward(loss_of(model)))
    assert [(finding.kind, finding.where) for finding in findings] == [("equal", "layers.0"), ("equal", "layers.1")]
    assert "all 8 units have the same weights and the same gradients, so every step" in findings[0].reason


def test_a_last_layer_of_zeros_and_frozen_layers_are_healthy() -> None:
    model = Sequential(Linear(4, 8, rng=0), Tanh(), Linear(8, 2, init=zeros))
    assert not diagnose(model, backward(loss_of(model)))
    frozen = MLP(4, [8, 1], activation="tanh", init=partial(constant, value=0.1)).freeze("layers.0")
    assert not diagnose(frozen, backward(loss_of(frozen)))
