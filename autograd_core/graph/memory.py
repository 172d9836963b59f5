"""Memory that is kept for further graphs.

Compiled nodes lie in pools of 64 KiB, and a pool whose nodes are all gone is kept for the next graph: to fetch its
memory from the system anew takes about as long as the arithmetic of a graph. `.build/pools.h` says how pools work.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.graph.node import Node


def release_memory() -> int:
    """Give the memory that is kept for further graphs back to the system, and return how many bytes that is.

    At most 128 MiB are kept, and half of what lies idle goes back by itself whenever another few million nodes have
    come and gone. Calling it helps a program that has dropped a large graph and turns to other work, or that runs
    under a limit of memory.

    Memory is kept in the compiled build for CPython with its global interpreter lock, except on Windows. Elsewhere,
    and if the environment variable PYTHONMALLOC is set, nodes come from Python's own allocator and nothing is kept;
    `tracemalloc` sees nodes in that case only.

    >>> from autograd_core import release_memory
    >>> kept = release_memory()
    >>> release_memory()
    0
    """
    release: Callable[[], int] | None = getattr(Node, "_release_pools", None)
    return 0 if release is None else release()
