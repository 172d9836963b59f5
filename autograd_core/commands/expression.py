"""Text to graph: `evaluate("tanh(w*x + b)", w=-3, x=2, b=6.88)`.

Python's own parser reads the text (see `source`). Only what is listed here has a meaning: numbers, names, the
operators in `BINARY` and `UNARY`, lists and their items, and calls of ops and of `FUNCTIONS`. Nothing else is executed.
A text may hold several statements, separated by semicolons or line ends. All but the last give names to intermediate
results, as in `d = a*b; L = d + c`.

The tree is walked with an explicit stack, so Python's stack does not limit its depth. Constants are folded by the rows,
in floats, so `9**9**9` is an overflow and not a long computation.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core.commands.parsing import identifier
from autograd_core.commands.source import Source
from autograd_core.errors import AutogradError, InputError, OperandTypeError
from autograd_core.functions import exponentials, linear, parametric, reductions, statistics
from autograd_core.graph.value import Value
from autograd_core.table import ops
from autograd_core.table.op import TABLE, Op, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable

Operand: TypeAlias = Value | float
Result: TypeAlias = Operand | list[Any]
"""The value of an expression: a number, or a list of results."""

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
    "celu": parametric.celu,
    "elu": parametric.elu,
    "fabs": ops.ABS,
    "gelu": parametric.gelu,
    "hardshrink": parametric.hardshrink,
    "hardtanh": parametric.hardtanh,
    "leaky_relu": parametric.leaky_relu,
    "log": parametric.log,
    "logaddexp": exponentials.logaddexp,
    "maximum": reductions.maximum,
    "minimum": reductions.minimum,
    "softshrink": parametric.softshrink,
}
"""Functions of single numbers, some of which have defaults."""

OF_A_SEQUENCE: Final[dict[str, Callable[..., Any]]] = {
    "fsum": linear.fsum,
    "log_softmax": exponentials.log_softmax,
    "logsumexp": exponentials.logsumexp,
    "max": reductions.max,
    "mean": statistics.mean,
    "min": reductions.min,
    "norm": reductions.norm,
    "prod": reductions.prod,
    "softmax": exponentials.softmax,
    "std": statistics.std,
    "sum": linear.sum,
    "var": statistics.var,
}
"""Functions of one sequence. They also take single numbers: `mean(x, y)` is `mean([x, y])`."""

OF_TWO_SEQUENCES: Final[dict[str, Callable[..., Any]]] = {
    "dist": reductions.dist,
    "dot": linear.dot,
    "sumprod": reductions.sumprod,
}
"""Functions of two sequences. They also take single numbers: `dot(a, b, x, y)` is `dot([a, b], [x, y])`."""

OF_LISTS: Final[dict[str, Callable[..., Any]]] = {"affine": linear.affine}
"""Functions that take lists only."""

FUNCTIONS: Final = OF_NUMBERS | OF_A_SEQUENCE | OF_TWO_SEQUENCES | OF_LISTS
"""Functions that a text can call besides ops. An op of the same name takes fewer inputs or has no defaults."""


def evaluate(text: str, /, **values: object) -> Value:
    """The root of the graph that a text describes.

    Leaves are labelled with their names, intermediate results with the names they are assigned to. As in Python, names
    are normalised, so the micro sign and the Greek mu are the same name.

    Args:
        text: statements, the last of which is the root. `pi` and `e` are constants, unless `values` has them.
        **values: a number or a Value for each name that the text uses and does not assign.

    Raises:
        InputError: if the text is not an expression, uses a construct or a name that has no meaning here, leaves a
            given value unused, or computes a constant that is not finite. The message shows where.
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


