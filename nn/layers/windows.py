"""Windows of convolutions and pooling: the positions of a window, and the numbers in it at each position.

A channel is stored as one flat list of numbers, a run, for any number of dimensions, and a window is a list of offsets
from its first number in that run. So the same code serves any number of dimensions.
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
from nn.base.shapes import over, rank, shown_rank
from nn.modules.module import Module

Sizes: TypeAlias = tuple[int, ...]
"""A number for each dimension."""


class Window(NamedTuple):
    """The geometry of a window, with a number for every dimension in each field."""

    size: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    def steps(self, shape: Sizes) -> Sizes:
        """The number of positions along every dimension of a channel.

        Formula: `⌊(length + 2 padding - dilation · (size - 1) - 1) / stride⌋ + 1`.
        """
        return tuple(
            (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1
            for length, size, stride, padding, dilation in zip(shape, *self, strict=True)
        )

    def starts(self, shape: Sizes) -> list[int]:
        """For every position the index of the first number of the window in the run of a padded channel."""
        positions = [
            range(0, count * stride, stride) for count, stride in zip(self.steps(shape), self.stride, strict=True)
        ]
        return _indices(positions, self.padded(shape))

    def distances(self, shape: Sizes) -> list[int]:
        """The offsets of all numbers of the window from the first one."""
        extents = [range(0, size * step, step) for size, step in zip(self.size, self.dilation, strict=True)]
        return _indices(extents, self.padded(shape))

    def padded(self, shape: Sizes) -> Sizes:
        """The shape of a channel with its padding."""
        return tuple(length + 2 * padding for length, padding in zip(shape, self.padding, strict=True))

    def pad(self, channel: Any, shape: Sizes, filler: float) -> list[Any]:
        """The numbers of a channel in one run, padded with the filler."""
        run = [filler] * math.prod(self.padded(shape))
        positions = [range(padding, padding + length) for length, padding in zip(shape, self.padding, strict=True)]
        for index, number in zip(_indices(positions, self.padded(shape)), flat(channel, len(shape)), strict=True):
            run[index] = number
        return run


class Windowed(Module):
    """Base of convolutions and pooling; a subclass sets the number of dimensions of a channel."""

    dimensions: ClassVar[int]
    window: Window
    filler: ClassVar[float] = 0.0

    def __call__(self, x: Any) -> Any:
        """The output channels of one sample, or of each sample of a batch."""
        x = model_input(x)
        if rank(x) not in {self.dimensions + 1, self.dimensions + 2}:
            shape = self._expected()
            raise ShapeError(f"{self!r} expected shape ({shape}) or (N, {shape}), got {shown_rank(x)}")
        return over(self._sample, x, self.dimensions + 1)

    def _sample(self, x: Any) -> Any:
        shapes = {_shape(channel, self.dimensions) for channel in x}
        shape = shapes.pop() if len(shapes) == 1 else None
        if shape is None:
            raise ShapeError(f"{self!r} expected rectangular channels of equal shape, got others")
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
        """The output channels for padded input channels, all as runs; `shape` is that of a channel without padding."""

    def _expected(self) -> str:
        return "C, " + ", ".join("LHW"[self.dimensions > 1 :][: self.dimensions])


# ---- Runs and nested lists -------------------------------------------------------------------------------------------


def _indices(ranges: Sequence[Iterable[int]], shape: Sizes) -> list[int]:
    """The indices in a run of the given shape for all combinations from the ranges, the last varying fastest."""
    weights = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    return [sum(i * weight for i, weight in zip(position, weights, strict=True)) for position in product(*ranges)]


def flat(array: Any, depth: int) -> list[Any]:
    """The outermost `depth` dimensions of a nested list merged into one."""
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
    """The window for arguments that are numbers, or tuples with a number for each dimension."""
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
    """A window as the arguments of a call; a number that is the same in all dimensions is written once."""
    names = ("kernel_size", "stride", "padding", "dilation")
    shown = [sizes[0] if len(set(sizes)) == 1 else sizes for sizes in window]
    usual = (None, (1,), (0,), (1,))
    return ", ".join(
        f"{name}={value}"
        for name, value, sizes, default in zip(names, shown, window, usual, strict=True)
        if default is None or set(sizes) != set(default)
    )
