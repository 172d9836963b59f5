"""The style sheet of an SVG picture, made from the tables in `style`, and what it says of one element.

Every rule is scoped to the class of the picture, because a style in an inline SVG reaches the whole page. A printed
picture has no style sheet: `declared` finds what the rules say, as a browser does.
"""

import re
from functools import cache
from typing import Final

from viz.graph.graph import Kind
from viz.picture.encoding import USUAL_WIDTH
from viz.picture.style import DARK, FONT_SIZE, LIGHT, LOOKS, TINTS_DARK, TINTS_LIGHT, WIDTHS, Colours, Ink

CLASS: Final = "autograd-graph"


def tint_class(step: int) -> str:
    """The class of a node whose gradient has this step, as `n3` for -3."""
    return f"{'n' if step < 0 else 'p'}{abs(step)}"


def width_class(step: int) -> str:
    """The class of an edge whose contribution has this step."""
    return f"w{step}"


_Rules = list[tuple[str, str]]


def _shapes() -> _Rules:
    """The rules that do not depend on light or dark."""
    return [
        (".box", "stroke-width:1.3"),
        (".edge path", f"fill:none;stroke-width:{USUAL_WIDTH:g}"),
        *((f".{width_class(step)} path", f"stroke-width:{width:g}") for step, width in enumerate(WIDTHS)),
        (".w0 path", "stroke-dasharray:1 3"),
        (".edge .head", "stroke:none"),
        (".edge.plain path", "stroke-dasharray:3 3"),
        (f".{Kind.MARKER} .box", "stroke-dasharray:4 3"),
        (".flat .box", "stroke-dasharray:5 2"),
        (".name", "font-weight:bold"),
        (".symbol", "font-weight:bold"),
        ("text.bad", "font-weight:bold"),
        ("text.remark", "font-style:italic"),
        (".end", "text-anchor:end"),
        (".middle", "text-anchor:middle"),
        (".caption", f"font-size:{1.2 * FONT_SIZE:g}px"),
    ]


def _colours(ink: Ink, kinds: dict[Kind, Colours], tints: dict[int, str]) -> _Rules:
    """Colours for light or dark; later rules win over earlier ones that match the same element."""
    return [
        (".paper", f"fill:{ink.paper}"),
        ("text", f"fill:{ink.text}"),
        ("text.faint", f"fill:{ink.faint}"),
        (".edge path", f"stroke:{ink.edge}"),
        (".stroke path", f"stroke:{ink.edge}"),
        (".edge .head", f"fill:{ink.edge}"),
        (".edge:hover path", f"stroke:{ink.text}"),
        (".edge:hover .head", f"fill:{ink.text}"),
        *((f".{kind} .box", f"fill:{colours.fill};stroke:{colours.stroke}") for kind, colours in kinds.items()),
        *((f".{kind} .symbol", f"fill:{colours.stroke}") for kind, colours in kinds.items()),
        (".tint .box", f"stroke:{ink.edge}"),
        (".tint .symbol", f"fill:{ink.text}"),
        (".tint text.faint", f"fill:{ink.firm}"),
        *((f".{tint_class(step)} .box", f"fill:{fill}") for step, fill in tints.items()),
        ("text.bad", f"fill:{ink.warning}"),
        (".bad .box", f"fill:{ink.bad};stroke:{ink.warning}"),
        (".bad .symbol", f"fill:{ink.text}"),
        (".bad text.faint", f"fill:{ink.firm}"),
    ]


def _css(rules: _Rules) -> str:
    return "\n".join(f".{CLASS} {selector}{{{declarations}}}" for selector, declarations in rules)


_LIGHT_RULES: Final = _shapes() + _colours(LIGHT, {kind: look.light for kind, look in LOOKS.items()}, TINTS_LIGHT)
_DARK_RULES: Final = _colours(DARK, {kind: look.dark for kind, look in LOOKS.items()}, TINTS_DARK)

STYLE_SHEET: Final = "\n".join(
    ["", _css(_LIGHT_RULES), "@media (prefers-color-scheme:dark){", _css(_DARK_RULES), "}", ""]
)


@cache
def declared(tag: str, classes: str, around: str = "") -> dict[str, str]:
    """What the light rules say of an element in a group with the classes `around`; the more specific rule wins.

    >>> declared("path", "head", around="edge w3")["stroke-width"], declared("text", "end")["text-anchor"]
    ('2.1', 'end')
    """
    found = []
    for selector, declarations in _LIGHT_RULES:
        *outer, own = map(_parsed, selector.split())
        if _fits(own, tag, classes) and all(_fits(part, "g", around) for part in outer):
            weight = [sum(len(names) for _, names in (*outer, own)), sum(bool(name) for name, _ in (*outer, own))]
            found.append((weight, [part.split(":") for part in declarations.split(";")]))
    found.sort(key=lambda rule: rule[0])
    return {name: value for _, declarations in found for name, value in declarations}


_Simple = tuple[str, frozenset[str]]
"""A selector of one element: its tag, empty for any, and its classes."""


@cache
def _parsed(selector: str) -> _Simple:
    tag, *classes = re.split(r"\.", selector)
    return tag, frozenset(classes)


def _fits(selector: _Simple, tag: str, classes: str) -> bool:
    return selector[0] in ("", tag) and selector[1] <= {*classes.split()}
