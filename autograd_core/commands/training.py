"""`autograd-core digits`, `mnist`, `moons`, `names`, `sequence`: train a network, and say how well it has learned.

Networks, data and settings are those of `nn.tasks`. All commands share their options and `_train`, which trains, saves
and prints what it does. The last line of every command states the result.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from autograd_core import InputError
from autograd_core.commands import version_text
from autograd_core.commands.options import output_path, parameter_file, positive_number, whole_number
from autograd_core.commands.results import PICTURES, RESULTS, write_pictures, write_readings
from autograd_core.files import check_writable, is_stream

if TYPE_CHECKING:
    from nn import Module
    from nn.data import Sample
    from nn.tasks.settings import Settings
    from nn.training.history import Step


UPDATES: Final = 100
"""Updates between two checkpoints: enough to make their cost negligible, and few enough to lose little work."""

IN_EPOCH: Final = re.compile(r"interrupted (in epoch \d+)")
"""What `fit` says of an interrupt after the first update."""


class Task(Protocol):
    """The parts of a module of `nn.tasks`."""

    SETTINGS: Settings

    def model(self, rng: Any = None) -> Module:
        """The network."""

    def loss(self, outputs: Any, targets: Any) -> Any:
        """The loss, which training minimises."""


class Trained(NamedTuple):
    """A trained model, and the duration of the training in words."""

    model: Any
    effort: str


# ---- The commands ----------------------------------------------------------------------------------------------------


def digits(options: argparse.Namespace) -> None:
    """Train on the bundled digits; pictures, walkthroughs and parameters go into a folder."""
    from nn.tasks import digits as task

    train, test = task.data()
    model, effort = _train(
        task, train, options, f"a {_sizes(task.SIZES)} network on {len(train)} digits, {len(test)} are held back"
    )
    write_pictures(model, test[0], options.output)
    write_readings(model, test, options.output)
    print(f"wrote {', '.join(PICTURES)} to {options.output}{os.sep}")
    print(f"test accuracy {task.evaluate(model, test):.1%} {effort}")


def mnist(options: argparse.Namespace) -> None:
    """Train on MNIST; the confusion matrix and walkthroughs go into a folder, if one is given."""
    from nn.tasks import mnist as task

    train, test = task.data(options.data)
    model, effort = _train(
        task, train, options, f"a {_sizes(task.SIZES)} network on {len(train)} digits, {len(test)} others are the test"
    )
    if options.output is not None:
        write_readings(model, test, options.output)
    print(f"test accuracy {task.evaluate(model, test):.1%} {effort}")


def moons(options: argparse.Namespace) -> None:
    """Train on points of the plane."""
    from nn.tasks import moons as task

    train, test = task.data(options.data)
    model, effort = _train(
        task,
        train,
        options,
        f"a {_sizes(task.SIZES)} network on {len(train)} points of two {options.data}, {len(test)} others are the test",
    )
    print(f"test accuracy {task.evaluate(model, test):.1%} {effort}")


def names(options: argparse.Namespace) -> None:
    """Train on first names, and make up new ones."""
    from nn.data import names as all_names
    from nn.tasks import names as task

    train, test = task.data()
    size = task.model(rng=0).num_parameters()
    model, effort = _train(
        task, train, options, f"a transformer of {size} numbers on {len(train)} names, {len(test)} are held back"
    )
    known = {*all_names()}
    made_up = task.make_up(model, options.samples, rng=options.seed, temperature=options.temperature)
    new = len([name for name in made_up if name not in known])
    print(f"{len(made_up)} names made up at temperature {options.temperature:g}, {new} of them not in the data:")
    print(_columns(made_up))
    table = task.Bigrams(train)
    print(f"a table of bigrams, smoothed by {table.constant:g}, has {table.evaluate(test):.4f} nats per letter")
    print(f"test cross-entropy {task.evaluate(model, test):.4f} nats per letter {effort}")


def sequence(options: argparse.Namespace) -> None:
    """Train on the parity of sequences of bits."""
    from nn.tasks import sequence as task

    train, test = task.data()
    model, effort = _train(
        task,
        train,
        options,
        f"an LSTM of width {task.WIDTH} on {len(train)} sequences of up to {task.LONGEST} bits, {len(test)} others are "
        "the test",
    )
    long = task.long_data()
    print(f"accuracy {task.evaluate(model, long):.1%} for {len(long)} sequences of {task.LONG} bits")
    print(f"test accuracy {task.evaluate(model, test):.1%} {effort}")


# ---- Common parts ----------------------------------------------------------------------------------------------------


def _train(task: Task, samples: Sequence[Sample], options: argparse.Namespace, what: str) -> Trained:
    """Train a new model of the task; with `--save`, write its parameters, and checkpoints beside them."""
    from nn import save

    settings = task.SETTINGS.changed(
        epochs=options.epochs, batch=options.batch, optimizer=options.optimizer, lr=options.lr
    )
    made: list[Path] = []
    checkpoint = _checkpoint(options, made)
    resume = options.resume or options.resume_changed
    model = task.model(rng=options.seed)
    print(version_text())
    print(f"training {what}; {settings.optimizer} from {settings.lr:g}, batches of {settings.batch}")
    if resume and checkpoint is not None:
        print(f"going on from {checkpoint}" if checkpoint.exists() else f"there is no {checkpoint}: from the beginning")
    start = time.perf_counter()
    last: deque[Step] = deque(maxlen=1)
    with _warnings_in_a_line(), _empty_folders_removed(made), _interrupts_explained(options, checkpoint, last):
        settings.fit(
            model,
            task.loss,
            samples,
            rng=options.seed,
            progress=True,
            on_step=last.append,
            checkpoint=checkpoint,
            every=None if checkpoint is None else UPDATES,
            resume=resume,
            resume_changed=options.resume_changed,
        )
        seconds = time.perf_counter() - start
        if options.save is not None:
            save(model, options.save)
            print(f"wrote {options.save}")
    return Trained(model, f"after {settings.epochs} epoch{'s' * (settings.epochs > 1)} in {seconds:.1f} s")


def _checkpoint(options: argparse.Namespace, made: list[Path]) -> Path | None:
    """The checkpoint next to the file of `--save`; None if there is no such file. Makes the folders of all files.

    Args:
        options: those of the command.
        made: gets the folders that are made, each after those inside it.

    Raises:
        InputError: if there is no checkpoint to resume from.
        OSError: if a file cannot be written. It is raised here, before the training and not after it.
    """
    file: Path | None = options.save
    if (options.resume or options.resume_changed) and (file is None or is_stream(file)):
        name = "--resume-changed" if options.resume_changed else "--resume"
        missing = "which is not given" if file is None else f"and {file} is not a file"
        raise InputError(f"{name} goes on from the checkpoint next to the file of --save, {missing}")
    folder: Path | None = getattr(options, "output", None)
    for path in [] if folder is None else [folder / name for name in options.results]:
        _prepare(path, made)
    if file is None:
        return None
    _prepare(file, made)
    if is_stream(file):
        return None
    checkpoint = file.with_name(f"{file.name}.checkpoint")
    _prepare(checkpoint, made)
    return checkpoint


def _prepare(path: Path, made: list[Path]) -> None:
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    made[:0] = missing
    check_writable(path)


@contextmanager
def _empty_folders_removed(folders: Sequence[Path]) -> Iterator[None]:
    """A block after whose failure these folders are removed, if nothing was written to them."""
    try:
        yield
    except BaseException:
        for folder in folders:
            with suppress(OSError):  # it is not empty
                folder.rmdir()
        raise


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """A block in which warnings are printed like errors, without the line of code that they come from."""
    from nn.training.health import TrainingWarning

    with warnings.catch_warnings():
        warnings.simplefilter("always", TrainingWarning)
        warnings.showwarning = lambda message, *_, **__: print(f"autograd-core: {message}", file=sys.stderr)
        yield


@contextmanager
def _interrupts_explained(options: argparse.Namespace, checkpoint: Path | None, last: Sequence[Step]) -> Iterator[None]:
    """A block in which Ctrl-C says what was saved and how to go on; `last` holds the last step, if there is one."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        resumes = options.resume or options.resume_changed
        where = f"in epoch {last[-1].epoch + 1}" if last else "before the first update"
        if begun := None if last or resumes else IN_EPOCH.match(str(interrupt)):  # made, and not passed on yet
            where = begun[1]
        if checkpoint is None:
            way_out = "nothing was saved; with --save FILE it could go on from there"
        elif checkpoint.exists() and (last or begun or resumes):
            command = ["autograd-core", *options.given, *([] if resumes else ["--resume"])]
            text = shlex.join(command) if os.name == "posix" else subprocess.list2cmdline(command)
            way_out = f"{checkpoint} holds the training up to there, which goes on with: {text}"
        else:
            way_out = "nothing was saved"
        raise KeyboardInterrupt(f"interrupted {where}; {way_out}") from None


