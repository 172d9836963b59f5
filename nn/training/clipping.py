"""Changes of gradients between the backward pass and the step: clipping and noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_core import Value
from nn.base.checks import number_between, positive_number
from nn.layers.dropout import own_generator
from nn.training.regularisation import add_gradient_noise_, clip_grad_norm_, clip_grad_value_

if TYPE_CHECKING:
    from nn.base.rng import Rng

Noise: TypeAlias = float | Callable[[int], float]
"""The standard deviation of gradient noise; or a function from the number of updates so far to it."""


class Clipping:
    """Limits on gradients, and noise that is added to them. None means no limit or no noise.

    Args:
        value: largest gradient of a single parameter.
        norm: largest norm of the gradient of all parameters together.
        noise: standard deviation of the noise, which is added after clipping.
        rng: where the noise comes from.

    Attributes:
        generator: the generator of the noise; None without noise.

    Raises:
        InputError: if a number is out of its range.

    >>> a, b = Value(1.0), Value(1.0)
    >>> (3.0 * a + 4.0 * b).backward()
    >>> Clipping(norm=1.0)([a, b], 0)
    >>> round(a.grad, 6), round(b.grad, 6)
    (0.6, 0.8)
    """

    def __init__(
        self,
        *,
        value: float | None = None,
        norm: float | None = None,
        noise: Noise | None = None,
        rng: Rng = None,
    ) -> None:
        self.norm = None if norm is None else positive_number("clip_norm", norm)
        self.value = None if value is None else positive_number("clip_value", value)
        self.noise = noise if noise is None or callable(noise) else number_between("noise", noise, 0.0, math.inf)
        self.generator: Any = None if noise is None else own_generator(rng)

    def __call__(self, parameters: Sequence[Value], updates: int) -> None:
        """Change the gradients of the parameters, given the number of updates so far."""
        if self.value is not None:
            clip_grad_value_(parameters, self.value)
        if self.norm is not None:
            clip_grad_norm_(parameters, self.norm, error_if_nonfinite=True)
        if self.noise is not None:
            std = self.noise(updates) if callable(self.noise) else self.noise
            add_gradient_noise_(parameters, std, self.generator)
