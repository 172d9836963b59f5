"""A perceptron and its gradients as NumPy source: the four equations, one line each, with the exact numbers.

The source imports NumPy only (and `math` for an activation that needs the error function). Nothing is left out,
because it is there to be run: it ends with the gradients by the names of the parameters.
"""

from collections.abc import Mapping, Sequence

from autograd_core import Value
from viz.lessons.cost_source import cost_source
from viz.lessons.numpy_parts import (
    Function,
    applied,
    array,
    by_name,
    comment,
    definitions,
    functions_for,
    matrix,
    unused,
)
from viz.network.activation import Activation, together
from viz.network.perceptron import Layer, Perceptron


def numpy_source(network: Perceptron, names: Mapping[int, str], title: str, lr: float) -> str:
    """The source.

    Args:
        network: the network with its numbers.
        names: the names of the parameters, by their identity.
        title: what the network is.
        lr: the learning rate.
    """
    functions = functions_for(f for layer in network.layers for f in together(layer.functions))
    layers = network.layers
    cost = cost_source(network.cost, [0.0 - change for change in layers[-1].desired], f"a{len(layers)}")
    forward = "".join(_forward(layer, k, functions) for k, layer in enumerate(layers, start=1))
    backward = "".join(_backward(layers[k - 1], k, k == len(layers), functions) for k in range(len(layers), 0, -1))
    body = f"""\
# ---- The network and the sample

eta = {lr!r}  # the learning rate
a0 = {array(network.features)}  # the features
{f"y = {array(network.cost.target)}  # the target" if network.cost.target else "# The target is part of the cost."}
{"".join(_parameters(layer, k) for k, layer in enumerate(layers, start=1))}
# ---- Forward: z = W a + b, a = sigma(z)

{forward}{cost.forward}
# ---- Backward: delta is the derivative of the cost C with respect to z

{cost.backward}{backward}
# ---- The gradients by the names of the parameters, and the changes of a step of gradient descent

gradients = {{}}
{"".join(_names(layer, k, names) for k, layer in enumerate(layers, start=1))}\
{"".join(_of_graph(layer) for layer in layers)}\
{unused("gradients", names, network.parameters)}\
changes = {{name: -eta * gradient for name, gradient in gradients.items()}}
"""
    defined = definitions(functions, body)
    head = f'"""Backpropagation in {comment(title)}, for one sample."""\n\n'
    needs_math = "import math\n\n" if "math." in defined else ""
    return f"{head}{needs_math}import numpy as np\n\n{defined}\n\n{body}"


def _parameters(layer: Layer, k: int) -> str:
    text = f"W{k} = {matrix([[weight.data for weight in row] for row in layer.weights])}\n"
    return text + (f"b{k} = {array([_data(bias) for bias in layer.biases])}\n" if any_of(layer.biases) else "")


def _data(bias: Value | None) -> float:
    return 0.0 if bias is None else bias.data


def any_of(biases: Sequence[Value | None]) -> bool:
    """Whether a layer has biases."""
    return any(bias is not None for bias in biases)


def _forward(layer: Layer, k: int, functions: Mapping[Activation, Function]) -> str:
    bias = f" + b{k}" if any_of(layer.biases) else ""
    return f"z{k} = W{k} @ a{k - 1}{bias}\na{k} = {_applied(layer, k, functions, slope=False)}\n"


def _applied(layer: Layer, k: int, functions: Mapping[Activation, Function], *, slope: bool) -> str:
    numbers, name = array(layer.slopes if slope else layer.a), comment(layer.activation)
    in_numbers = f"{numbers}  # of the graph: there is no formula for {name}"
    return applied(together(layer.functions), f"z{k}", functions, slope=slope) or in_numbers


def _backward(layer: Layer, k: int, is_last: bool, functions: Mapping[Activation, Function]) -> str:
    before = "grad_a" if is_last else f"(W{k + 1}.T @ delta{k + 1})"
    is_linear = not any(layer.functions)
    slope = "" if is_linear else f"slope{k} = {_applied(layer, k, functions, slope=True)}\n"
    delta = f"delta{k} = {before}{'' if is_linear else f' * slope{k}'}  # the error signal of layer {k}\n"
    bias = f"grad_b{k} = delta{k}\n" if any_of(layer.biases) else ""
    weights = f"grad_W{k} = np.outer(delta{k}, a{k - 1})  # error signal times activation\n"
    return f"{slope}{delta}{weights}{bias}"


def _names(layer: Layer, k: int, names: Mapping[int, str]) -> str:
    of_weights = [[names[id(weight)] for weight in row] for row in layer.weights]
    text = by_name("gradients", f"grad_W{k}", of_weights, is_vector=False)
    if not any_of(layer.biases):
        return text
    of_biases = [[None if bias is None else names[id(bias)]] for bias in layer.biases]
    return text + by_name("gradients", f"grad_b{k}", of_biases, is_vector=True)


def _of_graph(layer: Layer) -> str:
    """The gradients of the parameters of activations, of which no formula is written."""
    lines = "".join(f"    {one.name!r}: {one.gradient!r},\n" for one in layer.own)
    return f"gradients |= {{  # of the graph: parameters of the activations\n{lines}}}\n" if lines else ""
