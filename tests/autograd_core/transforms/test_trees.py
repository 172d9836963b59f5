"""Trees of numbers: taken apart and put together again, compared, and refused where they hold something else."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError, Value, grad
from autograd_core.transforms.trees import align, flatten, rebuild, strip


@dataclass
class Line:
    slope: Any
    offset: Any
    name: str = field(default="line", metadata={"static": True})


@dataclass(frozen=True, slots=True)
class Point:
    x: Any
    y: Any


@dataclass
class Positive:
    """A class that demands something of its numbers, and derives another from them."""

    x: Any
    root: Any = field(init=False)

    def __post_init__(self) -> None:
        if not self.x > 0:
            raise ValueError("expected a positive number")
        self.root = self.x**0.5


Pair = namedtuple("Pair", "first second")  # noqa: PYI024 - the type at hand is the subject

NUMBERS = st.floats(-2, 2)
ARRAYS = st.lists(st.integers(0, 3), max_size=3).flatmap(
    lambda shape: st.lists(NUMBERS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))).map(
        lambda xs: np.array(xs, dtype=float).reshape(shape)
    )
)
TREES = st.recursive(
    NUMBERS | ARRAYS,
    lambda branch: (
        st.lists(branch)
        | st.tuples(branch, branch)
        | st.dictionaries(st.text(), branch)
        | st.builds(Line, branch, branch, st.text())
        | st.builds(Point, branch, branch)
        | st.builds(Pair, branch, branch)
    ),
)


def same(a: Any, b: Any) -> bool:
    """Equality that also goes into arrays and compares types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return bool(a == b)


@given(TREES)
def test_a_tree_is_rebuilt_from_its_own_leaves(tree: Any) -> None:
    assert same(rebuild(tree, flatten(tree)), tree)


@given(TREES)
def test_other_leaves_come_into_the_same_places(tree: Any) -> None:
    doubled = [2 * x for x in flatten(tree)]
    assert flatten(rebuild(tree, doubled)) == doubled


@given(TREES)
def test_a_tree_has_its_own_form(tree: Any) -> None:
    assert align(tree, rebuild(tree, flatten(tree)), "there", "here") == flatten(tree)


@given(TREES)
def test_stripping_undoes_wrapping(tree: Any) -> None:
    wrapped = rebuild(tree, [Value(x) for x in flatten(tree)])
    assert same(strip(wrapped, lambda value: value.data), tree)


def test_arrays_hold_values_and_come_back_as_floats() -> None:
    def f(x: Any) -> Any:
        assert x.dtype == object
        assert all(isinstance(v, Value) for v in x.flat)
        return np.sum(np.exp(x) * 2)

    gradient = grad(f)(np.zeros((2, 3), dtype=np.float32))
    assert gradient.dtype == np.float64
    assert gradient.tolist() == [[2.0, 2.0, 2.0]] * 2


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32, np.bool_])
def test_numpy_scalars_are_numbers_and_arrays_without_dimensions_stay_arrays(kind: Any) -> None:
    slope = grad(lambda x: x * x)(kind(1))
    assert type(slope) is float
    assert slope == 2.0
    array = grad(lambda x: x * x)(np.array(1, dtype=kind))
    assert isinstance(array, np.ndarray)
    assert (array.shape, array.dtype, array.item()) == ((), np.dtype(np.float64), 2.0)


def test_dataclasses_keep_what_is_static_and_run_no_code() -> None:
    line = Line([1.0, 2.0], 3.0, "mine")
    gradient = grad(lambda p: p.slope[0] * p.slope[1] + p.offset)(line)
    assert gradient == Line([2.0, 1.0], 1.0, "mine")
    assert line == Line([1.0, 2.0], 3.0, "mine")
    assert grad(lambda p: p.x / p.y)(Point(2.0, 4.0)) == Point(0.25, -0.125)
    slope = grad(lambda p: -3 * p.x + p.root)(Positive(4.0))
    assert (slope.x, slope.root) == (-3.0, 1.0)


