"""Modes hold inside their block, in their context, and nowhere else."""

from __future__ import annotations

import copy
import functools
import math
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import (
    AnomalyError,
    InputError,
    OperandTypeError,
    Value,
    detect_anomaly,
    enable_grad,
    no_grad,
)
from modes_on import assert_no_mode_is_on, detects, records

MODES: Final = (no_grad, enable_grad, detect_anomaly)


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
        return x * 2

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


# ---- One mode, used many times ---------------------------------------------------------------------------------------


def test_a_mode_is_reusable_and_goes_inside_itself() -> None:
    quiet = no_grad()
    for _ in range(2):
        with quiet:
            with quiet, enable_grad(), quiet:
                assert not records()
            assert not records()
        assert_no_mode_is_on()
    assert repr(quiet) == "no_grad()"


def test_a_mode_is_shared_by_threads() -> None:
    quiet, inside, done = no_grad(), threading.Event(), threading.Event()
    seen: list[bool] = []

    def hold() -> None:
        with quiet:
            inside.set()
            done.wait(10)
            seen.append(records())

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    with quiet:
        assert not records()
    assert records()
    done.set()
    thread.join()
    assert seen == [False]
    assert_no_mode_is_on()


def test_blocks_end_in_any_order() -> None:
    first, second, third = no_grad(), enable_grad(), no_grad()
    for mode in (first, second, third):
        mode.__enter__()
    second.__exit__(None, None, None)
    assert not records()
    third.__exit__(None, None, None)
    assert not records()
    first.__exit__(None, None, None)
    assert_no_mode_is_on()


def test_modes_go_into_an_exit_stack() -> None:
    quiet = no_grad()
    with ExitStack() as stack:
        stack.enter_context(quiet)
        stack.enter_context(detect_anomaly())
        assert not records()
        assert detects()
    assert_no_mode_is_on()


def test_a_mode_whose_last_owner_is_gone_is_over() -> None:
    no_grad().__enter__()
    assert_no_mode_is_on()


# ---- Functions -------------------------------------------------------------------------------------------------------


def test_a_mode_decorates_with_and_without_parentheses() -> None:
    def double(x: Value, /, times: int = 2) -> Any:
        """Twice as much."""
        return x * times

    for quiet in (no_grad(double), no_grad()(double)):
        assert quiet(Value(3.0)).inputs == ()
        assert quiet(Value(3.0), times=5).data == 15.0
        assert (quiet.__name__, quiet.__doc__) == ("double", "Twice as much.")
    assert_no_mode_is_on()


def test_a_decorated_function_may_call_itself() -> None:
    @no_grad()
    def power(x: Value, n: int) -> Any:
        assert not records()
        return x * power(x, n - 1) if n else Value(1.0)

    assert power(Value(2.0), 5).data == 32.0
    assert_no_mode_is_on()


def test_methods_of_every_kind_are_decorated() -> None:
    class Model:
        @no_grad()
        def ordinary(self) -> tuple[Any, bool]:
            return self, records()

        @no_grad()
        @classmethod
        def of_class(cls) -> tuple[Any, bool]:
            return cls, records()

        @no_grad()
        @staticmethod
        def static() -> bool:
            return records()

        @property
        @no_grad()
        def attribute(self) -> bool:
            return records()

        def __call__(self) -> Iterator[bool]:
            yield records()

    model = Model()
    assert model.ordinary() == (model, False)
    assert model.of_class() == (Model, False)
    assert (model.static(), Model.static(), model.attribute) == (False, False, False)
    assert list(no_grad()(model)()) == [False]
    assert no_grad()(functools.partial(records))() is False


@pytest.mark.parametrize("mode", MODES)
def test_what_is_no_function_is_not_decorated(mode: Any) -> None:
    with pytest.raises(OperandTypeError, match=rf"with {mode.__name__}, got the class .*Model; decorate its methods"):

        @mode()
        class Model:
            pass

    with pytest.raises(OperandTypeError, match=rf"expected a function to decorate with {mode.__name__}, got 3 \(int\)"):
        mode(3)
    with pytest.raises(OperandTypeError, match=r"got .*property.*; decorate the function itself, or write `with"):
        mode()(property(lambda model: records()))
    assert_no_mode_is_on()


# ---- Nothing is recorded, and it is said -----------------------------------------------------------------------------


def test_backward_says_that_nothing_is_recorded() -> None:
    x = Value(3.0)
    outside = x * x
    with no_grad():
        inside = x * x
        with pytest.raises(InputError, match=r"got the leaf Value\(9\.0.* inside no_grad\(\), where nothing"):
            inside.backward()
        assert (inside.grad, x.grad) == (0.0, 0.0)
        outside.backward()
        with enable_grad():
            (x * x).backward()
    assert x.grad == 12.0


def test_a_graph_of_gradients_is_recorded_inside_no_grad() -> None:
    x = Value(3.0)
    y = x**3
    with no_grad():
        y.backward(create_graph=True)
    slope, x.grad = x.grad, 0.0
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda mode: pickle.loads(pickle.dumps(mode))])  # noqa: S301 - our own
def test_a_copy_of_a_mode_is_that_mode_with_no_block_open(copied: Callable[[Any], Any]) -> None:
    mode = no_grad()
    with mode:
        again = copied(mode)
    with again:
        assert not (Value(1.0) * 2.0).inputs
    assert repr(again) == "no_grad()"
    assert (Value(1.0) * 2.0).inputs
