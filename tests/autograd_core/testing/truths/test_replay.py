"""The replay compared with closed forms and with oracles on random programs, and tests with wrong ops."""

import math
import random
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath
import pytest
from hypothesis import given

import autograd_core as ag
from autograd_core import TABLE, InputError, Op, Value, custom_gradient, define_op, topological_order
from autograd_core.table.precedence import Precedence
from autograd_core.testing.oracles import path_sizes
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from autograd_core.testing.truths import local_derivatives
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.replay import replay


def network(sizes: list[int], batch: int) -> tuple[Value, list[Value]]:
    """Return the loss of a tanh network, and its parameters."""
    rng = random.Random(1)
    layers = [
        ([[Value(rng.gauss(0, n**-0.5)) for _ in range(n)] for _ in range(m)], [Value(0.1) for _ in range(m)])
        for n, m in pairwise(sizes)
    ]
    losses = []
    for _ in range(batch):
        xs: list[Any] = [rng.gauss(0, 1) for _ in range(sizes[0])]
        for rows, biases in layers:
            xs = [y.tanh() for y in ag.affine(rows, xs, biases)]
        losses.append((xs[0] - 0.5) ** 2)
    return ag.sum(losses) / batch, [p for rows, biases in layers for row in [*rows, biases] for p in row]


def wrong(name: str, forward: Callable[..., float], *derivatives: Callable[..., Any]) -> Op:
    """Return an op outside the table."""
    count = len(derivatives)
    whole = ((-math.inf, math.inf),) * count
    return Op(name, count, forward, derivatives, name, name, Precedence.CALL, whole, ((0.5, 2.0),) * count, None)


# Right graphs.


def test_closed_form() -> None:
    x, y = Value(0.7), Value(-1.3)
    found = replay((x * y).sin() / x, [x, y])
    with mpmath.workdps(50):
        a, b = mpmath.mpf(0.7), mpmath.mpf(-1.3)
        assert abs(found.value - mpmath.sin(a * b) / a) < 1e-49
        assert abs(found.gradient[0] - (b * mpmath.cos(a * b) / a - mpmath.sin(a * b) / a**2)) < 1e-35
        assert abs(found.gradient[1] - mpmath.cos(a * b)) < 1e-35
    assert found.suspects == []
    assert found.cross_check < 1e-15


def quotient(program: Program, place: int) -> Any:
    """Return a difference quotient of the whole program at many digits, without chain rule or local derivatives."""
    with mpmath.workdps(80):
        step = mpmath.mpf(10) ** -25
        above, below = (
            program.run(
                [mpmath.mpf(x) + sign * step * (i == place) for i, x in enumerate(program.leaves)],
                lambda name, *inputs: MEANINGS[name](*inputs),
            )[-1]
            for sign in (1, -1)
        )
        return (above - below) / (2 * step)


@given(expressions(kinks=False))
def test_random_programs(program: Program) -> None:
    leaves = [Value(x) for x in program.leaves]
    root = program(*leaves)
    found = replay(root, leaves)
    sizes = path_sizes(root, leaves)
    assert found.suspects == []
    for place, (slope, size) in enumerate(zip(found.gradient, sizes, strict=True)):
        assert abs(slope - quotient(program, place)) <= 1e-15 * size + 1e-18
    assert found.cross_check < 1e-8 or not any(sizes)


def test_an_input_used_twice_counts_twice() -> None:
    a = Value(3.0)
    assert replay(a * a, [a]).gradient == [6]
    assert replay(ag.dot([a, a], [a, a]), [a]).gradient == [12]
    assert replay(a + a, [a, a]).gradient == [2, 2]


def test_leaves_apart_from_the_graph() -> None:
    a, b = Value(3.0), Value(4.0)
    assert replay(a * 2.0, [b, a]).gradient == [0, 2]
    assert replay(a, [a, b]).gradient == [1, 0]
    assert replay(a, []).gradient == []


def test_the_replay_ends_at_interior_nodes_that_are_asked_for() -> None:
    a = Value(3.0)
    b = a.exp()
    found = replay(b * b + a, [b])
    assert found.gradient == [2 * b.data]
    with mpmath.workdps(60):
        assert found.value == mpmath.mpf(b.data) ** 2 + 3


def test_deep_graphs() -> None:
    x = Value(1.0)
    y: Any = x
    for _ in range(5000):
        y = y + x
    assert replay(y, [x]).gradient == [5001]


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (ag.tanh, 60.0, lambda x: mpmath.sech(x) ** 2),
        (ag.tanh, 1e-300, lambda x: mpmath.mpf(1)),
        (ag.tanhshrink, 1e-155, lambda x: mpmath.tanh(x) ** 2),
        (ag.tanhshrink, 3.49e-115, lambda x: mpmath.tanh(x) ** 2),
        (lambda x: ag.max([x]), 1.0, lambda x: 1),
        (lambda x: ag.min([x]), 1.0, lambda x: 1),
        (ag.sin, 1e155, mpmath.cos),
        (ag.erfc, 20.0, lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)),
        (ag.sigmoid, -700.0, lambda x: mpmath.exp(x) / (1 + mpmath.exp(x)) ** 2),
        (ag.lgamma, 1e15, mpmath.digamma),
        (ag.cos, 0.0, lambda x: 0),
    ],
)
def test_slopes_at_awkward_points(function: Op, x: float, slope: Callable[[Any], Any]) -> None:
    leaf = Value(x)
    found = replay(function(leaf), [leaf])
    with mpmath.workdps(400):
        assert abs(found.gradient[0] - slope(mpmath.mpf(x))) <= 1e-14 * abs(slope(mpmath.mpf(x))) + 1e-19 * (x == 0)
    assert found.suspects == []
    assert found.cross_check < 1e-8


