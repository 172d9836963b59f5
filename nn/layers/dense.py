"""Neurons, layers of neurons, and the multilayer perceptron made of layers.

One neuron is `activation(w · x + b)`. Its weighted sum is one node of the graph for any number of inputs, and the sum
with the bias is a second one: `dot`, `+`, activation. A layer computes the same graph as its neurons one by one, but
passes all weights to `affine` at once, which checks the inputs once for the whole layer instead of once for every
neuron.

All accept one sample, a list of numbers, or a batch, a list of samples, for which they return the list of outputs.

Nothing is cached: a layer reads the weights from its neurons in every call, so `layer.neurons[0].w[2] = Value(0.0)` and
`neuron.w = [...]` take effect immediately. The weights are passed on as the lists of the neurons, without copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never, TypeAlias, overload

from autograd_core import OperandTypeError, ShapeError, Value, affine, dot
from autograd_core.calls import explained
from autograd_core.text import plural
from nn.base.checks import flag, positive_int, positive_ints
from nn.base.conversion import is_number, model_input
from nn.base.rng import Rng, generator
from nn.base.shapes import rank
from nn.base.signatures import hides_refused
from nn.init import Init, Initialiser, weights
from nn.layers.activations import activation as find_activation
from nn.modules.calls import one_sample
from nn.modules.module import Block, Module, Number

if TYPE_CHECKING:
    from nn.base.outputs import Output

Inputs: TypeAlias = Sequence[Number] | Number
"""The inputs of a neuron, layer or network. A bare number is the same as a list of that one number."""

LINEAR: Final = "linear"


class Neuron(Module):
    """`activation(w · x + b)` for a sequence `x` of `nin` numbers.

    Args:
        nin: number of inputs, at least 1.
        nonlin: False makes the neuron linear and ignores `activation`, as in micrograd.
        activation: name of a row of `nn.activations.TABLE`. Default `"relu"`, as in micrograd.
        fan_out: number of neurons that share the inputs, on which some initialisers depend; a layer passes its size.
        bias: False makes it `activation(w · x)`.
        init: the function that makes the initial weights: an initialiser such as `nn.init.orthogonal`, or a function of
            a count such as `nn.init.zeros`; by default the initialiser of the activation.
        rng: where the random numbers for them come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        w: the `nin` weights, initialised to suit the activation.
        b: the bias, initially 0; None without bias.

    Raises:
        InputError: if a size is not a positive int or the activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> neuron = Neuron(2, rng=1)
    >>> neuron, [weight.label for weight in neuron.w]
    (ReLUNeuron(2), ['w.0', 'w.1'])
    >>> neuron.w = [Value(3.0), Value(-1.0)]
    >>> neuron([2.0, 5.0]).data
    1.0
    >>> [output.data for output in neuron([[2.0, 5.0], [1.0, 0.0]])]
    [1.0, 3.0]
    """

    # typeshed's notation for an attribute that is rarely None, so that `neuron.b.data` needs no assertion.
    b: Value | Any

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        fan_out: int = 1,
        bias: bool = True,
        init: Init | None = None,
        rng: Rng = None,
    ) -> None:
        nin, fan_out = positive_int("nin", nin), positive_int("fan_out", fan_out)
        row = find_activation(activation if _switch("nonlin", nonlin) else LINEAR)
        self._activation = row
        self.w = [Value(weight) for weight in weights(row.initial if init is None else init, nin, fan_out, rng, 1)[0]]
        self.b = Value(0.0) if _switch("bias", bias) else None

    @overload
    def __call__(self, x: Inputs) -> Value: ...
    @overload
    def __call__(self, x: Sequence[Sequence[Number]]) -> list[Value]: ...
    @overload
    def __call__(self, x: Any) -> Any: ...
    @hides_refused
    def __call__(self, x: Any, *more: Never) -> Any:
        """The output of the neuron, a Value, for inputs of shape `(nin,)`; a list of outputs for `(N, nin)`."""
        if more:
            raise one_sample(self, x, more)
        x = model_input(x)
        if is_number(x):
            x = (x,)
        elif rank(x) > 1:
            return [self(sample) for sample in x]
        if len(x) != len(self.w):
            raise ShapeError(f"{self!r} expected {len(self.w)} inputs, got {len(x)}")
        weighted = dot(self.w, x)
        return self._activation.function(weighted if self.b is None else weighted + self.b)

    @property
    def activation(self) -> str:
        """The name of the activation, fixed at construction because the initial weights were chosen for it."""
        return self._activation.name

    @property
    def nonlin(self) -> bool:
        """Whether the neuron has an activation; False if it is linear."""
        return self.activation != LINEAR

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[nin]` and the number `bias`, if there is one."""
        arrays: dict[str, Block] = {"weight": self.w}
        return arrays if self.b is None else arrays | {"bias": self.b}

    def __repr__(self) -> str:
        return f"{self._activation.title}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons with the same `nin` inputs; called, a list of their outputs.

    A layer of one neuron returns the bare Value and not a list, as in micrograd; `Linear` always returns a list.

    Args:
        nin: number of inputs, at least 1.
        nout: number of neurons, at least 1.
        nonlin: False makes the neurons linear and ignores `activation`, as in micrograd.
        activation: name of a row of `nn.activations.TABLE`, for all neurons. Default `"relu"`, as in micrograd.
        bias: False leaves out the biases.
        init: the function that makes the weights of all neurons: an initialiser or a function of a count, as in
            `nn.init`; by default the initialiser of the activation. Biases start at 0.
        rng: where the random numbers for them come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        neurons: the list of neurons.

    Raises:
        InputError: if a size is not a positive int or the activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> layer = Layer(3, 2, activation="tanh", rng=1)
    >>> layer
    Layer(3 -> 2, tanh, 8 parameters)
    >>> len(layer([1.0, -2.0, 0.5])), len(layer.parameters())
    (2, 8)
    """

    single_is_bare: ClassVar[bool] = True

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        bias: bool = True,
        init: Init | None = None,
        rng: Rng = None,
    ) -> None:
        nin, nout = positive_int("nin", nin), positive_int("nout", nout)
        row = self._activation = find_activation(activation if _switch("nonlin", nonlin) else LINEAR)
        self._has_bias = _switch("bias", bias)
        rows = weights(row.initial if init is None else init, nin, nout, generator(rng), nout)
        self.neurons = [Neuron(nin, activation=row.name, bias=self._has_bias, init=_just(drawn)) for drawn in rows]

    @overload
    def __call__(self, x: Inputs) -> Output: ...
    @overload
    def __call__(self, x: Sequence[Sequence[Number]]) -> list[Any]: ...
    @overload
    def __call__(self, x: Any) -> Any: ...
    @hides_refused
    def __call__(self, x: Any, *more: Never) -> Any:
        """The outputs, shape `(nout,)`, for inputs of shape `(nin,)`; the bare Value for a single neuron.

        For a batch of shape `(N, nin)` it is a list of these for the samples.
        """
        if more:
            raise one_sample(self, x, more)
        if type(x) is not list:  # `affine` checks lists itself
            x = model_input(x)
            x = (x,) if is_number(x) else x
        neurons, function = self.neurons, self._activation.function
        try:
            if self._has_bias:
                sums = affine([neuron.w for neuron in neurons], x, [neuron.b for neuron in neurons])
            else:
                sums = [dot(neuron.w, x) for neuron in neurons]
        except (ShapeError, OperandTypeError) as error:
            # The checks come after the error, because `affine` checks lengths and types itself.
            given = model_input(x)
            if rank(given) > 1:
                return [self(sample) for sample in given]
            if given is not x:
                return self(given)
            raise self._explained(x, error) from None
        outputs = list(map(function, sums))
        return outputs[0] if len(outputs) == 1 and self.single_is_bare else outputs

    def _explained(self, x: Sequence[Number], error: ShapeError | OperandTypeError) -> Exception:
        if isinstance(error, OperandTypeError):
            return error
        nins = sorted({len(neuron.w) for neuron in self.neurons})
        expected = " and ".join(map(str, nins))
        return ShapeError(f"a layer of {plural(len(self.neurons), 'neuron')} expected {expected} inputs, got {len(x)}")

    @property
    def activation(self) -> str:
        """The name of the activation of all neurons of the layer."""
        return self._activation.name

    @property
    def weight(self) -> list[list[Value]]:
        """The weights of all neurons, shape `(nout, nin)`: the lists of the neurons, not copies."""
        return [neuron.w for neuron in self.neurons]

    @property
    def bias(self) -> list[Value] | None:
        """The biases of all neurons, shape `(nout,)`; None without biases."""
        return [neuron.b for neuron in self.neurons] if self._has_bias else None

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[nout, nin]` and, if there are biases, `bias` of shape `[nout]`."""
        arrays: dict[str, Block] = {"weight": self.weight}
        return arrays if self.bias is None else arrays | {"bias": self.bias}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_sizes([self])}{self.activation}, {_count(self)})"


