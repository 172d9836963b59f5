"""Pictures and words that explain every gradient of a Value graph.

>>> from autograd_core import Value
>>> from viz import draw, explain
>>> a, b = Value(2.0), Value(-3.0)
>>> L = a * b + a
>>> L.backward()
>>> draw(L)
Drawing(L = -4.0: 4 nodes, 4 edges)
>>> explain(a, L).gradient == a.grad
True

In a notebook the last line is the picture; elsewhere, `draw(L).save("graph.svg")`. The plots of `viz.plots` need
matplotlib, `to_sympy` needs SymPy; all else needs the standard library only.
"""

from viz.animation import Animation as Animation
from viz.animation import animate as animate
from viz.diagnosis import Diagnosis as Diagnosis
from viz.diagnosis import Finding as Finding
from viz.diagnosis import diagnose as diagnose
from viz.drawing import Drawing as Drawing
from viz.drawing import draw as draw
from viz.drawing import renderers as renderers
from viz.explain import Explanation as Explanation
from viz.explain import explain as explain
from viz.latex import Formula as Formula
from viz.latex import latex as latex
from viz.nudge import Nudge as Nudge
from viz.nudge import nudge as nudge
from viz.page import Page as Page
from viz.page import page as page
from viz.plots import plot_confusion as plot_confusion
from viz.plots import plot_decision_regions as plot_decision_regions
from viz.plots import plot_gradient_flow as plot_gradient_flow
from viz.plots import plot_gradient_norms as plot_gradient_norms
from viz.plots import plot_histograms as plot_histograms
from viz.plots import plot_history as plot_history
from viz.plots import plot_saliency as plot_saliency
from viz.plots import plot_schedule as plot_schedule
from viz.plots import plot_weights as plot_weights
from viz.steps import Steps as Steps
from viz.steps import steps as steps
from viz.symbolic import to_sympy as to_sympy
from viz.tree import Tree as Tree
from viz.tree import tree as tree

__all__ = [
    "Animation",
    "Diagnosis",
    "Drawing",
    "Explanation",
    "Finding",
    "Formula",
    "Nudge",
    "Page",
    "Steps",
    "Tree",
    "animate",
    "diagnose",
    "draw",
    "explain",
    "latex",
    "nudge",
    "page",
    "plot_confusion",
    "plot_decision_regions",
    "plot_gradient_flow",
    "plot_gradient_norms",
    "plot_histograms",
    "plot_history",
    "plot_saliency",
    "plot_schedule",
    "plot_weights",
    "renderers",
    "steps",
    "to_sympy",
    "tree",
]
