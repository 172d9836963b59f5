"""A user's program with types, checked strictly by `tests/test_types.py`, and run.

`assert_type` states what a type checker knows; when the test runs the program, the objects themselves are compared with
it. The lines in `mistakes` are those that a type checker must refuse; they are never run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar, assert_type

import numpy as np

import autograd_core as ag
import nn
from autograd_core import Value, grad, hessian, jacobian, jvp, mean, softmax, tanh, value_and_grad, vjp

N = TypeVar("N", Value, float)


def arithmetic(x: Value, y: Value) -> None:
    """Operators and methods."""
    assert_type(x + y, Value)
    assert_type(x * 2, Value)
    assert_type(2 - x, Value)
    assert_type(x / Fraction(1, 3), Value)
    assert_type(Decimal(2) * x, Value)
    assert_type(x * np.float32(2.0), Value)
    assert_type(x**y, Value)
    assert_type(2.0**x, Value)
    assert_type(-x, Value)
    assert_type(+x, Value)
    assert_type(abs(x), Value)
    assert_type(x // 2, Value)
    assert_type(x % 2, Value)
    assert_type(divmod(x, 2), tuple[Value, Value])
    assert_type(round(x), Value)
    assert_type(x < y, bool)
    assert_type(x == 1.0, bool)
    assert_type(ag.sum(v for v in (x, y)), Value)
    assert_type(x.tanh() + x.log(2) + x.leaky_relu(0.1) + x.clip(0, 1), Value)


def gradients(w: Value, lr: float) -> None:
    """Attributes, as a training step uses them."""
    (w * 3.0).backward()
    assert_type(w.data, float)
    assert_type(w.grad, float)
    w.data -= lr * w.grad
    w.grad = 0
    w.label = "w"
    w.frozen = False
    (w * w).backward(create_graph=True)
    slope, w.grad = w.grad, 0.0
    if isinstance(slope, Value):  # it is one after `create_graph=True` only
        slope.backward()


def functions(x: Value, y: float) -> None:
    """Functions give Values for Values, and floats for numbers."""
    assert_type(tanh(x), Value)
    assert_type(tanh(y), float)
    assert_type(tanh(1), float)
    assert_type(ag.atan2(y, x), Value)
    assert_type(ag.atan2(y, 2), float)
    assert_type(ag.clamp(x, -1, y), Value)
    assert_type(ag.where(x > y, x, 0.0), Value)
    assert_type(ag.where(y > 0, 1.0, 0.0), float)
    assert_type(ag.hypot(y, 1.0, x), Value)
    assert_type(ag.hypot(y, 1.0), float)
    assert_type(ag.maximum(x, 0.0), Value)
    assert_type(ag.log(y, 2), float)
    assert_type(ag.gelu(x), Value)
    assert_type(ag.sum([x, x]), Value)
    assert_type(ag.sum([x, 1.0]), Value)
    assert_type(ag.sum([y, 1]), float)
    assert_type(ag.dot([x, x], [1.0, 2.0]), Value)
    assert_type(ag.dot([1.0], [2.0]), float)
    assert_type(mean(v * v for v in (x, x)), Value)
    assert_type(softmax([x, 0.0]), list[Value])
    assert_type(softmax([0.0, 1.0]), list[float])
    assert_type(ag.max(x, 1.0), Value)
    assert_type(ag.max([1.0, 2.0]), float)
    assert_type(ag.norm([3.0, 4.0]), float)


def either(x: Value | float) -> Value | float:
    """A function of both, written once."""
    return tanh(x) * 2.0 + ag.exp(x)


def generic(x: N) -> N:
    return x * x


def of_one(x: Value, *, power: int = 2) -> Value:
    return x**power


def of_two(x: Value, y: Value) -> Value:
    return x * y.sin()


def of_three(x: Value, y: Value, z: Value) -> Value:
    return x * y * z


def of_floats(x: float, scale: float = 2.0) -> float:
    return x * x * scale


def of_list(p: Sequence[Value], scale: float) -> Value:
    return p[0] * p[1] * scale


def of_float_list(p: list[float]) -> float:
    return p[0] * p[1]


def of_dict(p: dict[str, list[float]], x: float) -> float:
    return p["w"][0] * x


def of_values_in_dict(p: dict[str, Value], x: float) -> Value:
    return p["w"] * x + p["b"]


def of_lists_in_dict(p: Mapping[str, Sequence[Value]]) -> Value:
    return p["w"][0] * p["w"][1]


def of_list_and_value(p: Sequence[Value], x: Value) -> Value:
    return p[0] * x


def to_list(p: list[Value]) -> list[Value]:
    return [p[0] * p[1], p[0]]


def to_list_of_floats(p: list[float]) -> list[float]:
    return [p[0] * p[1], p[0]]


def from_one(x: Value) -> list[Value]:
    return [x, x * x]


def from_two(x: Value, y: Value) -> list[Value]:
    return [x, x * y]


def transforms() -> None:
    """Derivatives are functions of the same parameters, and have the form of what was differentiated."""
    assert_type(grad(of_one)(2.0), float)
    assert_type(grad(of_one)(2.0, power=3), float)
    assert_type(grad(of_one)(Value(2.0)), Value)
    assert_type(grad(grad(of_one))(2), float)
    assert_type(grad(of_two, 1)(1.0, 2.0), float)
    assert_type(grad(grad(of_two), 1)(1.0, 2.0), float)
    assert_type(grad(either)(2.0), float)
    assert_type(grad(generic)(2.0), float)
    assert_type(grad(tanh)(0.5), float)
    assert_type(grad(of_floats)(1.0, scale=3.0), float)
    assert_type(grad(grad(of_floats))(1.0), float)
    assert_type(grad(of_list)([1.0, 2.0], 3.0), list[float])
    assert_type(grad(of_float_list)([1.0, 2.0]), list[float])
    assert_type(grad(of_dict)({"w": [1.0]}, 2.0), dict[str, list[float]])
    assert_type(value_and_grad(of_one)(2.0), tuple[float, float])
    assert_type(value_and_grad(of_float_list)([1.0, 2.0]), tuple[float, list[float]])
    assert_type(hessian(of_one)(2.0), float)
    assert_type(hessian(of_list)([1.0, 2.0], 3.0), list[list[float]])
    assert_type(jvp(of_floats, (1.0,), (1.0,)), tuple[float, float])
    assert_type(vjp(of_floats, 1.0)[0], float)
    forms()
    # What Python's types cannot express is Any, never an error.
    matrix: list[list[float]] = jacobian(lambda p: [p[0] * p[1], p[0]])([1.0, 2.0])
    nested: dict[str, float] = grad(lambda p, x: p["w"] * x)({"w": 1.0}, 2.0)
    mixed: list[float] = grad(of_list_and_value)([1.0], 2.0)
    third: float = grad(grad(grad(of_one)))(2)
    second: float = grad(grad(of_three), 1)(1.0, 2.0, 3.0)
    gradient, aux = grad(lambda x: (x * x, "aux"), has_aux=True)(1.0)
    number: float = grad(lambda x: ag.maximum(x, 0.0).sqrt() * x.exp())(2.0)
    print(matrix, nested, mixed, second, third, gradient, aux, number)


def forms() -> None:
    """Several arguments, dicts and lists keep their form."""
    assert_type(grad(of_three)(1.0, 2.0, 3.0), float)
    assert_type(grad(of_three, 2)(Value(1.0), Value(2.0), Value(3.0)), Value)
    assert_type(grad(of_three, (0, 1, 2))(1.0, 2.0, 3.0), tuple[float, float, float])
    assert_type(grad(of_two, argnums=(0, 1))(1.0, 2.0), tuple[float, float])
    assert_type(grad(of_two, argnums=(0, 1))(Value(1.0), Value(2.0)), tuple[Value, Value])
    assert_type(grad(of_floats, (0, 1))(1.0, 2.0), tuple[float, float])
    assert_type(grad(of_dict, 1)({"w": [1.0]}, 2.0), float)
    assert_type(grad(ag.atan2, (0, 1))(1.0, 2.0), tuple[float, float])
    assert_type(grad(of_values_in_dict)({"w": 1.0, "b": 2.0}, 2.0), dict[str, float])
    assert_type(grad(of_lists_in_dict)({"w": [Value(1.0), Value(2.0)]}), dict[str, list[Value]])
    assert_type(grad(of_lists_in_dict)({"w": [1.0, 2.0]}), dict[str, list[float]])
    assert_type(value_and_grad(of_values_in_dict)({"w": 1.0, "b": 2.0}, 2.0), tuple[float, dict[str, float]])
    assert_type(value_and_grad(of_two, (0, 1))(1.0, 2.0), tuple[float, tuple[float, float]])
    assert_type(value_and_grad(of_three)(1.0, 2.0, 3.0), tuple[float, float])
    assert_type(hessian(of_values_in_dict)({"w": 1.0, "b": 2.0}, 2.0), dict[str, dict[str, float]])
    assert_type(jacobian(to_list)([1.0, 2.0]), list[list[float]])
    assert_type(jacobian(to_list_of_floats)([1.0, 2.0]), list[list[float]])
    assert_type(jacobian(of_list)([1.0, 2.0], 3.0), list[float])
    assert_type(jacobian(from_one)(2.0), list[float])
    assert_type(jacobian(from_two, (0, 1))(2.0, 3.0), list[tuple[float, float]])
    assert_type(jvp(of_one, (1.0,), (1.0,)), tuple[float, float])
    assert_type(jvp(to_list, ([1.0, 2.0],), ([1.0, 0.0],)), tuple[list[float], list[float]])
    assert_type(vjp(of_two, 1.0, 2.0)[0], float)
    assert_type(vjp(to_list, [1.0, 2.0])[0], list[float])


@ag.compile
def total(xs: list[float], scale: float = 2.0) -> float:
    return ag.sum(xs) * scale


@ag.compile(static="power", exact=True)
def powers(x: float, power: int) -> list[float]:
    return [x**k for k in range(power)]


@ag.compile
def neuron(x: Value | float, w: Value | float) -> Value | float:
    return tanh(w * x)


def compiled() -> None:
    """Compiled functions keep their parameters, and their results are plain numbers."""
    w = Value(3.0)

    def scaled(x: float, *, bias: float = 0.0) -> Value:
        return w * x + bias

    assert_type(total([1.0, 2.0], scale=3.0), float)
    assert_type(powers(2.0, power=3), list[float])
    assert_type(ag.compile(scaled)(2.0, bias=1.0), float)
    assert_type(ag.compile(exact=True)(scaled)(2.0), float)
    assert_type(ag.compile(of_one)(2.0, power=3), float)
    assert_type(ag.compile(of_list)([1.0, 2.0], 3.0), float)
    assert_type(ag.compile(of_floats)(1.0, scale=3.0), float)
    assert_type(ag.compile(to_list_of_floats)([1.0, 2.0]), list[float])
    assert_type(total.source, str)
    assert_type(total.explain(), str)
    # What Python's types cannot express is Any, never an error.
    pair: tuple[float, float] = ag.compile(lambda x, y: (x, y))(1.0, 2.0)
    values: list[float] = ag.compile(to_list)([1.0, 2.0])
    slope: float = ag.compile(grad(of_one))(2.0)
    number: float = ag.compile(Line(2.0))(3.0)
    both: float = neuron(2.0, 1.0)
    print(pair, values, slope, number, both)


class Line(nn.Module):
    """A model of a user."""

    def __init__(self, slope: float) -> None:
        self.slope = Value(slope)

    def __call__(self, x: float) -> Value:
        return self.slope * x


class Net(nn.Module):
    """A model of a user, written as for PyTorch."""

    def __init__(self) -> None:
        self.layer = nn.MLP(2, [3, 2], rng=0)

    def forward(self, x: Sequence[float], *, scale: float = 1.0) -> list[Value]:
        outputs: list[Value] = self.layer(x)
        return [y * scale for y in outputs]


class Wider(Net):
    """A model that changes another one."""

    def forward(self, x: Sequence[float], *, scale: float = 1.0) -> list[Value]:
        return [*super().forward(x, scale=scale), Value(0.0)]


def outputs_of(model: nn.MLP, x: list[float]) -> list[Value]:
    """All outputs of a network."""
    return model(x)


def output_of(model: nn.MLP, x: list[float]) -> Value:
    """The output of a network that has a single one."""
    return (model(x) * 2.0).tanh()


def loss_of(model: nn.Sequential, x: list[float], k: int) -> Value:
    """A loss, whatever the parts of the model are."""
    return nn.cross_entropy(model(x), k)


def loss_of_any(model: nn.Module, x: list[float]) -> Value:
    """A loss of a model about which nothing is known."""
    return nn.mse_loss(model(x), 1.0, reduction="sum")


def squashed(act: nn.Tanh, x: list[Value]) -> list[Value]:
    """The outputs of an activation, whose class is a type."""
    outputs: list[Value] = act(x)
    return outputs


def rows_of(model: nn.MLP, rows: list[list[float]]) -> list[list[Value]]:
    """The outputs for several samples."""
    return model(rows)


def step(model: nn.Module, x: list[float], lr: float) -> float:
    """A training step, for any model."""
    loss = nn.mse_loss(model(x), 1.0)
    loss.backward()
    for parameter in model.parameters():
        parameter.data -= lr * parameter.grad
    result: float = loss.data
    return result


def networks() -> None:
    """Modules know what they are made of, and what they give where that does not depend on sizes."""
    assert_type(nn.Linear(2, 3), nn.Linear)
    assert_type(nn.Linear(2, 3)([1.0, 2.0]), list[Value])
    assert_type(nn.Linear(2, 3)([[1.0, 2.0]]), list[list[Value]])
    assert_type(nn.Neuron(2)([1.0, 2.0]), Value)
    assert_type(Line(2.0)(3.0), Value)
    assert_type(Net()([1.0, 2.0]), list[Value])
    assert_type(Wider()([1.0, 2.0], scale=2.0), list[Value])
    first: Value = nn.MLP(2, [1], rng=0)([1.0, 2.0])
    scores: list[Value] = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())([1.0, 2.0])
    print(first, scores)
    print(outputs_of(nn.MLP(2, [2], rng=0), [1.0, 2.0]), output_of(nn.MLP(2, [1], rng=0), [1.0, 2.0]))
    print(loss_of(nn.Sequential(nn.Linear(2, 2, rng=0)), [1.0, 2.0], 0), loss_of_any(nn.Neuron(1), [1.0]))
    print(squashed(nn.Tanh(), [first]))
    print(rows_of(nn.MLP(2, [2], rng=0), [[1.0, 2.0]]))
    assert_type(nn.huber_loss([first], [1.0], delta=2.0), Value)
    assert_type(nn.binary_cross_entropy(0.5 * first.sigmoid(), 1.0), Value)
    assert_type(Line(2.0).parameters(), list[Value])
    assert_type(step(nn.MLP(2, [3, 1], rng=1), [1.0, 2.0], 0.1), float)


def mistakes(x: Value, y: float) -> None:
    """What a type checker must refuse."""
    x + "a"  # type: ignore[operator]
    "a" * x  # type: ignore[operator]
    print(x < "a")  # type: ignore[operator]
    Value("1.0")  # type: ignore[arg-type]
    x.label = 3  # type: ignore[assignment]
    x.data = "a"  # type: ignore[assignment]
    x.momentum = 0.0  # type: ignore[attr-defined]
    tanh("a")  # type: ignore[call-overload]
    tanh(x, x)  # type: ignore[call-overload]
    tanh(y).backward()  # type: ignore[attr-defined]
    ag.atan2(x)  # type: ignore[call-overload]
    ag.softmax([x]).backward()  # type: ignore[attr-defined]
    grad(of_one)()  # type: ignore[call-overload]
    grad(of_one)(1.0, 2.0)  # type: ignore[call-overload]
    grad(of_floats)("a")  # type: ignore[arg-type]
    grad(of_two, (0, 1))(1.0, 2.0).sin()  # type: ignore[attr-defined]
    grad(of_values_in_dict)([1.0], 2.0)  # type: ignore[call-overload]
    jacobian(to_list)([1.0])[0].sin()  # type: ignore[attr-defined]
    total(["a"])  # type: ignore[list-item]
    total([1.0], factor=2.0)  # type: ignore[call-overload]
    powers(2.0)  # type: ignore[call-overload]
    ag.compile(2.0)  # type: ignore[call-overload]
    nn.Linear("a", 3)  # type: ignore[arg-type]
    nn.Linear(2)  # type: ignore[call-arg]
    Line("a")  # type: ignore[arg-type]
    Net()("a", scale="a")  # type: ignore[arg-type]
    Net()()  # type: ignore[call-arg]
    nn.MLP(2, [1])([1.0, 2.0]).momentum()  # type: ignore[attr-defined]
    nn.cross_entropy([x, x], 0, weight=3)  # type: ignore[call-overload]
    nn.l1_loss(x, 1.0).momentum()  # type: ignore[attr-defined]


def main() -> None:
    """Run everything but the mistakes."""
    arithmetic(Value(3.0), Value(2.0))
    gradients(Value(1.0), 0.1)
    functions(Value(0.5), 2.0)
    transforms()
    compiled()
    networks()


main()
