"""Attributes of modules: what is a parameter, what is state, and what is refused because it would be neither."""

import copy
import pickle
import types
import warnings
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import InputError, Value
from autograd_core.transforms.trees import flatten
from nn import Linear, Module, ParameterWarning
from nn.optim import SGD


class Bag(Module):
    """A module whose attributes are the keyword arguments."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


def names(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


@dataclass
class Pair:
    weight: Any
    bias: Any
    note: Any = field(default=None, metadata={"static": True})


def leaf() -> Value:
    return Value(1.0)


def array_of(tree: Any) -> Any:
    array = np.empty(len(tree), dtype=object)
    array[:] = tree
    return array


# ---- Where parameters are found --------------------------------------------------------------------------------------

TREES = st.recursive(
    st.builds(leaf) | st.just(1.5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.builds(Pair, inner, inner)
        | st.lists(st.builds(leaf) | st.just(1.5), min_size=1, max_size=3).map(array_of)
    ),
    max_leaves=12,
)


@given(TREES)
def test_a_module_finds_all_that_a_function_of_a_tree_does(tree: Any) -> None:
    expected = [item for item in flatten(tree) if isinstance(item, Value)]
    assert [id(p) for p in Bag(tree=tree).parameters()] == [id(item) for item in expected]


def test_parameters_in_arrays_are_named_by_their_place_trained_and_stored_in_their_shape() -> None:
    model = Bag(
        row=np.array([leaf(), leaf()]), matrix=np.array([[leaf()], [leaf()]]), one=np.array(leaf()),
        mixed=np.array([leaf(), 2.0], dtype=object),
    )  # fmt: skip
    assert names(model) == ["row.0", "row.1", "matrix.0.0", "matrix.1.0", "one", "mixed.0"]
    assert [p.label for p in model.parameters()] == names(model)
    assert model.state_dict() == {"row": [1.0, 1.0], "matrix": [[1.0], [1.0]], "one": 1.0, "mixed.0": 1.0}
    optimizer = SGD(model.parameters(), lr=0.5)
    (model.row * np.array([1.0, 2.0])).sum().backward()  # type: ignore[attr-defined]
    optimizer.step()
    assert model.state_dict()["row"] == [0.5, 0.0]
    model.load_state_dict(model.state_dict() | {"matrix": np.array([[3.0], [4.0]])})
    assert model.matrix[1, 0].data == 4.0  # type: ignore[attr-defined]
    assert model.freeze("matrix").num_parameters(trainable_only=True) == 4


def test_arrays_of_parameters_are_saved_and_loaded(tmp_path: Any) -> None:
    model, other = (Bag(w=np.array([[Value(x), Value(2.0)]])) for x in (1.0, 5.0))
    nn.save(model, tmp_path / "model.safetensors")
    nn.load(other, tmp_path / "model.safetensors")
    assert other.state_dict() == model.state_dict() == {"w": [[1.0, 2.0]]}


def test_an_array_may_stand_in_a_group_of_parameters() -> None:
    class Grouped(Bag):
        def tensors(self) -> Any:
            return {"weight": self.w}  # type: ignore[attr-defined]

    assert Grouped(w=np.array([[leaf(), leaf()]])).state_dict() == {"weight": [[1.0, 1.0]]}


def test_arrays_and_dataclasses_may_hold_modules() -> None:
    part = Linear(1, 1)
    model = Bag(parts=array_of([part, [Linear(1, 1)]]), pair=Pair(Linear(1, 1, bias=False), None))
    assert names(model) == [
        *("parts.0.neurons.0.w.0", "parts.0.neurons.0.b", "parts.1.0.neurons.0.w.0", "parts.1.0.neurons.0.b"),
        "pair.weight.neurons.0.w.0",
    ]
    assert not any(module.training for module in model.eval().modules())


def test_fields_that_are_marked_static_are_no_parameters() -> None:
    @dataclass(eq=False)
    class Model(Module):
        weight: Value = field(default_factory=leaf)
        fixed: Value = field(default_factory=leaf, metadata={"static": True})

    assert names(Model()) == ["weight"]
    assert names(Bag(pair=Pair(leaf(), 0.0, note=leaf()))) == ["pair.weight"]


def test_a_field_that_is_not_set_yet_holds_nothing() -> None:
    @dataclass
    class Later:
        weight: Value
        cache: Any = field(init=False)

    assert names(Bag(later=Later(leaf()))) == ["later.weight"]


def test_dicts_of_all_kinds_are_entered() -> None:
    assert names(Bag(a=OrderedDict(x=leaf()), b=defaultdict(list, y=[leaf()]))) == ["a.x", "b.y.0"]


# ---- What is refused -------------------------------------------------------------------------------------------------


class Plain:
    def __init__(self) -> None:
        self.w = [leaf()]


class Slotted:
    __slots__ = ("w",)

    def __init__(self) -> None:
        self.w = leaf()


def namespace(value: object) -> object:
    return SimpleNamespace(inner=[value])


HIDING: dict[str, Callable[[Value | Linear], object]] = {
    "set": lambda v: {v},
    "frozenset": lambda v: frozenset([v]),
    "deque": lambda v: deque([v]),
    "dict_values": lambda v: {"a": v}.values(),
    "mappingproxy": lambda v: MappingProxyType({"a": v}),
    "UserList": lambda v: UserList([v]),
    "UserDict": lambda v: UserDict({"a": v}),
    "ChainMap": lambda v: ChainMap({"a": v}),
    "SimpleNamespace": namespace,
    "partial": lambda v: partial(max, v),
}


@pytest.mark.parametrize("kind", HIDING)
@pytest.mark.parametrize("made", [leaf, lambda: Linear(1, 1)])
def test_a_container_in_which_parameters_are_not_found_is_refused_by_name(kind: str, made: Any) -> None:
    with pytest.raises(InputError, match=rf"Bag keeps Values in 'hidden', in an object of type {kind}, .* a list, "):
        Bag(hidden=HIDING[kind](made()))
    with pytest.raises(InputError, match=r"in 'parts\.0\.a'.*non_parameter_names = \('parts',\)"):
        Bag(parts=[{"a": HIDING[kind](made())}])


@pytest.mark.parametrize("kind", [Plain, Slotted])
def test_an_object_that_keeps_values_and_is_no_module_is_refused(kind: Any) -> None:
    with pytest.raises(InputError, match=rf"object of type {kind.__name__}.* or Module"):
        Bag(neurons=[kind()])


def test_frames_of_pandas_that_hold_values_are_refused() -> None:
    pandas = pytest.importorskip("pandas")
    for hiding in (pandas.Series([leaf()]), pandas.DataFrame({"a": [leaf()]})):
        with pytest.raises(InputError, match=f"object of type {type(hiding).__name__}"):
            Bag(hidden=hiding)
    Bag(features=pandas.DataFrame({"a": [1.0]}))


def test_a_value_of_the_class_is_refused_unless_the_module_has_its_own() -> None:
    class Shared(Module):
        w = Value(1.0)

    class Own(Module):
        w: Any = Value(1.0)

        def __init__(self) -> None:
            self.w = Value(2.0)

    with pytest.raises(InputError, match=r"Shared keeps Values in 'w', an attribute of the class .* in __init__"):
        Shared()
    assert names(Own()) == ["w"]


def test_what_is_found_elsewhere_or_is_no_leaf_is_not_refused() -> None:
    part = Linear(1, 1)
    Bag(part=part, known={part}, order=deque(part.parameters()), optimizer=SGD(part.parameters(), lr=0.1))
    Bag(outputs={leaf() * 2.0}, table={leaf(): "a"}, words={"a"}, kind=Plain, function=Plain().__init__)  # type: ignore[misc]


def test_names_of_state_are_not_refused_and_no_parameters() -> None:
    class Model(Bag):
        non_parameter_names = ("hidden", "teacher")

    assert Model(hidden={leaf()}, teacher=Linear(1, 1), w=leaf()).state_dict() == {"w": 1.0}


# ---- What a module assigns while it is called ------------------------------------------------------------------------


class Recalls(Module):
    """A module that keeps its input in the way it is told."""

    def __init__(self, keep: Callable[[Any, Any], object]) -> None:
        self.w, self.seen, self.last = Value(2.0), list[Any](), dict[str, Any](x=None)
        self.keep = keep

    def __call__(self, x: Any) -> Any:
        self.keep(self, x)
        return self.w * ag.sum(flatten(x)) if not isinstance(x, Value) else self.w * x


def assign(name: str, function: Callable[[Any], Any] = lambda x: x) -> Callable[[Any, Any], object]:
    return lambda self, x: setattr(self, name, function(x))


KEEPING: dict[str, Callable[[Any, Any], object]] = {
    "x": assign("x"),
    "xs": assign("xs", lambda x: [x, x]),
    "by_name": assign("by_name", lambda x: {"x": (x,)}),
    "array": assign("array", lambda x: np.array([x])),
    "pair": assign("pair", lambda x: Pair(x, x)),
    "own": lambda self, x: vars(self).update(own=x),
    "seen": lambda self, x: self.seen.append(x),
    "last": lambda self, x: self.last.update(x=x),
}


@pytest.mark.parametrize("name", KEEPING)
def test_what_a_call_keeps_is_state_and_a_warning_says_so_once(name: str) -> None:
    class Model(Recalls): ...

    model, x = Model(KEEPING[name]), Value(3.0)
    with pytest.warns(
        ParameterWarning, match=rf"'{name}'.*non_parameter_names = \('{name}',\).*parameter_names = "
    ) as record:
        model(x)
    assert [warning.filename for warning in record] == [__file__]
    Model(KEEPING[name])(x)  # a second warning would be an error
    model(x)
    assert (names(model), model.state_dict(), x.label) == (["w"], {"w": 2.0}, "")
    assert hasattr(model, name)
    twin = copy.deepcopy(model)
    assert names(twin) == ["w"]


def test_an_input_is_not_moved_by_the_next_step() -> None:
    class Model(Recalls):
        non_parameter_names = ("x",)

    model, x = Model(assign("x")), Value(3.0)
    for _ in range(3):
        model.zero_grad()
        model(x).backward()
        SGD(model.parameters(), lr=0.1).step()
    assert model.x is x  # type: ignore[attr-defined]
    assert (x.data, x.grad != 0.0, model.w.data) == (3.0, True, 2.0 - 3 * 0.1 * 3.0)


def test_a_copy_of_a_module_that_was_called_knows_its_state() -> None:
    model = Keeps()
    with pytest.warns(ParameterWarning):
        model(Value(1.0))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert names(twin) == ["w"]
        assert twin.x is not model.x


class Keeps(Module):
    """At the level of the file, so that it can be pickled."""

    x: Any

    def __init__(self) -> None:
        self.w = Value(2.0)

    def __call__(self, x: Any) -> Any:
        self.x = x
        return self.w * x


def test_names_of_parameters_are_parameters_whenever_they_are_assigned() -> None:
    class Lazy(Module):
        parameter_names = ("w",)
        w: Any = None

        def __call__(self, x: list[float]) -> Any:
            if self.w is None:
                self.w = [Value(0.5) for _ in x]
            return ag.dot(self.w, x)

    model = Lazy()
    assert model([1.0, 2.0]).data == 1.5
    assert names(model) == ["w.0", "w.1"]


def test_layers_made_at_the_first_call_are_in_doubt_too() -> None:
    class Lazy(Module):
        layer: Any = None

        def __call__(self, x: list[float]) -> Any:
            self.layer = self.layer or Linear(len(x), 1)
            return self.layer(x)

    with pytest.warns(ParameterWarning, match="'layer'"):
        Lazy()([1.0])


def test_outputs_are_kept_without_a_word_also_when_they_are_leaves_later() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

        def __call__(self, x: float) -> Any:
            self.out = self.w * x
            return self.out

    model = Model()
    model(3.0)
    with nn.evaluating(model):
        model(3.0)
    assert (model.out.op, names(model)) == (None, ["w"])


def test_what_a_call_makes_of_parameters_alone_stays_as_it_was() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.w, self.first = [Value(1.0), Value(2.0)], Value(3.0)

        def __call__(self, x: float) -> Any:
            self.w, self.chosen = self.w[::-1], self.first
            return self.w[0] * x * self.first

    model = Model()
    model(1.0)
    assert [(name, p.data) for name, p in model.named_parameters()] == [("w.0", 2.0), ("w.1", 1.0), ("first", 3.0)]


def test_what_was_state_is_a_parameter_only_if_the_class_says_so() -> None:
    class Named(Keeps):
        parameter_names = ("x",)

    model, named = Keeps(), Named()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(Value(1.0))
        named(Value(1.0))
    model.x = named.x = Value(2.0)
    assert names(model) == ["w"]
    assert sorted(names(named)) == ["w", "x"]


def test_a_call_that_fails_or_calls_itself_notes_what_it_assigned() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x: Any, depth: int = 0) -> Any:
            setattr(self, f"x{depth}", x)
            if depth == 2:
                raise KeyError(depth)
            return self(x, depth + 1)

    model = Model()
    with pytest.warns(ParameterWarning), pytest.raises(KeyError):
        model(Value(1.0))
    assert (names(model), hasattr(model, "x2")) == (["w"], True)


def test_calls_through_forward_and_inherited_calls_are_watched() -> None:
    class Forward(Module):
        def forward(self, x: Value) -> Any:
            self.x = x
            return x * 2.0

    class Base(nn.MLP):
        def __init__(self) -> None:
            super().__init__(1, [1])
            self.heads = [Linear(1, 1)]

    class Mixin:
        def __call__(self, x: Value) -> Value:
            self.x = x
            return x

    class Mixed(Mixin, Module): ...

    with pytest.warns(ParameterWarning):
        Forward().forward(Value(1.0))
    with pytest.warns(ParameterWarning):
        Mixed()(Value(1.0))
    assert len(Base()([1.0]).inputs) == 2


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"non_parameter_names": "x"}, "expected non_parameter_names of Model to be a tuple of names, got 'x'"),
        ({"parameter_names": (1,)}, "expected parameter_names of Model"),
        (
            {"parameter_names": ("x",), "non_parameter_names": ("x", "y")},
            "Model names 'x' in non_parameter_names and in",
        ),
    ],
)
def test_names_that_make_no_sense_are_refused(names: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        types.new_class("Model", (Module,), {}, lambda body: body.update(names))


IDLE = Value(1.0)
LIBRARY: dict[str, tuple[Callable[[], Module], Any]] = {
    "Neuron": (lambda: nn.Neuron(2), [IDLE, IDLE]),
    "Layer": (lambda: nn.Layer(2, 2), [IDLE, IDLE]),
    "MLP": (lambda: nn.MLP(2, [2, 1]), [IDLE, IDLE]),
    "Sequential": (lambda: nn.Sequential(nn.Linear(2, 2), nn.Dropout()), [IDLE, IDLE]),
    "ReLU": (nn.ReLU, [IDLE, IDLE]),
    "Softmax": (nn.Softmax, [IDLE, IDLE]),
    "Dropout": (nn.Dropout, [IDLE, IDLE]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(1), [[IDLE], [IDLE]]),
    "LayerNorm": (lambda: nn.LayerNorm(2), [IDLE, IDLE]),
    "RMSNorm": (lambda: nn.RMSNorm(2), [IDLE, IDLE]),
    "Embedding": (lambda: nn.Embedding(2, 2), [0, 1]),
    "Conv1d": (lambda: nn.Conv1d(1, 1, 2), [[IDLE, IDLE]]),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), [[IDLE, IDLE]]),
    "LSTM": (lambda: nn.LSTM(1, 2), [[IDLE], [IDLE]]),
    "GRU": (lambda: nn.GRU(1, 2), [[IDLE], [IDLE]]),
    "CausalSelfAttention": (lambda: nn.CausalSelfAttention(2, 1), [[IDLE, IDLE]]),
    "Flatten": (nn.Flatten, [[IDLE]]),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_modules_of_the_library_whose_calls_are_not_watched_keep_no_inputs(name: str) -> None:
    made, x = LIBRARY[name]
    module = made()
    before = [id(parameter) for parameter in module.parameters()]
    module(x)
    assert [id(parameter) for parameter in module.parameters()] == before


def test_state_stays_state_when_it_is_set_anew_from_outside() -> None:
    class Cell(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5)
            self.h: Any = 0.0

        def __call__(self, x: Any) -> Any:
            self.h = (self.w * self.h + x).tanh()
            return self.h

    cell = Cell()
    for start in (Value(0.0), Value(0.3), 0.0):
        cell(1.0)
        cell.h = start
        assert cell.parameters() == [cell.w]
        assert list(cell.state_dict()) == ["w"]


def test_a_parameter_that_a_call_replaces_is_said_to_be_one_no_more() -> None:
    class Cell(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5)
            self.h = Value(0.0)

        def __call__(self, x: Any) -> Any:
            self.h = (self.w * self.h + x).tanh()
            return self.h

    cell = Cell()
    with pytest.warns(nn.ParameterWarning, match="attribute 'h' while it was called"):
        cell(1.0)
    assert cell.parameters() == [cell.w]
