"""Where a function may be evaluated to find the cause of a wrong gradient.

A failing check must end with its report. So nothing outside of the domain is evaluated, and the points nearby are no
farther away than those of the check itself. A few causes need a point farther away, such as the
mirrored one. There a function may never end, like an iteration for a root of a negative number. So it gets as many
lines of Python there as it needs at the point of the check, with a margin, and after the first function that needs more
no point farther away is tried.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import compress, count
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

from autograd_core.testing.measuring.differences import GLANCES

MARGIN: Final = 10
LEAST: Final = 1_000
"""A function gets its usual number of lines times the margin farther away, and at least so many."""

MOST: Final = 1_000_000
"""The number of lines for all points farther away: about a second."""

LARGEST: Final = 100.0
"""A number farther away has at most this size, or twice that of the original: it may be the length of an array."""

Result = TypeVar("Result")


class Reach:
    """The points at which the functions of one check may be evaluated.

    Args:
        point: the point of the check.
        domain: the closed interval in which numbers may move; None for no bounds.
        seen: the numbers between which the check itself has moved each number, by index, as far as they are known.

    >>> reach = Reach([2.0], (-5.0, 5.0))
    >>> def root(numbers):
    ...     y = 1.0
    ...     while abs(y * y - numbers[0]) > 1e-9:
    ...         y = (y + numbers[0] / y) / 2
    ...     return y
    >>> [round(reach.result(root, [x], math.nan), 3) for x in (2.01, 4.0, -2.0, 4.0, 6.0)]
    [1.418, 2.0, nan, nan, nan]
    """

    def __init__(
        self,
        point: Sequence[float],
        domain: tuple[float, float] | None = None,
        seen: Mapping[int, tuple[float, float]] | None = None,
    ) -> None:
        self.point = point
        self.seen = seen if seen is not None else {}
        self.low, self.high = domain or (-math.inf, math.inf)
        self._is_inside = all(self.low <= x <= self.high for x in point)
        self._last = list(point)
        """The last point at which nothing was far away."""
        self._left = MOST
        self._usual: dict[Any, int] = {}

    def result(self, f: Callable[[Sequence[float]], Result], point: Sequence[float], absent: Result) -> Result:
        """Return what a function returns at a point; `absent` if it may not be called there, or fails or does not end.

        A function may say by any exception that it has no value.
        """
        # Of thousands of numbers few differ from those of the last call, and the bounds of each take long.
        moved = list(compress(count(), map(operator.ne, point, self._last)))
        if not (self._is_inside and all(self.low <= point[i] <= self.high for i in moved)):
            return absent
        try:
            if all(low <= point[i] <= high for i in moved for low, high in [self.bounds(i)]):
                self._last = list(point)
                return f(point)
            return self._farther(f, point, absent)
        except (Exception, SystemExit):  # noqa: BLE001 - as the docstring says
            return absent

    def bounds(self, index: int) -> tuple[float, float]:
        """Return the interval in which a number is near its place."""
        x = self.point[index]
        step = GLANCES[0] * max(1.0, abs(x))  # the first of the check
        low, high = self.seen.get(index, (x, x))
        return max(min(low, x - step), self.low), min(max(high, x + step), self.high)

    def _farther(self, f: Callable[[Sequence[float]], Result], point: Sequence[float], absent: Result) -> Result:
        sizes = zip(point, self.point, strict=True)
        if self._left <= 0 or not all(abs(t) <= max(2 * abs(x), LARGEST) for t, x in sizes):
            return absent
        if f not in self._usual:
            with _Lines(self._left) as lines:
                f(self.point)
            self._left -= lines.count
            self._usual[f] = lines.count if not lines.is_over else self._left
        with _Lines(min(MARGIN * self._usual[f] + LEAST, self._left)) as lines:
            found = f(point)
        self._left -= lines.count
        if lines.is_over:
            self._left = 0
            return absent
        return found


class _Over(BaseException):
    """Too many lines; no exception that a function would handle."""


class _Lines:
    """Counts the lines that Python runs in this thread, and ends what runs after more than a limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self.is_over = False

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        sys.settrace(self._before)
        return isinstance(error, _Over)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        self.count += 1
        if self.count > self.limit:
            self.is_over = True
            raise _Over
        return self._trace
