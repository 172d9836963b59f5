"""Samples from a table: a text file of comma-separated values with a header."""

import csv
import io
import math
import os
import stat
from array import array
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from autograd_core import InputError
from autograd_core.calls import explained
from autograd_core.paths import path_of
from autograd_core.text import listed
from nn.base.messages import shown
from nn.data.array_samples import ArraySamples

AT_ONCE: Final = 4096
"""Lines read at a time: enough to amortise the cost of a block, few enough to need little memory."""

NUMERALS: Final = frozenset("0123456789+-.eE")
"""The characters of decimal numbers. Python's `float` accepts more, such as 1_000, nan and inf, which are mistakes in
a table. The time of `float` is linear in the length of the text; that of a regular expression may not be."""

_NAMED: Final = 10
"""The largest number of columns in a message; a file may have any number."""

_ENDLESS: Final = (stat.S_ISCHR, stat.S_ISBLK, stat.S_ISSOCK)
"""Kinds of paths that are not read: reading may never end, as for /dev/zero, or is not possible."""


class Table(NamedTuple):
    """The samples of a table, and the names of columns and classes.

    Attributes:
        samples: pairs of features and target, one for each line. The target is the index of a class, or a float. The
            sequence creates a list of features on access; `list(samples)` creates them all.
        columns: the names of the features.
        classes: the names of the classes, sorted; empty if the target is a number.
    """

    samples: ArraySamples
    columns: list[str]
    classes: list[str]


@explained()
def read_csv(
    path: str | os.PathLike[str],
    target: str,
    *,
    categorical: bool | None = None,
    ignore: Collection[str] = (),
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
) -> Table:
    r"""Read samples from a table whose first line names the columns.

    Fields may be quoted as in spreadsheets (RFC 4180); spaces around them and empty lines are ignored. The features are
    all columns except the target, and must be numbers.

    Args:
        path: the file.
        target: name of the column to be predicted.
        categorical: whether the target is a class. A class is any text; its index is that of its name among the sorted
            names. By default it is one if it is not a number, and a mixture of numbers and other texts is an error.
        ignore: columns to leave out.
        delimiter: the character between fields, for example ";" or a tab.
        encoding: the encoding of the file. Default: UTF-8, with or without a byte order mark.

    Raises:
        InputError: with line and column, if a value is missing or not a finite number, or a line has too many or too
            few fields; also if a column is missing, two have the same name, there are no samples, the encoding is
            unknown or not that of the file, `path` is not a valid name, or it is a device or a socket.
        OperandTypeError: if `path` is not a path.
        OSError: if there is no such file or it cannot be read.

    >>> from pathlib import Path
    >>> text = 'length,width,"kind"\n1.5,2,rose\n3,4e-1,"lily, white"\n'
    >>> _ = Path("flowers.csv").write_text(text, encoding="utf-8")
    >>> read_csv("flowers.csv", target="kind")
    Table(samples=[([1.5, 2.0], 1), ([3.0, 0.4], 0)], columns=['length', 'width'], classes=['lily, white', 'rose'])
    """
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise InputError(
            f"delimiter must be one character, and neither a quote nor the end of a line, got {delimiter!r}"
        )
    path = path_of(path, "read_csv('table.csv', 'y')")
    if not _is_encoding(encoding):
        raise InputError(f"expected the name of an encoding of texts, such as 'utf-8', got {encoding!r:.80}")
    mode = path.stat().st_mode
    if any(is_such(mode) for is_such in _ENDLESS):
        raise InputError(f"expected a table, but {path} is a device or a socket; give a file or a pipe with a name")
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            names = _header(path, [field.strip() for field in next(reader, [])])
            reading = _Reading(path, names, _features(path, names, target, ignore), target, categorical)
            for lines in _lines(reader):
                reading.add(lines)
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}") from error
        except UnicodeError as error:
            raise InputError(f"{path} is not a text in {encoding} ({error}); give the encoding of the file") from error
    return reading.table()


def _is_encoding(name: object) -> bool:
    if not isinstance(name, str):
        return False
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)
    except (LookupError, ValueError):
        return False
    return True


def _header(path: Path, names: list[str]) -> list[str]:
    if not names or not all(names):
        got = listed([f"{name!r:.80}" for name in names], _NAMED) if names else "nothing"
        raise InputError(f"{path}, line 1: expected the names of the columns, got {got}")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise InputError(f"{path}, line 1: {times} columns are called {name!r:.80}")
    return names


def _features(path: Path, names: list[str], target: str, ignore: Collection[str]) -> list[str]:
    for name in (target, *ignore):
        if name not in names:
            got = listed([*map(shown, names)], _NAMED)
            raise InputError(f"expected a column {name!r:.80} in {path}, got {got}")
    columns = [name for name in names if name != target and name not in ignore]
    if not columns:
        raise InputError(f"expected at least one feature in {path}, got none")
    return columns


