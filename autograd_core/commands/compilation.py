"""`autograd-core compile`: an expression as a program, in plain Python, and how long it takes."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from time import perf_counter
from typing import Any, Final

import autograd_core
from autograd_core import Value
from autograd_core.commands.expression import evaluate
from autograd_core.commands.pictures import LONG_OPTION, values_of

SECONDS: Final = 0.1
"""About so long every way is timed."""

ROUNDS: Final = 5
"""In so many rounds, of which the fastest counts: other programs make a round slower, and nothing makes it faster."""


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """Add the options of `compile`, the only command of this module."""
    parser.set_defaults(command=compiled)
    parser.add_argument("expression", help="such as 'tanh(w*x + b)'")
    parser.add_argument("values", nargs="*", metavar="name=number", help="a value for each name in the expression")
    parser.add_argument("--grad", action="store_true", help="compute the gradient with respect to every name, too")
    parser.add_argument("--exact", action="store_true", help="give the bits of the engine, which may take longer")
    parser.epilog = "The times are those of a call with plain numbers, the fastest of some rounds."


def ordered(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options first, so that argparse treats no expression as an option.

    >>> ordered(["compile", "-x**2", "x=3", "--grad"])
    ['compile', '--grad', '--', '-x**2', 'x=3']
    """
    name, *given = arguments
    end = given.index("--") if "--" in given else len(given)
    options = [text for text in given[:end] if text == "-h" or LONG_OPTION.fullmatch(text)]
    others = [text for text in given[:end] if text not in options]
    return [name, *options, "--", *others, *given[end + 1 :]]


def compiled(options: argparse.Namespace) -> None:
    """Print the program, its source, and the times.

    Raises:
        InputError: if the text is not an expression, or its names and the values do not fit.
    """
    values = values_of(options.values)
    function = function_of(options.expression, list(values), gradient=options.grad)
    numbers = list(values.values())
    eager = function(*numbers)
    program = autograd_core.compile(function, exact=options.exact)
    result = program(*numbers)
    print(f"value: {_shown(result, list(values), gradient=options.grad)}")
    print(f"\nprogram\n{_indented(program.text)}")
    print(f"\nsource\n{_indented(program.source)}")
    print(f"\nexplanation\n{_indented(program.explain())}")
    seconds = [fastest(each, numbers) for each in (function, program)]
    print(f"\neager     {seconds[0] * 1e6:8.2f} µs\ncompiled  {seconds[1] * 1e6:8.2f} µs")
    if not _agree(eager, result):
        print(f"the engine gives {_shown(eager, list(values), gradient=options.grad)}")


def function_of(expression: str, names: Sequence[str], *, gradient: bool) -> Callable[..., Any]:
    """The function of the names that an expression stands for; with its gradient, if that is wanted.

    >>> function_of("x*y", ["x", "y"], gradient=True)(2.0, 3.0)
    [6.0, 3.0, 2.0]
    """

    def f(*numbers: Any) -> Any:
        leaves = [Value(x) for x in numbers]
        root = evaluate(expression, **dict(zip(names, leaves, strict=True)))
        if not gradient:
            return root.data
        root.backward()
        return [root.data, *[leaf.grad for leaf in leaves]]

    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    vars(f)["__signature__"] = Signature(parameters)
    return f


def fastest(function: Callable[..., Any], numbers: Sequence[float]) -> float:
    """The seconds of a call in the fastest of some rounds."""
    calls, best = 1, math.inf
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(calls):
            function(*numbers)
        taken = perf_counter() - start
        best = min(best, taken / calls)
        calls = max(1, int(SECONDS / ROUNDS / best))
    return best


def _shown(result: Any, names: Sequence[str], *, gradient: bool) -> str:
    if not gradient:
        return repr(result)
    value, *slopes = result
    return ", ".join([repr(value), *[f"d/d{name} = {slope!r}" for name, slope in zip(names, slopes, strict=True)]])


def _agree(eager: Any, result: Any) -> bool:
    """Whether the numbers of the engine and of the program are equal to 12 digits."""
    pairs = zip(eager, result, strict=True) if isinstance(eager, list) else [(eager, result)]
    return all(a == b or math.isclose(a, b, rel_tol=1e-12) or (math.isnan(a) and math.isnan(b)) for a, b in pairs)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
