"""A training that is killed at random moments, also while it writes, ends with the same bytes as one that is not.

By hand with more of them:

    KILLS=2000 pytest tests/nn/training/test_kill.py
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import autograd_core
import nn
from written import POSIX

KILLS = int(os.environ.get("KILLS", "20"))
SCRIPT = Path(__file__).with_name("killed_run.py")


def started(folder: Path) -> subprocess.Popen[str]:
    """The training in a process of its own, about to begin its work."""
    roots = dict.fromkeys(str(Path(str(package.__file__)).parents[1]) for package in (nn, autograd_core))
    process = subprocess.Popen(
        [sys.executable, "-P", SCRIPT, folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    return process


def finished(process: subprocess.Popen[str]) -> None:
    with process:
        assert process.wait() == 0


def result(folder: Path) -> bytes:
    return (folder / "result.safetensors").read_bytes()


@POSIX
def test_a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, folder, rng = tmp_path / "whole", tmp_path / "killed", random.Random(1)
    whole.mkdir()
    folder.mkdir()
    process = started(whole)
    begin = time.perf_counter()
    finished(process)
    duration = time.perf_counter() - begin
    kills = 0
    while kills < KILLS:
        process = started(folder)
        time.sleep(rng.uniform(0.0, duration / 8.0))  # so that the kills are spread over the run
        process.kill()
        with process:
            code = process.wait()
        ended = code == 0
        assert ended or code == -signal.SIGKILL
        kills += not ended
        if ended:  # faster than was thought: the next kills are of a new run
            assert result(folder) == result(whole)
            (folder / "run.safetensors").unlink()
    finished(started(folder))
    assert result(folder) == result(whole)
