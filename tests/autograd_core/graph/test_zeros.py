"""Zero times infinity in the chain rule: nothing passes a structural zero, and everything else is IEEE 754."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AnomalyError, GraphChangedError, Value, detect_anomaly, grad, hessian, jacobian, jvp, vjp
from autograd_core.testing.strategies import expressions
from viz import explain, steps

REFERENCE = json.loads((Path(__file__).parent / "reference" / "zeros.json").read_text(encoding="utf-8"))
NAMES = ("sqrt", "exp", "log", "log1p", "expm1", "sigmoid", "tanh", "relu", "where", "maximum", "clamp", "abs")
OURS = {name: getattr(ag, name) for name in NAMES}
EXACT: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name) for name in ("exp", "log1p", "expm1", "tanh")},
    "sqrt": lambda x: mpmath.sqrt(x) if x >= 0 else mpmath.nan,
    "log": lambda x: mpmath.log(x) if x >= 0 else mpmath.nan,
    "abs": abs,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "where": lambda condition, a, b: a if condition else b,
    "maximum": max,
    "clamp": lambda x, low, high: min(max(x, low), high),
}


def evaluate(text: str, names: dict[str, Any], variables: list[Any]) -> Any:
    code = compile(text, text, "eval")
    return eval(code, {"__builtins__": {}}, names | dict(zip("xy", variables, strict=False)))  # noqa: S307 - our own


def function_of(text: str) -> Callable[..., Any]:
    return lambda *variables: evaluate(text, OURS, list(variables))


def true_derivative(text: str, point: list[float], index: int, side: int) -> float:
    """The one-sided derivative at the point, by a difference quotient over a step so short that it is the limit."""
    with mpmath.workdps(400):
        step = side * mpmath.mpf(10) ** -150
        moved = [mpmath.mpf(number) + (step if i == index else 0) for i, number in enumerate(point)]
        further = [number + (step if i == index else 0) for i, number in enumerate(moved)]
        return float((evaluate(text, EXACT, further) - evaluate(text, EXACT, moved)) / step)


@pytest.mark.parametrize(("text", "point", "value", "derivatives"), [(t, p, v, s) for t, p, v, *s in REFERENCE])
def test_gradients_are_those_of_pytorch_or_right(
    text: str, point: list[float], value: str, derivatives: list[str]
) -> None:
    f = function_of(text)
    variables = [Value(number) for number in point]
    root = f(*variables)
    root.backward()
    assert root.data == pytest.approx(float(value), nan_ok=True)
    for index, (variable, theirs) in enumerate(zip(variables, map(float, derivatives), strict=True)):
        ours = variable.grad
        if ours != pytest.approx(theirs, rel=1e-12, nan_ok=True):
            assert math.isfinite(ours), f"ours {ours}, theirs {theirs}"
            sides = [true_derivative(text, point, index, side) for side in (1, -1)]
            assert any(ours == pytest.approx(derivative, rel=1e-9, abs=1e-100) for derivative in sides), (ours, sides)


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def check_all_sweeps(f: Callable[..., Any], point: list[float]) -> None:
    """Every way to the gradient of a function gives the same result, also for zeros, infinities and nan."""
    variables = [Value(number, label=f"x{i}") for i, number in enumerate(point)]
    root = f(*variables)
    if not isinstance(root, Value) or root.op is None:
        return
    root.backward()
    fast = [variable.grad for variable in variables]
    places = tuple(range(len(point)))
    nested = [Value(number) for number in point]
    f(*nested).backward(create_graph=True)
    ways = {
        "create_graph": [x.grad.data if isinstance(x.grad, Value) else x.grad for x in nested],
        "grad": grad(f, places)(*point),
        "vjp": vjp(f, *point)[1](1.0),
        "reverse jacobian": jacobian(f, places, mode="reverse")(*point),
        "explain": [explain(x, root).gradient if x is not root else 1.0 for x in variables],
        "steps": _of_steps(root, len(point)),
    }
    for x in nested:
        x.grad = 0.0
    for way, found in ways.items():
        assert all(map(same, fast, found)), (way, fast, list(found))


def _of_steps(root: Value, count: int) -> list[float]:
    walk = steps(root)
    found = {node.name: walk.gradients[node.number] or 0.0 for node in walk.graph.nodes}
    return [found.get(f"x{i}", 0.0) for i in range(count)]


AWKWARD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 800.0, -800.0, 1e200, 1e-200, 1e308, 5e-324, math.inf, -math.inf])


@given(st.data(), expressions(max_size=6))
def test_all_sweeps_agree_at_awkward_points(data: st.DataObject, program: Any) -> None:
    point = data.draw(st.lists(AWKWARD, min_size=len(program.leaves), max_size=len(program.leaves)))
    check_all_sweeps(program, point)


@pytest.mark.parametrize(("text", "point"), [(text, point) for text, point, *_ in REFERENCE])
def test_all_sweeps_agree(text: str, point: list[float]) -> None:
    check_all_sweeps(function_of(text), point)


@pytest.mark.parametrize(("text", "point"), [(text, point) for text, point, *_ in REFERENCE])
def test_forward_mode_keeps_to_the_rule(text: str, point: list[float]) -> None:
    """A product 0 * inf is nan in both modes, or passes nothing on; the modes may compute it on different edges."""
    f = function_of(text)
    for index in range(len(point)):
        direction = [1.0 if i == index else 0.0 for i in range(len(point))]
        forward = jvp(f, tuple(point), tuple(direction))[1]
        inside = jacobian(f, tuple(range(len(point))), mode="forward")(*point)
        assert same(forward, inside[index])
        backward = grad(f, tuple(range(len(point))))(*point)[index]
        if math.isfinite(forward) and math.isfinite(backward):
            assert forward == pytest.approx(backward, rel=1e-12)


@given(x=st.floats(-1000, 1000), branch=st.sampled_from([ag.sqrt, ag.log, lambda v: 1 / v, lambda v: v**0.3]))
def test_a_branch_that_is_not_taken_changes_no_gradient(x: float, branch: Callable[[Any], Any]) -> None:
    def f(v: Any) -> Any:
        return ag.where(v > 0, branch(v), 2.0 * v)

    expected = grad(branch)(x) if x > 0 else 2.0
    assert grad(f)(x) == expected
    assert jvp(f, (x,), (1.0,))[1] == expected
    assert grad(lambda v: f(v) * 1.0)(x) == expected
    assert same(hessian(f)(x), hessian(branch)(x) if x > 0 else 0.0)


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.sampled_from([0.0, -1.0, math.inf, math.nan]))
def test_a_factor_that_is_the_constant_0_hides_the_other(mask: list[bool], hidden: float) -> None:
    xs = [Value(4.0 if keep else hidden) for keep in mask]
    factors = [1.0 if keep else 0.0 for keep in mask]
    ag.dot(factors, [ag.sqrt(x) for x in xs]).backward()
    expected = [0.25 if keep else 0.0 for keep in mask]
    assert [x.grad for x in xs] == expected
    assume(any(mask))
    scores = [Value(1.0) if keep else Value(hidden) * 0.0 for keep in mask]
    logs = [0.0 if keep else -math.inf for keep in mask]
    if not math.isnan(hidden) and not math.isinf(hidden):
        for p in ag.softmax([score + log for score, log in zip(scores, logs, strict=True)]):
            p.backward()


def test_a_zero_cotangent_passes_nothing() -> None:
    _, pullback = vjp(lambda x: [ag.sqrt(x), 3.0 * x], 0.0)
    assert pullback([0.0, 1.0]) == (3.0,)
    assert pullback([1.0, 0.0]) == (math.inf,)
    x = Value(0.0)
    ag.sqrt(x).backward(0.0)
    assert x.grad == 0.0


def test_detect_anomaly_names_the_product() -> None:
    with detect_anomaly():
        y = ag.sqrt(Value(0.0)) ** 2
        with pytest.raises(AnomalyError, match="sqrt made nan"):
            y.backward()
        ag.where(False, ag.sqrt(Value(0.0)), Value(1.0)).backward()


def test_the_text_of_an_explanation_says_nan() -> None:
    x = Value(0.0, label="x")
    y = ag.sqrt(x) ** 2
    assert "dy/dx = nan" in str(explain(x, y))


@pytest.mark.parametrize(
    ("f", "x", "second"),
    [
        (ag.sqrt, 0.0, -math.inf),
        (ag.sqrt, -0.0, -math.inf),
        (ag.log, 0.0, -math.inf),
        (ag.log, -0.0, -math.inf),
        (ag.log2, 0.0, -math.inf),
        (ag.log10, 0.0, -math.inf),
        (ag.log1p, -1.0, -math.inf),
        (ag.atanh, 1.0, math.inf),
        (ag.cbrt, 0.0, math.nan),
        (ag.sqrt, -1.0, math.nan),
        (ag.log, -1.0, math.nan),
        (ag.log2, -1.0, math.nan),
        (ag.log10, -1.0, math.nan),
        (ag.log1p, -2.0, math.nan),
        (ag.atanh, 2.0, math.nan),
        (lambda x: ag.log(x, 3.0), 0.0, -math.inf),
        (lambda x: ag.log(x, 3.0), -1.0, math.nan),
    ],
)
def test_a_pole_is_one_in_all_derivatives(f: Callable[[Any], Any], x: float, second: float) -> None:
    assert same(grad(grad(f))(x), second)


# ---- Stale graphs ---------------------------------------------------------------------------------------------------


def test_a_graph_made_once_and_swept_after_every_step_is_refused() -> None:
    w = Value(3.0, label="w")
    prediction = w * 2.0
    ((prediction - 1.0) ** 2).backward()
    w.data -= 0.1 * w.grad
    held = w.grad
    with pytest.raises(GraphChangedError, match=r"mul was 6.0, and now it would be mul\(.*\) = .*allow_stale=True"):
        ((prediction - 1.0) ** 2).backward()
    assert w.grad == held
    with pytest.raises(GraphChangedError):  # and it stays refused
        ((prediction - 1.0) ** 2).backward()
    with detect_anomaly(), pytest.raises(GraphChangedError):
        ((prediction - 1.0) ** 2).backward()
    ((prediction - 1.0) ** 2).backward(allow_stale=True)
    assert w.grad == 2.0 * held


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("make", [lambda w: w * 2.0, ag.exp, lambda w: (w * 2.0 - 1.0) ** 2, lambda w: w + 1.0])
def test_with_create_graph_an_assignment_after_the_recording_is_refused(
    make: Callable[[Value], Value], swept: bool
) -> None:
    w = Value(1.0)
    y = make(w)
    if swept:
        y.backward(create_graph=True)
        w.grad = 0.0
    w.data = 3.0
    with pytest.raises(GraphChangedError):
        y.backward(create_graph=True)


def test_custom_ops_are_compared_by_their_inputs() -> None:
    noise = random.Random(1)

    @ag.custom_gradient(lambda x, y: noise.random())
    def noisy(x: float) -> float:
        return x + noise.random()

    w, other = Value(2.0), Value(1.0)
    y = noisy(w) * w
    y.backward()
    other.data = 5.0
    y.backward()
    w.data = 3.0
    with pytest.raises(GraphChangedError, match="recorded or swept before"):
        y.backward()


def test_one_step_of_the_manual_pass_keeps_to_the_rule() -> None:
    z = Value(0.0)
    r = ag.sqrt(z)
    q = r**2
    q.grad = 1.0
    q._backward()
    r._backward()
    assert math.isnan(z.grad)


def test_graphs_that_still_hold_are_swept_again() -> None:
    w, other = Value(3.0), Value(1.0)
    y = w * w
    y.backward()
    y.backward()
    other.data = 5.0  # has no part in it
    y.backward()
    w.data = 4.0
    w.data = 3.0  # as it was
    y.backward()
    assert w.grad == 24.0
    grad(lambda x: x * y, create_graph=False)(2.0)
    y.backward()
    assert w.grad == 30.0


def test_a_stale_node_is_found_anywhere_in_the_graph() -> None:
    w, v = Value(3.0), Value(2.0)
    deep = w
    for _ in range(1000):
        deep = deep + v
    deep.backward()
    w.data = 4.0
    for root in (deep * 2.0, ag.sum([deep, v, v]), ag.dot([v, deep], [v, v]), deep):
        with pytest.raises(GraphChangedError):
            root.backward()
    assert (w.grad, v.grad) == (1.0, 1000.0)


@given(st.floats(-2, 2), st.integers(1, 5))
def test_training_with_a_new_graph_for_each_step_raises_nothing(start: float, steps_: int) -> None:
    w = Value(start)
    for _ in range(steps_):
        loss = (w * 2.0 - 1.0) ** 2
        loss.backward()
        loss.backward()
        w.data -= 0.01 * w.grad
        w.grad = 0.0
