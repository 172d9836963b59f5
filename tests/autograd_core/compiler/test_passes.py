"""Passes: every one gives the same bits, wherever the numbers lie, and leaves no more to compute."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.passes.codes import (
    CODE_COMPARISON,
    CODE_EVEN,
    CODE_NEVER_MINUS_ZERO,
    CODE_NOT,
    CODE_ODD,
    NUMBER_OF_CODES,
    ROWS,
)
from autograd_core.compiler.passes.drop import drop
from autograd_core.compiler.passes.facts import REACHED, TRUTH, facts_of
from autograd_core.compiler.passes.fold import fold
from autograd_core.compiler.passes.share import share
from autograd_core.compiler.passes.strong_products import weaken
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.text import parse, to_text
from autograd_core.table.define import define_op
from autograd_core.table.op import TABLE, Op
from drawn_programs import AWKWARD, HOT, bits, numbers, outcome, programs, size

Pass = Callable[[Program], Program]

PASSES: Final[dict[str, Pass]] = {
    "drop": drop,
    "fold": fold,
    "weaken": weaken,
    "weaken after fold": lambda program: weaken(fold(program)),
    "share": share,
    "simplify": simplify,
}

ALL: Final = tuple(TABLE.values())


def points(program: Program) -> st.SearchStrategy[list[float]]:
    return st.lists(numbers, min_size=program.inputs, max_size=program.inputs)


@pytest.mark.parametrize("apply", PASSES.values(), ids=PASSES)
@pytest.mark.parametrize("ops", [HOT, ALL], ids=["hot", "all"])
@given(data=st.data())
def test_a_pass_keeps_every_bit(apply: Pass, ops: tuple[Op, ...], data: st.DataObject) -> None:
    program = data.draw(programs(ops))
    before = to_text(program)
    found = apply(program)
    check(found)
    assert to_text(program) == before
    assert found.inputs == program.inputs
    for _ in range(3):
        point = data.draw(points(program))
        assert outcome(found, point) == outcome(program, point)


@pytest.mark.parametrize("apply", PASSES.values(), ids=PASSES)
@given(programs(HOT))
def test_a_pass_leaves_no_more_to_compute(apply: Pass, program: Program) -> None:
    adds = apply not in (drop, fold, share)  # "+ 0.0", where the sign of a zero shows
    strong = sum(program.op(place) is TABLE["strong_product"] for place in range(len(program)))
    assert size(apply(program)) <= size(program) + adds * strong


@given(programs(ALL))
def test_text_and_parse_are_inverse(program: Program) -> None:
    text = to_text(program)
    assert to_text(parse(text)) == text


@given(programs(HOT))
def test_simplifying_again_finds_little(program: Program) -> None:
    once = simplify(program)
    assert size(simplify(once)) <= size(once)


@given(programs(HOT), st.data())
def test_facts_hold(program: Program, data: st.DataObject) -> None:
    known, point = facts_of(program), data.draw(points(program))
    program.outputs = list(range(len(program)))
    for fact, number in zip(known, evaluate(program, point), strict=True):
        assert not fact & REACHED or bits(number) != bits(-0.0)
        assert not fact & TRUTH or number in (0.0, 1.0)


SIGNS: Final = {
    "a gradient of a strong product that stays": "%7 = strong_product %1 %6 %0",
    "a denominator": "%7 = div %1 %6",
    "a numerator": "%7 = div %6 %1",
    "a sum of what may be -0.0": "%7 = add %6 %0",
    "a sum of many": "%7 = sum %0 %6 %1",
    "a difference": "%7 = sub %6 %0",
    "what is subtracted": "%7 = sub %0 %6",
    "a choice": "%7 = where %1 %6 %0",
    "the other choice": "%7 = where %1 %0 %6",
    "an element": "%7 = element %5 %6 %0",
    "a dot product": "%7 = dot %6 %0 %1 %1",
    "an op that passes it on": "%7 = sin %6",
    "an op that nothing is known about": "%7 = copysign %1 %6",
}


@pytest.mark.parametrize("last", SIGNS.values(), ids=SIGNS)
def test_the_sign_of_a_zero_that_shows_stays(last: str) -> None:
    """A strong product that is reached gives 0.0 for `-0.0 * exp(x)`, a plain one -0.0."""
    program = parse(
        "%0 = input\n%1 = input\n%2 = exp %1\n%3 = constant 0.0\n%4 = lt %0 %1\n%5 = mul %4 %3\n"
        f"%6 = strong_product %0 %2 %3\n{last}\nreturn %7"
    )
    weak = drop(weaken(fold(program)))
    assert (TABLE["strong_product"] in weak.ops) == ("strong_product" in last)
    for point in product(AWKWARD, repeat=2):
        assert outcome(weak, point) == outcome(program, point), point


def simplified(text: str) -> str:
    lines = to_text(simplify(parse(text))).splitlines()
    return "; ".join(line for line in lines if "input" not in line)


SIMPLER: Final = {
    "%1 = constant 1.0\n%2 = mul %1 %0\nreturn %2": "return %0",
    "%1 = constant -1.0\n%2 = mul %0 %1\nreturn %2": "%1 = neg %0; return %1",
    "%1 = constant 4.0\n%2 = div %0 %1\nreturn %2": "%1 = constant 0.25; %2 = mul %0 %1; return %2",
    "%1 = constant 3.0\n%2 = div %0 %1\nreturn %2": "%1 = constant 3.0; %2 = div %0 %1; return %2",
    "%1 = constant 0.0\n%2 = add %0 %1\nreturn %2": "%1 = constant 0.0; %2 = add %0 %1; return %2",
    "%1 = constant -0.0\n%2 = add %0 %1\nreturn %2": "return %0",
    "%1 = constant 0.0\n%2 = exp %0\n%3 = add %1 %2\nreturn %3": "%1 = exp %0; return %1",
    "%1 = constant 0.0\n%2 = sub %0 %1\nreturn %2": "return %0",
    "%1 = constant 0.0\n%2 = sub %1 %0\nreturn %2": "%1 = constant 0.0; %2 = sub %1 %0; return %2",
    "%1 = constant -0.0\n%2 = sub %1 %0\nreturn %2": "%1 = neg %0; return %1",
    "%1 = neg %0\n%2 = neg %1\nreturn %2": "return %0",
    "%1 = input\n%2 = neg %0\n%3 = add %2 %1\nreturn %3": "%2 = sub %1 %0; return %2",
    "%1 = input\n%2 = neg %0\n%3 = sub %1 %2\nreturn %3": "%2 = add %1 %0; return %2",
    "%1 = neg %0\n%2 = mul %1 %1\nreturn %2": "%1 = mul %0 %0; return %1",
    "%1 = copy %0\n%2 = pos %1\nreturn %2": "return %0",
    "%1 = constant 2.0\n%2 = constant 0.0\n%3 = lt %2 %1\n%4 = where %3 %0 %1\nreturn %4": "return %0",
    "%1 = input\n%2 = lt %0 %1\n%3 = constant 0.0\n%4 = ne %2 %3\nreturn %4": "%2 = lt %0 %1; return %2",
    "%1 = input\n%2 = lt %0 %1\n%3 = logical_not %2\n%4 = where %3 %0 %1\nreturn %4": (
        "%2 = lt %0 %1; %3 = where %2 %1 %0; return %3"
    ),
    "%1 = constant 1.0\n%2 = element %1 %0 %1\nreturn %2": "%1 = constant 1.0; return %1",
    "%1 = constant 0.5\n%2 = element %1 %0 %1\nreturn %2": "%1 = constant nan; return %1",
    "%1 = sin %0\n%2 = sin %0\n%3 = mul %1 %2\nreturn %3": "%1 = sin %0; %2 = mul %1 %1; return %2",
}


@pytest.mark.parametrize("text", SIMPLER)
def test_simpler_forms(text: str) -> None:
    assert simplified(f"%0 = input\n{text}") == SIMPLER[text]


STRONG: Final = {
    # The seed 1.0 is reached, and adding exp(x) hides the sign of the zero.
    "%2 = constant 1.0\n%3 = strong_product %0 %2 %1\n%4 = exp %0\n%5 = add %4 %3\nreturn %5": (
        "%1 = exp %0; %2 = add %1 %0; return %2"
    ),
    # The sign shows in the output.
    "%2 = exp %0\n%3 = strong_product %0 %2 %1\nreturn %3": (
        "%1 = constant 0.0; %2 = exp %0; %3 = mul %0 %2; %4 = add %3 %1; return %4"
    ),
    # Of two products one is enough; the other one adds to a number that is not -0.0.
    "%2 = exp %0\n%3 = strong_product %0 %2 %1\n%4 = sin %0\n%5 = strong_product %4 %2 %1\n%6 = add %3 %5\nreturn %6": (
        "%1 = constant 0.0; %2 = exp %0; %3 = mul %0 %2; %4 = sin %0; %5 = mul %4 %2; %6 = add %5 %1; "
        "%7 = add %3 %6; return %7"
    ),
    # An input may be -0.0, which nothing has reached.
    "%2 = strong_product %0 %0 %1\nreturn %2": "%1 = constant 0.0; %2 = strong_product %0 %0 %1; return %2",
    # A structural zero on one side of 0.
    "%2 = exp %0\n%3 = lt %1 %0\n%4 = constant 1.0\n%5 = strong_product %3 %2 %4\nreturn %5": (
        "%1 = constant 0.0; %2 = exp %0; %3 = lt %1 %0; %4 = constant -0.0; %5 = where %3 %2 %4; return %5"
    ),
}


@pytest.mark.parametrize("text", STRONG)
def test_strong_products(text: str) -> None:
    assert simplified(f"%0 = input\n%1 = constant 0.0\n{text}") == STRONG[text]


def test_an_op_that_raises_is_left_for_the_run() -> None:
    def forward(x: float) -> float:
        raise LookupError(x)

    raising = define_op("raising_in_passes", forward, lambda x, y: 0.0)
    program = Program()
    program.outputs = [program.apply(raising, [program.constant(1.0)])]
    assert to_text(simplify(program)) == to_text(program)


@pytest.mark.parametrize(("op", "left"), [("add", 1), ("mul", 1), ("sub", 2), ("div", 2), ("lt", 2)])
def test_operands_are_exchanged_where_that_changes_nothing(op: str, left: int) -> None:
    program = parse(f"%0 = input\n%1 = input\n%2 = {op} %0 %1\n%3 = {op} %1 %0\nreturn %2 %3")
    assert size(share(program)) == left


def test_inputs_stay() -> None:
    program = parse("%0 = input\n%1 = input\n%2 = sin %0\n%3 = input\nreturn %3")
    assert to_text(simplify(program)) == "%0 = input\n%1 = input\n%2 = input\nreturn %2"


def test_codes_of_rows_hold() -> None:
    """What the codes say about the sign of zeros is true on all awkward numbers."""
    for code in (CODE_NEVER_MINUS_ZERO, CODE_EVEN, *range(CODE_NOT, CODE_COMPARISON + 1)):
        for op in ROWS[code]:
            for point in product(AWKWARD, repeat=op.arity or 1):
                y = op(*point)
                assert bits(op(*[x + 0.0 for x in point])) == bits(y), (op, point)
                assert code == CODE_EVEN or bits(y) != bits(-0.0), (op, point)
    for op in ROWS[CODE_ODD]:
        assert [bits(op(x)) for x in (0.0, -0.0)] == [bits(0.0), bits(-0.0)], op
    assert sorted(ROWS) == list(range(1, NUMBER_OF_CODES))


def test_large_programs() -> None:
    """No pass recurses, and none takes more than linear time."""
    program = Program()
    x = program.input()
    place: Any = x
    for k in range(20_000):
        place = program.apply(TABLE["add" if k % 2 else "mul"], [place, x])
    program.outputs = [place]
    assert size(simplify(program)) == 20_000
