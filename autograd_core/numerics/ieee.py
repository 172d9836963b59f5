"""Floats with the arithmetic of IEEE 754 that never raises.

Python's floats raise on `1.0 / 0.0` and on `10.0 ** 400`. A graph must not raise (see `real`). Formulas are written
with ordinary operators and run on plain floats first. Only if Python raises, they run again on these.
"""

from __future__ import annotations

from typing import Any

from autograd_core.numerics.real import divide, power


class Ieee(float):
    """A float whose arithmetic never raises: overflow is an infinity, `1/0` is infinite, `0/0` is nan.

    >>> 1 / Ieee(0.0), Ieee(10.0) ** 400
    (inf, inf)
    """

    __slots__ = ()

    def __add__(self, other: float) -> Ieee:
        return Ieee(float(self) + float(other))

    __radd__ = __add__

    def __sub__(self, other: float) -> Ieee:
        return Ieee(float(self) - float(other))

    def __rsub__(self, other: float) -> Ieee:
        return Ieee(float(other) - float(self))

    def __mul__(self, other: float) -> Ieee:
        return Ieee(float(self) * float(other))

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> Ieee:
        return Ieee(divide(float(self), float(other)))

    def __rtruediv__(self, other: float) -> Ieee:
        return Ieee(divide(float(other), float(self)))

    def __pow__(self, other: float, modulus: None = None) -> Any:
        return Ieee(power(float(self), float(other)))

    def __rpow__(self, other: float, modulus: None = None) -> Any:
        return Ieee(power(float(other), float(self)))

    def __neg__(self) -> Ieee:
        return Ieee(-float(self))

    def __pos__(self) -> Ieee:
        return self

    def __abs__(self) -> Ieee:
        return Ieee(abs(float(self)))
