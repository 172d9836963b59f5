"""Capture: while a function is recorded as a program, ops of Values go to a recorder instead of being computed.

A capture opens a block (see `blocks`) that has a recorder, so operations outside of one ask no more than the flag that
they ask anyway. The recorder decides what an op of Values gives, what `.data` and `.grad` are, and what assigning to
them means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from autograd_core.graph.blocks import BLOCKS, CAPTURING, innermost_block

if TYPE_CHECKING:
    from autograd_core.table.op import Op


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

    def read_mark(self, leaf: Any) -> None:
        """Take notice that `leaf.frozen` is read, which later calls of the program have to find unchanged."""

    def assign_mark(self, leaf: Any, frozen: bool) -> None:
        """Make `leaf.frozen = frozen` a part of the program."""

    def stored(self, store: Any) -> tuple[list[Any], Any]:
        """The numbers of a store (see `stores`), and their form."""

    def store(self, store: Any, numbers: Sequence[Any], form: Any) -> None:
        """Make it a part of the program to replace the numbers of a store."""

    def truth_of(self, node: Any) -> bool:
        """The answer to `bool(node)`, which later calls of the program have to confirm."""

    def backward(self, root: Any, gradient: Any, create_graph: bool) -> None:
        """Make a backward pass from a root a part of the program."""

    def gradients(self, seeds: Sequence[tuple[Any, Any]], wanted: Sequence[Any], connected: bool) -> list[Any]:
        """The gradient of the roots with respect to the wanted numbers; each root comes with its seed."""

    def tangents(
        self, roots: Sequence[Any], variables: Sequence[Any], direction: Sequence[Any], connected: bool
    ) -> Any:
        """The derivative of every root if the variables move in a direction."""


def capture_here() -> Any:
    """The recorder of the capture that this code runs in, or None."""
    block = innermost_block.get() if BLOCKS.any_open else None
    while block is not None:
        if block.subject == CAPTURING and block.holds():
            return block.recorder
        block = block.outer
    return None


def is_capturing() -> bool:
    """Whether this code runs in a capture."""
    return BLOCKS.any_open and capture_here() is not None
