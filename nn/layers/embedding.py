"""Embedding: a vector of learned numbers for each of a set of symbols."""

from __future__ import annotations

import operator
from typing import Any

from autograd_core import InputError, OperandTypeError, Value, pick
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.recorded import is_known, number_of
from nn.base.rng import Rng, generator
from nn.base.shapes import over
from nn.init import normal, zeros
from nn.modules.module import Block, Module


class Embedding(Module):
    """The vector for an index, and for nested lists of indices the vectors in the same structure.

    Args:
        num_embeddings: number of vectors.
        embedding_dim: length of a vector.
        padding_idx: the index of a vector for padding: it is initially 0, and gets no gradient. Negative indices count
            from the end.
        rng: where the initial numbers, standard normal ones, come from: a generator, a seed, or None for Python's
            global generator.

    Attributes:
        weight: the vectors, shape `(num_embeddings, embedding_dim)`.

    Raises:
        InputError: if a size is not a positive int, or `padding_idx` or (when called) an index is out of range.
        OperandTypeError: (when called) if an index is not an int.

    A call returns the parameters themselves and makes no nodes. A vector that is used several times gets the sum of the
    gradients. An index that is recorded and not known yet is not checked; it picks the numbers as `autograd_core.pick`
    does.

    >>> embedding = Embedding(10, 3, rng=0)
    >>> embedding(7) == embedding.weight[7], len(embedding([1, 2, 1, 0]))
    (True, 4)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, rng: Rng = None
    ) -> None:
        self.num_embeddings = positive_int("num_embeddings", num_embeddings)
        self.embedding_dim = positive_int("embedding_dim", embedding_dim)
        self.padding_idx = None if padding_idx is None else self._padding_index(padding_idx)
        source = generator(rng)
        vectors = [normal(self.embedding_dim, rng=source) for _ in range(self.num_embeddings)]
        if self.padding_idx is not None:
            vectors[self.padding_idx] = zeros(self.embedding_dim)
        self.weight = [[Value(number) for number in vector] for vector in vectors]

    def __call__(self, x: Any) -> Any:
        """Vectors of shape `(embedding_dim,)`: one for an index, a list of them for a list of indices, and so on."""
        return over(self._vector, model_input(x), 0)

    def _vector(self, x: Any) -> list[Any]:
        if not is_known(x):
            return [pick(x, column) for column in zip(*map(self._row, range(self.num_embeddings)), strict=True)]
        index = _index(x)
        if not 0 <= index < self.num_embeddings:
            raise InputError(f"{self!r} expected an index from 0 to {self.num_embeddings - 1}, got {index}")
        return self._row(index)

    def _row(self, index: int) -> list[Any]:
        vector = self.weight[index]
        return [_constant(number) for number in vector] if index == self.padding_idx else list(vector)

    def _padding_index(self, index: object) -> int:
        count = self.num_embeddings
        if isinstance(index, bool) or not isinstance(index, int) or not -count <= index < count:
            raise InputError(f"padding_idx must be an int from {-count} to {count - 1}, got {index!r}")
        return index % count

    def tensors(self) -> dict[str, Block]:
        """`weight` of shape `[num_embeddings, embedding_dim]`."""
        return {"weight": self.weight}

    def __repr__(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"Embedding({self.num_embeddings}, {self.embedding_dim}{padding})"


def _constant(number: Any) -> Any:
    """The number alone: a new leaf, or a constant of a program if the number is not known."""
    return Value(number_of(number)) if is_known(number) else number_of(number)


def _index(x: Any) -> int:
    if isinstance(x, bool) or not hasattr(x, "__index__"):
        raise OperandTypeError(f"an Embedding expected an int as index, got {x!r}")
    return operator.index(x)
