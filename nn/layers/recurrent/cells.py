"""Recurrent cells: one step of a network that carries a state from step to step.

Parameters, their names and their order are PyTorch's. A cell with `g` gates and `hidden_size = H` has

    weight_ih (g·H, input_size)    weight_hh (g·H, H)    bias_ih (g·H,)    bias_hh (g·H,)

with the rows of the first gate first. All of them are drawn uniformly from `±1/√H`, as in PyTorch.

A gate computes `W_ih x + b_ih + W_hh h + b_hh` as one weighted sum of the numbers of `x` and `h`: the rows of both
matrices are concatenated and the biases added, once for a whole sequence. So a gate takes two nodes in each step, `dot`
and `+`, instead of the five of the formula, and an LSTM with 16 units takes half the time. A call of a single cell
concatenates the rows every time, which costs about half of that gain.

Nothing is cached between calls: each call of a cell or a network reads the parameters again.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeAlias

from autograd_core import InputError, ShapeError, Value, affine
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.rng import Rng, generator
from nn.base.shapes import rank
from nn.init import uniform
from nn.layers.activations import activation
from nn.layers.sequence_inputs import Vector, check_count, check_vector, form
from nn.modules.module import Block, Module

Parts: TypeAlias = tuple[Vector, ...]
"""The state of one cell: the hidden vector `h`, which is also its output; for an LSTM then the cell vector `c`."""

Step: TypeAlias = Callable[[Vector, Parts], Parts]
"""A function from the inputs of a step and the state before it to the state after it."""

SIGMOID: Final = activation("sigmoid").function
TANH: Final = activation("tanh").function

NONLINEARITIES: Final = {"tanh": TANH, "relu": activation("relu").function}


class Cell(Module):
    """Base of the cells: their parameters, and the checks of their inputs.

    A subclass defines the number of gates, the names of the parts of the state, and `step`.

    Args:
        input_size: number of inputs, at least 1.
        hidden_size: number of units, at least 1.
        bias: False leaves out both biases; `bias_ih` and `bias_hh` are then None.
        rng: where the initial parameters come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if a size is not a positive int.
        ShapeError: (when called) if the inputs or the state do not have the sizes of the cell.
    """

    gates: ClassVar[int]
    state_names: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, rng: Rng = None) -> None:
        self.input_size = positive_int("input_size", input_size)
        self.hidden_size = positive_int("hidden_size", hidden_size)
        count, source, bound = self.gates * self.hidden_size, generator(rng), 1.0 / math.sqrt(self.hidden_size)

        def drawn(size: int) -> list[Value]:
            return [Value(number) for number in uniform(size, bound, source)]

        self.weight_ih = [drawn(self.input_size) for _ in range(count)]
        self.weight_hh = [drawn(self.hidden_size) for _ in range(count)]
        self.bias_ih = drawn(count) if bias else None
        self.bias_hh = drawn(count) if bias else None

    @abstractmethod
    def step(self) -> Step:
        """The step of this cell with the present parameters; it does not check its arguments."""

    def __call__(self, x: Any, state: Any = None) -> Any:
        """The state after one step.

        Args:
            x: the inputs, shape `(input_size,)`; or of several samples, shape `(N, input_size)`.
            state: the state before it, in the form of the result; by default all 0.

        Returns:
            `h` of shape `(hidden_size,)`, for an `LSTMCell` the tuple `(h, c)` of two such vectors; for several
            samples, each has the shape `(N, hidden_size)`.
        """
        x, state = model_input(x), None if state is None else model_input(state)
        batch = rank(x) > 1
        samples = x if batch else [x]
        for sample in samples:
            check_vector(sample, self.input_size, f"{self!r}")
        arrays = self.arrays_of(state)
        if arrays is not None and not batch:
            arrays = [[array] for array in arrays]
        states = self.states_of(arrays, len(samples), "one vector for each sample", self)
        step = self.step()
        results = [step(sample, parts) for sample, parts in zip(samples, states, strict=True)]
        return self.whole([list(part) for part in zip(*results, strict=True)] if batch else results[0])

    def arrays_of(self, state: Any) -> Sequence[Any] | None:
        """The arrays that a state consists of, one for each of `state_names`; None if no state was given."""
        count = len(self.state_names)
        if state is None or count == 1:
            return None if state is None else (state,)
        if not isinstance(state, (tuple, list)) or len(state) != count:
            names = ", ".join(self.state_names)
            raise ShapeError(f"{self!r} expected as state the {count} arrays ({names}), got {form(state)}")
        return state

    def states_of(self, arrays: Sequence[Any] | None, count: int, each: str, owner: object) -> list[Parts]:
        """`count` states of a cell, from arrays of shape `(count, hidden_size)`; all 0 if there are none."""
        if arrays is None:
            return [([0.0] * self.hidden_size,) * len(self.state_names)] * count
        for name, array in zip(self.state_names, arrays, strict=True):
            check_count(array, count, each, f"the state {name} of {owner}")
            for vector in array:
                check_vector(vector, self.hidden_size, f"the state {name} of {owner}")
        return list(zip(*arrays, strict=True))

    def whole(self, arrays: Sequence[Any]) -> Any:
        """The state in the form of a result: the tuple of its arrays, or the array if there is only one."""
        return arrays[0] if len(arrays) == 1 else tuple(arrays)

    def joined(self, count: int) -> tuple[list[tuple[Value, ...]], Vector]:
        """The first `count` rows of both weights, concatenated, and the sums of their biases."""
        rows = [(*row, *more) for row, more in zip(self.weight_ih[:count], self.weight_hh[:count], strict=True)]
        if self.bias_ih is None or self.bias_hh is None:
            return rows, [0.0] * count
        return rows, [a + b for a, b in zip(self.bias_ih[:count], self.bias_hh[:count], strict=True)]

    def tensors(self) -> dict[str, Block]:
        """`weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, as in PyTorch."""
        blocks: dict[str, Block | None] = {
            "weight_ih": self.weight_ih,
            "weight_hh": self.weight_hh,
            "bias_ih": self.bias_ih,
            "bias_hh": self.bias_hh,
        }
        return {name: block for name, block in blocks.items() if block is not None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"


class RNNCell(Cell):
    """The simple recurrent cell: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`.

    Args:
        input_size: number of inputs, at least 1.
        hidden_size: number of units, at least 1.
        bias: False leaves out both biases; `bias_ih` and `bias_hh` are then None.
        nonlinearity: `"tanh"` or `"relu"`.
        rng: where the initial parameters come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if a size is not a positive int, or the nonlinearity is unknown.
        ShapeError: (when called) if the inputs or the state do not have the sizes of the cell.

    Source: J. Elman, "Finding structure in time" (1990), Cognitive Science 14.

    >>> cell = RNNCell(2, 3, rng=0)
    >>> h = cell([1.0, -1.0])
    >>> len(cell([0.5, 0.0], h)), len(cell.parameters())
    (3, 21)
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, nonlinearity: str = "tanh", rng: Rng = None
    ) -> None:
        if str(nonlinearity) not in NONLINEARITIES:  # `str`, as the argument may not be hashable
            raise InputError(f"nonlinearity must be one of {', '.join(NONLINEARITIES)}, got {nonlinearity!r}")
        super().__init__(input_size, hidden_size, bias, rng=rng)
        self.nonlinearity = nonlinearity

    def step(self) -> Step:
        """The step with the present parameters."""
        rows, biases = self.joined(self.hidden_size)
        function = NONLINEARITIES[self.nonlinearity]

        def step(x: Vector, state: Parts) -> Parts:
            """The state after the step."""
            return (list(map(function, affine(rows, (*x, *state[0]), biases))),)

        return step


