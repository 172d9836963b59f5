"""A sequence of bits: is the number of ones odd? An LSTM reads them one by one, and has to remember.

Whoever misses one bit knows nothing about the answer, and the state must be turned round by every one that comes: no
average of the past will do. Only after the last bit is the network told what the answer was. Short sequences among the
long ones show it the beginning of the way; of sequences of 10 bits alone nothing is learned in this time. (Why this
is hard: Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
difficult", IEEE Transactions on Neural Networks 5, 1994.)

What is learned is a rule and no list: sequences of the test do not occur among those learned from, and sequences four
times as long as any of these are answered as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nn import data as sets
from nn.base.rng import generator
from nn.layers.dense import Linear
from nn.layers.recurrent import LSTM
from nn.losses import cross_entropy
from nn.modules.module import Module
from nn.tasks.settings import Settings
from nn.training.metrics import accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from nn.base.rng import Rng
    from nn.data import Split
    from nn.data.memory_tasks import Steps

    Bits: TypeAlias = tuple[Steps, int]

WIDTH: Final = 8
LONGEST: Final = 10
LONG: Final = 40
TRAIN: Final = 1000
TEST: Final = 500

SETTINGS: Final = Settings(
    epochs=20,  # the rule is found after five or ten; the others make it firm enough for long sequences
    batch=16,
    optimizer="adam",
    lr=0.03,  # large: before the state has become a switch, gradients are small in all directions
)

loss = cross_entropy


class Parity(Module):
    """An LSTM, and two scores from its last output: for an even and for an odd number of ones.

    >>> model = Parity(rng=0)
    >>> len(model([[1.0], [0.0], [1.0]])), model.num_parameters()
    (2, 370)
    """

    def __init__(self, width: int = WIDTH, rng: Rng = None) -> None:
        source = generator(rng)
        self.lstm = LSTM(1, width, rng=source)
        self.output = Linear(width, 2, rng=source)

    def __call__(self, bits: Any) -> Any:
        """The two scores for a sequence, shape `(L, 1)`."""
        outputs, _ = self.lstm(bits)
        return self.output(outputs[-1])


def model(rng: Rng = None) -> Parity:
    """The network; `rng` draws its first weights."""
    return Parity(rng=rng)


def data(train: int = TRAIN, test: int = TEST) -> Split[Bits]:
    """Sequences of 1 to 10 bits to learn from, and others, none of which is among them, always the same.

    Args:
        train: how many to learn from.
        test: how many to draw for the test; those that are to be learned from are then left out.

    Raises:
        InputError: if a number is not a positive int.

    >>> train, test = data()
    >>> any(sample in train for sample in test)
    False
    """
    known = sets.parity(train, (1, LONGEST), rng=0)
    drawn = sets.parity(test, (1, LONGEST), rng=1)
    return sets.Split(train=known, test=[sample for sample in drawn if sample not in known])


def long_data(count: int = 200, length: int = LONG) -> list[Bits]:
    """Sequences longer than any that was learned from, always the same.

    Raises:
        InputError: if a number is not a positive int.
    """
    return sets.parity(count, length, rng=2)


def evaluate(network: Parity, samples: Sequence[Bits]) -> float:
    """The share of the sequences that is answered rightly."""
    return accuracy(network, samples)
