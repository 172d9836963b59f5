"""Schedules: learning rates that change during training.

A schedule is a function from the number of updates made so far to the learning rate of the next one.
Every optimiser accepts one in place of a number, and any function of that kind is a schedule. The schedules of this
package are small frozen dataclasses: they can be printed, compared and pickled, and have a `length`, the number of
updates until their last change, or None if they have no end. `sample` returns the rates as a list, for inspection or a
plot.

Names of arguments and numbers are PyTorch's, with each scheduler stepped after every update. A PyTorch scheduler takes
the base rate from its optimiser; here it is the first argument. The rates are computed by closed formulas, where
PyTorch multiplies the previous rate, so the last digits can differ.
"""

import typing

from nn.schedules.composed import product as product
from nn.schedules.composed import sequential as sequential
from nn.schedules.cycles import cosine as cosine
from nn.schedules.cycles import cosine_restarts as cosine_restarts
from nn.schedules.cycles import one_cycle as one_cycle
from nn.schedules.decays import constant as constant
from nn.schedules.decays import exponential as exponential
from nn.schedules.decays import linear as linear
from nn.schedules.decays import multi_step as multi_step
from nn.schedules.decays import polynomial as polynomial
from nn.schedules.decays import step as step
from nn.schedules.decays import warmup as warmup
from nn.schedules.plan import Plan as Plan
from nn.schedules.plan import Schedule as Schedule
from nn.schedules.plan import length_of as length_of
from nn.schedules.plan import sample as sample
from nn.schedules.plateau import ReduceOnPlateau as ReduceOnPlateau

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from nn.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)


__all__ = [
    "Plan",
    "ReduceOnPlateau",
    "Schedule",
    "constant",
    "cosine",
    "cosine_restarts",
    "exponential",
    "length_of",
    "linear",
    "multi_step",
    "one_cycle",
    "polynomial",
    "product",
    "sample",
    "sequential",
    "step",
    "warmup",
]
