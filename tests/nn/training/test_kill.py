"""A training that is killed at random moments, also while it writes, ends with the same bytes as one that is not.

By hand with more of them:

    KILLS=2000 pytest tests/nn/training/test_kill.py
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd_core
import nn
from written import POSIX

KILLS = int(os.environ.get("KILLS", "20"))
SCRIPT = Path(__file__).with_name("killed_run.py")


class Runs:
    """The training in processes of their own, one after the other."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        self._to, self._from = server.stdin, server.stdout

    def start(self, folder: Path) -> int:
        """The number of a process that is about to begin its work."""
        self._to.write(f"{folder}\n")
        self._to.flush()
        go, number = self._from.readline().split()
        assert go == "go"
        return int(number)

    def end(self) -> int:
        """The exit code of the process, when it has ended."""
        return int(self._from.readline())


@pytest.fixture
def runs() -> Iterator[Runs]:
    roots = dict.fromkeys(str(Path(str(package.__file__)).parents[1]) for package in (nn, autograd_core))
    with subprocess.Popen(
        [sys.executable, "-P", SCRIPT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        yield Runs(server)


def result(folder: Path) -> bytes:
    return (folder / "result.safetensors").read_bytes()


@POSIX
def test_a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes(runs: Runs, tmp_path: Path) -> None:
    whole, folder, rng = tmp_path / "whole", tmp_path / "killed", random.Random(1)
    whole.mkdir()
    folder.mkdir()
    runs.start(whole)
    begin = time.perf_counter()
    assert runs.end() == 0
    duration = time.perf_counter() - begin
    kills = 0
    while kills < KILLS:
        process = runs.start(folder)
        time.sleep(rng.uniform(0.0, duration / 8.0))  # so that the kills are spread over the run
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.kill(process, signal.SIGKILL)
        code = runs.end()
        ended = code == 0
        assert ended or code == -signal.SIGKILL
        kills += not ended
        if ended:  # faster than was thought: the next kills are of a new run
            assert result(folder) == result(whole)
            (folder / "run.safetensors").unlink()
    runs.start(folder)
    assert runs.end() == 0
    assert result(folder) == result(whole)
