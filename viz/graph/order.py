"""The depth-first order in which pictures and texts number the nodes of a graph."""

from collections.abc import Callable, Iterator, Sequence

from autograd_core import Value


def inputs_first(root: Value, inputs_of: Callable[[Value], Sequence[Value | float]]) -> Iterator[Value]:
    """Yield the nodes from the leaves to the root, each after its inputs, and the inputs in their order.

    Unlike the order of the engine it keeps the nodes below one input together.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * b
    >>> d = c + a
    >>> [(a, b, c, d).index(node) for node in inputs_first(d, lambda node: node.inputs)]
    [0, 1, 2, 3]
    """
    done: set[int] = set()
    stack = [(root, False)]
    while stack:
        value, inputs_done = stack.pop()
        if id(value) in done:
            continue
        if inputs_done:
            done.add(id(value))
            yield value
        else:
            stack.append((value, True))
            stack.extend((source, False) for source in reversed(inputs_of(value)) if isinstance(source, Value))
