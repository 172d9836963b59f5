"""Rows of the table with a mistake, which checks must detect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core import Op

PARTS = (
    "name",
    "arity",
    "forward",
    "derivatives",
    "symbol",
    "latex",
    "precedence",
    "domain",
    "sample",
    "kinks",
    "adds",
)


def altered(op: Op, **changes: Any) -> Op:
    """Return a copy of a row with some parts replaced, outside the table."""
    return Op(**{part: getattr(op, part) for part in PARTS} | changes)


def with_derivative(op: Op, index: int, change: Callable[[Any], Any]) -> Op:
    """Return the op with a changed derivative with respect to one input."""

    def changed(derivative: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *point: change(derivative(*point))

    def changed_at_index(derivatives: Callable[..., Any]) -> Callable[..., Any]:
        return lambda xs, y: [change(d) if i == index else d for i, d in enumerate(derivatives(xs, y))]

    if op.arity is None:
        return altered(op, derivatives=(changed_at_index(*op.derivatives),))
    return altered(op, derivatives=tuple(changed(d) if i == index else d for i, d in enumerate(op.derivatives)))