def free_names(text: str) -> list[str]:
    """The names that a text uses and does not assign before, in the order of their first use, as `evaluate` reads it.

    Raises:
        InputError: if the text is not an expression.

    >>> free_names("z = w*x + b; tanh(z) + pi")
    ['w', 'x', 'b']
    """
    known = {*CONSTANTS}
    free: dict[str, None] = {}
    for statement in Source(text).statements():
        called = {id(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and id(node) not in called]
        read = [name for name in names if isinstance(name.ctx, ast.Load)]
        free.update(dict.fromkeys(name.id for name in sorted(read, key=_place) if name.id not in known))
        known.update(name.id for name in names if isinstance(name.ctx, ast.Store))
    return list(free)


def _place(part: ast.expr) -> tuple[int, int]:
    return part.lineno, part.col_offset


class _Reader:
    """The state of reading one text.

    Attributes:
        source: the text.
        names: the result that each name stands for at this point.
        unused: the given names that the text has not used so far.
    """

    def __init__(self, text: str, values: dict[str, object]) -> None:
        self.source = Source(text)
        leaves = {identifier(name): _leaf(identifier(name), value) for name, value in values.items()}
        if len(leaves) < len(values):
            raise InputError(f"two of {_listed(values)} are the same name for Python; expected one value for each name")
        self.names: dict[str, Result] = {**CONSTANTS, **leaves}
        self.unused = dict.fromkeys(leaves)

    def root(self) -> Value:
        """The value of the last statement, after all statements before it were executed."""
        result: Result = math.nan
        for statement in self.source.statements():
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=expression):
                    result = self.names[name] = _named(name, self.compute(expression))
                case ast.Expr(value=expression):
                    result = self.compute(expression)
                case _:
                    raise self.source.forbidden(statement)
        if self.unused:
            raise InputError(f"a value is given for {_listed(self.unused)}, but the expression does not use it")
        result = self.single(statement, "the last statement", result)
        return result if isinstance(result, Recorder) else Value(result)

    def compute(self, expression: ast.expr) -> Result:
        """The value of an expression: its parts are computed in postorder, on a stack of results."""
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
        """The action that gives the value of a part of the tree, and the parts whose values it takes.

        Raises:
            InputError: if the part has no meaning here.
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
                raise self.source.forbidden(called)
        raise self.source.forbidden(part)

    def split_call(
        self, called: ast.expr, name: str, args: list[ast.expr], keywords: list[ast.keyword]
    ) -> tuple[Callable[..., Result], list[ast.expr]]:
        """`split` for a call; the values of keywords come last."""
        if name not in TABLE and name not in FUNCTIONS:
            raise self.source.unknown(called, "function", name, functions())
        for keyword in keywords:
            if keyword.arg is None:
                raise self.source.forbidden(keyword)
            if isinstance(FUNCTIONS.get(name, TABLE.get(name)), Op):
                raise self.source.error_at(keyword, f"{name} takes its inputs without names, got {keyword.arg}=")
        names = tuple(str(keyword.arg) for keyword in keywords)
        return partial(self.call, name, names), [*args, *(keyword.value for keyword in keywords)]

    def number(self, part: ast.expr) -> float:
        """The float that a literal stands for."""
        value = ast.literal_eval(part)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.source.error_at(part, f"expected a real number, got {ast.unparse(part)}")
        try:
            return self.finite(part, float(value))
        except OverflowError:
            raise self.source.error_at(part, "a number beyond the range of a float (about 1.8e308)") from None

    def look_up(self, part: ast.Name) -> Result:
        """The result that a name stands for."""
        name = part.id
        if (name in TABLE or name in FUNCTIONS) and name not in self.names:
            raise self.source.error_at(part, f"{name} is a function; expected its inputs in parentheses")
        if name not in self.names:
            raise self.source.unknown(part, "name", name, self.names.keys() - CONSTANTS)
        self.unused.pop(name, None)
        return self.names[name]

    def call(self, name: str, keywords: Sequence[str], part: ast.expr, *operands: Result) -> Result:
        """The result of a row or a function; the values of keywords come last."""
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
                signature(function).bind(*inputs, **options)  # compiled functions have messages of their own
            result: Result = function(*inputs, **options)
        except AutogradError as error:
            raise self.source.error_at(part, str(error)) from None
        except TypeError as error:
            raise self.source.error_at(part, f"expected {name}({_inputs_of(function)}), but {error}") from None
        return self.finite(part, result) if isinstance(result, float) else result

    def arranged(self, part: ast.expr, name: str, given: Sequence[Result]) -> Sequence[Any]:
        """The inputs as the function takes them: single numbers become a sequence where it takes sequences."""
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
            raise self.source.error_at(part, f"{name} expected lists, as in [x, y], got a number among them")
        if name in OF_LISTS and not all(isinstance(row, list) for rows in lists[:1] for row in rows):
            raise self.source.error_at(part, f"{name} expected rows as lists, as in [[x, y]], got a number among them")
        return lists

    def listed(self, part: ast.expr, *items: Result) -> Result:
        """A list of numbers or of such lists.

        Deeper lists are refused: no function takes them, and a short text could make huge ones.
        """
        for item in items:
            if isinstance(item, list) and any(isinstance(x, list) for x in item):
                raise self.source.error_at(
                    part, "expected numbers or lists of numbers, got lists that are nested deeper"
                )
        return list(items)

    def item(self, part: ast.Subscript, results: Result, index: Result) -> Result:
        """One item of a list."""
        if not isinstance(results, list):
            raise self.source.error_at(part, "expected a list before the index, got a number")
        if not isinstance(index, float) or not index.is_integer():
            raise self.source.error_at(part.slice, "expected a whole number as index")
        if not -len(results) <= index < len(results):
            raise self.source.error_at(part.slice, f"expected an index below {len(results)}, got {index:g}")
        result: Result = results[int(index)]
        return self.finite(part, result) if isinstance(result, float) else result

    def single(self, part: ast.AST, place: str, result: Result) -> Operand:
        """The result, if it is one number; `place` says in the error where it is used."""
        if isinstance(result, list):
            raise self.source.error_at(
                part, f"{place} expected a number, got a list of {len(result)}; choose one, as in [0]"
            )
        return result

    def finite(self, part: ast.expr, number: float) -> float:
        """The number, if it is finite. It came from constants alone, so any other number is a mistake in the text."""
        if not math.isfinite(number):
            raise self.source.error_at(part, f"expected a finite constant, got {number}")
        return number


def functions() -> set[str]:
    """The functions for users that a text can call. It can also call operators and internal ops by their names."""
    return {*FUNCTIONS, "pow", *(name for name, op in TABLE.items() if op.symbol.isidentifier() and not op.internal)}


def _leaf(name: str, value: Any) -> Any:
    """The leaf for a given value. A Value is used as it is, so that its gradient can be read afterwards.

    So is a number that a compiled function records.
    """
    try:
        leaf: Any = value if isinstance(value, Recorder) else Value(value)
    except OperandTypeError as error:
        raise OperandTypeError(f"the value of {name}: {error}") from None
    _named(name, leaf)
    return leaf


def _inputs_of(function: Callable[..., Any]) -> str:
    """The inputs of a function and their defaults, as in its signature."""
    return ", ".join(str(x.replace(annotation=Parameter.empty)) for x in signature(function).parameters.values())


def _named(name: str, value: Result) -> Any:
    """The value, labelled with the name unless it has a label already, as after `y = x`.

    The numbers in a list `p` are named `p[0]`, `p[1]` and so on.
    """
    if isinstance(value, list):
        return [x if isinstance(x, list) else _named(f"{name}[{i}]", x) for i, x in enumerate(value)]
    if not isinstance(value, Recorder):
        return Value(value, label=name)
    if isinstance(value, Value) and not value.label:
        value.label = name
    return value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
