"""What several samples ask of the same weights: the gradient of each sample, their mean, and how far they agree.

The gradient of a weight for one sample is the product of what stands at its two ends, the error signal of its neuron
and its input: Hebb's rule with the error signal in the place of the activation. So the scalar product of the gradients
of two samples is a sum over layers of `(δ · δ') (x · x' + 1)`, where 1 stands for the bias, and needs no gradient of a
single weight.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import starmap
from operator import mul

from autograd_core import InputError
from viz.network.perceptron import Layer, Own, Perceptron
from viz.network.total import total


def mean_gradient(samples: Sequence[Perceptron], layer: int, neuron: int, source: int | None) -> float:
    """The mean over samples of the gradient of a weight, or with None of the bias of the neuron."""
    layers = [sample.layers[layer] for sample in samples]
    gradients = [one.deltas[neuron] * (1.0 if source is None else one.x[source]) for one in layers]
    return total(gradients) / len(gradients)


def scalar_product(one: Perceptron, other: Perceptron) -> float:
    """The scalar product of the gradients of two samples, over all weights, biases and parameters of activations."""
    return total(starmap(_of_layer, zip(one.layers, other.layers, strict=True)))


def _of_layer(one: Layer, other: Layer) -> float:
    inputs = total(map(mul, one.x, other.x))
    of_weights = total(map(mul, one.deltas, other.deltas)) * inputs
    biased = [d * e for d, e, bias in zip(one.deltas, other.deltas, one.biases, strict=True) if bias is not None]
    own = [a.gradient * b.gradient for a, b in zip(one.own, other.own, strict=True)]
    return of_weights + total((*biased, *own))


def agreement(samples: Sequence[Perceptron]) -> list[float]:
    """The cosine of the angle between the gradient of each sample and their mean; nan if one of the two is 0.

    1 means that a step along the mean helps the sample as much as a step of its own, 0 that it does not help, and a
    negative number that it harms.
    """
    mean = [_mean(layers) for layers in zip(*(sample.layers for sample in samples), strict=True)]
    of_mean = math.hypot(*(x for rows in mean for row in rows for x in row))
    cosines = []
    for sample in samples:
        product = total(starmap(_with_mean, zip(sample.layers, mean, strict=True)))
        length = math.sqrt(max(scalar_product(sample, sample), 0.0)) * of_mean
        cosines.append(max(-1.0, min(1.0, product / length)) if length > 0.0 else math.nan)
    return cosines


def _mean(layers: Sequence[Layer]) -> list[list[float]]:
    """The mean gradient of the weights and the bias of each neuron, and last that of the activations, in one pass."""
    rows = [[0.0] * (len(layers[0].x) + 1) for _ in layers[0].biases]
    for layer in layers:
        inputs = [(index, x / len(layers)) for index, x in enumerate((*layer.x, 1.0)) if x]
        for row, delta in zip(rows, layer.deltas, strict=True):
            for index, x in inputs if delta else ():
                row[index] += delta * x
    for row, bias in zip(rows, layers[0].biases, strict=True):
        row[-1] = 0.0 if bias is None else row[-1]
    return [*rows, [total(one.gradient for one in same) / len(layers) for same in _own(layers)]]


def _own(layers: Sequence[Layer]) -> Iterable[tuple[Own, ...]]:
    """Each parameter of the activations of a layer, for all samples."""
    return zip(*(layer.own for layer in layers), strict=True)


def _with_mean(layer: Layer, mean: Sequence[Sequence[float]]) -> float:
    """The scalar product of the gradient of a sample in a layer with the mean."""
    inputs = (*layer.x, 1.0)
    *rows, last = mean
    of_neurons = (delta * total(map(mul, row, inputs)) for delta, row in zip(layer.deltas, rows, strict=True) if delta)
    return total((*of_neurons, *map(mul, (one.gradient for one in layer.own), last)))


def check_same_network(samples: Sequence[Perceptron]) -> None:
    """Check that all samples went through the same layers.

    Raises:
        InputError: if they did not.
    """
    first = samples[0]
    for index, sample in enumerate(samples):
        if _shape(sample) != _shape(first):
            raise InputError(
                f"sample {index}: expected the layers of sample 0, {[*first.layers]}, got {[*sample.layers]}"
            )


def _shape(sample: Perceptron) -> list[tuple[str, list[int]]]:
    """The name of each layer, and the number of weights of each neuron."""
    return [(layer.name, [*map(len, layer.weights)]) for layer in sample.layers]
