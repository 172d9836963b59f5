"""Wrong uses of compiled functions: each message says what to do, and nothing is left behind."""

from __future__ import annotations

import copy
import decimal
import fractions
import json
import math
import pickle
import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import GradientLossError, InputError, OperandTypeError, ShapeError, Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.programs_kept import MOST_WAYS
from modes_on import assert_no_mode_is_on

ITEMS: Final[list[Any]] = []
MODEL: Final = nn.BatchNorm1d(1)
LEAF: Final = Value(2.0)
OUTSIDE: Final = Value(2.0) * 3.0
COUNTS: Final = np.zeros(2)


def append(x: Any) -> Any:
    ITEMS.append(x * 2.0)
    return x


def recurse(x: Any) -> Any:
    return RECURSIVE(x - 1.0) + 1.0


RECURSIVE: Final = functions.compile(recurse)


def count_down(x: Any) -> Any:
    steps = 0
    while x > 0.0:
        x, steps = x - 1.0, steps + 1
    return steps


def fail(x: Any) -> Any:
    """Change all that a function can change, and fail."""
    LEAF.data = x
    LEAF.grad = x
    LEAF.frozen = True
    MODEL([[x], [x + 1.0]])
    MODEL.eval()
    MODEL.momentum = 0.5
    ITEMS.append(1.0)
    COUNTS[0] = 5.0
    random.random()
    with ag.no_grad(), ag.detect_anomaly():
        raise KeyError("on purpose")


def shuffled(x: Any) -> Any:
    values = [x, 1.0]
    random.shuffle(values)
    return values[0]


Wrong = tuple[Callable[..., Any], tuple[Any, ...], type[BaseException], str]

WRONG: Final[dict[str, Wrong]] = {
    # What would need the number.
    "float()": (lambda x: float(x) * 2.0, (1.0,), OperandTypeError, r"float\(\) of .* autograd_core.exp"),
    "float() of data": (lambda x: float((LEAF * x).data), (1.0,), OperandTypeError, r"float\(\) of .* recorded"),
    "int()": (lambda x: int(x) * 2, (1.0,), OperandTypeError, r"int\(\) of .* autograd_core.trunc"),
    "complex()": (lambda x: complex(x) * 2.0, (1.0,), OperandTypeError, r"complex\(\) of .* recorded"),
    "math": (math.sin, (1.0,), OperandTypeError, "function of `math` .* autograd_core.exp"),
    "an index": (lambda k: [1.0, 2.0][k], (1,), OperandTypeError, r"autograd_core.pick\(index, values\)"),
    "an index of an array": (lambda k: COUNTS[k], (1,), IndexError, r"autograd_core.pick\(index, values\)"),
    "a slice": (lambda k: [1.0, 2.0][:k], (1,), OperandTypeError, r"autograd_core.pick\(index, values\)"),
    "range()": (lambda n: list(range(n)), (3,), OperandTypeError, "expected an integer"),
    "round()": (lambda x: round(x, 2), (1.0,), InputError, r"scale it first, or use format\(\)"),
    "str()": (lambda x: str(x) + "!", (1.0,), OperandTypeError, "return it, and write the result"),
    "a format": (lambda x: f"{x:.3f}", (1.0,), OperandTypeError, "return it, and write the result"),
    "a text": (lambda x: f"{x}", (1.0,), OperandTypeError, "return it, and write the result"),
    "a key": (lambda x: {1.0: 2.0}[x], (1.0,), OperandTypeError, r"where\(x == key, a, b\)"),
    "an item of a set": (lambda x: x in {1.0, 2.0}, (1.0,), OperandTypeError, r"where\(x == key, a, b\)"),
    "json": (json.dumps, (1.0,), TypeError, "return them, and write the results"),
    "a fraction": (fractions.Fraction, (1.0,), TypeError, "return them, and convert the results"),
    "a decimal": (
        decimal.Decimal,
        (1.0,),
        TypeError,
        "have the operators, methods and attributes of a Value",
    ),
    "a method of floats": (lambda x: x.hex(), (1.0,), AttributeError, "methods and attributes of a Value"),
    "a pickle": (pickle.dumps, (1.0,), OperandTypeError, "return it, and pickle the result"),
    "a copy of a result": (lambda x: copy.deepcopy(LEAF * x), (1.0,), GradientLossError, r"Value\(x.data\) for a leaf"),
    "an array of floats": (lambda x: np.array([x], dtype=float), (1.0,), OperandTypeError, "recorded"),
    "an item of an array": (lambda x: COUNTS.__setitem__(0, x), (1.0,), OperandTypeError, "recorded"),
    "a ufunc of objects": (np.isnan, (np.zeros(2),), TypeError, "use the function of autograd_core for each"),
    "numpy.linalg": (np.linalg.inv, (np.eye(2),), TypeError, "use the function of autograd_core for each"),
    "a text and a number": (lambda x: x * "a", (1.0,), OperandTypeError, "got 'a'"),
    # What would be another one in every call.
    "random": (lambda x: x * random.random(), (1.0,), InputError, "draws random numbers from the module random"),
    "a shuffle": (shuffled, (1.0,), InputError, "draws random numbers from the module random"),
    "numpy.random": (lambda x: x * np.random.rand(), (1.0,), InputError, "draws random numbers from numpy.random"),
    # Where a number would be lost.
    "an outer list": (append, (1.0,), GradientLossError, "put numbers into ITEMS, a list outside of it.*return them"),
    "a result from outside": (
        lambda x: OUTSIDE * x,
        (1.0,),
        GradientLossError,
        "computed outside of it.*compute it inside",
    ),
    "backward() of a number": (
        lambda x: x.backward(),
        (1.0,),
        InputError,
        r"make a leaf of an argument with Value\(x\)",
    ),
    "a generator as result": (lambda x: (x for _ in "ab"), (1.0,), OperandTypeError, "return a list of them"),
    # Arguments.
    "a Value": (lambda x: x, (Value(1.0),), OperandTypeError, r"got Value\(1.0, .* compile\(grad\(f\)\)"),
    "a generator": (sum, ((x for x in (1.0, 2.0)),), OperandTypeError, "at argument 0; let the function close over it"),
    "an array of objects": (
        lambda x: x,
        (np.array([Value(1.0)], dtype=object),),
        OperandTypeError,
        "arrays of floats or ints",
    ),
    "an array of texts": (lambda x: x, (np.array(["a"]),), OperandTypeError, "arrays of floats or ints"),
    "a complex number": (lambda x: x, (1.0 + 2.0j,), OperandTypeError, "expected numbers"),
    "an object in a dict": (lambda x: x, ({"a": [object()]},), OperandTypeError, r"at argument 0\['a'\]\[0\]"),
    "a missing argument": (lambda x, y: x, (1.0,), TypeError, "missing 1 required positional argument"),
    # What the function does.
    "another structure": (
        ag.grad(lambda y: [y]),
        (1.0,),
        OperandTypeError,
        "expected the function to return one number",
    ),
    "vectors of two lengths": (lambda x: ag.dot([x], [x, x]), (1.0,), ShapeError, "expected as many inputs as weights"),
    "recursion without an end": (recurse, (1.0,), RecursionError, "maximum recursion depth"),
    "an error of its own": (fail, (1.0,), KeyError, "on purpose"),
}


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    def look() -> Any:
        leaf = (LEAF.data, LEAF.grad, LEAF.frozen, LEAF.label)
        buffers = copy.deepcopy([*MODEL.named_buffers()])
        return leaf, buffers, MODEL.training, MODEL.momentum, list(ITEMS), COUNTS.tolist(), random.getstate()

    before = look()
    yield
    assert look() == before
    assert_no_mode_is_on()


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_and_the_function_can_still_be_used(name: str) -> None:
    function, args, error, text = WRONG[name]

    def f(*given: Any, wrong: bool = True) -> Any:
        return function(*given) if wrong else 7.0

    compiled = functions.compile(f)
    for _ in range(2):
        with pytest.raises(error, match=text):
            compiled(*args)
    assert compiled(1.0, wrong=False) == 7.0
    assert compiled(2.0, wrong=False) == 7.0


