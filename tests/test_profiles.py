"""Which examples the suite draws: the same ones in every run, and others for a seed."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

SUITE: Final = """
from hypothesis import given, strategies as st

drawn = []

@given(st.floats())
def test_some_numbers(x):
    drawn.append(x)

def test_tell():
    print("drawn", hash(tuple(map(repr, drawn))))
"""


def examples(folder: Path, *options: str) -> tuple[str, str]:
    """What is said about the examples of a run, and a number that tells them."""
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *options, "test_suite.py"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=True, env={"PYTHONHASHSEED": "0", "CI": "1"}
    )
    lines = done.stdout.splitlines()
    (said,) = (line for line in lines if line.startswith("examples: "))
    (told,) = (line for line in lines if "drawn" in line)
    return said, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small suite under the conftest of this one."""
    folder = tmp_path_factory.mktemp("suite")
    conftest = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_suite.py").write_text(SUITE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def usual(folder: Path) -> tuple[str, str]:
    """The examples of a run without options."""
    return examples(folder)


def test_every_run_draws_the_same_examples(folder: Path, usual: tuple[str, str]) -> None:
    assert examples(folder) == usual
    assert usual[0] == "examples: fixed"


def test_a_seed_draws_others_and_repeats_them(folder: Path, usual: tuple[str, str]) -> None:
    runs = [examples(folder, "--hypothesis-profile=fresh", f"--hypothesis-seed={seed}") for seed in ("1", "1", "2")]
    assert [said for said, _ in runs] == ["examples: fresh, seed 1"] * 2 + ["examples: fresh, seed 2"]
    assert runs[0] == runs[1]
    assert len({told for _, told in [*runs, usual]}) == 3
