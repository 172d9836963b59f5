"""Modes hold inside their block, in their context, and nowhere else."""

from __future__ import annotations

import math
import re
import threading

import pytest

import autograd_core as ag
from autograd_core import AnomalyError, Value, detect_anomaly, enable_grad, no_grad


def test_no_grad_records_nothing() -> None:
    x = Value(2.0)
    with no_grad():
        results = [x * x, x + 1, 2 / x, -x, x**2, x.tanh(), x.relu(), ag.sum([x, x]), ag.dot([x], [x])]
        layer = ag.affine([[x]], [x], [x])
    assert [y.data for y in results] == [4.0, 3.0, 1.0, -2.0, 4.0, math.tanh(2.0), 2.0, 4.0, 4.0]
    assert layer[0].data == 6.0
    assert all(y.op is None and y.inputs == () for y in [*results, *layer])
    assert (x * x).inputs == (x, x)


def test_no_grad_decorates_and_nests() -> None:
    @no_grad()
    def double(x: Value) -> Value:
        with enable_grad():
            assert (x * 2).inputs
        with no_grad():
            pass
        return x * 2  # type: ignore[no-any-return]

    assert double(Value(1.0)).inputs == ()
    assert double(Value(1.0)).inputs == ()


def test_a_mode_ends_with_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), no_grad(), detect_anomaly():
        raise ZeroDivisionError
    assert (Value(1.0) * 2).inputs
    assert (Value(0.0).log() * 2).data == -math.inf


def test_a_mode_belongs_to_its_thread() -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with no_grad():
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    try:
        assert (Value(2.0) * 3).inputs
        assert ag.dot([Value(2.0)], [3.0]).inputs
    finally:
        done.set()
        thread.join()


def test_the_forward_pass_names_op_inputs_and_line() -> None:
    x = Value(-1.0)
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"log\(-1\.0\) gave nan, at .*test_modes\.py:\d+: .*x\.log") as caught,
    ):
        x.log()
    assert isinstance(caught.value, ArithmeticError)


def test_overflow_and_poles_are_anomalies_and_infinite_inputs_are_not() -> None:
    with detect_anomaly():
        with pytest.raises(AnomalyError, match=r"div\(1\.0, 0\.0\) gave inf"):
            1 / Value(0.0)
        with pytest.raises(AnomalyError, match=r"exp\(1000\.0\) gave inf"):
            Value(1000.0).exp()
        with pytest.raises(AnomalyError, match=r"sub\(inf, inf\) gave nan"):
            Value(math.inf) - Value(math.inf)
        assert (Value(math.inf) * 2).data == math.inf
        assert math.isnan((Value(math.nan) * 2).data)


def test_the_backward_pass_names_op_and_line_and_changes_nothing() -> None:
    x, w = Value(0.0), Value(2.0)
    w.grad = 7.0
    with detect_anomaly():
        y = x.sqrt() * w
        with pytest.raises(
            AnomalyError, match=r"backward pass through sqrt made inf, recorded at .*test_modes\.py:\d+: y ="
        ):
            y.backward()
        with pytest.raises(AnomalyError, match="through sqrt"):
            y.backward(create_graph=True)
    assert (x.grad, w.grad) == (0.0, 7.0)


def test_a_graph_recorded_outside_says_how_to_find_the_line() -> None:
    y = Value(0.0).sqrt()
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match="made inf, run the forward pass under detect_anomaly too to see where"),
    ):
        y.backward()


def test_ordinary_results_are_the_same_under_detection() -> None:
    def gradient() -> float:
        x = Value(0.7)
        (ag.dot([x, x], [x, 2.0]).tanh() * x.exp()).backward()
        assert isinstance(x.grad, float)
        return x.grad

    plain = gradient()
    with detect_anomaly():
        assert gradient() == plain


def test_nodes_know_where_they_were_recorded_while_anomalies_are_detected() -> None:
    x = Value(2.0)
    assert (x * x).origin == ""
    with detect_anomaly():
        y = x * x
    assert re.search(r"test_modes\.py:\d+", y.origin)
    assert x.origin == ""
