"""Convolutions and pooling: the same small window laid over every place of a line or a picture.

A channel is kept as one run of numbers, whatever its number of dimensions, and a window is a list of distances from
its first number in that run. So one class computes convolutions of any number of dimensions, and pooling finds its
windows in the same way. What is seen through the window at one place, over all channels, is the input of `affine`:
every output is one weighted sum, two nodes, and all filters look at the same inputs.
"""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, ClassVar, NamedTuple, TypeAlias

import autograd_core as ag
from autograd_core import InputError, ShapeError, Value, affine, dot
from nn.base.checks import positive_int
from nn.base.plain import model_input
from nn.base.rng import Rng, generator
from nn.base.shapes import over, rank
from nn.init import Init, weights, xavier_uniform
from nn.modules.module import Block, Module

Sizes: TypeAlias = tuple[int, ...]
"""A number for each dimension."""


class Window(NamedTuple):
    """What is laid over the inputs, and how; each a number for every dimension."""

    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    def steps(self, shape: Sizes) -> Sizes:
        """In how many places it fits along every dimension of a channel.

        Formula: `⌊(length + 2 padding - dilation · (size - 1) - 1) / stride⌋ + 1`.
        """
        return tuple(
            (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1
            for length, size, stride, padding, dilation in zip(shape, *self, strict=True)
        )

    def starts(self, shape: Sizes) -> list[int]:
        """The index of the first number that is seen, for every place, in the run of a padded channel."""
        places = [
            range(0, count * stride, stride) for count, stride in zip(self.steps(shape), self.stride, strict=True)
        ]
        return _indices(places, self.padded(shape))

    def distances(self, shape: Sizes) -> list[int]:
        """The distances of all numbers that are seen from the first of them."""
        extents = [range(0, size * step, step) for size, step in zip(self.size, self.dilation, strict=True)]
        return _indices(extents, self.padded(shape))

    def padded(self, shape: Sizes) -> Sizes:
        """The shape of a channel with its padding."""
        return tuple(length + 2 * padding for length, padding in zip(shape, self.padding, strict=True))

    def pad(self, channel: Any, shape: Sizes, filler: float) -> list[Any]:
        """The numbers of a channel in one run, with the filler around them."""
        run = [filler] * math.prod(self.padded(shape))
        places = [range(padding, padding + length) for length, padding in zip(shape, self.padding, strict=True)]
        for index, number in zip(_indices(places, self.padded(shape)), _flat(channel, len(shape)), strict=True):
            run[index] = number
        return run


class _Windowed(Module):
    """Base of what lays a window over channels; a subclass says how many dimensions a channel has."""

    dimensions: ClassVar[int]
    window: Window
    filler: ClassVar[float] = 0.0

    def __call__(self, x: Any) -> Any:
        """The output channels of one sample, or of each sample of a batch."""
        x = model_input(x)
        if rank(x) not in {self.dimensions + 1, self.dimensions + 2}:
            shape = self._expected()
            raise ShapeError(f"{self!r} expected shape ({shape}) or (N, {shape}), got {rank(x)} dimensions")
        return over(self._sample, x, self.dimensions + 1)

    def _sample(self, x: Any) -> Any:
        shapes = {_shape(channel, self.dimensions) for channel in x}
        shape = shapes.pop() if len(shapes) == 1 else None
        if shape is None:
            raise ShapeError(f"{self!r} expected channels of one shape, rectangular, got others")
        steps = self.window.steps(shape)
        if min(steps) < 1:
            raise ShapeError(
                f"{self!r} expected channels at least as large as the window, got {list(shape)} with padding "
                f"{list(self.window.padding)} for a window of {list(self.window.size)}; dilation makes it larger"
            )
        runs = [self.window.pad(channel, shape, self.filler) for channel in x]
        return [_nested(run, steps) for run in self._channels(runs, shape)]

    @abstractmethod
    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        """The output channels, each as one run, of padded input channels that have the shape without padding."""

    def _expected(self) -> str:
        return "C, " + ", ".join("LHW"[self.dimensions > 1 :][: self.dimensions])


class _Convolution(_Windowed):
    """Base of `Conv1d` and `Conv2d`, which have the description."""

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
        self.window = _window(self.dimensions, kernel_size, stride, padding, dilation)
        seen = self.in_channels // self.groups, *self.window.size
        area = math.prod(self.window.size)
        rows = weights(init, math.prod(seen), self.out_channels * area, generator(rng), self.out_channels)
        self.weight = [_nested([Value(number) for number in row], seen) for row in rows]
        self.bias = [Value(0.0) for _ in range(self.out_channels)] if bias else None

    def _sample(self, x: Any) -> Any:
        if len(x) != self.in_channels:
            raise ShapeError(f"{self!r} expected {self.in_channels} channels, got {len(x)}")
        return super()._sample(x)

    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        starts, distances = self.window.starts(shape), self.window.distances(shape)
        seen, made = self.in_channels // self.groups, self.out_channels // self.groups
        rows = [_flat(filters, self.dimensions + 1) for filters in self.weight]
        results: list[list[Any]] = []
        for group in range(self.groups):
            inputs = runs[group * seen : (group + 1) * seen]
            filters = slice(group * made, (group + 1) * made)
            biases = None if self.bias is None else self.bias[filters]
            places = [
                _weighted(rows[filters], [run[start + distance] for run in inputs for distance in distances], biases)
                for start in starts
            ]
            results += [list(run) for run in zip(*places, strict=True)]
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
            f"{type(self).__name__}({self.in_channels}, {self.out_channels}, {_described(self.window)}{rest}"
            f"{', bias=False' if self.bias is None else ''})"
        )


