"""An optimiser goes on from its saved state to the bit, and a state that does not fit changes nothing."""

import json
from typing import Any

import pytest

from autograd_core import InputError, Value
from nn import schedules
from nn.optim import (
    SGD,
    Adam,
    Optimizer,
)
from optimiser_runs import MAKERS, draws, run


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
    (group,) = saved["groups"]
    assert (group["steps"], group["lr"], group["schedule"], group["states"]) == (0, 0.1, None, [{"v": [0.0]}])
    loaded = optimizer.state_dict()
    optimizer.load_state_dict(loaded)
    loaded["groups"][0]["states"][0]["v"][0] = 99.0
    assert optimizer.state_dict()["groups"][0]["states"] == [{"v": [1.0]}]


def test_a_schedule_goes_on_where_it_was() -> None:
    def make() -> SGD:
        return SGD([Value(0.0)], schedules.linear(1.0, 0.5, 4))

    first, second = make(), make()
    run(first, [[1.0]] * 2)
    second.load_state_dict(first.state_dict())
    assert second.lr == first.lr == 0.75


OPTIONS = SGD([Value(1.0)], 0.5, 0.9).groups[0].options
SAVED: dict[str, Any] = {"steps": 1, "lr": 0.1, "schedule": None, "options": OPTIONS, "states": [{"v": [0.0]}]}


def test_the_example_of_a_state_is_one() -> None:
    optimizer = SGD([Value(1.0)], 0.5, 0.9)
    optimizer.load_state_dict({"groups": [SAVED]})
    assert optimizer.state_dict() == {"groups": [SAVED]}


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": "many"},
        {"steps": -1},
        {"lr": -0.1},
        {"lr": None},
        {"options": None},
        {"options": {}},
        {"options": {**OPTIONS, "momentum": 2.0}},
        {"options": {**OPTIONS, "momentum": 0.0}},
        {"states": []},
        {"states": [{"v": [0.0, 0.0]}]},
        {"states": [{"w": [0.0]}]},
        {"states": [{"v": ["x"]}]},
        {"states": [{"v": None}]},
        {"states": [["v"]]},
        {"states": None},
    ],
    ids=repr,
)
def test_a_state_that_does_not_fit_changes_nothing(changes: dict[str, Any]) -> None:
    optimizer = SGD([Value(1.0)], 0.5, 0.9)
    run(optimizer, [[1.0]])
    before = optimizer.state_dict()
    with pytest.raises(InputError):
        optimizer.load_state_dict({"groups": [{**SAVED, **changes}]})
    assert optimizer.state_dict() == before


@pytest.mark.parametrize("state_dict", [{}, None, [], {"groups": []}, {"groups": [SAVED, SAVED]}, {"groups": [{}]}])
def test_what_is_no_state_changes_nothing(state_dict: Any) -> None:
    optimizer = SGD([Value(1.0)], 0.5, 0.9)
    before = optimizer.state_dict()
    with pytest.raises(InputError):
        optimizer.load_state_dict(state_dict)
    assert optimizer.state_dict() == before


def test_if_one_group_of_a_state_does_not_fit_none_is_loaded() -> None:
    optimizer = SGD([{"params": [Value(1.0)]}, {"params": [Value(1.0)]}], 0.5, 0.9)
    before = optimizer.state_dict()
    with pytest.raises(InputError):
        optimizer.load_state_dict({"groups": [SAVED, {**SAVED, "states": []}]})
    assert optimizer.state_dict() == before


@pytest.mark.parametrize("name", MAKERS)
def test_every_optimiser_goes_on_from_its_state_to_the_bit(name: str) -> None:
    def make(starts: list[float]) -> Optimizer:
        a, *others = map(Value, starts)
        return MAKERS[name]([{"params": [a], "lr": 0.2}, {"params": others}], lr=schedules.linear(0.1, 0.05, 20))

    gradients = draws(1, 20, 3)
    whole = run(make([1.0, -2.0, 3.0]), gradients)
    first = make([1.0, -2.0, 3.0])
    run(first, gradients[:9])
    second = make([parameter.data for parameter in first.parameters])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert run(second, gradients[9:]) == whole[9:]
    assert second.steps == 20


def test_settings_come_from_the_state() -> None:
    first, second = Adam([Value(1.0)], 0.1, betas=(0.5, 0.75)), Adam([Value(1.0)])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert (second.lr, second.groups[0]["betas"]) == (0.1, (0.5, 0.75))


def test_a_schedule_that_remembers_is_part_of_the_state() -> None:
    def make() -> SGD:
        return SGD([Value(1.0)], schedules.ReduceOnPlateau(1.0, patience=0, factor=0.5))

    first, second = make(), make()
    schedule: Any = first.groups[0].schedule
    for metric in (1.0, 2.0, 3.0):
        schedule.update(metric)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert first.lr == second.lr == 0.25
    assert second.state_dict() == first.state_dict()
    with pytest.raises(InputError, match="expected the state of an optimiser with the schedule"):
        SGD([Value(1.0)], schedules.constant(0.1)).load_state_dict(first.state_dict())
    with pytest.raises(InputError, match="with a schedule as lr, this one has a number"):
        SGD([Value(1.0)], 0.1).load_state_dict(first.state_dict())
