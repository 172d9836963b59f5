"""Compiled functions as people call them: arguments, decisions, state, effects, and what is refused."""

from __future__ import annotations

import dataclasses
import functools
import math
import random
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import GradientLossError, InputError, OperandTypeError, Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.function import MANY, MOST_PROGRAMS, MOST_WAYS
from autograd_core.errors import CompileWarning


def programs(compiled: functions.Compiled) -> int:
    """How many programs a compiled function has."""
    return sum(map(len, compiled._programs.values()))


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
        assert programs(compiled) == 1

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


@dataclasses.dataclass
class Point:
    x: Any
    y: Any
    name: str = dataclasses.field(default="p", metadata={"static": True})


class TestArguments:
    @pytest.mark.parametrize(
        ("f", "args", "expected"),
        [
            (lambda a, b: [a * b, (a, {"sum": a + b})], (2.0, 3.0), [6.0, (2.0, {"sum": 5.0})]),
            (lambda p: p["w"][0] * p["w"][1], ({"w": [2.0, 5.0]},), 10.0),
            (lambda p: Point(p.x * p.y, p.x), (Point(2.0, 3.0),), Point(6.0, 2.0)),
            (lambda x: (x * x).sum(), (np.array([1.0, 2.0]),), 5.0),
            (ag.pick, (1, [5.0, 7.0]), 7.0),
            (lambda x, flag: x if flag else -x, (2.0, False), -2.0),
            (lambda x, name: (x, name, None), (2.0, "a"), (2.0, "a", None)),
            (lambda x: x, (np.float64(2.0),), 2.0),
            (lambda x: 7, (2.0,), 7),
            (lambda: 1.5, (), 1.5),
        ],
    )
    def test_forms(self, f: Callable[..., Any], args: tuple[Any, ...], expected: Any) -> None:
        compiled = functions.compile(f)
        assert compiled(*args) == expected
        assert compiled(*args) == expected
        assert programs(compiled) == 1

    def test_arrays_of_results(self) -> None:
        result = functions.compile(lambda x: x * x)(np.array([[1.0, 2.0]]))
        assert isinstance(result, np.ndarray)
        assert result.dtype == np.float64
        assert result.tolist() == [[1.0, 4.0]]

    def test_by_name_and_with_defaults(self) -> None:
        compiled = functions.compile(lambda a, b=2.0, *, c=1.0: a * b + c)
        assert [compiled(3.0), compiled(3.0, b=5.0), compiled(a=3.0, c=0.5)] == [7.0, 16.0, 6.5]

    def test_another_form_is_another_program(self) -> None:
        compiled = functions.compile(lambda xs, flag=False: sum(xs))
        for args in (([1.0],), ([1.0, 2.0],), ([1, 2.0],), ((1.0, 2.0),), ([1.0], True), ([1.0], 1), ([1.0], 1.0)):
            assert compiled(*args) == sum(args[0])
        assert programs(compiled) == 7

    def test_static_arguments_are_part_of_the_program(self) -> None:
        compiled = functions.compile(lambda n, x: sum(x for _ in range(n)), static=0)
        assert [compiled(3, 2.0), compiled(3, 5.0), compiled(2, 1.0)] == [6.0, 15.0, 2.0]
        assert programs(compiled) == 2
        assert functions.compile(lambda x, n: x**n, static="n")(2.0, n=3) == 8.0

    def test_it_keeps_name_and_docstring(self) -> None:
        @functions.compile
        def square(x: Any) -> Any:
            """The square."""
            return x * x

        assert (square.__name__, square.__doc__, square(3.0)) == ("square", "The square.", 9.0)

    def test_nested_compiled_functions_are_one_program(self) -> None:
        inner = functions.compile(lambda x: x * x)
        outer = functions.compile(lambda x: inner(x) + inner(2.0))
        assert outer(3.0) == 13.0
        assert programs(inner) == 0


