"""Pictures and texts that explain every gradient of a Value graph.

>>> from autograd_core import Value
>>> from viz import draw, explain
>>> a, b = Value(2.0), Value(-3.0)
>>> L = a * b + a
>>> L.backward()
>>> draw(L)
Drawing(L = -4.0: 4 nodes, 4 edges; show() opens it, save('graph.svg') writes it)
>>> explain(a, L).gradient == a.grad
True

In a notebook `draw(L)` shows the picture, in IPython's terminal the graph as a tree. The package holds:

* `draw`: SVG, DOT, Mermaid, JSON, PNG and PDF. The last two need the program `dot` of Graphviz.
  A large network is a few boxes, each with the norm of its gradients, and `open` shows what is in a box. Of another
  large graph the part that fits a screen is drawn, unless `max_nodes` asks for more.
  Of a compiled function it draws what runs: records with their shapes, and matrix products.
* `tree`: the graph in the terminal. `latex` and `to_sympy`: its formula.
* `explain`: a gradient as a sum over uses and over paths, added in the order of the sweep, so the sum is `.grad` to the
  last bit. `nudge`: the change that a gradient predicts, compared with the real one.
* `diagnose`: weights that are all 0 or all equal, dead and saturated units, vanishing and exploding gradients, the
  origin of a nan, parameters that the loss does not depend on, and gradients that are stale or added twice.
* `page`: one HTML file that works offline. It plays the forward and the backward pass step by step with the arithmetic,
  explains a clicked node, asks for gradients in a quiz, and shows the errors of a wrong order. `animate`: an animated
  SVG for slides. `steps`: the steps of both as records.
* `equations`: the four equations of backpropagation of a network with its numbers, of a recurrent network unfolded in
  time, as text, LaTeX, a NumPy program that gives the same gradients, and a heat map of the error signals. Its
  `compare_slopes()` sets the right slopes beside those of a frequent mistake.
* `walkthrough`: how one sample, such as a handwritten digit, teaches a network: desired changes, the three ways to
  change a neuron, their sums and means, as a page, as text and as figures.
* `viz.plots`: histories, gradient flow, histograms, decision regions, weights, schedules, confusion matrices, the
  saliency of the pixels of an image, and paths of descent over contours of the loss, which `animate_descent` plays.

The plots need matplotlib and `to_sympy` needs SymPy.
"""

import typing

import autograd_core.calls as _calls
from viz.diagnosis import Diagnosis as Diagnosis
from viz.diagnosis import Finding as Finding
from viz.diagnosis import diagnose as diagnose
from viz.lessons.equations import Equations as Equations
from viz.lessons.equations import equations as equations
from viz.lessons.slopes import SlopeComparison as SlopeComparison
from viz.lessons.walkthrough import Walkthrough as Walkthrough
from viz.lessons.walkthrough import walkthrough as walkthrough
from viz.passes.animation import animate as animate
from viz.passes.film import Animation as Animation
from viz.passes.page import Page as Page
from viz.passes.page import page as page
from viz.passes.steps import Steps as Steps
from viz.passes.steps import steps as steps
from viz.picture.draw import draw as draw
from viz.picture.drawing import Drawing as Drawing
from viz.picture.drawing import renderers as renderers
from viz.picture.tree import Tree as Tree
from viz.picture.tree import tree as tree
from viz.plots import animate_descent as animate_descent
from viz.plots import plot_confusion as plot_confusion
from viz.plots import plot_decision_regions as plot_decision_regions
from viz.plots import plot_descent as plot_descent
from viz.plots import plot_gradient_flow as plot_gradient_flow
from viz.plots import plot_gradient_norms as plot_gradient_norms
from viz.plots import plot_histograms as plot_histograms
from viz.plots import plot_history as plot_history
from viz.plots import plot_saliency as plot_saliency
from viz.plots import plot_schedule as plot_schedule
from viz.plots import plot_weights as plot_weights
from viz.words.explain import explain as explain
from viz.words.explanation import Explanation as Explanation
from viz.words.latex import Formula as Formula
from viz.words.latex import latex as latex
from viz.words.nudge import Nudge as Nudge
from viz.words.nudge import nudge as nudge
from viz.words.symbolic import to_sympy as to_sympy

_calls.explain_constructors([*globals().values()])

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from viz.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)


__all__ = [
    "Animation",
    "Diagnosis",
    "Drawing",
    "Equations",
    "Explanation",
    "Finding",
    "Formula",
    "Nudge",
    "Page",
    "SlopeComparison",
    "Steps",
    "Tree",
    "Walkthrough",
    "animate",
    "animate_descent",
    "diagnose",
    "draw",
    "equations",
    "explain",
    "latex",
    "nudge",
    "page",
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
    "renderers",
    "steps",
    "to_sympy",
    "tree",
    "walkthrough",
]
