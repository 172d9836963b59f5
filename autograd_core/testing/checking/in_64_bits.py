"""Functions of numbers with few digits, such as 32-bit floats, checked on 64-bit floats, where they run on these too.

The values of a function in 32 bits give three digits of its derivative, or none where terms cancel. Most functions of
arrays and tensors also run on 64-bit floats, and so do their claims. Then both are called with these, and the check is
as sharp as for any other function. What the claims say in the digits of the user is compared with that.

A function that changes, or raises an exception, in 64 bits is measured by what it is: so is one of JAX without its
64-bit mode, one that converts its arguments itself, and one that multiplies them by a 32-bit tensor of PyTorch.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from autograd_core.testing.checking.claims import Claims, claimed, random_direction, second_derivatives
from autograd_core.testing.trees.flat_function import FlatFunction
from autograd_core.testing.trees.tensors import ends
from autograd_core.testing.trees.variables import is_short, widened

FIRST: Final = ("grad", "vjp", "jac", "jvp")
"""The claims of first derivatives."""

CLOSE: Final = 1e-3
ROUNDINGS: Final = 16.0
"""Numbers in few digits are those in 64 bits up to this part of the largest, or up to so many roundings of it."""

UNSEEN: Final = 2.0**-28
"""The relative size of a move that numbers in 32 bits do not show."""

SEEN: Final = 2.0**-44
"""The relative change of a value that shows in 64 bits."""


def in_64_bits(function: FlatFunction, claims: Claims) -> FlatFunction | None:
    """Return a function of numbers with few digits on 64-bit floats; None if it or a claim is another one there."""
    part = max(CLOSE, ROUNDINGS * function.unit(range(len(function.point))))
    try:
        wide = _on_wide_arguments(function)
        if wide is None:
            return None
        short, long = ([_numbers(some, *claim) for claim in claims.given()] for some in (function, wide))
        terms = _terms(wide, claims)
        value = wide.number(function.point)
        values = [function.number(function.point)], [value]
        is_same = all(_are_close(*pair, part) for pair in zip(short, long, strict=True))
        is_same = is_same and _are_close(*values, part, terms)
        return wide if is_same and _shows_small_moves(wide, value, terms) else None
    except Exception:  # noqa: BLE001 - whatever a function of the user raises on numbers that it is not made for
        return None


def _on_wide_arguments(function: FlatFunction) -> FlatFunction | None:
    """Return a function on 64-bit floats; None if arguments or results still have fewer digits."""
    args = tuple(map(widened, function.args))
    wide = replace(function, args=args, owners=[], units=[], is_short=False, given=[], raised=[])
    wide.at_point = wide.f(*wide.arguments(function.point))
    return None if any(map(is_short, ends([args, wide.at_point]))) else wide


def _numbers(function: FlatFunction, name: str, claim: Callable[..., Any]) -> list[float]:
    """Return what a claim says, the second derivatives along a direction."""
    if name in FIRST:
        found = claimed(function, name, claim)
        return [*found.gradient, *(derivative for _, derivative in found.along)]
    direction = random_direction(len(function.point), 0)
    return second_derivatives(function.weighted([1.0]), name, claim, direction, function.point)


def _terms(function: FlatFunction, claims: Claims) -> float:
    """Return the size of the terms of a value, which are the numbers times the derivatives that are claimed."""
    found = [claimed(function, *claim) for claim in claims.of_first_order]
    terms = [list(map(operator.mul, function.point, some.gradient)) for some in found]
    return max((math.fsum(map(abs, some)) for some in terms), default=0.0)


def _are_close(short: Sequence[float], long: Sequence[float], part: float, size: float = 0.0) -> bool:
    """Return whether numbers are the same up to a part of the largest, or of a size that is larger."""
    size = max([size, *map(abs, long)])
    return all(abs(x - y) <= part * size < math.inf for x, y in zip(short, long, strict=True))


def _shows_small_moves(wide: FlatFunction, value: float, terms: float) -> bool:
    """Return whether the value changes with a small move of all numbers; it does not if they are converted first."""
    parts = random_direction(len(wide.point), 1)
    moved = wide.number([x + UNSEEN * part * (x or 1.0) for x, part in zip(wide.point, parts, strict=True)])
    return moved != value or 0.0 < UNSEEN * terms <= SEEN * abs(value)
