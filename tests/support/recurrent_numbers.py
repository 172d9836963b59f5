"""Sequences, numbers and kinds for tests of recurrent layers."""

import math
from typing import Any, Final

from autograd_core import Value, dot
from nn.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, Recurrent, RNNCell

CELLS: Final = (RNNCell, LSTMCell, GRUCell)
NETWORKS: Final = (RNN, LSTM, GRU)


def flat(tree: Any) -> list[Any]:
    """All numbers in nested lists and tuples, in order."""
    return [number for part in tree for number in flat(part)] if isinstance(tree, (list, tuple)) else [tree]


def values(tree: Any) -> Any:
    """The same structure with a new Value for every number."""
    return [values(part) for part in tree] if isinstance(tree, (list, tuple)) else Value(tree)


def data(tree: Any) -> list[float]:
    return [number.data for number in flat(tree)]


def grads(tree: Any) -> list[float]:
    return [number.grad for number in flat(tree)]


def fill(module: Any, arrays: dict[str, Any]) -> None:
    """Set the parameters of a module to arrays with PyTorch's names."""
    assert module.tensors().keys() == arrays.keys()
    for name, block in module.tensors().items():
        for parameter, number in zip(flat(block), flat(arrays[name]), strict=True):
            parameter.data = number


def signal(length: int, size: int = 3, phase: float = 0.0) -> list[list[float]]:
    """A sequence that never repeats."""
    return [[math.sin(1.7 * t + 0.9 * i + phase) for i in range(size)] for t in range(length)]


def total(outputs: Any) -> Value:
    """A loss in which every output counts differently."""
    given = flat(outputs)
    loss: Value = dot(given, [math.cos(0.3 * place) for place in range(len(given))])
    return loss


def gradients(network: Recurrent, sequence: Any) -> list[float]:
    """The gradient of a loss on all outputs with respect to all parameters."""
    network.zero_grad()
    total(network(sequence)[0]).backward()
    return [p.grad for p in network.parameters()]
