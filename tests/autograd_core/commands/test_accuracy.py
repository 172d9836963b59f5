"""`autograd-core accuracy` as its user sees it: what is measured, what is stored, and which names it knows."""

import re
import subprocess
import sys
from typing import Any

import pytest

from autograd_core.__main__ import main
from autograd_core.testing.rows import accuracy_table, array_frameworks
from autograd_core.testing.rows.accuracy import measure


@pytest.fixture
def without_frameworks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_frameworks, "is_installed", lambda framework: False)


@pytest.fixture
def without_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy_table, "measured", lambda subject, known: known.rows[subject.name])


def printed(capsys: pytest.CaptureFixture[str], *ops: str) -> list[str]:
    assert main(["accuracy", *ops]) == 0
    return capsys.readouterr().out.splitlines()


def cells_of(line: str) -> list[str]:
    return re.split(r" {2,}", line)


def test_the_figures_are_measured(
    without_frameworks: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine's are, and not read from the stored table; the others are stored, and the last line says so."""
    empty = ("", "1.0 / 1.0 / 1.0", "")
    known = accuracy_table.Table(("autograd-core", "PyTorch 1.2.3", "JAX 4.5.6"), {"exp": empty})
    monkeypatch.setattr(accuracy_table, "stored", lambda: known)
    *_, titles, exp, relu, note = printed(capsys, "exp", "relu", "exp")
    assert cells_of(titles) == ["op", "autograd-core", "PyTorch 1.2.3*", "JAX 4.5.6*"]
    assert cells_of(exp) == ["exp", "0.5 / 0.5 / 0.5", "1.0 / 1.0 / 1.0", "-"]
    assert cells_of(relu) == ["relu", "0.0 / 0.0 / 0.0", "-", "-"]
    assert note.startswith("* stored figures of that version: PyTorch and JAX")


def test_an_installed_framework_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here both are the engine itself, and JAX lacks the second derivative."""

    def measure_with(framework: str, name: str, points: Any) -> Any:
        function = accuracy_table.subjects()[name].function
        return [measure(function, point, order=2 if framework == "torch" else 1) for point in points]

    monkeypatch.setattr(array_frameworks, "is_installed", lambda framework: True)
    monkeypatch.setattr(array_frameworks, "version", lambda framework: "9.9")
    monkeypatch.setattr(array_frameworks, "measure_with", measure_with)
    titles, exp = printed(capsys, "exp")[-2:]
    assert cells_of(titles) == ["op", "autograd-core", "PyTorch 9.9", "JAX 9.9"]
    assert cells_of(exp) == ["exp", "0.5 / 0.5 / 0.5", "0.5 / 0.5 / 0.5", "0.5 / 0.5 / none"]


def test_a_wrong_derivative_is_seen(
    without_frameworks: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = measure

    def wrong(function: Any, point: Any) -> Any:
        found = right(function, point)
        return found._replace(gradient=[1.001 * x for x in found.gradient])

    accuracy_table.worst_errors.cache_clear()
    monkeypatch.setattr(accuracy_table, "measure", wrong)
    try:
        line = printed(capsys, "exp")[-2]
    finally:
        accuracy_table.worst_errors.cache_clear()
    assert cells_of(line)[:2] == ["exp", "0.5 / 9e12 / 0.5"]


def test_without_names_all_rows_are_printed(
    without_frameworks: None, without_measuring: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = accuracy_table.text_of(accuracy_table.stored()).splitlines()[1:]
    assert printed(capsys)[3:-1] == lines
    assert len(lines) > 100


def test_a_family_goes_by_its_name(
    without_frameworks: None, without_measuring: None, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["polygamma(1)", "polygamma(2)", "polygamma(5)"]
    assert [line.split()[0] for line in printed(capsys, "polygamma")[3:-1]] == names
    assert [line.split()[0] for line in printed(capsys, "polygamma(2)")[3:-1]] == names[1:2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tanhh", "expected the name of an op, got 'tanhh'; did you mean 'tanh' or"),
        ("???", "expected the name of an op, got '???'; there are abs, acos,"),
        ("", "expected the name of an op, got ''; there are abs, acos,"),
    ],
)
def test_an_unknown_name_is_one_clear_line(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is found before anything is measured."""
    assert main(["accuracy", "exp", name]) == 2
    output = capsys.readouterr()
    assert not output.out
    assert output.err.startswith(f"autograd-core: {message}")
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("tanhh", "reluu"), "expected names of ops, got 'tanhh' and 'reluu'; did you mean 'tanh' or"),
        (("tanhh", "???"), "expected names of ops, got 'tanhh' and '???'; there are abs, acos,"),
    ],
)
def test_all_unknown_names_are_reported(
    names: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accuracy", names[0], "exp", names[1]]) == 2
    assert capsys.readouterr().err.startswith(f"autograd-core: {message}")


def test_without_mpmath_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['mpmath'] = None\n"
        "from autograd_core.__main__ import main\n"
        "sys.exit(main(['accuracy']))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'autograd-core: accuracy needs mpmath, which is not installed: pip install "autograd-core[testing]"\n'
    )


def test_only_the_framework_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, without_measuring: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(array_frameworks, "is_installed", lambda framework: framework == "torch")
    monkeypatch.setattr(array_frameworks, "version", lambda framework: "9.9")
    assert "figures of that version: JAX cannot" in printed(capsys, "exp")[-1]
