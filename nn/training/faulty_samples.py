"""Faulty samples: errors of a batch, with the number of the sample that causes them.

The samples are examined one by one only after a model or a loss has raised an error, or the loss is not finite, so this
takes no time otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import AutogradError, InputError, OperandTypeError, ShapeError
from autograd_core.diagnosis import first_not_finite
from nn.base.conversion import PAIRS, as_sample, as_sequence, is_pair

if TYPE_CHECKING:
    from nn.data.sampling import Sample

WRONG_INPUT: Final = (InputError, OperandTypeError, ShapeError)
"""The errors of a model or a loss for invalid numbers."""


def check_samples(what: str, samples: Any) -> None:
    """Check that there are samples and the first is a pair.

    Raises:
        InputError: if there are none, or the first is not a pair of features and target.

    >>> check_samples("validation", [([0.0, 1.0], 1)])
    """
    as_sequence(what, samples)
    if len(samples) == 0:
        raise InputError(f"expected at least one sample in {what}, got none")
    first = samples[0]
    if not is_pair(first):
        raise InputError(
            f"expected every sample in {what} to be a pair (features, target), got {first!r:.100}; {PAIRS}"
        )


def with_sample(
    error: AutogradError, check: Callable[[Sample], object], batch: Iterable[Sample], samples: Sequence[Sample]
) -> AutogradError:
    """The error of the first sample of the batch that raises one, with its number; otherwise the error itself.

    Args:
        error: the error of the whole batch.
        check: processes one sample as the batch was processed.
        batch: the samples of the batch.
        samples: all samples, for the number.

    >>> def check(sample):
    ...     if sample[1] > 1:
    ...         raise InputError(f"expected a class from 0 to 1, got {sample[1]}")
    >>> data = [([0.0], 0), ([1.0], 2)]
    >>> with_sample(InputError("wrong"), check, data, data)
    InputError('sample 1: expected a class from 0 to 1, got 2')
    """
    for index, sample in enumerate(batch):
        try:
            check(sample)
        except WRONG_INPUT as own:
            return type(own)(f"{_name(index, sample, samples)}: {own}")
    return error


def not_finite(batch: Iterable[Sample], samples: Sequence[Sample]) -> InputError | None:
    """The error for the first number among features and targets that is nan or infinite; None if there is none.

    >>> data = [([0.0, 1.0], 0), ([1.0, float("nan")], 1)]
    >>> print(not_finite(data, data))
    sample 1: expected finite numbers, got nan as feature 1; correct the sample or leave it out
    """
    for index, sample in enumerate(batch):
        found = first_not_finite(zip(("feature", "target"), as_sample(sample), strict=True))
        if found:
            where = _name(index, sample, samples)
            return InputError(f"{where}: expected finite numbers, got {found}; correct the sample or leave it out")
    return None


def _name(index: int, sample: Sample, samples: Sequence[Sample]) -> str:
    """The sample by its index among all; if samples are created on access, by that in the batch."""
    known = next((number for number in range(len(samples)) if samples[number] is sample), None)
    return f"sample {index} of the batch" if known is None else f"sample {known}"
