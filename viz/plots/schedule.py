"""Learning-rate schedules: the rate at each update."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from viz.plots.canvas import add_grid, add_legend, count_only, name_axes, panels, set_log, words
from viz.plots.colours import line

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure


@explained()
def plot_schedule(
    schedule: Callable[[int], float] | Mapping[str, Callable[[int], float]],
    n: int,
    *,
    log: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Plot the learning rates of the first `n` updates.

    Args:
        schedule: function from the number of updates made so far to the rate of the next one, as in `nn.schedules`; or
            a mapping from names to such functions, to compare them.
        n: number of updates, at least 1.
        log: draw the rate on a logarithmic scale.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        InputError: if `n` is not a positive int, if there is no schedule, or if matplotlib is not installed.
        OperandTypeError: if a schedule is not callable.

    >>> figure = plot_schedule(lambda count: 0.1 * 0.5 ** (count // 10), 30)
    >>> [float(rate) for rate in figure.axes[0].lines[0].get_ydata()][::10]
    [0.1, 0.05, 0.025]
    """
    schedules = dict(schedule) if isinstance(schedule, Mapping) else {"": schedule}
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise InputError(f"expected as n the number of updates, an int of at least 1, got {n!r}")
    if not schedules:
        raise InputError("expected a schedule, got an empty mapping")
    rates = {name: _rates(one, n) for name, one in schedules.items()}
    figure, (panel,) = panels(ax, height=1.9)
    for index, (name, numbers) in enumerate(rates.items()):
        look = line(index)
        label = words(name)
        panel.plot(range(n), numbers, color=look.colour, linestyle=look.dashes, linewidth=1.2, label=label)
    if log:
        set_log(panel, [rate for numbers in rates.values() for rate in numbers])
    elif all(math.isfinite(rate) for numbers in rates.values() for rate in numbers):
        panel.set_ylim(bottom=0.0)
    name_axes(panel, "Updates made", "Learning rate")
    count_only(panel)
    add_grid(panel)
    if any(schedules):
        add_legend(panel)
    return figure


def _rates(schedule: object, n: int) -> list[float]:
    if not callable(schedule):
        raise OperandTypeError(
            f"expected as schedule a function from the number of updates to a rate, got {type(schedule).__name__}"
        )
    return [float(schedule(count)) for count in range(n)]
