"""PyTorch's numbers for layers, from tests/nn/reference/layers.json, and how a module of ours is compared with them."""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from autograd_core import Value, dot
from nn import init
from nn.modules.module import Module

REFERENCE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "nn" / "reference" / "layers.json").read_text(encoding="utf-8")
)


def cases(*modules: str) -> list[Any]:
    """The cases of some classes, each with a name for the list of tests."""
    found = [case for topic in ("activations", "modules", "embeddings") for case in REFERENCE[topic]]
    return [pytest.param(case, id=title(case)) for case in found if not modules or case["module"] in modules]


def title(case: Mapping[str, Any]) -> str:
    arguments = ",".join(f"{name}={argument}" for name, argument in case["arguments"].items())
    return f"{case['module']}({arguments})"


def values(x: Any) -> Any:
    """The numbers of a nested list as Values; indices stay as they are."""
    if isinstance(x, list):
        return [values(part) for part in x]
    return Value(x) if isinstance(x, float) else x


def flat(x: Any) -> list[Any]:
    return [item for part in x for item in flat(part)] if isinstance(x, (list, tuple)) else [x]


def form(x: Any) -> Any:
    """The lengths of all lists in a nested list."""
    return [form(part) for part in x] if isinstance(x, (list, tuple)) else None


def assert_near(ours: Any, theirs: Any) -> None:
    """The same structure, and the same numbers but for rounding."""
    assert form(ours) == form(theirs)
    numbers = [x.data if isinstance(x, Value) else x for x in flat(ours)]
    assert numbers == pytest.approx(flat(theirs), rel=1e-10, abs=1e-12)


def start(module: Module, case: Mapping[str, Any]) -> None:
    """Give the module the starting parameters of a case."""
    arrays = module.tensors()
    assert arrays.keys() == case["start"].keys()
    for name, numbers in case["start"].items():
        assert form(arrays[name]) == form(numbers)
        init.fill(arrays[name], numbers)


def assert_agrees(module: Module, case: Mapping[str, Any]) -> None:
    """Outputs and gradients of a module that has the parameters of the case are PyTorch's."""
    x = values(case["input"])
    output = module(x)
    assert_near(output, case["output"])
    module.zero_grad()
    dot(flat(case["weights"]), flat(output)).backward()
    if case["input_grad"]:
        assert_near(grads(x), case["input_grad"])
    assert {name: form(array) for name, array in module.tensors().items()} == {
        name: form(array) for name, array in case["grads"].items()
    }
    for name, array in module.tensors().items():
        assert_near(grads(array), case["grads"][name])


def grads(x: Any) -> Any:
    return [grads(part) for part in x] if isinstance(x, (list, tuple)) else x.grad


def with_parameters(module: Module, numbers: list[Any]) -> Any:
    """A copy of the module in which the parameters are replaced by others, as a gradient check needs it."""
    rest = iter(numbers)
    made = _replaced(module, rest)
    assert next(rest, None) is None, "more numbers than parameters"
    return made


def _replaced(part: Any, rest: Iterator[Any]) -> Any:
    if isinstance(part, Value):
        return next(rest)
    if isinstance(part, Module):
        made = copy.copy(part)
        vars(made).update({name: _replaced(inner, rest) for name, inner in vars(part).items()})
        return made
    if isinstance(part, list):
        return [_replaced(inner, rest) for inner in part]
    return part
