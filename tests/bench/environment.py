"""An environment in which a build of this project is installed, and the processes that run there.

What runs is what is installed: a process knows this folder, for `worker.py` and the workloads, and the packages of its
environment. A source tree is refused, for it would be measured in place of every build.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple, Self

WORKER = Path(__file__).with_name("worker.py")
SOURCE = Path(__file__).parents[2]
PYTHON = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")


class CannotCompareError(RuntimeError):
    """What was asked for cannot be measured."""


class Environment(NamedTuple):
    """Where a build is installed.

    Attributes:
        name: the environment as the user names it.
        python: the program that runs in it.
    """

    name: str
    python: Path


class Build(NamedTuple):
    """What an environment runs, as its worker says.

    Attributes:
        version: of the project.
        build: compiled or not, and why.
        folder: the folder that holds the package.
        titles: what each workload computes.
    """

    version: str
    build: str
    folder: Path
    titles: Mapping[str, str]


class Worker:
    """A process of an environment, which waits for requests; `with` ends it.

    Args:
        environment: where it runs.

    Attributes:
        build: what it runs.

    Raises:
        CannotCompareError: if it does not answer, now or to a later request, or runs from a source tree.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._printed = TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by __exit__
        self._process = self._start()
        try:
            self.build = self._describe()
        except CannotCompareError:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(BrokenPipeError), self._printed, self._process:
            pass  # closes the pipes and waits for the end

    def pin(self, number: int) -> None:
        """Have it run on one of the processors only, counted over and over, where the system lets a process be told.

        Processors of one machine differ in speed for seconds on end, because of what runs on their neighbours.
        """
        if hasattr(os, "sched_setaffinity"):
            processors = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(self._process.pid, {processors[number % len(processors)]})

    def ask(self, request: str, *arguments: object) -> Any:
        """The answer of a function of the worker."""
        requests = self._process.stdin
        assert requests is not None
        with suppress(BrokenPipeError):  # a process that ended is found where its answer is missing
            requests.write(json.dumps([request, *arguments]) + "\n")
            requests.flush()
        return self._answer()

    def _start(self) -> subprocess.Popen[str]:
        # Variables that Python reads could have it import other packages than those that are installed.
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        try:
            return subprocess.Popen(
                [self._environment.python, WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                cwd=WORKER.parent,
                env=variables,
                encoding="utf-8",
            )
        except OSError as error:
            self._printed.close()
            raise CannotCompareError(
                f"{self._environment.name}: expected a program that runs Python, got {error}; "
                "give a virtual environment or the path of its Python"
            ) from error

    def _describe(self) -> Build:
        answer = self._answer()
        build = Build(**{**answer, "folder": Path(answer["folder"])})
        if (build.folder / "pyproject.toml").exists():
            raise CannotCompareError(
                f"{self._environment.name}: expected the autograd_core that is installed there, got the source tree "
                f"{build.folder}; install it with {self._environment.python} -m pip install {build.folder}"
            )
        return build

    def _answer(self) -> Any:
        answers = self._process.stdout
        assert answers is not None
        line = answers.readline()
        try:
            return json.loads(line)
        except ValueError as error:  # an empty line, too, which is what a process that ended leaves
            raise self._failure(line) from error

    def _failure(self, line: str) -> CannotCompareError:
        if line:
            self._process.kill()
        code = self._process.wait()
        self._printed.seek(0)
        return CannotCompareError(
            f"{self._environment.name}: expected an answer of {WORKER.name}, got the end of {self._environment.python} "
            f"with exit code {code}, which printed:\n{line}{self._printed.read()}\n"
            f"if a package is missing there, install it: {self._environment.python} -m pip install {SOURCE}"
        )


def environment_of(name: str) -> Environment:
    """The environment that a folder or the path of a Python stands for.

    Raises:
        CannotCompareError: if there is none.
    """
    path = Path(name).absolute()
    python = path / PYTHON if path.is_dir() else path
    if not python.is_file():
        raise CannotCompareError(
            f"{name}: expected a virtual environment or the path of its Python, got no file {python}; "
            f"make one with python -m venv, and install the project there"
        )
    return Environment(name, python)
