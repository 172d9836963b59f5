"""The command `digits` as its user sees it: what it prints, what it leaves in its folder, how it ends."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_core import build_info
from lesson_pages import story_in
from processes import run
from written import POSIX, texts_of

DIGITS = ["digits", "--epochs", "2", "--seed", "3"]


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A short training: its folder and its process."""
    folder = tmp_path_factory.mktemp("digits")
    return folder, run(*DIGITS, "-o", str(folder))


Training = tuple[Path, subprocess.CompletedProcess[str]]


def test_digits_learns(training: Training) -> None:
    _, done = training
    assert (done.returncode, done.stderr) == (0, "")
    accuracy = re.search(r"^test accuracy (.*)% after 2 epochs in .* s$", done.stdout.splitlines()[-1])
    assert accuracy is not None
    assert float(accuracy[1]) > 80.0


def test_digits_says_how_it_runs_and_tells_each_epoch_in_a_line(training: Training) -> None:
    lines = training[1].stdout.splitlines()
    assert str(build_info()) in lines[0]
    assert "64-16-16-10" in lines[1]
    number = r"\d+\.\d+"
    assert [bool(re.fullmatch(rf"epoch {i}/2: loss {number}, accuracy {number}%", lines[1 + i])) for i in (1, 2)] == [
        True
    ] * 2


def test_the_confusion_matrix_counts_every_digit_held_back(training: Training) -> None:
    lines = training[1].stdout.splitlines()
    (start,) = (i for i, line in enumerate(lines) if line.startswith("confusion matrix"))
    matrix = [[int(count.replace(".", "0")) for count in line.split()] for line in lines[start + 1 : start + 12]]
    assert matrix[0] == [row[0] for row in matrix[1:]] == list(range(10))
    held_back = re.search(r"(\d+) are held back", lines[1])
    assert held_back is not None
    assert sum(sum(row[1:]) for row in matrix[1:]) == int(held_back[1])


def test_digits_leaves_pictures_and_parameters(training: Training) -> None:
    folder, _ = training
    pictures = ["loss.svg", "neuron.svg", "parameters.safetensors", "read-rightly.html", "read-wrongly.html"]
    if importlib.util.find_spec("matplotlib"):
        pictures.insert(0, "confusion.svg")
    assert sorted(path.name for path in folder.iterdir()) == pictures
    assert "dot" in texts_of((folder / "neuron.svg").read_text(encoding="utf-8"))
    assert "loss" in texts_of((folder / "loss.svg").read_text(encoding="utf-8"))


def test_digits_says_where_its_walkthroughs_are(training: Training) -> None:
    folder, done = training
    found = re.findall(r"how a (\d) that is read (rightly|as \d) teaches the network: (.+)", done.stdout)
    assert [(how == "rightly", Path(path).name) for _, how, path in found] == [
        (True, "read-rightly.html"),
        (False, "read-wrongly.html"),
    ]
    for digit, how, path in found:
        assert Path(path).parent == folder
        assert how != f"as {digit}"
        sample = story_in(Path(path).read_text(encoding="utf-8"))["samples"][0]
        assert (sample["name"].startswith(f"“{digit}”"), sample["isRight"]) == (True, how == "rightly")


def test_the_parameters_are_those_that_were_tested(training: Training) -> None:
    import nn

    folder, done = training
    model = nn.MLP(64, [16, 16, 10], activation="tanh")
    nn.load(model, folder / "parameters.safetensors")
    assert f"test accuracy {nn.accuracy(model, nn.data.digits().test):.1%} " in done.stdout


def test_the_same_seed_gives_the_same_bits(training: Training, tmp_path: Path) -> None:
    run(*DIGITS, "-o", str(tmp_path))
    for name in ("parameters.safetensors", "loss.svg", "neuron.svg"):
        assert (tmp_path / name).read_bytes() == (training[0] / name).read_bytes()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
def test_on_a_terminal_digits_shows_a_bar(tmp_path: Path) -> None:
    keeper, terminal = os.openpty()
    command = [sys.executable, "-P", "-m", "autograd_core", *DIGITS, "--epochs", "1", "-o", str(tmp_path)]
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(terminal)
        shown = b""
        try:
            while part := os.read(keeper, 65536):
                shown += part
        except OSError:  # how the end of a terminal is told on Linux
            pass
    os.close(keeper)
    assert process.returncode == 0
    assert "━" in shown.decode()
    assert re.search(r"epoch 1/1: loss \d", shown.decode())


@POSIX
def test_an_interrupt_ends_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "autograd_core", "digits", "--epochs", "100000", "-o", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert any(line.startswith("epoch") for line in process.stdout)  # reads up to the end of the first epoch
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert process.returncode == 130
    assert re.fullmatch(r"autograd-core: interrupted in epoch \d+; nothing was saved; with --save FILE .*\n", errors)


def test_a_diverging_training_says_what_to_do(tmp_path: Path) -> None:
    done = run("digits", "--lr", "1e300", "-o", str(tmp_path))
    assert done.returncode == 1
    assert re.fullmatch(r"autograd-core: .*learning rate.*\n", done.stderr)
