"""Chance in a function whose derivative seems wrong: is it random, so that its values refute nothing?

A random function often gives the same value twice, such as dropout of a few numbers. So it is called more often before
a derivative is called wrong, and the generators that packages share tell whether it draws from them.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd_core.graph.value import Value
from autograd_core.testing.report import Entry
from autograd_core.testing.trees.conduct import same, unsteady
from autograd_core.testing.trees.flat_function import FlatFunction, name_of, results_of

CALLS: Final = 6
"""The number of further calls at the point."""

MANY_CALLS: Final = 60
"""The number of further calls if a claim is random, so that the function probably is, too."""

SMALL: Final = 1e-6
"""Values that differ by at most this part of the largest still refute a derivative: differences measure such noise."""

EXPLAINED: Final = 10.0
"""A change of values explains an error of a derivative up to their quotient with the step times this."""


class Chance(NamedTuple):
    """What further calls of a function showed.

    Attributes:
        text: what to say about a function that is not deterministic; "" if it is.
        size: the change of its values if that is more than differences measure as noise, else 0; inf if it is unknown.
    """

    text: str
    size: float

    def explains(self, entry: Entry) -> bool:
        """Return whether such a change of values within the step of a comparison may be its error."""
        return self.size > 0.0 and not entry.absolute_error * entry.step > EXPLAINED * self.size


def chance_in(function: FlatFunction, is_probable: bool) -> Chance:
    """Return whether a function is random, from more calls at its point and from the generators that it draws from.

    Args:
        function: the function.
        is_probable: whether to search longer, because a claim is random.
    """
    name, first = name_of(function.f), _values(function.at_point)
    text, change, size = function.unsteady, 0.0, 0.0
    before = after = None
    for _ in range(MANY_CALLS if is_probable else CALLS):
        if text and change > SMALL:
            break
        before, values = after, _values(function.f(*function.arguments(_start(function))))
        after = _states()
        text = text or unsteady(name, first, values, dict(zip(function.called, function.args, strict=True)))
        change, size = max(change, _change(first, values)), max(size, _distance(first, values))
    if not text and before != after:
        text = (
            f"{name} is not deterministic: it draws random numbers at each call; "
            "seed it inside, or pass a random generator as an argument"
        )
    if not text or 0.0 < change <= SMALL:
        return Chance(text, 0.0)
    # A change of 0 is that of an event that is rare, and did not happen in these calls.
    return Chance(text, size or math.inf)


def _start(function: FlatFunction) -> list[Any]:
    return [Value(x) for x in function.point] if function.on_values else list(function.point)


def _values(result: Any) -> list[Any]:
    return [x.data if isinstance(x, Value) else x for x, _ in results_of(result)]


def _change(first: Sequence[Any], second: Sequence[Any]) -> float:
    """Return the largest difference of two results, as a part of their largest number; inf where one is nan."""
    if len(first) != len(second):
        return math.inf
    size = max((abs(x) for x in (*first, *second) if math.isfinite(abs(x))), default=0.0)
    differences = [abs(a - b) for a, b in zip(first, second, strict=True) if not same(a, b)]
    parts = [d / size if math.isfinite(d) and size else math.inf for d in differences]
    return max(parts, default=0.0)


def _distance(first: Sequence[Any], second: Sequence[Any]) -> float:
    """Return the sum of the differences of two results; inf where one is not finite."""
    if len(first) != len(second):
        return math.inf
    total = sum(abs(a - b) for a, b in zip(first, second, strict=True) if not same(a, b))
    return total if math.isfinite(total) else math.inf


def _states() -> list[Any]:
    """Return the states of the generators that all code shares; a function that seeds them leaves them the same."""
    states: list[Any] = [random.getstate()]
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        kind, keys, *rest = numpy_random.get_state()
        states.append((kind, keys.tobytes(), *rest))
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        states.append(torch.get_rng_state().tolist())
    return states
