"""Strategies draw the documented examples, and programs print as Python that makes them."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, Op, OperandTypeError, Value
from autograd_core.testing import GradientMismatch, check_grads, registration
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import (
    datasets,
    expressions,
    floats_for,
    is_measurable,
    is_on_kink,
    is_ordinary,
    networks,
    parameter_trees,
    points_for,
    values,
)
from autograd_core.transforms.trees import flatten
from exact import bits
from examples import find
from nn import MLP
from wrong_rows import with_derivative

every_op = pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
briefly = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def gap(op: Op, point: tuple[float, ...]) -> float:
    return math.inf if op.kinks is None else op.kinks(*point)


# ---- Points ---------------------------------------------------------------------------------------------------------


@every_op
def test_points_lie_in_the_domain_off_the_kinks(op: Op) -> None:
    @briefly
    @given(floats_for(op))
    def check(point: tuple[float, ...]) -> None:
        domains = op.domain * len(point) if op.arity is None else op.domain
        assert len(point) == op.arity or op.arity is None
        assert all(low <= x <= high and math.isfinite(x) for x, (low, high) in zip(point, domains, strict=True))
        assert gap(op, point) >= 1e-6

    check()


def test_points_come_from_the_sample_and_from_all_of_the_domain() -> None:
    assert find(floats_for("exp", measurable=False), lambda point: point[0] > 1e100)
    assert find(floats_for("log"), lambda point: 0.0 < point[0] < 1e-100)
    assert find(floats_for("gamma"), lambda point: point[0] < -1.0)

    @given(floats_for("log", wide=False))
    def check(point: tuple[float, ...]) -> None:
        assert 0.25 <= point[0] <= 4.0

    check()


def test_points_may_lie_on_kinks_if_they_are_asked_for() -> None:
    assert find(floats_for("relu", margin=0.0), lambda point: point[0] == 0.0) == (0.0,)

    @given(floats_for("relu", margin=0.5))
    def check(point: tuple[float, ...]) -> None:
        assert abs(point[0]) >= 0.5

    check()


def test_ops_of_any_number_of_inputs() -> None:
    for count in (2, 3, 4):
        assert len(find(floats_for("sum"), lambda point, n=count: len(point) == n, shrink=False)) == count  # type: ignore[misc]
    assert len(find(floats_for("sum", count=7), lambda _: True)) == 7
    assert len(find(floats_for("sum", count=1), lambda _: True)) == 1
    assert len(find(floats_for("dot", count=6), lambda _: True)) == 6


@pytest.mark.parametrize(("op", "count"), [("exp", 2), ("dot", 3), ("sum", 0), ("nosuch", None)])
def test_points_for_what_does_not_exist_are_refused(op: str, count: int | None) -> None:
    with pytest.raises(InputError):
        floats_for(op, count)


def test_the_order_of_polygamma_is_a_small_integer_and_the_other_input_has_both_signs() -> None:
    @given(floats_for("polygamma"))
    def check(point: tuple[float, ...]) -> None:
        assert point[0] in range(11)
        assert math.isfinite(TABLE["polygamma"](*point))

    check()
    assert find(floats_for("polygamma"), lambda point: point[0] >= 2 and -20.0 < point[1] < -0.25)


ALARMING = ("div", "reciprocal", "round", "floordiv", "sin", "log", "pow", "prod", "exp_quotient", "sinh", "cauchy_db")


@pytest.mark.parametrize("name", ALARMING)
def test_points_of_any_size_raise_no_false_alarm(name: str) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(floats_for(name))
    def check(point: tuple[float, ...]) -> None:
        assert check_grads(TABLE[name], *point)

    check()


@pytest.mark.parametrize(
    ("op", "point", "measurable"),
    [
        ("log", [0.0], False),  # on the edge
        ("exp", [800.0], False),  # overflows
        ("sin", [1e16], False),  # between two floats lies half a wave
        ("sin", [1e6], True),
        ("round", [1e16], False),  # all floats are integers there, and the kinks are between them
        ("floor", [-104801.60796733337], False),  # differences see a slope
        ("floor", [2.5], True),
        ("reciprocal", [1e-60], False),  # the difference quotient steps over the pole
        ("reciprocal", [1e-200], False),  # the derivative overflows
        ("log", [1e-200], True),
        ("relu", [0.0], True),  # both sides can be measured
        ("prod", [1e158, 1e158, 1e158, 1e-277], False),  # a derivative overflows
        ("square", [1e-320], False),  # a subnormal number has few digits
    ],
)
def test_measurable_points(op: str, point: list[float], measurable: bool) -> None:
    assert is_measurable(TABLE[op], point) is measurable


def test_a_wrong_derivative_hides_no_point() -> None:
    wrong = with_derivative(TABLE["tanh"], 0, lambda d: 2.0 * d + 1.0)
    assert is_measurable(wrong, [0.3])

    @settings(max_examples=30, phases=[Phase.generate])
    @given(floats_for(wrong))
    def check(point: tuple[float, ...]) -> None:
        check_grads(wrong, *point)

    with pytest.raises(GradientMismatch):
        check()


# ---- Programs -------------------------------------------------------------------------------------------------------


POSITIVE = st.floats(0.125, 3, width=32)


@every_op
def test_a_program_of_every_op_runs_and_its_source_computes_the_same(op: Op) -> None:
    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(expressions(ops=[op], leaves=POSITIVE))
    def check(program: Program) -> None:
        assert {name for name, _ in program.instructions} == {op.name}
        names: dict[str, Any] = {}
        exec(program.source(), names)  # noqa: S102 - we have written it
        leaves = [Value(x) for x in program.leaves]
        results = program.run(leaves)
        results[-1].backward()
        for i, leaf in enumerate(leaves):
            assert bits(names[f"x{i}"].grad) == bits(leaf.grad)
        for i, result in enumerate(results[len(leaves) :]):
            assert bits(names[f"y{i}"].data) == bits(result.data)
        assert bits(program()) == bits(results[-1].data) == bits(program(*program.leaves))

    check()


@given(expressions())
def test_the_repr_of_a_program_is_python(program: Program) -> None:
    again = eval(repr(program))  # noqa: S307 - we have written it
    assert again == program
    assert bits(again()) == bits(program())


def test_the_repr_of_numbers_that_are_no_literals() -> None:
    program = Program((math.inf, -math.inf), (("add", (0, 1)),))
    assert eval(repr(program)) == program  # noqa: S307 - we have written it
    assert repr(eval(repr(Program((math.nan,), (("neg", (0,)),))))) == repr(Program((math.nan,), (("neg", (0,)),)))  # noqa: S307
    assert "x0 = ag.Value(float('inf'))" in program.source()


@pytest.mark.parametrize(
    "instruction", [("nosuch", (0,)), ("neg", (1,)), ("neg", (-1,)), ("sum", ()), ("neg", (1.0,)), ("add", (0.5, 1))]
)
def test_programs_that_cannot_run_are_refused(instruction: tuple[str, tuple[int, ...]]) -> None:
    with pytest.raises(InputError):
        Program((1.0,), (instruction,))


def test_a_program_wants_as_many_leaves_as_it_has() -> None:
    with pytest.raises(InputError, match=r"expected 1 leaves.*got 2"):
        Program((1.0,), (("neg", (0,)),))(1.0, 2.0)


def applied(program: Program) -> Iterator[tuple[Op, list[float]]]:
    """Yield every op of a program with its inputs."""
    results = program.run(program.leaves)
    for name, inputs in program.instructions:
        yield TABLE[name], [x if isinstance(x, float) else results[x] for x in inputs]


@given(expressions(max_size=5, kinks=False))
def test_programs_without_kinks_are_evaluated_at_ordinary_points(program: Program) -> None:
    assert 1 <= len(program.leaves) <= 6
    assert 1 <= len(program.instructions) <= 5
    assert all(is_ordinary(op, inputs) for op, inputs in applied(program))


@given(expressions())
def test_programs_are_evaluated_at_ordinary_points_and_on_kinks(program: Program) -> None:
    assert all(is_ordinary(op, inputs) or is_on_kink(op, inputs) for op, inputs in applied(program))


def drawn_by(seed_of_run: int, seen: dict[str, int]) -> None:
    """Write how many programs of a run have each op."""

    @seed(seed_of_run)
    @settings(max_examples=200, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(expressions())
    def look(program: Program) -> None:
        for name in {name for name, _ in program.instructions}:
            seen[name] = seen.get(name, 0) + 1

    look()


def test_600_programs_have_every_op_of_the_table() -> None:
    seen: dict[str, int] = {}
    for seed_of_run in range(3):
        drawn_by(seed_of_run, seen)
    assert seen.keys() == TABLE.keys()


@pytest.mark.parametrize(
    ("name", "is_there"),
    [
        ("relu", lambda x: x == 0.0),
        ("clamp", lambda x, low, high: x == low < high),
        ("clamp", lambda x, low, high: low < high == x),
        ("max", lambda *xs: len(xs) == 2 and xs[0] == xs[1]),
        ("min", lambda *xs: len(xs) == 3 and len(set(xs)) == 1),
        ("hypot", lambda *xs: not any(xs)),
        ("hardsigmoid", lambda x: x == -3.0),
        ("relu6", lambda x: x == 6.0),
        ("floor", float.is_integer),
        ("leaky_relu", lambda x, slope: x == 0.0 < slope),
    ],
)
def test_programs_stand_on_kinks_and_on_ties(name: str, is_there: Callable[..., bool]) -> None:
    assert find(expressions(ops=[name]), lambda program: any(is_there(*xs) for _, xs in applied(program)), shrink=False)


def test_an_op_takes_the_same_result_twice() -> None:
    strategy = expressions(ops=["max", "neg"])  # of all ops, few programs have one of any number of inputs
    program = find(
        strategy, lambda program: any(name == "max" and len(set(x)) < len(x) for name, x in program.instructions)
    )
    assert len(program.instructions) <= 2


def test_two_leaves_share_their_number() -> None:
    program = find(expressions(), lambda program: len(set(program.leaves)) < len(program.leaves))
    assert program.leaves[0] == program.leaves[1]


@given(expressions(ops=["polygamma", "mul"]))
def test_the_order_of_polygamma_is_a_constant_of_a_program(program: Program) -> None:
    for name, inputs in program.instructions:
        assert [isinstance(x, float) for x in inputs] == ([True, False] if name == "polygamma" else [False, False])
    leaves = [Value(x) for x in program.leaves]
    assert bits(program(*leaves).data) == bits(program())
    assert eval(repr(program)) == program  # noqa: S307 - we have written it


@given(expressions(shared=False))
def test_without_sharing_nothing_is_used_twice(program: Program) -> None:
    used = [x for _, inputs in program.instructions for x in inputs if not isinstance(x, float)]
    assert len(used) == len(set(used))


def test_results_are_shared() -> None:
    def is_diamond(program: Program) -> bool:
        used = [place for _, places in program.instructions for place in places if place >= len(program.leaves)]
        return len(used) > len(set(used))

    program = find(expressions(ops=("add", "neg"), leaves=st.just(1.0), max_size=4), is_diamond)
    assert len(program.instructions) == 2
    assert len(program.leaves) <= 2


def test_what_the_result_does_not_depend_on_is_drawn_and_can_be_taken_away() -> None:
    program = find(expressions(), lambda program: program != program.pruned(), shrink=False)
    pruned = program.pruned()
    assert pruned.pruned() == pruned
    assert bits(pruned()) == bits(program())
    assert len(pruned.leaves) + len(pruned.instructions) < len(program.leaves) + len(program.instructions)


def test_the_largest_programs_are_drawn_too() -> None:
    program = find(expressions(max_size=30), lambda program: len(program.instructions) == 30, shrink=False)
    assert len(program.instructions) == 30


@pytest.mark.parametrize(
    ("op", "point", "ordinary"),
    [
        ("exp", [1.0], True),
        ("exp", [5.0], False),  # not moderate
        ("log", [0.01], False),  # near the edge of the domain
        ("log", [-1.0], False),  # outside
        ("reciprocal", [0.04], False),  # near a pole
        ("relu", [0.0], False),  # on a kink
        ("mod", [1.0, 0.0], False),  # where the distance to the kinks is undefined
        ("exp_quotient", [-1.0, 0.0], False),  # on a pole where the value is finite
        ("add", [math.nan, 1.0], False),
    ],
)
def test_ordinary_points(op: str, point: list[float], ordinary: bool) -> None:
    assert is_ordinary(TABLE[op], point) is ordinary


def test_ops_of_ones_own_are_drawn() -> None:
    ag.define_op("drawn_by_a_test", lambda x: x * x, lambda x, y: 2.0 * x)
    try:
        assert find(
            expressions(),
            lambda program: any(name == "drawn_by_a_test" for name, _ in program.instructions),
            shrink=False,
        )
    finally:
        TABLE.pop("drawn_by_a_test")


def test_unknown_ops_are_refused_at_once() -> None:
    with pytest.raises(InputError, match="no op named 'nosuch'"):
        expressions(ops=["add", "nosuch"])


# ---- Values, arguments, networks, data -------------------------------------------------------------------------------


@given(values(-1.0, 2.0, labels=True))
def test_values_are_leaves_within_bounds(value: Value) -> None:
    assert -1.0 <= value.data <= 2.0
    assert (value.grad, value.inputs) == (0.0, ())


def test_labels_are_given_if_asked_for() -> None:
    assert find(values(labels=True), lambda value: value.label != "").label == "_"

    @given(values())
    def check(value: Value) -> None:
        assert value.label == ""

    check()


def of_two(x: float, y: float, scale: float = 1.0) -> float:
    return scale * x * y


@pytest.mark.parametrize(
    ("f", "count"), [(of_two, 2), (TABLE["fma"], 3), (Program((1.0, 2.0, 3.0), (("sum", (0, 1, 2)),)), 3)]
)
def test_points_for_functions_programs_and_ops(f: Callable[..., Any], count: int) -> None:
    @given(points_for(f))
    def check(point: tuple[float, ...]) -> None:
        assert len(point) == count
        f(*point)

    check()


def test_points_for_an_op_lie_in_its_domain() -> None:
    @given(points_for(TABLE["log"]))
    def check(point: tuple[float, ...]) -> None:
        assert point[0] >= 0.0

    check()


def test_points_have_the_form_of_the_examples() -> None:
    @given(points_for(max, {"w": [1.0, 2.0], "b": (3.0,)}, np.zeros((2, 3)), domain=(1.0, 2.0)))
    def check(point: tuple[Any, ...]) -> None:
        params, array = point
        assert (len(params["w"]), len(params["b"]), type(params["b"]), array.shape) == (2, 1, tuple, (2, 3))
        assert all(1.0 <= x <= 2.0 for x in flatten(point))

    check()


def test_points_for_what_cannot_be_known_are_refused() -> None:
    with pytest.raises(InputError, match="give examples"):
        points_for(max)
    with pytest.raises(InputError, match="without a default"):
        points_for(lambda *xs: sum(xs))
    with pytest.raises(OperandTypeError):
        points_for(max, ["no number"])


@given(networks(max_layers=3, max_width=3, activations=("tanh",)))
def test_networks_are_of_the_sizes_asked_for(model: MLP) -> None:
    assert 1 <= len(model.layers) <= 3
    assert all(1 <= len(layer.neurons) <= 3 for layer in model.layers)
    assert {layer.activation for layer in model.layers[:-1]} <= {"tanh"}
    assert all(-2.0 <= parameter.data <= 2.0 for parameter in model.parameters())
    outputs = model([1.0] * len(model.layers[0].neurons[0].w))
    assert outputs is not None


def test_networks_shrink() -> None:
    model = find(networks(), lambda model: len(model.layers) == 2)
    assert [parameter.data for parameter in model.parameters()] == [0.0] * 4


@given(datasets(max_samples=4, max_features=3, classes=3))
def test_data_sets_are_samples_of_equal_length(samples: list[tuple[list[float], int]]) -> None:
    assert 1 <= len(samples) <= 4
    assert len({len(features) for features, _ in samples}) == 1
    assert all(label in range(3) and 1 <= len(features) <= 3 for features, label in samples)


@given(parameter_trees(values()))
def test_parameter_trees_can_be_taken_apart(tree: Any) -> None:
    leaves = flatten(tree)
    assert leaves
    assert all(isinstance(leaf, Value) for leaf in leaves)


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_parameter_trees_of_every_kind_are_drawn(kind: type) -> None:
    assert isinstance(find(parameter_trees(), lambda tree: isinstance(tree, kind)), kind)


# ---- Registration ---------------------------------------------------------------------------------------------------


def test_types_are_known_after_registration() -> None:
    registration.register()
    assert isinstance(find(st.from_type(Value), lambda value: value.data > 1.0), Value)
    assert isinstance(find(st.from_type(Program), lambda program: len(program.leaves) > 1), Program)


def run(source: str) -> str:
    return subprocess.run(
        [sys.executable, "-P", "-c", source], capture_output=True, encoding="utf-8", check=True
    ).stdout


def test_hypothesis_knows_values_by_itself() -> None:
    source = """
from hypothesis import given, strategies as st
from autograd_core import Value
import sys
assert "autograd_core.testing.strategies" not in sys.modules
@given(...)
def check(x: Value):
    assert -10 <= x.data <= 10
check()
print("drawn")
"""
    assert run(source) == "drawn\n"


def test_strategies_load_no_network() -> None:
    assert run("import autograd_core.testing.strategies, sys; print('nn' in sys.modules)") == "False\n"


def test_oracles_load_no_hypothesis() -> None:
    modules = (f"autograd_core.testing.{name}" for name in ("oracles", "invariants", "programs.programs"))
    source = f"import {', '.join(modules)}, sys"
    assert run(f"{source}; print('hypothesis' in sys.modules)") == "False\n"
