"""Functions of numpy, applied to Values: the op of the same name.

If one argument of a function is a Value, numpy calls its method `__array_ufunc__`. If all arguments are arrays, numpy
does not. It then applies Python's operators to the elements, or calls methods with the name of the function. So
functions that compare, such as `numpy.maximum`, `clip` and `sort`, follow numpy's own rules for nan and ties. Functions
with neither operator nor method, such as `numpy.logaddexp`, `isnan` and all of `scipy.special`, make numpy raise a
TypeError. numpy is not imported here: when it calls this module, it is already loaded.

On arrays of Values numpy does arithmetic, sums, means, products such as `numpy.dot`, and functions of one number
such as `numpy.exp`. Where it compares, it may drop a nan, and the gradient of a tie goes to one side. In these
cases, apply the functions of this package element by element:

>>> import numpy as np
>>> from autograd_core import Value, logaddexp, maximum
>>> np.arctan2(Value(1.0), 1.0).op
<op atan2>
>>> a, b = np.array([Value(1.0), Value(2.0)]), np.array([Value(1.0), Value(1.0)])
>>> [maximum(x, y).data for x, y in zip(a, b)], [round(y.data, 3) for y in np.frompyfunc(logaddexp, 2, 1)(a, b)]
([1.0, 2.0], [1.693, 2.313])
>>> (np.dot(a, np.exp(b)) + maximum(a[0], b[0])).backward()
>>> [round(x.grad, 3) for x in a]  # each side of the tie gets half
[3.218, 2.718]
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from autograd_core.errors import AutogradError, OperandTypeError
from autograd_core.numerics.number import INFINITY, is_number
from autograd_core.table import activations, ops, powers, special
from autograd_core.table.define import documented, either, select
from autograd_core.table.op import TABLE, Op, Recorder

OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "absolute": abs,
    "add": operator.add,
    "divide": operator.truediv,
    "divmod": divmod,
    "equal": operator.eq,
    "floor_divide": operator.floordiv,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "multiply": operator.mul,
    "negative": operator.neg,
    "not_equal": operator.ne,
    "positive": operator.pos,
    "power": operator.pow,
    "remainder": operator.mod,
    "subtract": operator.sub,
}
"""Functions that are operators of Python. These are faster than ops, and numpy applies them to arrays, too."""


def _conjugate(x: Any) -> Any:
    """The number itself, because it is real; under its name in numpy."""
    return x


def _sign(x: Any) -> Any:
    is_signed = either(x < 0.0, x > 0.0)
    return select(is_signed, lambda: ops.COPYSIGN(1.0, x), lambda: ops.TRUNC(x))  # zeros and nan are unchanged


def _fmax(a: Any, b: Any) -> Any:
    return _but_for_nan(a, b, ops.MAX)


def _fmin(a: Any, b: Any) -> Any:
    return _but_for_nan(a, b, ops.MIN)


def _but_for_nan(a: Any, b: Any, op: Op) -> Any:
    """The op of two numbers; if one of them is nan, the other one."""
    return select(
        a != a,  # noqa: PLR0124 - nan
        lambda: ops.WHERE(1.0, b, a),
        lambda: select(b != b, lambda: ops.WHERE(1.0, a, b), lambda: op(a, b)),  # noqa: PLR0124 - nan
    )


NUMPY: Final[dict[str, Callable[..., Any]]] = {
    **OPERATORS,
    "arccos": ops.ACOS,
    "arccosh": ops.ACOSH,
    "arcsin": ops.ASIN,
    "arcsinh": ops.ASINH,
    "arctan": ops.ATAN,
    "arctan2": powers.ATAN2,
    "arctanh": ops.ATANH,
    "clip": ops.CLAMP,
    "conjugate": _conjugate,
    "deg2rad": ops.RADIANS,
    "exp10": lambda x: 10.0**x,
    "expit": activations.SIGMOID,
    "fabs": ops.ABS,
    "float_power": powers.POW,
    "fmax": _fmax,
    "fmin": _fmin,
    "gammaln": special.LGAMMA,
    "huber": lambda delta, x: activations.HUBER(x, delta),  # scipy has the bound first
    "isfinite": lambda x: abs(x.detached()) < INFINITY,
    "isinf": lambda x: abs(x.detached()) == INFINITY,
    "isnan": lambda x: x != x,  # noqa: PLR0124 - nan
    "log_expit": activations.LOGSIGMOID,
    "maximum": ops.MAX,
    "minimum": ops.MIN,
    "ndtr": special.NORMAL_CDF,
    "psi": special.DIGAMMA,
    "rad2deg": ops.DEGREES,
    "rint": ops.ROUND,
    "sign": _sign,
    "signbit": lambda x: ops.COPYSIGN(1.0, x.detached()) < 0.0,
}
"""Functions of numpy and `scipy.special` that have another name here, or whose name belongs to another op here.

