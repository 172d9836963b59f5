"""How a row is defined: `define_op`, and the functions that rows use for conditions and structural zeros."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.numerics.number import INFINITY, describe, is_number, to_float
from autograd_core.table.op import ROWS, TABLE, Adds, Interval, Op, Recorder, Sign, find
from autograd_core.table.precedence import Precedence

if TYPE_CHECKING:
    from autograd_core.types import Unchecked

MOST_ROWS: Final = 2**15
"""The largest number of rows: a node has two bytes for the index of its op."""

SUMS: Final[tuple[Adds, ...]] = ("", "inputs", "products")
SIGNS: Final[tuple[Sign, ...]] = ("", "positive", "not negative")


def define_op(
    name: str | Unchecked,
    forward: Callable[..., float],
    *derivatives: Callable[..., Any],
    symbol: str | Unchecked = "",
    latex: str | Unchecked = "",
    precedence: int | Unchecked = Precedence.CALL,
    variadic: bool | Unchecked = False,
    domain: Interval | tuple[Interval, ...] | Unchecked = (-INFINITY, INFINITY),
    sample: Interval | tuple[Interval, ...] | Unchecked = (-3.0, 3.0),
    kinks: Callable[..., float] | None = None,
    structural: bool | Callable[..., Any] | tuple[Callable[..., Any], ...] = False,
    activation: bool | Unchecked = False,
    linear: bool | Unchecked = False,
    piecewise_constant: bool | Unchecked = False,
    adds: Adds | Unchecked = "",
    zero_until: float | Unchecked | None = None,
    steepest: float | Unchecked | None = None,
    sign: Sign | Unchecked = "",
    poles: bool | Unchecked = False,
    internal: bool | Unchecked = False,
    about: str | Unchecked = "",
    textbook: tuple[str, ...] | Unchecked = (),
) -> Op:
    """Make a row and add it to the table: a function with derivatives of every order, also a method of Value.

    Args:
        name: its name in Python. The op is then also `autograd_core.name`.
        forward: floats to float. Where it raises an `ArithmeticError`, for example for overflow, it is called again
            with floats that follow IEEE 754.
        derivatives: one for each input, `(*inputs, output)` to the local derivative, written with ordinary operators
            and other ops, so that it can be differentiated itself; conditions are written with `where`.
        variadic: whether it takes any number of inputs. `forward` then takes a sequence, and the only derivative
            `(inputs, output)` gives a list.
        symbol: how it is written in a picture; by default the name.
        latex: template of the formula, see `Op`; by default the name as a function.
        precedence: how tightly it binds when written; by default as a function call.
        domain: where it is defined. An interval given once applies to every input, here and in `sample`.
        sample: where tests draw; by default a range around 0, where most functions are defined.
        kinks: the distance of a point from the nearest kink; by default there is none.
        structural: which derivatives of 0 are structural, so that they pass nothing on even if the gradient is
            infinite. False for none, True for all; or a function for each input, see `Op`; a single function applies to
            all inputs. By default a 0 is an ordinary number, and times infinity it is nan.
        activation: whether it is used as the activation of units in networks. Pictures and diagnoses then take its
            result for the output of a unit. By default not, because few functions are activations.
        linear: whether it is linear in each input, the others being fixed. By default nothing is assumed.
        piecewise_constant: whether it is constant between its kinks; then every derivative of 0 is structural. By
            default not.
        adds: "inputs" if it is the sum of its inputs; "products" if it is the sum of the products of the first half of
            them with the second; by default neither.
        zero_until: the largest first input up to which it is 0, as 0.0 for `relu`; by default there is none.
        steepest: the largest size of its local derivative, if it is bounded and flat at both ends, as 1.0 for `tanh`;
            by default it is not, and diagnoses do not call it saturated.
        sign: "positive" or "not negative" if every value is that, but for a rounding to 0; by default nothing is known.
        poles: whether it has no value at some points of its domain, the ends included, as `log` at 0. Formulas then
            keep what would cancel there. By default it has a value everywhere.
        internal: whether it exists only for the derivatives of other rows; `autograd_core` then does not list it. By
            default not.
        about: a sentence that says what it is, for `help`. The names of the inputs there are those of the first
            derivative. By default there is no sentence.
        textbook: the derivatives as a textbook writes them, with neither conditions nor rearrangements against
            rounding errors: for each input a text such as `"1 - y**2"`, in which the input is `x`, several inputs are
            `a`, `b` and so on, and the output is `y`. Formulas show them. By default they show `derivatives`.

    Raises:
        InputError: if the name is taken or is not a name in Python, if a function is missing, or if another argument
            has no possible value, such as nan, or contradicts another.
        OperandTypeError: if an argument is of the wrong type.

    >>> import math
    >>> from autograd_core import Value, grad
    >>> bump = define_op("bump", lambda x: math.exp(-x * x), lambda x, y: -2.0 * x * y, latex="e^{{-{0}^2}}")
    >>> Value(0.5).bump().data, grad(grad(bump))(0.0)
    (0.7788007830714049, -2.0)
    """
    _check_row(name, forward, derivatives, variadic)
    piecewise_constant = _piecewise_constant(name, piecewise_constant, linear)
    arity = None if variadic else len(derivatives)
    count = 1 if variadic else len(derivatives)
    row = Op(
        name,
        arity,
        forward,
        derivatives,
        _text(name, "symbol", symbol) or name,
        _text(name, "latex", latex) or rf"\operatorname{{{{{name}}}}}\left({_inputs_in_template(arity)}\right)",
        _precedence(name, precedence),
        _for_each(name, "domain", domain, count),
        _for_each(name, "sample", sample, count),
        _function_or_none(name, "kinks", kinks),
        _structural_of(name, structural or piecewise_constant, count),
        activation=_flag(name, "activation", activation),
        linear=_flag(name, "linear", linear),
        piecewise_constant=piecewise_constant,
        adds=_adds(name, adds),
        zero_until=_finite(name, "zero_until", zero_until),
        steepest=_finite(name, "steepest", steepest, positive=True),
        sign=_sign(name, sign),
        poles=_flag(name, "poles", poles),
        internal=_flag(name, "internal", internal),
        about=_text(name, "about", about),
        textbook=_texts(name, "textbook", textbook, len(derivatives)),
    )
    _add_to_table(row)
    return row


def _add_to_table(row: Op) -> None:
    """Add a row to the table, and to everything that records a method with its name."""
    TABLE[row.name] = row
    if len(ROWS) < MOST_ROWS:
        ROWS.append(row)
        row.index = ROWS.index(row)  # not the length before: another thread may define an op at the same time
    if not hasattr(Recorder, row.name):
        # `x.sinh()` is `TABLE["sinh"](x)` for everything that records. The method is set here, because a class with
        # `__getattr__` reads every attribute through it, and training is then 1.3 times slower in plain Python.
        setattr(Recorder, row.name, _method(row))


def _check_row(
    name: Any, forward: Callable[..., float], derivatives: tuple[Callable[..., Any], ...], variadic: Any
) -> None:
    """Raise `InputError` if the name or a function of a new row is invalid, or their number."""
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"expected a name that Python accepts, such as 'bump', got {describe(name)}")
    if name in TABLE:
        raise InputError(f"an op named {name!r} is defined already; choose another name")
    for function in (forward, *derivatives):
        if not callable(function):
            raise InputError(f"{name} expected a function of the inputs, got {describe(function)}")
    if not derivatives or (variadic and len(derivatives) != 1):
        expected = "one function for all inputs together" if variadic else "one function for each input"
        raise InputError(f"{name} expected as derivatives {expected}, got {len(derivatives)} of them")
    _flag(name, "variadic", variadic)


def _piecewise_constant(name: str, given: object, linear: object) -> bool:
    """Whether a new row is piecewise constant, which excludes that it is linear."""
    if linear is True and given is True:
        raise InputError(f"{name} expected at most one of linear and piecewise_constant to be True, got both")
    return _flag(name, "piecewise_constant", given)


def _texts(name: str, argument: str, given: object, count: int) -> tuple[str, ...]:
    expected = f"{name} expected a tuple of {count} texts, one for each derivative, or () as {argument}"
    if not isinstance(given, tuple):
        raise OperandTypeError(f"{expected}, got {describe(given)}")
    if len(given) != count and given:
        raise InputError(f"{expected}, got {len(given)} of them")
    return tuple([_text(name, argument, text) for text in given])


def _flag(name: str, argument: str, given: object) -> bool:
    if isinstance(given, bool):
        return given
    raise OperandTypeError(f"{name} expected True or False as {argument}, got {describe(given)}")


def _text(name: str, argument: str, given: object) -> str:
    if isinstance(given, str):
        return given
    raise OperandTypeError(f"{name} expected a text as {argument}, got {describe(given)}")


def _finite(name: str, argument: str, given: object, positive: bool = False) -> float | None:
    """The trait as a finite float, or None."""
    if given is None:
        return None
    expected = f"{name} expected a finite {'positive ' if positive else ''}number or None as {argument}"
    if not is_number(given):
        raise OperandTypeError(f"{expected}, got {describe(given)}")
    number = to_float(given)
    if not math.isfinite(number) or (positive and number <= 0.0):
        raise InputError(f"{expected}, got {describe(given)}")
    return number


def _adds(name: str, given: object) -> Adds:
    expected = f'{name} expected "inputs", "products" or "" as adds, got {describe(given)}'
    if not isinstance(given, str):
        raise OperandTypeError(expected)
    for adds in SUMS:
        if adds == given:
            return adds
    raise InputError(expected)


def _sign(name: str, given: object) -> Sign:
    expected = f'{name} expected "positive", "not negative" or "" as sign, got {describe(given)}'
    if not isinstance(given, str):
        raise OperandTypeError(expected)
    for sign in SIGNS:
        if sign == given:
            return sign
    raise InputError(expected)


def _method(row: Op) -> Callable[..., Any]:
    name = row.name

    def method(self: Recorder, *others: Any) -> Any:
        return find(name)(self, *others)

    return documented(method, name, row.about, row)


def documented(method: Callable[..., Any], name: str, about: str, function: Any) -> Callable[..., Any]:
    """The method with a name, a docstring, and the signature of the function that it applies, for `help`."""
    for attribute, what in (("__name__", name), ("__doc__", about), ("__wrapped__", function)):
        setattr(method, attribute, what)
    return method


def _inputs_in_template(arity: int | None) -> str:
    """The inputs in a template: `{0}, {1}` for two of them, `{}` for any number."""
    return "{}" if arity is None else ", ".join(f"{{{i}}}" for i in range(arity))


def _precedence(name: str, given: object) -> int:
    if isinstance(given, int) and given in list(Precedence):
        return int(given)
    raise OperandTypeError(
        f"{name} expected a Precedence, such as Precedence.SUM, as precedence, got {describe(given)}"
    )


def _function_or_none(name: str, argument: str, given: Any) -> Any:
    if given is None or callable(given):
        return given
    raise OperandTypeError(f"{name} expected a function of the inputs or None as {argument}, got {describe(given)}")


def _for_each(name: str, argument: str, given: Any, count: int) -> tuple[Interval, ...]:
    """An interval for each input."""
    intervals = given if isinstance(given, tuple) and given and isinstance(given[0], tuple) else (given,) * count
    if len(intervals) == count and all(_is_interval(each) for each in intervals):
        return tuple([(to_float(low), to_float(high)) for low, high in intervals])
    many = "" if count == 1 else f", or a tuple of {count} such pairs, one for each input,"
    expected = f"{name} expected a pair of numbers such as (-1.0, 1.0){many} as {argument}, the lower one first"
    raise (InputError if isinstance(given, tuple) else OperandTypeError)(f"{expected}, got {describe(given)}")


def _is_interval(given: Any) -> bool:
    is_pair = isinstance(given, tuple) and len(given) == 2 and all(is_number(x) for x in given)
    return is_pair and to_float(given[0]) < to_float(given[1])


def _structural_of(name: str, given: Any, count: int) -> tuple[Callable[..., Any], ...]:
    if isinstance(given, bool):
        return (always,) * count if given else ()
    functions = given if isinstance(given, tuple) else (given,) * count
    if len(functions) == count and all(callable(each) for each in functions):
        return functions
    expected = f"{name} expected True, False, a function, or a tuple with a function for each input as structural"
    raise OperandTypeError(f"{expected}, got {describe(given)}")


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` if the condition holds, else `b`. A condition that records is recorded, with both.

    >>> where(2 > 1, "yes", "no")
    'yes'
    """
    if isinstance(condition, Recorder):
        return find("where")(condition, a, b)
    return a if condition else b


