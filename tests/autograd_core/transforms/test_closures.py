"""Functions that use Values from elsewhere: what their derivatives depend on, and when a warning says what is lost."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import (
    GradientLossWarning,
    Value,
    detect_anomaly,
    enable_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from autograd_core.testing import check_grads
from autograd_core.testing.invariants import check_commuting_partials
from viz.plots import saliency

WAYS: dict[str, Callable[..., Any]] = {
    "grad": grad,
    "value_and_grad": lambda f, **o: lambda x: value_and_grad(f, **o)(x)[1],
    "value": lambda f, **o: lambda x: value_and_grad(f, **o)(x)[0],
    "forward": lambda f, **o: jacobian(f, mode="forward", **o),
    "reverse": lambda f, **o: jacobian(f, mode="reverse", **o),
    "jvp": lambda f, **o: lambda x: jvp(f, (x,), (1.0,), **o)[1],
    "pushed": lambda f, **o: lambda x: jvp(f, (x,), (1.0,), **o)[0],
    "vjp": lambda f, **o: lambda x: vjp(f, x, **o)[1](1.0)[0],
    "pulled": lambda f, **o: lambda x: vjp(f, x, **o)[0],
    "hessian": hessian,
    "hvp": lambda f, **o: lambda x: hvp(f, (x,), (1.0,), **o)[0],
}
"""Every number that is made from a function of one number."""

CALLED: dict[str, str] = {
    **{way: way for way in WAYS},
    "value": "value_and_grad",
    "forward": "jacobian",
    "reverse": "jacobian",
    "pushed": "jvp",
    "pulled": "vjp",
}
"""The function that a warning names."""

EVERY_WAY = pytest.mark.parametrize("way", WAYS)


def texts_of(call: Callable[[], Any]) -> list[str]:
    """The texts of the warnings that a call gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(w.category is GradientLossWarning for w in caught)
    return [str(w.message) for w in caught]


# What is lost is said.


@EVERY_WAY
def test_by_default_results_are_floats_and_a_warning_names_what_they_lose(way: str) -> None:
    w = Value(3.0, label="slope")

    def u(x: Any) -> Any:
        return w * x * x

    with pytest.warns(GradientLossWarning) as caught:
        number = WAYS[way](u)(2.0)
    assert (type(number), number) == (float, WAYS[way](lambda x: 3.0 * x * x)(2.0))
    (warning,) = caught
    assert warning.filename == __file__
    text = str(warning.message)
    assert text.startswith(f"{CALLED[way]} of u gives floats at plain numbers, and no gradient flows through them to ")
    assert text.endswith(
        "to slope; pass create_graph=True to get Values that depend on it, or create_graph=False if floats are meant"
    )


@EVERY_WAY
def test_false_gives_floats_and_says_nothing(way: str) -> None:
    w = Value(3.0)
    number = WAYS[way](lambda x: w * x * x, create_graph=False)(2.0)
    assert (type(number), number) == (float, WAYS[way](lambda x: 3.0 * x * x)(2.0))


@EVERY_WAY
def test_a_loss_gets_every_term_of_its_gradient(way: str) -> None:
    w = Value(3.0)

    def u(x: Any) -> Any:
        return w * w * x**3

    term = WAYS[way](u, create_graph=True)(2.0)
    loss = (term - 5) ** 2 + u(1.0)
    loss.backward()
    factor = term.data / 9.0  # every one of these numbers is w**2 times a constant
    assert w.grad == pytest.approx(2 * (9.0 * factor - 5) * factor * 6.0 + 6.0, rel=1e-15)


FUNCTIONS: list[Callable[[Any, Any], Any]] = [
    lambda w, x: ag.tanh(w * x) * x,
    lambda w, x: ag.exp(w - x * x) + w,
    lambda w, x: ag.sin(x) / (2 + ag.cos(w * x)),
    lambda w, x: ag.dot([w, x, w], [x, x, w]) ** 2,
    lambda w, x: x * x,
    lambda w, x: w * 2.0,
]