Modules of functions that are built on ops add theirs.
"""

FORMULAS: Final[dict[str, str]] = {
    "beta": "exp(lgamma(x) + lgamma(y) - lgamma(x + y))",
    "betaln": "lgamma(x) + lgamma(y) - lgamma(x + y)",
    "binom": "exp(lgamma(x + 1) - lgamma(y + 1) - lgamma(x - y + 1))",
    "boxcox": "where(y == 0, log(x) + y * log(x) ** 2 / 2, expm1(y * log(x)) / y)",
    "boxcox1p": "where(y == 0, log1p(x) + y * log1p(x) ** 2 / 2, expm1(y * log1p(x)) / y)",
    "cosdg": "cos(radians(x))",
    "cosm1": "-2 * sin(x / 2) ** 2",
    "cotdg": "1 / tan(radians(x))",
    "entr": "where(x == 0, 0.0, -x * log(x))",
    "erfcx": "where(x < 20, erfc(x) / gaussian(x / 2) / gaussian(x / 2) / gaussian(x / 2) / gaussian(x / 2), "
    "0.5641895835477563 / (x + 0.5 / (x + 1 / (x + 1.5 / (x + 2 / (x + 2.5 / x))))))",
    "exprel": "where(x == 0, 1 + x / 2, expm1(x) / x)",
    "inv_boxcox": "where(y == 0, exp(x - x * x * y / 2), exp(log1p(x * y) / y))",
    "inv_boxcox1p": "where(y == 0, expm1(x - x * x * y / 2), expm1(log1p(x * y) / y))",
    "kl_div": "where(x == 0 and y >= 0, y, x * log(x / y) - x + y)",
    "log_ndtr": "where(x > -1, log1p(-normal_cdf(-x)), where(x > -35, log(normal_cdf(x)), "
    "-x * x / 2 - log(2.5066282746310007 * (-x - 1 / (x + 2 / (x + 3 / (x + 4 / (x + 5 / x))))))))",
    "logaddexp2": "logaddexp(0.6931471805599453 * x, 0.6931471805599453 * y) / 0.6931471805599453",
    "logit": "log(x) - log1p(-x)",
    "poch": "exp(lgamma(x + y) - lgamma(x))",
    "powm1": "expm1(y * log(x))",
    "pseudo_huber": "where(x == 0, x * abs(y), x * x * expm1(0.5 * log1p((y / x) ** 2)))",
    "rel_entr": "where(x == 0 and y >= 0, 0.0, x * log(x / y))",
    "rgamma": "1 / gamma(x)",
    "sindg": "sin(radians(x))",
    "tandg": "tan(radians(x))",
    "xlog1py": "where(x == 0 and y <= -1, 0.0, x * log1p(y))",
    "xlogy": "where(x == 0 and y <= 0, 0.0, x * log(y))",
}
"""Formulas for functions of `scipy.special` without an op, in `x`, or in `x` and `y`.

