"""Files that are replaced as a whole or not at all."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nn
from nn.files import write_atomically


def test_a_new_file_and_a_replaced_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, b"first")
    assert path.read_bytes() == b"first"
    write_atomically(str(path), b"")
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]


def test_a_relative_path_and_a_name_in_another_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically("grüße ∂", b"content")
    assert (tmp_path / "grüße ∂").read_bytes() == b"content"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


@pytest.mark.parametrize(("owner", "broken"), [(os, "fsync"), (Path, "replace")])
def test_after_a_failure_the_old_file_is_there_and_nothing_else(
    owner: object, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owner, broken, full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "a", b"")
    with pytest.raises(OSError, match=r"folder|directory|busy"):
        write_atomically(tmp_path, b"")
    assert list(tmp_path.iterdir()) == []


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nn.__file__).parents[1])}
WRITER = """
import sys
from nn.files import write_atomically
for letter in b"abcdefghijklmnopqrstuvwxyz" * 100_000:
    write_atomically(sys.argv[1], bytes([letter]) * 200_000)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL there")
def test_a_process_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0" * 200_000)
    for delay in (0.0, 0.007):
        before = path.read_bytes()
        with subprocess.Popen([sys.executable, "-P", "-c", WRITER, str(path)], env=ENVIRONMENT) as process:
            while path.read_bytes() == before:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(delay)
            process.kill()
        content = path.read_bytes()
        assert len(content) == 200_000
        assert len(set(content)) == 1
