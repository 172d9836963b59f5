"""The numbers of a lesson: a network, some samples that went through it, and the step that they ask for together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viz.network.perceptron import Loss, Model, Perceptron, perceptron
from viz.network.batch import check_same_network


@dataclass(frozen=True, repr=False)
class Lesson:
    """What a walkthrough shows.

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


def lesson(
    model: Model, loss: Loss, samples: Sequence[Any], lr: float, classes: Sequence[str], shape: tuple[int, int] | None
) -> Lesson:
    read = tuple(perceptron(model, loss, sample) for sample in samples)
    check_same_network(read)
    return Lesson(read, lr, tuple(classes), shape)
