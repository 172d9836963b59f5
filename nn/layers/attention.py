"""Causal self-attention: the output at each position is a weighted mean over that position and the earlier ones.

At position `t`, for each head with its `d = embed_dim / num_heads` numbers of the projections,

    q_t = W_q x_t + b_q    k_s = W_k x_s + b_k    v_s = W_v x_s + b_v
    p_t = softmax over s ≤ t of (q_t · k_s / √d)    y_t = Σ p_ts v_s over s ≤ t

and the `y_t` of all heads, one after the other, go through one last affine map. Parameters and their names are those of
`torch.nn.MultiheadAttention`. Scores of later positions are not computed at all, while other implementations compute
and mask them.

Source: A. Vaswani and others, "Attention is all you need" (2017), sections 3.2.1 to 3.2.3, arXiv:1706.03762.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core import InputError, Value, affine, dot, softmax
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.rng import Rng, generator
from nn.base.shapes import over
from nn.init import uniform
from nn.layers.dropout import Dropout
from nn.layers.sequence_inputs import dropout_of, steps_of
from nn.modules.module import Block, Module, Number


class CausalSelfAttention(Module):
    """Multi-head attention of a sequence to itself, in which no position depends on a later one.

    Args:
        embed_dim: numbers in each position, at least 1.
        num_heads: number of heads, among which these numbers are divided evenly.
        bias: False leaves out the biases; `in_proj_bias` and `out_proj_bias` are then None.
        dropout: the probability with which, in training, a head ignores an earlier position.
        rng: where the initial weights come from: a generator, a seed, or None for Python's global generator.

    Attributes:
        in_proj_weight: `W_q`, `W_k` and `W_v` concatenated, shape `(3·embed_dim, embed_dim)`, with the rows of the
            first head first in each; drawn from `±√(6 / (4·embed_dim))`, the bound of Glorot and Bengio for the whole
            matrix.
        in_proj_bias: shape `(3·embed_dim,)`, initially 0.
        out_proj_weight: shape `(embed_dim, embed_dim)`, drawn from `±1/√embed_dim`; saved as `out_proj.weight`.
        out_proj_bias: shape `(embed_dim,)`, initially 0; saved as `out_proj.bias`.

    Initial weights have the same distribution as in PyTorch.

    Raises:
        InputError: if a size is not a positive int, `num_heads` does not divide `embed_dim`, or `dropout` is not a
            number from 0 to 1.
        ShapeError: (when called) if there is no position, or one does not have `embed_dim` numbers.

    >>> attention = CausalSelfAttention(4, 2, rng=0)
    >>> sequence = [[1.0, 0.0, 0.5, -0.5], [0.0, 1.0, 0.0, 1.0]]
    >>> outputs = attention(sequence)
    >>> len(outputs), len(outputs[0])
    (2, 4)
    >>> sequence[1][0] = 9.0  # a later position does not change earlier outputs
    >>> [y.data for y in attention(sequence)[0]] == [y.data for y in outputs[0]]
    True
    """

    def __init__(
        self, embed_dim: int, num_heads: int, bias: bool = True, *, dropout: float = 0.0, rng: Rng = None
    ) -> None:
        self.embed_dim, self.num_heads = positive_int("embed_dim", embed_dim), positive_int("num_heads", num_heads)
        self._size, rest = divmod(self.embed_dim, self.num_heads)
        if rest != 0:
            raise InputError(
                f"num_heads must divide embed_dim, because all heads have the same size, got num_heads={num_heads} and "
                f"embed_dim={embed_dim}; the next larger embed_dim that does is {num_heads * (self._size + 1)}"
            )
        size, source = self.embed_dim, generator(rng)

        def drawn(count: int, bound: float) -> list[list[Value]]:
            return [[Value(weight) for weight in uniform(size, bound, source)] for _ in range(count)]

        def zeros(count: int) -> list[Value] | None:
            return [Value(0.0) for _ in range(count)] if bias else None

        self.in_proj_weight, self.in_proj_bias = drawn(3 * size, math.sqrt(6.0 / (4 * size))), zeros(3 * size)
        self.out_proj_weight, self.out_proj_bias = drawn(size, 1.0 / math.sqrt(size)), zeros(size)
        self.dropout = dropout_of(dropout, source)

    def __call__(self, sequence: Any) -> Any:
        """The outputs for a sequence, both of shape `(T, embed_dim)`; for a list of sequences, a list of outputs.

        The lengths of the sequences may differ.
        """
        return over(self._one, model_input(sequence), 2)

    def _one(self, sequence: Any) -> list[list[Value]]:
        memories = [_Memory(self._size, self.dropout) for _ in range(self.num_heads)]
        # Zeros replace missing biases: `affine` with zeros takes half the time of a `dot` for each row.
        in_bias: Sequence[Number] = self.in_proj_bias or [0.0] * 3 * self.embed_dim
        out_bias: Sequence[Number] = self.out_proj_bias or [0.0] * self.embed_dim
        outputs = []
        for x in steps_of(sequence, self.embed_dim, self):
            projected = affine(self.in_proj_weight, x, in_bias)
            seen = [y for head, memory in enumerate(memories) for y in memory(*self._parts(projected, head))]
            outputs.append(affine(self.out_proj_weight, seen, out_bias))
        return outputs

    def _parts(self, projected: list[Value], head: int) -> list[list[Value]]:
        """The query, the key and the value of a head."""
        starts = [third * self.embed_dim + head * self._size for third in range(3)]
        return [projected[start : start + self._size] for start in starts]

    def tensors(self) -> dict[str, Block]:
        """`in_proj_weight`, `in_proj_bias`, `out_proj.weight` and `out_proj.bias`, as in PyTorch."""
        blocks: dict[str, Block | None] = {
            "in_proj_weight": self.in_proj_weight,
            "in_proj_bias": self.in_proj_bias,
            "out_proj.weight": self.out_proj_weight,
            "out_proj.bias": self.out_proj_bias,
        }
        return {name: block for name, block in blocks.items() if block is not None}

    def __repr__(self) -> str:
        return f"CausalSelfAttention({self.embed_dim}, {self.num_heads})"


class _Memory:
    """The keys of a head for the positions so far, and the values column by column, as `dot` needs them."""

    def __init__(self, size: int, dropout: Dropout | None) -> None:
        self._scale = 1.0 / math.sqrt(size)
        self._dropout = dropout
        self._keys: list[list[Value]] = []
        self._columns: list[list[Value]] = [[] for _ in range(size)]

    def __call__(self, query: Sequence[Value], key: list[Value], value: Sequence[Value]) -> list[Value]:
        """The weighted mean for the query of a position, after adding its key and value."""
        self._keys.append(key)
        for column, number in zip(self._columns, value, strict=True):
            column.append(number)
        # Scaling the query instead of the scores takes fewer operations, except in very short sequences.
        scaled = tuple([number * self._scale for number in query])
        shares = softmax([dot(scaled, key) for key in self._keys])
        if self._dropout is not None:
            shares = self._dropout(shares)
        return [dot(shares, column) for column in self._columns]
