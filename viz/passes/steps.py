"""The forward and the backward pass, one record for each piece of arithmetic.

`steps` repeats both passes on a copy of the graph and records each step: which inputs a node is computed from, and
then, edge by edge, how an upstream gradient is multiplied by a local derivative and added to a sum. No `.grad` is read
or changed. The arithmetic is the chain rule of the engine in the order of its sweep, so the last sum of every node
equals the gradient of `backward()` to the last bit.

The same arithmetic in a wrong order gives wrong gradients, and `order="naive"` shows how: each node passes its gradient
on when a depth-first walk first visits it, before all of its users have added to it. Their later contributions are
*late*: they never reach the nodes below.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar, Final, TypeAlias, overload

from autograd_core import InputError, OperandTypeError, Value
from autograd_core.calls import explained
from autograd_core.graph.chain_rule import contributions, reverse_order
from autograd_core.graph.contributions import Contribution
from autograd_core.graph.edges import Edge
from autograd_core.text import did_you_mean
from viz.graph.arguments import check_choice, check_value
from viz.graph.captions import made, reference
from viz.graph.chain_rule import past
from viz.graph.graph import Graph, Node, record
from viz.graph.helpers import without_zeros
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import ELLIPSIS, MAX_INPUTS, plural

TOPOLOGICAL: Final = "topological"
NAIVE: Final = "naive"

_HALF: Final = 250
"""Most steps printed from the beginning, and from the end."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A node is computed from its inputs, the `operands`."""

    phase: ClassVar[str] = "forward"
    number: int
    node: Node
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """The backward pass begins: the gradient of the root with respect to itself is 1."""

    phase: ClassVar[str] = "backward"
    number: int
    node: Node
    after: float = 1.0


@dataclass(frozen=True, slots=True)
class Backward:
    """A node passes its gradient on along one edge.

    Attributes:
        number: the index among all steps, from 0.
        node: the node that passes its gradient on.
        target: the input of `node` that the gradient is passed to.
        place: the index of that input; `a * a` has `a` at 0 and at 1.
        upstream: the gradient of the root with respect to `node`, as known so far.
        local: the derivative of `node` with respect to this input.
        contribution: their product; 0.0 through a structural zero, and from a node that no gradient reaches.
        before: the sum at the target without this contribution.
        after: the sum at the target with this contribution.
        late: whether the target had passed its gradient on before, so that this contribution is lost below it; never
            in topological order.
    """

    phase: ClassVar[str] = "backward"
    number: int
    node: Node
    target: Node
    place: int
    upstream: float
    local: float
    contribution: float
    before: float
    after: float
    late: bool


Step: TypeAlias = Forward | Seed | Backward


@dataclass(frozen=True, repr=False)
class Steps(Sequence[Step]):
    """All steps of both passes, in order. `print` shows one equation a line.

    Attributes:
        graph: the nodes and edges, with the gradients that result from these steps.
        order: `"topological"` or `"naive"`.
        gradients: the gradient of the root with respect to each node, by its number; None for constants.
        records: the steps.
    """

    graph: Graph
    order: str
    gradients: tuple[float | None, ...]
    records: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        """One step, or a tuple of them."""
        return self.records[index]

    @cached_property
    def forward(self) -> tuple[Forward, ...]:
        """The steps of the forward pass: one for each op, after those of its inputs."""
        return tuple(step for step in self.records if isinstance(step, Forward))

    @cached_property
    def backward(self) -> tuple[Backward, ...]:
        """The steps of the backward pass after its seed: one for each edge with a local derivative."""
        return tuple(step for step in self.records if isinstance(step, Backward))

    @cached_property
    def late(self) -> tuple[Backward, ...]:
        """The contributions that came too late to be passed on; empty in topological order."""
        return tuple(step for step in self.backward if step.late)

    def to(self, target: Node | str) -> tuple[Backward, ...]:
        """The contributions to one node, in the order in which they are added.

        Args:
            target: a node of the graph, or what the equations call it: a name, or `"#3"` for a node without one.

        Raises:
            OperandTypeError: if it is neither; it is a TypeError.
            InputError: if no node of the graph, or several, are called so; it is a ValueError.

        >>> a = Value(3.0)
        >>> [step.contribution for step in steps(a * a).to("a")]
        [3.0, 3.0]
        """
        if isinstance(target, str):
            target = self._called(target)
        if not isinstance(target, Node):
            raise OperandTypeError(
                "to takes a node of the graph, such as steps.graph.root, or what the equations call it, such as 'a' or "
                f"'#3'; got {target!r}"
            )
        return self._by_target[target.number]

    def _called(self, name: str) -> Node:
        known = [node for node in self.graph.nodes if node.gradient is not None]
        found = [node for node in known if name in (node.name, reference(node))]
        if len(found) != 1:
            which = f"{len(found)} nodes of the graph are" if found else "no node of the graph is"
            hint = "" if found else did_you_mean(name, sorted({reference(node) for node in known}))
            raise InputError("; ".join(filter(None, [f"{which} called {name!r}", hint])))
        return found[0]

    @cached_property
    def _by_target(self) -> tuple[tuple[Backward, ...], ...]:
        gathered: list[list[Backward]] = [[] for _ in self.graph.nodes]
        for step in self.backward:
            gathered[step.target.number].append(step)
        return tuple(map(tuple, gathered))

    def __repr__(self) -> str:
        """One line: the number of steps and their order."""
        ahead, back = plural(len(self.forward), "step"), plural(len(self.records) - len(self.forward), "step")
        return f"Steps({reference(self.graph.root, 40)}: {ahead} forward, {back} backward, {self.order} order)"

    def __str__(self) -> str:
        """Every step as an equation with exact numbers; of more than 500 steps the first and the last 250."""
        left_out = len(self.records) - 2 * _HALF
        first, last = (self.records, ()) if left_out <= 1 else (self.records[:_HALF], self.records[-_HALF:])
        note = [f"{ELLIPSIS} {plural(left_out, 'more step')}"] if last else []
        ahead, back = ([equation(step, self.graph.root) for step in part] for part in (first, last))
        return "\n".join([*ahead, *note, *back])


