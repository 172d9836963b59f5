"""Two moons: the classical small problem that is not linearly separable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd_core.calls import explained
from nn.base.checks import number_between, positive_int
from nn.base.rng import Generator, Rng, generator, normal

if TYPE_CHECKING:
    from nn.data.sampling import Labelled


@explained()
def moons(n: int, noise: float = 0.1, rng: Rng = None) -> list[Labelled]:
    """`n` points of the plane on two interlocking half circles of radius 1, with their class 0 or 1.

    Class 0 is the upper half circle around (0, 0), class 1 the lower one around (1, 0.5). Positions on the
    half circles are uniformly random, and classes alternate.

    Args:
        n: number of points, at least 1.
        noise: standard deviation of the noise on each coordinate. Default 0.1, as in micrograd's demo;
            the gap between the moons is about 0.5 wide.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int or the noise not a finite number of at least 0.

    >>> [([round(x, 3), round(y, 3)], label) for (x, y), label in moons(2, noise=0.0, rng=0)]
    [([-0.523, 0.852], 0), ([1.053, -0.499], 1)]
    """
    n, noise, source = positive_int("n", n), number_between("noise", noise, 0.0, math.inf), generator(rng)
    return [_point(i % 2, noise, source) for i in range(n)]


def _point(label: int, noise: float, source: Generator) -> Labelled:
    x, y = _on_upper_half_circle(source)
    x, y = (x, y) if label == 0 else (1.0 - x, 0.5 - y)
    return [x + noise * normal(source), y + noise * normal(source)], label


def _on_upper_half_circle(source: Generator) -> tuple[float, float]:
    # A direction drawn from the half disc (von Neumann), because sine and cosine differ between
    # platforms in the last bit. The centre is left out: it has no accurate direction.
    while True:
        x, y = 2.0 * source.random() - 1.0, source.random()
        radius = math.sqrt(x * x + y * y)
        if 0.01 < radius <= 1.0:
            return x / radius, y / radius
