"""Partial files: new files that replace others when they are complete.

A killed process leaves its partial file behind; the next write of the same name removes it. A writer holds a lock on
its partial file, which ends with the process, so a file without a lock is not in use. This also works if process
numbers are reused, or if several threads write the same file. Some network folders do not share locks between machines.
Therefore the name of a partial file has the machine in it, and the files of other machines are removed when they are a
day old.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from contextlib import suppress
from typing import BinaryIO, Final
from zlib import crc32

if sys.platform != "win32":
    import fcntl

_START: Final = 100
"""The bytes of the target's name in that of a partial file, which has 23 more; some file systems allow 143."""

_DAY: Final = 86400.0
"""Age, in seconds since it last changed, after which a partial file without a lock counts as abandoned."""

_MACHINE: Final = "0" * 8 if sys.platform == "win32" else f"{crc32(os.uname().nodename.encode()):08x}"
"""This machine, in the names of partial files. Windows needs none, because an open file cannot be removed there."""

_RIGHTS: Final = 0o777
"""The bits of the mode that are kept. The others, such as set-user-ID, apply only to the old content."""

_ACCESS_LIST: Final = "system.posix_acl_access"
"""The extended attribute in which Linux keeps the access list of a file."""


def new_partial_file(path: str, old: os.stat_result | None) -> BinaryIO:
    """A new partial file, open and locked.

    Args:
        path: the file that it is to replace.
        old: the status of that file, if it exists. The partial file is then open to its owner only, and to no more
            than the old file.

    Raises:
        OSError: if it cannot be made, or if the old file may not be written to.
    """
    mode = 0o666
    if old is not None:
        os.close(os.open(path, os.O_WRONLY))  # write access to the folder is not enough
        mode = 0o600 & old.st_mode
    folder, name = os.path.split(path)

    def opener(beside: str, flags: int) -> int:
        return os.open(beside, flags, mode)

    while True:
        beside = os.path.join(folder, f".{_start(name)}.{_MACHINE}{os.urandom(4).hex()}.part")
        try:
            file = open(beside, "xb", opener=opener)  # noqa: SIM115 - the caller closes it
        except FileExistsError:
            continue
        if _lock(file.fileno()) is not False and os.path.exists(beside):
            return file
        discard(file)  # another process removed it before it was locked


def discard(file: BinaryIO) -> None:
    """Remove a partial file."""
    with suppress(OSError):
        file.close()  # this tries again to write the rest
    with suppress(OSError):
        os.unlink(file.name)


def remove_abandoned(path: str) -> None:
    """Remove the partial files for a path that are no longer in use, as far as possible."""
    folder, name = os.path.split(path)
    pattern = re.compile(rf"\.{re.escape(_start(name))}\.([0-9a-f]{{8}})[0-9a-f]{{8}}\.part")
    with suppress(OSError):  # a folder may be writable and not readable
        for each in os.listdir(folder):
            if found := pattern.fullmatch(each):
                with suppress(OSError):
                    _remove_if_abandoned(os.path.join(folder, each), is_own=found[1] == _MACHINE)


def _remove_if_abandoned(path: str, *, is_own: bool) -> None:
    """Remove an unlocked partial file; it must be old if it is of another machine or cannot be locked."""
    about = os.lstat(path)
    is_old = time.time() - about.st_mtime > _DAY
    if not stat.S_ISREG(about.st_mode) or not (is_own or is_old):
        return
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        is_free = _lock(descriptor)
        if is_free or (is_free is None and is_old):
            os.unlink(path)
    finally:
        os.close(descriptor)


def _start(name: str) -> str:
    """The start of a name. Two long names may share it, which does no harm: files in use are locked."""
    return name.encode(errors="ignore")[:_START].decode(errors="ignore")


def _lock(descriptor: int) -> bool | None:
    """Lock an open file until it is closed. Return whether it could be locked; None if the file system has no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


# ---- Rights ----------------------------------------------------------------------------------------------------------


def keep_rights(descriptor: int, path: str, old: os.stat_result) -> None:
    """Give an open new file the group, access list, mode and owner of an old one.

    The order is such that the new file is never open to more users than the old one. If the group or the list cannot be
    set, group and others get only the rights that both had.
    """
    if sys.platform == "win32":
        return
    mode = stat.S_IMODE(old.st_mode) & _RIGHTS
    if not (_keep_group(descriptor, old.st_gid) and _keep_access_list(descriptor, path)):
        both = (mode >> 3) & mode & 0o7
        mode = (mode & 0o700) | (both << 3) | both
    with suppress(OSError):
        os.fchmod(descriptor, mode)
    with suppress(OSError):
        os.fchown(descriptor, old.st_uid, -1)


def _keep_group(descriptor: int, group: int) -> bool:
    """Set the group of a file. Return whether this succeeded."""
    if sys.platform == "win32":
        return True
    with suppress(OSError):
        os.fchown(descriptor, -1, group)
    return os.fstat(descriptor).st_gid == group


def _keep_access_list(descriptor: int, path: str) -> bool:
    """Give a file the access list of the old one, or none if that has none. Return whether it succeeded."""
    if sys.platform != "linux":
        return True
    try:
        entries = os.getxattr(path, _ACCESS_LIST)
    except OSError:
        with suppress(OSError):
            os.removexattr(descriptor, _ACCESS_LIST)  # inherited from the folder
        return True
    try:
        os.setxattr(descriptor, _ACCESS_LIST, entries)
    except OSError:
        return False
    return True
