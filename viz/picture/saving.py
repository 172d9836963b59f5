"""A finished text written to a file that the user names."""

import os
from pathlib import Path

from autograd_core.files import write_atomically
from autograd_core.paths import format_of, path_of


def save_text(path: str | os.PathLike[str], text: str, kind: str, example: str) -> Path:
    """Write a text to a file with an ending of its kind, atomically, and return the path.

    Raises:
        OperandTypeError: if `path` is not a path.
        InputError: if it has another ending.
        OSError: if the file cannot be written, of the subclass that the system reports.
    """
    target = path_of(path, f"save({example!r})")
    format_of(target, kind)
    write_atomically(target, text.encode())
    return target
