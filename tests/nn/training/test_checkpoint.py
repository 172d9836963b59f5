"""Checkpoints on disk: everything to go on with, and one clear error for any other file."""

import json
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from autograd_core import InputError
from nn import MLP, cross_entropy, mse_loss, optim
from nn.data import Batches, moons, spirals
from nn.layers.containers import Sequential
from nn.layers.dense import Layer
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm1d
from nn.modules.tensor_file import KEY, write
from nn.optim import LBFGS, SGD
from nn.schedules import ReduceOnPlateau, linear
from nn.training import checkpoint
from nn.training.callbacks import Callback
from nn.training.fingerprint import fingerprint
from nn.training.fit import fit
from nn.training.history import Epoch, History, Step
from nn.training.regularisation import EarlyStopping
from nn.training.train import Training


def model_of(seed: int) -> Sequential:
    return Sequential(
        Layer(2, 4, nonlin=False, rng=seed), BatchNorm1d(4), Dropout(0.2, rng=seed), Layer(4, 2, nonlin=False, rng=seed)
    )


def options_of(model: Sequential, seed: int) -> dict[str, Any]:
    return {
        "batches": Batches(moons(20, rng=0), 6, seed),
        "optimizer": optim.Adam(model.parameters(), ReduceOnPlateau(0.05, patience=1)),
        "epochs": 5,
        "validation": moons(10, rng=3),
        "early_stopping": EarlyStopping(patience=3),
        "noise": 0.01,
        "rng": seed,
    }


def a_training(seed: int = 0, **options: Any) -> Training:
    model = model_of(seed)
    return Training(model, cross_entropy, **{**options_of(model, seed), **options})


def after(steps: int) -> Training:
    training = a_training()
    iterator = training.steps()
    for _ in range(steps):
        next(iterator)
    return training


@pytest.mark.parametrize("steps", [0, 1, 4, 5, 11, 20])
def test_a_training_goes_on_from_a_file_bit_by_bit(steps: int, tmp_path: Path) -> None:
    whole = after(0)
    list(whole.steps())
    checkpoint.save(after(steps), tmp_path / "run.safetensors")
    resumed = after(3)  # all that was drawn before is replaced
    checkpoint.load(resumed, tmp_path / "run.safetensors")
    list(resumed.steps())
    assert resumed.state_dict() == whole.state_dict()


def test_what_stands_in_the_file_has_names_that_others_can_read(tmp_path: Path) -> None:
    training = after(6)
    checkpoint.save(training, tmp_path / "run.safetensors")
    with safe_open(tmp_path / "run.safetensors", framework="numpy") as file:
        names = set(file.keys())
        weight = file.get_tensor("model.0.weight")
        loss = file.get_tensor("history.loss")
        state = json.loads(json.loads(file.metadata()[KEY])["metadata"]["training"])
    assert {"model.0.weight", "best.0.weight", "model.1.running_mean", "model.1.num_batches_tracked"} <= names
    assert any(name.startswith("optimizer.groups.0.states.0.") for name in names)
    assert weight.tolist() == training.model.state_dict()["0.weight"]  # type: ignore[union-attr]
    assert state["updates"] == 6
    assert loss.tolist() == training.history.column("loss")


