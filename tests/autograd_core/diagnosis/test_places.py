"""Names of parameters tell layers, units and arrays."""

import pytest

from autograd_core.diagnosis import Place, places


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("layers.0.neurons.3.w.1", ("layers.0", "neurons.3", "layers.0.neurons.3.w")),
        ("layers.0.neurons.3.b", ("layers.0", "neurons.3", "layers.0.neurons.3.b")),
        ("0.neurons.0.w.0", ("0", "neurons.0", "0.neurons.0.w")),
        ("neurons.0.b", ("", "neurons.0", "neurons.0.b")),
        ("head.weight.2.0", ("head", "2", "head.weight")),
        ("conv.weight.2.0.1", ("conv", "2", "conv.weight")),
        ("w.0", ("", "", "w")),
        ("w", ("", "", "w")),
        ("0", ("", "", "0")),
        ("", ("", "", "")),
    ],
)
def test_names_tell_layers(name: str, place: tuple[str, str, str]) -> None:
    assert Place.of(name) == place
    assert places([name]) == {name: place}


def test_arrays_beside_each_other_tell_units() -> None:
    def units(*names: str) -> list[str]:
        return [place.unit for place in places(names).values()]

    assert units("norm.weight.0", "norm.weight.1", "norm.bias.0", "norm.bias.1") == ["0", "1", "0", "1"]
    assert units("head.weight.1.0", "head.bias.1") == ["1", "1"]
    assert units("out.w.0", "out.w.1", "out.b") == ["", "", ""]
    assert units("a.w.0", "b.w.0") == ["", ""]
