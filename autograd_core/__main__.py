"""The command line: `autograd-core digits`, `autograd-core draw`, `autograd-core repl`.

This is the composition root, the one file of the package that knows `nn` and `viz`. A command is a function of the
parsed options; it imports what it needs when it runs. Every error that a user can cause is one line on stderr, with
exit code 2 for wrong input, 1 if something else failed, 130 if interrupted.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import autograd_core
from autograd_core import AutogradError, InputError, OperandTypeError, Value, build_info
from autograd_core.expression import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nn import MLP, Step
    from nn.data import Sample

STDOUT: Final = "-"
LAYERS: Final = (64, 16, 16, 10)

# With these and the defaults of the options the accuracy is 96 to 98 %, depending on the seed; with a constant learning
# rate and no decay it was 92 %.
MOMENTUM: Final = 0.9
WEIGHT_DECAY: Final = 0.001

# A loss has thousands of nodes; the ones next to it fit on a page and can be read.
DRAWN: Final = 50

# What the prompt has loaded, as one would write it.
PRELUDE: Final = """\
from autograd_core import *
import autograd_core as ag, nn, viz
from viz import draw
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows the name of the program; None for what the shell has passed.

    Returns:
        The exit code.
    """
    try:
        options = _parser().parse_args(arguments)
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
    print(f"autograd-core: {message}", file=sys.stderr)
    return code


# ---- digits: train a network ----------------------------------------------------------------------------------------


def digits(options: argparse.Namespace) -> None:
    """Train a network on handwritten digits, test it, and leave pictures and parameters in a folder."""
    from nn import MLP, accuracy, confusion_matrix, cross_entropy, optim, schedules, training_steps
    from nn.data import Batches
    from nn.data import digits as load

    options.output.mkdir(parents=True, exist_ok=True)  # what cannot be written should fail before the work
    train, test = load()
    print(f"autograd-core {_version()}, {build_info()}")
    print(f"training a {'-'.join(map(str, LAYERS))} network on {len(train)} digits, {len(test)} are held back")
    start = time.perf_counter()
    model = MLP(LAYERS[0], LAYERS[1:], activation="tanh", rng=options.seed)
    batches = Batches(train, options.batch, rng=options.seed)
    rate = schedules.linear(options.lr, 0.0, options.epochs * len(batches))
    optimizer = optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    steps = training_steps(model, cross_entropy, batches, optimizer, epochs=options.epochs)
    _show(_running_means(steps), options.epochs, len(batches))
    seconds = time.perf_counter() - start
    print("confusion matrix (row: the digit, column: what it was taken for)")
    print(_matrix_text(confusion_matrix(model, test, LAYERS[-1])))
    names = _write_results(model, test[0], options.output)
    print(f"wrote {', '.join(names)} to {options.output}{os.sep}")
    print(f"test accuracy {accuracy(model, test):.1%} after {options.epochs} epochs in {seconds:.1f} s")


def _running_means(steps: Iterable[Step]) -> Iterator[tuple[Step, float, float]]:
    """Each step with the means of loss and accuracy over the samples of its epoch so far."""
    count, loss, right = 0, 0.0, 0.0
    for step in steps:
        if step.batch == 0:
            count, loss, right = 0, 0.0, 0.0
        count += step.size
        loss += step.loss * step.size
        right += step.accuracy * step.size
        yield step, loss / count, right / count


def _show(progress: Iterable[tuple[Step, float, float]], epochs: int, batches: int) -> None:
    """Follow the training: a bar on a terminal, else one line for each epoch."""
    if sys.stdout.isatty():
        _show_bar(progress, epochs, batches)
        return
    for step, loss, accuracy in progress:
        if step.batch == batches - 1:
            print(f"epoch {step.epoch + 1}/{epochs}: loss {loss:.4f}, accuracy {accuracy:.1%}", flush=True)


def _show_bar(progress: Iterable[tuple[Step, float, float]], epochs: int, batches: int) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("", total=epochs * batches)
        for step, loss, accuracy in progress:
            text = f"epoch {step.epoch + 1}/{epochs}: loss {loss:.4f}, accuracy {accuracy:.1%}"
            bar.update(task, advance=1, description=text)


def _matrix_text(matrix: list[list[int]]) -> str:
    """A square matrix of counts with its row and column numbers; a zero is a dot."""
    header = "    " + "".join(f"{j:4}" for j in range(len(matrix)))
    rows = [f"{i:4}" + "".join(f"{count or '.':>4}" for count in row) for i, row in enumerate(matrix)]
    return "\n".join([header, *rows])


def _write_results(model: MLP, sample: Sample, folder: Path) -> list[str]:
    """Write the loss and one neuron for a sample as pictures, and the parameters; return the names of the files."""
    from nn import cross_entropy, save
    from viz import draw

    pixels, label = sample
    *hidden_layers, last = model.layers
    hidden: Any = pixels
    for layer in hidden_layers:
        hidden = layer(hidden)
    logits: Any = last(hidden)
    model.zero_grad()
    loss = cross_entropy(logits, label)
    loss.backward()
    draw(loss, max_nodes=DRAWN, title=f"the loss for a {label}").save(folder / "loss.svg")

    model.zero_grad()
    inputs = [Value(h.data, label=f"input {i}") for i, h in enumerate(hidden)]
    output = last.neurons[label](inputs)
    output.backward()
    draw(output, title=f"the neuron that speaks for {label}, shown a {label}").save(folder / "neuron.svg")

    save(model, folder / "parameters.safetensors")
    return ["loss.svg", "neuron.svg", "parameters.safetensors"]


# ---- draw: a picture of an expression --------------------------------------------------------------------------------


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


# ---- repl: a prompt --------------------------------------------------------------------------------------------------


def repl(options: argparse.Namespace) -> None:
    """Open a Python prompt, IPython's if it is installed, with the names of the package loaded."""
    import nn
    import viz

    names = {name: getattr(autograd_core, name) for name in autograd_core.__all__}
    names |= {"ag": autograd_core, "nn": nn, "viz": viz, "draw": viz.draw}
    banner = f"autograd-core {_version()}, {build_info()}\n{PRELUDE}"
    try:
        from IPython import start_ipython
    except ImportError:
        _plain_prompt(banner, names)
    else:
        print(banner)
        start_ipython(argv=["--no-banner"], user_ns=names)


