"""Sweeps under way: one at a time, and whole or not at all.

A sweep keeps its counts and sums in the nodes. It may break off: by an interrupt, by an error in the formula of an op,
because memory is short, or because the process was forked while another thread swept. So what has to be undone is noted
before it is done, in a `Sweep`, until the sweep is complete.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i64, mypyc_attr

from autograd_core.graph.node import ERA, Node
from autograd_core.graph.order import reverse_order

EARLIER: Final = -1.0
"""The stamp of a node that was swept at some time, and is to be compared in any case."""


@final
@mypyc_attr(acyclic=True)
class Sweep:
    """A sweep that is under way, and what has to be undone if it breaks off.

    Attributes:
        root: below it nodes are marked; None if only `marked` are.
        outer: the sweep inside which this one began, as code of an op may sweep, too; once this one has broken off, the
            next of those that have.
        swept: the nodes below the root that had a stamp.
        lifted: whether a leaf below the root has a gradient that is a Value.
        marked: further nodes with marks, below which there are none.
        leaves: those whose gradients are being changed, once that has begun.
        before: the gradients that they had.
        held: nodes with a gradient that may be a Value, and with their stamp, likewise.
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
"""No nodes; it is never appended to."""


class Sweeps:
    """The sweeps of the process.

    Attributes:
        lock: sweeps keep their counts and sums in the nodes, so there is one at a time; others wait.
        running: the innermost sweep that is under way.
        broken: those that have broken off, and are not undone yet.
    """

    __slots__ = ("broken", "lock", "running")

    def __init__(self) -> None:
        self.lock: Any = threading.RLock()
        self.running: Sweep | None = None
        self.broken: Sweep | None = None


SWEEPS: Final[Sweeps] = Sweeps()


def begin(sweep: Sweep) -> None:
    """Note, before the first mark is made, that a sweep begins."""
    SWEEPS.running = sweep


def end(sweep: Sweep) -> None:
    """Note that a sweep is complete. Until then it counts for nothing, and from then on it stands."""
    SWEEPS.running = sweep.outer


def break_off(sweep: Sweep) -> None:
    """Undo a sweep. If that breaks off too, the next sweep goes on with it."""
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
    """Have all nodes be as before a sweep; as often as it takes, for this may break off itself."""
    i: i64 = 0
    for leaf in sweep.leaves:
        leaf._grad = sweep.before[i]
        i += 1
    if sweep.held is not None:
        for node, held, stamp in sweep.held:
            set_gradient(node, held)
            node._adjoint = stamp
    if sweep.root is not None:
        for node in reverse_order([sweep.root], set(sweep.marked)):
            unmark(node)
    for node in sweep.marked:
        node._uses = 0
    mark_swept(sweep.swept)


def note_held(node: Node, sweep: Sweep) -> None:
    """Note what a node holds, before a sweep has it hold something else."""
    held = sweep.held
    if held is None:
        held = sweep.held = []
    held.append((node, node.note().gradient if node._lifted else node._grad, node._adjoint))


def unmark(node: Node) -> None:
    """Take the marks of a sweep off a node."""
    node._adjoint = 0.0
    node._uses = 0


def mark_swept(swept: list[Node]) -> None:
    """Stamp nodes that were swept at some time."""
    for node in swept:
        node._adjoint = EARLIER


def set_gradient(node: Node, gradient: Any) -> None:
    """Have a node hold a gradient, which is a float or a node."""
    lifted = isinstance(gradient, Node)
    if lifted or node._lifted:
        node.note().gradient = gradient if lifted else None
        node._lifted = lifted
    node._grad = gradient._data if lifted else gradient


def _renew() -> None:
    """In a process that was just forked, let go of what threads hold that are not in it."""
    ERA.lock = threading.Lock()
    if SWEEPS.lock.acquire(blocking=False):
        SWEEPS.lock.release()  # the thread that forked is in a sweep itself, or no thread was
        return
    sweep = SWEEPS.running
    while sweep is not None:
        outer = sweep.outer
        sweep.outer = SWEEPS.broken
        SWEEPS.broken = sweep
        sweep = outer
    SWEEPS.running = None
    SWEEPS.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
