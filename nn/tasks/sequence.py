"""Parity of a sequence of bits: an LSTM reads them one by one, and predicts whether the number of ones is odd.

The answer depends on every bit, and each 1 must flip the state, so an average of the past is not enough. The target is
known only after the last bit. The training samples include short sequences, which are easier; with sequences of 10 bits
alone the network learns nothing in this time. (Why this is hard: Y. Bengio, P. Simard, P. Frasconi, "Learning long-term
dependencies with gradient descent is difficult", IEEE Transactions on Neural Networks 5, 1994.)

The network learns the rule: no test sequence is a training sequence, and it is right for sequences four times as long,
too.
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
    epochs=20,  # the rule is learned after five or ten; the others make it reliable for long sequences
    batch=16,
    optimizer="adam",
    lr=0.03,  # large, because gradients are small until the state works as a switch
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
    """The network; `rng` is the source of the initial weights."""
    return Parity(rng=rng)


def data(train: int = TRAIN, test: int = TEST) -> Split[Bits]:
    """Training sequences of 1 to 10 bits, and different test sequences, always the same.

    Args:
        train: number of training sequences.
        test: number of sequences to draw for the test; those among the training sequences are left out.

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
    """Sequences longer than all training sequences, always the same.

    Raises:
        InputError: if a number is not a positive int.
    """
    return sets.parity(count, length, rng=2)


def evaluate(network: Parity, samples: Sequence[Bits]) -> float:
    """The share of correctly classified sequences."""
    return accuracy(network, samples)