class Linear(Layer):
    """`W x + b`: a layer without activation, as in PyTorch. It returns a list even for a single output.

    Args:
        in_features: number of inputs, at least 1.
        out_features: number of outputs, at least 1.
        bias: False makes it `W x`.
        init: the function that makes the initial weights: an initialiser or a function of a count, as in `nn.init`;
            by default `xavier_uniform`. Biases start at 0.
        rng: where the random numbers for them come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if a size is not a positive int.
        ShapeError: (when called) if the length of `x` is not `in_features`.

    >>> linear = Linear(3, 1, rng=1)
    >>> linear
    Linear(in_features=3, out_features=1, bias=True)
    >>> len(linear([1.0, 2.0, 3.0])), len(linear([[1.0, 2.0, 3.0]] * 5))
    (1, 5)
    """

    single_is_bare = False

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: Init | None = None,
        rng: Rng = None,
    ) -> None:
        self.in_features = positive_int("in_features", in_features)
        self.out_features = positive_int("out_features", out_features)
        super().__init__(self.in_features, self.out_features, nonlin=False, bias=bias, init=init, rng=rng)

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # never a bare Value
        def __call__(self, x: Inputs) -> list[Value]: ...
        @overload
        def __call__(self, x: Sequence[Sequence[Number]]) -> list[list[Value]]: ...
        @overload
        def __call__(self, x: Any) -> Any: ...
        def __call__(self, x: Any) -> Any:
            """The outputs, shape `(out_features,)`, for inputs of shape `(in_features,)`; lists of them for a batch."""

    def __repr__(self) -> str:
        return f"Linear(in_features={self.in_features}, out_features={self.out_features}, bias={self._has_bias})"


