"""The options of `check_grads`: their meaning, their limits, and how they are written in the line that repeats it."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.numerics.number import describe
from autograd_core.testing.checking.claims import Claims

METHODS: Final = ("auto", "replay", "complex", "central", "directions")
KINKS: Final = ("accept", "refuse", "skip")
MODES: Final = ("rev", "fwd")
ORDERS: Final = 3


@dataclass(frozen=True)
class Options:
    """The options of one check, as `check_grads` describes them.

    Raises:
        InputError: if one of them is invalid.
    """

    order: int = 1
    modes: Sequence[str] = MODES
    method: str = "auto"
    rtol: float | None = None
    atol: float | None = None
    kinks: str = "accept"
    domain: tuple[float, float] | None = None
    argnums: int | tuple[int, ...] | None = None
    rng: int | random.Random = 0

    def __post_init__(self) -> None:
        for what, given, known in (("method", self.method, METHODS), ("kinks", self.kinks, KINKS)):
            if given not in known:
                raise InputError(f"expected one of {', '.join(map(repr, known))} as {what}, got {describe(given)}")
        for what, tolerance in (("rtol", self.rtol), ("atol", self.atol)):
            if tolerance is not None and not (_is_real(tolerance) and 0 <= tolerance < math.inf):
                raise InputError(
                    f"expected {what} to be a finite number that is not negative, or None for the default of the "
                    f"method, got {describe(tolerance)}"
                )
        some = isinstance(self.modes, Collection) and not isinstance(self.modes, str) and len(self.modes) > 0
        if not some or any(mode not in MODES for mode in self.modes):
            raise InputError(f"expected modes to be some of {MODES}, got {describe(self.modes)}")
        if not isinstance(self.order, int) or not 1 <= self.order <= ORDERS:
            raise InputError(f"expected an order from 1 to {ORDERS}, got {describe(self.order)}")
        if not isinstance(self.rng, (random.Random, Integral, float, str, type(None))):
            raise InputError(
                f"expected rng to be a seed or a generator of the module random, got {describe(self.rng)}; "
                "pass rng=0 or rng=random.Random(0)"
            )
        if self.domain is not None and not _is_interval(self.domain):
            raise InputError(
                f"expected a domain (low, high) of numbers with low below high, got {describe(self.domain)}"
            )

    def require_order_of(self, claims: Claims) -> None:
        """Raise an error if the claims say nothing about derivatives of the order.

        Raises:
            InputError: which names the claims that do.
        """
        if not claims or self.order == 1:
            return
        names = ", ".join(f"{name}=" for name, _ in claims.given())
        if self.order > 2:
            raise InputError(
                f"expected order=1 or order=2 together with {names}, got order={self.order}; check the derivative of "
                "the Hessian by another call: check_grads(hess, *args, jac=...)"
            )
        if not claims.given("grad", "hvp", "hess"):
            raise InputError(
                f"expected grad=, hvp= or hess= for order=2, because {names} says nothing about second derivatives"
            )

    def generator(self) -> random.Random:
        """Return the generator of random directions."""
        if isinstance(self.rng, random.Random):
            return self.rng
        seed = operator.index(self.rng) if hasattr(self.rng, "__index__") else self.rng  # an integer of numpy
        return random.Random(seed)  # noqa: S311 - directions need no secrecy

    def changed(self) -> dict[str, Any]:
        """Return the options that differ from their defaults; a generator cannot be written, and is left out."""
        every = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: x for name, (x, usual) in every.items() if x != usual and not isinstance(x, random.Random)}


def _is_real(thing: Any) -> bool:
    return isinstance(thing, Real) and not isinstance(thing, bool)


def _is_interval(thing: Any) -> bool:
    pair = isinstance(thing, (tuple, list)) and len(thing) == 2
    return pair and all(map(_is_real, thing)) and thing[0] < thing[1]
