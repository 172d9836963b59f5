"""The command line as its user sees it: what is printed, what is written, how it ends."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

import autograd_core
from autograd_core import build_info
from autograd_core.__main__ import main
from autograd_core.commands import pictures, version_text
from autograd_core.commands.command_line import COMMANDS, SYNONYMS
from autograd_core.commands.options import positive_number
from autograd_core.paths import ENDINGS
from processes import run
from written import POSIX, texts_of

NEURON = ["draw", "tanh(w*x + b)", "w=-3", "x=2", "b=6.88"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_draw_writes_a_picture_and_says_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NEURON, "-o", "neuron.svg"]) == 0
    assert capsys.readouterr().out == "wrote neuron.svg\n"
    shown = texts_of((folder / "neuron.svg").read_text(encoding="utf-8"))
    assert all(text in shown for text in ("w", "x", "b", "tanh", "0.706"))


def test_draw_has_a_default_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(NEURON) == 0
    assert capsys.readouterr().out == "wrote graph.svg\n"
    assert (folder / "graph.svg").is_file()


def test_draw_writes_to_stdout(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([*NEURON, "-o", "-"]) == 0
    assert "tanh" in texts_of(capsysbinary.readouterr().out.decode())
    assert not list(folder.iterdir())


def test_draw_writes_dot(folder: Path) -> None:
    assert main([*NEURON, "-o", "neuron.dot"]) == 0
    assert (folder / "neuron.dot").read_text(encoding="utf-8").startswith("digraph")


def test_draw_names_nothing_that_the_user_did_not(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The variables of the command line itself are no names for nodes."""
    main(["draw", "x * 3", "x=2", "-o", "-"])
    assert not {"root", "options", "values", "picture"} & set(texts_of(capsysbinary.readouterr().out.decode()).split())


def test_tree_explain_and_latex_write_to_stdout(capsysbinary: pytest.CaptureFixture[bytes], folder: Path) -> None:
    outputs = []
    for command in ("tree", "explain", "latex"):
        assert main([command, "d = a*b;\nL = d + a", "a=2", "b=-3"]) == 0
        outputs.append(capsysbinary.readouterr().out.decode())
    tree, explained, formula = outputs
    assert "L = d + a" in tree
    assert "dL/da = -2.0" in explained
    assert "dL/db = 2.0" in explained
    assert formula == "L = a b + a\n"
    assert not list(folder.iterdir())


def test_explain_and_latex_of_one_name(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    main(["explain", "--wrt", "b", "a*b", "a=2", "b=-3"])
    assert capsysbinary.readouterr().out.decode().startswith("dy/db = 2.0")
    main(["latex", "--wrt", "b", "a*b", "a=2", "b=-3"])
    assert capsysbinary.readouterr().out.decode().splitlines()[-2].endswith("&= a")


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        (
            "tanh(w*x + b)",
            [
                r"z &= w x + b \\",
                r"y &= \tanh\left(z\right) \\",
                r"\frac{\partial y}{\partial w} &= x \left(1 - \tanh^2\left(z\right)\right)",
            ],
        ),
        (
            "relu(w*x)",
            [
                r"y &= \operatorname{relu}\left(w x\right) \\",
                r"\frac{\partial y}{\partial w} &= x \mathbf{1}_{w x > 0}",
            ],
        ),
        ("w/0 + pi*w", [r"y &= \frac{w}{0} + \pi w \\", r"\frac{\partial y}{\partial w} &= \frac{1}{0} + \pi"]),
        (
            "max(w, y)",
            [r"z &= \max\left(w, y\right) \\", r"\frac{\partial z}{\partial w} &= \mathbf{1}_{w > y}"],
        ),
    ],
)
def test_latex_without_numbers_holds_for_all(
    expression: str, lines: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["latex", "--wrt", "w", expression]) == 0
    assert capsysbinary.readouterr().out.decode().splitlines() == [r"\begin{aligned}", *lines, r"\end{aligned}"]


NAMES_IN_LATEX: Final = re.compile(r"(?<![\\A-Za-z{_])[A-Za-z](?:_\{?\w+\}?)?")


