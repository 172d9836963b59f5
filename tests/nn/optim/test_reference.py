"""Optimisers against PyTorch: 20 steps of each, with its options, in groups, and with parameters left out."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from autograd_core import Value, exp, sin
from nn import optim

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "optim.json").read_text(encoding="utf-8"))


def name_of(case: dict[str, Any]) -> str:
    return f"{case.get('name', 'LBFGS')} {case['options']}"


def parameters() -> list[Value]:
    return [Value(x) for x in REFERENCE["start"]]


def check(optimizer: optim.Optimizer, expected: list[list[float]], frozen: dict[str, list[int]]) -> None:
    params = optimizer.parameters
    for k, (row, after) in enumerate(zip(REFERENCE["gradients"], expected, strict=True)):
        for i, (parameter, gradient) in enumerate(zip(params, row, strict=True)):
            parameter.frozen, parameter.grad = k in frozen.get(str(i), []), gradient
        optimizer.step()
        assert [parameter.data for parameter in params] == pytest.approx(after, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=name_of)
def test_steps_are_those_of_pytorch(case: dict[str, Any]) -> None:
    assert len(case["history"]) == 20
    check(getattr(optim, case["name"])(parameters(), **case["options"]), case["history"], {})


@pytest.mark.parametrize("case", REFERENCE["frozen_cases"], ids=name_of)
def test_a_frozen_parameter_is_one_without_gradient_in_pytorch(case: dict[str, Any]) -> None:
    check(getattr(optim, case["name"])(parameters(), **case["options"]), case["history"], REFERENCE["frozen"])


@pytest.mark.parametrize("case", REFERENCE["groups"], ids=name_of)
def test_groups_are_those_of_pytorch(case: dict[str, Any]) -> None:
    first, *others = parameters()
    settings = zip([[first], others], case["groups"], strict=True)
    groups = [{"params": params, **options} for params, options in settings]
    check(getattr(optim, case["name"])(groups, **case["options"]), case["history"], {})


def test_every_optimiser_is_compared() -> None:
    compared = {case["name"].lower() for case in REFERENCE["cases"]} | {"lbfgs"}
    assert compared == set(optim.BY_NAME) - {"momentum", "nesterov", "amsgrad"}
    assert any(case["options"].get("amsgrad") for case in REFERENCE["cases"])


def valley(p: list[Value]) -> Value:
    """The function that the reference was made with."""
    chain = sum((1.0 - a) ** 2 + 5.0 * (b - a * a) ** 2 for a, b in pairwise(p))
    loss: Value = chain + exp(0.3 * p[0] - 0.2 * p[-1])
    return loss


def waves(p: list[Value]) -> Value:
    """The other one."""
    loss: Value = sum(sin(5.0 * x * (1.0 + 0.1 * i)) + 0.02 * x**4 for i, x in enumerate(p)) + p[0] * p[3]
    return loss


FUNCTIONS = {"valley": valley, "waves": waves}


@pytest.mark.parametrize("case", REFERENCE["lbfgs"], ids=name_of)
def test_lbfgs_is_that_of_pytorch(case: dict[str, Any]) -> None:
    params = parameters()
    optimizer = optim.LBFGS(params, **case["options"])
    evaluations = 0

    def closure() -> Value:
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = FUNCTIONS[case["function"]](params)
        loss.backward()
        return loss

    for before, after in zip(case["losses"], case["history"], strict=True):
        assert optimizer.step(closure).data == pytest.approx(before, rel=1e-10)
        assert [parameter.data for parameter in params] == pytest.approx(after, rel=1e-10)
    assert evaluations == case["evaluations"]
