"""The prompt as its user sees it, in a pseudo-terminal: Python's own, IPython's, and where parts are missing."""

import builtins
import importlib.util
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

import autograd_core
import nn
import viz
from autograd_core import testing
from autograd_core.commands import completion, console, prompt
from autograd_core.commands.user_line import end_at_user, near_word, near_word_added
from terminal import Terminal

COMMAND: Final = [sys.executable, "-P", "-m", "autograd_core", "repl"]

ON_A_TERMINAL = pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without the settings of the user, in which a folder with other modules comes first."""
    for folder in ("home", "modules", "work"):
        (tmp_path / folder).mkdir()
    own = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "IPYTHON"))}
    paths = [str(tmp_path / "modules"), *filter(None, sys.path)]
    home = str(tmp_path / "home")
    return own | {"HOME": home, "IPYTHONDIR": home, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture
def hide(tmp_path: Path, environment: dict[str, str]) -> Callable[[str], None]:
    """A function that makes a module of that name impossible to import."""

    def hidden(name: str) -> None:
        text = f"raise ModuleNotFoundError('no {name} here', name='{name}')\n"
        (tmp_path / "modules" / f"{name}.py").write_text(text, encoding="utf-8")

    return hidden


def say(terminal: Terminal, line: str, answer: str = "") -> str:
    """Type a line, and wait for the answer and for the next prompt."""
    return terminal.type(f"{line}\r", until=rf"{re.escape(line[-8:])}.*{re.escape(answer)}.*>>> ")


@pytest.fixture
def plain(tmp_path: Path, environment: dict[str, str], hide: Callable[[str], None]) -> Iterator[Terminal]:
    """A terminal with Python's own prompt."""
    hide("IPython")
    with Terminal(COMMAND, environment, tmp_path / "work") as terminal:
        terminal.type("", until=">>> ")
        yield terminal


