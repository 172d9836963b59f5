"""The command line, and programs with different hash seeds, in separate processes."""

import os
import subprocess
import sys

SEEDS = ("1", "2")


def outputs(program: str, *arguments: str) -> set[str]:
    """Return the set of standard outputs of a Python program over all seeds; one text if they are equal."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {
        subprocess.run(
            [sys.executable, "-P", "-c", program, *arguments],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for seed in SEEDS
    }


def run(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-P", "-m", "autograd_core", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=os.environ | options)