@pytest.mark.parametrize(
    ("expression", "wrt"),
    [
        ("sigmoid(w*x + b)**2/(x + 1)", "x"),
        ("sigmoid(w*x + b)**2/(x + 1)", "b"),
        ("d = w*x; L = d**2 + w", "w"),
        ("d = w*x; L = d**2 + w", "d"),
        ("d = w*x; L = d + w", "d"),
        ("y = w*x; y*y", "w"),
        ("logsumexp(w, x, b)*w", "w"),
        ("-log(softmax(w, b)[0])", "b"),
        ("w", "w"),
    ],
)
def test_every_name_in_latex_is_defined_or_an_input(
    expression: str, wrt: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["latex", "--wrt", wrt, expression]) == 0
    text = re.sub(r"\\(begin|end)\{aligned\}|\\mathrm\{e\}", "", capsysbinary.readouterr().out.decode())
    known = set("wxb")
    for line in text.strip().splitlines():
        left, _, right = line.partition("&= " if "&= " in line else "= ")
        names = {match[0] for match in NAMES_IN_LATEX.finditer(right)}
        if left.startswith(r"\frac"):
            names |= set(re.findall(r"\\partial (\S+?)\}", left))
        else:
            known.add(left.strip())
        assert names <= known, line


def test_latex_of_a_function_without_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latex", "std(x, y)"]) == 0
    expected = r"\sqrt{\left(\frac{x}{2} - \frac{y}{2}\right)^2 + \left(\frac{y}{2} - \frac{x}{2}\right)^2}"
    assert capsys.readouterr().out.strip() == expected
    assert main(["latex", "x*y", "x=1"]) != 0
    assert "unknown name 'y'" in capsys.readouterr().err


def test_the_ending_decides_the_format(folder: Path) -> None:
    for command, name, begins in (
        ("explain", "a.json", "["),
        ("explain", "a.tex", "\\"),
        ("explain", "a.txt", "d"),
        ("page", "a.html", "<!"),
        ("draw", "a.mmd", "flowchart"),
        ("draw", "a.mermaid", "flowchart"),
        ("page", "a.htm", "<!"),
        ("draw", "a.json", "{"),
        ("latex", "l.tex", "L ="),
        ("tree", "t.txt", " "),
    ):
        assert main([command, "L = tanh(a*b)", "a=2", "b=-3", "-o", name]) == 0
        assert (folder / name).read_text(encoding="utf-8").startswith(begins), name


@pytest.mark.parametrize(("command", "name"), [("tree", "t.txt"), ("draw", "g.json"), ("page", "p.html")])
def test_helper_nodes_are_shown_on_demand(command: str, name: str, folder: Path) -> None:
    texts = []
    for option in ([], ["--expand"]):
        assert main([command, "logsumexp(a, b)", "a=1", "b=2", *option, "-o", name]) == 0
        texts.append((folder / name).read_text(encoding="utf-8"))
    assert ["log1p" in text for text in texts] == [False, True]


