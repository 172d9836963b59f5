"""Types of options of the commands: each reads a text, and says what was expected if it is something else."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Collection
from pathlib import Path

from autograd_core import InputError
from autograd_core.files import check_ending
from autograd_core.paths import means_folder, path_of
from autograd_core.text import did_you_mean


def whole_number(text: str) -> int:
    """A whole number of at least 1."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")


def positive_number(text: str) -> float:
    """A positive number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0.0 < number < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")


def output_path(text: str) -> Path:
    """The name of a file or a folder."""
    try:
        return path_of(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def output_file(text: str) -> Path:
    """The name of a file."""
    path = output_path(text)
    if means_folder(text) and not means_folder(str(path)):  # a Path has lost a slash at the end
        raise argparse.ArgumentTypeError(f"expected the name of a file, got the folder {text!r}")
    return path


def parameter_file(text: str) -> Path:
    """The name of a file for the parameters of a model."""
    path = output_file(text)
    try:
        check_ending(text, "parameters")
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return path


def listed_choices(choices: Collection[str]) -> Callable[[str], list[str]]:
    """The type of a list of some of these names, separated by commas, each once.

    >>> listed_choices(["sgd", "adam"])("Adam, sgd")
    ['adam', 'sgd']
    """

    def read(text: str) -> list[str]:
        """The names in a text."""
        names = [name.strip().lower() for name in text.split(",")]
        for name in names:
            if name not in choices:
                hint = did_you_mean(name, choices, most=1)
                known = ", ".join(choices)
                raise argparse.ArgumentTypeError("; ".join(filter(None, [f"expected {known}, got {name!r}", hint])))
        return list(dict.fromkeys(names))

    return read
