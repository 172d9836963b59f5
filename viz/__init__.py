"""Pictures of Value graphs.

>>> from autograd_core import Value
>>> from viz import draw
>>> a, b = Value(2.0), Value(-3.0)
>>> L = a * b + a
>>> L.backward()
>>> draw(L)
Drawing(L = -4.0: 4 nodes, 4 edges)

In a notebook the last line is the picture; elsewhere, `draw(L).save("graph.svg")`.
"""

from viz.drawing import Drawing, draw, renderers

__all__ = ["Drawing", "draw", "renderers"]
