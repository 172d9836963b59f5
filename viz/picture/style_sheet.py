"""The style sheet of an SVG picture, made from the tables in `style`.

Every rule is scoped to the class of the picture, because a style in an inline SVG reaches the whole page.
"""

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


STYLE_SHEET: Final = "\n".join(
    [
        "",
        _css(_shapes()),
        _css(_colours(LIGHT, {kind: look.light for kind, look in LOOKS.items()}, TINTS_LIGHT)),
        "@media (prefers-color-scheme:dark){",
        _css(_colours(DARK, {kind: look.dark for kind, look in LOOKS.items()}, TINTS_DARK)),
        "}",
        "",
    ]
)
