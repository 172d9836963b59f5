"""Two builds take fair turns, the table judges their numbers as it says, and what cannot be compared is said."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import pytest

import autograd_core
import compare
import environment
import layout
import run
from commandline import exit_code
from compare import Row, allowed, fastest_tenth, likeness, main, ratio
from environment import SOURCE, Build, CannotCompareError, Environment, Worker, environment_of
from measure import GradientsDisagreeError, in_turn, require_agreement
from written import POSIX

HERE = sys.executable

installed = pytest.mark.skipif(
    Path(autograd_core.__file__).resolve().is_relative_to(SOURCE / "autograd_core"),
    reason="autograd_core runs from the source tree; install it and run pytest, which imports what is installed",
)


def row(old: list[float], new: list[float], *, unit: str = "ms", limit: float | None = 1.03) -> Row:
    return Row("moons", "moons training step", unit, old, new, limit)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    effort = compare.Effort(rounds=1, pairs=1, least_seconds=1e-9, chain_nodes=100, steps=1)
    monkeypatch.setattr(compare, "QUICK", effort)


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], str]:
    """Makes an environment in which some lines run before the worker does."""

    def make(lines: str) -> str:
        python = tmp_path / "stand-in" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(
            f"#!{HERE}\nimport runpy, sys\nfrom pathlib import Path\n"
            f"program = Path(sys.argv[1])\nsys.path.insert(0, str(program.parent))\n"
            f"{lines}\nrunpy.run_path(str(program), run_name='__main__')\n"
        )
        python.chmod(0o755)
        return str(python.parents[1])

    return make


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Makes a program of the shell, which stands for a Python."""

    def make(lines: str) -> str:
        program = tmp_path / "script"
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
        return str(program)

    return make


ELSEWHERE = "import autograd_core; autograd_core.__file__ = '/elsewhere/autograd_core/__init__.py'\n"
"""Has the stand-in say that it is another installation."""


# The arithmetic.


@pytest.mark.parametrize(
    ("new", "old", "expected"), [(2.0, 4.0, 0.5), (0.0, 0.0, 1.0), (1.0, 0.0, float("inf")), (0.0, 2.0, 0.0)]
)
def test_ratios_are_new_to_old(new: float, old: float, expected: float) -> None:
    assert ratio(new, old) == expected


def test_a_row_has_the_ratios_of_its_numbers() -> None:
    found = row([2.0, 4.0, 9.0], [3.0, 8.0, 9.0])
    assert (found.minima, found.tenths, found.medians) == (1.5, 1.5, 2.0)


@pytest.mark.parametrize(("count", "expected"), [(1, 0.0), (9, 0.0), (10, 1.0), (120, 12.0)])
def test_a_tenth_of_the_numbers_is_below(count: int, expected: float) -> None:
    assert fastest_tenth([float(number) for number in reversed(range(count))]) == expected


@pytest.mark.parametrize(("milliseconds", "limit"), [(0.5, 1.05), (1.0, 1.05), (1.001, 1.03), (40.0, 1.03)])
def test_short_steps_may_vary_more(milliseconds: float, limit: float) -> None:
    assert allowed(milliseconds) == limit


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (row([2.0, 3.0], [2.05, 9.0]), "ok"),
        (row([2.0, 3.0], [2.07, 2.07]), "SLOWER"),
        (row([2.0], [1.0]), "ok"),
        (row([2.0] * 20, [1.0, *[3.0] * 19]), "SLOWER"),  # one lucky turn
        (row([1.0, *[2.0] * 19], [2.0] * 20), "ok"),
        (row([2.0], [3.0], unit="bytes/node"), "MORE"),
        (row([2.0], [3.0], unit="faults/step", limit=None), ""),
        (row([float("nan")], [float("nan")], unit="KiB"), "ok"),  # a system that does not tell
    ],
)
def test_the_verdict_is_on_the_tenths(found: Row, verdict: str) -> None:
    assert found.verdict == verdict