class Conv1d(_Convolution):
    """Filters moved along a line: `y[o][p] = bias[o] + Σ weight[o][c][k] · x[c][p · stride + k · dilation - padding]`.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of filters, each of which makes a channel of the output.
        kernel_size: length of the window, as an int or, as all that follow, in a tuple of one.
        stride: how far the window moves from place to place.
        padding: how many zeros are put at each end.
        dilation: the distance of neighbours in the window.
        groups: into how many groups the channels are divided; a filter sees its own group only.
        bias: False leaves it out.
        init: where to take the initial weights from; see `nn.init`. `kaiming_uniform` suits a relu afterwards.
            Biases start at 0.
        rng: where the random numbers for them come from; see `nn.base.rng`.

    Attributes:
        weight: shape `(out_channels, in_channels / groups, kernel_size)`.
        bias: shape `(out_channels,)`, or None.

    Raises:
        InputError: if a number is not a positive int, or `groups` does not divide the channels.
        ShapeError: (when called) if the input has other channels, or is shorter than the window.

    A call takes `(C, L)` or `(N, C, L)`.

    >>> conv = Conv1d(1, 1, 3, padding=1, bias=False)
    >>> conv.weight = [[[Value(1.0), Value(0.0), Value(-1.0)]]]
    >>> [y.data for y in conv([[1.0, 4.0, 9.0, 16.0]])[0]]
    [-4.0, -8.0, -12.0, 9.0]
    """

    dimensions = 1


class Conv2d(_Convolution):
    """Filters moved over a picture; as `Conv1d` in two dimensions, height first.

    Args:
        in_channels: number of channels of the input.
        out_channels: number of filters, each of which makes a channel of the output.
        kernel_size: size of the window, an int for both dimensions or, as all that follow, a tuple (height, width).
        stride: how far the window moves from place to place.
        padding: how many zeros are put at each side.
        dilation: the distance of neighbours in the window.
        groups: into how many groups the channels are divided; a filter sees its own group only.
        bias: False leaves it out.
        init: where to take the initial weights from; see `nn.init`. `kaiming_uniform` suits a relu afterwards.
            Biases start at 0.
        rng: where the random numbers for them come from; see `nn.base.rng`.

    Attributes:
        weight: shape `(out_channels, in_channels / groups, height, width)`.
        bias: shape `(out_channels,)`, or None.

    Raises:
        InputError: if a number is not a positive int, or `groups` does not divide the channels.
        ShapeError: (when called) if the input has other channels, or is smaller than the window.

    A call takes `(C, H, W)` or `(N, C, H, W)`.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition"
    (1998).

    >>> conv = Conv2d(1, 2, (2, 2), rng=0)
    >>> maps = conv([[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]])
    >>> len(maps), len(maps[0]), len(maps[0][0])
    (2, 1, 2)
    """

    dimensions = 2


class _MaxPool(_Windowed):
    """Base of `MaxPool1d` and `MaxPool2d`, which have the description."""

    filler = -math.inf

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
    ) -> None:
        self.window = _window(
            self.dimensions, kernel_size, kernel_size if stride is None else stride, padding, dilation
        )
        for size, _, padded, step in zip(*self.window, strict=True):
            if 2 * padded > step * (size - 1) + 1:
                raise InputError(f"padding must be at most half of the window, got {padded} for kernel_size {size}")

    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        starts, distances = self.window.starts(shape), self.window.distances(shape)
        return [[ag.max([run[start + distance] for distance in distances]) for start in starts] for run in runs]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_described(self.window)})"


class MaxPool1d(_MaxPool):
    """The largest number in each window along a line; as `MaxPool2d` in one dimension, for `(C, L)` or `(N, C, L)`.

    >>> MaxPool1d(2)([[1.0, 5.0, 2.0, 3.0]])
    [[5.0, 3.0]]
    """

    dimensions = 1


