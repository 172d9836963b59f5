"""What a prompt shows of data, scalers, batches and measures: one line, whatever their size."""

from typing import Any, Final

import pytest

from nn import Epoch, History
from nn.data import Batches, StandardScaler, digits, moons, names, split

SAMPLES: Final = moons(30, rng=0)


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (digits(), "Split(train: 1,438 samples, test: 359 samples)"),
        (split(SAMPLES, 10, stratified=False), "Split(train: 20 samples, test: 10 samples)"),
        (split([1, 2, 3], 1, stratified=False), "Split(train=[2, 3], test=[1])"),
        (StandardScaler(), "StandardScaler(not fitted)"),
        (StandardScaler().fit(SAMPLES), "StandardScaler(fitted to 2 columns)"),
        (Batches(SAMPLES, 20, rng=0), "Batches(30 samples in 2 batches, at epoch 0, batch 0)"),
        (Epoch(0.5, 0.25), "Epoch(loss=0.5, accuracy=0.25)"),
        (Epoch(0.5, gradient_norms={"layers.0": 1.0}), "Epoch(loss=0.5, gradient_norms of 1 layer)"),
        (History([Epoch(0.5)])[0], "Epoch(loss=0.5)"),
    ],
)
def test_the_line(thing: Any, shown: str) -> None:
    assert repr(thing) == shown


def test_a_long_list_of_names_shows_its_ends() -> None:
    every = names()
    assert repr(every) == f"[{repr(every[:3])[1:-1]}, ..., {repr(every[-3:])[1:-1]}]"
    assert repr(every[:4]) == "['james', 'john', 'robert', 'michael']"
    assert isinstance(every, list)
