"""A recurrent network unfolded in time, in equations: z, a and δ of every step, and what each step contributes.

A weight is used in every step, so its gradient is a sum over the steps, `Σ δ xᵀ`. The norm of δ by step shows how far
back the error signal reaches: if it shrinks by a factor in each step, early inputs teach the weights nothing.
"""

import math
from collections.abc import Sequence

from viz.lessons.cell_formulas import backward_lines, forward_lines
from viz.lessons.cost_lines import cost_lines
from viz.lessons.layer_lines import head_lines, slope_lines
from viz.lessons.lines import Item, Line, Piece, Sign, Table, Words, formula, name_sign, number_sign, sign, words
from viz.lessons.matrices import column
from viz.network.cells import DENSE
from viz.network.names import spoken
from viz.network.unfolded import Block, Gate, Series, Unfolded, contributions_of
from viz.text import number, plural

BARS = " ▁▂▃▄▅▆▇█"
"""Norms on a logarithmic scale; a blank stands for 0."""


def unfolded_lines(network: Unfolded, title: str, lr: float) -> list[Item]:
    """The equations, forward and backward in time."""
    rate = words(f", one sample of {plural(network.steps, 'step')}, learning rate ") + formula(r"\eta = ")
    items: list[Item] = [Words(name_sign(title) + rate + number_sign(lr))]
    blocks = list(enumerate(network.blocks, start=1))
    for k, block in blocks:
        items += [Words(block_heading(block, k), is_heading=True), *_forward(block, k, network)]
    items += [Words(words(f"Cost: {network.cost.name}"), is_heading=True), Words(_outputs(network))]
    items += [*head_lines(network.head), *cost_lines(network.cost, sign("a"), network.gradient)]
    for k, block in reversed(blocks):
        items += [Words(words(f"Layer {k}, backward in time"), is_heading=True), *_backward(block, lr)]
    return items + _reach(network)


def block_heading(block: Block, k: int) -> Sign:
    """The number, name and size of a layer."""
    name = [words(", "), name_sign(block.name)] if spoken(block.name) else []
    units, steps = plural(block.size, "unit"), plural(len(block.times), "step")
    size = [words(": "), name_sign(block.title), words(f", {units}, {steps}")]
    return sum([*name, *size], words(f"Layer {k}"))


def _outputs(network: Unfolded) -> Sign:
    times = sorted({t for t, _ in network.outputs})
    steps = f"step {times[0]}" if len(times) == 1 else f"{len(times)} steps, one after the other"
    softmaxes = ", with a softmax for each step" if network.cost.groups > 1 else ""
    return words(f"The outputs a are the results of the last layer in {steps}{softmaxes}.")


# ---- Forward ---------------------------------------------------------------------------------------------------------


def _forward(block: Block, k: int, network: Unfolded) -> list[Item]:
    items = forward_lines(block)
    if k > 1:
        items.append(Words(words(f"Its inputs x are the results of layer {k - 1} in the same step.")))
    for gate in block.gates:
        items += _weights(gate, block)
    for letter, first in (("h_0", block.first_state), ("c_0", block.first_cell)):
        if any(first):
            items.append(Line(formula(letter), (column(first),)))
    groups = [rows_of(sign("x"), network.features, block.times)] if k == 1 else []
    for gate in block.gates:
        groups.append(rows_of(of_gate("z", gate, block), gate.z, block.times))
        if block.kind != DENSE and gate.name != "m":
            groups.append(rows_of(sign(gate.name), gate.a, block.times))
    groups += [rows_of(sign("c"), block.cells, block.times)] if block.cells else []
    return [*items, Table(step_heads(block), [*groups, rows_of(sign("h"), block.a, block.times)])]


def of_gate(letter: str, gate: Gate, block: Block) -> Sign:
    """A letter with that of its gate, if the block has several."""
    return formula(letter if block.kind == DENSE else f"{letter}^{{({gate.name})}}")


def _weights(gate: Gate, block: Block) -> list[Item]:
    items: list[Item] = []
    for letter, columns in (("W", gate.of_inputs), ("U", gate.of_state)):
        if columns:
            rows = [[row[k].data for k in columns] for row in gate.weights]
            items.append(Line(of_gate(letter, gate, block), (rows,)))
    if max(map(len, gate.biases)):
        terms: list[Piece] = []
        for i in range(max(map(len, gate.biases))):
            terms += [sign("+")] if i else []
            terms.append(column([biases[i].data if i < len(biases) else 0.0 for biases in gate.biases]))
        items.append(Line(of_gate("b", gate, block), terms))
    return items


def step_heads(block: Block) -> list[str]:
    """The heads of columns for the steps."""
    return [f"t = {t}" for t in block.times]


def rows_of(letter: Sign, series: Series, times: Sequence[int]) -> list[tuple[Sign, list[float]]]:
    """A row for each number of a vector, with what it is in each step."""
    count = len(series[times[0]])
    if count == 1:
        return [(letter, [series[t][0] for t in times])]
    return [
        (Sign(f"{letter.text}[{j}]", rf"{letter.latex}\left[{j}\right]"), [series[t][j] for t in times])
        for j in range(count)
    ]


# ---- Backward --------------------------------------------------------------------------------------------------------


