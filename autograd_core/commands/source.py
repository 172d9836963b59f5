"""The text of an expression: its statements, and errors that show the part of the text that is wrong."""

from __future__ import annotations

import ast
import textwrap
import warnings
from typing import TYPE_CHECKING, Final

from autograd_core.commands.parsing import too_deep_at
from autograd_core.elsewhere import named_elsewhere
from autograd_core.errors import InputError
from autograd_core.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN: Final = 80
"""The number of characters of a long line that an error shows."""

LONGEST: Final = 10_000
"""The most characters of a text: more than a picture can show, and few enough to parse fast."""

NAMED: Final = "; name parts of it, as in 'd = a*b; d + c'"

ALLOWED: Final = (
    "allowed are numbers, names, + - * / // % **, parentheses, lists, and the functions of autograd_core that take "
    "numbers, such as tanh(x) and softmax(x, y)[0]"
)

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
"""Constructs without a meaning here, and their names in messages."""


class Source:
    """A text, without the indentation that all its lines share."""

    def __init__(self, text: str) -> None:
        self.text = textwrap.dedent(text).strip()

    def statements(self) -> list[ast.stmt]:
        """The statements of the text.

        Raises:
            InputError: if the text is empty, too long, nested too deeply, or not Python.
        """
        if len(self.text) > LONGEST:
            raise InputError(f"expected an expression of at most {LONGEST} characters, got {len(self.text)}")
        place = too_deep_at(self.text)
        if place is not None:
            lines = self.text[: place + 1].splitlines()
            raise self.error("the expression is nested too deeply", len(lines), len(lines[-1]), hint=NAMED)
        try:
            with warnings.catch_warnings(action="ignore"):  # about odd literals
                statements = ast.parse(self.text).body
        except SyntaxError as error:
            raise self.error(f"not an expression: {error.msg}", error.lineno or 1, error.offset or 1) from None
        except (RecursionError, MemoryError):
            raise InputError(f"the expression is nested too deeply{NAMED}") from None
        except ValueError as error:  # for example, a null character
            raise InputError(f"not an expression: {error}") from None
        if not statements:
            raise InputError(f"expected an expression, got an empty text; {ALLOWED}")
        return statements

    def unknown(self, part: ast.expr, kind: str, name: str, known: Iterable[str]) -> InputError:
        """The error for a name that is not defined; `known` holds the defined ones."""
        choices = sorted(known)
        if kind == "function":
            synonym, way_out = named_elsewhere(name), f"there are {', '.join(choices)}"
        else:
            synonym, way_out = "", f"give it a value, as in {name}=2"
        hint = did_you_mean(name, choices, most=1, synonym=synonym) or way_out
        return self.error_at(part, f"unknown {kind} {name!r}", f"; {hint}")

    def forbidden(self, part: ast.AST) -> InputError:
        """The error for a construct that has no meaning here."""
        kind = FORBIDDEN.get(type(part)) or FORBIDDEN.get(type(getattr(part, "op", None)), "this")
        return self.error_at(part, f"{kind} is not allowed", f"; {ALLOWED}")

    def error_at(self, part: ast.AST, reason: str, hint: str = "") -> InputError:
        """The error for a part of the tree. The tree counts columns in bytes of UTF-8, messages in characters."""
        line: int = part.lineno  # type: ignore[attr-defined]
        source = self.text.splitlines()[line - 1].encode()
        start = len(source[: part.col_offset].decode())  # type: ignore[attr-defined]
        width = len((ast.get_source_segment(self.text, part) or "").partition("\n")[0])
        return self.error(reason, line, start + 1, width, hint)

    def error(self, reason: str, line: int, column: int, width: int = 1, hint: str = "") -> InputError:
        """The error for a part of a line: the reason and the hint, and below them the part, underlined."""
        lines = self.text.splitlines()
        place = f"column {column}" if len(lines) == 1 else f"line {line}, column {column}"
        left = max(0, column - 1 - SHOWN // 2)
        shown = lines[line - 1][left : left + SHOWN]
        marks = " " * (column - 1 - left) + "^" * max(1, min(width, left + SHOWN - column + 1))
        return InputError(f"{reason} at {place}{hint}\n    {shown}\n    {marks}")
