"""Every module of `nn` as boxes: each has a name and a formula, and none is torn apart."""

import inspect
import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import Value
from viz.graph.graph import BOXES, Graph, Kind


def numbers(count: int, start: float = 0.1) -> list[Value]:
    return [Value(start + 0.3 * place) for place in range(count)]


def rows(count: int, length: int) -> list[list[Value]]:
    return [numbers(length, 0.1 + 0.2 * row) for row in range(count)]


def between(module: Any) -> Callable[[], Any]:
    """A network with this module between two layers."""
    return lambda: nn.Sequential(nn.Linear(3, 3, rng=0), module, nn.Linear(3, 2, rng=1))(numbers(3))


def last_output(kind: Any, count: int) -> Any:
    """The output of a recurrent network for the last of some steps."""
    return kind(2, 3, rng=0)(rows(count, 2))[0][-1]


GATE = "sigmoid(W x + U h + b)"
NORM = "w (x - mean) / std + b"
LSTM, GRU = "o tanh(f c + i g)", "n + z (h - n)"

MODULES: dict[str, tuple[Callable[[], Any], dict[str, str]]] = {
    "Linear": (lambda: nn.Linear(3, 2, rng=0)(numbers(3)), {"Linear": "W x + b"}),
    "Layer": (lambda: nn.Layer(3, 2, rng=0)(numbers(3)), {"Layer": "relu(W x + b)"}),
    "Neuron": (lambda: nn.Neuron(3, rng=0)(numbers(3)), {"Neuron": "relu(W x + b)"}),
    "MLP": (lambda: nn.MLP(3, [4, 1], rng=0)(numbers(3)), {"layers.0": "relu(W x + b)", "layers.1": "W x + b"}),
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(3, 3, rng=0), nn.Tanh(), nn.LayerNorm(3), nn.Linear(3, 2, rng=1))(numbers(3)),
        {"Linear 0": "tanh(W x + b)", "LayerNorm 2": NORM, "Linear 3": "W x + b"},
    ),
    "LayerNorm": (lambda: nn.LayerNorm(3)(numbers(3)), {"LayerNorm": NORM}),
    "RMSNorm": (lambda: nn.RMSNorm(3)(numbers(3)), {"RMSNorm": "w x / rms"}),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3)(rows(2, 3)), {"BatchNorm1d": NORM}),
    "BatchNorm1d evaluating": (lambda: nn.BatchNorm1d(3).eval()(rows(2, 3)), {"BatchNorm1d": NORM}),
    "Dropout": (
        lambda: nn.Sequential(nn.Linear(3, 8, rng=0), nn.ReLU(), nn.Dropout(0.5, rng=0), nn.Linear(8, 2, rng=1))(
            numbers(3)
        ),
        {"Linear 0": "dropout(relu(W x + b))", "Linear 3": "W x + b"},
    ),
    "Embedding": (
        lambda: nn.Sequential(nn.Embedding(5, 3, rng=0), nn.Linear(3, 2, rng=0))([1, 2]),
        {"Embedding 0": "W[i]", "Linear 1": "W x + b"},
    ),
    "Conv1d": (lambda: nn.Conv1d(1, 2, 2, rng=0)([numbers(5)]), {"Conv1d": "W x + b"}),
    "Conv2d": (lambda: nn.Conv2d(1, 2, 2, rng=0)([rows(3, 3)]), {"Conv2d": "W x + b"}),
    "MaxPool1d": (
        lambda: nn.Sequential(nn.Conv1d(1, 1, 2, rng=0), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(2, 2, rng=0))(
            [numbers(5)]
        ),
        {"Conv1d 0": "max(W x + b)", "Linear 3": "W x + b"},
    ),
    "MaxPool2d": (
        lambda: nn.Sequential(nn.Conv2d(1, 1, 2, rng=0), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1, 2, rng=0))(
            [[rows(3, 3)]]
        ),
        {"Conv2d 0": "max(W x + b)", "Linear 3": "W x + b"},
    ),
    "Flatten": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 2, rng=0))([rows(2, 2)]),
        {"Linear 1": "W x + b"},
    ),
    "CausalSelfAttention": (
        lambda: nn.CausalSelfAttention(4, 2, rng=0)(rows(3, 4)),
        {
            "query": "0.7071 (W x + b)",
            "key": "W x + b",
            "value": "W x + b",
            "attention": "softmax(q k) v",
            "output": "W x + b",
        },
    ),
    "RNNCell": (lambda: nn.RNNCell(2, 3, rng=0)(numbers(2)), {"RNNCell": "tanh(W x + U h + b)"}),
    "LSTMCell": (
        lambda: nn.LSTMCell(2, 3, rng=0)(numbers(2))[0],
        {
            "input gate": GATE,
            "forget gate": GATE,
            "output gate": GATE,
            "candidate": "tanh(W x + U h + b)",
            "state": LSTM,
        },
    ),
    "GRUCell": (
        lambda: nn.GRUCell(2, 3, rng=0)(numbers(2), numbers(3)),
        {"reset gate": GATE, "update gate": GATE, "candidate": "tanh(W x + b + r (U h + b))", "state": GRU},
    ),
    **{
        f"{kind.__name__} of {count}": (
            partial(last_output, kind, count),
            {f"{cell} cells.0{f' ({step} of {count})' if count > 1 else ''}": text for step in range(1, count + 1)},
        )
        for kind, cell, text in (
            (nn.RNN, "RNNCell", "tanh(W x + U h + b)"),
            (nn.LSTM, "LSTMCell", LSTM),
            (nn.GRU, "GRUCell", GRU),
        )
        for count in (1, 3)
    },
    **{
        name: (between(getattr(nn, name)()), {"Linear 0": f"{op}(W x + b)", "Linear 2": "W x + b"})
        for name, op in {
            **{name: name.lower() for name in ("CELU", "ELU", "GELU", "SELU", "Mish", "ReLU", "ReLU6", "SiLU", "Tanh")},
            **{name: name.lower() for name in ("Sigmoid", "Softmax", "Softplus", "Softsign", "Tanhshrink")},
            **{name: name.lower() for name in ("LogSigmoid", "Softshrink", "Hardshrink", "Hardsigmoid", "Hardswish")},
            "Hardtanh": "clamp",
            "LeakyReLU": "leaky_relu",
            "LogSoftmax": "log_softmax",
        }.items()
    },
    "Softmin": (between(nn.Softmin()), {"Linear 0": "softmax(-(W x + b))", "Linear 2": "W x + b"}),
    "Identity": (between(nn.Identity()), {"Linear 0": "W x + b", "Linear 2": "W x + b"}),
}

