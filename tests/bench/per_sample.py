"""Per-sample gradients beside a backward pass for each sample: python tests/bench/per_sample.py [--quick].

The rows are compared first, to the last bit. Both ways have the same forward passes and sweeps as long; what differs is
that the gradients need not be set to 0, added to, and read again. Of a network with batch normalisation the other way
is one forward pass and a `backward()` for each loss of the batch. Ratios depend on the machine less than times. They
were 4.0, 2.2 and 1.1 compiled, and 1.9, 2.4 and 1.2 in plain Python.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd_core
import nn
from measure import GradientsDisagreeError, best_seconds

HEADING = f"{'':34} {'separate ms':>12} {'ours ms':>10} {'ratio':>7}"


def separate(model: Any, samples: list[Any]) -> Any:
    """The rows by a forward and a backward pass for each sample."""
    parameters = model.parameters()
    rows = np.empty((len(samples), len(parameters)))
    for index, (x, target) in enumerate(samples):
        model.zero_grad()
        nn.cross_entropy([model(x)], [target]).backward()
        rows[index] = [parameter.grad for parameter in parameters]
    return rows


def separate_after_one_pass(model: Any, samples: list[Any]) -> Any:
    """The rows by a forward pass for the batch and a backward pass for each sample."""
    parameters = model.parameters()
    rows = np.empty((len(samples), len(parameters)))
    outputs = model([x for x, _ in samples])
    for index, (_, target) in enumerate(samples):
        model.zero_grad()
        nn.cross_entropy([outputs[index]], [target]).backward()
        rows[index] = [parameter.grad for parameter in parameters]
    return rows


def normalised() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 16, rng=0), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2, rng=1))


CASES: dict[str, tuple[Callable[[], nn.Module], int, int, Callable[[Any, list[Any]], Any]]] = {
    "2-16-16-2, 100 samples": (partial(nn.MLP, 2, [16, 16, 2], rng=0), 2, 100, separate),
    "784-16-16-10, 20 samples": (partial(nn.MLP, 784, [16, 16, 10], rng=0), 784, 20, separate),
    "2-16-norm-2, 30 samples": (normalised, 2, 30, separate_after_one_pass),
}


def measure(name: str, turns: int, least: float) -> str:
    """One line of the table.

    Raises:
        GradientsDisagreeError: if the rows are not the same.
    """
    make, features, count, others = CASES[name]
    source = random.Random(1337)
    samples = [([source.random() for _ in range(features)], index % 2) for index in range(count)]
    model = make()
    ways: list[Callable[[], Any]] = [
        partial(others, model, samples),
        partial(nn.per_sample_gradients, model, nn.cross_entropy, samples),
    ]
    theirs_first, ours_first = (way() for way in ways)
    if theirs_first.tobytes() != ours_first.tobytes():
        raise GradientsDisagreeError(f"{name}: the rows are not those of separate passes")
    theirs, ours = (1e3 * seconds for seconds in best_seconds(ways, turns, least))
    return f"{name:34} {theirs:12.2f} {ours:10.2f} {theirs / ours:6.2f}x"


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure per-sample gradients.")
    parser.add_argument("--quick", action="store_true", help="measure roughly")
    quick = parser.parse_args().quick
    print(f"autograd_core {autograd_core.build_info()}")
    print(HEADING)
    for name in CASES:
        try:
            print(measure(name, 2 if quick else 7, 0.02 if quick else 0.3), flush=True)
        except GradientsDisagreeError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
