"""Shows a finished picture or page: in the notebook that asks for it, otherwise in the program that opens such files.

That program reads a file. The file is a temporary one that stays, because the program may read it again at any time.
"""

import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, TypeVar

Content = TypeVar("Content", bound=str | bytes)

PLAIN: Final = "text/plain"
"""The format that a notebook always gets."""

_WINDOWED: Final = ("win32", "darwin")
"""Systems on which a user who is logged in has a screen."""

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""What the environment names on other systems if there is a screen, or a program that reaches one."""

LEGIBLE: Final = 0.75
"""How far a narrow notebook shrinks a picture, whose texts are then 9 points high. A still wider one is scrolled."""


def show(picture: object, content: Callable[[], str | bytes], ending: str) -> None:
    """Show a picture; on a machine without a screen, print where its file is.

    Args:
        picture: the object, which displays itself in a notebook.
        content: makes what a file of it contains, which a notebook does not need.
        ending: the ending of that file, such as `".svg"`.

    Raises:
        OSError: if the file cannot be written.
    """
    if _in_notebook():
        from IPython.display import display

        display(picture)  # type: ignore[no-untyped-call]
        return
    made = content()
    with tempfile.NamedTemporaryFile(prefix="autograd-core-", suffix=ending, delete=False) as file:
        file.write(made.encode() if isinstance(made, str) else made)
    if not (_has_screen() and webbrowser.open(Path(file.name).as_uri())):
        print(f"no screen to show it on; it is in the file {file.name}")


def wanted(
    bundle: Mapping[str, Content], include: Collection[str] | None, exclude: Collection[str] | None
) -> dict[str, Content]:
    """The formats that a notebook asks for, and plain text in any case.

    >>> wanted({"text/plain": "a", "text/html": "b", "image/svg+xml": "c"}, ["text/html"], None)
    {'text/plain': 'a', 'text/html': 'b'}
    """
    return {
        kind: content
        for kind, content in bundle.items()
        if kind == PLAIN or ((include is None or kind in include) and kind not in (exclude or ()))
    }


def ways(file: str) -> str:
    """How to see the picture, for its `repr`, given the name of a file.

    >>> ways("graph.svg")
    "show() opens it, save('graph.svg') writes it"
    """
    return f"show() opens it, save({file!r}) writes it"


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook. Only then does `display` show pictures."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def _has_screen() -> bool:
    """Whether a browser can open a window. Otherwise one that works in the terminal would take it over."""
    return sys.platform in _WINDOWED or any(map(os.environ.get, _SCREENS))


def fitting(svg: str) -> str:
    """An SVG that shrinks with a narrow notebook, as far as its texts stay legible."""
    width = float(svg.partition('width="')[2].partition('"')[0])
    style = f"width:100%;max-width:{width:g}px;min-width:{LEGIBLE * width:g}px;height:auto"
    return svg.replace("<svg ", f'<svg style="{style}" ', 1)
