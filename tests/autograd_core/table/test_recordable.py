"""Derivatives that are recorded by something that knows no numbers: no formula looks at them to decide."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, NoReturn, Self

import pytest

from autograd_core import TABLE, Op, build_info
from autograd_core.table.op import Recorder
from exact import bits

pytestmark = pytest.mark.skipif(build_info().compiled, reason="compiled code has no subclasses of Recorder in Python")


class Unsealed:
    """Comes before `Recorder` among the bases, so that its refusal of subclasses is not asked."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        pass


class Unknown(Unsealed, Recorder):
    """A number that is not known yet: how it will be computed from numbers that come later.

    Arithmetic and comparisons record. Whoever asks for the number is refused.
    """

    __slots__ = ("compute",)

    def __init__(self, compute: Callable[[tuple[float, ...]], float]) -> None:
        self.compute = compute

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Self:
        return type(self)(lambda point: op.evaluate([number(x, point) for x in inputs]))

    def compared(self, comparison: Callable[[float, float], bool], other: Any) -> Self:
        return type(self)(lambda point: float(comparison(self.compute(point), number(other, point))))

    def __bool__(self) -> NoReturn:
        raise AssertionError("a formula decides by a number that is not known yet")

    __float__ = __index__ = __bool__

    def __neg__(self) -> Self:
        return self.record(TABLE["neg"], (self,))

    def __abs__(self) -> Self:
        return self.record(TABLE["abs"], (self,))


def number(x: Any, point: tuple[float, ...]) -> float:
    return x.compute(point) if isinstance(x, Unknown) else float(x)


for name in ("add", "sub", "mul", "truediv", "pow"):
    row = {"truediv": "div"}.get(name, name)
    setattr(Unknown, f"__{name}__", lambda self, other, row=row: self.record(TABLE[row], (self, other)))
    setattr(Unknown, f"__r{name}__", lambda self, other, row=row: self.record(TABLE[row], (other, self)))
for name in ("lt", "le", "gt", "ge", "eq", "ne"):
    comparison = getattr(operator, name)
    setattr(Unknown, f"__{name}__", lambda self, other, by=comparison: self.compared(by, other))


OF_ONE: Final = (
    *("tanh", "sech", "sech_squared", "sigmoid", "sigmoid_slope", "silu", "silu_slope", "silu_curvature"),
    *("mish", "mish_slope", "mish_curvature", "gelu", "gelu_slope", "gelu_tanh", "gelu_tanh_slope"),
    *("gelu_tanh_curvature", "gelu_tanh_sech", "gaussian", "gaussian_slope", "normal_pdf", "normal_pdf_slope"),
)
OF_TWO: Final = (
    *("celu", "celu_slope", "exp_quotient", "exp_quotient_da", "exp_quotient_db", "scaled_gaussian"),
    "scaled_normal_pdf",
)
ROWS: Final = {
    **dict.fromkeys(OF_ONE, ((0.7,), (-1.3,), (3.0,), (-27.0,), (math.inf,))),
    **dict.fromkeys(OF_TWO, ((-0.7, 1.3), (-0.01, 2.0), (-50.0, 0.07))),
}
"""Rows, and points at which what they record is computed."""


def recorded(name: str, arity: int) -> tuple[list[Unknown], list[Unknown]]:
    """The inputs and the derivatives of a row, recorded."""
    inputs = [Unknown(lambda point, i=i: point[i]) for i in range(arity)]  # type: ignore[misc]
    output = TABLE[name](*inputs)
    return inputs, TABLE[name].partials(inputs, output, [True] * arity)


@pytest.mark.parametrize("name", ROWS)
def test_recorded_derivatives_are_those_of_floats(name: str) -> None:
    _, found = recorded(name, len(ROWS[name][0]))
    for point in ROWS[name]:
        expected = TABLE[name].derivatives_at(point, TABLE[name](*point), [True] * len(point))
        assert [bits(number(d, point)) for d in found] == [bits(d) for d in expected], point


@pytest.mark.parametrize("name", ROWS)
def test_derivatives_of_derivatives_are_recorded_too(name: str) -> None:
    """Each op in a formula is recorded, and its own derivatives are, so second derivatives know no numbers either."""
    used: list[tuple[Op, tuple[Any, ...]]] = []

    class Listing(Unknown):
        __slots__ = ()

        def record(self, op: Op, inputs: tuple[Any, ...]) -> Self:
            used.append((op, inputs))
            return super().record(op, inputs)

    inputs = [Listing(lambda point, i=i: point[i]) for i in range(len(ROWS[name][0]))]  # type: ignore[misc]
    TABLE[name].partials(inputs, TABLE[name](*inputs), [True] * len(inputs))
    for op, xs in used.copy():
        wanted = [isinstance(x, Unknown) for x in xs]
        if op.arity is not None:
            op.partials(xs, op(*xs), wanted)


@pytest.mark.parametrize("name", ["silu", "mish", "gelu", "gelu_tanh", "tanh", "sigmoid", "gaussian", "normal_pdf"])
def test_a_recorded_slope_is_one_instruction(name: str) -> None:
    count = 0

    class Counting(Unknown):
        __slots__ = ()

        def record(self, op: Op, inputs: tuple[Any, ...]) -> Self:
            nonlocal count
            count += 1
            return super().record(op, inputs)

    x = Counting(lambda point: point[0])
    TABLE[name].derivatives[0](x, None)
    assert count == 1
