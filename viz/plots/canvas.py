"""Figures and axes of matplotlib, made without pyplot and its global list of figures.

Only this module imports matplotlib, and only when a plot is made. The same drawing is always saved as the same bytes:
files hold no date, and the identifiers in an SVG are counted instead of random.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from autograd_core import InputError, OperandTypeError
from autograd_core.files import write_atomically
from viz.plots.colours import COLUMN, FAINT, GRID, INK, SMALL, TEXT
from viz.text import cut, printable

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.colors
    import matplotlib.figure

    Axes: TypeAlias = matplotlib.axes.Axes
    Colormap: TypeAlias = matplotlib.colors.Colormap
    Figure: TypeAlias = matplotlib.figure.Figure

DPI: Final = 200
"""Dots per inch of a PNG: enough for a screen at twice its size and for a draft on paper."""

FEW_DECADES: Final = 300.0
"""An axis has ticks between the powers of ten if its largest number is less than this times its smallest."""

NEAR: Final = 4.0
"""Numbers that differ by less than this factor may have only one of 1, 2, 5, 10 ... between them."""

HAIR_SPACE: Final = "\N{HAIR SPACE}"

_NO_DATE: Final[dict[str, dict[str, None]]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "ps": {},
}


def require_matplotlib() -> None:
    """Check that matplotlib can be imported.

    Raises:
        InputError: if matplotlib is not installed.
    """
    try:
        import_module("matplotlib")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise InputError('plots need matplotlib, which is not installed: pip install "autograd-core[plots]"') from None


def panels(
    ax: Axes | None,
    count: int = 1,
    columns: int = 1,
    height: float = 2.3,
    *,
    width: float = COLUMN,
    pictures: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Return axes to draw on: those of a new figure, or the given ones.

    Args:
        ax: axes of an existing figure; they are divided if there are several panels. None makes a new figure.
        count: number of panels.
        columns: number of panels side by side.
        height: height of the panels side by side, in inches.
        width: width of a new figure, in inches; one column by default.
        pictures: whether the panels hold images. Their pixels stay square, so a panel may not fill its space.

    Raises:
        InputError: if matplotlib is not installed, or if `ax` is not part of a grid and so cannot be divided.
        OperandTypeError: if `ax` is neither None nor axes of matplotlib.
    """
    require_matplotlib()
    rows = -(-count // columns)
    if ax is None:
        layout: Literal["compressed", "constrained"] = "compressed" if pictures else "constrained"
        figure = _figure_class()(figsize=(width, height * rows), dpi=DPI, layout=layout, facecolor="white")
        return figure, [_styled(figure.add_subplot(rows, columns, index + 1)) for index in range(count)]
    figure = _figure_of(ax)
    if count == 1:
        return figure, [ax]
    spec = ax.get_subplotspec()
    if spec is None:
        raise InputError(
            f"this plot has {count} panels and divides the space of ax among them, but ax is not part of a grid; "
            "make it with figure.subplots() or figure.add_subplot()"
        )
    cells = spec.subgridspec(rows, columns)
    ax.remove()
    style = _styled if isinstance(figure, _figure_class()) else _as_it_is
    return figure, [style(figure.add_subplot(cells[index // columns, index % columns])) for index in range(count)]


def _figure_of(ax: object) -> Figure:
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise OperandTypeError(f"expected axes of matplotlib as ax, or None, got {type(ax).__name__}")
    if ax.figure is None:
        raise InputError("ax belongs to no figure any more; give one that has not been removed")
    return ax.figure.figure  # the axes may belong to a subfigure


@cache
def _figure_class() -> type[Figure]:
    """Return the class of the figures, created at the first call, because it derives from a class of matplotlib."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    class Plot(Figure):
        """A matplotlib Figure that saves the same drawing as the same bytes, and displays itself in notebooks."""

        def savefig(self, fname: Any, *, transparent: bool | None = None, **options: Any) -> None:
            """Save the figure; a file is written atomically."""
            if isinstance(fname, str | os.PathLike):
                path, options["format"] = self._path_and_format(Path(fname), options.get("format"))
                picture = io.BytesIO()
                self.savefig(picture, transparent=transparent, **options)
                write_atomically(path, picture.getvalue())
                return
            ending = str(options.get("format") or self.canvas.get_default_filetype()).lower()
            metadata = _NO_DATE.get(ending, {}) | dict(options.pop("metadata", None) or {})
            # matplotlib reads the salt of its identifiers from its settings only; the context restores them.
            with rc_context({"svg.hashsalt": "autograd-core"}):
                super().savefig(fname, transparent=transparent, metadata=metadata, **options)

        def _path_and_format(self, path: Path, form: str | None) -> tuple[Path, str]:
            """Return what matplotlib would use: the format by the ending, or the default one."""
            if form or (form := path.suffix[1:]):
                return path, form
            form = self.canvas.get_default_filetype()
            return path.with_name(f"{path.name.rstrip('.')}.{form}"), form

        def _repr_png_(self) -> bytes:
            """The figure as PNG, which a notebook shows."""
            picture = io.BytesIO()
            self.savefig(picture, format="png")
            return picture.getvalue()

        def __reduce__(self) -> Any:
            # A pickle cannot find a class that is created inside a function.
            return _unpickled, (), self.__getstate__()

    return Plot


def _unpickled() -> Figure:
    plot = _figure_class()
    return plot.__new__(plot)


def _as_it_is(ax: Axes) -> Axes:
    """Leave the axes of a user's figure in its style."""
    return ax


def _styled(ax: Axes) -> Axes:
    """Style the axes of a new figure: small text, two spines, faint ticks."""
    ax.tick_params(labelsize=SMALL, colors=FAINT, labelcolor=INK, width=0.6, length=3, which="both")
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set(fontsize=SMALL, color=INK)
    for name, spine in ax.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(FAINT)
        spine.set_linewidth(0.6)
    return ax


def words(text: str, width: int = 24) -> str:
    r"""Return text that matplotlib shows literally: no `$` begins a formula, and no leading `_` hides a legend entry.

    >>> print(words("$x^$"), words("abcdef", 4))
    \$x^\$ abc…
    """
    shown = cut(printable(text), width).replace("$", r"\$")
    return f"{HAIR_SPACE}{shown}" if shown.startswith("_") else shown


def name_axes(ax: Axes, x: str = "", y: str = "") -> None:
    """Label the axes."""
    ax.set_xlabel(x, fontsize=TEXT, color=INK)
    ax.set_ylabel(y, fontsize=TEXT, color=INK)


def add_grid(ax: Axes, axis: str = "y") -> None:
    """Draw faint lines behind the data, at the ticks of one axis."""
    ax.grid(axis=axis, which="major", color=GRID, linewidth=0.5)  # type: ignore[arg-type]
    ax.set_axisbelow(True)


def add_legend(ax: Axes | Figure, **options: Any) -> None:
    """Add a legend without a box to axes, where it covers least, or to a figure."""
    ax.legend(**{"loc": "best", "fontsize": SMALL, "frameon": False, "labelcolor": INK} | options)


def count_only(ax: Axes) -> None:
    """Put the ticks of the horizontal axis at integers."""
    ax.locator_params(axis="x", integer=True)


def set_log(ax: Axes, numbers: Iterable[float]) -> None:
    """Make the vertical axis logarithmic.

    If the numbers span few powers of ten there are ticks at 1, 2, 5, 10 ..., and within one power at equal distances.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    ax.set_yscale("log")
    positive = [x for x in numbers if 0.0 < x < math.inf]
    ratio = max(positive, default=1.0) / min(positive, default=1.0)
    if ratio < FEW_DECADES:
        near = MaxNLocator(4, steps=[1, 2, 5, 10])
        ax.yaxis.set_major_locator(near if ratio < NEAR else LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()


def logarithmic(numbers: Iterable[float]) -> Any:
    """Return a logarithmic scale of colours for the positive numbers; others get the colour of the lowest."""
    from matplotlib.colors import LogNorm

    positive = [x for x in numbers if 0.0 < x < math.inf]
    high = max(positive, default=1.0)
    low = min(min(positive, default=1.0), high / 10.0)  # a scale needs two ends
    return LogNorm(low, high, clip=True)


def hide_frame(ax: Axes) -> None:
    """Remove ticks and spines, for images."""
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def scale_of(colours: Sequence[str]) -> Colormap:
    """Return a colour map through these colours, white for nan."""
    from matplotlib.colors import LinearSegmentedColormap

    scale = LinearSegmentedColormap.from_list("viz", list(colours), N=257)  # odd, so that the middle is one colour
    return scale.with_extremes(bad="#ffffff")


def add_scale(
    figure: Figure, image: Any, axes: Axes | list[Axes], label: str, ticks: Mapping[float, str] | None = None
) -> None:
    """Add a bar that explains the colours of an image; `ticks` maps positions on it to labels."""
    from matplotlib.colors import LogNorm

    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03, aspect=25)
    if ticks is None and isinstance(image.norm, LogNorm):
        ticks = log_ticks(*image.get_clim())
        bar.minorticks_off()
    if ticks is not None:
        shown = {at: text for at, text in ticks.items() if at <= image.norm.vmax}
        bar.set_ticks(list(shown), labels=list(shown.values()))
    bar.set_label(label, fontsize=SMALL, color=INK)
    bar.ax.tick_params(labelsize=SMALL, colors=FAINT, labelcolor=INK, width=0.6, length=3)
    bar.outline.set_visible(False)


def log_ticks(low: float, high: float) -> dict[float, str]:
    """Ticks between the ends of a logarithmic scale: 1, 2, 5, 10 ..., or about five powers of ten if it has many.

    >>> log_ticks(0.03, 0.6)
    {0.05: '0.05', 0.1: '0.1', 0.2: '0.2', 0.5: '0.5'}
    >>> list(log_ticks(1e-9, 1.0).values())
    ['$10^{-8}$', '$10^{-6}$', '$10^{-4}$', '$10^{-2}$', '$10^{0}$']
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    if high / low < FEW_DECADES:
        marks = {float(f"{digit}e{power}"): f"{digit}e{power}" for power in powers for digit in (1, 2, 5)}
        return {at: f"{at:g}" for at in marks if low <= at <= high}
    step = math.ceil(len(powers) / 6)
    marks = {float(f"1e{power}"): f"$10^{{{power}}}$" for power in powers if power % step == 0}
    return {at: text for at, text in marks.items() if low <= at <= high}


def add_bands(figure: Figure, ax: Axes, colours: Sequence[str], ends: Sequence[float], label: str) -> None:
    """Add a bar of equally long bands, one for each colour; `ends` are the numbers between them and at both ends."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    bands = ScalarMappable(BoundaryNorm(list(ends), len(colours)), ListedColormap(list(colours)))
    add_scale(figure, bands, ax, label, {end: f"{end:.0f}" for end in ends})


def shade(share: float) -> float:
    """Return how dark a share is drawn, from 0 to 1: its square root, so that 1 % is visible.

    >>> shade(0.0), shade(0.25), shade(1.0)
    (0.0, 0.5, 1.0)
    """
    return math.sqrt(share)


SHADES: Final = {shade(share): f"{100 * share:.0f}" for share in (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)}
"""Ticks for a bar of shades, labelled in per cent."""
