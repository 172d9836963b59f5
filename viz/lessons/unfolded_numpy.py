"""A recurrent network and its gradients as NumPy source, with a loop over time forward and one backward.

Each layer goes through all steps before the next one begins. Backward it takes `pull`, the derivative of the cost with
respect to its results, and hands on that of the layer below. The formulas of the cells are those of PyTorch's
documentation of RNN, LSTM and GRU.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

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
from viz.network.cells import DENSE, GRU, LSTM
from viz.network.names import spoken
from viz.network.unfolded import Block, Gate, Series, Unfolded

Functions = Mapping[Activation, Function]


def unfolded_source(network: Unfolded, names: Mapping[int, str], title: str, lr: float) -> str:
    """The source.

    Args:
        network: the network with its numbers.
        names: the names of the parameters, by their identity.
        title: what the network is.
        lr: the learning rate.
    """
    blocks = list(enumerate(network.blocks, start=1))
    functions = functions_for(f for block in network.blocks for f in together(block.functions) if block.kind == DENSE)
    top = len(blocks)
    cost = cost_source(network.cost, network.gradient, "outputs")
    steps, units = ([at[i] + shift for at in network.outputs] for i, shift in ((0, -1), (1, 0)))
    body = f"""\
# ---- The network and the sample

eta = {lr!r}  # the learning rate
T = {network.steps}  # the number of steps
a0 = {_over_time(network.features, network.steps)}  # the features of each step
{f"y = {array(network.cost.target)}  # the targets" if network.cost.target else "# The target is part of the cost."}
{"".join(_parameters(block, k) for k, block in blocks)}
# ---- Forward in time

{"".join(_forward(block, k, functions, network.steps) for k, block in blocks)}
# ---- The cost, and its gradient with respect to what it takes of the last layer

steps, units = {steps}, {units}
outputs = a{top}[steps, units]
{cost.forward}{cost.backward}\
pull{top} = np.zeros_like(a{top})
pull{top}[steps, units] = grad_a

# ---- Backward in time: delta is the derivative of the cost with respect to a weighted sum

{"".join(_backward(block, k, functions, network.steps) for k, block in reversed(blocks))}
# ---- The gradients by the names of the parameters, and the changes of a step of gradient descent

