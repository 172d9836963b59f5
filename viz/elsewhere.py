"""Names of other packages, and how pictures are made here, for messages about names that `viz` does not have."""

from __future__ import annotations

import sys
from typing import Final

OTHERS: Final = {
    **dict.fromkeys(
        ("draw_dot", "graph", "make_dot", "plot_graph", "plot_model", "render", "show", "visualize"), "draw"
    ),
    **dict.fromkeys(("plot", "plot_accuracy", "plot_loss", "plot_losses"), "plot_history"),
    "animation": "animate",
    "boundary": "plot_decision_regions",
    "confusion_matrix": "plot_confusion",
    "html": "page",
    "plot_decision_boundary": "plot_decision_regions",
    "plot_gradients": "plot_gradient_flow",
}
"""The functions here that do what is meant."""


def missing(module: str, name: str) -> AttributeError:
    """The error about a name that `viz` does not have.

    >>> missing("viz", "draw_dot")
    AttributeError("module 'viz' has no attribute 'draw_dot'; it is viz.draw")
    """
    text = f"module {module!r} has no attribute {name!r}"
    if name in OTHERS:
        return AttributeError(f"{text}; it is viz.{OTHERS[name]}", name=None)  # with None, Python adds no other name
    return AttributeError(text, name=name, obj=sys.modules[module])  # Python adds a name that is similar
