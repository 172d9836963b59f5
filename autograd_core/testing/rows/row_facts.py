"""Whether the parts of a row are consistent: inputs, functions, intervals, and the template of the formula.

`check_op` checks this first, because numbers of an inconsistent row mean nothing.

>>> from autograd_core.table.op import Op, REAL
>>> row = Op("twice", 1, lambda x: 2.0 * x, (lambda x, y: 2.0,), "2", "2 {1}", 2, (REAL,), ((-1.0, 1.0),), None)
>>> for fact in misfits(row):
...     print(fact)
has a formula template that does not take its inputs: '2 {1}'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd_core.table.op import Op
from autograd_core.table.precedence import Precedence
from autograd_core.testing.truths.sampling import count_of


def misfits(op: Op) -> Iterator[str]:
    """Yield the inconsistencies of a row."""
    count = 1 if op.arity is None else op.arity
    if len(op.derivatives) != count:
        yield f"states {len(op.derivatives)} derivatives for {count} inputs"
    for name, intervals in (("domain", op.domain), ("sample", op.sample)):
        if len(intervals) != count:
            yield f"states {len(intervals)} intervals as {name} for {count} inputs"
    for i, ((low, high), (least, most)) in enumerate(zip(op.sample, op.domain, strict=False)):
        if not least <= low < high <= most:
            yield f"states the sample ({low}, {high}) for input {i}, which does not lie in the domain ({least}, {most})"
    if not (op.name and op.symbol and op.precedence in list(Precedence)):
        yield "states no name, no symbol, or a precedence outside 0 to 5"
    yield from _misfits_of_formula(op)
    yield from _misfits_of_functions(op)


def _misfits_of_formula(op: Op) -> Iterator[str]:
    """Yield the inconsistencies of the formula template."""
    names = [f"<{i}>" for i in range(2 if op.arity is None else op.arity)]
    try:
        formula = op.latex.format(", ".join(names)) if op.arity is None else op.latex.format(*names)
    except (IndexError, KeyError, ValueError):
        yield f"has a formula template that does not take its inputs: {op.latex!r}"
        return
    if missing := [i for i, name in enumerate(names) if name not in formula]:
        yield f"has a formula template without input {missing[0]}: {op.latex!r}"
    if formula.count("{") != formula.count("}"):
        yield f"has a formula template with unbalanced braces: {op.latex!r}"


def _misfits_of_functions(op: Op) -> Iterator[str]:
    """Yield the functions that do not take the inputs, called at the middle of the sample."""
    count = count_of(op)
    # The row may state too few or too many intervals, which is a fact of its own.
    middle = tuple((low + high) / 2.0 for low, high in (op.sample * count)[:count])
    several: tuple[Any, ...] = (middle,) if op.arity is None else middle
    functions: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [("forward function", op.forward, several)]
    functions += [(f"derivative {i}", d, (*several, 1.0)) for i, d in enumerate(op.derivatives)]
    if op.kinks is not None:
        functions.append(("kinks", op.kinks, middle))
    for name, function, inputs in functions:
        try:
            result = function(*inputs)
        except TypeError as error:
            yield f"has a {name} that does not take {len(inputs)} arguments: {error}"
            return
        except (ArithmeticError, ValueError):  # it may be undefined at this point
            continue
        if name == "kinks" and not result >= 0.0:
            yield f"states a distance to the nearest kink that is negative or nan: {result!r} at {in_hex(middle)}"
        if op.arity is None and name == "derivative 0" and len(list(result)) != count:
            yield f"gives {len(list(result))} derivatives for {count} inputs"


def in_hex(point: Iterable[float]) -> str:
    """Return a point with its numbers in hexadecimal, exact to the bit."""
    return f"({', '.join(x.hex() for x in point)})"
