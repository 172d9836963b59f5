"""Flat buffers of typed Python and NumPy arrays in one memory."""

from __future__ import annotations

from typing import Any


class _Memory:
    """An array interface of memory that something else owns and keeps."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, interface: dict[str, Any], owner: Any) -> None:
        self.__array_interface__ = interface
        self.owner = owner


def view_of(buffer: Any) -> Any:
    """A NumPy array in the memory of a buffer. NumPy takes that for read-only, and is told otherwise."""
    import numpy as np

    interface = dict(np.asarray(memoryview(buffer)).__array_interface__)
    interface["data"] = (interface["data"][0], False)
    return np.asarray(_Memory(interface, buffer))


def fill(buffer: Any, numbers: Any) -> None:
    """Copy the numbers of an array into a buffer of the same length."""
    if len(numbers):
        view_of(buffer)[:] = numbers
