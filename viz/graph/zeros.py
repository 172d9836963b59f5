"""The 0 with which Python's `sum` begins: `sum([a, b])` is recorded as `0.0 + a + b`, and shown as `a + b`.

`helpers` leaves it out of pictures, and `References` out of texts.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from autograd_core import Value

SUM: Final = "sum"
"""What is shown of a sum of one number that has a name or several uses."""


def adds_nothing(zero: float | None, other: float | None, total: float | None) -> bool:
    """Whether a sum of 0 and a number has the data of that number, to the last bit.

    >>> adds_nothing(0.0, 1.5, 1.5), adds_nothing(0.0, -0.0, 0.0)
    (True, False)
    """
    return zero == 0.0 and repr(other) == repr(total)


def begins_a_sum(zero: float | None) -> bool:
    """Whether a constant is that of Python's `sum`, which has no sign."""
    return repr(zero) == "0.0"


def summand(value: Value) -> Value | None:
    """The other input of a sum with 0 that has its data; None if a Value is no such sum.

    >>> a = Value(2.0)
    >>> summand(0.0 + a) is a, summand(1.0 + a)
    (True, None)
    """
    if value.op is None or value.op.name != "add":
        return None
    zeros = [x for x in value.inputs if not isinstance(x, Value)]
    others = [x for x in value.inputs if isinstance(x, Value)]
    if len(zeros) != 1 or len(others) != 1 or not adds_nothing(zeros[0], others[0].data, value.data):
        return None
    return others[0]


def is_sum_of_one(value: Value) -> bool:
    """Whether a Value is what Python's `sum` makes of a single one."""
    first, *_ = value.inputs or (None,)
    return not isinstance(first, Value) and begins_a_sum(first) and summand(value) is not None


def looked_through(order: Sequence[Value], named: Collection[int]) -> dict[int, Value]:
    """By identity the sums with 0 that are shown as their other input: they have one use, and are not among `named`.

    `order` holds all nodes of a graph, the root last.
    """
    found = {id(node): source for node in order[:-1] if (source := summand(node)) and id(node) not in named}
    uses = Counter(id(x) for node in order for x in node.inputs if id(x) in found) if found else Counter[int]()
    return {key: source for key, source in found.items() if uses[key] == 1}
