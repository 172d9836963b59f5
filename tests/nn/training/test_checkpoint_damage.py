"""Checkpoints that were damaged, that lie about their size, and that have become long."""

import json
import math
import random
import struct
import time
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from autograd_core import InputError
from nn import MLP, cross_entropy, mse_loss, optim
from nn.data import Batches, moons
from nn.layers.containers import Sequential
from nn.layers.dense import Layer
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm1d
from nn.modules.tensor_file import KEY, DamagedError, NotFiniteWarning, TensorFile, write
from nn.optim import LBFGS, SGD
from nn.training import checkpoint
from nn.training.history import Epoch, History
from nn.training.recipe import RecipeError
from nn.training.regularisation import EarlyStopping
from nn.training.train import Training

FLIPS = 150


def a_training(**options: Any) -> Training:
    """One with everything that has a state."""
    model = Sequential(Layer(2, 3, rng=0), BatchNorm1d(3), Dropout(0.2, rng=1), Layer(3, 2, nonlin=False, rng=2))
    settings = {"epochs": 3, "early_stopping": EarlyStopping(3), "noise": 0.01, "rng": 3, **options}
    batches = Batches(moons(12, rng=0), 4, 0)
    return Training(model, cross_entropy, batches, optim.Adam(model.parameters(), 0.05), **settings)


def saved(path: Path, updates: int = 5) -> Training:
    training = a_training()
    steps = training.steps()
    for _ in range(updates):
        next(steps)
    checkpoint.save(training, path)
    return training


def test_a_flipped_bit_anywhere_is_found(tmp_path: Path) -> None:
    path = tmp_path / "run"
    expected = saved(path).state_dict()
    content = path.read_bytes()
    begin, rng = 8 + int.from_bytes(content[:8], "little"), random.Random(1)
    key = content.index(KEY.encode())
    places = [*range(64), *range(8 * key - 64, 8 * key + 240, 7)]
    places += rng.choices(range(8 * begin), k=FLIPS) + rng.choices(range(8 * begin, 8 * len(content)), k=FLIPS)
    training = a_training()
    before, found = training.state_dict(), 0
    for bit in places:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            checkpoint.load(training, path)
        except InputError:
            found += 1
            continue
        assert training.state_dict() == expected  # a letter of the header that was written in another way
        training = a_training()
    assert found == len(places)
    assert training.state_dict() == before


def test_what_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run"
    saved(path)
    content = path.read_bytes()
    with TensorFile(path) as file:
        place = file.tensors["best.0.weight"].begin
    path.write_bytes(content[:place] + b"\1" + content[place + 1 :])
    with pytest.raises(DamagedError, match=r"run is damaged: the numbers of best\.0\.weight are not those that were"):
        checkpoint.load(a_training(), path)
    updates = rb"updates\\\": "
    assert content.count(updates + b"5") == 1
    path.write_bytes(content.replace(updates + b"5", updates + b"4"))
    with pytest.raises(DamagedError, match=r"run is damaged: its metadata are not those that were saved"):
        checkpoint.load(a_training(), path)


