"""`check_compiled` accepts what is right, and finds every kind of number that is not; the strategy for its programs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import autograd_core as ag
import nn
from autograd_core import TABLE, InputError, OperandTypeError, Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.executors import executable
from autograd_core.compiler.function import Compiled
from autograd_core.compiler.program import Program, check
from autograd_core.compiler.text import parse, to_text
from autograd_core.testing import CompiledMismatch, check_compiled, strategies


class Counter:
    def __init__(self) -> None:
        self.total = 1.5

    def __call__(self, x: Any) -> Any:
        self.total = self.total + x
        return {"total": self.total, "pair": (x, [2.0 * x])}


class TestAgreement:
    def test_functions_gradients_and_networks(self) -> None:
        model = nn.MLP(2, [3, 1], rng=1)

        def loss(points: Any) -> Any:
            model.zero_grad()
            loss = nn.mse_loss([model(x) for x in points], [1.0, -1.0])
            loss.backward()
            return loss

        report = check_compiled(loss, [[0.5, 1.0], [2.0, -1.0]], others=[([[0.25, 1.5], [-2.0, 1.0]],)])
        assert report
        assert report.sets == 2
        assert report.compared == 2 * 2 * 4 * (1 + 2 * len(model.parameters()))
        assert check_compiled(ag.grad(lambda x: ag.tanh(x) ** 2), 0.5)
        assert check_compiled(ag.compile(lambda x: x * x, exact=True), 3.0)

    def test_all_ways_and_awkward_numbers(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return [x / y if x > 0 else -x, ag.log(x), np.asarray([y]) if y > 0 else y]

        assert check_compiled(f, 1.0, 2.0, others=[(-1.0, 2.0), (0.0, -0.0), (math.inf, math.nan)])

    def test_state_is_put_back(self) -> None:
        counter, w = Counter(), Value(2.0)

        def step(x: Any) -> Any:
            (w * x).backward()
            w.data -= 0.1
            return w.data

        assert check_compiled(counter, 2.0)
        assert counter.total == 1.5
        assert check_compiled(step, 3.0)
        assert (w.data, w.grad) == (2.0, 0.0)

    def test_static_arguments(self) -> None:
        assert check_compiled(lambda x, n: [x * k for k in range(n)], 2.0, 3, static="n")


class TestDifferences:
    """A compiled function that is wrong on purpose."""

    @pytest.fixture
    def wrong(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        run = Compiled.__call__
        change: dict[str, Any] = {}

        def changed(self: Any, *args: Any, **named: Any) -> Any:
            return change["by"](run(self, *args, **named), self._exact)

        monkeypatch.setattr(Compiled, "__call__", changed)
        return change

    @pytest.mark.parametrize(
        ("by", "modes"),
        [
            (lambda y, exact: y * (1 + 1e-15), {"exact"}),
            (lambda y, exact: y * (1 + 1e-9), {"exact", "fast"}),
            (lambda y, exact: y if exact else y + 1e-3, {"fast"}),
            (lambda y, exact: math.nan, {"exact", "fast"}),
            (lambda y, exact: math.inf, {"exact", "fast"}),
        ],
    )
    def test_another_number(self, wrong: Any, by: Any, modes: set[str]) -> None:
        wrong["by"] = by
        with pytest.raises(CompiledMismatch, match="f compiled differs in") as raised:
            check_compiled(f, 3.0)
        report = raised.value.report
        assert not report
        assert {difference.mode for difference in report.differences} == modes
        assert {difference.place for difference in report.differences} == {"result"}
        assert isinstance(raised.value, AssertionError)

    def test_the_sign_of_zero(self, wrong: Any) -> None:
        wrong["by"] = lambda y, exact: -y
        with pytest.raises(CompiledMismatch, match=r"exact +0 +result +0\.0 +-0\.0"):
            check_compiled(f, 0.0)

    def test_roundings_that_are_allowed(self, wrong: Any) -> None:
        wrong["by"] = lambda y, exact: math.nextafter(y, math.inf)
        assert check_compiled(f, 3.0, roundings=1)

    def test_an_effect(self, wrong: Any) -> None:
        w = Value(2.0, label="w")

        def spoil(y: Any, exact: bool) -> Any:
            w.data += 1.0
            return y

        wrong["by"] = spoil
        with pytest.raises(CompiledMismatch, match=r"exact +0 +w\.data +2\.0 +3\.0"):
            check_compiled(lambda x: w * x, 3.0)

    def test_another_form(self, wrong: Any) -> None:
        wrong["by"] = lambda y, exact: [y]
        with pytest.raises(
            OperandTypeError, match=r"expected numbers at result as without compile, got them at result\[0\]"
        ):
            check_compiled(f, 3.0)

    def test_many_are_counted(self, wrong: Any) -> None:
        wrong["by"] = lambda y, exact: [2.0 * x for x in y]
        with pytest.raises(CompiledMismatch, match="and 32 more"):
            check_compiled(lambda xs: [x * 3.0 for x in xs], [1.0] * 20)

    def test_no_function(self) -> None:
        function: Any = 3.0
        with pytest.raises(OperandTypeError, match=r"check_compiled expected a function, got 3\.0"):
            check_compiled(function)


def f(x: Any) -> Any:
    return x * x


@given(strategies.instructions())
def test_programs_of_the_strategy_are_well_formed(program: Program) -> None:
    check(program)
    assert to_text(parse(to_text(program))) == to_text(program)


@given(strategies.instructions([TABLE["add"], TABLE["mul"], TABLE["tanh"], TABLE["dot"]], max_size=30))
def test_programs_of_the_strategy_run(program: Program) -> None:
    point = [0.5, -2.0, 0.0, 3.0][: program.inputs]
    found = executable(program, exact=True).run(point).tolist()
    assert all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, evaluate(program, point), strict=True)
    )


@pytest.mark.parametrize("wrong", [{"ops": []}, {"max_inputs": 0}, {"max_size": -1}, {"max_outputs": 0}])
def test_the_strategy_refuses_what_has_no_programs(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected at least one op, one input, one output"):
        strategies.instructions(**wrong)


def test_compiled_functions_are_checked_by_their_function() -> None:
    compiled = functions.compile(f)
    compiled(1.0)
    assert check_compiled(compiled, 2.0)
    assert len(compiled._programs) == 1
