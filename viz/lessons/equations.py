"""The equations of backpropagation of a network, with its numbers: as text, as LaTeX, and as NumPy source.

>>> from autograd_core import Value
>>> class Neuron:
...     w, b = Value(0.5), Value(-1.0)
...     def named_parameters(self):
...         return [("w", self.w), ("b", self.b)]
...     def __call__(self, x):
...         return (self.w * x + self.b).sigmoid()
>>> told = equations(Neuron(), lambda outputs, targets: (outputs[0] - targets[0]) ** 2 / 2, (2.0, 1.0))
>>> told
Equations(1 -> 1, squared error; text, latex, numpy)
>>> print(told)
Neuron, one sample, learning rate η = 0.1
<BLANKLINE>
Layer 1: 1 neuron, sigmoid
──────────────────────────
z⁽¹⁾ = W⁽¹⁾ x + b⁽¹⁾ = [0.5] [2.0] + [-1.0] = [0.0]
a⁽¹⁾ = σ(z⁽¹⁾) = [0.5]
<BLANKLINE>
Cost: squared error
───────────────────
y = [1.0]
C = 1/2 Σ (a⁽¹⁾ - y)² = 0.125
∇C = a⁽¹⁾ - y = [-0.5]
<BLANKLINE>
Layer 1, backward
─────────────────
σ'(z) = a (1 - a)
δ⁽¹⁾ = ∇C ∘ σ'(z⁽¹⁾) = [-0.5] ∘ [0.25] = [-0.125]
ΔW⁽¹⁾ = -η δ⁽¹⁾ xᵀ = -0.1 [-0.125] [2.0] = [0.025]
Δb⁽¹⁾ = -η δ⁽¹⁾ = [0.0125]
>>> program = {}
>>> exec(told.numpy, program)
>>> program["gradients"]
{'w': -0.25, 'b': -0.125}
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from viz.graph.arguments import check_limit
from viz.lessons.error_map import plot_errors
from viz.lessons.layer_lines import layer_lines
from viz.lessons.lines import Item, Written
from viz.lessons.matrices import LIMIT
from viz.lessons.numpy_source import numpy_source
from viz.lessons.slopes import SlopeComparison, compare_slopes
from viz.lessons.unfolded_lines import unfolded_lines
from viz.lessons.unfolded_numpy import unfolded_source
from viz.network.perceptron import Perceptron, perceptron_of
from viz.network.readable import DetourError, check_complete, repeated
from viz.network.runs import Loss, Model, Run, run
from viz.network.unfolded import Unfolded, unfolded_of
from viz.text import plural

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure


@dataclass(frozen=True, repr=False)
class Equations(Written):
    """The equations of one sample. `print` shows the text, a notebook the formulas.

    Attributes:
        network: the numbers: layers of a perceptron, or blocks of a recurrent network in every step.
        lines: the equations as data.
        numpy: a program that computes the same gradients with NumPy; nothing is left out. It ends with the dictionaries
            `gradients` and `changes`: the gradient, and the step `-η` times it, by the name of the parameter. The
            gradients are those of `.grad` to 1e-14 of the largest one, unless the network itself magnifies rounding
            errors: deep in the flat part of a tanh, at a probability close to 0 or 1, or where outputs and targets
            almost agree.
        max_size: most rows and columns of a matrix that are written in text and LaTeX.
    """

    network: Perceptron | Unfolded
    lines: tuple[Item, ...]
    numpy: str
    max_size: int

    def figure(self, ax: Axes | None = None) -> Figure:
        """A heat map of the error signals on a logarithmic scale: units by time step, or neurons by layer.

        Below it is their norm in each step or layer. A norm that falls towards the first steps is a vanishing gradient,
        one that rises an exploding gradient.

        Args:
            ax: axes to draw on, which are divided; by default those of a new figure.

        Raises:
            InputError: if matplotlib is not installed, or `ax` is not part of a grid.
            OperandTypeError: if `ax` is neither None nor axes of matplotlib.
        """
        return plot_errors(self.network, ax)

    def compare_slopes(self) -> SlopeComparison:
        """The right slopes σ'(z) beside σ'(a), which code often takes by mistake, and by which factors δ is then off.

        For one sample `check_grads` reports the same factors, one for each neuron. In a recurrent network each step has
        factors of its own.
        """
        return compare_slopes(self.network, self.max_size)

    def __repr__(self) -> str:
        return f"Equations({_sizes(self.network)}, {self.network.cost.name}; text, latex, numpy)"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"


@explained()
def equations(model: Model, loss: Loss, sample: Any, *, lr: float = 0.1, max_size: int | None = LIMIT) -> Equations:
    r"""The equations of backpropagation of a network, with its numbers for one sample.

    Of a perceptron these are `z = W x + b` and `a = σ(z)` of each layer, and backward

        δ = ∇C ∘ σ'(z) of the last layer      δ = (Wᵀ δ) ∘ σ'(z) of the others      ΔW = -η δ aᵀ      Δb = -η δ

    A recurrent network is unfolded in time: z, a and δ of every step and gate, and what each step contributes to the
    gradient of a weight. All numbers are read from the graph of the loss, and no `.grad` is changed.

    Args:
        model: a network with `named_parameters()` or `parameters()` of dense layers, and of cells as in PyTorch's
            documentation of RNN, LSTM and GRU; from `nn` or written by hand. Put a model with dropout or batch
            normalisation into `eval()` mode. A softmax at its end is taken as a part of the cost.
        loss: from a list of outputs and a list of targets to a number, as in `nn.fit`; both lists have one element, the
            output of the model and the target. Squared error and cross-entropy are recognised and written as formulas;
            of other losses the gradient is given in numbers.
        sample: a pair of features and target.
        lr: the learning rate η of the changes; 0.1, as a round number.
        max_size: most rows and columns of a matrix in text and LaTeX; of a larger one the first and the last are
            written, as numpy does. Three matrices of 6 columns fit a wide terminal. None writes everything.

    Raises:
        OperandTypeError: if an argument is of the wrong type, or the loss is not a Value, as within `no_grad`.
        InputError: if the network is built in another way, the loss depends on the parameters directly, as with a
            penalty, a module is in training mode in which it draws random numbers or takes statistics of a batch, a
            number is nan or infinite, or a number is out of range.

    >>> from autograd_core import Value
    >>> w, u = Value(0.5, label="w"), Value(-1.0, label="u")
    >>> class Cell:
    ...     def named_parameters(self):
    ...         return [("w", w), ("u", u)]
    ...     def __call__(self, sequence):
    ...         h = 0.0
    ...         for x in sequence:
    ...             h = (w * x + u * h).tanh()
    ...         return h
    >>> told = equations(Cell(), lambda outputs, targets: (outputs[0] - targets[0]) ** 2, ([1.0, 0.0, 2.0], 0.0))
    >>> told
    Equations(3 steps of 1 -> 1 Elman, squared error; text, latex, numpy)
    >>> print(*told.text.splitlines()[-4:], sep="\n")
    Layer 1: ▁▅█
          t = 1   t = 2   t = 3
    ‖δ‖  0.2332  0.2965  0.3644
    From step 3 back to step 1 it shrinks by a factor of 0.7999 in each step.
    """
    limit, rate = check_limit("max_size", max_size), _learning_rate(lr)
    ran = run(model, loss, sample)
    title = type(model).__name__
    if {id(value) for value in ran.parameters.values()}.isdisjoint(map(id, ran.order)):
        raise InputError(f"the loss depends on no parameter of the {title}; was it computed within no_grad?")
    network = _network(ran, title)
    check_complete(set(map(id, network.parameters)), ran)
    names = {id(value): name for name, value in ran.parameters.items()}
    if isinstance(network, Unfolded):
        items, source = unfolded_lines(network, title, rate), unfolded_source(network, names, title, rate)
    else:
        items, source = layer_lines(network, title, rate), numpy_source(network, names, title, rate)
    return Equations(network, tuple(items), source, limit)


def _learning_rate(lr: object) -> float:
    if isinstance(lr, bool) or not isinstance(lr, int | float):
        raise OperandTypeError(f"expected a number as lr, got {type(lr).__name__}")
    if not 0.0 <= lr < math.inf:
        raise InputError(f"expected a finite number of at least 0 as lr, got {lr!r}")
    return float(lr)


def _network(ran: Run, name: str) -> Perceptron | Unfolded:
    """A graph in which weights are used several times, or weights of a state, is that of a recurrent network."""
    if repeated(ran):
        return unfolded_of(ran)
    try:
        return perceptron_of(ran, name)
    except DetourError:
        raise
    except (InputError, OperandTypeError) as error:
        try:
            return unfolded_of(ran)  # perhaps a single step of a cell
        except InputError:
            raise error from None


def _sizes(network: Perceptron | Unfolded) -> str:
    if isinstance(network, Perceptron):
        return " -> ".join(map(str, [len(network.features), *(len(layer.a) for layer in network.layers)]))
    width = len(next(iter(network.features.values())))
    sizes = [f"{block.size} {block.title.partition(',')[0]}" for block in network.blocks]
    return f"{plural(network.steps, 'step')} of {' -> '.join([str(width), *sizes])}"
