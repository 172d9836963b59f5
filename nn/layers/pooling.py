"""Max-pooling: the largest number in each window, separately for each channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core import InputError
from nn.layers.windows import Sizes, Windowed, arguments_of, window_of


class _MaxPool(Windowed):
    """Base of `MaxPool1d` and `MaxPool2d`, which describe the arguments."""

    filler = -math.inf

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
    ) -> None:
        self.window = window_of(
            self.dimensions, kernel_size, kernel_size if stride is None else stride, padding, dilation
        )
        for size, _, padded, step in zip(*self.window, strict=True):
            if 2 * padded > step * (size - 1) + 1:
                raise InputError(f"padding must be at most half of the window, got {padded} for kernel_size {size}")

    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        starts, distances = self.window.starts(shape), self.window.distances(shape)
        return [[ag.max([run[start + distance] for distance in distances]) for start in starts] for run in runs]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({arguments_of(self.window)})"


class MaxPool1d(_MaxPool):
    """The largest number in each window along a line: `MaxPool2d` in one dimension, for `(C, L)` or `(N, C, L)`.

    >>> MaxPool1d(2)([[1.0, 5.0, 2.0, 3.0]])
    [[5.0, 3.0]]
    """

    dimensions = 1


class MaxPool2d(_MaxPool):
    """The largest number in each window of a picture, separately for each channel.

    Args:
        kernel_size: size of the window; like the following sizes an int for both dimensions, or a tuple (height,
            width).
        stride: the distance of neighbouring positions of the window; by default its own size.
        padding: how far the window may extend beyond each side; at most half of its size.
        dilation: the distance of neighbours in the window.

    Raises:
        InputError: if a number is not a positive int, or the padding too large.
        ShapeError: (when called) if the input is smaller than the window.

    A call takes `(C, H, W)` or `(N, C, H, W)`.

    The gradient goes to the largest number. Equal numbers share it evenly, as in every maximum of this project; PyTorch
    gives all of it to the first of them.

    >>> MaxPool2d(2)([[[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, 9.0, 1.0]]])
    [[[5.0, 9.0]]]
    """

    dimensions = 2
