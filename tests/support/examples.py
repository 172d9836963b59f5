"""A deterministic search for an example: every run finds the same one, under every profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import hypothesis
from hypothesis import Phase, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def find(strategy: SearchStrategy[T], condition: Callable[[T], object], *, shrink: bool = True) -> T:
    """Return an example that meets the condition; with `shrink` a simple one.

    Hypothesis guarantees neither to find a rare example nor to return the simplest. With random examples a test that
    relies on either would fail occasionally.

    Raises:
        hypothesis.errors.NoSuchExample: if none is found.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(derandomize=True, database=None, deadline=None, max_examples=2000, phases=phases)
    return hypothesis.find(strategy, lambda example: bool(condition(example)), settings=chosen)