class TestDecisions:
    def test_both_ways_are_kept(self) -> None:
        compiled = functions.compile(lambda x: x * 2.0 if x > 0 else -x)
        assert [compiled(x) for x in (1.0, -3.0, 2.0, -1.0, math.nan, 0.0)][:4] == [2.0, 3.0, 4.0, 1.0]
        assert programs(compiled) == 2

    def test_too_many_ways(self) -> None:
        compiled = functions.compile(lambda x: next(float(i) for i in range(99) if x < i))
        assert [compiled(i + 0.5) for i in range(MOST_WAYS)] == [i + 1.0 for i in range(MOST_WAYS)]
        with pytest.raises(InputError, match=r"a new way .* the 9th time .* where\(condition"):
            compiled(50.0)
        assert compiled(0.5) == 1.0

    def test_comparisons_of_values_decide_again(self) -> None:
        p = Value(1.0)
        compiled = functions.compile(lambda x: x if p else -x)
        assert compiled(2.0) == 2.0
        p.data = 0.0
        assert compiled(2.0) == -2.0
        bigger = functions.compile(lambda x: max(x, p))
        assert [bigger(2.0), bigger(-2.0)] == [2.0, 0.0]

    def test_effects_wait_for_the_guards(self) -> None:
        p = Value(1.0)

        def f(x: Any) -> Any:
            p.data = p.data + x
            return p.data * 2.0 if p.data > 10.0 else p.data

        compiled = functions.compile(f)
        assert [compiled(x) for x in (1.0, 2.0, 20.0, 1.0)] == [2.0, 4.0, 48.0, 50.0]

    def test_where_is_no_decision(self) -> None:
        compiled = functions.compile(lambda x: ag.where(x > 0, x * 2.0, -x))
        assert [compiled(x) for x in (1.0, -3.0)] == [2.0, 3.0]
        assert programs(compiled) == 1


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
        assert programs(compiled) == 3

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
        assert programs(compiled) == 2  # the first batch, and all others

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
        with pytest.warns(CompileWarning, match=r"captured 16 times, now because settings\['rate'\] has changed"):
            call(MANY - 1)

    def test_the_number_of_programs_is_bounded(self) -> None:
        compiled = functions.compile(sum)
        for n in range(1, MOST_PROGRAMS + 10):
            assert compiled([1.0] * n) == n
        assert programs(compiled) <= MOST_PROGRAMS


OUTER: Final[list[Any]] = []
GENERATOR: Final = random.Random(1)
OUTSIDE: Final = Value(2.0) * 3.0
LEFT: Final[dict[str, Any]] = {}


def put_into_a_list(x: Any) -> Any:
    OUTER.append(x * 2.0)
    return x


WRONG: Final[list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception], str]]] = [
    (float, (1.0,), OperandTypeError, r"float\(\) of .* autograd_core.exp"),
    (math.sin, (1.0,), OperandTypeError, "function of `math` .* autograd_core.exp"),
    (int, (1.0,), OperandTypeError, r"int\(\) of .* autograd_core.trunc"),
    (lambda k: [1.0, 2.0][k], (1,), OperandTypeError, r"autograd_core.pick\(index, values\)"),
    (lambda n: list(range(n)), (3,), OperandTypeError, "expected an integer"),
    (lambda x: f"{x:.3f}", (1.0,), OperandTypeError, "return it, and format the result"),
    (complex, (1.0,), OperandTypeError, "recorded"),
    (lambda x: np.asarray([x], dtype=float), (1.0,), OperandTypeError, "recorded"),
    (put_into_a_list, (1.0,), GradientLossError, "put numbers into OUTER, a list outside of it"),
    (lambda x: x * random.random(), (1.0,), InputError, "draws random numbers from the module random"),
    (lambda x: x * GENERATOR.random(), (1.0,), InputError, "draws random numbers from GENERATOR"),
    (lambda x: x * np.random.rand(), (1.0,), InputError, "draws random numbers from numpy.random"),
    (lambda x: OUTSIDE * x, (1.0,), GradientLossError, "the result of mul that was computed outside of it"),
    (lambda x: x.backward(), (1.0,), InputError, r"make a leaf of an argument with Value\(x\)"),
    (lambda x: x * "a", (1.0,), OperandTypeError, "got 'a'"),
    (lambda x: x, (Value(1.0),), OperandTypeError, r"got Value\(1.0, .* compile\(grad\(f\)\)"),
    (sum, ((x for x in (1.0, 2.0)),), OperandTypeError, "at argument 0; let the function close over it"),
    (lambda x: x, (np.array([Value(1.0)], dtype=object),), OperandTypeError, "arrays of floats or ints"),
    (lambda x: x, (np.array(["a"]),), OperandTypeError, "arrays of floats or ints"),
    (lambda x: x, (1.0 + 2.0j,), OperandTypeError, "expected numbers"),
    (lambda x: x, ({"a": [object()]},), OperandTypeError, r"at argument 0\['a'\]\[0\]"),
    (ag.grad(lambda y: [y]), (1.0,), OperandTypeError, "expected the function to return one number"),
    (lambda x: LEFT["missing"] * x, (1.0,), KeyError, "missing"),
]


