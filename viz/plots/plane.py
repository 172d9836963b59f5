"""The plane in which paths of descent are drawn: that of two parameters, or that of the main directions of the paths.

The main directions are the right singular vectors of the matrix whose rows are the differences of all points from the
end of the best path, as in H. Li and others, "Visualizing the loss landscape of neural nets" (2018). Each path counts
as much as the others, however many points it has.

Few of many directions cannot show everything: the share of a plane is the part of the sum of these squared differences
that lies in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError
from autograd_core.text import did_you_mean
from viz.plots.canvas import words

if TYPE_CHECKING:
    from viz.plots.tracks import Tracks

SAME: Final = 1e-9
"""A second direction is drawn from the paths if they extend along it by more than this part of the first one."""


@dataclass(frozen=True)
class Plane:
    """A plane in the space of parameters.

    Attributes:
        origin: the point with the coordinates 0 and 0.
        axes: two directions of length 1 at a right angle.
        labels: what the two coordinates are.
        note: what the plane leaves out, in a line.
    """

    origin: list[float]
    axes: tuple[list[float], list[float]]
    labels: tuple[str, str]
    note: str

    def coordinates(self, points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
        """The coordinates of points, projected to the plane at a right angle."""
        import numpy as np

        with np.errstate(all="ignore"):  # a path that diverges
            away = np.array(points, "float64").reshape(len(points), -1) - self.origin
            return [(float(x), float(y)) for x, y in away @ np.array(self.axes).T]

    def at(self, x: float, y: float) -> list[float]:
        """The parameters at these coordinates."""
        first, second = self.axes
        return [o + x * a + y * b for o, a, b in zip(self.origin, first, second, strict=True)]


def plane_of(tracks: Tracks, weights: Sequence[str] | None) -> Plane:
    """The plane of two parameters with these names; of the main directions, if None and there are more than two.

    Raises:
        OperandTypeError: if `weights` is not a pair of strings.
        InputError: if a name is unknown, or both are the same.
    """
    if weights is None and len(tracks.names) > 2:
        return _main_plane(tracks)
    first, second = (0, 1) if weights is None else indices_of(weights, tracks.names)
    end = tracks.best_end()
    origin = [0.0 if index in (first, second) else x for index, x in enumerate(end)]
    axes = _unit(first, len(end)), _unit(second, len(end))
    others = len(end) - 2
    share = sum(_shares(_rows(tracks, end), axes))
    held = "the other parameter is" if others == 1 else f"the other {others} parameters are"
    note = f"{held} as at the best end; {share:.0%} of the paths lies in this plane" if others else ""
    return Plane(origin, axes, (words(tracks.names[first], 40), words(tracks.names[second], 40)), note)


def indices_of(weights: Any, names: Sequence[str]) -> tuple[int, int]:
    """The places of two parameters among all names.

    Raises:
        OperandTypeError: if `weights` is not a pair of strings.
        InputError: if a name is unknown, or both are the same.

    >>> indices_of(["b", "a"], ["a", "b"])
    (1, 0)
    """
    pair = [weights] if isinstance(weights, str) else list(weights)
    if len(pair) != 2 or not all(isinstance(name, str) for name in pair):
        raise OperandTypeError(f"expected the names of two parameters as weights, got {weights!r:.80}")
    for name in pair:
        if name not in names:
            hint = did_you_mean(name, names, most=2) or f"there are {', '.join(names[:6])}{' ...' * (len(names) > 6)}"
            raise InputError(f"expected the name of a parameter as weight, got {name!r:.60}; {hint}")
    if pair[0] == pair[1]:
        raise InputError(f"expected two different parameters as weights, got {pair[0]!r} twice")
    return names.index(pair[0]), names.index(pair[1])


def _unit(index: int, size: int) -> list[float]:
    return [float(place == index) for place in range(size)]


def _main_plane(tracks: Tracks) -> Plane:
    import numpy as np

    end = tracks.best_end()
    rows = _rows(tracks, end)
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    axes = []
    for length, direction in zip(lengths[:2], directions[:2], strict=True):
        if length > SAME * lengths[0]:
            axes.append(_signed(direction).tolist())
    while len(axes) < 2:  # the paths lie on a line, or do not move
        axes.append(_another(axes, len(end)))
    along = [f"{share:.0%}" for share in _shares(rows, axes)]
    labels = (f"Main direction 1 ({along[0]} of the paths)", f"Main direction 2 ({along[1]})")
    return Plane(end, (axes[0], axes[1]), labels, "")


def _rows(tracks: Tracks, end: Sequence[float]) -> Any:
    """The differences of all points from the end, scaled so that no square overflows and all paths count the same."""
    import numpy as np

    paths = [np.array(tracks.shown(track)) for track in tracks.paths]
    scale = max(float(np.abs(path).max()) for path in paths) or 1.0
    return np.vstack([(path / scale - np.array(end) / scale) / np.sqrt(len(path)) for path in paths])


def _shares(rows: Any, axes: Sequence[Sequence[float]]) -> list[float]:
    """The parts of the squared lengths of the rows along each axis."""
    import numpy as np

    largest = float(np.abs(rows).max()) or 1.0
    whole = float(((rows / largest) ** 2).sum()) or 1.0
    return [float((((rows / largest) @ np.array(axis)) ** 2).sum()) / whole for axis in axes]


def _signed(direction: Any) -> Any:
    """The direction, or its opposite: that in which the parameter that changes most grows."""
    import numpy as np

    return direction * (1.0 if direction[np.argmax(np.abs(direction))] > 0.0 else -1.0)


def _another(axes: Sequence[Sequence[float]], size: int) -> list[float]:
    """A direction at a right angle to the others: that of the parameter which changes least along them."""
    import numpy as np

    used = np.array(axes).reshape(-1, size)
    unit = np.array(_unit(int(np.argmin(np.abs(used).sum(axis=0))), size))
    rest = unit - used.T @ (used @ unit)
    return [float(x) for x in rest / np.linalg.norm(rest)]
