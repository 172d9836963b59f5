"""Python's arithmetic, defined once for everything that records.

`Operand` turns operators and methods into applications of rows of the table. A subclass defines how an op is applied
(`record`) and how objects compare: `Value` computes the result and records it. There are no subclasses outside of the
engine, see `op.seal`.
"""

# mypy: disable-error-code="no-any-return"
# `_apply` may return NotImplemented. If its type were narrower, mypyc would refuse that.

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from mypy_extensions import mypyc_attr

from autograd_core.errors import GradientLossError, InputError
from autograd_core.graph import numpy_functions
from autograd_core.graph.foreign import FOREIGN
from autograd_core.numerics.number import INFINITY, describe, is_number, to_float
from autograd_core.table import activations, gated, ops, powers, special
from autograd_core.table.define import documented
from autograd_core.table.op import Op, Recorder

if TYPE_CHECKING:
    from autograd_core.types import Number, Unchecked

NO_NUMBERS: Final = frozenset({str, bytes, list, tuple, dict, set, type(None)})
"""Types that are never combined with a number and cannot know a Value; a subclass may know it."""


@mypyc_attr(acyclic=True)
class Operand(Recorder):
    """An object that takes part in arithmetic and records it."""

    __slots__ = ()

    def _apply(self, op: Op, a: Any, b: Any) -> Any:
        # An operand of another type may know how to combine with this one, so Python tries that next.
        other = b if a is self else a
        if isinstance(other, Recorder) or is_number(other):
            return self.record(op, (a, b))
        if type(other) in NO_NUMBERS:
            to_float(other)  # which raises the error that says what to write
        return NotImplemented

    def __add__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.ADD, self, other)

    def __radd__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.ADD, other, self)

    def __sub__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.SUB, self, other)

    def __rsub__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.SUB, other, self)

    def __mul__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.MUL, self, other)

    def __rmul__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.MUL, other, self)

    def __truediv__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.DIV, self, other)

    def __rtruediv__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.DIV, other, self)

    def __floordiv__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.FLOORDIV, self, other)

    def __rfloordiv__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.FLOORDIV, other, self)

    def __mod__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.MOD, self, other)

    def __rmod__(self, other: Number) -> Self | Unchecked:
        return self._apply(ops.MOD, other, self)

    def __divmod__(self, other: Number) -> tuple[Self | Unchecked, Self | Unchecked]:
        return self // other, self % other

    def __rdivmod__(self, other: Number) -> tuple[Self | Unchecked, Self | Unchecked]:
        return other // self, other % self

    def __pow__(self, other: Number) -> Self | Unchecked:
        return self._apply(powers.POW, self, other)

    def __rpow__(self, other: Number) -> Self | Unchecked:
        return self._apply(powers.POW, other, self)

    def __neg__(self) -> Self:
        return self.record(ops.NEG, (self,))

    def __pos__(self) -> Self:
        return self.record(ops.POS, (self,))

    def __abs__(self) -> Self:
        return self.record(ops.ABS, (self,))

    def __floor__(self) -> Self:
        return self.record(ops.FLOOR, (self,))

    def __ceil__(self) -> Self:
        return self.record(ops.CEIL, (self,))

    def __trunc__(self) -> Self:
        return self.record(ops.TRUNC, (self,))

    def __round__(self, digits: int | Unchecked | None = None) -> Self:
        given: object = digits
        if given is None or given == 0:
            return self.record(ops.ROUND, (self,))
        raise InputError(
            f"round() of a value rounds to a whole number, got {describe(given)} as digits; "
            "scale it first, or use format() to show fewer digits"
        )

    def exp(self) -> Self:
        """The exponential."""
        return self.record(ops.EXP, (self,))

    def log(self, base: Number | None = None) -> Self:
        """The logarithm, by default the natural one."""
        return self.record(ops.LOG, (self,)) if base is None else self.record(powers.LOG_BASE, (self, base))

    def sqrt(self) -> Self:
        """The square root."""
        return self.record(ops.SQRT, (self,))

    def exp2(self) -> Self:
        """`2**x`."""
        return self.record(ops.EXP2, (self,))

    def expm1(self) -> Self:
        """`exp(x) - 1`, exact for small `x`."""
        return self.record(ops.EXPM1, (self,))

    def log1p(self) -> Self:
        """`log(1 + x)`, exact for small `x`."""
        return self.record(ops.LOG1P, (self,))

    def log2(self) -> Self:
        """The logarithm to base 2."""
        return self.record(ops.LOG2, (self,))

    def log10(self) -> Self:
        """The logarithm to base 10."""
        return self.record(ops.LOG10, (self,))

    def cbrt(self) -> Self:
        """The cube root."""
        return self.record(ops.CBRT, (self,))

    def square(self) -> Self:
        """The square."""
        return self.record(ops.SQUARE, (self,))

    def reciprocal(self) -> Self:
        """`1 / x`."""
        return self.record(ops.RECIPROCAL, (self,))

    def tan(self) -> Self:
        """The tangent of an angle in radians."""
        return self.record(ops.TAN, (self,))

    def asin(self) -> Self:
        """The angle in radians whose sine is `x`."""
        return self.record(ops.ASIN, (self,))

    def acos(self) -> Self:
        """The angle in radians whose cosine is `x`."""
        return self.record(ops.ACOS, (self,))

    def atan(self) -> Self:
        """The angle in radians whose tangent is `x`."""
        return self.record(ops.ATAN, (self,))

    def asinh(self) -> Self:
        """The inverse hyperbolic sine."""
        return self.record(ops.ASINH, (self,))

    def acosh(self) -> Self:
        """The inverse hyperbolic cosine."""
        return self.record(ops.ACOSH, (self,))

    def atanh(self) -> Self:
        """The inverse hyperbolic tangent."""
        return self.record(ops.ATANH, (self,))

    def degrees(self) -> Self:
        """An angle in degrees that is given in radians."""
        return self.record(ops.DEGREES, (self,))

    def radians(self) -> Self:
        """An angle in radians that is given in degrees."""
        return self.record(ops.RADIANS, (self,))

    def sin(self) -> Self:
        """The sine of an angle in radians."""
        return self.record(ops.SIN, (self,))

    def cos(self) -> Self:
        """The cosine of an angle in radians."""
        return self.record(ops.COS, (self,))

    def sinh(self) -> Self:
        """The hyperbolic sine."""
        return self.record(ops.SINH, (self,))

    def cosh(self) -> Self:
        """The hyperbolic cosine."""
        return self.record(ops.COSH, (self,))

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self.record(ops.TANH, (self,))

    def sigmoid(self) -> Self:
        """The logistic function `1 / (1 + exp(-x))`."""
        return self.record(activations.SIGMOID, (self,))

    def softplus(self) -> Self:
        """`log(1 + exp(x))`, a smooth `relu`."""
        return self.record(activations.SOFTPLUS, (self,))

    def logsigmoid(self) -> Self:
        """The logarithm of `sigmoid`, exact where that is 0 or 1."""
        return self.record(activations.LOGSIGMOID, (self,))

    def silu(self) -> Self:
        """`x * sigmoid(x)`."""
        return self.record(gated.SILU, (self,))

    def softsign(self) -> Self:
        """`x / (1 + |x|)`."""
        return self.record(activations.SOFTSIGN, (self,))

    def erf(self) -> Self:
        """The error function: the probability that a normal variable with variance 1/2 lies within `x` of 0."""
        return self.record(special.ERF, (self,))

    def erfc(self) -> Self:
        """`1 - erf(x)`, exact where the result is small."""
        return self.record(special.ERFC, (self,))

    def gaussian(self) -> Self:
        """`exp(-x * x)`."""
        return self.record(special.GAUSSIAN, (self,))

    def normal_pdf(self) -> Self:
        """The density of the standard normal distribution."""
        return self.record(special.NORMAL_PDF, (self,))

    def normal_cdf(self) -> Self:
        """The probability that a standard normal variable is below `x`."""
        return self.record(special.NORMAL_CDF, (self,))

    def gamma(self) -> Self:
        """The gamma function, `(x - 1)!` for whole numbers."""
        return self.record(special.GAMMA, (self,))

    def lgamma(self) -> Self:
        """The logarithm of the absolute value of the gamma function."""
        return self.record(special.LGAMMA, (self,))

    def digamma(self) -> Self:
        """The derivative of `lgamma`."""
        return self.record(special.DIGAMMA, (self,))

    def relu(self) -> Self:
        """The positive part: `x` above 0, else 0."""
        return self.record(activations.RELU, (self,))

    def relu6(self) -> Self:
        """`relu`, at most 6."""
        return self.record(activations.RELU6, (self,))

    def selu(self) -> Self:
        """The self-normalising `elu`."""
        return self.record(activations.SELU, (self,))

    def mish(self) -> Self:
        """`x * tanh(softplus(x))`."""
        return self.record(gated.MISH, (self,))

    def hardsigmoid(self) -> Self:
        """A `sigmoid` of three straight pieces."""
        return self.record(activations.HARDSIGMOID, (self,))

    def hardswish(self) -> Self:
        """`x * hardsigmoid(x)`."""
        return self.record(activations.HARDSWISH, (self,))

    def tanhshrink(self) -> Self:
        """`x - tanh(x)`."""
        return self.record(activations.TANHSHRINK, (self,))

    def leaky_relu(self, negative_slope: Number = 0.01) -> Self:
        """`x` above 0, else `negative_slope * x`."""
        return self.record(activations.LEAKY_RELU, (self, negative_slope))

    def elu(self, alpha: Number = 1.0) -> Self:
        """`x` above 0, else `alpha * expm1(x)`."""
        return self.record(activations.ELU, (self, alpha))

    def celu(self, alpha: Number = 1.0) -> Self:
        """`x` above 0, else `alpha * expm1(x / alpha)`."""
        return self.record(activations.CELU, (self, alpha))

    def softshrink(self, lambd: Number = 0.5) -> Self:
        """`x` moved towards 0 by `lambd`, and 0 where it would cross 0."""
        return self.record(activations.SOFTSHRINK, (self, lambd))

    def hardshrink(self, lambd: Number = 0.5) -> Self:
        """`x`, and 0 from `-lambd` to `lambd`."""
        return self.record(activations.HARDSHRINK, (self, lambd))

    def gelu(self, approximate: str | Unchecked = "none") -> Self:
        """`x * normal_cdf(x)`, or with `approximate="tanh"` the approximation by `tanh`."""
        return self.record(gated.gelu_row(approximate), (self,))

    def hardtanh(self, min_val: Number = -1.0, max_val: Number = 1.0) -> Self:
        """The nearest number from `min_val` to `max_val`."""
        return self.record(ops.CLAMP, (self, min_val, max_val))

    def fabs(self) -> Self:
        """The absolute value, under its name in `math`."""
        return self.record(ops.ABS, (self,))

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if not _is_private(name) and name not in _UNLISTED]

    def __float__(self) -> float:
        self._refuse("float()", "exp")

    def __int__(self) -> int:
        self._refuse("int()", "trunc")

    def __complex__(self) -> complex:
        self._refuse("complex()", "sqrt")

    def as_integer_ratio(self) -> tuple[int, int]:
        """Raise an error, because `Fraction` and `statistics` would drop the gradient."""
        self._refuse("as_integer_ratio()", "mean")

    def clip(self, low: Number | None = None, high: Number | None = None, out: None = None) -> Self:
        """`clamp` with the arguments of `numpy.clip`; None means no bound."""
        clipped: Self = ops.CLAMP(self, -INFINITY if low is None else low, INFINITY if high is None else high)
        return clipped

    def _refuse(self, conversion: str, example: str) -> NoReturn:
        error = GradientLossError(
            f"{conversion} of a Value, or a function of `math` or an array of numbers that takes it, would drop the "
            "gradient: read .data for the number, in an array [v.data for v in array.flat], even where the gradient is "
            f"0, as after a rounding; or call autograd_core.{example} and the like to keep the graph"
        )
        error.refused = self
        raise error

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """The result of a function of numpy (see `numpy_functions`)."""
        return numpy_functions.apply(ufunc, method, inputs, options)


_UNLISTED: Final = {*numpy_functions.SPELLINGS, *FOREIGN, "as_integer_ratio", "clip"}
"""Names that only other code asks for. Tab completion leaves them out."""


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Operand, *others: Any) -> Any:
        return function(self, *others)

    about = f"`{function.name}`, under its name in numpy." if isinstance(function, Op) else function.__doc__
    return documented(method, name, about or "", function)


def _refuse_index(_operand: Operand) -> NoReturn:
    """Raise an error, because an index would drop the gradient."""
    raise GradientLossError(
        "expected an integer, such as an index or a count, got a Value; int(v.data) is one, without the gradient"
    )


for _name, _function in [
    ("__index__", _refuse_index),
    *[(name, numpy_functions.NUMPY[name]) for name in numpy_functions.SPELLINGS],
]:
    setattr(Operand, _name, _method(_name, _function))  # mypyc would hide a method `__index__` that is written out


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
