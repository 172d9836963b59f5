"""A second engine for scalar arithmetic, short and slow, as a reference for gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self


class NaiveValue:
    """A scalar node, in the style of micrograd and with the semantics of `Value`.

    Leaves accumulate the gradients of all sweeps; interior nodes hold that of the latest. Local derivatives are
    computed when a node is made. The order of a sweep uses recursion, so graphs must not be deep.

    Attributes:
        size: `grad` with absolute values; the rounding error of `grad` is small relative to it.
        recording: whether results store their inputs; false inside `naive_no_grad`.

    >>> x = NaiveValue(3.0)
    >>> (x * x + x).backward()
    >>> x.grad
    7.0
    """

    recording: ClassVar[bool] = True

    def __init__(self, data: float, inputs: tuple[Any, ...] = (), derivatives: tuple[float, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.size = 0.0
        self.inputs = inputs
        self.derivatives = derivatives

    def make(self, data: float, inputs: tuple[Any, ...], *derivatives: float) -> Self:
        """Return a result; a leaf if recording is off."""
        return type(self)(data, inputs, derivatives) if NaiveValue.recording else type(self)(data)

    def order(self) -> list[Any]:
        """Return this node and all nodes below it, every node after its inputs."""
        order: list[Any] = []
        seen: set[int] = set()

        def visit(node: Any) -> None:
            """Append a node and all nodes below it that are not in the order yet."""
            if isinstance(node, NaiveValue) and id(node) not in seen:
                seen.add(id(node))
                for x in node.inputs:
                    visit(x)
                order.append(node)

        visit(self)
        return order

    def backward(self, seed: float = 1.0) -> None:
        """Add the gradient of this node with respect to every leaf to the `grad` of the leaf."""
        order = self.order()
        for node in order:
            if node.inputs:
                node.grad = node.size = 0.0
        self.grad += seed
        self.size += abs(seed)
        for node in reversed(order):
            for x, derivative in zip(node.inputs, node.derivatives, strict=True):
                if isinstance(x, NaiveValue):
                    x.grad += derivative * node.grad
                    x.size += abs(derivative) * node.size

    def __add__(self, other: Any) -> Self:
        return self.make(self.data + _data(other), (self, other), 1.0, 1.0)

    def __sub__(self, other: Any) -> Self:
        return self.make(self.data - _data(other), (self, other), 1.0, -1.0)

    def __mul__(self, other: Any) -> Self:
        return self.make(self.data * _data(other), (self, other), _data(other), self.data)

    def __truediv__(self, other: Any) -> Self:
        divisor = _data(other)
        return self.make(self.data / divisor, (self, other), 1.0 / divisor, -self.data / divisor**2)

    def __pow__(self, power: float) -> Self:
        return self.make(self.data**power, (self, power), power * self.data ** (power - 1.0), 0.0)

    def __neg__(self) -> Self:
        return self.make(-self.data, (self,), -1.0)

    def __radd__(self, number: float) -> Self:
        return self.make(number + self.data, (number, self), 1.0, 1.0)

    def __rsub__(self, number: float) -> Self:
        return self.make(number - self.data, (number, self), 1.0, -1.0)

    def __rmul__(self, number: float) -> Self:
        return self.make(number * self.data, (number, self), self.data, number)

    def __rtruediv__(self, number: float) -> Self:
        return self.make(number / self.data, (number, self), 1.0 / self.data, -number / self.data**2)

    def exp(self) -> Self:
        """Return the exponential."""
        return self.make(math.exp(self.data), (self,), math.exp(self.data))

    def log(self) -> Self:
        """Return the natural logarithm."""
        return self.make(math.log(self.data), (self,), 1.0 / self.data)

    def tanh(self) -> Self:
        """Return the hyperbolic tangent."""
        return self.make(math.tanh(self.data), (self,), 1.0 / math.cosh(self.data) ** 2)

    def relu(self) -> Self:
        """Return the positive part."""
        return self.make(max(self.data, 0.0), (self,), 1.0 if self.data > 0.0 else 0.0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.data!r}, grad={self.grad!r})"


def _data(x: Any) -> float:
    data: float = x.data if isinstance(x, NaiveValue) else x
    return data


@contextmanager
def naive_no_grad() -> Iterator[None]:
    """`no_grad` for the naive engine."""
    before = NaiveValue.recording
    NaiveValue.recording = False
    try:
        yield
    finally:
        NaiveValue.recording = before
