"""Everything that the README shows is run, and is true.

The two set-up commands install the project, so they are run by `.ci/run`; here they are only looked at.
"""

import doctest
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

PYTHON: Final = "\n".join(code for language, code in BLOCKS if language == "python")
SHELL: Final = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]
SETUP: Final = [line for line in SHELL if line.startswith("python3 -m venv")]
BENCH: Final = re.findall(r"`(python tests/bench/[^`]+)`", README)
COMMANDS: Final = [line for line in SHELL if line.startswith("autograd-core ")]
PICTURE: Final = ROOT / ".pictures" / "neuron.svg"


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a folder, with the programs of this Python first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    variables = os.environ | {"PATH": path} | environment
    return subprocess.run(  # noqa: S602 - the lines are ours
        command, shell=True, cwd=folder, env=variables, input="", capture_output=True, encoding="utf-8", check=False
    )


def test_the_python_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(PYTHON, {}, "README", "README.md", 0)
    report: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert results.attempted > 20
    assert not report, "".join(report)


def test_every_python_block_is_an_example() -> None:
    assert all(code.startswith(">>> ") for language, code in BLOCKS if language == "python")


def test_every_shell_line_is_run_somewhere() -> None:
    assert len(BENCH) == 1
    assert sorted(SHELL) == sorted([*SETUP, *COMMANDS])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_work(command: str, tmp_path: Path) -> None:
    done = shell(command, tmp_path)
    assert done.returncode == 0, done.stderr
    written = re.search(r"-o (\S+)", command)
    assert not written or (tmp_path / written[1]).exists()


@pytest.mark.skipif(not importlib.util.find_spec("micrograd"), reason="micrograd, the peer, is not installed")
@pytest.mark.parametrize("command", BENCH)
def test_the_measurement_runs(command: str) -> None:
    done = shell(f"{command} readme", ROOT)
    assert done.returncode == 0, done.stderr


def test_every_dependency_has_its_reason() -> None:
    """The first column of the table names packages and extras."""
    named = {
        name for cell in re.findall(r"^\| (.*?`) \|", README, re.MULTILINE) for name in re.findall(r"`(.*?)`", cell)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = {re.split(r"[<>=~!;\[ ]", line)[0] for line in project["dependencies"]}
    assert named >= required | project["optional-dependencies"].keys()


def test_no_picture_is_idle() -> None:
    shown = set(re.findall(r"\]\((\.pictures/[^)]+)\)", README))
    assert {path.relative_to(ROOT).as_posix() for path in PICTURE.parent.iterdir()} == shown


def test_there_are_two_set_up_commands() -> None:
    assert [line.rpartition(" && ")[2] for line in SETUP] == [
        ".venv/bin/autograd-core digits",
        ".venv/bin/pytest -n auto",
    ]


def test_the_picture_is_what_the_command_beside_it_draws(tmp_path: Path) -> None:
    """Without dot, whose layouts differ from version to version."""
    (command,) = (line for line in COMMANDS if line.endswith("-o neuron.svg"))
    arguments = command.removeprefix("autograd-core")
    done = shell(f'"{sys.executable}" -P -m autograd_core{arguments}', tmp_path, PATH="")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "neuron.svg").read_bytes() == PICTURE.read_bytes()


def test_the_picture_is_safe_to_show() -> None:
    picture = PICTURE.read_text(encoding="utf-8")
    assert f"]({PICTURE.relative_to(ROOT).as_posix()})" in README
    assert "<script" not in picture
    assert not re.search(r"(href|src)=|url\(|@import|\son\w+=", picture)


def test_links_within_the_project_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert all((ROOT / link).exists() for link in links)


def test_the_map_names_every_room_and_no_file_that_is_not_there() -> None:
    packages = [ROOT / name for name in ("autograd_core", "nn", "viz")]
    (block,) = (code for language, code in BLOCKS if not language)
    assert {room.parent.name for package in packages for room in package.glob("*/__init__.py")} <= set(
        re.findall(r"(\w+)/", block)
    )
    files = {path.name for package in packages for path in package.rglob("*.py*")}
    assert set(re.findall(r"\w+\.pyi?", block)) <= files
