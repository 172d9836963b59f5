"""The records of both passes: the gradients of the engine to the last bit, and wrong gradients in a wrong order."""

import math
import random
import struct
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from processes import outputs
from viz.passes.steps import Backward, Forward, Seed, Steps, equation, steps


def bits(number: float | None) -> bytes:
    return struct.pack("<d", number)


def graph_of(program: Program) -> Value:
    """The result of a program on leaves, with a unique name for every node."""
    root: Value = program(*map(Value, program.leaves))
    for index, node in enumerate(topological_order(root)):
        node.label = f"n{index}"
    return root


def named(found: Steps) -> dict[str, float]:
    """The gradients by the names of the nodes."""
    return {node.name: node.gradient for node in found.graph.nodes if node.gradient is not None}


def the_last_sums_are_the_gradients_of_the_engine_to_the_bit(program: Program) -> None:
    root = graph_of(program)
    found = named(steps(root))
    root.backward()
    assert {name: bits(gradient) for name, gradient in found.items()} == {
        node.label: bits(node.grad) for node in topological_order(root)
    }


@pytest.mark.parametrize("seed", range(20))
def test_sums_of_many_terms_are_added_in_the_order_of_the_engine(seed: int) -> None:
    """Sums of three and more numbers with all digits, which another order of the sweep would round differently."""
    rng = random.Random(seed)
    values = [Value(rng.uniform(-2.0, 2.0)) for _ in range(4)]
    for _ in range(40):
        a, b = rng.choice(values), rng.choice(values[-8:])
        values.append(a * b if rng.random() < 0.4 else a + b * rng.uniform(-1.0, 1.0))
    root = values[-1]
    for index, node in enumerate(topological_order(root)):
        node.label = f"n{index}"
    found = named(steps(root))
    root.backward()
    assert {name: bits(gradient) for name, gradient in found.items()} == {
        node.label: bits(node.grad) for node in topological_order(root)
    }


def no_gradient_is_read_or_changed(program: Program) -> None:
    root = graph_of(program)
    before = steps(root)
    for index, node in enumerate(topological_order(root)):
        node.grad = index + 0.5
    assert steps(root) == before
    assert [node.grad - 0.5 for node in topological_order(root)] == list(range(len(topological_order(root))))


def replaying_the_records_gives_the_gradients(program: Program) -> None:
    for order in ("topological", "naive"):
        found = steps(graph_of(program), order)
        sums: dict[int, float] = {}
        for number, step in enumerate(found):
            assert step.number == number
            match step:
                case Seed():
                    sums[step.node.number] = step.after
                case Backward():
                    assert bits(step.upstream) == bits(sums[step.node.number])
                    assert bits(step.before) == bits(sums.get(step.target.number, 0.0))
                    assert bits(step.after) == bits(step.before + step.contribution)
                    assert step.contribution == step.upstream * step.local
                    sums[step.target.number] = step.after
        assert [sums.get(node.number) for node in found.graph.nodes] == list(found.gradients)


def in_topological_order_nothing_is_late(program: Program) -> None:
    found = steps(graph_of(program))
    assert found.late == ()
    last = {step.target.number: step.number for step in found.backward}
    assert all(step.number > last[step.node.number] for step in found.backward if step.node.number in last)


def naive_gradients(root: Value) -> dict[str, float]:
    """The gradients of a recursion that passes a gradient on when it first visits a node, by the names of the nodes."""
    sums = {node.label: 0.0 for node in topological_order(root)} | {root.label: 1.0}
    met: set[str] = set()

    def visit(node: Value) -> None:
        met.add(node.label)
        upstream = sums[node.label]
        sources = [(x, d) for x, d in zip(node.inputs, node.derivatives, strict=True) if isinstance(x, Value)]
        for source, local in sources:
            sums[source.label] += local * upstream
        for source, _ in sources:
            if source.label not in met:
                visit(source)

    visit(root)
    return sums


def the_naive_order_is_recursion_without_sorting(program: Program) -> None:
    root = graph_of(program)
    assert named(steps(root, order="naive")) == naive_gradients(root)


@given(expressions(max_size=12))
def test_every_graph_has_the_right_records(program: Program) -> None:
    """One test of all properties, because most of its time is that of drawing the programs."""
    the_last_sums_are_the_gradients_of_the_engine_to_the_bit(program)
    no_gradient_is_read_or_changed(program)
    replaying_the_records_gives_the_gradients(program)
    in_topological_order_nothing_is_late(program)
    the_naive_order_is_recursion_without_sorting(program)