def piped(lines: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A prompt that reads its lines from a file."""
    return subprocess.run(
        COMMAND, input=lines, capture_output=True, encoding="utf-8", check=False, env=environment, cwd=folder
    )


def test_the_names_are_those_of_the_prelude() -> None:
    names: dict[str, object] = {}
    prompt.load(names)
    assert {*autograd_core.__all__, "ag", "nn", "np", "viz"} <= names.keys()
    functions = {name for name in viz.__all__ if name.islower() and "_" not in name and callable(getattr(viz, name))}
    for name in functions - {"renderers"}:
        assert names[name] is getattr(viz, name)
    for name in ("check_grads", "check_op"):
        assert names[name] is getattr(testing, name)


@ON_A_TERMINAL
def test_the_start_says_what_is_loaded_and_gives_a_line_to_try(plain: Terminal) -> None:
    assert prompt.PRELUDE.replace("\n", "") in plain.text.replace("\n", "")
    assert f"Try this: {prompt.EXAMPLE}" in plain.text
    assert "y = tanh(#3)" in say(plain, prompt.EXAMPLE, "↑ x")


@ON_A_TERMINAL
def test_results_are_shown_as_in_ipython(plain: Terminal) -> None:
    say(plain, "w = Value(2.0); y = w.exp() * 3.0")
    assert "\n├─ #1 = exp(w)  7.389   0.0    3.0\n" in say(plain, "y", "└─ 3.0")
    assert "save('graph.svg') writes it)\n" in say(plain, "draw(y)", "├─ #1 = exp(w)")
    assert "MLP(2 -> 3 -> 1, 13 parameters)\n" in say(plain, "nn.MLP(2, [3, 1])", "layers.1")
    assert "[Value(2.0, grad=0.0)]\n" in say(plain, "[w]")
    assert "\n25\n" in say(plain, "5 ** 2")
    assert "\n26\n" in say(plain, "_ + 1")
    assert say(plain, "None").count("None") == 1


@ON_A_TERMINAL
@pytest.mark.parametrize("wishes", [{}, {"NO_COLOR": "1"}], ids=["colours", "none"])
def test_results_and_errors_have_colours_unless_the_user_wants_none(
    wishes: dict[str, str], tmp_path: Path, environment: dict[str, str], hide: Callable[[str], None]
) -> None:
    hide("IPython")
    with Terminal(COMMAND, environment | {"PYTHON_BASIC_REPL": "1"} | wishes, tmp_path / "work") as terminal:
        terminal.type("", until=">>> ")
        for line, answer in (("[2 ** 20]", "1048576"), ("-Value(7.5)", "└─ #0"), ("1/0", "ZeroDivisionError: ")):
            say(terminal, line, answer)
        colours = re.findall(r"\x1b\[[\d;]+m", terminal.raw)
    assert bool(colours) is not bool(wishes)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python has colours of its own")
def test_the_colours_of_an_error_leave_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(colours: bool) -> str:
        monkeypatch.setattr(console, "has_colors", lambda: colours)
        monkeypatch.setenv("FORCE_COLOR", "1")
        try:
            int("\t[bold]x")
        except ValueError as error:
            console.show_error(type(error), error, error.__traceback__)
        return capsys.readouterr().err

    plain, coloured = shown(False), shown(True)
    assert "ValueError: invalid literal" in plain
    assert "\x1b[1;35mValueError\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@ON_A_TERMINAL
def test_an_error_is_that_of_the_user_alone(plain: Terminal) -> None:
    for line, error in (
        ("tahn(Value(2.0))", "NameError: name 'tahn' is not defined; did you mean 'tanh'?"),
        ("Value(2.0).tahn()", "AttributeError: 'Value' object has no attribute 'tahn'; did you mean 'tanh'?"),
        ("Value(2.0) + 'a'", "OperandTypeError: expected a real number, got 'a' (str)"),
        ("tanh('a')", "OperandTypeError: expected a real number"),
        ("1 +", "SyntaxError: invalid syntax"),
        ("import missing_module", "ModuleNotFoundError: No module named 'missing_module'"),
    ):
        shown = say(plain, line, error)
        assert "IPython" not in shown
        assert "During handling" not in shown
        assert 'File "/' not in shown
    assert "1024.0" in say(plain, "Value(2.0) ** 10", "1024.0")


@ON_A_TERMINAL
@pytest.mark.skipif(not importlib.util.find_spec("readline"), reason="this Python has no readline")
def test_names_and_attributes_are_completed_and_lines_are_kept(plain: Terminal, environment: dict[str, str]) -> None:
    say(plain, "apples = Value(0.125)")
    plain.type("appl\t.dat\t * 2\r", until="0.25.*>>> ")
    plain.type("tanhsh\tapples).op.name\r", until="'tanhshrink'.*>>> ")
    plain.type("\x10\x10\r", until="0.25.*>>> ")  # twice Ctrl-P: the line before the last
    plain.type("\x04", until="")
    assert plain.end() == 0
    history = (Path(environment["HOME"]) / ".python_history").read_text(encoding="utf-8")
    assert "apples = Value(0.125)" in history.replace("\\040", " ")  # as libedit writes a space


@ON_A_TERMINAL
@pytest.mark.skipif(not importlib.util.find_spec("readline"), reason="this Python has no readline")
def test_an_import_is_completed_by_names_without_parentheses(plain: Terminal) -> None:
    plain.type("from viz import tr\t as shown; shown.__name__\r", until="'tree'.*>>> ")
    plain.type("from viz import latex, plot_histog\t; plot_histograms.__module__\r", until="'viz.plots.*>>> ")
    plain.type("tree.__na\t\r", until="'tree'.*>>> ")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("from viz import dr", ["draw"]),
        ("from viz import draw, expl", ["explain"]),
        ("from autograd_core import tanhs", ["tanhshrink"]),
        ("from zzz import d", []),
        ("import vi", ["viz"]),
        ("import viz.pict", ["viz.picture"]),
        ("from viz.pict", ["viz.picture"]),
    ],
)
def test_imports_are_completed_by_what_is_loaded(line: str, names: list[str]) -> None:
    assert completion.imports(line) == names


@ON_A_TERMINAL
def test_an_interrupt_ends_the_statement_and_not_the_prompt(plain: Terminal) -> None:
    say(plain, "import time")
    plain.type("print(2**20, flush=True); time.sleep(60)\r", until="1048576")
    plain.interrupt()
    plain.type("", until="KeyboardInterrupt.*>>> ")
    say(plain, "2**30", "1073741824")
    plain.type("\x04", until="")
    assert plain.end() == 0


@ON_A_TERMINAL
def test_ipython_is_used_if_it_is_installed(tmp_path: Path, environment: dict[str, str]) -> None:
    pytest.importorskip("IPython")
    with Terminal(COMMAND, environment, tmp_path / "work") as terminal:
        assert f"Try this: {prompt.EXAMPLE}" in terminal.type("", until=r"In \[1\]:")
        assert "y = tanh(#3)" in terminal.type(f"{prompt.EXAMPLE}\r", until="↑ x")
        terminal.type("x.tahn()\r", until="no attribute 'tahn'; did you mean 'tanh'")
        shown = terminal.type("tahn(x)\r", until="NameError: name 'tahn' is not defined; did you mean 'tanh'")
        assert "During handling" not in shown
        shown = terminal.type("x + 'a'\r", until="OperandTypeError: expected a real number")
        assert "value.py" not in shown
        terminal.type("np.ones(3) * x.data\r", until=r"array\(\[2\., 2\., 2\.\]\)")
        terminal.type("exit\r", until="\n")
        assert terminal.end() == 0


def test_a_failed_check_ends_at_the_line_of_the_user_in_ipython(tmp_path: Path, environment: dict[str, str]) -> None:
    pytest.importorskip("IPython")
    program = tmp_path / "work" / "wrong.py"
    program.write_text(
        "from autograd_core.testing import check_grads\n\n\ndef square(x):\n    return x * x\n\n\n"
        "check_grads(square, 1.0, grad=lambda x: 3.0 * x)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-P", "-m", "IPython", "--no-banner", "--colors=NoColor", str(program)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=environment)
    assert "check_grads(square, 1.0, grad=lambda x: 3.0 * x)" in done.stdout
    assert "GradientMismatch: the gradient of square disagrees" in done.stdout
    assert "report.py" not in done.stdout
    assert "skipping hidden" not in done.stdout


@pytest.mark.parametrize("missing", [[], ["IPython"]], ids=["IPython", "Python"])
def test_the_end_of_a_file_ends_the_prompt_without_a_question(
    missing: list[str], hide: Callable[[str], None], tmp_path: Path, environment: dict[str, str]
) -> None:
    for name in missing:
        hide(name)
    if not missing:
        pytest.importorskip("IPython")
    done = piped("print(Value(2.0).exp().op)\n", environment, tmp_path / "work")
    assert done.returncode == 0
    assert "exit" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python names the similar keyword itself")
@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("viz.draw(Value(1.0)).save('a.svg', zzz=2.0)", ""),
        ("viz.draw(Value(1.0)).to(frmat='svg')", "did you mean 'format'?"),
        ("viz.draw(Value(1.0)).save(pth='a.svg')", ""),  # the error names it itself
        ("nn.data.Batches([([1.0], 0)], 1).load_state_dict(stat={})", "did you mean 'state'?"),
        ("grad(tanh, argnum=1)", "did you mean 'argnums'?"),
        ("viz.draw(Value(1.0)).save()", ""),
        ("viz.draw(Value(1.0), renderre='dot')", ""),  # likewise
        ("Value(1.0) + []", ""),
    ],
)
def test_an_unknown_keyword_gets_the_near_one(call: str, hint: str) -> None:
    with pytest.raises(TypeError) as raised:
        eval(call, {**vars(autograd_core), "nn": nn, "viz": viz})  # noqa: S307 - as at a prompt
    before = str(raised.value)
    assert near_word(raised.value) == hint
    with near_word_added(raised.value):
        assert str(raised.value) == (f"{before}; {hint}" if hint else before)
    assert str(raised.value) == before


def test_the_near_word_is_shown_once_and_does_not_stay() -> None:
    with pytest.raises(AttributeError) as raised:
        autograd_core.Value(1.0).tahn()  # type: ignore[attr-defined]
    error = raised.value
    before = (error.args, error.name)
    with near_word_added(error):
        shown = "".join(traceback.format_exception_only(error))
    assert shown == "AttributeError: 'Value' object has no attribute 'tahn'; did you mean 'tanh'?\n"
    assert (error.args, error.name) == before
    with near_word_added(ValueError("x")), near_word_added(AttributeError("x")), near_word_added(NameError("x")):
        pass


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("drow", "did you mean 'draw'?"),
        ("tre", "did you mean 'tree'?"),
        ("MLP", "it is nn.MLP"),
        ("SGD", "it is nn.optim.SGD"),
        ("plot_history", "it is viz.plot_history"),
        ("numpy.ones", "it is loaded as np"),
        ("gradient", "it is autograd_core.grad(f), or y.backward() and x.grad"),
        ("from viz import drow", "did you mean 'draw'?"),
        ("from nn.optim import Adma", "did you mean 'Adam'?"),
        ("import vizz", "did you mean 'viz'?"),
        ("import viz.pictur", "did you mean 'picture'?"),
        ("import zzzzzzzz", ""),
        ("nn.Module().fit", "write nn.fit(model, loss, batches, optimizer)"),
        ("nn.Module().paramters", "did you mean 'parameters'?"),
        ("nn.linear", ""),  # the error names it itself
        ("nn.Linaer", ""),  # likewise
    ],
)
def test_a_misspelt_name_gets_the_near_one_once(statement: str, hint: str) -> None:
    names: dict[str, object] = {}
    prompt.load(names)
    with pytest.raises((ImportError, AttributeError, NameError)) as raised:
        exec(statement, names)  # noqa: S102 - as at a prompt
    before = str(raised.value)
    with near_word_added(raised.value):
        shown = "".join(traceback.format_exception_only(raised.value)).strip()
    assert shown.partition(": ")[2] == (f"{before}; {hint}" if hint else before)
    assert str(raised.value) == before


def test_words_of_other_packages_and_private_words() -> None:
    def hint(expression: str) -> str:
        with pytest.raises((AttributeError, NameError)) as raised:
            eval(expression, vars(autograd_core) | {"x": autograd_core.Value(1.0)})  # noqa: S307 - as at a prompt
        return near_word(raised.value)

    assert hint("x.atna") == "did you mean 'atan'?"
    assert hint("swish(x)") == "did you mean 'silu'?"
    assert hint("x._pervious") == ""
    assert hint("__nmae__") == "did you mean '__name__'?"


def test_a_traceback_keeps_the_function_of_the_user_and_the_way_to_it() -> None:
    def f(x: autograd_core.Value) -> autograd_core.Value:
        return x * autograd_core.tanh("a")  # type: ignore[call-overload, no-any-return]

    with pytest.raises(autograd_core.OperandTypeError) as error:
        autograd_core.grad(f)(1.0)
    end_at_user(error.value)
    names = [frame.name for frame in traceback.extract_tb(error.value.__traceback__)]
    assert names[1] == "gradient_of_f"
    assert names[-1] == "f"


def test_the_traceback_of_another_error_stays_whole() -> None:
    with pytest.raises(TypeError) as error:
        autograd_core.grad(lambda x: x)(1.0, 2.0)
    before = traceback.extract_tb(error.value.__traceback__)
    end_at_user(error.value)
    assert before[-1].name == "record"
    assert traceback.extract_tb(error.value.__traceback__) == before


def test_the_exit_code_is_that_of_the_user(
    hide: Callable[[str], None], tmp_path: Path, environment: dict[str, str]
) -> None:
    hide("IPython")
    assert piped("exit(3)\n", environment, tmp_path / "work").returncode == 3


@pytest.mark.parametrize("missing", [["IPython"], ["IPython", "readline", "rlcompleter"]], ids=", ".join)
def test_it_works_without(
    missing: list[str], hide: Callable[[str], None], tmp_path: Path, environment: dict[str, str]
) -> None:
    """As on Windows, where older Pythons have no readline."""
    for name in missing:
        hide(name)
    lines = "v = Value(2.0); (tanh(v) * nn.Neuron(1).b).backward(); print(draw(v).svg[:4], ag.relu(v).data)\n1/0\n"
    done = piped(lines, environment, tmp_path / "work")
    assert done.returncode == 0
    assert "<svg 2.0" in done.stdout
    assert "ZeroDivisionError" in done.stderr
    assert "readline" not in done.stderr
    assert "During handling" not in done.stderr


@pytest.mark.parametrize("missing", [[], ["IPython"]], ids=["IPython", "Python"])
def test_modules_of_the_working_folder_can_be_imported_but_hide_none_of_ours(
    missing: list[str], hide: Callable[[str], None], tmp_path: Path, environment: dict[str, str]
) -> None:
    for name in missing:
        hide(name)
    if not missing:
        pytest.importorskip("IPython")
    for name in ("nn", "viz", "numpy", "mine"):
        (tmp_path / "work" / f"{name}.py").write_text("number = 2**20\n", encoding="utf-8")
    done = piped("import mine; print(mine.number, nn.MLP, viz.draw, np.pi)\n", environment, tmp_path / "work")
    assert "1048576 <class 'nn.layers.dense.MLP'> <function draw" in done.stdout
    assert "3.14159" in done.stdout


@pytest.mark.parametrize("coloured", [False, True])
def test_a_result_with_a_display_is_shown_by_it_and_kept(
    coloured: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builtins, "_", None, raising=False)
    monkeypatch.setattr(console, "has_colors", lambda: coloured)
    y = autograd_core.Value(2.0, label="x").exp()
    console.show_result(y)
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].startswith(repr(y))
    assert "└─ x " in shown.split(repr(y), 1)[1]  # the graph below it
    assert vars(builtins)["_"] is y


def test_a_result_without_a_display_is_shown_as_by_python(capsys: pytest.CaptureFixture[str]) -> None:
    for result in (None, 12.5):
        console.show_result(result)
    assert capsys.readouterr().out == "12.5\n"


@pytest.mark.parametrize("there", [False, True])
def test_the_working_folder_is_the_last_entry_of_the_path_once(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry] + [""] * there)
    prompt.load({})
    assert sys.path.count("") == 1
    assert sys.path[-1] == ""
