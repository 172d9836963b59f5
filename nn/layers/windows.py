"""Windows: the same small frame laid over a line or a picture at regular distances, for convolutions and pooling.

A channel is kept as one run of numbers, whatever its number of dimensions, and a window is a list of distances from
its first number in that run. So one class serves any number of dimensions, and convolutions and pooling alike.
"""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, ClassVar, NamedTuple, TypeAlias

from autograd_core import InputError, ShapeError
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.shapes import over, rank
from nn.modules.module import Module

Sizes: TypeAlias = tuple[int, ...]
"""A number for each dimension."""


class Window(NamedTuple):
    """What is laid over the inputs, and how; each a number for every dimension."""

    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    def steps(self, shape: Sizes) -> Sizes:
        """In how many positions it fits along every dimension of a channel.

        Formula: `⌊(length + 2 padding - dilation · (size - 1) - 1) / stride⌋ + 1`.
        """
        return tuple(
            (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1
            for length, size, stride, padding, dilation in zip(shape, *self, strict=True)
        )

    def starts(self, shape: Sizes) -> list[int]:
        """The index of the first number that is seen, for every position, in the run of a padded channel."""
        positions = [
            range(0, count * stride, stride) for count, stride in zip(self.steps(shape), self.stride, strict=True)
        ]
        return _indices(positions, self.padded(shape))

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
        positions = [range(padding, padding + length) for length, padding in zip(shape, self.padding, strict=True)]
        for index, number in zip(_indices(positions, self.padded(shape)), flat(channel, len(shape)), strict=True):
            run[index] = number
        return run


class Windowed(Module):
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
        return [nested(run, steps) for run in self._channels(runs, shape)]

    @abstractmethod
    def _channels(self, runs: list[list[Any]], shape: Sizes) -> list[list[Any]]:
        """The output channels, each as one run, of padded input channels that have the shape without padding."""

    def _expected(self) -> str:
        return "C, " + ", ".join("LHW"[self.dimensions > 1 :][: self.dimensions])


# ---- Runs and nested lists -------------------------------------------------------------------------------------------


def _indices(ranges: Sequence[Iterable[int]], shape: Sizes) -> list[int]:
    """The indices, in a run of the given shape, of all combinations of numbers from the ranges, the last fastest."""
    weights = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    return [sum(i * weight for i, weight in zip(position, weights, strict=True)) for position in product(*ranges)]


def flat(array: Any, depth: int) -> list[Any]:
    """The outermost `depth` dimensions of a nested list made one."""
    parts: list[Any] = list(array)
    for _ in range(depth - 1):
        parts = [inner for part in parts for inner in part]
    return parts


def nested(run: list[Any], shape: Sizes) -> list[Any]:
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


# ---- Arguments -------------------------------------------------------------------------------------------------------


def window_of(dimensions: int, size: Any, stride: Any, padding: Any, dilation: Any) -> Window:
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


def arguments_of(window: Window) -> str:
    """The parts of a window as they are written in a call, each number once if it is the same in all dimensions."""
    names = ("kernel_size", "stride", "padding", "dilation")
    shown = [sizes[0] if len(set(sizes)) == 1 else sizes for sizes in window]
    usual = (None, (1,), (0,), (1,))
    return ", ".join(
        f"{name}={value}"
        for name, value, sizes, default in zip(names, shown, window, usual, strict=True)
        if default is None or set(sizes) != set(default)
    )
