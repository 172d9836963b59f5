"""`show()`: a window if there is a screen, else the path of a file; in a notebook, the object itself."""

import os
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nn
import viz
from autograd_core import Value

A = Value(2.0, label="a")

SHOWN: dict[str, tuple[Callable[[], Any], str, str]] = {
    "drawing": (lambda: viz.draw(-A), ".svg", "<svg"),
    "text": (lambda: viz.draw(-A, format="mermaid"), ".svg", "<svg"),
    "page": (lambda: viz.page(-A), ".html", "<!doctype html>"),
    "animation": (lambda: viz.animate(-A), ".svg", "<svg"),
}
"""What can be shown, the ending of the file, and how the file begins."""


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The addresses that a browser is asked to open, on a machine with a screen."""
    asked: list[str] = []

    def opens(address: str) -> bool:
        asked.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")
    return asked


@pytest.mark.parametrize(("make", "ending", "beginning"), SHOWN.values(), ids=SHOWN)
def test_a_browser_opens_a_file(
    make: Callable[[], Any],
    ending: str,
    beginning: str,
    opened: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make().show()
    (file,) = tmp_path.iterdir()
    assert file.suffix == ending
    assert file.read_text(encoding="utf-8").startswith(beginning)
    assert opened == [file.as_uri()]
    assert capsys.readouterr().out == ""


def test_without_a_screen_the_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    viz.draw(-A).show()
    (file,) = tmp_path.iterdir()
    assert capsys.readouterr().out == f"no screen to show it on; it is in the file {file}\n"
    assert opened == []


def test_a_browser_that_fails_is_no_screen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    viz.draw(-A).show()
    assert str(next(tmp_path.iterdir())) in capsys.readouterr().out


def test_ipython_in_a_terminal_is_no_notebook(tmp_path: Path) -> None:
    """In a process of its own, for IPython changes much of Python on its way."""
    pytest.importorskip("IPython")
    code = """
import sys, tempfile
from IPython.core.interactiveshell import InteractiveShell
import viz, autograd_core
tempfile.tempdir = sys.argv[1]
InteractiveShell.instance()
viz.draw(autograd_core.Value(1.0)).show()
"""
    environment = {
        **os.environ,
        "BROWSER": f"{sys.executable} -c pass %s",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-P", "-c", code, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.stderr, [path.suffix for path in tmp_path.iterdir()]) == (b"", [".svg"])


def test_a_walkthrough_is_shown_as_its_page(opened: list[str], tmp_path: Path) -> None:
    viz.walkthrough(nn.MLP(2, [2], rng=0), nn.cross_entropy, [([1.0, 0.5], 1)]).show()
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".html"
    assert "How one sample teaches a network" in file.read_text(encoding="utf-8")
    assert opened == [file.as_uri()]