@EVERY_WAY
@given(st.sampled_from(FUNCTIONS), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_leaf_from_elsewhere_gets_the_gradient_that_an_argument_gets(way: str, f: Any, w: float, x: float) -> None:
    leaf = Value(w)
    WAYS[way](lambda t: f(leaf, t), create_graph=True)(x).backward()
    assert leaf.grad == pytest.approx(grad(lambda v: WAYS[way](lambda t: f(v, t))(x))(w), rel=1e-13, abs=1e-13)


@EVERY_WAY
def test_the_way_through_an_older_node_counts(way: str) -> None:
    w = Value(3.0, label="w")
    h = w * 2
    (text,) = texts_of(lambda: WAYS[way](lambda x: h * x * x)(2.0))
    assert "to w;" in text
    WAYS[way](lambda x: h * x * x, create_graph=True)(2.0).backward()
    assert w.grad == WAYS[way](lambda x: 2.0 * x * x)(2.0)


# What is not lost is not said.


@EVERY_WAY
def test_nothing_is_said_of_what_is_not_lost(way: str) -> None:
    frozen = Value(3.0)
    frozen.frozen = True
    w = Value(3.0)

    def makes_its_own(x: Any) -> Any:
        with no_grad():
            constant = w * 2
        return constant * Value(2.0) * x**3

    assert texts_of(lambda: WAYS[way](lambda x: x**3)(2.0)) == []
    assert texts_of(lambda: WAYS[way](makes_its_own)(2.0)) == []
    assert texts_of(lambda: WAYS[way](lambda x: frozen * x**3)(2.0)) == []
    with no_grad():
        assert texts_of(lambda: WAYS[way](lambda x: w * x**3)(2.0)) == []
        with enable_grad():
            assert len(texts_of(lambda: WAYS[way](lambda x: w * x**3)(2.0))) == 1
    frozen.frozen = False
    assert len(texts_of(lambda: WAYS[way](lambda x: frozen * x**3)(2.0))) == 1


@EVERY_WAY
@pytest.mark.parametrize("create_graph", [True, False, None])
def test_at_values_and_inside_another_differentiation_results_are_values_whatever_is_asked(
    way: str, create_graph: bool | None
) -> None:
    w = Value(3.0)

    def inner(x: Any) -> Any:
        return WAYS[way](lambda t: w * t**4, create_graph=create_graph)(x)

    assert isinstance(inner(Value(2.0)), Value)
    expected = grad(WAYS[way](lambda t: 3.0 * t**4))(2.0)
    assert grad(inner, create_graph=False)(2.0) == pytest.approx(expected, rel=1e-15)
    assert grad(lambda v: inner(2.0) * v, create_graph=False)(1.0) == inner(Value(2.0)).data
    (text,) = texts_of(lambda: grad(inner)(2.0))
    assert text.startswith("grad of inner ")


def test_a_leaf_is_older_from_the_second_call_on_if_the_function_keeps_it() -> None:
    kept: list[Value] = []

    def f(x: Any) -> Any:
        if not kept:
            kept.append(Value(3.0))
        return kept[0] * x

    assert texts_of(lambda: grad(f)(2.0)) == []
    (text,) = texts_of(lambda: grad(f)(2.0))
    assert "to kept[0];" in text


def test_values_in_arguments_that_are_not_differentiated_count() -> None:
    p = {"w": Value(3.0)}

    def u(x: Any, p: Any) -> Any:
        return p["w"] * x * x

    (text,) = texts_of(lambda: grad(u)(2.0, p))
    assert "to argument 1['w'];" in text
    grad(u, create_graph=True)(2.0, p).backward()
    assert p["w"].grad == 4.0
    assert texts_of(lambda: grad(u, argnums=(0, 1))(2.0, p)) == []


def test_tangents_that_are_values_stay_values_and_the_result_is_a_float() -> None:
    w, t = Value(3.0), Value(5.0)
    (text,) = texts_of(lambda: jvp(lambda x: w * x * x, (2.0,), (t,)))
    assert text.startswith("jvp of <lambda> ")
    value, tangent = jvp(lambda x: w * x * x, (2.0,), (t,), create_graph=False)
    tangent.backward()
    assert (value, w.grad, t.grad) == (12.0, 20.0, 12.0)
    assert texts_of(lambda: hvp(lambda x: w * x**3, (2.0,), (t,))) == []
    value, tangent = jvp(lambda x: w * x * x, (2.0,), (t,), create_graph=True)
    assert isinstance(value, Value)
    assert isinstance(tangent, Value)


# The text of the warning.


class Line:
    """What somebody may write without a module."""

    def __init__(self) -> None:
        self.w = Value(2.0)

    def __call__(self, x: Any) -> Any:
        return self.w * x

    def at(self, x: Any) -> Any:
        return self.w * x


def test_leaves_without_a_label_are_named_by_where_they_stand() -> None:
    w, ws, array = Value(2.0), {"a": [Value(1.0), Value(2.0)]}, np.array([[Value(1.0), Value(2.0)]])
    line = Line()

    def late(x: Any) -> Any:
        return line(x) + (undefined if x > 9 else 0.0)

    def named(f: Any) -> str:
        (text,) = texts_of(lambda: grad(f)(2.0))
        return text.split(" flows through them to ")[1].split(";")[0]

    assert named(lambda x: w * x) == "w"
    assert named(lambda x: ws["a"][1] * x) == "ws['a'][1]"
    assert named(lambda x: array[0, 1] * x) == "array[0, 1]"
    assert named(lambda x: 2 * line(x)) == "line.w"
    assert named(line) == named(line.at) == "self.w"
    assert named(grad(lambda x: w * x * x)) == "w"
    assert named(functools.partial(lambda w, x: w * x, w)) == "a Value without a label"
    assert named(late) == "a Value without a label"
    w.label = "weight"
    assert named(functools.partial(lambda w, x: w * x, w)) == "weight"
    undefined = 1.0


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "to ws[0]; pass"), (2, "to ws[0] and another leaf; pass"), (4, "to ws[0] and 3 other leaves; pass")],
)
@pytest.mark.parametrize("way", ["grad", "forward", "reverse", "vjp"])
def test_the_others_are_counted(way: str, count: int, text: str) -> None:
    ws = [Value(1.0) for _ in range(count)]

    def f(x: Any) -> Any:
        total = x
        for w in reversed(ws):  # a sweep meets the latest first
            total = w * total + w
        return total

    assert text in texts_of(lambda: WAYS[way](f)(2.0))[0]


