"""A backward pass: one of three sweeps, depending on the arguments and on the modes that are on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph import sweep
from autograd_core.graph.blocks import BLOCKS, is_detecting, is_recording
from autograd_core.graph.capturing import capture_here
from autograd_core.graph.modes import enable_grad
from autograd_core.graph.node import LEAF, Node
from autograd_core.numerics.number import describe, to_float


def run(root: Node, gradient: Any, create_graph: Any, allow_stale: Any, lift: Callable[[float], Node]) -> None:
    """Sweep from a root; `lift` makes a leaf of a number, and the other arguments are those of `Value.backward`."""
    if not isinstance(create_graph, bool) or not isinstance(allow_stale, bool):
        name, given = ("allow_stale", allow_stale) if isinstance(create_graph, bool) else ("create_graph", create_graph)
        raise OperandTypeError(f"backward expected True or False as {name}, got {describe(given)}")
    if gradient is None or isinstance(gradient, bool):
        way_out = "leave it out for the default, 1.0" if gradient is None else f"write create_graph={gradient}"
        raise OperandTypeError(f"backward expected a real number as gradient, got {gradient}; {way_out}")
    if isinstance(gradient, Node) and not create_graph:
        raise OperandTypeError(
            f"backward expected a plain number as gradient, got {describe(gradient)}; pass its .data, or "
            "create_graph=True for gradients that are Values"
        )
    capture = capture_here()
    if capture is not None:
        capture.backward(root, gradient, create_graph)
        return
    if BLOCKS.any_open and not is_recording():
        if root._row == LEAF:
            raise InputError(
                f"expected a result that was recorded, got the leaf {root!r} inside no_grad(), where nothing is "
                "recorded; compute it and call backward() outside of no_grad(), or inside enable_grad()"
            )
        if create_graph:
            with enable_grad():
                run(root, gradient, create_graph, False, lift)
            return
    check = BLOCKS.any_open and is_detecting()
    if create_graph:
        seed = gradient if isinstance(gradient, Node) else to_float(gradient)
        sweep.accumulate_graph(root, seed, check, lift)
    elif check:
        sweep.accumulate_checked(root, to_float(gradient), allow_stale)
    else:
        sweep.accumulate(root, to_float(gradient), allow_stale)
