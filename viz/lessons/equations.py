"""The equations of backpropagation of a network, with its numbers: as text, as LaTeX, and as NumPy source."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd_core import InputError, OperandTypeError
from autograd_core.text import brief
from viz.graph.layers import parameters_of
from viz.lessons.layer_lines import layer_lines
from viz.lessons.lines import Item, as_latex, as_text
from viz.lessons.matrices import LIMIT
from viz.lessons.numpy_source import numpy_source
from viz.network.perceptron import Loss, Model, Perceptron, perceptron


@dataclass(frozen=True, repr=False)
class Equations:
    """x"""

    network: Perceptron
    numpy: str = field()
    items: list[Item]
    max_size: float

    @property
    def text(self) -> str:
        return as_text(self.items, self.max_size)

    @property
    def latex(self) -> str:
        return as_latex(self.items, self.max_size)


def equations(model: Model, loss: Loss, sample: Any, *, lr: float = 0.1, max_size: int | None = LIMIT) -> Equations:
    network = perceptron(model, loss, sample)
    names = {id(value): name for name, value in parameters_of(model).items()}
    title = type(model).__name__
    return Equations(network, numpy_source(network, names, title, lr), layer_lines(network, title, lr), max_size or math.inf)
