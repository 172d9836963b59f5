"""The command line: `autograd-core digits`, `autograd-core draw`, `autograd-core repl` and others.

With `commands`, this is the composition root, the one place of the package that knows `nn` and `viz`. What can be done
stands in a table, and the module of a command is loaded if it is asked for. Every error that a user can cause is one
line on stderr, with exit code 2 for wrong input, 1 if something else failed, 130 if interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from autograd_core import AutogradError, InputError, OperandTypeError, companions
from autograd_core.commands import version_text

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(NamedTuple):
    """One row: the name, the module of `autograd_core.commands` that has it, and what it does."""

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
    Command("draw", "pictures", "Draw an expression with all its numbers."),
    Command("tree", "pictures", "Write the graph of an expression as a tree, with all its numbers."),
    Command("explain", "pictures", "Explain in numbers where the gradients of an expression come from."),
    Command("page", "pictures", "Make a page that plays the forward and the backward pass of an expression."),
    Command("latex", "pictures", "Write an expression, or its derivatives, as a formula in LaTeX."),
    Command(
        "accuracy",
        "accuracy",
        "Measure the largest errors of ops and of their derivatives, beside those of PyTorch and JAX.",
    ),
    Command("repl", "prompt", "Open a Python prompt, IPython's if it is installed, with everything loaded."),
)

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "accuracy": (),
    "pictures": ("viz",),
    "prompt": ("nn", "viz"),
    "training": ("nn", "viz"),
}
"""The packages that a module needs."""

MODULES: Final = {command.name: command.module for command in COMMANDS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows the name of the program; None for what the shell has passed.

    Returns:
        The exit code.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if closed := [name for name, stream in (("output", sys.stdout), ("error", sys.stderr)) if stream is None]:
        return _fail(f"expected an open standard {closed[0]}, got a closed one; redirect it to {os.devnull} instead", 1)
    try:
        options = _parser(given).parse_args(_prepared(given))
        options.command(options)
        sys.stdout.flush()
    except AutogradError as error:
        return _fail(str(error), 2 if isinstance(error, InputError | OperandTypeError) else 1)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains on its way out
        return 1
    except OSError as error:
        return _fail(": ".join(str(part) for part in (error.strerror or error, error.filename) if part), 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"autograd-core: {message}", file=sys.stderr)  # if it is closed, print takes what is left
    return code


def _prepared(given: Sequence[str]) -> Sequence[str]:
    """What is given, as argparse can read it: what begins with a minus sign it takes for an option."""
    if given and MODULES.get(given[0]) == "pictures":
        arguments: Sequence[str] = import_module("autograd_core.commands.pictures").ordered(given)
        return arguments
    return given


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the message alone, where argparse would print the usage first."""
        sys.exit(_fail(f"{message} ('{self.prog} --help' tells more)", 2))


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The description of the command line; of a command its options only if it is among what is given."""
    parser = _Parser(prog="autograd-core", description="Gradients of scalars, and what can be seen in them.")
    parser.add_argument("--version", action="store_const", dest="command", const=version, help="print the version")
    parser.set_defaults(command=lambda _: parser.print_help())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.does, description=command.does)
        if command.name in given:
            for package in NEEDED[command.module]:
                companions.load(package)  # a file of that name in the working folder is not meant
            module = import_module(f"autograd_core.commands.{command.module}")
            module.add_arguments(sub, command.name)
    return parser


def version(_: argparse.Namespace) -> None:
    """Print the version and how the engine runs."""
    print(version_text())


if __name__ == "__main__":
    sys.exit(main())
