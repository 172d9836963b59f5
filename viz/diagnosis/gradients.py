"""Gradients that are not those of this loss: missing, stale, accumulated, or of parameters that it does not reach."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from autograd_core.diagnosis import Finding, Place, list_names
from viz.diagnosis.record import Record
from viz.graph.layers import number
from viz.text import NAME, plural, printable

ROUNDING: Final = 1e-9
"""The relative difference above which two gradients differ; sums in another order differ by about 1e-15."""


def unreached(record: Record) -> Iterator[Finding]:
    """Arrays without a parameter in the graph; an embedding with some parameters in the graph is not reported."""
    arrays: dict[str, list[str]] = {}
    for name in record.parameters:
        arrays.setdefault(Place.of(name).array, []).append(name)
    lost = {
        array: names
        for array, names in arrays.items()
        if not any(name in record.reached or record.parameters[name].frozen for name in names)
    }
    layers: dict[str, list[str]] = {}
    for array in lost:
        layers.setdefault(Place.of(lost[array][0]).layer, []).append(array)
    for layer, found in layers.items():
        of = sum(Place.of(name).layer == layer for name in record.parameters)
        count = sum(len(lost[array]) for array in found)
        yield Finding(
            "unreached",
            layer,
            f"no path leads from {count:,} of {plural(of, 'parameter')} to the loss ({list_names(found)}), so they "
            "learn nothing",
            "Use them in the forward pass or remove them; a path is cut where .data is read, inside no_grad(), and "
            "where a new Value is made from a number",
        )


def foreign(record: Record) -> Iterator[Finding]:
    """Gradients in `grad` that are not those of this graph."""
    fresh = record.fresh
    stored = {name: number(value.grad) for name, value in record.reached.items()}
    if not fresh or not all(map(math.isfinite, [*fresh.values(), *stored.values()])):
        return
    main = max(fresh, key=lambda name: abs(fresh[name]))
    example = f"of {printable(main, NAME)} {stored[main]:.5g}, and this graph gives {fresh[main]:.5g}"
    if not any(stored.values()):
        if fresh[main]:
            reason = f"every gradient is 0: {example}"
            yield Finding("missing", "", reason, "Call backward() on the loss, and step() before zero_grad()")
        return
    factor = stored[main] / fresh[main] if fresh[main] else math.nan
    wrong = [name for name in fresh if not _equal(stored[name], factor * fresh[name], factor * fresh[main])]
    times = round(factor) if math.isfinite(factor) else 0
    if wrong:
        yield _stale(record, stored)
    elif times > 1 and _equal(factor, times):
        reason = f"every gradient is {times} times what this loss gives: {example}"
        remedy = f"Call zero_grad() before each backward(); if it was called with a seed of {times}, this is correct"
        yield Finding("accumulated", "", reason, remedy)
    # Another common factor is intended: gradients clipped by their norm, or a seed that weights the loss.


def _stale(record: Record, stored: Mapping[str, float]) -> Finding:
    fresh = record.fresh
    differing = [name for name in fresh if not _equal(stored[name], fresh[name])]
    worst = max(differing, key=lambda name: abs(stored[name] - fresh[name]))
    return Finding(
        "stale",
        "",
        f"{len(differing):,} of {plural(len(fresh), 'gradient')} are not those of this loss: of "
        f"{printable(worst, NAME)} {stored[worst]:.5g}, and this graph gives {fresh[worst]:.5g}",
        "Call zero_grad() and then backward() on this loss; if several losses add up, or gradients were changed on "
        "purpose, this is correct",
    )


def _equal(a: float, b: float, scale: float = 0.0) -> bool:
    """Whether two gradients are equal up to rounding; `scale` is the size of the largest gradient."""
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=abs(scale) * 1e-3 * ROUNDING)
