"""Programs in micrograd's style, with only the import changed, against exact arithmetic and `check_grads`."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from autograd_core import Value
from autograd_core.testing import check_grads


def relu(x: Any) -> Any:
    return x.relu() if isinstance(x, Value) else max(x, Fraction(0))


def sanity(x: Any) -> Any:
    """The first of micrograd's two tests: relu, products, and a node used several times."""
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    return h + q + q * x


def more_ops(a: Any, b: Any) -> Any:
    """The second, which is also the example of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2
    g += 10 / f
    return g


@pytest.mark.parametrize(("program", "point"), [(sanity, (-4,)), (more_ops, (-4, 2))])
def test_program(program: Callable[..., Any], point: tuple[int, ...]) -> None:
    result = program(*map(Value, point))
    assert result.data == pytest.approx(float(program(*map(Fraction, point))), rel=1e-15)
    assert check_grads(program, *point, order=2)


def test_the_numbers_of_the_readme_of_micrograd() -> None:
    a, b = Value(-4.0), Value(2.0)
    g = more_ops(a, b)
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"
