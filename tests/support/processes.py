"""Programs in separate processes with different hash seeds, to check that outputs do not depend on them."""

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
