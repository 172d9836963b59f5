"""The texts of a figure of matplotlib as they are drawn: which are cut at its edges, and which cover each other."""

from itertools import combinations
from typing import Any, NamedTuple


class Drawn(NamedTuple):
    """A text and its box in pixels."""

    text: str
    box: Any


def drawn_texts(figure: Any) -> list[Drawn]:
    """All texts that are drawn."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    hidden = {label for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for label in _outside(axis)}
    found = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [Drawn(text.get_text(), text.get_window_extent()) for text in found if text not in hidden]


def _outside(axis: Any) -> list[Any]:
    """The labels of ticks beyond the ends of an axis, which matplotlib does not draw."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    is_in = [tick.get_visible() and low - slack <= tick.get_loc() <= high + slack for tick in ticks]
    return [label for tick, seen in zip(ticks, is_in, strict=True) if not seen for label in (tick.label1, tick.label2)]


def cut_texts(figure: Any) -> list[str]:
    """The texts that extend beyond an edge of the figure by more than a pixel."""
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text
        for text, box in drawn_texts(figure)
        if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def covered_texts(figure: Any) -> list[tuple[str, str]]:
    """The pairs of texts whose boxes overlap by more than two pixels in both directions."""
    return [
        (one.text, other.text)
        for one, other in combinations(drawn_texts(figure), 2)
        if min(one.box.x1, other.box.x1) - max(one.box.x0, other.box.x0) > 2
        and min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0) > 2
    ]
