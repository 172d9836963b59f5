"""Programs that are made ready to run give what the evaluator gives, in loops, in NumPy, and mixed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import Executable, executable
from autograd_core.compiler.executors.cost import COMPILED, Costs
from autograd_core.compiler.grouping import grouped
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.records import LANES, OP, TABLE_AT, TAPE, to_text
from autograd_core.compiler.text import parse
from autograd_core.table.op import TABLE, Op
from compiled import program_of, same
from compiler_programs import AWKWARD, EXECUTORS, HOT, LOOPS, NUMPY, WHOLE, flat_programs, wide_program

INTEGERS: Final = (0.0, -0.0, 1.0, -1.0, 2.0)

awkward_points = st.lists(st.lists(st.sampled_from(AWKWARD), min_size=6, max_size=6), min_size=1, max_size=4)


def assert_bits(program: Program, run: Executable, point: Sequence[float]) -> None:
    """The outputs are those of the evaluator, to the bit."""
    expected, found = evaluate(program, point), run.run(point).tolist()
    assert all(map(same, found, expected)), (point, found, expected)


def points(rng: Random, count: int) -> list[list[float]]:
    return [
        [rng.choice(AWKWARD) if rng.random() < share else rng.uniform(-2, 2) for _ in range(count)]
        for share in (0.0, 0.3)
    ]


@pytest.mark.hypothesis
@given(flat_programs(), awkward_points)
def test_exact_programs(program: Program, awkward: list[list[float]]) -> None:
    check(program)
    for costs in EXECUTORS.values():
        run = executable(program, exact=True, costs=costs)
        for point in awkward:
            assert_bits(program, run, point[: program.inputs])


@pytest.mark.hypothesis
@given(flat_programs(tuple(TABLE)), awkward_points)
def test_exact_programs_of_all_rows(program: Program, awkward: list[list[float]]) -> None:
    run = executable(program, exact=True)
    for point in awkward:
        try:
            assert_bits(program, run, point[: program.inputs])
        except ag.InputError:  # of a row that refuses its inputs
            with pytest.raises(ag.InputError):
                evaluate(program, point[: program.inputs])


@pytest.mark.parametrize("costs", EXECUTORS.values(), ids=EXECUTORS)
@pytest.mark.parametrize("seed", range(25))
def test_exact_wide_programs(seed: int, costs: Costs) -> None:
    rng = Random(seed)
    program = wide_program(rng, 400)
    run = executable(program, exact=True, costs=costs)
    for point in points(rng, program.inputs):
        assert_bits(program, run, point)


@pytest.mark.hypothesis
@given(flat_programs(WHOLE, INTEGERS), st.lists(st.sampled_from(INTEGERS), min_size=6, max_size=6))
def test_sums_of_whole_numbers(program: Program, point: list[float]) -> None:
    """No order of additions loses a digit of these, nor the sign of a zero."""
    for costs in EXECUTORS.values():
        assert_bits(program, executable(program, costs=costs), point[: program.inputs])


@pytest.mark.parametrize("costs", EXECUTORS.values(), ids=EXECUTORS)
@pytest.mark.parametrize("seed", range(25))
def test_wide_programs(seed: int, costs: Costs) -> None:
    """Products of whole numbers, and sums of them, in any order; the signs of zeros are read by `copysign`."""
    rng = Random(seed)
    program = _products(rng, ("copysign",) if seed % 2 else ())
    run = executable(program, costs=costs)
    for _ in range(3):
        point = [rng.choice(INTEGERS) for _ in range(program.inputs)]
        expected, found = evaluate(program, point), run.run(point).tolist()
        assert found == expected


def _products(rng: Random, last: Sequence[str]) -> Program:
    """Matrix products, chains of additions, and what reads the sign of zeros."""
    program = Program()
    rows, columns, terms = rng.randint(1, 6), rng.randint(1, 20), rng.randint(1, 9)
    a = [[program.input() for _ in range(terms)] for _ in range(rows)]
    b = [[program.input() for _ in range(terms)] for _ in range(columns)]
    results = []
    for row in a:
        for column in b:
            total = -1
            for x, y in zip(row, column, strict=True):
                product = program.apply(TABLE["mul"], [x, y])
                total = product if total < 0 else program.apply(TABLE["add"], [total, product])
            results.append(total)
    one = program.constant(1.0)
    for name in last:
        results = [program.apply(TABLE[name], [one, x]) for x in results]
    flat = [program.apply(TABLE["dot"], results[i:] + results[:i]) for i in range(len(results))]
    program.outputs = results + [x for x in flat if len(program.operands(x)) % 2 == 0]
    return program


@pytest.mark.parametrize("name", HOT)
def test_kernels_in_loops(name: str) -> None:
    op = TABLE[name]
    assert code_of(op) != BY_ROW
    program, rng = _eight_of(op)
    run = executable(program, exact=True, costs=LOOPS)
    for _ in range(40):
        assert_bits(program, run, [rng.choice((*AWKWARD, rng.uniform(-30, 30))) for _ in range(program.inputs)])


@pytest.mark.parametrize("costs", [LOOPS, NUMPY], ids=["loops", "NumPy"])
@pytest.mark.parametrize("name", HOT)
def test_fast_kernels(name: str, costs: Costs) -> None:
    """Within 2 units in the last place; special values as the row has them."""
    apart = 4 if name == "sech_squared" else 2  # whose row squares a rounded quotient, and is off by 2 itself
    program, rng = _eight_of(TABLE[name])
    run = executable(program, costs=costs)
    for turn in range(400):
        size = rng.choice((0.1, 2.0, 30.0, 700.0))
        point = [rng.uniform(-size, size) if turn % 4 else rng.choice(AWKWARD) for _ in range(program.inputs)]
        expected, found = evaluate(program, point), run.run(point).tolist()
        for a, b in zip(found, expected, strict=True):
            assert same(a, b) or a == b == 0.0 or abs(a - b) <= apart * math.ulp(b), (name, point, a, b)


def _eight_of(op: Op) -> tuple[Program, Random]:
    """A program of eight lanes of an op, on inputs of their own."""
    program = Program()
    count = op.arity or 6
    inputs = [[program.input() for _ in range(8)] for _ in range(count)]
    program.outputs = [program.apply(op, list(operands)) for operands in zip(*inputs, strict=True)]
    return program, Random(op.name)


def test_an_op_with_the_name_of_a_row_is_not_that_row() -> None:
    twin = Op("add", 2, lambda a, b: a - b, (), "", "", 0, (), (), None)
    program = Program()
    places = [program.input() for _ in range(16)]
    program.outputs = [program.apply(twin, [places[i], places[8 + i]]) for i in range(8)]
    assert executable(program).run([5.0] * 8 + [3.0] * 8).tolist() == [2.0] * 8


def test_a_matrix_product_is_found() -> None:
    """Scalars with no word about matrices: 6 rows times 5 columns of 7 terms, in one record."""
    program = Program()
    a = [[program.input() for _ in range(7)] for _ in range(6)]
    b = [[program.input() for _ in range(7)] for _ in range(5)]
    for row in a:
        for column in b:
            total = -1
            for x, y in zip(row, column, strict=True):
                product = program.apply(TABLE["mul"], [x, y])
                total = product if total < 0 else program.apply(TABLE["add"], [total, product])
            program.outputs.append(total)
    run = executable(program, costs=NUMPY)
    assert run.records.heads[:, TABLE_AT].tolist() == [-1]
    left, right = np.arange(42.0).reshape(6, 7), np.arange(35.0).reshape(5, 7) - 10.0
    run.inputs[:] = np.concatenate([left.ravel(), right.ravel()])
    assert run.run() is run.outputs
    assert run.outputs.tolist() == (left @ right.T).ravel().tolist()


def test_narrow_programs_are_tapes() -> None:
    rng, program = Random(1), Program()
    places = [program.input() for _ in range(3)]
    for _ in range(500):
        places.append(_step(program, places, rng))
    program.outputs = places[-3:]
    records = grouped(program)
    assert records.heads[0, OP] == TAPE
    run = executable(program)
    assert_bits(program, run, [0.5, -0.25, 0.75])


def _step(program: Program, places: list[int], rng: Random) -> int:
    op = TABLE[rng.choice(("add", "sub", "mul", "tanh", "where"))]
    return program.apply(op, [rng.choice(places[-4:]) for _ in range(op.arity or 0)])


def test_inputs_and_constants_as_outputs() -> None:
    program = Program()
    x, c = program.input(), program.constant(3.0)
    program.outputs = [c, x, c, x]
    assert executable(program).run([2.0]).tolist() == [3.0, 2.0, 3.0, 2.0]
    assert executable(Program()).run([]).tolist() == []


def test_steady_state_allocates_nothing() -> None:
    import tracemalloc

    rng = Random(3)
    run = executable(wide_program(rng, 400, ("add", "mul", "exp", "dot", "relu")))
    run.inputs[:] = 0.25
    run.run()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        run.run()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2000


def test_index_tables_and_views_occur() -> None:
    """The random programs reach all kinds of records."""
    heads: list[Any] = [grouped(wide_program(Random(seed), 400)).heads for seed in range(10)]
    tables = np.concatenate([head[:, TABLE_AT] for head in heads])
    assert (tables < 0).sum() > 5
    assert (tables >= 0).sum() > 5


def test_strong_products_hold_where_plain_ones_fail() -> None:
    """`where(x > 0, sqrt(x), 0)` in 20 lanes: at 0 the slope of the root is infinite, and nothing reaches it."""
    xs = [ag.Value(0.0) for _ in range(20)]

    def step() -> list[Any]:
        for x in xs:
            x.grad = 0.0
        ag.sum([ag.where(ag.gt(x, 0.0), ag.sqrt(x), 0.0) * 2.0 for x in xs]).backward()
        return [x.grad for x in xs]

    program = program_of(step)
    run = executable(program, costs=NUMPY)
    assert run.records.is_checked
    for point in (
        [0.0] * program.inputs,
        [4.0] * program.inputs,
        [-1.0, 0.0, 0.25, math.inf, math.nan] * 4 + [0.0] * 20,
    ):
        cut = point[: program.inputs]
        assert np.array_equal(run.run(cut), evaluate(program, cut), equal_nan=True)


@pytest.mark.parametrize(
    "end",
    ["where %6 %1 %2", "lt %5 %1", "div %1 %5", "copysign %1 %5", "logical_not %5"],
)
def test_strong_products_stay_where_a_nan_or_a_sign_would_be_lost(end: str) -> None:
    """At 0 times infinity the strong product is -0.0; no output shows that a plain one is nan."""
    lines = ["%0 = input", "%1 = constant 1.0", "%2 = constant 2.0", "%3 = input", "%4 = exp %3"]
    lines += ["%5 = strong_product %0 %4 %1", "%6 = add %5 %5", f"%7 = {end}", "return %7"]
    program = parse("\n".join(lines))
    for point in ([0.0, 1000.0], [1.0, 0.0], [0.0, 0.0]):
        assert_bits(program, executable(program), point)


@pytest.mark.parametrize(("function", "slope"), [("tanh", "sech_squared"), ("sigmoid", "sigmoid_slope")])
@pytest.mark.parametrize("lanes", [1, 200])
def test_slopes_are_found_from_outputs(function: str, slope: str, lanes: int) -> None:
    """They agree with the rows: far out, at nan, and where the way changes."""
    lines, ends = [f"%{k} = input" for k in range(lanes)], []
    for k in range(lanes):
        first = lanes + 2 * k
        lines += [f"%{first} = {function} %{k}", f"%{first + 1} = {slope} %{k}"]
        ends.append(f"%{first} %{first + 1}")
    program = parse("\n".join([*lines, f"return {' '.join(ends)}"]))
    run = executable(program)
    assert f"{slope}_of" in to_text(run.records) or lanes == 1
    xs = [*np.linspace(-3.0, 3.0, 181), *np.linspace(-800.0, 800.0, 11), 0.0, -0.0, 1e-300, 5e-324]
    for first in range(0, 200, lanes):
        point = [*xs, math.inf, -math.inf, math.nan, 18.0, 37.0][first : first + lanes]
        np.testing.assert_allclose(run.run(point), evaluate(program, point), rtol=1e-15, atol=5e-324)


PLAIN_IN_THE_END: Final = {
    "slope of a slope": "%4 = strong_product %3 %1 %2\n%5 = eq %4 %2\n%6 = strong_product %4 %3 %5",
    "choice with nan": "%4 = constant nan\n%5 = constant -0.0\n%6 = ge %0 %2\n%7 = where %6 %5 %1\n"
    "%8 = strong_product %4 %7 %2\n%9 = where %6 %1 %5\n%10 = strong_product %3 %9 %2\n%11 = add %8 %10",
    "choice with inf": "%4 = constant inf\n%5 = constant -0.0\n%6 = ge %0 %2\n%7 = where %6 %1 %5\n"
    "%8 = strong_product %4 %7 %2",
}


@pytest.mark.parametrize("lines", PLAIN_IN_THE_END.values(), ids=PLAIN_IN_THE_END)
def test_no_strong_product_is_left(lines: str) -> None:
    """A condition that a plain product does not need keeps none, and a choice takes the product inside."""
    last = lines.rpartition("\n")[2].partition(" ")[0]
    program = parse(f"%0 = input\n%1 = input\n%2 = constant 0.0\n%3 = exp %0\n{lines}\nreturn {last}")
    run = executable(program)
    assert "strong_product" not in to_text(run.records)
    for point in itertools.product([0.0, -0.0, 1.0, -2.0, math.inf, -math.inf, math.nan], repeat=2):
        assert np.array_equal(run.run(point), evaluate(program, point), equal_nan=True), point


def test_steps_of_a_chain_wait_for_each_other() -> None:
    """What each step leaves for the end runs once for all steps."""
    program = Program()
    inputs = [program.input() for _ in range(8)]
    state, kept = inputs, []
    for _ in range(10):
        state = [program.apply(TABLE["tanh"], [x]) for x in state]
        kept += [program.apply(TABLE["exp"], [program.apply(TABLE["neg"], [x])]) for x in state]
    program.outputs = [program.apply(TABLE["mul"], [x, state[0]]) for x in kept]
    records = grouped(program)
    names = [records.ops[head[OP]].name for head in records.heads.tolist()]
    assert names.count("tanh") == 10
    assert names.index("neg") > max(i for i, name in enumerate(names) if name == "tanh")
    assert_bits(program, executable(program, exact=True), [0.1 * i for i in range(8)])


def test_numpy_is_entered_only_if_it_saves_more_than_that() -> None:
    """A single record of 1,000 exponentials gains too little; twenty of them do not."""

    def runs_in_loops_alone(count: int) -> bool:
        program = Program()
        places = [program.input() for _ in range(1000)]
        for _ in range(count):
            places = [program.apply(TABLE["exp"], [x]) for x in places]
        program.outputs = places
        costs = COMPILED._replace(entry=10_000.0)
        return not executable(program, costs=costs)._machine._in_numpy

    assert runs_in_loops_alone(1)
    assert not runs_in_loops_alone(20)


@pytest.mark.parametrize("costs", EXECUTORS.values(), ids=EXECUTORS)
def test_terms_in_several_runs_need_no_table(costs: Costs) -> None:
    """Two matrix products and a bias in one sum: the second begins with what the first has left."""
    program, rng = Program(), Random(5)
    x, _, y = ([program.input() for _ in range(count)] for count in (9, 1, 7))
    v, w = ([[program.input() for _ in range(16)] for _ in range(count)] for count in (9, 7))
    bias = [program.input() for _ in range(16)]
    for i in range(16):
        factors = [*x, *y, *[row[i] for row in v], *[row[i] for row in w]]
        program.outputs.append(program.apply(TABLE["add"], [program.apply(TABLE["dot"], factors), bias[i]]))
    run = executable(program, costs=costs)
    assert run.records.heads[:, TABLE_AT].tolist() == [-1, -1]
    point = [float(rng.randint(-4, 4)) for _ in range(program.inputs)]
    assert run.run(point).tolist() == evaluate(program, point)


def test_products_on_a_tape_are_added_in_one_step() -> None:
    program, rng = Program(), Random(2)
    places = [program.input() for _ in range(3)]
    for _ in range(60):
        product = program.apply(TABLE["mul"], [places[-1], places[-2]])
        places.append(program.apply(TABLE["add"], [rng.choice(places[-3:]), product]))
    program.outputs = places[-2:]
    records = grouped(program)
    assert records.heads[:, [OP, LANES]].tolist() == [[TAPE, 60], *records.heads[1:, [OP, LANES]].tolist()]
    assert_bits(program, executable(program), [0.5, -0.25, 0.125])
