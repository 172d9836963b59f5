"""Units of recurrent networks in a graph: which gates compute a state, recognised by the formula and not by a name.

A unit gives one number of the state in each step. The kinds are those of PyTorch's documentation, for weighted sums
`s` of the inputs and of the state before:

* dense: `a = σ(s)`. With its own former result among the inputs it is the unit of an Elman network.
* LSTM: `c' = σ(s_f) c + σ(s_i) tanh(s_g)`, `h' = σ(s_o) tanh(c')`
* GRU: `n = tanh(s_n + σ(s_r) s_m)`, `h' = (1 - σ(s_z)) n + σ(s_z) h` or `n + σ(s_z) (h - n)`
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from autograd_core import Value
from viz.network.activation import Activation, activation_of
from viz.network.weighted_sums import Signal, WeightedSum

DENSE: Final = "dense"
LSTM: Final = "LSTM"
GRU: Final = "GRU"

GATES: Final = {DENSE: ("z",), LSTM: ("i", "f", "g", "o"), GRU: ("r", "z", "n", "m")}
"""The names of the gates of a kind, in PyTorch's order; `m` is what `r` multiplies."""


_OF_STATE: Final = re.compile(r"(?<![a-z])hh(?![a-z])")


def is_of_state(name: str) -> bool:
    """Whether a weight belongs to the state before, by PyTorch's names.

    A single step has no state in its graph, so there the name alone tells.

    >>> is_of_state("rnn.cells.0.weight_hh"), is_of_state("rnn.cells.0.weight_ih"), is_of_state("hh.neurons.0.w")
    (True, False, True)
    """
    return "hh" in name and bool(_OF_STATE.search(name))


def twin_of(name: str) -> str:
    """The name that the weight of an input has beside a weight of the state.

    >>> twin_of("rnn.cells.0.weight_hh.0.0")
    'rnn.cells.0.weight_ih.0.0'
    """
    return _OF_STATE.sub("ih", name)


class Preactivation(NamedTuple):
    """What goes into an activation: a weighted sum, or several of them added, as in `self.ih(x) + self.hh(h)`."""

    node: Value
    weights: tuple[Value, ...]
    inputs: tuple[Signal, ...]
    biases: tuple[Value, ...]


class Unit(NamedTuple):
    """One number of a state in one step.

    Attributes:
        kind: one of the names above.
        gates: its weighted sums by name.
        results: what the unit makes of each of them, its activation; `m` of a GRU has none, and is its weighted sum.
        output: the number.
        path: for a dense unit the nodes from the weighted sum to the output.
        cell: for an LSTM the number of the cell vector.
        before: for an LSTM the number of the cell vector before, for a GRU that of the state.
    """

    kind: str
    gates: Mapping[str, Preactivation]
    results: Mapping[str, Value]
    output: Value
    path: tuple[Value, ...] = ()
    cell: Value | None = None
    before: Signal = 0.0

    @property
    def function(self) -> Activation:
        """The activation of a dense unit."""
        return activation_of(self.gates["z"].node, self.path) if self.kind == DENSE else ()


def preactivations(order: Sequence[Value], sums: Mapping[Value, WeightedSum]) -> dict[Value, Preactivation]:
    """The weighted sums in a graph, with sums of weighted sums of different layers taken together."""
    found = {node: Preactivation(node, one.weights, one.inputs, one.biases) for node, one in sums.items()}
    for node in order:
        if node in found or node.op is None or node.op.adds != "inputs":
            continue
        terms = [x for x in node.inputs if isinstance(x, Value) or x != 0.0]
        parts = [found.get(x) for x in terms if isinstance(x, Value)]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(terms):
            found[node] = Preactivation(
                node,
                tuple(weight for part in known for weight in part.weights),
                tuple(signal for part in known for signal in part.inputs),
                tuple(bias for part in known for bias in part.biases),
            )
            for part in known:
                found.pop(part.node, None)
    return found


