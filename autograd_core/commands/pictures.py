"""`autograd-core draw`: a picture of an expression with all its numbers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from autograd_core import InputError, Value
from autograd_core.expression import evaluate

STDOUT: Final = "-"


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """The options of `draw`, the only command in here."""
    parser.set_defaults(command=draw)
    parser.add_argument("expression", help="such as 'tanh(w*x + b)'; after -- if it begins with a minus sign")
    parser.add_argument("values", nargs="*", metavar="name=number", help="a value for each name in the expression")
    parser.add_argument("-o", "--output", default="graph.svg", help="file, .svg or .dot, or - for stdout (%(default)s)")


def draw(options: argparse.Namespace) -> None:
    """Draw an expression with all its numbers."""
    import viz

    picture = viz.draw(_root(options.expression, options.values))
    if options.output == STDOUT:
        sys.stdout.buffer.write(picture.svg.encode())  # bytes, since the terminal may not be in UTF-8
    else:
        print(f"wrote {picture.save(options.output)}")


def _root(expression: str, assignments: Sequence[str]) -> Value:
    """The root of the graph of an expression, swept backward."""
    root = evaluate(expression, **_parse_values(assignments))
    root.backward()
    return root


def _parse_values(assignments: Sequence[str]) -> dict[str, float]:
    """Read `["w=-3", "x=2"]`."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, _, number = assignment.partition("=")
        if not name.isidentifier() or not number:
            raise InputError(f"expected name=number, such as w=-3, got {assignment!r}")
        if name in values:
            raise InputError(f"{name} is given two values, {values[name]:g} and {number}; expected one")
        try:
            values[name] = float(number)
        except ValueError:
            raise InputError(f"expected a number for {name}, got {number!r}") from None
    return values