class MaxPool2d(_MaxPool):
    """The largest number in each window of a picture, for each channel by itself.

    Args:
        kernel_size: size of the window, an int for both dimensions or, as all that follow, a tuple (height, width).
        stride: how far the window moves from place to place; by default its own size.
        padding: how far the window may stick out at each side; at most half of it.
        dilation: the distance of neighbours in the window.

    Raises:
        InputError: if a number is not a positive int, or the padding too large.
        ShapeError: (when called) if the input is smaller than the window.

    A call takes `(C, H, W)` or `(N, C, H, W)`.

    The gradient goes to the largest number. Equal ones share it evenly, as in every maximum here; PyTorch gives all of
    it to the first of them.

    >>> MaxPool2d(2)([[[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, 9.0, 1.0]]])
    [[[5.0, 9.0]]]
    """

    dimensions = 2


class Flatten(Module):
    """Dimensions from `start_dim` to `end_dim` made one, as before the first `Linear` after convolutions.

    Args:
        start_dim: the first of them; by default 1, which leaves the samples of a batch apart.
        end_dim: the last of them. Negative numbers count from the last dimension.

    Raises:
        InputError: if a dimension is not an int.
        ShapeError: (when called) if there are no such dimensions.

    `Flatten(-3)` is for pictures with channels, whether they come singly or in a batch.

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
            raise ShapeError(f"{self!r} expected these dimensions, the first not after the last, got {depth} of them")
        return over(lambda part: _flat(part, end - start + 1), x, depth - start)

    def __repr__(self) -> str:
        return f"Flatten(start_dim={self.start_dim}, end_dim={self.end_dim})"


# ---- Shapes ----------------------------------------------------------------------------------------------------------


def _weighted(rows: list[list[Any]], inputs: list[Any], biases: list[Value] | None) -> list[Any]:
    return [dot(row, inputs) for row in rows] if biases is None else affine(rows, inputs, biases)


def _indices(ranges: Sequence[Iterable[int]], shape: Sizes) -> list[int]:
    """The indices, in a run of the given shape, of all combinations of numbers from the ranges, the last fastest."""
    weights = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    return [sum(i * weight for i, weight in zip(place, weights, strict=True)) for place in product(*ranges)]


def _flat(array: Any, depth: int) -> list[Any]:
    """The outermost `depth` dimensions of a nested list made one."""
    parts: list[Any] = list(array)
    for _ in range(depth - 1):
        parts = [inner for part in parts for inner in part]
    return parts


def _nested(run: list[Any], shape: Sizes) -> list[Any]:
    """The numbers of a run as a nested list of the given shape."""
    for size in reversed(shape[1:]):
        run = [run[start : start + size] for start in range(0, len(run), size)]
    return run


def _shape(array: Any, depth: int) -> Sizes | None:
    """The lengths along the first `depth` dimensions; None if the parts of a list differ."""
    if depth == 0:
        return ()
    if rank(array) == 0:
        return None
    inner = {_shape(part, depth - 1) for part in array}
    rest = inner.pop() if len(inner) == 1 else None
    return None if rest is None else (len(array), *rest)


def _window(dimensions: int, size: Any, stride: Any, padding: Any, dilation: Any) -> Window:
    """The window that is meant by numbers, or tuples with a number for each dimension."""
    return Window(
        _sizes("kernel_size", size, dimensions),
        _sizes("stride", stride, dimensions),
        _sizes("padding", padding, dimensions, least=0),
        _sizes("dilation", dilation, dimensions),
    )


def _sizes(name: str, given: Any, dimensions: int, least: int = 1) -> Sizes:
    sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,) * dimensions
    if len(sizes) != dimensions:
        raise InputError(f"{name} must be an int or {dimensions} of them, got {given!r}")
    return tuple(_of_at_least(least, name, size) for size in sizes)


def _of_at_least(least: int, name: str, number: Any) -> int:
    if least == 1:
        return positive_int(name, number)
    if isinstance(number, bool) or not hasattr(number, "__index__") or operator.index(number) < least:
        raise InputError(f"{name} must be an int of at least {least}, got {number!r}")
    return operator.index(number)


def _described(window: Window) -> str:
    """The parts of a window as they are written in a call, each number once if it is the same in all dimensions."""
    names = ("kernel_size", "stride", "padding", "dilation")
    shown = [sizes[0] if len(set(sizes)) == 1 else sizes for sizes in window]
    usual = (None, (1,), (0,), (1,))
    return ", ".join(
        f"{name}={value}"
        for name, value, sizes, default in zip(names, shown, window, usual, strict=True)
        if default is None or set(sizes) != set(default)
    )
