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


def numbering(root: Value) -> dict[int, int]:
    """The number of each Value of the whole graph, by its identity; constants count, each before the node that uses it.

    >>> a = Value(2.0)
    >>> b = a * 3.0
    >>> [numbering(b)[id(node)] for node in (a, b)]
    [0, 2]
    """
    number: dict[int, int] = {}  # below 0 while the inputs of the node are numbered: -1 minus how many are constants
    count, stack = 0, [root]
    while stack:
        key = id(stack[-1])
        found = number.get(key)
        if found is None:
            inputs = stack[-1].inputs
            nodes = [source for source in inputs if isinstance(source, Value)]
            number[key] = len(nodes) - len(inputs) - 1
            stack += reversed(nodes)
            continue
        stack.pop()
        if found < 0:
            number[key] = count - found - 1
            count -= found
    return number
