"""Long texts that are made to be slow to read: the work grows as their length, whoever reads them.

Measured is the time of the processor for a text and for one eight times as long: work that grows as the length takes
eight times as long, work that grows as its square 64 times.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import nn
import viz
from autograd_core import AutogradError, Value
from autograd_core.commands.expression import evaluate
from autograd_core.commands.pictures import ordered
from viz.picture.boxes import place
from viz.words.formula import Part, compose
from viz.words.notation import LATEX

TIMES = 8
LIMIT = 24
"""Times: far from 8 and far from 64."""
NOISE = 0.005
"""Seconds: below that no text is slow."""

UNITS = (
    "9",
    "9.",
    "1e",
    "a",
    "a_",
    "_1",
    " ",
    "\t ",
    "\\",
    "\\a",
    "-",
    "--a",
    "=",
    ":1",
    "1:",
    ": ",
    "*",
    "a*",
    "<",
    '"',
    "[",
    "(",
    "{",
    "}",
    "#",
    "ﬁ",
)
"""What hostile texts are repetitions of."""

ENDS = ("", "x", "!", "\n", ":", "\\")
"""And what they end in: a reader that was right about all that came before is wrong about this."""


def table(folder: Path, text: str) -> None:
    file = folder / "table.csv"
    file.write_text('x,y\n1,2\n"' + text.replace('"', "'").replace("\n", ";") + '",3\n', encoding="utf-8")
    nn.data.read_csv(file, "y")


def drawn(text: str) -> None:
    root = Value(1.0, label=text) * 2.0
    viz.draw(root, renderer="builtin").to("svg")  # the time of another program would not be measured
    viz.latex(root)


READERS: dict[str, Callable[[Path, str], object]] = {
    "a field of a table": table,
    "an expression": lambda _, text: evaluate(text[:10_000], x=1),
    "an option": lambda _, text: ordered(["draw", f"--{text}", "x"]),
    "a label": lambda _, text: drawn(text),
    "a place in a source": lambda _, text: place(text),
    "a template before a part": lambda _, text: compose(
        text.replace("{", "").replace("}", "") + "{0}", [Part("a")], LATEX
    ),
    "a template after a part": lambda _, text: compose(
        "{0}" + text.replace("{", "").replace("}", ""), [Part("a")], LATEX
    ),
}


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_the_work_grows_as_the_length(reader: Callable[[Path, str], object], unit: str, tmp_path: Path) -> None:
    for end in ENDS:
        short, long = (unit * (length // len(unit)) + end for length in (1_200, 1_200 * TIMES))
        first = seconds(reader, tmp_path, long)
        if first > NOISE:  # which few are, so few are measured again
            limit = LIMIT * min(seconds(reader, tmp_path, short) for _ in range(3)) + NOISE
            assert first < limit or min(seconds(reader, tmp_path, long) for _ in range(2)) < limit


def seconds(reader: Callable[[Path, str], object], folder: Path, text: str) -> float:
    """The time of reading the text once."""
    start = time.thread_time()
    with contextlib.suppress(AutogradError):
        reader(folder, text)
    return time.thread_time() - start
