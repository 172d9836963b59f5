"""Recurrent networks over sequences: cells applied step after step, in layers, in one direction or both.

Parameters have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` for the first layer, `_l1`
for the second one, and `_l0_reverse` for the cell that reads the sequence backwards. `cells` lists the cells in that
order.

Backpropagation through time needs no further code: a step uses the state before it, so a sequence is one graph, and
`backward()` goes back through all of its steps. `nn.layers.recurrent.truncation` limits the number of steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

from autograd_core import InputError, OperandTypeError
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.messages import kind_of
from nn.base.rng import Rng, generator
from nn.base.shapes import rank
from nn.base.signatures import lists_options
from nn.layers.recurrent.cells import Cell, GRUCell, LSTMCell, Parts, RNNCell
from nn.layers.recurrent.truncation import detached
from nn.layers.sequence_inputs import Vector, check_count, dropout_of, steps_of
from nn.modules.module import Block, Module

Outcome: TypeAlias = tuple[list[Any], Any]
"""The outputs of all steps, and the state after the last one."""


class MakesCells(Protocol):
    """A kind of cell, or a function that makes cells of that kind."""

    def __call__(self, input_size: int, hidden_size: int, /, *, rng: Rng) -> Cell:
        """A new cell, whose initial parameters come from `rng`."""


class Options(TypedDict, total=False):
    """Arguments that all kinds of recurrent networks pass on to `Recurrent`."""

    dropout: float
    bidirectional: bool
    truncate: int | None
    rng: Rng


class Recurrent(Module):
    """One or more layers of cells of any kind over a sequence; the base class of `RNN`, `LSTM` and `GRU`.

    Args:
        kind: a class of cells, or another function of `(input_size, hidden_size, rng=...)` that returns a cell.
        input_size: numbers in each step of the sequence, at least 1.
        hidden_size: units of every cell, at least 1.
        num_layers: number of layers; each reads the outputs of the previous one.
        dropout: the probability with which, in training, an output of a layer is 0 for the next one.
        bidirectional: whether every layer also reads the sequence backwards. Its outputs are then those of both
            cells, `2 · hidden_size` numbers, those of the forward one first.
        truncate: after how many steps the state is detached, at least 1; None for full backpropagation through time.
            A backward cell counts from its own start. The attribute can be changed at any time.
        rng: where the initial parameters come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        cells: one cell for each layer and direction, in the order of the names of their parameters.

    Raises:
        InputError: if a size or `truncate` is not a positive int, or `dropout` is not a number from 0 to 1, or
            it is given for a single layer.
        OperandTypeError: if `kind` is not callable.
        ShapeError: (when called) if the sequence is empty, or a step or the state has a wrong size.
    """

    def __init__(
        self,
        kind: MakesCells,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        dropout: float = 0.0,
        bidirectional: bool = False,
        truncate: int | None = None,
        rng: Rng = None,
    ) -> None:
        self.input_size = positive_int("input_size", input_size)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        self.num_layers, self.bidirectional = positive_int("num_layers", num_layers), bidirectional
        self.truncate = _period(truncate)
        self._directions = 2 if bidirectional else 1
        source = generator(rng)
        sizes = [self.input_size] + [self._directions * self.hidden_size] * (self.num_layers - 1)
        if not callable(kind):
            raise OperandTypeError(f"expected a class of cells, such as nn.LSTMCell, as kind, got {kind_of(kind)}")
        self.cells = [kind(size, self.hidden_size, rng=source) for size in sizes for _ in range(self._directions)]
        self.dropout = dropout_of(dropout, source)
        if self.dropout is not None and self.num_layers == 1:
            raise InputError(f"dropout={dropout} acts between layers and expected num_layers of at least 2, got 1")

    def __call__(self, sequence: Any, state: Any = None) -> Outcome:
        """The outputs of the last layer for every step, and the state after the last step.

        Args:
            sequence: shape `(L, input_size)`; or a list of such sequences, whose lengths may differ.
            state: the state before the first step, in the form of the result; by default all 0. A state from an
                earlier part of the sequence carries its graph with it unless it is `detached`.

        Returns:
            For one sequence its outputs, shape `(L, hidden_size)`, and the final state `h` of each cell, shape
            `(num_layers, hidden_size)`, or for an LSTM the tuple `(h, c)` of two such arrays. With `bidirectional`
            these sizes are `2 · hidden_size` and `2 · num_layers`. For a list of sequences, which are independent of
            each other, a list of outputs and a list of final states; initial states are then a list, too.
        """
        truncate, sequence = _period(self.truncate), model_input(sequence)
        if rank(sequence) < 3:
            return self._one(sequence, state, truncate)
        states = [None] * len(sequence) if state is None else state
        check_count(states, len(sequence), "one state for each sequence", f"{self!r}, given as many sequences,")
        results = [self._one(steps, given, truncate) for steps, given in zip(sequence, states, strict=True)]
        return [outputs for outputs, _ in results], [final for _, final in results]

    def _one(self, sequence: Any, state: Any, truncate: int | None) -> Outcome:
        state = None if state is None else model_input(state)
        signal, kind = steps_of(sequence, self.input_size, self), self.cells[0]
        initial = kind.states_of(
            kind.arrays_of(state), len(self.cells), "one vector for each layer and direction", self
        )
        finals: list[Parts] = []
        for first in range(0, len(self.cells), self._directions):
            if first > 0 and self.dropout is not None:
                signal = [self.dropout(outputs) for outputs in signal]
            onwards, final = unrolled(self.cells[first], signal, initial[first], truncate)
            finals.append(final)
            if self.bidirectional:
                back, final = unrolled(self.cells[first + 1], signal[::-1], initial[first + 1], truncate)
                finals.append(final)
                onwards = [[*one, *other] for one, other in zip(onwards, reversed(back), strict=True)]
            signal = onwards
        return signal, kind.whole([list(part) for part in zip(*finals, strict=True)])

    def tensors(self) -> dict[str, Block]:
        """The parameters of all cells as arrays, under PyTorch's names: `weight_ih_l0` and so on."""
        return {
            f"{name}_l{i // self._directions}{'_reverse' if i % self._directions else ''}": block
            for i, cell in enumerate(self.cells)
            for name, block in cell.tensors().items()
        }

    def __repr__(self) -> str:
        layers = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        both = ", bidirectional=True" if self.bidirectional else ""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}{layers}{both})"


