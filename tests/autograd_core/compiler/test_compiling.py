"""`autograd_core.compile` as people call it: with and without options, as a decorator, for methods."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, Value

NUMBER: Any = 3.0


def power(x: Any, n: Any = 2) -> Any:
    """The power."""
    return x**n if isinstance(n, int) else x * n


class TestForms:
    def test_as_a_function_and_as_a_decorator(self) -> None:
        @ag.compile
        def square(x: Any) -> Any:
            return x * x

        @ag.compile()
        def cube(x: Any) -> Any:
            return x * x * x

        @ag.compile(exact=True)
        def half(x: Any) -> Any:
            return x * 0.5

        assert [square(3.0), cube(2.0), half(3.0), ag.compile(power)(2.0, 1.5)] == [9.0, 8.0, 1.5, 3.0]

    def test_it_looks_like_the_function(self) -> None:
        compiled = ag.compile(power)
        assert compiled.__name__ == "power"
        assert compiled.__doc__ == "The power."
        assert str(inspect.signature(compiled)) == str(inspect.signature(power))
        assert repr(compiled) == "<compiled power: 0 programs>"
        compiled(1.0)
        assert repr(compiled) == "<compiled power: 1 program>"

    @pytest.mark.parametrize("static", ["n", 1, ["n"], (1,), ("n", 1)])
    def test_static_arguments_by_name_and_by_position(self, static: Any) -> None:
        compiled = ag.compile(power, static=static)
        assert [compiled(2.0, 3), compiled(2.0, n=4), compiled(3.0, 3), compiled(2.0, 1.5)] == [8.0, 16.0, 27.0, 3.0]

    @pytest.mark.parametrize(
        ("call", "error", "message"),
        [
            (lambda: ag.compile(NUMBER), OperandTypeError, r"compile expected a function, got 3.0 \(float\)"),
            (lambda: ag.compile(power, static="m"), InputError, "got 'm'; did you mean 'n'|got 'm'; power has x, n"),
            (lambda: ag.compile(power, static=2), InputError, "got 2; power has x, n"),
            (lambda: ag.compile(static="y")(lambda: 1.0), InputError, "got 'y'; <lambda> has none"),
        ],
    )
    def test_wrong_use(self, call: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            call()

    def test_any_name_may_be_static_where_any_is_taken(self) -> None:
        compiled = ag.compile(lambda x, **options: x * options["n"], static="n")
        assert compiled(2.0, n=3) == 6.0


class Model:
    def __init__(self, w: float) -> None:
        self.w = Value(w)
        self.offset = 0.0

    @ag.compile
    def predict(self, x: Any) -> Any:
        """The prediction."""
        return self.w * x + self.offset

    @ag.compile(static="n")
    def repeated(self, x: Any, n: int) -> Any:
        return sum(self.w * x for _ in range(n))

    @staticmethod
    @ag.compile
    def doubled(x: Any) -> Any:
        return 2.0 * x


class TestMethods:
    def test_each_object_has_its_own_programs(self) -> None:
        models = [Model(2.0), Model(3.0)]
        assert [model.predict(5.0) for model in models] == [10.0, 15.0]
        models[0].w.data = 4.0
        models[1].offset = 1.0
        assert [model.predict(5.0) for model in models] == [20.0, 16.0]
        assert models[0].predict is models[0].predict
        assert models[0].predict.source.endswith("return w * x + 0.0")

    def test_static_arguments(self) -> None:
        model = Model(2.0)
        assert [model.repeated(1.0, 3), model.repeated(1.0, n=2)] == [6.0, 4.0]

    def test_of_the_class_and_static_methods(self) -> None:
        assert Model.predict.__doc__ == "The prediction."
        assert Model.doubled(4.0) == Model(0.0).doubled(4.0) == 8.0

    def test_only_the_latest_objects_are_kept(self) -> None:
        for k in range(100):
            assert Model(float(k)).predict(2.0) == 2.0 * k
        assert len(Model.predict._bound) <= 64


def test_the_compiler_is_loaded_when_something_is_compiled() -> None:
    code = (
        "import sys, autograd_core as ag; ag.Value; before = 'autograd_core.compiler.function' in sys.modules;"
        "ag.compile(abs); print(before, 'autograd_core.compiler.function' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["False", "True", "False"]
