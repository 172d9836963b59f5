"""Looking for an example that meets a condition: every run finds the same one, whatever the profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import hypothesis
from hypothesis import Phase, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def find(strategy: SearchStrategy[T], condition: Callable[[T], object], *, shrink: bool = True) -> T:
    """An example that meets the condition, and if it is to be shrunk, a simple one.

    Hypothesis promises neither that a rare example is found nor that the one it ends with is the simplest. A test that
    relies on it with random examples would fail now and then.

    Raises:
        hypothesis.errors.NoSuchExample: if none is found.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(derandomize=True, database=None, deadline=None, max_examples=2000, phases=phases)
    return hypothesis.find(strategy, lambda example: bool(condition(example)), settings=chosen)
