"""A file of the user's that is called `nn.py` or `viz.py`: the command line goes past it, all else names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from autograd_core import InputError
from autograd_core.__main__ import main
from autograd_core.commands.command_line import COMMANDS, NEEDED
from autograd_core.companions import check, load
from autograd_core.testing.strategies import networks

OWN = "raise SystemExit('the file of the user was run')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a user's own files."""
    for name in ("nn", "viz"):
        (tmp_path / f"{name}.py").write_text(OWN, encoding="utf-8")
    return tmp_path


def python(folder: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, which it searches first."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, input=code, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        (("draw", "x*2", "x=3"), "", "wrote graph.svg"),
        (("tree", "x*2", "x=3"), "", "6.0"),
        (("moons", "--epochs", "1"), "", "accuracy"),
        (("repl",), "print(nn.Neuron, viz.draw, nn.Module)\n", "nn."),
        (("page", "--help"), "", "usage:"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_commands_find_the_packages(folder: Path, arguments: tuple[str, ...], code: str, shown: str) -> None:
    done = python(folder, "-m", "autograd_core", *arguments, code=code)
    assert "the file of the user" not in done.stdout + done.stderr
    assert done.returncode == 0
    assert shown in done.stdout


def test_a_module_that_is_imported_already_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = ModuleType("viz")
    other.__file__ = str(tmp_path / "viz.py")
    monkeypatch.setitem(sys.modules, "viz", other)
    assert main(["draw", "x", "x=1"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("autograd-core: expected viz to be the package ")
    assert f"found {tmp_path / 'viz.py'} by that name: rename that file, or run Python" in message
    assert sys.modules["viz"] is other


@pytest.mark.parametrize("name", ["nn", "viz"])
def test_what_python_would_import_is_named(name: str, folder: Path) -> None:
    done = python(folder, "-c", f"from autograd_core.companions import check; check({name!r})")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"autograd_core.errors.InputError: expected {name} to be the package ")
    assert f"found {folder / name}.py by that name" in last
    assert "python -P" in last


def test_a_strategy_names_what_python_would_import(folder: Path) -> None:
    code = "from autograd_core.testing.strategies import networks; networks().example()"
    done = python(folder, "-W", "ignore", "-c", code)
    assert "expected nn to be the package " in done.stderr
    assert "the file of the user" not in done.stdout + done.stderr


def test_the_packages_themselves_are_what_they_should_be() -> None:
    for name in ("nn", "viz"):
        load(name)
        check(name)
    assert networks() is not None


def test_no_other_package_is_one() -> None:
    for name in ("json", "there_is_no_such_package"):
        with pytest.raises(InputError, match=f"expected {name} to be the package"):
            check(name)
    with pytest.raises(InputError, match="expected the package there_is_no_such_package in "):
        load("there_is_no_such_package")
    assert "there_is_no_such_package" not in sys.modules


def test_every_command_says_what_it_needs() -> None:
    assert {command.module for command in COMMANDS} == NEEDED.keys()