@pytest.mark.parametrize(
    "arguments",
    [
        ["tree", "-x**2", "x=3"],
        ["tree", "-x", "x=9"],
        ["tree", "--x*y", "x=3", "y=-3"],
        ["tree", "-1*x", "x=9"],
        ["tree", "-9"],
        ["tree", "-(x)", "x=9"],
        ["tree", "-o*3", "o=3"],
        ["tree", "-o/.5", "o=4.5"],
        ["tree", "-h*3", "h=3"],
        ["tree", "-wrt", "wrt=9"],
        ["tree", "-o", "-", "-x**2", "x=3"],
        ["tree", "-o-", "-x**2", "x=3"],
        ["tree", "--output", "-", "-x**2", "x=3"],
        ["tree", "--out", "-", "-x**2", "x=3"],
        ["tree", "--output=-", "-x**2", "x=3"],
        ["tree", "--", "-x**2", "x=3"],
        ["tree", "-o", "-", "--", "-x**2", "x=3"],
        ["tree", "-x**2", "-o", "-", "x=3"],
        ["tree", "-x**2", "x=3", "-o", "-"],
        ["tree", "-x*y", "x=3", "-o-", "y=3"],
        ["tree", "-x*y", "x=3", "--", "y=3"],
    ],
    ids=" ".join,
)
def test_an_expression_may_begin_with_a_minus_sign(
    arguments: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(arguments) == 0
    assert "-9.0" in capsysbinary.readouterr().out.decode()


def test_what_asks_for_one_name_takes_an_expression_after_it(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", "--wrt", "x", "-x**2 + y", "x=3", "y=1"]) == 0
    assert "/dx = -6.0   (x = 3.0, used 1 time)" in capsysbinary.readouterr().out.decode()


def test_a_file_may_follow_its_option_without_a_space(folder: Path) -> None:
    assert main(["latex", "-ominus.tex", "-x", "x=2"]) == 0
    assert (folder / "minus.tex").read_text(encoding="utf-8") == "-x\n"


def test_alone_it_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    alone = capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr() == alone
    assert alone.out.startswith("usage: autograd-core")
    assert not alone.err


def test_every_format_of_a_command_has_a_writer() -> None:
    for command in pictures.COMMANDS.values():
        assert set(ENDINGS[command.kind].values()) == command.writers.keys()


@pytest.mark.parametrize(("command", "endings"), [("draw", ENDINGS["drawing"]), ("page", ENDINGS["page"])])
def test_a_command_writes_what_save_writes(
    command: str, endings: Iterable[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The endings that `save` knows, which stand in one table for both."""
    main([command, "x", "x=1", "-o", "x.none"])
    assert f"use {' or '.join(endings)}, or - for the standard output" in capsys.readouterr().err


WRONG = [
    (["paint"], "expected a command, got 'paint'; did you mean 'explain'? (see 'autograd-core --help')"),
    (["xyz"], "expected a command, got 'xyz'; there are digits, mnist, moons,"),
    (
        ["tahn"],
        "expected a command, got 'tahn'; did you mean 'tanh'? Functions come in an expression, as in",
    ),
    (["ln"], "expected a command, got 'ln'; did you mean 'log'? Functions come in an expression, as in"),
    (
        ["tanh"],
        "expected a command, got 'tanh'; functions come in an expression, as in autograd-core tree 'tanh(x)' x=1",
    ),
    (
        ["w * x"],
        "got 'w * x'; an expression comes after a command, as in autograd-core tree 'w * x' (see 'autograd-core",
    ),
    (["help"], "expected a command, got 'help'; did you mean '--help'? (see 'autograd-core --help')"),
    (["SVG"], "expected a command, got 'SVG'; did you mean 'draw'? (see 'autograd-core --help')"),
    (["-tree"], "expected a command, got '-tree'; did you mean 'tree'? (see 'autograd-core --help')"),
    (["--epochs", "3", "moons"], "expected a command before its options; write autograd-core moons --epochs ..."),
    (["drow", "x"], "expected a command, got 'drow'; did you mean 'draw'? (see 'autograd-core --help')"),
    (["--verison"], "unrecognized arguments: --verison; did you mean '--version'? (see 'autograd-core --help')"),
    (["moons", "--epcohs=3"], "unrecognized arguments: --epcohs=3; did you mean '--epochs'? (see 'autograd-core moons"),
    (["tree", "tahn(x)", "x=1"], "unknown function 'tahn' at column 1; did you mean 'tanh'?"),
    (["tree", "ln(x)", "x=1"], "unknown function 'ln' at column 1; did you mean 'log'?"),
    (["tree", "Sigmoid(x)", "x=1"], "unknown function 'Sigmoid' at column 1; did you mean 'sigmoid'?"),
    (["draw"], "the following arguments are required: expression"),
    (["draw", "x", "--colour"], "unrecognized arguments: --colour"),
    (["draw", "wx + b", "w=1", "b=2"], "unknown name 'wx' at column 1"),
    (["draw", "tanhh(x)", "x=1"], "unknown function 'tanhh' at column 1; did you mean 'tanh'?"),
    (["draw", "__import__('os').system('true')"], "an attribute is not allowed at column 1"),
    (["draw", "x.data", "x=1"], "an attribute is not allowed at column 1"),
    (["draw", "w*x", "w=1"], "unknown name 'x' at column 3"),
    (["draw", "x", "x=1", "y=2"], "a value is given for y, but the expression does not use it"),
    (["draw", "x", "x=two"], "expected a number for x, got 'two'"),
    (["draw", "x", "x=1j"], "expected a number for x, got '1j'"),
    (["draw", "x", "x"], "expected name=number, such as w=-3, got 'x'"),
    (["draw", "x", "x="], "expected name=number, such as w=-3, got 'x='"),
    (["draw", "x", "2=x"], "expected name=number, such as w=-3, got '2=x'"),
    (["draw", "x", "x=1", "x=2"], "x is given two values, 1 and 2; expected one"),
    (["draw", "x", "x=1", "-o", "x.txt"], "cannot tell the format of 'x.txt' from its ending '.txt': use .svg or .dot"),
    (["explain", "x", "x=1", "-o", "x.svg"], "use .txt or .tex or .json"),
    (["explain", "x*y", "x=1", "y=2", "--wrt", "z"], "expected one of x, y as --wrt, got 'z'"),
    (["latex", "x*y", "x=1"], "unknown name 'y'"),
    (["draw", "x", "-q", "x=1"], "expected name=number, such as w=-3, got '-q'"),
    (["draw", "--x", "x=1"], "unrecognized arguments: --x"),
    (["tree"], "the following arguments are required: expression"),
    (["page", "x", "x=1", "--wrt", "x"], "unrecognized arguments: --wrt"),
    (["digits", "--epochs", "0"], "argument --epochs: expected a whole number of at least 1, got '0'"),
    (["digits", "--batch", "many"], "argument --batch: expected a whole number of at least 1, got 'many'"),
    (["digits", "--lr", "-1"], "argument --lr: expected a positive number, got '-1'"),
    (["digits", "--lr", "nan"], "argument --lr: expected a positive number, got 'nan'"),
    (["digits", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
    (["digits", "--optimizer", "newton"], "optimizer must be one of sgd, momentum"),
    (["digits", "--resume"], "--resume goes on from the checkpoint next to the file of --save, which is not given"),
    (["digits", "--data", "."], "unrecognized arguments: --data"),
    (["moons", "--data", "suns"], "argument --data: invalid choice: 'suns' (choose from "),
    (["moons", "--data", "spiral"], "); did you mean 'spirals'? (see 'autograd-core moons --help')"),
    (["moons", "--epochs", "1.5"], "argument --epochs: expected a whole number of at least 1, got '1.5'"),
    (["moons", "--resume"], "--resume goes on from the checkpoint next to the file of --save, which is not given"),
    (["mnist"], "the following arguments are required: --data"),
    (["mnist", "--data", "."], "expected one of train-images-idx3-ubyte"),
    (["names", "--temperature", "0"], "argument --temperature: expected a positive number, got '0'"),
    (["names", "--samples", "none"], "argument --samples: expected a whole number of at least 1, got 'none'"),
    (["names", "--optimizer", ""], "optimizer must be one of sgd, momentum"),
    (["sequence", "--lr", "inf"], "argument --lr: expected a positive number, got 'inf'"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG, ids=[" ".join(arguments) or "nothing" for arguments, _ in WRONG]
)
def test_wrong_input_is_one_clear_line(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as exit_:  # how argparse ends
        code = int(exit_.code or 0)
    output = capsys.readouterr()
    assert code == 2
    assert not output.out
    assert output.err.startswith("autograd-core: ")
    assert message in output.err.splitlines()[0]
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    "arguments", [[*NEURON, "-o", "file/x.svg"], [*NEURON, "-o", "none/x.svg"], ["digits", "-o", "file/x"]], ids=str
)
def test_an_output_that_cannot_be_written_is_one_line(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").touch()
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert not output.out
    assert re.fullmatch(r"autograd-core: .+: .*\n", output.err)


@pytest.mark.parametrize("module", ["argparse", "autograd_core.commands", "autograd_core.public", "viz.words"])
def test_an_interrupt_of_the_imports_ends_quietly(module: str) -> None:
    """Imports take most of the time of a short command."""
    code = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt)\n"
        "from autograd_core.__main__ import main\n"
        "sys.exit(main(['tree', 'x', 'x=1']))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "autograd-core: interrupted\n")


def test_a_command_has_at_most_one_meaning() -> None:
    names = {command.name for command in COMMANDS}
    assert not names & SYNONYMS.keys()
    assert {word for word in SYNONYMS.values() if not word.startswith("-")} <= names


@POSIX
def test_a_reader_that_leaves_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-P", "-m", "autograd_core", *NEURON, "-o", "-"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_version_says_how_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(rf"autograd-core \d+\.\d+\.\d+, {re.escape(str(build_info()))}\n", capsys.readouterr().out)


HELPS: Final = """
from autograd_core.__main__ import main
from autograd_core.commands.command_line import COMMANDS
for command in ([], *([command.name] for command in COMMANDS)):
    try:
        main([*command, "--help"])
    except SystemExit as end:
        print("end of the help of", *command, end.code)
"""


def test_help_fits_an_unknown_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", HELPS],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    *helps, rest = re.split(r"end of the help of (.*)\n", done.stdout)
    assert helps[1::2] == ["0", *(f"{command.name} 0" for command in COMMANDS)]
    assert all(text.startswith("usage: autograd-core") for text in helps[::2])
    assert rest == ""


def test_a_name_that_the_encoding_of_a_pipe_lacks_is_escaped(folder: Path) -> None:
    """As on Windows, where a pipe may be in cp1252."""
    done = run("explain", "a*a", "a=3", "-o", "\N{PARTIAL DIFFERENTIAL}.txt", PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stdout, done.stderr) == (0, "wrote \\u2202.txt\n", "")
    assert (folder / "\N{PARTIAL DIFFERENTIAL}.txt").exists()


def test_what_goes_to_the_standard_output_is_utf_8_whatever_its_encoding() -> None:
    assert "y ← a" in run("explain", "a*a", "a=3", PYTHONIOENCODING="cp1252").stdout


@pytest.mark.parametrize(
    ("expression", "value", "wrt"), [("µ*2", "µ=3", "μ"), ("μ*2", "µ=3", "µ"), ("ﬁ*2", "fi=3", "ﬁ")]
)
def test_names_are_spelled_as_python_spells_them(
    expression: str, value: str, wrt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", expression, value, "--wrt", wrt]) == 0
    assert " = 3.0, used 1 time)" in capsys.readouterr().out


def test_two_spellings_of_a_name_are_given_one_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tree", "µ", "µ=3", "μ=4"]) == 2
    assert "μ is given two values, 3 and 4; expected one" in capsys.readouterr().err


CLOSED: list[list[str]] = [[*NEURON, "-o", "-"], ["tree", "x", "x=1"], ["latex", "x", "x=1"], NEURON, ["--version"], []]


@POSIX
@pytest.mark.parametrize("arguments", CLOSED)
@pytest.mark.parametrize(("closing", "name"), [(">&-", "output"), ("2>&-", "error"), (">&- 2>&-", "")])
def test_a_closed_stream_is_an_error_in_one_line(folder: Path, arguments: list[str], closing: str, name: str) -> None:
    command = ["/bin/sh", "-c", f'"$@" {closing}', "sh", sys.executable, "-P", "-m", "autograd_core", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    said = f"autograd-core: expected an open standard {name}, got a closed one; redirect it to {os.devnull} instead\n"
    assert done.stdout + done.stderr == (said if name else "")
    assert not list(folder.iterdir())


@pytest.mark.parametrize("command", ["draw", "page"])
def test_a_picture_is_not_written_to_a_folder(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    for path in ("pictures/", "picture.svg/", "picture.html/"):
        assert main([command, "x", "x=1", "-o", path]) != 0
        assert path in capsys.readouterr().err
    assert not list(folder.iterdir())


@pytest.mark.parametrize("text", ["abc", "0", "-1", "inf", "nan", ""])
def test_what_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(f"expected a positive number, got {text!r}")):
        positive_number(text)


def test_without_an_installation_the_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert version_text() == f"autograd-core of unknown version, {autograd_core.build_info()}"
    with pytest.raises(AttributeError, match="no attribute '__version__', because it was not installed"):
        _ = autograd_core.__version__
