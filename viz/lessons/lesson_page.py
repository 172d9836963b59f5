"""`lesson_page`: a lesson as one HTML file, from one neuron's desired changes to the step that all samples agree on.

The page contains the numbers of the graph exactly: weights, biases, features, z, a, σ'(z), desired changes, error
signals and terms of the cost. Its script multiplies and adds them, so that a product on the page is that of the engine
to the last bit. Arrays of numbers are in base64, 8 bytes for each; features that are multiples of 1/255 take one byte.
"""

import math
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from struct import pack
from typing import Any, Final, TypeAlias

from viz.graph.arguments import check_title
from viz.lessons.lesson import Lesson, has_probabilities
from viz.lessons.lesson_names import layer_name
from viz.lessons.lesson_words import COSTS, PANELS, TEMPLATES
from viz.network.activation import LINEAR
from viz.network.batch import agreement, scalar_product
from viz.network.costs import OTHER
from viz.network.perceptron import Layer, Perceptron
from viz.network.sensitivity import Sensitivity, most_sensitive
from viz.picture.html_file import Page, compose
from viz.text import NAME, number, plural, printable

Facts: TypeAlias = dict[str, Any]

_SCRIPTS: Final = ("numbers", "elements", "facts", "forward", "panels")
"""The assets that come before `lesson.js`, in their order."""

DELTA: Final = 0.1
"""The change of a parameter whose effect is computed: large enough to show where the gradient is only a first guess."""

MOVED: Final = 10
"""So many parameters of each sample are moved."""

_NODES: Final = 400_000
"""Samples are run again with moved parameters until their graphs have so many nodes: a second of computing."""

_MINUS: Final = re.compile(r"(?<!\w)-")

_DIVISORS: Final = (255, 16, 15, 1)
"""Features of common images are bytes divided by one of these."""


def lesson_page(lesson: Lesson, title: str | None = None) -> Page:
    """A page that tells how the network of a lesson learns from its samples, in one file that works offline.

    A sample, a layer and a neuron are chosen by clicks or keys, and are part of the address, so that a place in the
    lesson can be linked.

    Args:
        lesson: the network with its numbers for each sample.
        title: the heading of the page.

    Raises:
        OperandTypeError: if the title is no str.

    >>> from nn import MLP
    >>> from viz.lessons.lesson import lesson
    >>> def loss(outputs, targets):
    ...     return (outputs[0] - targets[0]) ** 2
    >>> samples = [([1.0, -2.0], 1.0), ([0.5, 0.0], -1.0)]
    >>> lesson_page(lesson(MLP(2, [3, 1], rng=1), loss, samples, lr=0.1, classes=["score"], shape=None))
    Page(2 → 3 → 1, squared error, 2 samples, learning rate 0.1; show() opens it, save('page.html') writes it)
    """
    check_title(title)
    data = _facts(lesson)
    summary = _summary(lesson)
    heading = title or f"How one {'picture' if lesson.shape else 'sample'} teaches a network"
    html = compose("lesson", printable(heading), summary, data, scripts=_SCRIPTS)
    return Page(html, summary)


def _summary(lesson: Lesson) -> str:
    first = lesson.samples[0]
    sizes = " → ".join(str(size) for size in (len(first.features), *(len(layer.a) for layer in first.layers)))
    cost = "a cost of its own" if first.cost.name == OTHER else first.cost.name
    return f"{sizes}, {cost}, {plural(len(lesson.samples), 'sample')}, learning rate {number(lesson.lr)}"


def _facts(lesson: Lesson) -> Facts:
    first = lesson.samples[0]
    rates = agreement(lesson.samples)
    moved = _moved(lesson.samples)
    return {
        "lr": _array([lesson.lr]),
        "delta": _array([DELTA]),
        "shape": lesson.shape,
        "classes": [printable(name, NAME) for name in lesson.classes],
        "layers": [_layer(layer, layer_name(lesson, index)) for index, layer in enumerate(first.layers)],
        "samples": [
            _sample(lesson, sample) | {"cosine": _array([cosine]), "moved": rows}
            for sample, cosine, rows in zip(lesson.samples, rates, moved, strict=True)
        ],
        "panels": {name: panel._replace(intro=_unbroken(panel.intro)) for name, panel in PANELS.items()},
        "words": {key: _unbroken(text) for key, text in _templates(lesson).items()},
    }


