"""Which modes are on, seen by what a user sees: whether a result has inputs, and whether a nan raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autograd_core import (
    AnomalyError,
    Value,
    no_grad,
)
from autograd_core.graph.blocks import BLOCKS


def records() -> bool:
    return len((Value(2.0) * 3).inputs) == 2


def detects() -> bool:
    try:
        Value(0.0).log()
    except AnomalyError:
        return True
    return False


def assert_no_mode_is_on() -> None:
    assert records()
    assert not detects()
    assert not BLOCKS.any_open, "operations are slow for ever"


@contextmanager
def quietly() -> Iterator[None]:
    with no_grad():
        yield
