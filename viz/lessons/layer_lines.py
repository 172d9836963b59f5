"""A perceptron in the four equations of backpropagation, with the numbers of one sample.

    δ = ∇C ∘ σ'(z)    δ = (Wᵀ δ) ∘ σ'(z)    ΔW = -η δ aᵀ    Δb = -η δ

Source: M. Nielsen, "Neural networks and deep learning" (2015), chapter 2.
"""

from collections.abc import Sequence

from viz.lessons.cost_lines import GRADIENT, cost_lines, factor_sign
from viz.lessons.formulas import FORMS, filled
from viz.lessons.lines import Item, Line, Piece, Sign, Table, Words, layer_sign, name_sign, number_sign, sign, words
from viz.lessons.matrices import column, transposed
from viz.network.activation import LINEAR, Activation, constant_after, shape_of
from viz.network.costs import BINARY, BINARY_LOGITS, CROSS_ENTROPY
from viz.network.names import spoken
from viz.network.perceptron import Layer, Perceptron
from viz.text import number, plural
from viz.words.notation import latex_short

TIMES = Sign("∘", r"\odot")
"""The product of two vectors number by number."""

_PLUS = sign("+")
_OPEN, _CLOSE = Sign("(", r"\left("), Sign(")", r"\right)")


def layer_lines(network: Perceptron, title: str, lr: float) -> list[Item]:
    """The equations, forward and backward."""
    rate = words(", one sample, learning rate ") + Sign("η = ", r"\eta = ") + number_sign(lr)
    items: list[Item] = [Words(name_sign(title) + rate)]
    layers = list(enumerate(network.layers, start=1))
    for k, layer in layers:
        items += _forward(layer, k)
    items += [Words(words("Cost: ") + words(network.cost.name), is_heading=True)]
    items += head_lines(network.head)
    outputs = network.layers[-1]
    items += cost_lines(network.cost, layer_sign("a", len(layers)), [0.0 - change for change in outputs.desired])
    for k, layer in reversed(layers):
        above = network.layers[k] if k < len(layers) else None
        items += _backward(network, layer, k, above, lr)
    return items


def head_lines(head: str) -> list[Item]:
    """What is said of a softmax, or another function of all scores, that the model ends with."""
    if not head:
        return []
    return [Words(words(f"The {head} of the model is a part of the cost here, and a are the scores before it."))]


def heading(layer: Layer, k: int) -> Sign:
    """The number, name and size of a layer."""
    name = [words(", "), name_sign(layer.name)] if spoken(layer.name) else []
    size = words(f": {plural(len(layer.a), 'neuron')}, ") + name_sign(layer.activation)
    return sum([*name, size], words(f"Layer {k}"))


def _forward(layer: Layer, k: int) -> list[Item]:
    z, a, x = layer_sign("z", k), layer_sign("a", k), _input(k)
    has_bias = any(bias is not None for bias in layer.biases)
    symbols = layer_sign("W", k) + sign(" ") + x
    numbers: list[Piece] = [[[weight.data for weight in row] for row in layer.weights], column(layer.x)]
    if has_bias:
        symbols += sign(" + ") + layer_sign("b", k)
        numbers += [_PLUS, column([0.0 if bias is None else bias.data for bias in layer.biases])]
    applied = z if layer.activation == LINEAR else sign("σ(", r"\sigma\left(") + z + sign(")", r"\right)")
    return [
        Words(heading(layer, k), is_heading=True),
        Line(z, (symbols,), numbers, (column(layer.z),)),
        Line(a, (applied,), (column(layer.a),)),
    ]


def _input(k: int) -> Sign:
    return layer_sign("a", k - 1) if k > 1 else sign("x")


def slope_formula(activation: Activation, result: str = "a") -> Sign | None:
    """σ' as a formula; None if there is no short one. `result` is the letter of what the activation gives."""
    form = FORMS.get(activation[0].op.name) if len(activation) == 1 else None
    if form is None or not form.text:
        return None
    constants = constant_after(activation)
    return Sign(
        filled(form.text, ["z", *map(number, constants)], result),
        # Without constants `{1}` is an argument of a command.
        filled(form.latex, ["z", *map(latex_short, constants)] if constants else (), result),
    )