@given(expressions(max_size=12, shared=False))
def test_without_sharing_the_naive_order_is_right(program: Program) -> None:
    root = graph_of(program)
    assert steps(root, order="naive").gradients == steps(root).gradients


def diamond() -> Value:
    a = Value(3.0, label="a")
    e = a * 2.0
    e.label = "e"
    root: Value = e + e * a
    root.label = "L"
    return root


def test_the_naive_order_loses_what_comes_late() -> None:
    found = steps(diamond(), order="naive")
    assert named(found)["a"] == 8.0
    assert named(steps(diamond()))["a"] == 14.0
    (late,) = found.late
    assert (late.target.name, late.contribution, late.before, late.after) == ("e", 3.0, 1.0, 4.0)


def test_every_use_of_a_node_is_a_record() -> None:
    a = Value(3.0)
    found = steps(a * a)
    assert [(step.place, step.local, step.before, step.after) for step in found.backward] == [
        (0, 3.0, 0.0, 3.0),
        (1, 3.0, 3.0, 6.0),
    ]
    assert found.to(found.graph.nodes[0]) == found.backward


def test_the_zero_of_a_sum_has_no_step() -> None:
    a, b = Value(3.0, label="a"), Value(2.0, label="b")
    total = sum([a, a * b, a])
    assert isinstance(total, Value)
    root = sum([total * total])
    assert isinstance(root, Value)
    found = steps(root, names={"L": root, "t": total})
    assert str(found).splitlines() == [
        "#4 = a * b = 3.0 * 2.0 = 6.0",
        "#5 = a + #4 = 3.0 + 6.0 = 9.0",
        "t = #5 + a = 9.0 + 3.0 = 12.0",
        "#7 = t * t = 12.0 * 12.0 = 144.0",
        "L = sum(#7) = sum(144.0) = 144.0",
        "dL/dL = 1.0",
        "dL/d#7 += dL/dL × dL/d#7 = 1.0 × 1.0 = 1.0",
        "dL/dt += dL/d#7 × d#7/dt = 1.0 × 12.0 = 12.0",
        "dL/dt += dL/d#7 × d#7/dt = 1.0 × 12.0 = 12.0",
        "dL/d#5 += dL/dt × dt/d#5 = 24.0 × 1.0 = 24.0",
        "dL/da += dL/dt × dt/da = 24.0 × 1.0 = 24.0",
        "dL/d#4 += dL/d#5 × d#5/d#4 = 24.0 × 1.0 = 24.0",
        "dL/da += dL/d#4 × d#4/da = 24.0 × 2.0 = 48.0",
        "dL/db += dL/d#4 × d#4/db = 24.0 × 3.0 = 72.0",
        "dL/da += dL/d#5 × d#5/da = 24.0 × 1.0 = 24.0",
    ]
    assert (found.backward[-1].target.name, found.backward[-1].after) == ("a", 96.0)
    assert found.forward[-1].operands[0].op == "*"


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_without_the_zeros_the_sums_are_still_those_of_the_engine(letters: list[str]) -> None:
    """The order in which contributions are added decides the last bit."""
    given = {name: Value(data, label=name) for name, data in zip("abcd", (0.1, 1e-3, 3.7, -1 / 3), strict=True)}
    terms = [sum([given[letter], given[other] * 0.7]) for letter, other in zip(letters, letters[::-1], strict=True)]
    root = sum(term * sum([term, given["a"]]) for term in terms)
    assert isinstance(root, Value)
    found = steps(root)
    root.backward()
    names = {node.name: gradient for node, gradient in zip(found.graph.nodes, found.gradients, strict=True)}
    assert {letter: names[letter] for letter in letters} == {letter: given[letter].grad for letter in letters}
    last = {step.target.name: step.after for step in found.backward}
    assert {letter: last[letter] for letter in letters} == {letter: given[letter].grad for letter in letters}


def test_both_passes_are_there_in_order() -> None:
    found = steps(diamond())
    assert [type(step) for step in found] == [Forward] * 3 + [Seed] + [Backward] * 5
    assert [step.phase for step in found] == ["forward"] * 3 + ["backward"] * 6
    assert found[3].number == 3
    assert found[:3] == found.forward
    made = {source.number for source in found.graph.nodes if not found.graph.inputs[source.number]}
    for step in found.forward:
        assert {source.number for source in step.operands} <= made
        made.add(step.node.number)


