"""`walkthrough`: how one sample, such as a handwritten digit, teaches a network."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_core.calls import explained
from autograd_core.paths import format_of, path_of
from viz.graph.arguments import check_title
from viz.lessons import lesson_text as texts
from viz.lessons.lesson import AUTO, Lesson, lesson, size_of
from viz.lessons.lesson_figures import figure_of
from viz.lessons.lesson_page import lesson_page
from viz.picture import viewer
from viz.picture.saving import save_text

if TYPE_CHECKING:
    from viz.network.runs import Loss, Model
    from viz.picture.html_file import Page
    from viz.plots.canvas import Axes, Figure


@dataclass(frozen=True, repr=False)
class Walkthrough:
    """How a sample teaches a network, in six panels, as a page, as text and as figures.

    1. `sample`: the sample, the activations, and the cost term by term.
    2. `outputs`: the desired change of each output.
    3. `neuron`: the three ways to change a neuron, by its bias, its weights, and the activations before it.
    4. `activation`: what the neurons of a layer ask of one activation before it, and the sum.
    5. `averaging`: what each sample asks for, the mean, and the step.
    6. `sensitivity`: the parameters to which the cost reacts most.

    Attributes:
        lesson: the numbers.
        title: the heading of the page; None for one that names the network and the sample.
    """

    lesson: Lesson
    title: str | None = None

    @property
    def text(self) -> str:
        """All panels as text, about the output with the largest desired change."""
        layer, neuron, source = self._default()
        parts = [
            texts.heading(self.lesson),
            texts.text_of_sample(self.lesson),
            texts.text_of_outputs(self.lesson),
            texts.text_of_neuron(self.lesson, layer, neuron),
            texts.text_of_column(self.lesson, layer, source),
            texts.text_of_averaging(self.lesson, layer, neuron),
            texts.text_of_sensitivity(self.lesson),
        ]
        return "\n\n".join(parts)

    def neuron(self, layer: int, neuron: int) -> str:
        """The three ways to change a neuron, as text.

        Args:
            layer: the index of the layer, from 0 on.
            neuron: the index of the neuron in it.

        Raises:
            InputError: if there is no such neuron.
        """
        return texts.text_of_neuron(self.lesson, layer, neuron)

    def activation(self, layer: int, source: int) -> str:
        """What the neurons of a layer ask of one activation before it, and the sum, as text.

        Args:
            layer: the index of the layer that asks, from 0 on.
            source: the index of its input.

        Raises:
            InputError: if there is no such input.
        """
        return texts.text_of_column(self.lesson, layer, source)

    def page(self) -> Page:
        """The walkthrough as one HTML file that works offline, in which samples, layers and neurons are chosen."""
        return lesson_page(self.lesson, self.title)

    def figure(
        self, panel: str, *, layer: int | None = None, neuron: int | None = None, ax: Axes | None = None
    ) -> Figure:
        """One panel as a figure of matplotlib.

        Args:
            panel: the name of a panel, or `"weights"` for the weights of a neuron of the first layer, as an image if
                the features are one.
            layer: the index of a layer, for `"neuron"`, `"activation"` and `"averaging"`; by default the last one.
            neuron: the index of a neuron in it, for `"weights"` in the first layer; by default the one with the
                strongest error signal. For `"activation"` the index of an input of the layer; by default the one with
                the largest desired change.
            ax: axes to draw on; by default those of a new figure.

        Raises:
            InputError: if there is no such panel, layer or neuron, if the panel takes no layer or neuron, or if
                matplotlib is not installed.
        """
        return figure_of(self.lesson, panel, layer, neuron, ax)

    def _default(self) -> tuple[int, int, int]:
        """The last layer, its output with the largest desired change, and the activation before it with the largest."""
        return self._default_of(len(self.lesson.chosen.layers) - 1)

    def _default_of(self, layer: int) -> tuple[int, int, int]:
        found = self.lesson.of_layer(layer)
        before = [self.lesson.sum_of_column(layer, source) for source in range(len(found.x))] if layer else [0.0]
        return layer, _largest(found.desired), _largest(before)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file that ends in `.html`, or the text to one that ends in `.txt`. The write is atomic.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is not a path.
            InputError: if it has another ending.
            OSError: if the file cannot be written.
        """
        target = path_of(path, "save('walkthrough.html')")
        content = self.page().html if format_of(target, "walkthrough") == "html" else self.text + "\n"
        return save_text(target, content, "walkthrough", "walkthrough.html")

    def show(self) -> None:
        """Show the page: in a notebook below the cell, otherwise in a browser."""
        self.page().show()

    def __repr__(self) -> str:
        """One line: what is shown, and how to see it."""
        return f"Walkthrough({texts.heading(self.lesson)}; {viewer.ways('walkthrough.html')})"

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> Mapping[str, str]:
        """What a notebook shows: the page."""
        return {**self.page()._repr_mimebundle_(include, exclude), "text/plain": repr(self)}


@explained()
def walkthrough(
    model: Model,
    loss: Loss,
    samples: Sequence[Any],
    *,
    lr: float = 0.1,
    classes: Sequence[str] | None = None,
    shape: tuple[int, int] | str | None = AUTO,
    title: str | None = None,
) -> Walkthrough:
    """Explain how one sample teaches a network, with the other samples beside it.

    Every number is one of the graph of the cost, or a product or sum of such numbers that is written out. No `.grad` is
    read or changed.

    Args:
        model: a perceptron: a callable with `named_parameters()` or `parameters()`, from features to outputs, whose
            layers are dense. Put a model with dropout or batch normalisation into `eval()` mode. A softmax at its end
            is taken as a part of the cost.
        loss: from a list of outputs and a list of targets to a number, as for `nn.fit`; it is called for one sample at
            a time.
        samples: pairs of features and target. The walkthrough is about the first one; the others are compared with it
            and averaged, about eight are enough. The page grows with each.
        lr: the learning rate of the step. Default 0.1, with which a step can be seen.
        classes: a name for each output; by default its index.
        shape: height and width of the features as an image; None if they are none. By default they are an image if they
            fill a square of at least 8 by 8.
        title: the heading of the page.

    Raises:
        OperandTypeError: if an argument is of the wrong type.
        InputError: if there are no samples, `lr` is not positive, the network is no perceptron, the cost depends on a
            weight in another way than by its layer, as with a penalty, a module is in training mode in which it draws
            random numbers or takes statistics of a batch, or a number is nan or infinite.
        ShapeError: if the number of classes is not that of the outputs, or the shape does not hold the features.

    Errors of the model or the loss name the sample.

    >>> from autograd_core import Value
    >>> class Model:
    ...     w = Value(0.5)
    ...     def named_parameters(self):
    ...         return [("w", self.w)]
    ...     def __call__(self, x):
    ...         return (self.w * x[0]).tanh()
    >>> lesson = walkthrough(Model(), lambda outputs, targets: (outputs[0] - targets[0]) ** 2, [([2.0], 1.0)])
    >>> print(lesson.neuron(0, 0).splitlines()[1])
    It is asked to change by 0.4768. Its error signal is δ = ∂C/∂a × σ'(z) = -0.4768 × 0.4200 = -0.2002.
    """
    check_title(title)
    return Walkthrough(lesson(model, loss, samples, lr=lr, classes=classes, shape=shape), title)


def _largest(changes: Sequence[float]) -> int:
    return max(range(len(changes)), key=lambda index: size_of(changes[index]))
