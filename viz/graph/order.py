"""The depth-first order by which pictures and words number the nodes of a graph."""

from collections.abc import Callable, Iterator, Sequence

from autograd_core import Value


def inputs_first(root: Value, operands_of: Callable[[Value], Sequence[Value | float]]) -> Iterator[Value]:
    """The root and what it was made from, each node once, after its operands and these in their order.

    Unlike the order of the engine it keeps what belongs to one operand together.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * b
    >>> d = c + a
    >>> [(a, b, c, d).index(node) for node in inputs_first(d, lambda node: node.inputs)]
    [0, 1, 2, 3]
    """
    done: set[int] = set()
    stack = [(root, False)]
    while stack:
        value, operands_done = stack.pop()
        if id(value) in done:
            continue
        if operands_done:
            done.add(id(value))
            yield value
        else:
            stack.append((value, True))
            stack.extend((operand, False) for operand in reversed(operands_of(value)) if isinstance(operand, Value))
