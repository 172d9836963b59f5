"""What Python's own prompt shows in `autograd-core repl`: results with all that IPython shows, and colours.

Python calls one hook to show a result and another to show an error. The texts are Python's own. What is typed has
colours since Python 3.14, whose editor sets them; readline, the editor of earlier versions, cannot.
"""

from __future__ import annotations

import builtins
import io
import shutil
import sys
from contextlib import redirect_stderr
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.highlighter import ReprHighlighter
from rich.text import Text

from autograd_core.commands.user_line import end_at_user, near_word_added
from autograd_core.companions import is_ours
from viz.picture.tree import has_colors

ERROR_PARTS: Final = (
    (r'(?m)(?<=^  File )".*?"', "magenta"),
    (r"(?m)(?<=, line )\d+", "magenta"),
    (r"(?m)(?<=\d, in ).*$", "magenta"),
    (r"(?m)^ +[~^]+$", "bold red"),
    (r"(?m)^[\w.]+(?=:|$)", "bold magenta"),
)
"""The parts of a traceback that have a colour, the same as in Python 3.13."""


class Screen:
    """As much of IPython's printer as the objects of this project use."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.output_width = self.buffer_width = 0
        self.max_width = shutil.get_terminal_size().columns - 1
        self.lines = [""]

    def text(self, text: str) -> None:
        """Write a text in the present line."""
        self.lines[-1] += text

    def break_(self) -> None:
        """Begin a line."""
        self.lines.append("")


def install() -> None:
    """Set the hooks of this process."""
    sys.displayhook = show_result
    sys.excepthook = show_error


def show_result(result: object) -> None:
    """Show the result of a statement, as `sys.displayhook` does."""
    colors = has_colors()
    if result is None or not (colors or _has_display(result)):
        sys.__displayhook__(result)
        return
    names = vars(builtins)
    names["_"] = None
    encoding = sys.stdout.encoding or "utf-8"
    for line in _text(result).encode(encoding, "backslashreplace").decode(encoding).split("\n"):
        if colors and "\x1b" not in line:  # else it has its colours already
            Console().print(ReprHighlighter()(line), soft_wrap=True)
        else:
            print(line)
    names["_"] = result


def show_error(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show an error, as `sys.excepthook` does; one of ours without the lines of the library."""
    end_at_user(error)
    with near_word_added(error), redirect_stderr(io.StringIO()) as written:
        sys.__excepthook__(kind, error, traceback)
    lines = written.getvalue()
    if not has_colors() or "\x1b" in lines:  # else it has its colours already
        sys.stderr.write(lines)
        return
    text = Text(lines)
    for pattern, style in ERROR_PARTS:
        text.highlight_regex(pattern, style)
    Console(stderr=True).print(text, soft_wrap=True, end="")


def _text(result: object) -> str:
    """What IPython shows of our objects, and the `repr` of others."""
    if not _has_display(result):
        return repr(result)
    screen = Screen()
    result._repr_pretty_(screen, False)  # type: ignore[attr-defined]
    return "\n".join(screen.lines)


def _has_display(result: object) -> bool:
    """Whether the display of an object is defined in this project."""
    own = next((base for base in type(result).__mro__ if "_repr_pretty_" in vars(base)), object)
    return is_ours(own.__module__)
