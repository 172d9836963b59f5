"""Groups of parameters with options of their own, and frozen parameters."""

import json
import math
from typing import Any

import pytest

from autograd_core import InputError, OperandTypeError, Value
from nn import schedules
from nn.optim import SGD
from optimiser_runs import MAKERS, draws, run

# ---- Groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKERS)
def test_groups_move_as_optimisers_of_their_own_would(name: str) -> None:
    gradients = draws(2, 8, 3)
    a, b, c = (Value(x) for x in (1.0, -2.0, 3.0))
    optimizer = MAKERS[name]([{"params": [a], "lr": schedules.step(0.5, 3)}, {"params": [b, c]}], lr=0.05)
    together = run(optimizer, gradients)
    alone = run(MAKERS[name]([Value(1.0)], lr=schedules.step(0.5, 3)), [row[:1] for row in gradients])
    others = run(MAKERS[name]([Value(-2.0), Value(3.0)], lr=0.05), [row[1:] for row in gradients])
    assert together == [x + y for x, y in zip(alone, others, strict=True)]


def test_what_a_group_does_not_say_it_takes_from_the_optimiser() -> None:
    x, y = Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [x]}, {"params": [y]}], lr=0.25, weight_decay=1.0)
    assert [group.lr for group in optimizer.groups] == [0.25, 0.25]
    optimizer = SGD([{"params": [x], "weight_decay": 0.0}, {"params": [y]}], lr=0.25, weight_decay=1.0)
    optimizer.step()
    assert (x.data, y.data) == (1.0, 0.75)
    assert optimizer.param_groups is optimizer.groups
    assert [group["weight_decay"] for group in optimizer.groups] == [0.0, 1.0]
    assert [group["params"] for group in optimizer.groups] == [[x], [y]]


def test_a_parameter_in_two_groups_is_an_error() -> None:
    x, y = Value(1.0), Value(2.0)
    with pytest.raises(InputError, match="one group only, got one at index 1 of group 1 that is in an earlier group"):
        SGD([{"params": [x]}, {"params": [y, x]}], 0.1)
    optimizer = SGD([x], 0.1)
    with pytest.raises(InputError, match="one group only"):
        optimizer.add_param_group({"params": [x]})
    assert len(optimizer.groups) == 1


def test_a_group_can_be_added_later_and_begins_at_the_beginning_of_its_schedule() -> None:
    x, y = Value(0.0), Value(0.0)
    optimizer = SGD([x], schedules.linear(1.0, 0.0, 2))
    run(optimizer, [[1.0]])
    optimizer.add_param_group({"params": [y]})
    assert run(optimizer, [[1.0, 1.0]]) == [[-1.5, -1.0]]
    assert optimizer.steps == 2
    assert optimizer.parameters == [x, y]


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (
            {"params": [Value(1.0)], "momentun": 0.9},
            r"settings among params, lr, momentum, .*, got \['params', 'momentun'\]",
        ),
        ({"lr": 0.1}, r"expected a group of parameters"),
        ({"params": []}, r"at least one parameter to optimise, got none"),
        ({"params": [Value(1.0)], "lr": -1.0}, r"lr must be a positive finite number"),
        ({"params": [Value(1.0)], "momentum": -1.0}, r"momentum must be"),
    ],
)
def test_groups_that_make_no_sense_are_not_added(group: dict[str, Any], message: str) -> None:
    optimizer = SGD([Value(1.0)], 0.1)
    with pytest.raises(InputError, match=message):
        optimizer.add_param_group(group)
    assert (len(optimizer.groups), len(optimizer.parameters)) == (1, 1)


def test_groups_and_bare_parameters_do_not_mix() -> None:
    with pytest.raises(OperandTypeError, match="either Values or groups of them to optimise, got a mixture"):
        SGD([{"params": [Value(1.0)]}, Value(1.0)], 0.1)


def test_the_settings_of_a_group_can_be_assigned_under_way() -> None:
    optimizer = SGD([Value(0.0)], 1.0, 0.5)
    run(optimizer, [[1.0]])
    group = optimizer.groups[0]
    group["momentum"], group["lr"] = 0.25, 0.5
    assert run(optimizer, [[1.0]]) == [[-1.0 - 0.5 * 1.25]]
    for name, setting, message in (
        ("momentum", 2.0, "momentum must be"),
        ("momentum", 0.0, r"momentum cannot change from 0\.25 to 0\.0 in a running optimiser"),
        ("beta", 0.5, "expected lr or one of the options"),
        ("lr", 0.0, "lr must be"),
    ):
        with pytest.raises(InputError, match=message):
            group[name] = setting
    assert (group["momentum"], group["lr"]) == (0.25, 0.5)


def test_the_rate_of_several_groups_is_assigned_to_each() -> None:
    optimizer = SGD([{"params": [Value(1.0)], "lr": 0.5}, {"params": [Value(1.0)]}], 0.1)
    assert optimizer.lr == 0.5
    with pytest.raises(InputError, match=r"assign to groups\[k\]\.lr"):
        optimizer.lr = 0.2
    optimizer.groups[1].lr = 0.2
    assert [group.lr for group in optimizer.groups] == [0.5, 0.2]


def test_if_the_schedule_of_one_group_goes_wrong_none_moves() -> None:
    x, y = Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [x]}, {"params": [y], "lr": lambda count: 1.0 - 2.0 * count}], 0.1)
    run(optimizer, [[1.0, 1.0]])
    before = (x.data, y.data, optimizer.state_dict())
    with pytest.raises(InputError, match="lr must be"):
        optimizer.step()
    assert (x.data, y.data, optimizer.state_dict()) == before


# ---- Frozen parameters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAKERS)
def test_a_frozen_parameter_rests_to_the_bit_and_goes_on_as_if_it_had_missed_nothing(name: str) -> None:
    gradients = draws(3, 12, 3)
    x, y, z = Value(0.1), Value(-0.0), Value(3.0)
    optimizer = MAKERS[name]([x, y, z], lr=0.1)
    z.frozen = True
    steps = []
    for k, row in enumerate(gradients):
        y.frozen = k in {0, 4, 5, 6}
        before = (y.data, math.copysign(1.0, y.data))
        run(optimizer, [row])
        assert not y.frozen or (y.data, math.copysign(1.0, y.data)) == before
        steps.append((x.data, y.data))
    assert z.data == 3.0
    active = [row for k, row in enumerate(gradients) if k not in {0, 4, 5, 6}]
    assert [a for a, _ in steps] == [
        row[0] for row in run(MAKERS[name]([Value(0.1)], lr=0.1), [r[:1] for r in gradients])
    ]
    alone = run(MAKERS[name]([Value(-0.0)], lr=0.1), [row[1:2] for row in active])
    assert [b for k, (_, b) in enumerate(steps) if k not in {0, 4, 5, 6}] == [row[0] for row in alone]
    saved = json.dumps(optimizer.state_dict())
    y.frozen = x.frozen = True
    run(optimizer, [[1.0, 1.0, 1.0]])
    assert json.dumps(optimizer.state_dict()["groups"][0]["states"]) == json.dumps(
        json.loads(saved)["groups"][0]["states"]
    )
    assert optimizer.steps == 13  # of a schedule, for which time goes on
