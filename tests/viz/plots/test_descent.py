"""Paths of descent in pictures: where they are drawn, what the plane and its contours are, and how a film goes."""

import math
import re
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("matplotlib")

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import AutogradError, InputError, OperandTypeError, ShapeError
from browser import Browser, needs_chromium
from viz import animate_descent, plot_descent
from viz.passes.film import Animation
from viz.plots.colours import LINES
from viz.plots.landscape import box_around, losses_on
from viz.plots.plane import plane_of
from viz.plots.tracks import tracks_of

Point = Sequence[float]


def bowl(point: Point) -> float:
    return sum((index + 1) * x * x for index, x in enumerate(point))


def descent(*paths: Sequence[Point], loss: Callable[[Point], float] = bowl, per: int = 5, **other: Any) -> Any:
    """A record of paths as a user may write it, in which an update takes `per` samples."""
    made = [
        SimpleNamespace(
            name=f"path {number}",
            parameters=points,
            losses=[loss(point) for point in points],
            updates=list(range(len(points))),
            samples=[per * update for update in range(len(points))],
        )
        for number, points in enumerate(paths)
    ]
    return SimpleNamespace(
        **{"names": [f"w{index}" for index in range(len(paths[0][0]))], "paths": made, "loss": loss} | other
    )


TWO: Final = descent([[2.0, 1.0], [1.0, 0.2], [0.5, 0.0]], [[2.0, 1.0], [1.5, 0.5]])
THREE: Final = descent([[2.0, 1.0, 3.0], [1.0, 0.2, 1.0], [0.5, 0.25, 0.4]], [[2.0, 1.0, 3.0], [1.5, 0.5, -1.0]])


def drawn(made: Any, **options: Any) -> list[Any]:
    """The axes of a plot without the types of matplotlib: the plane, the two of the losses, and the bar."""
    return list(plot_descent(made, **{"resolution": 10} | options).axes)


def lines(ax: Any, index: int) -> list[list[tuple[float, float]]]:
    """The coordinates of what is drawn of a path: its line and its end."""
    found = [line for line in ax.lines if line.get_color() == LINES[index].colour and len(line.get_xdata())]
    return [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in found]