ABSTRACT = {"Module", "Recurrent"}


def outputs(given: Any) -> list[Value]:
    return [given] if isinstance(given, Value) else [value for part in given for value in outputs(part)]


def summed(given: Any) -> Value:
    total: Value = ag.sum([y * (place + 0.5) for place, y in enumerate(outputs(given))])
    return total


def formulas(graph: Graph, kind: Kind | None = None) -> dict[str, str]:
    boxes = [node for node in graph.nodes if node.kind in BOXES and node.kind in (kind or node.kind, Kind.MODULE)]
    return {node.name: node.formula for node in boxes}


def test_every_module_is_in_the_table() -> None:
    modules = {name for name, kind in vars(nn).items() if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    assert modules - ABSTRACT <= {name.partition(" ")[0] for name in MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_every_box_of_a_module_has_its_name_and_its_formula(name: str) -> None:
    call, expected = MODULES[name]
    root = summed(call())
    graph = viz.draw(root, collapse="layer").graph
    found = formulas(graph)
    assert {box: found[box] for box in expected} == expected
    others = {node.name for node in graph.nodes if node.kind is Kind.MODULE} - expected.keys()
    assert not others
    assert all(node.formula for node in graph.nodes if node.kind in BOXES and node.folded_edges)
    assert not any(node.kind is Kind.PARAMETER for node in graph.nodes)


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {"Embedding"}))
def test_an_output_as_root_tears_no_layer_apart(name: str) -> None:
    root = outputs(MODULES[name][0]())[-1]
    graph = viz.draw(root, collapse="layer").graph
    assert not any(node.kind is Kind.PARAMETER for node in graph.nodes)
    assert formulas(graph).items() <= {**MODULES[name][1], **formulas(graph, Kind.GROUP)}.items()
    last = graph.inputs[graph.root.number]
    assert [graph.nodes[edge.source].kind in BOXES for edge in last] == [True]
    assert not graph.root.op
    whole = viz.draw(root, max_nodes=None).graph
    assert graph.drawn + graph.folded + graph.helpers == whole.drawn + whole.helpers