class LSTMCell(Cell):
    """Long short-term memory: gates add to a cell vector `c`, scale it, and read it.

    With the gates in the order i, f, g, o of PyTorch, and `s_k = W_ik x + b_ik + W_hk h + b_hk`,

        i = σ(s_i)    f = σ(s_f)    g = tanh(s_g)    o = σ(s_o)    c' = f c + i g    h' = o tanh(c')

    Args:
        input_size: number of inputs, at least 1.
        hidden_size: number of units, at least 1.
        bias: False leaves out both biases; `bias_ih` and `bias_hh` are then None.
        forget_bias: if given, `b_if + b_hf` starts at this number for all units. With 1, gates start open (σ(1) = 0.73)
            and gradients reach back over many steps from the start, which helps to learn long dependencies. By default
            it is drawn like all parameters, as in PyTorch.
        rng: where the initial parameters come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if a size is not a positive int, or there is a `forget_bias` without biases.
        ShapeError: (when called) if the inputs or the state do not have the sizes of the cell.

    Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997), Neural Computation 9; the forget gate: F.
    Gers, J. Schmidhuber, F. Cummins, "Learning to forget: continual prediction with LSTM" (2000), Neural Computation
    12; its bias of 1: R. Jozefowicz, W. Zaremba, I. Sutskever, "An empirical exploration of recurrent network
    architectures" (2015).

    >>> cell = LSTMCell(2, 3, rng=0)
    >>> h, c = cell([1.0, -1.0])
    >>> h, c = cell([0.5, 0.0], (h, c))
    >>> len(h), len(c)
    (3, 3)
    """

    gates = 4
    state_names = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        forget_bias: float | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, rng=rng)
        if forget_bias is None:
            return
        if self.bias_ih is None or self.bias_hh is None:
            raise InputError(
                f"forget_bias={forget_bias!r} expected a cell with biases, got bias=False; leave out one of the two"
            )
        for given, other in zip(self._of_forget_gate(self.bias_ih), self._of_forget_gate(self.bias_hh), strict=True):
            given.data, other.data = forget_bias, 0.0

    def _of_forget_gate(self, biases: list[Value]) -> list[Value]:
        return biases[self.hidden_size : 2 * self.hidden_size]

    def step(self) -> Step:
        """The step with the present parameters."""
        size = self.hidden_size
        rows, biases = self.joined(4 * size)

        def step(x: Vector, state: Parts) -> Parts:
            """The state after the step."""
            h, c = state
            sums = affine(rows, (*x, *h), biases)
            i, f = map(SIGMOID, sums[:size]), map(SIGMOID, sums[size : 2 * size])
            g, o = map(TANH, sums[2 * size : 3 * size]), map(SIGMOID, sums[3 * size :])
            carried = [f * c + i * g for i, f, g, c in zip(i, f, g, c, strict=True)]
            return [o * c.tanh() for o, c in zip(o, carried, strict=True)], carried

        return step


