"""Compiled training steps beside the value and gradient alone: python tests/bench/steps.py [--quick].

A network for digits, 784-16-16-10 with 13,002 numbers, is trained on a batch of 32 rows. The compiled function does the
forward pass, the loss, `zero_grad`, `backward` and, of the steps, `optimizer.step()`. Its parameters are first compared
with those of three eager steps. BLAS has one thread.
"""
# ruff: noqa: E402 - the threads of BLAS are set before NumPy is imported

from __future__ import annotations

import os

for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn
from measure import GradientsDisagreeError, best_seconds

OPTIMISERS: dict[str, Callable[[list[ag.Value]], Any]] = {
    "SGD": lambda parameters: nn.optim.SGD(parameters, lr=0.1),
    "SGD with momentum": lambda parameters: nn.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "RMSprop": lambda parameters: nn.optim.RMSprop(parameters, lr=0.001),
    "Adam": lambda parameters: nn.optim.Adam(parameters, lr=0.001),
    "AdamW": lambda parameters: nn.optim.AdamW(parameters, lr=0.001),
}


def batch() -> tuple[Any, Any]:
    """Rows of pixels, most of them 0, and the targets of ten outputs."""
    rng = np.random.default_rng(3)
    pixels = rng.random((32, 784)) * (rng.random((32, 784)) < 0.2)
    return pixels, np.eye(10)[rng.integers(0, 10, 32)]


def step_of(make: Callable[[list[ag.Value]], Any] | None) -> tuple[Callable[[Any, Any], Any], nn.Module]:
    """A training step, or the gradient alone if `make` is None, and the network that it trains."""
    model = nn.MLP(784, [16, 16, 10], activation="sigmoid", output="sigmoid", rng=1)
    optimizer = make(model.parameters()) if make is not None else None

    def step(pixels: Any, targets: Any) -> Any:
        loss = nn.mse_loss([model(row) for row in pixels], targets)
        model.zero_grad()
        loss.backward()
        if optimizer is not None:
            optimizer.step()
        return loss

    return step, model


def compiled(make: Callable[[list[ag.Value]], Any] | None) -> Callable[[], Any]:
    """A compiled step, once its parameters are those of eager steps.

    Raises:
        GradientsDisagreeError: if they are not.
    """
    data = batch()
    (step, model), (eager, expected) = step_of(make), step_of(make)
    run = ag.compile(step)
    for _ in range(3):
        run(*data)
        eager(*data)
    found, truth = ([p.data for p in each.parameters()] for each in (model, expected))
    if not np.allclose(found, truth, rtol=1e-6, atol=1e-9):
        raise GradientsDisagreeError("the compiled step and the eager one give other parameters")
    return lambda: run(*data)


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure compiled training steps beside the gradient alone.")
    parser.add_argument("--quick", action="store_true", help="measure roughly")
    options = parser.parse_args()
    print(f"autograd_core {ag.build_info()}")
    try:
        ways = [compiled(None), *map(compiled, OPTIMISERS.values())]
    except GradientsDisagreeError as error:
        print(error, file=sys.stderr)
        return 1
    seconds = best_seconds(ways, 2 if options.quick else 7, 0.02 if options.quick else 0.2)
    for name, each in zip(("value and gradient", *OPTIMISERS), seconds, strict=True):
        print(f"{name:20} {1e6 * each:8.0f} us {each / seconds[0]:6.2f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
