"""The peer: micrograd 0.1.0, with the functions it lacks written as it writes its own."""

from __future__ import annotations

import math
from typing import Any

from workloads import Activation, Engine

HOW_TO_INSTALL = "micrograd is not installed, so there is nothing to compare with: pip install micrograd==0.1.0"


def micrograd() -> Engine:
    """The engine of micrograd.

    Raises:
        ModuleNotFoundError: if it is not installed.
    """
    from micrograd.engine import Value  # this project works without it
    from micrograd.nn import MLP

    return Engine(Value, tanh_of(Value), sigmoid_of(Value), exp_of(Value), log_of(Value), MLP)


def tanh_of(value: Any) -> Activation:
    """The hyperbolic tangent for a class of Values like micrograd's."""

    def tanh(x: Any) -> Any:
        t = math.tanh(x.data)
        out = value(t, (x,), "tanh")

        def _backward() -> None:
            x.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    return tanh


def sigmoid_of(value: Any) -> Activation:
    """The logistic function for a class of Values like micrograd's."""

    def sigmoid(x: Any) -> Any:
        s = 1 / (1 + math.exp(-x.data))
        out = value(s, (x,), "sigmoid")

        def _backward() -> None:
            x.grad += s * (1 - s) * out.grad

        out._backward = _backward
        return out

    return sigmoid


def exp_of(value: Any) -> Activation:
    """The exponential for a class of Values like micrograd's."""

    def exp(x: Any) -> Any:
        out = value(math.exp(x.data), (x,), "exp")

        def _backward() -> None:
            x.grad += out.data * out.grad

        out._backward = _backward
        return out

    return exp


def log_of(value: Any) -> Activation:
    """The natural logarithm for a class of Values like micrograd's."""

    def log(x: Any) -> Any:
        out = value(math.log(x.data), (x,), "log")

        def _backward() -> None:
            x.grad += out.grad / x.data

        out._backward = _backward
        return out

    return log
