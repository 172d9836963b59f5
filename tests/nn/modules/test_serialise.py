"""Parameters on disk: exact round trips, and files that do not fit."""

import json
import math
import os
import pickle
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.layers.dense import MLP, Linear, Neuron
from nn.layers.embedding import Embedding
from nn.modules.module import Module
from nn.modules.serialise import load, save
from nn.modules.tensor_file import NotFiniteWarning
from written import POSIX


class Model(Module):
    """A network inside a model of the user's own, with parameters beside it."""

    def __init__(self, seed: int = 0) -> None:
        self.body = MLP(2, [3, 1], rng=seed)
        self.scale = Value(float(seed))
        self.table = {"a": Value(float(seed + 1))}
        self.head = self.body.layers[1]  # shared, so stored once


def bits(model: Module) -> list[bytes]:
    return [struct.pack("<d", p.data) for p in model.parameters()]


def test_a_round_trip_is_exact_and_touches_data_only(tmp_path: Path) -> None:
    source, target = Model(1), Model(2)
    target.scale.grad, target.scale.label = 3.0, "mine"
    save(source, tmp_path / "model.safetensors")
    load(target, tmp_path / "model.safetensors")
    assert bits(target) == bits(source)
    assert (target.scale.grad, target.scale.label) == (3.0, "mine")
    assert os.listdir(tmp_path) == ["model.safetensors"]  # noqa: PTH208 - hidden files count


@given(st.lists(st.floats(), min_size=3, max_size=3))
def test_every_float_survives(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    path = tmp_path_factory.mktemp("floats") / "neuron.safetensors"
    source, target = Neuron(2, rng=0), Neuron(2, rng=1)
    for parameter, number in zip(source.parameters(), numbers, strict=True):
        parameter.data = number
    save(source, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotFiniteWarning)
        load(target, path)
    assert bits(target) == bits(source)


def test_the_file_holds_one_tensor_per_array_of_a_layer(tmp_path: Path) -> None:
    model, path = Model(1), tmp_path / "model.safetensors"
    save(model, path)
    tensors = load_file(path)
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "body.layers.0.weight": (3, 2),
        "body.layers.0.bias": (3,),
        "body.layers.1.weight": (1, 3),
        "body.layers.1.bias": (1,),
        "scale": (),
        "table.a": (),
    }
    assert all(tensor.dtype == np.float64 for tensor in tensors.values())
    assert tensors["body.layers.0.weight"][2, 1] == model.body.layers[0].neurons[2].w[1].data


def test_parameters_that_a_group_leaves_out_are_saved_under_their_own_name(tmp_path: Path) -> None:
    class Gated(Neuron):
        def __init__(self) -> None:
            super().__init__(2, rng=0)
            self.gate = Value(0.5)

    save(Gated(), tmp_path / "gated.safetensors")
    assert sorted(load_file(tmp_path / "gated.safetensors")) == ["bias", "gate", "weight"]