class _Lines(NamedTuple):
    """Some non-empty lines, and the number of the last line of each, from 1."""

    records: list[list[str]]
    numbers: list[int]


def _lines(reader: Any) -> Iterator[_Lines]:
    lines = _Lines([], [])
    for record in reader:
        if record:
            lines.records.append(record)
            lines.numbers.append(reader.line_num)
            if len(lines.records) == AT_ONCE:
                yield lines
                lines = _Lines([], [])
    yield lines


class _Reading:
    """The part of a table that has been read so far.

    Attributes:
        features: the features of all samples, one after the other.
        numbers: the targets, if they are numbers.
        indices: the targets, if they are classes: for each the index in `classes`.
        classes: the index of each class by its name, in the order of first occurrence.
        categorical: whether the target is a class; None before the first line.
        first: the name and the line of the first class, if the targets are classes only because of it.
    """

    def __init__(self, path: Path, names: list[str], columns: list[str], target: str, categorical: bool | None) -> None:
        self.path = path
        self.names = names
        self.columns = columns
        self.target = target
        self.categorical = categorical
        self.features = array("d")
        self.numbers = array("d")
        self.indices = array("q")
        self.classes: dict[str, int] = {}
        self.first: tuple[str, int] | None = None
        self._feature_at = [names.index(name) for name in columns]
        self._target_at = names.index(target)

    def table(self) -> Table:
        """The complete table."""
        targets: array[Any] = self.indices if self.categorical else self.numbers
        if not targets:
            raise InputError(f"expected at least one sample in {self.path}, got none")
        classes = sorted(self.classes)
        if self.categorical:
            sorted_index = {self.classes[name]: index for index, name in enumerate(classes)}
            targets = array("q", map(sorted_index.__getitem__, targets))
        return Table(ArraySamples(self.features, targets, len(self.columns)), self.columns, classes)

    def add(self, lines: _Lines) -> None:
        """Add some lines."""
        if not self._added_together(lines.records):
            for record, line in zip(*lines, strict=True):
                self._add_one(record, line)

    def _added_together(self, records: list[list[str]]) -> bool:
        """Add valid lines, column by column; return False if a line may be invalid.

        This takes a third of the time of adding the lines one by one.
        """
        if self.categorical is None or set(map(len, records)) != {len(self.names)}:
            return False
        features = _numbers([record[index] for record in records for index in self._feature_at])
        targets = [record[self._target_at] for record in records]
        if features is None or not (self._classes_added(targets) if self.categorical else self._numbers_added(targets)):
            return False
        self.features += features
        return True

    def _numbers_added(self, texts: list[str]) -> bool:
        if (numbers := _numbers(texts)) is None:
            return False
        self.numbers += numbers
        return True

    def _classes_added(self, texts: list[str]) -> bool:
        names = [*map(str.strip, texts)]
        new = set(names) - self.classes.keys()
        if "" in new or (self.first is not None and any(_number(name) is not None for name in new)):
            return False
        for name in new:
            self.classes[name] = len(self.classes)
        self.indices.extend(map(self.classes.__getitem__, names))
        return True

    def _add_one(self, record: list[str], line: int) -> None:
        """Add one line, or raise an error that says what is wrong with it."""
        if len(record) != len(self.names):
            raise InputError(f"{self.path}, line {line}: expected {len(self.names)} fields, got {len(record)}")
        texts = dict(zip(self.names, map(str.strip, record), strict=True))
        self.features.extend([self._checked(texts[name], line, name) for name in self.columns])
        text = self._present(texts[self.target], line, self.target)
        if self.categorical is None:
            self.categorical = _number(text) is None
            self.first = (text, line) if self.categorical else None
        if not self.categorical:
            self.numbers.append(self._checked(text, line, self.target))
            return
        if self.first is not None and _number(text) is not None:
            self._checked(*self.first, self.target)
        self.indices.append(self.classes.setdefault(text, len(self.classes)))

    def _present(self, text: str, line: int, name: str) -> str:
        if not text:
            raise InputError(f"{self.path}, line {line}, column {name!r:.80}: the value is missing")
        return text

    def _checked(self, text: str, line: int, name: str) -> float:
        number = _number(self._present(text, line, name))
        if number is None or not math.isfinite(number):
            raise InputError(
                f"{self.path}, line {line}, column {name!r:.80}: expected a finite number, got {text!r:.80}"
            )
        return number


def _number(text: str) -> float | None:
    """The number that a text represents, rounded correctly, perhaps to infinity; None if it is not a decimal number."""
    if not NUMERALS.issuperset(text):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(texts: list[str]) -> "array[float] | None":
    """The numbers that texts represent, with optional space around them; None if one may not be a finite number.

    Without underscores and characters outside ASCII, every finite number that `float` reads is one that `_number`
    reads.
    """
    together = "".join(texts)
    if not together.isascii() or "_" in together:
        return None
    try:
        numbers = array("d", map(float, texts))
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