def test_the_contributions_to_a_node_are_found_by_what_it_is_called() -> None:
    a = Value(3.0, label="a")
    e = a * 2.0
    found = steps((e + e * a).tanh(), names={"e": e})
    assert found.to("a") == found.to(next(node for node in found.graph.nodes if node.name == "a"))
    assert [step.node.op for step in found.to("e")] == ["+", "*"]
    assert [step.target.op for step in found.to("#3")] == ["*"]
    for wrong, error, message in [
        (3, OperandTypeError, "to takes a node of the graph, such as steps.graph.root, or what the equations call it"),
        (a, OperandTypeError, "got Value(3.0, grad=0.0, label='a')"),
        ("#12", InputError, "no node of the graph is called '#12'"),
    ]:
        with pytest.raises(error) as raised:
            found.to(wrong)  # type: ignore[arg-type]
        assert message in str(raised.value)
    b, c = Value(1.0, label="w"), Value(2.0, label="w")
    with pytest.raises(InputError, match="2 nodes of the graph are called 'w'"):
        steps(b * c).to("w")


def test_a_factor_of_zero_passes_nothing_on() -> None:
    x = Value(0.0)
    found = steps(ag.sqrt(x) * 0.0)
    assert [(step.upstream, step.local, step.contribution) for step in found.backward] == [
        (1.0, 0.0, 0.0),
        (0.0, math.inf, 0.0),
    ]


def test_a_leaf_alone_has_a_seed_only() -> None:
    x = Value(2.0)
    assert str(steps(x)) == "dx/dx = 1.0"
    assert steps(x).gradients == (1.0,)


def test_nan_is_carried_like_any_number() -> None:
    x = Value(-1.0)
    found = steps(ag.log(x) * x)
    assert math.isnan(found.gradients[0] or 0.0)


def test_equations_of_many_operands_are_short() -> None:
    xs = [Value(float(n)) for n in range(9)]
    total = ag.sum(xs)
    assert equation(steps(total)[0], steps(total).graph.root) == (
        "total = sum(xs[0], xs[1], xs[2], xs[3], xs[4], xs[5], …) = sum(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, …) = 36.0"
    )


def test_names_come_from_labels_the_mapping_and_the_caller() -> None:
    labelled, mapped, variable = Value(1.0, label="one"), Value(2.0), Value(3.0)
    root = labelled * mapped + variable
    found = steps(root, names={"two": mapped})
    assert [node.name for node in found.graph.nodes if node.kind == "leaf"] == ["one", "two", "variable"]


def test_repr_is_one_line_and_str_has_an_end() -> None:
    x = Value(1.0)
    y = x
    for _ in range(1000):
        y = y * 1.5
    assert repr(steps(y)) == "Steps(y: 1,000 steps forward, 1,001 steps backward, topological order)"
    lines = str(steps(y)).splitlines()
    assert len(lines) == 501
    assert lines[250] == "… 1,501 more steps"


def test_records_cannot_be_changed() -> None:
    found = steps(diamond())
    for thing, name in [(found, "order"), (found[0], "number"), (found[3], "after"), (found[4], "local")]:
        with pytest.raises(FrozenInstanceError):
            setattr(thing, name, 7)


def test_depth_is_no_limit() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(10_000):
        y = y + x
    for order in ("topological", "naive"):
        assert named(steps(y, order))["x"] == 10_001.0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            (3.0,),
            OperandTypeError,
            "steps needs a Value as its root; got float; a plain number has no graph, so make its inputs Values",
        ),
        ((Value(1.0), "random"), InputError, "order must be 'topological' or 'naive'; got 'random'"),
    ],
)
def test_wrong_arguments_are_told(arguments: tuple[Any, ...], error: type[AutogradError], words: str) -> None:
    with pytest.raises(error) as caught:
        steps(*arguments)
    assert str(caught.value) == words


def test_names_must_be_a_mapping() -> None:
    with pytest.raises(OperandTypeError, match="names maps each name"):
        steps(Value(1.0), names=[Value(2.0)])  # type: ignore[arg-type]


def test_another_process_gives_the_same_text() -> None:
    program = (
        "from autograd_core import Value\nfrom viz import steps\n"
        "xs = [Value(0.1 * n) for n in range(5)]\n"
        "y = sum(a * b for a in xs for b in xs).tanh()\n"
        "print(steps(y), steps(y, order='naive'))"
    )
    assert len(outputs(program)) == 1
