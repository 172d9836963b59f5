"""The local variables of a frame, read without harm.

Python 3.13.0 to 3.13.2 crash, or give an object that is none, when the frame is inside a comprehension whose variable
has the name of one that a function in it uses (https://github.com/python/cpython/issues/128396). There the variables
that inner functions use are left out.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Final

UNSAFE: Final = (3, 13) <= sys.version_info < (3, 13, 3)
"""Whether this Python reads variables that inner functions use without looking what they hold."""


def local_variables(frame: FrameType) -> dict[str, Any]:
    """The local variables of a frame and their values.

    >>> def double(x):
    ...     y = 2.0 * x
    ...     return local_variables(sys._getframe())
    >>> double(1.0)
    {'x': 1.0, 'y': 2.0}
    """
    variables = frame.f_locals
    unsafe = frozenset(frame.f_code.co_cellvars) if UNSAFE else frozenset[str]()
    return {name: variables[name] for name in list(variables) if name not in unsafe}
