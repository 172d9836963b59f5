"""Rows of the table with something changed, which tests of checks must catch."""

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
    """A row with some parts replaced, outside the table."""
    return Op(**{part: getattr(op, part) for part in PARTS} | changes)


def with_derivative(op: Op, place: int, change: Callable[[Any], Any]) -> Op:
    """The op with its derivative with respect to one input changed."""

    def changed(derivative: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *point: change(derivative(*point))

    def changed_in_place(derivatives: Callable[..., Any]) -> Callable[..., Any]:
        return lambda xs, y: [change(d) if i == place else d for i, d in enumerate(derivatives(xs, y))]

    if op.arity is None:
        return altered(op, derivatives=(changed_in_place(*op.derivatives),))
    return altered(op, derivatives=tuple(changed(d) if i == place else d for i, d in enumerate(op.derivatives)))