# Kinks, and points without a comparison.


@pytest.mark.parametrize(
    ("function", "point", "recorded"),
    [
        (ag.abs, (0.0,), (0.0,)),
        (ag.relu, (0.0,), (0.0,)),
        (ag.relu6, (6.0,), (0.0,)),
        (ag.max, (2.0, 2.0), (0.5, 0.5)),
        (ag.min, (2.0, 2.0), (0.5, 0.5)),
        (ag.floor, (3.0,), (0.0,)),
        (TABLE["mod"], (4.0, 2.0), (1.0, -2.0)),
        (ag.clamp, (1.0, 1.0, 2.0), (0.0, 1.0, 0.0)),
        (ag.hypot, (0.0, 0.0), (0.0, 0.0)),
        (TABLE["softshrink"], (1.0, 1.0), (0.0, 0.0)),
        (TABLE["hardshrink"], (0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_at_a_kink_what_is_recorded_is_accepted(
    function: Callable[..., Any], point: tuple[float, ...], recorded: tuple[float, ...]
) -> None:
    leaves = [Value(x) for x in point]
    found = replay(function(*leaves), leaves)
    assert found.suspects == []
    assert [float(d) for d in found.gradient] == list(recorded)
    assert found.cross_check < 1e-8


def test_at_a_kink_what_lies_outside_is_wrong() -> None:
    x = Value(0.0)
    odd_abs = wrong("abs", abs, lambda x, y: 1.5)
    (suspect,) = replay(odd_abs(x), [x]).suspects
    assert (suspect.recorded, suspect.true) == (1.5, 1.0)


def test_rounding_onto_a_kink() -> None:
    x = Value(0.1)
    root = ag.abs((x + 0.2) - 0.3 - 5.551115123125783e-17)
    assert root.data == 0.0
    assert root.grad == 0.0
    found = replay(root, [x])
    assert found.suspects == []
    assert found.gradient == [0]
    assert found.cross_check < 1e-8


@pytest.mark.parametrize(
    ("function", "x"),
    [(ag.log, 0.0), (ag.log, -1.0), (ag.sqrt, 0.0), (ag.exp, 1e3), (ag.gamma, 0.0), (ag.sin, math.inf)],
)
def test_poles_and_overflow(function: Op, x: float) -> None:
    leaf = Value(x)
    assert replay(function(leaf), [leaf]).suspects == []


@pytest.mark.parametrize("base", [17.0, 500.0])
def test_towers_of_exponentials_end(base: float) -> None:
    x = Value(base)
    assert replay(x.exp().exp().exp().exp(), [x]).suspects == []


# Wrong graphs.


def test_one_wrong_op_is_the_one_suspect() -> None:
    doubled = define_op("test_cube", lambda x: x**3, lambda x, y: 2.0 * x**2)
    x = Value(1.5)
    wrong_node = doubled(x.sin())
    found = replay((wrong_node.tanh() * x).exp(), [x])
    (suspect,) = found.suspects
    assert suspect.node is wrong_node
    assert (suspect.op, suspect.input_index, suspect.origin) == ("test_cube", 0, "")
    assert suspect.recorded == pytest.approx(suspect.true * 2 / 3)
    with mpmath.workdps(60):
        u = mpmath.sin(mpmath.mpf(1.5))
        t = mpmath.tanh(u**3)
        inner = (1 - t * t) * 3 * u**2 * mpmath.cos(mpmath.mpf(1.5)) * mpmath.mpf(1.5) + t
        assert abs(found.gradient[0] / (mpmath.exp(t * mpmath.mpf(1.5)) * inner) - 1) < 1e-30
    assert found.cross_check < 1e-15


@pytest.mark.parametrize(
    ("name", "forward", "derivatives", "place"),
    [
        ("tanh", math.tanh, (lambda x, y: 1.0 - y * y + 1e-12,), 0),
        ("sin", math.sin, (lambda x, y: -math.cos(x),), 0),
        ("mul", lambda a, b: a * b, (lambda a, b, y: a, lambda a, b, y: a), 0),
        ("mul", lambda a, b: a * b, (lambda a, b, y: b, lambda a, b, y: b), 1),
        ("div", lambda a, b: a / b, (lambda a, b, y: 1 / b, lambda a, b, y: y / b), 1),
        ("square", lambda x: x * x, (lambda x, y: 2.0 * x * (1 + 1e-15),), 0),
        ("exp", math.exp, (lambda x, y: math.nan,), 0),
        ("sqrt", math.sqrt, (lambda x, y: math.inf,), 0),
    ],
)
def test_wrong_rows(name: str, forward: Callable[..., float], derivatives: Any, place: int) -> None:
    leaves = [Value(x) for x in (1.25, 0.75)[: len(derivatives)]]
    suspects = replay(wrong(name, forward, *derivatives)(*leaves).sin(), leaves).suspects
    assert [(s.op, s.input_index) for s in suspects] == [(name, place)]
    assert suspects[0].ulps > 1


def test_own_formulas_may_round() -> None:
    x = Value(5.0)
    naive = wrong("tanh", math.tanh, lambda x, y: 1.0 - y * y)
    own = wrong("own_tanh", math.tanh, lambda x, y: 1.0 - y * y)
    assert [s.op for s in replay(naive(x), [x]).suspects] == ["tanh"]  # a row of the table may not
    assert replay(own(x), [x]).suspects == []
    zero = Value(0.2525)  # of the derivative
    frequency = 200 * math.pi
    wave = wrong("wave", lambda x: math.sin(frequency * x), lambda x, y: frequency * math.cos(frequency * x))
    assert replay(wave(zero), [zero]).suspects == []


def test_suspects_come_inputs_first() -> None:
    shifted = wrong("own_square", lambda x: x * x, lambda x, y: 2.0 * x + 1.0)
    x = Value(1.5)
    first = shifted(x)
    second = shifted(first)
    assert [s.node for s in replay(second + first, [x]).suspects] == [first, second]


def test_the_line_is_named() -> None:
    x = Value(1.5)
    with ag.detect_anomaly():
        y = wrong("own_square", lambda x: x * x, lambda x, y: x)(x)
    (suspect,) = replay(y, [x]).suspects
    assert "test_replay.py" in suspect.origin


def test_a_stale_leaf_is_noticed() -> None:
    x, y = Value(1.5), Value(2.0)
    root = x * y
    x.data = 4.0
    assert [s.input_index for s in replay(root, [x, y]).suspects] == [1]


def test_an_op_without_meaning() -> None:
    @custom_gradient(lambda x, y: 1.0)
    def lossy(x: float) -> float:
        return float(x) + 1.0

    x = Value(2.0)
    with pytest.raises(InputError, match="lossy"):
        replay(lossy(x), [x])


# Cost.


def test_cost_is_linear_in_the_edges() -> None:
    durations = []
    for count in (2_000, 8_000):
        leaves = [Value(i / count) for i in range(count)]
        root = ag.hypot(*leaves) + ag.max(leaves) + ag.prod([x + 1.0 for x in leaves[: count // 4]]) + ag.sum(leaves)
        start = time.process_time()
        assert replay(root, leaves).suspects == []
        durations.append(time.process_time() - start)
    assert durations[1] < 10 * durations[0]


def test_a_network() -> None:
    root, parameters = network([3, 16, 12, 1], 4)
    start = time.process_time()
    found = replay(root, parameters)
    assert time.process_time() - start < 2
    root.backward()
    assert len(parameters) > 250
    assert len(topological_order(root)) > 300
    assert found.suspects == []
    assert found.cross_check < 1e-10
    for p, slope in zip(parameters, found.gradient, strict=True):
        assert abs(slope - p.grad) <= 1e-13


def test_an_op_at_exact_inputs_is_measured_once() -> None:
    calls = 0

    def forward(x: Any) -> Any:
        nonlocal calls
        calls += isinstance(x, mpmath.mpf)
        return x * x

    counted = define_op("counted", forward, lambda x, y: 2.0 * x)
    xs = [Value(0.5 + i) for i in range(100)]
    found = replay(ag.fsum([counted(x) for x in xs]), xs)
    assert found.gradient == [2 * x.data for x in xs]
    assert calls <= 8 * len(xs) + 20  # the value, and two quotients of three values each
    assert found.suspects == []


@pytest.mark.parametrize(("name", "x"), [("log", -1.0), ("log", 0.0), ("sqrt", 0.0), ("sqrt", -2.0), ("log1p", -1.0)])
def test_a_formula_holds_inside_of_the_domain_only(name: str, x: float) -> None:
    """At the end of a domain and outside, the derivative is what differences say: infinite, or nan."""
    node = Value(x)
    assert not math.isfinite(float(replay(TABLE[name](node), [node]).gradient[0]))


def test_frequent_ops_are_replayed_without_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: Any) -> Any:
        raise AssertionError("expected no difference quotients")

    monkeypatch.setattr(local_derivatives, "derivative_of", forbidden)
    x = Value(0.7)
    y = (x.exp() * x.sin() + x.log().tanh() / x.sqrt()).sigmoid() + x.cos()
    y.backward()
    assert float(replay(y, [x]).gradient[0]) == pytest.approx(x.grad, rel=1e-14)
