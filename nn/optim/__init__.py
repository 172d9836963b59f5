"""Optimisers, and the transforms of which they are made.

Read `transforms` first, then `optimizer`. Each optimiser is a few lines that list its transforms.

>>> from autograd_core import Value
>>> x = Value(3.0)
>>> optimizer = Adam([x], lr=0.1)
>>> for _ in range(200):
...     optimizer.zero_grad()
...     ((x - 1.0) ** 2).backward()
...     optimizer.step()
>>> round(x.data, 2)
1.0

An optimiser of your own is a chain of transforms:

>>> mine = Optimizer([x], 0.1, scale_by_rms(0.9), trace(0.5), add_decayed_weights(0.01))
"""

import typing

from nn.optim.adam import Adam as Adam
from nn.optim.adam import Adamax as Adamax
from nn.optim.adam import AdamW as AdamW
from nn.optim.adam import Lion as Lion
from nn.optim.adam import NAdam as NAdam
from nn.optim.adaptive import Adadelta as Adadelta
from nn.optim.adaptive import Adagrad as Adagrad
from nn.optim.adaptive import RMSprop as RMSprop
from nn.optim.catalogue import BY_NAME as BY_NAME
from nn.optim.catalogue import by_name as by_name
from nn.optim.groups import Group as Group
from nn.optim.lbfgs import LBFGS as LBFGS
from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.scaling import scale_by_adadelta as scale_by_adadelta
from nn.optim.scaling import scale_by_adagrad as scale_by_adagrad
from nn.optim.scaling import scale_by_adam as scale_by_adam
from nn.optim.scaling import scale_by_adamax as scale_by_adamax
from nn.optim.scaling import scale_by_lion as scale_by_lion
from nn.optim.scaling import scale_by_nadam as scale_by_nadam
from nn.optim.scaling import scale_by_rms as scale_by_rms
from nn.optim.sgd import SGD as SGD
from nn.optim.transforms import IDENTITY as IDENTITY
from nn.optim.transforms import State as State
from nn.optim.transforms import Transform as Transform
from nn.optim.transforms import add_decayed_weights as add_decayed_weights
from nn.optim.transforms import scale as scale
from nn.optim.transforms import trace as trace

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from nn.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)


__all__ = [
    "BY_NAME",
    "IDENTITY",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Group",
    "Lion",
    "NAdam",
    "Optimizer",
    "RMSprop",
    "State",
    "Transform",
    "add_decayed_weights",
    "by_name",
    "scale",
    "scale_by_adadelta",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_adamax",
    "scale_by_lion",
    "scale_by_nadam",
    "scale_by_rms",
    "trace",
]
