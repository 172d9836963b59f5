"""Paths given by users: one check for all functions that read or write files, and one table of file endings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autograd_core.errors import InputError, OperandTypeError

ENDINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "animation": {".svg": "svg"},
    "checkpoint": {".safetensors": "safetensors", ".checkpoint": "safetensors"},
    "drawing": {
        ".svg": "svg",
        ".dot": "dot",
        ".gv": "dot",
        ".mmd": "mermaid",
        ".mermaid": "mermaid",
        ".json": "json",
        ".png": "png",
        ".pdf": "pdf",
    },
    "explanation": {".txt": "text", ".tex": "latex", ".json": "json"},
    "formula": {".tex": "latex"},
    "page": {".html": "html", ".htm": "html"},
    "parameters": {".safetensors": "safetensors"},
    "plot": {".svg": "svg", ".png": "png", ".pdf": "pdf"},
    "tree": {".txt": "text"},
    "walkthrough": {".html": "html", ".htm": "html", ".txt": "text"},
}
"""For each kind of content the endings of its files, the usual one first, with their formats."""

FOLDERS: Final = ("", ".", "..")
"""The last part of a path that can only be a folder."""


def means_folder(path: str) -> bool:
    """Whether a path can only be a folder, as its text shows. A `Path` has lost the slash at the end.

    >>> means_folder("models/"), means_folder("models/.."), means_folder("models")
    (True, True, False)
    """
    return os.path.basename(path) in FOLDERS  # noqa: PTH119 - a Path has lost the slash


def path_of(given: object, example: str = "", /) -> Path:
    """The path as a `pathlib.Path`.

    Args:
        given: a string or an `os.PathLike` of a string. A number is refused: the system would take it for an open file.
        example: a call with a path, for the message.

    Raises:
        OperandTypeError: if it has another type.
        InputError: if a file cannot have that name: it is empty, or has a null character or characters that the file
            system cannot write.

    >>> path_of("graph.svg").suffix
    '.svg'
    >>> path_of(7)
    Traceback (most recent call last):
        ...
    autograd_core.errors.OperandTypeError: expected a path as text or as a pathlib.Path, got int 7
    """
    hint = f", as in {example}" if example else ""
    try:
        text = os.fspath(given)  # type: ignore[call-overload]
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise OperandTypeError(
            f"expected a path as text or as a pathlib.Path{hint}, got {type(given).__name__} {given!r:.80}"
        )
    if not text:
        raise InputError(f"expected a path{hint}, got an empty text")
    if "\0" in text:
        raise InputError(f"expected a path without null characters{hint}, got {text!r:.80}; remove them")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise InputError(
            f"expected a path that the file system can write{hint}, got {text!r:.80} ({error.reason}); "
            "use other characters"
        ) from None
    return Path(text)


def format_of(path: str | os.PathLike[str], kind: str, way_out: str = "") -> str:
    """The format for the ending of a path; upper and lower case are the same.

    Args:
        path: a string, or an `os.PathLike` of a string.
        kind: what is saved, a key of `ENDINGS`.
        way_out: what else may be given, for the message.

    Raises:
        InputError: if the kind has no such ending.

    >>> format_of("graph.SVG", "drawing"), format_of(Path("graph.gv"), "drawing")
    ('svg', 'dot')
    >>> format_of("page.txt", "page")
    Traceback (most recent call last):
        ...
    autograd_core.errors.InputError: cannot tell the format of 'page.txt' from its ending '.txt': use .html or .htm
    """
    endings = ENDINGS[kind]
    ending = Path(path).suffix.lower()
    if ending not in endings:
        raise InputError(
            f"cannot tell the format of {os.fspath(path)!r} from its ending {ending!r}: "
            f"use {' or '.join(endings)}{way_out}"
        )
    return endings[ending]
