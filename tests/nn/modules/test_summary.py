"""Tables of models: what they say, and that looking changes nothing."""

import copy
from typing import Any

import pytest
from hypothesis.vendor.pretty import pretty

from autograd_core import OperandTypeError, ShapeError, Value
from nn.layers.containers import Sequential
from nn.layers.dense import MLP, Layer, Neuron
from nn.modules.display import MOST, Row
from nn.modules.module import Module
from nn.modules.summary import summary


class Part(Module):
    """Two parameters, four numbers in buffers, and an output that the test chooses."""

    buffer_names = ("mean", "count")

    def __init__(self, output: Any = None) -> None:
        self.w, self.mean, self.count, self.output = [Value(1.0), Value(2.0)], [0.0, 0.0, 0.0], 0, output
        self.modes: list[bool] = []

    def __call__(self, x: Any) -> Any:
        self.modes.append(self.training)
        return x if self.output is None else self.output


def texts(*lines: str) -> str:
    return "\n".join(lines)


def test_a_network() -> None:
    assert str(summary(MLP(784, [16, 16, 10], rng=0))) == texts(
        "name      kind   parameters  trainable",
        "--------------------------------------",
        "(model)   MLP        13,002     13,002",
        "layers.0  Layer      12,560     12,560",
        "layers.1  Layer         272        272",
        "layers.2  Layer         170        170",
        "",
        "13,002 parameters, 13,002 trainable, 0 frozen; 104,016 bytes",
    )


def test_shapes_of_a_sample_frozen_parameters_and_buffers() -> None:
    model = Sequential(Layer(2, 3, rng=0), Part(), abs_of_all, MLP(3, [2, 1], rng=0)).freeze("0.weight", "1")
    assert str(summary(model, [0.5, 1.0])) == texts(
        "name        kind        output  parameters  trainable",
        "-----------------------------------------------------",
        "(model)     Sequential  []              22         14",
        "0           Layer       [3]              9          3",
        "1           Part        [3]              2          0",
        "3           MLP         []              11         11",
        "3.layers.0  Layer       [2]              8          8",
        "3.layers.1  Layer       []               3          3",
        "",
        "22 parameters, 14 trainable, 8 frozen; 4 numbers in buffers; 208 bytes",
    )


def abs_of_all(row: list[Value]) -> list[Value]:
    return [abs(x) for x in row]


def test_at_the_prompt_the_table_is_shown() -> None:
    table = summary(Neuron(2, rng=0))
    assert repr(table) == str(table) == f"{table}"
    assert table.rows == [Row("", "Neuron", "", 3, 3)]


def test_the_numbers_can_be_read() -> None:
    table = summary(Sequential(Part(), Part()).freeze("0"))
    assert (table.parameters, table.trainable, table.frozen, table.buffers, table.size) == (4, 2, 2, 8, 96)
    assert table.rows[1] == Row("0", "Part", "", 2, 0)


def test_a_model_without_parameters() -> None:
    assert str(summary(Sequential())) == texts(
        "name     kind        parameters  trainable",
        "------------------------------------------",
        "(model)  Sequential           0          0",
        "",
        "0 parameters, 0 trainable, 0 frozen; 0 bytes",
    )


def test_what_is_shared_counts_once_where_it_is_met_first() -> None:
    first, second = Part(), Part()
    second.w[0] = first.w[0]
    table = summary(Sequential(first, second, first))
    assert [(row.name, row.parameters) for row in table.rows] == [("", 3), ("0", 2), ("1", 1)]
    assert table.parameters == 3


def test_modules_in_a_layer_have_rows_if_the_layer_does_not_store_all_they_have() -> None:
    class Gated(Layer):
        """A layer with a module in it whose parameters are its own, and one without any."""

        def __init__(self) -> None:
            super().__init__(2, 1, rng=0)
            self.gate, self.nothing = Part(), Sequential()

    assert [(row.name, row.parameters) for row in summary(Gated()).rows] == [("", 5), ("gate", 2), ("nothing", 0)]


def test_what_is_in_a_module_without_a_row_has_none_either() -> None:
    layer = Layer(2, 2, rng=0)
    for neuron in layer.neurons:
        neuron.extra = Sequential()  # type: ignore[attr-defined]
    assert [row.kind for row in summary(layer).rows] == ["Layer"]