def _sizes(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))


def _columns(words: Sequence[str], count: int = 5) -> str:
    """The words in lines of `count` words."""
    width = max(map(len, words), default=0)
    lines = [words[start : start + count] for start in range(0, len(words), count)]
    return "\n".join("  " + "  ".join(word.ljust(width) for word in line).rstrip() for line in lines)


# ---- The options -----------------------------------------------------------------------------------------------------


Option: TypeAlias = tuple[tuple[str, ...], Mapping[str, Any]]
"""The names of an option, and its arguments for argparse."""

COMMANDS: Final[Mapping[str, tuple[Callable[[argparse.Namespace], None], tuple[Option, ...]]]] = {
    "digits": (
        digits,
        (
            (
                ("-o", "--output"),
                {"type": output_path, "default": Path("digits-output"), "help": "folder (%(default)s)"},
            ),
        ),
    ),
    "mnist": (
        mnist,
        (
            (("--data",), {"metavar": "FOLDER", "required": True, "help": "where the four files of MNIST are"}),
            (("-o", "--output"), {"type": output_path, "help": "folder for the confusion matrix and two walkthroughs"}),
        ),
    ),
    "moons": (
        moons,
        ((("--data",), {"choices": ("moons", "spirals"), "default": "moons", "help": "what to learn (%(default)s)"}),),
    ),
    "names": (
        names,
        (
            (("--samples",), {"type": whole_number, "default": 20, "help": "names to make up (%(default)s)"}),
            (
                ("--temperature",),
                {"type": positive_number, "default": 0.8, "help": "below 1 for likelier names (%(default)s)"},
            ),
        ),
    ),
    "sequence": (sequence, ()),
}
"""Each command with its own options."""


