"""The words of the page of a lesson: what does not depend on a click, and templates for what does.

A template names in braces what the script of the page fills in. All words of the page stand here, and none in the
script.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from viz.network.costs import BINARY, BINARY_LOGITS, CROSS_ENTROPY, OTHER, SOFTMAX_SQUARED, SQUARED


class Panel(NamedTuple):
    """A part of the page: its title, and the sentences that it begins with."""

    title: str
    intro: str


PANELS: Final[Mapping[str, Panel]] = {
    "forward": Panel(
        "From the sample to its cost",
        "Each neuron multiplies its inputs by its weights, adds its bias, and puts the sum z into its activation "
        "function. The result is its activation a, an input of the next layer. The stronger the colour, the farther a "
        "number is from 0; negative numbers are hatched. Choose a neuron to follow it down this page.",
    ),
    "desired": Panel(
        "What the outputs should do",
        "Some outputs should rise and others fall. An arrow points where the cost becomes smaller. It is as long as "
        "minus the derivative of the cost with respect to the activation, -∂C/∂a: the cost falls by so much for each "
        "unit of the change. Below each arrow stand the name of the output, its activation a, and -∂C/∂a.",
    ),
    "ways": Panel(
        "One neuron has three ways to change",
        "A neuron does not set its activation; it follows from its bias, its weights, and the activations before it. "
        "The cost asks each of the three for a change: minus its derivative. All of them contain the error signal of "
        "the neuron, δ = ∂C/∂z = ∂C/∂a · σ'(z).",
    ),
    "together": Panel(
        "All neurons of a layer ask the layer before",
        "Every neuron of the layer has its own desired changes for the activations before it, -δ · w. Neurons "
        "contradict each other, so what counts is their sum.",
    ),
    "average": Panel(
        "All samples together",
        "Each sample asks for other changes of the same weights. A network that follows one sample alone learns that "
        "sample alone. So the step is made from the mean: it is the negative gradient of the cost over the batch, and "
        "the learning rate says how far to go.",
    ),
    "sensitivity": Panel(
        "What the cost reacts to most",
        "A gradient is also a measure of importance: a small change of a parameter changes the cost by the gradient "
        "times the change. Here are the parameters with the largest gradients, each moved alone, and what the cost "
        "really did.",
    ),
}
"""The panels in their order, by the names that their elements have on the page."""

COSTS: Final[Mapping[str, str]] = {
    SQUARED: (
        "Squared error: each output adds c/2 · (a - y)² to the cost, where y is what it should be and c = {factor}."
    ),
    CROSS_ENTROPY: (
        "Cross-entropy: softmax makes probabilities p of the outputs, and each output adds -c · y · log p to the cost, "
        "where y is what p should be and c = {factor}."
    ),
    BINARY: (
        "Binary cross-entropy: each output is a probability p and adds -c · (y · log p + (1 - y) · log(1 - p)) to the "
        "cost, where y is what it should be and c = {factor}."
    ),
    BINARY_LOGITS: (
        "Binary cross-entropy: p = σ(a) is a probability, and each output adds -c · (y · log p + (1 - y) · log(1 - p)) "
        "to the cost, where y is what p should be and c = {factor}."
    ),
    SOFTMAX_SQUARED: (
        "Squared error: softmax makes probabilities p of the outputs, and each output adds c/2 · (p - y)² to the cost, "
        "where y is what p should be and c = {factor}."
    ),
    OTHER: "The cost of this sample is {total}. It is no cost whose terms are known here; its derivatives are exact.",
}
"""What each cost adds up."""

HEAD: Final = "The {head} of the model is a part of the cost here; the outputs are the scores before it."
"""What is said of a model that ends with a function of all its outputs."""

OWN: Final = "The activations have {count} of their own, which are not shown here; their gradients count in the angles."
"""What is said of parameters that are neither weights nor biases."""

TEMPLATES: Final[Mapping[str, str]] = {
    "neuron": "neuron {index}",
    "input": "input {index}",
    "pixel": "pixel {row}, {column}",
    "output": "“{name}”",
    "bias": "bias",
    "connection": "the weight from {source} to {neuron}",
    "bias of": "the bias of {neuron}",
    "size": "{count} × {activation}",
    "features": "features",
    "more": "and {count} more",
    "more cells": "and {count} more, which the list above has",
    "cell": "{neuron} of {layer}: activation {a}, desired change {desired}",
    "feature": "{name}: {x}",
    "picture": "sample",
    "target": "should be {y}",
    "target of p": "p should be {y}",
    "activation": "a",
    "probability": "p",
    "wanted": "y",
    "term": "cost",
    "of output": "output",
    "total": "sum",
    "rest": "{count} more",
    "right": "read rightly",
    "wrong": "read wrongly",
    "desired of output": "{name}: desired change {desired}",
    "most wanted up": "The largest desired change is that {name} rises: for each unit the cost falls by {size}.",
    "most wanted down": "The largest desired change is that {name} falls: for each unit the cost falls by {size}.",
    "none wanted": "No output should change: all derivatives are 0.",
    "chosen": "{neuron} of {layer}",
    "place": "{neuron}, for {sample}",
    "sample": "sample {index}",
    "named sample": "sample {index}: {name}",
    "weighted sum": "z = w · x + b",
    "its activation": "a = {activation}(z)",
    "its linear activation": "a = z",
    "slope": "slope σ'(z)",
    "desired": "desired change of a, -∂C/∂a",
    "error signal": "error signal δ = ∂C/∂z",
    "up": "The cost wants {neuron} to rise: z should become larger.",
    "down": "The cost wants {neuron} to fall: z should become smaller.",
    "turned up": (
        "The cost wants {neuron} to rise. Its activation function falls here, σ'(z) < 0, so z should become smaller."
    ),
    "turned down": (
        "The cost wants {neuron} to fall. Its activation function falls here, σ'(z) < 0, so z should become larger."
    ),
    "still": "The cost asks nothing of {neuron}: its error signal is 0.",
    "flat": (
        "The cost wants another activation of {neuron}, but its activation function is flat here, σ'(z) = 0. No small "
        "change of z moves it, so nothing is passed on and no weight of it learns from this sample."
    ),
    "way bias": "1. Its bias",
    "way weights": "2. Its weights",
    "way before": "3. The activations before it",
    "why bias": "The bias is added as it is, so it is asked for -δ.",
    "no bias": "This neuron has no bias.",
    "why weights": (
        "In proportion to the activations they come from: -δ · x. The weight of an input that is 0 changes nothing."
    ),
    "why before": (
        "In proportion to its weights: -δ · w. A positive weight keeps its direction, a negative one reverses it."
    ),
    "why features": (
        "In proportion to its weights: -δ · w. These are the features of the sample, which nobody changes; the numbers "
        "say what the neuron looks for."
    ),
    "more changes": "and {count} more, none farther from 0 than {bound}; together they would move z by {moves}",
    "effects": "The three compared",
    "why effects": "If one of them makes just the changes that it is asked for, z moves by:",
    "effect bias": "bias: -δ",
    "effect weights": "weights: -δ · Σ x²",
    "effect before": "activations: -δ · Σ w²",
    "hebb": (
        "The change of a weight is the product of what stands at its two ends. For {connection} this is the activation "
        "before it, {x}, and what its neuron wants, -δ = {ask}: together {change}. Hebb's rule for nerve cells has "
        "the same form: a link grows when the cells at both its ends are active together. Here the error signal stands "
        "in the place of the second activity."
    ),
    "weights picture": "weights w",
    "changes picture": "desired changes of the weights, -δ · x",
    "pixels picture": "desired changes of the pixels, -δ · w",
    "range": "dark {low} to bright {high}",
    "pixel value": "{name}: {x}",
    "column": "what {neuron} asks for",
    "asked by": "asked by",
    "of sample": "sample",
    "sum": "sum",
    "others": "{count} others",
    "sum means": (
        "A column is what one neuron asks for. The sums are the desired changes of {layer}, as arrows for the outputs "
        "were. With them the same begins there: choose a row to see the three ways of its neuron."
    ),
    "sum of features": (
        "A column is what one neuron asks for. This is the first layer, where the way back ends. The sums say which "
        "features would make this sample cheaper."
    ),
    "gallery": (
        "This is the first layer, where the way back ends. Its weights are pictures: bright where a pixel raises z, "
        "dark where it lowers it. Below each stands -δ, by which its weights are multiplied. The large picture is the "
        "sum of what the neurons ask for, -δ · w: how the sample would have to change to cost less."
    ),
    "sum picture": "sum of -δ · w",
    "elsewhere": (
        "These sums differ from the desired changes that the graph has, because the cost depends on these activations "
        "in another way, too."
    ),
    "back": "On to {layer}",
    "averaged": (
        "Desired changes of the parameters of {neuron} with the largest means. The last column is the mean times the "
        "learning rate {lr}."
    ),
    "parameter": "parameter",
    "mean": "mean",
    "step": "step",
    "angle": "angle",
    "angles": (
        "How far the samples agree: the angle between the desired changes of one sample, of all parameters, and their "
        "mean. At 0° a sample wants just the mean; at 90° a small step does nothing for it; beyond, the step makes it "
        "worse. A ray is as long as the gradient of its sample."
    ),
    "angle of": "{sample}: {angle} from the mean, length {length}",
    "against": "A small step along the mean makes {count} of {all} samples worse.",
    "all helped": "A small step along the mean makes no sample worse.",
    "one sample": "There is one sample, so the mean is what it wants.",
    "samples left out": "The mean is over all {count} samples.",
    "importance": (
        "A change of {first} counts {ratio} times as much as the same change of {other}, which stands in the middle of "
        "the {count} parameters with a gradient."
    ),
    "zeros": "Of {all} parameters, {count} have the gradient 0 for this sample.",
    "no importance": "No parameter has a gradient for this sample.",
    "no reruns": "The table is there for the first {count} samples.",
    "gradient": "gradient",
    "as much": "relative to first",
    "predicted": "predicted change",
    "real": "real change",
    "moved": (
        "Each is moved by {delta}, which changes the cost. The real change differs the more, the more the cost is "
        "curved."
    ),
}
"""What the script fills in."""
