"""`autograd-core compile`: what it prints, and what it says about wrong input."""

from __future__ import annotations

from typing import Any

import pytest

from autograd_core.__main__ import main
from autograd_core.commands import compilation


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "SECONDS", 0.0)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["compile", *arguments]) == 0
    return capsys.readouterr().out


def test_program_source_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "w*x + b", "w=3", "x=2", "b=-1")
    parts = text.split("\n\n")
    assert parts[0] == "value: 5.0"
    assert parts[1].splitlines() == [
        "program",
        "  %0 = input",
        "  %1 = input",
        "  %2 = input",
        "  %3 = mul %0 %1",
        "  %4 = add %3 %2",
        "  return %4",
    ]
    assert parts[2].splitlines()[:2] == ["source", "  def f(w, x, b):"]
    assert "      return w * x + b" in text
    assert "explanation\n  f was recorded as" in text
    eager, compiled = text.rstrip().splitlines()[-2:]
    assert eager.split()[::2] == ["eager", "µs"]
    assert compiled.split()[::2] == ["compiled", "µs"]


def test_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "d = w*x; tanh(d - 6)*b", "w=3", "x=2", "b=4", "--grad")
    assert text.startswith("value: 0.0, d/dw = 8.0, d/dx = 12.0, d/db = 0.0\n")
    assert "the engine gives" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--grad", "-x**2", "x=3"],
        ["-x**2", "--grad", "x=3"],
        ["-x**2", "x=3", "--grad"],
        ["--grad", "--exact", "--", "-x**2", "x=3"],
    ],
)
def test_options_stand_anywhere(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, *arguments).startswith("value: -9.0, d/dx = -6.0")


def test_it_says_where_the_program_differs_from_the_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = iter([1.0, 2.0])

    def function_of(*_: Any, **__: Any) -> Any:
        return lambda x: x * next(results, 2.0)

    monkeypatch.setattr(compilation, "function_of", function_of)
    assert "the engine gives 3.0" in printed(capsys, "x", "x=3")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compile"], "the following arguments are required: expression"),
        (["compile", "tahn(x)", "x=1"], "unknown function 'tahn' at column 1; did you mean 'tanh'?"),
        (["compile", "x*y", "x=1"], "unknown name 'y' at column 3"),
        (["compile", "x", "x=1", "y=2"], "a value is given for y, but the expression does not use it"),
        (["compile", "x", "x=1", "--gard"], "unrecognized arguments: --gard; did you mean '--grad'?"),
        (["complie", "x"], "expected a command, got 'complie'; did you mean 'compile'?"),
        (["jit", "x"], "expected a command, got 'jit'; did you mean 'compile'?"),
    ],
)
def test_wrong_input(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: Any = main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert message in capsys.readouterr().err