class MLP(Module):
    """A multilayer perceptron: layers, each of which takes the outputs of the previous one as inputs.

    Args:
        nin: number of inputs, at least 1.
        nouts: number of neurons of every layer, the output layer last; at least one.
        activation: of the hidden layers, a name in `nn.activations.TABLE`. Default `"relu"`, as in micrograd.
        output: activation of the last layer. Default `"linear"`: losses take unbounded numbers (logits).
        init: the function that makes the weights of each layer: an initialiser or a function of a count, as in
            `nn.init`; by default the initialiser of the activation of the layer. Biases start at 0.
        rng: where the initial weights come from: a generator, a seed, or None for Python's global generator, which
            `random.seed` seeds.

    Attributes:
        layers: the list of layers.

    Raises:
        InputError: if a size is not a positive int, there is no layer, or an activation is unknown.
        ShapeError: (when called) if the length of `x` is not `nin`.

    >>> model = MLP(2, [3, 1], rng=1337)
    >>> model
    MLP(2 -> 3 -> 1, 13 parameters)
    >>> score = model([1.0, -2.0])
    >>> score.backward()
    >>> model.parameters()[-1].label, model.parameters()[-1].grad
    ('layers.1.neurons.0.b', 1.0)
    """

    @explained("first the number of inputs, then a list with the size of each layer: MLP(2, [16, 1])")
    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str = "relu",
        output: str = LINEAR,
        init: Init | None = None,
        rng: Rng = None,
    ) -> None:
        outs, rng = positive_ints("nouts", nouts), generator(rng)
        find_activation(activation)  # also if there is no hidden layer
        activations = [activation] * (len(outs) - 1) + [output]
        self.layers = [
            Layer(nin, nout, activation=name, init=init, rng=rng)
            for nin, nout, name in zip([nin, *outs[:-1]], outs, activations, strict=True)
        ]

    @overload
    def __call__(self, x: Inputs) -> Output: ...
    @overload
    def __call__(self, x: Sequence[Sequence[Number]]) -> list[Any]: ...
    @overload
    def __call__(self, x: Any) -> Any: ...
    @hides_refused
    def __call__(self, x: Any, *more: Never) -> Any:
        """The outputs of the last layer for inputs of shape `(nin,)`; if it has a single neuron, the bare Value.

        For a batch of shape `(N, nin)` it is a list of these for the samples.
        """
        if more:
            raise one_sample(self, x, more)
        x = model_input(x)
        if rank(x) > 1:
            return [self(sample) for sample in x]
        signal: Any = x  # each layer takes the outputs of the previous one
        for index, layer in enumerate(self.layers):
            try:
                signal = layer(signal)
            except ShapeError as error:
                raise ShapeError(f"layers.{index} of the MLP: {error}") from None
        return signal

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_sizes(self.layers)}{_count(self)})"


def _switch(name: str, given: object) -> bool:
    if isinstance(given, str):
        raise OperandTypeError(f"{name} must be True or False, got {given!r}; a Layer takes activation={given!r}")
    return flag(name, given)


def _sizes(layers: Sequence[Module]) -> str:
    """The numbers of inputs and of neurons, as `2 -> 3 -> 1, `; "" if another module is among the layers."""
    plain = [layer.neurons for layer in layers if isinstance(layer, Layer) and layer.neurons]
    if not plain or len(plain) < len(layers):
        return ""
    return " -> ".join(map(str, [len(plain[0][0].w), *map(len, plain)])) + ", "


def _count(module: Module) -> str:
    return plural(len(module.parameters()), "parameter")


def _just(drawn: list[float]) -> Initialiser:
    """The initialiser of a neuron whose weights have been drawn with those of its layer."""
    return lambda *_: [drawn]
