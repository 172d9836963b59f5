"""Sweeps under way: one at a time, and complete or undone.

A sweep keeps its counts and sums in the nodes. It can break off: by an interrupt, by an error in the formula of an op,
for lack of memory, or because the process was forked while another thread swept. Therefore a `Sweep` records every
change before it is made. If the sweep does not complete, the changes are undone.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from autograd_core.graph.chain_rule import reverse_order
from autograd_core.graph.node import ERA, Node, set_gradient

EARLIER: Final = -1.0
"""The stamp of a node that was swept before. It differs from every time, so the next sweep checks the node."""


@final
@mypyc_attr(acyclic=True)
class Sweep:
    """A sweep, and what has to be undone if it breaks off.

    Attributes:
        root: the node below which nodes are marked; None if only the nodes in `marked` are.
        outer: the sweep inside which this one began; the code of an op can start a sweep. After this sweep has broken
            off, the next sweep to undo.
        swept: the nodes below the root that had a stamp.
        lifted: whether a leaf below the root has a gradient that is a Value.
        marked: further nodes with marks; the nodes below them have none.
        leaves: the leaves whose gradients are being changed; empty before that begins.
        before: the gradients that these leaves had.
        held: further nodes that are being changed, each with its gradient, which may be a Value, and its stamp.
    """

    __slots__ = ("before", "held", "leaves", "lifted", "marked", "outer", "root", "swept")

    def __init__(self, root: Node | None, outer: Sweep | None) -> None:
        self.root = root
        self.outer = outer
        self.swept: list[Node] = []
        self.lifted = False
        self.marked: list[Node] = _NONE
        self.leaves: list[Node] = _NONE
        self.before = vec[float]()
        self.held: list[tuple[Node, Any, float]] | None = None


_NONE: Final[list[Node]] = []
"""An empty list that is shared. Nothing is appended to it."""


class Sweeps:
    """The sweeps of the process.

    Attributes:
        lock: held by the thread that sweeps. Others wait, because sweeps keep their counts and sums in the nodes.
        running: the innermost sweep that is under way.
        broken: the first of the sweeps that have broken off and have not been undone.
    """

    __slots__ = ("broken", "lock", "running")

    def __init__(self) -> None:
        self.lock: Any = threading.RLock()
        self.running: Sweep | None = None
        self.broken: Sweep | None = None


SWEEPS: Final[Sweeps] = Sweeps()


def begin(sweep: Sweep) -> None:
    """Record that a sweep begins, before it makes its first mark."""
    SWEEPS.running = sweep


def end(sweep: Sweep) -> None:
    """Record that a sweep is complete. It cannot be undone any more."""
    SWEEPS.running = sweep.outer


def break_off(sweep: Sweep) -> None:
    """Undo a sweep. If that breaks off too, the next sweep continues it."""
    SWEEPS.running = sweep.outer
    sweep.outer = SWEEPS.broken
    SWEEPS.broken = sweep
    undo_broken()


def undo_broken() -> None:
    """Undo all sweeps that have broken off."""
    sweep = SWEEPS.broken
    while sweep is not None:
        _undo(sweep)
        sweep = sweep.outer
        SWEEPS.broken = sweep


def _undo(sweep: Sweep) -> None:
    """Restore all nodes to their state before a sweep. This may break off too, so it can be repeated."""
    i: i64 = 0
    for leaf in sweep.leaves:
        leaf._grad = sweep.before[i]
        i += 1
    if sweep.held is not None:
        for node, held, stamp in sweep.held:
            set_gradient(node, held)
            node._adjoint = stamp
    sweep.leaves, sweep.held = _NONE, None  # if this breaks off from here on, gradients that are set now are kept
    if sweep.root is not None:
        for node in reverse_order([sweep.root], set(sweep.marked)):
            unmark(node)
    for node in sweep.marked:
        node._uses = 0
    mark_swept(sweep.swept)


def keep_state(node: Node, sweep: Sweep) -> None:
    """Record the gradient and the stamp of a node, before a sweep changes them."""
    held = sweep.held
    if held is None:
        held = sweep.held = []
    held.append((node, node.extras().gradient if node._lifted else node._grad, node._adjoint))


def unmark(node: Node) -> None:
    """Remove the marks of a sweep from a node."""
    node._adjoint = 0.0
    node._uses = 0


def mark_swept(swept: list[Node]) -> None:
    """Give nodes that were swept before the stamp for that."""
    for node in swept:
        node._adjoint = EARLIER


def _renew() -> None:
    """In a forked process, release the locks and undo the sweeps of threads that exist only in the parent."""
    ERA.lock = threading.Lock()
    if SWEEPS.lock.acquire(blocking=False):
        SWEEPS.lock.release()  # no other thread was in a sweep
        return
    sweep = SWEEPS.running
    while sweep is not None:
        outer = sweep.outer
        sweep.outer = SWEEPS.broken
        SWEEPS.broken = sweep
        sweep = outer
    SWEEPS.running = None
    SWEEPS.lock = threading.RLock()
    undo_broken()  # now, because the next sweep would also undo what the child sets before it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
