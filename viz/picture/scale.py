"""The size of a gradient in steps, which colours and widths show.

Gradients of one graph often span many powers of ten, so the steps are even on a logarithmic scale. It runs from the
smallest to the largest size in the picture. It spans at least one power of ten, so that equal gradients do not look
small, and at most six, so that one underflow does not make all others look equal. The sign chooses the hue; 0 has no
hue.

>>> scale = Scale.of([4.0, -0.02, 0.0])
>>> [scale.level(gradient) for gradient in (4.0, -4.0, 0.4, -0.02, 0.0)]
[6, -6, 4, -1, 0]
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

LEVELS: Final = 6
"""Steps of each sign. More cannot be told apart on a screen."""

_LEAST_SPAN: Final = 10.0
_MOST_SPAN: Final = 1e6
_TINIEST: Final = 5e-324
_ROUNDING: Final = 1e-9
"""Added before rounding down, so that the last digit of the logarithm, which depends on the platform, has no effect."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The size at which the lowest step begins and that at which the highest ends; both 0 if nothing has a gradient."""

    low: float
    high: float

    @classmethod
    def of(cls, gradients: Iterable[float | None]) -> Self:
        """The scale on which all of these have a step; None, 0, nan and infinities are ignored."""
        sizes = [abs(g) for g in gradients if g and math.isfinite(g)]
        if not sizes:
            return cls(0.0, 0.0)
        high = max(sizes)
        low = min(max(min(sizes), high / _MOST_SPAN), high / _LEAST_SPAN)
        return cls(max(low, _TINIEST), max(high, _LEAST_SPAN * _TINIEST))

    @property
    def is_empty(self) -> bool:
        """Whether nothing has a gradient."""
        return not self.high

    def level(self, gradient: float | None) -> int:
        """A step from 1 to 6 with the sign of the gradient; 0 for 0, None, nan and infinities."""
        if not gradient or not math.isfinite(gradient) or self.is_empty:
            return 0
        low, high = math.log10(self.low), math.log10(self.high)
        part = (math.log10(abs(gradient)) - low) / (high - low)
        step = min(LEVELS, max(1, 1 + math.floor(LEVELS * part + _ROUNDING)))
        return step if gradient > 0 else -step

    def bound(self, step: int) -> float:
        """The size at which a step ends; for step 0, the size at which the lowest step begins."""
        if step in (0, LEVELS):
            return self.high if step else self.low
        low, high = math.log10(self.low), math.log10(self.high)
        return float(10.0 ** (low + (high - low) * step / LEVELS))
