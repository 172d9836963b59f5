"""Modes: how operations behave inside a `with` block.

A mode belongs to the context (`contextvars`) that opened it, so threads and asynchronous tasks do not
see each other's. Looking up a context variable costs as much as a whole operation; so the operations
ask one plain number first: how many blocks are open anywhere. Only if some are do they look further.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Final

from mypy_extensions import i64

from autograd_core import errors
from autograd_core.errors import AnomalyError
from autograd_core.op import Op

# Of a module that is never compiled: one that is has another `__file__` while it is being loaded.
_FOLDER: Final = os.path.join(os.path.dirname(errors.__file__), "")  # noqa: PTH118, PTH120 - pathlib is slow to import


class Blocks:
    """The number of mode blocks that are open in the whole process."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open: i64 = 0


BLOCKS: Final[Blocks] = Blocks()

_COUNTING: Final = threading.Lock()
_recording: Final[ContextVar[bool]] = ContextVar("recording", default=True)
_detecting: Final[ContextVar[bool]] = ContextVar("detecting", default=False)


def is_recording() -> bool:
    """Whether operations record the graph here; false inside `no_grad`."""
    return _recording.get()


def is_detecting() -> bool:
    """Whether operations are checked here for nan and infinity; true inside `detect_anomaly`."""
    return _detecting.get()


def _count(change: int) -> None:
    with _COUNTING:
        BLOCKS.open += change


@contextmanager
def _mode(variable: ContextVar[bool], value: bool) -> Iterator[None]:
    token = variable.set(value)
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        variable.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are leaves, so nothing is kept for a backward pass.

    Usable as a block and as a decorator. Blocks nest, and the mode ends with the block however the
    block is left.

    >>> from autograd_core import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    """
    with _mode(_recording, False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record again inside a `no_grad` block.

    >>> from autograd_core import Value, enable_grad, no_grad
    >>> x = Value(3.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> len(y.inputs)
    2
    """
    with _mode(_recording, True):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise `AnomalyError` at the operation that first makes a nan or an infinity.

    An operation is to blame when its result is not finite although its inputs are, or is nan although
    no input is. The error of a backward pass names the source line that recorded the operation, if it
    was recorded inside such a block. Gradients are left as they were. Forward and
    backward pass take about 20 times as long in plain Python and 60 times compiled, so this is meant for
    finding a fault and not for training.

    >>> from autograd_core import Value, detect_anomaly, log
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(Value(-1.0))
    Traceback (most recent call last):
    autograd_core.errors.AnomalyError: log(-1.0) gave nan, at ...:2: log(Value(-1.0))
    """
    with _mode(_detecting, True):
        yield


@contextmanager
def suspend_detection() -> Iterator[None]:
    """Look away for a while: a formula may compute what it then does not use."""
    with _mode(_detecting, False):
        yield


def check_result(op: Op, numbers: Sequence[float], data: float) -> None:
    """Raise `AnomalyError` if an op made a nan or an infinity of numbers that were none."""
    infinite = math.isinf(data) and all(math.isfinite(x) for x in numbers)
    undefined = math.isnan(data) and not any(math.isnan(x) for x in numbers)
    if infinite or undefined:
        shown = ", ".join(map(repr, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
        raise AnomalyError(f"{op.name}({shown}) gave {data!r}, at {caller()}")


def caller_frame() -> FrameType:
    """The frame of the code outside this package that is being executed."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame = frame.f_back
    return frame


def caller() -> str:
    """The line of code outside this package that is being executed."""
    from linecache import getline

    frame = caller_frame()
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    line = getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"{place}: {line}" if line else place
