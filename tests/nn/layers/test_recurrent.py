"""Recurrent cells and networks: PyTorch's numbers, right gradients, dropout, and what is refused."""

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, ShapeError, dot, no_grad, topological_order
from autograd_core.testing import check_grads
from nn.layers import recurrent
from nn.layers.recurrent import GRU, LSTM, RNN, Cell, GRUCell, LSTMCell, Recurrent, RNNCell, chunks, detached
from recurrent_numbers import CELLS, NETWORKS, data, fill, flat, grads, signal, total, values

REFERENCE: Final = json.loads((Path(__file__).parents[1] / "reference" / "recurrent.json").read_text("utf-8"))
CASES: Final[dict[str, Any]] = REFERENCE["cases"]


numbers = st.floats(-2.0, 2.0)


# ---- PyTorch's numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_results_and_gradients_are_pytorchs(name: str) -> None:
    case = CASES[name]
    module = getattr(recurrent, case["kind"])(**case["arguments"], rng=0)
    fill(module, case["parameters"])
    inputs, state = values(case["inputs"]), values(case["state"])
    results = module(inputs, tuple(state) if len(state) == 2 else state[0])
    assert data(results) == pytest.approx(flat(case["results"]), rel=1e-10, abs=1e-13)
    dot(flat(results), flat(case["seeds"])).backward()
    expected = case["gradients"]
    assert grads(inputs) == pytest.approx(flat(expected["inputs"]), rel=1e-10, abs=1e-13)
    assert grads(state) == pytest.approx(flat(expected["state"]), rel=1e-10, abs=1e-13)
    for tensor, block in module.tensors().items():
        given = flat(expected["parameters"][tensor])
        assert grads(list(block)) == pytest.approx(given, rel=1e-10, abs=1e-13), tensor


def test_the_reference_has_every_kind_and_none_of_its_gradients_is_nothing() -> None:
    assert {case["kind"] for case in CASES.values()} == {kind.__name__ for kind in (*CELLS, *NETWORKS)}
    for name, case in CASES.items():
        assert any(abs(number) > 0.1 for number in flat(list(case["gradients"]["parameters"].values()))), name


@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name]["kind"].endswith("Cell")])
def test_parameters_come_in_pytorchs_order(name: str) -> None:
    case = CASES[name]
    module = getattr(recurrent, case["kind"])(**case["arguments"], rng=0)
    assert list(module.tensors()) == list(case["parameters"])
    assert [id(p) for p in module.parameters()] == [id(p) for p in flat(list(module.tensors().values()))]


# ---- Gradients -------------------------------------------------------------------------------------------------------

PARAMETERS: Final = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def with_parameters(module: Any, arrays: list[dict[str, Any]]) -> Any:
    """A module or its cells, with these arrays as parameters."""
    for cell, of_cell in zip(module.cells if isinstance(module, Recurrent) else [module], arrays, strict=True):
        for name, array in of_cell.items():
            setattr(cell, name, array)
    return module


def parameters_of(module: Any) -> list[dict[str, Any]]:
    cells = module.cells if isinstance(module, Recurrent) else [module]
    return [{name: getattr(cell, name) for name in PARAMETERS if getattr(cell, name) is not None} for cell in cells]


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    sizes = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kind = draw(st.sampled_from(CELLS))
    options = {"nonlinearity": draw(st.sampled_from(["tanh", "relu"]))} if kind is RNNCell else {}
    cell: Cell = kind(*sizes, draw(st.booleans()), rng=draw(st.integers(0, 99)), **options)
    return cell


@given(cells(), st.integers(0, 99))
@settings(max_examples=20)
def test_gradients_of_cells_are_right(cell: Cell, phase: int) -> None:
    x = signal(1, cell.input_size, phase)[0]
    state = [signal(1, cell.hidden_size, phase + part)[0] for part in range(len(cell.state_names))]

    def run(arrays: Any, x: Any, state: Any) -> Any:
        return with_parameters(cell, arrays)(x, state if len(state) == 2 else state[0])

    check_grads(run, parameters_of(cell), x, state)


