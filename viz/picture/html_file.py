"""A page: one self-contained HTML file that works offline, with data that its own script shows.

The file loads nothing. Its Content-Security-Policy allows only the script in it, by its hash, and no connections. Text
of the user is escaped in the markup, and an escaped JSON string in the data, which scripts show with `textContent`.

The parts lie in `viz/assets`: for each kind of page a template of its body, a style sheet and a script, and the frame
and the style sheet that all pages share.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import ClassVar, Final

from viz.picture import viewer
from viz.picture.finished import Finished
from viz.text import xml

_HEIGHT: Final = 720
"""Height of a page inside a notebook."""


@dataclass(frozen=True, repr=False)
class Page(Finished):
    """A page as it was when it was made.

    Attributes:
        html: the whole file.
        summary: what it shows, in one line.
    """

    html: str
    summary: str

    _kind: ClassVar[str] = "page"
    _file: ClassVar[str] = "page.html"

    @property
    def _content(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """One line: what is shown, how large it is, and how to see it."""
        return f"Page({self.summary}; {viewer.ways(self._file)})"

    def _bundle(self) -> dict[str, str]:
        """The page in a separate frame, which may only run its script."""
        frame = f'sandbox="allow-scripts" style="width:100%;height:{_HEIGHT}px;border:0"'
        return {"text/html": f'<iframe {frame} srcdoc="{xml(self.html)}"></iframe>'}


def compose(kind: str, title: str, summary: str, data: object, *, scripts: Sequence[str] = (), **markup: str) -> str:
    """The text of a file, made from the assets of its kind.

    Args:
        kind: the name of the assets, such as `page` for `page.html`, `page.css` and `page.js`.
        title: the heading, `printable`.
        summary: the line below it, `printable`, too.
        data: what the script reads, as JSON has it.
        scripts: names of scripts that come before that of the kind.
        markup: the parts of the template, which are markup already.
    """
    script = "\n".join(_asset(f"{name}.js") for name in (*scripts, kind))
    return Template(_asset("frame.html")).substitute(
        body=Template(_asset(f"{kind}.html")).substitute(markup),
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
