"""Causal self-attention: PyTorch's numbers, right gradients, and no look at the future."""

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import InputError, ShapeError, Value, dot, no_grad, topological_order
from autograd_core.testing import check_grads
from nn.layers.attention import CausalSelfAttention

REFERENCE: Final = json.loads((Path(__file__).parents[1] / "reference" / "attention.json").read_text("utf-8"))
CASES: Final[dict[str, Any]] = REFERENCE["cases"]


def flat(tree: Any) -> list[Any]:
    """All numbers in nested lists, in order."""
    return [number for part in tree for number in flat(part)] if isinstance(tree, (list, tuple)) else [tree]


def values(tree: Any) -> Any:
    """The same structure with a new Value for every number."""
    return [values(part) for part in tree] if isinstance(tree, list) else Value(tree)


def data(tree: Any) -> list[float]:
    return [number.data for number in flat(tree)]


def grads(tree: Any) -> list[float]:
    return [number.grad for number in flat(tree)]


def signal(length: int, size: int, phase: float = 0.0) -> list[list[float]]:
    """A sequence that never repeats."""
    return [[math.sin(1.7 * t + 0.9 * i + phase) for i in range(size)] for t in range(length)]


# ---- PyTorch's numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_pytorchs(name: str) -> None:
    case = CASES[name]
    attention = CausalSelfAttention(**case["arguments"], rng=0)
    assert list(attention.tensors()) == list(case["parameters"])
    for tensor, block in attention.tensors().items():
        for parameter, number in zip(flat(block), flat(case["parameters"][tensor]), strict=True):
            parameter.data = number
    inputs = values(case["inputs"])
    outputs = attention(inputs)
    assert data(outputs) == pytest.approx(flat(case["outputs"]), rel=1e-10, abs=1e-13)
    dot(flat(outputs), flat(case["seeds"])).backward()
    expected = case["gradients"]
    assert grads(inputs) == pytest.approx(flat(expected["inputs"]), rel=1e-10, abs=1e-13)
    for tensor, block in attention.tensors().items():
        assert grads(block) == pytest.approx(flat(expected["parameters"][tensor]), rel=1e-10, abs=1e-13), tensor


# ---- Gradients -------------------------------------------------------------------------------------------------------

PARAMETERS: Final = ("in_proj_weight", "in_proj_bias", "out_proj_weight", "out_proj_bias")


@given(st.integers(1, 2), st.integers(1, 2), st.integers(1, 3), st.booleans(), st.integers(0, 99))
@settings(max_examples=10)
def test_gradients_are_right(heads: int, size: int, length: int, bias: bool, seed: int) -> None:
    attention = CausalSelfAttention(heads * size, heads, bias, rng=seed)
    arrays = {name: getattr(attention, name) for name in PARAMETERS if getattr(attention, name) is not None}

    def run(arrays: Any, sequence: Any) -> Any:
        for name, array in arrays.items():
            setattr(attention, name, array)
        return attention(sequence)

    check_grads(run, arrays, signal(length, heads * size, seed))


# ---- What it does ----------------------------------------------------------------------------------------------------


def test_no_position_sees_a_later_one() -> None:
    attention = CausalSelfAttention(6, 2, rng=1)
    outputs = attention(signal(5, 6))
    for length in range(1, 5):
        assert data(attention(signal(5, 6)[:length])) == data(outputs[:length])
    inputs = values(signal(5, 6))
    dot(attention(inputs)[2], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).backward()
    assert [any(x.grad != 0.0 for x in position) for position in inputs] == [True, True, True, False, False]


def test_the_first_position_sees_itself_only() -> None:
    attention = CausalSelfAttention(4, 2, rng=1)
    x = signal(1, 4)[0]
    value = [dot(row, x) for row in attention.in_proj_weight[8:]]
    expected = [dot(row, value) for row in attention.out_proj_weight]
    assert data(attention([x])) == pytest.approx(data(expected), rel=1e-14)