def _backward(network: Perceptron, layer: Layer, k: int, above: Layer | None, lr: float) -> list[Item]:
    items: list[Item] = [Words(words(f"Layer {k}, backward"), is_heading=True)]
    delta, z = layer_sign("δ", k, r"\delta"), layer_sign("z", k)
    if above is None:
        symbols = GRADIENT
        numbers: list[Piece] = [column([0.0 - change for change in layer.desired])]
    else:
        weights = sign("(") + layer_sign("W", k + 1) + Sign(")ᵀ ", r")^{\mathsf T} ")
        symbols = weights + layer_sign("δ", k + 1, r"\delta")
        rows = [[weight.data for weight in row] for row in above.weights]
        numbers = [transposed(rows), column(above.deltas)]
    if layer.activation != LINEAR:
        items += slope_lines(layer.functions)
        symbols = symbols if above is None else sign("(", r"\left(") + symbols + sign(")", r"\right)")
        symbols += Sign(" ∘ σ'(", r" \odot \sigma'\left(") + z + sign(")", r"\right)")
        numbers = [*([_OPEN, *numbers, _CLOSE] if above is not None else numbers), TIMES, column(layer.slopes)]
    result = column(layer.deltas)
    items.append(Line(delta, (symbols,), *([numbers] if numbers != [result] else []), (result,)))
    items += _cancelled(network, layer) if above is None else []
    changes = [[0.0 - lr * (d * x) for x in layer.x] for d in layer.deltas]
    step = Sign("-η ", r"-\eta \, ") + delta
    rate = number_sign(-lr)
    items.append(
        Line(
            layer_sign("ΔW", k, r"\Delta W"),
            (step + Sign(f" {_transposed(k).text}", f" {_transposed(k).latex}"),),
            (rate, column(layer.deltas), [list(layer.x)]),
            (changes,),
        )
    )
    if any(bias is not None for bias in layer.biases):
        shifts = [0.0 if b is None else 0.0 - lr * d for b, d in zip(layer.biases, layer.deltas, strict=True)]
        items.append(Line(layer_sign("Δb", k, r"\Delta b"), (step,), (column(shifts),)))
    return items + _own_lines(layer, lr)


def _own_lines(layer: Layer, lr: float) -> list[Item]:
    """The parameters of the activations, and their changes."""
    if not layer.own:
        return []
    rows = [(name_sign(one.name), [one.data, one.gradient, 0.0 - lr * one.gradient]) for one in layer.own]
    heads = [sign("p"), Sign("∂C/∂p", r"\partial C / \partial p"), Sign("Δp", r"\Delta p")]
    why = "The activations have parameters p of their own; their gradients are those of the graph:"
    return [Words(words(why)), Table(heads, [rows])]


def _transposed(k: int) -> Sign:
    if k == 1:
        return Sign("xᵀ", r"x^{\mathsf T}")
    return sign("(") + layer_sign("a", k - 1) + Sign(")ᵀ", r")^{\mathsf T}")


def slope_lines(functions: Sequence[Activation], result: str = "a") -> list[Item]:
    """σ' in symbols, if all neurons have the same activation; `result` is the letter of what it gives."""
    left = Sign("σ'(z)", r"\sigma'\left(z\right)")
    formula = slope_formula(functions[0], result)
    if len(set(functions)) > 1:
        what = "constants in their activations" if len({shape_of(one) for one in functions}) == 1 else "activations"
        return [Words(words(f"The neurons have different {what}; their derivatives are those of the graph."))]
    if formula is None:
        return [Words(words("There is no short formula for this derivative; its numbers are those of the graph."))]
    return [Line(left, (formula,))]


def _cancelled(network: Perceptron, layer: Layer) -> list[Item]:
    """What remains of the error signal of the outputs, if the cost and the activation cancel."""
    cost, left = network.cost, layer_sign("δ", len(network.layers), r"\delta")
    difference = sign("p - y") if cost.factor == 1.0 else sign("(p - y)", r"\left(p - y\right)")
    symbols = factor_sign(cost.factor) + difference
    p_less_y: list[Piece] = [_OPEN, column(cost.predicted), sign("-"), column(cost.target), _CLOSE]
    if cost.name in (CROSS_ENTROPY, BINARY_LOGITS) and layer.activation == LINEAR:
        return [Line(left, (symbols,), p_less_y if cost.factor == 1.0 else [number_sign(cost.factor), *p_less_y])]
    if cost.name == BINARY and layer.activation == "sigmoid":
        why = "Why p - y is left, where p is a: the derivative of the sigmoid is a (1 - a), by which the cost divides."
        return [Words(words(why)), Line(left, (symbols,))]
    return []
