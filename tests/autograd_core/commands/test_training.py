"""The commands that train, on few samples: what they print, what they write, and that they can be interrupted."""

import re
import shlex
import signal
import struct
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from autograd_core import build_info
from autograd_core.__main__ import main
from autograd_core.commands import training
from autograd_core.commands.command_line import COMMANDS
from nn import load
from nn.data import Split, parity
from nn.data.mnist import PIXELS
from nn.optim import BY_NAME
from nn.tasks import digits, mnist, moons, names, sequence
from nn.training import checkpoint
from nn.training.callbacks import Callback
from nn.training.health import TrainingWarning
from nn.training.progress import Progress
from viz.plots import canvas
from written import POSIX

TASKS: Final[dict[str, Any]] = {
    "digits": digits,
    "mnist": mnist,
    "moons": moons,
    "names": names,
    "sequence": sequence,
}
ARGUMENTS: Final = {"mnist": ["--data", "images"], "names": ["--samples", "1"]}
NUMBER: Final = r"\d+\.\d+"


def first(split: Split[Any], train: int, test: int) -> Split[Any]:
    return Split(split.train[:train], split.test[:test])


def write_images(folder: Path) -> None:
    """The four files of a small MNIST: 20 images to train with and 5 to test with, a digit being two rows of ink."""
    folder.mkdir()
    for part, count in (("train", 20), ("t10k", 5)):
        labels = bytes(place % 10 for place in range(count))
        pixels = b"".join(bytes(255 * (row // 2 == label) for row in range(28) for _ in range(28)) for label in labels)
        images = struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + pixels
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + labels)


@pytest.fixture(autouse=True)
def few_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, where only the images are; and tasks with few samples, three of them with small networks."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "images")
    monkeypatch.setattr(mnist, "SIZES", (PIXELS, 4, 10))
    monkeypatch.setattr(digits, "SIZES", (digits.SIZES[0], 4, 10))
    monkeypatch.setattr(names, "WIDTH", 4)
    monkeypatch.setattr(digits, "data", lambda: first(FEW_DIGITS, 20, 10))
    monkeypatch.setattr(moons, "data", lambda name: first(POINTS[name], 60, 50))
    monkeypatch.setattr(names, "data", lambda: first(FEW_NAMES, 4, 2))
    monkeypatch.setattr(sequence, "data", lambda: Split(parity(12, 3, rng=0), parity(6, 3, rng=1)))
    monkeypatch.setattr(sequence, "long_data", lambda: parity(5, 6, rng=2))
    return tmp_path


FEW_DIGITS: Final = digits.data()
POINTS: Final = {name: moons.data(name) for name in moons.SETS}
FEW_NAMES: Final = names.data()

each_command = pytest.mark.parametrize("name", TASKS)


def arguments_of(name: str, *more: str) -> list[str]:
    return [name, *ARGUMENTS.get(name, []), "--epochs", "2", *more]


def lines_of(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> list[str]:
    """What a command prints that ends well."""
    assert main(arguments) == 0
    output = capsys.readouterr()
    assert not output.err
    return output.out.splitlines()


def test_every_command_that_trains_is_tested() -> None:
    assert {command.name for command in COMMANDS if command.module == "training"} == TASKS.keys()


# ---- What is printed -------------------------------------------------------------------------------------------------


@each_command
def test_it_says_how_it_runs_what_it_does_and_how_far_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, arguments_of(name))
    assert str(build_info()) in lines[0]
    assert re.match(r"training an? .*; \w+ from [\d.]+, batches of \d+$", lines[1])
    for epoch in (1, 2):
        assert re.fullmatch(rf"epoch {epoch}/2: loss {NUMBER}, accuracy {NUMBER}%", lines[1 + epoch])


@each_command
def test_the_last_line_states_the_result(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, arguments_of(name, "--save", "model.safetensors"))
    task = TASKS[name]
    model = task.model()
    load(model, "model.safetensors")
    test = task.data("images").test if name == "mnist" else first_data(task).test
    result = task.evaluate(model, test)
    expected = f"cross-entropy {result:.4f} nats per letter" if name == "names" else f"accuracy {result:.1%}"
    assert re.fullmatch(rf"test {re.escape(expected)} after 2 epochs in {NUMBER} s", lines[-1])


def first_data(task: Any) -> Split[Any]:
    split: Split[Any] = task.data("moons") if task is moons else task.data()
    return split


def test_one_epoch_is_no_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    assert " after 1 epoch in " in lines_of(capsys, ["moons", "--epochs", "1"])[-1]


def test_settings_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["moons", "--epochs", "1", "--batch", "7", "--lr", "0.25", "--optimizer", "Lion"]
    assert lines_of(capsys, given)[1].endswith("; lion from 0.25, batches of 7")
    assert lines_of(capsys, [*given[:5], "--optimizer", "lion"])[1].endswith("; lion from 0.0001, batches of 7")


@pytest.mark.parametrize("optimizer", BY_NAME)
def test_every_optimiser_can_be_chosen(optimizer: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"; {optimizer} from " in lines_of(capsys, ["moons", "--epochs", "1", "--optimizer", optimizer])[1]


def test_lbfgs_learns(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, ["moons", "--epochs", "2", "--optimizer", "lbfgs"])
    losses = [float(match[1]) for line in lines if (match := re.match(rf"epoch .*: loss ({NUMBER}), ", line))]
    assert len(losses) == 2  # none is nan
    assert float(re.findall(NUMBER, lines[-1])[0]) > 90.0


def test_spirals_are_other_points_than_moons(capsys: pytest.CaptureFixture[str]) -> None:
    printed = [lines_of(capsys, ["moons", "--epochs", "1", "--data", data]) for data in ("moons", "spirals")]
    assert [f"two {data}" in lines[1] for data, lines in zip(("moons", "spirals"), printed, strict=True)] == [True] * 2
    assert printed[0][2] != printed[1][2]


def test_names_are_made_up_and_compared_with_bigrams(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, ["names", "--epochs", "1", "--samples", "7"])
    start = next(place for place, line in enumerate(lines) if "names made up" in line)
    assert lines[start].startswith("7 names made up at temperature 0.8, ")
    assert [len(line.split()) for line in lines[start + 1 : start + 3]] == [5, 2]
    table = names.Bigrams(names.data().train)
    assert lines[-2].endswith(f"has {table.evaluate(names.data().test):.4f} nats per letter")


def test_names_that_are_not_in_the_data_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = ["james", "xqzt", "mary", "vvv", "xqzt"]
    monkeypatch.setattr(names, "make_up", lambda *_, **__: made_up)
    lines = lines_of(capsys, ["names", "--epochs", "1", "--temperature", "1.5"])
    assert "5 names made up at temperature 1.5, 3 of them not in the data:" in lines
    assert "  james  xqzt   mary   vvv    xqzt" in lines


def test_long_sequences_are_asked_for_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(
        rf"accuracy {NUMBER}% for 5 sequences of 40 bits", lines_of(capsys, arguments_of("sequence"))[-2]
    )


def test_a_warning_is_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(self: Progress, *_: Any) -> None:
        warnings.warn("the rate is high", TrainingWarning, stacklevel=1)

    monkeypatch.setattr(Progress, "after_epoch", warn)
    assert main(["moons", "--epochs", "1"]) == 0
    assert capsys.readouterr().err == "autograd-core: the rate is high\n"


# ---- What is written -------------------------------------------------------------------------------------------------


@each_command
def test_the_same_seed_gives_the_same_file(name: str, few_samples: Path) -> None:
    for file, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert main(arguments_of(name, "--save", file, "--seed", seed)) == 0
    a, b, c = ((few_samples / file).read_bytes() for file in "abc")
    assert a == b != c


def test_the_seed_draws_the_first_weights(few_samples: Path) -> None:
    assert main(["moons", "--epochs", "1", "--lr", "1e-300", "--seed", "5", "--save", "still"]) == 0
    model = moons.model(rng=0)
    load(model, "still")
    assert model.state_dict()["layers.0.weight"] == moons.model(rng=5).state_dict()["layers.0.weight"]


def test_without_save_nothing_is_written(few_samples: Path) -> None:
    for name in TASKS.keys() - {"digits"}:
        assert main(arguments_of(name)) == 0
    assert [path.name for path in few_samples.iterdir()] == ["images"]


def test_the_confusion_matrix_is_a_picture(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    for command, others in ((arguments_of("digits"), 3), (arguments_of("mnist"), 0)):
        lines = lines_of(capsys, [*command, "-o", f"to/{command[0]}"])
        assert f"the same as a picture: {Path('to') / command[0] / 'confusion.svg'}" in lines
        assert "confusion matrix (row: the digit, column: what it was taken for)" in lines
        made = few_samples / "to" / command[0]
        walkthroughs = [line for line in lines if line.startswith("how a ")]
        assert len(list(made.iterdir())) == others + 1 + len(walkthroughs)
        assert "Predicted class" in (made / "confusion.svg").read_text(encoding="utf-8")


def test_without_matplotlib_there_is_a_line_instead_of_the_picture(
    few_samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(canvas, "import_module", missing)
    lines = lines_of(capsys, [*arguments_of("digits"), "-o", "digits"])
    assert (
        'no confusion.svg: plots need matplotlib, which is not installed: pip install "autograd-core[plots]"' in lines
    )
    assert "wrote loss.svg, neuron.svg, parameters.safetensors to digits/" in lines
    assert not (few_samples / "digits" / "confusion.svg").exists()


def test_folders_are_made_for_what_is_saved(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "wrote some/where/file" in lines_of(capsys, ["moons", "--epochs", "1", "--save", "some/where/file"])
    assert sorted(path.name for path in (few_samples / "some/where").iterdir()) == ["file", "file.checkpoint"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["moons", "--save", "."],
        ["moons", "--save", "images/train-images-idx3-ubyte/file"],
        ["moons", "--save", "f" * 400],
        ["moons", "--save", "f" * 250],  # the name of the checkpoint is longer
        ["moons", "--save", "taken"],
        ["digits", "-o", "images/train-images-idx3-ubyte"],
        ["digits", "-o", "full"],
        ["mnist", "--data", "images", "-o", "images/train-images-idx3-ubyte"],
    ],
    ids=str,
)
def test_what_cannot_be_saved_is_known_before_the_work(
    arguments: list[str], few_samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("taken.checkpoint", "full/neuron.svg"):
        (few_samples / folder).mkdir(parents=True)
    before = sorted(few_samples.rglob("*"))
    assert main(arguments) == 1
    assert sorted(few_samples.rglob("*")) == before
    output = capsys.readouterr()
    assert not output.out
    assert re.fullmatch(r"autograd-core: .+: .*\n", output.err)


@POSIX
def test_beside_a_device_there_is_no_checkpoint(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines_of(capsys, ["moons", "--epochs", "1", "--save", "/dev/null"])
    assert not Path("/dev/null.checkpoint").exists()
    assert main(["moons", "--resume", "--save", "/dev/null"]) == 2
    assert "/dev/null is not a file" in capsys.readouterr().err


# ---- Interrupted -----------------------------------------------------------------------------------------------------


def after(updates: int) -> Callable[..., None]:
    """What interrupts a training after so many updates."""

    def interrupt(self: Callback, run: Any, *_: Any) -> None:
        if run.updates == updates:
            raise KeyboardInterrupt

    return interrupt


@each_command
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(
    name: str, few_samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "UPDATES", 1)
    size = "2" if name == "names" else "5"
    whole, parts = (arguments_of(name, "--batch", size, "--save", file) for file in ("whole", "parts"))
    assert main(whole) == 0
    with monkeypatch.context() as patched:
        patched.setattr(Progress, "after_step", after(3))
        assert main(parts) == 130
    assert not (few_samples / "parts").exists()
    command = shlex.join(["autograd-core", *parts, "--resume"])
    assert capsys.readouterr().err == (
        f"autograd-core: interrupted in epoch 1; parts.checkpoint holds the training up to there, "
        f"which goes on with: {command}\n"
    )
    updates: list[int] = []
    monkeypatch.setattr(Progress, "after_step", lambda self, run, step: updates.append(run.updates))
    lines = lines_of(capsys, [*parts, "--resume"])
    assert lines[2] == "going on from parts.checkpoint"
    assert updates[0] == 4  # the third is in the checkpoint
    assert (few_samples / "parts").read_bytes() == (few_samples / "whole").read_bytes()
    assert (few_samples / "parts.checkpoint").read_bytes() == (few_samples / "whole.checkpoint").read_bytes()


def test_an_interrupt_saves_what_no_checkpoint_holds_yet(
    few_samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["moons", "--epochs", "1", "--save", "a model"]
    with monkeypatch.context() as patched:
        patched.setattr(Progress, "after_step", after(2))
        assert main(arguments) == 130
    _, _, command = capsys.readouterr().err.strip().partition("goes on with: autograd-core ")
    assert (few_samples / "a model.checkpoint").exists()
    assert main(shlex.split(command)) == 0
    assert "wrote a model" in capsys.readouterr().out


def test_a_second_interrupt_during_the_first_is_ignored(
    few_samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, save = signal.getsignal(signal.SIGINT), checkpoint.save

    def interrupt(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    def interrupted_save(*arguments: Any) -> None:
        interrupt()
        save(*arguments)
        interrupt()

    monkeypatch.setattr(Progress, "after_step", interrupt)
    monkeypatch.setattr(checkpoint, "save", interrupted_save)
    assert main(["moons", "--epochs", "1", "--save", "file"]) == 130
    assert capsys.readouterr().err == (
        "autograd-core: interrupted in epoch 1; file.checkpoint holds the training up to there, which goes on with: "
        "autograd-core moons --epochs 1 --save file --resume\n"
    )
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("folder", ["new", "new/below", "old/below"])
def test_an_interrupt_leaves_no_empty_folder(
    folder: str, few_samples: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (few_samples / "old").mkdir()
    before = sorted(few_samples.rglob("*"))
    monkeypatch.setattr(Progress, "after_step", after(1))
    assert main([*arguments_of("digits"), "-o", folder]) == 130
    assert sorted(few_samples.rglob("*")) == before
    assert "nothing was saved" in capsys.readouterr().err


GOES_ON: Final = (
    "interrupted before the first update; file.checkpoint holds the training up to there, which goes on with: "
    "autograd-core moons --epochs 2 --save file --resume-changed"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "interrupted before the first update; nothing was saved; with --save FILE it could go on from there"),
        (["--save", "file"], "interrupted before the first update; nothing was saved"),
        (
            ["--save", "file", "--resume-changed"],
            GOES_ON,
        ),
    ],
)
def test_an_interrupt_before_the_first_update_saves_nothing(
    options: list[str],
    message: str,
    few_samples: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "--resume-changed" in options:
        assert main(["moons", "--epochs", "1", "--save", "file"]) == 0
    before = sorted(few_samples.iterdir())
    capsys.readouterr()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "before_training", interrupt)
    assert main(["moons", "--epochs", "2", *options]) == 130
    assert capsys.readouterr().err == f"autograd-core: {message}\n"
    assert sorted(few_samples.iterdir()) == before


def test_without_a_checkpoint_it_begins_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, ["moons", "--epochs", "1", "--save", "new", "--resume"])
    assert lines[2] == "there is no new.checkpoint: from the beginning"
    assert lines[3].startswith("epoch 1/1")


def test_what_has_ended_has_nothing_left_to_do(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["moons", "--epochs", "1", "--save", "done"]
    before = lines_of(capsys, arguments)
    content = (few_samples / "done").read_bytes()
    lines = lines_of(capsys, [*arguments, "--resume"])
    assert not [line for line in lines if line.startswith("epoch")]
    assert lines[-1].split(" in ")[0] == before[-1].split(" in ")[0]
    assert (few_samples / "done").read_bytes() == content


def test_the_checkpoint_of_another_training_is_refused(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["moons", "--epochs", "1", "--save", "file"]) == 0
    content = (few_samples / "file.checkpoint").read_bytes()
    capsys.readouterr()
    assert main(["sequence", "--epochs", "1", "--save", "file", "--resume"]) == 2
    assert re.fullmatch(
        r"autograd-core: file\.checkpoint is not a checkpoint of this training.*\n", capsys.readouterr().err
    )
    assert (few_samples / "file.checkpoint").read_bytes() == content


BEGUN: Final = ["moons", "--epochs", "2", "--seed", "3", "--lr", "0.5", "--batch", "20", "--save", "file"]


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        ("--seed", "4", "seed of the order of samples: was [0-9a-f]+, is "),
        ("--lr", "0.25", r"learning rate: was .*linear\(start=0\.5, .*is .*linear\(start=0\.25, "),
        ("--data", "spirals", "samples: was [0-9a-f]+, is "),
        ("--epochs", "1", "epochs: was 2, is 1; "),
        ("--epochs", "3", r"learning rate: was .*steps=6\), is .*steps=9\)"),
        ("--optimizer", "nesterov", "nesterov: was False, is True"),
    ],
)
def test_what_differs_is_refused_unless_it_is_meant(
    option: str, value: str, what: str, few_samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*BEGUN, "--optimizer", "momentum"]) == 0
    before = {name: (few_samples / name).read_bytes() for name in ("file", "file.checkpoint")}
    capsys.readouterr()
    changed = [*BEGUN, "--optimizer", "momentum", option, value]
    assert main([*changed, "--resume"]) == 2
    message = capsys.readouterr().err
    assert re.fullmatch(
        rf"autograd-core: file\.checkpoint is not a checkpoint of this training.*{what}.*--resume-changed.*\n", message
    )
    assert {name: (few_samples / name).read_bytes() for name in before} == before
    assert main([*changed, "--resume-changed"]) == 0


@pytest.mark.parametrize(("option", "value"), [("--batch", "10"), ("--optimizer", "sgd")])
def test_what_cannot_change_is_refused_even_then(
    option: str, value: str, few_samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(BEGUN) == 0
    capsys.readouterr()
    for resume in ("--resume", "--resume-changed"):
        assert main([*BEGUN, option, value, resume]) == 2
        assert "A training cannot continue with another" in capsys.readouterr().err


def test_a_file_that_is_not_a_checkpoint_is_refused(few_samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (few_samples / "file.checkpoint").write_text("hello")
    assert main(["moons", "--save", "file", "--resume"]) == 2
    assert re.fullmatch(r"autograd-core: file\.checkpoint is not a complete checkpoint: .*\n", capsys.readouterr().err)


@pytest.mark.parametrize("path", ["models/", "models/.", "new/models//"])
def test_save_expects_the_name_of_a_file(few_samples: Path, capsys: pytest.CaptureFixture[str], path: str) -> None:
    before = [*few_samples.iterdir()]
    with pytest.raises(SystemExit, match="2"):
        main(["moons", "--save", path])
    assert f"--save: expected the name of a file, got the folder '{path}'" in capsys.readouterr().err
    assert [*few_samples.iterdir()] == before
