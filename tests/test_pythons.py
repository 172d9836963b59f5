"""Which other Pythons `.ci/run` builds wheels for."""

import errno
import os
import re
import runpy
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from written import POSIX

ROOT: Final = Path(__file__).parents[1]
SCRIPT: Final = ROOT / ".ci" / "pythons.py"

pytestmark = POSIX  # the programs are scripts of a shell


def listed(*folders: Path) -> list[str]:
    """The lines of the script, where PATH holds the given folders."""
    path = os.pathsep.join(map(str, folders))
    environment = os.environ | {"PATH": path}
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, encoding="utf-8", check=True)
    return done.stdout.splitlines()


def program(folder: Path, name: str, prints: str) -> Path:
    """A program that prints a line."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{prints}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


OTHER: Final = 12 if sys.version_info.minor != 12 else 13
"""A minor version that is not the running one."""


def test_a_python_on_path_is_listed_once(tmp_path: Path) -> None:
    first = program(tmp_path / "first", f"python3.{OTHER}", f"echo 3 {OTHER}")
    program(tmp_path / "second", f"python3.{OTHER}", f"echo 3 {OTHER}")
    assert listed(tmp_path / "first", tmp_path / "second") == [f"3.{OTHER} {first}"]


@pytest.mark.parametrize("prints", ["exit 127", "echo 3 10", "echo 3 99", "echo", f"echo 3 {sys.version_info.minor}"])
def test_what_cannot_hold_a_wheel_is_left_out(tmp_path: Path, prints: str) -> None:
    """A shim without its Python; a version that is not ours; one without headers, which prints nothing; our own."""
    program(tmp_path, f"python3.{OTHER}", prints)
    assert listed(tmp_path) == []


def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may read every folder, so the call of the system is replaced."""
    program(tmp_path / "closed", f"python3.{OTHER}", f"echo 3 {OTHER}")
    found = program(tmp_path / "open", f"python3.{OTHER}", f"echo 3 {OTHER}")
    stat = os.stat

    def refused(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(str(tmp_path / "closed")):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return stat(path, *arguments, **options)

    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("closed", "open")))
    monkeypatch.setattr(os, "stat", refused)
    assert runpy.run_path(str(SCRIPT))["others"]() == {OTHER: found}


def test_pythons_of_pyenv_are_found_after_those_on_path(tmp_path: Path) -> None:
    program(tmp_path, "pyenv", f"echo {tmp_path}/root")
    found = program(tmp_path / "root" / "versions" / "any" / "bin", "python3", f"echo 3 {OTHER}")
    assert listed(tmp_path) == [f"3.{OTHER} {found}"]
    first = program(tmp_path, f"python3.{OTHER}", f"echo 3 {OTHER}")
    assert listed(tmp_path) == [f"3.{OTHER} {first}"]


def test_the_running_python_answers_as_it_should() -> None:
    headers = Path(sysconfig.get_path("include"), "Python.h").exists()
    version = runpy.run_path(str(SCRIPT))["version_of"](Path(sys.executable))
    assert version == (sys.version_info[:2] if headers else None)


def test_the_versions_are_those_of_the_project() -> None:
    script = runpy.run_path(str(SCRIPT))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    minors = [int(minor) for minor in re.findall(r"Python :: 3\.(\d+)", " ".join(project["classifiers"]))]
    assert [script["OLDEST"], script["NEWEST"]] == [minors[0], minors[-1]]