def test_stripping_leaves_alone_what_it_does_not_know() -> None:
    thing = object()
    assert strip({"a": [Value(1.0), "text", None], "b": thing}, lambda v: v.data) == {
        "a": [1.0, "text", None],
        "b": thing,
    }


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([1.0, "two"], r"got 'two' \(str\) at argument\[1\]"),
        ({"w": (1.0, None)}, r"got None \(NoneType\) at argument\['w'\]\[1\]"),
        (Point([0.0, 1j], 2.0), r"got 1j \(complex\) at argument\.x\[1\]"),
        (Point("a", 2.0), r"at argument\.x; .*mark the field of a dataclass with metadata=\{\"static\": True\}"),
        ([np.array([1j])], r"got an array of type complex128 at argument\[0\]"),
        (np.array(["a"]), r"got an array of type <U1 at argument"),
        (np.array(["2020-01-01"], dtype="M8[ns]"), r"got an array of type datetime64\[ns\] at argument"),
        (np.array([[1.0, None]], dtype=object), r"got None \(NoneType\) at argument\[0, 1\]"),
        (Point, "got an object of type type at argument"),
    ],
)
def test_what_is_no_number_is_refused_with_its_place(tree: Any, message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        flatten(tree)


@pytest.mark.parametrize(
    ("pattern", "tree", "message"),
    [
        ([1.0, 2.0], [1.0], "expected a list of 2 at there, as in here, got a list of 1"),
        ([1.0, 2.0], (1.0, 2.0), "expected a list of 2 at there, as in here, got a tuple of 2"),
        ({"w": [1.0]}, {"w": 1.0}, r"expected a list of 1 at there\['w'\], as in here, got a number"),
        (
            {"w": 1.0},
            {"v": 1.0},
            r"a dict with the keys \['w'\] at there, .* got a dict with the keys \['v'\]",
        ),
        ([[1.0], 2.0], [[1.0], [2.0]], r"expected a number at there\[1\], as in here, got a list of 1"),
        (Point(1.0, 2.0), Line(1.0, 2.0), "expected a Point of 2 at there, as in here, got a Line of 2"),
        (Point(1.0, 2.0), Point(1.0, [2.0]), r"expected a number at there\.y, as in here, got a list of 1"),
        (np.ones((2, 1)), np.ones(2), r"expected an array of shape \(2, 1\) at there, .* got an array of shape \(2,\)"),
        (np.ones(2), [1.0, 1.0], r"expected an array of shape \(2,\) at there, as in here, got a list of 2"),
    ],
)
def test_another_form_is_refused_with_its_place(pattern: Any, tree: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        align(pattern, tree, "there", "here")


def test_something_else_in_a_tree_of_the_right_form_is_refused() -> None:
    with pytest.raises(OperandTypeError, match=r"got '1' \(str\) at there\[0\]"):
        align([1.0], ["1"], "there", "here")


@pytest.mark.parametrize("other", [np.array(3.0), np.float64(3.0), 3, Value(3.0)])
def test_every_kind_of_number_has_the_form_of_a_number(other: Any) -> None:
    assert align(1.0, other, "there", "here") == [3.0]
    assert align(np.array(1.0), other, "there", "here") == [3.0]


@pytest.mark.parametrize("reorder", [dict, OrderedDict])
def test_the_order_of_keys_is_no_matter_of_form(reorder: Callable[..., Any]) -> None:
    assert align({"a": 1.0, "b": 2.0}, reorder([("b", 20.0), ("a", 10.0)]), "there", "here") == [10.0, 20.0]


def test_what_is_masked_in_an_array_is_no_number() -> None:
    half = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(InputError, match=r"MaskedArray of numpy with 1 of 2 masked at .*\['w'\]; .*x\.filled"):
        grad(lambda p: p["w"][0])({"w": half})
    with pytest.raises(OperandTypeError, match=r"got masked .*; put a number in its place with x\.filled"):
        Value(half[1])
    assert flatten(np.ma.array([1.0, 2.0], mask=[False, False])) == flatten(np.ma.array([1.0, 2.0])) == [1.0, 2.0]
