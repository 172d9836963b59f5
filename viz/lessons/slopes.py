r"""The slope of an activation at the weighted sum, beside the slope at the activation itself, a frequent mistake.

Code that writes σ' as a function of z, such as `sigmoid(z) * (1 - sigmoid(z))`, has to call it with z. Called with a,
which has been through σ already, it gives another slope. The error signal of a neuron is then off by a factor, and with
it the gradients of its bias and of all its weights, while its inputs are right. The network may still learn, so the
mistake stays unseen until the gradients are checked.

>>> from nn import MLP, mse_loss
>>> from viz import equations
>>> model = MLP(1, [1], output="sigmoid")
>>> model.layers[0].neurons[0].w[0].data = 2.0
>>> print(equations(model, mse_loss, ([1.0], 0.5)).compare_slopes())
The slope of each activation at z, where it belongs, and at a, where it does not
a has been through σ already, so σ'(a) is the slope at another point.
<BLANKLINE>
Layer 1, layers.0: 1 neuron, sigmoid
────────────────────────────────────
σ'(z) = a (1 - a)
σ'(z⁽¹⁾) = σ'( [2.0] ) = [0.1050]
σ'(a⁽¹⁾) = σ'( [0.8808] ) = [0.2072]
           σ'(z)   σ'(a)  factor        δ  δ with σ'(a)  factor
neuron 0  0.1050  0.2072   1.973  0.07996        0.1578   1.973
With σ'(a) in all layers, the gradients of a neuron's bias and weights are all off by its last factor.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autograd_core import TABLE
from viz.lessons.layer_lines import heading, slope_lines
from viz.lessons.lines import Item, Line, Sign, Table, Words, Written, formula, layer_sign, sign, words
from viz.lessons.matrices import column
from viz.lessons.unfolded_lines import block_heading, of_gate, rows_of, step_heads
from viz.network.activation import LINEAR, Activation, Result, Step, slope_at
from viz.network.cells import DENSE
from viz.network.perceptron import Perceptron, Vector
from viz.network.unfolded import Block, Gate, Series, Unfolded

_SIGMOID: Final[Activation] = (Step(TABLE["sigmoid"], (Result(0),)),)
_TANH: Final[Activation] = (Step(TABLE["tanh"], (Result(0),)),)

_OF_GATES: Final[Mapping[str, Activation]] = {
    "i": _SIGMOID, "f": _SIGMOID, "g": _TANH, "o": _SIGMOID, "r": _SIGMOID, "z": _SIGMOID, "n": _TANH,
}  # fmt: skip
"""What the gates of LSTM and GRU are put through; `m` of a GRU has no activation of its own."""


@dataclass(frozen=True)
class Slopes:
    """The slopes of a layer, and what they make of its error signal.

    Attributes:
        right: σ'(z), of each neuron.
        wrong: σ'(a).
        deltas: the error signal.
        wrong_deltas: the error signal if σ'(a) stands in the place of σ'(z) in this layer and in all layers above.
    """

    right: Vector
    wrong: Vector
    deltas: Vector
    wrong_deltas: Vector

    @property
    def factors(self) -> Vector:
        """By which factor the gradients of the weights and the bias of each neuron are off."""
        return tuple(map(factor, self.wrong_deltas, self.deltas))


def factor(wrong: float, right: float) -> float:
    """By which factor a number is off; 1.0 if it is right, and infinite if it should be 0.

    >>> factor(3.0, 2.0), factor(0.0, 0.0), factor(-1.0, 0.0)
    (1.5, 1.0, -inf)
    """
    if wrong == right:
        return 1.0
    return wrong / right if right else math.copysign(math.inf, wrong)


@dataclass(frozen=True, repr=False)
class SlopeComparison(Written):
    """The slopes of a network at z and at a. `print` shows the text, a notebook the formulas.

    Attributes:
        layers: the slopes of each layer of a perceptron, the first one first; empty for a recurrent network, in which
            each step has slopes of its own.
        lines: the comparison as data.
        max_size: most rows and columns that are written.
    """

    layers: tuple[Slopes, ...]
    lines: tuple[Item, ...]
    max_size: int

    def __repr__(self) -> str:
        return "SlopeComparison(text, latex)"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"


def compare_slopes(network: Perceptron | Unfolded, max_size: int) -> SlopeComparison:
    """The slopes of a network at z and at a.

    Args:
        network: the numbers.
        max_size: most rows and columns that are written.
    """
    if isinstance(network, Unfolded):
        blocks = enumerate(network.blocks, start=1)
        items = [item for k, block in blocks for item in _of_block(block, k)]
        return SlopeComparison((), (*_title("h"), *items), max_size)
    layers = _slopes(network)
    items = [item for k, slopes in enumerate(layers, start=1) for item in _of_layer(network, k, slopes)]
    end = words(" in all layers, the gradients of a neuron's bias and weights are all off by its last factor.")
    return SlopeComparison(tuple(layers), (*_title("a"), *items, Words(words("With ") + _AT_A + end)), max_size)


_SIGMA: Final = Sign("σ", r"\sigma")
_TANH_SIGN: Final = Sign("tanh", r"\tanh")
_AT_Z: Final = Sign("σ'(z)", r"\sigma'\left(z\right)")
_AT_A: Final = Sign("σ'(a)", r"\sigma'\left(a\right)")
_DELTA: Final = Sign("δ", r"\delta")
_FACTOR: Final = words("factor")
_HEADS: Final = (_AT_Z, _AT_A, _FACTOR, _DELTA, _DELTA + words(" with ") + _AT_A, _FACTOR)


def _title(result: str) -> list[Item]:
    """What is compared; `result` is the letter of an activation."""
    where = f"The slope of each activation at z, where it belongs, and at {result}, where it does not"
    why = sign(result) + words(" has been through ") + _SIGMA + words(" already, so ")
    return [Words(words(where)), Words(why + _primed(sign(result)) + words(" is the slope at another point."))]


def _primed(argument: Sign, function: Sign = _SIGMA) -> Sign:
    return function + sign("'(", r"'\left(") + argument + sign(")", r"\right)")


# ---- Perceptrons -----------------------------------------------------------------------------------------------------


def _slopes(network: Perceptron) -> list[Slopes]:
    """The slopes of each layer, and the error signals that go back through them."""
    found: list[Slopes] = []
    pulls = [0.0 - change for change in network.layers[-1].desired]
    for layer in reversed(network.layers):
        wrong = tuple(map(slope_at, layer.functions, layer.a))
        deltas = tuple(pull * slope + 0.0 for pull, slope in zip(pulls, wrong, strict=True))
        found.insert(0, Slopes(layer.slopes, wrong, layer.deltas, deltas))
        columns = zip(*layer.weights, strict=True)
        pulls = [math.fsum(w.data * delta for w, delta in zip(one, deltas, strict=True)) for one in columns]
    return found


def _of_layer(network: Perceptron, k: int, slopes: Slopes) -> list[Item]:
    layer = network.layers[k - 1]
    items: list[Item] = [Words(heading(layer, k), is_heading=True)]
    if layer.activation == LINEAR:
        items.append(Words(words("There is no activation, so the slope is 1 everywhere.")))
    else:
        items += slope_lines(layer.functions)
        for letter, at, numbers in (("z", layer.z, slopes.right), ("a", layer.a, slopes.wrong)):
            items.append(Line(_primed(layer_sign(letter, k)), (*_primed_numbers(at),), (column(numbers),)))
    rows = zip(slopes.right, slopes.wrong, slopes.deltas, slopes.wrong_deltas, strict=True)
    group = [
        (words(f"neuron {j}"), [right, wrong, factor(wrong, right), delta, off, factor(off, delta)])
        for j, (right, wrong, delta, off) in enumerate(rows)
    ]
    return [*items, Table(_HEADS, [group])]


def _primed_numbers(numbers: Sequence[float]) -> tuple[Sign | list[list[float]], ...]:
    return sign("σ'(", r"\sigma'\left("), [[x] for x in numbers], sign(")", r"\right)")


# ---- Recurrent networks ----------------------------------------------------------------------------------------------


def _of_block(block: Block, k: int) -> list[Item]:
    items: list[Item] = [Words(block_heading(block, k), is_heading=True)]
    groups = [rows for gate in block.gates for rows in _of_gate(gate, block)]
    if not groups:
        return [*items, Words(words("There is no activation, so the slope is 1 everywhere."))]
    if block.kind == DENSE:
        items += slope_lines(block.functions, "h")
    items.append(Table(step_heads(block), groups))
    if block.is_recurrent:
        why = "Each step has a factor of its own, so the gradient of a weight, their sum, is not off by one factor."
        items.append(Words(words(why)))
    return items


def _of_gate(gate: Gate, block: Block) -> list[list[tuple[Sign, list[float]]]]:
    """Three groups of rows: the slopes at z, those at a, and the factors between them."""
    functions = block.functions if block.kind == DENSE else (_OF_GATES.get(gate.name, ()),) * block.size
    if not any(functions):
        return []
    z = _arguments(gate, block)
    right = {t: tuple(map(slope_at, functions, z[t])) for t in block.times}
    wrong = {t: tuple(map(slope_at, functions, gate.a[t])) for t in block.times}
    factors = {t: tuple(map(factor, wrong[t], right[t])) for t in block.times}
    inner = formula(r"z^{(n)}_t + r_t \odot z^{(m)}_t" if gate.name == "n" else f"{of_gate('z', gate, block).latex}_t")
    result = formula("h_t" if block.kind == DENSE else f"{gate.name}_t")
    function = _TANH_SIGN if functions[0] == _TANH and block.kind != DENSE else _SIGMA
    named = ((_primed(inner, function), right), (_primed(result, function), wrong), (_FACTOR, factors))
    return [rows_of(letter, series, block.times) for letter, series in named]


def _arguments(gate: Gate, block: Block) -> Series:
    """What the activation of a gate is taken at; for `n` of a GRU that is not its weighted sum alone."""
    if gate.name != "n":
        return gate.z
    reset, memory = (next(other for other in block.gates if other.name == name) for name in "rm")
    return {
        t: tuple(z + r * m for z, r, m in zip(gate.z[t], reset.a[t], memory.z[t], strict=True)) for t in block.times
    }