def _plain_prompt(banner: str, names: dict[str, object]) -> None:
    import code

    try:
        import readline
        import rlcompleter
    except ImportError:  # not on Windows
        pass
    else:
        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner, local=names, exitmsg="")


# ---- The arguments ---------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print the message alone, where argparse would print the usage first."""
        sys.exit(_fail(f"{message} ('{self.prog} --help' tells more)", 2))


def _parser() -> argparse.ArgumentParser:
    """The description of the command line."""
    parser = _Parser(prog="autograd-core", description="Gradients of scalars, and what can be seen in them.")
    parser.add_argument("--version", action="store_const", dest="command", const=version, help="print the version")
    parser.set_defaults(command=lambda options: parser.error("expected a command: digits, draw or repl"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    sub = commands.add_parser("digits", help=digits.__doc__, description=digits.__doc__)
    sub.set_defaults(command=digits)
    sub.add_argument("--epochs", type=_count, default=20, help="times to go through the digits (%(default)s)")
    sub.add_argument("--batch", type=_count, default=32, help="digits per step (%(default)s)")
    sub.add_argument(
        "--lr", type=_rate, default=0.1, help="learning rate of the first step, falling to 0 (%(default)s)"
    )
    sub.add_argument("--seed", type=int, default=0, help="of the first weights and the order of digits (%(default)s)")
    sub.add_argument("-o", "--output", type=Path, default=Path("digits-output"), help="folder (%(default)s)")

    sub = commands.add_parser("draw", help=draw.__doc__, description=draw.__doc__)
    sub.set_defaults(command=draw)
    sub.add_argument("expression", help="such as 'tanh(w*x + b)'; after -- if it begins with a minus sign")
    sub.add_argument("values", nargs="*", metavar="name=number", help="a value for each name in the expression")
    sub.add_argument("-o", "--output", default="graph.svg", help="file, .svg or .dot, or - for stdout (%(default)s)")

    sub = commands.add_parser("repl", help=repl.__doc__, description=repl.__doc__)
    sub.set_defaults(command=repl)
    return parser


def version(options: argparse.Namespace) -> None:
    """Print the version and how the engine runs."""
    print(f"autograd-core {_version()}, {build_info()}")


def _version() -> str:
    from importlib.metadata import version as version_of

    return version_of("autograd-core")


def _count(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if 0.0 < rate < math.inf:
        return rate
    raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")


if __name__ == "__main__":
    sys.exit(main())
