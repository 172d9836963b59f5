"""Files that are replaced as a whole or not at all, and what is no file."""

import errno
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import autograd_core
from autograd_core import InputError, OperandTypeError
from autograd_core.files import check_writable, is_stream, write_atomically

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such a thing")
SOMEBODY = 65534
"""A user and a group without any rights of their own."""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run(program: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program that may use `write_atomically` and `sys`."""
    command = [sys.executable, "-P", "-c", f"{PROLOGUE}\n{program}", *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, **options)


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(autograd_core.__file__).parents[1])}
PROLOGUE = "import sys\nfrom autograd_core.files import check_writable, write_atomically"


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


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        (3, OperandTypeError, "expected a path, got int"),
        (None, OperandTypeError, "expected a path, got NoneType"),
        (b"a", OperandTypeError, "expected a path, got bytes"),
        ("a\0b", InputError, r"without NUL characters, got 'a\\x00b'"),
        ("", FileNotFoundError, "make the folder first"),
    ],
)
def test_what_is_no_path_is_refused(path: Any, kind: type[Exception], message: str) -> None:
    for attempt in (check_writable, is_stream, lambda path: write_atomically(path, b"")):
        if attempt is is_stream and not issubclass(kind, autograd_core.AutogradError):
            assert not is_stream(path)
        else:
            with pytest.raises(kind, match=message):
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
        with pytest.raises(OSError, match="(?i)symbolic links"):
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
        command = [sys.executable, "-P", "-c", f"{PROLOGUE}\n{PRINT_AND_WRITE}", "/dev/stdout"]
        subprocess.run(command, env=ENVIRONMENT, stdout=file, check=True)
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


def test_a_name_that_promises_a_folder_is_refused(tmp_path: Path) -> None:
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(OSError, match="choose the name of a file|make the folder first"):
            attempt(f"{tmp_path}/new/")
    assert names_in(tmp_path) == []


def test_a_folder_that_is_none_or_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for attempt in (check_writable, lambda path: write_atomically(path, b"")):
        with pytest.raises(FileNotFoundError, match="make the folder first"):
            attempt(tmp_path / "nowhere" / "a")
        with pytest.raises((NotADirectoryError, FileNotFoundError), match="choose"):
            attempt(tmp_path / "file" / "a")
    assert names_in(tmp_path) == ["file"]


# ---- Who may do what -------------------------------------------------------------------------------------------------


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0o002)
    yield
    os.umask(before)


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660, 0o666, 0o700, 0o755])
def test_the_mode_is_kept(mode: int, tmp_path: Path, loose_umask: None) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert (mode_of(path), path.read_bytes()) == (mode, b"new")


@POSIX
def test_a_new_file_has_the_ordinary_mode(tmp_path: Path, loose_umask: None) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "a", b"")
    assert mode_of(tmp_path / "a") == mode_of(tmp_path / "plain") == 0o664


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_the_new_file_is_never_more_open_than_the_old_one(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loose_umask: None
) -> None:
    """The modes that the partial file has at every call of the system that a writer makes."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    seen = set()

    def watched(name: str) -> None:
        call = getattr(os, name)

        def wrapper(*arguments: Any, **options: Any) -> Any:
            try:
                return call(*arguments, **options)
            finally:
                seen.update(mode_of(each) for each in tmp_path.glob(".*.part"))

        monkeypatch.setattr(os, name, wrapper)

    for name in ("open", "fchmod", "fchown", "fsync"):
        watched(name)
    write_atomically(path, b"new")
    assert seen >= {0o600, mode}
    assert all(each & ~mode == 0 for each in seen)


@POSIX
@pytest.mark.skipif(os.name != "nt" and os.geteuid() != 0, reason="only the superuser can give files away")
def test_owner_and_group_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.chown(path, SOMEBODY, SOMEBODY - 1)
    write_atomically(path, b"new")
    about = path.stat()
    assert (about.st_uid, about.st_gid, mode_of(path)) == (SOMEBODY, SOMEBODY - 1, 0o640)


@contextmanager
def as_somebody() -> Iterator[None]:
    """As a user who is not the superuser: as whoever runs the tests, or else as one without rights."""
    if os.geteuid() != 0:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(SOMEBODY)
    os.seteuid(SOMEBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder in which everybody may write, reached by everybody."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        with as_somebody():
            reached = os.access(name, os.W_OK, effective_ids=True)
        if not reached:
            pytest.skip("the folder for temporary files is private")
        yield Path(name)


@POSIX
@pytest.mark.skipif(os.name != "nt" and os.geteuid() != 0, reason="needs files of two users")
@pytest.mark.parametrize(("mode", "kept"), [(0o666, 0o666), (0o606, 0o600), (0o662, 0o622), (0o646, 0o644)])
def test_where_owner_and_group_cannot_be_kept_no_one_gets_more(mode: int, kept: int, shared: Path) -> None:
    path = shared / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    with as_somebody():
        write_atomically(path, b"new")
    about = path.stat()
    assert (path.read_bytes(), about.st_uid, about.st_gid) == (b"new", SOMEBODY, SOMEBODY)
    assert mode_of(path) == kept


@POSIX
def test_a_file_that_may_not_be_written_to_is_not_replaced(shared: Path) -> None:
    path = shared / "a"
    with as_somebody():
        path.write_bytes(b"old")
        path.chmod(0o444)
        for attempt in (check_writable, lambda path: write_atomically(path, b"new")):
            with pytest.raises(PermissionError, match="choose a file and a folder that can be written to"):
                attempt(path)
    assert path.read_bytes() == b"old"
    assert names_in(shared) == ["a"]


@POSIX
def test_a_folder_that_may_not_be_written_to_is_refused(shared: Path) -> None:
    with as_somebody():
        (shared / "closed").mkdir(0o555)
        for attempt in (check_writable, lambda path: write_atomically(path, b"new")):
            with pytest.raises(PermissionError, match="choose a file and a folder that can be written to"):
                attempt(shared / "closed" / "a")
    assert names_in(shared / "closed") == []


@POSIX
def test_a_folder_that_may_not_be_read_can_be_written_to(shared: Path) -> None:
    with as_somebody():
        (shared / "dark").mkdir(0o333)
        for content in (b"first", b"second"):
            write_atomically(shared / "dark" / "a", content)
            assert (shared / "dark" / "a").read_bytes() == content
    (shared / "dark").chmod(0o777)


def access_list(*, group: int, other: int, somebody: int) -> bytes:
    """An access list of Linux by which `SOMEBODY` has rights, too."""
    nobody = 0xFFFFFFFF
    entries = [(1, 6, nobody), (2, somebody, SOMEBODY), (4, group, nobody), (16, somebody | group, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (*entries, (32, other, nobody)))


@LINUX
def test_an_access_list_is_kept_and_that_of_the_folder_not_added(tmp_path: Path) -> None:
    listed, plain = tmp_path / "listed", tmp_path / "plain"
    listed.touch(0o600)
    plain.touch(0o640)
    entries = access_list(group=0, other=0, somebody=6)
    try:
        os.setxattr(listed, "system.posix_acl_access", entries)
        os.setxattr(tmp_path, "system.posix_acl_default", entries)
    except OSError:
        pytest.skip("the file system has no access lists")
    for path in (listed, plain):
        write_atomically(path, b"new")
    assert os.getxattr(listed, "system.posix_acl_access") == entries
    assert mode_of(listed) == 0o660
    assert os.listxattr(plain) == []
    assert mode_of(plain) == 0o640


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


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


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


# ---- Killed processes ------------------------------------------------------------------------------------------------


WRITER = """
for letter in b"abcdefghijklmnopqrstuvwxyz" * 100_000:
    write_atomically(sys.argv[1], bytes([letter]) * 200_000)
"""
STUCK = """
import os
def stuck(*_):
    print("writing", flush=True)
    sys.stdin.read()
os.replace = stuck
write_atomically(sys.argv[1], b"of another process")
"""
"""A process that stops in the middle of writing."""


@contextmanager
def writing(path: Path, program: str = STUCK) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of writing; it is killed at the end."""
    command = [sys.executable, "-P", "-c", f"{PROLOGUE}\n{program}", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            if program is STUCK:
                assert process.stdout is not None
                assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


@POSIX
def test_a_process_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0" * 200_000)
    for delay in (0.0, 0.007):
        before = path.read_bytes()
        with writing(path, WRITER) as process:
            while path.read_bytes() == before:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(delay)
        content = path.read_bytes()
        assert len(content) == 200_000
        assert len(set(content)) == 1
    write_atomically(path, b"")
    assert names_in(tmp_path) == ["a"]


@POSIX
@pytest.mark.parametrize("name", ["a", "[a-z]*", "ä" * 127])
def test_what_a_killed_process_left_is_removed_by_the_next_write_of_the_name(name: str, tmp_path: Path) -> None:
    with writing(tmp_path / name):
        pass
    (left,) = names_in(tmp_path)
    assert re.fullmatch(r"\..*\.[0-9a-f]{16}\.part", left)
    write_atomically(tmp_path / "another", b"")
    assert names_in(tmp_path) == sorted([left, "another"])
    write_atomically(tmp_path / name, b"")
    assert names_in(tmp_path) == sorted([name, "another"])


@POSIX
def test_what_another_process_is_writing_is_let_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with writing(path) as process:
        (partial,) = names_in(tmp_path)
        os.utime(tmp_path / partial, (0, 0))  # however long it takes
        write_atomically(path, b"ours")
        check_writable(path)
        assert names_in(tmp_path) == sorted([partial, "a"])
        assert process.poll() is None
    assert path.read_bytes() == b"ours"


@POSIX
def test_what_another_machine_left_is_removed_after_a_day(tmp_path: Path) -> None:
    young, old = tmp_path / f".a.{'0' * 16}.part", tmp_path / f".a.{'1' * 16}.part"
    for path in (young, old):
        path.write_bytes(b"content")
    now = time.time()
    os.utime(young, (now, now - 80_000))
    os.utime(old, (now, now - 90_000))
    write_atomically(tmp_path / "a", b"")
    assert names_in(tmp_path) == sorted([young.name, "a"])


@POSIX
def test_nothing_else_is_removed(tmp_path: Path) -> None:
    (tmp_path / f".a.{'1' * 16}.part").mkdir()
    (tmp_path / f".a.{'2' * 16}.part").symlink_to("a")
    os.mkfifo(tmp_path / f".a.{'3' * 16}.part")
    for name in (f".a.{'4' * 15}.part", f".a.{'g' * 16}.part", f".b.{'5' * 16}.part", f"a.{'6' * 16}.part", ".a.part"):
        (tmp_path / name).touch()
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    before = names_in(tmp_path)
    write_atomically(tmp_path / "a", b"")
    assert names_in(tmp_path) == sorted([*before, "a"])


def test_threads_may_write_the_same_file(tmp_path: Path) -> None:
    path, failures = tmp_path / "a", []

    def work(letter: bytes) -> None:
        try:
            for _ in range(30):
                write_atomically(path, letter * 10_000)
        except BaseException as error:  # noqa: BLE001 - a thread would keep it to itself
            failures.append(error)

    threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert path.read_bytes() in {letter * 10_000 for letter in (b"a", b"b", b"c", b"d")}
    assert names_in(tmp_path) == ["a"]
