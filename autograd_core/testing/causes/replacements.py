"""Numbers that are taken for a derivative, and terms that are missing from one or too much.

Each row has a text and a function that returns the number. As in `factors`, a text is formatted with `x`, the path of
the number, and `v`, that of its array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from autograd_core.testing.causes.evidence import Evidence, Gradient, Prediction


class Replacement(NamedTuple):
    """A number that is taken for a derivative."""

    text: str
    predict: Callable[[Gradient, int], Prediction]


class Term(NamedTuple):
    """A term that is missing or too much, up to a coefficient `{c}`.

    `each` says that every point may have its own coefficient, `varying` is the text in this case if it is another one,
    and `sign` is -1 if the true derivative is subtracted.
    """

    text: str
    of: Callable[[Evidence, Gradient, int], float]
    each: bool = True
    sign: float = 1.0
    varying: str = ""

    def pair(self, evidence: Evidence, g: Gradient, i: int) -> tuple[float, float, float]:
        """Return what is claimed besides the true derivative, the term for the coefficient 1, and the error."""
        rounding = 1e-15 * abs(g.claimed[i])
        return g.claimed[i] - self.sign * g.true[i], self.of(evidence, g, i), g.doubt[i] + rounding


# ---- Other points ---------------------------------------------------------------------------------------------------

Move = Callable[[Gradient, int], float]


def _neighbour(gradient: Gradient, i: int) -> float:
    return gradient.point[i] if 0 <= i < len(gradient.point) else math.nan


BRANCH: Final = "the derivative at the point with this number negated: is a wrong branch taken?"

ELSEWHERE: Final[tuple[tuple[str, Move], ...]] = (
    ("the derivative at f, the value: is the output of an activation used as its input?", lambda g, i: g.value),
    ("the derivative at {x} - 1: is an index or a power off by one?", lambda g, i: g.point[i] - 1),
    ("the derivative at {x} + 1: is an index or a power off by one?", lambda g, i: g.point[i] + 1),
    ("the derivative at 2 {x}: is a factor inside the function wrong?", lambda g, i: 2 * g.point[i]),
    ("the derivative at {x}/2: is a factor inside the function wrong?", lambda g, i: g.point[i] / 2),
    ("the derivative at 1/{x}: is a reciprocal forgotten?", lambda g, i: 1 / g.point[i]),
    ("the derivative at {x}²: is a square used twice?", lambda g, i: g.point[i] ** 2),
    ("the derivative at {x} × π/180: are degrees and radians mixed up?", lambda g, i: math.radians(g.point[i])),
    ("the derivative at {x} × 180/π: are degrees and radians mixed up?", lambda g, i: math.degrees(g.point[i])),
    ("the derivative at {x} rounded to a whole number", lambda g, i: float(round(g.point[i]))),
    ("the derivative at {x} rounded down", lambda g, i: float(math.floor(g.point[i]))),
    ("the derivative at the number after {x}: is an index off by one?", lambda g, i: _neighbour(g, i + 1)),
    ("the derivative at the number before {x}: is an index off by one?", lambda g, i: _neighbour(g, i - 1)),
)  # fmt: skip


def negated() -> Iterator[Replacement]:
    """Yield the derivatives on the other side of 0."""
    yield Replacement(f"it is {BRANCH}", lambda g, i: _at(g, i, -g.point[i]))
    yield Replacement(
        "it is the derivative at the point with all numbers negated: is a sign or a branch wrong?",
        lambda g, i: (g.derivative_at([-x for x in g.point], i, g.claimed[i]), 0.0),
    )


def elsewhere() -> Iterator[Replacement]:
    """Yield the derivatives at other points."""
    for what, move in ELSEWHERE:
        yield Replacement(f"it is {what}", _moved(move))


def _moved(move: Move) -> Callable[[Gradient, int], Prediction]:
    return lambda g, i: _at(g, i, move(g, i))


def _at(gradient: Gradient, i: int, x: float) -> Prediction:
    """Return the derivative where one number is another; nan if that is the same derivative."""
    if not math.isfinite(x):
        return math.nan, 0.0
    moved = [*gradient.point[:i], x, *gradient.point[i + 1 :]]
    return gradient.derivative_at(moved, i, gradient.claimed[i]), 0.0


# ---- Other numbers --------------------------------------------------------------------------------------------------

FORMULAS: Final[tuple[tuple[str, Callable[[float], float]], ...]] = (
    ("ln {x}", math.log),
    ("1/{x}", lambda x: 1 / x),
    ("exp({x})", math.exp),
    ("sin({x})", math.sin),
    ("cos({x})", math.cos),
    ("tanh({x})", math.tanh),
    ("1/(1 + {x}²)", lambda x: 1 / (1 + x * x)),
)
"""Familiar functions of the number, which are the derivatives of others."""


def _formula(of: Callable[[float], float]) -> Callable[[Gradient, int], Prediction]:
    return lambda g, i: (of(g.point[i]), 0.0)


OTHERS: Final = (
    Replacement("it is f/{x}, and f is the value of the function: is a term of the product rule missing?",
                lambda g, i: (g.value / g.point[i], 0.0)),
    Replacement("a term f/{x} is missing, and f is the value of the function: is it one of the product rule?",
                lambda g, i: (g.true[i] - g.value / g.point[i], g.doubt[i])),
    Replacement("it is f, the value of the function, and not its derivative", lambda g, i: (g.value, 0.0)),
    Replacement("it is -f, the negative of the value of the function", lambda g, i: (-g.value, 0.0)),
    Replacement("it is 1 - f, and f is the value of the function", lambda g, i: (1 - g.value, 0.0)),
    Replacement("it is 1 minus the derivative", lambda g, i: (1 - g.true[i], g.doubt[i])),
    Replacement("it is the reciprocal of the derivative: is it that of the inverse function?",
                lambda g, i: (1 / g.true[i], g.doubt[i] / g.true[i] ** 2)),
    Replacement("it is the square of the derivative: is the chain rule applied twice?",
                lambda g, i: (g.true[i] ** 2, 2 * abs(g.true[i]) * g.doubt[i])),
    Replacement("it is the square root of the derivative",
                lambda g, i: (math.sqrt(g.true[i]), g.doubt[i] / math.sqrt(g.true[i]))),
    Replacement("it is the second derivative: is it differentiated once too often?",
                lambda g, i: (g.second_derivative(i), 0.0)),
    Replacement("it is {x} itself, and not a derivative", lambda g, i: (g.point[i], 0.0)),
    Replacement("it is 2 {x}, the derivative of {x}²", lambda g, i: (2 * g.point[i], 0.0)),
    Replacement("it is {x}²", lambda g, i: (g.point[i] ** 2, 0.0)),
    *(Replacement(f"it is {name}: is the formula of another function used?", _formula(of)) for name, of in FORMULAS),
)  # fmt: skip

OUTPUT_FORMS: Final[tuple[tuple[str, Callable[[float], float]], ...]] = (
    ("{0} (1 - {0})", lambda y: y * (1 - y)),
    ("1 - {0}²", lambda y: 1 - y * y),
    ("{0}", lambda y: y),
    ("1/(2 {0})", lambda y: 1 / (2 * y)),
    ("-{0}²", lambda y: -y * y),
    ("1 + {0}²", lambda y: 1 + y * y),
    ("1/(3 {0}²)", lambda y: 1 / (3 * y * y)),
    ("1 - exp(-{0})", lambda y: -math.expm1(-y)),
)
"""Derivatives that are written in the output of a function: sigmoid, tanh, exp, sqrt, 1/x, tan, cbrt, softplus."""


def others() -> Iterator[Replacement]:
    """Yield the numbers that are taken for the derivative at the same point."""
    for form, of in OUTPUT_FORMS:
        text = (
            f"it is {form.format('{x}')}, and right is {form.format('f')} with the value f of the function: "
            "the derivative needs the output, and gets the input"
        )
        yield Replacement(text, _of_input(of))
    yield from OTHERS


def _of_input(of: Callable[[float], float]) -> Callable[[Gradient, int], Prediction]:
    """Return the form at the input if the form at the output is the derivative."""

    def predict(g: Gradient, i: int) -> Prediction:
        right = abs(of(g.value) - g.true[i]) <= 1e-5 * abs(g.true[i]) + 3 * g.doubt[i]
        return (of(g.point[i]) if right else math.nan), 0.0

    return predict


# ---- Terms ----------------------------------------------------------------------------------------------------------


def _centred(evidence: Evidence, gradient: Gradient, i: int) -> float:
    """Return a number minus the mean of its array, which is computed once."""
    argument = evidence.argument(i)
    key = "mean", argument.start
    if key not in gradient.kept:
        array = [gradient.point[k] for k in argument.indices]
        gradient.kept[key] = math.fsum(array) / len(array)
    return gradient.point[i] - gradient.kept[key]


OFF: Final = "missing or too much"

REGULARISER: Final = Term(
    f"analytic = numeric {{c}} × {{x}}: is a regulariser λ {{v}}² with 2 λ = {{a}}, or a projection, {OFF}?",
    lambda e, g, i: g.point[i],
    varying=f"analytic = numeric {{c}} × {{x}} here, and another multiple elsewhere: is a projection {OFF}, or a norm?",
)

PENALTY: Final = Term(
    f"analytic = numeric {{c}} × the sign of {{x}}: is a penalty |{{v}}| {OFF}?",
    lambda e, g, i: math.copysign(1.0, g.point[i]),
    varying=f"analytic = numeric {{c}} × the sign of {{x}} here, and another multiple elsewhere: is a term {OFF}?",
)

TERMS: Final = (
    Term(f"analytic = numeric {{c}}, a constant difference: is a mean, a label or a term 1 {OFF}?",
         lambda e, g, i: 1.0),
    REGULARISER,
    Term(f"analytic = numeric {{c}} × ({{x}} - mean({{v}})): is a term of a mean or variance {OFF}?", _centred),
    PENALTY,
    Term(f"analytic = numeric {{c}} × {{x}}²: is a term {OFF}?", lambda e, g, i: g.point[i] ** 2, each=False),
    Term(f"analytic = numeric {{c}} / {{x}}: is a term {OFF}?", lambda e, g, i: 1 / g.point[i], each=False),
    Term(f"analytic = numeric {{c}} × f, and f is the value of the function: is a term {OFF}?",
         lambda e, g, i: g.value, each=False),
    Term(f"analytic = numeric {{c}} × exp({{x}}): is a term {OFF}?", lambda e, g, i: math.exp(g.point[i]), each=False),
    Term("analytic = -numeric {c}: is the sign of one term flipped?", lambda e, g, i: 1.0, each=False, sign=-1.0),
)  # fmt: skip
