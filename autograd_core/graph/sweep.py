"""The reverse sweep: the rule of `chain_rule`, about 80 times faster.

Compiled, on a million nodes made by repeating `y = y * x + 0.0001 * y`, a sweep takes 59 ns a node and `adjoints` 4,900
(two cores, both busy). `adjoints` keeps its sums in a table; a sweep keeps them in the nodes. A test checks that the
gradients are equal to the last bit.

The order is that of `reverse_order`: `_count_uses` counts how often each node below the root is used, and `_spread`
visits a node when that many contributions have arrived. Both keep an explicit stack, so depth is not limited. Left and
right are written out, because a call for each side makes a compiled sweep 1.4 times slower.

`_spread` does not look for structural zeros; it checks whether a product is nan. If none is, structural zeros
make no difference. If one is, `adjoints` does the sweep again.

A sweep that breaks off leaves no marks in the nodes and no part of the gradients in the leaves: a `Sweep` records what
has to be undone (see `under_way`). Graphs whose leaves have changed are refused (see `freshness`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from autograd_core.errors import GraphChangedError
from autograd_core.graph.chain_rule import adjoints, reverse_order
from autograd_core.graph.contributions import number_of, plus
from autograd_core.graph.edges import recorded_derivatives
from autograd_core.graph.freshness import check_fresh, check_numbers
from autograd_core.graph.node import CLOCK, LEAF, ManyInputs, Node, set_gradient
from autograd_core.graph.under_way import (
    SWEEPS,
    Sweep,
    begin,
    break_off,
    end,
    keep_state,
    mark_swept,
    undo_broken,
    unmark,
)

EXTRA_USE: Final[i32] = 1
"""One use more than contributions arrive, so a node never becomes ready: for leaves, where a sweep ends."""


def accumulate(root: Node, seed: float, allow_stale: bool) -> None:
    """Sweep from the root and add the gradient of every leaf to what it holds.

    Interior nodes then hold their adjoints of this sweep. Leaves change only when the sweep is complete.
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
                _hold(adjoints({root: seed}, recorded_derivatives, False), sweep)
            end(sweep)
        except BaseException:
            break_off(sweep)
            raise


def _add_to_leaves(leaves: list[Node], sweep: Sweep) -> None:
    """Add the adjoints to the gradients of the leaves, and remove the marks."""
    if INTERPRETED or sweep.lifted:
        _keep_gradients(leaves, sweep)
    for leaf in leaves:
        adjoint = leaf._adjoint
        unmark(leaf)
        if leaf._lifted:
            _add_to_leaf(leaf, adjoint)
        else:
            leaf._grad += adjoint


def _keep_gradients(leaves: list[Node], sweep: Sweep) -> None:
    """Record the gradients of the leaves, so that changes to them can be undone.

    In compiled code this is needed only if a gradient is a Value: adding floats cannot break off.
    """
    before = vec[float]()
    for leaf in leaves:
        before = append(before, leaf._grad)
        if leaf._lifted:
            keep_state(leaf, sweep)
    sweep.before = before
    sweep.leaves = leaves


def gradients(root: Node, wanted: Sequence[Node], era: float = 0.0, older: list[Node] | None = None) -> list[float]:
    """The gradients of the root with respect to the wanted nodes, none of which lies above another; no node changes.

    The sweep ends at the wanted nodes and visits nothing below them. Leaves on the way that were made before `era` and
    are not frozen are appended to `older`. A separate walk for them (`older_leaves`) would take a fifth of the time of
    recording and sweeping.
    """
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(root, SWEEPS.running)
        sweep.marked = list(wanted)
        try:
            begin(sweep)
            for node in wanted:
                node._uses = EXTRA_USE
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
    table = adjoints({root: 1.0}, recorded_derivatives, False, set(wanted))
    return [table.get(node, 0.0) for node in wanted]


def older_leaves(roots: Sequence[Any], era: float) -> list[Node]:
    """The leaves below the roots that were made before an era and are not frozen, each once; no node changes."""
    met: list[Node] = []
    with SWEEPS.lock:
        undo_broken()
        sweep = Sweep(None, SWEEPS.running)
        sweep.marked = met
        try:
            begin(sweep)
            for root in roots:
                _meet(root, met)
            for node in met:  # the list grows during the loop
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
    """Append the nodes of a side that were not met before, and mark them with a use."""
    if isinstance(side, Node):
        if side._uses == 0:
            met.append(side)  # before it is marked, so that after an interrupt the mark is removed
            side._uses = EXTRA_USE
    elif isinstance(side, ManyInputs):
        for value in side.values:
            if isinstance(value, Node) and value._uses == 0:
                met.append(value)
                value._uses = EXTRA_USE


def _is_older(leaf: Node, era: float) -> bool:
    extras = leaf._extras
    return leaf._dleft < era and (extras is None or not extras.frozen)


