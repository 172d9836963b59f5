"""Which cost a loss is, for one sample: recognised by its value and its gradient, not by a name.

Some costs have an error signal that textbooks write down, here for `n` outputs `a` and targets `y`:

* squared error, `c/2 Σ (a - y)²` with the gradient `c (a - y)`; the mean over the outputs has `c = 2/n`
* cross-entropy of `p = softmax(a)`, `-c Σ y log p` with the gradient `c (p - y)`
* binary cross-entropy of `p = σ(a)`, `-c Σ (y log p + (1 - y) log(1 - p))` with the gradient `c (p - y)`, or of
  probabilities `p = a`, with the gradient `c (p - y) / (p (1 - p))`
* squared error of `p = softmax(a)`, `c/2 Σ (p - y)²` with the gradient `c p ∘ (p - y - Σ p (p - y))`

Each candidate is computed from outputs and targets and compared with the graph. A loss that fits none is `other`: its
gradient is known from the graph, and only its formula is not.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from viz.network.total import total as sum_of

SQUARED: Final = "squared error"
CROSS_ENTROPY: Final = "cross-entropy"
BINARY: Final = "binary cross-entropy"
BINARY_LOGITS: Final = "binary cross-entropy with logits"
SOFTMAX_SQUARED: Final = "squared error of the softmax"
OTHER: Final = "other"

_TOLERANCE: Final = 1e-9
"""Relative difference of costs and gradients that are the same: far above rounding, and far below a coincidence."""

Numbers = tuple[float, ...]


class Cost(NamedTuple):
    """The cost of one sample.

    Attributes:
        name: one of the names above.
        total: the cost.
        factor: the constant `c`; 1.0 for another cost.
        target: `y`, a number for each output, with 1 for the right class and 0 for the others if the target is the
            index of a class; empty if it has no such form.
        predicted: `p`; the outputs themselves for other costs.
        terms: what each output contributes to the cost; their sum is the cost. Empty for another cost.
        groups: how many softmaxes there are; for a sequence of classes one for each step, with as many outputs each.
    """

    name: str
    total: float
    factor: float
    target: Numbers
    predicted: Numbers
    terms: Numbers
    groups: int = 1


def recognise(total: float, outputs: Sequence[float], gradient: Sequence[float], target: Any) -> Cost:
    """The cost whose value and gradient are those of the graph.

    Args:
        total: the loss of the sample.
        outputs: the outputs of the network.
        gradient: the derivative of the loss with respect to each output.
        target: what the loss was called with for this sample: the index of a class, or numbers.

    >>> cost = recognise(0.25, [0.5, 1.5], [-0.5, 0.5], [1.0, 1.0])
    >>> cost.name, cost.factor, cost.terms
    ('squared error', 1.0, (0.125, 0.125))
    >>> recognise(math.log(2.0), [3.0, 3.0], [-0.5, 0.5], 0).name
    'cross-entropy'
    """
    for wanted, groups in _targets(target, len(outputs)):
        size = len(outputs) // groups
        starts = range(0, len(outputs), size)
        parts = [(outputs[start : start + size], wanted[start : start + size]) for start in starts]
        for name, form in _FORMS.items():
            if not all(form.fits(a) for a, _ in parts):
                continue
            factor = _factor([slope for a, y in parts for slope in form.slopes(a, y)], gradient)
            terms = tuple(factor * term for a, y in parts for term in form.terms(a, y))
            if factor and math.isclose(sum_of(terms), total, rel_tol=_TOLERANCE):
                predicted = tuple(p for a, _ in parts for p in form.predict(a))
                return Cost(name, total, factor, wanted, predicted, terms, groups)
    given, _ = next(iter(_targets(target, len(outputs))), ((), 1))
    return Cost(OTHER, total, 1.0, given, tuple(outputs), ())


def _targets(target: Any, count: int) -> Iterable[tuple[Numbers, int]]:
    """What the target can mean: numbers for the outputs, or the index of a class, or one for each group of outputs."""
    numbers = _numbers(target)
    groups = len(numbers)
    if groups == count:
        yield numbers, 1
    if groups and count % groups == 0 and count > groups and all(x in range(count // groups) for x in numbers):
        yield tuple(float(index == x) for x in numbers for index in range(count // groups)), groups


def _numbers(target: Any) -> Numbers:
    if hasattr(target, "tolist"):
        target = target.tolist()
    if isinstance(target, list | tuple):
        return tuple(x for part in target for x in _numbers(part))
    try:
        return (float(getattr(target, "data", target)),)
    except (TypeError, ValueError):
        return ()


def _factor(slopes: Sequence[float], gradient: Sequence[float]) -> float:
    """The constant by which the gradient differs from these slopes; 0.0 if it is no constant."""
    largest = max(range(len(slopes)), key=lambda index: abs(slopes[index]))
    if not math.isfinite(slopes[largest]) or slopes[largest] == 0.0:
        return 0.0
    factor = _plain(gradient[largest] / slopes[largest], len(slopes))
    allowed = _TOLERANCE * abs(gradient[largest])
    fits = all(abs(factor * slope - g) <= allowed for slope, g in zip(slopes, gradient, strict=True))
    return factor if fits and factor > 0.0 else 0.0


def _plain(factor: float, count: int) -> float:
    """The factor without rounding errors, if it is a multiple of `1/(2 count)` as in a mean over the outputs."""
    near = round(2 * count * factor) / (2 * count) if abs(factor) < 1e6 else factor
    return near if math.isclose(near, factor, rel_tol=1e-12) else factor


def softmax(scores: Sequence[float]) -> list[float]:
    """The probabilities of classes with these scores.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum_of(powers)
    return [power / total for power in powers]


