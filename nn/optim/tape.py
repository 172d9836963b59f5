"""A recurrence of numbers, recorded as a short list of operations, and what is made of the list.

`recorded` calls the recurrence once, with numbers that have no value. `written` makes a function in Python of a part of
the list, and `played` carries it out on numbers of any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, TypeAlias, final

from autograd_core import AutogradError, InputError, OperandTypeError
from autograd_core.graph.symbol import Symbol
from autograd_core.numerics.number import is_number, to_float

if TYPE_CHECKING:
    from autograd_core.table.op import Op

Operand: TypeAlias = int | float
"""The index of a number as an int, or a constant as a float."""

IN_PYTHON: Final[dict[str, str]] = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "pow": "{} ** {}",
    "neg": "-{}",
    "abs": "abs({})",
    "sqrt": "sqrt({})",
    "lt": "{} < {}",
    "le": "{} <= {}",
    "gt": "{} > {}",
    "ge": "{} >= {}",
    "where": "{1} if {0} else {2}",
}
"""For the name of an op what it is in Python."""


class Step(NamedTuple):
    """An operation.

    Attributes:
        at: the index of its result.
        op: the op.
        operands: what it is applied to.
        inputs: the inputs that its result depends on, a bit for each.
    """

    at: int
    op: Op
    operands: tuple[Operand, ...]
    inputs: int


@final
class Tape:
    """A recorder of operations on a few inputs; a Symbol of it knows the index of its number.

    Attributes:
        count: how many inputs there are, which are the first numbers.
        steps: the operations.
        outputs: the results.
    """

    def __init__(self, count: int) -> None:
        self.count: Final = count
        self.steps: Final[list[Step]] = []
        self.outputs: tuple[Operand, ...] = ()

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Symbol:
        """The result of an op."""
        if op.name not in IN_PYTHON:
            raise InputError(f"{op.name} is not among the ops of a loop in Python")
        operands, index = tuple([self.operand(x) for x in inputs]), self.count + len(self.steps)
        self.steps.append(Step(index, op, operands, self.inputs_of(operands)))
        return Symbol(self, index)

    def operand(self, x: Any) -> Operand:
        """A number as an operand."""
        if isinstance(x, Symbol) and x.recorder is self:
            place: int = x.place
            return place
        if not is_number(x) or not isfinite(number := to_float(x)):
            raise OperandTypeError("expected a finite number")
        return number

    def inputs_of(self, operands: Iterable[Operand]) -> int:
        """The inputs that operands depend on, a bit for each."""
        bits = 0
        for x in operands:
            if isinstance(x, int):
                bits |= 1 << x if x < self.count else self.steps[x - self.count].inputs
        return bits

    def detached(self, symbol: Symbol) -> Symbol:
        """The number itself, which stands for a plain one."""
        return symbol

    data = detached

    def is_constant(self, _symbol: Symbol) -> bool:
        """Whether it stands for a plain number."""
        return True

    def truth(self, _symbol: Symbol) -> NoReturn:
        """Refuse a decision, which goes another way for other numbers."""
        raise InputError("a list of operations has no decisions")


def recorded(function: Callable[..., Sequence[Any]], count: int) -> Tape | None:
    """What a function of so many numbers does; None if it does more than operations that Python has."""
    tape = Tape(count)
    try:
        results = function(*[Symbol(tape, i) for i in range(count)])
        tape.outputs = tuple([tape.operand(x) for x in results])
    except (AutogradError, TypeError, ValueError, ArithmeticError):
        return None
    return tape


def played(steps: Iterable[Step], numbers: dict[int, Any], record: Callable[[Op, tuple[Any, ...]], Any]) -> None:
    """Carry out operations: their results are added to the numbers, by index."""
    for at, op, operands, _ in steps:
        numbers[at] = record(op, tuple([numbers[x] if x.__class__ is int else x for x in operands]))


def result(numbers: dict[int, Any], operand: Operand) -> Any:
    """An operand among the numbers."""
    return numbers[operand] if isinstance(operand, int) else operand


# In Python.


def function_of(steps: Sequence[Step], inputs: Sequence[int], outputs: Sequence[Operand]) -> Callable[..., Any]:
    """A function of numbers with these indices that carries out operations, and returns a tuple of the outputs.

    >>> tape = recorded(lambda x, y: [x / (y + 1.0)], 2)
    >>> function_of(tape.steps, [0, 1], tape.outputs)(6.0, 2.0)
    (2.0,)
    """
    lines = [f"def run({', '.join(map(_name, inputs))}):", *[f"    {line}" for line in _lines(steps)]]
    return _defined("\n".join([*lines, f"    return ({''.join(f'{_name(x)}, ' for x in outputs)})"]))


def loop_of(steps: Sequence[Step], inputs: Sequence[int], outputs: Sequence[Operand]) -> Callable[..., Any]:
    """The same for columns: a function of iterables of numbers that returns a list for each of the outputs.

    >>> tape = recorded(lambda x, y: [x / (y + 1.0)], 2)
    >>> loop_of(tape.steps, [0, 1], tape.outputs)([6.0, 8.0], [2.0, 1.0])
    ([2.0, 4.0],)
    """
    different = list(dict.fromkeys(outputs))
    columns, names = ", ".join(f"column{i}" for i in inputs), ", ".join(map(_name, inputs))
    lines = [
        f"def run({columns}):",
        *[f"    new{k} = []" for k in range(len(different))],
        f"    for {names}, in zip({columns}, strict=True):",
        *[f"        {line}" for line in _lines(steps)],
        *[f"        new{k}.append({_name(x)})" for k, x in enumerate(different)],
        f"    return ({''.join(f'new{different.index(x)}, ' for x in outputs)})",
    ]
    return _defined("\n".join(lines))


def _lines(steps: Iterable[Step]) -> list[str]:
    return [f"{_name(step.at)} = {IN_PYTHON[step.op.name].format(*map(_name, step.operands))}" for step in steps]


def _name(operand: Operand) -> str:
    return f"x{operand}" if isinstance(operand, int) else f"({operand!r})"


@lru_cache(256)
def _defined(source: str) -> Callable[..., Any]:
    """The function `run` that a text defines."""
    names: dict[str, Any] = {"sqrt": sqrt}
    exec(source, names)  # noqa: S102 - of operators and numbers, written above
    run: Callable[..., Any] = names["run"]
    return run