def _count_uses(root: Node, sweep: Sweep) -> list[Node]:
    """Count in each node how often it is used below the root, and return the leaves.

    The sweep records the nodes with a stamp, and whether a leaf has a gradient that is a Value.
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
                    left._uses = EXTRA_USE
                    leaves.append(left)
                    lifted = lifted or left._lifted
                else:
                    stack.append(left)
            left._uses += 1
        elif isinstance(left, ManyInputs):
            _count_many(left, stack, leaves, sweep)
        right = node._right
        if isinstance(right, Node):
            if right._uses == 0:
                if right._row == LEAF:
                    right._uses = EXTRA_USE
                    leaves.append(right)
                    lifted = lifted or right._lifted
                else:
                    stack.append(right)
            right._uses += 1
        elif isinstance(right, ManyInputs):
            _count_many(right, stack, leaves, sweep)
    sweep.lifted = sweep.lifted or lifted
    return leaves


def _count_many(many: ManyInputs, stack: list[Node], leaves: list[Node], sweep: Sweep) -> None:
    """`_count_uses` for the inputs of one node that are in `ManyInputs`."""
    for value in many.values:
        if isinstance(value, Node):
            x: Node = value  # compiled, the type is then checked once and not at every use
            if x._uses == 0:
                if x._row == LEAF:
                    x._uses = EXTRA_USE
                    leaves.append(x)
                    sweep.lifted = sweep.lifted or x._lifted
                else:
                    stack.append(x)
            x._uses += 1


INTERPRETED: Final = isinstance(_count_uses, FunctionType)
"""Whether this runs as plain Python, where an interrupt can come between any two instructions."""


def _spread(root: Node, seed: float, remember: bool) -> bool:
    """Carry the adjoints from the root down to the leaves. Return whether no product is nan."""
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
        elif isinstance(left, ManyInputs):
            clear = _spread_many(left, adjoint, ready) and clear
        right = node._right
        if isinstance(right, Node):
            product = node._dright * adjoint
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            right._adjoint += product
            right._uses -= 1
            if right._uses == 0:
                ready.append(right)
        elif isinstance(right, ManyInputs):
            clear = _spread_many(right, adjoint, ready) and clear
    return clear


def _spread_many(many: ManyInputs, adjoint: float, ready: list[Node]) -> bool:
    """`_spread` from one node to its inputs in `ManyInputs`."""
    clear = True
    derivatives = many.derivatives
    i: i64 = 0
    for value in many.values:
        if isinstance(value, Node):
            x: Node = value  # compiled, the type is then checked once and not at every use
            product = derivatives[i] * adjoint
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            x._adjoint += product
            x._uses -= 1
            if x._uses == 0:
                ready.append(x)
        i += 1
    return clear


def _unstamp(swept: list[Node]) -> None:
    for node in swept:
        node._adjoint = 0.0


def accumulate_checked(root: Node, seed: float, allow_stale: bool) -> None:
    """`accumulate`, raising `AnomalyError` where the sweep first makes a nan or an infinity."""
    if not allow_stale:
        check_fresh([node for node in reverse_order([root]) if node._adjoint != 0.0])
    _commit(adjoints({root: seed}, recorded_derivatives, True))


def accumulate_graph(root: Node, seed: Any, check: bool, lift: Callable[[float], Node]) -> None:
    """`accumulate` with gradients that are Values and can be differentiated again; `lift` makes a Value of a float."""
    table = adjoints({root: seed}, graph_derivatives, check)
    _commit({node: lift(adjoint) if isinstance(adjoint, float) else adjoint for node, adjoint in table.items()})


def graph_derivatives(node: Node) -> list[Any]:
    """The local derivatives of a node as Values, from the formulas of its row."""
    op = node.op
    if op is None:
        return []
    check_numbers(node, op)
    inputs = node.inputs
    formulas = op.partials(inputs, node, [isinstance(x, Node) for x in inputs])
    for formula, recorded in zip(formulas, node.derivatives, strict=True):
        number = number_of(formula)
        if number != recorded and number == number:  # noqa: PLR0124 - nan
            raise GraphChangedError(
                f"the local derivative of {op.name} was {recorded!r} when it was recorded and is {number!r} now: "
                "data was assigned to one of its inputs since; compute the result again before differentiating "
                "with create_graph"
            )
    return formulas


def _commit(table: dict[Node, Any]) -> None:
    """Add the adjoints to the leaves and assign them to the other nodes: all of them or none."""
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
    """Assign the adjoints, after the state of all nodes was recorded."""
    for node in table:
        keep_state(node, sweep)
    for node, adjoint in table.items():
        if node._row == LEAF:
            _add_to_leaf(node, adjoint)
        else:
            set_gradient(node, adjoint)
            node._adjoint = CLOCK.now


def _add_to_leaf(leaf: Node, adjoint: Any) -> None:
    held: Any = leaf.extras().gradient if leaf._lifted else leaf._grad
    set_gradient(leaf, plus(held, adjoint))
