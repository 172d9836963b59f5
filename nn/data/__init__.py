"""Data sets, and functions for samples: splits, scaling and batches.

`sampling` defines samples, and `pair` makes samples from features and targets in two arrays. Then read `splits` and
`scaling`.
"""

import typing

from nn.base.conversion import pair as pair
from nn.data.curves import line as line
from nn.data.curves import sine as sine
from nn.data.first_names import names as names
from nn.data.memory_tasks import adding as adding
from nn.data.memory_tasks import first_symbol as first_symbol
from nn.data.memory_tasks import parity as parity
from nn.data.mnist import mnist as mnist
from nn.data.optical_digits import digits as digits
from nn.data.points import blobs as blobs
from nn.data.points import circles as circles
from nn.data.points import spirals as spirals
from nn.data.points import xor as xor
from nn.data.sampling import Batches as Batches
from nn.data.sampling import Labelled as Labelled
from nn.data.sampling import Sample as Sample
from nn.data.scaling import MinMaxScaler as MinMaxScaler
from nn.data.scaling import Scaler as Scaler
from nn.data.scaling import StandardScaler as StandardScaler
from nn.data.splits import Lazy as Lazy
from nn.data.splits import Split as Split
from nn.data.splits import ThreeWay as ThreeWay
from nn.data.splits import k_fold as k_fold
from nn.data.splits import split as split
from nn.data.splits import train_validation_test as train_validation_test
from nn.data.tables import Table as Table
from nn.data.tables import read_csv as read_csv
from nn.data.two_moons import moons as moons

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from nn.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)


__all__ = [
    "Batches",
    "Labelled",
    "Lazy",
    "MinMaxScaler",
    "Sample",
    "Scaler",
    "Split",
    "StandardScaler",
    "Table",
    "ThreeWay",
    "adding",
    "blobs",
    "circles",
    "digits",
    "first_symbol",
    "k_fold",
    "line",
    "mnist",
    "moons",
    "names",
    "pair",
    "parity",
    "read_csv",
    "sine",
    "spirals",
    "split",
    "train_validation_test",
    "xor",
]
