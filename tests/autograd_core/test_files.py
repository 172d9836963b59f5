"""Files that are replaced as a whole or not at all, and what is no file."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograd_core import InputError, OperandTypeError
from autograd_core.files import check_writable, is_stream, write_atomically
from written import ENVIRONMENT, LINUX, POSIX, command, names_in


def run(program: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(program, *arguments), env=ENVIRONMENT, capture_output=True, check=False, **options)


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_a_new_file_and_a_replaced_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, b"first")
    assert path.read_bytes() == b"first"
    write_atomically(str(path), b"")
    assert path.read_bytes() == b""
    assert names_in(tmp_path) == ["a.txt"]


def test_a_relative_path_and_a_name_in_another_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically("grüße ∂", b"content")
    assert (tmp_path / "grüße ∂").read_bytes() == b"content"


@pytest.mark.parametrize("letter", ["a", "é", "∂", "𝄞"])
def test_a_name_may_be_as_long_as_the_file_system_allows(letter: str, tmp_path: Path) -> None:
    size = len(letter.encode())
    name = letter * (255 // size) if sys.platform != "win32" else letter * 120
    for content in (b"first", b"second"):
        check_writable(tmp_path / name)
        write_atomically(tmp_path / name, content)
        assert (tmp_path / name).read_bytes() == content
    assert names_in(tmp_path) == [name]


def test_a_name_that_is_too_long_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 400)
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(OSError, match=r"(?i)name too long; choose a shorter name|No such file"):
            attempt(path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(("path", "kind"), [(3, OperandTypeError), (b"a", OperandTypeError), ("a\0b", InputError)])
def test_what_is_no_path_is_refused(path: Any, kind: type[Exception]) -> None:
    for attempt in (check_writable, is_stream, lambda path: write_atomically(path, b"")):
        with pytest.raises(kind, match="expected a path"):
            attempt(path)


# ---- Links -----------------------------------------------------------------------------------------------------------


@POSIX
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real, link, second = tmp_path / "folder" / "real", tmp_path / "link", tmp_path / "second"
    link.symlink_to("folder/real")
    second.symlink_to(link)
    for content in (b"made by the link", b"replaced"):
        check_writable(second)
        write_atomically(second, content)
        assert link.is_symlink()
        assert second.is_symlink()
        assert real.read_bytes() == content
    assert names_in(real.parent) == ["real"]


@POSIX
def test_a_link_into_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere" / "file")
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(FileNotFoundError, match="make the folder first") as caught:
            attempt(link)
        assert caught.value.filename == str(link)
    assert link.is_symlink()


@POSIX
def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.symlink_to(b)
    b.symlink_to(a)
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(OSError, match=r"(?i)symbolic links"):
            attempt(a)
    assert a.is_symlink()
    assert b.is_symlink()


@POSIX
def test_another_hard_link_keeps_the_old_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"old")
    other.hardlink_to(one)
    write_atomically(one, b"new")
    assert (one.read_bytes(), other.read_bytes()) == (b"new", b"old")


# ---- What is no file -------------------------------------------------------------------------------------------------


@POSIX
def test_a_device_is_written_into(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (Path("/dev/null"), link):
        assert is_stream(path)
        check_writable(path)
        write_atomically(path, b"content")
        assert stat.S_ISCHR(path.stat().st_mode)
    assert link.is_symlink()
    assert names_in(tmp_path) == ["link"]


@LINUX
def test_a_full_device_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left on device; make room") as caught:
        write_atomically("/dev/full", b"content")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


@POSIX
def test_a_named_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_stream(pipe)
    check_writable(pipe)  # waits for no reader, and lets none see an end
    content, read = b"x" * 300_000, []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, content)
    reader.join()
    assert read == [content]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names_in(tmp_path) == ["pipe"]


PRINT_AND_WRITE = (
    "print('before')\ncheck_writable(sys.argv[1])\nwrite_atomically(sys.argv[1], b'content ')\nprint('after')"
)


@LINUX
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_the_standard_output_is_written_into_in_order(name: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    done = run(PRINT_AND_WRITE, name, cwd=tmp_path)
    assert (done.stdout, done.stderr) == (b"before\ncontent after\n", b"")


@LINUX
def test_what_the_file_behind_the_standard_output_holds_already_stays(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old\n")
    with log.open("ab") as file:
        subprocess.run(command(PRINT_AND_WRITE, "/dev/stdout"), env=ENVIRONMENT, stdout=file, check=True)
    assert log.read_bytes() == b"old\nbefore\ncontent after\n"
    assert names_in(tmp_path) == ["log"]


@LINUX
def test_an_open_file_that_is_not_open_or_only_for_reading_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (tmp_path / "file").open("rb") as file:
        for path in (f"/dev/fd/{file.fileno()}", "/dev/fd/987654321"):
            for attempt in (check_writable, lambda path: write_atomically(path, b"x")):
                with pytest.raises(OSError, match="Bad file descriptor"):
                    attempt(path)


@pytest.mark.parametrize("ending", ["", "/", "/."])
def test_a_folder_is_refused(ending: str, tmp_path: Path) -> None:
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(IsADirectoryError, match="choose the name of a file"):
            attempt(f"{tmp_path}{ending}")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("ending", ["/", "/.", "/.."])
def test_a_name_that_promises_a_folder_is_refused(ending: str, tmp_path: Path) -> None:
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(OSError, match=r"choose the name of a file|make the folder first"):
            attempt(f"{tmp_path}/new{ending}")
    assert names_in(tmp_path) == []


def test_a_folder_that_is_none_or_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(FileNotFoundError, match="make the folder first"):
            attempt(tmp_path / "nowhere" / "a")
        with pytest.raises((NotADirectoryError, FileNotFoundError), match="choose"):
            attempt(tmp_path / "file" / "a")
    assert names_in(tmp_path) == ["file"]


# ---- Failures --------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("size", [1_001, 100_000])
def test_a_file_that_grows_too_large_leaves_the_old_one(size: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    done = run(f"{limited}write_atomically(sys.argv[1], b'x' * {size})", path)
    assert done.returncode == 1
    assert b"File too large; raise the limit" in done.stderr
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


@POSIX
def test_a_limit_that_allows_nothing_is_found_without_writing(tmp_path: Path) -> None:
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    done = run(f"{limited}check_writable(sys.argv[1])", tmp_path / "a")
    assert done.returncode == 1
    assert b"File too large" in done.stderr
    assert names_in(tmp_path) == []


@contextmanager
def mounted(place: Path, *what: str | Path) -> Iterator[None]:
    """Something that is mounted, if that is permitted here."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None or subprocess.run([mount, *what, place], check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run([unmount, place], check=True)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        yield disk


