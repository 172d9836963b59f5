"""Cases of `programs` that are whole calls of compiled functions, with all that a call does around its program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr

import autograd_core as ag
from autograd_core.compiler import function as functions
from program_cases import Case, case_of

ROWS = 100_000


def three_floats() -> Case:
    """A function of three numbers with its gradient, by hand in Python floats."""
    point = (0.7, -1.3, 2.1)

    def f(x: Any, y: Any, z: Any) -> Any:
        t = x * y + z
        u = t * t - x * z
        return u * y + x / (1.0 + z * z)

    def by_hand(x: float, y: float, z: float) -> Any:
        t = x * y + z
        u = t * t - x * z
        s, w = 2.0 * t, 1.0 + z * z
        return u * y + x / w, ((s * y - z) * y + 1.0 / w, u + s * x * y, (s - x) * y - 2.0 * x * z / (w * w))

    derivatives = ag.value_and_grad(f, (0, 1, 2))
    compiled = functions.compile(derivatives)
    return case_of(derivatives, *point)._replace(by_hand=lambda: by_hand(*point), call=lambda: compiled(*point))


def greeks() -> Case:
    """The price of an option by Black and Scholes with five derivatives, for many rows."""
    rng = np.random.default_rng(7)
    ranges = {"spot": (80, 120), "strike": (80, 120), "rate": (0.0, 0.06), "volatility": (0.1, 0.5), "time": (0.2, 2.0)}
    columns = [rng.uniform(*bounds, ROWS) for bounds in ranges.values()]

    def price(spot: Any, strike: Any, rate: Any, volatility: Any, time: Any) -> Any:
        deviation = volatility * ag.sqrt(time)
        d = (ag.log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / deviation
        return spot * ag.normal_cdf(d) - strike * ag.exp(-rate * time) * ag.normal_cdf(d - deviation)

    def priced(spot: Any, strike: Any, rate: Any, volatility: Any, time: Any) -> Any:
        point = (spot, strike, rate, volatility, time)
        value, (delta, rho, vega, theta) = ag.value_and_grad(price, (0, 2, 3, 4))(*point)
        return [value, delta, ag.grad(ag.grad(price))(*point), vega, theta, rho]

    def by_hand() -> Any:
        spot, strike, rate, volatility, time = columns
        root = np.sqrt(time)
        deviation = volatility * root
        d = (np.log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / deviation
        share, chance = ndtr(d), ndtr(d - deviation)
        density, discounted = np.exp(-0.5 * d * d) * 0.3989422804014327, strike * np.exp(-rate * time)
        expected = discounted * chance
        spread = spot * density
        return [
            spot * share - expected,
            share,
            density / (spot * deviation),
            spread * root,
            spread * volatility / (2.0 * root) + rate * expected,
            expected * time,
        ]

    compiled = functions.compile(priced)
    case = case_of(priced, *[float(column[0]) for column in columns])
    return case._replace(by_hand=by_hand, call=lambda: compiled.map(*columns))


CALLS: dict[str, Callable[[], Case]] = {
    "f(x, y, z) and its gradient": three_floats,
    "Black-Scholes, 100,000 rows": greeks,
}
