"""Memory that is kept for further graphs.

Compiled nodes are allocated in pools of 64 KiB. A pool whose nodes are all freed is kept for the next graph, because
getting its memory from the system again takes about as long as the arithmetic of a graph. `.build/pools.h` explains how
pools work.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.graph.node import Node


def release_memory() -> int:
    """Return the memory that is kept for further graphs to the system; the result is the number of bytes.

    At most 128 MiB are kept, and half of the unused memory is returned automatically after every few million nodes. A
    call helps a program that has dropped a large graph and goes on to other work, or whose memory is limited.

    Memory is kept in the compiled build for CPython with its global interpreter lock, except on Windows. Elsewhere, and
    if the environment variable PYTHONMALLOC is set, nodes come from Python's own allocator and nothing is kept;
    `tracemalloc` sees nodes in that case only.

    >>> from autograd_core import release_memory
    >>> kept = release_memory()
    >>> release_memory()
    0
    """
    release: Callable[[], int] | None = getattr(Node, "_release_pools", None)
    return 0 if release is None else release()
