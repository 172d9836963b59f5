"""Normalisation: numbers are shifted and scaled to mean 0 and variance 1, so each layer gets inputs of similar size.

`BatchNorm1d` normalises each feature over all samples of a batch, `LayerNorm` and `RMSNorm` all features of one sample.
For the n numbers `x_i` that are normalised together,

    m = Σ x_i / n    v = Σ (x_i - m)² / n    y_i = (x_i - m) / √(v + eps) · weight + bias.

The variance is computed in two passes, from the deviations and not as `Σ x_i² / n - m²`, which loses all digits if
the mean is large; the deviations are nodes of the graph already, and the result uses them again. Numbers whose squares
would overflow or underflow are first multiplied by a power of 2, and `eps` by its square, which does not change the
result.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import autograd_core as ag
from autograd_core import InputError, ShapeError, Value, dot, mean, select
from nn.base.checks import number_between, positive_int
from nn.base.conversion import is_number, model_input
from nn.base.recorded import number_of, within
from nn.base.safe_squares import changes_nothing, scale_for_squares, scaled
from nn.base.shapes import over, rank, shown_rank
from nn.init import constant
from nn.modules.module import Block, Module

EPSILON: Final = sys.float_info.epsilon

SMALLEST: Final = 2.0**-300
LARGEST: Final = 2.0**300
"""Between these bounds a variance and its derivatives have full precision."""


class _Scaled(Module):
    """Base class: an optional weight and an optional bias for each feature."""

    weight: list[Value] | None
    bias: list[Value] | None

    def tensors(self) -> dict[str, Block]:
        """`weight` and `bias` of shape `[n]`, if they exist."""
        arrays: dict[str, list[Value] | None] = {"weight": self.weight, "bias": self.bias}
        return {name: array for name, array in arrays.items() if array is not None}

    def _scaled(self, numbers: list[Any]) -> list[Any]:
        """Normalised numbers, one of each feature, times their weights, plus their biases."""
        if self.weight is not None:
            numbers = [number * weight for number, weight in zip(numbers, self.weight, strict=True)]
        if self.bias is not None:
            numbers = [number + bias for number, bias in zip(numbers, self.bias, strict=True)]
        return numbers


class BatchNorm1d(_Scaled):
    """Each feature normalised over all samples of a batch.

    In evaluation, the running mean and variance of training are used.

    Args:
        num_features: number of features C.
        eps: added to the variance, to avoid a division by 0.
        momentum: the weight of the latest batch in the running mean and variance; None gives all batches the same
            weight.
        affine: False leaves out weight and bias.
        track_running_stats: False keeps no running mean and variance; `eval()` mode then uses those of the batch, too.

    Attributes:
        weight: shape `(C,)`, initially 1; None without `affine`.
        bias: shape `(C,)`, initially 0; None without `affine`.
        running_mean: shape `(C,)`, floats, initially 0.
        running_var: shape `(C,)`, floats, initially 1; of the unbiased variance, which divides by
            `n - 1`.
        num_batches_tracked: the number of batches in training so far.

    Raises:
        InputError: if an argument is out of range.
        ShapeError: (when called) if the batch has a wrong shape, or in training only one value for each feature, which
            has no variance.

    A call takes a whole batch, `(N, C)` or `(N, C, L)`, and in `eval()` mode also a single sample `(C,)`. In training
    it updates the running mean and variance; if it raises an error, they are unchanged.

    Source: S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift" (2015), algorithms 1 and 2, arXiv:1502.03167.

    >>> norm = BatchNorm1d(1)
    >>> [[round(y.data, 4) for y in sample] for sample in norm([[1.0], [3.0]])]
    [[-1.0], [1.0]]
    >>> norm.running_mean, norm.running_var, norm.num_batches_tracked
    ([0.2], [1.1], 1)
    """

    buffer_names = ("running_mean", "running_var", "num_batches_tracked")
    over_batch = True

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        self.num_features = positive_int("num_features", num_features)
        self.eps = number_between("eps", eps, 0.0, math.inf)
        self.momentum = None if momentum is None else number_between("momentum", momentum, 0.0, math.inf)
        self.weight = _values(self.num_features, 1.0) if affine else None
        self.bias = _values(self.num_features, 0.0) if affine else None
        self.track_running_stats = bool(track_running_stats)
        self.running_mean: list[float] | None = None
        self.running_var: list[float] | None = None
        self.num_batches_tracked: int | None = None
        self.reset_running_stats()

    def reset_running_stats(self) -> None:
        """Reset the running statistics to their initial numbers, if there are any."""
        if self.track_running_stats:
            self.running_mean = constant(self.num_features, 0.0)
            self.running_var = constant(self.num_features, 1.0)
            self.num_batches_tracked = 0

    def __call__(self, x: Any) -> Any:
        """The normalised batch, in the same shape."""
        x = model_input(x)
        depth = rank(x)
        if not (depth in {2, 3} or (depth == 1 and not self._of_batch)):
            raise ShapeError(
                f"{self!r} expected a batch of shape (N, {self.num_features}) or (N, {self.num_features}, L), "
                f"got {shown_rank(x)}" + ("; give it all samples of a batch together" if depth == 1 else "")
            )
        batch = [x] if depth == 1 else x
        for sample in batch:
            if len(sample) != self.num_features or any(_is_number(part) == (depth == 3) for part in sample):
                raise ShapeError(f"{self!r} expected {self.num_features} features in each sample, got {len(sample)}")
        features = [[sample[i] for sample in batch] for i in range(self.num_features)]
        columns = [[number for part in feature for number in part] if depth == 3 else feature for feature in features]
        results = [self._feature(i, *moments) for i, moments in enumerate(self._moments(columns))]
        if depth == 3:
            results = [_cut(numbers, map(len, feature)) for numbers, feature in zip(results, features, strict=True)]
        samples = [list(parts) for parts in zip(*results, strict=True)]
        return samples[0] if depth == 1 else samples

    @property
    def _of_batch(self) -> bool:
        """Whether the mean and variance of the batch are used."""
        return self.training or not self.track_running_stats

    def _feature(self, i: int, deviations: list[Any], variance: Any, eps: Any) -> list[Any]:
        """The results of the i-th feature; its weight is multiplied once with the common factor."""
        factor = _reciprocal_root(variance, eps)
        if self.weight is not None:
            factor = factor * self.weight[i]
        results = [deviation * factor for deviation in deviations]
        return results if self.bias is None else [result + self.bias[i] for result in results]

    def _moments(self, columns: list[list[Any]]) -> list[tuple[list[Any], Any, Any]]:
        """For each feature the deviations from the mean, the variance, and `eps`."""
        if not self._of_batch:
            return [
                ([x - center for x in column], variance, self.eps)
                for column, center, variance in zip(columns, *self._running(), strict=True)
            ]
        count = len(columns[0])
        if count < 2:
            raise ShapeError(f"{self!r} expected more than one value of each feature in training, got {count}")
        moments = [_moments(column, self.eps) for column in columns]
        if self.training and self.track_running_stats:
            self._track(
                [number_of(m.center) / m.scale for m in moments],
                [number_of(m.variance) / m.scale / m.scale * count / (count - 1) for m in moments],
            )
        return [(m.deviations, m.variance, m.eps) for m in moments]

    def _running(self) -> tuple[list[float], list[float]]:
        """The running mean and variance; they exist whenever this is called."""
        return self.running_mean or [], self.running_var or []

    def _track(self, means: list[float], variances: list[float]) -> None:
        self.num_batches_tracked = (self.num_batches_tracked or 0) + 1
        share = 1.0 / self.num_batches_tracked if self.momentum is None else self.momentum
        old_means, old_variances = self._running()
        self.running_mean = [(1.0 - share) * a + share * b for a, b in zip(old_means, means, strict=True)]
        self.running_var = [(1.0 - share) * a + share * b for a, b in zip(old_variances, variances, strict=True)]

    def __repr__(self) -> str:
        return (
            f"BatchNorm1d({self.num_features}, eps={self.eps:g}, momentum={self.momentum}, "
            f"affine={self.weight is not None}, track_running_stats={self.track_running_stats})"
        )


class LayerNorm(_Scaled):
    """All features of a sample normalised together, both in training and in evaluation.

    Args:
        normalized_shape: number of features n; also as a list of that one number.
        eps: added to the variance.
        elementwise_affine: False leaves out weight and bias.
        bias: False leaves out the bias only.

    Attributes:
        weight: shape `(n,)`, initially 1; None if there is none.
        bias: shape `(n,)`, initially 0; None if there is none.

    Raises:
        InputError: if an argument is out of range.
        ShapeError: (when called) if the last dimension is not n.

    A call takes `(n,)`, or any number of dimensions of which the last is n.

    Source: J. L. Ba, J. R. Kiros, G. Hinton, "Layer normalization" (2016), arXiv:1607.06450.

    >>> [round(y.data, 4) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        self.normalized_shape = _one_dimension(normalized_shape)
        self.eps = number_between("eps", eps, 0.0, math.inf)
        self.weight = _values(self.normalized_shape, 1.0) if elementwise_affine else None
        self.bias = _values(self.normalized_shape, 0.0) if elementwise_affine and bias else None

    def __call__(self, x: Any) -> Any:
        """The normalised numbers, in the same shape."""
        return over(self._sample, model_input(x), 1)

    def _sample(self, x: Any) -> list[Any]:
        _check_length(self, x, self.normalized_shape)
        _, deviations, variance, eps, _ = _moments(x, self.eps)
        factor = _reciprocal_root(variance, eps)
        return self._scaled([deviation * factor for deviation in deviations])

    def __repr__(self) -> str:
        affine, bias = self.weight is not None, self.bias is not None
        return f"LayerNorm({self.normalized_shape}, eps={self.eps:g}, elementwise_affine={affine}, bias={bias})"


class RMSNorm(_Scaled):
    """All features of a sample divided by their root mean square; the mean is not subtracted.

    Args:
        normalized_shape: number of features n; also as a list of that one number.
        eps: added to the mean of the squares; None is the machine epsilon, 2.2e-16, as in PyTorch.
        elementwise_affine: False leaves out the weight.

    Attributes:
        weight: shape `(n,)`, initially 1; None if there is none.

    Raises:
        InputError: if an argument is out of range.
        ShapeError: (when called) if the last dimension is not n.

    A call takes `(n,)`, or any number of dimensions of which the last is n.

    Formula: `y_i = x_i / √(Σ x_j² / n + eps) · weight_i`.

    Source: B. Zhang, R. Sennrich, "Root mean square layer normalization" (2019), arXiv:1910.07467.

    >>> [round(y.data, 4) for y in RMSNorm(2)([3.0, 4.0])]
    [0.8485, 1.1314]
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True
    ) -> None:
        self.normalized_shape = _one_dimension(normalized_shape)
        self.eps = None if eps is None else number_between("eps", eps, 0.0, math.inf)
        self.weight = _values(self.normalized_shape, 1.0) if elementwise_affine else None
        self.bias = None

    def __call__(self, x: Any) -> Any:
        """The normalised numbers, in the same shape."""
        return over(self._sample, model_input(x), 1)

    def _sample(self, x: Any) -> list[Any]:
        _check_length(self, x, self.normalized_shape)
        square, eps = dot(x, x) / len(x), EPSILON if self.eps is None else self.eps
        scale = _scale_for_squares(x, square, eps)
        if not changes_nothing(scale):
            x = scaled(x, scale)
            square, eps = dot(x, x) / len(x), eps * scale * scale
        factor = _reciprocal_root(square, eps)
        return self._scaled([number * factor for number in x])

    def __repr__(self) -> str:
        affine = self.weight is not None
        return f"RMSNorm({self.normalized_shape}, eps={self.eps}, elementwise_affine={affine})"


class _Moments(NamedTuple):
    """The mean of scaled numbers, the deviations from it, the variance, the scaled `eps`, and the scale."""

    center: Any
    deviations: list[Any]
    variance: Any
    eps: Any
    scale: Any


def _moments(numbers: Sequence[Any], eps: float) -> _Moments:
    moments = _moments_of(numbers, eps, 1.0)
    scale = _scale_for_squares(numbers, moments.variance, eps)
    return moments if changes_nothing(scale) else _moments_of(scaled(numbers, scale), eps * scale * scale, scale)


def _moments_of(numbers: Sequence[Any], eps: Any, scale: Any) -> _Moments:
    center = mean(numbers)
    deviations = [x - center for x in numbers]
    return _Moments(center, deviations, dot(deviations, deviations) / len(numbers), eps, scale)


def _scale_for_squares(numbers: Iterable[Any], square: Any, eps: float) -> Any:
    """The factor for the numbers if their mean square or its derivatives lose precision; otherwise 1.0.

    The mean square has been computed already, so the numbers rarely have to be examined one by one.
    """
    is_moderate = within(SMALLEST, number_of(square) + eps, LARGEST)
    if is_moderate is True:  # nearly always; it saves a fiftieth of a layer
        return 1.0
    return select(is_moderate, lambda: 1.0, lambda: scale_for_squares(numbers, math.sqrt(eps)))


def _reciprocal_root(variance: Any, eps: Any) -> Any:
    """The factor for deviations; inf where the operator of Python would raise an error."""
    return ag.pow(variance + eps, -0.5)


def _is_number(part: Any) -> bool:
    return is_number(part) or rank(part) == 0


def _values(count: int, number: float) -> list[Value]:
    return [Value(x) for x in constant(count, number)]


def _cut(numbers: list[Any], lengths: Iterable[int]) -> list[list[Any]]:
    """A list cut into pieces of these lengths."""
    rest = iter(numbers)
    return [list(islice(rest, length)) for length in lengths]


def _one_dimension(shape: object) -> int:
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        if len(shape) != 1:
            raise InputError(f"normalized_shape must be the length of the last dimension, a single int, got {shape!r}")
        return positive_int("normalized_shape[0]", shape[0])
    return positive_int("normalized_shape", shape)


def _check_length(module: Module, x: Any, length: int) -> None:
    if rank(x) != 1 or len(x) != length:
        came = f"{len(x)} of them" if rank(x) else f"the number {x!r}"
        raise ShapeError(f"{module!r} expected {length} numbers in the last dimension, got {came}")
