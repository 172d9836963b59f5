"""`animate_descent`: the paths of descent as an animated SVG, in which all ways go through the samples at one pace.

The figure is that of `plot_descent`, with each path in pieces that appear one after the other, and a marker at the
present point. Time is the number of samples seen, which is what a step costs: while batch descent computes one step,
stochastic descent makes as many as there are samples.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from autograd_core.calls import explained
from viz.passes.film import HIDDEN, Animation, Timetables, check_seconds
from viz.plots.descent import Trace, draw_end, draw_part, drawn
from viz.plots.tracks import Track, Tracks
from viz.text import cut, number, plural, printable, xml

FRAMES: Final = 80
"""Most pictures of a film; points between two of them appear together."""

_BEGIN: Final = 0.8
_HOLD: Final = 3.0

_MARK: Final = re.compile(r'id="film-(\d+)"')


@explained()
def animate_descent(
    descent: Any, weights: Sequence[str] | None = None, *, resolution: int = 40, seconds: float = 8.0
) -> Animation:
    """An SVG that plays the paths of descent in a loop, without a script: what `plot_descent` shows, point by point.

    Time is the number of samples seen. Without animation, the picture is that of `plot_descent`.

    Args:
        descent: the paths, as for `plot_descent`.
        weights: the names of two parameters, as for `plot_descent`.
        resolution: number of points in each direction at which the loss is computed.
        seconds: the duration from the start to the ends; then the picture stays for 3 seconds.

    Raises:
        OperandTypeError: as for `plot_descent`, or if `seconds` is not a number.
        ShapeError: as for `plot_descent`.
        InputError: as for `plot_descent`, or if `seconds` is less than 0.1 or more than 3600.

    >>> from types import SimpleNamespace as Record
    >>> path = Record(name="batch", parameters=[[2.0, 1.0], [1.0, 0.2], [0.5, 0.0]], losses=[6.0, 1.08, 0.25],
    ...               updates=[0, 1, 2], samples=[0, 9, 18])
    >>> descent = Record(names=["w", "b"], paths=[path], loss=lambda p: p[0] ** 2 + 2 * p[1] ** 2)
    >>> animate_descent(descent, resolution=10)
    Animation(descent of w and b: batch to a loss of 0.25, 11.8 s; show() opens it, save('descent.svg') writes it)
    """
    length = check_seconds(seconds)
    tracks, figure, traces = drawn(descent, weights, resolution)
    film = _Film(max(track.samples[-1] for track in tracks.paths), length)
    for trace in traces:
        film.add(trace, tracks.paths[trace.index])
    picture = io.BytesIO()
    figure.savefig(picture, format="svg")
    return Animation(
        film.svg(picture.getvalue().decode(), _title(tracks), _described(tracks)),
        film.length,
        f"{_title(tracks)}: {_described(tracks)}",
        "descent.svg",
    )


class _Film:
    """The pieces of a picture and when each is visible.

    Args:
        samples: how many samples are seen in all.
        seconds: how long that takes.
    """

    def __init__(self, samples: float, seconds: float) -> None:
        self.length = _BEGIN + seconds + _HOLD
        self._seen = [samples * frame / FRAMES for frame in range(1, FRAMES + 1)]
        self._times = [_BEGIN + seconds * frame / FRAMES for frame in range(FRAMES + 1)]
        self._tables = Timetables()
        self._classes: list[str] = []

    def add(self, trace: Trace, track: Track) -> None:
        """Draw a path in pieces, and its present point."""
        # How many points are there at the start, and after each frame.
        counts = [1, *(max(1, bisect_right(track.samples, seen)) for seen in self._seen)]
        frames = [0, *(frame for frame in range(1, FRAMES + 1) if counts[frame] > counts[frame - 1])]
        for before, frame in pairwise(frames):
            draw_part(trace, counts[before] - 1, counts[frame], self._name([(self._times[frame], self.length)]))
        starts = [0.0, *(self._times[frame] for frame in frames[1:])]
        for frame, start, end in zip(frames, starts, [*starts[1:], self.length], strict=True):
            draw_end(trace, counts[frame] - 1, self._name([(start, end)], "" if end == self.length else "off "))

    def _name(self, spans: Sequence[tuple[float, float]], prefix: str = "") -> str:
        """The name of a piece that is visible in these spans."""
        self._classes.append(prefix + self._tables.seen(spans))
        return f"film-{len(self._classes) - 1}"

    def svg(self, picture: str, title: str, description: str) -> str:
        """The picture with the timetables of its pieces, without the XML declaration, so that pages can hold it."""
        body = _MARK.sub(lambda found: f'class="{self._classes[int(found[1])]}"', picture[picture.index("<svg ") :])
        mark = f"film-{sha256(body.encode()).hexdigest()[:8]}"
        opening, rest = body.split(">", 1)
        return (
            f'{opening.replace("<svg ", f"""<svg class="autograd-film {mark}" role="img" """, 1)}>\n'
            f"<title>{xml(title)}</title>\n<desc>{xml(description)}</desc>\n"
            f"<style>\n{HIDDEN}{self._tables.rules(mark, self.length)}</style>{rest}"
        )


def _title(tracks: Tracks) -> str:
    names = [cut(printable(name), 24) for name in tracks.names]
    return f"descent of {' and '.join(names) if len(names) < 3 else plural(len(names), 'parameter')}"


def _described(tracks: Tracks) -> str:
    ends = (f"{cut(printable(track.name), 40)} to a loss of {number(track.losses[-1])}" for track in tracks.paths)
    return ", ".join(ends)
