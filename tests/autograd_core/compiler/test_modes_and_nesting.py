"""Compiled functions inside of each other, around derivatives, and in modes."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import pytest

import autograd_core as ag
import nn
from autograd_core import AnomalyError, Value
from autograd_core.compiler import function as functions


def rosenbrock(xs: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(xs))


POINT: Final = [0.5, -1.0, 2.0]


@pytest.mark.parametrize(
    "transform",
    [ag.grad, ag.value_and_grad, ag.hessian, ag.jacobian, lambda f: ag.grad(lambda xs: f(xs) * f(xs))],
    ids=["grad", "value_and_grad", "hessian", "jacobian", "of a product"],
)
@pytest.mark.parametrize("inner", [False, True], ids=["plain", "compiled inside"])
def test_derivatives(transform: Callable[..., Any], inner: bool) -> None:
    f = functions.compile(rosenbrock) if inner else rosenbrock
    compiled = functions.compile(transform(f), exact=True)
    for point in (POINT, [1.0, 1.0, 1.0], [0.0, -0.0, 3.0]):
        assert compiled(point) == transform(rosenbrock)(point)
    assert len(compiled._programs) == 1
    if isinstance(f, functions.Compiled):
        assert len(f._programs) == 0


def test_compiled_twice() -> None:
    twice = functions.compile(functions.compile(rosenbrock))
    assert twice(POINT) == rosenbrock(POINT)
    assert functions.compile(twice)(POINT) == rosenbrock(POINT)


def test_calls_of_the_inner_function_are_no_change_for_the_outer_one() -> None:
    inner = functions.compile(lambda x: x * x)
    outer = functions.compile(lambda x: inner(x) + 1.0)
    assert outer(3.0) == 10.0
    program = outer.program
    assert [inner(float(k)) for k in range(3)] == [0.0, 1.0, 4.0]
    assert inner([2.0][0]) == 4.0
    assert outer(4.0) == 17.0
    assert outer.program is program


def test_it_calls_itself() -> None:
    @functions.compile
    def power(x: Any, n: int) -> Any:
        return x if n == 1 else power(x, n - 1) * x

    again = functions.compile(power.function, static=1)
    assert again(3.0, 4) == 81.0


def test_a_compiled_function_inside_an_eager_graph_is_no_part_of_it() -> None:
    square = functions.compile(lambda x: x * x)
    with pytest.raises(ag.OperandTypeError, match=r"pass x.data"):
        square(Value(2.0))
    with pytest.raises(ag.OperandTypeError, match=r"compile\(grad\(f\)\)"):
        ag.grad(square)(2.0)


class TestModes:
    def test_all_of_them_inside(self) -> None:
        p = Value(2.0)

        def f(x: Any) -> Any:
            p.grad = 0.0
            with ag.no_grad():
                a = p * x
                with ag.enable_grad():
                    b = p * x
            (a * b).backward()
            return p.grad

        assert functions.compile(f)(5.0) == f(5.0) == 50.0

    def test_decorated_functions(self) -> None:
        p = Value(2.0)

        @ag.no_grad
        def factor() -> Any:
            return p * p

        def f() -> Any:
            p.grad = 0.0
            (p * factor()).backward()
            return p.grad

        compiled = functions.compile(f)
        assert [compiled(), compiled()] == [4.0, 4.0]

    def test_enable_grad_around_a_call_inside_no_grad(self) -> None:
        p = Value(3.0)

        def f() -> Any:
            p.grad = 0.0
            (p * p).backward()
            return p.grad

        compiled = functions.compile(f)
        with ag.no_grad(), ag.enable_grad():
            assert compiled() == 6.0
        assert compiled() == 6.0
        assert len(compiled._programs) == 1

    def test_modules_that_change_their_mode(self) -> None:
        dropout = nn.Sequential(nn.Linear(1, 1, rng=1), nn.Dropout(0.5, rng=1))

        def f(x: Any) -> Any:
            dropout.eval()
            y = dropout([x])[0]
            dropout.train()
            return y

        compiled = functions.compile(f)
        expected = f(3.0).data
        assert compiled(3.0) == compiled(3.0) == expected
        assert dropout.training


class TestAnomalies:
    def test_an_op_is_named_with_its_line(self) -> None:
        def f(x: Any) -> Any:
            y = x - 1.0
            return ag.log(y) * 2.0

        compiled = functions.compile(f)
        assert compiled(2.0) == 0.0
        with (
            ag.detect_anomaly(),
            pytest.raises(
                AnomalyError,
                match=r"log\(0.0\) gave -inf, at .*test_modes_and_nesting.py:\d+: return ag.log\(y\) \* 2.0",
            ),
        ):
            compiled(1.0)
        with ag.detect_anomaly():
            assert compiled(math.e + 1.0) == pytest.approx(2.0)
        assert compiled(1.0) == -math.inf

    def test_at_the_first_call(self) -> None:
        compiled = functions.compile(lambda x: x / (x - 1.0))
        with ag.detect_anomaly(), pytest.raises(AnomalyError, match=r"div\(1.0, 0.0\) gave inf"):
            compiled(1.0)
        assert compiled(2.0) == 2.0

    def test_a_backward_pass(self) -> None:
        p = Value(0.0)

        def f(x: Any) -> Any:
            p.grad = 0.0
            y = p * x
            z = ag.sqrt(y)
            loss = z + 1.0
            loss.backward()
            return loss

        compiled = functions.compile(f)
        with ag.detect_anomaly(), pytest.raises(AnomalyError) as eager:
            f(2.0)
        with ag.detect_anomaly(), pytest.raises(AnomalyError) as caught:
            compiled(2.0)
        assert str(caught.value) == str(eager.value)
        assert "the backward pass through sqrt made inf, recorded at" in str(caught.value)
        p.data = 4.0
        with ag.detect_anomaly():
            assert compiled(4.0) == 5.0

    def test_nothing_is_left_behind(self) -> None:
        p, kept = Value(1.0), {"total": 0.0}

        def f(x: Any) -> Any:
            p.data = p.data + x
            kept["total"] = kept["total"] + x
            return ag.log(x)

        compiled = functions.compile(f)
        for _ in range(2):
            with ag.detect_anomaly(), pytest.raises(AnomalyError):
                compiled(-1.0)
            assert (p.data, kept["total"]) == (1.0, 0.0)
        assert compiled(1.0) == 0.0
        assert (p.data, kept["total"]) == (2.0, 1.0)

    def test_branches_that_are_not_taken_are_no_anomalies(self) -> None:
        p = Value(0.0)

        def f() -> Any:
            p.grad = 0.0
            y = ag.where(p > 0.0, p, 1.0) * p.relu() + ag.clamp(p, 0.0, 1.0)
            y.backward()
            return y

        with ag.detect_anomaly():
            assert functions.compile(f)() == f().data == 0.0

    def test_the_way_of_the_call_is_checked(self) -> None:
        compiled = functions.compile(lambda x: ag.log(x) if x > 0.0 else x)
        assert [compiled(1.0), compiled(-1.0)] == [0.0, -1.0]
        with ag.detect_anomaly():
            assert [compiled(1.0), compiled(-1.0)] == [0.0, -1.0]

    def test_networks(self) -> None:
        model = nn.MLP(2, [4, 1], rng=1)

        def step(rows: Any) -> Any:
            model.zero_grad()
            loss = nn.mse_loss([model(row) for row in rows], [1.0, 0.0])
            loss.backward()
            return loss

        compiled = functions.compile(step, exact=True)
        with ag.detect_anomaly():
            assert compiled([[1.0, 2.0], [0.5, 0.25]]) == step([[1.0, 2.0], [0.5, 0.25]]).data
            with pytest.raises(AnomalyError):
                compiled([[1e308, 1e308], [1e308, 1.0]])
