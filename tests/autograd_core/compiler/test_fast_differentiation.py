"""The fast differentiation is the readable one, bit by bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import GradientLossError
from autograd_core.compiler import differentiation
from autograd_core.compiler import fast_differentiation as sweep
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.text import parse, to_text
from autograd_core.table.define import define_op, is_constant
from autograd_core.table.op import TABLE, Op
from autograd_core.table.ops import detached
from autograd_core.testing.truths.sampling import per_input
from drawn_programs import AWKWARD, HOT, bits, numbers, outcome, programs, size

ALL: Final = tuple(TABLE.values())


def copy_of(program: Program) -> Program:
    copy = parse(to_text(program))
    copy.outputs = list(program.outputs)
    return copy


def with_sums(module: Any, program: Program, seeds: dict[int, Any], ends: list[int], constants: set[int]) -> Program:
    """The program whose outputs are all sums of a sweep, and a number for every place that was not reached."""
    count, recording = len(program), Recording(program, constants)
    symbols = {root: recording.symbol(seed) if isinstance(seed, int) else seed for root, seed in seeds.items()}
    sums = module.adjoints(recording, symbols, ends)
    program.outputs = [recording.place(sums.get(place, 0.125)) for place in range(count)]
    check(program)
    return program


@pytest.mark.parametrize("ops", [HOT, ALL], ids=["hot", "all"])
@given(data=st.data())
def test_adjoints_are_those_of_the_readable_form(ops: tuple[Op, ...], data: st.DataObject) -> None:
    program = data.draw(programs(ops, most=10))
    places = st.integers(0, len(program) - 1)
    seed = st.sampled_from([1.0, 0.0, -0.0, -2.5]) | st.integers(0, program.inputs - 1)
    seeds = data.draw(st.dictionaries(places, seed, min_size=1, max_size=2))
    variables = places.filter(lambda place: program.number(place) is None)  # no sweep ends at a number
    ends = data.draw(st.lists(variables, min_size=1, max_size=3))
    constants = set(data.draw(st.lists(places, max_size=2)))
    slow = with_sums(differentiation, copy_of(program), seeds, ends, constants)
    fast = with_sums(sweep, copy_of(program), seeds, ends, constants)
    for _ in range(3):
        point = data.draw(st.lists(numbers, min_size=program.inputs, max_size=program.inputs))
        expected = outcome(slow, point)
        assert outcome(fast, point) == expected
        assert outcome(simplify(fast), point) == expected
        assert outcome(simplify(slow), point) == expected


@given(programs(HOT, most=10), st.data())
def test_tangents_are_those_of_the_readable_form(program: Program, data: st.DataObject) -> None:
    results = []
    roots = program.outputs
    directions = {place: data.draw(st.sampled_from([1.0, 0.0, -2.5])) for place in range(program.inputs)}
    for module in (differentiation, sweep):
        copy: Any = copy_of(program)
        recording = Recording(copy)
        sums: Any = module.tangents(recording, directions, roots)
        copy.outputs = [recording.place(sums.get(root, 0.0)) for root in roots]
        results.append(copy)
    point = data.draw(st.lists(numbers, min_size=program.inputs, max_size=program.inputs))
    assert outcome(results[1], point) == outcome(results[0], point)


def gradients(module: Any, op: Op, fixed: dict[int, float]) -> Program:
    """A program that gives the gradient of an op behind square roots; some operands are numbers."""
    program = Program()
    arity = len(per_input(op, op.sample))
    inputs = [program.input() for _ in range(arity)]
    roots = [program.apply(TABLE["sqrt"], [x]) for x in inputs]
    places = [program.constant(fixed[i]) if i in fixed else roots[i] for i in range(arity)]
    program.outputs = module.gradient(Recording(program), program.apply(op, places), inputs)
    return program


@pytest.mark.parametrize("most", [sweep.MOST_NUMBERS, 0], ids=["numbers", "constants"])
@pytest.mark.parametrize("op", ALL, ids=lambda op: str(op.name))
def test_every_row_with_every_pattern_of_numbers(op: Op, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if most == 0 and hasattr(sweep, "__mypyc_attrs__"):
        pytest.skip("compiled code keeps the number")
    monkeypatch.setattr(sweep, "MOST_NUMBERS", most)
    rng, arity = Random(1), len(per_input(op, op.sample))
    for pattern in range(2**arity):
        fixed = {i: rng.choice(AWKWARD) for i in range(arity) if pattern >> i & 1}
        slow, fast = gradients(differentiation, op, fixed), gradients(sweep, op, fixed)
        for _ in range(6):
            point = [rng.choice((*AWKWARD, 0.3, 0.7)) for _ in range(arity)]
            assert outcome(fast, point) == outcome(slow, point), (fixed, point)


@pytest.mark.parametrize("op", ALL, ids=lambda op: str(op.name))
def test_every_row_twice_with_every_role_of_operands(op: Op) -> None:
    """First and second derivatives behind square roots, whose slopes at 0 meet the structural zeros."""
    rng, arity = Random(1), len(per_input(op, op.sample))
    for pattern in range(3**arity):
        roles = [pattern // 3**i % 3 for i in range(arity)]  # a variable, what counts as a constant, or a number
        chosen = [rng.choice(AWKWARD) for _ in roles]
        slow, fast = [twice(module, op, roles, chosen) for module in (differentiation, sweep)]
        for _ in range(4):
            point = [rng.choice((*AWKWARD, 0.3, 0.7)) for _ in roles]
            assert outcome(fast, point) == outcome(slow, point), (roles, chosen, point)


def twice(module: Any, op: Op, roles: list[int], chosen: list[float]) -> Program:
    """A program that gives the gradient of an op behind square roots, and the gradient of the sum of that."""
    program = Program()
    inputs = [program.input() for _ in roles]
    roots = [program.apply(TABLE["sqrt"], [x]) for x in inputs]
    places = [program.constant(n) if role == 2 else x for role, n, x in zip(roles, chosen, roots, strict=True)]
    recording = Recording(program, {x for role, x in zip(roles, roots, strict=True) if role == 1})
    once = module.gradient(recording, program.apply(op, places), inputs)
    program.outputs = [*once, *module.gradient(recording, program.apply(TABLE["sum"], once), inputs)]
    return program


def test_a_gradient_that_has_underflowed_has_reached_its_place() -> None:
    """The slope of a product with two tiny numbers is an ordinary 0, and infinitely steep roots make nan of it."""
    program = Program()
    x = program.input()
    tiny = program.constant(5e-324)
    product = program.apply(TABLE["prod"], [tiny, tiny, program.apply(TABLE["sqrt"], [x])])
    program.outputs = sweep.gradient(Recording(program), product, [x])
    assert outcome(program, [0.0]) == [b"nan"]


def ops_of(program: Program) -> list[str]:
    return sorted([str(program.op(place)) for place in range(len(program))])


def test_the_same_instructions_are_left() -> None:
    text = "%0 = input\n%1 = input\n%2 = mul %0 %1\n%3 = sin %2\n%4 = div %3 %1\n%5 = dot %4 %2 %0 %1\nreturn %5"
    left = []
    for module in (differentiation, sweep):
        program = parse(text)
        program.outputs = module.gradient(Recording(program), 5, [0, 1])
        left.append(ops_of(simplify(program)))
    assert left[0] == left[1]


def branching(name: str) -> Op:
    return define_op(name, abs, lambda x, y: 1.0 if x > 0.0 else -1.0)


def test_a_derivative_that_decides_in_python_becomes_an_op() -> None:
    program = Program()
    x = program.input()
    root = program.apply(TABLE["mul"], [program.apply(branching("branching_abs"), [x]), x])
    program.outputs = sweep.gradient(Recording(program), root, [x])
    for number in (2.0, -3.0):
        assert evaluate(program, [number]) == [2.0 * abs(number)]
    with pytest.raises(GradientLossError, match=r"branching_abs.*where\(condition, a, b\)"):
        sweep.gradient(Recording(program), program.outputs[0], [x])


def test_a_structural_zero_that_decides_in_python_becomes_an_op() -> None:
    step = define_op("step_by_hand", math.floor, lambda x, y: 0.0 * x, structural=lambda x, y: bool(x > 0.0))
    program = Program()
    x = program.input()
    program.outputs = sweep.gradient(Recording(program), program.apply(step, [program.apply(TABLE["sqrt"], [x])]), [x])
    assert [bits(evaluate(program, [number])[0]) for number in (4.0, 0.0)] == [bits(0.0), bits(math.nan)]


@pytest.mark.parametrize("number", [0.0, 2.0])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_structural_zero_that_decides_in_python_knows_the_constants(number: float, fixed: bool) -> None:
    """The zero of a product is structural if the other factor is a constant, however the row asks for that."""
    found = []
    for op in (product_by_hand(), TABLE["mul"]):
        program = Program()
        x, p = program.input(), program.input()
        root = program.apply(op, [program.apply(TABLE["sqrt"], [x]), p])
        program.outputs = sweep.gradient(Recording(program, {p} if fixed else set()), root, [x])
        found.append(outcome(program, [0.0, number]))
    assert found[0] == found[1]


def product_by_hand() -> Op:
    name = f"product_by_hand_{len(TABLE)}"
    zeros = (lambda x, p, y: bool(x == x) and is_constant(p), lambda x, p, y: False)  # noqa: PLR0124 - decides
    return define_op(name, lambda x, p: x * p, lambda x, p, y: p, lambda x, p, y: x, structural=zeros)


def test_a_derivative_of_any_number_of_inputs_that_decides_in_python_becomes_ops() -> None:
    norm = define_op(
        "norm_by_hand",
        lambda xs: sum([abs(x) for x in xs]),
        lambda xs, y: [1.0 if x > 0.0 else -1.0 for x in xs],
        variadic=True,
    )
    program = Program()
    inputs = [program.input() for _ in range(3)]
    root = program.apply(norm, [*inputs, program.constant(2.0)])
    program.outputs = sweep.gradient(Recording(program), root, inputs)
    assert evaluate(program, [3.0, -2.0, 0.5]) == [1.0, -1.0, 1.0]
    with pytest.raises(GradientLossError, match=r"norm_by_hand.*where\(condition, a, b\)"):
        sweep.gradient(Recording(program), program.outputs[0], inputs)


def test_what_a_formula_detaches_stays_a_constant() -> None:
    half_square = define_op("half_square", lambda x: 0.5 * x * x, lambda x, y: 1.0 * detached(x))
    program = Program()
    x = program.input()
    once = sweep.gradient(Recording(program), program.apply(half_square, [x]), [x])
    program.outputs = [*once, *sweep.gradient(Recording(program), once[0], [x])]
    assert evaluate(program, [3.0]) == [3.0, 0.0]


def test_the_recorder_hears_of_what_was_appended() -> None:
    class Listening(Recording):
        def grown(self, first: int) -> None:
            heard.append((first, len(self.program)))

    heard: list[tuple[int, int]] = []
    program = parse("%0 = input\n%1 = sin %0\nreturn %1")
    sweep.adjoints(Listening(program), {1: 1.0}, [0])
    before = len(program)
    sweep.tangents(Listening(program), {0: 1.0}, [1])
    assert heard == [(2, before), (before, len(program))]


def test_sums_are_a_mapping() -> None:
    program = parse("%0 = input\n%1 = input\n%2 = sin %0\n%3 = neg %2\nreturn %3")
    recording = Recording(program)
    sums = sweep.adjoints(recording, {3: 1.0}, [0, 1])
    assert list(sums) == [0, 2, 3]
    assert len(sums) == 3
    assert [place for place, _ in sums.items()] == [0, 2, 3]
    assert sums[2] == -1.0
    assert 1 not in sums
    assert 99 not in sums
    assert sums.get(1) is None
    with pytest.raises(KeyError, match="1"):
        sums[1]


def test_many_numbers_take_few_templates() -> None:
    """A program with a number of its own in every instruction grows no faster than one with a single number."""

    def grown(number: Callable[[int], float]) -> int:
        program = Program()
        x = place = program.input()
        for k in range(200):
            place = program.apply(TABLE["mul"], [program.constant(number(k)), place])
        program.outputs = sweep.gradient(Recording(program), place, [x])
        return size(simplify(program))

    assert grown(lambda k: 1.5) == grown(lambda k: 1.5 + k)
