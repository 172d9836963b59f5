"""The machine and the strategies find the faults of an engine, and shrink them to a few steps.

The faults are common in published engines: each is a copy of the naive engine with one mistake.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from autograd_core.testing.machine import GraphMachine
from autograd_core.testing.oracles import CORE, NAIVE, ON_NODES, Engine
from autograd_core.testing.programs.naive import NaiveValue, naive_no_grad
from autograd_core.testing.strategies import Program, expressions
from examples import find

THOROUGH = settings(max_examples=1500, deadline=None, database=None, derandomize=True)


class Faulty(NaiveValue):
    """The naive engine with its sweep split into methods, so that each can be replaced."""

    def backward(self, seed: float = 1.0) -> None:
        order = self.order()
        self.reset(order)
        self.plant(seed)
        for node in reversed(order):
            for parent, slope in node.edges():
                if isinstance(parent, NaiveValue):
                    node.carry(parent, slope * node.grad)

    def reset(self, order: list[Any]) -> None:
        for node in order:
            if node.inputs:
                node.grad = 0.0

    def plant(self, seed: float) -> None:
        self.grad += seed

    def edges(self) -> Iterator[tuple[Any, float]]:
        return zip(self.inputs, self.derivatives, strict=True)

    def carry(self, parent: Any, contribution: float) -> None:
        parent.grad += contribution


class Overwrites(Faulty):
    """Uses `=` instead of `+=`: the last use of a node overwrites the others."""

    def carry(self, parent: Any, contribution: float) -> None:
        parent.grad = contribution


class KeepsInteriorGradients(Faulty):
    """Interior nodes accumulate over sweeps, as in micrograd."""

    def reset(self, order: list[Any]) -> None:
        pass


class VisitsTooEarly(Faulty):
    """A node is visited before all its users."""

    def order(self) -> list[Any]:
        visited: list[Any] = []

        def visit(node: Any) -> None:
            if isinstance(node, NaiveValue) and not any(node is other for other in visited):
                visited.append(node)
                for parent in node.inputs:
                    visit(parent)

        visit(self)
        return visited[::-1]


class AddsToTheRoot(Faulty):
    """The adjoint of the root is not reset before a second sweep."""

    def reset(self, order: list[Any]) -> None:
        super().reset([node for node in order if node is not self])


class ReadsDataLate(Faulty):
    """The factors of a product are read in the sweep, and not when the node is made."""

    factors: tuple[Any, Any] | None = None

    def __mul__(self, other: Any) -> Self:
        product = super().__mul__(other)
        product.factors = (self, other) if product.inputs else None
        return product

    def edges(self) -> Iterator[tuple[Any, float]]:
        if self.factors is None:
            return super().edges()
        a, b = (x.data if isinstance(x, NaiveValue) else x for x in self.factors)
        return zip(self.inputs, (b, a), strict=True)


class CountsANodeOnce(Faulty):
    """The inputs are a set, so a node that another one uses twice counts once."""

    def edges(self) -> Iterator[tuple[Any, float]]:
        return iter({id(parent): (parent, slope) for parent, slope in super().edges()}.values())


class SwapsOperands(Faulty):
    """A reflected difference has the sign of the plain one."""

    def __rsub__(self, number: float) -> Self:
        return self.make(number - self.data, (number, self), 0.0, 1.0)


class RoundsSlopes(Faulty):
    """A derivative that is right to five digits."""

    def tanh(self) -> Self:
        return self.make(math.tanh(self.data), (self,), (1.0 + 1e-5) / math.cosh(self.data) ** 2)


class ForgetsWhenCopied(Faulty):
    """A copy of a graph has lost its gradients."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data, self.inputs, self.derivatives)


@contextmanager
def record_all_the_same() -> Iterator[None]:
    yield


def engine(node: type[NaiveValue]) -> Engine:
    return Engine(node, naive_no_grad)


