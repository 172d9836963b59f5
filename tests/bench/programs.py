"""Programs made ready to run, beside NumPy by hand: python tests/bench/programs.py [--quick] [--large] [CASE ...].

Every call is a whole one: parameters in, run, value and gradients out. Before anything is timed, the results are
compared with those of the engine and of NumPy by hand, to 1e-12 of the largest. BLAS has one thread. The first call
captures and runs the passes. The ratio is our time to that of NumPy, or, for random graphs, which have no NumPy by
hand, the nanoseconds for each node. By hand, microgpt computes the value alone.
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
from autograd_core.compiler.executors import executable
from call_cases import CALLS
from measure import GradientsDisagreeError, best_seconds
from program_cases import CASES, LARGE, Case, compare

HEADING = f"{'':32} {'scalars':>9} {'records':>8} {'first s':>10} {'NumPy us':>10} {'ours us':>10} {'ratio':>7}"


def measure(name: str, case: Case, turns: int, least: float) -> str:
    """One line of the table.

    Raises:
        GradientsDisagreeError: if the results are not the same.
    """
    run = executable(case.program)
    point = np.array(case.inputs)
    run.inputs[:] = point
    changing = slice(len(point) - case.changing if case.changing else 0, len(point))

    def ours() -> Any:
        run.inputs[changing] = point[changing]
        return run.run().copy()

    ways: list[Callable[[], Any]] = [case.call or ours]
    if case.by_hand is not None:
        expected = flat(case.by_hand())
        compare(flat(ways[0]())[: len(expected)], expected)
        ways.append(case.by_hand)
    seconds = best_seconds(ways, turns, least)
    start_of_line = f"{name:32} {len(case.program):9} {len(run.records):8} {case.first:10.3f}"
    if case.by_hand is None:
        return f"{start_of_line} {'':10} {1e6 * seconds[0]:10.1f} {1e9 * seconds[0] / case.nodes:5.2f} ns"
    return f"{start_of_line} {1e6 * seconds[1]:10.1f} {1e6 * seconds[0]:10.1f} {seconds[0] / seconds[1]:6.3f}x"


def flat(result: Any) -> Any:
    """The numbers of a number, an array, or nested lists and tuples of them, as one array."""
    if isinstance(result, list | tuple):
        return np.concatenate([flat(branch) for branch in result])
    return np.ravel(result)


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure programs beside NumPy by hand.")
    parser.add_argument("--quick", action="store_true", help="measure roughly")
    parser.add_argument("--large", action="store_true", help="measure the large cases, too")
    parser.add_argument("cases", nargs="*", help="the beginnings of the names of those to measure")
    options = parser.parse_args()
    print(f"autograd_core {ag.build_info()}")
    print(HEADING)
    cases = CASES | CALLS | (LARGE if options.large else {})
    for name, make in cases.items():
        if options.cases and not any(name.startswith(chosen) for chosen in options.cases):
            continue
        try:
            print(measure(name, make(), 2 if options.quick else 7, 0.02 if options.quick else 0.2), flush=True)
        except GradientsDisagreeError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
