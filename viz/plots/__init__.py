"""Plots of trainings and networks, drawn with matplotlib (`pip install "autograd-core[plots]"`).

Each function returns a matplotlib `Figure`, as wide as a column of a journal, or draws on the axes that it is given.
Nothing goes through pyplot: `figure.savefig("loss.svg")` saves it, and a notebook shows it. The same plot is
saved with the same bytes.

>>> from viz.plots import plot_schedule
>>> plot_schedule(lambda count: 0.1 / (1 + count), 100).savefig("rate.svg")

Models are any callables and histories any sequences of records, so that plots serve other networks than `nn`'s, too.
"""

from viz.graph.layers import activations_of, gradients_of
from viz.plots.confusion import plot_confusion
from viz.plots.distributions import plot_histograms
from viz.plots.flow import plot_gradient_flow
from viz.plots.history import plot_gradient_norms, plot_history
from viz.plots.regions import plot_decision_regions
from viz.plots.saliency import plot_saliency, saliency
from viz.plots.schedule import plot_schedule
from viz.plots.weights import plot_weights

__all__ = [
    "activations_of",
    "gradients_of",
    "plot_confusion",
    "plot_decision_regions",
    "plot_gradient_flow",
    "plot_gradient_norms",
    "plot_histograms",
    "plot_history",
    "plot_saliency",
    "plot_schedule",
    "plot_weights",
    "saliency",
]