@LINUX
def test_a_full_disk_leaves_the_old_file(full_disk: Path) -> None:
    path = full_disk / "a"
    write_atomically(path, b"old" * 10_000)
    with pytest.raises(OSError, match="No space left on device; make room") as caught:
        write_atomically(path, b"new" * 20_000)
    assert caught.value.filename == str(path)
    check_writable(path)
    with pytest.raises(OSError, match="No space left on device"):
        (full_disk / "rest").write_bytes(b"0" * 100_000)
    with pytest.raises(OSError, match="No space left on device"):
        check_writable(path)
    assert path.read_bytes() == b"old" * 10_000
    assert names_in(full_disk) == ["a", "rest"]


@LINUX
def test_a_file_that_is_mounted_by_itself_is_refused(full_disk: Path, tmp_path: Path) -> None:
    """As a container may have one. Its name cannot be changed, so it cannot be replaced as a whole."""
    inside, outside = full_disk / "inside", tmp_path / "outside"
    inside.write_bytes(b"old")
    outside.touch()
    with mounted(outside, "--bind", inside):
        for attempt in (check_writable, lambda path: write_atomically(path, b"new")):
            with pytest.raises(OSError, match="busy; choose a file that is not mounted by itself"):
                attempt(outside)
    assert inside.read_bytes() == b"old"
    assert names_in(tmp_path) == ["disk", "outside"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("kind", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_after_a_failure_the_old_file_is_there_and_nothing_else(
    broken: str, kind: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise kind

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(type(kind)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


@POSIX
def test_the_folder_is_synced_after_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, list[str]]] = []

    def note(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), names_in(tmp_path)))

    monkeypatch.setattr(os, "fsync", note)
    write_atomically(tmp_path / "a", b"")
    (first, before), (second, after) = synced
    assert (first, second) == (False, True)
    assert len(before) == 1
    assert before != after == ["a"]


@POSIX
@pytest.mark.parametrize(("number", "is_harmless"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_folder_that_cannot_be_synced_does_no_harm_but_a_broken_disk_is_told(
    number: int, is_harmless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    if is_harmless:
        write_atomically(tmp_path / "a", b"new")
    else:
        with pytest.raises(OSError, match="error"):
            write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_check_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    before = path.stat()
    check_writable(path)
    check_writable(tmp_path / "b")
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]
