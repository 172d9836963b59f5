"""Text to graph: `evaluate("tanh(w*x + b)", w=-3, x=2, b=6.88)`.

Python's own parser reads the text, and then only what is listed here has a meaning: numbers, names, the operators
in `BINARY` and `UNARY`, lists and their items, and calls of the rows of the op table and of `FUNCTIONS`. Nothing else
is ever executed. A text may hold several statements, separated by semicolons or line ends; all but the last give names
to intermediate results, as in `d = a*b; L = d + c`.

The tree is walked with an explicit stack, and constants are folded by the rows, in floats: the depth of a text and
the size of its powers are no danger.
"""

from __future__ import annotations

import ast
import difflib
import math
import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core.commands.parsing import identifier, too_deep_at
from autograd_core.errors import AutogradError, InputError, OperandTypeError
from autograd_core.functions import exponentials, linear, reductions
from autograd_core.graph.value import Value
from autograd_core.table import ops
from autograd_core.table.op import TABLE, Op

if TYPE_CHECKING:
    from collections.abc import Iterable

Operand: TypeAlias = Value | float
Result: TypeAlias = Operand | list[Any]
"""What an expression stands for: a number, or a list of results."""

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

OF_NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "celu": reductions.celu,
    "elu": reductions.elu,
    "fabs": ops.ABS,
    "gelu": reductions.gelu,
    "hardshrink": reductions.hardshrink,
    "hardtanh": reductions.hardtanh,
    "leaky_relu": reductions.leaky_relu,
    "log": reductions.log,
    "logaddexp": exponentials.logaddexp,
    "maximum": reductions.maximum,
    "minimum": reductions.minimum,
    "softshrink": reductions.softshrink,
}
"""Functions of single numbers, some of which have defaults."""

OF_A_SEQUENCE: Final[dict[str, Callable[..., Any]]] = {
    "fsum": linear.fsum,
    "log_softmax": exponentials.log_softmax,
    "logsumexp": exponentials.logsumexp,
    "max": reductions.max,
    "mean": reductions.mean,
    "min": reductions.min,
    "norm": reductions.norm,
    "prod": reductions.prod,
    "softmax": exponentials.softmax,
    "std": reductions.std,
    "sum": linear.sum,
    "var": reductions.var,
}
"""Functions of one sequence, which may be given as single numbers, too: `mean(x, y)` is `mean([x, y])`."""

OF_TWO_SEQUENCES: Final[dict[str, Callable[..., Any]]] = {
    "dist": reductions.dist,
    "dot": linear.dot,
    "sumprod": reductions.sumprod,
}
"""Likewise: `dot(a, b, x, y)` is `dot([a, b], [x, y])`."""

OF_LISTS: Final[dict[str, Callable[..., Any]]] = {"affine": linear.affine}
"""Functions whose inputs are too many to be given singly."""

FUNCTIONS: Final = OF_NUMBERS | OF_A_SEQUENCE | OF_TWO_SEQUENCES | OF_LISTS
"""What can be called besides rows. A row of the same name has fewer inputs, or has no defaults."""

SHOWN: Final = 80  # characters of a long line that an error shows
LONGEST: Final = 10_000  # characters: far more than a picture can show, far less than could keep the parser busy

NAMED: Final = "; name parts of it, as in 'd = a*b; d + c'"

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
    ast.ListComp: "a comprehension",
    ast.MatMult: "the operator @",
    ast.NamedExpr: "an assignment inside an expression",
    ast.Not: "a logical operator",
    ast.Set: "a set",
    ast.Slice: "a slice",
    ast.Starred: "a starred argument",
    ast.keyword: "a starred argument",
}