def test_a_line_of_the_table() -> None:
    cells = compare.show(row([2.0, 4.0], [3.0, 3.0])).split(maxsplit=4)
    assert cells[:4] == ["moons", "moons", "training", "step"]
    assert cells[4].split() == ["2.0000", "3.0000", "ms", "1.500", "1.500", "1.000", "1.03", "SLOWER"]


def test_a_line_on_which_nothing_is_required() -> None:
    line = compare.show(row([1234.0], [1234.0], unit="faults/step", limit=None))
    assert line.split()[-6:] == ["1,234.0", "1,234.0", "faults/step", "1.000", "1.000", "1.000"]


def build(*, compiled: bool = True, python: str = "3.11.7") -> Build:
    return Build("0.1.0", "as it is", compiled, python, Path("/packages"), {})


@pytest.mark.parametrize(
    ("old", "new", "warnings"),
    [
        (build(), build(), []),
        (build(compiled=False), build(compiled=False), []),
        (build(), build(compiled=False), ["old is compiled and new is plain Python"]),
        (build(compiled=False), build(), ["old is plain Python and new is compiled"]),
        (build(), build(python="3.12.1"), ["old is for Python 3.11.7 and new is for Python 3.12.1"]),
    ],
)
def test_builds_of_different_kinds_are_compared_with_a_warning(old: Build, new: Build, warnings: list[str]) -> None:
    shown = compare.show_builds([environment_of(HERE), environment_of(HERE)], [old, new])
    found = [line for line in shown.splitlines() if line.startswith("warning: ")]
    assert found == [f"warning: {text}: the ratios tell of that, too; install both alike" for text in warnings]


# The order.


@pytest.mark.parametrize(("first", "order"), [(0, "abbaab"), (1, "baabba")])
def test_every_other_turn_goes_backwards(first: int, order: str) -> None:
    calls: list[str] = []

    def take(name: str) -> Callable[[], int]:
        return lambda: calls.append(name) or len(calls)  # type: ignore[func-returns-value]

    given = in_turn([take("a"), take("b")], 3, first=first)
    assert "".join(calls) == order
    assert given == [[i for i, name in enumerate(order, 1) if name == which] for which in "ab"]


def test_builds_begin_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Silent:
        """Stands for a worker; each tells when it starts and when it measures."""

        def __init__(self, environment: Environment) -> None:
            self.name = environment.name
            calls.append(f"start {self.name}")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            calls.append(f"end {self.name}")

        def pin(self, number: int) -> None:
            pass

        def ask(self, request: str, *arguments: object) -> float:
            if request == "count":
                return 4 if self.name == "old" else 5
            calls.append(f"{self.name} {arguments}")
            return {"old": 0.5, "new": 0.25}[self.name]

    monkeypatch.setattr(compare, "Worker", Silent)
    effort = compare.QUICK._replace(rounds=2, pairs=2)
    environments = [Environment(name, Path(name)) for name in ("old", "new")]
    found = compare.measure(environments, "moons", "title", effort)
    old, new = ("old ('moons', 5)", "new ('moons', 5)")
    assert calls == [
        *("start old", "start new", old, new, new, old, "end new", "end old"),
        *("start new", "start old", new, old, old, new, "end old", "end new"),
    ]
    assert found == Row("moons", "title", "ms", [500.0] * 4, [250.0] * 4, 1.03)


# Gradients.


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([1.0, 0.0], [1.0, 0.0], "equal to the bit"),
        ([1.0, 0.0], [1.0, -0.0], "equal but for 0 of the largest"),
        ([2.0, 1.0], [2.0, 1.0 + 2e-12], "equal but for 1e-12 of the largest"),
    ],
)
def test_likeness(old: list[float], new: list[float], expected: str) -> None:
    assert likeness(old, new) == expected


@pytest.mark.parametrize("new", [[1.0, 2.001], [1.0], [1.0, float("nan")]])
def test_different_gradients_are_refused(new: list[float]) -> None:
    with pytest.raises(GradientsDisagreeError, match="moons: expected the gradients of both builds to agree to 1e-09"):
        require_agreement("moons", "builds", new, [1.0, 2.0])