def _log_softmax(scores: Sequence[float]) -> list[float]:
    """The logarithms of the probabilities, with all digits where a probability is almost 1."""
    top = max(range(len(scores)), key=scores.__getitem__)
    rest = math.fsum(math.exp(score - scores[top]) for k, score in enumerate(scores) if k != top)
    return [score - scores[top] - math.log1p(rest) for score in scores]


def _sigmoid(score: float) -> float:
    power = math.exp(-abs(score))
    return (1.0 if score >= 0.0 else power) / (1.0 + power)


def _softplus(score: float) -> float:
    return max(score, 0.0) + math.log1p(math.exp(-abs(score)))


def _times(x: float, y: float) -> float:
    """A product in which 0 counts more than infinity, as in the entropy."""
    return 0.0 if x == 0.0 else x * y


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf


def _of_classes(scores: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """`p - y` without loss of digits where p is almost y; both add up to 1."""
    p = softmax(scores)
    others = [(math.fsum(p[:k] + p[k + 1 :]), math.fsum([*wanted[:k], *wanted[k + 1 :]])) for k in range(len(p))]
    return [p_k * rest_y - y_k * rest_p for p_k, y_k, (rest_p, rest_y) in zip(p, wanted, others, strict=True)]


def _of_softmax(scores: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """The gradient of `1/2 Σ (p - y)²` with respect to the scores."""
    p = softmax(scores)
    off = [p_k - y_k for p_k, y_k in zip(p, wanted, strict=True)]
    common = math.fsum(p_k * d for p_k, d in zip(p, off, strict=True))
    return [p_k * (d - common) for p_k, d in zip(p, off, strict=True)]


class _Form(NamedTuple):
    """A cost for `c = 1`, from outputs and targets.

    Attributes:
        fits: whether it can be a cost of these outputs.
        predict: `p`.
        slopes: the gradient with respect to the outputs.
        terms: the cost of each output.
    """

    fits: Callable[[Sequence[float]], bool]
    predict: Callable[[Sequence[float]], Iterable[float]]
    slopes: Callable[[Sequence[float], Sequence[float]], Iterable[float]]
    terms: Callable[[Sequence[float], Sequence[float]], Iterable[float]]


def _each(function: Callable[[float, float], float]) -> Callable[[Sequence[float], Sequence[float]], Iterable[float]]:
    """A function of an output and its target, for all of them."""
    return lambda outputs, wanted: map(function, outputs, wanted)


_FORMS: Final = {
    SQUARED: _Form(
        lambda _: True,
        lambda outputs: outputs,
        _each(lambda a, y: a - y),
        _each(lambda a, y: 0.5 * (a - y) * (a - y)),
    ),
    CROSS_ENTROPY: _Form(
        lambda outputs: len(outputs) > 1,
        softmax,
        _of_classes,
        lambda outputs, wanted: (
            0.0 - _times(y, log_p) for log_p, y in zip(_log_softmax(outputs), wanted, strict=True)
        ),
    ),
    BINARY_LOGITS: _Form(
        lambda _: True,
        lambda outputs: map(_sigmoid, outputs),
        _each(lambda a, y: (1.0 - y) * _sigmoid(a) - y * _sigmoid(-a)),
        _each(lambda a, y: _times(y, _softplus(-a)) + _times(1.0 - y, _softplus(a))),
    ),
    BINARY: _Form(
        lambda outputs: all(0.0 < a < 1.0 for a in outputs),
        lambda outputs: outputs,
        _each(lambda a, y: (a - y) / (a * (1.0 - a))),
        _each(lambda a, y: 0.0 - _times(y, _log(a)) - _times(1.0 - y, _log(1.0 - a))),
    ),
    SOFTMAX_SQUARED: _Form(
        lambda outputs: len(outputs) > 1,
        softmax,
        _of_softmax,
        lambda outputs, wanted: [0.5 * (p - y) * (p - y) for p, y in zip(softmax(outputs), wanted, strict=True)],
    ),
}
"""The costs in the order in which they are tried."""