They are as accurate as scipy and do not underflow earlier. Where a formula would be nan at a single point, such as
`x * log(y)` at 0, a `where` gives the value there, and the derivative if it is finite. Formulas with `lgamma` are for
arguments above 0, because `lgamma` drops the sign.
"""

NEAREST: Final[dict[str, str]] = {
    "gammasgn": "copysign and gamma",
    "heaviside": "where",
    "ldexp": "exp2",
    "loggamma": "lgamma",
    "modf": "trunc and fmod",
}
"""Ops from which other functions of numpy and `scipy.special` can be made.

Functions that are only related, such as an inverse, do not belong here: for these the user defines an op.
"""

SPELLINGS: Final[tuple[str, ...]] = (
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "conjugate",
    "deg2rad",
    "fabs",
    "rad2deg",
    "rint",
)
"""Methods that numpy calls on the elements of an array of objects."""


def methods() -> Iterator[Callable[..., Any]]:
    """The methods of `SPELLINGS`."""
    for name in SPELLINGS:
        function = NUMPY[name]
        about = f"`{function.name}`, under its name in numpy." if isinstance(function, Op) else function.__doc__
        yield documented(_applying(function), name, about or "", function)


def _applying(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Recorder, *others: Any) -> Any:
        return function(self, *others)

    return method


def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """A function of numpy on Values, alone or together with arrays: the op of that name, element by element.

    Functions without an op are left to numpy, which uses Python's operators where it can. If all arguments are arrays,
    numpy does not call this function (see the docstring of this module); `numpy.frompyfunc(op, 1, 1)` then applies any
    op element by element. `scipy.special.logsumexp`, `softmax` and `log_softmax` do not work on objects either; use the
    functions of `autograd_core` with these names, which take a list or an array of Values.

    Raises:
        OperandTypeError: if there is neither an op nor a way for numpy; the message says what to use instead.
    """
    name: str = ufunc.__name__
    function: Any = NUMPY.get(name) or TABLE.get(name)
    known = function is not None and method == "__call__" and not options
    operands = [x if isinstance(x, Recorder) else _number_in(x) for x in inputs]
    if known and all(isinstance(x, Recorder) or is_number(x) for x in operands):
        return function(*operands)
    numpy: Any = sys.modules["numpy"]
    operands = [_cell(x, numpy) if isinstance(x, Recorder) else x for x in inputs]
    if known and (name not in OPERATORS or not _takes_objects(ufunc)):
        applied = numpy.frompyfunc(function, ufunc.nin, ufunc.nout)
    else:
        applied = getattr(ufunc, method)
    try:
        # numpy would warn of invalid operations on floats, as in a test for nan. Ops do not warn.
        with numpy.errstate(all="ignore"):
            return applied(*operands, **options)
    except AutogradError:
        raise
    except (TypeError, AttributeError) as error:  # numpy looks for a method of that name
        home = next((f"{m}." for m in _HOMES if getattr(sys.modules.get(m), name, None) is ufunc), "")
        raise OperandTypeError(
            f"{home}{name} has no meaning for a Value here ({error}); "
            f"read .data for the number, or {_way_out(name, known=function is not None)} to keep the graph"
        ) from error


def _way_out(name: str, *, known: bool) -> str:
    """What to use instead of a function of numpy or scipy; `known` if there is an op that numpy cannot apply here."""
    if nearest := FORMULAS.get(name) or NEAREST.get(name) or ("a function" if known else None):
        return f"use {nearest} of autograd_core"
    return "define an op for it, as there is none, with define_op(name, function, derivative) of autograd_core"


_HOMES: Final = ("numpy", "scipy.special")


def _takes_objects(ufunc: Any) -> bool:
    return any(signature.startswith("O") for signature in ufunc.types)


def _number_in(argument: Any) -> Any:
    """The element of an array without dimensions, to which numpy converts its own scalars; anything else unchanged."""
    return argument.item() if getattr(argument, "ndim", None) == 0 else argument


def _cell(operand: Recorder, numpy: Any) -> Any:
    """An array without dimensions that holds the operand. With the operand itself, numpy would call it again."""
    cell = numpy.empty((), object)
    cell[()] = operand
    return cell
