"""Tree, explanation and formula of eight graphs kept on disk, so that every change is seen and intended.

After an intended change, write them again, read them, and commit them with the change:

    VIZ_GOLDEN=write pytest tests/viz/words/test_golden.py
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import autograd_core as ag
from autograd_core import Value, topological_order
from viz.picture.tree import tree
from viz.words.explain import explain
from viz.words.latex import latex

FOLDER: Final = Path(__file__).parent / "golden"


def leaves(**data: float) -> list[Value]:
    """Labelled leaves."""
    return [Value(number, label=label) for label, number in data.items()]


def named(label: str, value: Value) -> Value:
    """The value with a label."""
    value.label = label
    return value


def square() -> Value:
    (a,) = leaves(a=3.0)
    return named("L", a * a)


def diamond() -> Value:
    a, b = leaves(a=2.0, b=-3.0)
    e = named("e", a * b)
    return named("L", (e + a) * (e - 1.5))


def neuron() -> Value:
    w1, x1, w2, x2, b = leaves(w1=-3.0, x1=2.0, w2=1.0, x2=0.5, b=6.75)
    return named("y", ag.tanh(w1 * x1 + w2 * x2 + b))


def dot_neuron() -> Value:
    weights, inputs = leaves(w1=-3.0, w2=1.0, w3=0.5), leaves(x1=2.0, x2=0.5, x3=4.0)
    return named("y", ag.relu(ag.dot(weights, inputs) + 6.0))


def mlp_loss() -> Value:
    """Two inputs, two hidden neurons, one output, two samples that share the weights."""
    u = [leaves(**{f"u{i}1": 0.5 * i, f"u{i}2": -0.25, f"c{i}": 0.125}) for i in (1, 2)]
    v1, v2, d = leaves(v1=1.5, v2=-0.5, d=0.25)
    losses = []
    for (x1, x2), target in (((1.0, 2.0), 1.0), ((-0.5, 3.0), -1.0)):
        h1, h2 = (ag.relu(w1 * x1 + w2 * x2 + c) for w1, w2, c in u)
        losses.append((v1 * h1 + v2 * h2 + d - target) ** 2)
    return named("L", (losses[0] + losses[1]) / 2.0)


def lstm_step() -> Value:
    """One unit: gates, cell and hidden state of one step."""
    x, h, c = leaves(x=1.0, h=0.5, c=-0.25)
    gates = {}
    for gate, activation in (("i", ag.sigmoid), ("f", ag.sigmoid), ("g", ag.tanh), ("o", ag.sigmoid)):
        w, r, b = leaves(**{f"w_{gate}": 0.5, f"r_{gate}": -0.75, f"b_{gate}": 0.25})
        gates[gate] = named(gate, activation(w * x + r * h + b))
    cell = named("c_next", gates["f"] * c + gates["i"] * gates["g"])
    return named("h_next", gates["o"] * ag.tanh(cell))


def nan() -> Value:
    x, y = leaves(x=-1.0, y=0.0)
    return named("L", ag.log(x) + ag.sqrt(y) * 2.0)


def cross_entropy() -> Value:
    logits = leaves(z1=2.0, z2=0.5, z3=-1.0)
    return named("L", ag.logsumexp(logits) - logits[0])


GRAPHS: Final[list[Callable[[], Value]]] = [
    square, diamond, neuron, dot_neuron, mlp_loss, lstm_step, nan, cross_entropy,
]  # fmt: skip


def first_leaf(root: Value) -> Value:
    """The leaf with the first label in alphabetical order."""
    found: list[Value] = [node for node in topological_order(root) if node.op is None]
    return min(found, key=lambda leaf: leaf.label)


def texts(root: Value) -> dict[str, str]:
    """The texts of a graph by the ending of their files."""
    x = first_leaf(root)
    explanation = explain(x, root)
    derivative = "" if math.isnan(root.data) else f"\n\n{latex(root, wrt=x)}"
    root.backward()
    return {
        "tree.txt": tree(root, unicode=True, width=80).text,
        "explain.txt": f"{explanation}\n\n{explanation.latex()}",
        "tex": f"{latex(root)}{derivative}",
    }


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_text_is_the_one_on_disk(graph: Callable[[], Value]) -> None:
    for ending, text in texts(graph()).items():
        path = FOLDER / f"{graph.__name__}.{ending}"
        if os.environ.get("VIZ_GOLDEN") == "write":
            path.write_bytes(f"{text}\n".encode())
        assert path.read_bytes().decode() == f"{text}\n"
