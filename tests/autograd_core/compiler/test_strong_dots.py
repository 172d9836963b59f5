"""Sums of many strong products as one instruction are the same sums, term by term."""

from __future__ import annotations

import math
from random import Random
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import TABLE
from autograd_core.compiler.deferred import expanded, is_written_out
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import executable
from autograd_core.compiler.fast_differentiation import adjoints
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.strong_dots import STRONG_DOT, has_strong_dots
from compiled import same
from compiler_programs import HOT, WHOLE, count_of
from drawn_programs import AWKWARD

INTEGERS: Final = (0.0, -0.0, 1.0, -1.0, 2.0)
SPECIAL: Final = (*INTEGERS, math.inf, -math.inf, math.nan)


def batch(rng: Random, names: tuple[str, ...], samples: int = 12) -> tuple[Program, int, list[int]]:
    """A program that does the same for many samples, its root, and the weights that all samples use."""
    program = Program()
    weights = [program.input() for _ in range(3)]
    data = [program.input() for _ in range(samples)] + [program.constant(x) for x in (1.0, 0.0, 2.0)]
    steps = [(rng.choice(names), [rng.random() for _ in range(6)], rng.randint(1, 4)) for _ in range(5)]
    results = []
    for i in range(samples):
        numbers = [*weights, data[i], rng.choice(data)]
        for name, chosen, wanted in steps:
            operands = [numbers[int(x * len(numbers))] for x in chosen[: count_of(TABLE[name], wanted)]]
            numbers.append(program.apply(TABLE[name], operands))
        results.append(program.apply(TABLE["sum"], numbers[-3:]))
    return program, program.apply(TABLE["sum"], results), weights


def with_gradients(rng: Random, names: tuple[str, ...], gathers: bool) -> Program:
    """The root of a batch and its gradients; data count as constants."""
    program, root, weights = batch(rng, names)
    constants = set(range(3, program.inputs))
    recording = Recording(program, constants)
    sums = adjoints(recording, {root: 1.0}, weights, gathers)
    program.outputs = [root, *[recording.place(sums.get(weight, 0.0) + 0.0) for weight in weights]]
    check(program)
    return program


def points(rng: Random, numbers: tuple[float, ...], count: int = 15) -> list[list[float]]:
    return [[rng.choice(numbers) for _ in range(count)] for _ in range(6)]


@pytest.mark.parametrize("seed", range(40))
def test_gathered_sums_have_the_same_bits(seed: int) -> None:
    gathered, direct = (with_gradients(Random(seed), HOT, gathers) for gathers in (True, False))
    written = expanded(gathered).program
    assert is_written_out(written)
    check(written)
    for point in points(Random(seed), (*AWKWARD, 0.3, -1.7)):
        expected = evaluate(direct, point)
        for program in (gathered, written, simplify(written)):
            assert all(map(same, evaluate(program, point), expected)), point


def test_sums_are_gathered() -> None:
    assert has_strong_dots(with_gradients(Random(0), ("mul", "dot"), True))
    assert not has_strong_dots(with_gradients(Random(0), ("mul", "dot"), False))


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "fast"])
@pytest.mark.parametrize("seed", range(40))
def test_running_gathered_sums_of_whole_numbers(seed: int, exact: bool) -> None:
    """With infinities and nans, which need the strong products. Only `exact` keeps the sign of a zero."""
    program = with_gradients(Random(seed), (*WHOLE, "mul", "dot"), True)
    run = executable(program, exact=exact)
    for point in points(Random(seed), SPECIAL):
        expected, found = evaluate(program, point), run.run(point).tolist()
        np.testing.assert_array_equal(found, expected)
        assert not exact or all(map(same, found, expected)), point


@given(st.sampled_from(["lt", "relu", "copysign", "div"]), st.lists(st.sampled_from(SPECIAL), min_size=15, max_size=15))
def test_what_may_lose_a_nan_keeps_the_strong_products(name: str, point: list[float]) -> None:
    program = with_gradients(Random(3), ("mul", "sub", "where"), True)
    one = program.constant(1.0)
    arity = count_of(TABLE[name], 2)
    gradients = np.array(evaluate(program, point))
    program.outputs = [program.apply(TABLE[name], [one, output][-arity:]) for output in program.outputs]
    has_sign = ~np.isnan(gradients) | (name != "copysign")  # machines give a nan any sign
    found, expected = (np.array(run(point)) for run in (executable(program).run, lambda x: evaluate(program, x)))
    np.testing.assert_array_equal(found[has_sign], expected[has_sign])


