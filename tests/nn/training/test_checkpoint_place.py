"""A checkpoint that cannot be written: noticed before the first update, and not after the first epoch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nn import MLP, History, fit, mse_loss, optim
from nn.training import checkpoint
from nn.training.checkpoint import Checkpoints
from nn.training.history import Step
from nn.training.train import Training
from written import POSIX

Run = Callable[[Path, list[Step]], object]


def by_name(path: Path, steps: list[Step]) -> History:
    return run(steps, checkpoint=path)


def by_name_to_resume(path: Path, steps: list[Step]) -> History:
    return run(steps, checkpoint=path, resume=True)


def by_callback(path: Path, steps: list[Step]) -> History:
    return run(steps, callbacks=[Checkpoints(path)])


def run(steps: list[Step], epochs: int = 2, **options: Any) -> History:
    model = MLP(1, [1], rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return fit(model, mse_loss, [([1.0], 2.0)], optimizer, epochs=epochs, on_step=steps.append, **options)


def step_by_step(path: Path, steps: list[Step]) -> None:
    model = MLP(1, [1], rng=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    training = Training(model, mse_loss, [([1.0], 2.0)], optimizer, callbacks=[Checkpoints(path)])
    steps.extend(training.steps())


each_way = pytest.mark.parametrize("train", [by_name, by_name_to_resume, by_callback, step_by_step])


@each_way
def test_a_place_that_cannot_be_written_to_is_known_before_the_first_update(train: Run, tmp_path: Path) -> None:
    steps: list[Step] = []
    with pytest.raises(FileNotFoundError, match="make the folder first"):
        train(tmp_path / "nowhere" / "run", steps)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"choose a folder that exists|make the folder first") as caught:
        train(tmp_path / "file" / "run", steps)
    assert caught.value.filename == str(tmp_path / "file" / "run")
    assert steps == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("train", [by_name, by_callback, step_by_step])
def test_a_folder_is_no_place(train: Run, tmp_path: Path) -> None:
    steps: list[Step] = []
    with pytest.raises(IsADirectoryError, match="choose the name of a file"):
        train(tmp_path, steps)
    assert steps == []


@each_way
def test_a_good_place_is_left_alone_until_there_is_something_to_write(train: Run, tmp_path: Path) -> None:
    steps: list[Step] = []
    train(tmp_path / "run", steps)
    assert steps != []
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_old_checkpoint_is_whole_until_the_first_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run"
    by_name(path, [])
    old = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(OSError, match="No space"):
        by_name(path, [])
    assert path.read_bytes() == old


@POSIX
def test_a_training_that_is_over_needs_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history can be had from a checkpoint on a medium that cannot be written to."""
    path = tmp_path / "run"
    history = by_name(path, [])

    def refused(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(checkpoint, "check_writable", refused)
    steps: list[Step] = []
    assert run(steps, checkpoint=path, resume=True) == history
    assert steps == []
    with pytest.raises(PermissionError):
        run(steps, epochs=3, checkpoint=path, resume=True)
    assert steps == []
