"""One installation runs compiled and plain, and never hides an edit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core
from autograd_core import build_info

INSTALLED = Path(autograd_core.__file__).parent
RECORD = INSTALLED / "build_record.txt"
MODULES = re.findall(r"^module (\S+) ", RECORD.read_text(encoding="utf-8"), re.MULTILINE) if RECORD.exists() else []

needs_compiled = pytest.mark.skipif(not MODULES, reason="this installation has no compiled modules")

REPORT = "import autograd_core; print(repr(autograd_core.build_info()))"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of a copy of the installed package that may be changed."""
    return Path(shutil.copytree(INSTALLED, tmp_path / "autograd_core", ignore=shutil.ignore_patterns("__pycache__")))


def run(code: str, package: Path = INSTALLED, pure: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter that imports the package from the given place."""
    environment = {name: value for name, value in os.environ.items() if name != "AUTOGRAD_CORE_PURE"}
    environment |= {"PYTHONPATH": str(package.parent)} | ({} if pure is None else {"AUTOGRAD_CORE_PURE": pure})
    command = [sys.executable, "-P", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_installation_runs_as_it_was_built() -> None:
    done = run(REPORT)
    assert f"compiled={bool(MODULES)}" in done.stdout
    assert not done.stderr


@needs_compiled
def test_what_is_compiled_is_named_with_its_compiler() -> None:
    done = run("import autograd_core; info = autograd_core.build_info(); print(info.mypyc, *info.modules)")
    version, *modules = done.stdout.split()
    assert re.fullmatch(r"\d+\.\d+.*", version)
    assert modules == MODULES


@pytest.mark.parametrize("pure", ["1", "yes"])
def test_the_environment_can_ask_for_plain_python(pure: str) -> None:
    done = run(REPORT, pure=pure)
    assert "compiled=False, reason='AUTOGRAD_CORE_PURE is set'" in done.stdout
    assert "mypyc='', modules=()" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("pure", ["", "0"])
def test_an_empty_wish_is_none(pure: str) -> None:
    assert run(REPORT, pure=pure).stdout == run(REPORT).stdout


@needs_compiled
@pytest.mark.parametrize("module", MODULES)
def test_an_edited_source_is_what_runs(copy: Path, module: str) -> None:
    source = copy / f"{module.rpartition('.')[2]}.py"
    source.write_text(source.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    done = run(f"import {module} as edited, sys; print(edited.EDITED)\n{REPORT}", copy)
    first, second = done.stdout.splitlines()
    assert first == "True"
    assert f"compiled=False, reason='edited after it was compiled: {module}'" in second
    (line,) = (line for line in done.stderr.splitlines() if "Warning" in line)
    assert f"RuntimeWarning: edited after it was compiled: {module}; running plain Python" in line


@needs_compiled
def test_after_an_edit_all_modules_run_from_source(copy: Path) -> None:
    (copy / "ops.py").write_bytes((copy / "ops.py").read_bytes() + b"\n")
    done = run(f"import sys, {', '.join(MODULES)}\nfor name in {MODULES}: print(sys.modules[name].__file__)", copy)
    assert done.stdout.split() == [str(copy / f"{name.rpartition('.')[2]}.py") for name in MODULES]


@needs_compiled
def test_an_edit_is_no_news_to_who_asked_for_plain_python(copy: Path) -> None:
    (copy / "ops.py").write_bytes((copy / "ops.py").read_bytes() + b"\n")
    assert not run(REPORT, copy, pure="1").stderr


@needs_compiled
def test_compiled_modules_of_another_python_are_not_taken_for_running(copy: Path) -> None:
    for library in [*copy.glob("*.so"), *copy.glob("*.pyd")]:
        library.rename(library.with_suffix(".other"))
    assert "compiled=False, reason='the compiled modules are for another Python'" in run(REPORT, copy).stdout


@needs_compiled
def test_compiled_modules_need_no_sources(copy: Path) -> None:
    (copy / "ops.py").unlink()
    assert "compiled=True" in run(REPORT, copy).stdout


def test_a_tree_without_a_record_runs_from_source(copy: Path) -> None:
    (copy / "build_record.txt").unlink(missing_ok=True)
    for library in [*copy.glob("*.so"), *copy.glob("*.pyd")]:
        library.unlink()
    assert "compiled=False, reason='run from a source tree'" in run(REPORT, copy).stdout


def test_the_report_is_one_line() -> None:
    info = build_info()
    assert str(info) == f"{'compiled' if info.compiled else 'plain Python'}: {info.reason}, Python {info.python}"


DEEP = """
import threading
from autograd_core import Value

def free_a_deep_chain():
    for grow in (lambda v: v + 1.0, lambda v: -v, lambda v: autograd_core.max(v, v, v)):
        value = Value(1.0)
        for _ in range(DEPTH):
            value = grow(value)
        del value

import autograd_core
free_a_deep_chain()
threading.stack_size(STACK)
threads = [threading.Thread(target=free_a_deep_chain) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("freed")
"""


@needs_compiled
def test_deep_chains_are_freed_on_small_stacks_and_in_threads() -> None:
    done = run(DEEP.replace("DEPTH", "200_000").replace("STACK", "256 * 1024"))
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr


def test_plain_deep_chains_are_freed_as_far_as_python_can() -> None:
    """Python 3.13 itself wants megabytes of stack to free deep chains, so threads have their usual size here."""
    done = run(DEEP.replace("DEPTH", "200_000").replace("STACK", "0"), pure="1")
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr
