"""Values that a module keeps where no walk finds them, at any time; and what the names of a class and its bases say."""

import itertools
from collections import UserDict, UserList, deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

import nn
from autograd_core import InputError, Value
from nn import Linear, Module
from nn.optim import SGD


class Bag(Module):
    """A module whose attributes are the keyword arguments."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Words(set[Any]):
    """A set of a class of its own, over which a loop gives something else."""

    def __iter__(self) -> Any:
        return iter(())


HIDING: dict[str, Callable[[Any], Any]] = {
    "set": lambda v: {v},
    "frozenset": lambda v: frozenset([("w", v)]),
    "Words": lambda v: Words([v]),
    "deque": lambda v: deque([[v]]),
    "UserList": lambda v: UserList([v]),
    "UserDict": lambda v: UserDict(w=v),
    "SimpleNamespace": lambda v: SimpleNamespace(w=v),
    "dict_values": lambda v: {"w": v}.values(),
    "list_iterator": lambda v: iter([v]),
    "dict_itemiterator": lambda v: iter({"w": v}.items()),
}


@pytest.mark.parametrize("kind", HIDING)
@pytest.mark.parametrize("made", [lambda: Value(1.0), lambda: Linear(1, 1)])
@pytest.mark.parametrize("walk", [Module.parameters, Module.named_parameters, Module.state_dict, Module.zero_grad])
def test_what_is_hidden_after_construction_is_found_at_the_next_walk(kind: str, made: Any, walk: Any) -> None:
    model = Bag(w=Value(1.0), part=Bag(deep=[None]))
    hidden = model.part.deep[0] = HIDING[kind](made())  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=rf"Bag keeps Values in 'part.deep.0', in an object of type {kind}, .* a list"):
        walk(model)
    model.part.deep[0] = None  # type: ignore[attr-defined]
    assert len(model.parameters()) == 1
    with pytest.raises(InputError, match=f"of type {kind}"):
        Bag(hidden=hidden)


def test_a_set_that_is_filled_later_is_found() -> None:
    model = Bag(w=Value(1.0), kept=set(), numbers={1.0, 2.0}, words=deque("ab"))
    assert len(model.parameters()) == 1
    model.kept.add(model.w)  # type: ignore[attr-defined]
    model.kept.add(Value(1.0) * 2.0)  # type: ignore[attr-defined]
    assert len(model.parameters()) == 1
    model.kept.add(Value(2.0))  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"in 'kept'.*non_parameter_names = \('kept',\)"):
        SGD(model.parameters(), lr=0.1)


def test_a_class_that_says_what_is_trained_is_not_searched() -> None:
    class Own(Bag):
        def parameters(self) -> list[Value]:
            return list(self.hidden)  # type: ignore[attr-defined]

    model = Own(hidden={Value(1.0)})
    model.more = {Value(1.0)}  # type: ignore[attr-defined]
    assert (len(model.parameters()), model.named_parameters()) == (1, [])


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("map", lambda: map(Value, [1.0, 2.0])),
        ("filter", lambda: filter(None, [Value(1.0)])),
        ("zip", lambda: zip([Value(1.0)], [Value(2.0)], strict=True)),
        ("enumerate", lambda: enumerate([Value(1.0)])),
        ("generator", lambda: (Value(x) for x in (1.0, 2.0))),
    ],
)
def test_what_looking_would_use_up_is_refused_and_not_used_up(kind: str, make: Callable[[], Any]) -> None:
    made = make()
    with pytest.raises(InputError, match=rf"an object of type {kind} in 'ws', which would be used up .* keep a list"):
        Bag(ws=made)
    assert len(list(made)) == len(list(make()))
    model = Bag(w=Value(1.0))
    model.parts = [make()]  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=rf"of type {kind} in 'parts.0'.*non_parameter_names = \('parts',\)"):
        model.parameters()

    class Reader(Bag):
        non_parameter_names = ("ws",)

    assert Reader(ws=make()).parameters() == []


def test_iterators_that_hold_no_values_are_no_matter() -> None:
    iterator = iter([1.0, 2.0])
    model = Bag(count=itertools.count(), items=iterator, keys=iter({"a": 1}))
    assert model.parameters() == []
    assert next(iterator) == 1.0


# ---- Calls -----------------------------------------------------------------------------------------------------------


def test_what_a_call_adds_to_a_set_is_state() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)
            self.last, self.seen = deque[Value](maxlen=2), set[Value]()

        def __call__(self, x: Value) -> Any:
            self.last.append(x)
            self.seen.add(x)
            self.both = {x}
            self.lazy = map(Value, [1.0])
            return self.w * x

    model = Model()
    for _ in range(3):
        model(Value(3.0))
        assert model.parameters() == [model.w]


@pytest.mark.filterwarnings("error")
def test_a_call_with_yield_or_await_keeps_state() -> None:
    class Talking(Module):
        non_parameter_names = ()

        def __init__(self) -> None:
            self.w = Value(2.0)

        def __call__(self, xs: list[Value]) -> Any:
            for x in xs:
                self.x = x
                sent = yield self.w * x
                self.sent = sent
            return "done"

    class Waiting(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

        async def __call__(self, x: Value) -> Any:
            self.x = x
            return self.w * x

    talking, waiting = Talking(), Waiting()
    talk = talking([Value(3.0), Value(4.0)])
    assert "x" not in vars(talking)
    with pytest.warns(nn.ParameterWarning, match="Talking assigned Values to its attribute 'x' while it was called"):
        assert next(talk).data == 6.0
    assert talking.parameters() == [talking.w]
    talking.later = Value(5.0)  # type: ignore[attr-defined]  # between two stretches, from outside
    with pytest.warns(nn.ParameterWarning, match="'sent'"):
        assert talk.send(Value(1.0)).data == 8.0
    assert talking.parameters() == [talking.w, talking.later]  # type: ignore[attr-defined]
    with pytest.raises(StopIteration, match="done"):
        next(talk)
    with pytest.warns(nn.ParameterWarning, match="Waiting assigned"), pytest.raises(StopIteration):
        waiting(Value(3.0)).send(None)
    assert waiting.parameters() == [waiting.w]


def test_what_a_parent_assigns_to_its_child_is_state() -> None:
    class Child(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

    class Parent(Module):
        def __init__(self) -> None:
            self.child, self.line = Child(), Linear(1, 1)
            self.children_of, self.named = [Child()], {"a": Child()}

        def __call__(self, x: Value) -> Any:
            modules: list[Any] = [self.child, self.line, self.children_of[0], self.named["a"]]
            for module in modules:
                module.x = x
            return self.child.w * x

    model = Parent()
    before = [name for name, _ in model.named_parameters()]
    with pytest.warns(nn.ParameterWarning) as told:
        model(Value(3.0))
    model(Value(4.0))
    assert [name for name, _ in model.named_parameters()] == before
    assert [str(warning.message).partition(" while")[0] for warning in told] == [
        "Parent assigned Values to the Child's attribute 'x'",
        "Parent assigned Values to the Linear's attribute 'x'",
    ]
    assert model.child.x.data == 4.0  # type: ignore[attr-defined]


def test_a_parent_that_calls_its_children_notes_nothing_of_what_they_are_made_of() -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.norm = nn.BatchNorm1d(1)
            self.net = nn.Sequential(Linear(1, 2), nn.Dropout(0.5, rng=0))

        def __call__(self, x: Any) -> Any:
            return [self.net(row) for row in self.norm(x)]

    model = Model()
    before = list(vars(model.norm)), model.named_parameters()
    model([[1.0], [2.0]])
    assert (list(vars(model.norm)), model.named_parameters()) == before


# ---- Names of classes ------------------------------------------------------------------------------------------------


def test_names_of_a_subclass_join_those_of_its_bases() -> None:
    class Base(Bag):
        non_parameter_names: ClassVar[tuple[str, ...]] = ("teacher", "cache")

    class Other(Bag):
        parameter_names: ClassVar[tuple[str, ...]] = ("late", "cache")

    class Model(Base, Other):
        non_parameter_names = ("hidden",)

    class Turned(Model):
        parameter_names = ("teacher",)

    assert set(Model.non_parameter_names) == {
        "hidden",
        "teacher",
        "cache",
    }  # of bases that disagree the first one counts
    assert Model.parameter_names == ("late",)
    assert Model(teacher=Value(1.0), hidden={Value(1.0)}, w=Value(1.0)).state_dict() == {"w": 1.0}
    assert Turned(teacher=Value(1.0), hidden=Value(1.0)).state_dict() == {"teacher": 1.0}
    assert set(Base.non_parameter_names) == {"teacher", "cache"}