FOUND_BY_PROGRAMS = [
    Overwrites,
    KeepsInteriorGradients,
    VisitsTooEarly,
    AddsToTheRoot,
    ReadsDataLate,
    CountsANodeOnce,
    RoundsSlopes,
]
FOUND_BY_THE_MACHINE = [*map(engine, [*FOUND_BY_PROGRAMS, SwapsOperands, ForgetsWhenCopied])]
FOUND_BY_THE_MACHINE.append(Engine(NaiveValue, record_all_the_same))


def gradients(engine: Engine, program: Program) -> list[float]:
    """Return the state of all nodes after two sweeps of a program, with new data for its leaves in between."""
    leaves = [engine.leaf(x) for x in program.leaves]
    nodes = program.run(leaves, engine.apply)
    nodes[-1].backward()
    for leaf in leaves:
        leaf.data += 1.0
    nodes[-1].backward(2.0)
    return [node.grad for node in nodes]


@pytest.mark.parametrize("fault", FOUND_BY_PROGRAMS)
def test_faults_shrink_to_programs_of_three_instructions(fault: type[Faulty]) -> None:
    program = find(
        expressions(ops=tuple(ON_NODES)),
        lambda program: gradients(engine(fault), program) != gradients(NAIVE, program),
    )
    assert len(program.instructions) <= 3
    assert len(program.leaves) <= 2


def test_the_smallest_program_that_visits_too_early() -> None:
    """A node that is used by the root and by another input of the root, and nothing else."""
    program = find(
        expressions(ops=("add", "neg"), leaves=st.just(1.0), max_size=4),
        lambda program: gradients(engine(VisitsTooEarly), program) != gradients(NAIVE, program),
    )
    assert len(program.leaves) == 1
    (_, _), (_, second), (_, third) = program.instructions
    assert 1 in second
    assert set(third) == {1, 2}


def run(tested: Engine, examples: int = 2000, steps: int = 50) -> None:
    class Machine(GraphMachine):
        engine = tested

    run_state_machine_as_test(
        Machine,
        settings=settings(
            THOROUGH,
            max_examples=examples,
            stateful_step_count=steps,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.parametrize("tested", FOUND_BY_THE_MACHINE, ids=lambda tested: f"{tested.leaf.__name__}")
def test_the_machine_finds_faults(tested: Engine) -> None:
    with pytest.raises(AssertionError):
        run(tested)


@pytest.mark.parametrize(
    ("tested", "examples"), [(CORE, 100), (NAIVE, 20), (engine(Faulty), 40)], ids=["core", "naive", "in parts"]
)
def test_the_machine_finds_no_fault_where_none_is(tested: Engine, examples: int) -> None:
    run(tested, examples)


def test_the_message_shows_both_nodes() -> None:
    with pytest.raises(AssertionError, match=r"expected the gradient of NaiveValue\(.*got Overwrites\("):
        run(engine(Overwrites))


def test_the_machine_sees_nodes_that_are_one_and_should_be_two() -> None:
    machine = GraphMachine()
    machine.leaf(1.0)
    machine.pairs.append(machine.pairs[0]._replace(model=NAIVE.leaf(1.0)))
    with pytest.raises(AssertionError, match="corresponds to two nodes"):
        machine.agrees_with_the_naive_engine()


@pytest.mark.parametrize("attribute", ["data", "grad"])
@pytest.mark.parametrize("change", [lambda x: x + 1e-6, lambda x: math.nan])
def test_the_machine_compares_data_and_gradients(attribute: str, change: Callable[[float], float]) -> None:
    machine = GraphMachine()
    machine.leaf(1.0)
    (x,) = machine.pairs
    machine.grow("mul", x, x)
    machine.sweep_latest(1.0)
    machine.agrees_with_the_naive_engine()
    setattr(x.node, attribute, change(getattr(x.node, attribute)))
    with pytest.raises(AssertionError, match="data" if attribute == "data" else "gradient"):
        machine.agrees_with_the_naive_engine()
