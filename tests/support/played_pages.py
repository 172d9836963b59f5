"""What the page of `small` tells in its file and in a browser."""

import json
import re
from typing import Any, Final

from browser import Tab
from viz.passes.page import Page

FORWARD: Final = 3
LAST: Final = FORWARD + 1 + 6
"""Steps of `small`: the nodes, then the seed, then the edges."""


def storyboard_of(made: Page) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', made.html, re.DOTALL)
    assert found
    return json.loads(found[1])


def position(tab: Tab) -> int:
    return int(tab.run("document.body.dataset.position"))


def figures(tab: Tab, kind: str = "grad") -> dict[str, str]:
    """The texts of the boxes, by name."""
    script = f"""Object.fromEntries([...document.querySelectorAll("[data-node]")]
        .map(g => [g.querySelector(".name")?.textContent, g.querySelector(".figure.{kind}")?.textContent]))"""
    found: dict[str, str] = tab.run(script)
    return found


def node(name: str) -> str:
    return f'[data-node="{["a", "b", "e", "c", "d", "L"].index(name)}"]'


def classes(tab: Tab, name: str) -> set[str]:
    return set(tab.run(f"document.querySelector({json.dumps(node(name))}).getAttribute('class')").split())