def test_there_are_many() -> None:
    assert len(WRONG) >= 25


def test_a_guard_storm() -> None:
    compiled = functions.compile(count_down)
    assert [compiled(float(n)) for n in range(MOST_WAYS)] == list(range(MOST_WAYS))
    with pytest.raises(
        InputError, match=r"a new way .* the 9th time .*while x > 0.0.*loops have a count that is static"
    ):
        compiled(50.0)
    assert compiled(3.0) == 3


def test_conditions_that_become_booleans() -> None:
    compiled = functions.compile(lambda xs: np.where(xs > 0.0, xs, -xs))
    assert compiled(np.array([1.0, -2.0])).tolist() == [1.0, 2.0]
    assert compiled(np.array([-1.0, -2.0])).tolist() == [1.0, 2.0]  # each is a decision that is looked at
    better = functions.compile(lambda xs: [ag.where(x > 0.0, x, -x) for x in xs])
    assert better(np.array([1.0, -2.0])) == better(np.array([-1.0, 2.0])) == [1.0, 2.0]
    assert len(better._programs) == 1


def test_an_op_that_raises() -> None:
    @ag.custom_gradient(lambda x, y: 0.0)
    def chosen(x: float) -> float:
        return [1.0, 2.0][int(x)]

    compiled = functions.compile(lambda x: chosen(x) * 2.0)
    assert compiled(1.0) == 4.0
    for _ in range(2):
        with pytest.raises(IndexError):
            compiled(5.0)
    assert compiled(0.0) == 2.0


async def awaited(x: Any) -> Any:
    return x


async def items(x: Any) -> AsyncIterator[Any]:
    yield x


def generated(x: Any) -> Iterator[Any]:
    yield x


class Called:
    async def __call__(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (None, "got None"),
        (3.0, "got 3.0"),
        ("f", "got 'f'"),
        (Value(1.0), "got Value"),
        (float, "got the class float, which makes objects; compile a function"),
        (nn.Linear, "got the class Linear"),
        (awaited, "got an asynchronous one; compile the function that computes"),
        (items, "got an asynchronous generator"),
        (generated, "got a generator; return a list"),
        (Called(), "got an asynchronous one"),
    ],
)
def test_what_is_no_function_of_numbers(wrong: Any, text: str) -> None:
    with pytest.raises(OperandTypeError, match=f"compile expected a function.* {text}"):
        functions.compile(wrong)


@pytest.mark.parametrize(
    "f",
    [abs, max, sum, ag.exp, nn.Linear(1, 1, rng=1), nn.mse_loss, functions.compile(lambda x: x), Value.tanh],
    ids=lambda f: type(f).__name__,
)
def test_what_is_one(f: Any) -> None:
    assert functions.compile(f).function is f


def test_printing_is_looking(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print("x is", x, [x])
        return x * 2.0

    compiled = functions.compile(f)
    assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]
    assert capsys.readouterr().out == "x is Symbol(0) [Symbol(0)]\n"


def test_a_plain_number_is_its_own_copy() -> None:
    assert functions.compile(lambda x: copy.deepcopy([x, copy.copy(x)]))(2.0) == [2.0, 2.0]
