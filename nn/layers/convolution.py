"""Convolutions: the same filters applied at every position of a line or a picture.

The numbers in a window at one position, over all channels, are the input of `affine`: every output is one weighted sum,
two nodes, and all filters share the inputs. `nn.layers.windows` computes the positions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core import InputError, ShapeError, Value, affine, dot
from nn.base.checks import positive_int
from nn.base.rng import Rng, generator
from nn.init import Init, weights, xavier_uniform
from nn.layers.windows import Sizes, Windowed, arguments_of, flat, nested, window_of
from nn.modules.module import Block


class _Convolution(Windowed):
    """Base of `Conv1d` and `Conv2d`, which describe the arguments."""

    def __init__(  # noqa: PLR0917 - PyTorch's order
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        init: Init = xavier_uniform,
        rng: Rng = None,
    ) -> None:
        self.in_channels = positive_int("in_channels", in_channels)
        self.out_channels = positive_int("out_channels", out_channels)
        self.groups = positive_int("groups", groups)
        for name, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise InputError(f"{name} must be divisible by groups={self.groups}, got {channels}")
        self.window = window_of(self.dimensions, kernel_size, stride, padding, dilation)
        seen = self.in_channels // self.groups, *self.window.size
        area = math.prod(self.window.size)
        rows = weights(init, math.prod(seen), self.out_channels * area, generator(rng), self.out_channels)
        self.weight = [nested([Value(number) for number in row], seen) for row in rows]
        self.bias = [Value(0.0) for _ in range(self.out_channels)] if bias else None

    def _sample(self, x: Any) -> Any:
        if len(x) != self.in_channels:
            raise ShapeError(f"{self!r} expected {self.in_channels} channels, got {len(x)}")
        return super()._sample(x)

    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        starts, distances = self.window.starts(shape), self.window.distances(shape)
        seen, made = self.in_channels // self.groups, self.out_channels // self.groups
        rows = [flat(filters, self.dimensions + 1) for filters in self.weight]
        results: list[list[Any]] = []
        for group in range(self.groups):
            inputs = runs[group * seen : (group + 1) * seen]
            filters = slice(group * made, (group + 1) * made)
            biases = None if self.bias is None else self.bias[filters]
            positions = [
                _weighted(rows[filters], [run[start + distance] for run in inputs for distance in distances], biases)
                for start in starts
            ]
            results += [list(run) for run in zip(*positions, strict=True)]
        return results

    def _expected(self) -> str:
        return super()._expected().replace("C", str(self.in_channels), 1)

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[out_channels, in_channels / groups, *kernel_size]` and, if wanted, `bias`."""
        arrays: dict[str, Block] = {"weight": self.weight}
        return arrays if self.bias is None else arrays | {"bias": self.bias}

    def __repr__(self) -> str:
        rest = "" if self.groups == 1 else f", groups={self.groups}"
        return (
            f"{type(self).__name__}({self.in_channels}, {self.out_channels}, {arguments_of(self.window)}{rest}"
            f"{', bias=False' if self.bias is None else ''})"
        )


class Conv1d(_Convolution):
    """Filters moved along a line: `y[o][p] = bias[o] + Σ weight[o][c][k] · x[c][p · stride + k · dilation - padding]`.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of filters, one for each channel of the output.
        kernel_size: length of the window; like the following sizes an int, or a tuple of one.
        stride: the distance of neighbouring positions of the window.
        padding: number of zeros added at each end.
        dilation: the distance of neighbours in the window.
        groups: number of groups of channels; a filter reads the channels of its own group only.
        bias: False leaves it out.
        init: the function that makes the initial weights: an initialiser or a function of a count, as in `nn.init`;
            by default `xavier_uniform`. `kaiming_uniform` is better if a relu follows. Biases start at 0.
        rng: where the random numbers for them come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        weight: shape `(out_channels, in_channels / groups, kernel_size)`.
        bias: shape `(out_channels,)`, or None.

    Raises:
        InputError: if a number is not a positive int, or `groups` does not divide the channels.
        ShapeError: (when called) if the input has another number of channels, or is shorter than the window.

    A call takes `(C, L)` or `(N, C, L)`.

    >>> conv = Conv1d(1, 1, 3, padding=1, bias=False)
    >>> conv.weight = [[[Value(1.0), Value(0.0), Value(-1.0)]]]
    >>> [y.data for y in conv([[1.0, 4.0, 9.0, 16.0]])[0]]
    [-4.0, -8.0, -12.0, 9.0]
    """

    dimensions = 1


class Conv2d(_Convolution):
    """Filters moved over a picture: `Conv1d` in two dimensions, height first.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of filters, one for each channel of the output.
        kernel_size: size of the window; like the following sizes an int for both dimensions, or a tuple (height,
            width).
        stride: the distance of neighbouring positions of the window.
        padding: number of zeros added at each side.
        dilation: the distance of neighbours in the window.
        groups: number of groups of channels; a filter reads the channels of its own group only.
        bias: False leaves it out.
        init: the function that makes the initial weights: an initialiser or a function of a count, as in `nn.init`;
            by default `xavier_uniform`. `kaiming_uniform` is better if a relu follows. Biases start at 0.
        rng: where the random numbers for them come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        weight: shape `(out_channels, in_channels / groups, height, width)`.
        bias: shape `(out_channels,)`, or None.

    Raises:
        InputError: if a number is not a positive int, or `groups` does not divide the channels.
        ShapeError: (when called) if the input has another number of channels, or is smaller than the window.

    A call takes `(C, H, W)` or `(N, C, H, W)`.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition"
    (1998).

    >>> conv = Conv2d(1, 2, (2, 2), rng=0)
    >>> maps = conv([[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]])
    >>> len(maps), len(maps[0]), len(maps[0][0])
    (2, 1, 2)
    """

    dimensions = 2


def _weighted(rows: list[list[Any]], inputs: list[Any], biases: list[Value] | None) -> list[Any]:
    return [dot(row, inputs) for row in rows] if biases is None else affine(rows, inputs, biases)
