"""`autograd-core draw`, `tree`, `explain`, `page`, `latex`: an expression in pictures and words, with all its numbers.

A command is a row of `COMMANDS`: where its result goes by default, and a writer for each ending of a file. By default
words go to the standard output and pictures to a file.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core import InputError, Value, topological_order
from autograd_core.commands.expression import evaluate, free_names
from autograd_core.commands.parsing import identifier
from autograd_core.files import is_stream, write_atomically
from autograd_core.paths import ENDINGS, format_of

STDOUT: Final = "-"

VALUED: Final = ("--output", "--wrt")
"""Long options with a value. They may be abbreviated."""

ELSEWHERE: Final = ((0.3, 0.25), (2.7, -1.1), (-1.6, 0.7))
"""Where a graph recorded at 0 is compared with another one: the value of the first name, and the step to the next."""

LONG_OPTION: Final = re.compile(r"--[A-Za-z][\w-]*(=.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Subject:
    """The root of the graph, and the values that the user asks about.

    They are attributes and not local variables, because pictures name nodes after the variables that hold them. Without
    numbers all leaves are 0: a function that subtracts the largest or the first of its inputs then subtracts nothing.
    """

    root: Value
    wanted: Sequence[Value]
    has_numbers: bool = True
    expand: bool = False


Writer: TypeAlias = Callable[[Any, Subject], str | bytes]
"""A function of `viz` and a subject that makes the content of a file."""


class Command(NamedTuple):
    """One row of `COMMANDS`.

    Attributes:
        output: the default file, or `-` for the standard output.
        kind: what it makes, a key of `ENDINGS`; its first format is that of the standard output.
        writers: the writer for each format.
        wrt: the help of the option `--wrt`; "" if the command does not have it.
        needs_numbers: whether every name needs a value; otherwise none of them may have one.
        expands: whether it has the option `--expand`.
    """

    output: str
    kind: str
    writers: Mapping[str, Writer]
    wrt: str = ""
    needs_numbers: bool = True
    expands: bool = False


def _drawn(form: str) -> Writer:
    """A writer of the picture in a format."""
    return lambda viz, subject: viz.draw(subject.root, expand=subject.expand).to(form)


def _explained(text_of: Callable[[Any], str], between: str = "\n\n", around: str = "{}\n") -> Writer:
    """A writer of the explanations of all wanted values, one after the other."""
    return lambda viz, subject: around.format(
        between.join(text_of(viz.explain(wanted, subject.root)) for wanted in subject.wanted)
    )


def _formula(viz: Any, subject: Subject) -> str:
    asked: Sequence[Value | None] = subject.wanted or [None]
    formulas = [viz.latex(subject.root, wanted, general=not subject.has_numbers, with_root=True) for wanted in asked]
    return "".join(f"{formula}\n" for formula in formulas)


def _tree(viz: Any, subject: Subject) -> str:
    return f"{viz.tree(subject.root, expand=subject.expand)}\n"


def _paged(viz: Any, subject: Subject) -> str:
    return str(viz.page(subject.root, expand=subject.expand).html)


COMMANDS: Final = {
    "draw": Command("graph.svg", "drawing", {form: _drawn(form) for form in ENDINGS["drawing"].values()}, expands=True),
    "tree": Command(STDOUT, "tree", {"text": _tree}, expands=True),
    "explain": Command(
        STDOUT,
        "explanation",
        {
            "text": _explained(lambda explanation: explanation.text),
            "latex": _explained(lambda explanation: explanation.latex()),
            "json": _explained(lambda explanation: explanation.to_json(), ",\n", "[{}]\n"),
        },
        wrt="explain the gradient with respect to this name; by default to each leaf",
    ),
    "page": Command("page.html", "page", {"html": _paged}, expands=True),
    "latex": Command(
        STDOUT,
        "formula",
        {"latex": _formula},
        wrt="write the derivative with respect to this name",
        needs_numbers=False,
    ),
}


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the options of a command."""
    command = COMMANDS[name]
    parser.set_defaults(command=lambda options: _run(command, options), wrt=[], expand=False)
    values = "a value for each name in the expression"
    if not command.needs_numbers:
        values += "; without any, the formula is the one for all values, with relu' for a derivative in pieces"
    parser.add_argument("expression", help="such as 'tanh(w*x + b)'")
    parser.add_argument("values", nargs="*", metavar="name=number", help=values)
    if command.wrt:
        parser.add_argument("--wrt", action="append", metavar="NAME", help=f"{command.wrt}; may be repeated")
    if command.expands:
        parser.add_argument("--expand", action="store_true", help="show helper nodes too, those inside functions")
    endings = " ".join(ENDINGS[command.kind])
    help_text = f"file ({endings}), or - for the standard output (%(default)s)"
    parser.add_argument("-o", "--output", default=command.output, help=help_text)


