"""Steps are the same, to the bit, as when every optimiser was a few lists of numbers for all parameters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from autograd_core import Value
from nn.optim import Optimizer
from optimiser_runs import MAKERS, draws

GOLDEN: Final = json.loads((Path(__file__).parent / "golden_steps.json").read_text(encoding="utf-8"))

POWERS: Final = ("adam", "adamw", "amsgrad", "nadam", "adamax", "rising")
"""These take powers, whose last bit depends on the platform."""

FROZEN: Final = {"all": (5, {}), "frozen": (6, {1: range(3, 7), 2: range(2)})}
"""The seed of the gradients, and for each parameter the steps in which it is frozen."""


def numbers(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: numbers(branch) for key, branch in tree.items()}
    return [numbers(branch) for branch in tree] if isinstance(tree, list) else float.fromhex(tree)


@pytest.mark.parametrize("case", FROZEN)
@pytest.mark.parametrize(("name", "make"), MAKERS.items(), ids=MAKERS)
def test_steps_are_what_they_were(name: str, make: Callable[..., Optimizer], case: str) -> None:
    (seed, frozen), expected = FROZEN[case], numbers(GOLDEN[name][case])
    parameters = [Value(x) for x in (1.0, -2.0, 0.5, -0.0)]
    optimizer = make(parameters)
    history = []
    for k, row in enumerate(draws(seed, 12, 4)):
        for i, (parameter, gradient) in enumerate(zip(parameters, row, strict=True)):
            parameter.frozen, parameter.grad = k in frozen.get(i, ()), gradient
        optimizer.step()
        history.append([parameter.data for parameter in parameters])
    states = optimizer.state_dict()["groups"][0]["states"]
    if name not in POWERS:
        assert (history, states) == (expected["history"], expected["states"])
        return
    for row, before in zip(history, expected["history"], strict=True):
        assert row == pytest.approx(before, rel=1e-13)
    for state, before in zip(states, expected["states"], strict=True):
        assert state.keys() == before.keys()
        for key, column in state.items():
            assert column == pytest.approx(before[key], rel=1e-13)
