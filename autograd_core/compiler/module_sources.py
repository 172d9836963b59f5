"""The sources of functions: what a name in a module stands for, and the statement that defines it.

Compiled modules have their source beside them. A function of the user has a source if it stands in a file, or in a cell
of a notebook.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from autograd_core.table.op import Op

OURS: Final = "autograd_core"


def is_ours(module: ModuleType) -> bool:
    """Whether a module belongs to this package."""
    return module.__name__.partition(".")[0] == OURS


def is_of_table(module: ModuleType) -> bool:
    """Whether the rows of a module are written in formulas, which run again in IEEE arithmetic where Python raises."""
    return module.__name__.startswith(f"{OURS}.table.") or not is_ours(module)


@cache
def source_of(module: ModuleType) -> str:
    """The source of a module of ours."""
    path = Path(str(module.__file__))
    return path.with_name(f"{module.__name__.rpartition('.')[2]}.py").read_text(encoding="utf-8")


@cache
def statements(module: ModuleType) -> dict[str, ast.stmt]:
    """The statements of a module of ours, by the name that they define."""
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(source_of(module)).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = statement
    return found


@cache
def _imported(module: ModuleType) -> dict[str, tuple[str, str]]:
    """For each name that a module imports, the module that it is from, and its name there; "" for a module itself."""
    found: dict[str, tuple[str, str]] = {}
    for statement in ast.parse(source_of(module)).body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                found[alias.asname or alias.name] = (str(statement.module), alias.name)
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                found[alias.asname or alias.name] = (alias.name, "")
    return found


def home(module: ModuleType, name: str) -> tuple[str, str] | None:
    """The module that defines a name of a module, and its name there; None for a name of Python itself.

    The name there is "" for a module.

    >>> import autograd_core.numerics.real as real
    >>> home(real, "INFINITY"), home(real, "math"), home(real, "len")
    (('autograd_core.numerics.number', 'INFINITY'), ('math', ''), None)
    """
    if not is_ours(module):
        return _home_elsewhere(module, name)
    owner, original = module.__name__, name
    while owner.partition(".")[0] == OURS and (further := _imported(sys.modules[owner]).get(original)):
        owner, original = further
    if owner == module.__name__ and original not in statements(module):
        return None
    return owner, original


def _home_elsewhere(module: ModuleType, name: str) -> tuple[str, str] | None:
    value = vars(module).get(name)
    if isinstance(value, ModuleType):
        return value.__name__, ""
    return (module.__name__, name) if name in vars(module) else None


def row_of(op: Op) -> tuple[ModuleType, ast.expr] | None:
    """The module of a row of our table, and its forward function there; None for an op of the user."""
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{OURS}.table.") and op.name in _rows(module):
            return module, _rows(module)[op.name]
    return None


@cache
def _rows(module: ModuleType) -> dict[str, ast.expr]:
    """The forward functions of the rows of a module, by the names of the ops.

    A row is a call with its name and its forward function in front; that of a comparison has its sign between them.
    """
    found: dict[str, ast.expr] = {}
    for statement in statements(module).values():
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and len(call.args) > 1 and isinstance(call.args[0], ast.Constant):
            function = next((part for part in call.args[1:] if not isinstance(part, ast.Constant)), None)
            if function is not None:
                found[str(call.args[0].value)] = function
    return found


def source_of_function(function: Any) -> tuple[ModuleType, ast.FunctionDef | ast.Lambda] | None:
    """The module and the tree of a function of the user; None without a source that can stand for itself."""
    code = getattr(function, "__code__", None)
    module = sys.modules.get(getattr(function, "__module__", ""))
    if not isinstance(code, CodeType) or module is None or code.co_freevars:
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            return module, node
        if isinstance(node, ast.Lambda) and _is_code_of(node, code):
            return module, node
    return None


def _is_code_of(function: ast.Lambda, code: CodeType) -> bool:
    constants = compile(ast.unparse(function), "lambda", "eval").co_consts
    inner = next(constant for constant in constants if isinstance(constant, CodeType))
    return (inner.co_code, inner.co_consts, inner.co_names) == (code.co_code, code.co_consts, code.co_names)


def function_of(module: ModuleType, name: str) -> ast.FunctionDef | None:
    """The tree of a function of a module of the user; None if the name is none, or has no source."""
    value = vars(module).get(name)
    found = source_of_function(value) if isinstance(value, FunctionType) else None
    return found[1] if found is not None and isinstance(found[1], ast.FunctionDef) else None


def local_names(tree: ast.AST) -> set[str]:
    """The names that the functions in a tree give to their arguments and variables.

    >>> sorted(local_names(ast.parse("lambda x: [x + y for y in z]")))
    ['x', 'y']
    """
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    inside = tree if isinstance(tree, ast.expr | ast.FunctionDef | ast.ClassDef | ast.Module) else ast.Pass()
    stored = {node.id for node in ast.walk(inside) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    in_loops = [node.target for node in ast.walk(tree) if isinstance(node, ast.comprehension)]
    return found | stored | {node.id for part in in_loops for node in ast.walk(part) if isinstance(node, ast.Name)}


def nodes_that_run(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree without annotations and decorators, from the outside inwards."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field, part in ast.iter_fields(node):
            if field not in ("annotation", "returns", "decorator_list"):
                parts = part if isinstance(part, list) else [part]
                waiting += [each for each in parts if isinstance(each, ast.AST)]


# Places in a text.


def decorators(statement: ast.stmt) -> list[ast.expr]:
    """The decorators of a function or class, but for those that only tools read."""
    return [each for each in getattr(statement, "decorator_list", []) if ast.unparse(each) != "final"]


def edits_of_head(node: ast.FunctionDef | ast.ClassDef, source: str, chosen: str) -> Iterator[tuple[int, int, str]]:
    """What is replaced up to the body of a function or class: its name, the type of its result, its docstring."""
    at = source.index(node.name, span(source, node)[0])
    yield at, at + len(node.name), chosen
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        after = span(source, node.returns)[1]
        yield source.rindex(" ->", at, after), after, ""
    text = ast.get_docstring(node)
    if text is not None:
        yield *span(source, node.body[0]), f'"""{first_paragraph(text)}"""'


def first_paragraph(text: str) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(text.partition("\n\n")[0].split())


def span(source: str, node: Any) -> tuple[int, int]:
    """Where a node begins in a text and where it ends. `ast` counts columns in bytes."""
    starts = _starts(source)
    return (
        _index(source, starts, node.lineno - 1, node.col_offset),
        _index(source, starts, node.end_lineno - 1, node.end_col_offset),
    )


def _index(source: str, starts: list[int], line: int, column: int) -> int:
    text = source[starts[line] : starts[line + 1]]
    return starts[line] + (column if text.isascii() else len(text.encode()[:column].decode()))


@cache
def _starts(source: str) -> list[int]:
    """The index of each line in a text, and of its end."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts
