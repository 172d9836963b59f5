"""How a sweep is recorded: written out, with its long sums as one instruction each, or as one instruction itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from librt.vecs import vec
from mypy_extensions import u8

from autograd_core.compiler.deferred import DeferredSums, deferred
from autograd_core.compiler.fast_differentiation import adjoints
from autograd_core.compiler.grouping.regularity import FEWEST, is_regular
from autograd_core.compiler.recording import Recording
from autograd_core.compiler.sums import Sums
from autograd_core.graph.contributions import is_zero


def swept(
    recording: Recording, seeds: dict[int, Any], ends: Collection[int], connected: vec[u8], passes_on: bool
) -> Sums | DeferredSums:
    """What a sweep leaves.

    Args:
        recording: records it.
        seeds: for each root its seed, a number or a Symbol.
        ends: where the gradient stops.
        connected: for each place whether a gradient passes through it.
        passes_on: whether gradients will pass through what the sweep leaves. Such a sweep is written out.
    """
    program = recording.program
    if not passes_on and len(seeds) == 1 and not is_regular(program):
        root, seed = next(iter(seeds.items()))
        if not is_zero(seed):
            return deferred(recording, root, recording.place(seed), ends, connected)
    sums = adjoints(recording, seeds, ends, gathers=not passes_on and len(program.flat) >= FEWEST)
    sums.connected = passes_on
    return sums
