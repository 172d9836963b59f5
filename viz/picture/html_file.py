"""A page: one self-contained HTML file that works offline, with data that its own script shows.

The file loads nothing. Its Content-Security-Policy allows only the script in it, by its hash, and no connections. Text
of the user is escaped in the markup, and an escaped JSON string in the data, which scripts show with `textContent`.

The parts lie in `viz/assets`: for each kind of page a template, a style sheet and a script, and the style sheet that
all pages share.
"""

import base64
import hashlib
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from viz.picture import viewer
from viz.picture.saving import save_text
from viz.text import xml

_HEIGHT: Final = 720
"""Height of a page inside a notebook."""


@dataclass(frozen=True, repr=False)
class Page:
    """A page as it was when it was made.

    Attributes:
        html: the whole file.
        summary: what it shows, in one line.
    """

    html: str
    summary: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file that ends in `.html`. The write is atomic.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is not a path.
            InputError: if it has another ending.
            OSError: if the file cannot be written.
        """
        return save_text(path, self.html, "page", "page.html")

    def show(self) -> None:
        """Show the page: in a notebook below the cell, otherwise in a browser.

        On a machine without a screen the path of a file with the page is printed.
        """
        viewer.show(self, lambda: self.html, ".html")

    def __repr__(self) -> str:
        """One line: what is shown, how large it is, and how to see it."""
        return f"Page({self.summary}; {viewer.ways('page.html')})"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What a notebook shows: the page in a separate frame, which may only run its script."""
        bundle = {"text/plain": repr(self)}
        if (include is None or "text/html" in include) and "text/html" not in (exclude or ()):
            frame = f'sandbox="allow-scripts" style="width:100%;height:{_HEIGHT}px;border:0"'
            bundle["text/html"] = f'<iframe {frame} srcdoc="{xml(self.html)}"></iframe>'
        return bundle


def compose(kind: str, title: str, summary: str, data: object, *, scripts: Sequence[str] = (), **markup: str) -> str:
    """The text of a file, made from the assets of its kind.

    Args:
        kind: the name of the assets, such as `page` for `page.html`, `page.css` and `page.js`.
        title: the heading, `printable`.
        summary: the line below it, `printable`, too.
        data: what the script reads, as JSON has it.
        scripts: names of scripts that come before that of the kind.
        markup: further parts of the template, which are markup already.
    """
    script = "\n".join(_asset(f"{name}.js") for name in (*scripts, kind))
    return Template(_asset(f"{kind}.html")).substitute(
        markup,
        title=xml(title),
        summary=xml(summary),
        policy=_policy(script),
        style=_asset("common.css") + _asset(f"{kind}.css"),
        data=_embedded(data),
        script=script,
    )


def _asset(name: str) -> str:
    return files("viz").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """The Content-Security-Policy of the page: it may run this script, use its own styles, and load nothing.

    All styles are allowed, because with no source to load from they can only change how the page looks.
    """
    digest = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _embedded(data: object) -> str:
    """JSON inside a script element: without `<` nothing in it can end the element or begin a comment."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
