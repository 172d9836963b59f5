"""Recurrent networks unfolded in time: the steps, gates and error signals are those of the graph."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd_core import InputError, OperandTypeError, Value, tanh
from recurrent_networks import (
    SEQUENCE,
    ByTheBook,
    Read,
    SequenceInReverse,
    Tower,
    TwoLayers,
    WithoutFirstState,
)
from viz.network.unfolded import Unfolded, contributions_of, unfolded

KINDS: dict[str, Callable[..., nn.Module]] = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


def last_of(sequence: int, size: int) -> list[float]:
    return [0.25 * i for i in range(sequence * size)]


def read(model: nn.Module, target: Any, loss: Callable[..., Any] = nn.mse_loss) -> Unfolded:
    return unfolded(model, loss, (SEQUENCE, target))


def kinds_of(network: Unfolded) -> list[tuple[str, str, int, tuple[int, ...]]]:
    return [(block.name, block.title, block.size, block.times) for block in network.blocks]


ALL = (1, 2, 3, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_stand_on_each_other(kind: str) -> None:
    network = read(Read(KINDS[kind](2, 3, num_layers=2, rng=1), 2), [1.0, 0.0])
    title = "Elman, tanh" if kind == "RNN" else kind
    assert kinds_of(network) == [
        ("rnn.cells.0", title, 3, ALL),
        ("rnn.cells.1", title, 3, ALL),
        ("head", "dense, linear", 2, (4,)),
    ]
    assert network.outputs == ((4, 0), (4, 1))


def test_networks_written_by_hand_are_read_by_their_formulas() -> None:
    assert kinds_of(read(TwoLayers(), [1.0, 0.0])) == [
        ("ih", "Elman, tanh", 3, ALL),
        ("out", "dense, linear", 2, (4,)),
    ]
    assert kinds_of(read(WithoutFirstState(), [1.0, 0.0])) == [("", "Elman, relu", 2, ALL)]
    assert kinds_of(read(ByTheBook(), [1.0, 0.0])) == [("inputs.0", "GRU", 2, ALL)]
    assert [title for _, title, _, _ in kinds_of(read(Tower(), last_of(4, 2)))] == [
        "dense, gelu",
        "LSTM",
        "GRU",
        "dense, silu",
        "dense, linear",
    ]


def test_the_time_is_that_of_the_structure_and_not_of_the_creation() -> None:
    network = unfolded(SequenceInReverse(), nn.mse_loss, ([1.0, 2.0, 4.0], 0.5))
    assert network.features == {1: (1.0,), 2: (2.0,), 3: (4.0,)}


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_those_of_the_network(kind: str) -> None:
    recurrent = KINDS[kind](2, 3, rng=1)
    network = read(Read(recurrent), [0.5] * 3)
    states, _ = recurrent(SEQUENCE)
    (block,) = network.blocks
    assert [block.a[t] for t in ALL] == [tuple(h.data for h in state) for state in states]
    assert [network.features[t] for t in ALL] == [tuple(x) for x in SEQUENCE]


def test_gates_of_an_lstm_have_their_activations() -> None:
    (block,) = read(Read(nn.LSTM(2, 3, rng=1)), [0.5] * 3).blocks
    i, f, g, o = block.gates
    assert [gate.name for gate in block.gates] == ["i", "f", "g", "o"]
    for t in ALL:
        cells = block.cells.get(t - 1, (0.0,) * 3)
        for j in range(3):
            assert math.isclose(block.cells[t][j], f.a[t][j] * cells[j] + i.a[t][j] * g.a[t][j], rel_tol=1e-14)
            assert math.isclose(block.a[t][j], o.a[t][j] * math.tanh(block.cells[t][j]), rel_tol=1e-14)
            assert math.isclose(o.a[t][j], 1.0 / (1.0 + math.exp(-o.z[t][j])), rel_tol=1e-14)


def test_gates_of_a_gru_have_their_activations() -> None:
    (block,) = read(Read(nn.GRU(2, 3, rng=1)), [0.5] * 3).blocks
    r, z, n, m = block.gates
    assert [gate.name for gate in block.gates] == ["r", "z", "n", "m"]
    for t in ALL:
        before = block.a.get(t - 1, (0.0,) * 3)
        for j in range(3):
            assert math.isclose(r.a[t][j], 1.0 / (1.0 + math.exp(-r.z[t][j])), rel_tol=1e-14)
            assert math.isclose(n.a[t][j], math.tanh(n.z[t][j] + r.a[t][j] * m.z[t][j]), rel_tol=1e-14)
            state = (1.0 - z.a[t][j]) * n.a[t][j] + z.a[t][j] * before[j]
            assert math.isclose(block.a[t][j], state, rel_tol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every_step", [False, True])
def test_contributions_of_the_steps_add_up_to_the_gradient(kind: str, every_step: bool) -> None:
    model = Read(KINDS[kind](2, 2, num_layers=2, rng=3), 1, every_step)
    target = last_of(4 if every_step else 1, 1)
    network = read(model, target)
    nn.mse_loss([model(SEQUENCE)], [target]).backward()
    largest = max(abs(value.grad) for value in model.parameters())
    found = {id(p): sum(parts) for block in network.blocks for g in block.gates for p, parts in contributions_of(g)}
    assert found.keys() == {id(value) for value in model.parameters()}
    for value in model.parameters():
        assert abs(found[id(value)] - value.grad) <= 1e-14 * largest


def test_no_gradient_is_changed() -> None:
    model = Read(nn.LSTM(2, 2, rng=3), 1)
    read(model, [1.0])
    assert all(value.grad == 0.0 for value in model.parameters())


def test_the_first_state_may_be_given() -> None:
    recurrent = nn.LSTM(2, 2, rng=3)

    class Started(nn.Module):
        def __init__(self) -> None:
            self.rnn = recurrent

        def __call__(self, sequence: Any) -> Any:
            return self.rnn(sequence, ([[0.25, 0.5]], [[1.0, -1.0]]))[0][-1]

    (block,) = read(Started(), [0.0, 0.0]).blocks
    assert block.first_state == (0.25, 0.5)
    assert block.first_cell == (1.0, -1.0)


def test_steps_before_a_cut_are_a_first_state() -> None:
    recurrent = nn.RNN(2, 2, truncate=2, rng=1)
    (block,) = read(Read(recurrent), [0.5] * 2).blocks
    states, _ = recurrent(SEQUENCE)
    assert len(block.times) == 2
    assert block.first_state == tuple(h.data for h in states[1])


def test_units_that_the_loss_does_not_take_are_there() -> None:
    network = read(Read(nn.GRU(2, 3, rng=3)), [1.0], lambda outputs, _: outputs[0][1] * 2.0)
    (block,) = network.blocks
    assert network.outputs == ((4, 1),)
    assert block.pulls[4] == (0.0, 2.0, 0.0)


def test_classes_of_the_steps_have_a_softmax_each() -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        return nn.cross_entropy([outputs[0][i : i + 2] for i in range(0, 8, 2)], targets[0])

    cost = read(Read(nn.RNN(2, 2, rng=3), 2, every_step=True), [0, 1, 1, 0], loss).cost
    assert (cost.name, cost.groups, cost.factor) == ("cross-entropy", 4, 0.25)
    assert cost.target == (1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0)
    assert all(math.isclose(sum(cost.predicted[i : i + 2]), 1.0) for i in range(0, 8, 2))


# ---- What is refused -------------------------------------------------------------------------------------------------


class Forgetful(nn.Module):
    """A GRU whose reset gate acts on the state before the matrix, as in the paper."""

    def __init__(self) -> None:
        self.w, self.u, self.v, self.x = (Value(number) for number in (0.5, -0.25, 0.75, 0.125))

    def __call__(self, sequence: Any) -> Any:
        h: Any = 0.0
        for x, _ in sequence:
            r = (self.w * x + self.u * h).sigmoid()
            h = tanh(self.v * x + self.x * (r * h)) * (1.0 - r) + r * h
        return h


class Skipping(nn.Module):
    """A head that takes the states of two steps."""

    def __init__(self) -> None:
        self.rnn, self.head = nn.RNN(2, 2, rng=1), nn.Linear(4, 1, rng=2)

    def __call__(self, sequence: Any) -> Any:
        states, _ = self.rnn(sequence)
        return self.head([*states[-2], *states[-1]])


class Repeated(nn.Module):
    """A layer that is used twice, with an activation the first time only."""

    def __init__(self) -> None:
        self.layer = nn.Linear(2, 2, rng=1)

    def __call__(self, sequence: Any) -> Any:
        return self.layer([z.tanh() for z in self.layer(sequence[0])])


class Swapped(nn.Module):
    """An Elman network that takes its state in another order in every other step."""

    def __init__(self) -> None:
        self.layer = nn.Linear(2, 2, rng=1)

    def __call__(self, sequence: Any) -> Any:
        h: list[Any] = [0.0, 0.5]
        for index, _ in enumerate(sequence):
            h = [z.tanh() for z in self.layer(h[::-1] if index % 2 else h)]
        return h


class OneInputEach(nn.Module):
    """An Elman network whose units take different inputs and the same state."""

    def __init__(self) -> None:
        self.w = [Value(0.5), Value(-0.25)]
        self.u = [[Value(0.25), Value(-0.5)], [Value(0.5), Value(0.125)]]

    def __call__(self, sequence: Any) -> Any:
        h: list[Any] = [0.0, 0.0]
        for x in sequence:
            sums = [w * number + u[0] * h[0] + u[1] * h[1] for w, number, u in zip(self.w, x, self.u, strict=True)]
            h = [z.tanh() for z in sums]
        return h


class Crossed(nn.Module):
    """An LSTM whose units go on with the cell of the other one."""

    def __init__(self) -> None:
        self.cell = nn.LSTMCell(2, 2, rng=1)

    def __call__(self, sequence: Any) -> Any:
        h, c = self.cell(sequence[0])
        for x in sequence[1:]:
            h, c = self.cell(x, (h, c[::-1]))
        return h


@pytest.mark.parametrize(
    ("model", "target", "said"),
    [
        (Read(nn.RNN(2, 2, bidirectional=True, rng=1)), [0.5] * 4, "takes the results of several layers"),
        (Read(nn.LSTM(2, 2, truncate=2, rng=1), every_step=True), [0.5] * 8, "with truncate=None"),
        (Forgetful(), 0.5, "no unit of a layer gives"),
        (Repeated(), [0.5] * 2, "different activations in different steps"),
        (Swapped(), [0.5] * 2, "takes its state in different orders"),
        (OneInputEach(), [0.5] * 2, "have different inputs"),
        (Crossed(), [0.5] * 2, "goes on with another number than its own"),
        (Skipping(), [0.5], "does not take that step of the layer below"),
        (
            Read(nn.RNN(2, 2, num_layers=2, dropout=0.5, rng=1)),
            [0.5] * 2,
            "is in training mode and draws random numbers",
        ),
    ],
    ids=[
        "both directions",
        "truncated",
        "another formula",
        "activations",
        "orders",
        "inputs",
        "cells",
        "two steps",
        "dropout",
    ],
)
def test_other_networks_are_refused(model: nn.Module, target: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(model, target)


def test_a_penalty_is_refused() -> None:
    recurrent = nn.RNN(2, 2, rng=1)

    def loss(outputs: Any, targets: Any) -> Any:
        return nn.mse_loss(outputs, targets) + recurrent.cells[0].weight_hh[0][0] ** 2

    with pytest.raises(InputError, match=r"depends on .*weight_hh.0.0.* and not on the outputs alone"):
        read(Read(recurrent), [0.5] * 2, loss)


def test_a_weight_with_another_use_is_refused() -> None:
    w, u = Value(0.5, label="w"), Value(-0.25, label="u")

    class Model:
        def named_parameters(self) -> list[tuple[str, Value]]:
            return [("w", w), ("u", u)]

        def __call__(self, sequence: Any) -> Any:
            h: Any = 0.0
            for x in sequence:
                h = (w * x + u * h).leaky_relu(u)
            return h

    with pytest.raises(InputError, match=r"the gradient of u is .* and not the sum over the steps of its layer"):
        unfolded(Model(), nn.mse_loss, ([1.0, -2.0, -1.0], 0.5))


def test_the_cell_vector_as_output_is_refused() -> None:
    with pytest.raises(InputError, match="no unit of a layer gives"):
        read(nn.LSTM(2, 2, rng=1), 0.0, lambda outputs, _: outputs[0][1][1][0][0] * 2.0)


def test_what_is_no_model_or_loss_is_refused() -> None:
    with pytest.raises(OperandTypeError, match="a model that can be called, got dict"):
        unfolded({"w": Value(1.0)}, nn.mse_loss, (SEQUENCE, [0.0]))  # type: ignore[arg-type]
    with pytest.raises(OperandTypeError, match="a loss that can be called, got str"):
        unfolded(Read(nn.RNN(2, 2, rng=1)), "mse", (SEQUENCE, [0.0]))  # type: ignore[arg-type]


def test_what_is_read_tells_its_blocks_units_and_steps() -> None:
    found = unfolded(Read(nn.LSTM(2, 3, rng=1), 1), nn.mse_loss, (SEQUENCE, [1.0]))
    lstm, dense = map(repr, found.blocks)
    assert lstm == "Block(rnn.cells.0: LSTM, 3 units, 4 of the steps)"
    assert dense.startswith("Block(head: dense, 1 units, ")
    assert repr(found) == f"Unfolded(4 steps, {lstm} -> {dense})"
