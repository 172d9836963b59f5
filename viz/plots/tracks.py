"""The paths of descent that a plot is given, checked, and as plain numbers.

A descent is any object with `names`, `paths` and `loss`, such as `nn.descend` returns: the names of the parameters; for
each path its `name` and, for each of its points, `parameters`, `losses`, `updates` and `samples`; and a function from a
list of parameters to the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from autograd_core import InputError, OperandTypeError, ShapeError
from viz.graph.layers import number

ROOM: Final = 3.0
"""Losses are shown up to this many times the way from the lowest one to the start, above the start."""

_FACTOR: Final = 100.0
"""The same as a factor to the loss at the start, if no loss is lower."""

FAR: Final = 1e300
"""Numbers beyond this are drawn as if they were it, so that the length of an axis is a float."""

COLUMNS: Final = ("losses", "updates", "samples")


@dataclass(frozen=True)
class Track:
    """The path of one way of descent, as numbers; see `nn.DescentPath`."""

    name: str
    parameters: list[list[float]]
    losses: list[float]
    updates: list[float]
    samples: list[float]


@dataclass(frozen=True)
class Tracks:
    """All paths of a descent.

    Attributes:
        names: the names of the parameters.
        paths: at least one path of at least one point.
        loss: the loss for given parameters.
        limit: the largest loss that is shown, so that a path that diverges does not make the others invisible.
    """

    names: list[str]
    paths: list[Track]
    loss: Callable[[list[float]], Any]
    limit: float

    def shown(self, track: Track) -> list[list[float]]:
        """The points of a path that decide what part of the plane is shown: all but those that diverge."""
        pairs = zip(track.parameters, track.losses, strict=True)
        return [point for point, loss in pairs if loss <= self.limit and all(map(math.isfinite, point))]

    def leaves(self, track: Track) -> bool:
        """Whether a path ends where no loss is shown."""
        return not track.losses[-1] <= self.limit

    @property
    def decisive(self) -> list[Track]:
        """The paths that decide what part of the plane and of the axes is shown: those that stay; all, if all leave."""
        return [track for track in self.paths if not self.leaves(track)] or self.paths

    @property
    def all_leave(self) -> bool:
        """Whether no path stays."""
        return all(map(self.leaves, self.paths))

    def best_end(self) -> list[float]:
        """The end of the path that ends with the lowest loss; the start, if all leave."""
        if self.all_leave:
            return self.paths[0].parameters[0]
        return min(self.decisive, key=lambda track: track.losses[-1]).parameters[-1]


def tracks_of(descent: Any) -> Tracks:
    """The paths of a descent.

    Raises:
        OperandTypeError: if it has not the attributes that are needed.
        InputError: if there are no paths or no parameters, or a path has no points or does not begin with finite
            numbers.
        ShapeError: if the lists of a path differ in length.
    """
    missing = [name for name in ("names", "paths", "loss") if not hasattr(descent, name)]
    if missing or not callable(descent.loss):
        raise OperandTypeError(
            f"expected a descent with names, paths and a function loss, got {type(descent).__name__}; "
            "nn.descend(model, loss, samples, ways) makes one"
        )
    names = list(map(str, descent.names))
    paths = [_track_of(path, len(names)) for path in descent.paths]
    if not paths or not names:
        raise InputError(f"expected a descent with paths of parameters, got {len(paths)} paths of {len(names)}")
    starts = [path.losses[0] for path in paths]
    lowest = min(loss for path in paths for loss in path.losses if math.isfinite(loss))
    start = max(starts)
    room = ROOM * (start - lowest) or (_FACTOR - 1.0) * abs(start) or 1.0
    return Tracks(names, paths, descent.loss, min(start + room, FAR))


def _track_of(path: Any, width: int) -> Track:
    missing = [name for name in ("name", "parameters", *COLUMNS) if not hasattr(path, name)]
    if missing:
        raise OperandTypeError(f"expected a path with {', '.join(missing)}, got {type(path).__name__} without")
    points = [[number(x) for x in point] for point in path.parameters]
    losses, updates, samples = ([number(x) for x in getattr(path, name)] for name in COLUMNS)
    lengths = {len(points), len(losses), len(updates), len(samples)}
    if len(lengths) > 1 or any(len(point) != width for point in points):
        raise ShapeError(
            f"expected a point of {width} parameters, a loss, a number of updates and one of samples for each point of "
            f"{path.name!r:.40}, got lists of different lengths"
        )
    if not points or not all(map(math.isfinite, [losses[0], *points[0]])):
        raise InputError(f"expected {path.name!r:.40} to begin at finite numbers, got {'others' if points else 'none'}")
    return Track(str(path.name), points, losses, updates, samples)
