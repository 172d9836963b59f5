"""`autograd-core accuracy`: measure the errors of ops, and print the table of the largest ones."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.commands import version_text
from autograd_core.elsewhere import named_elsewhere
from autograd_core.text import did_you_mean

if TYPE_CHECKING:
    from autograd_core.testing.truths.sampling import Subject

STORED: Final = "*"
"""Marks a column that is not measured."""


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """Add the options of `accuracy`, the only command of this module."""
    parser.add_argument("ops", nargs="*", metavar="OP", help="such as tanh, log1p, softmax (all, if none is given)")
    parser.epilog = (
        "The truth is computed by mpmath (pip install 'autograd-core[testing]'). One op takes about a second, all ops "
        "about a minute. PyTorch and JAX are measured where they are installed; otherwise stored numbers are shown."
    )
    parser.set_defaults(command=accuracy)


def accuracy(options: argparse.Namespace) -> None:
    """Print each line as soon as it is measured.

    Raises:
        InputError: if mpmath is not installed, or an op does not exist.
    """
    table = _table()
    known = table.stored()
    chosen = _chosen(options.ops, table.subjects())
    print(version_text())
    print("largest errors in ULP: value / first derivative / second derivative (all: no digit is right, -: not there)")
    titles = table.titles(known, mark=STORED)
    print(table.line(["op", *titles]))
    for subject in chosen:
        print(table.line([subject.name, *table.measured(subject, known)]), flush=True)
    if missing := [title.partition(" ")[0] for title in titles if title.endswith(STORED)]:
        print(f"{STORED} stored figures of that version: {' and '.join(missing)} cannot be imported here")


def _table() -> Any:
    """The module that measures. It is imported here, because it needs mpmath."""
    try:
        return import_module("autograd_core.testing.rows.accuracy_table")
    except ModuleNotFoundError as error:
        if error.name != "mpmath":
            raise
        raise InputError(
            'accuracy needs mpmath, which is not installed: pip install "autograd-core[testing]"'
        ) from None


def _chosen(names: Sequence[str], subjects: dict[str, Subject]) -> list[Subject]:
    """The subjects of the names, each once; `polygamma` stands for `polygamma(1)` and its relatives."""
    if not names:
        return list(subjects.values())
    found = {
        name: {full: subjects[full] for full in subjects if name in {full, full.partition("(")[0]}} for name in names
    }
    if unknown := [name for name, named in found.items() if not named]:
        raise InputError(_unknown_text(unknown, subjects))
    return list({full: subject for named in found.values() for full, subject in named.items()}.values())


def _unknown_text(unknown: Sequence[str], known: Collection[str]) -> str:
    """The message for all unknown names together."""
    near = [_near(name, known) for name in unknown]
    hint = " ".join(near) if all(near) else f"there are {', '.join(known)}"
    expected = "the name of an op" if len(unknown) == 1 else "names of ops"
    return f"expected {expected}, got {' and '.join(map(repr, unknown))}; {hint}"


def _near(name: str, known: Collection[str]) -> str:
    synonym = named_elsewhere(name)
    return did_you_mean(name, known, synonym=synonym if synonym in known else "")
