"""Python's arithmetic, defined once for everything that records.

`Operand` turns operators and methods into applications of rows of the table. A subclass defines how an op is applied
(`record` and `_unary`) and how objects compare: `Value` computes the result and records it. There are no subclasses
outside of the engine, see `op.seal`.
"""

# mypy: disable-error-code="no-any-return"
# `_apply` may return NotImplemented. If its type were narrower, mypyc would refuse that.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from mypy_extensions import mypyc_attr

from autograd_core.errors import GradientLossError, InputError
from autograd_core.graph import numpy_functions, refused
from autograd_core.graph.foreign import FOREIGN
from autograd_core.numerics.number import INFINITY, describe, is_number, to_float
from autograd_core.table import activations, comparisons, gated, ops, powers, special
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
        if isinstance(other, Recorder):
            return other.record(op, (a, b)) if other.rank() > self.rank() else self.record(op, (a, b))
        if is_number(other):
            return self.record(op, (a, b))
        if type(other) in NO_NUMBERS:
            to_float(other)  # which raises the error that says what to write
        return NotImplemented

    def _unary(self, op: Op) -> Self:
        """`record` of an op whose only input is this object."""
        raise NotImplementedError

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
        return self._unary(ops.NEG)

    def __pos__(self) -> Self:
        return self._unary(ops.POS)

    def __abs__(self) -> Self:
        return self._unary(ops.ABS)

    def __floor__(self) -> Self:
        return self._unary(ops.FLOOR)

    def __ceil__(self) -> Self:
        return self._unary(ops.CEIL)

    def __trunc__(self) -> Self:
        return self._unary(ops.TRUNC)

    def __round__(self, digits: int | Unchecked | None = None) -> Self:
        given: object = digits
        if given is None or given == 0:
            return self._unary(ops.ROUND)
        raise InputError(
            f"round() of a value rounds to a whole number, got {describe(given)} as digits; "
            "scale it first, or use format() to show fewer digits"
        )

    def exp(self) -> Self:
        """The exponential."""
        return self._unary(ops.EXP)

    def log(self, base: Number | None = None) -> Self:
        """The logarithm, by default the natural one; -inf at 0 and nan below."""
        return self._unary(ops.LOG) if base is None else powers.LOG_BASE(self, base)

    def sqrt(self) -> Self:
        """The square root."""
        return self._unary(ops.SQRT)

    def exp2(self) -> Self:
        """`2**x`."""
        return self._unary(ops.EXP2)

    def expm1(self) -> Self:
        """`exp(x) - 1`, exact for small `x`."""
        return self._unary(ops.EXPM1)

    def log1p(self) -> Self:
        """`log(1 + x)`, exact for small `x`."""
        return self._unary(ops.LOG1P)

    def log2(self) -> Self:
        """The logarithm to base 2."""
        return self._unary(ops.LOG2)

    def log10(self) -> Self:
        """The logarithm to base 10."""
        return self._unary(ops.LOG10)

    def cbrt(self) -> Self:
        """The cube root."""
        return self._unary(ops.CBRT)

    def square(self) -> Self:
        """The square."""
        return self._unary(ops.SQUARE)

    def reciprocal(self) -> Self:
        """`1 / x`."""
        return self._unary(ops.RECIPROCAL)

    def tan(self) -> Self:
        """The tangent of an angle in radians."""
        return self._unary(ops.TAN)

    def asin(self) -> Self:
        """The angle in radians whose sine is `x`."""
        return self._unary(ops.ASIN)

    def acos(self) -> Self:
        """The angle in radians whose cosine is `x`."""
        return self._unary(ops.ACOS)

    def atan(self) -> Self:
        """The angle in radians whose tangent is `x`."""
        return self._unary(ops.ATAN)

    def asinh(self) -> Self:
        """The inverse hyperbolic sine."""
        return self._unary(ops.ASINH)

    def acosh(self) -> Self:
        """The inverse hyperbolic cosine."""
        return self._unary(ops.ACOSH)

    def atanh(self) -> Self:
        """The inverse hyperbolic tangent."""
        return self._unary(ops.ATANH)

    def degrees(self) -> Self:
        """An angle in degrees that is given in radians."""
        return self._unary(ops.DEGREES)

    def radians(self) -> Self:
        """An angle in radians that is given in degrees."""
        return self._unary(ops.RADIANS)

    def sin(self) -> Self:
        """The sine of an angle in radians."""
        return self._unary(ops.SIN)

    def cos(self) -> Self:
        """The cosine of an angle in radians."""
        return self._unary(ops.COS)

    def sinh(self) -> Self:
        """The hyperbolic sine."""
        return self._unary(ops.SINH)

    def cosh(self) -> Self:
        """The hyperbolic cosine."""
        return self._unary(ops.COSH)

    def tanh(self) -> Self:
        """The hyperbolic tangent."""
        return self._unary(ops.TANH)

    def sigmoid(self) -> Self:
        """The logistic function `1 / (1 + exp(-x))`."""
        return self._unary(activations.SIGMOID)

    def softplus(self) -> Self:
        """`log(1 + exp(x))`, a smooth `relu`."""
        return self._unary(activations.SOFTPLUS)

    def logsigmoid(self) -> Self:
        """The logarithm of `sigmoid`, exact where that is 0 or 1."""
        return self._unary(activations.LOGSIGMOID)

    def silu(self) -> Self:
        """`x * sigmoid(x)`."""
        return self._unary(gated.SILU)

    def softsign(self) -> Self:
        """`x / (1 + |x|)`."""
        return self._unary(activations.SOFTSIGN)

    def erf(self) -> Self:
        """The error function: the probability that a normal variable with variance 1/2 lies within `x` of 0."""
        return self._unary(special.ERF)

    def erfc(self) -> Self:
        """`1 - erf(x)`, exact where the result is small."""
        return self._unary(special.ERFC)

    def gaussian(self) -> Self:
        """`exp(-x * x)`."""
        return self._unary(special.GAUSSIAN)

    def normal_pdf(self) -> Self:
        """The density of the standard normal distribution."""
        return self._unary(special.NORMAL_PDF)

    def normal_cdf(self) -> Self:
        """The probability that a standard normal variable is below `x`."""
        return self._unary(special.NORMAL_CDF)

    def gamma(self) -> Self:
        """The gamma function, `(x - 1)!` for whole numbers."""
        return self._unary(special.GAMMA)

    def lgamma(self) -> Self:
        """The logarithm of the absolute value of the gamma function."""
        return self._unary(special.LGAMMA)

    def digamma(self) -> Self:
        """The derivative of `lgamma`."""
        return self._unary(special.DIGAMMA)

    def relu(self) -> Self:
        """The positive part: `x` above 0, else 0."""
        return self._unary(activations.RELU)

    def relu6(self) -> Self:
        """`relu`, at most 6."""
        return self._unary(activations.RELU6)

    def selu(self) -> Self:
        """The self-normalising `elu`."""
        return self._unary(activations.SELU)

    def mish(self) -> Self:
        """`x * tanh(softplus(x))`."""
        return self._unary(gated.MISH)

    def hardsigmoid(self) -> Self:
        """A `sigmoid` of three straight pieces."""
        return self._unary(activations.HARDSIGMOID)

    def hardswish(self) -> Self:
        """`x * hardsigmoid(x)`."""
        return self._unary(activations.HARDSWISH)

    def tanhshrink(self) -> Self:
        """`x - tanh(x)`."""
        return self._unary(activations.TANHSHRINK)

    def logical_not(self) -> Self:
        """Whether `x` is 0, as 1.0 or 0.0."""
        return self._unary(comparisons.LOGICAL_NOT)

    def leaky_relu(self, negative_slope: Number = 0.01) -> Self:
        """`x` above 0, else `negative_slope * x`."""
        return activations.LEAKY_RELU(self, negative_slope)

    def elu(self, alpha: Number = 1.0) -> Self:
        """`x` above 0, else `alpha * expm1(x)`."""
        return activations.ELU(self, alpha)

    def celu(self, alpha: Number = 1.0) -> Self:
        """`x` above 0, else `alpha * expm1(x / alpha)`."""
        return activations.CELU(self, alpha)

    def softshrink(self, lambd: Number = 0.5) -> Self:
        """`x` moved towards 0 by `lambd`, and 0 where it would cross 0."""
        return activations.SOFTSHRINK(self, lambd)

    def hardshrink(self, lambd: Number = 0.5) -> Self:
        """`x`, and 0 from `-lambd` to `lambd`."""
        return activations.HARDSHRINK(self, lambd)

    def gelu(self, approximate: str | Unchecked = "none") -> Self:
        """`x * normal_cdf(x)`, or with `approximate="tanh"` the approximation by `tanh`."""
        return self._unary(gated.gelu_row(approximate))

    def hardtanh(self, min_val: Number = -1.0, max_val: Number = 1.0) -> Self:
        """The nearest number from `min_val` to `max_val`."""
        return ops.CLAMP(self, min_val, max_val)

    def fabs(self) -> Self:
        """The absolute value, under its name in `math`."""
        return self._unary(ops.ABS)

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

    def _refuse_index(self) -> NoReturn:
        raise GradientLossError(
            "expected an integer, such as an index or a count, got a Value; int(v.data) is one, without the gradient"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """The result of a function of numpy (see `numpy_functions`)."""
        return numpy_functions.apply(ufunc, method, inputs, options)


_UNLISTED: Final = {*numpy_functions.SPELLINGS, *FOREIGN, "as_integer_ratio", "clip"}
"""Names that only other code asks for. Tab completion leaves them out."""


for _function in (*numpy_functions.methods(), *refused.methods()):
    setattr(Operand, _function.__name__, _function)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
