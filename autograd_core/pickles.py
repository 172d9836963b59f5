"""The names that pickles of Values and ops refer to.

A pickle names functions by the path of their module. These functions give this module as theirs, so a pickle stays
readable if the module that defines them moves. Even so, a pickle is made for the version of the package that wrote it:
what it lists for each node may change. To keep parameters, write them with `nn.save`.
"""

from autograd_core.graph.value import load_graph, load_leaf
from autograd_core.table.op import find

__all__ = ["find", "load_graph", "load_leaf"]