class TestErrors:
    @pytest.mark.parametrize(("f", "args", "error", "text"), WRONG)
    def test_what_is_wrong_is_said(
        self, f: Callable[..., Any], args: tuple[Any, ...], error: type[Exception], text: str
    ) -> None:
        compiled = functions.compile(f)
        before = random.getstate(), GENERATOR.getstate()
        for _ in range(2):
            with pytest.raises(error, match=text):
                compiled(*args)
        assert (random.getstate(), GENERATOR.getstate()) == before
        assert OUTER == []
        assert (Value(2.0) * 3.0).data == 6.0  # no mode is left on

    @pytest.mark.parametrize("wrong", [None, 3.0, "f", Value(1.0)])
    def test_what_is_no_function(self, wrong: Any) -> None:
        with pytest.raises(OperandTypeError, match="compile expected a function"):
            functions.compile(wrong)

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

    def test_it_still_works_after_an_error(self) -> None:
        compiled = functions.compile(lambda x, bad=False: float(x) if bad else x * 2.0)
        assert compiled(1.0) == 2.0
        with pytest.raises(OperandTypeError):
            compiled(1.0, bad=True)
        assert compiled(3.0) == 6.0

    def test_numbers_of_another_call(self) -> None:
        class Keeper:
            kept: Any = None

        compiled = functions.compile(lambda x: setattr(Keeper, "kept", x * 2.0))
        compiled(1.0)
        with pytest.raises(GradientLossError, match="left over from another one"):
            functions.compile(lambda x: x * Keeper.kept)(1.0)


def test_threads_have_results_of_their_own() -> None:
    compiled = functions.compile(lambda x: ag.exp(x) * x)
    found: dict[int, list[float]] = {}

    def work(k: int) -> None:
        found[k] = [compiled(0.01 * k * i) for i in range(200)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, numbers in found.items():
        assert numbers == [ag.exp(0.01 * k * i) * (0.01 * k * i) for i in range(200)]


def test_a_gradient_that_is_recorded_can_be_differentiated() -> None:
    a = Value(2.0)

    def curvature() -> Any:
        a.grad = 0.0
        (a * a * a).backward(create_graph=True)
        slope, a.grad = a.grad, 0.0
        (slope * 1.0).backward()
        return a.grad

    assert functions.compile(curvature)() == curvature() == 12.0


class TestWhatItShows:
    def test_a_network_with_a_batch_is_matrix_products(self) -> None:
        model = nn.MLP(2, [8, 1], rng=1)
        compiled = functions.compile(lambda data: [model(x) for x in data])
        compiled([[0.1 * k, 1.0] for k in range(20)])
        assert compiled.explain().splitlines() == [
            "520 operations on 73 inputs and 0 constants run as 3 records",
            "cost        820 operations, 3,392 bytes",
            "matrices    8x2 @ 2x20, 1x8 @ 8x20",
        ]
        assert len(compiled.program) == 520 + 73

    def test_there_is_no_program_before_a_call(self) -> None:
        compiled = functions.compile(math.sqrt)
        for look in (lambda: compiled.program, compiled.explain):
            with pytest.raises(InputError, match="sqrt has no program before its first call"):
                look()
