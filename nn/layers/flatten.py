"""Merging dimensions, as between convolutions and the first dense layer."""

from __future__ import annotations

from typing import Any

from autograd_core import InputError, ShapeError
from nn.base.conversion import model_input
from nn.base.shapes import over, rank, shown_rank
from nn.layers.windows import flat
from nn.modules.module import Module


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` merged into one, as between convolutions and `Linear`.

    Args:
        start_dim: the first of them; by default 1, which keeps the samples of a batch separate.
        end_dim: the last of them. Negative numbers count from the last dimension.

    Raises:
        InputError: if a dimension is not an int.
        ShapeError: (when called) if there are no such dimensions.

    `Flatten(-3)` is for pictures with channels, both single ones and batches.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    [[1.0, 2.0, 3.0, 4.0]]
    >>> Flatten(-2)([[1.0, 2.0], [3.0, 4.0]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        for name, dim in (("start_dim", start_dim), ("end_dim", end_dim)):
            if isinstance(dim, bool) or not isinstance(dim, int):
                raise InputError(f"{name} must be an int, got {dim!r}")
        self.start_dim, self.end_dim = start_dim, end_dim

    def __call__(self, x: Any) -> Any:
        """The same numbers in fewer dimensions."""
        x = model_input(x)
        depth = rank(x)
        start, end = (dim + depth if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < depth:
            raise ShapeError(f"{self!r} expected these dimensions, the first not after the last, got {shown_rank(x)}")
        return over(lambda part: flat(part, end - start + 1), x, depth - start)

    def __repr__(self) -> str:
        return f"Flatten(start_dim={self.start_dim}, end_dim={self.end_dim})"
