"""What runs on other machines agrees with `pyproject.toml`: workflows, wheels, hooks of commits, and editors."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT: Final = Path(__file__).parents[1]
FILES: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIER: Final = "Programming Language :: Python :: 3."
PYTHONS: Final = [
    line.removeprefix(CLASSIFIER) for line in PROJECT["project"]["classifiers"] if line.startswith(CLASSIFIER)
]
"""The minor versions of Python 3 that the project names."""
SYSTEMS: Final = {"ubuntu", "macos", "windows"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    """A workflow. YAML 1.1 reads its key `on` as True."""
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in workflow.items()}


def jobs_of(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = read(path)["jobs"]
    return jobs


def matrix_of(name: str, job: str) -> dict[str, list[str]]:
    matrix: dict[str, list[str]] = jobs_of(ROOT / ".github" / "workflows" / f"{name}.yml")[job]["strategy"]["matrix"]
    return matrix


def systems(labels: list[str]) -> set[str]:
    """The systems of runners such as `macos-15-intel`."""
    return {label.partition("-")[0] for label in labels}


def test_there_are_two_workflows() -> None:
    assert [path.stem for path in FILES] == ["checks", "wheels"]


def test_the_versions_of_python_are_named_without_a_gap() -> None:
    first, *rest = map(int, PYTHONS)
    assert PROJECT["project"]["requires-python"] == f">=3.{first}"
    assert rest == list(range(first + 1, first + 1 + len(rest)))


def test_checks_run_with_each_python_on_each_system() -> None:
    matrix = matrix_of("checks", "checks")
    assert matrix["python"] == [f"3.{minor}" for minor in PYTHONS]
    assert systems(matrix["system"]) == SYSTEMS


def test_wheels_are_built_for_each_python_on_each_system() -> None:
    assert PROJECT["tool"]["cibuildwheel"]["build"] == [f"cp3{minor}-*" for minor in PYTHONS]
    assert systems(matrix_of("wheels", "compiled")["system"]) == SYSTEMS


def test_no_wheel_is_built_for_32_bits() -> None:
    """By default cibuildwheel builds for them on Windows, but the dependencies have no such wheels."""
    assert PROJECT["tool"]["cibuildwheel"]["archs"] == ["auto64"]


def test_the_plain_wheel_is_built_by_the_oldest_python() -> None:
    job = jobs_of(ROOT / ".github" / "workflows" / "wheels.yml")["plain"]
    assert job["env"] == {"AUTOGRAD_CORE_PURE": "1"}
    (python,) = (step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    assert python == f"3.{PYTHONS[0]}"


def test_each_wheel_is_tried_as_what_it_should_be() -> None:
    assert PROJECT["tool"]["cibuildwheel"]["test-command"] == "python {project}/.ci/smoke.py compiled"
    steps = jobs_of(ROOT / ".github" / "workflows" / "wheels.yml")["plain"]["steps"]
    assert any("python .ci/smoke.py plain" in step.get("run", "") for step in steps)
    assert (ROOT / ".ci" / "smoke.py").is_file()


@each_file
def test_a_workflow_may_only_read_and_ends(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert "secrets" not in path.read_text(encoding="utf-8")
    for job in jobs_of(path).values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 90


@each_file
def test_actions_have_a_version_and_keep_no_credentials(path: Path) -> None:
    steps = [step for job in jobs_of(path).values() for step in job["steps"]]
    for step in steps:
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"(actions|pypa)/[\w-]+@v\d+(\.\d+)*", step.get("uses", "actions/none@v1"))
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_checks_are_those_of_the_project() -> None:
    jobs = jobs_of(ROOT / ".github" / "workflows" / "checks.yml").values()
    assert [step["run"] for job in jobs for step in job["steps"] if "run" in step] == [
        "bash .ci/run",
        "bash .ci/run coverage",
    ]


def test_files_are_the_same_bytes_on_every_system() -> None:
    assert "* -text" in (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    for line in (".ci/run", ".github/workflows/checks.yml", "README.md"):
        assert b"\r" not in (ROOT / line).read_bytes()


def test_hooks_of_commits_run_the_programs_of_the_checks() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    packages = {re.split(r"[<>=]", line)[0] for line in PROJECT["project"]["optional-dependencies"]["check"]}
    assert {hook["entry"].partition(" ")[0] for hook in hooks} == {"ruff", "mypy"} <= packages
    assert {hook["language"] for hook in hooks} == {"system"}  # no other versions than those of the checks


def test_editors_break_lines_where_the_linter_does() -> None:
    text = (ROOT / ".editorconfig").read_text(encoding="utf-8")
    assert f"max_line_length = {PROJECT['tool']['ruff']['line-length']}" in text.splitlines()