def test_a_nan_that_a_comparison_would_lose() -> None:
    """The first sample is 0 and meets an infinite gradient: nothing passes, and the rest of the sum is compared."""
    program = Program()
    w, samples, scales = program.input(), [program.input() for _ in range(10)], [program.input() for _ in range(10)]
    products = [program.apply(TABLE["mul"], [w, x]) for x in samples]
    root = program.apply(TABLE["dot"], [*products, *scales])
    recording = Recording(program, {*samples, *scales})
    sums = adjoints(recording, {root: 1.0}, [w], True)
    program.outputs = [program.apply(TABLE["lt"], [recording.place(sums[w]), program.constant(100.0)])]
    assert has_strong_dots(program)
    assert executable(program).run([1.0, 0.0, *[1.0] * 9, math.inf, *[1.0] * 9]).tolist() == [1.0]


def test_local_derivatives_that_make_every_product_nan() -> None:
    """`log` of a negative constant: its slope is nan, and where nothing is reached the gradient is 0 all the same."""
    program = Program()
    x = program.input()
    products = [program.apply(TABLE["mul"], [x, program.constant(math.nan)]) for _ in range(12)]
    chosen = [program.apply(TABLE["where"], [x, x, product]) for product in products]
    root = program.apply(TABLE["sum"], chosen)
    recording = Recording(program)
    sums = adjoints(recording, {root: 1.0}, [x], True)
    program.outputs = [recording.place(sums.get(x, 0.0) + 0.0)]
    assert executable(program).run([2.0]).tolist() == evaluate(program, [2.0]) == [12.0]


def test_numbers_and_products_in_one_sum() -> None:
    """The first weight is added to some samples, and multiplied by others."""
    program = Program()
    w, samples = program.input(), [program.input() for _ in range(10)]
    terms = [program.apply(TABLE["mul" if i % 2 else "add"], [w, x]) for i, x in enumerate(samples)]
    root = program.apply(TABLE["dot"], [*terms, *samples])
    recording = Recording(program, set(samples))
    sums = adjoints(recording, {root: 1.0}, [w], True)
    program.outputs = [recording.place(sums.get(w, 0.0) + 0.0)]
    point = [float(i) for i in range(11)]
    assert STRONG_DOT in program.ops
    assert executable(program).run(point).tolist() == evaluate(program, point)


def network(exact: bool) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(3)
    model = nn.MLP(20, [6, 4], activation="relu", rng=1)
    x, y = rng.random((40, 20)), rng.random((40, 4))

    def step(rows: Any, targets: Any) -> Any:
        model.zero_grad()
        loss = nn.mse_loss([model(row) for row in rows], targets)
        loss.backward()
        return loss, [p.grad for p in model.parameters()]

    return step, ag.compile(step, exact=exact), (x.tolist(), y.tolist())


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "fast"])
def test_a_network(exact: bool) -> None:
    step, compiled, point = network(exact)
    loss, gradient = step(*point)
    found_loss, found = compiled(*point)
    assert has_strong_dots(compiled._latest_captured().recorded)
    assert not has_strong_dots(compiled.program)
    if exact:
        assert [found_loss, *found] == [loss.data, *gradient]
    np.testing.assert_allclose([found_loss, *found], [loss.data, *gradient], rtol=1e-12, atol=1e-15)
    assert evaluate(compiled.program, compiled_inputs(compiled, point))[0] == loss.data


def compiled_inputs(compiled: Any, point: Any) -> list[float]:
    flat = np.concatenate([np.ravel(x) for x in point]).tolist()
    return list(compiled._latest_captured().inputs(flat))


def test_an_anomaly_in_a_batch_names_its_op() -> None:
    w = ag.Value(1.0)

    def step(xs: Any) -> Any:
        w.grad = 0.0
        sum(ag.sqrt(w * x) for x in xs).backward()
        return w.grad

    compiled = ag.compile(step)
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match=r"sqrt.* made inf, recorded at .*ag\.sqrt"):
        compiled([1.0] * 3000 + [0.0])
