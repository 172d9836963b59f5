"""A Drawing at the prompt of `python`: its line, and below it the tree."""

import code
import os
import subprocess
import sys

import pytest

import viz
from autograd_core import Value

LINE = "Drawing(y = 6.0: 3 nodes, 2 edges; show() opens it, save('graph.svg') writes it)"
SETTING = "import viz; from autograd_core import Value; x = Value(2.0); y = 3.0 * x"


def prompt(*lines: str) -> str:
    """What Python's prompt shows after these lines."""
    own = {name: text for name, text in os.environ.items() if name != "PYTHONSTARTUP"}
    command = [sys.executable, "-i", "-c", SETTING]
    text = "".join(f"{line}\n" for line in lines)
    return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True, env=own).stdout


def test_a_result_has_its_tree_below_it() -> None:
    shown = prompt("viz.draw(y)").splitlines()
    assert shown[0] == LINE
    assert [line.split()[0] for line in shown[2:]] == ["y", "├─", "└─"]


@pytest.mark.parametrize(
    "line",
    [
        "print(viz.draw(y))",
        "print(repr(viz.draw(y)))",
        "print([viz.draw(y)])",
        "repr(viz.draw(y))",
        "_ = viz.draw(y)",
        "f'{viz.draw(y)!r}'",
    ],
)
def test_elsewhere_it_is_one_line(line: str) -> None:
    assert prompt(line).count("\n") == (0 if line.startswith("_") else 1)


def test_prompts_of_other_programs_show_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    x = Value(2.0, label="x")
    console = code.InteractiveConsole({"drawing": viz.draw(-x)})
    console.push("drawing")
    assert "└─ x" in capsys.readouterr().out
    console.push("print(drawing)")
    assert capsys.readouterr().out.count("\n") == 1
