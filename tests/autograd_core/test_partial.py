"""Partial files: who may read them, and what becomes of those of killed processes."""

import errno
import os
import re
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograd_core.files import check_writable, write_atomically
from written import ENVIRONMENT, LINUX, POSIX, command, mode_of, names_in

SOMEBODY = 65534
"""A user and a group without any rights of their own."""


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
    seen: set[int] = set()

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
        os.setxattr(tmp_path, "system.posix_acl_default", access_list(group=4, other=4, somebody=7))
    except OSError:
        pytest.skip("the file system has no access lists")
    for path in (listed, plain):
        write_atomically(path, b"new")
    assert os.getxattr(listed, "system.posix_acl_access") == entries
    assert mode_of(listed) == 0o660
    assert os.listxattr(plain) == []
    assert mode_of(plain) == 0o640


@LINUX
def test_where_an_access_list_cannot_be_set_no_one_gets_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.touch(0o600)
    try:
        os.setxattr(path, "system.posix_acl_access", access_list(group=4, other=4, somebody=6))
    except OSError:
        pytest.skip("the file system has no access lists")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    before = mode_of(path)
    write_atomically(path, b"new")
    assert (before, mode_of(path)) == (0o664, 0o644)  # the mode of the old file shows the rights of somebody
    assert os.listxattr(path) == []


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
def writing(path: Path, program: str = STUCK, *, waits: bool = True) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of writing, where one that `waits` stops; it is killed at the end."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command(program, path), env=ENVIRONMENT, stdin=pipe, stdout=pipe, encoding="utf-8"
    ) as process:
        try:
            if waits:
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
        with writing(path, WRITER, waits=False) as process:
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
def test_two_processes_that_draw_the_same_name_do_not_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    drawn = iter([b"same", b"same", b"else"])
    monkeypatch.setattr(os, "urandom", lambda _: next(drawn))
    with writing(path, "import os\nos.urandom = lambda _: b'same'\n" + STUCK):
        (taken,) = names_in(tmp_path)
        write_atomically(path, b"ours")
        assert next(drawn, None) is None
        assert (tmp_path / taken).read_bytes() == b"of another process"
    assert path.read_bytes() == b"ours"


@POSIX
def test_where_files_cannot_be_locked_only_what_is_a_day_old_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    for age, removed in ((80_000, False), (90_000, True)):
        with writing(tmp_path / "a"):
            pass
        (left,) = (name for name in names_in(tmp_path) if name != "a")
        os.utime(tmp_path / left, (time.time() - age,) * 2)
        write_atomically(tmp_path / "a", b"new")
        assert ((tmp_path / left).exists(), (tmp_path / "a").read_bytes()) == (not removed, b"new")
        (tmp_path / left).unlink(missing_ok=True)


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