def test_a_loop_is_warned_once() -> None:
    w = Value(2.0)
    step = grad(functools.partial(lambda w, x: w * w * x, w))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            w.data -= 0.1 * step(1.0)
    assert len(caught) == 1


@EVERY_WAY
def test_a_warning_that_is_an_error_leaves_no_mark_in_the_graph(way: str) -> None:
    w = Value(3.0)
    h = w * w
    with pytest.raises(GradientLossWarning):
        WAYS[way](lambda x: h * x * x)(2.0)
    (h * w).backward()
    assert (w.grad, h.grad) == (27.0, 3.0)
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_results_without_the_argument_count_too() -> None:
    w = Value(3.0)
    assert len(texts_of(lambda: value_and_grad(lambda x: w)(1.0))) == 1
    assert texts_of(lambda: value_and_grad(lambda x: x)(1.0)) == []
    assert texts_of(lambda: value_and_grad(lambda x: 3)(1.0)) == []


def test_the_search_has_no_limit_in_depth() -> None:
    w = Value(1.0, label="w")

    def deep(x: Any) -> Any:
        total = x * w
        for _ in range(20_000):
            total = total + 1.0
        return total

    for way in ("grad", "vjp"):
        assert "to w;" in texts_of(functools.partial(WAYS[way](deep), 2.0))[0]


def test_the_search_goes_on_under_detection() -> None:
    w = Value(3.0)
    with detect_anomaly():
        assert len(texts_of(lambda: grad(lambda x: w * x * x)(2.0))) == 1
        slope = grad(lambda x: w * x * x, create_graph=True)(2.0)
    slope.backward()
    assert (slope.data, w.grad) == (12.0, 4.0)


# What True gives.


def test_every_number_is_a_value_then() -> None:
    def f(p: Any) -> Any:
        return p["a"] + p["b"][0] * 2.0

    gradient = grad(f, create_graph=True)({"a": 1.0, "b": np.array([1.0, 2.0])})
    numbers = [gradient["a"], *gradient["b"]]
    assert all(isinstance(x, Value) for x in numbers)
    assert [x.data for x in numbers] == [1.0, 2.0, 0.0]
    value, slope = value_and_grad(lambda x: 3, create_graph=True)(1.0)
    assert (value.data, slope.data) == (3.0, 0.0)
    matrix = jacobian(lambda x: [x[0] * x[1], 7], create_graph=True)(np.array([2.0, 5.0]))
    assert [[x.data for x in row] for row in matrix] == [[5.0, 2.0], [0.0, 0.0]]
    second = hessian(lambda p: p[0] * p[1], create_graph=True)([2.0, 5.0])
    assert [[x.data for x in row] for row in second] == [[0.0, 1.0], [1.0, 0.0]]
    result, tangent = jvp(lambda x: (x, 7), (3.0,), (2.0,), create_graph=True)
    assert [x.data for x in (*result, *tangent)] == [3.0, 7.0, 2.0, 0.0]
    result, pullback = vjp(lambda x: (x, 7), 3.0, create_graph=True)
    assert [x.data for x in (*result, *pullback((2.0, 1.0)))] == [3.0, 7.0, 2.0]
    assert [x.data for x in hvp(lambda x: x * 2.0, (3.0,), (1.0,), create_graph=True)] == [0.0]


