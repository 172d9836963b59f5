"""Python's arithmetic, once, for everything that records.

`Operand` turns operators and methods into applications of rows of the table. A subclass says what
applying means (`record`) and how it compares. `Value` computes and remembers; whatever records in
another way inherits the same operators, so no spelling is ever missing in one of them.
"""

from __future__ import annotations

from typing import Any, NoReturn

from mypy_extensions import mypyc_attr

from autograd_core import ops
from autograd_core.errors import GradientLossError, InputError
from autograd_core.number import is_number
from autograd_core.op import Op, Recorder


@mypyc_attr(acyclic=True)
class Operand(Recorder):
    """Something that takes part in arithmetic and records it."""

    __slots__ = ()

    def _apply(self, op: Op, a: Any, b: Any) -> Any:
        # An operand that is no number may know how to combine with this one, so Python is to ask it.
        other = b if a is self else a
        if isinstance(other, Recorder) or is_number(other):
            return self.record(op, (a, b))
        return NotImplemented

    def __add__(self, other: object) -> Any:
        return self._apply(ops.ADD, self, other)

    def __radd__(self, other: object) -> Any:
        return self._apply(ops.ADD, other, self)

    def __sub__(self, other: object) -> Any:
        return self._apply(ops.SUB, self, other)

    def __rsub__(self, other: object) -> Any:
        return self._apply(ops.SUB, other, self)

    def __mul__(self, other: object) -> Any:
        return self._apply(ops.MUL, self, other)

    def __rmul__(self, other: object) -> Any:
        return self._apply(ops.MUL, other, self)

    def __truediv__(self, other: object) -> Any:
        return self._apply(ops.DIV, self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._apply(ops.DIV, other, self)

    def __floordiv__(self, other: object) -> Any:
        return self._apply(ops.FLOORDIV, self, other)

    def __rfloordiv__(self, other: object) -> Any:
        return self._apply(ops.FLOORDIV, other, self)

    def __mod__(self, other: object) -> Any:
        return self._apply(ops.MOD, self, other)

    def __rmod__(self, other: object) -> Any:
        return self._apply(ops.MOD, other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: object) -> Any:
        return self._apply(ops.POW, self, other)

    def __rpow__(self, other: object) -> Any:
        return self._apply(ops.POW, other, self)

    def __neg__(self) -> Any:
        return self.record(ops.NEG, (self,))

    def __pos__(self) -> Any:
        return self.record(ops.POS, (self,))

    def __abs__(self) -> Any:
        return self.record(ops.ABS, (self,))

    def __floor__(self) -> Any:
        return self.record(ops.FLOOR, (self,))

    def __ceil__(self) -> Any:
        return self.record(ops.CEIL, (self,))

    def __trunc__(self) -> Any:
        return self.record(ops.TRUNC, (self,))

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None or digits == 0:
            return self.record(ops.ROUND, (self,))
        raise InputError(
            f"round() of a value rounds to a whole number, got digits={digits}; "
            "scale it first, or use format() to show fewer digits"
        )

    def exp(self) -> Any:
        """The exponential."""
        return self.record(ops.EXP, (self,))

    def log(self) -> Any:
        """The natural logarithm."""
        return self.record(ops.LOG, (self,))

    def sqrt(self) -> Any:
        """The square root."""
        return self.record(ops.SQRT, (self,))

    def exp2(self) -> Any:
        """Two to this power."""
        return self.record(ops.EXP2, (self,))

    def expm1(self) -> Any:
        """`exp(x) - 1`, exact for small `x`."""
        return self.record(ops.EXPM1, (self,))

    def log1p(self) -> Any:
        """`log(1 + x)`, exact for small `x`."""
        return self.record(ops.LOG1P, (self,))

    def log2(self) -> Any:
        """The logarithm to base 2."""
        return self.record(ops.LOG2, (self,))

    def log10(self) -> Any:
        """The logarithm to base 10."""
        return self.record(ops.LOG10, (self,))

    def cbrt(self) -> Any:
        """The cube root."""
        return self.record(ops.CBRT, (self,))

    def square(self) -> Any:
        """The square."""
        return self.record(ops.SQUARE, (self,))

    def reciprocal(self) -> Any:
        """One divided by this."""
        return self.record(ops.RECIPROCAL, (self,))

    def tan(self) -> Any:
        """The tangent of an angle in radians."""
        return self.record(ops.TAN, (self,))

    def asin(self) -> Any:
        """The angle in radians whose sine this is."""
        return self.record(ops.ASIN, (self,))

    def acos(self) -> Any:
        """The angle in radians whose cosine this is."""
        return self.record(ops.ACOS, (self,))

    def atan(self) -> Any:
        """The angle in radians whose tangent this is."""
        return self.record(ops.ATAN, (self,))

    def asinh(self) -> Any:
        """The inverse hyperbolic sine."""
        return self.record(ops.ASINH, (self,))

    def acosh(self) -> Any:
        """The inverse hyperbolic cosine."""
        return self.record(ops.ACOSH, (self,))

    def atanh(self) -> Any:
        """The inverse hyperbolic tangent."""
        return self.record(ops.ATANH, (self,))

    def degrees(self) -> Any:
        """This angle in degrees, if it is in radians."""
        return self.record(ops.DEGREES, (self,))

    def radians(self) -> Any:
        """This angle in radians, if it is in degrees."""
        return self.record(ops.RADIANS, (self,))

    def sin(self) -> Any:
        """The sine of an angle in radians."""
        return self.record(ops.SIN, (self,))

    def cos(self) -> Any:
        """The cosine of an angle in radians."""
        return self.record(ops.COS, (self,))

    def sinh(self) -> Any:
        """The hyperbolic sine."""
        return self.record(ops.SINH, (self,))

    def cosh(self) -> Any:
        """The hyperbolic cosine."""
        return self.record(ops.COSH, (self,))

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return self.record(ops.TANH, (self,))

    def sigmoid(self) -> Any:
        """The logistic function `1 / (1 + exp(-x))`."""
        return self.record(ops.SIGMOID, (self,))

    def softplus(self) -> Any:
        """`log(1 + exp(x))`, a smooth `relu`."""
        return self.record(ops.SOFTPLUS, (self,))

    def logsigmoid(self) -> Any:
        """The logarithm of `sigmoid`, exact where that is 0 or 1."""
        return self.record(ops.LOGSIGMOID, (self,))

    def silu(self) -> Any:
        """`x * sigmoid(x)`."""
        return self.record(ops.SILU, (self,))

    def softsign(self) -> Any:
        """`x / (1 + |x|)`."""
        return self.record(ops.SOFTSIGN, (self,))

    def relu(self) -> Any:
        """The positive part: `x` above 0, else 0."""
        return self.record(ops.RELU, (self,))

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if not _is_private(name)]

    def __float__(self) -> float:
        self._refuse("float()", "exp")

    def __int__(self) -> int:
        self._refuse("int()", "trunc")

    def __complex__(self) -> complex:
        self._refuse("complex()", "sqrt")

    def _refuse(self, conversion: str, example: str) -> NoReturn:
        raise GradientLossError(
            f"{conversion} of a Value, or a function of `math` on it, would drop the gradient: "
            f"read .data for the number, or call autograd_core.{example} and the like to keep the graph"
        )


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
