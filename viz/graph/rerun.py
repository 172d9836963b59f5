"""A recorded graph run again on plain numbers, with one of its numbers changed. No Value is changed."""

import math
from collections.abc import Sequence

from autograd_core import Value


def rerun(x: Value, data: float, above: Sequence[Value], root: Value) -> float:
    """The data of the root if `x` holds `data`.

    Args:
        x: the node that is changed; an interior node is changed alone, without its inputs.
        data: its new number.
        above: the nodes that depend on `x`, each after its inputs.
        root: the node whose data is returned.

    >>> a = Value(3.0)
    >>> b = a * a
    >>> rerun(a, 4.0, [b], b)
    16.0
    """
    numbers = {id(x): data}
    for node in above:
        inputs = [numbers.get(id(part), part.data) if isinstance(part, Value) else part for part in node.inputs]
        numbers[id(node)] = node.data if node.op is None else node.op(*inputs)
    return numbers.get(id(root), root.data)


def is_unchanged(x: Value, above: Sequence[Value], root: Value) -> bool:
    """Whether the graph still gives what was recorded: no data was assigned to one of its inputs since."""
    now = rerun(x, x.data, above, root)
    return now == root.data or (math.isnan(now) and math.isnan(root.data))
