"""Tracebacks that end at the user's line.

An error of this project tells its user what to write instead. At the prompt, the lines of the library that found the
error say nothing about that, and their number varies. Other errors keep all their lines.
"""

from __future__ import annotations

from autograd_core import AutogradError
from autograd_core.companions import is_ours


def end_at_user(error: BaseException) -> None:
    """Cut the traceback of one of our errors after the last line that is not of this project.

    So a function of the user that the library calls stays visible, with the lines that lead to it.
    """
    last = None
    traceback = error.__traceback__ if isinstance(error, AutogradError) else None
    while traceback is not None:
        if not is_ours(traceback.tb_frame.f_globals.get("__name__", "")):
            last = traceback
        traceback = traceback.tb_next
    if last is not None:
        last.tb_next = None
