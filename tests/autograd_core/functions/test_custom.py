"""Functions with a replaced gradient: what they compute, what is recorded, and what is refused."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import (
    TABLE,
    AnomalyError,
    GradientLossError,
    InputError,
    OperandTypeError,
    Value,
    custom_gradient,
    grad,
    hessian,
    jvp,
)


@custom_gradient(lambda x, y: 1.0)
def straight_through(x: Any) -> Any:
    """The nearest whole number, with the derivative of the identity."""
    return ag.round(x)


@custom_gradient(lambda x, k, y: k * y, lambda x, k, y: x * y)
def growth(x: Any, k: Any = 2.0) -> Any:
    return ag.exp(k * x)


def test_the_gradient_is_the_one_given() -> None:
    x = Value(2.6)
    (straight_through(x) ** 2).backward()
    assert x.grad == 6.0
    assert grad(ag.round)(2.6) == 0.0


def test_it_is_one_node_with_the_name_of_the_function() -> None:
    x = Value(0.5)
    y = growth(x)
    assert y.inputs == (x, 2.0)
    assert y.derivatives == (2.0 * math.e, 0.0)
    assert (y.op.name, y.op.symbol) == ("growth", "growth")
    assert "op='growth'" in repr(y)
    assert y.op.latex.format("a", "b") == r"\operatorname{growth}\left(a, b\right)"
    assert straight_through(x).op.latex.format("a") == r"\operatorname{straight\_through}\left(a\right)"


def test_it_keeps_name_and_docstring() -> None:
    assert straight_through.__name__ == "straight_through"
    assert straight_through.__doc__ == "The nearest whole number, with the derivative of the identity."


def test_it_stands_in_no_table() -> None:
    assert "growth" not in TABLE

    @custom_gradient(lambda x, y: 5.0)
    def exp(x: float) -> float:
        return x

    assert grad(exp)(1.0) == 5.0
    assert grad(ag.exp)(0.0) == 1.0


def test_numbers_give_floats_whatever_they_are() -> None:
    assert straight_through(2.6) == 3.0
    assert type(straight_through(3)) is float
    assert type(growth(True)) is float


def test_inputs_by_name_and_defaults() -> None:
    assert growth(1.0) == growth(1.0, 2.0) == growth(k=2.0, x=1.0) == math.exp(2.0)
    k = Value(3.0)
    growth(0.5, k=k).backward()
    assert k.grad == 0.5 * math.exp(1.5)


def test_derivatives_of_any_order() -> None:
    assert grad(grad(grad(growth)))(0.5) == pytest.approx(8 * math.e, rel=1e-15)
    assert hessian(growth, (0, 1))(0.5, 2.0)[0][1] == pytest.approx(2 * math.e, rel=1e-15)
    assert jvp(growth, (0.5, 2.0), (1.0, 0.0))[1] == pytest.approx(2 * math.e, rel=1e-15)
    assert grad(grad(straight_through))(2.6) == 0.0


def test_formulas_run_on_numbers_that_never_raise() -> None:
    @custom_gradient(lambda x, y: 1 / x)
    def inverse(x: Any) -> Any:
        return 1 / x

    assert inverse(0.0) == math.inf
    assert inverse(Value(0.0)).derivatives == (math.inf,)
    assert growth(1e6) == math.inf


def test_modes() -> None:
    with ag.no_grad():
        assert growth(Value(1.0)).inputs == ()
    with ag.detect_anomaly(), pytest.raises(AnomalyError, match=r"growth.* gave inf, at .*test_custom\.py"):
        growth(Value(1e6))


def test_what_is_not_an_input_is_no_value() -> None:
    w = Value(2.0)

    @custom_gradient(lambda x, y: 1.0)
    def scaled(x: Any) -> Any:
        return w * x

    with pytest.raises(GradientLossError, match=r"scaled returned .* must be one of its inputs"):
        scaled(Value(1.0))


def test_what_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(InputError, match="a derivative for each input of the function, got none"):
        custom_gradient()
    with pytest.raises(InputError, match=r"a function for each input, got 1\.0"):
        custom_gradient(1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"f is to take 1 argument, but it takes \(a, b\)"):

        @custom_gradient(lambda x, y: 1.0)
        def f(a: Any, b: Any) -> Any:
            return a

    with pytest.raises(InputError, match=r"derivative 1 of g is to take 3 arguments, but it takes \(a, y\)"):

        @custom_gradient(lambda a, b, y: 1.0, lambda a, y: 1.0)
        def g(a, b):  # type: ignore[no-untyped-def]
            return a


def test_a_function_that_tells_no_signature_is_taken_as_it_is() -> None:
    class Opaque:
        __signature__ = "none"

        def __call__(self, x: float) -> float:
            return 2.0 * x

    double = custom_gradient(lambda x, y: 2.0)(Opaque())
    assert grad(double)(1.0) == 2.0
    with pytest.raises(InputError, match="Opaque expected 1 input, got 2"):
        double(1.0, 2.0)


def test_calls_that_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"growth.* missing a required argument: 'x'"):
        growth()
    with pytest.raises(InputError, match=r"growth.* too many positional arguments"):
        growth(1.0, 2.0, 3.0)
    with pytest.raises(InputError, match=r"growth.* unexpected keyword argument 'z'"):
        growth(1.0, z=2.0)
    with pytest.raises(OperandTypeError, match="got '1'"):
        growth("1")


def test_a_graph_is_copied_but_not_pickled() -> None:
    x = Value(2.6)
    y = straight_through(x) * 2.0
    assert copy.deepcopy(y).data == 6.0
    with pytest.raises(InputError, match=r"'straight_through' cannot be pickled.*define_op"):
        pickle.dumps(y)
