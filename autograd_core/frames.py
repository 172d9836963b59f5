"""The local variables of a frame, read without harm, and where a traceback leaves the lines of the user.

Python 3.13.0 to 3.13.2 crash, or give an object that is none, when the frame is inside a comprehension whose variable
has the name of one that a function in it uses (https://github.com/python/cpython/issues/128396). There the variables
that inner functions use are left out.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Final

from autograd_core.companions import is_ours

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


def cut_after_user(error: BaseException) -> None:
    """Cut the traceback of an error after the last line that is not of this project.

    So a function of the user that the library calls stays visible, with the lines that lead to it.
    """
    last, traceback = None, error.__traceback__
    while traceback is not None:
        if not is_ours(traceback.tb_frame.f_globals.get("__name__", "")):
            last = traceback
        traceback = traceback.tb_next
    if last is not None:
        last.tb_next = None
