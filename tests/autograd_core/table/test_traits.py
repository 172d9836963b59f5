"""What rows state about their functions, against what the functions are found to be (`testing.traits`).

A trait that is wrong fails, and so does one that is missing. Numbers cannot tell whether a row is an activation; the
table of `nn` does, see `tests/nn/test_activations.py`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import pytest

from autograd_core import TABLE, InputError, Op, OperandTypeError, Value, define_op
from autograd_core.commands.expression import evaluate, free_names
from autograd_core.table.precedence import Precedence
from autograd_core.testing import GradientMismatch, check_op
from autograd_core.testing.rows.traits import (
    false_traits,
    has_poles,
    is_linear,
    is_piecewise_constant,
    is_sum_of_inputs,
    is_sum_of_products,
    sign,
    steepest,
    zero_until,
)

ROWS: Final = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


@ROWS
def test_linear_is_stated(op: Op) -> None:
    assert op.linear == (is_linear(op) and not op.piecewise_constant)


@ROWS
def test_piecewise_constant_is_stated(op: Op) -> None:
    assert op.piecewise_constant == is_piecewise_constant(op)


@ROWS
def test_what_an_op_adds_is_stated(op: Op) -> None:
    if op.arity != 1:
        assert (op.adds == "inputs") == is_sum_of_inputs(op)
    if op.arity is None:
        assert (op.adds == "products") == is_sum_of_products(op)


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity == 1 and op.name != "logical_not"], ids=str)
def test_the_half_line_of_zeros_is_stated(op: Op) -> None:
    """With several inputs the others decide where it ends, and `logical_not` is 0 everywhere but at 0."""
    assert op.zero_until == zero_until(op)


SQUASHING: Final = [op for op in TABLE.values() if op.arity == 1 or op.steepest is not None]
"""With several inputs the others decide where the derivatives end, as in `atan2`; such a row need not state it."""


@pytest.mark.parametrize("op", SQUASHING, ids=lambda op: str(op.name))
def test_the_steepest_derivative_is_stated(op: Op) -> None:
    assert op.steepest == pytest.approx(steepest(op), rel=1e-12) if op.steepest else steepest(op) is None


@ROWS
def test_the_sign_of_the_values_is_stated(op: Op) -> None:
    assert op.sign == ("" if op.name == "pow" else sign(op))  # a negative base, outside of the domain, has powers too


POLES_BETWEEN_POINTS: Final = {"tan", "atan2"}
"""Their poles are at no float, or at one where the value of IEEE is a number."""


@ROWS
def test_poles_are_stated(op: Op) -> None:
    assert op.poles == (has_poles(op) or op.name in POLES_BETWEEN_POINTS)


@ROWS
def test_no_row_states_a_false_trait(op: Op) -> None:
    assert not list(false_traits(op))


@ROWS
def test_a_precedence_is_one_of_the_list(op: Op) -> None:
    assert op.precedence in list(Precedence)


# ---- An op of one's own ----------------------------------------------------------------------------------------------


def test_an_op_of_ones_own_promises_nothing() -> None:
    own = define_op("own", math.sin, lambda x, y: TABLE["cos"](x))
    TABLE.pop("own")
    assert not any([own.activation, own.linear, own.piecewise_constant, own.adds, own.internal])
    assert (own.zero_until, own.steepest) == (None, None)


def test_zeros_of_what_is_constant_in_pieces_are_structural() -> None:
    steps = define_op("steps", math.floor, lambda x, y: 0.0, piecewise_constant=True)
    TABLE.pop("steps")
    assert steps.passes_nothing(0, [0.5], 0.0)


@pytest.mark.parametrize("answer", [1, 1.0, "yes", True])
def test_any_true_answer_makes_a_zero_structural(answer: Any) -> None:
    """Infinity arrives at the zero and is not passed on."""
    flat = define_op("flat", lambda x: 0.0 * x, lambda x, y: 0.0, structural=lambda x, y: answer)
    TABLE.pop("flat")
    x = Value(2.0)
    flat(x).sqrt().backward()
    assert x.grad == 0.0


@pytest.mark.parametrize(
    ("traits", "error", "message"),
    [
        ({"activation": "x"}, OperandTypeError, "own expected True or False as activation, got 'x' (str)"),
        ({"linear": None}, OperandTypeError, "own expected True or False as linear, got None (NoneType)"),
        ({"piecewise_constant": 1}, OperandTypeError, "own expected True or False as piecewise_constant, got 1 (int)"),
        ({"internal": 0}, OperandTypeError, "own expected True or False as internal, got 0 (int)"),
        ({"adds": "x"}, InputError, 'own expected "inputs", "products" or "" as adds, got \'x\' (str)'),
        ({"adds": None}, OperandTypeError, 'own expected "inputs", "products" or "" as adds, got None (NoneType)'),
        ({"zero_until": math.nan}, InputError, "own expected a finite number or None as zero_until, got nan (float)"),
        ({"zero_until": "0"}, OperandTypeError, "own expected a finite number or None as zero_until, got '0' (str)"),
        ({"steepest": -1}, InputError, "own expected a finite positive number or None as steepest, got -1 (int)"),
        ({"steepest": math.inf}, InputError, "own expected a finite positive number or None as steepest, got inf"),
        ({"sign": "x"}, InputError, 'own expected "positive", "not negative" or "" as sign, got \'x\' (str)'),
        ({"sign": None}, OperandTypeError, 'own expected "positive", "not negative" or "" as sign, got None'),
        ({"poles": 1}, OperandTypeError, "own expected True or False as poles, got 1 (int)"),
        (
            {"textbook": "1"},
            OperandTypeError,
            "own expected a tuple of 1 texts, one for each derivative, or () as textbook",
        ),
        ({"textbook": (1,)}, OperandTypeError, "own expected a text as textbook, got 1 (int)"),
        ({"textbook": ("1", "x")}, InputError, "one for each derivative, or () as textbook, got 2 of them"),
        ({"linear": True, "piecewise_constant": True}, InputError, "at most one of linear and piecewise_constant"),
    ],
)
def test_impossible_traits_are_refused(traits: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        define_op("own", math.sin, lambda x, y: TABLE["cos"](x), **traits)
    assert message in str(raised.value)
    assert "own" not in TABLE


def test_numbers_of_any_kind_are_stored_as_floats() -> None:
    own = define_op("own", math.tanh, lambda x, y: 1.0 - y * y, zero_until=0, steepest=1)
    TABLE.pop("own")
    assert [repr(x) for x in (own.zero_until, own.steepest)] == ["0.0", "1.0"]


WITH_TEXTBOOK: Final = [op for op in TABLE.values() if op.textbook]


@pytest.mark.parametrize("op", WITH_TEXTBOOK, ids=lambda op: str(op.name))
def test_a_textbook_derivative_is_the_derivative(op: Op) -> None:
    for at in (0.2, 0.45, 0.9):
        point = [low + (high - low) * at for low, high in op.sample]
        names = ["x"] if len(point) == 1 else [*"ab"]
        known = {**dict(zip(names, point, strict=True)), "y": op(*point)}
        for text, derivative in zip(op.textbook, op.derivatives, strict=True):
            values = {name: value for name, value in known.items() if name in free_names(text)}
            assert evaluate(text, **values).data == pytest.approx(derivative(*point, known["y"]), rel=1e-12)


@pytest.mark.parametrize(
    ("traits", "found"),
    [
        ({"linear": True}, "states linear=True, but its forward function is not linear"),
        ({"piecewise_constant": True}, "states piecewise_constant=True, but its local derivatives are not all 0"),
        ({"adds": "inputs"}, "states adds='inputs', but its value is not the sum of its inputs"),
        ({"adds": "products"}, "states adds='products', but its value is not the sum of the products"),
        ({"zero_until": 0.0}, "states zero_until=0.0, but it is not 0 everywhere up to 0.0"),
        ({"sign": "positive"}, "states sign='positive', but its smallest value near 0 is 0"),
        ({"steepest": 2.0}, "states steepest=2.0, but it is not bounded and flat at both ends"),
    ],
)
def test_a_false_trait_is_a_misfit(traits: dict[str, Any], found: str) -> None:
    own = define_op("own", lambda x: x * x, lambda x, y: 2.0 * x, **traits)
    TABLE.pop("own")
    with pytest.raises(GradientMismatch) as raised:
        check_op(own, points=5)
    assert found in str(raised.value)


def test_numbers_of_a_trait_are_compared() -> None:
    sharp = define_op("sharp", lambda x: math.tanh(50.0 * x), lambda x, y: 50.0 - 50.0 * y * y, sample=(-1.0, 1.9))
    TABLE.pop("sharp")
    assert steepest(sharp) == pytest.approx(50.0)
    ramp = define_op("ramp", lambda x: max(x + 40.0, 0.0), lambda x, y: float(x > -40.0), zero_until=-39.0)
    TABLE.pop("ramp")
    assert list(false_traits(ramp)) == ["states zero_until=-39.0, but it is 0 until -40.000"]
