"""Names: a small transformer learns to predict the next letter of first names, and then generates new ones.

Each letter is represented by 16 numbers: the embedding of the letter plus the embedding of its position. The outputs of
four heads of attention over the preceding letters are added to these numbers, and then those of a layer of 64 neurons.
A last linear map turns them into a score for each letter that may come next, and for the end. Large language models
have the same parts in the same order; their layers are wider, and dozens of them are stacked.

    h = token + position    h = h + attention(norm(h))    h = h + mlp(norm(h))    scores = output(norm(h))

The model is tested on names that are held back, and compared with a model that looks at one letter only: a table of how
often each letter follows another. Sources: A. Vaswani and others, "Attention is all you need" (2017); the
norms come before the layers as in A. Radford and others, "Language models are unsupervised multitask learners" (2019),
and are RMSNorm, without weights because a linear map follows each of them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import Value, softmax
from nn import data as sets
from nn.base.checks import positive_int, positive_number
from nn.base.rng import generator
from nn.data.first_names import LONGEST
from nn.layers.attention import CausalSelfAttention
from nn.layers.dense import Layer, Linear
from nn.layers.embedding import Embedding
from nn.layers.normalisation import RMSNorm
from nn.losses import cross_entropy
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.tasks.settings import Settings
from nn.training.evaluation import evaluate as measured

if TYPE_CHECKING:
    from nn.base.rng import Generator, Rng
    from nn.data import Split

Letters: TypeAlias = tuple[list[int], list[int]]
"""The symbols of a name as a sample: all but the last, and for each of them the one that follows."""

Vectors: TypeAlias = list[list[Value]]
"""A list of numbers for each symbol of a sequence."""

EDGE: Final = 0
"""The symbol before the first letter and after the last; a is 1 and z is 26."""

SYMBOLS: Final = 27
CONTEXT: Final = LONGEST + 1
WIDTH: Final = 16
HEADS: Final = 4

SETTINGS: Final = Settings(
    epochs=3,
    batch=16,
    optimizer="adam",
    lr=0.02,
    warmup=0.05,  # Adam's first steps have the size of the rate for every gradient
    options={"betas": (0.9, 0.99)},  # gradients of a hundred updates ago are out of date
)


# ---- The names -------------------------------------------------------------------------------------------------------


def encoded(name: str) -> list[int]:
    """The symbols of a name, with an edge on both sides.

    >>> encoded("abe")
    [0, 1, 2, 5, 0]
    """
    return [EDGE, *(ord(letter) - ord("a") + 1 for letter in name), EDGE]


def decoded(symbols: Sequence[int]) -> str:
    """The name for a list of symbols.

    >>> decoded([1, 2, 5])
    'abe'
    """
    return "".join(chr(ord("a") + symbol - 1) for symbol in symbols)


def data(held_back: float = 0.1) -> Split[Letters]:
    """Training names and test names from `nn.data.names`, always the same.

    Args:
        held_back: the share of the names for the test, or their number.

    Raises:
        InputError: if `held_back` is out of its range.

    >>> train, test = data()
    >>> len(train), len(test)
    (4647, 516)
    >>> test[0]  # christopher
    ([0, 3, 8, 18, 9, 19, 20, 15, 16, 8, 5, 18], [3, 8, 18, 9, 19, 20, 15, 16, 8, 5, 18, 0])
    """
    train, test = sets.split([_sample(name) for name in sets.names()], held_back, stratified=False)
    return sets.Split(train, test)


def _sample(name: str) -> Letters:
    symbols = encoded(name)
    return symbols[:-1], symbols[1:]


# ---- The network -----------------------------------------------------------------------------------------------------


class Transformer(Module):
    """Scores for the symbol that follows, at every position of a sequence of symbols.

    Args:
        rng: where the initial weights come from: a generator, a seed, or None for Python's global generator.

    >>> model = Transformer(rng=0)
    >>> model.num_parameters()
    4299
    >>> scores = model([0, 4, 1])
    >>> len(scores), len(scores[0])
    (3, 27)
    """

    def __init__(self, rng: Rng = None) -> None:
        source = generator(rng)
        self.token = Embedding(SYMBOLS, WIDTH, rng=source)
        self.place = Embedding(CONTEXT, WIDTH, rng=source)
        self.norm = RMSNorm(WIDTH, eps=1e-5, elementwise_affine=False)
        self.attention = CausalSelfAttention(WIDTH, HEADS, rng=source)
        self.up = Layer(WIDTH, 4 * WIDTH, activation="relu", rng=source)
        self.down = Linear(4 * WIDTH, WIDTH, rng=source)
        self.output = Linear(WIDTH, SYMBOLS, rng=source)

    def __call__(self, symbols: Sequence[int]) -> Vectors:
        """The scores, shape `(T, 27)`, for a sequence of at most 12 symbols, shape `(T,)`.

        Raises:
            InputError: if a symbol is out of range, or there are more than 12.
        """
        h = _added(self.token(list(symbols)), self.place(list(range(len(symbols)))))
        h = _added(h, self.attention(self.norm(h)))
        h = _added(h, self.down(self.up(self.norm(h))))
        scores: Vectors = self.output(self.norm(h))
        return scores


def _added(a: Vectors, b: Vectors) -> Vectors:
    return [[x + y for x, y in zip(row, other, strict=True)] for row, other in zip(a, b, strict=True)]


def model(rng: Rng = None) -> Transformer:
    """The network; `rng` is the source of the initial weights."""
    return Transformer(rng=rng)


def loss(scores: Sequence[Vectors], following: Sequence[list[int]]) -> Any:
    """The cross-entropy of a batch of sequences: the mean over all symbols, in nats."""
    return cross_entropy([row for rows in scores for row in rows], [symbol for name in following for symbol in name])


def evaluate(network: Transformer, samples: Sequence[Letters]) -> float:
    """The mean cross-entropy per symbol of the names, in nats; uniform probabilities have ln 27 = 3.3."""
    return measured(network, loss, samples)[0]


# ---- New names -------------------------------------------------------------------------------------------------------


def make_up(network: Transformer, count: int = 20, rng: Rng = None, temperature: float = 1.0) -> list[str]:
    """New names: letter by letter, each drawn with the probability that the network predicts.

    Args:
        network: the network.
        count: number of names.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.
        temperature: the divisor of the scores: near 0 the most probable letter is always drawn, above 1 improbable
            letters become more frequent.

    Raises:
        InputError: if the count is not a positive int, or the temperature not a positive number.
    """
    source, scale = generator(rng), 1.0 / positive_number("temperature", temperature)
    with evaluating(network):
        return [_one_name(network, source, scale) for _ in range(positive_int("count", count))]


def _one_name(network: Transformer, source: Generator, scale: float) -> str:
    symbols = [EDGE]
    while len(symbols) < CONTEXT:
        shares = softmax([score * scale for score in network(symbols)[-1]])
        bounds = [*accumulate(shares)]
        symbol = bisect_right(bounds, source.random() * bounds[-1])
        if symbol == EDGE:
            break
        symbols.append(symbol)
    return decoded(symbols[1:])


# ---- Bigrams, for comparison -----------------------------------------------------------------------------------------

CONSTANTS: Final[tuple[float, ...]] = tuple(0.01 * 2**i for i in range(12))
"""Smoothing constants to choose from, 0.01 to 20."""


class Bigrams:
    """The probability of each symbol after each other: how often it followed, with a constant added to each count.

    Without the constant a pair that never occurred would have the probability 0, and the cross-entropy of a test name
    with that pair would be infinite. The constant maximises the probability of the training names, where each pair is
    left out of the counts for its own probability; the test names are not used.

    Source: additive smoothing, S. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling"
    (1996), section 2.1.

    Args:
        samples: the training samples.

    Attributes:
        counts: how often symbol `j` follows symbol `i`, in row `i` and column `j`.
        constant: what is added to each count.

    >>> table = Bigrams([([0, 1, 1], [1, 1, 0])])
    >>> table.counts[1][:3]
    [1, 1, 0]
    """

    def __init__(self, samples: Sequence[Letters]) -> None:
        self.counts = [[0] * SYMBOLS for _ in range(SYMBOLS)]
        for symbols, following in samples:
            for before, after in zip(symbols, following, strict=True):
                self.counts[before][after] += 1
        self.constant: float = max(CONSTANTS, key=self._left_out)

    def evaluate(self, samples: Sequence[Letters]) -> float:
        """The mean cross-entropy per symbol of the names, in nats, as for the network."""
        pairs = [pair for symbols, following in samples for pair in zip(symbols, following, strict=True)]
        return -math.fsum(math.log(self.probability(*pair)) for pair in pairs) / len(pairs)

    def probability(self, before: int, after: int) -> float:
        """The probability of a symbol after another."""
        row = self.counts[before]
        return (row[after] + self.constant) / (sum(row) + SYMBOLS * self.constant)

    def _left_out(self, constant: float) -> float:
        """The logarithm of the probability of all pairs, each left out of its own counts."""
        return math.fsum(
            count * math.log((count - 1 + constant) / (sum(row) - 1 + SYMBOLS * constant))
            for row in self.counts
            for count in row
            if count > 0
        )
