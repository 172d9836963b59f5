"""The numbers of a lesson: a network, some samples that went through it, and what each of them asks for.

A sample asks for changes that lower its cost, and each is minus a derivative of the cost:

* the change of an activation, which the cost asks for itself in the last layer, and the next layer in the others
* the change of a weight, minus the product of what stands at its two ends: the error signal of its neuron and its input
* the change of a bias, minus the error signal of its neuron

Samples ask for different changes. A step of gradient descent is their mean times the learning rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_core import InputError, OperandTypeError, ShapeError
from viz.lessons.lesson_words import HEAD, OWN
from viz.network.batch import agreement, check_same_network, mean_gradient
from viz.network.costs import BINARY_LOGITS, CROSS_ENTROPY, SOFTMAX_SQUARED
from viz.network.heads import LOG_SOFTMAX, SOFTMAX
from viz.network.perceptron import Layer, Perceptron, perceptron
from viz.network.runs import Loss, Model
from viz.text import plural

SMALLEST_SIDE = 8
"""Features that fill a square of at least this side are taken for an image: those of `nn.data.digits` have 8."""

AUTO = "auto"


class Change(NamedTuple):
    """A change that is asked for, as a product.

    Attributes:
        position: the index of the input, or of the neuron that asks.
        factor: the weight, or the activation, in the product.
        delta: the error signal in the product.
        change: minus the product: what is asked for.
    """

    position: int
    factor: float
    delta: float
    change: float


@dataclass(frozen=True, repr=False)
class Lesson:
    """A network, some samples that went through it, and the step that they ask for together.

    Attributes:
        samples: the network with its numbers for each sample; the lesson is about the first one.
        lr: the learning rate.
        classes: a name for each output.
        shape: height and width of the features as an image; None if they are none.
    """

    samples: tuple[Perceptron, ...]
    lr: float
    classes: tuple[str, ...]
    shape: tuple[int, int] | None

    @property
    def chosen(self) -> Perceptron:
        """The sample that the lesson is about."""
        return self.samples[0]

    def of_layer(self, layer: int) -> Layer:
        """A layer with its numbers for the chosen sample.

        Raises:
            InputError: if there is no such layer.
        """
        return self.chosen.layers[check_index("layer", layer, len(self.chosen.layers))]

    def of_weights(self, layer: int, neuron: int) -> list[Change]:
        """The changes that the chosen sample asks for in the weights of a neuron: in proportion to the inputs."""
        found = self.of_layer(layer)
        delta = found.deltas[check_index("neuron", neuron, len(found.a))]
        return [Change(index, x, delta, 0.0 - delta * x) for index, x in enumerate(found.x)]

    def of_inputs(self, layer: int, neuron: int) -> list[Change]:
        """The changes that a neuron asks for in its inputs: in proportion to its weights."""
        found = self.of_layer(layer)
        row = found.weights[check_index("neuron", neuron, len(found.a))]
        delta = found.deltas[neuron]
        return [Change(index, w.data, delta, 0.0 - delta * w.data) for index, w in enumerate(row)]

    def column(self, layer: int, source: int) -> list[Change]:
        """What each neuron of a layer asks for in one of its inputs; the sum is the desired change of that input."""
        found = self.of_layer(layer)
        check_index("input", source, len(found.x))
        rows = zip(found.weights, found.deltas, strict=True)
        return [
            Change(index, row[source].data, delta, 0.0 - delta * row[source].data)
            for index, (row, delta) in enumerate(rows)
        ]

    def asked_by_samples(self, layer: int, neuron: int, source: int | None) -> list[float]:
        """The change that each sample asks for in a weight of a neuron, or with None in its bias."""
        layers = [sample.layers[layer] for sample in self.samples]
        return [0.0 - one.deltas[neuron] * (1.0 if source is None else one.x[source]) for one in layers]

    def mean_change(self, layer: int, neuron: int, source: int | None) -> float:
        """The mean of these changes: minus the gradient of the mean cost of the samples."""
        return 0.0 - mean_gradient(self.samples, layer, neuron, source)

    def sum_of_column(self, layer: int, source: int) -> float:
        """The desired change of an input of a layer: the sum of what its neurons ask for."""
        return math.fsum(one.change for one in self.column(layer, source))

    def by_mean_change(self, layer: int, neuron: int) -> list[int | None]:
        """The inputs of a neuron, and None for its bias, by the size of the mean change of their parameter."""
        found = self.of_layer(layer)
        sources: list[int | None] = [*range(len(found.x))]
        if found.biases[check_index("neuron", neuron, len(found.a))] is not None:
            sources.append(None)
        return sorted(sources, key=lambda source: -size_of(self.mean_change(layer, neuron, source)))

    def sample_name(self, index: int) -> str:
        """The name of the class of a sample, or its number from 0 on."""
        return self.class_of(self.samples[index]) or f"sample {index}"

    def angles(self) -> list[float]:
        """The angle in degrees between what each sample asks for in all parameters and the mean; nan if one is 0."""
        return [
            math.nan if math.isnan(cosine) else math.degrees(math.acos(cosine)) for cosine in agreement(self.samples)
        ]

    def class_of(self, sample: Perceptron) -> str:
        """What the sample is, as a name; empty if its target is no class."""
        target = sample.cost.target
        is_one_hot = len(target) > 1 and sorted(target) == [0.0] * (len(target) - 1) + [1.0]
        return self.classes[target.index(1.0)] if is_one_hot else ""

    def read_as(self, sample: Perceptron) -> str:
        """The name of the largest output; empty if the target is no class."""
        return self.classes[sample.outputs.index(max(sample.outputs))] if self.class_of(sample) else ""

    def remarks(self, sample: Perceptron) -> str:
        """What has to be known about the network before its numbers are read; "" if nothing has."""
        count = sum(len(layer.own) for layer in sample.layers)
        remarks = [HEAD.format(head=sample.head)] if sample.head else []
        remarks += [OWN.format(count=plural(count, "parameter"))] if count else []
        return " ".join(remarks)

    def describe(self, sample: Perceptron) -> str:
        """The sample in a few words.

        These are its class and the class that is predicted, or the number of its features if it has no class.
        """
        name = self.class_of(sample)
        return (
            f"{name}, read as {self.read_as(sample)}" if name else f"sample of {plural(len(sample.features), 'number')}"
        )


def lesson(
    model: Model,
    loss: Loss,
    samples: Sequence[Any],
    *,
    lr: float = 0.1,
    classes: Sequence[str] | None = None,
    shape: tuple[int, int] | str | None = AUTO,
) -> Lesson:
    """Run a perceptron on samples, and collect what they ask for. Arguments and errors are those of `walkthrough`."""
    if isinstance(samples, str) or not isinstance(samples, Sequence):
        raise OperandTypeError(f"expected samples as a list of pairs (features, target), got {type(samples).__name__}")
    if isinstance(samples, tuple) and len(samples) == 2 and not all(isinstance(one, tuple | list) for one in samples):
        raise OperandTypeError("expected samples as a list of pairs (features, target), got one pair; write [sample]")
    if not samples:
        raise InputError("expected at least one sample, got none")
    if isinstance(lr, bool) or not isinstance(lr, int | float) or not 0.0 < lr < math.inf:
        raise InputError(f"expected a positive number as lr, got {lr!r}")
    read = tuple(perceptron(model, loss, sample, f"sample {index}") for index, sample in enumerate(samples))
    check_same_network(read)
    count = len(read[0].outputs)
    names = tuple(map(str, range(count) if classes is None else classes))
    if len(names) != count:
        raise ShapeError(f"expected a name for each of {plural(count, 'output')}, got {len(names)} classes")
    return Lesson(read, float(lr), names, image_shape(len(read[0].features), shape))


def image_shape(count: int, shape: tuple[int, int] | str | None) -> tuple[int, int] | None:
    """Height and width of an image of `count` features; None if they are no image.

    >>> image_shape(784, "auto"), image_shape(4, "auto"), image_shape(4, (2, 2))
    ((28, 28), None, (2, 2))
    """
    if shape is None:
        return None
    if shape == AUTO:
        side = math.isqrt(count)
        return (side, side) if side >= SMALLEST_SIDE and side * side == count else None
    is_pair = isinstance(shape, tuple | list) and len(shape) == 2 and all(isinstance(side, int) for side in shape)
    if not is_pair or isinstance(shape, str):
        raise OperandTypeError(f"expected shape as (height, width), None or 'auto', got {shape!r}")
    if shape[0] * shape[1] != count:
        raise ShapeError(f"expected a shape that holds {plural(count, 'feature')}, got {shape[0]} by {shape[1]}")
    return shape[0], shape[1]


def check_index(name: str, index: object, count: int) -> int:
    """Return an index from 0 on.

    Raises:
        InputError: if it is none.
    """
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < count:
        article = "an" if name[0] in "aeiou" else "a"
        raise InputError(f"expected {article} {name} from 0 to {count - 1}, got {index!r}")
    return index


def size_of(change: float) -> float:
    """The size by which changes are sorted; nan counts as the largest, because it must not be overlooked."""
    return math.inf if math.isnan(change) else abs(change)


def has_probabilities(sample: Perceptron) -> bool:
    """Whether probabilities are computed from the outputs, by the cost or by a softmax of the model."""
    return sample.cost.name in (CROSS_ENTROPY, BINARY_LOGITS, SOFTMAX_SQUARED) or sample.head in (SOFTMAX, LOG_SOFTMAX)
