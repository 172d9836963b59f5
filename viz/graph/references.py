"""Names for the Values of a graph in texts: the label, else a variable of the caller, else a number, as in pictures.

A number such as `#3` is the same in `draw` and `tree` for the same graph, if they leave nothing out.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from autograd_core import InputError, OperandTypeError, Value, topological_order
from viz.graph.order import inputs_first
from viz.graph.variable_names import find_names
from viz.text import NAME, printable

NO_LIMIT: Final = 1 << 62

OUTSIDE: Final = "x"
"""The name of a Value that has none and is not in the graph."""


class References:
    """Names for all Values of one graph.

    Args:
        root: the root of the graph.
        scopes: mappings from names to objects; the first that holds a Value names it.
        others: Values outside the graph that need names, too.
    """

    def __init__(self, root: Value, scopes: Sequence[Mapping[str, object]], others: Sequence[Value] = ()) -> None:
        self.root = root
        self.order: list[Value] = topological_order(root)
        self._variables = find_names((value for value in [*self.order, *others] if not value.label), scopes)

    def name(self, value: Value) -> str:
        """The label or the variable, unescaped; empty if there is neither."""
        return value.label or self._variables.get(id(value), "")

    def __call__(self, value: Value | float) -> str:
        """A printable name: a constant is its number, and a node without a name is `#3` or the like."""
        if not isinstance(value, Value):
            return repr(value)
        return printable(self.name(value), NAME) or self._by_number(value)

    def _by_number(self, value: Value) -> str:
        number = self._numbers.get(id(value))
        return OUTSIDE if number is None else f"#{number}"

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Indices in depth-first topological order, in which each constant comes before the node that uses it."""
        number: dict[int, int] = {}
        count = 0
        for value in inputs_first(self.root, lambda node: node.inputs):
            count += sum(not isinstance(source, Value) for source in value.inputs)
            number[id(value)] = count
            count += 1
        return number


def check_value(function: str, argument: str, value: object) -> Value:
    """Return the argument.

    Raises:
        OperandTypeError: if it is not a Value.
    """
    if not isinstance(value, Value):
        raise OperandTypeError(f"{function} needs a Value as {argument}; got {type(value).__name__}")
    return value


def check_count(argument: str, count: object, least: int = 0) -> int:
    """Return the argument.

    Raises:
        OperandTypeError: if it is not an int.
        InputError: if it is below `least`.
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise OperandTypeError(f"{argument} is an int; got {type(count).__name__}")
    if count < least:
        raise InputError(f"{argument} must be at least {least}; got {count}")
    return count


def check_limit(argument: str, limit: object) -> int:
    """Return a limit of at least 1; None is no limit.

    Raises:
        OperandTypeError: if it is neither an int nor None.
        InputError: if it is below 1.
    """
    return NO_LIMIT if limit is None else check_count(argument, limit, 1)
