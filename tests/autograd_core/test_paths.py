"""Every function that takes a path says of what is none what it expected, and does nothing."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nn
import viz
from autograd_core import InputError, OperandTypeError, Value
from autograd_core.__main__ import main
from autograd_core.paths import path_of
from written import POSIX


def model() -> nn.Module:
    return nn.Linear(1, 1, rng=0)


def fitted(path: Any, **options: Any) -> None:
    line = model()
    optimizer = nn.optim.SGD(line.parameters(), lr=0.1)
    nn.fit(line, nn.mse_loss, [([1.0], [2.0])], optimizer, epochs=1, checkpoint=path, on_step=no_step, **options)


def no_step(step: object) -> None:
    pytest.fail("the path was not looked at before the training")


TAKES_A_PATH: dict[str, Callable[[Any], object]] = {
    "save": lambda path: nn.save(model(), path),
    "load": lambda path: nn.load(model(), path),
    "checkpoint": fitted,
    "resume": lambda path: fitted(path, resume=True),
    "read_csv": lambda path: nn.data.read_csv(path, "y"),
    "mnist": nn.data.mnist,
    "drawing": lambda path: viz.draw(Value(1.0)).save(path),
    "page": lambda path: viz.page(Value(1.0)).save(path),
    "animation": lambda path: viz.animate(Value(1.0)).save(path),
}
each = pytest.mark.parametrize("take", TAKES_A_PATH.values(), ids=TAKES_A_PATH)


class OfBytes(os.PathLike[bytes]):
    def __fspath__(self) -> bytes:
        return b"a.svg"

    def __repr__(self) -> str:
        return "OfBytes()"


@each
@pytest.mark.parametrize("path", [0, 1, 7, True, 1.5, b"a.svg", ["a.svg"], OfBytes()], ids=repr)
def test_a_path_is_no_number_and_no_bytes(take: Callable[[Any], object], path: Any, tmp_path: Path) -> None:
    kind = type(path).__name__
    with pytest.raises(OperandTypeError, match=f"expected a path as text or as a pathlib.Path.*, got {kind}"):
        take(path)


@each
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a\0.svg", "expected a path without null characters.*, got 'a\\\\x00.svg'"),
        (Path("a\0.svg"), "expected a path without null characters"),
        ("", "expected a path.*, got an empty text"),
        pytest.param(
            "\ud800.svg",
            "expected a path that the file system can write.*, got '\\\\ud800.svg'",
            marks=POSIX,
        ),
    ],
    ids=ascii,
)
def test_a_name_that_no_file_can_have_is_refused(
    take: Callable[[Any], object], path: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        take(path)
    assert not list(tmp_path.iterdir())


SAVERS = {name: TAKES_A_PATH[name] for name in ("save", "checkpoint", "drawing", "page", "animation")}


@pytest.mark.parametrize("save", SAVERS.values(), ids=SAVERS)
@pytest.mark.parametrize("name", ["keep.py", "notes.md", "data.CSV", "model.pt"])
def test_no_file_of_another_kind_is_replaced(save: Callable[[Any], object], name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=r"ending.*\.\w+"):
        save(path)
    assert path.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("name", ["model.safetensors", "model.SafeTensors", "model"])
def test_parameters_have_the_ending_of_their_format_or_none(name: str, tmp_path: Path) -> None:
    nn.save(model(), tmp_path / name)
    nn.load(model(), tmp_path / name)


@pytest.mark.parametrize(
    "save", [lambda path: nn.save(model(), path), lambda path: main(["moons", "--save", str(path)])]
)
def test_a_name_without_an_ending_is_not_that_of_a_file_of_another_kind(
    save: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "Makefile"
    path.write_text("all: precious", encoding="utf-8")
    with pytest.raises((InputError, SystemExit)) as raised:
        save(path)
    said = f"{raised.value}{capsys.readouterr().err}"
    assert "got the name of another file" in said
    assert "use 'Makefile.safetensors'" in said
    assert path.read_text(encoding="utf-8") == "all: precious"


def test_a_name_without_an_ending_may_be_that_of_older_parameters_or_of_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.touch()
    for _ in range(2):
        nn.save(model(), path)
    nn.load(model(), path)


def test_a_command_replaces_no_file_of_another_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text("precious", encoding="utf-8")
    with pytest.raises(SystemExit) as exit_:
        main(["moons", "--save", "model.py"])
    assert exit_.value.code == 2
    expected = "expected a name ending in .safetensors for parameters, got 'model.py'; use 'model.safetensors'"
    assert expected in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["model.py"]
    assert Path("model.py").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    "arguments",
    [
        ["draw", "x", "x=1", "-o", "a\0.svg"],
        ["page", "x", "x=1", "-o", "a\0.html"],
        ["tree", "x", "x=1", "-o", "\ud800.txt"],
        ["digits", "-o", "a\0"],
        ["moons", "--save", "a\0"],
        ["moons", "--save", ""],
        ["mnist", "--data", "a\0"],
    ],
    ids=ascii,
)
@POSIX
def test_commands_say_it_in_a_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments)
    except SystemExit as exit_:  # how argparse ends
        code = int(exit_.code or 0)
    assert code == 2
    output = capsys.readouterr()
    assert output.err.startswith("autograd-core: ")
    assert "expected a path" in output.err.splitlines()[0]
    assert not list(tmp_path.iterdir())


def test_all_that_is_a_path_is_taken() -> None:
    assert path_of("a.svg") == path_of(Path("a.svg")) == Path("a.svg")
    assert path_of("größe/\udcff.svg").suffix == ".svg"  # how Python writes a byte of a name that is no text