@st.composite
def networks(draw: st.DrawFn) -> Recurrent:
    sizes = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kind: Any = draw(st.sampled_from(NETWORKS))
    network: Recurrent = kind(
        *sizes, bias=draw(st.booleans()), bidirectional=draw(st.booleans()), rng=draw(st.integers(0, 99))
    )
    return network


@given(networks(), st.integers(1, 3))
@settings(max_examples=12)
def test_gradients_of_networks_are_right(network: Recurrent, length: int) -> None:
    def run(arrays: Any, sequence: Any) -> Any:
        return with_parameters(network, arrays)(sequence)

    check_grads(run, parameters_of(network), signal(length, network.input_size))


# ---- Cells and networks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_is_its_cell_step_by_step_to_the_bit(kind: Any) -> None:
    network = kind(3, 4, rng=1)
    outputs, final = network(signal(5))
    state = None
    for x, y in zip(signal(5), outputs, strict=True):
        state = network.cells[0](x, state)
        assert data(state[0] if kind is LSTM else state) == data(y)
    assert data(state) == data(final)


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_second_layer_reads_what_the_first_one_says(kind: Any) -> None:
    network = kind(3, 4, num_layers=2, rng=1)
    first, second = (Recurrent(lambda *_, rng, cell=cell: cell, cell.input_size, 4) for cell in network.cells)
    assert data(second(first(signal(5))[0])[0]) == data(network(signal(5))[0])


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_backward_cell_reads_from_the_end(kind: Any) -> None:
    network = kind(3, 4, bidirectional=True, rng=1)
    outputs, _ = network(signal(5))
    back = Recurrent(lambda *_, rng: network.cells[1], 3, 4)(signal(5)[::-1])[0][::-1]
    assert [data(y[4:]) for y in outputs] == [data(y) for y in back]


@pytest.mark.parametrize("kind", NETWORKS)
def test_sequences_of_different_lengths_are_each_treated_by_itself(kind: Any) -> None:
    network = kind(3, 4, num_layers=2, rng=1)
    batch = [signal(5), signal(1, phase=1.0), signal(3, phase=2.0)]
    outputs, finals = network(batch)
    assert [data(y) for y in outputs] == [data(network(sequence)[0]) for sequence in batch]
    assert [data(state) for state in finals] == [data(network(sequence)[1]) for sequence in batch]
    further, _ = network(batch, finals)
    assert [data(y) for y in further] == [
        data(network(sequence, state)[0]) for sequence, state in zip(batch, finals, strict=True)
    ]


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_takes_several_samples(kind: Any) -> None:
    cell = kind(3, 4, rng=1)
    first = [cell(x) for x in signal(3)]
    second = [cell(x, state) for x, state in zip(signal(3, phase=1.0), first, strict=True)]
    together = cell(signal(3, phase=1.0), cell(signal(3)))
    by_sample = zip(*together, strict=True) if kind is LSTMCell else together
    assert [data(state) for state in by_sample] == [data(state) for state in second]


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_sequence_may_be_given_in_parts(kind: Any) -> None:
    network = kind(3, 4, num_layers=2, rng=1)
    whole, final = network(signal(7))
    first, state = network(signal(7)[:3])
    second, state = network(signal(7)[3:], state)
    assert data(first) + data(second) == data(whole)
    assert data(state) == data(final)
    total(whole).backward()
    expected = [p.grad for p in network.parameters()]
    network.zero_grad()
    total([*first, *second]).backward()  # the state has brought its history with it
    assert [p.grad for p in network.parameters()] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("kind", CELLS)
def test_a_changed_or_replaced_parameter_is_used_at_once(kind: Any) -> None:
    cell = kind(2, 3, rng=1)
    state = ([0.1] * 3, [0.2] * 3) if kind is LSTMCell else [0.1] * 3
    for name in PARAMETERS:
        before = data(cell([0.5, -1.0], state))
        flat(getattr(cell, name))[0].data += 0.5
        assert data(cell([0.5, -1.0], state)) != before
    cell.weight_ih = values([[0.0, 0.0]] * len(cell.weight_ih))
    assert data(cell([0.5, -1.0])) == data(cell([7.0, 3.0]))