@POSIX
@installed
def test_a_build_that_computes_something_else_is_not_measured(
    stand_in: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "import workloads; from workloads import WORKLOADS, rnn, OURS\n"
    wrong += "WORKLOADS['readme'] = WORKLOADS['readme']._replace(ours=lambda: rnn(OURS, 2, 2))"
    assert main([HERE, stand_in(ELSEWHERE + wrong), "readme", "--quick"]) == 1
    shown = capsys.readouterr()
    assert "readme: expected the gradients of both builds to agree" in shown.err
    assert "verdict" not in shown.out


def test_the_gradients_of_the_chain_are_said_to_be_checked() -> None:
    checked = "gradients compared with their formula whenever it is measured: chain"
    assert compare.show_gradients({}, ["chain"]) == checked
    assert compare.show_gradients({"moons": "equal to the bit"}, ["memory"]) == "gradients equal to the bit: moons"


# The whole.


@POSIX
@installed
@pytest.mark.usefixtures("quick")
def test_a_build_is_compared_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "numbers.json"
    assert main([HERE, HERE, "readme", "chain", "memory", "--quick", "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "old and new are one installation: whatever differs is noise" in shown
    assert "gradients equal to the bit: readme, moons" in shown
    assert "README expression of micrograd" in shown
    written = json.loads(file.read_text(encoding="utf-8"))
    assert [found["name"] for found in written["rows"]] == ["readme", *["chain"] * 4, *["memory"] * 2]
    assert written["rows"][0]["ratios"]["minima"] > 0.0
    assert written["old"]["folder"] == str(Path(autograd_core.__file__).resolve().parents[1])


# What cannot be compared.


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments, "--quick"]) == 2
    return capsys.readouterr().err


def empty_environment(folder: Path) -> str:
    made = str(folder / "empty")
    subprocess.run([HERE, "-m", "venv", "--without-pip", made], check=True)
    return made


def test_an_environment_without_the_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = empty_environment(tmp_path)
    message = refusal(capsys, empty, empty)
    assert f"{empty}: expected an answer of worker.py, got the end of" in message
    assert "exit code 1" in message
    assert "No module named 'autograd_core'" in message
    assert "-m pip install" in message


def test_an_environment_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, str(tmp_path), HERE)
    assert f"{tmp_path}: expected a virtual environment or the path of its Python, got no file" in message


def test_a_program_that_is_not_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "python"
    file.write_text("nothing to run")
    assert "expected a program that runs Python, got" in refusal(capsys, str(file), str(file))


