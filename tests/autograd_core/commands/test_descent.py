"""`autograd-core descent`: what is printed and written, and what is refused."""

import re
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("matplotlib")

from autograd_core.__main__ import main
from nn.optim import BY_NAME
from nn.tasks import descents
from viz.plots import canvas

SHORT: Final = ["descent", "--epochs", "2"]

WEIGHTS: Final = "argument --weights: expected"
HELP: Final = r"\(see 'autograd-core descent --help'\)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty at first; and problems of few samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(descents, "SAMPLES", 6)
    return tmp_path


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What a command prints that ends well."""
    assert main([*SHORT, *arguments]) == 0
    output = capsys.readouterr()
    assert not output.err
    return output.out.splitlines()


def test_it_says_where_each_way_ends_and_writes_the_picture(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    lines = lines_of(capsys, "--batch", "4")
    assert lines[1] == "descending with 2 weights on 6 samples of line"
    number = r"\d[\d.e+-]*"
    for line, (name, rate, updates) in zip(
        lines[2:5], [("batch", 0.42, 2), ("mini-batches of 4", 0.15, 4), ("stochastic", 0.06, 12)], strict=True
    ):
        pattern = rf"{name} \(sgd, rate {rate}\): loss {number} to {number} after {updates} updates with 12 samples"
        assert re.match(pattern, line), line
    assert lines[5:] == ["wrote descent.svg"]
    assert [path.name for path in folder.iterdir()] == ["descent.svg"]
    text = (folder / "descent.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "@keyframes" not in text


@pytest.mark.parametrize("size", ["6", "1000"])
def test_mini_batches_of_all_samples_are_said_to_be_batches(capsys: pytest.CaptureFixture[str], size: str) -> None:
    lines = lines_of(capsys, "--batch", size, "--ways", "mini", "-o", "a.png")
    assert lines[2].startswith("batches of all 6 (sgd, rate 0.15): ")
    assert "after 2 updates with 12 samples" in lines[2]


def test_the_same_seed_gives_the_same_bytes(folder: Path) -> None:
    for file, seed in (("a.svg", "1"), ("b.svg", "1"), ("c.svg", "2")):
        assert main([*SHORT, "--seed", seed, "-o", file]) == 0
    a, b, c = ((folder / f"{name}.svg").read_bytes() for name in "abc")
    assert a == b != c


def test_the_picture_moves_on_request_and_its_folder_is_made(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    lines = lines_of(capsys, "--animate", "--ways", "batch", "-o", "some/where/film.svg")
    assert lines[-1] == "wrote some/where/film.svg"
    assert "@keyframes" in (folder / "some/where/film.svg").read_text(encoding="utf-8")


def test_optimisers_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "--ways", "stochastic", "--optimizer", "Adam,sgd,lion", "-o", "a.png")
    assert [line.partition(":")[0] for line in lines[2:5]] == [
        "adam (adam, rate 0.03)",
        "sgd (sgd, rate 0.06)",
        "lion (lion, its default rate)",
    ]
    lines = lines_of(capsys, "--ways", "mini,batch", "--batch", "4", "--optimizer", "adam,sgd", "--lr", "0.01")
    assert [line.partition(" (")[0] for line in lines[2:6]] == [
        "mini-batches of 4, adam",
        "mini-batches of 4, sgd",
        "batch, adam",
        "batch, sgd",
    ]
    assert all("rate 0.01)" in line for line in lines[2:6])


def test_more_weights_are_a_plane_of_two_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["layers.0.neurons.0.w.0", "layers.1.neurons.1.b"]
    lines = lines_of(capsys, "--data", "moons", "--ways", "batch", "--weights", *chosen, "-o", "a.pdf")
    assert lines[1] == "descending with 22 weights on 6 samples of moons"


def test_a_rate_that_is_too_large_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "--lr", "1.5", "--ways", "batch", "-o", "a.png")
    assert lines[2].endswith("; it climbs, and a smaller rate would not")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ways", "bach"], r"argument --ways: expected batch, mini, stochastic, got 'bach'; did you mean 'batch'\?"),
        (["--optimizer", "sgd,newton"], f"argument --optimizer: expected {', '.join(BY_NAME)}, got 'newton'"),
        (["--weights", "slope", "b"], rf"{WEIGHTS} the name of .* as weight, got 'b'; there are slope, offset {HELP}"),
        (["--weights", "slope", "slope"], rf"{WEIGHTS} two different parameters as weights, got 'slope' twice {HELP}"),
        (["--weights", "slope"], "argument --weights: expected 2 arguments"),
        (["--epochs", "0"], "argument --epochs: expected a whole number of at least 1, got '0'"),
        (["--batch", "x"], "argument --batch: expected a whole number of at least 1, got 'x'"),
        (["--lr", "0"], "argument --lr: expected a positive number, got '0'"),
        (["-o", "a.txt"], r"cannot tell the format of 'a.txt' from its ending '.txt': use .svg or .png or .pdf"),
        (["-o", "a.png", "--animate"], "cannot tell the format of 'a.png' from its ending '.png': use .svg"),
        (["-o", "folder/"], "argument -o/--output: expected the name of a file, got the folder 'folder/'"),
        (["--data", "line", "--resolution", "3"], "unrecognized arguments: --resolution 3"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    try:
        code = main(["descent", *arguments])
    except SystemExit as stop:  # an error of the parser
        code = int(str(stop.code))
    assert code == 2
    output = capsys.readouterr()
    assert not output.out
    assert re.match(rf"autograd-core: {message}.*\n\Z", output.err), output.err
    assert list(folder.iterdir()) == []


def test_what_cannot_be_written_is_known_before_the_work(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "file").touch()
    assert main([*SHORT, "-o", "file/a.svg"]) == 1
    assert not capsys.readouterr().out


def test_without_matplotlib_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "import_module", no_matplotlib)
    assert main(SHORT) == 2
    output = capsys.readouterr()
    assert not output.out
    assert "plots need matplotlib, which is not installed: pip install" in output.err


def no_matplotlib(name: str) -> None:
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)
