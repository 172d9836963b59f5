"""Neurons, layers of neurons, and the multilayer perceptron made of layers.

One neuron is `activation(w · x + b)`. Its weighted sum is one node of the graph, whatever the number of
inputs, and its sum with the bias is a second: `dot`, `+`, activation. A layer computes the same graph
as its neurons one by one would, but hands all rows to `affine` at once, which looks at the inputs once
for the whole layer instead of once for every neuron.

Nothing is cached: a layer reads the weights from its neurons in every call, so `layer.neurons[0].w[2] =
Value(0.0)` and `neuron.w = [...]` take effect at once. What is handed on are the neurons' own lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from autograd_core import ShapeError, Value, affine, dot
from nn.activations import activation as find_activation
from nn.checks import positive_int, positive_ints
from nn.module import Block, Module, Number
from nn.rng import Rng, generator

Inputs: TypeAlias = Sequence[Number] | Number
"""The inputs of a neuron, layer or network. A bare number is the same as a list of that one number."""

LINEAR: Final = "linear"


class Neuron(Module):
    """`activation(w · x + b)` for a sequence `x` of `nin` numbers.

    Args:
        nin: number of inputs, at least 1.
        nonlin: False makes the neuron linear, whatever `activation` says (micrograd's switch).
        activation: name of a row of `nn.activations.TABLE`. Default `"relu"`, as in micrograd.
        fan_out: number of neurons that share the inputs, which initial weights for some activations take
            into account; a layer passes its size.
        rng: where the initial weights come from; see `nn.rng`.

    Attributes:
        w: the `nin` weights, initialised to suit the activation.
        b: the bias, initially 0.

    Raises:
        InputError: if a size is not a positive int or the activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> neuron = Neuron(2, rng=1)
    >>> neuron, [weight.label for weight in neuron.w]
    (ReLUNeuron(2), ['w.0', 'w.1'])
    >>> neuron.w = [Value(3.0), Value(-1.0)]
    >>> neuron([2.0, 5.0]).data
    1.0
    """

    def __init__(
        self, nin: int, nonlin: bool = True, *, activation: str = "relu", fan_out: int = 1, rng: Rng = None
    ) -> None:
        nin, fan_out = positive_int("nin", nin), positive_int("fan_out", fan_out)
        self._activation = find_activation(activation if nonlin else LINEAR)
        self.w = [Value(weight) for weight in self._activation.initial(nin, fan_out, rng)]
        self.b = Value(0.0)

    def __call__(self, x: Inputs) -> Value:
        """The output of the neuron for inputs of shape `(nin,)`."""
        if isinstance(x, (Value, float, int)):
            x = (x,)
        if len(x) != len(self.w):
            raise ShapeError(f"{self!r} expected {len(self.w)} inputs, got {len(x)}")
        return self._activation.function(dot(self.w, x) + self.b)

    @property
    def activation(self) -> str:
        """The name of the activation, fixed at construction because the initial weights were chosen for it."""
        return self._activation.name

    @property
    def nonlin(self) -> bool:
        """Whether the neuron has an activation; False if it is linear."""
        return self.activation != LINEAR

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[nin]` and the number `bias`."""
        return {"weight": self.w, "bias": self.b}

    def __repr__(self) -> str:
        return f"{self._activation.title}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons with the same `nin` inputs; called, a list of their outputs.

    A layer of one neuron returns the bare Value and not a list, as in micrograd.

    Args:
        nin: number of inputs, at least 1.
        nout: number of neurons, at least 1.
        nonlin: as for `Neuron`.
        activation: as for `Neuron`, for all neurons of the layer.
        rng: as for `Neuron`; the neurons draw their weights one after the other.

    Attributes:
        neurons: the list of neurons.

    Raises:
        InputError: if a size is not a positive int or the activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> layer = Layer(3, 2, activation="tanh", rng=1)
    >>> layer
    Layer of [TanhNeuron(3), TanhNeuron(3)]
    >>> len(layer([1.0, -2.0, 0.5])), len(layer.parameters())
    (2, 8)
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True, *, activation: str = "relu", rng: Rng = None) -> None:
        nout, rng = positive_int("nout", nout), generator(rng)
        self._activation = find_activation(activation if nonlin else LINEAR)
        self.neurons = [Neuron(nin, activation=self.activation, fan_out=nout, rng=rng) for _ in range(nout)]

    def __call__(self, x: Inputs) -> list[Value] | Value:
        """The outputs, shape `(nout,)`, for inputs of shape `(nin,)`; of a single neuron the bare Value."""
        if isinstance(x, (Value, float, int)):
            x = (x,)
        neurons, function = self.neurons, self._activation.function
        try:
            sums = affine([neuron.w for neuron in neurons], x, [neuron.b for neuron in neurons])
        except ShapeError:
            # Found here and not looked for beforehand: `affine` compares the lengths anyway.
            raise self._shape_error(x) from None
        outputs = list(map(function, sums))
        return outputs[0] if len(outputs) == 1 else outputs

    def _shape_error(self, x: Sequence[Number]) -> ShapeError:
        nins = sorted({len(neuron.w) for neuron in self.neurons})
        expected = " and ".join(map(str, nins))
        return ShapeError(f"a layer of {len(self.neurons)} neurons expected {expected} inputs, got {len(x)}")

    @property
    def activation(self) -> str:
        """The name of the activation of all neurons of the layer."""
        return self._activation.name

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[nout, nin]` and `bias` of shape `[nout]`."""
        return {"weight": [neuron.w for neuron in self.neurons], "bias": [neuron.b for neuron in self.neurons]}

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multilayer perceptron: layers, each of which has the outputs of the one before as inputs.

    Args:
        nin: number of inputs, at least 1.
        nouts: number of neurons of every layer, the output layer last; at least one.
        activation: of the hidden layers, a name in `nn.activations.TABLE`. Default `"relu"`, as in micrograd.
        output: activation of the last layer. Default `"linear"`: losses take unbounded numbers (logits).
        rng: where the initial weights come from; see `nn.rng`. With None, `random.seed` makes them repeatable.

    Attributes:
        layers: the list of layers.

    Raises:
        InputError: if a size is not a positive int, there is no layer, or an activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> model = MLP(2, [3, 1], rng=1337)
    >>> model
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    >>> score = model([1.0, -2.0])
    >>> score.backward()
    >>> model.parameters()[-1].label, model.parameters()[-1].grad
    ('layers.1.neurons.0.b', 1.0)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], *, activation: str = "relu", output: str = LINEAR, rng: Rng = None
    ) -> None:
        outs, rng = positive_ints("nouts", nouts), generator(rng)
        activations = [activation] * (len(outs) - 1) + [output]
        self.layers = [
            Layer(nin, nout, activation=name, rng=rng)
            for nin, nout, name in zip([nin, *outs[:-1]], outs, activations, strict=True)
        ]

    def __call__(self, x: Inputs) -> list[Value] | Value:
        """The outputs of the last layer for inputs of shape `(nin,)`; if it has a single neuron, the bare Value."""
        signal: Any = x  # each layer takes what the one before returns
        for place, layer in enumerate(self.layers):
            try:
                signal = layer(signal)
            except ShapeError as error:
                raise ShapeError(f"layers.{place} of the MLP: {error}") from None
        outputs: list[Value] | Value = signal
        return outputs

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
