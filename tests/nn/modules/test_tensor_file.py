"""Files of arrays: readable to others, never read in vain, and damage found and named."""

import json
import os
import random
import struct
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from autograd_core import InputError
from nn.layers.containers import Sequential
from nn.layers.dense import MLP, Layer
from nn.layers.normalisation import BatchNorm1d
from nn.modules import tensor_file
from nn.modules.serialise import load, save
from nn.modules.tensor_file import KEY, DamagedError, NotFiniteWarning, TensorFile, write

FLIPS = 200


def a_model(seed: int) -> Sequential:
    return Sequential(Layer(2, 3, rng=seed), BatchNorm1d(3), Layer(3, 2, nonlin=False, rng=seed))


def flipped(content: bytes, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def chosen(content: bytes, count: int = FLIPS) -> list[int]:
    """Bits of a file, the same ones in every run: a half in the header, a half in the numbers."""
    begin, rng = 8 * (8 + int.from_bytes(content[:8], "little")), random.Random(1)
    header, numbers = range(begin), range(begin, 8 * len(content))
    return [*rng.choices(header, k=count // 2), *rng.choices(numbers, k=count - count // 2), *range(64)]


def test_a_flipped_bit_of_a_model_is_found_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(a_model(1), path)
    content, expected = path.read_bytes(), a_model(1).state_dict()
    found = 0
    bits = chosen(content)
    for bit in bits:
        path.write_bytes(flipped(content, bit))
        model = a_model(2)
        before = model.state_dict()
        try:
            load(model, path)
        except InputError:
            found += 1
            assert model.state_dict() == before
        else:
            assert model.state_dict() == expected
    assert found > 0.95 * len(bits)  # the others are in the name of the checksums


def test_a_flipped_bit_of_the_numbers_is_always_found_and_named(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(a_model(1), path)
    content = path.read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    for bit in random.Random(2).choices(range(8 * begin, 8 * len(content)), k=100):
        path.write_bytes(flipped(content, bit))
        with TensorFile(path) as file:
            name = next(name for name, stored in file.tensors.items() if stored.begin <= bit // 8 < stored.end)
            with pytest.raises(DamagedError, match=rf"is damaged: the numbers of {name} are not those that were saved"):
                file.tensors[name].array()


def test_all_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write(path, {name: np.arange(3.0) for name in "abc"})
    content = path.read_bytes()
    path.write_bytes(content[:-24] + b"\1" + content[-23:-1] + b"\1")
    with TensorFile(path) as file, pytest.raises(DamagedError, match=r"the numbers of c are not"):
        file.tensors["c"].array()
    path.write_bytes(content[:-72] + b"\1" + content[-71:-1] + b"\1")
    with TensorFile(path) as file, pytest.raises(InputError, match=r"the numbers of a, c are not"):
        file.tensors["c"].array()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"weight":{', b'"weighu":{', "its header lacks weight, of 2 arrays that were saved"),
        (rb"{\"unit\":\"m\"}", rb"{\"unit\":\"k\"}", "its metadata are not those that were saved"),
        (rb"{\"unit\":\"m\"}", rb"{\"tinu\":\"m\"}", "its metadata are not those that were saved"),
        (rb"\"sha256", rb"\"sha257", "its checksums cannot be read"),
    ],
    ids=["a name", "a text", "the name of a text", "the checksums"],
)
def test_a_damaged_header_is_named(old: bytes, new: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    write(path, {"weight": np.zeros((2, 2)), "bias": np.zeros(2)}, {"unit": "m"})
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    with pytest.raises(DamagedError, match=f"is damaged: {message}"):
        TensorFile(path)


def test_a_shape_that_was_changed_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write(path, {"weight": np.zeros((2, 3))})
    path.write_bytes(path.read_bytes().replace(b"[2,3]", b"[3,2]"))
    with TensorFile(path) as file, pytest.raises(InputError, match="the numbers of weight are not"):
        file.tensors["weight"].array()


# ---- Others read it, and theirs is read ------------------------------------------------------------------------------


def test_others_read_what_is_written(tmp_path: Path) -> None:
    arrays = {"ä": np.array([[1.5, -0.0]]), "n": np.array(3), "empty": np.zeros((0, 2))}
    write(tmp_path / "x", arrays, {"text": "grüße\n"})
    theirs = load_file(tmp_path / "x")
    assert {name: (a.dtype.name, a.shape, a.tobytes()) for name, a in theirs.items()} == {
        name: (a.dtype.name, a.shape, a.tobytes()) for name, a in arrays.items()
    }
    with safe_open(tmp_path / "x", framework="numpy") as file:
        assert json.loads(file.metadata()[KEY])["metadata"] == {"text": "grüße\n"}


def test_the_numbers_are_aligned(tmp_path: Path) -> None:
    for length in range(8):
        write(tmp_path / "x", {"x" * (length + 1): np.zeros(1)})
        assert len((tmp_path / "x").read_bytes()) % 8 == 0


def test_the_same_content_is_the_same_bytes(tmp_path: Path) -> None:
    arrays, texts = {name: np.zeros(2) for name in "abcdefgh"}, dict.fromkeys("ijklmnop", "x")
    write(tmp_path / "x", arrays, texts)
    write(tmp_path / "y", dict(reversed(arrays.items())), dict(reversed(texts.items())))
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_the_same_content_is_the_same_bytes_in_other_processes(tmp_path: Path) -> None:
    program = (
        "import sys, numpy; from nn.modules.tensor_file import write;"
        "write(sys.argv[1], {n: numpy.zeros(2) for n in {*'abcdefgh'}}, {n: 'x' for n in {*'ijklmnop'}})"
    )
    contents = set()
    for seed in range(3):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-c", program, tmp_path / "x"], env=environment, check=True)
        contents.add((tmp_path / "x").read_bytes())
    assert len(contents) == 1


def test_files_without_checksums_are_read(tmp_path: Path) -> None:
    save_file(load_with_numbers(a_model(1), tmp_path), tmp_path / "x", {"format": "pt"})
    model = a_model(2)
    load(model, tmp_path / "x")
    assert model.state_dict() == a_model(1).state_dict()


def load_with_numbers(model: Sequential, folder: Path) -> dict[str, Any]:
    save(model, folder / "own")
    return load_file(folder / "own")


def test_what_a_tool_adds_is_no_damage(tmp_path: Path) -> None:
    arrays = load_with_numbers(a_model(1), tmp_path)
    with safe_open(tmp_path / "own", framework="numpy") as file:
        sums = file.metadata()[KEY]
    save_file(arrays | {"more": np.zeros(1)}, tmp_path / "x", {KEY: sums, "format": "pt"})
    with TensorFile(tmp_path / "x") as own:
        assert {name: stored.tolist() for name, stored in own.tensors.items()} == {
            name: array.tolist() for name, array in (arrays | {"more": np.zeros(1)}).items()
        }
        assert own.metadata == {"format": "pt"}


def test_nan_and_infinity_are_noted_only_where_they_were_read(tmp_path: Path) -> None:
    write(tmp_path / "x", {"a": np.array([1.0, np.nan]), "b": np.array(np.inf), "c": np.array(1)})
    with TensorFile(tmp_path / "x") as file:
        file.tensors["b"].array(), file.tensors["c"].array()
        with pytest.warns(NotFiniteWarning, match=r"as they are: b \(inf\)$"):
            file.warn(stacklevel=1)
    with TensorFile(tmp_path / "x") as file, warnings.catch_warnings():
        warnings.simplefilter("error")
        file.warn(stacklevel=1)


def test_brain_floats_are_read_from_their_place_among_others(tmp_path: Path) -> None:
    kinds = {"a": ("U8", 1, b"\1"), "b": ("BF16", 2, struct.pack("<2H", 0x3F80, 0xC000)), "c": ("F64", 1, bytes(8))}
    header, numbers = {}, b""
    for name, (kind, count, block) in reversed(kinds.items()):
        header[name] = {"dtype": kind, "shape": [count], "data_offsets": [len(numbers), len(numbers) + len(block)]}
        numbers += block
    text = json.dumps(header).encode()
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(text)) + text + numbers)
    with TensorFile(tmp_path / "x") as file:
        contents = {name: (stored.dtype, stored.tolist()) for name, stored in file.tensors.items()}
    assert contents == {"a": ("uint8", [1]), "b": ("float32", [1.0, -2.0]), "c": ("float64", [0.0])}


# ---- Limits ----------------------------------------------------------------------------------------------------------


def described(count: int, entry: Callable[[int], dict[str, Any]]) -> bytes:
    text = json.dumps({f"t{number:07d}": entry(number) for number in range(count)}, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    ("count", "message", "memory"),
    [(30_000, "does not fit: it begins with", 1_000_000), (5_000, "does not fit the model", 10_000_000)],
)
def test_a_file_of_many_empty_arrays_takes_neither_time_nor_memory(
    count: int, message: str, memory: int, tmp_path: Path
) -> None:
    path, model = tmp_path / "x", MLP(2, [2], rng=0)
    path.write_bytes(described(count, lambda _: {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message):
            load(model, path)
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()


def test_what_does_not_fit_is_not_read(tmp_path: Path) -> None:
    path, model = tmp_path / "x", MLP(2, [2], rng=0)
    write(path, {"layers.0.weight": np.zeros((1000, 2000)), "other": np.zeros(1_000_000)})
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"should have shape \[2, 2\], but has \[1000, 2000\]"):
            load(model, path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_what_nobody_could_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_file, "LONGEST", 1000)
    with pytest.raises(InputError, match=r"at most 1000 bytes, .*, got \d+ bytes for 20 arrays; keep parameters in"):
        write(tmp_path / "x", {f"t{number}": np.zeros(1) for number in range(20)})
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_many_arrays_is_read(tmp_path: Path) -> None:
    model, other = MLP(1, [1] * 300, rng=0), MLP(1, [1] * 300, rng=1)
    save(model, tmp_path / "x")
    load(other, tmp_path / "x")
    assert other.state_dict() == model.state_dict()
