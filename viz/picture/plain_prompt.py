"""Whether Python's own prompt calls `repr`, to show the result of a statement.

IPython and notebooks have methods for what they show of an object. The prompt of `python` has only `repr`, which is
better one line wherever else it stands. A statement at the prompt ends in an instruction that shows its result; in code
of files there is none. So if that instruction is under way, the prompt shows the object, alone or in a list.
"""

import opcode
import sys
from typing import Final

SOURCES: Final = ("<stdin>", "<python-input-", "<console>")
"""How the file names of statements at a prompt begin: the last is that of `code.interact`."""

SHOW: Final = {("PRINT_EXPR", 0), ("CALL_INTRINSIC_1", 1)}
"""The instruction and its argument, up to Python 3.11 and since."""


def shows_result() -> bool:
    """Whether the prompt shows a result. The caller has to be the `__repr__` that the prompt may have called."""
    frame = sys._getframe(2)  # noqa: SLF001 - documented for such uses
    code, at = frame.f_code.co_code, frame.f_lasti
    return frame.f_code.co_filename.startswith(SOURCES) and (opcode.opname[code[at]], code[at + 1]) in SHOW