class GRUCell(Cell):
    """The gated recurrent unit: a gate interpolates between the old state and a new one.

    With the gates in the order r, z, n of PyTorch, and `s_k = W_ik x + b_ik + W_hk h + b_hk`,

        r = σ(s_r)    z = σ(s_z)    n = tanh(W_in x + b_in + r (W_hn h + b_hn))    h' = n + z (h - n)

    Args:
        input_size: number of inputs, at least 1.
        hidden_size: number of units, at least 1.
        bias: False leaves out both biases; `bias_ih` and `bias_hh` are then None.
        rng: where the initial parameters come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if a size is not a positive int.
        ShapeError: (when called) if the inputs or the state do not have the sizes of the cell.

    Source: K. Cho and others, "Learning phrase representations using RNN encoder-decoder for statistical machine
    translation" (2014), arXiv:1406.1078. There, `r` multiplies `h` before the product with `W_hn`; here, as in PyTorch,
    it multiplies the result.

    >>> cell = GRUCell(2, 3, rng=0)
    >>> h = cell([1.0, -1.0])
    >>> len(cell([0.5, 0.0], h)), len(cell.weight_ih)
    (3, 9)
    """

    gates = 3

    def step(self) -> Step:
        """The step with the present parameters."""
        size = self.hidden_size
        rows, biases = self.joined(2 * size)
        new_rows, memory_rows = self.weight_ih[2 * size :], self.weight_hh[2 * size :]
        new_biases, memory_biases = (
            [0.0] * size if given is None else given[2 * size :] for given in (self.bias_ih, self.bias_hh)
        )

        def step(x: Vector, state: Parts) -> Parts:
            """The state after the step."""
            h = state[0]
            sums = affine(rows, (*x, *h), biases)
            r, z = map(SIGMOID, sums[:size]), map(SIGMOID, sums[size:])
            new, memory = affine(new_rows, x, new_biases), affine(memory_rows, h, memory_biases)
            n = [(a + r * b).tanh() for a, r, b in zip(new, r, memory, strict=True)]
            return ([n + z * (h - n) for n, z, h in zip(n, z, h, strict=True)],)

        return step
