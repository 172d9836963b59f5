"""What varies among the arguments of a check, what is left alone, and the types that are kept."""

from __future__ import annotations

import datetime
import enum
import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import OperandTypeError, ShapeError, Value
from autograd_core.testing import GradientUnverified, check_grads
from failures import failure

X = np.array([0.5, -2.0, 1.25])


class Mode(enum.Enum):
    FAST = 1


@dataclass
class Layer:
    weights: Any
    name: str
    size: int


def places(report: Any) -> list[str]:
    return [place for place, _ in report.point]


# ---- Types ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_an_array_keeps_its_type_at_every_call(dtype: str) -> None:
    seen: set[Any] = set()

    def f(x: Any) -> Any:
        if x.dtype != dtype:
            raise TypeError("made for one type")
        seen.add((type(x), x.dtype))
        return (x * x).sum(dtype=float)

    try:
        check_grads(f, X.astype(dtype), grad=lambda x: 2 * x)
    except GradientUnverified:
        assert dtype == "float16"
    assert seen == {(np.ndarray, np.dtype(dtype))}


@pytest.mark.parametrize("number", [np.float32(0.3), np.float64(0.3), np.longdouble(0.3), 0.3])
def test_a_number_keeps_its_type(number: Any) -> None:
    seen: set[Any] = set()

    def f(x: Any) -> Any:
        if not isinstance(x, type(number)):
            raise TypeError("made for one type")
        seen.add(type(x))
        return x * x

    assert check_grads(f, number, grad=lambda x: 2 * x)
    assert seen == {type(number)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [3, 30, 250])
def test_gradients_in_single_precision(count: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=count).astype("float32")
    assert check_grads(lambda x: np.sum(np.exp(x)), x, grad=np.exp)
    wrong = np.where(np.arange(count) == 2, np.float32(2), np.float32(1))
    assert "x[2]" in {
        e.place for e in failure(lambda x: np.sum(np.exp(x)), x, grad=lambda x: wrong * np.exp(x)).failures
    }


def test_a_complex_step_is_not_taken_in_single_precision() -> None:
    x = X.astype("float32")
    assert check_grads(np.exp, x, vjp=lambda x, g: g * np.exp(x)).method == "complex"  # in 64 bits
    assert check_grads(lambda x: np.exp(x, dtype="float32" if x.dtype.kind == "f" else None), x,
                       vjp=lambda x, g: g * np.exp(x)).method == "central"  # fmt: skip
    assert check_grads(lambda x: np.exp(x.astype("complex64" if x.dtype.kind == "c" else "float32")), X,
                       vjp=lambda x, g: g * np.exp(x.astype("float32"))).method == "central"  # fmt: skip


def test_the_difference_is_divided_by_what_is_really_passed() -> None:
    passed = set()

    def f(x: Any) -> float:
        passed.add(float(x[0]))
        return 3.0 * float(x[0])  # exact in 64 bits, so that only a wrong divisor could be seen

    report = check_grads(f, np.array([0.1], dtype="float32"), grad=lambda x: np.array([3.0]), method="central")
    assert all(np.float32(x) == x for x in passed)
    assert report.entries[0].numeric == pytest.approx(3.0, rel=1e-12)


def test_the_line_that_repeats_the_check_has_the_types() -> None:
    x, z = np.array([0.5, 1 / 3], dtype="float32"), np.float32(0.25)
    labels, mode = np.array([0, 1]), "fast"
    f = lambda x, z, labels, mode: z * np.sum(x[labels])  # noqa: E731 - has to be called f in the line
    report = failure(f, x, z, labels, mode, grad=lambda x, z, *_: (x, z))
    names = {"check_grads": check_grads, "f": f, "grad": lambda x, z, *_: (x, z), "numpy": np}
    assert "dtype='float32'), numpy.float32(0.25), numpy.array([0, 1]), 'fast', grad=grad)" in report.reproduce
    with pytest.raises(AssertionError):
        eval(report.reproduce, names)  # noqa: S307 - the line is there to be run


# ---- What is left alone ---------------------------------------------------------------------------------------------


LEFT_ALONE = [
    3, True, None, "label", b"bytes", datetime.date(2020, 1, 1), Mode.FAST, math.sin, np.array([1, 2]), np.array(["a"]),
    np.array([True]), np.array("2020-01-01", dtype="datetime64[D]"), np.int64(3), random.Random(1), object(), (1, 2),
    {"epochs": 3}, range(3), {1, 2},
]  # fmt: skip


