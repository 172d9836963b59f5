"""What an error of a user's own code stops half-way is undone: modes, classes, parameters and buffers are as before."""

from typing import Any

import pytest

import nn
from autograd_core import Value
from nn.modules.evaluating import evaluating
from nn.optim.transforms import Transform


class OnlyTraining(nn.Module):
    """A module that cannot be switched to evaluation."""

    def __setattr__(self, name: str, content: Any) -> None:
        if name == "training" and not content:
            raise RuntimeError("it is always in training")
        super().__setattr__(name, content)

    def __call__(self, x: Any) -> Any:
        return x


def test_modules_that_were_switched_before_an_error_are_switched_back() -> None:
    model = nn.Sequential(nn.Dropout(0.5, rng=0), OnlyTraining())
    with pytest.raises(RuntimeError, match="always in training"), evaluating(model):
        pass
    assert all(module.training for module in model.modules())


class OwnClass(nn.Module):
    """A module that keeps its class."""

    def __setattr__(self, name: str, content: Any) -> None:
        if name == "__class__" and content is not OwnClass:
            raise TypeError("it keeps its class")
        super().__setattr__(name, content)

    def __call__(self, x: Any) -> Any:
        return x


def test_modules_have_their_classes_after_an_error_in_a_summary() -> None:
    first = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(first, OwnClass())
    with pytest.raises(TypeError, match="keeps its class"):
        nn.summary(model, [1.0, 2.0])
    assert type(first) is nn.Linear


class OneBuffer(nn.Module):
    """A module whose buffer takes no negative number."""

    buffer_names = ("scale",)

    def __init__(self) -> None:
        self.scale = 1.0

    def __setattr__(self, name: str, content: Any) -> None:
        if name == "scale" and content < 0.0:
            raise ValueError("expected a scale of at least 0")
        super().__setattr__(name, content)

    def __call__(self, x: Any) -> Any:
        return x


def test_a_state_that_a_module_refuses_changes_nothing() -> None:
    model = nn.Sequential(nn.Linear(1, 1, rng=0), OneBuffer())
    before = model.state_dict()
    state = {name: -2.0 if name == "1.scale" else one_more(content) for name, content in before.items()}
    with pytest.raises(ValueError, match="a scale of at least 0"):
        model.load_state_dict(state)
    assert model.state_dict() == before


def one_more(content: Any) -> Any:
    return [one_more(part) for part in content] if isinstance(content, list) else content + 1.0


def test_a_step_that_an_own_transform_breaks_changes_no_parameter() -> None:
    def half_right(u: float, state: Any, p: float) -> tuple[Any, Any]:
        return u if p == 1.0 else "none", state

    x, y = Value(1.0), Value(2.0)
    optimizer = nn.optim.Optimizer([x, y], 0.1, Transform(lambda p: {}, half_right))
    (x * y).backward()
    with pytest.raises(TypeError):
        optimizer.step()
    assert (x.data, y.data, optimizer.groups[0].steps) == (1.0, 2.0, 0)
