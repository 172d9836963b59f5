"""Names of nodes: labels, the mapping given by the user, and the variables of the calling function."""

import pytest

import autograd_core as ag
import viz
from autograd_core import OperandTypeError, Value
from viz import Drawing

_private_global = Value(1.0)
public_global = Value(2.0)


def names(drawing: Drawing) -> list[str]:
    return [node.name for node in drawing.graph.nodes]


def test_local_variables_name_their_nodes() -> None:
    a, b = Value(2.0), Value(3.0)
    product = a * b
    assert names(viz.draw(product)) == ["a", "b", "product"]


def test_a_label_wins_over_everything() -> None:
    a = Value(2.0, label="alpha")
    assert names(viz.draw(a, names={"beta": a})) == ["alpha"]


def test_the_mapping_wins_over_variables_and_adds_to_them() -> None:
    a, b = Value(2.0), Value(3.0)
    root = a + b
    assert names(viz.draw(root, names={"given": a})) == ["given", "b", "root"]


def test_local_variables_win_over_global_ones() -> None:
    local = public_global
    assert names(viz.draw(local)) == ["local"]


def test_global_variables_are_found() -> None:
    assert names(viz.draw(public_global)) == ["public_global"]


def test_names_with_an_underscore_are_private() -> None:
    _ = _hidden = _private_global
    assert _ is _hidden
    assert names(viz.draw(_private_global)) == ["y"]


def test_names_that_no_program_can_spell_are_no_names() -> None:
    # pytest keeps the parts of an assertion in variables such as @py_assert1.
    assert names(viz.draw(ag.sin(public_global))) == ["public_global", "y"]


def test_arguments_that_a_helper_collects_are_no_names() -> None:
    def drawn(*numbers: Value, **named: Value) -> Drawing:
        kept = [*numbers, *named.values()][0]
        del kept
        return viz.draw(*numbers, **named)  # type: ignore[arg-type]  # the options of draw

    def named_drawn(scale: float, *more: Value, offset: float = 0.0) -> Drawing:
        return viz.draw(more[0] * scale + offset)

    assert names(drawn(_private_global * 2.0)) == ["", "", "y"]
    assert names(named_drawn(2.0, Value(3.0)))[0] == ""


def test_elements_of_containers_are_named() -> None:
    w = [Value(1.0), Value(2.0)]
    pair = (Value(3.0),)
    table = {"bias": Value(4.0), 7: Value(5.0)}
    root = ag.sum([*w, *pair, *table.values()])
    assert names(viz.draw(root)) == ["w[0]", "w[1]", "pair[0]", "table['bias']", "table[7]", "root"]


def test_a_variable_is_a_better_name_than_an_element_and_a_short_one_than_a_long_one() -> None:
    w = [Value(1.0), Value(2.0)]
    a_long_name = first = w[0]
    a_longer_name = w[1]
    assert first is a_long_name
    assert names(viz.draw(a_long_name + a_longer_name)) == ["first", "a_longer_name", "y"]


def test_equal_numbers_are_not_equal_nodes() -> None:
    a = Value(2.0)
    twin = Value(2.0)
    root = -twin
    del twin
    assert a.data == 2.0
    assert names(viz.draw(root)) == ["", "root"]


def test_no_method_of_a_users_object_is_called() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        __hash__ = None  # type: ignore[assignment]

    class HostileList(list[Value]):
        def __iter__(self) -> object:  # type: ignore[override]
            raise AssertionError

    hostile, container, value = Hostile(), HostileList(), Value(1.0)
    within = [hostile, container]
    assert names(viz.draw(value)) == ["value"]
    assert len(within) == 2


@pytest.mark.parametrize(("wrong", "came"), [([1], "list"), ({1: Value(1.0)}, "key of type int"), ("w", "str")])
def test_a_wrong_mapping_is_refused(wrong: object, came: str) -> None:
    with pytest.raises(OperandTypeError, match=f"names maps each name.*{came}"):
        viz.draw(Value(1.0), names=wrong)  # type: ignore[arg-type]


def test_a_result_without_a_name_is_called_by_a_letter_that_is_free() -> None:
    leaf = Value(2.0, label="y")
    assert names(viz.draw(ag.sin(Value(2.0, label="a")))) == ["a", "y"]
    assert names(viz.draw(ag.sin(leaf))) == ["y", "z"]
    assert "dz/dy" in str(viz.explain(leaf, ag.sin(leaf)))
    assert str(viz.tree(ag.sin(leaf))).splitlines()[1].split()[0] == "z"


def test_a_root_is_not_called_as_another_variable_of_the_user() -> None:
    y, a = Value(7.0), Value(2.0, label="a")
    labels = {"z": [0, 1, 1]}
    for name in (
        viz.draw(a * 3.0, names=labels).graph.root.name,
        viz.steps(a * 3.0, names=labels).graph.root.name,
        viz.explain(a, a * 3.0, names=labels).loss,
    ):
        assert name == "out"
    assert viz.draw(y * 3.0).graph.root.name == "z"
    assert viz.explain(Value(1.0), y * 3.0, names={"x": 4}).name == "x2"