def test_auxiliary_results_keep_their_graph_then() -> None:
    w = Value(3.0)
    (value, aux), slope = value_and_grad(lambda x: (w * x, {"y": w * w}), has_aux=True, create_graph=True)(2.0)
    (value + slope + aux["y"]).backward()
    assert w.grad == 2.0 + 1.0 + 6.0


def test_nothing_is_stored_on_leaves_from_elsewhere() -> None:
    w = Value(3.0)
    grad(lambda x: w * x * x, create_graph=True)(2.0)
    assert w.grad == 0.0


# Networks whose slope stands in their loss.


def network(seed: int) -> Any:
    return nn.Sequential(nn.Linear(2, 4, rng=seed), nn.Tanh(), nn.Linear(4, 1, rng=seed + 1))


def equation(model: Any, points: list[Any]) -> Any:
    """How far a network is from `u_xx + u_t = x*t`, as physics-informed networks are trained."""

    def u(x: Any, t: Any) -> Any:
        return model([x, t])[0]

    residuals = []
    for x, t in points:
        u_t = grad(u, 1, create_graph=True)(x, t)
        u_xx = grad(grad(u), create_graph=True)(x, t)
        residuals.append((u_xx + u_t - x * t) ** 2)
    return ag.mean(residuals) + u(0.0, 0.0) ** 2


def penalty(critic: Any, points: list[Any]) -> Any:
    """The mean square of how far the length of the slope of a critic is from 1, as in WGAN-GP."""
    slopes = [grad(lambda p: critic(p)[0], create_graph=True)(list(point)) for point in points]
    return ag.mean([(ag.norm(slope) - 1) ** 2 for slope in slopes])


@pytest.mark.parametrize("loss_of", [equation, penalty])
@pytest.mark.parametrize("lift", [float, Value, lambda x: +Value(x)])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_loss_with_slopes_in_it_has_the_gradient_of_differences(loss_of: Any, lift: Any, mixed: bool) -> None:
    model = network(1)
    points = [(0.3, -0.4), (lift(0.9), lift(0.2)), (-0.5, lift(0.7) if mixed else 0.7)]
    loss = loss_of(model, points)
    loss.backward()
    got = [p.grad for p in model.parameters()]
    assert any(got)

    def number(values: list[float]) -> float:
        twin = network(1)
        for p, value in zip(twin.parameters(), values, strict=True):
            p.data = value
        return float(loss_of(twin, [(0.3, -0.4), (0.9, 0.2), (-0.5, 0.7)]).data)

    assert loss.data == number([p.data for p in model.parameters()])
    assert check_grads(number, [p.data for p in model.parameters()], grad=lambda _: got, method="central")


def test_an_equation_is_learned() -> None:
    model = nn.Sequential(nn.Linear(1, 6, rng=1), nn.Tanh(), nn.Linear(6, 1, rng=2))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.03)

    def u(x: Any) -> Any:
        return model([x])[0]

    for _ in range(150):
        loss = ag.mean([(grad(u, create_graph=True)(x) + u(x)) ** 2 for x in (0.0, 0.25, 0.5, 0.75, 1.0)])
        loss = loss + (u(0.0) - 1) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert u(1.0).data == pytest.approx(math.exp(-1.0), abs=0.05)


# Tools that differentiate at plain numbers on purpose.


def test_tools_that_want_numbers_say_nothing() -> None:
    w = Value(0.5)
    assert check_grads(lambda x, y: (w * x * y).tanh(), 0.5, -2.0, order=2)
    assert check_grads(lambda x: w * ag.sum(x), [0.001 * i for i in range(500)], modes=["fwd"])
    check_commuting_partials(lambda x, y: w * x * y * y, [0.5, 3.0])
    model = nn.MLP(4, [3, 2], rng=1)
    assert all(type(x) is float for x in saliency(model, [0.1, 0.2, 0.3, 0.4], 1))
    assert w.grad == 0.0