@pytest.mark.parametrize("thing", LEFT_ALONE, ids=lambda thing: type(thing).__name__)
def test_other_arguments_are_passed_on_as_they_are(thing: Any) -> None:
    def f(x: Any, other: Any, tree: Any) -> Any:
        assert other is thing
        assert tree["other"][0] is thing
        return x * tree["w"]

    report = check_grads(
        f, 2.0, thing, {"w": 3.0, "other": (thing, "x")}, grad=lambda x, other, tree: (tree["w"], None, {"w": x})
    )
    assert places(report) == ["x", 'tree["w"]']
    with pytest.raises(OperandTypeError, match="is left alone"):
        check_grads(f, 2.0, thing, {"w": 3.0}, grad=lambda *_: 1.0, argnums=(0, 1))


def test_fields_of_dataclasses_are_left_alone() -> None:
    report = check_grads(
        lambda layer, x: layer.size * np.sum(layer.weights * x),
        Layer(X, "dense", 3),
        2.0,
        grad=lambda layer, x: Layer(layer.size * x * np.ones(3), "", 0),
    )
    assert places(report) == ["layer.weights[0]", "layer.weights[1]", "layer.weights[2]"]


def test_an_integer_among_floats_in_a_list_is_one_of_them() -> None:
    assert places(check_grads(lambda p: p[0] * p[1], [1, 2.5], grad=lambda p: [p[1], p[0]])) == ["p[0]", "p[1]"]
    assert places(check_grads(lambda p: p[0] ** 2 * p[1], (1, 2.5), grad=lambda p: (2 * p[0] * p[1], p[0] ** 2)))
    assert places(check_grads(lambda p: p["x"] ** p["n"], {"x": 2.0, "n": 3}, grad=lambda p: {"x": 12.0})) == ['p["x"]']


def test_integers_alone_count_as_floats() -> None:
    assert check_grads(lambda x: x**3, 2, grad=lambda x: 3 * x**2).point == (("x", 2.0),)
    assert check_grads(ag.prod, [1, 2, 3])
    assert failure(lambda x: x**3, 2, grad=lambda x: 2 * x**2).failures


def test_a_derivative_with_respect_to_an_integer_is_refused_and_not_ignored() -> None:
    def gradient(x: float, n: int) -> tuple[float, float]:
        return n * x ** (n - 1), x**n * math.log(x)

    with pytest.raises(ShapeError, match=r"the argument is 3 \(int\) there, and integers are left alone"):
        check_grads(lambda x, n: x**n, 2.0, 3, grad=gradient)
    assert len(check_grads(lambda x, n: x**n, 2.0, 3.0, grad=gradient).entries) == 2
    for nothing in (None, 0, math.nan, np.zeros((), dtype=[("float0", "V")])):
        assert check_grads(lambda x, n: x**n, 2.0, 3, grad=lambda x, n, g=nothing: (gradient(x, n)[0], g))


def test_functions_of_values_leave_the_same_alone() -> None:
    def f(p: Any, n: int, mode: str) -> Any:
        assert (isinstance(p["w"], Value), n, mode) == (True, 3, "cubic")
        return p["w"] ** n

    assert places(check_grads(f, {"w": 2.0, "note": "left alone"}, 3, "cubic", order=2)) == ['p["w"]']


def test_nothing_that_varies_is_an_error_that_names_what_came() -> None:
    with pytest.raises(OperandTypeError, match=r"got 'a' \(str\) at x, which is left alone"):
        check_grads(ag.exp, "a")
    with pytest.raises(OperandTypeError, match="an array of type <U1 at x"):
        check_grads(ag.exp, np.array(["a"]))
    with pytest.raises(
        OperandTypeError, match=r"got 3 \(int\) at n, which is left alone; write it with a decimal point"
    ):
        check_grads(lambda x, n: x**n, 2.0, 3, argnums=1)


# ---- Random generators ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rng", [random.Random(1), np.random.default_rng(1), np.random.RandomState(1)])
def test_a_random_generator_has_the_same_state_at_each_call(rng: Any) -> None:
    before = rng.random()

    def dropout(x: Any, rng: Any) -> Any:
        return sum(xi * (rng.random() < 0.5) for xi in x)

    def gradient(x: Any, rng: Any) -> Any:
        return [float(rng.random() < 0.5) for _ in x]

    fresh = type(rng)(1) if not isinstance(rng, np.random.Generator) else np.random.default_rng(1)
    assert fresh.random() == before
    assert check_grads(dropout, [0.5, 1.0, 2.0, 3.0], rng, grad=gradient)
    assert rng.random() == fresh.random()  # the check left it as it was