@explained()
def steps(value: Value, order: str = TOPOLOGICAL, *, names: Mapping[str, object] | None = None) -> Steps:
    """Record both passes over the graph of `value`, step by step. No `.grad` is read or changed.

    Args:
        value: the root, whose gradient with respect to itself is 1.
        order: `"topological"`: every node passes its gradient on after all of its users have added to it. `"naive"`: it
            does so when a depth-first walk from the root first visits it. That is wrong where a result is used twice,
            and shows why the order matters.
        names: names for nodes, as in `draw`.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if there is no such order; it is a ValueError.

    >>> from autograd_core import InputError, OperandTypeError, Value
    >>> a = Value(3.0)
    >>> e = a * 2.0
    >>> L = e + e * a
    >>> print(steps(L))
    e = a * 2.0 = 3.0 * 2.0 = 6.0
    #3 = e * a = 6.0 * 3.0 = 18.0
    L = e + #3 = 6.0 + 18.0 = 24.0
    dL/dL = 1.0
    dL/de += dL/dL × dL/de = 1.0 × 1.0 = 1.0
    dL/d#3 += dL/dL × dL/d#3 = 1.0 × 1.0 = 1.0
    dL/de += dL/d#3 × d#3/de = 1.0 × 3.0 = 3.0
    dL/da += dL/d#3 × d#3/da = 1.0 × 6.0 = 6.0
    dL/da += dL/de × de/da = 4.0 × 2.0 = 8.0
    >>> steps(L).gradients[0], steps(L, order="naive").gradients[0]
    (14.0, 8.0)
    """
    check_value("steps", "its root", value)
    check_choice("order", order, _WALKS)
    scopes = [check_names(names), *caller_scopes(1)]
    whole, _ = record(value, scopes)
    return replay(whole, order, shown=without_zeros(whole))


def replay(
    graph: Graph, order: str, only: Collection[int] | None = None, shown: tuple[Graph, Sequence[int]] | None = None
) -> Steps:
    """Both passes over a graph without markers and boxes.

    Args:
        graph: what the passes run over.
        order: `"topological"` or `"naive"`.
        only: all steps are computed, but recorded only for the nodes with these numbers: the steps that compute them
            and the steps that add to their gradients.
        shown: the graph of the records, if they leave nodes out that only pass their input on, and for each node of
            `graph` the node of it that is shown.
    """
    view, moved = shown or (graph, range(len(graph.nodes)))
    own = _own_numbers(graph, view, moved)
    wanted = set(range(len(view.nodes))) if only is None else set(only)
    sums = {graph.root.number: 1.0}
    found = [pair for pair in _contributions(graph, _WALKS[order](graph), sums, own) if moved[pair[0].target] in wanted]
    totals = [sums.get(number, 0.0) for number in own]
    nodes = tuple(
        replace(node, gradient=total) if node.number in wanted and node.gradient is not None else node
        for node, total in zip(view.nodes, totals, strict=True)
    )
    records: list[Step] = []
    for node, ends in zip(nodes, view.inputs, strict=True):
        if ends and node.number in wanted:
            records.append(Forward(len(records), node, tuple(nodes[edge.source] for edge in ends)))
    records.append(Seed(len(records), nodes[-1]))
    for step, late in found:
        source, target = nodes[moved[step.source]], nodes[moved[step.target]]
        # A sum that is shown without its 0 has one input, whatever the place of it is.
        place = min(step.index, len(view.inputs[source.number]) - 1)
        factors, total = (step.upstream, step.local), (step.before, step.after)
        records.append(Backward(len(records), source, target, place, *factors, step.product, *total, late))
    gradients = (None if node.gradient is None else total for node, total in zip(nodes, totals, strict=True))
    return Steps(replace(view, nodes=nodes), order, tuple(gradients), tuple(records))


