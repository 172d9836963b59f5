"""A few interrupts at random moments; `tests/support/force_trial.py` makes as many as are wanted."""

import os
import subprocess
import sys
from pathlib import Path

import autograd_core
import force_trial
import nn
from written import POSIX

INTERRUPTS = 25


@POSIX
def test_interrupts_at_random_moments_leave_nothing_wrong() -> None:
    roots = dict.fromkeys(str(Path(str(package.__file__)).parents[1]) for package in (nn, autograd_core))
    process = subprocess.run(
        [sys.executable, "-P", str(Path(force_trial.__file__)), str(INTERRUPTS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count(" 0 left something wrong") == len(force_trial.TRIALS)
