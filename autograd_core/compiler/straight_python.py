r"""Programs in straight Python, which a person can read and which run without this package.

A program becomes one function. Its arguments are the inputs in order, and it returns the outputs: a single one as a
number, several as a tuple. Results that are used once stand inside the expression that uses them, as long as it stays
short. `+`, `-`, `*`, comparisons and sums are Python's own; `definitions` adds the functions that Python does not have.

>>> from autograd_core.compiler.text import parse
>>> program = parse("%0 = input\n%1 = input\n%2 = mul %0 %1\n%3 = gt %2 %0\n%4 = where %3 %2 %0\nreturn %4")
>>> print(to_python(program, "f", ["x", "w"]))
def f(x, w):
    v1 = x * w
    return v1 if v1 > x else x
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from autograd_core.compiler.definitions import Definitions
from autograd_core.compiler.program import COPY, INPUT, Program
from autograd_core.table.comparisons import EQ, GE, GT, LE, LOGICAL_AND, LOGICAL_NOT, LOGICAL_OR, LT, NE
from autograd_core.table.op import Op
from autograd_core.table.ops import ABS, ADD, DOT, MUL, NEG, POS, SQUARE, SUB, SUM, WHERE

SHORT: Final = 48
"""An expression of at most so many characters may stand inside of another one."""

WIDTH: Final = 100
"""Sums and lists are broken before this column."""

_CHOICE: Final = 0
_SUM: Final = 4
_PRODUCT: Final = 5
_SIGN: Final = 6
_ATOM: Final = 9
"""How tightly expressions of Python bind."""

_BETWEEN: Final = {id(ADD): ("+", _SUM), id(SUB): ("-", _SUM), id(MUL): ("*", _PRODUCT)}
_COMPARED: Final = {id(LT): "<", id(LE): "<=", id(GT): ">", id(GE): ">=", id(EQ): "==", id(NE): "!="}
_JOINED: Final = {id(LOGICAL_AND): "and", id(LOGICAL_OR): "or"}


class Written(NamedTuple):
    """A result in Python.

    Attributes:
        text: the expression for it.
        binds: how tightly the expression binds.
        condition: the expression for its being true, if it is 1.0 or 0.0 by a condition; else "".
    """

    text: str
    binds: int
    condition: str = ""


def to_python(program: Program, name: str, inputs: Sequence[str], about: str = "") -> str:
    """The program as the text of a module with one function.

    Args:
        program: the program.
        name: the name of the function.
        inputs: a name for each input, all of them different.
        about: the docstring of the function.
    """
    writer = _Writer(program, name, inputs)
    writer.write_all()
    definitions = writer.definitions.text()
    head = _wrapped(f"def {name}(", list(inputs), "):")
    docstring = f'    """{about}"""\n' if about else ""
    function = f"{head}\n{docstring}" + "".join(f"    {line}\n" for line in writer.lines)
    return f"{definitions}\n\n\n{function}".lstrip("\n").rstrip("\n")


class _Writer:
    """The state of writing one program.

    Attributes:
        lines: the lines of the function so far.
        definitions: what it needs.
    """

    def __init__(self, program: Program, name: str, inputs: Sequence[str]) -> None:
        self.lines: list[str] = []
        self.definitions: Final = Definitions({name, *inputs})
        self._program: Final = program
        self._inputs: Final = inputs
        self._uses: Final = _uses(program)
        self._known: dict[int, Written] = {}
        self._variables = 0

    def write_all(self) -> None:
        """Write all instructions and the outputs."""
        program = self._program
        for place in range(len(program)):
            op = program.op(place)
            if op is None:
                self._known[place] = self._given(place)
                continue
            operands = [self._known[operand] for operand in program.operands(place)]
            written = self._sum(op, operands) if op in (SUM, DOT) else self._result(op, operands)
            self._keep(place, written)
        outputs = [self._known[output].text for output in program.outputs]
        single = len(outputs) == 1
        self.lines += (f"return {outputs[0]}" if single else _wrapped("return (", outputs, ")")).split("\n")

    def _given(self, place: int) -> Written:
        program = self._program
        if program.kinds[place] == INPUT:
            return Written(self._inputs[int(program.index(place))], _ATOM)
        text = self.definitions.number(program.numbers[program.index(place)])
        return Written(text, _SIGN if text.startswith("-") else _ATOM)

    def _keep(self, place: int, written: Written) -> None:
        """Keep a result for its user if that is the only one and the expression is short, else give it a name."""
        is_name = written.binds == _ATOM and written.text.isidentifier()
        if not is_name and (self._uses[place] != 1 or len(written.text) > SHORT):
            written = Written(self._assigned(written.text), _ATOM)
        self._known[place] = written

    def _assigned(self, text: str) -> str:
        name = self._variable()
        self.lines += f"{name} = {text}".split("\n")
        return name

    def _variable(self) -> str:
        self._variables += 1
        return self.definitions.free(f"v{self._variables}", "result")

    def _result(self, op: Op, operands: list[Written]) -> Written:
        """The result of an op that is not a sum of many terms."""
        key = id(op)
        if key in _BETWEEN:
            sign, binds = _BETWEEN[key]
            return Written(f"{_within(operands[0], binds)} {sign} {_within(operands[1], binds + 1)}", binds)
        if op is NEG:
            return Written(f"-{_within(operands[0], _SIGN)}", _SIGN)
        if op in (POS, COPY):
            return operands[0]
        if op is ABS:
            return Written(f"abs({operands[0].text})", _ATOM)
        if op is SQUARE and operands[0].text.isidentifier():
            return Written(f"{operands[0].text} * {operands[0].text}", _PRODUCT)
        if op is WHERE:
            condition, a, b = operands
            return Written(f"{_within(a, 1)} if {_condition(condition)} else {_within(b, 0)}", _CHOICE)
        condition_text = self._truth(op, operands)
        if condition_text:
            return Written(f"float({condition_text})", _ATOM, condition_text)
        call = self.definitions.call_of(op)
        if call.startswith("math."):
            self.definitions.imports("math")
        before, after = (f"{call}([", "])") if op.arity is None else (f"{call}(", ")")
        return Written(_wrapped(before, [x.text for x in operands], after), _ATOM)

    def _truth(self, op: Op, operands: list[Written]) -> str:
        """The condition of a comparison or a logical op; "" for any other op."""
        key = id(op)
        if key in _COMPARED:
            return f"{_within(operands[0], _SUM)} {_COMPARED[key]} {_within(operands[1], _SUM)}"
        if key in _JOINED:
            return f" {_JOINED[key]} ".join(f"({_condition(x)})" if x.condition else _condition(x) for x in operands)
        return f"{_within(operands[0], _SUM)} == 0.0" if op is LOGICAL_NOT else ""

    def _sum(self, op: Op, operands: list[Written]) -> Written:
        """A sum, or a sum of products, from left to right; a long one takes several lines."""
        if op is DOT:
            half = len(operands) // 2
            pairs = zip(operands[:half], operands[half:], strict=True)
            terms = [f"{_within(a, _PRODUCT)} * {_within(b, _PRODUCT + 1)}" for a, b in pairs]
            single = _PRODUCT
        else:
            terms = [_within(operands[0], _SUM), *[_within(x, _SUM + 1) for x in operands[1:]]]
            single = operands[0].binds if len(operands) == 1 else _SUM
        if len(terms) == 1:
            return Written(operands[0].text if op is SUM else terms[0], single)
        lines = _filled(terms, " + ", WIDTH - 20)
        if len(lines) == 1:
            return Written(lines[0], _SUM)
        name = self._variable()
        self.lines.append(f"{name} = {lines[0]}")
        self.lines += [f"{name} = {name} + {line}" for line in lines[1:]]
        return Written(name, _ATOM)


def _within(written: Written, binds: int) -> str:
    """An expression as a part of one that binds so tightly."""
    return written.text if written.binds >= binds else f"({written.text})"


def _condition(written: Written) -> str:
    return written.condition or f"{_within(written, _SUM)} != 0.0"


def _uses(program: Program) -> list[int]:
    """How often each result is used, as an operand or as an output."""
    found = [0] * len(program)
    for place in range(len(program)):
        for operand in program.operands(place):
            found[operand] += 1
    for output in program.outputs:
        found[output] += 1
    return found


def _wrapped(before: str, items: Sequence[str], after: str) -> str:
    """Items in brackets: in one line if they fit, else in several."""
    line = f"{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([before, *[f"    {each}," for each in _filled(items, ", ", WIDTH - 8)], after])


def _filled(items: Sequence[str], joint: str, width: int) -> list[str]:
    """As few lines as have room for the items."""
    lines: list[str] = []
    current: list[str] = []
    length = 0
    for item in items:
        if current and length + len(item) > width:
            lines.append(joint.join(current))
            current, length = [], 0
        current.append(item)
        length += len(item) + len(joint)
    return [*lines, joint.join(current)] if current else lines