@pytest.mark.parametrize(("kind", "count"), [(nn.LSTM, 5), (nn.GRU, 4)])
def test_the_parts_of_an_opened_cell_are_shown_for_every_step(kind: Any, count: int) -> None:
    root = summed(kind(2, 3, rng=0)(rows(3, 2))[0][-1])
    for name in ("cells.0", f"{kind.__name__}Cell cells.0"):
        parts = {box: text for box, text in formulas(viz.draw(root, open=name).graph).items() if "cells.0." in box}
        assert len(parts) == 3 * count
        assert {box.partition(" (")[1] for box in parts} == {" ("}
        assert all(parts.values())


def test_the_reset_gate_of_a_gru_points_to_the_candidate() -> None:
    graph = viz.draw(summed(nn.GRUCell(2, 3, rng=0)(numbers(2), numbers(3)))).graph
    links = {(graph.nodes[edge.source].name, graph.nodes[edge.target].name) for edge in graph.edges}
    assert ("reset gate", "candidate") in links
    assert ("candidate", "state") in links
    assert ("reset gate", "state") not in links


class Block(nn.Module):
    """A residual block with a parameter of its own."""

    def __init__(self) -> None:
        self.inner, self.gain = nn.Linear(3, 3, rng=0), Value(0.4)

    def forward(self, x: list[Value]) -> list[Value]:
        return [a + self.gain * b for a, b in zip(x, self.inner(x), strict=True)]


class Net(nn.Module):
    """Two blocks and weights of its own."""

    def __init__(self) -> None:
        self.first, self.second = Block(), Block()
        self.out = numbers(3)

    def forward(self, x: list[Value]) -> Value:
        return ag.tanh(ag.dot(self.out, self.second(self.first(x))))


def test_modules_of_the_user_have_the_names_of_their_classes() -> None:
    found = formulas(viz.draw(Net()(numbers(3)), collapse="layer").graph, Kind.MODULE)
    assert found["Linear first.inner"] == found["Linear second.inner"] == "W x + b"
    assert found["Net"] == "tanh(W x)"
    assert found["Block first"] == "* +"


def test_a_layer_that_is_called_on_its_output_is_a_box_for_each_call() -> None:
    layer = nn.Linear(3, 3, rng=0)
    root = summed(layer(layer(layer(numbers(3)))))
    found = formulas(viz.draw(root, collapse="layer").graph)
    assert {f"Linear ({call} of 3)": "W x + b" for call in (1, 2, 3)}.items() <= found.items()
    samples = summed([layer(x) for x in rows(3, 3)])
    assert formulas(viz.draw(samples, collapse="layer").graph)["Linear"] == "W x + b"


@pytest.mark.parametrize("steps", [7, 12, 20])
def test_a_long_chain_of_calls_is_one_box(steps: int) -> None:
    outputs_, _ = nn.RNN(1, 2, rng=0)([[0.1]] * steps)
    drawing = viz.draw(summed(outputs_[-1]))
    assert "RNNCell cells.0" in formulas(drawing.graph)
    assert not drawing.graph.hidden
    assert width_of(drawing) < 2_000


def width_of(drawing: viz.Drawing) -> float:
    found = re.search(r'width="([\d.]+)"', drawing.svg)
    assert found
    return float(found[1])


def test_attention_inside_a_block_is_a_box_with_its_formula() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.attention, self.head = nn.CausalSelfAttention(4, 2, rng=0), nn.Linear(4, 1, rng=0)

        def forward(self, x: Any) -> Any:
            return [self.head(y) for y in self.attention(x)]

    found = formulas(viz.draw(summed(Model()(rows(3, 4)))).graph)
    assert (found["attention"], found["Linear head"]) == ("softmax(q k) v", "W x + b")


# ---- Calls in turns --------------------------------------------------------------------------------------------------


def called_in_turns(kind: Any, steps: int) -> Value:
    """The sum of the last state of a cell that the user calls step by step."""
    cell = kind(2, 3, rng=0)
    state: Any = None
    for step in range(steps):
        state = cell([0.1 * step, 0.5], state)
    root = ag.sum(state[0] if isinstance(state, tuple) else state)
    assert isinstance(root, Value)
    root.backward()
    return root


