"""Mistakes in a claim as a whole, which show when it is called once more: no guesses from wrong numbers.

A claim that ignores its cotangent is not 0 for the cotangent 0, and a transposed Jacobian is right when it is turned.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from autograd_core.testing.checking.claims import Claims, gradient_at, name_of_claim, second_derivatives, tangent_at
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import FlatFunction

_NUMBERS: Final = re.compile(r"[-+]?\s*\d[\d.e+-]*")

GIVEN: Final = {"vjp": "cotangent", "jvp": "tangent", "hvp": "vector"}
"""What a claim gets besides the arguments, and is linear in."""


def at_zero(function: FlatFunction, name: str, claim: Callable[..., Any]) -> str:
    """Return what to say about a claim that is not 0 for the cotangent, tangent or vector 0; "" if it is."""
    count = len(function.point)
    before: list[float]
    if name == "vjp":
        none = replace(function, weights=[0.0] * len(function.weights))
        found = gradient_at(none, name, claim, function.point)
        before = gradient_at(function, name, claim, function.point)
    elif name == "jvp":
        found, before = ([tangent_at(function, claim, [x] * count)] for x in (0.0, 1.0))
    else:
        found, before = (second_derivatives(function, name, claim, [x] * count, function.point) for x in (0.0, 1.0))
    if not any(found):
        return ""
    what = GIVEN[name]
    if found == before:
        return f"{name_of_claim(name, claim)} does not depend on the {what}: is the product with it forgotten?"
    return f"{name_of_claim(name, claim)} is not 0 for the {what} 0: does a term lack the {what}?"


MOST_ROWS: Final = 50
"""A Jacobian with more rows than this is not turned."""

CLOSE: Final = 1e-5
"""The relative distance up to which a turned Jacobian is right."""


def not_linear(function: FlatFunction, claims: Claims) -> str:
    """Return what is wrong with a claim that is to be linear in what it gets; "" if nothing is found."""
    return next((at_zero(function, name, claim) for name, claim in claims.given("vjp", "jvp")), "")


Matrix = list[list[float]]


class Turn(NamedTuple):
    """A mistake that gives the numbers of a Jacobian other places or signs: a text by claim, and how to undo it.

    `undo` gets the rows, and which of the rows and columns are imaginary parts.
    """

    texts: Mapping[str, str]
    undo: Callable[[Matrix, list[bool], list[bool]], Matrix]
    yields: bool = False
    """Whether hints about the arrays count more."""


def _transposed(rows: Matrix, *_: list[bool]) -> Matrix:
    return [list(column) for column in zip(*rows, strict=True)] if len(rows) == len(rows[0]) else []


def _reshaped(rows: Matrix, *_: list[bool]) -> Matrix:
    numbers, count = [x for row in rows for x in row], len(rows)
    return [numbers[i::count] for i in range(count)] if count != len(rows[0]) else []


def _conjugated(rows: Matrix, of_rows: list[bool], of_columns: list[bool]) -> Matrix:
    if not any((*of_rows, *of_columns)):
        return []
    return [
        [x if r == c else -x for x, c in zip(row, of_columns, strict=True)]
        for row, r in zip(rows, of_rows, strict=True)
    ]


def _transposed_of_complex(rows: Matrix, of_rows: list[bool], of_columns: list[bool]) -> Matrix:
    turned = _transposed(rows) if any((*of_rows, *of_columns)) else []
    return turned and _conjugated(turned, of_rows, of_columns)


def _rows_reversed(rows: Matrix, *_: list[bool]) -> Matrix:
    return rows[::-1]


def _columns_reversed(rows: Matrix, *_: list[bool]) -> Matrix:
    return [row[::-1] for row in rows]


_IN_PLACE: Final = {
    "jac": "the Jacobian is transposed: its rows belong to the results, its columns to the arguments",
}
_MULTIPLIED: Final = {
    "vjp": "{} multiplies the cotangent by the Jacobian, where its transpose is right",
    "jvp": "{} multiplies the tangent by the transposed Jacobian, where the Jacobian is right",
}
_CONJUGATE: Final = {
    "jac": "it is the complex conjugate of the Jacobian: is a conjugate missing or too much?",
    "vjp": "a complex conjugate of the Jacobian is missing or too much in {}: for the cotangent c of the result r, the "
    "gradient is that of Re(conj(c) r)",
    "jvp": "a complex conjugate of the Jacobian is missing or too much in {}",
}
_RESHAPED: Final = {
    "jac": "the Jacobian has the numbers of its transpose in their order: is .T missing, and a reshape in its place?"
}

TURNS: Final = (
    Turn(_CONJUGATE, _conjugated),
    Turn(_IN_PLACE, _transposed_of_complex),
    Turn(_IN_PLACE, _transposed),
    Turn(_MULTIPLIED, _transposed, yields=True),
    Turn(_RESHAPED, _reshaped),
    Turn(dict.fromkeys(GIVEN | {"jac": ""}, "the rows of the Jacobian are in reverse order, those of the results"),
         _rows_reversed),
    Turn(dict.fromkeys(GIVEN | {"jac": ""}, "the columns of the Jacobian are in reverse order, those of the arguments"),
         _columns_reversed),
)  # fmt: skip


def turned(function: FlatFunction, claims: Claims, failed: Sequence[Entry]) -> str:
    """Return the text on a Jacobian that is right when its numbers are in other places; "" if it is not.

    Args:
        function: the function.
        claims: the claims, of which the first that has a Jacobian is examined.
        failed: the entries of the check of all results together.
    """
    return next((_turned(function, *claim, failed) for claim in claims.given("vjp", "jvp", "jac")), "")


def _turned(function: FlatFunction, name: str, claim: Callable[..., Any], entries: Sequence[Entry]) -> str:
    count, weights = len(function.point), function.weights
    own = [entry for entry in entries if entry.mode == name and entry.place in function.names]
    numeric = [entry.numeric for entry in own]
    if not (1 < count == len(numeric) <= MOST_ROWS and 1 < len(weights) <= MOST_ROWS):
        return ""
    if not all(map(math.isfinite, numeric)):
        return ""
    rows = [gradient_at(function.only(i), name, claim, function.point) for i in range(len(weights))]
    imaginary = [path.endswith(".imag") for path in function.results], [n.endswith(".imag") for n in function.names]
    size = max(map(abs, numeric))
    has_hints = any(entry.hint for entry in own)
    for turn in TURNS:
        found = turn.undo(rows, *imaginary) if name in turn.texts and not (turn.yields and has_hints) else []
        sums = [math.fsum(w * x for w, x in zip(weights, column, strict=True)) for column in zip(*found, strict=True)]
        if found and all(abs(a - b) <= CLOSE * size for a, b in zip(sums, numeric, strict=True)):
            return turn.texts[name].format(name_of_claim(name, claim))
    return ""


def with_hints_of(entries: Sequence[Entry], located: Sequence[Entry]) -> list[Entry]:
    """Return the entries of one result with the hints of all results together, which show the arrays as a whole.

    The paths of a graph lead to one result, so hints about them are those of the one.
    """
    hints = {entry.place: entry.hint for entry in entries if entry.verdict is Verdict.MISMATCH}
    found = []
    for entry in located:
        whole = hints.get(entry.place, "")
        # Numbers in a hint of all results together are multiples of random weights.
        is_own = entry.ok or " path" in whole or _NUMBERS.sub("", whole) == _NUMBERS.sub("", entry.hint)
        own = entry.hint if is_own else ""
        found.append(replace(entry, hint=own or whole or entry.hint))
    return found
