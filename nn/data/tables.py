"""Samples from a table: a text file of comma-separated values with a header."""

from __future__ import annotations

import codecs
import csv
import math
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autograd_core import InputError

if TYPE_CHECKING:
    from nn.data.sampling import Sample

NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""Decimal numbers. Python's `float` reads more, such as 1_000, nan and inf, which in a table are mistakes."""


class Table(NamedTuple):
    """The samples of a table, and what their numbers mean.

    Attributes:
        samples: pairs of features and target, one for each line. The target is the index of a class, or a float.
        columns: the names of the features.
        classes: the names of the classes, sorted; empty if the target is a number.
    """

    samples: list[Sample]
    columns: list[str]
    classes: list[str]


class Line(NamedTuple):
    """The fields of a record by the names of their columns, and the number of the line on which it ends, from 1."""

    number: int
    fields: dict[str, str]


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

    Fields may be quoted, as spreadsheets do it (RFC 4180); space around them does not count, nor do empty lines. The
    features are all columns but the target, and must be numbers.

    Args:
        path: the file.
        target: name of the column to be predicted.
        categorical: whether the target is a class. A class is any text; its index is its place among the sorted names.
            Default: if it is not a number; a column of some numbers and some other texts is an error then.
        ignore: columns to leave out.
        delimiter: what separates the fields, one character, for example ";" or a tab.
        encoding: of the file. Default: UTF-8, with or without a byte order mark.

    Raises:
        InputError: with line and column, if a value is missing or no finite number, or a line has too many fields or
            too few; also if there is no such column, two have the same name, no samples are left, or the file is no
            text in this encoding.
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
    path = Path(path)
    names, lines = _read(path, delimiter, encoding)
    for name in (target, *ignore):
        if name not in names:
            raise InputError(f"expected a column {name!r} in {path}, got {', '.join(names)}")
    columns = [name for name in names if name != target and name not in ignore]
    if not lines or not columns:
        raise InputError(f"expected at least one {'feature' if lines else 'sample'} in {path}, got none")
    features = [[_number(path, line, name) for name in columns] for line in lines]
    targets, classes = _targets(path, lines, target, categorical)
    return Table(list(zip(features, targets, strict=True)), columns, classes)


def _read(path: Path, delimiter: str, encoding: str) -> tuple[list[str], list[Line]]:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise InputError(f"expected the name of an encoding, got {encoding!r}") from error
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
        try:
            names = _header(path, [field.strip() for field in next(reader, [])])
            return names, [
                Line(reader.line_num, dict(zip(names, row, strict=True))) for row in _rows(path, reader, names)
            ]
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}") from error
        except UnicodeError as error:
            raise InputError(
                f"{path} is no text in {encoding} ({error}); give the encoding that it was written in"
            ) from error


def _header(path: Path, names: list[str]) -> list[str]:
    if not names or not all(names):
        raise InputError(
            f"{path}, line 1: expected the names of the columns, got {', '.join(map(repr, names)) or 'nothing'}"
        )
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise InputError(f"{path}, line 1: {times} columns are called {name!r}")
    return names


def _rows(path: Path, reader: Any, names: list[str]) -> Iterator[list[str]]:
    for row in reader:
        if len(row) not in {0, len(names)}:
            raise InputError(f"{path}, line {reader.line_num}: expected {len(names)} fields, got {len(row)}")
        if row:
            yield [field.strip() for field in row]


def _targets(path: Path, lines: list[Line], name: str, categorical: bool | None) -> tuple[list[float], list[str]]:
    texts = [_text(path, line, name) for line in lines]
    if categorical is None:
        categorical = not any(map(NUMBER.fullmatch, texts))
    if not categorical:
        return [_number(path, line, name) for line in lines], []
    classes = sorted(set(texts))
    places = {text: place for place, text in enumerate(classes)}
    return [places[text] for text in texts], classes


def _text(path: Path, line: Line, name: str) -> str:
    text = line.fields[name]
    if not text:
        raise InputError(f"{path}, line {line.number}, column {name!r}: the value is missing")
    return text


def _number(path: Path, line: Line, name: str) -> float:
    text = _text(path, line, name)
    number = float(text) if NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise InputError(f"{path}, line {line.number}, column {name!r}: expected a finite number, got {text!r:.80}")
    return number