@pytest.mark.parametrize(("kind", "formula"), [(nn.LSTMCell, LSTM), (nn.GRUCell, GRU)])
@pytest.mark.parametrize("steps", [5, 6])
def test_a_cell_called_many_times_by_hand_is_a_box_for_each_call(kind: Any, formula: str, steps: int) -> None:
    root = called_in_turns(kind, steps)
    graph = viz.draw(root).graph
    boxes = [node for node in graph.nodes if node.kind in BOXES]
    assert [(box.name, box.kind, box.formula) for box in boxes] == [
        (f"{kind.__name__} ({step} of {steps})", Kind.MODULE, formula) for step in range(1, steps + 1)
    ]
    assert not graph.hidden
    count = len(kind(2, 3, rng=0).parameters())
    assert [box.parameters for box in boxes] == [count] + [0] * (steps - 1)
    assert all(0 < box.shared <= count for box in boxes[1:])
    svg = viz.draw(root).svg
    assert f">{boxes[1].shared} shared</text>" in svg
    assert f"uses {boxes[1].shared} parameters of the first call" in svg
    assert ">nodes<" not in svg
    gates = viz.draw(root, open=kind.__name__).graph
    assert any(node.name.startswith("candidate (") for node in gates.nodes)


@pytest.mark.parametrize(("kind", "count"), [(nn.LSTMCell, 5), (nn.GRUCell, 4)])
def test_a_cell_called_a_few_times_shows_its_gates(kind: Any, count: int) -> None:
    graph = viz.draw(called_in_turns(kind, 3)).graph
    assert sum(node.kind in BOXES for node in graph.nodes) == 3 * count


class Translator(nn.Module):
    """An encoder, and a decoder that is fed its own output."""

    def __init__(self) -> None:
        self.encoder, self.decoder = nn.GRUCell(2, 3, rng=0), nn.GRUCell(2, 3, rng=1)
        self.out = nn.Linear(3, 2, rng=2)

    def forward(self, steps: Any) -> Any:
        state: Any = None
        for step in steps:
            state = self.encoder(step, state)
        outputs = [[0.0, 0.0]]
        for _ in steps:
            state = self.decoder(outputs[-1], state)
            outputs.append(self.out(state))
        return outputs[1:]


def test_calls_that_do_not_fit_are_one_box_before_anything_is_left_out() -> None:
    loss = nn.mse_loss(Translator()([[0.1, 0.2]] * 5), [[0.0, 1.0]] * 5)
    drawing = viz.draw(loss)
    assert "GRUCell encoder" in formulas(drawing.graph)
    assert not drawing.graph.hidden
    assert width_of(drawing) <= 4_000
    by_call = formulas(viz.draw(loss, collapse="layer", max_nodes=None).graph)
    assert "GRUCell encoder (5 of 5)" in by_call


# ---- Outside of modules ----------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """An embedding, to which another module adds what it makes of it."""

    def __init__(self) -> None:
        self.embedding, self.middle, self.head = (
            nn.Embedding(5, 4, rng=0),
            nn.Linear(4, 4, rng=1),
            nn.Linear(4, 3, rng=2),
        )

    def forward(self, index: int) -> Any:
        row = self.embedding(index)
        return self.head([a + b for a, b in zip(row, self.middle(row), strict=True)])


def test_a_residual_sum_is_in_no_module() -> None:
    graph = viz.draw(summed(Residual()(2)), collapse="layer").graph
    found = {node.name: node for node in graph.nodes}
    assert found["sums"].formula == "x + y"
    assert found["sums"].kind is Kind.GROUP
    assert found["sums"].folded_nodes == 4
    assert not any(name.startswith("Embedding embedding (") for name in found)


@pytest.mark.parametrize(
    ("op", "name", "formula"),
    [
        (lambda x, y: x * x, "squares", "x**2"),
        (lambda x, y: x * y, "products", "x y"),
        (lambda x, y: x - y, "differences", "x - y"),
        (lambda x, y: x / y, "quotients", "x / y"),
    ],
)
def test_ops_of_one_kind_after_a_network_have_a_name(op: Callable[[Any, Any], Value], name: str, formula: str) -> None:
    states, _ = nn.LSTM(2, 3, rng=0)([[0.1, 0.5], [0.7, -0.2]])
    terms = [op(x, y) for row in states for x, y in pairwise(row)]
    graph = viz.draw(ag.sum(terms)).graph
    assert [(node.name, node.formula) for node in graph.nodes if node.kind is Kind.GROUP] == [(name, formula)]
    assert viz.draw(ag.sum(terms), open=name).graph.drawn > 4
