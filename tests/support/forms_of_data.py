"""The same data in many forms: nested lists, tuples, arrays, and objects that become arrays."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest

import nn
from autograd_core import Value
from nn.data import Batches
from nn.optim import SGD

CLASSIFICATION: Final = nn.data.moons(24, rng=3)
FEATURES: Final = [features for features, _ in CLASSIFICATION]
LABELS: Final = [label for _, label in CLASSIFICATION]
NUMBERS: Final = [x + 2.0 * y for x, y in FEATURES]


class Frame:
    """A table of which only its method `to_numpy` is known; a loop over it gives the names of its columns."""

    def __init__(self, rows: Any) -> None:
        self.rows = np.array(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        return (f"column {place}" for place in range(self.rows.shape[-1]))

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def to_numpy(self) -> Any:
        return self.rows


class Tensor:
    """An array of which only `__array__` is known."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.array(numbers)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numbers


def tuples(data: Any) -> Any:
    return tuple(map(tuples, data)) if isinstance(data, list) else data


def values(data: Any) -> Any:
    return [values(part) for part in data] if isinstance(data, list) else Value(data)


def objects(data: Any) -> Any:
    return np.array(values(data), dtype=object)


FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "list": lambda data: data,
    "tuples": tuples,
    "array": np.array,
    "frame": Frame,
    "tensor": Tensor,
    "map": lambda data: map(tuples, data),
    "list of arrays": lambda data: [np.array(part) for part in data],
    "list of frames": lambda data: [Frame(part) if isinstance(part, list) else np.array(part)[()] for part in data],
}

each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def trained(samples: Any, loss: Any, outputs: int, **options: Any) -> list[float]:
    model = nn.MLP(2, [4, outputs], rng=0)
    batches = Batches(samples, 5, rng=1)
    nn.fit(model, loss, batches, SGD(model.parameters(), lr=0.1), epochs=2, **options)
    return [p.data for p in model.parameters()]
