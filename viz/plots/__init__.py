"""Plots of training and networks, drawn with matplotlib (`pip install "autograd-core[plots]"`).

Each function returns a matplotlib `Figure`, as wide as a column of a journal, or draws on the given axes.
The module does not use pyplot: `figure.savefig("loss.svg")` saves a figure, and a notebook displays it. The same plot
is saved as the same bytes.

>>> from viz.plots import plot_schedule
>>> plot_schedule(lambda count: 0.1 / (1 + count), 100).savefig("rate.svg")

A model is any callable and a history any sequence of records, so the plots work for other networks than those of `nn`.
"""

from viz.graph.layers import activations_of, gradients_of
from viz.plots.confusion import plot_confusion
from viz.plots.descent import plot_descent
from viz.plots.descent_film import animate_descent
from viz.plots.distributions import plot_histograms
from viz.plots.flow import plot_gradient_flow
from viz.plots.history import plot_gradient_norms, plot_history
from viz.plots.regions import plot_decision_regions
from viz.plots.saliency import plot_saliency, saliency
from viz.plots.schedule import plot_schedule
from viz.plots.weights import plot_weights

__all__ = [
    "activations_of",
    "animate_descent",
    "gradients_of",
    "plot_confusion",
    "plot_decision_regions",
    "plot_descent",
    "plot_gradient_flow",
    "plot_gradient_norms",
    "plot_histograms",
    "plot_history",
    "plot_saliency",
    "plot_schedule",
    "plot_weights",
    "saliency",
]
