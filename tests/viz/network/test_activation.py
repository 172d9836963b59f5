"""Activations read as programs of ops."""

from autograd_core import Value
from viz.network.activation import Result, activation_of, constant_after


def test_neurons_with_the_same_formula_have_the_same_activation() -> None:
    def written(z: Value) -> tuple[Value, list[Value]]:
        shrunk = z * 0.5
        squashed = shrunk.tanh()
        return z, [shrunk, squashed, squashed + z]

    first, second = (activation_of(*written(Value(data))) for data in (1.0, -2.0))
    assert first == second
    assert [step.op.name for step in first] == ["mul", "tanh", "add"]
    assert first[2].inputs == (Result(2), Result(0))


def test_a_constant_is_no_result() -> None:
    z = Value(2.0)
    once, twice = (activation_of(z, [z * number]) for number in (0.0, z))
    assert once != twice


def test_leaves_in_an_activation_are_constants() -> None:
    z, slope = Value(-2.0), Value(0.25)
    activation = activation_of(z, [slope, z.leaky_relu(slope)])
    assert constant_after(activation) == (0.25,)


def test_only_an_activation_of_one_op_has_constants_to_show() -> None:
    z = Value(2.0)
    assert constant_after(activation_of(z, [])) == ()
    shifted = z + 1.0
    assert constant_after(activation_of(z, [shifted, shifted * 3.0])) == ()
