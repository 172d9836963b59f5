"""What `help`, `inspect.signature` and editors show of an op: its signature, a sentence about it and an example.

All of it follows from the row and is made when it is asked for, so that it takes no time before. The sentence is the
docstring of the method of the same name, if that is written out in `Operand`, and otherwise stands in the row.

>>> from autograd_core import atan2
>>> call, _, about, _, *example = atan2.__doc__.splitlines()
>>> call, about
('atan2(y, x, /)', 'The angle of the point `(x, y)`, in radians from -π to π.')
>>> example[:2]
['>>> atan2(0.5, 2.0)', '0.24497866312686414']
>>> example[2:]
['>>> grad(atan2, (0, 1))(0.5, 2.0)', '(0.47058823529411764, -0.11764705882352941)']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from autograd_core.graph.operand import Operand
from autograd_core.table import lengths, sequences  # noqa: F401 - so that their rows are in the table
from autograd_core.table.op import ROWS, Op

if TYPE_CHECKING:
    from inspect import Signature

OF_THE_PACKAGE: Final = frozenset(ROWS)
"""The rows that have an example. The function of a user may have any effect, so asking for help does not call it."""

POINT: Final = (0.5, 2.0, 1.5)
BEYOND: Final = -2.25
"""The inputs of an example, if the op is sampled there. Most ops with kinks show more of themselves below 0."""


class OfAnOp:
    """An attribute of ops that is made when it is asked for; the class `Op` has another attribute of this name."""

    def __init__(self, make: Callable[[Op], Any], name: str) -> None:
        self.make = make
        self.name = name
        self.of_class = vars(Op).get(name)

    def __get__(self, op: Op | None, owner: object = None) -> Any:
        if op is not None:
            return self.make(op)
        if self.of_class is None:
            raise AttributeError(f"type object 'Op' has no attribute {self.name!r}")
        return self.of_class


def docstring(op: Op) -> str:
    """The docstring of an op. That of a row is made once, because `functools.wraps` also asks for it."""
    return _docstring_of_row(op) if op.index > 0 else _docstring(op)


def _docstring(op: Op) -> str:
    parts = [f"{op.name}{signature(op)}", sentence(op), "\n".join(_example(op)) if op in OF_THE_PACKAGE else ""]
    return "\n\n".join([part for part in parts if part])


_docstring_of_row: Final = cache(_docstring)


def sentence(op: Op) -> str:
    """What the op is."""
    method = getattr(Operand, op.name, None) if op.index > 0 else None
    if op.about or method is None:  # since Python 3.13 the docstring of None is a text
        return op.about
    return method.__doc__ or ""


def signature(op: Op) -> Signature:
    """The inputs. They have names for the reader only: ops take no keywords."""
    from inspect import Parameter, Signature

    kind = Parameter.VAR_POSITIONAL if op.arity is None else Parameter.POSITIONAL_ONLY
    return Signature([Parameter(name, kind) for name in _names(op)])


def _names(op: Op) -> list[str]:
    """The names of the inputs in the first derivative, whose last argument is the output."""
    from inspect import signature

    count = 1 if op.arity is None else op.arity
    derivative = op.derivatives[0]
    for function in (derivative, type(derivative)):  # a compiled lambda has its signature in its type
        try:
            *names, _ = signature(function).parameters
        except ValueError:
            continue
        if len(names) == count:
            return names
    return ["x"] if count == 1 else [f"x{i}" for i in range(count)]


def _example(op: Op) -> Iterator[str]:
    """A call of the op and of its gradient, with their results."""
    point = _point(op)
    arguments = ", ".join(map(repr, point))
    result = op.evaluate(point)
    slopes = [slope + 0.0 for slope in op.derivatives_at(point, result, [True] * len(point))]  # `grad` has no -0.0
    yield f">>> {op.name}({arguments})"
    yield repr(result)
    every = "" if len(point) == 1 else f", {tuple(range(len(point)))}"
    yield f">>> grad({op.name}{every})({arguments})"
    yield repr(slopes[0] if len(point) == 1 else tuple(slopes))


def _point(op: Op) -> list[float]:
    """Where the example is: two inputs if the op takes any number of them."""
    sample = op.sample * 2 if op.arity is None else op.sample
    first = (POINT[0],) if op.kinks is None else (BEYOND, POINT[0])
    return [_within(*sample[0], first), *[_within(*ends, (POINT[i],)) for i, ends in enumerate(sample) if i > 0]]


def _within(low: float, high: float, preferred: tuple[float, ...]) -> float:
    """The first of the preferred numbers that is between the bounds, or else a common one, or the middle."""
    return next((x for x in (*preferred, *POINT) if low <= x <= high), (low + high) / 2.0)


def document(kind: type[Op]) -> None:
    """Let the class of ops have the docstring and the signature of each op."""
    for attribute in (OfAnOp(docstring, "__doc__"), OfAnOp(signature, "__signature__")):
        setattr(kind, attribute.name, attribute)
