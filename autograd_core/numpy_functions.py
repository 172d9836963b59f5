"""What numpy's functions mean for objects that record: the op of the same name.

numpy asks its operands before it applies a function (`__array_ufunc__`), and of the elements of an array of objects it
calls methods that are named like the function. numpy is not imported here: whoever is asked by it finds it loaded.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core import activations, ops
from autograd_core.errors import AutogradError, OperandTypeError
from autograd_core.number import is_number
from autograd_core.op import TABLE, Op, Recorder

NUMPY: Final[dict[str, Callable[..., Any]]] = {
    "absolute": abs,
    "add": operator.add,
    "arccos": ops.ACOS,
    "arccosh": ops.ACOSH,
    "arcsin": ops.ASIN,
    "arcsinh": ops.ASINH,
    "arctan": ops.ATAN,
    "arctan2": ops.ATAN2,
    "arctanh": ops.ATANH,
    "clip": ops.CLAMP,
    "conjugate": lambda x: x,
    "deg2rad": ops.RADIANS,
    "divide": operator.truediv,
    "divmod": divmod,
    "equal": operator.eq,
    "expit": activations.SIGMOID,
    "fabs": ops.ABS,
    "float_power": ops.POW,
    "floor_divide": operator.floordiv,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "isfinite": lambda x: math.isfinite(x.data),
    "isinf": lambda x: math.isinf(x.data),
    "isnan": lambda x: math.isnan(x.data),
    "less": operator.lt,
    "less_equal": operator.le,
    "log_expit": activations.LOGSIGMOID,
    "maximum": ops.MAX,
    "minimum": ops.MIN,
    "multiply": operator.mul,
    "negative": operator.neg,
    "not_equal": operator.ne,
    "positive": operator.pos,
    "power": operator.pow,
    "rad2deg": ops.DEGREES,
    "remainder": operator.mod,
    "rint": ops.ROUND,
    "signbit": lambda x: math.copysign(1.0, x.data) < 0.0,
    "subtract": operator.sub,
}
"""What numpy and `scipy.special` call otherwise, or mean by a name that is another op's here.

An operator where there is one, because operators are written out and so faster than their ops.
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
"""On an array of objects numpy calls these methods of its elements."""


def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """A function of numpy on objects that record, alone or among arrays: the op of that name, element by element.

    What is no op is left to numpy, which makes what it can of Python's operators.

    Raises:
        OperandTypeError: if numpy does not know either.
    """
    function: Any = NUMPY.get(ufunc.__name__) or TABLE.get(ufunc.__name__)
    known = function is not None and method == "__call__" and not options
    operands = [x if isinstance(x, Recorder) else _number_in(x) for x in inputs]
    if known and all(isinstance(x, Recorder) or is_number(x) for x in operands):
        return function(*operands)
    numpy: Any = sys.modules["numpy"]
    operands = [_cell(x, numpy) if isinstance(x, Recorder) else x for x in inputs]
    if known and isinstance(function, Op):
        return numpy.frompyfunc(function, ufunc.nin, 1)(*operands)
    try:
        return getattr(ufunc, method)(*operands, **options)
    except AutogradError:
        raise
    except TypeError as error:
        raise OperandTypeError(
            f"numpy.{ufunc.__name__} has no meaning for a Value here ({error}); "
            "read .data for the number, or use a function of autograd_core to keep the graph"
        ) from error


def _number_in(argument: Any) -> Any:
    """What is in an array of no dimensions, which numpy makes of its own numbers, too; anything else as it is."""
    return argument.item() if getattr(argument, "ndim", None) == 0 else argument


def _cell(operand: Recorder, numpy: Any) -> Any:
    """An array of no dimensions that holds the operand, which numpy would hand back to it again otherwise."""
    cell = numpy.empty((), object)
    cell[()] = operand
    return cell