def add_arguments(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the options of a command: the common ones, with the settings of the task as defaults, and its own."""
    command, own = COMMANDS[name]
    parser.set_defaults(command=command, results=RESULTS.get(name, ()))
    settings: Settings = import_module(f"nn.tasks.{name}").SETTINGS
    for flags, facts in (*_common(settings), *own):
        parser.add_argument(*flags, **facts)


def _common(settings: Settings) -> tuple[Option, ...]:
    """The options of all trainings. A default of None stands for the setting of the task, which the help names."""
    return (
        (("--epochs",), {"type": whole_number, "help": f"times to go through all samples ({settings.epochs})"}),
        (("--batch",), {"type": whole_number, "help": f"samples in each update ({settings.batch})"}),
        (
            ("--lr",),
            {
                "type": positive_number,
                "help": f"the greatest learning rate; at the end it has fallen to 0 ({settings.lr:g})",
            },
        ),
        (("--optimizer",), {"metavar": "NAME", "help": f"such as sgd, adam, lion ({settings.optimizer})"}),
        (("--seed",), {"type": int, "default": 0, "help": "of the initial weights and sample order (%(default)s)"}),
        (
            ("--save",),
            {
                "type": parameter_file,
                "metavar": "FILE",
                "help": "write the parameters here, and checkpoints to FILE.checkpoint",
            },
        ),
        (
            ("--resume",),
            {
                "action": "store_true",
                "help": "go on from the checkpoint next to the file of --save, with the same options and data",
            },
        ),
        (
            ("--resume-changed",),
            {"action": "store_true", "help": "go on from that checkpoint although options or data have changed"},
        ),
    )
