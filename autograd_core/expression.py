"""Text to graph: `evaluate("tanh(w*x + b)", w=-3, x=2, b=6.88)`.

Python's own parser reads the text, and then only what is listed here has a meaning: numbers, names, the operators
in `BINARY` and `UNARY`, and calls of the rows of the op table. Nothing is ever executed. A text may hold several
statements, separated by semicolons or line ends; all but the last give names to intermediate results, as in
`d = a*b; L = d + c`.

The tree is walked with an explicit stack, and constants are folded by the rows, in floats: the depth of a text and
the size of its powers are no danger.
"""

from __future__ import annotations

import ast
import difflib
import math
import textwrap
import warnings
from typing import TYPE_CHECKING, Final, TypeAlias

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.op import TABLE
from autograd_core.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

Operand: TypeAlias = Value | float

CONSTANTS: Final = {"pi": math.pi, "e": math.e}
BINARY: Final = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
}
UNARY: Final = {ast.USub: "neg", ast.UAdd: "pos"}

SHOWN: Final = 80  # characters of a long line that an error shows
LONGEST: Final = 10_000  # characters: far more than a picture can show, far less than could keep the parser busy

# What people try, in their words.
FORBIDDEN: Final[dict[type, str]] = {
    ast.Attribute: "an attribute",
    ast.BitXor: "the operator ^ (the power is written **)",
    ast.BoolOp: "a logical operator",
    ast.Compare: "a comparison",
    ast.Dict: "a dict",
    ast.IfExp: "a conditional",
    ast.Invert: "the operator ~",
    ast.JoinedStr: "a string",
    ast.Lambda: "a lambda",
    ast.List: "a list",
    ast.ListComp: "a comprehension",
    ast.MatMult: "the operator @",
    ast.NamedExpr: "an assignment inside an expression",
    ast.Not: "a logical operator",
    ast.Set: "a set",
    ast.Starred: "a starred argument",
    ast.Subscript: "an index",
    ast.Tuple: "a tuple",
    ast.keyword: "a keyword argument",
}


def evaluate(text: str, /, **values: object) -> Value:
    """The graph that a text describes, as its root.

    Leaves are labelled with their names, intermediate results with the names they are assigned to.

    Args:
        text: statements, the last of which is the root. `pi` and `e` are constants, unless they are given a value.
        **values: a number or a Value for each name that the text uses and does not assign.

    Raises:
        InputError: if the text is no expression, uses a construct or a name that has no meaning here, leaves a given
            value unused, or computes a constant that is no finite number. The message shows the place.
        OperandTypeError: if a value is not a number.

    Example:
        >>> L = evaluate("d = a*b; L = d + c", a=2, b=-3, c=10)
        >>> L.backward()
        >>> L.label, L.data, [v.label for v in L.inputs]
        ('L', 4.0, ['d', 'c'])
        >>> evaluate("2 * wx", w=1)
        Traceback (most recent call last):
            ...
        autograd_core.errors.InputError: unknown name 'wx' at column 5; did you mean 'w'?
            2 * wx
                ^^
    """
    return _Reader(text, values).root()


