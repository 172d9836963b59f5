"""The function that writes files: a file is replaced as a whole or not at all.

The content is written to a new file in the same folder, the partial file, which is then renamed to the target. A rename
is atomic: even after an interrupted write, the target holds either all of the old content or all of the new. A device
or a pipe cannot be replaced; the content is written into it.

`partial` makes partial files and removes those of killed processes.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from autograd_core.errors import InputError
from autograd_core.partial import discard, keep_rights, new_partial_file, remove_abandoned
from autograd_core.paths import ENDINGS, means_folder, path_of

WAYS_OUT: Final = {
    errno.ENOENT: "make the folder first, or choose one that exists",
    errno.ENOTDIR: "choose a folder that exists",
    errno.EISDIR: "choose the name of a file",
    errno.EACCES: "choose a file and a folder that can be written to",
    errno.EPERM: "choose a file and a folder that can be written to",
    errno.EROFS: "choose a folder that can be written to",
    errno.EBUSY: "choose a file that is not mounted by itself",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOSPC: "make room, or choose another folder",
    errno.EDQUOT: "make room, or choose another folder",
    errno.EFBIG: "raise the limit on the size of files, or write to another folder",
}
"""What a user can do about an error, by its number. The text is appended to that of the system."""

_OPEN_FILE: Final = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})")
"""The name of an open file of this process. Links such as `/dev/stdout` lead to it."""

_BEFORE_JSON: Final = 8
"""The bytes before the JSON in a file in the format safetensors."""

_MOST_LINKS: Final = 40
"""How many links in a row are followed, as in Linux."""

_CANNOT_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""The errors of file systems that cannot sync folders."""


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, replacing it if it exists.

    A new file gets the default mode. A file that is replaced keeps its mode, its group and its owner, as far as the
    process may set them: only the superuser can keep another owner. If the group cannot be kept, group and others get
    only the rights that both had. The new file is never open to more users than the old one. On Linux the access list
    is kept too; extended attributes and the access lists of other systems are not. Other hard links to the old file
    keep the old content. A file that the user may not write to is not replaced.

    If `path` is a link, the file that it leads to is replaced. If it leads to a device, a named pipe, or an open file
    of the process (a name such as `/dev/stdout`), the content is written into that.

    Args:
        path: name of the file.
        content: all of it.

    Raises:
        OperandTypeError: if `path` is not a path.
        InputError: if no file can have such a name.
        OSError: if the file cannot be written, of the subclass that the system reports (`PermissionError` ...); an old
            file of that name is then unchanged.

    >>> from pathlib import Path
    >>> write_atomically("numbers.txt", b"1 2 3")
    >>> Path("numbers.txt").read_bytes()
    b'1 2 3'
    """
    name = _name(path)
    try:
        target = _target(name)
        if target.is_stream:
            _write_into(target, content)
        else:
            _replace(target, content)
    except OSError as error:
        raise _explained(error, name) from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that `write_atomically` can write to a path, before a long computation whose result will be written there.

    An existing file is not changed. A partial file of one byte is written to the folder and removed, which also detects
    a full disk. Devices and pipes are not opened.

    Raises:
        OperandTypeError: if `path` is not a path.
        InputError: if no file can have such a name.
        OSError: if it cannot be written.

    >>> check_writable("numbers.txt")
    >>> check_writable("nowhere/numbers.txt")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory; make the folder first, or choose ...: 'nowhere/numbers.txt'
    """
    name = _name(path)
    try:
        target = _target(name)
        if target.descriptor is not None:
            os.write(target.descriptor, b"")  # writes nothing, and fails if the file is open for reading only
        elif not target.is_stream:
            _try(target)
        elif not os.access(name, os.W_OK):
            raise _error(errno.EACCES)
    except OSError as error:
        raise _explained(error, name) from error


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a device, a pipe or an open file.

    `write_atomically` writes into these and does not replace them.

    >>> is_stream("numbers.txt")
    False
    """
    try:
        return _target(_name(path)).is_stream
    except OSError:
        return False


def check_ending(path: str | os.PathLike[str], kind: str) -> None:
    """Check that a file of this kind may have the name: a model is not to replace a program.

    The endings of `autograd_core.paths.ENDINGS` are accepted, and so is a name without an ending, unless it is that of
    a file with other content, such as a Makefile. What is written into a device or a pipe replaces nothing, so these
    may have any name.

    Args:
        path: name of the file.
        kind: what is saved, a key of `ENDINGS`.

    Raises:
        OperandTypeError: if `path` is not a path.
        InputError: if the name has another ending or is that of another file, or no file can have it.

    >>> check_ending("model.safetensors", "parameters")
    >>> check_ending("model.py", "parameters")
    Traceback (most recent call last):
        ...
    autograd_core.errors.InputError: expected a name ending in .safetensors for parameters, got 'model.py'; ...
    """
    target = path_of(path)
    ending = target.suffix.lower()
    if ending in ENDINGS[kind] or is_stream(path) or (not ending and not _holds_something_else(target)):
        return
    what = f"got {os.fspath(path)!r}" if ending else f"got the name of another file, {os.fspath(path)!r}"
    raise InputError(
        f"expected a name ending in {' or '.join(ENDINGS[kind])} for {kind}, {what}; "
        f"use {target.with_suffix(next(iter(ENDINGS[kind]))).name!r}"
    )


def _holds_something_else(path: Path) -> bool:
    """Whether a file exists that is not empty and does not begin as safetensors do: with a length, and then JSON."""
    try:
        with path.open("rb") as file:
            begin = file.read(_BEFORE_JSON + 1)
    except OSError:
        return False  # if the file cannot be read, the writer says so
    return bool(begin) and begin[_BEFORE_JSON:] != b"{"


# ---- Targets of paths ------------------------------------------------------------------------------------------------


class _Target(NamedTuple):
    """The file, device or pipe that a path leads to, or the place of a new file.

    Attributes:
        path: the path, with all links resolved unless it leads to a stream.
        old: the status of what exists there, or None.
        descriptor: the descriptor of an open file, if the path leads to one.
    """

    path: str
    old: os.stat_result | None
    descriptor: int | None = None

    @property
    def is_stream(self) -> bool:
        """Whether content is written into the target, which is then not replaced."""
        return self.descriptor is not None or (self.old is not None and not stat.S_ISREG(self.old.st_mode))


def _name(path: str | os.PathLike[str]) -> str:
    path_of(path)
    return os.fspath(path)  # a slash at the end means a folder; a Path would lose it


def _target(name: str) -> _Target:
    """Follow the links of a path.

    Raises:
        OSError: if it leads to a folder, or into one that does not exist, or to a file that is itself a mount point and
            cannot be renamed.
    """
    descriptor = _descriptor(name)
    if descriptor is not None:
        return _Target(name, os.fstat(descriptor), descriptor)
    try:
        old = os.stat(name)
    except FileNotFoundError:
        old = None
    path = os.path.realpath(name)
    if old is None:
        if not name or not os.path.isdir(os.path.dirname(path)):
            raise _error(errno.ENOENT)
        if means_folder(name):
            raise _error(errno.EISDIR)
    elif stat.S_ISDIR(old.st_mode):
        raise _error(errno.EISDIR)
    elif not stat.S_ISREG(old.st_mode):
        path = name  # a pipe, for example, may have no name without links
    elif os.path.ismount(path):
        raise _error(errno.EBUSY)
    return _Target(path, old)


def _descriptor(name: str) -> int | None:
    """The descriptor of the open file that a path leads to, directly or through links; None for most paths.

    The standard output may be a file that is not empty. Its content must stay, so `/dev/stdout` is not resolved to the
    name of that file, which would be replaced.
    """
    for _ in range(_MOST_LINKS):
        if found := _OPEN_FILE.fullmatch(os.path.abspath(name)):
            return int(found[1])
        if not os.path.islink(name):
            return None
        name = os.path.join(os.path.dirname(name), os.readlink(name))
    return None


def _error(number: int) -> OSError:
    """The error that the system would report, of the right subclass."""
    return OSError(number, os.strerror(number))


def _explained(error: OSError, name: str) -> OSError:
    """The error with the path as the user wrote it, and with what the user can do."""
    reason = error.strerror or str(error)
    way_out = WAYS_OUT.get(error.errno or 0)
    return OSError(error.errno, f"{reason}; {way_out}" if way_out else reason, name)


# ---- Writing ---------------------------------------------------------------------------------------------------------


def _write_into(target: _Target, content: bytes) -> None:
    """Write into a device, a pipe or an open file, after the output that the process has buffered."""
    if target.descriptor is None:
        opened = os.open(target.path, os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0))
    else:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # it is None in a program without a console
                stream.flush()
        opened = os.dup(target.descriptor)
    with os.fdopen(opened, "wb") as file:
        file.write(content)


def _replace(target: _Target, content: bytes) -> None:
    """Write a partial file, and rename it to the target."""
    remove_abandoned(target.path)
    partial = new_partial_file(target.path, target.old)
    try:
        partial.write(content)
        partial.flush()
        if target.old is not None:
            keep_rights(partial.fileno(), target.path, target.old)
        os.fsync(partial.fileno())  # the rename must not reach the disk before the content
        if sys.platform == "win32":
            partial.close()  # Windows cannot rename an open file; elsewhere closing would release the lock
        os.replace(partial.name, target.path)
    except BaseException:
        discard(partial)
        raise
    partial.close()
    _sync_folder(os.path.dirname(target.path))


def _try(target: _Target) -> None:
    """Make a partial file that is not empty, and remove it."""
    partial = new_partial_file(target.path, target.old)
    try:
        partial.write(b"\0")
        partial.flush()
    finally:
        discard(partial)


def _sync_folder(folder: str) -> None:
    """Write the rename to the disk, if the system can do that and the user may read the folder."""
    if sys.platform == "win32":
        return
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise
        finally:
            os.close(descriptor)
