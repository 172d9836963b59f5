"""Files that are never half written.

The content goes into a new file beside the target, which then takes the target's name. A name is changed as a
whole or not at all, so whoever opens the target, whenever a write is interrupted, finds all of the old content or all
of the new.
"""

from __future__ import annotations

import os
import secrets

from autograd_core import path_of


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, replacing it if it exists. If `path` is a link, the file that it leads to is replaced.

    A process that is killed while it writes may leave a file `.NAME.….part` beside the target, which can be deleted.

    Raises:
        OperandTypeError: if `path` is no path.
        InputError: if no file can have that name.
        OSError: if the file cannot be written; an old file of that name is then as it was.

    >>> from pathlib import Path
    >>> write_atomically("numbers.txt", b"1 2 3")
    >>> Path("numbers.txt").read_bytes()
    b'1 2 3'
    """
    target = path_of(path).resolve()  # a link stays a link
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the name must not change before the content is on the disk
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
