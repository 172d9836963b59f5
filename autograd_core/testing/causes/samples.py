"""Error signals that are off sample by sample, which a gradient over several samples cannot show.

The gradient of the weights of a layer is a sum over samples of error signals times inputs. If the error signals of a
unit are off by a factor that differs between samples, as when the derivative of the activation is taken at the wrong
place, no factor is left in the sum: any matrix of its size is such a sum, unless the samples are few. So the numbers
do not name the cause, and the hint names the check that would: with one sample the factors show.
"""

from collections.abc import Sequence
from typing import Final

from autograd_core.testing.causes.arrangements import lines_of
from autograd_core.testing.causes.evidence import CLOSE, Argument, Evidence

FEWEST: Final = 4
"""A matrix with fewer wrong numbers than this says too little."""

_TEXT: Final = (
    "{v} is wrong throughout, and by no common factor. If the cost is a sum or mean over samples, check one sample "
    "alone: an error signal that is off, as with σ'(a) in the place of σ'(z), then shows as one factor for each unit"
)


def of_samples(evidence: Evidence, index: int) -> str:
    """Return the advice to check a single sample, if a matrix is wrong throughout, and an array that goes with it."""
    own = evidence.argument(index)
    matrices = [one for one in evidence.arguments if len(one.shape) == 2 and 1 not in one.shape]
    for matrix in matrices:
        others = [one for one in evidence.arguments if one.start != matrix.start and _go_together(matrix, one)]
        group = [matrix, *others]
        if (
            others
            and own in group
            and all(_is_wrong(evidence, one) for one in group)
            and not _has_factors(evidence, matrix)
        ):
            return _TEXT
    return ""


def _go_together(matrix: Argument, other: Argument) -> bool:
    """Whether another array can hold the biases of a matrix of weights, or the weights of the next layer."""
    return bool(other.shape) and not set(matrix.shape).isdisjoint(other.shape)


def _has_factors(evidence: Evidence, matrix: Argument) -> bool:
    """Whether a factor is common to all numbers of a row, or of a column; then the samples hide nothing."""
    here = evidence.here
    return any(
        all(_is_common([here.claimed[i] / here.true[i] for i in line if here.true[i]]) for line in lines)
        for _, lines in lines_of(matrix)
    )


def _is_common(factors: Sequence[float]) -> bool:
    return max(factors, default=0.0) - min(factors, default=0.0) <= CLOSE * max(map(abs, factors), default=0.0)


def _is_wrong(evidence: Evidence, argument: Argument) -> bool:
    """Whether all numbers of an array are wrong, apart from those that are 0 in both gradients."""
    here = evidence.here
    known = [i for i in argument.indices if here.claimed[i] or here.true[i]]
    least = FEWEST if len(argument.shape) == 2 and 1 not in argument.shape else 1
    return len(known) >= least and len(evidence.wrong_in(argument)) == len(known)