def test_an_lstm_step_is_few_nodes() -> None:
    size = 6
    _, (h, c) = LSTM(3, size, rng=0)([[1.0, 2.0, 3.0]])
    made = [node.op.name for node in topological_order(ag.sum([*h[0], *c[0]])) if node.op is not None]
    assert made.count("dot") == 4 * size
    assert made.count("tanh") + made.count("sigmoid") == 5 * size
    # The biases of the gates added up, once for the sequence; the sums; f c + i g; the loss.
    assert made.count("add") == 4 * size + 4 * size + size
    assert made.count("mul") == 3 * size
    assert len(made) == 4 * size + 5 * size + 9 * size + 3 * size + 1


def test_without_recording_nothing_is_kept() -> None:
    with no_grad():
        outputs, state = GRU(3, 4, rng=0)(signal(3))
    assert all(not number.inputs for number in flat([outputs, state]))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_can_be_copied_and_pickled(kind: Any) -> None:
    network = kind(3, 4, num_layers=2, bidirectional=True, truncate=2, rng=1)
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):  # noqa: S301 - our own bytes
        assert data(twin(signal(5))) == data(network(signal(5)))
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in network.parameters()}


def test_reprs_name_kind_and_sizes() -> None:
    assert repr(LSTMCell(2, 3, rng=0)) == "LSTMCell(2, 3)"
    assert repr(GRU(2, 3, num_layers=2, bidirectional=True, rng=0)) == "GRU(2, 3, num_layers=2, bidirectional=True)"


# ---- Initial parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NETWORKS)
def test_initial_parameters_fill_the_interval_of_pytorch(kind: Any) -> None:
    parameters = [p.data for p in kind(10, 16, rng=3).parameters()]
    assert -0.25 <= min(parameters) < -0.24
    assert 0.24 < max(parameters) < 0.25
    assert abs(sum(parameters) / len(parameters)) < 0.02


def test_the_seed_makes_parameters_repeatable_and_dropout_does_not_change_them() -> None:
    first, second = (data(LSTM(2, 3, 2, rng=4).parameters()) for _ in range(2))
    assert first == second
    assert data(LSTM(2, 3, 2, rng=5).parameters()) != first
    assert data(LSTM(2, 3, 2, dropout=0.5, rng=4).parameters()) == first


def test_forget_gates_start_open_if_asked_for() -> None:
    network = LSTM(2, 3, num_layers=2, forget_bias=1.0, rng=0)
    plain = LSTM(2, 3, num_layers=2, rng=0)
    for cell, other in zip(network.cells, plain.cells, strict=True):
        assert cell.bias_ih is not None
        assert cell.bias_hh is not None
        assert other.bias_ih is not None
        assert data(cell.bias_ih[3:6]) == [1.0] * 3
        assert data(cell.bias_hh[3:6]) == [0.0] * 3
        assert data(cell.bias_ih[:3] + cell.bias_ih[6:]) == data(other.bias_ih[:3] + other.bias_ih[6:])
        assert all(abs(number) < 0.58 for number in data(other.bias_ih))


# ---- Dropout ---------------------------------------------------------------------------------------------------------


def test_dropout_acts_between_layers_in_training_only() -> None:
    network = LSTM(3, 8, num_layers=2, dropout=0.5, rng=0)
    network.eval()
    plain = LSTM(3, 8, num_layers=2, rng=0)
    assert data(network(signal(4))) == data(plain(signal(4)))
    network.train()
    once, again = network(signal(4)), network(signal(4))
    assert data(once[0]) != data(again[0])
    # The first layer's own states are not touched by it.
    assert data(once[1][0][0]) == data(again[1][0][0]) == data(plain(signal(4))[1][0][0])
    assert data(LSTM(3, 8, num_layers=2, dropout=0.5, rng=0)(signal(4))) == data(once)


# ---- Errors ----------------------------------------------------------------------------------------------------------