def select(condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """The result of one of two functions without arguments: of `a` if the condition holds, else of `b`.

    A formula that decides with it runs on all numbers, known or not: of a condition that is known, only the chosen
    function is called, and a condition that records is recorded with both results, as by `where`.

    >>> size = lambda x: select(x > 0.0, lambda: x, lambda: -x)
    >>> size(-3.0)
    3.0
    """
    if isinstance(condition, Recorder):
        return find("where")(condition, a(), b())
    return a() if condition else b()


def both(a: Any, b: Any) -> Any:
    """Whether two conditions hold, of which each is known or recorded."""
    return where(a, b, False)


def either(a: Any, b: Any) -> Any:
    """Whether at least one of two conditions holds, of which each is known or recorded."""
    return where(a, True, b)


def between(low: Any, x: Any, high: Any) -> Any:
    """`low < x < high`, known or recorded."""
    return both(low < x, x < high)


def at(row: Op, x: Any) -> Any:
    """A row with one input at `x`, as part of a local derivative; a float needs none of the checks of a call."""
    return row.forward(x) if isinstance(x, float) else row(x)


def always(*_point: Any) -> bool:
    """Every derivative of 0 is structural: for ops that choose an input or are piecewise constant."""
    return True


def never(*_point: Any) -> bool:
    """No derivative of 0 is structural."""
    return False


def is_constant(x: object) -> bool:
    """Whether an input is a constant, so that a derivative equal to it is one, too: a plain number, for instance."""
    return isinstance(x, float) or (isinstance(x, Recorder) and x.is_constant())
