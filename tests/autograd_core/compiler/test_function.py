"""Compiled functions as people call them: arguments, decisions, what is refused, and what they show."""

from __future__ import annotations

import collections
import dataclasses
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
from autograd_core.compiler.programs_kept import MOST_PROGRAMS, MOST_WAYS
from autograd_core.errors import CompileWarning


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
        assert len(compiled._programs) == 1

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
        assert len(compiled._programs) == 7

    def test_the_number_of_programs_is_bounded(self) -> None:
        compiled = functions.compile(sum)

        def call_with_lists(most: int) -> None:
            for n in range(1, most + 1):
                assert compiled([1.0] * n) == n

        with pytest.warns(CompileWarning, match="argument 0 is a list of 16, and was a list of 15"):
            call_with_lists(MOST_PROGRAMS + 10)
        assert len(compiled._programs) == MOST_PROGRAMS

    def test_static_arguments_are_part_of_the_program(self) -> None:
        compiled = functions.compile(lambda n, x: sum(x for _ in range(n)), static=0)
        assert [compiled(3, 2.0), compiled(3, 5.0), compiled(2, 1.0)] == [6.0, 15.0, 2.0]
        assert len(compiled._programs) == 2
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
        assert len(inner._programs) == 0


class TestDecisions:
    def test_both_ways_are_kept(self) -> None:
        compiled = functions.compile(lambda x: x * 2.0 if x > 0 else -x)
        assert [compiled(x) for x in (1.0, -3.0, 2.0, -1.0, math.nan, 0.0)][:4] == [2.0, 3.0, 4.0, 1.0]
        assert len(compiled._programs) == 2

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
        assert len(compiled._programs) == 1


OUTER: Final[list[Any]] = []
GENERATOR: Final = random.Random(1)
OUTSIDE: Final = Value(2.0) * 3.0
LEFT: Final[dict[str, Any]] = {}


def put_into_a_list(x: Any) -> Any:
    OUTER.append(x * 2.0)
    return x


WRONG: Final[list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception], str]]] = [
    (lambda x: 2.0 * float(x), (1.0,), OperandTypeError, r"float\(\) of .* autograd_core.exp"),
    (math.sin, (1.0,), OperandTypeError, "function of `math` .* autograd_core.exp"),
    (lambda x: 2 * int(x), (1.0,), OperandTypeError, r"int\(\) of .* autograd_core.trunc"),
    (lambda k: [1.0, 2.0][k], (1,), OperandTypeError, r"autograd_core.pick\(index, values\)"),
    (lambda n: list(range(n)), (3,), OperandTypeError, "expected an integer"),
    (lambda x: f"{x:.3f}", (1.0,), OperandTypeError, "return it, and write the result"),
    (lambda x: 2 * complex(x), (1.0,), OperandTypeError, "recorded"),
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

    def test_it_still_works_after_an_error(self) -> None:
        compiled = functions.compile(lambda x, bad=False: float(x) if bad else x * 2.0)
        assert compiled(1.0) == 2.0
        with pytest.raises(OperandTypeError):
            compiled(1.0, bad=True)
        assert compiled(3.0) == 6.0

    def test_numbers_of_another_call(self) -> None:
        kept = collections.deque[Any]()

        def keep(x: Any) -> Any:
            kept.append(x * 2.0)
            return kept.popleft()

        def keep_for_later(x: Any) -> Any:
            def late() -> Any:
                return x * 2.0

            return late

        assert functions.compile(keep)(1.0) == 2.0
        with pytest.raises(GradientLossError, match=r"a variable of the function .*late holds it"):
            functions.compile(keep_for_later)(1.0)


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


class TestWhatItShows:
    def test_a_network_with_a_batch_is_matrix_products(self) -> None:
        model = nn.MLP(2, [8, 1], rng=1)
        compiled = functions.compile(lambda data: [model(x) for x in data])
        compiled([[0.1 * k, 1.0] for k in range(20)])
        assert "matrix products: 8x2 @ 2x20, 1x8 @ 8x20\n" in compiled.explain()
        assert len(compiled.program) == 520 + 73

    def test_there_is_no_program_before_a_call(self) -> None:
        compiled = functions.compile(math.sqrt)
        for look in (lambda: compiled.program, compiled.explain):
            with pytest.raises(InputError, match="sqrt has no program before its first call"):
                look()
