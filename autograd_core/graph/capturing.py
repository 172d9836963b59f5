"""Capture: while a function is recorded as a program, ops of Values go to a recorder instead of being computed.

The recorder of a context is what `compile` has set there; it decides what an op of Values gives, what `.data` and
`.grad` are, and what assigning to them means. A capture opens a block (see `blocks`), so operations outside of one ask
no more than the flag that they ask anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

from autograd_core.graph.blocks import BLOCKS

if TYPE_CHECKING:
    from autograd_core.table.op import Op

CAPTURING: Final = 2
"""The subject of the block that a capture opens."""

recorder_here: Final[ContextVar[Any]] = ContextVar("recorder", default=None)
"""The `CaptureRecorder` of a context, or None outside of captures."""


class CaptureRecorder(Protocol):
    """What records while a function is captured."""

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The result of an op on Symbols, Values and plain numbers."""

    def data_of(self, node: Any) -> Any:
        """What `node.data` is: the number of a Value as a constant of the program."""

    def assign_data(self, node: Any, number: Any) -> None:
        """Make `node.data = number` a part of the program."""

    def gradient_of(self, node: Any) -> Any:
        """What `node.grad` is."""

    def assign_gradient(self, node: Any, gradient: Any) -> None:
        """Make `node.grad = gradient` a part of the program."""

    def truth_of(self, node: Any) -> bool:
        """The answer to `bool(node)`, which later calls of the program have to confirm."""

    def backward(self, root: Any, gradient: Any, create_graph: bool) -> None:
        """Make a backward pass from a root a part of the program."""

    def gradients(self, seeds: dict[Any, Any], wanted: Sequence[Any], connected: bool) -> list[Any]:
        """The gradient of the seeded roots with respect to the wanted numbers."""

    def tangents(
        self, roots: Sequence[Any], variables: Sequence[Any], direction: Sequence[Any], connected: bool
    ) -> Any:
        """The derivative of every root if the variables move in a direction."""


def capture_here() -> Any:
    """The recorder of the capture that this code runs in, or None."""
    return recorder_here.get() if BLOCKS.any_open else None


def is_capturing() -> bool:
    """Whether this code runs in a capture."""
    return BLOCKS.any_open and recorder_here.get() is not None