def _own_numbers(graph: Graph, view: Graph, moved: Sequence[int]) -> list[int]:
    """For each node that is shown its number in the graph, among those of the nodes that it is shown for."""
    own = [-1] * len(view.nodes)
    for number, new in enumerate(moved):
        if own[new] < 0 or graph.nodes[number].serial == view.nodes[new].serial:
            own[new] = number
    return own


def _contributions(
    graph: Graph, order: Iterable[int], sums: dict[int, float], own: Sequence[int]
) -> Iterator[tuple[Contribution, bool]]:
    """The contributions of each node to its inputs, and whether they are late; `own` are the nodes that are shown."""
    passed: set[int] = set()
    is_late = False

    def watched() -> Iterator[Contribution]:
        nonlocal is_late
        for step in contributions((_edges(graph, node) for node in order), sums):
            passed.add(step.source)
            is_late = step.target in passed
            yield step

    shown = set(own)
    looked_through = {node.number for node in graph.nodes if node.number not in shown}
    for step in past(watched(), int, looked_through):
        yield step, is_late


def _edges(graph: Graph, node: int) -> list[Edge]:
    """The edges from a node to its inputs that have a local derivative."""
    return [
        (node, edge.source, index, edge.derivative, edge.structural)
        for index, edge in enumerate(graph.inputs[node])
        if edge.derivative is not None
    ]


def _sources(graph: Graph, node: int) -> list[int]:
    return [edge.source for edge in graph.inputs[node]]


def _topological(graph: Graph) -> list[int]:
    """Users before their inputs, as in the sweep of the engine."""
    return reverse_order([graph.root.number], below=partial(_sources, graph))


def _depth_first(graph: Graph) -> list[int]:
    """Nodes in the order of a depth-first walk from the root, as by recursion without sorting."""
    order: dict[int, None] = {}
    waiting = [graph.root.number]
    while waiting:
        node = waiting.pop()
        if node not in order:
            order[node] = None
            waiting.extend(reversed(_sources(graph, node)))
    return list(order)


_WALKS: Final[dict[str, Callable[[Graph], list[int]]]] = {TOPOLOGICAL: _topological, NAIVE: _depth_first}


def equation(
    step: Step,
    root: Node,
    spell: Callable[[float], str] = repr,
    name: Callable[[Node], str] = reference,
) -> str:
    """A step as an equation; `spell` writes its numbers and `name` its nodes.

    >>> from autograd_core import InputError, OperandTypeError, Value
    >>> x = Value(0.25)
    >>> y = x.sqrt()
    >>> [equation(step, root=step.node) for step in steps(y)[:2]]
    ['y = sqrt(x) = sqrt(0.25) = 0.5', 'dy/dy = 1.0']
    """
    top = f"d{name(root)}"
    match step:
        case Forward(node=node, operands=operands):
            shown = operands[: MAX_INPUTS + 1]
            named = made(node, [name(x) for x in shown])
            numbers = made(node, [_figure(x, spell) for x in shown])
            return f"{name(node)} = {named} = {numbers} = {_figure(node, spell)}"
        case Seed(node=node, after=after):
            return f"{top}/d{name(node)} = {spell(after)}"
        case Backward(node=node, target=target, upstream=upstream, local=local, contribution=contribution):
            terms = f"{top}/d{name(node)} × d{name(node)}/d{name(target)}"
            return f"{top}/d{name(target)} += {terms} = {spell(upstream)} × {spell(local)} = {spell(contribution)}"


def _figure(node: Node, spell: Callable[[float], str]) -> str:
    return spell(node.data if node.data is not None else 0.0)
