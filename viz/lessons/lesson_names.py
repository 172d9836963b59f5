"""The names of layers, neurons and inputs in a lesson."""

from viz.lessons.lesson import Lesson
from viz.network.names import spoken
from viz.text import NAME, printable


def layer_name(lesson: Lesson, layer: int) -> str:
    """The name of a layer in the model, or its number from 1 on if it has none or only a number."""
    return spoken(lesson.chosen.layers[layer].name) or f"layer {layer + 1}"


def neuron_name(lesson: Lesson, layer: int, neuron: int) -> str:
    """The name of a neuron: in the last layer that of its class."""
    if layer == len(lesson.chosen.layers) - 1:
        return f"output {printable(lesson.classes[neuron], NAME)}"
    return f"neuron {neuron} of {layer_name(lesson, layer)}"


def input_name(lesson: Lesson, layer: int, index: int) -> str:
    """The name of an input of a layer: a pixel, a feature, or a neuron of the layer before."""
    if layer:
        return neuron_name(lesson, layer - 1, index)
    if lesson.shape:
        return f"pixel ({index // lesson.shape[1]}, {index % lesson.shape[1]})"
    return f"input {index}"


def parameter_name(lesson: Lesson, layer: int, neuron: int, source: int | None) -> str:
    """The name of a weight, by its two ends, or of a bias."""
    target = neuron_name(lesson, layer, neuron)
    return f"bias of {target}" if source is None else f"weight from {input_name(lesson, layer, source)} to {target}"