class _Reader:
    """One text being read.

    Attributes:
        text: the text without common indentation.
        names: what each name stands for at this point.
        unused: the given names that were not met so far.
    """

    def __init__(self, text: str, values: dict[str, object]) -> None:
        self.text = textwrap.dedent(text).strip()
        self.names: dict[str, Operand] = CONSTANTS | {name: _leaf(name, value) for name, value in values.items()}
        self.unused = dict.fromkeys(values)

    def root(self) -> Value:
        """Carry out all statements and return the value of the last one."""
        result: Operand = math.nan
        for statement in self.parse():
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=expression):
                    result = self.names[name] = _named(name, self.compute(expression))
                case ast.Expr(value=expression):
                    result = self.compute(expression)
                case _:
                    raise self.forbidden(statement)
        if self.unused:
            raise InputError(f"a value is given for {_listed(self.unused)}, but the expression does not use it")
        return result if isinstance(result, Value) else Value(result)

    def parse(self) -> list[ast.stmt]:
        """The statements of the text."""
        if len(self.text) > LONGEST:
            raise InputError(f"expected an expression of at most {LONGEST} characters, got {len(self.text)}")
        try:
            with warnings.catch_warnings(action="ignore"):  # the parser's opinions about odd literals
                statements = ast.parse(self.text).body
        except SyntaxError as error:
            raise self.error(f"not an expression: {error.msg}", error.lineno or 1, error.offset or 1) from None
        except (RecursionError, MemoryError):
            raise InputError("the expression is nested too deeply; name parts of it, as in 'd = a*b; d + c'") from None
        except ValueError as error:  # a null character, for one
            raise InputError(f"not an expression: {error}") from None
        if not statements:
            raise InputError(f"expected an expression, got an empty text; {_allowed()}")
        return statements

    def compute(self, expression: ast.expr) -> Operand:
        """The value of an expression: its parts in postorder, on a stack of operands."""
        order: list[tuple[ast.expr, str, int]] = []
        waiting = [expression]
        while waiting:
            part = waiting.pop()
            row, operands = self.split(part)
            order.append((part, row, len(operands)))
            waiting += operands
        results: list[Operand] = []
        for part, row, count in reversed(order):
            first = len(results) - count
            results[first:] = [self.call(part, row, results[first:]) if row else self.leaf(part)]
        return results[0]

    def split(self, part: ast.expr) -> tuple[str, list[ast.expr]]:
        """The name of the row that a part applies, and what it applies it to; ("", []) for a number or a name.

        Everything that has no meaning here is refused in this place.
        """
        match part:
            case ast.Constant() | ast.Name():
                return "", []
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                return UNARY[type(op)], [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return BINARY[type(op)], [left, right]
            case ast.Call(func=ast.Name(id=name) as called, args=args, keywords=[]):
                if name not in TABLE:
                    raise self.unknown(called, "function", name, TABLE)
                return name, args
            case ast.Call(func=ast.Name(), keywords=[keyword, *_]):
                raise self.forbidden(keyword)
            case ast.Call(func=called):
                raise self.forbidden(called)
        raise self.forbidden(part)

    def leaf(self, part: ast.expr) -> Operand:
        """The value of a number or a name."""
        return self.look_up(part, part.id) if isinstance(part, ast.Name) else self.number(part)

    def number(self, part: ast.expr) -> float:
        """The float that a literal stands for."""
        value = ast.literal_eval(part)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error_at(part, f"expected a real number, got {ast.unparse(part)}")
        try:
            return self.finite(part, float(value))
        except OverflowError:
            raise self.error_at(part, "a number beyond the range of a float (about 1.8e308)") from None

    def look_up(self, part: ast.expr, name: str) -> Operand:
        """What a name stands for."""
        if name in TABLE and name not in self.names:
            raise self.error_at(part, f"{name} is a function; expected its inputs in parentheses")
        if name not in self.names:
            raise self.unknown(part, "name", name, self.names.keys() - CONSTANTS)
        self.unused.pop(name, None)
        return self.names[name]

    def call(self, part: ast.expr, op: str, operands: list[Operand]) -> Operand:
        """A row applied."""
        try:
            result: Operand = TABLE[op](*operands)
        except InputError as error:
            raise self.error_at(part, str(error)) from None
        return result if isinstance(result, Value) else self.finite(part, result)

    def finite(self, part: ast.expr, number: float) -> float:
        """The number, which came from constants alone and so is a slip of the pen unless it is finite."""
        if not math.isfinite(number):
            raise self.error_at(part, f"expected a finite constant, got {number}")
        return number

    def unknown(self, part: ast.expr, kind: str, name: str, known: Iterable[str]) -> InputError:
        """The error for a name that stands for nothing."""
        choices = sorted(known)
        close = difflib.get_close_matches(name, choices, n=1)
        if close:
            hint = f"did you mean {close[0]!r}?"
        elif kind == "function":
            hint = f"there are {', '.join(choices)}"
        else:
            hint = f"give it a value, as in {name}=2"
        return self.error_at(part, f"unknown {kind} {name!r}", f"; {hint}")

    def forbidden(self, part: ast.AST) -> InputError:
        """The error for a construct that has no meaning here."""
        kind = FORBIDDEN.get(type(part)) or FORBIDDEN.get(type(getattr(part, "op", None)), "this")
        return self.error_at(part, f"{kind} is not allowed", f"; {_allowed()}")

    def error_at(self, part: ast.AST, reason: str, hint: str = "") -> InputError:
        """The error for a part of the tree, whose places are counted in bytes of UTF-8."""
        line: int = part.lineno  # type: ignore[attr-defined]
        source = self.text.splitlines()[line - 1].encode()
        start = len(source[: part.col_offset].decode())  # type: ignore[attr-defined]
        width = len((ast.get_source_segment(self.text, part) or "").partition("\n")[0])
        return self.error(reason, line, start + 1, width, hint)

    def error(self, reason: str, line: int, column: int, width: int = 1, hint: str = "") -> InputError:
        """The error for a place: the reason and the hint on one line, and below it the place, underlined."""
        lines = self.text.splitlines()
        place = f"column {column}" if len(lines) == 1 else f"line {line}, column {column}"
        left = max(0, column - 1 - SHOWN // 2)
        shown = lines[line - 1][left : left + SHOWN]
        marks = " " * (column - 1 - left) + "^" * max(1, min(width, left + SHOWN - column + 1))
        return InputError(f"{reason} at {place}{hint}\n    {shown}\n    {marks}")


def _leaf(name: str, value: object) -> Value:
    """The leaf for a given value; a Value is used itself, so that its gradient can be read afterwards."""
    try:
        return _named(name, value if isinstance(value, Value) else Value(value))
    except OperandTypeError as error:
        raise OperandTypeError(f"the value of {name}: {error}") from None


def _named(name: str, value: Operand) -> Value:
    """The value with its name as the label, unless it has one: `y = x` gives x no second name."""
    if not isinstance(value, Value):
        return Value(value, label=name)
    if not value.label:
        value.label = name
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _allowed() -> str:
    return "allowed are numbers, names, + - * / // % **, parentheses, and the ops of the table, such as tanh(x)"
