"""The command line: `autograd-core digits`, `autograd-core draw`, `autograd-core repl` and others.

The modules of `commands` are the only ones here that use `nn` and `viz`. The commands are in a table; the module of a
command is loaded when it is used. An error that a user can cause is one line on stderr.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from autograd_core import AutogradError, InputError, OperandTypeError, companions
from autograd_core.commands import version_text
from autograd_core.elsewhere import named_elsewhere
from autograd_core.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(NamedTuple):
    """The name of a command, its module in `autograd_core.commands`, and what it does."""

    name: str
    module: str
    does: str


COMMANDS: Final = (
    Command(
        "digits",
        "training",
        "Train a network on handwritten digits, test it, and leave pictures and parameters in a folder.",
    ),
    Command("mnist", "training", "Train a network on the 60,000 digits of MNIST, and test it on 10,000 others."),
    Command("moons", "training", "Train a network to tell two moons or two spirals apart."),
    Command("names", "training", "Train a small transformer on first names, and let it make up new ones."),
    Command("sequence", "training", "Train an LSTM to say whether the number of ones in a sequence is odd."),
    Command(
        "descent", "descent", "Draw the paths of batch, mini-batch and stochastic descent over contours of the loss."
    ),
    Command("draw", "pictures", "Draw an expression with all its numbers."),
    Command("tree", "pictures", "Write the graph of an expression as a tree, with all its numbers."),
    Command("explain", "pictures", "Explain in numbers where the gradients of an expression come from."),
    Command("page", "pictures", "Make a page that plays the forward and the backward pass of an expression."),
    Command("latex", "pictures", "Write an expression, or its derivatives, as a formula in LaTeX."),
    Command("compile", "compilation", "Compile an expression, and write its program, its source and its times."),
    Command(
        "accuracy",
        "accuracy",
        "Measure the largest errors of ops and of their derivatives, beside those of PyTorch and JAX.",
    ),
    Command("repl", "prompt", "Open a Python prompt, IPython's if it is installed, with everything loaded."),
)

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "accuracy": (),
    "compilation": ("viz",),
    "descent": ("nn", "viz"),
    "pictures": ("viz",),
    "prompt": ("nn", "viz"),
    "training": ("nn", "viz"),
}
"""The packages that a module needs."""

MODULES: Final = {command.name: command.module for command in COMMANDS}

WITH_EXPRESSIONS: Final = ("pictures", "compilation")
"""The modules whose commands take an expression."""

SYNONYMS: Final = {
    **dict.fromkeys(("derivative", "grad", "gradient"), "explain"),
    **dict.fromkeys(("graph", "picture", "plot", "svg"), "draw"),
    **dict.fromkeys(("formula", "tex"), "latex"),
    **dict.fromkeys(("jit", "program", "source", "timeit"), "compile"),
    **dict.fromkeys(("console", "prompt", "python", "shell"), "repl"),
    "diagnose": "repl",
    "help": "--help",
    "html": "page",
    "train": "digits",
    "version": "--version",
}
"""Other words for commands."""

EXAMPLE: Final = "functions come in an expression, as in autograd-core tree 'tanh(x)' x=1"


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code; see `__main__.main`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if closed := [name for name, stream in (("output", sys.stdout), ("error", sys.stderr)) if stream is None]:
        return _fail(f"expected an open standard {closed[0]}, got a closed one; redirect it to {os.devnull} instead", 1)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # as for stderr: it may not encode a file name
    try:
        _check_command(given)
        options = _parser(given).parse_args(_prepared(given))
        options.command(options)
        sys.stdout.flush()
    except AutogradError as error:
        return _fail(str(error), 2 if isinstance(error, InputError | OperandTypeError) else 1)
    except BrokenPipeError:  # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python reports no error at exit
        return 1
    except OSError as error:
        return _fail(": ".join(str(part) for part in (error.strerror or error, error.filename) if part), 1)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"autograd-core: {message}", file=sys.stderr)  # if stderr is closed, print writes to stdout
    return code


def _check_command(given: Sequence[str]) -> None:
    """Check that a command comes first, or an option of the program; argparse has no hint for anything else.

    Raises:
        InputError: if it does not.
    """
    word = given[0] if given else "--help"
    if word in MODULES or word in ("-h", "--help", "--version"):
        return
    is_option = word.startswith("-") and word.lstrip("-") not in MODULES
    command = next((each for each in given if each in MODULES), "")
    if is_option and command:
        raise InputError(f"expected a command before its options; write autograd-core {command} {word} ...")
    if not is_option:
        raise InputError(f"expected a command, got {word!r}; {_meant(word)} (see 'autograd-core --help')")


def _meant(word: str) -> str:
    """What may be meant by a word that is no command: a similar one, an option, an expression, a function."""
    if near := did_you_mean(word, MODULES, synonym=SYNONYMS.get(word.casefold(), "")):
        return near
    if word and not word.isidentifier():
        return f"an expression comes after a command, as in autograd-core tree {shlex.quote(word)}"
    functions = import_module("autograd_core.commands.expression").functions()
    if word in functions:
        return EXAMPLE
    near = did_you_mean(word, functions, most=1, synonym=named_elsewhere(word))
    return f"{near} {EXAMPLE.capitalize()}" if near else f"there are {', '.join(MODULES)}"


def _prepared(given: Sequence[str]) -> Sequence[str]:
    """The arguments in an order that argparse can read; it treats an expression with a leading minus as an option."""
    if given and MODULES.get(given[0]) in WITH_EXPRESSIONS:
        arguments: Sequence[str] = import_module(f"autograd_core.commands.{MODULES[given[0]]}").ordered(given)
        return arguments
    return given


class _Parser(argparse.ArgumentParser):
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments, all of which must be known: the parser that knows the options suggests one of them."""
        parsed, left = super().parse_known_args(args, namespace)
        if left:
            options = dict.fromkeys(re.findall(r"--[\w-]+", self.format_help()))
            hint = did_you_mean(left[0].partition("=")[0], options, most=1)
            self.error("; ".join(filter(None, [f"unrecognized arguments: {' '.join(left)}", hint])))
        return parsed, left

    def error(self, message: str) -> NoReturn:
        """Print the message only, with a choice that is similar; argparse would print the usage first."""
        if choice := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
            hint = did_you_mean(choice[1], re.findall(r"[\w-]+", choice[2]), most=1)
            message = "; ".join(filter(None, [message, hint]))
        sys.exit(_fail(f"{message} (see '{self.prog} --help')", 2))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command line. The options of a command are added only if the command is given."""
    parser = _Parser(prog="autograd-core", description="Compute, explain and draw gradients of scalars.")
    parser.epilog = "Try this first: autograd-core tree 'tanh(w*x + b)' w=-3 x=2 b=6.88"
    parser.add_argument("--version", action="store_const", dest="command", const=version, help="print the version")
    parser.set_defaults(command=lambda _: parser.print_help(), given=given)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.does, description=command.does)
        if command.name in given:
            for package in NEEDED[command.module]:
                companions.load(package)  # not a file of that name in the working folder
            module = import_module(f"autograd_core.commands.{command.module}")
            module.add_arguments(sub, command.name)
    return parser


def version(_: argparse.Namespace) -> None:
    """Print the version and how the engine runs."""
    print(version_text())
