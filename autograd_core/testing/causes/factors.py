"""Factors by which wrong gradients are wrong: the numbers and functions that are forgotten or used twice.

Each row is the name of a factor, its value and a reason. A name is formatted with `x`, the path of the number, and `v`,
that of its array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from autograd_core.testing.causes.evidence import Evidence, Gradient, Prediction

MISSING: Final = "a factor is missing or wrong"


SMALLEST_BATCH: Final = 4
"""The smallest whole factor that may be the size of a batch."""


class Constant(NamedTuple):
    """A factor that is the same for all numbers; `inverse` is the name of its reciprocal."""

    name: str
    value: float
    why: str = MISSING
    inverse: str = ""


class Function(NamedTuple):
    """A factor that depends on the number `x`, on the value `f` of the function, or on the array of the number."""

    name: str
    of: Callable[[float, float, list[float]], float]
    why: str = ""


# ---- Constants ------------------------------------------------------------------------------------------------------

NAMED: Final = (
    Constant("180/π", 180 / math.pi, "are degrees and radians mixed up?", "π/180"),
    Constant(
        "(180/π)²", (180 / math.pi) ** 2, "is it divided by 180/π instead of multiplied, or the reverse?", "(π/180)²"
    ),
    Constant("ln 2", math.log(2), "is a logarithm or power to the base 2 treated as one to the base e?", "1/ln 2"),
    Constant("(ln 2)²", math.log(2) ** 2, "is it multiplied by ln 2 instead of divided, or the reverse?", "1/(ln 2)²"),
    Constant("ln 10", math.log(10), "is a logarithm or power to the base 10 treated as one to the base e?", "1/ln 10"),
    Constant(
        "(ln 10)²", math.log(10) ** 2, "is it multiplied by ln 10 instead of divided, or the reverse?", "1/(ln 10)²"
    ),
    Constant("log₂ 10", math.log2(10), "are logarithms to the bases 2 and 10 mixed up?", "log₁₀ 2"),
    Constant("π", math.pi, inverse="1/π"),
    Constant("2π", 2 * math.pi, "are turns or frequencies treated as radians?", "1/(2π)"),
    Constant("4π", 4 * math.pi, inverse="1/(4π)"),
    Constant("π/2", math.pi / 2, inverse="2/π"),
    Constant("π/4", math.pi / 4, inverse="4/π"),
    Constant("π²", math.pi**2, inverse="1/π²"),
    Constant("√2", math.sqrt(2), inverse="1/√2"),
    Constant("2√2", 2 * math.sqrt(2), inverse="1/(2√2)"),
    Constant("√3", math.sqrt(3), inverse="1/√3"),
    Constant("√π", math.sqrt(math.pi), inverse="1/√π"),
    Constant("√π/2", math.sqrt(math.pi) / 2, inverse="2/√π"),
    Constant("√(2π)", math.sqrt(2 * math.pi), inverse="1/√(2π)"),
    Constant("√(π/2)", math.sqrt(math.pi / 2), inverse="√(2/π)"),
    Constant("e", math.e, inverse="1/e"),
)

DECIMAL: Final = (10, 100, 1000)
"""Numbers n for which (n - 1)/n is a frequent factor of its own, such as the momentum 0.9."""

LARGEST: Final = 64
"""The largest whole factor that is named."""


def constants(evidence: Evidence) -> Iterator[Constant]:
    """Yield the constant factors, the simplest first."""
    yield from _sizes(evidence)
    yield from _fractions()
    for row in NAMED:
        yield from _with_inverse(row)


def _sizes(evidence: Evidence) -> Iterator[Constant]:
    """Yield the factors that come from the number of terms of a sum or mean."""
    count = len(evidence.names)
    lengths = {n for argument in evidence.arguments for n in argument.shape}
    whole = {count, *(math.prod(argument.shape) for argument in evidence.arguments)}
    every = sorted({*whole, *lengths, *evidence.sizes}, reverse=True)
    what_of = {n: f"there are {n} numbers" if n == count else f"{n} is the size of an argument" for n in every}
    for n in every:
        what, perhaps = what_of[n], "is" if n > 3 else "perhaps"
        if n > 2:
            yield Constant(f"{n}", n, f"{what}: {perhaps} a sum used instead of a mean?")
            yield Constant(f"1/{n}", 1 / n, f"{what}: {perhaps} a mean used instead of a sum, or divided twice?")
    for n in every:
        what = what_of[n]
        if n > 4 and (n in lengths or n in evidence.sizes):
            yield from _with_inverse(Constant(f"{n - 1}", n - 1, f"{MISSING}, perhaps n - 1, because {what}"))
            yield from _with_inverse(Constant(f"{n}²", n**2, f"{what}: is a mean taken twice, or its square used?"))
            yield from _with_inverse(Constant(f"√{n}", math.sqrt(n), f"{what}: is the root of their number used?"))
        if n > 2:
            why = f"{what}: is it divided by n - 1 instead of n, or the reverse?"
            yield Constant(f"{Fraction(n, n - 1)}", n / (n - 1), why)
            if n not in DECIMAL:
                yield Constant(f"{Fraction(n - 1, n)}", (n - 1) / n, why)
            root = Constant(f"√({Fraction(n, n - 1)})", math.sqrt(n / (n - 1)), why, f"√({Fraction(n - 1, n)})")
            yield from _with_inverse(root)


@cache
def _fractions() -> tuple[Constant, ...]:
    wholes = [Fraction(k) for k in range(2, LARGEST + 1)]
    simple = {Fraction(p, q) for q in range(1, 7) for p in range(1, 13)} - {Fraction(1)}
    parts = [1 / k for k in wholes]
    powers = [Fraction(10) ** k for k in range(-9, 10) if abs(k) > 1]
    order = sorted({*simple, *wholes, *parts}, key=lambda x: (x.numerator + x.denominator, x))
    fractions = (*order, *(p for p in powers if p not in order))
    return tuple(Constant(f"{x}" if x.denominator < 1e4 else f"{float(x):g}", float(x), _why(x)) for x in fractions)


def _why(x: Fraction) -> str:
    """Return the text on a fraction; a large whole number may be the size of data that are no argument."""
    n = max(x.numerator, x.denominator)
    if min(x.numerator, x.denominator) > 1 or not SMALLEST_BATCH <= n <= LARGEST:
        return MISSING
    used, right = ("sum", "mean") if x > 1 else ("mean", "sum")
    return f"{MISSING}, perhaps the size of a batch of {n}: is a {used} used instead of a {right}?"


def _with_inverse(row: Constant) -> Iterator[Constant]:
    yield row
    yield Constant(row.inverse or f"1/{row.name}", 1 / row.value, row.why)


# ---- Functions of the argument or the value -------------------------------------------------------------------------


def _mean(v: list[float]) -> float:
    return math.fsum(v) / len(v)


def _variance(v: list[float]) -> float:
    mean = _mean(v)
    return math.fsum((x - mean) ** 2 for x in v) / len(v)


OF_ONE: Final = (
    Function("{x}", lambda x, f, v: x, "is a power not lowered, or a factor forgotten?"),
    Function("f", lambda x, f, v: f, "f is the value of the function"),
    Function("(1 - f)", lambda x, f, v: 1 - f, "f is the value, and f (1 - f) the derivative of a sigmoid"),
    Function("(1 + f)", lambda x, f, v: 1 + f, "f is the value, and (1 + f) (1 - f) the derivative of a tanh"),
    Function("{x}²", lambda x, f, v: x * x, "is a power lowered too often, or not at all?"),
    Function("f²", lambda x, f, v: f * f, "f is the value of the function: is a square or a reciprocal forgotten?"),
    Function("(1 - f²)", lambda x, f, v: 1 - f * f, "f is the value, and 1 - f² the derivative of a tanh"),
    Function("f (1 - f)", lambda x, f, v: f * (1 - f), "this is the derivative of a sigmoid with the value f"),
    Function("(f/{x})", lambda x, f, v: f / x, "f is the value: is the square of a denominator forgotten?"),
    Function("({x} - 1)", lambda x, f, v: x - 1, "is one of two terms forgotten, as of the product rule?"),
    Function("({x} + 1)", lambda x, f, v: x + 1, "is one of two terms forgotten, as of the product rule?"),
    Function("(1 + {x}²)", lambda x, f, v: 1 + x * x),
    Function("(1 - {x}²)", lambda x, f, v: 1 - x * x),
    Function("{x} (1 - {x})", lambda x, f, v: x * (1 - x), "the derivative of a sigmoid, if {x} is its value"),
    Function("√{x}", lambda x, f, v: math.sqrt(x)),
    Function("{x}³", lambda x, f, v: x**3),
    Function("√f", lambda x, f, v: math.sqrt(f), "f is the value of the function"),
    Function("exp({x})", lambda x, f, v: math.exp(x)),
    Function("exp(f)", lambda x, f, v: math.exp(f), "f is the value: is a sum of exponentials forgotten?"),
    Function("ln {x}", lambda x, f, v: math.log(x)),
    Function("ln f", lambda x, f, v: math.log(f), "f is the value of the function"),
)  # fmt: skip

OF_ARRAYS: Final = (
    Function("‖{v}‖", lambda x, f, v: math.hypot(*v), "is a norm forgotten, or used twice?"),
    Function("‖{v}‖²", lambda x, f, v: math.fsum(x * x for x in v), "is a norm or its square forgotten?"),
    Function("sum({v})", lambda x, f, v: math.fsum(v), "is a normalisation forgotten?"),
    Function("mean({v})", lambda x, f, v: _mean(v), "is a normalisation forgotten?"),
    Function("std({v})", lambda x, f, v: math.sqrt(_variance(v)), "is a normalisation forgotten?"),
    Function("var({v})", lambda x, f, v: _variance(v), "is a normalisation forgotten?"),
    Function("max({v})", lambda x, f, v: max(v)),
    Function("sum(exp({v}))", lambda x, f, v: math.fsum(map(math.exp, v)), "is the sum in a softmax forgotten?"),
    Function("product of {v}", lambda x, f, v: math.prod(v)),
)

MULTIPLES: Final = (("", 1.0), ("-", -1.0), ("2 ", 2.0), ("1/2 ", 0.5), ("-2 ", -2.0), ("-1/2 ", -0.5))
"""How a factor may come with a number, which is forgotten at the same time."""


class Factor(NamedTuple):
    """A factor as text and as a function, for one set of evidence."""

    text: str
    of: Callable[[Gradient, int], float]

    def predict(self, gradient: Gradient, i: int) -> Prediction:
        """Return the true derivative times the factor."""
        factor = self.of(gradient, i)
        return gradient.true[i] * factor, gradient.doubt[i] * abs(factor)


def constant_factors(evidence: Evidence) -> Iterator[Factor]:
    """Yield the constant factors, and their negatives after them."""
    rows = list(constants(evidence))
    for sign, mark in ((1.0, ""), (-1.0, "-")):
        for row in rows:
            yield Factor(f"analytic = {mark}{row.name} × numeric: {row.why}", always(sign * row.value))


def always(value: float) -> Callable[[Gradient, int], float]:
    """Return a factor that is the same for all numbers."""
    return lambda gradient, i: value


def functional_factors(evidence: Evidence, indices: Sequence[int]) -> Iterator[Factor]:
    """Yield the factors that are functions of the argument, of the value, or of the array of the argument."""
    with_arrays = any(len(evidence.argument(i).indices) > 1 for i in indices)
    for mark, multiple in MULTIPLES:
        for row in (*OF_ONE, *(OF_ARRAYS if with_arrays else ())):
            why = f"; {row.why}" if row.why else ""
            text = f"analytic = {mark}{row.name} × numeric: a factor {row.name} is too much{why}"
            yield Factor(text, _times(row, evidence, multiple))
            text = f"analytic = {mark}numeric / {row.name}: a factor {row.name} is missing{why}"
            yield Factor(text, _divided(row, evidence, multiple))
    yield from _of_others(evidence, indices)


MOST_SCALARS: Final = 8
"""Of at most this many other arguments that are scalars each may be the factor."""


def _of_others(evidence: Evidence, indices: Sequence[int]) -> Iterator[Factor]:
    """Yield the factors that are another argument, such as a scale, or its square."""
    scalars = [a for a in evidence.arguments if not a.shape and a.start not in indices]
    for power, mark in ((1, ""), (2, "²")) if len(scalars) <= MOST_SCALARS else ():
        for argument in scalars:
            name, k = f"{argument.name}{mark}", argument.start
            why = f"a factor {name} is {{}}; is a power of {argument.name} wrong?"
            text = f"analytic = {name} × numeric: {why.format('too much')}"
            yield Factor(text, _power(k, power))
            text = f"analytic = numeric / {name}: {why.format('missing')}"
            yield Factor(text, _power(k, -power))


def _power(index: int, power: int) -> Callable[[Gradient, int], float]:
    return lambda gradient, i: float(gradient.point[index] ** power)


def _times(row: Function, evidence: Evidence, multiple: float) -> Callable[[Gradient, int], float]:
    return lambda gradient, i: multiple * _value(row, evidence, gradient, i)


def _divided(row: Function, evidence: Evidence, multiple: float) -> Callable[[Gradient, int], float]:
    return lambda gradient, i: multiple / _value(row, evidence, gradient, i)


def _value(row: Function, evidence: Evidence, gradient: Gradient, i: int) -> float:
    """Return the value of a factor; that of an array is computed once."""
    if "{v}" not in row.name:
        return row.of(gradient.point[i], gradient.value, [])
    argument = evidence.argument(i)
    key = row.name, argument.start
    if key not in gradient.kept:
        gradient.kept[key] = row.of(math.nan, math.nan, [gradient.point[k] for k in argument.indices])
    return gradient.kept[key]
