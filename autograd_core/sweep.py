"""The chain rule, in both directions.

The gradient of a root with respect to a node is the sum, over all ways in which the node is used, of

    local derivative of the user  x  gradient of the root with respect to the user.

So the users come first: a sweep visits the graph from the root in reverse topological order, holding for
each node the sum so far, its adjoint. The order is found by counting. A first walk counts how often each
node below the root is used; then a node is ready once as many contributions have arrived. Both walks
keep an explicit stack, so depth is no limit.

Read `_spread` first: it is the whole of backpropagation. `_carry` is the same rule written for any kind of
number: `adjoints` applies it from the root down and gives gradients that may be Values; `tangents` applies it
from the inputs up, which is forward mode. Tests hold them equal, the first two to the last bit. In the two
walks left and right are written out: a call for each side makes a compiled sweep 1.4 times slower.

0 times infinity. A structural zero passes nothing on: that is a local derivative which is constantly 0 around the
point, as of a branch that was not taken (`Op.passes_nothing`), and a seed that is the constant 0. A node that nothing
has reached has adjoint 0 and passes nothing on either, however infinite its own derivatives are. Every other product is
that of IEEE 754, so 0 * inf is nan: one of the two rounded what the other needs, and no number would be right. `_carry`
keeps to this rule. `_spread` only multiplies, because as long as all products are numbers the two agree; if one is not,
`adjoints` does the work again.

Stale graphs. A node keeps the numbers of its making. If data is assigned to a leaf after a sweep, a second sweep
through the same nodes gives the gradient at numbers that are gone. So `backward()` leaves the time in the interior
nodes, and the next one compares those of an earlier time with what their row gives now.

Interrupts. A sweep that breaks off, whatever the reason, leaves neither marks in the nodes nor half of the gradients: a
`Sweep` keeps what has to be undone until the sweep is complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FunctionType
from typing import Any, Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from autograd_core.errors import AnomalyError, GraphChangedError, OperandTypeError
from autograd_core.modes import suspend_detection
from autograd_core.node import CLOCK, LEAF, Node, Terms, packed
from autograd_core.number import describe
from autograd_core.op import OUTSIDE, Op
from autograd_core.under_way import (
    SWEEPS,
    Sweep,
    begin,
    break_off,
    end,
    mark_swept,
    note_held,
    reverse_order,
    set_gradient,
    undo_broken,
    unmark,
)

SPARE: Final[i32] = 1
"""A use counted beforehand, which nothing takes back: so a leaf is never ready, for there is nothing to do below it."""


def accumulate(root: Node, seed: float, allow_stale: bool) -> None:
    """Sweep from the root and add the gradient of every leaf to what it holds.

    An interior node then holds its adjoint of this sweep. Leaves change only when the sweep is complete.
    """
    if root._row == LEAF:
        _commit({root: seed})
        return
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(root, SWEEPS.running)
        try:
            begin(sweep)
            leaves = _count_uses(root, sweep)
            if not allow_stale:
                check_fresh(sweep.swept)
            _unstamp(sweep.swept)
            if _spread(root, seed, True):
                _add_to_leaves(leaves, sweep)
            else:
                for leaf in leaves:
                    unmark(leaf)
                _hold(adjoints({root: seed}, recorded_slopes, False), sweep)
            end(sweep)
        except BaseException:
            break_off(sweep)
            raise


def _add_to_leaves(leaves: list[Node], sweep: Sweep) -> None:
    if INTERPRETED or sweep.lifted:
        _note_leaves(leaves, sweep)
    for leaf in leaves:
        adjoint = leaf._adjoint
        unmark(leaf)
        if leaf._lifted:
            _add_to_leaf(leaf, adjoint)
        else:
            leaf._grad += adjoint


def _note_leaves(leaves: list[Node], sweep: Sweep) -> None:
    """Note what the leaves hold. Compiled, adding floats to it runs no Python, and nothing can break that off."""
    before = vec[float]()
    for leaf in leaves:
        before = append(before, leaf._grad)
        if leaf._lifted:
            note_held(leaf, sweep)
    sweep.before = before
    sweep.leaves = leaves


def gradients(root: Node, wanted: Sequence[Node], era: float = 0.0, older: list[Node] | None = None) -> list[float]:
    """The gradients of the root with respect to the wanted nodes, none of which lies above another; nothing is changed.

    The sweep ends at the wanted nodes: what lies below them is not visited. The leaves that it meets and that
    `older_leaves` would find are appended to `older`; to look for them in a walk of their own would take a fifth of
    the time of recording and sweeping.
    """
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(root, SWEEPS.running)
        sweep.marked = list(wanted)
        try:
            begin(sweep)
            for node in wanted:
                node._uses = SPARE
            leaves: list[Node] = []
            clear = True
            if root._uses == 0 and root._row != LEAF:
                leaves = _count_uses(root, sweep)
                _unstamp(sweep.swept)
                clear = _spread(root, 1.0, False)
            else:
                root._adjoint = 1.0
                if root._row == LEAF:
                    leaves = [root]
            results = [node._adjoint for node in wanted]
            for node in wanted:
                unmark(node)
            for node in leaves:
                unmark(node)
                if older is not None and _is_older(node, era):
                    older.append(node)
            unmark(root)
            mark_swept(sweep.swept)
            end(sweep)
        except BaseException:
            break_off(sweep)
            raise
    if clear:
        return results
    table = adjoints({root: 1.0}, recorded_slopes, False, set(wanted))
    return [table.get(node, 0.0) for node in wanted]


def older_leaves(roots: Sequence[Any], era: float) -> list[Node]:
    """The leaves below the roots that were made before an era and are not frozen, each once; nothing is changed."""
    met: list[Node] = []
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(None, SWEEPS.running)
        sweep.marked = met
        try:
            begin(sweep)
            for root in roots:
                _meet(root, met)
            for node in met:  # which grows meanwhile
                _meet(node._left, met)
                _meet(node._right, met)
            for node in met:
                node._uses = 0
            end(sweep)
        except BaseException:
            break_off(sweep)
            raise
    return [node for node in met if node._row == LEAF and _is_older(node, era)]


def _meet(side: object, met: list[Node]) -> None:
    """Append the nodes of a side that were not met before; a use is the mark of one that was."""
    if isinstance(side, Node):
        if side._uses == 0:
            met.append(side)  # before it is marked, so that no mark is forgotten
            side._uses = SPARE
    elif isinstance(side, Terms):
        for value in side.values:
            if isinstance(value, Node) and value._uses == 0:
                met.append(value)
                value._uses = SPARE


def _is_older(leaf: Node, era: float) -> bool:
    note = leaf._note
    return leaf._dleft < era and (note is None or not note.frozen)


def _count_uses(root: Node, sweep: Sweep) -> list[Node]:
    """Count in each node how often it is used below the root, and return the leaves.

    The sweep is told of nodes with a stamp, and of leaves whose gradients are Values.
    """
    swept, lifted = sweep.swept, False
    leaves: list[Node] = []
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if node._adjoint != 0.0:
            swept.append(node)
        left = node._left
        if isinstance(left, Node):
            if left._uses == 0:
                if left._row == LEAF:
                    left._uses = SPARE
                    leaves.append(left)
                    lifted = lifted or left._lifted
                else:
                    stack.append(left)
            left._uses += 1
        elif isinstance(left, Terms):
            _count_terms(left, stack, leaves, sweep)
        right = node._right
        if isinstance(right, Node):
            if right._uses == 0:
                if right._row == LEAF:
                    right._uses = SPARE
                    leaves.append(right)
                    lifted = lifted or right._lifted
                else:
                    stack.append(right)
            right._uses += 1
        elif isinstance(right, Terms):
            _count_terms(right, stack, leaves, sweep)
    sweep.lifted = sweep.lifted or lifted
    return leaves


def _count_terms(terms: Terms, stack: list[Node], leaves: list[Node], sweep: Sweep) -> None:
    for value in terms.values:
        if isinstance(value, Node):
            parent: Node = value  # compiled, a name of its own type is checked once and not at every use
            if parent._uses == 0:
                if parent._row == LEAF:
                    parent._uses = SPARE
                    leaves.append(parent)
                    sweep.lifted = sweep.lifted or parent._lifted
                else:
                    stack.append(parent)
            parent._uses += 1


INTERPRETED: Final = isinstance(_count_uses, FunctionType)
"""Whether this runs as plain Python, which an interrupt may break off between any two instructions."""


def _spread(root: Node, seed: float, remember: bool) -> bool:
    """Carry the adjoints from the root down to the leaves, and return whether every product is a number."""
    clear = True
    stamp = CLOCK.now if remember else 0.0
    ready: list[Node] = [root]
    root._adjoint = seed
    while ready:
        node = ready.pop()
        adjoint = node._adjoint
        node._adjoint = stamp
        if remember:
            node._grad = adjoint
            if node._lifted:
                set_gradient(node, adjoint)
        left = node._left
        if isinstance(left, Node):
            product = node._dleft * adjoint
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            left._adjoint += product
            left._uses -= 1
            if left._uses == 0:
                ready.append(left)
        elif isinstance(left, Terms):
            clear = _spread_terms(left, adjoint, ready) and clear
        right = node._right
        if isinstance(right, Node):
            product = node._dright * adjoint
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            right._adjoint += product
            right._uses -= 1
            if right._uses == 0:
                ready.append(right)
        elif isinstance(right, Terms):
            clear = _spread_terms(right, adjoint, ready) and clear
    return clear


def _spread_terms(terms: Terms, adjoint: float, ready: list[Node]) -> bool:
    clear = True
    derivatives = terms.derivatives
    i: i64 = 0
    for value in terms.values:
        if isinstance(value, Node):
            parent: Node = value  # compiled, a name of its own type is checked once and not at every use
            product = derivatives[i] * adjoint
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            parent._adjoint += product
            parent._uses -= 1
            if parent._uses == 0:
                ready.append(parent)
        i += 1
    return clear


def _unstamp(swept: list[Node]) -> None:
    for node in swept:
        node._adjoint = 0.0


def check_fresh(swept: list[Node]) -> None:
    """Raise if a node that was swept before stands for numbers that are gone.

    Raises:
        GraphChangedError: if data was assigned since to what a node was computed from, and the node is another now.
    """
    for node in swept:
        op = node.op
        if node._adjoint != CLOCK.now and op is not None:
            _check_numbers(node, op)
            if node._row != OUTSIDE:
                slopes = op.slopes(_numbers_now(node), node._data, [isinstance(x, Node) for x in node.inputs])
                if not all(map(_same, slopes, node.derivatives)):
                    raise GraphChangedError(_describe_change(node, op, "has other derivatives"))


def _check_numbers(node: Node, op: Op) -> None:
    """Raise if a node is not what its op makes of what its inputs are now."""
    numbers = _numbers_now(node)
    if node._row == OUTSIDE:
        if not all(map(_same, numbers, node.note().numbers)):
            raise GraphChangedError(_describe_change(node, op, "has other inputs"))
        return
    data = op.evaluate(numbers)
    if not _same(data, node._data):
        shown = ", ".join(map(repr, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
        raise GraphChangedError(_describe_change(node, op, f"would be {op.name}({shown}) = {data!r}"))


def _numbers_now(node: Node) -> list[float]:
    return [x._data if isinstance(x, Node) else float(x) for x in node.inputs]


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)  # noqa: PLR0124 - nan


def _describe_change(node: Node, op: Op, now: str) -> str:
    note = node._note
    name = f" {note.label!r}" if note is not None and note.label else ""
    return (
        "expected a graph of the numbers that its leaves hold, got one that was recorded or swept before data was "
        f"assigned to them: the node{name} of {op.name} was {node._data!r}, and now it {now}; compute the result again "
        "before backward(), or say allow_stale=True, without create_graph, for the gradient at the old numbers"
    )


def topological_order(*roots: Any) -> list[Any]:
    """The roots and everything they were made from, each node after its inputs.

    The order depends on the graph alone, so it is the same in every run.

    Raises:
        OperandTypeError: if a root is no Value.

    >>> from autograd_core import Value
    >>> a = Value(2.0, label="a")
    >>> b = a * a
    >>> [node.label or node.op.name for node in topological_order(b)]
    ['a', 'mul']
    """
    for root in roots:
        if not isinstance(root, Node):
            raise OperandTypeError(f"expected Values as roots, got {describe(root)}")
    order = reverse_order(roots)
    order.reverse()
    return order


def adjoints(
    seeds: dict[Node, Any],
    slopes: Callable[[Node], Sequence[Any]],
    check: bool,
    ends: Collection[Node] = (),
    seeds_are_constants: bool = True,
) -> dict[Node, Any]:
    """The gradient of the seeded roots with respect to each node, in whatever numbers the seeds and `slopes` are.

    `slopes` gives the local derivatives of a node. With `check` a contribution that is not finite is an
    `AnomalyError`. What lies below the ends is not visited. A seed that is the constant 0 passes nothing on.
    """
    table = {root: seed for root, seed in seeds.items() if not (seeds_are_constants and _is_zero(seed))}
    order = reverse_order(list(seeds), ends)
    with _undetected(check):
        for node in order:
            if node in table and node not in ends:
                for place, (parent, slope) in enumerate(zip(node.inputs, slopes(node), strict=True)):
                    if isinstance(parent, Node) and not _passes_nothing(node, place, slope):
                        _carry(table, node, parent, slope, node if check else None)
    for node in order:
        table.setdefault(node, 0.0)
    return table


def _undetected(check: bool) -> AbstractContextManager[None]:
    # The mode is entered only where it changes something, for operations are faster while none is on.
    return suspend_detection() if check else nullcontext()


def tangents(
    roots: Sequence[Any],
    inputs: Sequence[Node],
    directions: Iterable[Sequence[Any]],
    slopes: Callable[[Node], Sequence[Any]],
    check: bool,
) -> list[list[Any]]:
    """For each direction, the tangent of each root: its derivative while the inputs move with these speeds.

    The same rule swept forwards, from the inputs to the roots. Only what depends on an input is visited, and
    its local derivatives are computed once for all directions. A root that is a plain number has tangent 0.
    """
    with _undetected(check):
        above = [(node, slopes(node)) for node in _nodes_above(inputs, roots)]
        results = []
        for direction in directions:
            # What stands still is left out, so that nothing is computed above it.
            table: dict[Node, Any] = {x: d for x, d in zip(inputs, direction, strict=True) if not _is_zero(d)}
            for node, factors in above:
                for place, (parent, slope) in enumerate(zip(node.inputs, factors, strict=True)):
                    if isinstance(parent, Node) and parent in table and not _passes_nothing(node, place, slope):
                        _carry(table, parent, node, slope, node if check else None)
            results.append([table.get(root, 0.0) if isinstance(root, Node) else 0.0 for root in roots])
    return results


def number_tangents(
    roots: Sequence[Any], inputs: Sequence[Node], directions: Iterable[Sequence[float]]
) -> list[list[float]]:
    """`tangents` in the numbers on the edges, from 5 to 100 times faster; a test holds the two equal.

    The edges between the inputs and the roots are laid out flat once, and each direction is then one loop over
    three arrays; as in `_spread`, a direction in which a product is no number is done again by the rule.
    """
    place: dict[Node, int] = {node: i for i, node in enumerate(inputs)}
    sources, targets, factors = vec[i64](), vec[i64](), vec[float]()
    for node in _nodes_above(inputs, roots):
        place[node] = len(place)
        for i, (parent, slope) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
            if isinstance(parent, Node) and parent in place and not _passes_nothing(node, i, slope):
                sources = append(sources, place[parent])
                targets = append(targets, place[node])
                factors = append(factors, slope)
    results = []
    for direction in directions:
        speeds = packed([*direction, *[0.0] * (len(place) - len(inputs))])
        clear = True
        k: i64 = 0
        for factor in factors:
            product = factor * speeds[sources[k]]
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            speeds[targets[k]] += product
            k += 1
        if clear:
            results.append([speeds[place[root]] if isinstance(root, Node) and root in place else 0.0 for root in roots])
        else:
            results += tangents(roots, inputs, [direction], recorded_slopes, False)
    return results


def _nodes_above(inputs: Sequence[Node], roots: Sequence[Any]) -> list[Node]:
    """The nodes between the inputs and the roots, the inputs left out, every node after its own inputs."""
    depends: dict[Node, bool] = dict.fromkeys(inputs, True)
    above: list[Node] = []
    stack: list[Node] = [root for root in roots if isinstance(root, Node)]
    while stack:
        node = stack[-1]
        if node in depends:
            stack.pop()
            continue
        parents = [x for x in node.inputs if isinstance(x, Node)]
        waiting = [x for x in parents if x not in depends]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        depends[node] = any(depends[x] for x in parents)
        if depends[node]:
            above.append(node)
    return above


def _carry(table: dict[Node, Any], source: Node, target: Node, slope: Any, checked: Node | None) -> None:
    """Carry what stands at the source over an edge and add it at the target: the chain rule, in either direction."""
    contribution = _times(slope, table[source])
    if checked is not None:
        _check_contribution(checked, contribution, "backward pass" if checked is source else "forward sweep")
    table[target] = _plus(table.get(target, 0.0), contribution)


def _passes_nothing(node: Node, place: int, slope: Any) -> bool:
    """Whether the slope of a node with respect to the input at this place is a structural zero."""
    if _number_of(slope) != 0.0:
        return False
    op = node.op
    return op is not None and op.passes_nothing(place, node.inputs, node)


def _number_of(x: Any) -> float:
    number: float = x._data if isinstance(x, Node) else x
    return number


def _times(slope: Any, adjoint: Any) -> Any:
    # A factor of 1 is kept out of the graph of a gradient, and so is a product that is constant.
    if isinstance(slope, float) and slope == 1.0:
        return adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return slope
    if _is_zero(slope) or _is_zero(adjoint):
        return _number_of(slope) * _number_of(adjoint)
    return slope * adjoint


def _plus(total: Any, term: Any) -> Any:
    # A constant 0 adds nothing, so it need not stand in the graph of a gradient.
    if _is_zero(term):
        return total
    return term if _is_zero(total) else total + term


def _is_zero(number: Any) -> bool:
    return isinstance(number, float) and number == 0.0


def accumulate_checked(root: Node, seed: float, allow_stale: bool) -> None:
    """`accumulate`, raising `AnomalyError` where the sweep first makes a nan or an infinity."""
    if not allow_stale:
        check_fresh([node for node in reverse_order([root]) if node._adjoint != 0.0])
    _commit(adjoints({root: seed}, recorded_slopes, True))


def accumulate_graph(root: Node, seed: Any, check: bool, lift: Callable[[float], Node]) -> None:
    """`accumulate` with gradients that are Values and can be differentiated again; `lift` makes one of a constant."""
    table = adjoints({root: seed}, graph_slopes, check)
    _commit({node: lift(adjoint) if isinstance(adjoint, float) else adjoint for node, adjoint in table.items()})


def recorded_slopes(node: Node) -> Sequence[float]:
    """The local derivatives of a node as they stand on its edges."""
    return node.derivatives


def graph_slopes(node: Node) -> list[Any]:
    """The local derivatives of a node as Values, from the formulas of its row."""
    op = node.op
    if op is None:
        return []
    _check_numbers(node, op)
    inputs = node.inputs
    formulas = op.partials(inputs, node, [isinstance(x, Node) for x in inputs])
    for formula, recorded in zip(formulas, node.derivatives, strict=True):
        number = _number_of(formula)
        if number != recorded and number == number:  # noqa: PLR0124 - nan
            raise GraphChangedError(
                f"the local derivative of {op.name} was {recorded!r} when it was recorded and is {number!r} now: "
                "data was assigned to one of its inputs since; compute the result again before differentiating "
                "with create_graph"
            )
    return formulas


def _commit(table: dict[Node, Any]) -> None:
    """Add the adjoints to the leaves, and have the other nodes hold theirs: all of it or nothing."""
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(None, SWEEPS.running)
        try:
            begin(sweep)
            _hold(table, sweep)
            end(sweep)
        except BaseException:
            break_off(sweep)
            raise


def _hold(table: dict[Node, Any], sweep: Sweep) -> None:
    for node in table:
        note_held(node, sweep)
    for node, adjoint in table.items():
        if node._row == LEAF:
            _add_to_leaf(node, adjoint)
        else:
            set_gradient(node, adjoint)
            node._adjoint = CLOCK.now


def _add_to_leaf(leaf: Node, adjoint: Any) -> None:
    held: Any = leaf.note().gradient if leaf._lifted else leaf._grad
    set_gradient(leaf, _plus(held, adjoint))


def _check_contribution(node: Node, contribution: Any, sweep: str) -> None:
    number = contribution._data if isinstance(contribution, Node) else contribution
    if not math.isfinite(number):
        op = node.op
        origin = node.origin
        where = f"recorded at {origin}" if origin else "run the forward pass under detect_anomaly too to see where"
        raise AnomalyError(f"the {sweep} through {op.name if op else 'a leaf'} made {number!r}, {where}")
