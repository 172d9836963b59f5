"""Partial files: new files beside others, whose places they take when they are complete.

A killed process leaves its partial file behind, and the next write of the same name removes it. Whether a partial file
is in use is told by a lock that its writer holds on it and that ends with the writer. So it does not matter that the
numbers of processes are used again, or that several threads write the same file. Not every network folder passes locks
on to other machines, so the name of a partial file says which machine made it, and what other machines made is removed
when it is a day old.
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
"""Bytes of the other file's name in that of a partial file, which has 23 more: some file systems allow only 143."""

_DAY: Final = 86400.0
"""Age, in seconds since it last changed, after which a partial file is abandoned unless a lock says otherwise."""

_MACHINE: Final = "0" * 8 if sys.platform == "win32" else f"{crc32(os.uname().nodename.encode()):08x}"
"""This machine, in the names of partial files. Windows needs none: there nobody can remove a file that is open."""

_RIGHTS: Final = 0o777
"""The bits of the mode that are kept. The others, by which a program runs as another user, end with its content."""

_ACCESS_LIST: Final = "system.posix_acl_access"
"""The extended attribute in which Linux keeps the access list of a file."""


def new_partial_file(path: str, old: os.stat_result | None) -> BinaryIO:
    """A new partial file, open and locked.

    Args:
        path: the file whose place it is to take.
        old: what stands there. Then the partial file is open to nobody but its owner, and no more than the old file.

    Raises:
        OSError: if there can be none, or the old file may not be written to.
    """
    mode = 0o666
    if old is not None:
        os.close(os.open(path, os.O_WRONLY))  # the right to change the folder does not count as the right to write
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
        discard(file)  # another process took it for abandoned before it was locked


def discard(file: BinaryIO) -> None:
    """Remove a partial file."""
    with suppress(OSError):
        file.close()  # which tries again to write what could not be written
    with suppress(OSError):
        os.unlink(file.name)


def remove_abandoned(path: str) -> None:
    """Remove the partial files for a path that nobody is writing any more, as far as that is known and possible."""
    folder, name = os.path.split(path)
    pattern = re.compile(rf"\.{re.escape(_start(name))}\.([0-9a-f]{{8}})[0-9a-f]{{8}}\.part")
    with suppress(OSError):  # a folder may be writable and not readable
        for each in os.listdir(folder):
            if found := pattern.fullmatch(each):
                with suppress(OSError):
                    _remove_if_abandoned(os.path.join(folder, each), is_own=found[1] == _MACHINE)


def _remove_if_abandoned(path: str, *, is_own: bool) -> None:
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
    """The start of a name. Two long names may share it: what is in use is locked, whatever its name."""
    return name.encode(errors="ignore")[:_START].decode(errors="ignore")


def _lock(descriptor: int) -> bool | None:
    """Whether an open file could be locked; None if its file system has no locks. Closing the file unlocks it."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


# ---- Who may do what -------------------------------------------------------------------------------------------------


def keep_rights(descriptor: int, path: str, old: os.stat_result) -> None:
    """Give an open new file the group, access list, mode and owner of an old one.

    This is done in an order in which the new file is at no moment open to more users than the old one. Where group or
    list cannot be set, groups and others get only what both had.
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
    """Whether the new file has the group now."""
    if sys.platform == "win32":
        return True
    with suppress(OSError):
        os.fchown(descriptor, -1, group)
    return os.fstat(descriptor).st_gid == group


def _keep_access_list(descriptor: int, path: str) -> bool:
    """Whether the new file has the access list of the old one now, or none if that has none."""
    if sys.platform != "linux":
        return True
    try:
        entries = os.getxattr(path, _ACCESS_LIST)
    except OSError:
        with suppress(OSError):
            os.removexattr(descriptor, _ACCESS_LIST)  # which the folder has given it
        return True
    try:
        os.setxattr(descriptor, _ACCESS_LIST, entries)
    except OSError:
        return False
    return True
