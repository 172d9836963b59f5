"""`forward`, PyTorch's name of what a module does when it is called."""

import inspect
from typing import Any

import pytest

from autograd_core import InputError, Value
from nn import MLP, Linear, Module, ParameterWarning, Sequential, fit, mse_loss, optim, summary


class Line(Module):
    def __init__(self) -> None:
        self.slope = Value(2.0)
        self.last: Value | None = None

    def forward(self, x: float, *, shift: float = 0.0) -> Any:
        self.last = Value(x)
        return self.slope * self.last + shift


def test_a_module_with_forward_is_called_by_it() -> None:
    line = Line()
    with pytest.warns(ParameterWarning, match="assigned Values to its attribute 'last'"):
        line(3.0)
    assert line(3.0, shift=1.0).data == line.forward(3.0, shift=1.0).data == 7.0
    assert [name for name, _ in line.named_parameters()] == ["slope"]  # what a call assigns is state


def test_it_is_trained_and_summarised() -> None:
    class Net(Module):
        def __init__(self) -> None:
            self.layers = Sequential(Linear(1, 2, rng=0), Linear(2, 1, rng=1))

        def forward(self, x: list[float]) -> Any:
            return self.layers(x)[0]

    model = Net()
    samples = [([float(x)], 3.0 * x) for x in range(4)]
    history = fit(model, mse_loss, samples, optim.Adam(model.parameters(), lr=0.1), epochs=100)
    assert history[-1].loss < 0.1
    assert "[]" in str(summary(model, [1.0]))


def test_a_subclass_of_a_layer_may_redefine_forward() -> None:
    class Named(Linear):
        pass

    class Shifted(Named):
        def forward(self, x: Any) -> Any:
            return [y + 1.0 for y in super().forward(x)]

    class Twice(Shifted):
        def forward(self, x: Any) -> Any:
            return [2.0 * y for y in super().forward(x)]

    plain, twice = Linear(2, 1, rng=0), Twice(2, 1, rng=0)
    assert twice([1.0, 2.0])[0].data == 2.0 * (plain([1.0, 2.0])[0].data + 1.0)
    assert Sequential(twice)([1.0, 2.0])[0].data == twice([1.0, 2.0])[0].data


def test_forward_of_a_mixin_comes_before_a_layer() -> None:
    class Silent:
        def forward(self, x: Any) -> str:
            return "silent"

    class Layer(Silent, Linear):
        pass

    class Other(Linear, Silent):
        pass

    called: list[Any] = [Layer(1, 1)([1.0]), Other(1, 1)([1.0])]
    assert [said == "silent" for said in called] == [True, False]


def test_a_mixin_after_module_says_what_calls_do() -> None:
    class Calls:
        def __call__(self, x: float) -> float:
            return x + 1.0

    class Forward:
        def forward(self, x: float) -> float:
            return x + 2.0

    class First(Module, Calls):
        pass

    class Second(Module, Forward):
        pass

    assert (First()(1.0), Second()(1.0)) == (2.0, 3.0)


def test_a_call_of_the_users_own_stays() -> None:
    class Base(Module):
        def __call__(self, x: float) -> float:
            return 10.0 * float(self.forward(x))

    class Derived(Base):
        def forward(self, x: float) -> float:
            return x + 1.0

    class Both(Linear):
        def __call__(self, x: Any) -> Any:
            return ["called", *self.forward(x)]

        def forward(self, x: Any) -> Any:
            return ["forward"]

    assert Derived()(2.0) == 30.0
    assert Both(1, 1)([1.0]) == ["called", "forward"]


def test_layers_have_forward_too() -> None:
    model = MLP(2, [3, 1], rng=0)
    assert model.forward([1.0, 2.0]).data == model([1.0, 2.0]).data


def test_without_either_the_error_says_what_to_define() -> None:
    class Empty(Module):
        pass

    with pytest.raises(InputError, match=r"Empty expected .* define forward\(self, x\) in Empty"):
        Empty()(1.0)


def test_the_signature_is_that_of_forward() -> None:
    assert list(inspect.signature(Line().forward).parameters) == ["x", "shift"]
    assert list(inspect.signature(Line()).parameters) == ["x", "shift"]
