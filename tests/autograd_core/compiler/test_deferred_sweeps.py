"""Programs in which nothing groups: the sweep goes back over the graph, and gives what it gives written out."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import u8

import autograd_core as ag
from autograd_core import TABLE
from autograd_core.compiler.deferred import deferred, expanded
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import executable
from autograd_core.compiler.fast_differentiation import adjoints
from autograd_core.compiler.grouping import level_groups
from autograd_core.compiler.grouping.regularity import FEWEST, is_regular
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.records import EDGES, OP, SWEEP, to_text
from autograd_core.table.op import Op
from autograd_core.testing.truths.sampling import per_input
from compiled import same
from compiler_programs import HOT, WHOLE, flat_programs, wide_program
from drawn_programs import AWKWARD

INTEGERS: Final = (0.0, -0.0, 1.0, -1.0, 2.0)
SPECIAL: Final = (*INTEGERS, math.inf, -math.inf, math.nan)


def with_sweep(program: Program, ends: Sequence[int], constants: Sequence[int] = ()) -> Program:
    """The program with its outputs, and the gradients of the first one at the ends.

    `constants` are inputs that count as constants.
    """
    connected = [0] * len(program)
    for place in range(len(program)):
        is_input = program.op(place) is None and program.number(place) is None
        connected[place] = is_input and place not in constants
        connected[place] |= any(connected[operand] for operand in program.operands(place))
    recording = Recording(program)
    marks = vec[u8]([u8(mark) for mark in connected])
    sums = deferred(recording, program.outputs[0], program.constant(1.0), ends, marks)
    program.outputs = [*program.outputs, *[recording.place(sums.get(end, 0.0) + 0.0) for end in ends]]
    check(program)
    return program


def places_of_inputs(program: Program) -> list[int]:
    return program.places_of_inputs()


def has_sweep(run: Any) -> bool:
    return bool((run.records.heads[:, OP] == SWEEP).any())


@pytest.mark.hypothesis
@given(flat_programs((*WHOLE, "mul", "dot"), INTEGERS), st.data())
def test_sweeps_of_whole_numbers(program: Program, data: st.DataObject) -> None:
    """No order of additions loses a digit of these, nor the sign of a zero, nor what a structural zero stops."""
    inputs = places_of_inputs(program)
    ends = data.draw(st.lists(st.sampled_from(inputs), min_size=1, unique=True))
    constants = data.draw(st.lists(st.sampled_from(inputs), unique=True))
    with_sweep(program, ends, [place for place in constants if place not in ends])
    run, written = executable(program), expanded(program).program
    assert has_sweep(run)
    for point in data.draw(st.lists(st.lists(st.sampled_from(SPECIAL), min_size=6, max_size=6), max_size=4)):
        expected, found = evaluate(written, point), run.run(point[: program.inputs]).tolist()
        assert all(map(same, found, expected)), (point, found, expected)


@pytest.mark.parametrize("seed", range(40))
def test_groups_of_levels(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums and dot products of several lanes and of one, products of a number with itself, and formulas."""
    monkeypatch.setattr(level_groups, "LARGE_LEVEL", 0)
    rng = Random(seed)
    program = wide_program(rng, 150, ("add", "sub", "mul", "neg", "sum", "dot", "tanh", "exp"), ())
    half = program.constant(0.125)
    small = [program.apply(TABLE["mul"], [place, half]) for place in program.outputs]
    program.outputs = [program.apply(TABLE["sum"], [program.apply(TABLE["tanh"], [x]) for x in small])]
    with_sweep(program, places_of_inputs(program))
    run, written = executable(program), expanded(program).program
    assert (run.records.heads[:, OP] == EDGES).any()
    for scale in (0.0, 0.01, 0.1):
        point = [scale * rng.uniform(-1.0, 1.0) for _ in range(program.inputs)]
        expected = np.array(evaluate(written, point))
        np.testing.assert_allclose(run.run(point), expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("seed", range(40))
def test_sweeps_of_hot_rows(seed: int) -> None:
    rng = Random(seed)
    program = Program()
    places = [program.input() for _ in range(5)] + [program.constant(x) for x in (2.0, 0.5, 0.0)]
    for _ in range(30):
        op = TABLE[rng.choice(HOT)]
        count = op.arity if op.arity is not None else 4
        places.append(program.apply(op, [rng.choice(places) for _ in range(count)]))
    program.outputs = [program.apply(TABLE["sum"], places[-6:])]
    with_sweep(program, places_of_inputs(program)[:4], [4])
    run, written = executable(program), expanded(program).program
    for _ in range(5):
        point = [rng.choice((0.0, 1.0, -1.0, *[rng.uniform(-1.5, 1.5)] * 3)) for _ in range(5)]
        np.testing.assert_allclose(run.run(point), evaluate(written, point), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: str(op.name))
def test_every_row(op: Op) -> None:
    """Each row behind square roots, whose slopes at 0 meet the structural zeros; some operands are numbers."""
    rng, arity = Random(1), len(per_input(op, op.sample))
    for pattern in range(2**arity):
        program = Program()
        inputs = [program.input() for _ in range(arity)]
        roots = [program.apply(TABLE["sqrt"], [x]) for x in inputs]
        chosen = [rng.choice(AWKWARD) for _ in roots]
        places = [program.constant(x) if pattern >> i & 1 else roots[i] for i, x in enumerate(chosen)]
        program.outputs = [program.apply(op, places)]
        with_sweep(program, inputs)
        run, written = executable(program), expanded(program).program
        for _ in range(6):
            assert_close(run.run, lambda point, p=written: evaluate(p, point), rng, arity)


def assert_close(found: Callable[..., Any], expected: Callable[..., Any], rng: Random, count: int) -> None:
    """Two functions agree at a random point, or both refuse it."""
    point = [rng.choice((*AWKWARD, 0.3, 0.7)) for _ in range(count)]
    try:
        numbers = expected(point)
    except ag.InputError:  # of a row that refuses its inputs
        with pytest.raises(ag.InputError):
            found(point)
        return
    np.testing.assert_allclose(found(point), numbers, rtol=1e-14, atol=1e-320, err_msg=str(point))


@given(flat_programs(HOT), st.data())
def test_sweeps_written_out_are_the_chain_rule(program: Program, data: st.DataObject) -> None:
    """`expanded` records what `adjoints` records, at any place."""
    root, ends = program.outputs[0], places_of_inputs(program)
    program.outputs = [root]
    with_sweep(program, ends)
    sweep = next(place for place in range(len(program)) if place == program.sweeps[0].place)
    direct = Program()
    for place in range(sweep):
        op = program.op(place)
        if op is not None:
            direct.apply(op, program.operands(place))
        elif program.number(place) is None:
            direct.input()
        else:
            direct.constant(program.numbers[program.index(place)])
    recording = Recording(direct)
    sums = adjoints(recording, {root: 1.0}, ends)
    direct.outputs = [root, *[recording.place(sums.get(end, 0.0) + 0.0) for end in ends]]
    written = expanded(program).program
    check(written)
    for _ in range(3):
        point = data.draw(st.lists(st.sampled_from(AWKWARD), min_size=program.inputs, max_size=program.inputs))
        assert all(map(same, evaluate(written, point), evaluate(direct, point)))


# Functions.


def graph(kind: str, nodes: int = FEWEST + 1000) -> Callable[[Any], Any]:
    """A random graph of + - * and tanh: of earlier numbers from everywhere, or of one nearby and an argument."""
    rng = Random(3)
    plan = []
    for k in range(20, 20 + nodes):
        first, last = (0, k) if kind == "wide" else (k - 8, 20)
        plan.append((rng.randrange(4), rng.randrange(first, k), rng.randrange(last)))
    ops = (lambda a, _: ag.tanh(a), operator.add, operator.sub, operator.mul)

    def f(x: Any) -> Any:
        numbers = list(x)
        for op, a, b in plan:
            numbers.append(ops[op](numbers[a], numbers[b]))
        return ag.sum([ag.tanh(each) for each in numbers[-50:]])

    return f


POINT: Final = [0.1 + 0.04 * i for i in range(20)]
OTHER: Final = [0.9 - 0.07 * i for i in range(20)]

each_kind = pytest.mark.parametrize("kind", ["wide", "deep"])


@pytest.mark.parametrize(("kind", "nodes"), [("wide", FEWEST + 1000), ("deep", FEWEST + 1000), ("wide", 12_000)])
def test_value_and_gradient_of_a_random_graph(kind: str, nodes: int) -> None:
    f = ag.value_and_grad(graph(kind, nodes))
    compiled = ag.compile(f)
    for point in (POINT, OTHER, POINT):
        value, gradient = compiled(point)
        expected_value, expected = f(point)
        assert value == pytest.approx(float(expected_value), rel=1e-12)
        np.testing.assert_allclose(gradient, [float(x) for x in expected], rtol=0, atol=1e-12 * np.abs(gradient).max())
    assert "a sweep along" in compiled.explain()
    assert "edges" in to_text(compiled._latest_captured().executable.records)
    assert any(box.name == "sweep" for box in compiled._blueprint().boxes)


@each_kind
def test_exact_results_of_a_random_graph(kind: str) -> None:
    f = ag.value_and_grad(graph(kind))
    value, gradient = ag.compile(f, exact=True)(POINT)
    expected_value, expected = f(POINT)
    assert [value, *gradient] == [float(expected_value), *map(float, expected)]


def test_the_program_of_a_random_graph_has_the_sweep_written_out() -> None:
    f = ag.value_and_grad(graph("wide"))
    compiled = ag.compile(f)
    value, gradient = compiled(POINT)
    np.testing.assert_allclose(evaluate(compiled.program, POINT)[:21], [value, *gradient], rtol=1e-9)
    assert "sweep" not in compiled.text
    assert "def f(x_0, " in compiled.source.replace("\n    ", "")


def test_rows_of_a_random_graph() -> None:
    f = ag.compile(ag.value_and_grad(graph("deep")))
    values, gradients = f.map(np.array([POINT, OTHER]))
    for i, point in enumerate((POINT, OTHER)):
        value, gradient = f(point)
        assert values[i] == pytest.approx(value, rel=1e-9)
        np.testing.assert_allclose(gradients[i], gradient, rtol=1e-9)


@each_kind
def test_a_training_step_with_guards_on_gradients(kind: str) -> None:
    """Effects on leaves, a decision on a gradient, and ops behind the sweep."""
    f = graph(kind)

    def step(leaves: list[Any], rate: float) -> Any:
        for leaf in leaves:
            leaf.grad = 0.0
        loss = f(leaves)
        loss.backward()
        if leaves[0].grad > 0.0:
            rate = rate * 0.5
        for leaf in leaves:
            leaf.data -= rate * leaf.grad
        return loss, leaves[1].grad

    ours, theirs = ([ag.Value(x) for x in POINT] for _ in range(2))
    compiled = ag.compile(lambda rate: step(ours, rate))
    for _ in range(3):
        loss, slope = compiled(0.01)
        expected = step(theirs, 0.01)
        assert loss == pytest.approx(expected[0].data, rel=1e-9)
        assert slope == pytest.approx(expected[1], rel=1e-9)
        np.testing.assert_allclose([v.data for v in ours], [v.data for v in theirs], rtol=1e-9)
        np.testing.assert_allclose([v.grad for v in ours], [v.grad for v in theirs], rtol=1e-7, atol=1e-12)


def test_gradients_of_numbers_on_the_way() -> None:
    f = graph("deep")

    def both(x: Any) -> Any:
        leaves = [ag.Value(each) for each in x]
        squares = [leaf * leaf for leaf in leaves]
        f(squares).backward()
        return [each.grad for each in squares], [leaf.grad for leaf in leaves]

    inner, outer = ag.compile(both)(POINT)
    expected_inner, expected_outer = both(POINT)
    np.testing.assert_allclose(inner, expected_inner, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(outer, expected_outer, rtol=1e-9, atol=1e-12)


def test_two_sweeps_over_a_random_graph() -> None:
    """Through the gradients of the first no gradient passes, as in eager code without `create_graph`."""
    f = graph("wide")

    def twice(x: Any) -> Any:
        leaves = [ag.Value(each) for each in x]
        f(leaves).backward()
        slopes = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = 0.0
        (f(leaves) * slopes[0] + leaves[1] * slopes[1]).backward()
        return slopes, [leaf.grad for leaf in leaves]

    first, second = ag.compile(twice)(POINT)
    expected_first, expected_second = twice(POINT)
    np.testing.assert_allclose(first, expected_first, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(second, expected_second, rtol=1e-9, atol=1e-12)


def test_an_anomaly_in_a_random_graph_names_its_line() -> None:
    f = graph("deep")

    def steep(x: Any) -> Any:
        total = f(x)
        root = ag.sqrt(x[0] - 0.1)
        return total + root

    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match=r"sqrt.*: root = ag\.sqrt\(x\[0\] - 0\.1\)$"):
        ag.compile(ag.grad(steep))(POINT)


# What is grouped.


def recorded(function: Callable[..., Any], count: int) -> Program:
    """What a function of so many numbers records."""
    program = Program()
    recording = Recording(program)
    symbols = [recording.symbol(program.input()) for _ in range(count)]
    program.outputs = [recording.place(function(symbols))]
    return program


def test_random_graphs_are_not_grouped() -> None:
    for kind in ("wide", "deep"):
        assert not is_regular(recorded(graph(kind), 20))
        assert is_regular(recorded(graph(kind, 1000), 20))


def layer(x: list[Any], w: list[Any], units: int) -> list[Any]:
    rows = [w[k * len(x) : (k + 1) * len(x)] for k in range(units)]
    return [ag.tanh(sum(a * b for a, b in zip(row, x, strict=True))) for row in rows]


def test_code_with_loops_is_grouped() -> None:
    def network(numbers: list[Any]) -> Any:
        w, rows = numbers[:256], [numbers[256 + 16 * k : 272 + 16 * k] for k in range(20)]
        return sum(sum(layer(layer(x, w, 16), w, 16)) for x in rows)

    def recurrent(numbers: list[Any]) -> Any:
        w, state = numbers[:64], numbers[64:72]
        for _ in range(80):
            state = layer(state, w, 8)
        return sum(state)

    def product(numbers: list[Any]) -> Any:
        return sum(a * b for a, b in zip(numbers[:6000], numbers[6000:], strict=True))

    for function, count in ((network, 256 + 320), (recurrent, 72), (product, 12_000)):
        program = recorded(function, count)
        assert len(program) > FEWEST
        assert is_regular(program)
