"""A graph as a program: it runs, builds the same graph, and marks the suspect."""

import math
import re

from hypothesis import given

import autograd_core as ag
from autograd_core import Value, custom_gradient, tanh, topological_order
from autograd_core.testing.pages.listing import MARK, MAX_LINES, listing
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions


def rebuilt(text: str) -> dict[str, object]:
    """Return the variables after the program has run."""
    variables: dict[str, object] = {}
    exec(text, variables)  # noqa: S102 - that it runs is what is tested
    return variables


def last(text: str) -> Value:
    """Return the result of the program: the variable of its last line."""
    value = rebuilt(text)[text.splitlines()[-1].partition(" ")[0]]
    assert isinstance(value, Value)
    return value


def shape(root: Value) -> list[tuple[str, float, str]]:
    return [(node.op.name if node.op else "", node.data, node.label) for node in topological_order(root)]


@given(expressions())
def test_the_program_makes_the_same_graph_again(program: Program) -> None:
    root = program(*map(Value, program.leaves))
    if len(topological_order(root)) <= MAX_LINES:
        assert repr(shape(last(listing(root)))) == repr(shape(root))


def test_constants_and_sequences() -> None:
    x = Value(0.5, label="x")
    root = (-2.0) ** (x * 0.0 + 2.0) + ag.sum([x, 1.0, x]) - math.inf * x / -1.5
    again = last(listing(root))
    assert shape(again) == shape(root)


def test_a_shared_node_is_one_line() -> None:
    x = Value(0.5, label="x")
    shared = tanh(x)
    square = shared * shared
    assert listing(square).splitlines()[2:] == [
        "x = ag.Value(0.5, label='x')",
        f"v1 = ag.tanh(x)  # {shared.data!r}",
        f"v2 = v1 * v1  # {square.data!r}",
    ]


def test_labels_that_are_no_names() -> None:
    labels = ["w[3]", "lambda", "ag", "v0", "x", "x", "größe", ""]
    root = ag.sum([Value(1.0 + i, label=label) for i, label in enumerate(labels)])
    assert shape(last(listing(root))) == shape(root)


def test_the_suspect_is_marked_alone() -> None:
    x = Value(0.5)
    first, second = tanh(x), tanh(x)
    lines = listing(first * second, second).splitlines()
    assert [line.split()[0] for line in lines if MARK in line] == ["v2"]


def test_a_long_program_is_cut_before_the_suspect() -> None:
    x = Value(0.5)
    suspect = tanh(x)
    root = suspect
    for _ in range(2 * MAX_LINES):
        root = root + 1.0
    assert f"{MARK} wrong local derivative of tanh" in listing(root, suspect)
    lines = listing(root).splitlines()
    assert len(lines) == MAX_LINES + 3
    assert lines[2] == "# 62 lines are left out here"
    assert lines[-1] == f"v{2 * MAX_LINES + 1} = v{2 * MAX_LINES} + 1.0  # {root.data!r}"


def test_a_gradient_of_ones_own_is_a_remark() -> None:
    @custom_gradient(lambda x, y: 2.0)
    def twice(x: float) -> float:
        return 2.0 * x

    root = twice(Value(3.0)) + 1.0
    text = listing(root)
    assert last(text).data == 7.0
    assert re.search(r"= ag.Value\(6.0\)  # .*twice", text)