WRONG: Final[dict[str, tuple[Callable[[], object], type[Exception], str]]] = {
    "no step": (lambda: RNN(3, 4)([]), ShapeError, "expected a sequence of at least one step, got a list of 0"),
    "no sequence": (lambda: RNN(3, 4)(1.0), ShapeError, "expected a sequence of at least one step, got 1.0"),
    "an empty one among others": (lambda: GRU(3, 4)([signal(2), []]), ShapeError, "at least one step, got a list of 0"),
    "bare numbers": (lambda: RNN(1, 4)([1.0, 2.0]), ShapeError, r"given as \[\[x\] for x in numbers\]"),
    "a wrong input": (
        lambda: LSTM(3, 4)([[1.0] * 3, [1.0] * 2]),
        ShapeError,
        r"LSTM\(3, 4\) as step 1 of the sequence expected a list of 3 numbers, got a list of 2",
    ),
    "a wrong input that the state would make up for": (
        lambda: GRUCell(3, 4)([1.0] * 4, [1.0] * 3),
        ShapeError,
        r"GRUCell\(3, 4\) expected a list of 3 numbers, got a list of 4",
    ),
    "a text": (lambda: GRUCell(2, 4)("ab"), OperandTypeError, "'ab'"),
    "a state of a wrong size": (
        lambda: GRUCell(3, 4)([1.0] * 3, [0.0] * 5),
        ShapeError,
        r"the state h of GRUCell\(3, 4\) expected a list of 4 numbers, got a list of 5",
    ),
    "a state without c": (
        lambda: LSTMCell(3, 4)([1.0] * 3, ([0.0] * 4,)),
        ShapeError,
        r"expected as state the 2 arrays \(h, c\), got a list of 1",
    ),
    "too few states of samples": (
        lambda: GRUCell(3, 4)([[1.0] * 3] * 2, [[0.0] * 4]),
        ShapeError,
        "expected a list of 2, one vector for each sample, got a list of 1",
    ),
    "a state of too few layers": (
        lambda: GRU(3, 4, 2)(signal(2), [[0.0] * 4]),
        ShapeError,
        "expected a list of 2, one vector for each layer and direction, got a list of 1",
    ),
    "a state of layers of a wrong size": (
        lambda: LSTM(3, 4)(signal(2), ([[0.0] * 4], [[0.0] * 3])),
        ShapeError,
        "expected a list of 4 numbers, got a list of 3",
    ),
    "too few states of sequences": (
        lambda: GRU(3, 4)([signal(2), signal(3)], [[[0.0] * 4]]),
        ShapeError,
        "expected a list of 2, one state for each sequence, got a list of 1",
    ),
    "no steps in truncate": (lambda: GRU(3, 4, truncate=0), InputError, "truncate must be a positive int, got 0"),
    "no steps in a chunk": (lambda: chunks([1], 0), InputError, "k must be a positive int, got 0"),
    "no inputs": (lambda: GRUCell(0, 4), InputError, "input_size must be a positive int, got 0"),
    "no units": (lambda: LSTM(3, 0), InputError, "hidden_size must be a positive int, got 0"),
    "no layers": (lambda: LSTM(3, 4, 0), InputError, "num_layers must be a positive int, got 0"),
    "a nonlinearity": (lambda: RNN(3, 4, nonlinearity="sin"), InputError, "one of tanh, relu, got 'sin'"),
    "a list as nonlinearity": (lambda: RNNCell(3, 4, nonlinearity=[]), InputError, r"got \[\]"),  # type: ignore[arg-type]
    "a forget gate without bias": (
        lambda: LSTM(3, 4, bias=False, forget_bias=1.0),
        InputError,
        "expected a cell with biases",
    ),
    "dropout without a second layer": (
        lambda: LSTM(3, 4, dropout=0.5),
        InputError,
        "expected num_layers of at least 2, got 1",
    ),
    "a dropout above 1": (lambda: LSTM(3, 4, 2, dropout=1.5), InputError, "from 0 to 1, got 1.5"),
    "detached text": (lambda: detached(["x"]), OperandTypeError, "expected Values and numbers .* got str"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    action, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        action()


def test_a_truncate_that_is_set_later_is_checked_too() -> None:
    network = GRU(3, 4, rng=0)
    network.truncate = 0
    with pytest.raises(InputError, match="truncate must be a positive int, got 0"):
        network(signal(2))
