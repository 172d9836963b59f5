"""Mistakes in a claim as a whole, which show when it is called once more: no guesses from wrong numbers.

A claim that ignores its cotangent is not 0 for the cotangent 0, and a transposed Jacobian is right when it is turned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from autograd_core.testing.checking.claims import Claims, gradient_at, name_of_claim, second_derivatives, tangent_at
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import FlatFunction

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


def cause_of(function: FlatFunction, claims: Claims, failed: Sequence[Entry]) -> str:
    """Return what is wrong with a claim of first derivatives as a whole; "" if nothing is found.

    Args:
        function: the function.
        claims: the claims, of which the first that can be linear or turned is examined.
        failed: the entries of the check.
    """
    for name, claim in claims.given("vjp", "jvp"):
        return at_zero(function, name, claim)
    return _transposed(function, claims.jac, failed) if claims.jac is not None else ""


def _transposed(function: FlatFunction, jac: Callable[..., Any], entries: Sequence[Entry]) -> str:
    """Return the text on a square Jacobian that is right when it is transposed."""
    count, weights = len(function.point), function.weights
    numeric = [entry.numeric for entry in entries if entry.mode == "jac" and entry.place in function.names]
    if not 1 < count == len(weights) == len(numeric) <= MOST_ROWS or not all(map(math.isfinite, numeric)):
        return ""
    rows = [gradient_at(function.only(i), "jac", jac, function.point) for i in range(count)]
    turned = [math.fsum(w * x for w, x in zip(weights, row, strict=True)) for row in rows]
    size = max(map(abs, numeric))
    is_right = all(abs(a - b) <= CLOSE * size for a, b in zip(turned, numeric, strict=True))
    text = "the Jacobian is transposed: its rows belong to the results, its columns to the arguments"
    return text if is_right else ""


def with_hints_of(entries: Sequence[Entry], located: Sequence[Entry]) -> list[Entry]:
    """Return the entries of one result with the hints of all results together, which show the arrays as a whole.

    The paths of a graph lead to one result, so hints about them are those of the one.
    """
    hints = {entry.place: entry.hint for entry in entries if entry.verdict is Verdict.MISMATCH}
    found = []
    for entry in located:
        whole = hints.get(entry.place, "")
        own = entry.hint if entry.ok or " path" in whole else ""
        found.append(replace(entry, hint=own or whole or entry.hint))
    return found