def test_two_tensors_of_one_name_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    class Biased(Neuron):
        def __init__(self) -> None:
            super().__init__(2, rng=0)
            self.bias = Value(0.5)

    with pytest.raises(InputError, match=r"two tensors of Biased would be named 'bias'; rename"):
        save(Biased(), tmp_path / "biased.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_the_message_about_a_very_different_file_stays_short(tmp_path: Path) -> None:
    save(MLP(1, [1] * 50, rng=0), tmp_path / "deep.safetensors")
    with pytest.raises(InputError, match=r"unknown to the model are .* and 96 more$") as caught:
        load(Neuron(2), tmp_path / "deep.safetensors")
    assert len(str(caught.value)) < 500


@POSIX  # Windows lets few users make links
def test_saving_replaces_a_file_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.safetensors", tmp_path / "link.safetensors"
    save(Model(1), real)
    link.symlink_to(real)
    save(Model(2), link)
    assert link.is_symlink()
    model = Model(3)
    load(model, real)
    assert bits(model) == bits(Model(2))


class Counter(Module):
    """A module with buffers."""

    buffer_names = ("mean", "count")

    def __init__(self) -> None:
        self.w, self.mean, self.count = Value(1.0), [0.5, 0.25], 3


def test_buffers_are_saved_too_and_counts_as_integers(tmp_path: Path) -> None:
    source, target = Counter(), Counter()
    source.mean, source.count = [math.pi, -0.0], 2**63 - 1
    save(source, tmp_path / "x")
    tensors = load_file(tmp_path / "x")
    assert {name: (tensor.dtype.name, tensor.shape) for name, tensor in tensors.items()} == {
        "w": ("float64", ()),
        "mean": ("float64", (2,)),
        "count": ("int64", ()),
    }
    load(target, tmp_path / "x")
    assert (repr(target.mean), target.count) == (repr(source.mean), source.count)
    assert type(target.count) is int


def test_a_buffer_that_counts_takes_no_floats(tmp_path: Path) -> None:
    save_file({"w": np.array(0.0), "mean": np.zeros(2), "count": np.array(1.0)}, tmp_path / "x")
    model = Counter()
    with pytest.raises(InputError, match="count should hold ints, but holds float64"):
        load(model, tmp_path / "x")
    assert model.w.data == 1.0


def test_a_count_beyond_64_bits_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    model = Counter()
    model.count = 2**63
    with pytest.raises(InputError, match="expected the buffer count to be an int of 64 bits, got 9223372036854775808"):
        save(model, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_buffer_survives(tmp_path: Path) -> None:
    model = Counter()
    model.mean = []
    save(model, tmp_path / "x")
    load(model, tmp_path / "x")
    assert model.mean == []


def test_the_file_holds_what_state_dict_returns(tmp_path: Path) -> None:
    model = Model(1)
    save(model, tmp_path / "x")
    state = model.state_dict()
    tensors = load_file(tmp_path / "x")
    assert {name: tensor.tolist() for name, tensor in tensors.items()} == state
    other = Model(2)
    other.load_state_dict(tensors)
    assert other.state_dict() == state


def test_the_path_may_be_text(tmp_path: Path) -> None:
    save(Model(1), str(tmp_path / "m"))
    load(Model(1), str(tmp_path / "m"))


def test_a_failed_save_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.safetensors"
    save(Model(1), path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(Model(2), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@POSIX
def test_whoever_reads_the_old_file_still_reads_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save(Model(1), path)
    before = path.read_bytes()
    with path.open("rb") as reader:
        save(Model(2), path)
        assert reader.read() == before != path.read_bytes()


def test_a_folder_that_does_not_exist_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save(Model(1), tmp_path / "nowhere" / "model.safetensors")
    with pytest.raises(FileNotFoundError):
        load(Model(1), tmp_path / "nothing.safetensors")


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_files_of_other_tools_with_narrower_floats_are_read_exactly(dtype: Any, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": np.array([0.1, -2.0], dtype), "bias": np.array(0.5, dtype)}, path)
    neuron = Neuron(2)
    load(neuron, path)
    assert [p.data for p in neuron.parameters()] == [float(dtype(0.1)), -2.0, 0.5]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_files_of_integers_are_read_exactly(dtype: str, tmp_path: Path) -> None:
    save_file({"weight": np.array([3, 127], dtype), "bias": np.array(0, dtype)}, tmp_path / "x")
    neuron = Neuron(2)
    load(neuron, tmp_path / "x")
    assert [p.data for p in neuron.parameters()] == [3.0, 127.0, 0.0]


def test_files_of_brain_floats_are_read_exactly(tmp_path: Path) -> None:
    halves = struct.pack("<3H", 0x3DCD, 0xFF80, 0x0001)  # the upper halves of floats of 32 bits
    (tmp_path / "x").write_bytes(
        header(
            {
                "weight": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
                "bias": {"dtype": "BF16", "shape": [], "data_offsets": [4, 6]},
            },
            halves,
        )
    )
    neuron = Neuron(2)
    with pytest.warns(NotFiniteWarning, match=r"weight \(-inf at \[1\]\)$"):
        load(neuron, tmp_path / "x")
    assert [p.data for p in neuron.parameters()] == [0.10009765625, -math.inf, 2.0**-133]


def test_a_file_of_a_tied_model_may_have_either_name_or_both(tmp_path: Path) -> None:
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    for names in (["embedding.weight"], ["proj.weight"], ["embedding.weight", "proj.weight"]):
        save_file(dict.fromkeys(names, table), tmp_path / "x")
        model = Tied()
        load(model, tmp_path / "x")
        assert [[w.data for w in neuron.w] for neuron in model.proj.neurons] == table.tolist()
        assert model.embedding.weight[1] is model.proj.neurons[1].w


class Tied(Module):
    """An embedding whose table is the weight of the last layer, too."""

    def __init__(self) -> None:
        self.embedding, self.proj = Embedding(2, 2, rng=0), Linear(2, 2, bias=False, rng=0)
        for neuron, row in zip(self.proj.neurons, self.embedding.weight, strict=True):
            neuron.w = row


def header(description: Any, data: bytes = b"") -> bytes:
    text = description if isinstance(description, bytes) else json.dumps(description).encode()
    return struct.pack("<Q", len(text)) + text + data


def good() -> dict[str, np.ndarray[Any, Any]]:
    return {"weight": np.array([1.0, 2.0]), "bias": np.array(3.0)}


def from_arrays(arrays: dict[str, Any]) -> Callable[[Path], object]:
    return lambda path: save_file(arrays, path)


def from_bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def described(**tensors: Any) -> bytes:
    """A file with these descriptions and 24 bytes of numbers."""
    return header(tensors, bytes(24))


def entry(dtype: Any = "F64", shape: Any = (2,), offsets: Any = (0, 16), **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


class Exploit:
    """Unpickling it would leave a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("exploited",)


def sparse(content: bytes, size: int = 100_000_000_000) -> Callable[[Path], object]:
    """The content, and then so many zeros that take no place on the disk."""

    def write(path: Path) -> None:
        path.write_bytes(content)
        os.truncate(path, len(content) + size)

    return write


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (from_bytes(b""), "not a complete safetensors file"),
    "text": (from_bytes(b"weights: none, really none"), "not a complete safetensors file"),
    "zip": (from_bytes(b"PK\x03\x04" + bytes(100)), "not a complete safetensors file"),
    "header only": (from_bytes(struct.pack("<Q", 2**62)), "not a complete safetensors file"),
    "not json": (from_bytes(header(b"{{{{")), "not a complete safetensors file"),
    "data missing": (
        from_bytes(header({"weight": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}})),
        "not a complete safetensors file",
    ),
    "overlap": (
        from_bytes(header({n: {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]} for n in "ab"}, bytes(16))),
        "not a complete safetensors file",
    ),
    "header of 2^64 bytes": (from_bytes(b"\xff" * 8 + b"{}"), "not a complete safetensors file"),
    "header longer than the file": (from_bytes(struct.pack("<Q", 1000) + b"{}"), "not a complete safetensors file"),
    "header of no bytes": (from_bytes(bytes(8)), "not a complete safetensors file"),
    "header is a list": (from_bytes(header([1, 2])), "not a complete safetensors file"),
    "header is no text": (from_bytes(header(b"\xff\xfe{}")), "not a complete safetensors file"),
    "header nested deeply": (from_bytes(header(b"[" * 200_000)), "not a complete safetensors file"),
    "pickle": (from_bytes(pickle.dumps(Exploit())), "not a complete safetensors file"),
    "pickle in front": (from_bytes(struct.pack("<Q", 8) + pickle.dumps(Exploit())), "not a complete safetensors file"),
    "offsets out of range": (
        from_bytes(described(weight=entry(offsets=(0, 16)), bias=entry(shape=[], offsets=(1 << 40, (1 << 40) + 8)))),
        "not a complete safetensors file",
    ),
    "offsets backwards": (
        from_bytes(described(weight=entry(offsets=(16, 0)), bias=entry(shape=[], offsets=(16, 24)))),
        "not a complete safetensors file",
    ),
    "offsets negative": (
        from_bytes(described(weight=entry(offsets=(-16, 0)), bias=entry(shape=[], offsets=(0, 8)))),
        "not a complete safetensors file",
    ),
    "numbers nobody describes": (
        from_bytes(header({"weight": entry(), "bias": entry(shape=[], offsets=(16, 24))}, bytes(32))),
        "not a complete safetensors file",
    ),
    "100 GB by the header": (
        from_bytes(described(weight=entry(shape=[12_500_000_000], offsets=(0, 100_000_000_000)))),
        "not a complete safetensors file",
    ),
    "shape beyond 64 bits": (
        from_bytes(described(weight=entry(shape=[1 << 40, 1 << 40]), bias=entry(shape=[], offsets=(16, 24)))),
        "not a complete safetensors file",
    ),
    "shape negative": (from_bytes(described(weight=entry(shape=[-2]))), "not a complete safetensors file"),
    "shape no list": (from_bytes(described(weight=entry(shape="2"))), "not a complete safetensors file"),
    "unknown dtype": (from_bytes(described(weight=entry("F65"))), "not a complete safetensors file.*F65"),
    "dtype no text": (from_bytes(described(weight=entry([]))), "not a complete safetensors file"),
    "a name twice": (
        from_bytes(header(b'{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},"a":{}}')),
        "not a complete safetensors file",
    ),
    "metadata no texts": (from_bytes(header({"__metadata__": {"a": 1}})), "not a complete safetensors file"),
    "metadata a list": (from_bytes(header({"__metadata__": ["a"]})), "not a complete safetensors file"),
    "complex": (
        from_bytes(described(weight=entry("C64"), bias=entry(shape=[], offsets=(16, 24)))),
        "cannot be read: weight holds numbers of type C64; convert it to F32 in the tool that wrote it",
    ),
    "8-bit floats": (
        from_bytes(
            described(
                weight=entry("F8_E4M3", shape=[2], offsets=(0, 2)), bias=entry("F8_E5M2", shape=[22], offsets=(2, 24))
            )
        ),
        "cannot be read: (weight|bias) holds numbers of type F8_E[45]M[23]; convert it to F32",
    ),
    "100 GB on the disk": (
        sparse(described(weight=entry(shape=[1], offsets=(0, 8)))),
        "not a complete safetensors file",
    ),
    "100 GB of the right name": (
        sparse(header({"weight": entry(shape=[12_500_000_000], offsets=(0, 100_000_000_000))})),
        r"weight should have shape \[2\], but has \[12500000000\]",
    ),
    "100 GB of another name": (
        sparse(header({"extra": entry(shape=[12_500_000_000], offsets=(0, 100_000_000_000))})),
        "unknown to the model are extra",
    ),
    "a folder": (lambda path: path.mkdir(), "is not a regular file"),
    "no tensors": (from_arrays({}), "missing are bias, weight; unknown to the model are none"),
    "missing": (from_arrays({"weight": np.zeros(2)}), "missing are bias; unknown to the model are none"),
    "unknown": (from_arrays(good() | {"extra": np.zeros(1)}), "missing are none; unknown to the model are extra"),
    "too long": (from_arrays(good() | {"weight": np.zeros(3)}), r"weight should have shape \[2\], but has \[3\]"),
    "more dimensions": (from_arrays(good() | {"bias": np.zeros(1)}), r"bias should have shape \[\], but has \[1\]"),
    "wide ints": (
        from_arrays(good() | {"bias": np.array(2**53 + 1)}),
        "bias should hold floats, but holds the integer 9007199254740993, which no float equals",
    ),
    "bools": (from_arrays(good() | {"bias": np.array(True)}), "bias should hold floats, but holds bool"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_does_not_fit_is_one_clear_error_and_changes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, message = HOSTILE[name]
    path = tmp_path / "hostile.safetensors"
    monkeypatch.chdir(tmp_path)
    write(path)
    neuron = Neuron(2, rng=0)
    before = bits(neuron)
    with pytest.raises(InputError, match=message) as caught:
        load(neuron, path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500
    assert bits(neuron) == before
    assert list(tmp_path.iterdir()) == [path]


@POSIX
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        load(Neuron(2), tmp_path / "pipe")


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_file_damaged_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    save(Counter(), path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    model = Counter()
    before = model.state_dict()
    try:
        load(model, path)
    except InputError:
        assert model.state_dict() == before


def test_every_name_of_a_short_list_that_does_not_fit_is_given(tmp_path: Path) -> None:
    neuron = Neuron(2, rng=0)
    save_file({"weight": np.zeros(3), "stray": np.zeros(1)}, tmp_path / "x")
    with pytest.raises(InputError, match=r"missing are bias; unknown to the model are stray; weight should have shape"):
        load(neuron, tmp_path / "x")


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "neuron.safetensors"
    save(Neuron(2, rng=1), path)
    content = path.read_bytes()
    neuron = Neuron(2, rng=0)
    before = bits(neuron)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError):
            load(neuron, path)
    assert bits(neuron) == before


def test_only_modules_are_saved(tmp_path: Path) -> None:
    for act in (save, load):
        with pytest.raises(
            OperandTypeError, match="expected a Module and the name of a file, in this order, got list as Module"
        ):
            act([Value(1.0)], tmp_path / "x")  # type: ignore[arg-type]


def test_a_ragged_group_is_refused(tmp_path: Path) -> None:
    model = MLP(2, [2, 1], rng=0)
    model.layers[0].neurons[0].w.append(Value(1.0))
    with pytest.raises(ShapeError, match=r"rows of one length .* got shapes \[\(2,\), \(3,\)\]"):
        save(model, tmp_path / "x")


def test_nan_and_infinity_are_loaded_and_named(tmp_path: Path) -> None:
    source, target = MLP(2, [2, 1], rng=0), MLP(2, [2, 1], rng=1)
    source.layers[0].neurons[1].w[0].data = math.nan
    source.layers[0].neurons[1].w[1].data = source.layers[1].neurons[0].b.data = -math.inf
    save(source, tmp_path / "x")
    message = r"x holds .*: layers\.0\.weight \(nan at \[1, 0\], 2 in all\), layers\.1\.bias \(-inf at \[0\]\)$"
    with pytest.warns(NotFiniteWarning, match=message) as caught:
        load(target, tmp_path / "x")
    assert caught[0].filename == __file__
    assert bits(target) == bits(source)
