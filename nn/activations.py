"""The table of activations: what a neuron can do with its weighted sum.

A row is everything a layer knows about an activation; a new activation is a new row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from autograd_core import InputError, Value
from nn.init import Initialiser, glorot_uniform, he_uniform

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Activation:
    """One row of the table.

    Attributes:
        name: what the user writes, for example `"relu"`.
        title: how the neuron's `repr` begins, for example `"ReLU"` of `ReLUNeuron(2)`.
        function: from the weighted sum to the output of the neuron.
        initial: the initialiser whose weights keep signals in size through this function.
    """

    name: str
    title: str
    function: Callable[[Value], Value]
    initial: Initialiser

    def __reduce__(self) -> tuple[Callable[[str], Activation], tuple[str]]:
        """A copy of a network refers to the same row, and a pickled one finds it by its name."""
        return activation, (self.name,)


def _linear(x: Value) -> Value:
    return x


TABLE: Final = {
    row.name: row
    for row in (
        Activation("relu", "ReLU", Value.relu, he_uniform),
        Activation("tanh", "Tanh", Value.tanh, glorot_uniform),
        Activation("sigmoid", "Sigmoid", Value.sigmoid, glorot_uniform),
        Activation("linear", "Linear", _linear, glorot_uniform),
    )
}


def activation(name: str) -> Activation:
    """The row of that name.

    Raises:
        InputError: if there is none; the message lists the names there are.

    >>> activation("tanh").title
    'Tanh'
    """
    row = TABLE.get(str(name))  # whatever else came is named in the message, also if it is not hashable
    if row is None:
        raise InputError(f"unknown activation {name!r}; known are {', '.join(TABLE)}")
    return row
