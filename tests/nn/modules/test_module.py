"""Modules: which parameters are found, in which order, under which names, and how they are labelled."""

import copy
import inspect
import pickle
import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import pytest

import nn
from autograd_core import InputError, Value
from nn import MLP, Layer, Module, Neuron, evaluating


class Bag(Module):
    """A module whose attributes are the keyword arguments."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


def names(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


def test_parameters_are_found_in_the_order_of_definition_and_named_by_their_path() -> None:
    inner = Bag(scale=Value(1.0))
    outer = Bag(
        first=Value(2.0),
        rows=[[Value(3.0), Value(4.0)], (Value(5.0),)],
        parts={"left": inner, "right": {0: Value(6.0)}},
        last=Value(7.0),
    )
    assert names(outer) == [
        *("first", "rows.0.0", "rows.0.1", "rows.1.0", "parts.left.scale", "parts.right.0", "last"),
    ]
    assert [p.data for p in outer.parameters()] == [2.0, 3.0, 4.0, 5.0, 1.0, 6.0, 7.0]
    assert [p for _, p in outer.named_parameters()] == outer.parameters()


def test_a_list_of_values_and_a_list_of_mixed_things_are_named_alike() -> None:
    assert names(Bag(w=[Value(1.0), Value(2.0)])) == names(Bag(w=[Value(1.0), Value(2.0), "text"])) == ["w.0", "w.1"]


def test_what_is_no_leaf_value_is_no_parameter() -> None:
    leaf = Value(1.0)
    module = Bag(
        leaf=leaf, output=leaf * 2.0, outputs=[leaf + 1.0, leaf], rate=0.1, name="x", nothing=None, unordered={1}
    )
    assert module.parameters() == [leaf]
    assert module.parameters()[0] is leaf


def test_values_as_keys_of_a_dict_are_no_parameters() -> None:
    assert Bag(table={Value(1.0): "a", Value(2.0): "b"}).parameters() == []


def test_a_shared_parameter_counts_once_under_its_first_name() -> None:
    shared, row = Value(1.0), [Value(2.0)]
    part = Bag(w=row)
    module = Bag(a=shared, b=[shared, shared], part=part, again=part, row=row)
    assert names(module) == ["a", "part.w.0"]
    assert len(module.parameters()) == 2


def test_equal_but_different_parameters_count_separately() -> None:
    assert len(Bag(w=[Value(1.0), Value(1.0)]).parameters()) == 2


def test_cycles_end() -> None:
    module = Bag(w=Value(1.0))
    module.myself, module.ring = module, [module]  # type: ignore[attr-defined]
    module.ring.append(module.ring)  # type: ignore[attr-defined]
    assert names(module) == ["w"]
    assert module.named_modules() == [("", module)]


def test_depth_is_no_problem() -> None:
    root = innermost = Bag()
    nested: list[Any] = [Value(2.0)]
    for _ in range(2000):
        innermost.inner = Bag()  # type: ignore[attr-defined]
        innermost = innermost.inner  # type: ignore[attr-defined]
        nested = [nested]
    innermost.w, root.nested = Value(1.0), nested  # type: ignore[attr-defined]
    assert [p.data for p in root.parameters()] == [1.0, 2.0]
    assert len(root.named_modules()) == 2001


def test_two_parameters_of_one_name_are_refused() -> None:
    module = Bag(table={1: Value(1.0), "1": Value(2.0)})
    assert len(module.parameters()) == 2
    with pytest.raises(InputError, match=r"Bag.*'table\.1'.*rename"):
        module.named_parameters()


def test_slots_are_refused_because_parameters_in_them_would_not_be_found() -> None:
    with pytest.raises(InputError, match=r"__slots__ in .*slots=True"):

        @dataclass(slots=True)
        class Slotted(Module):
            w: Value


def test_modules_can_be_dataclasses_and_abstract_classes() -> None:
    class Model(Module, ABC):
        @abstractmethod
        def __call__(self, x: float) -> Value: ...

    @dataclass(eq=False)
    class Scale(Model):
        factor: Value = field(default_factory=lambda: Value(2.0))

        def __call__(self, x: float) -> Value:
            product: Value = self.factor * x
            return product

    assert names(Scale()) == ["factor"]
    assert Scale().factor.label == "factor"
    with pytest.raises(TypeError, match="abstract"):
        Model()  # type: ignore[abstract]


def test_named_modules_and_children() -> None:
    model = MLP(2, [2, 1], rng=0)
    assert [name for name, _ in model.named_modules()] == [
        *("", "layers.0", "layers.0.neurons.0", "layers.0.neurons.1", "layers.1", "layers.1.neurons.0"),
    ]
    assert model.children() == model.layers
    assert Bag(a=model, b=[model, {"c": model.layers[0]}], d=1).children() == [model, model.layers[0]]
    assert Bag(w=Value(1.0)).children() == []


def test_modules_are_those_of_named_modules() -> None:
    model = MLP(2, [2, 1], rng=0)
    again = Bag(first=model, second=model)
    assert again.modules() == [module for _, module in again.named_modules()] == [again, *model.modules()]


def test_num_parameters_counts_shared_ones_once_and_leaves_frozen_ones_out_if_asked() -> None:
    shared = Value(1.0)
    module = Bag(a=shared, b=[shared, Value(2.0)], output=shared * 2.0)
    assert (module.num_parameters(), module.num_parameters(trainable_only=True)) == (2, 2)
    shared.frozen = True
    assert (module.num_parameters(), module.num_parameters(trainable_only=True)) == (2, 1)
    assert module.parameters() == [shared, module.b[1]]  # type: ignore[attr-defined]


def test_a_module_ten_thousand_modules_deep() -> None:
    root = innermost = Bag()
    for _ in range(10_000):
        innermost.n = Bag()  # type: ignore[attr-defined]
        innermost = innermost.n  # type: ignore[attr-defined]
    innermost.w = Value(1.0)  # type: ignore[attr-defined]
    assert root.parameters() == [innermost.w]  # type: ignore[attr-defined]
    assert names(root) == ["n." * 10_000 + "w"]
    assert len(root.eval().modules()) == 10_001
    assert not innermost.training
    assert root.num_parameters() == 1


# ---- Buffers and generators ------------------------------------------------------------------------------------------


class Noisy(Module):
    """A module with all kinds of state."""

    buffer_names = ("mean", "count", "unused")
    rng_names = ("rng",)

    def __init__(self, rng: random.Random | None = None) -> None:
        self.w = Value(1.0)
        self.mean, self.count, self.unused, self.rng = [0.5, -0.5], 3, None, rng or random.Random(1)


def test_buffers_and_generators_are_found_by_the_names_that_classes_declare() -> None:
    noisy = Noisy()
    model = Bag(parts=[noisy, noisy], other=Noisy())
    assert model.named_buffers() == [
        *(("parts.0.mean", [0.5, -0.5]), ("parts.0.count", 3), ("other.mean", [0.5, -0.5]), ("other.count", 3))
    ]
    assert [name for name, _ in model.named_generators()] == ["parts.0.rng", "other.rng"]
    assert model.named_generators()[0][1] is noisy.rng
    assert (MLP(1, [1]).named_buffers(), MLP(1, [1]).named_generators()) == ([], [])
    assert (Module.buffer_names, Module.rng_names, Module.over_batch) == ((), (), False)


def test_a_shared_generator_comes_once() -> None:
    rng = random.Random(1)
    assert Bag(a=Noisy(rng), b=Noisy(rng)).named_generators() == [("a.rng", rng)]


@pytest.mark.parametrize(("attribute", "which"), [("mean", "buffer_names"), ("rng", "rng_names")])
def test_a_declared_attribute_that_is_not_there_is_named(attribute: str, which: str) -> None:
    noisy = Noisy()
    delattr(noisy, attribute)
    with pytest.raises(InputError, match=rf"part \(Noisy\) has no attribute '{attribute}', which its {which} name"):
        _ = Bag(part=noisy).named_buffers(), Bag(part=noisy).named_generators()


def test_train_and_eval_reach_every_module_and_return_the_model() -> None:
    model = MLP(2, [2, 1], rng=0)
    assert all(module.training for _, module in model.named_modules())
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())


def test_evaluating_restores_each_module_and_records_nothing() -> None:
    model = MLP(2, [2, 1], rng=0)
    model.layers[0].eval()
    before = [module.training for _, module in model.named_modules()]
    with pytest.raises(KeyboardInterrupt), evaluating(model):  # noqa: PT012 - the state is looked at inside
        assert not any(module.training for _, module in model.named_modules())
        assert model([1.0, 2.0]).op is None
        raise KeyboardInterrupt
    assert [module.training for _, module in model.named_modules()] == before
    assert model([1.0, 2.0]).op is not None


def test_zero_grad_clears_every_parameter() -> None:
    model = MLP(2, [2, 1], rng=0)
    output = model([1.0, 2.0])
    assert isinstance(output, Value)
    output.backward()
    assert any(p.grad != 0.0 for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_zero_grad_respects_parameters_of_a_subclass_in_micrograds_style() -> None:
    class Custom(Module):
        def __init__(self) -> None:
            self.hidden = {Value(1.0)}  # a set has no order, so the walk does not enter it

        def parameters(self) -> list[Value]:
            return list(self.hidden)

    module = Custom()
    module.parameters()[0].grad = 3.0
    module.zero_grad()
    assert module.parameters()[0].grad == 0.0


# ---- Labels ----------------------------------------------------------------------------------------------------------


def test_every_parameter_is_labelled_with_its_name() -> None:
    model = MLP(3, [4, 2], rng=0)
    assert [p.label for p in model.parameters()] == names(model)
    assert model.layers[1].neurons[0].w[3].label == "layers.1.neurons.0.w.3"


def test_the_outermost_module_names_the_parameters() -> None:
    layer = Layer(1, 1, rng=0)
    assert layer.neurons[0].b.label == "neurons.0.b"
    Bag(stack=[layer])
    assert layer.neurons[0].b.label == "stack.0.neurons.0.b"


@pytest.mark.parametrize("label", ["my bias", "b", "stack.0.b"])
def test_a_label_given_by_the_user_stays(label: str) -> None:
    mine = Value(0.0, label=label)
    part = Bag(b=mine)
    Bag(stack=[part])
    assert mine.label == label
    neuron = Neuron(1, rng=0)
    neuron.b.label = label
    Bag(neuron=neuron)
    assert neuron.b.label == label
    assert neuron.w[0].label == "neuron.w.0"


def test_constructing_a_module_with_two_equal_names_is_not_refused() -> None:
    table = {1: Value(1.0), "1": Value(2.0)}
    Bag(table=table)
    assert [p.label for p in table.values()] == ["table.1", "table.1"]


# ---- Copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_copies_are_independent_and_compute_the_same(duplicate: Any) -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=5)
    twin = duplicate(model)
    assert names(twin) == names(model)
    assert twin([0.3, -0.2]).data == model([0.3, -0.2]).data
    twin.parameters()[0].data += 1.0
    assert twin.parameters()[0].data != model.parameters()[0].data
    assert repr(twin) == repr(model)
    assert [layer.activation for layer in twin.layers] == ["tanh", "linear"]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_copies_keep_frozen_marks_buffers_generators_and_what_is_shared(duplicate: Any) -> None:
    rng = random.Random(5)
    model = Bag(a=Noisy(rng), b=Noisy(rng), tied=None)
    model.tied = model.a.w  # type: ignore[attr-defined]
    model.freeze("a").eval()
    rng.random()
    twin = duplicate(model)
    assert [p.frozen for p in twin.parameters()] == [p.frozen for p in model.parameters()] == [True, False]
    assert twin.named_buffers() == model.named_buffers()
    assert twin.named_buffers()[0][1] is not model.named_buffers()[0][1]
    assert twin.tied is twin.a.w
    assert twin.a.rng is twin.b.rng
    assert twin.a.rng is not rng
    assert twin.a.rng.random() == rng.random()
    assert not twin.b.training
    twin.unfreeze()
    assert model.parameters()[0].frozen


def test_repr_of_a_users_module_says_how_many_parameters_it_has() -> None:
    assert repr(Bag(w=[Value(1.0), Value(2.0)])) == "Bag(2 parameters)"


def test_the_signature_of_a_class_is_that_of_its_constructor() -> None:
    class Own(nn.Softmax):
        def __init__(self, slope: float, *, name: str = "own") -> None:
            super().__init__()
            self.slope = slope

        def __call__(self, x: Any) -> Any:
            return self.slope * x

    assert str(inspect.signature(nn.Linear)).startswith("(in_features: 'int', out_features: 'int', bias: 'bool' = True")
    assert list(inspect.signature(Own).parameters) == ["slope", "name"]
    assert str(inspect.signature(nn.LeakyReLU)) == "(negative_slope=0.01)"
    assert str(inspect.signature(nn.Module)) == "()"
    assert list(inspect.signature(Own(2.0)).parameters) == ["x"]


def test_labels_tell_the_classes_of_the_modules_also_in_copies() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    model.append(nn.LayerNorm(2))
    pickled = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    for one in (model, copy.deepcopy(model), pickled):
        first, *_, last = (parameter.label for parameter in one.parameters())
        expected = {"": "Sequential", "0": "Linear", "0.neurons.0": "Neuron", "0.neurons.1": "Neuron", "1": "Tanh"}
        assert getattr(first, "kinds", None) == expected
        assert getattr(last, "kinds", None) == {"2": "LayerNorm"}