def test_the_same_state_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        checkpoint.save(after(6), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_lbfgs_goes_on_from_a_file(tmp_path: Path) -> None:
    def training(seed: int) -> Training:
        model = MLP(2, [3, 2], activation="tanh", rng=seed)
        return Training(model, cross_entropy, moons(10, rng=0), LBFGS(model.parameters(), max_iter=3), epochs=6)

    whole, half, resumed = training(0), training(0), training(1)
    list(whole.steps())
    steps = half.steps()
    next(steps), next(steps)
    checkpoint.save(half, tmp_path / "run")
    checkpoint.load(resumed, tmp_path / "run")
    list(resumed.steps())
    assert resumed.state_dict() == whole.state_dict()


# ---- Other data ------------------------------------------------------------------------------------------------------


def of(samples: Any) -> Training:
    model = MLP(2, [2], rng=0)
    return Training(model, cross_entropy, Batches(samples, 5, rng=0), SGD(model.parameters(), lr=0.1), epochs=2)


def begun(samples: Any, path: Path) -> None:
    training = of(samples)
    next(training.steps())
    checkpoint.save(training, path)


POINTS = moons(20, rng=0)


@pytest.mark.parametrize(
    "others",
    [
        moons(20, rng=1),
        spirals(20, rng=0),
        POINTS[::-1],
        [(features, 1 - label) for features, label in POINTS],
        [([x * (1.0 + 2e-16), y], label) for [x, y], label in POINTS],
    ],
    ids=["drawn anew", "another set", "another order", "other targets", "the last bit"],
)
def test_a_training_does_not_go_on_with_other_data(others: Any, tmp_path: Path) -> None:
    begun(POINTS, tmp_path / "run")
    training = of(others)
    before = training.state_dict()
    with pytest.raises(
        InputError, match=r"run is not a checkpoint of this training, .* way: samples: was \w{16}, is \w{16}\. "
    ):
        checkpoint.load(training, tmp_path / "run")
    assert training.state_dict() == before


class Anew(Sequence[Any]):
    """Samples that are other ones each time that they are asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __len__(self) -> int:
        return 20

    def __getitem__(self, place: Any) -> Any:
        self.asked += 1
        return [float(place), float(self.asked)], 0


@pytest.mark.parametrize(
    "same",
    [
        tuple(POINTS),
        [(tuple(features), float(label)) for features, label in POINTS],
        [(np.array(features), np.int64(label)) for features, label in POINTS],
        Anew(),
    ],
    ids=["tuple", "tuples", "arrays", "samples made anew"],
)
def test_the_same_data_in_another_form_is_the_same(same: Any, tmp_path: Path) -> None:
    begun(POINTS, tmp_path / "run")
    training = of(same)
    asked = same.asked if isinstance(same, Anew) else 0
    checkpoint.load(training, tmp_path / "run")
    checkpoint.save(training, tmp_path / "again")
    assert training.updates == 1
    assert not isinstance(same, Anew) or same.asked == asked


def test_samples_of_which_nothing_is_known_are_taken() -> None:
    first, second = of(POINTS), of(moons(20, rng=1))
    state = first.state_dict()
    state["recipe"]["samples"] = None
    second.load_state_dict(state)


# ---- fit -------------------------------------------------------------------------------------------------------------


class _Killed(BaseException):
    """The end of a process, as far as `fit` can tell."""


class KilledAfter(Callback):
    def __init__(self, updates: int) -> None:
        self.updates = updates

    def after_step(self, training: Training, step: Step) -> None:
        if training.updates == self.updates:
            raise _Killed


@pytest.mark.parametrize("every", [None, 1, 3, 7])
def test_fit_resumes_from_its_checkpoint(every: int | None, tmp_path: Path) -> None:
    def trained(seed: int, **options: Any) -> tuple[dict[str, Any], History]:
        model = model_of(seed)
        history = fit(model, cross_entropy, **{**options_of(model, seed), **options})
        return model.state_dict(), history

    path = tmp_path / "run.safetensors"
    for killed in (2, 5, 6, 13, 17):
        with pytest.raises(_Killed):
            trained(0, checkpoint=path, every=every, resume=True, callbacks=[KilledAfter(killed)])
    whole = trained(0)
    assert trained(0, checkpoint=path, every=every, resume=True) == whole
    assert trained(0, checkpoint=path, every=every, resume=True) == whole  # it is over: nothing is left to be done
    assert trained(3, checkpoint=path, every=every) != whole  # without resume it starts anew


def test_a_run_can_be_made_longer(tmp_path: Path) -> None:
    def trained(epochs: int, **options: Any) -> tuple[dict[str, Any], History]:
        model = model_of(0)
        history = fit(model, cross_entropy, **{**options_of(model, 0), "epochs": epochs, **options})
        return model.state_dict(), history

    path = tmp_path / "run.safetensors"
    trained(3, checkpoint=path)
    assert trained(5, checkpoint=path, resume=True) == trained(5)


def test_what_writes_a_checkpoint_is_imported_before_the_first_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "safetensors.numpy")
    model = MLP(1, [1], rng=0)
    found: list[bool] = []
    fit(
        model,
        mse_loss,
        [([1.0], 2.0)],
        optim.SGD(model.parameters(), lr=0.1),
        checkpoint=tmp_path / "run",
        on_step=lambda _: found.append("safetensors.numpy" in sys.modules),
        epochs=2,
        every=2,
    )
    assert found == [True, True]


def test_how_often_checkpoints_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, int]] = []
    monkeypatch.setattr(
        checkpoint, "save", lambda training, _: written.append((training.updates, len(training.history)))
    )

    def trained(every: int | None) -> list[tuple[int, int]]:
        written.clear()
        model = MLP(1, [1], rng=0)
        batches = Batches([([1.0], 1.0)] * 3, 1)
        fit(model, mse_loss, batches, SGD(model.parameters(), 0.1), epochs=2, checkpoint=tmp_path / "run", every=every)
        return list(written)

    assert trained(None) == [(3, 1), (6, 2)]
    assert trained(2) == [(2, 0), (4, 1), (6, 1), (6, 2)]
    assert trained(100) == [(6, 2)]


# ---- Other files -----------------------------------------------------------------------------------------------------


def refused(path: Path, message: str, training: Training | None = None) -> None:
    training = training or after(2)
    before = training.state_dict()
    with pytest.raises(InputError, match=message) as caught:
        checkpoint.load(training, path)
    assert path.name in str(caught.value)
    assert training.state_dict() == before


def test_there_must_be_such_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        checkpoint.load(after(0), tmp_path / "nowhere")
    refused(tmp_path, "is not a regular file")


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    checkpoint.save(after(6), path)
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 9, 100, *range(200, len(whole), len(whole) // 20), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(path, "is not a complete checkpoint")
    path.write_bytes(whole + b"\0")
    refused(path, "is not a complete checkpoint")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    save_file({"model.0.weight": np.zeros((4, 2))}, path)
    refused(path, "is not a complete checkpoint")
    path.write_text("{}" * 100)
    refused(path, "is not a complete checkpoint")
    path.write_bytes(os.urandom(1000))
    refused(path, "is not a complete checkpoint")


@pytest.mark.parametrize(
    "text",
    ["", "5", "[]", "{}", '{"format": 3}', '{"format": 2}', "[" * 100_000, "9" * 10_000,
     '{"format": 2, "optimizer": {"tensor": "x"}}', '{"format": 2, "optimizer": {"tensor": ["x"]}}'],
)  # fmt: skip
def test_metadata_that_make_no_sense_are_refused(text: str, tmp_path: Path) -> None:
    write(tmp_path / "run", {"model.0.weight": np.zeros((4, 2))}, {"training": text})
    refused(tmp_path / "run", "is no")


def test_a_file_of_the_first_format_is_refused_with_a_reason(tmp_path: Path) -> None:
    save_file({"model.0.weight": np.zeros((4, 2))}, tmp_path / "run", {"training": '{"format": 1, "run": {}}'})
    refused(tmp_path / "run", "its format is number 1, known is 2; 1 has no recipe of the training")


def rewritten(path: Path, change: Any) -> None:
    """The file again, after a change of its state and tensors."""
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        state = json.loads(json.loads(file.metadata()[KEY])["metadata"]["training"])
    change(state, tensors)
    write(path, tensors, {"training": json.dumps(state)})


def of_the_optimizer(tensors: dict[str, Any]) -> list[str]:
    return [name for name in tensors if name.startswith("optimizer.")]


@pytest.mark.parametrize(
    "change",
    [
        lambda state, tensors: tensors.pop("model.0.weight"),
        lambda state, tensors: tensors.pop("best.0.weight"),
        lambda state, tensors: tensors.update({"model.more": np.zeros(3)}),
        lambda state, tensors: tensors.update({"model.0.weight": np.zeros((4, 3))}),
        lambda state, tensors: tensors.update({"best.0.weight": np.zeros((4, 3))}),
        lambda state, tensors: tensors.update({"best.more": np.zeros(3)}),
        lambda state, tensors: tensors.update({"more": np.zeros(3)}),
        lambda state, tensors: tensors.update({"optimizer.more": np.zeros((2, 2))}),
        lambda state, tensors: tensors.update({"model.1.num_batches_tracked": np.zeros((), "float64")}),
        lambda state, tensors: tensors.update(dict.fromkeys(of_the_optimizer(tensors), np.zeros(3))),
        lambda state, tensors: [tensors.pop(name) for name in of_the_optimizer(tensors)],
        lambda state, tensors: state.update(updates=-1),
        lambda state, tensors: state.update(updates=1e3),
        lambda state, tensors: tensors.update({"history.loss": np.zeros((1, 1))}),
        lambda state, tensors: tensors.update({"history.loss": np.zeros(2)}),
        lambda state, tensors: tensors.update({"history.more": np.zeros(1)}),
        lambda state, tensors: tensors.update({"history.gradient_norms": np.zeros(1)}),
        lambda state, tensors: tensors.update({"history.lr.more": np.zeros(1)}),
        lambda state, tensors: tensors.update({"history_epochs.lr": np.array([1])}),
        lambda state, tensors: tensors.update({"history_epochs.lr": np.array([-1])}),
        lambda state, tensors: tensors.update({"history_epochs.lr": np.array([0.0])}),
        lambda state, tensors: tensors.pop("history.loss"),
        lambda state, tensors: state.pop("recipe"),
        lambda state, tensors: state.update(recipe={"loss": 5}),
        lambda state, tensors: state["recipe"].update(loss="x" * 1000),
        lambda state, tensors: state["recipe"].update(epochs="9" * 1000),
        lambda state, tensors: state.update(generators={}),
        lambda state, tensors: state["generators"].update({"2.rng": [3, [1, 2], None]}),
        lambda state, tensors: state["batches"].update(epoch=-1),
        lambda state, tensors: state["batches"].update(samples=21),
        lambda state, tensors: state["running"].update(samples="many"),
        lambda state, tensors: state["early_stopping"].update(waited=-1),
        lambda state, tensors: state["optimizer"]["groups"][0].update(steps=-1),
        lambda state, tensors: state["optimizer"]["groups"][0]["options"].update(eps=-1.0),
        lambda state, tensors: state["optimizer"]["groups"][0]["schedule"].update(lr="__import__('os')"),
        lambda state, tensors: state.pop("stopped"),
    ],
)
def test_a_file_with_a_wrong_part_changes_nothing(change: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    checkpoint.save(after(6), path)
    rewritten(path, lambda *_: None)
    checkpoint.load(after(2), path)  # as it is, it is in order
    rewritten(path, change)
    refused(path, "is not a complete checkpoint|is not a checkpoint of this training, which is unchanged")


def test_a_file_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    checkpoint.save(after(6), path)
    refused(path, r"early stopping: was .*EarlyStopping\(.*\), is None\.", a_training(early_stopping=None))
    refused(path, "samples: was", a_training(batches=Batches(moons(21, rng=0), 6, 0)))
    refused(path, "batch size: was 6, is 5.* cannot", a_training(batches=Batches(moons(20, rng=0), 5, 0)))
    model = model_of(0)
    model[3] = Layer(4, 2, bias=False, nonlin=False, rng=0)
    other = Training(model, cross_entropy, **options_of(model, 0))
    refused(path, r"module 3: was nn.Layer\(.*has_bias=True\), is .*has_bias=False", other)
    model = model_of(0)
    options = {**options_of(model, 0), "optimizer": SGD(model.parameters(), 0.1)}
    refused(path, "optimizer: was .*Adam, is .*SGD.* cannot", Training(model, cross_entropy, **options))
    options = {**options_of(model, 0), "optimizer": optim.Adam(model.parameters(), linear(0.1, 0.0, 5))}
    refused(path, "learning rate: was .*ReduceOnPlateau.*, is .*linear", Training(model, cross_entropy, **options))


def test_a_header_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    for length in (2**63, 2**40, 100_000_001, 5):
        path.write_bytes(struct.pack("<Q", length) + b"{}   ")
        refused(path, "is not a complete checkpoint")


def test_an_epoch_of_the_history_is_kept_exactly(tmp_path: Path) -> None:
    training = after(5)
    training.history.append(Epoch(0.1 + 0.2, None, 5e-324, float("inf"), 1e308, {"": 0.1}, {}))
    checkpoint.save(training, tmp_path / "run")
    other = a_training()
    checkpoint.load(other, tmp_path / "run")
    assert other.history == training.history


def test_texts_and_huge_ints_are_told_apart_in_fingerprints() -> None:
    samples: list[list[Any]] = [[(["a"], 0)], [(["b"], 0)], [([10**400], 0)], [([10**401], 0)], [([1.0], 0)]]
    assert len(set(map(fingerprint, samples))) == len(samples)
    assert fingerprint([(["a"], 0)]) == fingerprint([(("a",), 0)])


def test_a_file_with_another_number_of_groups_is_refused(tmp_path: Path) -> None:
    begun(POINTS, tmp_path / "run")
    other = of(POINTS)
    parameters = other.optimizer.parameters
    halves = SGD([{"params": parameters[:3]}, {"params": parameters[3:]}], lr=0.1)
    other = Training(other.model, other.loss, Batches(POINTS, 5, rng=0), halves, epochs=2)
    with pytest.raises(InputError, match="groups"):
        checkpoint.load(other, tmp_path / "run", changed=True)
