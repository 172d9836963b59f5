"""Optimisers: their recurrences computed by hand, their state, and what they refuse."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, Value
from nn import MLP, schedules
from nn.optim import SGD, Optimizer, Transform, add_decayed_weights, trace


def run(optimizer: Optimizer, gradients: list[list[float]]) -> list[list[float]]:
    """The data of all parameters after each step."""
    history = []
    for row in gradients:
        for parameter, gradient in zip(optimizer.parameters, row, strict=True):
            parameter.grad = gradient
        optimizer.step()
        history.append([parameter.data for parameter in optimizer.parameters])
    return history


# ---- Recurrences -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # One parameter, from 1.0, with the gradients 1, 2, -1 and lr 0.5; every number by hand.
        ({}, [0.5, -0.5, 0.0]),
        # v is 1, then 2.5, then 0.25.
        ({"momentum": 0.5}, [0.5, -0.75, -0.875]),
        # The same v; u is 1 + 0.5*1, then 2 + 0.5*2.5, then -1 + 0.5*0.25.
        ({"momentum": 0.5, "nesterov": True}, [0.25, -1.375, -0.9375]),
        # u is 1 + 0.25*1, then 2 + 0.25*0.375, then -1 - 0.25*0.671875.
        ({"weight_decay": 0.25}, [0.375, -0.671875, -0.087890625]),
        # v is 1.25, then 0.5*1.25 + 2.09375, then 0.5*2.71875 - 1 - 0.25*0.984375.
        ({"momentum": 0.5, "weight_decay": 0.25}, [0.375, -0.984375, -1.041015625]),
    ],
)
def test_sgd_is_the_recurrence_computed_by_hand(settings: dict[str, Any], expected: list[float]) -> None:
    optimizer = SGD([Value(1.0)], 0.5, **settings)
    assert run(optimizer, [[1.0], [2.0], [-1.0]]) == [[x] for x in expected]


@given(
    st.lists(st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=1, max_size=5),
    st.floats(0.001, 1.0),
    st.floats(0.0, 0.99),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_parameters_do_not_influence_each_other(
    gradients: list[list[float]], lr: float, momentum: float, decay: float, nesterov: bool
) -> None:
    def make(starts: list[float]) -> SGD:
        look_ahead = nesterov and momentum > 0.0
        return SGD([Value(x) for x in starts], lr, momentum, nesterov=look_ahead, weight_decay=decay)

    starts = [1.0, -2.0, 0.5]
    together = run(make(starts), gradients)
    for place, start in enumerate(starts):
        alone = run(make([start]), [[row[place]] for row in gradients])
        assert [row[place] for row in together] == [row[0] for row in alone]


def test_plain_descent_finds_the_minimum_of_a_parabola() -> None:
    x, y = Value(5.0), Value(-3.0)
    optimizer = SGD([x, y], lr=0.1, momentum=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        ((x - 1.0) ** 2 + 3.0 * (y + 2.0) ** 2).backward()
        optimizer.step()
    assert x.data == pytest.approx(1.0)
    assert y.data == pytest.approx(-2.0)


def test_transforms_are_pure() -> None:
    u, p = [1.0, 2.0], [3.0, 4.0]
    for transform in (add_decayed_weights(0.5), trace(0.5), trace(0.5, nesterov=True)):
        state = transform.init(p)
        first = transform.update(u, state, p)
        assert transform.update(u, state, p) == first
        assert (u, p, state) == ([1.0, 2.0], [3.0, 4.0], transform.init(p))


def test_transforms_chain_in_the_order_given() -> None:
    def times(factor: float) -> Transform:
        return Transform(lambda _: {}, lambda u, state, _: ([factor * x for x in u], state))

    def plus(term: float) -> Transform:
        return Transform(lambda _: {}, lambda u, state, _: ([x + term for x in u], state))

    assert run(Optimizer([Value(0.0)], 1.0, times(3.0), plus(1.0)), [[2.0]]) == [[-7.0]]
    assert run(Optimizer([Value(0.0)], 1.0, plus(1.0), times(3.0)), [[2.0]]) == [[-9.0]]


def test_the_trace_starts_at_zero_even_where_a_parameter_is_not_finite() -> None:
    assert trace(0.9).init([math.inf, math.nan]) == {"v": [0.0, 0.0]}


def test_gradients_that_are_values_are_used_by_their_data() -> None:
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    SGD([x], 0.5).step()
    assert x.data == 0.0
    x.grad = 0.0


def test_zero_grad_and_step_leave_the_rest_alone() -> None:
    x, other = Value(1.0), Value(1.0)
    x.grad = other.grad = 2.0
    optimizer = SGD([x], 0.5)
    optimizer.step()
    assert (x.data, x.grad, other.data, other.grad) == (0.0, 2.0, 1.0, 2.0)
    optimizer.zero_grad()
    assert (x.grad, other.grad) == (0.0, 2.0)


def test_a_parameter_that_comes_twice_is_moved_once() -> None:
    x = Value(1.0)
    x.grad = 1.0
    optimizer = SGD([x, x], 0.5)
    optimizer.step()
    assert x.data == 0.5


# ---- Learning rates --------------------------------------------------------------------------------------------------


def test_the_learning_rate_may_be_a_schedule_or_be_assigned() -> None:
    optimizer = SGD([Value(0.0)], lr=schedules.linear(1.0, 0.5, 2))
    assert run(optimizer, [[1.0]] * 4) == [[-1.0], [-1.75], [-2.25], [-2.75]]
    assert optimizer.lr == 0.5
    optimizer.lr = 2.0
    assert run(optimizer, [[1.0]]) == [[-4.75]]


def test_a_schedule_may_begin_at_0() -> None:
    optimizer = SGD([Value(0.0)], schedules.linear(0.0, 1.0, 2))
    assert run(optimizer, [[1.0]] * 3) == [[0.0], [-0.5], [-1.5]]


def test_linear_goes_from_start_to_end() -> None:
    rate = schedules.linear(1.0, 0.1, 100)
    assert [rate(k) for k in range(100)] == pytest.approx([1.0 - 0.9 * k / 100 for k in range(100)])
    assert rate(100) == rate(10**6) == 0.1


def test_a_schedule_may_end_at_0_where_nothing_moves() -> None:
    optimizer = SGD([Value(0.0)], schedules.linear(1.0, 0.0, 1))
    assert run(optimizer, [[1.0]] * 3) == [[-1.0]] * 3
    assert optimizer.lr == 0.0


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_linear_needs_a_step(steps: Any) -> None:
    with pytest.raises(InputError, match=r"steps must be a positive int, got "):
        schedules.linear(1.0, 0.1, steps)


BAD_RATES: list[Any] = [0.0, -0.1, math.nan, math.inf, "0.1", None, True, [0.1], 1j, 10**400]


@pytest.mark.parametrize("lr", BAD_RATES, ids=repr)
def test_the_learning_rate_must_be_positive_and_finite(lr: Any) -> None:
    with pytest.raises(InputError, match=r"lr must be a positive finite number, got "):
        SGD([Value(1.0)], lr)
    optimizer = SGD([Value(1.0)], 0.5)
    with pytest.raises(InputError, match=r"lr must be"):
        optimizer.lr = lr
    assert optimizer.lr == 0.5


def test_a_schedule_that_goes_wrong_stops_the_step_before_anything_changes() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lambda count: 1.0 - 2.0 * count, momentum=0.5)
    run(optimizer, [[1.0]])
    before = optimizer.state_dict()
    with pytest.raises(InputError, match=r"lr must be a finite number of at least 0, got -1\.0"):
        optimizer.step()
    assert (x.data, optimizer.state_dict()) == (0.0, before)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, 1.5, math.nan, "0.9", None])
def test_the_momentum_must_be_from_0_to_less_than_1(momentum: Any) -> None:
    with pytest.raises(InputError, match=r"momentum must be a finite number of at least 0 and less than 1, got "):
        SGD([Value(1.0)], 0.1, momentum)


@pytest.mark.parametrize("decay", [-0.1, math.inf, math.nan, "1", None])
def test_the_weight_decay_must_not_be_negative(decay: Any) -> None:
    with pytest.raises(InputError, match=r"weight_decay must be a finite number of at least 0, got "):
        SGD([Value(1.0)], 0.1, weight_decay=decay)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InputError, match=r"nesterov=True needs a momentum"):
        SGD([Value(1.0)], 0.1, nesterov=True)


# ---- Parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [[], (), iter([])])
def test_there_must_be_parameters(parameters: Any) -> None:
    with pytest.raises(InputError, match="at least one parameter to optimise, got none"):
        SGD(parameters, 0.1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (lambda: MLP(1, [1]), r"got MLP; pass model\.parameters\(\)"),
        (lambda: [Value(1.0), 2.0], r"got 2\.0 at place 1"),
        (lambda: MLP(1, [1]).named_parameters(), r"at place 0; pass model\.parameters\(\)"),
        (lambda: [[Value(1.0)]], r"at place 0; pass model\.parameters\(\)"),
        (lambda: [Value(1.0) * 2.0], r"leaf Values to optimise, got the result of mul at place 0"),
        (lambda: None, r"got NoneType"),
    ],
)
def test_parameters_must_be_leaf_values(parameters: Callable[[], Any], message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        SGD(parameters(), 0.1)


# ---- State -----------------------------------------------------------------------------------------------------------


def test_training_goes_on_from_a_saved_state_to_the_bit() -> None:
    gradients = [[0.1 * k, 1.0 - 0.3 * k] for k in range(10)]
    whole = run(SGD([Value(1.0), Value(2.0)], 0.1, 0.9), gradients)
    first = SGD([Value(1.0), Value(2.0)], 0.1, 0.9)
    run(first, gradients[:4])
    saved = json.loads(json.dumps(first.state_dict()))
    second = SGD([Value(p.data) for p in first.parameters], 0.5, 0.9)
    second.load_state_dict(saved)
    assert run(second, gradients[4:]) == whole[4:]
    assert second.steps == 10


def test_a_state_dict_is_a_copy() -> None:
    optimizer = SGD([Value(1.0)], 0.1, 0.9)
    saved = optimizer.state_dict()
    run(optimizer, [[1.0]])
    assert saved == {"steps": 0, "lr": 0.1, "states": [{"v": [0.0]}]}
    loaded = optimizer.state_dict()
    optimizer.load_state_dict(loaded)
    loaded["states"][0]["v"][0] = 99.0
    assert optimizer.state_dict()["states"] == [{"v": [1.0]}]


def test_a_schedule_goes_on_where_it_was() -> None:
    def make() -> SGD:
        return SGD([Value(0.0)], schedules.linear(1.0, 0.5, 4))

    first, second = make(), make()
    run(first, [[1.0]] * 2)
    second.load_state_dict(first.state_dict())
    assert second.lr == first.lr == 0.75


@pytest.mark.parametrize(
    "state_dict",
    [
        {},
        None,
        [],
        {"steps": 1, "lr": 0.1},
        {"steps": "many", "lr": 0.1, "states": [{"v": [0.0]}]},
        {"steps": -1, "lr": 0.1, "states": [{"v": [0.0]}]},
        {"steps": 1, "lr": -0.1, "states": [{"v": [0.0]}]},
        {"steps": 1, "lr": 0.1, "states": []},
        {"steps": 1, "lr": 0.1, "states": [{"v": [0.0, 0.0]}]},
        {"steps": 1, "lr": 0.1, "states": [{"w": [0.0]}]},
        {"steps": 1, "lr": 0.1, "states": [{"v": ["x"]}]},
        {"steps": 1, "lr": 0.1, "states": [{"v": None}]},
        {"steps": 1, "lr": 0.1, "states": [["v"]]},
    ],
    ids=repr,
)
def test_a_state_that_does_not_fit_changes_nothing(state_dict: Any) -> None:
    optimizer = SGD([Value(1.0)], 0.5, 0.9)
    run(optimizer, [[1.0]])
    before = optimizer.state_dict()
    with pytest.raises(InputError):
        optimizer.load_state_dict(state_dict)
    assert optimizer.state_dict() == before