class RNN(Recurrent):
    """Layers of `RNNCell` over a sequence.

    Args:
        input_size: numbers in each step of the sequence, at least 1.
        hidden_size: units of every cell, at least 1.
        num_layers: number of layers; each reads the outputs of the previous one.
        bias: False leaves out both biases of every cell.
        nonlinearity: `"tanh"` or `"relu"`.
        options: `dropout`, the probability with which an output of a layer is 0 for the next one in training;
            `bidirectional`, whether every layer also reads the sequence backwards; `truncate`, after how many steps the
            state is detached (None: never); and `rng`. The defaults are those of `Recurrent`.

    >>> network = RNN(1, 2, num_layers=2, rng=0)
    >>> outputs, h = network([[1.0], [2.0], [3.0]])
    >>> len(outputs), len(h), sorted(network.tensors())[:3]
    (3, 2, ['bias_hh_l0', 'bias_hh_l1', 'bias_ih_l0'])
    """

    @lists_options(Recurrent.__init__, Options.__annotations__)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        nonlinearity: str = "tanh",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(
            partial(RNNCell, bias=bias, nonlinearity=nonlinearity), input_size, hidden_size, num_layers, **options
        )


class LSTM(Recurrent):
    """Layers of `LSTMCell` over a sequence; the state is `(h, c)`.

    Args:
        input_size: numbers in each step of the sequence, at least 1.
        hidden_size: units of every cell, at least 1.
        num_layers: number of layers; each reads the outputs of the previous one.
        bias: False leaves out both biases of every cell.
        forget_bias: the initial bias of every forget gate; 1 helps to learn long dependencies. By default it is drawn
            like all parameters, as in PyTorch.
        options: `dropout`, the probability with which an output of a layer is 0 for the next one in training;
            `bidirectional`, whether every layer also reads the sequence backwards; `truncate`, after how many steps the
            state is detached (None: never); and `rng`. The defaults are those of `Recurrent`.

    >>> network = LSTM(1, 2, rng=0)
    >>> whole, _ = network([[1.0], [2.0], [3.0]])
    >>> _, state = network([[1.0], [2.0]])
    >>> rest, (h, c) = network([[3.0]], state)
    >>> [y.data for y in rest[0]] == [y.data for y in whole[2]] == [y.data for y in h[0]]
    True
    """

    @lists_options(Recurrent.__init__, Options.__annotations__)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        forget_bias: float | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(
            partial(LSTMCell, bias=bias, forget_bias=forget_bias), input_size, hidden_size, num_layers, **options
        )


class GRU(Recurrent):
    """Layers of `GRUCell` over a sequence.

    Args:
        input_size: numbers in each step of the sequence, at least 1.
        hidden_size: units of every cell, at least 1.
        num_layers: number of layers; each reads the outputs of the previous one.
        bias: False leaves out both biases of every cell.
        options: `dropout`, the probability with which an output of a layer is 0 for the next one in training;
            `bidirectional`, whether every layer also reads the sequence backwards; `truncate`, after how many steps the
            state is detached (None: never); and `rng`. The defaults are those of `Recurrent`.

    >>> network = GRU(1, 2, bidirectional=True, rng=0)
    >>> outputs, h = network([[1.0], [2.0], [3.0]])
    >>> len(outputs[0]), len(h)
    (4, 2)
    """

    @lists_options(Recurrent.__init__, Options.__annotations__)
    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, *, bias: bool = True, **options: Unpack[Options]
    ) -> None:
        super().__init__(partial(GRUCell, bias=bias), input_size, hidden_size, num_layers, **options)


def unrolled(cell: Cell, sequence: Iterable[Vector], state: Parts, truncate: int | None) -> tuple[list[Vector], Parts]:
    """The outputs of a cell for every step of a sequence, and its state after the last one."""
    step = cell.step()
    outputs: list[Vector] = []
    for index, x in enumerate(sequence):
        if truncate is not None and index > 0 and index % truncate == 0:
            state = detached(state)
        state = step(x, state)
        outputs.append(state[0])
    return outputs, state


def _period(truncate: int | None) -> int | None:
    return None if truncate is None else positive_int("truncate", truncate)
