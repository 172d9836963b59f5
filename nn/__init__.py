"""Neural networks made of single Values: small, and open to inspection down to every number.

`Neuron`, `Layer` and `MLP` are called as in micrograd; the rest is named as in PyTorch. Read `module` first, then
`layers`, `losses`, `optim` and `train`.

>>> from nn import MLP, cross_entropy, optim
>>> model = MLP(2, [4, 3], rng=1337)
>>> optimizer = optim.SGD(model.parameters(), lr=0.1)
>>> before = cross_entropy(model([1.0, -1.0]), 2)
>>> before.backward()
>>> optimizer.step()
>>> cross_entropy(model([1.0, -1.0]), 2) < before
True
"""

from nn import activations as activations
from nn import data as data
from nn import init as init
from nn import optim as optim
from nn import schedules as schedules
from nn.layers import MLP as MLP
from nn.layers import Layer as Layer
from nn.layers import Neuron as Neuron
from nn.losses import cross_entropy as cross_entropy
from nn.losses import mse_loss as mse_loss
from nn.metrics import accuracy as accuracy
from nn.metrics import confusion_matrix as confusion_matrix
from nn.module import Module as Module
from nn.module import evaluating as evaluating
from nn.serialise import load as load
from nn.serialise import save as save
from nn.train import Epoch as Epoch
from nn.train import Step as Step
from nn.train import fit as fit
from nn.train import training_steps as training_steps

__all__ = [
    "MLP",
    "Epoch",
    "Layer",
    "Module",
    "Neuron",
    "Step",
    "accuracy",
    "activations",
    "confusion_matrix",
    "cross_entropy",
    "data",
    "evaluating",
    "fit",
    "init",
    "load",
    "mse_loss",
    "optim",
    "save",
    "schedules",
    "training_steps",
]
