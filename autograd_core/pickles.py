"""The names that pickles of Values and ops refer to.

A pickle refers to functions by the path of their module. These functions have this module as theirs, so a pickle stays
readable if the module that defines them moves. Still, other versions of the package may not read a pickle, because
what it lists for each node can change. Use `nn.save` to keep parameters.
"""

from autograd_core.graph.value import load_graph, load_leaf
from autograd_core.table.op import find

__all__ = ["find", "load_graph", "load_leaf"]