def evaluate(text: str, /, **values: object) -> Value:
    """The graph that a text describes, as its root.

    Leaves are labelled with their names, intermediate results with the names they are assigned to. As in Python, names
    that differ only in the look of their letters are the same: the micro sign is a mu.

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
        leaves = {identifier(name): _leaf(identifier(name), value) for name, value in values.items()}
        if len(leaves) < len(values):
            raise InputError(f"two of {_listed(values)} are the same name for Python; expected one value for each name")
        self.names: dict[str, Result] = {**CONSTANTS, **leaves}
        self.unused = dict.fromkeys(leaves)

    def root(self) -> Value:
        """Carry out all statements and return the value of the last one."""
        result: Result = math.nan
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
        result = self.single(statement, "the last statement", result)
        return result if isinstance(result, Value) else Value(result)

    def parse(self) -> list[ast.stmt]:
        """The statements of the text."""
        if len(self.text) > LONGEST:
            raise InputError(f"expected an expression of at most {LONGEST} characters, got {len(self.text)}")
        place = too_deep_at(self.text)
        if place is not None:
            lines = self.text[: place + 1].splitlines()
            raise self.error("the expression is nested too deeply", len(lines), len(lines[-1]), hint=NAMED)
        try:
            with warnings.catch_warnings(action="ignore"):  # the parser's opinions about odd literals
                statements = ast.parse(self.text).body
        except SyntaxError as error:
            raise self.error(f"not an expression: {error.msg}", error.lineno or 1, error.offset or 1) from None
        except (RecursionError, MemoryError):
            raise InputError(f"the expression is nested too deeply{NAMED}") from None
        except ValueError as error:  # a null character, for one
            raise InputError(f"not an expression: {error}") from None
        if not statements:
            raise InputError(f"expected an expression, got an empty text; {_allowed()}")
        return statements

    def compute(self, expression: ast.expr) -> Result:
        """The value of an expression: its parts in postorder, on a stack of operands."""
        order: list[tuple[ast.expr, Callable[..., Result], int]] = []
        waiting = [expression]
        while waiting:
            part = waiting.pop()
            action, operands = self.split(part)
            order.append((part, action, len(operands)))
            waiting += operands
        results: list[Result] = []
        for part, action, count in reversed(order):
            first = len(results) - count
            results[first:] = [action(part, *results[first:])]
        return results[0]

    def split(self, part: ast.expr) -> tuple[Callable[..., Result], list[ast.expr]]:
        """What to do with the values of some parts of a part, and these parts.

        Everything that has no meaning here is refused in this place.
        """
        match part:
            case ast.Constant():
                return self.number, []
            case ast.Name():
                return self.look_up, []
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                return partial(self.call, UNARY[type(op)], ()), [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return partial(self.call, BINARY[type(op)], ()), [left, right]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self.listed, items
            case ast.Subscript(value=value, slice=index):
                return self.item, [value, index]
            case ast.Call(func=ast.Name(id=name) as called, args=args, keywords=keywords):
                return self.split_call(called, name, args, keywords)
            case ast.Call(func=called):
                raise self.forbidden(called)
        raise self.forbidden(part)

    def split_call(
        self, called: ast.expr, name: str, args: list[ast.expr], keywords: list[ast.keyword]
    ) -> tuple[Callable[..., Result], list[ast.expr]]:
        """The same for a call; the values of its keywords come last."""
        if name not in TABLE and name not in FUNCTIONS:
            raise self.unknown(called, "function", name, TABLE.keys() | FUNCTIONS.keys())
        for keyword in keywords:
            if keyword.arg is None:
                raise self.forbidden(keyword)
            if isinstance(FUNCTIONS.get(name, TABLE.get(name)), Op):
                raise self.error_at(keyword, f"{name} takes its inputs without names, got {keyword.arg}=")
        names = tuple(str(keyword.arg) for keyword in keywords)
        return partial(self.call, name, names), [*args, *(keyword.value for keyword in keywords)]

    def number(self, part: ast.expr) -> float:
        """The float that a literal stands for."""
        value = ast.literal_eval(part)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error_at(part, f"expected a real number, got {ast.unparse(part)}")
        try:
            return self.finite(part, float(value))
        except OverflowError:
            raise self.error_at(part, "a number beyond the range of a float (about 1.8e308)") from None

    def look_up(self, part: ast.Name) -> Result:
        """What a name stands for."""
        name = part.id
        if (name in TABLE or name in FUNCTIONS) and name not in self.names:
            raise self.error_at(part, f"{name} is a function; expected its inputs in parentheses")
        if name not in self.names:
            raise self.unknown(part, "name", name, self.names.keys() - CONSTANTS)
        self.unused.pop(name, None)
        return self.names[name]

    def call(self, name: str, keywords: Sequence[str], part: ast.expr, *operands: Result) -> Result:
        """A row or a function applied; the values of the keywords stand last."""
        count = len(operands) - len(keywords)
        given, options = operands[:count], dict(zip(keywords, operands[count:], strict=True))
        row = TABLE.get(name)
        lists = any(isinstance(x, list) for x in given)
        if row is None or (name in FUNCTIONS and (options or lists or row.arity not in {None, count})):
            function, inputs = FUNCTIONS[name], self.arranged(part, name, given)
        else:
            function, inputs = row, [self.single(part, name, x) for x in given]
        try:
            if not isinstance(function, Op):
                signature(function).bind(*inputs, **options)  # compiled functions have words of their own for it
            result: Result = function(*inputs, **options)
        except AutogradError as error:
            raise self.error_at(part, str(error)) from None
        except TypeError as error:
            raise self.error_at(part, f"expected {name}({_inputs_of(function)}), but {error}") from None
        return self.finite(part, result) if isinstance(result, float) else result

    def arranged(self, part: ast.expr, name: str, given: Sequence[Result]) -> Sequence[Any]:
        """The inputs as a function takes them: those given singly become sequences where it takes sequences."""
        if name in OF_NUMBERS:
            return [self.single(part, name, x) for x in given]
        if name in OF_A_SEQUENCE:
            numbers, *others = given if given and isinstance(given[0], list) else (list(given),)
            return [[self.single(part, name, x) for x in numbers], *others] if isinstance(numbers, list) else given
        if name in OF_TWO_SEQUENCES and not any(isinstance(x, list) for x in given):
            half = (len(given) + 1) // 2
            return given[:half], given[half:]
        lists = [x for x in given if isinstance(x, list)]
        if len(lists) < len(given):
            raise self.error_at(part, f"{name} expected lists, as in [x, y], got a number among them")
        if name in OF_LISTS and not all(isinstance(row, list) for rows in lists[:1] for row in rows):
            raise self.error_at(part, f"{name} expected rows as lists, as in [[x, y]], got a number among them")
        return lists

    def listed(self, part: ast.expr, *items: Result) -> Result:
        """A list of numbers or of such lists. Deeper ones no function takes, and a short text could make huge ones."""
        for item in items:
            if isinstance(item, list) and any(isinstance(x, list) for x in item):
                raise self.error_at(part, "expected numbers or lists of numbers, got lists that are nested deeper")
        return list(items)

    def item(self, part: ast.Subscript, results: Result, index: Result) -> Result:
        """One item of a list."""
        if not isinstance(results, list):
            raise self.error_at(part, "expected a list before the index, got a number")
        if not isinstance(index, float) or not index.is_integer():
            raise self.error_at(part.slice, "expected a whole number as index")
        if not -len(results) <= index < len(results):
            raise self.error_at(part.slice, f"expected an index below {len(results)}, got {index:g}")
        result: Result = results[int(index)]
        return self.finite(part, result) if isinstance(result, float) else result

    def single(self, part: ast.AST, place: str, result: Result) -> Operand:
        """The result, which must be one number."""
        if isinstance(result, list):
            raise self.error_at(part, f"{place} expected a number, got a list of {len(result)}; choose one, as in [0]")
        return result

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
        leaf = value if isinstance(value, Value) else Value(value)
    except OperandTypeError as error:
        raise OperandTypeError(f"the value of {name}: {error}") from None
    _named(name, leaf)
    return leaf


def _inputs_of(function: Callable[..., Any]) -> str:
    """The inputs of a function, with their defaults, as one would write them."""
    return ", ".join(str(x.replace(annotation=Parameter.empty)) for x in signature(function).parameters.values())


def _named(name: str, value: Result) -> Any:
    """The value with its name as the label, unless it has one: `y = x` gives x no second name.

    The numbers in a list `p` are named `p[0]`, `p[1]` and so on.
    """
    if isinstance(value, list):
        return [x if isinstance(x, list) else _named(f"{name}[{i}]", x) for i, x in enumerate(value)]
    if not isinstance(value, Value):
        return Value(value, label=name)
    if not value.label:
        value.label = name
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _allowed() -> str:
    return (
        "allowed are numbers, names, + - * / // % **, parentheses, lists, and the functions of autograd_core that take "
        "numbers, such as tanh(x) and softmax(x, y)[0]"
    )
