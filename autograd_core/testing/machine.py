"""A Hypothesis state machine that performs random user actions on an engine, and compares it with the naive engine.

Graphs grow, are swept from any node, are copied, pickled and detached; leaves get new data, and gradients are set to 0.
Most faults of an engine need a combination, such as a second sweep, or a sweep after an assignment. A failure shrinks
to the few steps that cause it, printed as Python.

To run it, make its `TestCase` a test, or call `hypothesis.stateful.run_state_machine_as_test(GraphMachine)`.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, rule

from autograd_core.numerics.number import is_number
from autograd_core.table.op import TABLE
from autograd_core.testing.oracles import CORE, NAIVE, ON_NODES, Engine
from autograd_core.testing.strategies import is_ordinary


class Pair(NamedTuple):
    """The same node in the tested engine and in the naive engine."""

    node: Any
    model: Any

    def __repr__(self) -> str:
        return f"{self.node!r} ~ {self.model!r}"


RTOL: Final = 1e-9
"""The tolerance of data and gradients relative to the size of their terms; far above rounding."""

SMALL: Final = st.floats(-3, 3, width=32)
ALONE: Final = tuple(name for name in ON_NODES if TABLE[name].arity == 1)
PAIRED: Final = tuple(name for name in ON_NODES if TABLE[name].arity == 2)

COPIES: Final[dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "copy": (copy.copy, copy.copy),
    "deepcopy": (copy.deepcopy, copy.deepcopy),
    "pickle": (lambda node: pickle.loads(pickle.dumps(node)), copy.deepcopy),  # noqa: S301 - it was pickled here
}
"""How to copy a node, in the tested engine and in the naive engine."""


class GraphMachine(RuleBasedStateMachine):
    """All operations on a graph of Values, each also on the naive engine.

    Attributes:
        engine: the tested engine. Set it in a subclass to test another one, such as a copy with a fault.
    """

    engine: ClassVar[Engine] = CORE
    leaves: Bundle[Pair] = Bundle("leaves")
    results: Bundle[Pair] = Bundle("results")

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[Pair] = []

    @initialize(target=leaves, data=st.lists(SMALL, min_size=1, max_size=3))
    def begin(self, data: list[float]) -> MultipleResults[Pair]:
        """Make a few leaves."""
        return multiple(*[self._new_leaf(number, number) for number in data])

    @rule(target=leaves, data=SMALL)
    def leaf(self, data: float) -> Pair:
        """Make a leaf."""
        return self._new_leaf(data, data)

    @rule(target=results, name=st.sampled_from(ALONE), x=leaves | results)
    def grow_alone(self, name: str, x: Pair) -> Pair | MultipleResults[Pair]:
        """Apply an op of one input."""
        return self._grow(name, x)

    @rule(target=results, name=st.sampled_from(PAIRED), x=leaves | results, y=leaves | results)
    def grow(self, name: str, x: Pair, y: Pair) -> Pair | MultipleResults[Pair]:
        """Apply an op of two inputs, which may be the same node."""
        return self._grow(name, x, y)

    @rule(target=results, name=st.sampled_from(PAIRED), x=results, y=results)
    def grow_further(self, name: str, x: Pair, y: Pair) -> Pair | MultipleResults[Pair]:
        """Apply an op to two results. The order of a sweep matters in deep graphs with shared nodes."""
        return self._grow(name, x, y)

    @rule(target=results, name=st.sampled_from(PAIRED), x=leaves | results, number=SMALL, first=st.booleans())
    def grow_beside_number(self, name: str, x: Pair, number: float, first: bool) -> Pair | MultipleResults[Pair]:
        """Apply an op to a node and a plain number, on the left or on the right."""
        constant = Pair(number, number)
        return self._grow(name, constant, x) if first else self._grow(name, x, constant)

    @rule(target=leaves, name=st.sampled_from(PAIRED), x=leaves | results, y=leaves | results)
    def compute_unrecorded(self, name: str, x: Pair, y: Pair) -> Pair | MultipleResults[Pair]:
        """Apply an op inside `no_grad`; its result is a leaf."""
        if not _is_ordinary(name, (x, y)):
            return multiple()
        # The blocks are not nested, so that each engine depends on its own.
        with self.engine.no_grad():
            node = self.engine.apply(name, x.node, y.node)
        with NAIVE.no_grad():
            model = NAIVE.apply(name, x.model, y.model)
        return self._keep(node, model)

    @rule(x=leaves | results, seed=st.sampled_from((1.0, -2.0, 0.5)))
    def sweep(self, x: Pair, seed: float) -> None:
        """Run a backward pass from any node."""
        self.engine.backward(x.node, seed)
        x.model.backward(seed)

    @rule(seed=st.sampled_from((1.0, -2.0, 0.5)))
    def sweep_latest(self, seed: float) -> None:
        """Run a backward pass from the latest node, which a random choice of all nodes would rarely give."""
        self.sweep(self.pairs[-1], seed)

    @rule(x=leaves | results)
    def zero(self, x: Pair) -> None:
        """Set a gradient to 0."""
        x.node.grad = 0.0
        x.model.grad = 0.0

    @rule(x=leaves, data=SMALL)
    def assign(self, x: Pair, data: float) -> None:
        """Assign data to a leaf. Graphs that are recorded already keep their local derivatives."""
        x.node.data = data
        x.model.data = data

    @rule(target=leaves, x=results)
    def detach(self, x: Pair) -> Pair:
        """Make a leaf with the data of a result."""
        return self._new_leaf(x.node.data, x.model.data)

    @rule(target=results, x=leaves | results, how=st.sampled_from(tuple(COPIES)))
    def copy(self, x: Pair, how: str) -> Pair:
        """Copy a node on the same inputs, or its whole graph by deepcopy or pickle."""
        for_engine, for_model = COPIES[how]
        return self._keep(for_engine(x.node), for_model(x.model))

    @invariant()
    def agrees_with_the_naive_engine(self) -> None:
        """Require that every reachable node has the data, gradient and inputs of the naive engine."""
        seen: dict[int, Any] = {}
        stack = list(self.pairs)
        while stack:
            node, model = pair = stack.pop()
            if id(node) in seen:
                if seen[id(node)] is not model:
                    raise AssertionError(f"{node!r} corresponds to two nodes of the naive engine")
                continue
            seen[id(node)] = model
            _require_agreement(pair)
            inputs = zip(node.inputs, model.inputs, strict=True)
            stack.extend(Pair(a, b) for a, b in inputs if not is_number(b))

    def _grow(self, name: str, *inputs: Pair) -> Pair | MultipleResults[Pair]:
        if not _is_ordinary(name, inputs):
            return multiple()
        return self._keep(
            self.engine.apply(name, *[x.node for x in inputs]), NAIVE.apply(name, *[x.model for x in inputs])
        )

    def _new_leaf(self, data: float, model_data: float) -> Pair:
        return self._keep(self.engine.leaf(data), NAIVE.leaf(model_data))

    def _keep(self, node: Any, model: Any) -> Pair:
        pair = Pair(node, model)
        self.pairs.append(pair)
        return pair


def _is_ordinary(name: str, inputs: Sequence[Pair]) -> bool:
    # At kinks and poles the result depends on rounding, and the two engines round differently.
    return is_ordinary(TABLE[name], [x.model if is_number(x.model) else x.model.data for x in inputs])


def _require_agreement(pair: Pair) -> None:
    """Require that a node has the inputs, data and gradient of its model."""
    node, model = pair
    if len(node.inputs) != len(model.inputs):
        raise AssertionError(f"expected {len(model.inputs)} inputs, got {len(node.inputs)} of {node!r}")
    # `not <=` makes nan a failure.
    if not abs(node.data - model.data) <= RTOL * max(1.0, abs(model.data)):
        raise AssertionError(f"expected the data of {model!r} in the naive engine, got {node!r}")
    if not abs(node.grad - model.grad) <= RTOL * model.size:
        raise AssertionError(f"expected the gradient of {model!r} in the naive engine, got {node!r}")
