"""Programs run in processes of their own, whose hashes of texts differ: nothing that is written may depend on them."""

import os
import subprocess
import sys

SEEDS = ("1", "2")


def outputs(program: str, *arguments: str) -> set[str]:
    """What a Python program writes to the standard output, with every seed; one text if it always writes the same."""
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
