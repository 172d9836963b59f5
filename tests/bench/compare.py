"""Compares two installed builds: python tests/bench/compare.py OLD NEW [name ...] [--quick] [--json FILE].

OLD and NEW are virtual environments, or the paths of their Pythons. Both run the workloads of this folder, and their
gradients are compared first. Each build has a process of its own, which waits while the other measures. The two take
turns, and every other turn, as every other pair of processes, begins with the new build.

A process may be slower than another of the same build all its life, because its memory lies elsewhere, and so may all
that runs on a processor for a while. So there are many pairs of short life rather than one of long life, and a pair
shares a processor. Compared with itself, beside another busy program, a build agreed to 1 % in most minima and to 3 %
in all, and to 1 % in all that the fastest tenth of the turns stay below. Being slower is reported and is no failure:
the exit code is 1 only if gradients disagree, and 2 if something cannot be measured or written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from typing import Any, NamedTuple, TypeVar

from commandline import FAILED, exit_code, output_file, write_numbers
from environment import Build, CannotCompareError, Environment, Worker, environment_of
from measure import GradientsDisagreeError, disagreement, in_turn, require_agreement

LEAST_ROUNDS = 15

ALLOWED = 1.03
"""The most that the new build may take of anything, relative to the old."""

ALLOWED_SHORT = 1.05
"""The same of the time of a short step, which is measured less exactly."""

SHORT_MS = 1.0

TRAINED = "moons"
"""The workload whose memory is measured."""

WORSE = {"ms": "SLOWER", "ns/node": "SLOWER"}
"""The verdict on too much of a unit; of others it is MORE."""

T = TypeVar("T")

HEADING = (
    "the least that each build took, and ratios of new to old\n"
    f"{'':10} {'':34} {'old':>11} {'new':>11} {'unit':11} "
    f"{'minima':>7} {'tenths':>7} {'medians':>7} {'allowed':>7}  verdict"
)


class Effort(NamedTuple):
    """How long to measure.

    Attributes:
        rounds: in how many rounds each pair of processes measures a workload.
        pairs: how many pairs of processes there are for each row.
        least_seconds: what a round of one process takes at least.
        chain_nodes: the operations of the chain.
        steps: the training steps whose memory is measured.
    """

    rounds: int
    pairs: int
    least_seconds: float
    chain_nodes: int
    steps: int


FULL = Effort(rounds=LEAST_ROUNDS, pairs=8, least_seconds=0.02, chain_nodes=1_000_000, steps=100)
QUICK = Effort(rounds=3, pairs=1, least_seconds=0.01, chain_nodes=100_000, steps=10)


class Row(NamedTuple):
    """What was measured of one quantity, turn by turn.

    Attributes:
        name: what the user asks for to see it.
        title: what was measured.
        unit: of the numbers.
        old: the numbers of the old build.
        new: the numbers of the new build.
        allowed: how large the ratio of the tenths may be, None if nothing is required.
    """

    name: str
    title: str
    unit: str
    old: Sequence[float]
    new: Sequence[float]
    allowed: float | None

    @property
    def minima(self) -> float:
        """The ratio of the minima, new to old: disturbances only add, but one lucky turn moves it."""
        return ratio(min(self.new), min(self.old))

    @property
    def tenths(self) -> float:
        """The ratio of what a tenth of the turns stay below, new to old: the steadiest, and so what counts."""
        return ratio(fastest_tenth(self.new), fastest_tenth(self.old))

    @property
    def medians(self) -> float:
        """The ratio of the medians, new to old; far from the others, it tells of disturbances."""
        return ratio(median(self.new), median(self.old))

    @property
    def verdict(self) -> str:
        """Whether the new build takes no more than is allowed; empty if nothing is required."""
        if self.allowed is None:
            return ""
        return WORSE.get(self.unit, "MORE") if self.tenths > self.allowed else "ok"


class Quantity(NamedTuple):
    """What a fresh process answers under the name `field`, and how it is shown."""

    field: str
    title: str
    unit: str
    allowed: float | None


class Fresh(NamedTuple):
    """What is measured once in each process: a request to the worker, and the quantities that it answers."""

    request: str
    arguments: Sequence[object]
    quantities: Sequence[Quantity]


def fresh_rows(effort: Effort) -> dict[str, Fresh]:
    """What is measured beside the workloads, by name."""
    nodes, steps = f"{effort.chain_nodes:,} operations", f"{effort.steps} steps of {TRAINED}"
    chain = [
        Quantity("build", f"{nodes}, build", "ns/node", ALLOWED),
        Quantity("sweep", f"{nodes}, sweep", "ns/node", ALLOWED),
        Quantity("free", f"{nodes}, free", "ns/node", ALLOWED),
        Quantity("memory", f"{nodes}, peak", "bytes/node", ALLOWED),
    ]
    training = [
        Quantity("memory", f"{steps}, peak", "KiB", ALLOWED),
        Quantity("faults", f"{steps}, page faults", "faults/step", None),
    ]
    return {
        "chain": Fresh("chain", [effort.chain_nodes], chain),
        "memory": Fresh("training", [TRAINED, effort.steps], training),
    }


def ratio(new: float, old: float) -> float:
    """New to old; 1 if both are nothing, infinite if only the old one is."""
    if old == 0.0:
        return 1.0 if new == 0.0 else float("inf")
    return new / old


def fastest_tenth(numbers: Sequence[float]) -> float:
    """The number that a tenth of the numbers stay below; the least one if they are fewer than ten."""
    return sorted(numbers)[len(numbers) // 10]


def allowed(old_ms: float) -> float:
    """How large the ratio of times may be for a step that takes so many milliseconds."""
    return ALLOWED if old_ms > SHORT_MS else ALLOWED_SHORT


@contextmanager
def started(environments: Sequence[Environment], turn: int) -> Iterator[list[Worker]]:
    """A fresh worker of each environment, all on one processor; in turns of odd number the last one starts first."""
    with ExitStack() as stack:
        starts = [partial(_start, stack, environment, turn) for environment in environments]
        yield [worker for (worker,) in in_turn(starts, 1, first=turn)]


def _start(stack: ExitStack, environment: Environment, turn: int) -> Worker:
    worker = stack.enter_context(Worker(environment))
    worker.pin(turn // 2)
    return worker


def in_pairs(
    environments: Sequence[Environment], pairs: int, take: Callable[[Sequence[Worker], int], list[list[T]]]
) -> list[list[T]]:
    """What each environment gives, over all pairs of workers: `take` gets the pairs one by one, with their numbers."""
    given: list[list[T]] = [[] for _ in environments]
    for pair in range(pairs):
        with started(environments, pair) as workers:
            for results, more in zip(given, take(workers, pair), strict=True):
                results.extend(more)
    return given


def measure(environments: Sequence[Environment], name: str, title: str, effort: Effort) -> Row:
    """The row of a workload."""

    def take(workers: Sequence[Worker], pair: int) -> list[list[float]]:
        count = max(worker.ask("count", name, effort.least_seconds) for worker in workers)
        return in_turn([partial(worker.ask, "seconds", name, count) for worker in workers], effort.rounds, first=pair)

    old, new = ([1e3 * seconds for seconds in given] for given in in_pairs(environments, effort.pairs, take))
    return Row(name, title, "ms", old, new, allowed(min(old)))


def measure_fresh(environments: Sequence[Environment], name: str, fresh: Fresh, pairs: int) -> list[Row]:
    """The rows of what is measured once in each process."""

    def take(workers: Sequence[Worker], pair: int) -> list[list[Mapping[str, float]]]:
        return in_turn([partial(worker.ask, fresh.request, *fresh.arguments) for worker in workers], 1, first=pair)

    answers = in_pairs(environments, pairs, take)
    rows = []
    for field, title, unit, limit in fresh.quantities:
        old, new = ([answer[field] for answer in given] for given in answers)
        rows.append(Row(name, title, unit, old, new, limit))
    return rows


def describe(environments: Sequence[Environment]) -> list[Build]:
    """What the environments run.

    Raises:
        CannotCompareError: if they are two names of one installation.
    """
    with started(environments, 0) as workers:
        builds = [worker.build for worker in workers]
    old, new = environments
    folder = builds[0].folder
    if builds[1].folder == folder and old.python != new.python:
        raise CannotCompareError(
            f"expected two builds, got one: {old.name} and {new.name} both import {folder}; "
            "give two environments, or the same path twice to see how much the measurement varies"
        )
    return builds


def show_builds(environments: Sequence[Environment], builds: Sequence[Build]) -> str:
    """What is compared."""
    lines = [
        f"{age} {environment.python}: autograd_core {build.version}, {build.build}, from {build.folder}"
        for age, environment, build in zip(("old", "new"), environments, builds, strict=True)
    ]
    if environments[0].python == environments[1].python:
        lines.append("old and new are one installation: whatever differs is noise")
    old, new = builds
    lines += [
        f"warning: old is {mine} and new is {other}: the ratios tell of that, too; install both alike"
        for mine, other in ((_kind(old), _kind(new)), (f"for Python {old.python}", f"for Python {new.python}"))
        if mine != other
    ]
    return "\n".join(lines)


def _kind(build: Build) -> str:
    return "compiled" if build.compiled else "plain Python"


def compare_gradients(environments: Sequence[Environment], names: Sequence[str]) -> dict[str, str]:
    """How alike the gradients of both builds are, for each workload.

    Raises:
        GradientsDisagreeError: if they are not the same but for rounding.
    """
    alike = {}
    with started(environments, 0) as workers:
        for name in names:
            old, new = (worker.ask("gradients", name) for worker in workers)
            require_agreement(name, "builds", new, old)
            alike[name] = likeness(old, new)
    return alike


def likeness(old: Sequence[float], new: Sequence[float]) -> str:
    """How alike gradients are that agree."""
    if [gradient.hex() for gradient in old] == [gradient.hex() for gradient in new]:  # tells -0.0 from 0.0
        return "equal to the bit"
    return f"equal but for {disagreement(new, old):.1g} of the largest"


def show_gradients(alike: Mapping[str, str], names: Sequence[str]) -> str:
    """How alike the gradients are, with the workloads of which it is true, and how those of the chain are checked."""
    kinds = sorted(set(alike.values()))
    lines = [f"gradients {kind}: {', '.join(name for name in alike if alike[name] == kind)}" for kind in kinds]
    if "chain" in names:
        lines.append("gradients compared with their formula whenever it is measured: chain")
    return "\n".join(lines)


def show(row: Row) -> str:
    """One line of the table."""
    limit = "" if row.allowed is None else f"{row.allowed:g}"
    return (
        f"{row.name:10} {row.title:34} {_number(min(row.old)):>11} {_number(min(row.new)):>11} {row.unit:11} "
        f"{row.minima:7.3f} {row.tenths:7.3f} {row.medians:7.3f} {limit:>7}  {row.verdict}"
    ).rstrip()


def _number(number: float) -> str:
    return f"{number:,.1f}" if number >= 100.0 else f"{number:.4f}"


def as_json(row: Row) -> dict[str, Any]:
    """A row with what follows from it."""
    ratios = {"minima": row.minima, "tenths": row.tenths, "medians": row.medians}
    return {**row._asdict(), "ratios": ratios, "verdict": row.verdict}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line, with the effort that follows from it."""
    parser = argparse.ArgumentParser(description="Measure two installed builds of autograd_core and nn side by side.")
    parser.add_argument("old", metavar="OLD", help="a virtual environment, or the path of its Python")
    parser.add_argument("new", metavar="NEW", help="another, or the same to see how much the measurement varies")
    parser.add_argument("names", nargs="*", default=[], metavar="name", help="a workload, chain or memory; default all")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"rounds of each pair, {FULL.rounds} by default")
    parser.add_argument("--pairs", type=int, metavar="N", help=f"pairs of processes, {FULL.pairs} by default")
    parser.add_argument("--quick", action="store_true", help="measure roughly, in a few rounds of one pair")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the numbers to a file, too")
    options = parser.parse_args(arguments)
    effort = QUICK if options.quick else FULL
    options.effort = effort._replace(
        rounds=effort.rounds if options.rounds is None else options.rounds,
        pairs=effort.pairs if options.pairs is None else options.pairs,
    )
    if options.effort.rounds < (1 if options.quick else LEAST_ROUNDS):
        parser.error(
            f"expected at least {LEAST_ROUNDS} rounds, or one with --quick, got {options.effort.rounds}; "
            "a few rounds find a disturbance rather than a difference"
        )
    if options.effort.pairs < 1:
        parser.error(f"expected at least one pair of processes, got {options.effort.pairs}; leave out --pairs")
    return options


