"""Data sets, and samples in batches."""

from nn.data.optical_digits import digits as digits
from nn.data.sampling import Batches as Batches
from nn.data.sampling import Sample as Sample
from nn.data.sampling import Split as Split
from nn.data.sampling import split as split
from nn.data.two_moons import moons as moons

__all__ = ["Batches", "Sample", "Split", "digits", "moons", "split"]
