"""Prints the other Pythons of this machine for which a wheel can be built.

    python .ci/pythons.py

Each line is a version and a program, such as "3.13 /usr/bin/python3.13". There is one for each minor version of CPython
from 3.11 on that is on PATH or in pyenv, except the version that runs this file. A Python without the C headers,
without the module ensurepip or without the global lock is left out: it cannot build a wheel, install one, or load ours.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST, NEWEST = 11, 14
"""The minor versions of Python 3 that the project names in pyproject.toml."""

ASK = """
import ensurepip, os, sys, sysconfig
headers = os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
if sys.implementation.name == "cpython" and headers and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print(*sys.version_info[:2])
"""


def candidates() -> Iterator[Path]:
    """Programs that may be Pythons: those on PATH first."""
    for folder in os.get_exec_path():
        yield from (Path(folder, f"python3.{minor}") for minor in range(OLDEST, NEWEST + 1))
    if pyenv := shutil.which("pyenv"):
        done = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False)
        yield from sorted(Path(done.stdout.strip()).glob("versions/*/bin/python3"))


def version_of(program: Path) -> tuple[int, int] | None:
    """The version of a Python that can build and hold a wheel; None for others, such as a shim without a Python."""
    try:
        done = subprocess.run([program, "-c", ASK], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = done.stdout.split()
    return (int(numbers[0]), int(numbers[1])) if done.returncode == 0 and len(numbers) == 2 else None


def others() -> dict[int, Path]:
    """The first program of each minor version that is not the running one."""
    found: dict[int, Path] = {}
    for program in filter(os.path.exists, candidates()):  # Path.exists raises for a folder that may not be read
        major, minor = version_of(program) or (0, 0)
        if major == 3 and OLDEST <= minor <= NEWEST and minor != sys.version_info.minor:
            found.setdefault(minor, program)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    for minor, program in others().items():
        print(f"3.{minor} {program}")
