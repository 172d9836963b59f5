"""The definitions that a program in plain Python needs: the forward functions of rows, taken from their own source.

A row says what it computes in its forward function. `Definitions` copies the text of that function, and of everything
that it uses, into a program that runs without this package. Nothing is written a second time, so the numbers are those
of the row to the bit. Annotations, examples and marks for tools are left out; a vector of machine numbers is a list.

Formulas in the table are written with ordinary operators, and where Python would raise they run again in IEEE
arithmetic. In their copies a quotient is a call of `divide`, which never raises.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Final

from autograd_core.compiler.module_sources import (
    decorators,
    edits_of_head,
    first_paragraph,
    function_of,
    home,
    is_of_table,
    is_ours,
    local_names,
    nodes_that_run,
    row_of,
    source_of,
    source_of_function,
    span,
    statements,
)
from autograd_core.numerics import real
from autograd_core.table import define
from autograd_core.table.op import TABLE, Op

MACHINE_TYPES: Final = {"i64": "int", "i32": "int", "vec": "list"}
"""What stands for the types that mypyc knows."""

ERRORS: Final = {"InputError": "ValueError", "OperandTypeError": "TypeError"}
"""The errors of Python that stand for ours."""

CHOICES: Final = {
    "where": 'def where(condition, a, b):\n    """`a` if the condition holds, else `b`."""\n'
    "    return a if condition else b",
    "select": 'def select(condition, a, b):\n    """`a()` if the condition holds, else `b()`."""\n'
    "    return a() if condition else b()",
}
"""How formulas choose between numbers. In the source they also take numbers that are not known yet."""

_LONGEST: Final = 25
"""A number that takes more characters is a whole one of many digits, and is written as it is computed."""

_MARK: Final = re.compile(r"[ ]*# (noqa|type:|fmt:)[^\n]*")


class Definitions:
    r"""Definitions with names of their own, each after those that it uses.

    Attributes:
        taken: the names that are in use.

    >>> definitions = Definitions({"x"})
    >>> definitions.call_of(TABLE["reciprocal"]), definitions.call_of(TABLE["atan"])
    ('reciprocal', 'math.atan')
    >>> print(definitions.text().split("\n\n\n")[-1])
    def reciprocal(x):
        return divide(1.0, x)
    """

    def __init__(self, taken: set[str]) -> None:
        self.taken: Final = taken | {*dir(builtins), *keyword.kwlist, "math"}
        self._modules: set[str] = set()
        self._imported: dict[str, set[str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._texts: list[str] = []

    def call_of(self, op: Op) -> str:
        """The function that a program calls for an op; of an op of any number of inputs it takes a list."""
        key = ("", f"{op.name} {id(op)}")
        if key not in self._names:
            found = row_of(op) if TABLE.get(op.name) is op else None
            self._names[key] = self._of_custom(op) if found is None else self._of_row(op, *found)
        return self._names[key]

    def text(self) -> str:
        """The imports and the definitions; numbers stand one below the other."""
        lines = [f"import {name}" for name in sorted(self._modules)]
        lines += [f"from {name} import {', '.join(sorted(names))}" for name, names in sorted(self._imported.items())]
        parts = ["\n".join(lines)]
        was_number = False
        for text in self._texts:
            is_number = "\n" not in text
            parts.append("\n" if is_number and was_number else "\n\n\n")
            parts.append(text)
            was_number = is_number
        return "".join(parts).strip("\n")

    def imports(self, name: str) -> str:
        """The name of a module, which is imported."""
        self._modules.add(name)
        return name

    # What a name of a module stands for.

    def name_of(self, module: ModuleType, node: ast.expr, local: set[str]) -> str | None:
        """What a name or an attribute of a module is called in the program; None if it stays as it is."""
        if isinstance(node, ast.Attribute):
            owner = node.value
            part = vars(module).get(owner.id) if isinstance(owner, ast.Name) and owner.id not in local else None
            return self._named(part, node.attr) if isinstance(part, ModuleType) and is_ours(part) else None
        if not isinstance(node, ast.Name) or node.id in local:
            return None
        value = vars(module).get(node.id)
        if isinstance(value, ModuleType) and is_ours(value):
            return None  # a part of an attribute
        return self._named(module, node.id)

    def _named(self, module: ModuleType, name: str) -> str:
        value = vars(module).get(name)
        if isinstance(value, Op):
            return self.call_of(value)
        found = home(module, name)
        if found is None:
            return name
        owner, original = found
        if owner in ("mypy_extensions", "librt.vecs"):
            return MACHINE_TYPES[original]
        if original in ERRORS and is_ours(sys.modules[owner]):
            return ERRORS[original]
        if not original:
            return self.imports(owner) if name == owner else self.imports(f"{owner} as {name}").rpartition(" ")[2]
        if is_ours(sys.modules[owner]) or owner == module.__name__:
            return self._defined(sys.modules[owner], original, original)
        self._imported.setdefault(owner, set()).add(original)
        return original

    def _defined(self, module: ModuleType, name: str, wanted: str, about: str = "") -> str:
        """The name of a definition, which is made if need be; `about` is its docstring if it has none."""
        key = (module.__name__, name)
        if key not in self._names:
            qualifier = module.__name__.rpartition(".")[2]
            if _of_rows().get(wanted, key) != key:  # a program calls another function by this name
                wanted = f"{qualifier}_{wanted}"
            chosen = self._names[key] = self.free(wanted, qualifier)
            self._texts.append(self._definition(module, name, chosen, about))
        return self._names[key]

    def _definition(self, module: ModuleType, name: str, chosen: str, about: str) -> str:
        value = vars(module)[name]
        if type(value) in (int, float) and len(repr(value)) <= _LONGEST:
            return f"{chosen} = {self.number(value)}"
        if module is define and name in CHOICES:
            return CHOICES[name]
        statement = statements(module)[name] if is_ours(module) else function_of(module, name)
        if statement is None:
            return f"{chosen} = {value!r}"
        if is_of_table(module):
            return self._formula(module, statement, chosen, about)
        return self._copied(module, statement, chosen)

    def free(self, name: str, qualifier: str) -> str:
        """The name, or one with a qualifier if it is in use."""
        chosen = name if name not in self.taken else f"{qualifier}_{name.lstrip('_')}"
        while chosen in self.taken:
            chosen += "_"
        self.taken.add(chosen)
        return chosen

    def number(self, number: float) -> str:
        """A number as it is written in Python.

        >>> [Definitions(set()).number(x) for x in (0.1, math.inf, -math.inf, math.nan)]
        ['0.1', 'math.inf', '-math.inf', 'math.nan']
        """
        if math.isfinite(number):
            return repr(number)
        self.imports("math")
        return "math.nan" if math.isnan(number) else "math.inf" if number > 0 else "-math.inf"

    # Texts of definitions.

    def _copied(self, module: ModuleType, statement: ast.stmt, chosen: str) -> str:
        """The text of a statement as it is written, with its comments."""
        source = source_of(module)
        at, end = span(source, statement)
        text = "".join(f"@{self._spelled(module, each)}\n" for each in decorators(statement))
        edits = self._edits(module, statement, chosen, source)
        for first, after, new in sorted(edits, key=lambda edit: (edit[0], -edit[1])):  # what holds others comes first
            if first >= at:
                text, at = text + source[at:first] + new, after
        return "\n".join(line.rstrip() for line in _MARK.sub("", text + source[at:end]).splitlines())

    def _edits(
        self, module: ModuleType, statement: ast.stmt, chosen: str, source: str
    ) -> Iterator[tuple[int, int, str]]:
        """What is replaced in the text of a statement: from where, up to where, by what."""
        local = local_names(statement)
        for node in nodes_that_run(statement):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield from edits_of_head(node, source, chosen if node is statement else node.name)
            elif isinstance(node, ast.arg) and node.annotation is not None:
                first, after = span(source, node)
                yield first + len(node.arg), after, ""
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                target = chosen if node is statement else ast.unparse(node.target)
                yield span(source, node)[0], span(source, node.value)[0], f"{target} = "
            elif isinstance(node, ast.Subscript) and ast.unparse(node) == "vec[float]":
                yield *span(source, node), "list"
            elif isinstance(node, ast.Name | ast.Attribute) and not isinstance(node.ctx, ast.Store):
                new = self.name_of(module, node, local)
                if new is not None and new != ast.unparse(node):
                    yield *span(source, node), new

    def _formula(self, module: ModuleType, statement: ast.stmt, chosen: str, about: str) -> str:
        """The text of a definition of the table, with quotients that never raise."""
        changed = _with_own_names(self, module, statement)
        if isinstance(changed, ast.FunctionDef):
            changed.name = chosen
            text = ast.get_docstring(changed)
            if text is not None:
                changed.body.pop(0)
            if text or about:
                changed.body.insert(0, ast.Expr(ast.Constant(first_paragraph(text or about))))
        elif isinstance(changed, ast.AnnAssign):
            changed = ast.Assign([ast.Name(chosen)], changed.value or ast.Constant(None), lineno=1)
        return ast.unparse(changed)

    def _spelled(self, module: ModuleType, node: ast.expr) -> str:
        """A name, or an attribute of a module, which is imported."""
        if isinstance(node, ast.Attribute):
            self.name_of(module, node.value, set())
        return self.name_of(module, node, set()) or ast.unparse(node)

    # Ops.

    def _of_row(self, op: Op, module: ModuleType, forward: ast.expr) -> str:
        """The function for a row of our table."""
        if isinstance(forward, ast.Name) and (found := home(module, forward.id)):
            return self._defined(sys.modules[found[0]], found[1], op.name, op.about)
        if isinstance(forward, ast.Name | ast.Attribute):
            name = self._spelled(module, forward)
            return name if _gives_floats(module, forward) else self._as_float(op, name)
        return self._of_expression(op, module, forward)

    def _of_expression(self, op: Op, module: ModuleType, forward: ast.expr) -> str:
        changed = _with_own_names(self, module, forward)
        chosen = self.free(op.name, "op")
        if isinstance(changed, ast.Lambda):
            about = f'    """{op.about}"""\n' if op.about else ""
            result = ast.unparse(changed.body)
            body = f"{about}    return {result if is_ours(module) else f'float({result})'}"
            self._texts.append(f"def {chosen}({ast.unparse(changed.args)}):\n{body}")
        else:
            self._texts.append(f"{chosen} = {ast.unparse(changed)}")
        return chosen

    def _of_custom(self, op: Op) -> str:
        """The function for an op of the user, or a place for it if its source is not at hand."""
        found = source_of_function(op.forward)
        if found is None:
            chosen = self.free(op.name, "op")
            self._texts.append(
                f"def {chosen}(*inputs):\n"
                f'    """The op {op.name}: the source of its forward function was not at hand."""\n'
                f'    raise NotImplementedError("write here what {op.name} computes")'
            )
            return chosen
        module, tree = found
        if isinstance(tree, ast.Lambda):
            return self._of_expression(op, module, tree)
        return self._as_float(op, self._defined(module, tree.name, tree.name))

    def _as_float(self, op: Op, function: str) -> str:
        """A function whose result is a float, if that of another one may be a whole number."""
        chosen = self.free(f"{op.name}_as_float", "op")
        self._texts.append(f"def {chosen}(*inputs):\n    return float({function}(*inputs))")
        return chosen


class _Formula(ast.NodeTransformer):
    """Gives names of a formula their names in the program, and writes its quotients as calls.

    Attributes:
        used: the names in the program that it uses.
        new: the nodes of such names, by identity.
    """

    def __init__(self, definitions: Definitions, module: ModuleType, local: set[str]) -> None:
        self.used: set[str] = set()
        self.new: dict[int, ast.Name] = {}
        self._definitions: Final = definitions
        self._module: Final = module
        self._local: Final = local

    def _renamed(self, node: ast.Name | ast.Attribute) -> ast.AST:
        new = self._definitions.name_of(self._module, node, self._local)
        return node if new is None else self._name(new)

    def _name(self, new: str) -> ast.Name:
        self.used.add(new)
        node = ast.Name(new)
        self.new[id(node)] = node
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name."""
        return self._renamed(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """An attribute, which stays one unless it is a part of one of our modules."""
        new = self._renamed(node)
        return self.generic_visit(node) if new is node else new

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """An argument without its annotation."""
        return ast.arg(node.arg)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """An operation; a quotient becomes a call."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        divide = self._name(self._definitions._named(real, "divide"))
        return ast.Call(divide, [node.left, node.right], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A call; an op of any number of inputs takes a list."""
        called = vars(self._module).get(node.func.id) if isinstance(node.func, ast.Name) else None
        self.generic_visit(node)
        if isinstance(called, Op) and called.arity is None:
            node.args = [ast.List(node.args)]
        return node


def _with_own_names(definitions: Definitions, module: ModuleType, tree: Any) -> Any:
    """A copy of a formula as it stands in the program. A variable with the name of a definition gets another one."""
    copy = ast.parse(ast.unparse(tree)).body[0]
    part = copy.value if isinstance(tree, ast.expr) and isinstance(copy, ast.Expr) else copy
    if isinstance(part, ast.FunctionDef):
        part.returns = None
    local = local_names(part)
    formula = _Formula(definitions, module, local)
    changed = formula.visit(part)
    clashes = local & formula.used
    for node in nodes_that_run(changed) if clashes else ():
        if isinstance(node, ast.Name) and node.id in clashes and id(node) not in formula.new:
            node.id += "_"
        elif isinstance(node, ast.arg) and node.arg in clashes:
            node.arg += "_"
    return changed


def _gives_floats(module: ModuleType, forward: ast.expr) -> bool:
    """Whether the function of one of our modules gives floats; functions of Python do."""
    if not isinstance(forward, ast.Attribute) or not isinstance(forward.value, ast.Name):
        return True
    owner = vars(module)[forward.value.id]
    definition = statements(owner).get(forward.attr) if is_ours(owner) else None
    return not isinstance(definition, ast.FunctionDef) or ast.unparse(definition.returns or ast.Name("")) == "float"


@cache
def _of_rows() -> dict[str, tuple[str, str]]:
    """For the names of functions that are forward functions of rows, the module and the name there."""
    found: dict[str, tuple[str, str]] = {}
    for name in list(TABLE):
        row = row_of(TABLE[name])
        if row is not None and isinstance(row[1], ast.Attribute) and isinstance(row[1].value, ast.Name):
            module = vars(row[0])[row[1].value.id]
            found[row[1].attr] = (module.__name__, row[1].attr)
    return found
