"""How a Value behaves among other Python objects: numbers, comparisons, copies. `test_display` has what it shows."""

from __future__ import annotations

import collections.abc
import copy
import math
import operator
import pickle
import pickletools
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, Value, topological_order
from autograd_core.graph.node import Node
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from exact import bits


class TestNumbers:
    @pytest.mark.parametrize(
        "number",
        [2, True, 2.5, Fraction(1, 4), Decimal("1.5"), np.float32(0.5), np.int64(3), np.bool_(True), np.float64(1.25)],
    )
    def test_real_numbers_of_any_kind_are_converted(self, number: Any) -> None:
        x = Value(number)
        assert type(x.data) is float
        assert x.data == float(number)
        assert (Value(2.0) * number).data == 2.0 * float(number)
        assert (number * Value(2.0)).data == 2.0 * float(number)
        x.data, x.grad = number, number
        assert type(x.data) is type(x.grad) is float

    @pytest.mark.parametrize(
        ("thing", "message"),
        [
            ("3", r"expected a real number, got '3' \(str\); convert the text with float\(\) first"),
            (None, r"expected a real number.*, got None"),
            (1j, r"got 1j \(complex\); gradients here are of real functions"),
            (np.complex128(1), "gradients here are of real functions"),
            ([1.0], "make one Value per element"),
            (np.array([1.0, 2.0]), "make one Value per element"),
            (np.array(1.0), "make one Value per element"),
        ],
    )
    def test_everything_else_is_refused_and_nothing_changes(self, thing: Any, message: str) -> None:
        with pytest.raises(OperandTypeError, match=message):
            Value(thing)
        x = Value(1.0, label="x")
        for attribute in ("data", "grad"):
            with pytest.raises(TypeError, match=message):
                setattr(x, attribute, thing)
        with pytest.raises(TypeError, match=message):
            x.backward(thing)
        assert (x.data, x.grad) == (1.0, 0.0)

    def test_a_number_beyond_the_floats_is_refused(self) -> None:
        with pytest.raises(InputError, match="within the range of a float"):
            Value(10**400)
        with pytest.raises(ValueError, match="larger int"):
            Value(1.0) * 10**400

    @pytest.mark.parametrize("apply", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
    def test_operators_refuse_what_is_no_number(self, apply: Any) -> None:
        for thing in ("3", None, 1j, [1.0]):
            with pytest.raises(TypeError):
                apply(Value(1.0), thing)
            with pytest.raises(TypeError):
                apply(thing, Value(1.0))

    def test_labels_are_text(self) -> None:
        with pytest.raises(OperandTypeError, match="expected a text as label, got "):
            Value(1.0, label=3)  # type: ignore[arg-type]
        x = Value(1.0, label="x")
        with pytest.raises(OperandTypeError, match="expected a text as label, got "):
            x.label = None  # type: ignore[assignment]
        assert x.label == "x"


class TestNodes:
    def test_roundings_are_values_without_slope(self) -> None:
        roundings: list[Any] = [round, math.floor, math.ceil, math.trunc]
        for rounding, expected in zip(roundings, [3.0, 2.0, 3.0, 2.0], strict=True):
            x = Value(2.75)
            y = rounding(x)
            assert isinstance(y, Value)
            y.backward()
            assert (y.data, x.grad) == (expected, 0.0)
        with pytest.raises(InputError, match=r"got 2 \(int\) as digits"):
            round(Value(1.234), 2)
        assert round(Value(2.5), 0).data == 2.0

    def test_what_micrograd_code_reads(self) -> None:
        a, b = Value(2.0), Value(3.0)
        c = a * b
        assert c._prev == {a, b}
        assert (c._op, a._op, (a * a)._prev, a._prev) == ("*", "", {a}, set())
        assert (c._children, c._local_grads) == ((a, b), (3.0, 2.0))

    def test_inputs_and_derivatives_of_a_node(self) -> None:
        a = Value(2.0)
        assert ((a * a).inputs, (a * a).derivatives) == ((a, a), (2.0, 2.0))
        assert ((5 - a).inputs, (5 - a).derivatives) == ((5.0, a), (0.0, -1.0))
        total = ag.sum([a, 1.0, a])
        assert (total.inputs, total.derivatives) == ((a, 1.0, a), (1.0, 0.0, 1.0))
        assert (a.op, a.inputs, a.derivatives) == (None, (), ())

    def test_augmented_assignment_makes_a_new_node(self) -> None:
        a = b = Value(2.0)
        a *= 3
        assert (a.data, b.data, a.inputs[0] is b) == (6.0, 2.0, True)


BASES: list[type] = [Value, *Value.__mro__[1:-1], type(Value(1.0) + 1.0)]


class TestWhatAValueIsNot:
    @pytest.mark.parametrize("x", [Value(2.0), Value(2.0) * 3.0], ids=["a leaf", "a result"])
    def test_it_is_no_collection_and_no_function(self, x: Value) -> None:
        names = set(collections.abc.__all__) - {"ByteString"}  # deprecated
        kinds = {name: getattr(collections.abc, name) for name in names}
        assert [name for name, kind in kinds.items() if isinstance(x, kind)] == ["Hashable"]
        assert not callable(x)
        assert not np.iterable(x)
        with pytest.raises(ag.GradientLossError):
            np.asarray(x, dtype=float)  # not "setting an array element with a sequence"

    @pytest.mark.parametrize("apply", [operator.matmul, operator.xor, operator.and_, operator.lshift])
    def test_an_operand_that_knows_values_is_asked(self, apply: Any) -> None:
        class Other:
            def answer(self, x: object) -> str:
                return "asked"

            __rmatmul__ = __rxor__ = __rand__ = __rlshift__ = answer

        assert apply(Value(1.0), Other()) == "asked"
        with pytest.raises(TypeError, match="unsupported operand"):
            apply(Value(1.0), object())

    @pytest.mark.parametrize("base", BASES, ids=[f"{base.__module__}.{base.__name__}" for base in BASES])
    def test_it_has_no_subclasses(self, base: type) -> None:
        way_out = (
            "keep what belongs to a Value in a dict" if issubclass(base, Node) else "numbers of a recorder of your"
        )
        message = f"{base.__name__} has no subclasses, got the class V; {way_out}"
        for bases in ((base,), (base, Mapping), (TestNumbers, base)):
            with pytest.raises(OperandTypeError, match=message):
                type("V", bases, {})

    def test_an_op_has_none_either(self) -> None:
        with pytest.raises(OperandTypeError, match="Op has no subclasses, got the class V; make an op with define_op"):
            type("V", (ag.Op,), {})

    @pytest.mark.parametrize("name", ["m", "v", "velocity", "state"])
    def test_it_takes_no_other_attributes(self, name: str) -> None:
        for value in (Value(1.0), Value(1.0) * 2.0):
            with pytest.raises(AttributeError, match=f"no attribute '{name}'; keep what belongs to a Value in a dict"):
                setattr(value, name, 0.0)
            assert not hasattr(value, name)
            assert name not in dir(value)

    @pytest.mark.parametrize(("name", "ours"), [("name", "label"), ("requires_grad", "frozen")])
    def test_attributes_with_another_name_here_say_so(self, name: str, ours: str) -> None:
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; .* `{ours}`"):
            setattr(Value(1.0), name, True)

    def test_any_other_name_is_no_attribute(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'something'"):
            Value(1.0).something = 1.0  # type: ignore[attr-defined]

    def test_an_op_of_such_a_name_is_a_method(self) -> None:
        ag.define_op("cache", lambda x: 2.0 * x, lambda x, y: 2.0)
        x = Value(3.0)
        x.cache().backward()  # type: ignore[attr-defined]
        assert x.grad == 2.0

    def test_a_dict_keeps_what_belongs_to_a_value(self) -> None:
        a, b = Value(1.0), Value(1.0)
        momentum = {a: 0.1, b: 0.2}
        assert (momentum[a], momentum[b]) == (0.1, 0.2)

    def test_lists_find_equal_values_and_identity_finds_itself(self) -> None:
        a, b = Value(1.0), Value(1.0)
        values = [a, b]
        assert b in values[:1]
        assert values.index(b) == 0
        assert not any(v is b for v in values[:1])
        assert next(i for i, v in enumerate(values) if v is b) == 1
        assert b not in set(values[:1])


class TestComparisons:
    @given(st.floats(), st.floats())
    def test_comparisons_go_by_data(self, a: float, b: float) -> None:
        for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            expected = compare(a, b)
            assert compare(Value(a), Value(b)) is expected
            assert compare(Value(a), b) is expected
            assert compare(a, Value(b)) is expected

    def test_other_numbers_compare_by_value_and_other_things_are_different(self) -> None:
        assert Value(0.25) == Fraction(1, 4)
        assert Value(0.5) < Decimal(1)
        assert Value(1.0) != "1.0"
        assert Value(1.0) != None  # noqa: E711 - the comparison itself is the subject
        with pytest.raises(TypeError):
            assert Value(1.0) < "2"  # type: ignore[operator]

    @pytest.mark.parametrize("number", [np.float64(0.5), np.float32(2.0), np.int64(1), np.bool_(True), np.array(0.5)])
    def test_comparisons_with_numbers_of_numpy_give_python_booleans(self, number: Any) -> None:
        for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            assert compare(Value(0.5), number) is compare(0.5, float(number))
            assert compare(number, Value(0.5)) is compare(float(number), 0.5)

    def test_a_nan_is_found_by_identity_only(self) -> None:
        x = Value(math.nan)
        assert x != x  # noqa: PLR0124 - the comparison itself is the subject
        assert [x, 1].index(x) == 0
        assert [Value(math.nan), x].index(x) == 1
        assert {x: 1}[x] == 1

    def test_hash_is_identity(self) -> None:
        a, b = Value(1.0), Value(1.0)
        assert len({a, b}) == 2
        assert {a: "a", b: "b"}[b] == "b"
        assert max([Value(1.0), Value(3.0), Value(2.0)]).data == 3.0
        assert [v.data for v in sorted([Value(2.0), Value(1.0)])] == [1.0, 2.0]


class TestFrozen:
    def test_gradients_flow_to_frozen_leaves(self) -> None:
        x = Value(3.0)
        x.frozen = True
        (x * x).backward()
        assert x.grad == 6.0

    def test_only_leaves_can_be_frozen(self) -> None:
        y = Value(3.0) * 2.0
        with pytest.raises(OperandTypeError, match="expected a leaf to freeze, got the result of mul"):
            y.frozen = True
        assert not y.frozen

    def test_the_mark_cannot_be_deleted(self) -> None:
        with pytest.raises(AttributeError, match="frozen"):
            del Value(1.0).frozen


class TestCopies:
    def test_copy_of_a_leaf_is_a_new_leaf(self) -> None:
        x = Value(2.0, label="x")
        x.grad = 5.0
        twin = copy.copy(x)
        assert (twin.data, twin.grad, twin.label, twin is x) == (2.0, 5.0, "x", False)
        (twin * 3).backward()
        assert x.grad == 5.0

    def test_copy_of_a_result_shares_its_inputs(self) -> None:
        x = Value(2.0)
        twin = copy.copy(x * x)
        twin.backward()
        assert x.grad == 4.0

    @given(expressions())
    def test_pickles_and_deep_copies_are_the_same_graph_apart(self, program: Program) -> None:
        leaves = [Value(x, label=f"x{i}") for i, x in enumerate(program.leaves)]
        root = program(*leaves)
        root.backward()
        copies = (copy.deepcopy((root, leaves)), pickle.loads(pickle.dumps((root, leaves))))  # noqa: S301 - our own bytes
        for other, others in copies:
            order, other_order = topological_order(root), topological_order(other)
            assert [repr(v) for v in order] == [repr(v) for v in other_order]
            assert [v.derivatives for v in order] == [v.derivatives for v in other_order]
            assert not set(order) & set(other_order)
            other.backward()
            for leaf, twin in zip(leaves, others, strict=True):
                assert bits(twin.grad) == bits(2 * leaf.grad)
                assert (twin in other_order) == (leaf in order)

    def test_frozen_leaves_stay_frozen(self) -> None:
        x, y = Value(2.0), Value(3.0)
        x.frozen = True
        for twins in (copy.deepcopy((x, y)), pickle.loads(pickle.dumps((x, y))), (copy.copy(x), copy.copy(y))):  # noqa: S301 - our own bytes
            assert [twin.frozen for twin in twins] == [True, False]
        x.frozen = False
        assert not x.frozen
        assert not copy.copy(x).frozen

    def test_every_protocol_pickles(self) -> None:
        x = Value(2.0)
        y = ag.dot([x, 1.0], [3.0, x])
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(y, protocol))  # noqa: S301 - our own bytes
            assert (again.data, again.derivatives) == (y.data, y.derivatives)

    def test_pickles_name_one_module_that_stays(self) -> None:
        made = pickle.dumps([Value(2.0) * 3, ag.tanh], protocol=2)
        names = {str(arg).split()[0] for op, arg, _ in pickletools.genops(made) if op.name == "GLOBAL"}
        assert names == {"autograd_core.pickles"}


def test_a_leaf_has_no_structural_zeros_and_data_are_not_deleted() -> None:
    x = Value(1.0)
    assert x.structural_zeros == ()
    with pytest.raises(AttributeError, match="property 'data' of 'Value' object has no deleter"):
        del x.data
    assert x.data == 1.0


class Tensor:
    """As much of a tensor of PyTorch as is asked for."""

    def backward(self) -> None:
        """Nothing."""

    def tolist(self) -> list[float]:
        return [1.0]


class Foreign:
    """A number of another engine."""

    def backward(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("thing", "end"),
    [
        (Tensor(), r"; take the numbers of a tensor with \.tolist\(\)$"),
        (Foreign(), r"; use it as it is, or its \.data for the number alone$"),
        (object(), r"\(object\)$"),
    ],
)
def test_what_is_no_number_is_refused_with_the_way_out(thing: Any, end: str) -> None:
    with pytest.raises(OperandTypeError, match=f"^expected a real number, got .*{end}"):
        Value(thing)