gradients = {{}}
{"".join(_names(gate, _suffix(block, gate, k), names) for k, block in blocks for gate in block.gates)}\
{unused("gradients", names, network.parameters)}\
changes = {{name: -eta * gradient for name, gradient in gradients.items()}}
"""
    defined = definitions(functions, body)
    needs_math = "import math\n\n" if "math." in defined else ""
    head = (
        f'"""Backpropagation through time in {comment(title)}, for one sample."""\n\n{needs_math}import numpy as np\n'
    )
    return f"{head}\n{defined}\n\n{body}"


def _suffix(block: Block, gate: Gate, k: int) -> str:
    return str(k) if block.kind == DENSE else f"{k}_{gate.name}"


def _over_time(series: Series, steps: int) -> str:
    """Vectors for each step as a matrix; 0 where there is none."""
    width = len(next(iter(series.values())))
    return matrix([series.get(t, (0.0,) * width) for t in range(1, steps + 1)])


def _range(block: Block, steps: int) -> str:
    return (
        f"range({steps})".replace(str(steps), "T") if len(block.times) == steps else str([t - 1 for t in block.times])
    )


# ---- Parameters ------------------------------------------------------------------------------------------------------


def _columns(gate: Gate, columns: Sequence[int]) -> list[list[Value]]:
    return [[row[k] for k in columns] for row in gate.weights]


def _biases(gate: Gate) -> list[list[Value | None]]:
    """The biases as vectors of all units; None for a unit without."""
    count = max(map(len, gate.biases))
    return [[biases[i] if i < len(biases) else None for biases in gate.biases] for i in range(count)]


def _bias(suffix: str, index: int) -> str:
    return f"b{suffix}" if index == 0 else f"b{suffix}_{index + 1}"


def _parameters(block: Block, k: int) -> str:
    text = f"# Layer {k}{f', {comment(block.name)}' if spoken(block.name) else ''}: {block.title}\n"
    for gate in block.gates:
        suffix = _suffix(block, gate, k)
        for letter, columns in (("W", gate.of_inputs), ("U", gate.of_state)):
            if columns:
                text += f"{letter}{suffix} = {matrix([[w.data for w in row] for row in _columns(gate, columns)])}\n"
        for index, vector in enumerate(_biases(gate)):
            text += f"{_bias(suffix, index)} = {array([0.0 if b is None else b.data for b in vector])}\n"
    if block.is_recurrent:
        text += f"first_a{k} = {array(block.first_state)}  # the state before the first step\n"
    if block.kind == LSTM:
        text += f"first_c{k} = {array(block.first_cell)}\n"
    return text


def _names(gate: Gate, suffix: str, names: Mapping[int, str]) -> str:
    text = ""
    for letter, columns in (("W", gate.of_inputs), ("U", gate.of_state)):
        if columns:
            rows = [[names[id(w)] for w in row] for row in _columns(gate, columns)]
            text += by_name("gradients", f"grad_{letter}{suffix}", rows, is_vector=False)
    for index, vector in enumerate(_biases(gate)):
        of_biases = [[None if b is None else names[id(b)]] for b in vector]
        text += by_name("gradients", f"grad_{_bias(suffix, index)}", of_biases, is_vector=True)
    return text


# ---- Forward ---------------------------------------------------------------------------------------------------------


def _sum(gate: Gate, suffix: str, k: int) -> str:
    """The weighted sum of a gate as an expression."""
    terms = [f"W{suffix} @ a{k - 1}[t]"] if gate.of_inputs else []
    terms += [f"U{suffix} @ before"] if gate.of_state else []
    return " + ".join([*terms, *(_bias(suffix, index) for index in range(len(_biases(gate))))])


def _forward(block: Block, k: int, functions: Functions, steps: int) -> str:
    arrays = [f"a{k}", *(f"c{k}" for _ in [0] if block.kind == LSTM)]
    arrays += [f"z{_suffix(block, gate, k)}" for gate in block.gates]
    lines = [f"{name} = np.zeros((T, {block.size}))" for name in arrays]
    lines.append(f"for t in {_range(block, steps)}:")
    lines += _before(block, k)
    lines += [f"    z{_suffix(block, gate, k)}[t] = {_sum(gate, _suffix(block, gate, k), k)}" for gate in block.gates]
    lines += [f"    {line}" for line in _STATES[block.kind](block, k, functions)]
    return "\n".join(lines) + "\n"


def _before(block: Block, k: int) -> list[str]:
    lines = [f"    before = a{k}[t - 1] if t > 0 else first_a{k}"] if block.is_recurrent else []
    return lines + ([f"    cell = c{k}[t - 1] if t > 0 else first_c{k}"] if block.kind == LSTM else [])


def _dense_state(block: Block, k: int, functions: Functions) -> list[str]:
    value = applied(together(block.functions), f"z{k}[t]", functions, slope=False)
    return [
        f"a{k}[t] = {value or f'{_numbers(block.a)}[t]  # of the graph: no formula for {comment(block.activation)}'}"
    ]


def _numbers(series: Series) -> str:
    return "{" + ", ".join(f"{t - 1}: {array(vector)}" for t, vector in series.items()) + "}"


def _lstm_state(_block: Block, k: int, _functions: Functions) -> list[str]:
    return [
        f"i, f, g, o = sigmoid(z{k}_i[t]), sigmoid(z{k}_f[t]), np.tanh(z{k}_g[t]), sigmoid(z{k}_o[t])",
        f"c{k}[t] = f * cell + i * g",
        f"a{k}[t] = o * np.tanh(c{k}[t])",
    ]


def _gru_state(_block: Block, k: int, _functions: Functions) -> list[str]:
    return [
        f"n = np.tanh(z{k}_n[t] + sigmoid(z{k}_r[t]) * z{k}_m[t])",
        f"a{k}[t] = sigmoid(-z{k}_z[t]) * n + sigmoid(z{k}_z[t]) * before  # sigmoid(-z) is 1 - sigmoid(z)",
    ]


_STATES: Final[dict[str, Callable[[Block, int, Functions], list[str]]]] = {
    DENSE: _dense_state,
    LSTM: _lstm_state,
    GRU: _gru_state,
}


# ---- Backward --------------------------------------------------------------------------------------------------------


def _backward(block: Block, k: int, functions: Functions, steps: int) -> str:
    suffixes = [_suffix(block, gate, k) for gate in block.gates]
    lines = [f"delta{suffix} = np.zeros((T, {block.size}))" for suffix in suffixes]
    for gate, suffix in zip(block.gates, suffixes, strict=True):
        names = [f"{letter}{suffix}" for letter, has in (("W", gate.of_inputs), ("U", gate.of_state)) if has]
        names += [_bias(suffix, index) for index in range(len(_biases(gate)))]
        lines += [f"grad_{name} = np.zeros_like({name})" for name in names]
    lines += [f"pull{k - 1} = np.zeros_like(a{k - 1})"] if k > 1 else []
    lines += ["back = 0.0  # what the next step asks of this one"] if block.is_recurrent else []
    lines += ["back_c = 0.0  # and of its cell vector"] if block.kind == LSTM else []
    lines.append(f"for t in reversed({_range(block, steps)}):")
    lines += _before(block, k)
    lines.append(f"    pull = pull{k}[t]{' + back' if block.is_recurrent else ''}")
    lines += [f"    {line}" for line in _DELTAS[block.kind](block, k, functions)]
    lines += [f"    {line}" for line in _handed_on(block, k, suffixes)]
    return "\n".join(lines) + "\n"


def _handed_on(block: Block, k: int, suffixes: Sequence[str]) -> list[str]:
    """The statements that add what a step contributes, and hand on what it asks of others."""
    lines = []
    for gate, suffix in zip(block.gates, suffixes, strict=True):
        lines += [f"grad_W{suffix} += np.outer(delta{suffix}[t], a{k - 1}[t])"] if gate.of_inputs else []
        lines += [f"grad_U{suffix} += np.outer(delta{suffix}[t], before)"] if gate.of_state else []
        lines += [f"grad_{_bias(suffix, index)} += delta{suffix}[t]" for index in range(len(_biases(gate)))]
    gates = list(zip(block.gates, suffixes, strict=True))
    if block.is_recurrent:
        terms = [f"U{suffix}.T @ delta{suffix}[t]" for gate, suffix in gates if gate.of_state]
        terms += [f"pull * sigmoid(z{k}_z[t])"] if block.kind == GRU else []
        lines.append(f"back = {' + '.join(terms)}")
    if k > 1:
        terms = [f"W{suffix}.T @ delta{suffix}[t]" for gate, suffix in gates if gate.of_inputs]
        lines.append(f"pull{k - 1}[t] = {' + '.join(terms)}")
    return lines


def _dense_deltas(block: Block, k: int, functions: Functions) -> list[str]:
    if not any(block.functions):
        return [f"delta{k}[t] = pull"]
    slope = applied(together(block.functions), f"z{k}[t]", functions, slope=True)
    if slope:
        return [f"delta{k}[t] = pull * {slope}"]
    return [f"slope = {_numbers(block.slopes)}[t]  # of the graph", f"delta{k}[t] = pull * slope"]


def _lstm_deltas(_block: Block, k: int, _functions: Functions) -> list[str]:
    return [
        f"i, f, g, o = sigmoid(z{k}_i[t]), sigmoid(z{k}_f[t]), np.tanh(z{k}_g[t]), sigmoid(z{k}_o[t])",
        f"pull_c = pull * o * tanh_slope(c{k}[t]) + back_c",
        f"delta{k}_i[t] = pull_c * g * sigmoid_slope(z{k}_i[t])",
        f"delta{k}_f[t] = pull_c * cell * sigmoid_slope(z{k}_f[t])",
        f"delta{k}_g[t] = pull_c * i * tanh_slope(z{k}_g[t])",
        f"delta{k}_o[t] = pull * np.tanh(c{k}[t]) * sigmoid_slope(z{k}_o[t])",
        "back_c = pull_c * f",
    ]


def _gru_deltas(_block: Block, k: int, _functions: Functions) -> list[str]:
    return [
        f"r, s = sigmoid(z{k}_r[t]), z{k}_n[t] + sigmoid(z{k}_r[t]) * z{k}_m[t]",
        f"delta{k}_n[t] = pull * sigmoid(-z{k}_z[t]) * tanh_slope(s)",
        f"delta{k}_m[t] = delta{k}_n[t] * r",
        f"delta{k}_r[t] = delta{k}_n[t] * z{k}_m[t] * sigmoid_slope(z{k}_r[t])",
        f"delta{k}_z[t] = pull * (before - np.tanh(s)) * sigmoid_slope(z{k}_z[t])",
    ]


_DELTAS: Final[dict[str, Callable[[Block, int, Functions], list[str]]]] = {
    DENSE: _dense_deltas,
    LSTM: _lstm_deltas,
    GRU: _gru_deltas,
}