def chosen(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names that were given, or all.

    Raises:
        CannotCompareError: if one is not known.
    """
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise CannotCompareError(f"expected names among {', '.join(known)}, got {', '.join(unknown)}; leave them out")
    return list(names or known)


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Measure and print; returns what `--json` writes.

    Raises:
        CannotCompareError: if something cannot be measured.
        GradientsDisagreeError: if the builds do not compute the same.
    """
    effort: Effort = options.effort
    environments = [environment_of(options.old), environment_of(options.new)]
    builds = describe(environments)
    titles, fresh = builds[0].titles, fresh_rows(effort)
    names = chosen(options.names, [*titles, *fresh])  # needs a build, because the workloads import one
    print(show_builds(environments, builds), flush=True)
    used = dict.fromkeys(TRAINED if name == "memory" else name for name in names if name != "chain")
    alike = compare_gradients(environments, list(used))
    print(show_gradients(alike, names))
    print(HEADING, flush=True)
    rows: list[Row] = []
    for name in names:
        found = (
            measure_fresh(environments, name, fresh[name], effort.pairs)
            if name in fresh
            else [measure(environments, name, titles[name], effort)]
        )
        print("\n".join(map(show, found)), flush=True)
        rows += found
    return {
        "old": describe_as_json(environments[0], builds[0]),
        "new": describe_as_json(environments[1], builds[1]),
        "effort": effort._asdict(),
        "gradients": alike,
        "rows": list(map(as_json, rows)),
    }


def describe_as_json(environment: Environment, build: Build) -> dict[str, str]:
    """What an environment runs."""
    return {
        "python": str(environment.python),
        "version": build.version,
        "build": build.build,
        "folder": str(build.folder),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    options = parse(arguments)
    try:
        result = compare(options)
    except (GradientsDisagreeError, CannotCompareError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, GradientsDisagreeError) else FAILED
    return write_numbers(options.json, result)


if __name__ == "__main__":
    sys.exit(exit_code(main))
