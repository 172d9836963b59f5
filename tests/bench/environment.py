"""An environment in which a build of this project is installed, and the processes that run there.

What runs is what is installed: a process knows this folder, for `worker.py` and the workloads, and the packages of its
environment. A source tree is refused, for it would be measured in place of every build.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Timer
from typing import Any, NamedTuple, Self

WORKER = Path(__file__).with_name("worker.py")
SOURCE = Path(__file__).parents[2]
PYTHON = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")

START_SECONDS = 60.0
"""How long a process may take until it says what it runs: a second, and more on a busy machine."""

END_SECONDS = 5.0
"""How long a process may take to end after its last answer."""

FIRST_LENGTH = 100_000
"""More characters than a process needs to say what it runs; a program that is not ours may write without end."""

SHOWN = 200
"""How much of a line that is no answer is shown."""

NO_JSON = (ValueError, RecursionError)
"""What is raised by a text that is not JSON, or nests without end."""

USE_ANOTHER = "give a virtual environment or the path of its Python"


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
        compiled: whether it is.
        python: the version of Python that runs it.
        folder: the folder that holds the package.
        titles: what each workload computes.
    """

    version: str
    build: str
    compiled: bool
    python: str
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
        except BaseException:  # Ctrl-C, too
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
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
        line = self._readline()
        try:
            return json.loads(line)
        except NO_JSON as error:  # an empty line, too, which is what a process that ended leaves
            raise self._no_answer(line) from error

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
                errors="replace",
                start_new_session=True,  # so that what the program starts ends with it, and Ctrl-C is ours alone
            )
        except OSError as error:
            self._printed.close()
            raise CannotCompareError(
                f"{self._environment.name}: expected a program that runs Python, got {error}; {USE_ANOTHER}"
            ) from error

    def _describe(self) -> Build:
        late = Event()

        def give_up() -> None:
            late.set()
            self._end()

        limit = Timer(START_SECONDS, give_up)
        limit.start()
        try:
            line = self._readline(FIRST_LENGTH)
        finally:
            limit.cancel()
        if late.is_set():
            raise self._failure(f"none from {self._environment.python} in {START_SECONDS:g} seconds", USE_ANOTHER)
        try:
            build = _build_of(json.loads(line))
        except NO_JSON as error:
            raise self._no_answer(line) from error
        if (build.folder / "pyproject.toml").exists():
            raise CannotCompareError(
                f"{self._environment.name}: expected the autograd_core that is installed there, got the source tree "
                f"{build.folder}; install it with {self._environment.python} -m pip install {build.folder}"
            )
        return build

    def _readline(self, length: int = -1) -> str:
        answers = self._process.stdout
        assert answers is not None
        return answers.readline(length)

    def _end(self) -> None:
        """End the process, and what it started, which could hold its output open; until it has been waited for."""
        if self._process.returncode is not None:
            return  # its number may be another's
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads the group of its session
        else:
            self._process.kill()

    def _no_answer(self, line: str) -> CannotCompareError:
        """What to say if a line is no answer, or empty, which means that there are no more."""
        python = self._environment.python
        if line:
            return self._failure(f"{line[:SHOWN]!r} from {python}", USE_ANOTHER)
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return self._failure(f"the end of the output of {python}, which ran on", USE_ANOTHER)
        if code < 0:
            return self._failure(
                f"the end of {python} by signal {-code} ({signal.strsignal(-code)})",
                "a process ends so when the system is short of memory or compiled code fails",
            )
        way_out = "leave out what it cannot run" if hasattr(self, "build") else USE_ANOTHER
        return self._failure(f"the end of {python} with exit code {code}", way_out)

    def _failure(self, got: str, way_out: str) -> CannotCompareError:
        """What to say if there is no answer; a package that is missing is the likeliest cause where Python says so."""
        self._end()
        self._process.wait()
        self._printed.seek(0)
        printed = self._printed.read().strip()
        if "ModuleNotFoundError" in printed or "ImportError" in printed:
            way_out = f"install what is missing there: {self._environment.python} -m pip install {SOURCE}"
        between = f", which printed:\n{printed}\n" if printed else "; "
        return CannotCompareError(
            f"{self._environment.name}: expected an answer of {WORKER.name}, got {got}{between}{way_out}"
        )


def _build_of(answer: object) -> Build:
    """The build that a first answer describes.

    Raises:
        ValueError: if it describes none.
    """
    kinds = {"version": str, "build": str, "compiled": bool, "python": str, "folder": str, "titles": dict}
    if not isinstance(answer, dict) or {name: type(value) for name, value in answer.items()} != kinds:
        raise ValueError(f"expected the fields {', '.join(kinds)}, got {answer!r:.{SHOWN}}")
    return Build(**{**answer, "folder": Path(answer["folder"])})


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
