"""Names for the Values of a graph in texts: the label, else a variable of the caller, else a number, as in pictures.

A number such as `#3` is the same in every picture and text of the same graph. A root without a name is called `y`. A
sum with 0 that has no name and one use is called as what it is the sum of, as in pictures.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Final

from autograd_core import InputError, Value, topological_order
from autograd_core.text import did_you_mean
from viz.graph.order import numbering
from viz.graph.variable_names import Scopes, find_names, free_name, root_name
from viz.graph.zeros import SUM, is_sum_of_one, looked_through
from viz.text import MAX_INPUTS, NAME, call, printable

OUTSIDE: Final = "x"
"""The name of a Value that has none and is not in the graph; with a number if a node of the graph is called so."""


class References:
    """Names for all Values of one graph.

    Args:
        root: the root of the graph.
        scopes: mappings from names to objects; the first that holds a Value names it.
        others: Values outside the graph that need names, too.
    """

    def __init__(self, root: Value, scopes: Scopes, others: Sequence[Value] = ()) -> None:
        self.root = root
        self.order: list[Value] = topological_order(root)
        self._others = others
        self._scopes = scopes
        self._variables = find_names((value for value in [*self.order, *others] if not value.label), scopes)

    def name(self, value: Value) -> str:
        """The label or the variable, unescaped; empty if there is neither."""
        return value.label or self._variables.get(id(value), "")

    def called(self, argument: str, name: str) -> Value:
        """The node of the graph that has this name, or the number `#3` or the like.

        Raises:
            InputError: if there is none, or several; the message names those that are similar.
        """
        names = {id(value): self(value) for value in self.order if id(value) not in self.looked_through}
        found = [value for value in self.order if id(value) in names and name in {self.name(value), names[id(value)]}]
        if not found:
            hint = did_you_mean(name, [known for known in names.values() if not known.startswith("#")])
            raise InputError(f"{argument} names no node of the graph: {name!r}{hint and '; '}{hint}")
        if len(found) > 1:
            raise InputError(f"{argument} names {len(found)} nodes of the graph: {name!r}; pass the Value itself")
        return found[0]

    def __call__(self, value: Value | float) -> str:
        """A printable name: a constant is its number, and a node without a name is `#3` or the like."""
        if not isinstance(value, Value):
            return repr(value)
        value = self.shown(value)
        return printable(self.name(value), NAME) or self._by_number(value)

    def shown(self, value: Value) -> Value:
        """The node that stands for a node in texts: itself, unless it only adds 0."""
        while id(value) in self.looked_through:
            value = self.looked_through[id(value)]
        return value

    def made(self, value: Value) -> str:
        """What an op computes, such as `a * b`; empty for a leaf."""
        if value.op is None:
            return ""
        if is_sum_of_one(value):
            return call(SUM, [self(value.inputs[1])])
        return call(value.op.symbol, [self(x) for x in value.inputs[: MAX_INPUTS + 1]])

    @cached_property
    def looked_through(self) -> dict[int, Value]:
        """The sums with 0 that texts leave out, by identity, each with its other input."""
        named = {id(value) for value in (*self.order, *self._others) if self.name(value)}
        return looked_through(self.order, named.union(map(id, self._others)))

    def _by_number(self, value: Value) -> str:
        if value is self.root:
            return root_name(self._taken, self._scopes)
        number = self._numbers.get(id(value))
        return free_name([OUTSIDE], chain(self._taken, *self._scopes)) if number is None else f"#{number}"

    @cached_property
    def _taken(self) -> set[str]:
        return {self.name(value) for value in (*self.order, *self._others)}

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return numbering(self.root)
