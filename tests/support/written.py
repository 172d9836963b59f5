"""Helpers for tests of written files: names, modes, the texts of a picture, and processes that write."""

import os
import stat
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import autograd_core

POSIX = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no such scripts, links, names, modes, pipes, signals or limits"
)
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such a thing")

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    "PYTHONPATH": str(Path(autograd_core.__file__).parents[1]),
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""The environment of other processes: they import the same package, buffer their output, and write no bytecode."""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def command(program: str, *arguments: object) -> list[str]:
    """Return the command that runs a program after importing `sys` and the writer."""
    prologue = "import sys\nfrom autograd_core.files import check_writable, write_atomically\n"
    return [sys.executable, "-P", "-c", f"{prologue}{program}", *map(str, arguments)]


def texts_of(svg: str) -> str:
    """All text that an SVG shows."""
    return " ".join(ET.fromstring(svg).itertext())  # noqa: S314 - made by ourselves
