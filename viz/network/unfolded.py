"""A recurrent network unfolded in time, for one sample: z, a and δ of every gate in every step.

The graph of a sequence holds the same units again and again, once for each step, with the same weights. Units that have
the same weights are one unit at different times. Its time follows from the structure of the graph: a state takes the
state before it. A unit without a state has the time of the state that it takes, or that takes it.

A block is a layer: its units have the same inputs in every step. Blocks stand on each other: each takes what the one
below it gives in the same step.

Source: R. Williams and D. Zipser, "Gradient-based learning algorithms for recurrent networks and their computational
complexity" (1995).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd_core import InputError, Value
from viz.graph.chain_rule import gradient_at
from viz.network.activation import Activation
from viz.network.cells import DENSE, GATES, LSTM, Unit
from viz.network.costs import Cost
from viz.network.heads import Head, head_of, predicted
from viz.network.names import called
from viz.network.perceptron import Vector
from viz.network.runs import Loss, Model, Run, run
from viz.network.stacks import Stack, Tier, stack_of
from viz.network.weighted_sums import Signal

Series = Mapping[int, Vector]
"""Numbers for each step, by its time; the first step has the time 1."""


@dataclass(frozen=True, repr=False)
class Gate:
    """A gate of a block of `n` units.

    Attributes:
        name: `z` for a block without gates; else its letter in PyTorch's formulas.
        weights: shape `(n, m)`.
        biases: shape `(n, k)`; a cell of PyTorch has `k = 2`.
        of_inputs: the columns of the weights that belong to the inputs of the block.
        of_state: the columns that belong to the state before.
        inputs: the `m` factors of the weights.
        z: the weighted sums.
        a: what the gate makes of them; for `m` of a GRU the weighted sums themselves.
        deltas: the derivative of the cost with respect to each weighted sum.
    """

    name: str
    weights: tuple[tuple[Value, ...], ...]
    biases: tuple[tuple[Value, ...], ...]
    of_inputs: tuple[int, ...]
    of_state: tuple[int, ...]
    inputs: Series
    z: Series
    a: Series
    deltas: Series


@dataclass(frozen=True, repr=False)
class Block:
    """A layer of units, in all steps.

    Attributes:
        kind: `dense`, `LSTM` or `GRU`.
        name: its name in the model.
        gates: the gates in PyTorch's order.
        functions: the activations of the units of a dense block as programs.
        times: the steps in which it is computed.
        a: its results: the state, or the activations.
        cells: the cell vectors of an LSTM.
        first_state: the state before the first step.
        first_cell: the cell vector before the first step.
        pulls: the derivative of the cost with respect to each result.
        cell_pulls: the derivative of the cost with respect to the cell vectors of an LSTM.
        slopes: for a dense block the derivatives of the activations.
    """

    kind: str
    name: str
    gates: tuple[Gate, ...]
    functions: tuple[Activation, ...]
    times: tuple[int, ...]
    a: Series
    cells: Series
    first_state: Vector
    first_cell: Vector
    pulls: Series
    cell_pulls: Series
    slopes: Series

    @property
    def is_recurrent(self) -> bool:
        """Whether it has a state."""
        return self.kind != DENSE or any(gate.of_state for gate in self.gates)

    @property
    def title(self) -> str:
        """What it is called: `LSTM`, `GRU`, or with its activation `Elman, tanh` or `dense, linear`."""
        if self.kind != DENSE:
            return self.kind
        return f"{'Elman' if self.is_recurrent else self.kind}, {self.activation}"

    @property
    def size(self) -> int:
        """The number of units."""
        return len(self.gates[0].weights)

    @property
    def activation(self) -> str:
        """The names of the ops of its activation."""
        return ", then ".join(step.op.name for step in self.functions[0]) or "linear"

    def deltas(self, time: int) -> Vector:
        """The error signals of all gates in a step."""
        return tuple(delta for gate in self.gates for delta in gate.deltas[time])

    def __repr__(self) -> str:
        steps = f"{len(self.times)} of the steps"
        return f"Block({called(self.name) if self.name else 'of the model'}: {self.kind}, {self.size} units, {steps})"


@dataclass(frozen=True, repr=False)
class Unfolded:
    """A recurrent network, with its numbers for one sample.

    Attributes:
        blocks: the blocks, the first one first.
        steps: the number of steps.
        features: what the first block takes, in each of its steps.
        cost: the cost of the sample.
        outputs: step and unit of each number that the cost is computed from.
        gradient: the derivative of the cost with respect to each of them, through the cost alone.
        head: what follows the last layer and is a part of the cost here, as for a perceptron.
    """

    blocks: tuple[Block, ...]
    steps: int
    features: Series
    cost: Cost
    outputs: tuple[tuple[int, int], ...]
    gradient: Vector
    head: str = ""

    @property
    def parameters(self) -> list[Value]:
        """The weights and biases of all gates."""
        rows = [row for block in self.blocks for gate in block.gates for row in (*gate.weights, *gate.biases)]
        return [value for row in rows for value in row]

    def __repr__(self) -> str:
        return f"Unfolded({self.steps} steps, {' -> '.join(map(repr, self.blocks))})"


def unfolded(model: Model, loss: Loss, sample: Any) -> Unfolded:
    """Run a recurrent network on one sample, and read its steps from the graph.

    Args:
        model: a network of recurrent cells (Elman, LSTM, GRU) and dense layers that stand on each other. It may return
            nested lists, such as outputs and state; what the loss takes of them counts. Put a model with dropout into
            `eval()` mode.
        loss: as for `run`.
        sample: a pair of features and target.

    Raises:
        OperandTypeError: if an argument is of the wrong type, or the cost is not a Value.
        InputError: if the network is built in another way; the message says where.
    """
    return unfolded_of(run(model, loss, sample))


def unfolded_of(ran: Run) -> Unfolded:
    """Read a recurrent network from a run, as `unfolded` does.

    Raises:
        InputError: if the network is built in another way.
    """
    stack, head = _stack(ran)
    blocks = tuple(_block(tier, stack) for tier in stack.tiers)
    _check_gradients(blocks, ran)
    first = blocks[0].gates[0]
    features = {t: tuple(first.inputs[t][k] for k in first.of_inputs) for t in blocks[0].times}
    steps = max(t for block in blocks for t in block.times)
    cost = stack.cost if head is None else predicted(stack.cost, head)
    return Unfolded(blocks, steps, features, cost, stack.outputs, stack.gradient, "" if head is None else head.name)


def _stack(ran: Run) -> tuple[Stack, Head | None]:
    """The layers, up to the outputs of the model, or up to the scores from which it computes its outputs."""
    try:
        return stack_of(ran), None
    except InputError:
        head = head_of(ran)
        if head is None:
            raise
        return stack_of(ran._replace(outputs=head.scores)), head


def _block(tier: Tier, stack: Stack) -> Block:
    units = tier.units
    times = tuple(sorted(units))
    kind = units[times[0]][0].kind
    gates = tuple(_gate(name, tier, stack) for name in GATES[kind])

    def series(number: Any) -> Series:
        return {t: tuple(number(unit) for unit in units[t]) for t in times}

    has_cell = kind == LSTM
    return Block(
        kind,
        stack.places[id(gates[0].weights[0][0])].layer,
        gates,
        tuple(unit.function for unit in units[times[0]]),
        times,
        series(lambda unit: unit.output.data),
        series(lambda unit: unit.cell.data) if has_cell else {},
        _first_state(gates, units[times[0]], times[0]),
        tuple(_number(unit.before) for unit in units[times[0]]) if has_cell else (),
        series(lambda unit: stack.ran.gradient.get(unit.output, 0.0)),
        series(lambda unit: stack.ran.gradient.get(unit.cell, 0.0)) if has_cell else {},
        series(lambda unit: gradient_at(unit.gates["z"].node, unit.output, unit.path)) if kind == DENSE else {},
    )


def _gate(name: str, tier: Tier, stack: Stack) -> Gate:
    units = tier.units
    first = units[min(units)]
    weights = tuple(unit.gates[name].weights for unit in first)
    state = tier.columns[name]

    def series(number: Any) -> Series:
        return {t: tuple(number(unit) for unit in units[t]) for t in units}

    return Gate(
        name,
        weights,
        tuple(unit.gates[name].biases for unit in first),
        tuple(k for k in range(len(weights[0])) if k not in state),
        state,
        {t: tuple(_number(x) for x in units[t][0].gates[name].inputs) for t in units},
        series(lambda unit: unit.gates[name].node.data),
        series(lambda unit: unit.results[name].data),
        series(lambda unit: stack.ran.gradient.get(unit.gates[name].node, 0.0)),
    )


def _first_state(gates: tuple[Gate, ...], units: tuple[Unit, ...], time: int) -> Vector:
    """The state before the first step, as the gates take it."""
    gate = next((gate for gate in gates if gate.of_state), None)
    if gate is None:
        return tuple(0.0 for _ in units)
    return tuple(gate.inputs[time][k] for k in gate.of_state)


def _number(signal: Signal) -> float:
    return signal.data if isinstance(signal, Value) else float(signal)


def _check_gradients(blocks: tuple[Block, ...], ran: Run) -> None:
    """Check that the gradient of each parameter is the sum over the steps of what its gate contributes.

    Raises:
        InputError: if it is not, because the parameter is used elsewhere, too.
    """
    found: dict[int, float] = {}
    for block in blocks:
        for gate in block.gates:
            for parameter, parts in contributions_of(gate):
                found[id(parameter)] = found.get(id(parameter), 0.0) + sum(parts)
    gradients = {name: ran.gradient.get(value, 0.0) for name, value in ran.parameters.items()}
    largest = max(map(abs, gradients.values()), default=0.0)
    for name, value in ran.parameters.items():
        if abs(found.get(id(value), 0.0) - gradients[name]) > 1e-9 * largest:
            raise InputError(
                f"the gradient of {name} is {gradients[name]!r} and not the sum over the steps of its layer, "
                f"{found.get(id(value), 0.0)!r}; the cost depends on it in another way, too"
            )


def contributions_of(gate: Gate) -> list[tuple[Value, list[float]]]:
    """Each parameter of a gate, and what each step contributes to its gradient: δ times its input."""
    times = sorted(gate.deltas)
    found = []
    for j, (weights, biases) in enumerate(zip(gate.weights, gate.biases, strict=True)):
        found += [(w, [gate.deltas[t][j] * gate.inputs[t][k] for t in times]) for k, w in enumerate(weights)]
        found += [(bias, [gate.deltas[t][j] for t in times]) for bias in biases]
    return found
