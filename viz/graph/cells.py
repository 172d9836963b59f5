"""What a recurrent cell computes with its gates: the products and sums that make its state.

They use no parameters, so no name says where they belong. But they follow from the gates by a few forms, those of
`nn.LSTMCell` and `nn.GRUCell`, which are PyTorch's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from viz.graph.graph import Graph

STATE: Final = "state"
"""The part of a cell that combines its gates."""

_ANY: Final = ""

_FORMS: Final = (
    ("mul", ("reset gate", "candidate"), "reset memory"),
    ("add", ("candidate", "reset memory"), "candidate"),
    ("sub", (_ANY, "candidate"), "difference"),
    ("mul", ("update gate", "difference"), "correction"),
    ("add", ("candidate", "correction"), "n + z (h - n)"),
    ("mul", ("input gate", "candidate"), "added"),
    ("mul", ("forget gate", _ANY), "kept"),
    ("add", ("kept", "added"), "f c + i g"),
    ("tanh", ("f c + i g",), "read"),
    ("mul", ("output gate", "read"), "o tanh(f c + i g)"),
)
"""A function, what its inputs are, and what it makes of them; a name of a state is its formula."""

_IN_CANDIDATE: Final = frozenset({"candidate", "reset memory"})


@dataclass(slots=True)
class Cells:
    """The ops of recurrent cells.

    Attributes:
        parts: for each op the module of its cell and the part of it: a gate, or STATE.
        formulas: the formulas of states, by the node that makes them.
        sums: the nodes that a candidate adds, with the reset gate at the second: `W x + r (U h)`.
    """

    parts: dict[int, tuple[str, str]] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)
    sums: dict[int, tuple[int, int]] = field(default_factory=dict)


def cells(graph: Graph, part_of: Mapping[str, tuple[str, str]]) -> Cells:
    """The cells of a graph, given the module and the part of each parameter of a gate."""
    found = Cells()
    role: dict[int, tuple[str, str]] = {}  # the module, and what is made
    memory: dict[int, int] = {}
    for node in graph.nodes if part_of else ():
        sources = [edge.source for edge in graph.inputs[node.number]]
        own = {part_of[name] for n in sources if (name := graph.nodes[n].name) in part_of}
        made = own.pop() if len(own) == 1 and node.op else _made(node.function, sources, role)
        if made is None:
            continue
        role[node.number] = module, what = made
        is_gate = what in _IN_CANDIDATE or what.endswith(" gate")
        found.parts[node.number] = module, ("candidate" if what in _IN_CANDIDATE else what) if is_gate else STATE
        if what == "reset memory":
            memory[node.number] = next(n for n in sources if role[n][1] == "candidate")
        elif len(sources) == 2 and not memory.keys().isdisjoint(sources):
            product = next(n for n in sources if n in memory)
            found.sums[node.number] = next(n for n in sources if n != product), memory[product]
        if "+" in what:
            found.formulas[node.number] = what
    return found


def _made(function: str, sources: Sequence[int], role: Mapping[int, tuple[str, str]]) -> tuple[str, str] | None:
    """What an op makes of the parts of one cell; None if it is of no form."""
    given = [role.get(number, ("", "")) for number in sources]
    modules = {module for module, what in given if what}
    if len(modules) != 1:
        return None
    (module,) = modules
    names = [what for _, what in given]
    if len(names) == 1 and (function, names[0]) in _ACTIVATIONS:
        return module, names[0]
    if function == "add" and names[0] in _SUMS and len({*names}) == 1:
        return module, names[0]
    for wanted, inputs, made in _FORMS:
        if wanted == function and len(inputs) == len(names):
            orders = [names] if function == "sub" else [names, names[::-1]]
            if any(all(i in (_ANY, n) for i, n in zip(inputs, order, strict=True)) for order in orders):
                return module, made
    return None


_GATES: Final = ("input gate", "forget gate", "output gate", "reset gate", "update gate")
_SUMS: Final = frozenset({"candidate", *_GATES})
_ACTIVATIONS: Final = frozenset({("tanh", "candidate"), *(("sigmoid", gate) for gate in _GATES)})
