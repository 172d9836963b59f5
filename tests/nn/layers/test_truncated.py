"""Backpropagation through time, whole and truncated."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value, dot
from nn.layers.recurrent import RNN, chunks, detached
from recurrent_numbers import NETWORKS, data, fill, flat, gradients, grads, signal, total, values


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_truncated_at_the_length_or_later_is_full_to_the_bit(kind: Any, bidirectional: bool) -> None:
    network = kind(3, 4, num_layers=2, bidirectional=bidirectional, rng=2)
    full = gradients(network, signal(6))
    for truncate in (6, 7, 1000):
        network.truncate = truncate
        assert gradients(network, signal(6)) == full
    network.truncate = 5
    assert gradients(network, signal(6)) != full


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_truncation_changes_no_output_and_equals_the_way_in_pieces(kind: Any, k: int) -> None:
    network = kind(3, 4, num_layers=2, rng=2)
    outputs, final = network(signal(8))
    seeds = signal(8, 4, phase=3.0)
    network.truncate = k
    cut, last = network(signal(8))
    assert data([cut, last]) == data([outputs, final])
    dot(flat(cut), flat(seeds)).backward()
    together = [p.grad for p in network.parameters()]

    network.truncate = None
    network.zero_grad()
    state = None
    for piece in chunks(zip(signal(8), seeds, strict=True), k):
        outputs, state = network([x for x, _ in piece], state)
        dot(flat(outputs), flat([seed for _, seed in piece])).backward()
        state = detached(state)
    # One sweep adds the contributions of the pieces in another order than several do.
    assert [p.grad for p in network.parameters()] == pytest.approx(together, rel=1e-12, abs=1e-13)
    assert data(last) == flat(state)


@pytest.mark.parametrize("kind", NETWORKS)
def test_no_gradient_crosses_a_cut(kind: Any) -> None:
    network = kind(3, 4, num_layers=2, truncate=2, rng=2)
    sequence = values(signal(6))
    outputs, _ = network(sequence)
    total(outputs[3]).backward()
    reached = [any(x.grad != 0.0 for x in step) for step in sequence]
    assert reached == [False, False, True, True, False, False]


def test_a_graph_of_ten_thousand_steps() -> None:
    # h' = relu(h + x), so that every input counts 1 at the end, however far back.
    network = RNN(1, 1, nonlinearity="relu", bias=False, rng=0)
    fill(network, {"weight_ih_l0": [[1.0]], "weight_hh_l0": [[1.0]]})
    sequence = [[Value(0.5)] for _ in range(10_000)]
    _, h = network(sequence)
    h[0][0].backward()
    assert h[0][0].data == 5000.0
    assert grads(sequence) == [1.0] * 10_000
    assert network.cells[0].weight_ih[0][0].grad == 5000.0


def test_ten_thousand_steps_train_in_pieces() -> None:
    """An accumulator learns its own rate from one long sequence, piece by piece, with an exact target at every step."""

    def steps() -> Iterator[tuple[list[float], float]]:
        level = 0.0
        for t in range(10_000):
            x = math.sin(0.7 * t)
            level = math.tanh(0.8 * level + 0.5 * x)
            yield [x], level

    network = RNN(1, 1, bias=False, rng=0)
    state, losses = None, []
    for piece in chunks(steps(), 50):
        outputs, state = network([x for x, _ in piece], state)
        errors = [output[0] - level for output, (_, level) in zip(outputs, piece, strict=True)]
        loss = dot(errors, errors)
        network.zero_grad()
        loss.backward()
        for p in network.parameters():
            p.data -= 0.02 * p.grad
        state = detached(state)
        losses.append(loss.data)
    assert len(losses) == 200
    assert losses[-1] < 1e-6 * losses[0]
    assert data(network.parameters()) == pytest.approx([0.5, 0.8], abs=1e-4)


def test_detached_keeps_numbers_and_structure() -> None:
    x = Value(2.0)
    assert detached([(x * x, 1.0), [x], None, 3]) == [(4.0, 1.0), [2.0], None, 3]
    assert type(detached(x * x)) is float


@given(st.lists(st.integers(), max_size=20), st.integers(1, 25))
def test_chunks_are_the_items_in_order(items: list[int], k: int) -> None:
    pieces = list(chunks(items, k))
    assert [item for piece in pieces for item in piece] == items
    assert all(len(piece) == k for piece in pieces[:-1])
    assert all(1 <= len(piece) <= k for piece in pieces[-1:])


def test_chunks_are_read_only_when_they_are_needed() -> None:
    numbers = iter(range(10**9))
    assert next(chunks(numbers, 3)) == [0, 1, 2]
    assert next(numbers) == 3
