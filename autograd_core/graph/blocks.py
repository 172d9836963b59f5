"""Blocks: which modes are on where an operation runs.

A block is one `with` statement of a mode. It belongs to the context (`contextvars`) that opened it, so threads and
asynchronous tasks do not see each other's blocks. A context that was copied inside the block, such as that of a new
task, has the mode too until the block ends.

Looking up a context variable costs as much as a whole operation. Therefore operations first ask `BLOCKS.any_open`, one
plain flag for the whole process, and look further only if it is set.

A block can miss its end, because plain Python may be interrupted before the first line of `__exit__`. Therefore a block
counts as open only while an object is alive that lasts exactly as long as the block, its `life`. A lookup that finds no
open block drops those that missed their end.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import FrameType
from typing import Any, Final, final
from weakref import ReferenceType

RECORDING: Final = 0
"""The subject of `no_grad` and `enable_grad`."""

DETECTING: Final = 1
"""The subject of `detect_anomaly`."""

CAPTURING: Final = 2
"""The subject of the block that a capture opens (see `capturing`)."""


class Blocks:
    """The blocks of all modes in the process.

    Attributes:
        any_open: whether any of them may be open.
    """

    __slots__ = ("any_open",)

    def __init__(self) -> None:
        self.any_open = False


BLOCKS: Final[Blocks] = Blocks()


@final
class Block:
    """One `with` block of a mode.

    Args:
        subject: `RECORDING`, `DETECTING` or `CAPTURING`.
        value: whether the block switches that on or off.
        life: a weak reference to an object that lives no longer than the block.
        generator: the frame of the generator that opened the block; None if no generator did.
        recorder: what records in a capture; None in other blocks.
    """

    __slots__ = ("ended", "generator", "life", "outer", "recorder", "subject", "value")

    def __init__(
        self,
        subject: int,
        value: bool,
        life: ReferenceType[Any],
        generator: FrameType | None,
        recorder: Any = None,
    ) -> None:
        self.subject = subject
        self.value = value
        self.life = life
        self.generator = generator
        self.recorder = recorder
        self.ended = False
        self.outer: Block | None = None

    def is_open(self) -> bool:
        """Whether the block has neither been closed nor missed its end."""
        return not self.ended and self.life() is not None

    def holds(self) -> bool:
        """Whether the mode holds for code that runs now in the context of the block.

        A generator shares the context with the code that iterates over it, but its blocks hold only while the generator
        runs. The frame of a generator that waits at a `yield` has no caller.
        """
        if not self.is_open():
            return False
        generator = self.generator
        return generator is None or generator.f_back is not None


_KNOWN: Final[set[Block]] = set()
"""The blocks of all contexts, except those known to have ended."""

innermost_block: Final[ContextVar[Block | None]] = ContextVar("innermost", default=None)
"""The innermost block of a context; `Block.outer` leads to those around it."""


def is_recording() -> bool:
    """Whether operations record the graph here; false inside `no_grad`."""
    return _setting(RECORDING, True)


def is_detecting() -> bool:
    """Whether operations are checked here for nan and infinity; true inside `detect_anomaly`."""
    return _setting(DETECTING, False)


def _setting(subject: int, otherwise: bool) -> bool:
    """The value of the innermost block that holds for a subject; `otherwise` if there is none."""
    none_holds = True
    block = innermost_block.get()
    while block is not None:
        if block.holds():
            if block.subject == subject:
                return block.value
            none_holds = False
        block = block.outer
    if none_holds:
        _drop_ended()
        block = innermost_block.get()
        if block is not None and not block.is_open():
            innermost_block.set(_next_open(block))
    return otherwise


def open_block(block: Block) -> None:
    """Make a block the innermost one of this context."""
    block.outer = _next_open(innermost_block.get())
    innermost_block.set(block)
    _KNOWN.add(block)
    BLOCKS.any_open = True


def close_block(block: Block) -> None:
    """Close a block. It need not be the innermost one nor belong to this context, and may be closed already."""
    block.ended = True
    block.generator = None
    block.recorder = None
    _drop_ended()
    innermost = _next_open(innermost_block.get())
    innermost_block.set(innermost)
    while innermost is not None:
        innermost.outer = _next_open(innermost.outer)
        innermost = innermost.outer


def _drop_ended() -> None:
    """Drop the blocks that are not open any more."""
    for block in list(_KNOWN):
        if not block.is_open():
            _KNOWN.discard(block)
    # There is no call between the test and the assignment, so no other thread can open a block in between.
    if not _KNOWN:
        BLOCKS.any_open = False


def _next_open(block: Block | None) -> Block | None:
    """The first open block among this one and those around it."""
    while block is not None and not block.is_open():
        block = block.outer
    return block