def ordered(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command with its options first, so that argparse treats no expression as an option.

    >>> ordered(["draw", "-x**2", "-o", "x.svg", "x=3"])
    ['draw', '-o', 'x.svg', '--', '-x**2', 'x=3']
    """
    name, *waiting = arguments
    options: list[str] = []
    others: list[str] = []
    while waiting and waiting[0] != "--":
        width = _width_of_option(COMMANDS[name], waiting[0])
        (options if width else others).extend(waiting[: width or 1])
        del waiting[: width or 1]
    return [name, *options, "--", *others, *waiting[1:]]


def _width_of_option(command: Command, text: str) -> int:
    """The number of arguments of an option, including itself; 0 if the text is not an option."""
    if text == "-o" or (len(text) > len("--") and any(option.startswith(text) for option in VALUED)):
        return 2
    attached = text.startswith("-o") and (text == f"-o{STDOUT}" or Path(text).suffix.lower() in ENDINGS[command.kind])
    return int(text == "-h" or attached or LONG_OPTION.fullmatch(text) is not None)


def _run(command: Command, options: argparse.Namespace) -> None:
    """Evaluate the expression, make the result in the format of the output, and write it there."""
    import viz

    streamed = options.output == STDOUT or is_stream(options.output)
    if streamed and not Path(options.output).suffix:
        form = next(iter(ENDINGS[command.kind].values()))
    else:
        form = format_of(options.output, command.kind, ", or - for the standard output")
    has_numbers = command.needs_numbers or bool(options.values)
    root = _root(options.expression, options.values) if has_numbers else _general(options.expression)
    content = command.writers[form](
        viz, Subject(root, _wanted(command, root, options.wrt), has_numbers, options.expand)
    )
    data = content.encode() if isinstance(content, str) else content  # the terminal may not be in UTF-8
    if options.output == STDOUT:
        sys.stdout.buffer.write(data)
    else:
        write_atomically(options.output, data)
        if not streamed:
            print(f"wrote {options.output}")


def _wanted(command: Command, root: Value, names: Sequence[str]) -> list[Value]:
    """The values that the user names; for explanations by default all leaves."""
    named = {node.label: node for node in topological_order(root) if node.label}
    names = [*map(identifier, names)]
    if unknown := [name for name in names if name not in named]:
        raise InputError(f"expected one of {', '.join(named)} as --wrt, got {unknown[0]!r}")
    if names or command is not COMMANDS["explain"]:
        return [named[name] for name in names]
    return [node for node in named.values() if node.op is None]


def _general(expression: str) -> Value:
    """The root of a graph that is right for all numbers.

    Raises:
        InputError: if a function in the expression makes another graph for other numbers.
    """
    names = free_names(expression)
    root = evaluate(expression, **dict.fromkeys(names, 0.0))
    for first, step in ELSEWHERE:
        values = {name: first + step * i for i, name in enumerate(names)}
        here, there = _rerun(root, values), evaluate(expression, **values).data
        if not (math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-12) or math.isnan(here) or math.isnan(there)):
            raise InputError(f"the formula of {expression} is not the same for all numbers; give each name a value")
    return root


def _rerun(root: Value, values: Mapping[str, float]) -> float:
    """The data of the root for other numbers in the leaves, by the same ops."""
    numbers: dict[Any, float] = {}
    for node in topological_order(root):
        inputs = [numbers[x] if isinstance(x, Value) else x for x in node.inputs]
        numbers[node] = node.op(*inputs) if node.op else values.get(node.label, node.data)
    return numbers[root]


def _root(expression: str, assignments: Sequence[str]) -> Value:
    """The root of the graph of an expression, swept backward."""
    root = evaluate(expression, **values_of(assignments))
    root.backward()
    return root


def values_of(assignments: Sequence[str]) -> dict[str, float]:
    """Read `["w=-3", "x=2"]`."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, _, number = assignment.partition("=")
        if not name.isidentifier() or not number:
            raise InputError(f"expected name=number, such as w=-3, got {assignment!r}")
        name = identifier(name)
        if name in values:
            raise InputError(f"{name} is given two values, {values[name]:g} and {number}; expected one")
        try:
            values[name] = float(number)
        except ValueError:
            raise InputError(f"expected a number for {name}, got {number!r}") from None
    return values