def test_a_query_that_fits_one_key_takes_its_value() -> None:
    """Queries are unit vectors so many times as long as keys that the softmax is 0 or 1 to the last bit."""
    attention = CausalSelfAttention(2, 1, bias=False, rng=0)
    attention.in_proj_weight = values([[1200.0, 0.0], [0.0, 1200.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    attention.out_proj_weight = values([[1.0, 0.0], [0.0, 1.0]])
    outputs = attention([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert [data(y) for y in outputs] == [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_sequences_of_different_lengths_are_each_treated_by_itself() -> None:
    attention = CausalSelfAttention(4, 2, rng=1)
    batch = [signal(3, 4), signal(1, 4, 1.0), signal(5, 4, 2.0)]
    assert [data(outputs) for outputs in attention(batch)] == [data(attention(sequence)) for sequence in batch]


def test_the_future_is_not_computed() -> None:
    positions, heads, size = 5, 2, 3
    attention = CausalSelfAttention(heads * size, heads, rng=0)
    made = [node.op.name for node in topological_order(dot(flat(attention(signal(5, 6))), [1.0] * 30)) if node.op]
    pairs = heads * positions * (positions + 1) // 2
    # The projections of all positions, one dot for each pair that may look, the values taken, and the loss.
    assert made.count("dot") == positions * 4 * heads * size + pairs + positions * heads * size + 1


def test_without_recording_nothing_is_kept() -> None:
    with no_grad():
        outputs = CausalSelfAttention(4, 2, rng=0)(signal(3, 4))
    assert all(not number.inputs for number in flat(outputs))


def test_a_copy_has_parameters_of_its_own() -> None:
    attention = CausalSelfAttention(4, 2, rng=1)
    twin = copy.deepcopy(attention)
    assert data(twin(signal(3, 4))) == data(attention(signal(3, 4)))
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in attention.parameters()}
    assert repr(twin) == "CausalSelfAttention(4, 2)"


def test_initial_parameters_are_drawn_as_in_pytorch() -> None:
    attention = CausalSelfAttention(16, 4, rng=3)
    bound = math.sqrt(6.0 / 64.0)
    assert -bound <= min(data(attention.in_proj_weight)) < -0.98 * bound
    assert 0.98 * bound < max(data(attention.in_proj_weight)) < bound
    assert -0.25 <= min(data(attention.out_proj_weight)) < -0.98 * 0.25
    assert 0.98 * 0.25 < max(data(attention.out_proj_weight)) < 0.25
    assert set(data([attention.in_proj_bias, attention.out_proj_bias])) == {0.0}
    assert data(CausalSelfAttention(16, 4, rng=3).parameters()) == data(attention.parameters())
    assert len(attention.parameters()) == 4 * 16 * 17
    assert len(CausalSelfAttention(16, 4, bias=False).parameters()) == 4 * 16 * 16


def test_dropout_acts_in_training_only() -> None:
    attention = CausalSelfAttention(4, 2, dropout=0.5, rng=1)
    attention.eval()
    assert data(attention(signal(4, 4))) == data(CausalSelfAttention(4, 2, rng=1)(signal(4, 4)))
    attention.train()
    once, again = attention(signal(4, 4)), attention(signal(4, 4))
    assert data(once) != data(again)
    assert data(CausalSelfAttention(4, 2, dropout=0.5, rng=1)(signal(4, 4))) == data(once)


# ---- Errors ----------------------------------------------------------------------------------------------------------

WRONG: Final[dict[str, tuple[Callable[[], object], type[Exception], str]]] = {
    "heads of unequal size": (
        lambda: CausalSelfAttention(6, 4),
        InputError,
        "num_heads must divide embed_dim, .* got num_heads=4 and embed_dim=6; the next larger embed_dim that does is 8",
    ),
    "more heads than numbers": (lambda: CausalSelfAttention(2, 4), InputError, "that does is 4"),
    "no heads": (lambda: CausalSelfAttention(4, 0), InputError, "num_heads must be a positive int, got 0"),
    "no numbers": (lambda: CausalSelfAttention(0, 1), InputError, "embed_dim must be a positive int, got 0"),
    "a dropout above 1": (lambda: CausalSelfAttention(4, 1, dropout=1.5), InputError, "from 0 to 1, got 1.5"),
    "no position": (lambda: CausalSelfAttention(4, 2)([]), ShapeError, "at least one step, got a list of 0"),
    "a wrong size": (
        lambda: CausalSelfAttention(4, 2)([[1.0] * 4, [1.0] * 3]),
        ShapeError,
        r"CausalSelfAttention\(4, 2\) as step 1 of the sequence expected a list of 4 numbers, got a list of 3",
    ),
    "bare numbers": (lambda: CausalSelfAttention(1, 1)([1.0]), ShapeError, "expected a list of 1 numbers .* got 1.0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    action, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        action()
