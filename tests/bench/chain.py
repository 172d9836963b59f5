"""A chain of a million operations: what a node costs in time and memory when there are many.

Run as a program it measures in its own process, whose memory nothing else has touched, and prints the result as JSON;
`measure_chain` starts that process. micrograd has no part in this: its recursive sweep ends long before.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from time import process_time
from typing import NamedTuple

from autograd_core import Value
from measure import memory

REQUIRED_BYTES = 100
"""The most memory that a node may take when compiled."""

TURNS = 3


class Chain(NamedTuple):
    """Nanoseconds and bytes per node.

    Attributes:
        nodes: how many operations the chain has.
        build: ns to record an operation, the interpreter's work on the loop included.
        sweep: ns of `backward()`.
        free: ns to drop it.
        memory: bytes at the peak, the sweep included; nan on systems without /proc.
    """

    nodes: int
    build: float
    sweep: float
    free: float
    memory: float


def measure_chain(nodes: int) -> Chain:
    """Measure in a fresh process."""
    program = [sys.executable, __file__, str(nodes)]
    return Chain(**json.loads(subprocess.run(program, check=True, capture_output=True, encoding="utf-8").stdout))


def build(start: Value, factor: Value, term: Value, nodes: int) -> Value:
    """A chain of products and sums in turn, every one of which uses the one before."""
    y = start
    for _ in range(nodes // 2):
        y = y * factor + term
    return y


def check_gradients(start: Value, factor: Value, term: Value, nodes: int) -> None:
    """Compare with the formula for a chain in which every leaf is 1, so that the values are 1, 2, 3 ...

    Raises:
        ArithmeticError: if a gradient is not exactly as it must be.
    """
    rounds = nodes // 2
    expected = (1.0, float(rounds * (rounds + 1) // 2), float(rounds))
    found = (start.grad, factor.grad, term.grad)
    if found != expected:
        raise ArithmeticError(f"expected the gradients {expected} of a chain of {nodes} operations, got {found}")


def measure_here(nodes: int) -> Chain:
    """The best of a few chains one after the other, in this process."""
    before = memory("VmRSS")
    turns = [_turn(nodes) for _ in range(TURNS)]
    taken = memory("VmHWM") - before
    build_time, sweep_time, free_time = (min(times) * 1e9 / nodes for times in zip(*turns, strict=True))
    return Chain(nodes, build_time, sweep_time, free_time, taken / nodes)


def _turn(nodes: int) -> tuple[float, float, float]:
    """The seconds to build, sweep and free one chain."""
    gc.collect()
    leaves = Value(1.0), Value(1.0), Value(1.0)
    moments = [process_time()]
    y = build(*leaves, nodes)
    moments.append(process_time())
    y.backward()
    moments.append(process_time())
    del y
    moments.append(process_time())
    check_gradients(*leaves, nodes)
    return moments[1] - moments[0], moments[2] - moments[1], moments[3] - moments[2]


if __name__ == "__main__":
    print(json.dumps(measure_here(int(sys.argv[1]))._asdict()))