def unit_at(
    signal: Value, found: Mapping[Value, Preactivation], order: Mapping[Value, int], signals: Collection[Value]
) -> Unit | None:
    """The unit that gives a number; None if it is given by something else."""
    return _lstm(signal, found) or _gru(signal, found) or _dense(signal, found, order, signals)


def _dense(
    signal: Value, found: Mapping[Value, Preactivation], order: Mapping[Value, int], signals: Collection[Value]
) -> Unit | None:
    below: dict[Value, None] = {}
    between: dict[Value, None] = {}
    waiting = [signal]
    while waiting:
        node = waiting.pop()
        if node in found:
            below[node] = None
        elif node in signals and node is not signal:
            return None
        elif node not in between and node.op is not None:
            between[node] = None
            waiting += [x for x in node.inputs if isinstance(x, Value)]
    if len(below) != 1:
        return None
    (z,) = below
    return Unit(DENSE, {"z": found[z]}, {"z": signal}, signal, tuple(sorted(between, key=order.__getitem__)))


# ---- Formulas with gates ---------------------------------------------------------------------------------------------


def _lstm(h: Value, found: Mapping[Value, Preactivation]) -> Unit | None:
    for out, squashed in _pair(h, "mul"):
        cell = squashed.inputs[0] if _is(squashed, "tanh") else None
        output = _gate(out, "sigmoid", found)
        if output is None:
            continue
        for kept, new in _sum(cell):
            for gate, squashed_input in _pair(new, "mul"):
                i, g = _gate(gate, "sigmoid", found), _gate(squashed_input, "tanh", found)
                for forget, before in _pair(kept, "mul"):
                    f = _gate(forget, "sigmoid", found)
                    if i and g and f and isinstance(cell, Value):
                        results = {"i": gate, "f": forget, "g": squashed_input, "o": out}
                        return Unit(LSTM, {"i": i, "f": f, "g": g, "o": output}, results, h, (), cell, before)
    return None


def _gru(h: Value, found: Mapping[Value, Preactivation]) -> Unit | None:
    for first, second in _sum(h):
        for n, update, before in [*_interpolated(first, second), *_weighted(first, second)]:
            z = _gate(update, "sigmoid", found)
            if z is None or not _is(n, "tanh"):
                continue
            for own, memory in _sum(n.inputs[0]):
                for reset, remembered in _pair(memory, "mul"):
                    r = _gate(reset, "sigmoid", found)
                    if r and own in found and remembered in found:
                        gates = {"r": r, "z": z, "n": found[own], "m": found[remembered]}
                        results = {"r": reset, "z": update, "n": n, "m": remembered}
                        return Unit(GRU, gates, results, h, (), None, before)
    return None


def _interpolated(n: Any, product: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The parts of `n + z (h - n)`."""
    for update, difference in _pair(product, "mul"):
        if _is(difference, "sub") and difference.inputs[1] is n:
            yield n, update, difference.inputs[0]


def _weighted(first: Any, second: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The parts of `(1 - z) n + z h`."""
    for rest, n in _pair(first, "mul"):
        for update, before in _pair(second, "mul"):
            if _is(rest, "sub") and _is_number(rest.inputs[0], 1.0) and rest.inputs[1] is update:
                yield n, update, before


def _is(node: Any, name: str) -> bool:
    return isinstance(node, Value) and node.op is not None and node.op.name == name


def _is_number(signal: Any, number: float) -> bool:
    return not isinstance(signal, Value) and signal == number


def _gate(node: Any, op: str, found: Mapping[Value, Preactivation]) -> Preactivation | None:
    return found.get(node.inputs[0]) if _is(node, op) and isinstance(node.inputs[0], Value) else None


def _pair(node: Any, op: str) -> list[tuple[Any, Any]]:
    """The two inputs of an op in both orders; none if the node is something else."""
    return [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] if _is(node, op) else []


def _sum(node: Any) -> list[tuple[Any, Any]]:
    """The two terms of a sum in both orders."""
    if not isinstance(node, Value) or node.op is None or node.op.adds != "inputs" or len(node.inputs) != 2:
        return []
    return [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
