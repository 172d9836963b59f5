"""Measures what it is asked to, in a process of its own: `compare.py` starts one with the Python of each build.

A request is a line of JSON on the standard input, the name of a function and its arguments; the answer is one on the
standard output. Between them the process waits and takes no time from another. The first line that it writes, unasked,
says what it runs. Whatever else is printed goes to the standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from platform import python_version
from typing import Any

import autograd_core
import chain
import measure
from workloads import WORKLOADS, Step


def describe() -> dict[str, Any]:
    """What runs: the fields of `environment.Build`."""
    build = autograd_core.build_info()
    return {
        "version": next((found.version for found in distributions(name="autograd-core")), "without a version"),
        "build": str(build),
        "compiled": build.compiled,
        "python": python_version(),
        "folder": str(Path(autograd_core.__file__).resolve().parents[1]),
        "titles": {name: workload.title for name, workload in WORKLOADS.items()},
    }


def gradients(name: str) -> list[float]:
    """The gradients of two steps of a workload, of which the second begins with what the first left."""
    step = WORKLOADS[name].ours()
    return [gradient for _ in range(2) for gradient in measure.gradients(step())]


def count(name: str, least: float) -> int:
    """How many steps of a workload take about the given seconds."""
    return measure.count_filling(WORKLOADS[name].ours(), least)


def seconds(name: str, count: int) -> float:
    """The seconds that one of so many steps of a workload takes; each call goes on where the one before ended."""
    return measure.seconds(_step(name), count)


def million(nodes: int) -> Mapping[str, float]:
    """What a node of a chain costs."""
    return chain.measure_here(nodes)._asdict()


def training(name: str, steps: int) -> Mapping[str, float]:
    """The KiB that the steps of a workload take at the peak, and the pages that each asks the system for."""
    from resource import RUSAGE_SELF, getrusage  # other systems than Unix lack it

    before = measure.memory("VmRSS")
    step = WORKLOADS[name].ours()
    step()  # takes the pages that later steps use again
    faults = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        step()
    faults = getrusage(RUSAGE_SELF).ru_minflt - faults
    return {"memory": (measure.memory("VmHWM") - before) / 1024.0, "faults": faults / steps}


@cache
def _step(name: str) -> Step:
    return WORKLOADS[name].ours()


REQUESTS: Mapping[str, Callable[..., Any]] = {
    "gradients": gradients,
    "count": count,
    "seconds": seconds,
    "chain": million,
    "training": training,
}


def main() -> None:
    """Answer until there are no more requests."""
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(describe()), file=answers, flush=True)
    for line in sys.stdin:
        request, *arguments = json.loads(line)
        print(json.dumps(REQUESTS[request](*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