def legend(figure: Any) -> list[str]:
    """The names in the legend of a figure."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


# ---- What is drawn ---------------------------------------------------------------------------------------------------


def test_two_parameters_are_the_plane_and_paths_have_their_points_and_ends() -> None:
    plane, above, below, bar = drawn(TWO)
    assert (plane.get_xlabel(), plane.get_ylabel(), plane.get_title()) == ("w0", "w1", "")
    assert lines(plane, 0) == [[(2.0, 1.0), (1.0, 0.2), (0.5, 0.0)], [(0.5, 0.0)]]
    assert lines(plane, 1) == [[(2.0, 1.0), (1.5, 0.5)], [(1.5, 0.5)]]
    starts = [line for line in plane.lines if line.get_markerfacecolor() == "none"]
    assert [(*line.get_xdata(), *line.get_ydata()) for line in starts] == [(2.0, 1.0)]
    losses = TWO.paths[0].losses
    assert lines(above, 0)[0] == list(zip([0, 1, 2], losses, strict=True))
    assert lines(below, 0)[0] == list(zip([0, 5, 10], losses, strict=True))
    assert (above.get_xlabel(), below.get_xlabel(), bar.get_ylabel()) == (
        "Updates",
        "Samples seen",
        "Loss over all samples",
    )
    assert legend(plane.figure) == ["path 0", "path 1"]
    assert above.get_legend() is None


def test_chosen_weights_hold_the_others_at_the_best_end() -> None:
    calls: list[Point] = []

    def loss(point: Point) -> float:
        calls.append(list(point))
        return bowl(point)

    made = descent(*(path.parameters for path in THREE.paths), loss=loss)
    calls.clear()
    plane, *_ = drawn(made, weights=["w2", "w0"])
    assert {point[1] for point in calls} == {0.25}  # as at the end of the first path
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("w2", "w0")
    assert lines(plane, 1)[0] == [(3.0, 2.0), (-1.0, 1.5)]
    assert "the other parameter is as at the best end; 9" in plane.get_title()


def test_the_share_of_a_plane_is_that_of_the_squared_distances_and_paths_count_the_same() -> None:
    end = np.array([0.5, 0.25, 0.4])
    squares = [((np.array(path.parameters) - end) ** 2).mean(axis=0) for path in THREE.paths]
    share = sum(part[0] + part[2] for part in squares) / sum(part.sum() for part in squares)
    assert f"; {share:.0%} of the paths" in drawn(THREE, weights=["w0", "w2"])[0].get_title()


@st.composite
def some_paths(draw: st.DrawFn) -> list[list[list[float]]]:
    """Paths from one start in a space of three to five directions."""
    point = st.lists(st.floats(-3.0, 3.0, width=16), min_size=(size := draw(st.integers(3, 5))), max_size=size)
    start = draw(point)
    return draw(st.lists(st.lists(point, max_size=4).map(lambda rest: [start, *rest]), min_size=1, max_size=3))


@given(some_paths())
def test_main_directions_are_the_plane_through_the_best_end_with_most_of_the_paths(
    paths: list[list[list[float]]],
) -> None:
    tracks = tracks_of(descent(*paths))
    plane = plane_of(tracks, None)
    axes = np.array(plane.axes)
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-9)
    end = tracks.best_end()
    assert plane.origin == end == plane.at(0.0, 0.0)
    assert plane.coordinates([plane.at(0.5, -2.0)])[0] == pytest.approx((0.5, -2.0), abs=1e-9)
    rows = np.vstack([(np.array(tracks.shown(t)) - end) / len(tracks.shown(t)) ** 0.5 for t in tracks.paths])

    along = [float(((rows @ axis) ** 2).sum()) for axis in axes]
    most = sorted(np.linalg.eigvalsh(rows.T @ rows))[-2:]
    assert sum(along) == pytest.approx(sum(most), abs=1e-9)
    found = [int(share) for label in plane.labels for share in re.findall(r"\((\d+)%", label)]
    whole = float((rows**2).sum())
    assert found == pytest.approx([100 * one / whole if whole else 0.0 for one in along], abs=0.51)


def test_paths_on_a_line_lie_on_the_first_main_direction() -> None:
    plane, *_ = drawn(descent([[3.0, 3.0, 3.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]))
    xs, ys = zip(*lines(plane, 0)[0], strict=True)
    assert xs == pytest.approx([12.0**0.5, 3.0**0.5, 0.0])
    assert ys == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    assert (plane.get_xlabel(), plane.get_ylabel()) == (
        "Main direction 1 (100% of the paths)",
        "Main direction 2 (0%)",
    )


def test_directions_that_the_paths_leave_open_are_those_of_parameters() -> None:
    line = plane_of(tracks_of(descent([[12.0, 6.0, 3.0], [8.0, 4.0, 2.0], [4.0, 2.0, 1.0]])), None)
    assert line.axes[1] == pytest.approx(np.array([-4.0, -2.0, 20.0]) / 420.0**0.5)
    still = plane_of(tracks_of(descent([[3.0, 3.0, 3.0]] * 2)), None)
    assert still.axes == ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])


def test_one_parameter_is_a_curve() -> None:
    plane, *_ = drawn(descent([[2.0], [-1.0], [0.5]]))
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("w0", "Loss over all samples")
    assert lines(plane, 0)[0] == [(2.0, 4.0), (-1.0, 1.0), (0.5, 0.25)]
    curve = plane.lines[0]
    assert list(curve.get_ydata()) == pytest.approx([x * x for x in curve.get_xdata()])
    with pytest.raises(InputError, match="no weights to choose for a model with one parameter"):
        drawn(descent([[2.0]]), weights=["w0", "w0"])


def test_axes_have_the_same_scale_if_that_is_possible() -> None:
    near, far = box_around([(0.0, 0.0), (1.0, 5.0)]), box_around([(0.0, 0.0), (1.0, 50.0)])
    assert near.is_square
    assert near.x[1] - near.x[0] == pytest.approx(near.y[1] - near.y[0])
    assert not far.is_square
    assert far.x[0] < 0.0
    assert 1.0 < far.x[1] < 2.0
    assert drawn(TWO)[0].get_aspect() == 1.0
    assert drawn(descent([[1.0, 1000.0], [0.0, 0.0]]))[0].get_aspect() == "auto"


def test_counts_that_differ_much_are_on_a_logarithmic_axis() -> None:
    made = descent([[2.0, 1.0]] * 3, [[2.0, 1.0]] * 40)
    assert [ax.get_xscale() for ax in drawn(made)[1:3]] == ["symlog", "symlog"]
    assert [ax.get_xscale() for ax in drawn(TWO)[1:3]] == ["linear", "linear"]


def test_losses_that_differ_much_are_on_a_logarithmic_axis() -> None:
    assert drawn(descent([[4.0, 0.0], [1.0, 0.0]]))[1].get_yscale() == "log"
    assert drawn(descent([[2.0, 0.0], [1.0, 0.0]]))[1].get_yscale() == "linear"
    negative = descent([[4.0, 0.0], [1.0, 0.0]], loss=lambda p: bowl(p) - 8.0)
    assert drawn(negative)[1].get_yscale() == "linear"


def test_each_path_differs_in_dashes_and_markers_so_that_grey_print_tells_them_apart() -> None:
    plane = drawn(descent(*[[[2.0, 1.0], [float(n), 0.5]] for n in range(5)]))[0]
    looks = {(line.get_linestyle(), line.get_marker()) for line in plane.lines if len(line.get_xdata()) == 2}
    assert len(looks) == 5


def test_no_two_of_many_paths_look_the_same() -> None:
    figure: Any = plot_descent(descent(*[[[2.0, 1.0], [float(n), 0.5]] for n in range(24)]), resolution=2)
    handles = figure.legends[0].legend_handles
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in handles}) == 24
    plane = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in plane}) == 24


@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize(
    "name", ["batch", "mini-batches of 8 with momentum", "a way of descent with a long name, " * 2]
)
def test_a_legend_is_not_cut_and_takes_no_room_of_the_panels(count: int, name: str) -> None:
    made = descent(*[[[2.0, 1.0], [float(n), 0.5]] for n in range(count)])
    for number, path in enumerate(made.paths):
        path.name = f"{number} {name}"
    figure: Any = plot_descent(made, resolution=2)
    figure.draw_without_rendering()
    frame, box = figure.bbox, figure.legends[0].get_window_extent()
    assert frame.x0 <= box.x0 < box.x1 <= frame.x1
    assert frame.y0 <= box.y0
    assert box.y1 < min(ax.get_window_extent().y0 for ax in figure.axes)
    assert min(ax.get_window_extent().height for ax in figure.axes) > 0.8 * figure.dpi


def test_in_a_figure_of_a_user_the_legend_is_in_a_panel() -> None:
    from matplotlib.figure import Figure

    whole = Figure(figsize=(8, 4), layout="constrained")
    plot_descent(TWO, resolution=2, ax=whole.subplots())
    assert whole.legends == []
    above: Any = next(ax for ax in whole.axes if ax.get_xlabel() == "Updates")
    assert [text.get_text() for text in above.get_legend().get_texts()] == ["path 0", "path 1"]
    whole.draw_without_rendering()
    assert above.get_window_extent().width > 1.5 * whole.dpi


# ---- Contours --------------------------------------------------------------------------------------------------------


def levels(ax: Any) -> list[float]:
    return [float(tick.get_text().replace("\N{MINUS SIGN}", "-")) for tick in ax.get_yticklabels()]


def test_the_bar_names_losses_at_equal_distances_of_a_logarithmic_scale() -> None:
    *_, bar = drawn(TWO, resolution=30)
    named = levels(bar)
    plane = drawn(TWO)[0]
    xs, ys = (np.linspace(low, high, 30) for low, high in (plane.get_xlim(), plane.get_ylim()))
    grid = [bowl([x, y]) for x in xs for y in ys]
    assert named[0] == pytest.approx(min(grid), rel=0.01, abs=1e-4)
    assert named[-1] == pytest.approx(max(grid), rel=0.01)
    heights = [loss - named[0] for loss in named]
    ratios = [later / earlier for earlier, later in pairwise(heights[2:])]
    assert max(ratios) < 1.3 * min(ratios)


def test_a_loss_that_is_not_finite_is_hatched_and_one_beyond_the_floats_too() -> None:
    def loss(point: Point) -> float:
        return math.inf if point[0] > 1.1 else math.exp(-5000.0 * min(0.0, point[0])) + point[1] ** 2

    made = descent([[1.0, 1.0], [0.0, 0.0]], loss=loss)
    plane, *_ = drawn(made)
    assert [text.get_text() for text in plane.texts] == ["hatched: not finite"]
    assert ["////"] in [getattr(part, "hatches", []) for part in plane.collections]
    grid = losses_on(lambda x, y: loss([x, y]), [-1.0, 0.5, 2.0], [0.0])
    assert [math.isnan(x) for x in grid[0]] == [True, False, True]
    finite, *_ = drawn(TWO)
    assert not finite.texts
    assert ["////"] not in [getattr(part, "hatches", []) for part in finite.collections]


EXTREMES: Final = {
    "one point": descent([[1.0, 2.0]]),
    "one update": descent([[1.0, 2.0], [0.5, 1.0]]),
    "no move": descent([[3.0, 3.0, 3.0], [3.0, 3.0, 3.0]]),
    "one parameter, no move": descent([[0.0]]),
    "equal paths": descent([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]], [[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]]),
    "huge losses": descent(
        [[2.0, 1.0], [1.0, 0.5], [0.0, 0.0]], loss=lambda p: math.exp(min(700.0, 300.0 * abs(p[0] + p[1])))
    ),
    "largest losses": descent([[1.0, 0.0], [-1.0, 0.0]], loss=lambda p: 1.7e308 * max(-1.0, min(1.0, p[0]))),
    "huge parameters": descent(
        [[2e300, 1e300, 1e300], [1e300, 5e299, -1e300], [0.0, 0.0, 1.0]], loss=lambda p: bowl([x / 1e300 for x in p])
    ),
    "small parameters": descent([[1e-200, 1e-200], [1e-201, 0.0]], loss=lambda p: bowl([x * 1e150 for x in p])),
    "a small move": descent([[1e9, 1.0], [1e9 + 1e-6, 0.5]], loss=lambda p: (p[0] - 1e9) ** 2 + p[1] ** 2),
    "all equal": descent([[0.5, 1.0], [0.1, 0.1]], loss=lambda _: 3.0),
    "all 0": descent([[0.5, 1.0], [0.1, 0.1]], loss=lambda _: 0.0),
    "all climb": descent([[1.0, 1.0], [10.0, -10.0], [-1e5, 1e5], [1e200, 1e200]], [[1.0, 1.0], [2.0, -2.0]]),
    "nan at the end": descent([[1.0, 1.0, 0.0], [-1e5, 1e5, 3.0], [math.inf, math.nan, 1e200]], [[1.0, 1.0, 0.0]]),
    "odd names": descent([[1.0, 1.0], [0.5, 0.2]], names=["_a$", "w" * 100 + "^_$"]),
}


@pytest.mark.parametrize("made", EXTREMES.values(), ids=EXTREMES)
def test_extremes_are_drawn_without_a_warning(made: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ET.fromstring(animate_descent(made, resolution=4).svg)  # noqa: S314 - our own
    limits = [number for ax in drawn(made, resolution=2) for number in (*ax.get_xlim(), *ax.get_ylim())]
    assert all(map(math.isfinite, limits))


def test_a_path_that_diverges_leaves_the_others_visible_and_is_named() -> None:
    made = descent([[1.0, 1.0], [1.5, -1.0], [-1e5, 1e5], [1e200, 1e200]], [[1.0, 1.0], [0.2, -0.2]])
    plane, above, *_ = drawn(made)
    assert legend(plane.figure) == ["path 0 (diverges)", "path 1"]
    assert max(map(abs, (*plane.get_xlim(), *plane.get_ylim()))) < 5.0
    assert bowl([1.0, 1.0]) < above.get_ylim()[1] < 1.5 * bowl([1.0, 1.0])


def test_paths_that_stay_decide_what_is_shown() -> None:
    stays = [[2.0, 1.0], [1.0, 0.2], [0.5, 0.0]]
    climbs = [[2.0, 1.0], [3.0, 1.5], *([1.5**n, 1.0] for n in range(4, 30))]
    for alone, both in zip(drawn(descent(stays)), drawn(descent(stays, climbs)), strict=True):
        assert alone.get_xlim() == both.get_xlim()
        assert alone.get_ylim() == both.get_ylim()


@pytest.mark.parametrize("loss", [bowl, lambda p: 1.0 + 0.1 * bowl(p)])
def test_a_path_that_diverges_ends_with_a_hollow_marker_at_the_edge(loss: Callable[[Point], float]) -> None:
    climbs = [[2.0, 1.0], [1.5, 0.5], [-2.0, 8.0], [1.0, 1.0], [1.0, 0.75], [9.0, 0.75], [-1e3, -1e6]]
    for ax in drawn(descent(climbs, [[2.0, 1.0], [0.5, 0.0]], loss=loss))[:3]:
        path, end = [line for line in ax.lines if line.get_color() == LINES[0].colour and len(line.get_xdata())]
        assert (end.get_markerfacecolor(), end.get_clip_on()) == ("white", False)
        (x, y), (low, high), (bottom, top) = end.get_xydata()[0], ax.get_xlim(), ax.get_ylim()
        assert (x, y) == tuple(path.get_xydata()[-1])
        assert min(abs(x - high) / (high - low), abs(y - top) / (top - bottom)) < 1e-9
        inside = path.get_xydata()[-2]
        assert low <= inside[0] <= high
        assert bottom <= inside[1] <= top
    plane = drawn(descent(climbs, [[2.0, 1.0], [0.5, 0.0]]))[0]
    assert lines(plane, 0)[1][0] == pytest.approx((plane.get_xlim()[1], 0.75))


def test_if_all_paths_diverge_the_losses_show_how() -> None:
    factor = [[(-3.0) ** n, 0.0] for n in range(60)]
    _, above, below, _ = drawn(descent(factor, factor[:40]))
    assert above.get_yscale() == "log"
    assert 1e12 <= above.get_ylim()[1] < 1e14
    for ax in (above, below):
        shown = [x for x, y in lines(ax, 0)[0] if y <= ax.get_ylim()[1]]
        assert max(shown) > 0.8 * ax.get_xlim()[1]


# ---- Wrong arguments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "made", "options", "message"),
    [
        (OperandTypeError, 3, {}, "a descent with names, paths and a function loss, got int; nn.descend"),
        (OperandTypeError, SimpleNamespace(names=[], paths=[], loss=3), {}, "a descent with .* got SimpleNamespace"),
        (InputError, SimpleNamespace(names=["a", "b"], paths=[], loss=bowl), {}, "paths of parameters, got 0 paths of"),
        (OperandTypeError, descent([[1.0, 1.0]], paths=[3]), {}, "a path with name, parameters, .* got int without"),
        (ShapeError, descent([[1.0, 1.0]], names=["a"]), {}, "a point of 1 parameters, a loss, .* 'path 0'"),
        (InputError, descent([[math.nan, 1.0]]), {}, "expected 'path 0' to begin at finite numbers, got others"),
        (InputError, TWO, {"resolution": 1}, "a resolution of at least 2, got 1"),
        (OperandTypeError, TWO, {"resolution": "a"}, "a whole number as resolution, got 'a'"),
        (OperandTypeError, TWO, {"resolution": 2.5}, "a whole number as resolution, got 2.5"),
        (OperandTypeError, TWO, {"resolution": True}, "a whole number as resolution, got True"),
        (InputError, TWO, {"weights": ["w0", "w3"]}, "the name of a parameter as weight, got 'w3'; there are w0, w1"),
        (InputError, TWO, {"weights": ["w0", "w0"]}, "two different parameters as weights, got 'w0' twice"),
        (OperandTypeError, TWO, {"weights": "w0"}, "the names of two parameters as weights, got 'w0'"),
        (OperandTypeError, TWO, {"weights": [0, 1]}, r"the names of two parameters as weights, got \[0, 1\]"),
    ],
)
@pytest.mark.parametrize("show", [plot_descent, animate_descent])
def test_wrong_arguments(
    show: Callable[..., Any], error: type[AutogradError], made: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(error, match=message):
        show(made, **options)


def test_an_error_of_the_loss_is_raised() -> None:
    def wrong(point: Point) -> float:
        raise ShapeError("too many")

    made = SimpleNamespace(names=TWO.names, paths=TWO.paths, loss=wrong)
    with pytest.raises(ShapeError, match="too many"):
        plot_descent(made)


# ---- The film --------------------------------------------------------------------------------------------------------

SLOW_AND_FAST: Final = descent([[2.0, 1.0], [1.0, 0.5], [0.5, 0.0]], [[2.0, 1.0], [0.5, 0.5]])
for step, samples in ((0, [0, 10, 20]), (1, [0, 20])):
    SLOW_AND_FAST.paths[step].samples = samples


def film() -> Animation:
    return animate_descent(SLOW_AND_FAST, resolution=6, seconds=4.0)


def test_a_film_has_the_same_bytes_each_time_and_loads_nothing() -> None:
    svg = film().svg
    assert film().svg == svg
    ET.fromstring(svg)  # noqa: S314 - our own
    assert svg.startswith("<svg class=")
    assert not re.search(r"<script|@import|on\w+=|<dc:date>", svg)
    assert not [link for link in re.findall(r'href="(.*?)"', svg) if not link.startswith("#")]


def test_each_piece_of_a_film_begins_where_the_last_one_ended() -> None:
    pieces = re.findall(r'<g class="timed t\d+">\s*<path d="M (\S+ \S+) \s*L (\S+ \S+) \s*"', film().svg)
    assert len(pieces) == 3 * (2 + 1)  # in each panel
    for panel in range(3):
        (start, middle), (after, _), (other, _) = pieces[3 * panel : 3 * panel + 3]
        assert middle == after
        assert start == other


def test_a_film_says_what_it_shows_and_how_long_it_takes(tmp_path: Path) -> None:
    made = film()
    assert made.seconds == pytest.approx(0.8 + 4.0 + 3.0)
    assert repr(made).startswith(
        "Animation(descent of w0 and w1: path 0 to a loss of 0.25, path 1 to a loss of 0.75, 7.8 s; "
    )
    assert made.save(tmp_path / "film.svg").read_text(encoding="utf-8") == made.svg
    with pytest.raises(InputError, match=r"use \.svg"):
        made.save(tmp_path / "film.png")


@pytest.mark.parametrize(("seconds", "error"), [(0.0, InputError), ("5", OperandTypeError)])
def test_the_duration_is_checked(seconds: Any, error: type[AutogradError]) -> None:
    with pytest.raises(error, match="seconds "):
        animate_descent(TWO, seconds=seconds)


COUNT_VISIBLE: Final = "[...document.querySelectorAll('.timed')].filter(e => getComputedStyle(e).opacity > 0.5).length"


@needs_chromium
def test_a_film_shows_as_much_of_each_path_as_the_samples_seen(browser: Browser, tmp_path: Path) -> None:
    made = film()
    tab = browser.open(made.save(tmp_path / "film.svg"))
    ends, panels = 2, 3
    # Two seconds after the start of 0.8 s, half of the samples are seen: one step of the first path, none of the other.
    for time, parts in ((0.1, 0), (2.7, 0), (2.9, 1), (4.7, 1), (4.9, 3), (made.seconds - 0.1, 3)):
        tab.run(f"document.getAnimations().forEach(a => {{ a.pause(); a.currentTime = {1000 * time} }})")
        assert tab.run(COUNT_VISIBLE) == panels * (ends + parts)
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_without_motion_a_film_shows_whole_paths_and_one_end_of_each(browser: Browser, tmp_path: Path) -> None:
    tab = browser.open(film().save(tmp_path / "film.svg"), still=True)
    assert tab.run("document.getAnimations().length") == 0
    assert tab.run(COUNT_VISIBLE) == 3 * (2 + 3)
    tab.close()