@pytest.mark.parametrize(
    ("output", "shape"),
    [
        (Value(1.0), "[]"),
        (2.0, "[]"),
        ([1.0, Value(2.0)], "[2]"),
        ([[1.0] * 3] * 2, "[2, 3]"),
        ([[[1.0]], [[1.0], [2.0]]], "[2, ?, 1]"),
        ([], "[0]"),
        (([1.0], (Value(2.0), [[3.0]])), "([1], ([], [1, 1]))"),
        ("text", "str"),
        ({"a": 1.0}, "dict"),
        ([1.0, [2.0]], "list"),
    ],
)
def test_shapes(output: Any, shape: str) -> None:
    assert summary(Part(output), 1.0).rows[0].shape == shape


def test_looking_changes_nothing() -> None:
    model = Sequential({"part": Part(), "body": MLP(1, [2, 1], rng=0)})
    model.train()
    before = copy.deepcopy(vars(model)), model.state_dict(), [type(module) for module in model.modules()]
    summary(model, 1.0)
    assert model.part.modes == [False]  # type: ignore[attr-defined]
    model.part.modes.clear()  # type: ignore[attr-defined]
    after = copy.deepcopy(vars(model)), model.state_dict(), [type(module) for module in model.modules()]
    assert repr(after) == repr(before)
    assert all(module.training for module in model.modules())


def test_a_module_that_was_not_called_has_no_shape_and_one_called_twice_the_last() -> None:
    class Picky(Module):
        def __init__(self) -> None:
            self.unused, self.used = Part(), Part()

        def __call__(self, x: Any) -> Any:
            return self.used([self.used(x)])

    assert [row.shape for row in summary(Picky(), 1.0).rows] == ["[1]", "", "[1]"]


def test_a_sample_that_does_not_fit_is_the_error_of_the_model_which_is_as_it_was() -> None:
    model = MLP(2, [2, 1], rng=0)
    with pytest.raises(ShapeError, match=r"layers\.0 of the MLP"):
        summary(model, [1.0])
    assert [type(module) for module in model.modules()] == [MLP, Layer, Neuron, Neuron, Layer, Neuron]
    assert all(module.training for module in model.modules())


def test_calls_of_super_are_recorded_as_one() -> None:
    class Loud(Neuron):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * 2.0

    model = Loud(1, rng=0)
    assert summary(model, [1.0]).rows == [Row("", "Loud", "[]", 2, 2)]
    assert type(model) is Loud


def test_only_a_module_has_a_summary() -> None:
    with pytest.raises(OperandTypeError, match="expected a Module, got function"):
        summary(abs_of_all)  # type: ignore[arg-type]


def test_a_chain_of_a_thousand_modules() -> None:
    root = innermost = Part()
    for _ in range(1_000):
        innermost.n = Part()  # type: ignore[attr-defined]
        innermost = innermost.n  # type: ignore[attr-defined]
    table = summary(root)
    assert (len(table.rows), table.rows[500].parameters, table.buffers) == (1_001, 1_002, 4_004)


def test_the_prompt_shows_the_table_below_the_line_of_a_model() -> None:
    model = MLP(2, [3, 1], rng=0).freeze("layers.0")
    assert pretty(model).splitlines() == [repr(model), *str(summary(model)).splitlines()[:-2]]
    assert pretty([model]) == f"[{model!r}]"
    assert pretty(model.layers[0]) == repr(model.layers[0])  # it has no modules with rows


def test_the_prompt_shows_the_first_modules_of_a_large_model() -> None:
    lines = pretty(Sequential(*[Layer(1, 1) for _ in range(30)])).splitlines()
    assert len(lines) == 1 + 2 + MOST + 1
    assert lines[-1] == "… 11 more; nn.summary shows all"


def test_a_notebook_shows_the_table_of_a_model_and_of_a_summary() -> None:
    model = MLP(2, [3, 1], rng=0)
    shown = model._repr_html_()
    assert "MLP(2 -&gt; 3 -&gt; 1, 13 parameters)" in shown
    assert (shown.count("<tr>"), shown.count("<td"), shown.count("layers.1")) == (4, 12, 1)
    assert "[3]" in summary(model, [1.0, 2.0])._repr_html_()
    assert "13 parameters, 13 trainable, 0 frozen; 104 bytes" in summary(model)._repr_html_()
