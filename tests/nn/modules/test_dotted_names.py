"""Patterns of dotted names."""

import pytest

from autograd_core import InputError, OperandTypeError, Value
from nn.modules.dotted_names import holder, matches
from nn.modules.module import Module


class Part(Module):
    """A weight of two numbers and a bias."""

    def __init__(self) -> None:
        self.w, self.b = [Value(1.0), Value(2.0)], Value(0.0)

    def tensors(self) -> dict[str, list[Value] | Value]:
        return {"weight": self.w, "bias": self.b}


class Layered(Module):
    """Eleven layers, which tells `layers.1` from `layers.10`."""

    def __init__(self) -> None:
        self.layers = [Part() for _ in range(11)]
        self.scale = Value(1.0)


def frozen(model: Module) -> list[str]:
    return [name for name, parameter in model.named_parameters() if parameter.frozen]


FIRST = ["layers.1.w.0", "layers.1.w.1", "layers.1.b"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["layers.1"], FIRST),
        (["layers.1.*"], FIRST),
        (["layers.1.w"], FIRST[:2]),
        (["layers.1.w.1"], FIRST[1:2]),
        (["layers.1.weight"], FIRST[:2]),
        (["layers.[12].bias"], ["layers.1.b", "layers.2.b"]),
        (["layers.?.bias", "scale"], [*(f"layers.{i}.b" for i in range(10)), "scale"]),
        (["*.bias"], [f"layers.{i}.b" for i in range(11)]),
        (["layers.1*"], [*FIRST, *(name.replace("1.", "10.", 1) for name in FIRST)]),
        (["scale", "scale", "sc*"], ["scale"]),
    ],
)
def test_a_pattern_means_parameters_arrays_and_whatever_holds_them(patterns: list[str], expected: list[str]) -> None:
    model = Layered()
    assert model.freeze(*patterns) is model
    assert frozen(model) == expected
    assert model.unfreeze(*patterns) is model
    assert frozen(model) == []


def test_without_patterns_everything_is_meant() -> None:
    model = Layered()
    assert len(frozen(model.freeze())) == model.num_parameters() == 34
    assert (
        len(frozen(model.unfreeze("layers"))) == model.num_parameters() - model.num_parameters(trainable_only=True) == 1
    )
    assert frozen(model.unfreeze()) == []
    assert Module().freeze().parameters() == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("layer.1", r"nothing is named 'layer\.1'; did you mean 'layers\.1' or "),
        ("layers.11", r"did you mean .*'layers\.1'"),
        ("layers.1.wieght", r"did you mean 'layers\.1\.weight'"),
        ("xyz", r"nothing is named 'xyz'; names begin with 'layers', 'scale'$"),
        ("", r"nothing is named ''"),
        ("LAYERS.1", r"nothing is named 'LAYERS\.1'; did you mean 'layers\.1'"),
        ("ayers.1", "nothing is named"),
    ],
)
def test_a_pattern_that_meets_no_name_is_refused_and_nothing_is_frozen(pattern: str, message: str) -> None:
    model = Layered()
    with pytest.raises(InputError, match=message):
        model.freeze("scale", pattern)
    assert frozen(model) == []
    model.freeze()
    with pytest.raises(InputError, match=message):
        model.unfreeze("scale", pattern)
    assert len(frozen(model)) == 34


def test_a_pattern_is_a_text() -> None:
    model = Layered()
    with pytest.raises(OperandTypeError, match=r"expected patterns of names, such as 'layers\.0\.\*', got Part"):
        model.freeze(model.layers[0])  # type: ignore[arg-type]


def test_a_shared_parameter_is_met_by_the_names_of_all_its_arrays() -> None:
    class Tied(Module):
        def __init__(self) -> None:
            self.first, self.second = Part(), Part()
            self.second.w = self.first.w

    assert frozen(Tied().freeze("second.weight")) == ["first.w.0", "first.w.1"]


def test_a_model_that_cannot_be_stored_can_be_frozen() -> None:
    class Ragged(Module):
        def __init__(self) -> None:
            self.rows = [[Value(1.0)], [Value(1.0), Value(2.0)]]

        def tensors(self) -> dict[str, list[list[Value]]]:
            return {"weight": self.rows}

    assert len(frozen(Ragged().freeze("weight"))) == 3


def test_matches_and_holder() -> None:
    assert matches("a", "a.b")
    assert not matches("a", "ab.c")
    assert not matches("b", "a.b")
    assert holder("a.b.c", {"", "a"}) == "a"
    assert holder("b.c", {"", "a"}) == ""
    assert holder("a", {"", "a"}) == ""
