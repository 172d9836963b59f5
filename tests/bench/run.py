"""Measures this project beside micrograd: python tests/bench/run.py [name ...] [--quick] [--json FILE].

Each workload runs in one process on both engines; their gradients are compared first, for a time says nothing
about a program that computes something else. Times depend on the machine and ratios much less, so ratios are
what is required. Falling short is reported and is no failure: the exit code is 1 only if gradients disagree.

Set AUTOGRAD_CORE_PURE=1 to measure the engine as plain Python.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import autograd_core
from chain import REQUIRED_BYTES, Chain, measure_chain
from commandline import exit_code, output_file, write_numbers
from measure import GradientsDisagreeError, best_seconds, gradients, require_agreement
from peer import HOW_TO_INSTALL, micrograd
from workloads import WORKLOADS, Engine, Workload

CHAIN = "chain"
HEADING = f"{'':10} {'':34} {'peer ms':>10} {'ours ms':>10} {'ratio':>7} {'required':>9}  verdict"


class Effort(NamedTuple):
    """How long to measure."""

    turns: int
    least_seconds: float
    chain_nodes: int


FULL = Effort(turns=7, least_seconds=0.1, chain_nodes=1_000_000)
QUICK = Effort(turns=2, least_seconds=0.02, chain_nodes=100_000)


class Row(NamedTuple):
    """What was measured of a workload: milliseconds a step, and how many times ours is faster."""

    name: str
    peer_ms: float
    ours_ms: float
    ratio: float
    required: float | None


def measure(name: str, peer: Engine, effort: Effort) -> Row:
    """Compare the gradients of a workload, then measure it.

    Raises:
        GradientsDisagreeError: if the gradients are not the same but for rounding.
    """
    workload = WORKLOADS[name]
    theirs, ours = workload.peer(peer), workload.ours()
    require_agreement(name, "engines", gradients(ours()), gradients(theirs()))
    seconds = best_seconds([theirs, ours], effort.turns, effort.least_seconds)
    return Row(name, 1e3 * seconds[0], 1e3 * seconds[1], seconds[0] / seconds[1], required(workload))


def required(workload: Workload) -> float | None:
    """The ratio to be reached by the build that runs."""
    return workload.required if autograd_core.build_info().compiled else workload.required_plain


def show(row: Row) -> str:
    """One line of the table."""
    title = WORKLOADS[row.name].title
    wanted = "" if row.required is None else f"{row.required:g}x"
    return (
        f"{row.name:10} {title:34} {row.peer_ms:10.4f} {row.ours_ms:10.4f} "
        f"{row.ratio:6.1f}x {wanted:>9}  {verdict(row.required is None or row.ratio >= row.required)}"
    )


def show_chain(chain: Chain) -> str:
    """The line on the chain."""
    compiled = autograd_core.build_info().compiled
    limit = f" (at most {REQUIRED_BYTES}: {verdict(chain.memory <= REQUIRED_BYTES)})" if compiled else ""
    return (
        f"{CHAIN:10} {chain.nodes:,} operations: ns a node to build {chain.build:.0f}, sweep {chain.sweep:.0f}, "
        f"free {chain.free:.0f}; bytes a node {chain.memory:.0f}{limit}"
    )


def verdict(reached: bool) -> str:
    """A requirement is reached or not."""
    return "ok" if reached else "BELOW"


def describe_build() -> str:
    """Which build of the engine is measured, and from where if that could be a mistake."""
    build = autograd_core.build_info()
    if build.compiled:
        return f"autograd_core {build}"
    return f"autograd_core {build}, from {Path(autograd_core.__file__).parent}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    names = [*WORKLOADS, CHAIN]
    parser = argparse.ArgumentParser(description="Measure autograd_core and nn beside micrograd.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(names)}; default all")
    parser.add_argument("--quick", action="store_true", help="measure roughly, in less than a minute")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the numbers to a file, too")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"unknown workload {', '.join(sorted(unknown))}; known are {', '.join(names)}")
    options.names = options.names or names
    return options


def load_peer() -> Engine | None:
    """micrograd, or None after saying how to install it."""
    try:
        peer = micrograd()
    except ModuleNotFoundError:
        print(HOW_TO_INSTALL)
        return None
    print(f"micrograd {version('micrograd')}")
    sys.setrecursionlimit(100_000)  # micrograd visits its graph recursively
    return peer


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    options = parse(arguments)
    effort = QUICK if options.quick else FULL
    print(describe_build())
    rows, chain = [], None
    names = [name for name in options.names if name != CHAIN]
    peer = load_peer() if names else None
    if peer is not None:
        print(HEADING)
        for name in names:
            try:
                rows.append(measure(name, peer, effort))
            except GradientsDisagreeError as error:
                print(error, file=sys.stderr)
                return 1
            print(show(rows[-1]), flush=True)
    if CHAIN in options.names:
        chain = measure_chain(effort.chain_nodes)
        print(show_chain(chain))
    result = {"build": describe_build(), "rows": [row._asdict() for row in rows], CHAIN: chain and chain._asdict()}
    return write_numbers(options.json, result)


if __name__ == "__main__":
    sys.exit(exit_code(main))
