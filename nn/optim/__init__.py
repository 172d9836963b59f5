"""Optimisers: `SGD`, and the parts of which further ones are made (`Optimizer`, `Transform`)."""

from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.sgd import SGD as SGD
from nn.optim.transforms import State as State
from nn.optim.transforms import Transform as Transform
from nn.optim.transforms import add_decayed_weights as add_decayed_weights
from nn.optim.transforms import trace as trace

__all__ = ["SGD", "Optimizer", "State", "Transform", "add_decayed_weights", "trace"]
