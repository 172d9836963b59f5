"""Compiled functions and what lies outside of them: parameters that they train, and state that they read and change."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.programs_kept import MANY
from autograd_core.errors import CompileWarning


class TestTraining:
    def test_a_step_written_by_hand_is_one_program(self) -> None:
        def step(parameters: list[Value], x: Any, rate: Any) -> Any:
            a, b = parameters
            loss = ((a * x + b).tanh() - 1.0) ** 2 + ag.softmax([a, b])[0]
            for p in parameters:
                p.grad = 0
            loss.backward()
            for p in parameters:
                p.data -= rate * p.grad
            return loss.data

        ours, theirs = [Value(2.0), Value(-1.0)], [Value(2.0), Value(-1.0)]
        compiled = functions.compile(lambda x, rate: step(ours, x, rate))
        for k in range(10):
            expected = step(theirs, 0.1 * k, 0.5 / (k + 1))
            assert compiled(0.1 * k, 0.5 / (k + 1)) == pytest.approx(expected, rel=1e-14)
            assert [p.data for p in ours] == pytest.approx([p.data for p in theirs], rel=1e-14)
            assert [p.grad for p in ours] == pytest.approx([p.grad for p in theirs], rel=1e-13)
        assert len(compiled._programs) == 1

    def test_gradients_accumulate_as_in_eager_code(self) -> None:
        p = Value(3.0)
        compiled = functions.compile(lambda x: (p * p * x).backward())
        assert compiled(1.0) is None
        compiled(2.0)
        assert p.grad == 18.0
        p.grad = 1.0
        compiled(1.0)
        assert p.grad == 7.0

    def test_momentum_kept_in_values(self) -> None:
        p, velocity = Value(1.0), Value(0.0)

        def step() -> Any:
            p.grad = 0
            (p * p).backward()
            velocity.data = 0.5 * velocity.data + p.grad
            p.data -= 0.25 * velocity.data
            return p.data

        twin = functions.compile(step)
        assert [twin() for _ in range(3)] == [0.5, 0.0, -0.25]

    def test_a_network_with_its_loss(self) -> None:
        model = nn.MLP(2, [4, 1], rng=1)
        data, targets = [[0.5, -1.0], [2.0, 0.25]], [1.0, -1.0]

        def loss(data: Any, targets: Any) -> Any:
            model.zero_grad()
            loss = nn.mse_loss([model(x) for x in data], targets)
            loss.backward()
            return loss

        found = functions.compile(loss, exact=True)(data, targets)
        gradients = [p.grad for p in model.parameters()]
        assert found == loss(data, targets).data
        assert gradients == [p.grad for p in model.parameters()]
        assert any(gradients)

    def test_gradients_of_results_on_the_way(self) -> None:
        p = Value(2.0)

        def f() -> Any:
            h = p * 3.0
            (h * h).backward()
            return h.grad, h.data

        assert functions.compile(f)() == (12.0, 6.0)

    def test_gradients_that_are_differentiated_again(self) -> None:
        p = Value(2.0)

        def f() -> Any:
            p.grad = 0
            (p**3).backward(create_graph=True)
            gradient: Any = p.grad
            p.grad = 0
            gradient.backward()
            return gradient.data, p.grad

        assert functions.compile(f)() == f() == (12.0, 12.0)

    def test_a_gradient_that_is_recorded_can_be_differentiated(self) -> None:
        a = Value(2.0)

        def curvature() -> Any:
            a.grad = 0.0
            (a * a * a).backward(create_graph=True)
            slope: Any = a.grad
            a.grad = 0.0
            (slope * 1.0).backward()
            return a.grad

        assert functions.compile(curvature)() == curvature() == 12.0

    def test_leaves_made_inside(self) -> None:
        def f(x: Any) -> Any:
            leaf, two = Value(x), Value(2.0)
            product: Any = leaf * leaf * two
            product.backward()
            return leaf.grad, two.grad

        assert functions.compile(f)(3.0) == (12.0, 9.0)

    def test_no_grad_inside_and_outside(self) -> None:
        p = Value(2.0)

        def f(x: Any) -> Any:
            p.grad = 0
            with ag.no_grad():
                factor = p * x
            (p * factor).backward()
            return p.grad

        assert functions.compile(f)(5.0) == f(5.0) == 10.0
        with ag.no_grad():
            assert functions.compile(lambda x: p * x)(3.0) == 6.0


ITEMS: Final = [1.0, 2.0]


class Model:
    def __init__(self) -> None:
        self.total, self.count, self.scale = 0.0, 0, 3.0
        self.last: Any = None

    def __call__(self, x: Any) -> Any:
        self.total += x
        self.count += 1
        self.last = x * self.scale
        return self.total


class TestState:
    def test_globals_that_the_code_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(globals(), "SCALE", 2.0)
        compiled = functions.compile(lambda x: SCALE * x + ITEMS[0])  # type: ignore[name-defined]  # noqa: F821 - set above
        assert compiled(3.0) == 7.0
        monkeypatch.setitem(globals(), "SCALE", 5.0)
        assert compiled(3.0) == 16.0
        ITEMS[0] = 0.0
        assert compiled(3.0) == 15.0
        ITEMS[0] = 1.0
        monkeypatch.setitem(globals(), "SCALE", 2.0)
        assert compiled(3.0) == 7.0
        assert len(compiled._programs) == 3

    def test_closures_arrays_and_helpers(self) -> None:
        factor, weights, sign = 2.0, np.array([1.0, 2.0]), {"s": 1.0}

        def helper(x: Any) -> Any:
            return x * factor * sign["s"]

        compiled = functions.compile(lambda x: helper(x) * weights[1])
        assert compiled(1.0) == 4.0
        factor = 3.0
        assert compiled(1.0) == 6.0
        weights[1] = 5.0
        assert compiled(1.0) == 15.0
        sign["s"] = -1.0
        assert compiled(1.0) == -15.0

    def test_modes_and_settings_of_modules(self) -> None:
        norm = nn.BatchNorm1d(1)
        compiled = functions.compile(norm)
        compiled([[1.0], [3.0]])
        norm.eval()
        assert compiled([[1.0], [3.0]]) == [[x.data for x in row] for row in norm([[1.0], [3.0]])]
        norm.eps = 0.5
        assert compiled([[1.0], [3.0]]) == [[x.data for x in row] for row in norm([[1.0], [3.0]])]

    def test_attributes_of_classes_and_of_partial_functions(self) -> None:
        class Scaled:
            rate = 2.0

            def times(self, x: Any) -> Any:
                return self.rate * x

        scaled, options = Scaled(), {"x": 3.0}
        compiled = functions.compile(scaled.times)
        assert compiled(1.0) == 2.0
        Scaled.rate = 5.0
        assert compiled(1.0) == 5.0
        scaled.rate = 7.0
        assert compiled(1.0) == 7.0
        part = functools.partial(lambda factor, x, options: factor * x * options["x"], 2.0, options=options)
        whole = functions.compile(part)
        assert whole(1.0) == 6.0
        options["x"] = 4.0
        assert whole(1.0) == 8.0

    def test_parameters_that_are_replaced(self) -> None:
        layer = nn.Linear(1, 1, bias=False, rng=1)
        compiled = functions.compile(lambda x: layer([x])[0])
        layer.neurons[0].w[0].data = 2.0
        assert compiled(1.0) == 2.0
        layer.neurons[0].w[0] = Value(7.0)
        assert compiled(1.0) == 7.0

    def test_what_a_call_assigns_is_written_back(self) -> None:
        ours, theirs = Model(), Model()
        compiled = functions.compile(ours)
        for x in (1.0, 2.5, -1.0):
            assert compiled(x) == theirs(x)
            assert vars(ours) == vars(theirs)
            assert type(ours.count) is int

    def test_running_statistics(self) -> None:
        ours, theirs = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
        compiled = functions.compile(ours)
        for k in range(4):
            data = [[1.0 * k, 2.0], [3.0, 5.0 - k], [0.0, 1.0]]
            assert compiled(data) == [[x.data for x in row] for row in theirs(data)]
            assert dict(ours.named_buffers()) == dict(theirs.named_buffers())
        assert len(compiled._programs) == 2  # the first batch, and all others

    def test_a_counter_that_is_an_index(self) -> None:
        steps = {"k": 0}
        rates = [1.0, 2.0, 4.0]

        def f(x: Any) -> Any:
            steps["k"] += 1
            return rates[steps["k"] - 1] * x

        compiled = functions.compile(f)
        assert [compiled(1.0) for _ in range(3)] == [1.0, 2.0, 4.0]
        assert steps == {"k": 3}

    def test_it_warns_of_captures_again_and_again(self) -> None:
        settings = {"rate": 0.0}
        compiled = functions.compile(lambda x: settings["rate"] * x)

        def call(k: int) -> None:
            settings["rate"] = float(k)
            assert compiled(2.0) == 2.0 * k

        for k in range(MANY - 1):
            call(k)
        with pytest.warns(CompileWarning, match=r"captured 16 times, .* settings\['rate'\] has changed"):
            call(MANY - 1)

    def test_a_failed_call_leaves_nothing_behind(self) -> None:
        p, model = Value(1.0), Model()

        def f(x: Any) -> Any:
            p.data = p.data + x
            p.grad = 5.0
            model(x)
            raise KeyError("stop")

        with pytest.raises(KeyError):
            functions.compile(f)(1.0)
        assert (p.data, p.grad, model.total, model.count) == (1.0, 0.0, 0.0, 0)