def test_checksums_are_required(tmp_path: Path) -> None:
    path = tmp_path / "run"
    saved(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    save_file(tensors | {"history.more": tensors["history.loss"]}, path, metadata)
    with pytest.raises(InputError, match=r"is not a complete checkpoint: .*it lacks the checksums 'autograd_core'"):
        checkpoint.load(a_training(), path)
    save_file(tensors, path, json.loads(metadata[KEY])["metadata"])
    with pytest.raises(InputError, match=r"is not a complete checkpoint: .*it lacks the checksums 'autograd_core'"):
        checkpoint.load(a_training(), path)


def test_numbers_that_are_not_finite_are_named(tmp_path: Path) -> None:
    training, path = a_training(), tmp_path / "run"
    next(training.steps())
    training.model[0].neurons[1].b.data = math.nan  # type: ignore[index]
    training.history.append(Epoch(math.inf))
    checkpoint.save(training, path)
    other = a_training()
    with pytest.warns(NotFiniteWarning, match=r"run holds .* as they are: model\.0\.bias \(nan at \[1\]\)$") as caught:
        checkpoint.load(other, path)
    assert caught[0].filename == __file__
    assert repr(other.state_dict()) == repr(training.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NotFiniteWarning):
            checkpoint.load(other := a_training(), path)
    assert other.state_dict() == a_training().state_dict()


# ---- Limits ----------------------------------------------------------------------------------------------------------


def bounded(training: Training, path: Path, message: str, memory: int) -> None:
    """Refused with this message, and without taking more memory than that."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message):
            checkpoint.load(training, path)
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("count", "message", "memory"),
    [(30_000, "does not fit: it begins with", 1_000_000), (4_000, "is not a complete checkpoint", 12_000_000)],
)
def test_a_file_of_many_empty_arrays_takes_neither_time_nor_memory(
    count: int, message: str, memory: int, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    entry = {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}
    text = json.dumps({f"model.{number}": entry for number in range(count)}, separators=(",", ":")).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    bounded(a_training(), path, message, memory)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("model.0.weight", (1000, 2000), r"model\.0\.weight should have shape \[3, 2\], but has \[1000, 2000\]"),
        ("best.0.weight", (2_000_000,), r"best\.0\.weight should have shape \[3, 2\], but has \[2000000\]"),
        ("model.more", (2_000_000,), r"model\.more is unknown to the model"),
        ("more", (2_000_000,), "more is not a part of a checkpoint"),
        ("optimizer.groups.0.states.0.m", (2_000_000,), "has shape .*, and the optimiser 23 parameters"),
        ("history.lr", (2_000_000,), r"history\.lr has shape \[2000000\], and the history \[1\] epochs"),
    ],
)
def test_a_large_array_that_does_not_fit_is_not_read(name: str, shape: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    saved(path)
    with TensorFile(path) as file:
        tensors, metadata = {n: stored.array() for n, stored in file.tensors.items()}, file.metadata
    write(path, tensors | {name: np.zeros(shape)}, metadata)
    bounded(a_training(), path, message, 3_000_000)


def test_a_longer_history_than_the_training_has_epochs_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run"
    training = a_training(epochs=100_000)
    training.history = History([Epoch(1.0)] * 100_000)
    checkpoint.save(training, path)
    bounded(a_training(), path, "epochs: was 100000, is 3", 3_000_000)


def test_an_array_is_taken_once_however_often_the_text_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "run"
    saved(path)
    with TensorFile(path) as file:
        tensors, metadata = {n: stored.array() for n, stored in file.tensors.items()}, file.metadata
    state = json.loads(metadata["training"])
    name = next(name for name in tensors if name.startswith("optimizer."))
    state["optimizer"]["more"] = [{"tensor": name}] * 1000
    write(path, tensors, {"training": json.dumps(state)})
    with pytest.raises(InputError, match="is not a complete checkpoint: KeyError"):
        checkpoint.load(a_training(), path)


def test_the_full_memory_of_lbfgs_fits_into_a_new_training(tmp_path: Path) -> None:
    size = 8000

    def training() -> Training:
        model = MLP(1, [1], rng=0)
        optimizer = LBFGS(model.parameters(), history_size=size)
        return Training(model, mse_loss, [([1.0], 1.0)], optimizer, epochs=2)

    first = training()
    state = first.optimizer.state_dict()
    vectors = {"gradient": [1.0, 1.0], "step": [1.0, 1.0], "changes": [[1.0, 2.0]] * size, "steps": [[1.0, 2.0]] * size}
    first.optimizer.load_state_dict({**state, "memory": {"places": [0, 1], "moves": size, "scale": 1.0, **vectors}})
    checkpoint.save(first, tmp_path / "run")
    second = training()
    checkpoint.load(second, tmp_path / "run")
    assert second.state_dict() == first.state_dict()


# ---- Long histories --------------------------------------------------------------------------------------------------


numbers = st.floats(allow_nan=False)
layers = st.dictionaries(st.sampled_from(["", "0", "0.a", "epochs", "ä"]), numbers, max_size=3)
epochs = st.builds(Epoch, numbers, *[st.none() | numbers] * 4, layers, layers)


@given(st.lists(epochs, max_size=5), st.integers(0, 5))
def test_a_history_survives_as_columns_also_while_it_grows(records: list[Epoch], first: int) -> None:
    history = History(records[:first])
    history.columns()
    for epoch in records[first:]:
        history.append(epoch)
        history.columns()
    again = History.of_columns(history.columns())
    assert again == history
    assert repr(again.column("loss")) == repr(history.column("loss"))  # signed zeros


def test_a_very_long_history_is_saved_and_loaded(tmp_path: Path) -> None:
    def long() -> Training:
        model = MLP(2, [2], rng=0)
        return Training(model, cross_entropy, moons(4, rng=0), SGD(model.parameters(), 0.1), epochs=count)

    count = 100_000
    training = long()
    training.history = History([Epoch(0.5, 0.25, None, None, 0.1)] * (count - 1))
    checkpoint.save(training, tmp_path / "run")
    training.history.append(Epoch(0.125, gradient_norms={"layers.0": 1.0}))
    begin = time.process_time()
    checkpoint.save(training, tmp_path / "run")
    assert time.process_time() - begin < 0.5  # 0.04 s, and as JSON 1 s
    other = long()
    checkpoint.load(other, tmp_path / "run")
    assert other.history == training.history
    with TensorFile(tmp_path / "run") as file:
        assert file.tensors["history_epochs.gradient_norms.layers.0"].tolist() == [count - 1]
        assert len(file.metadata["training"]) < 20_000


def test_a_recipe_is_no_longer_after_many_epochs(tmp_path: Path) -> None:
    sizes = []
    for updates in (3, 9):
        saved(tmp_path / "run", updates)
        with TensorFile(tmp_path / "run") as file:
            sizes.append(len(file.metadata["training"]))
    assert abs(sizes[1] - sizes[0]) < 0.05 * sizes[0]
    with pytest.raises(RecipeError):
        checkpoint.load(a_training(epochs=2), tmp_path / "run")