@POSIX
@installed
def test_something_else_than_an_answer(stand_in: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    python = stand_in("print('a greeting', flush=True)")
    assert r"expected an answer of worker.py, got 'a greeting\n' from" in refusal(capsys, python, python)


@POSIX
@pytest.mark.parametrize("answer", ["1", "null", "[]", '{"foo":1}', "\\0377", "[" * 10_000])
def test_an_answer_of_another_kind(
    answer: str, script: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    program = script(f"printf '{answer}\\n'")
    message = refusal(capsys, program, program)
    assert f"{program}: expected an answer of worker.py, got '" in message
    assert "give a virtual environment or the path of its Python" in message


@POSIX
def test_a_first_answer_without_end(script: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    program = script("exec cat /dev/zero")
    assert "expected an answer of worker.py, got '" in refusal(capsys, program, program)


@POSIX
@pytest.mark.parametrize("lines", ["exec sleep 1000", "sleep 1000 &", "printf 1; sleep 1000"])
def test_a_program_that_never_answers(
    lines: str, script: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "START_SECONDS", 0.2)
    program = script(lines)
    message = refusal(capsys, program, program)
    assert f"{program}: expected an answer of worker.py, got none from {program} in 0.2 seconds" in message


@POSIX
def test_a_program_that_closes_its_output_and_runs_on(
    script: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "END_SECONDS", 0.2)
    program = script("exec sleep 1000 >&-")
    assert f"got the end of the output of {program}, which ran on" in refusal(capsys, program, program)


@POSIX
def test_a_program_that_a_signal_ends(script: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    program = script("kill -SEGV $$")
    message = refusal(capsys, program, program)
    assert f"got the end of {program} by signal 11 (Segmentation fault)" in message
    assert "pip install" not in message


@POSIX
@installed
def test_a_worker_that_dies_at_work(stand_in: Callable[[str], str]) -> None:
    python = stand_in("import worker\nimport os\nworker.measure.count_filling = lambda *_: os._exit(3)")
    with Worker(environment_of(python)) as worker:
        with pytest.raises(CannotCompareError, match="exit code 3; leave out what it cannot run"):
            worker.ask("count", "readme", 1.0)
        with pytest.raises(CannotCompareError, match="got the end of"):
            worker.ask("count", "readme", 1.0)


def test_the_source_tree_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linked = empty_environment(tmp_path)
    (site,) = Path(linked).glob("**/site-packages")
    (site / "linked.pth").write_text(f"{SOURCE}\n{sysconfig.get_path('purelib')}\n")
    message = refusal(capsys, linked, linked)
    assert f"{linked}: expected the autograd_core that is installed there, got the source tree {SOURCE}" in message


@POSIX
@installed
def test_one_installation_by_two_names_is_refused(
    stand_in: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, HERE, stand_in(""))
    assert "expected two builds, got one" in message
    assert "the same path twice" in message


@installed
def test_variables_of_python_do_not_reach_a_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "autograd_core.py").write_text("raise ImportError('found by PYTHONPATH')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker(environment_of(HERE)) as worker:
        assert worker.build.folder == Path(autograd_core.__file__).resolve().parents[1]
        assert worker.build.compiled == autograd_core.build_info().compiled
        assert worker.build.python == autograd_core.build_info().python


@installed
def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, HERE, HERE, "nonsense")
    assert message.startswith("expected names among readme, ")
    assert "got nonsense" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "14"], "expected at least 15 rounds, or one with --quick, got 14"),
        (["--rounds", "0", "--quick"], "got 0"),
        (["--pairs", "0"], "expected at least one pair of processes, got 0"),
    ],
)
def test_too_little_effort_is_refused(
    arguments: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([HERE, HERE, *arguments])
    assert message in capsys.readouterr().err


# The command.


@pytest.mark.parametrize(("program", "builds"), [(compare.main, [HERE, HERE]), (run.main, []), (layout.main, [])])
@pytest.mark.parametrize("name", ["", ".", "missing/x.json", "file/x.json"])
def test_a_file_that_cannot_be_written_is_refused_before_measuring(
    program: Callable[[list[str]], int],
    builds: list[str],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        program([*builds, "--json", name])
    shown = capsys.readouterr()
    assert f"argument --json: expected a file that can be written, got {name!r}" in shown.err
    assert shown.out == ""


@installed
@pytest.mark.usefixtures("quick")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_numbers_that_cannot_be_written_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, HERE, HERE, "readme", "--json", "/dev/full")
    assert message.startswith("expected a file that can be written, got [Errno 28]")


def test_names_are_not_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "the following arguments are required: OLD, NEW\n" in capsys.readouterr().err


@POSIX
def test_an_interruption_ends_the_worker(
    script: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = script("exec sleep 1000")
    started = []

    def interrupted(worker: Worker, length: int) -> str:
        started.append(worker._process)
        raise KeyboardInterrupt

    monkeypatch.setattr(Worker, "_readline", interrupted)
    assert exit_code(lambda: main([program, program])) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert [process.returncode for process in started] == [-signal.SIGKILL]


@POSIX
@installed
def test_a_reader_that_has_ended_is_no_disagreement() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        program = [HERE, compare.__file__, HERE, HERE, "readme", "--quick"]
        ended = subprocess.run(program, stdout=closed, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_a_mistake_is_no_disagreement(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: 1 // 0) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err