def _templates(lesson: Lesson) -> Mapping[str, str]:
    """The templates; a target of which probabilities are computed is not said about the score they come from."""
    if any(has_probabilities(sample) for sample in lesson.samples):
        return {**TEMPLATES, "target": TEMPLATES["target of p"]}
    return TEMPLATES


def _unbroken(text: str) -> str:
    """The text with formulas that no line break divides, as it does after a hyphen that stands for a minus sign."""
    return _MINUS.sub("\u2212", text).replace(" · ", "\u00a0·\u00a0").replace(" \u2212 ", "\u00a0\u2212\u00a0")


def _layer(layer: Layer, name: str) -> Facts:
    return {
        "name": name,
        "activation": layer.activation,
        "isLinear": layer.activation == LINEAR,
        "weights": _array(weight.data for row in layer.weights for weight in row),
        "biases": _array(0.0 if bias is None else bias.data for bias in layer.biases),
        "hasBias": [bias is not None for bias in layer.biases],
    }


def _sample(lesson: Lesson, sample: Perceptron) -> Facts:
    name, is_right = _caption(sample, lesson.classes)
    return {
        "name": name,
        "isRight": is_right,
        "features": _features(sample.features),
        "layers": [_signals(layer) for layer in sample.layers],
        "cost": _cost(lesson, sample),
        "length": _array([math.sqrt(max(scalar_product(sample, sample), 0.0))]),
    }


def _signals(layer: Layer) -> Mapping[str, str]:
    return {key: _array(getattr(layer, key)) for key in ("z", "a", "slopes", "desired", "deltas")}


def _cost(lesson: Lesson, sample: Perceptron) -> Facts:
    cost = sample.cost
    return {
        "words": _unbroken(f"{COSTS[cost.name]} {lesson.remarks(sample)}".rstrip()),
        "total": _array([cost.total]),
        "factor": _array([cost.factor]),
        "target": _array(cost.target),
        "predicted": _array(cost.predicted),
        "terms": _array(cost.terms),
        "hasProbabilities": has_probabilities(sample),
    }


def _caption(sample: Perceptron, classes: Sequence[str]) -> tuple[str, bool | None]:
    """The class of a sample as a text, and whether it is found; an empty text and None if the sample has none."""
    target, outputs = sample.cost.target, sample.outputs
    if len(outputs) < 2 or sorted(target) != [0.0] * (len(target) - 1) + [1.0] or any(map(math.isnan, outputs)):
        return "", None
    wanted, found = target.index(1.0), outputs.index(max(outputs))
    name = f"“{printable(classes[wanted], NAME)}”"
    return (name, True) if wanted == found else (f"{name}, read as “{printable(classes[found], NAME)}”", False)


def _moved(samples: Sequence[Perceptron]) -> list[list[Facts] | None]:
    """For each sample the parameters that were moved; None for those that would take too long."""
    sizes = accumulate(len(sample.order) for sample in samples)
    return [
        [_row(found) for found in most_sensitive(sample, MOVED, DELTA)] if index == 0 or size <= _NODES else None
        for index, (sample, size) in enumerate(zip(samples, sizes, strict=True))
    ]


def _row(found: Sensitivity) -> Facts:
    return {
        "layer": found.layer,
        "neuron": found.neuron,
        "source": found.source,
        "label": printable(found.parameter.label, NAME),
        "numbers": _array([found.gradient, found.predicted, found.real]),
    }


def _features(features: Sequence[float]) -> Facts:
    for divisor in _DIVISORS:
        parts = [round(x * divisor) if 0.0 <= x * divisor < 256.0 else -1 for x in features]
        if all(
            part >= 0 and part / divisor == x and math.copysign(1.0, x) > 0.0
            for part, x in zip(parts, features, strict=True)
        ):
            return {"bytes": b64encode(bytes(parts)).decode(), "divisor": divisor}
    return {"floats": _array(features)}


def _array(numbers: Iterable[float]) -> str:
    """Numbers as 8 bytes each, little-endian, in base64."""
    values = tuple(numbers)
    return b64encode(pack(f"<{len(values)}d", *values)).decode()
