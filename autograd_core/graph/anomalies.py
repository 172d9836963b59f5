"""Anomalies in a forward pass, and the line of the user's code that they come from."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

from autograd_core import errors
from autograd_core.errors import AnomalyError
from autograd_core.table.op import Op

# Taken from a module that is never compiled: a compiled one has another `__file__` while it is being loaded.
_FOLDER: Final = os.path.join(os.path.dirname(errors.__file__), "")  # noqa: PTH118, PTH120 - pathlib is slow to import


def check_result(op: Op, numbers: Sequence[float], data: float) -> None:
    """Raise if an op has made a nan or an infinity of finite numbers, or a nan of infinities.

    Raises:
        AnomalyError: names the op, the numbers, the result, and the line of the user's code.
    """
    found = anomaly(op, numbers, data)
    if found:
        raise AnomalyError(f"{found}, at {caller()}")


def anomaly(op: Op, numbers: Sequence[float], data: float) -> str:
    """What an op has made of which numbers, if that is an anomaly; otherwise "".

    >>> from autograd_core import TABLE
    >>> anomaly(TABLE["log"], [0.0], -math.inf), anomaly(TABLE["log"], [1.0], 0.0)
    ('log(0.0) gave -inf', '')
    """
    infinite = math.isinf(data) and all(math.isfinite(x) for x in numbers)
    undefined = math.isnan(data) and not any(math.isnan(x) for x in numbers)
    if not infinite and not undefined:
        return ""
    shown = ", ".join(map(repr, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
    return f"{op.name}({shown}) gave {data!r}"


def caller_frame() -> FrameType:
    """The frame of the code outside of this package that runs now."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_FOLDER):
        frame = frame.f_back
    return frame


def caller() -> str:
    """The line of code outside of this package that runs now, as `file:line: code`."""
    from linecache import getline

    frame = caller_frame()
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    line = getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"{where}: {line}" if line else where