def _backward(block: Block, lr: float) -> list[Item]:
    items = backward_lines(block)
    if any(block.functions):
        items += slope_lines(block.functions, "h")
    groups = [rows_of(formula(r"\frac{\partial C}{\partial h}"), block.pulls, block.times)]
    if block.cell_pulls:
        groups.append(rows_of(formula(r"\frac{\partial C}{\partial c}"), block.cell_pulls, block.times))
    groups += [rows_of(of_gate(r"\delta", gate, block), gate.deltas, block.times) for gate in block.gates]
    items.append(Table(step_heads(block), groups))
    items.append(Words(words("What each step contributes to the gradients, and their sums:")))
    if max(len(own) for gate in block.gates for own in gate.biases) > 1:
        items.append(Words(words("(Biases that are added to each other have the same gradient.)")))
    for gate in block.gates:
        items += _contributions(gate, block)
    for gate in block.gates:
        items += _changes(gate, block, lr)
    return items


def _contributions(gate: Gate, block: Block) -> list[Item]:
    """A table for the weights and biases of a gate: `δ` times the input in each step, and the sum."""
    parts = iter(contributions_of(gate))
    weights: list[list[list[float]]] = []
    biases: list[list[float]] = []
    for row, own in zip(gate.weights, gate.biases, strict=True):
        weights.append([next(parts)[1] for _ in row])
        biases += [next(parts)[1] for _ in own][:1]  # all biases of a unit have the same gradient
    groups = []
    for letter, columns in (("W", gate.of_inputs), ("U", gate.of_state)):
        name = of_gate(letter, gate, block)
        groups.append([
            (_entry(name, f"{j}, {i}"), _with_sum(row[k]))
            for j, row in enumerate(weights) for i, k in enumerate(columns)
        ])  # fmt: skip
    of_biases = of_gate("b", gate, block)
    groups.append([(_entry(of_biases, str(j)), _with_sum(row)) for j, row in enumerate(biases)])
    return [Table(step_heads(block), [group for group in groups if group], "sum")]


def _with_sum(parts: Sequence[float]) -> list[float]:
    """The parts, 0 without a sign, and their sum."""
    return [part + 0.0 for part in (*parts, math.fsum(parts))]


def _entry(name: Sign, index: str) -> Sign:
    return Sign(f"{name.text}[{index}]", rf"{name.latex}\left[{index}\right]")


def _changes(gate: Gate, block: Block, lr: float) -> list[Item]:
    """The step of gradient descent, from the sums."""
    sums = {id(value): math.fsum(parts) for value, parts in contributions_of(gate)}
    delta = of_gate(r"\delta", gate, block).latex
    items: list[Item] = []
    for letter, columns, other in (("W", gate.of_inputs, "x_t"), ("U", gate.of_state, "h_{t-1}")):
        if columns:
            rows = [[0.0 - lr * sums[id(row[k])] for k in columns] for row in gate.weights]
            symbols = formula(rf"-\eta \sum_t {delta}_t {other}^{{\mathsf T}}")
            items.append(Line(formula(r"\Delta ") + of_gate(letter, gate, block), (symbols,), (rows,)))
    if any(gate.biases):
        shifts = column([0.0 - lr * sums[id(own[0])] if own else 0.0 for own in gate.biases])
        symbols = formula(rf"-\eta \sum_t {delta}_t")
        items.append(Line(formula(r"\Delta ") + of_gate("b", gate, block), (symbols,), (shifts,)))
    return items


# ---- Over time -------------------------------------------------------------------------------------------------------


def norms(block: Block) -> list[float]:
    """The length of the error signal of a block in each of its steps."""
    return [math.hypot(*block.deltas(t)) for t in block.times]


def _reach(network: Unfolded) -> list[Item]:
    """How the error signal shrinks or grows on its way back."""
    items: list[Item] = [Words(words("How far back the error signal reaches"), is_heading=True)]
    for k, block in enumerate(network.blocks, start=1):
        if not block.is_recurrent:
            continue
        own = norms(block)
        row = (Sign("‖δ‖", r"\left\|\delta\right\|"), own)
        heading = Sign(f"Layer {k}: {bars(own)}", words(f"Layer {k}").latex)
        items += [Words(heading), Table(step_heads(block), [[row]])]
        items += _rate(block, own)
    return items


def bars(numbers: Sequence[float]) -> str:
    """A bar for each number on a logarithmic scale; 0 is blank.

    >>> bars([0.0, 1e-4, 1e-3, 1.0])
    ' ▁▃█'
    """
    logarithms = [math.log(x) if x > 0.0 else -math.inf for x in numbers]
    low = min((x for x in logarithms if x > -math.inf), default=0.0)
    span = max(logarithms) - low
    return "".join(_bar((x - low) / span if span > 0.0 else 1.0) if x > -math.inf else BARS[0] for x in logarithms)


def _bar(share: float) -> str:
    return BARS[1 + round((len(BARS) - 2) * share)]


def _rate(block: Block, own: Sequence[float]) -> list[Item]:
    """By which factor the error signal changes in a step back in time, on average."""
    found = [(t, norm) for t, norm in zip(block.times, own, strict=True) if norm > 0.0]
    if len(found) < 2:
        return []
    (first, early), (last, late) = found[0], found[-1]
    factor = math.exp((math.log(early) - math.log(late)) / (last - first))
    verb = "shrinks" if factor < 1.0 else "grows"
    text = f"From step {last} back to step {first} it {verb} by a factor of {number(factor)} in each step."
    return [Words(words(text))]
