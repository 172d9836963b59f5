"""Small neural networks made of Values, in which every number can be inspected.

`Neuron`, `Layer` and `MLP` are called as in micrograd; the rest is named as in PyTorch. Read `modules.module`
first, then `layers.dense`, `losses`, `optim` and `training.train`. What the package holds:

* Layers: `Neuron`, `Layer`, `Linear`, `MLP`, `Sequential`, 22 activations by name and as modules, softmax and its
  relatives, `Dropout`, `BatchNorm1d`, `LayerNorm`, `RMSNorm`, `Embedding`, `Conv1d`, `Conv2d`, `MaxPool1d`,
  `MaxPool2d`, `Flatten`.
* Sequences: `RNN`, `LSTM`, `GRU` and their cells, in layers, in both directions, with full or truncated
  backpropagation through time; `CausalSelfAttention`.
* Models: `named_parameters`, `state_dict`, `freeze` and `unfreeze` by pattern, `summary`, `save` and `load`
  (safetensors).
* `nn.init`: uniform, normal, constant, Glorot, He, LeCun and orthogonal weights, with gains.
* Losses: squared, absolute, Huber, cross-entropy, negative log-likelihood, binary, hinge, multi-margin,
  Kullback-Leibler, cosine.
* `nn.optim`: SGD with momentum and Nesterov, RMSprop, Adagrad, Adadelta, Adam, AMSGrad, AdamW, NAdam, Adamax, Lion,
  L-BFGS, each a chain of transforms, with parameter groups.
* `nn.schedules`: steps, exponential, polynomial, cosine with and without restarts, warm-up, one-cycle, on a plateau;
  one after the other or multiplied.
* Regularisation: L1, L2, weight decay, dropout, clipping by value and norm, gradient noise, early stopping.
* `nn.data`: samples of arrays and frames, batches whose position can be saved, splits, folds, scalers, CSV; digits,
  MNIST, first names; moons, circles, spirals, blobs, XOR, sine, line, parity, sums to remember.
* Metrics: accuracy, confusion matrix, precision, recall, F1, R².
* `per_sample_gradients`: the gradient of the loss of each sample, as an array. `descend`: the paths of several
  ways of descent from the same start.

In 64 bits the numbers are PyTorch's: the tests compare with stored results of PyTorch 2.13.0, to 1e-10. Where a choice
differs, the docstring says so. For example, equal numbers share a gradient evenly, also in max-pooling, where PyTorch
gives all of it to the first. A module takes one sample or a batch of them, as nested lists, arrays, tensors, series,
frames or iterators.

>>> from nn import MLP, cross_entropy, optim
>>> model = MLP(2, [4, 3], rng=1337)
>>> optimizer = optim.SGD(model.parameters(), lr=0.1)
>>> before = cross_entropy(model([1.0, -1.0]), 2)
>>> before.backward()
>>> optimizer.step()
>>> cross_entropy(model([1.0, -1.0]), 2) < before
True
"""

import typing

import autograd_core.calls as _calls
from nn import data as data
from nn import init as init
from nn import optim as optim
from nn import schedules as schedules
from nn.layers import activations as activations
from nn.layers.activations import CELU as CELU
from nn.layers.activations import ELU as ELU
from nn.layers.activations import GELU as GELU
from nn.layers.activations import SELU as SELU
from nn.layers.activations import Hardshrink as Hardshrink
from nn.layers.activations import Hardsigmoid as Hardsigmoid
from nn.layers.activations import Hardswish as Hardswish
from nn.layers.activations import Hardtanh as Hardtanh
from nn.layers.activations import Identity as Identity
from nn.layers.activations import LeakyReLU as LeakyReLU
from nn.layers.activations import LogSigmoid as LogSigmoid
from nn.layers.activations import LogSoftmax as LogSoftmax
from nn.layers.activations import Mish as Mish
from nn.layers.activations import ReLU as ReLU
from nn.layers.activations import ReLU6 as ReLU6
from nn.layers.activations import Sigmoid as Sigmoid
from nn.layers.activations import SiLU as SiLU
from nn.layers.activations import Softmax as Softmax
from nn.layers.activations import Softmin as Softmin
from nn.layers.activations import Softplus as Softplus
from nn.layers.activations import Softshrink as Softshrink
from nn.layers.activations import Softsign as Softsign
from nn.layers.activations import Tanh as Tanh
from nn.layers.activations import Tanhshrink as Tanhshrink
from nn.layers.attention import CausalSelfAttention as CausalSelfAttention
from nn.layers.containers import Sequential as Sequential
from nn.layers.convolution import Conv1d as Conv1d
from nn.layers.convolution import Conv2d as Conv2d
from nn.layers.dense import MLP as MLP
from nn.layers.dense import Layer as Layer
from nn.layers.dense import Linear as Linear
from nn.layers.dense import Neuron as Neuron
from nn.layers.dropout import Dropout as Dropout
from nn.layers.embedding import Embedding as Embedding
from nn.layers.flatten import Flatten as Flatten
from nn.layers.normalisation import BatchNorm1d as BatchNorm1d
from nn.layers.normalisation import LayerNorm as LayerNorm
from nn.layers.normalisation import RMSNorm as RMSNorm
from nn.layers.pooling import MaxPool1d as MaxPool1d
from nn.layers.pooling import MaxPool2d as MaxPool2d
from nn.layers.recurrent import GRU as GRU
from nn.layers.recurrent import LSTM as LSTM
from nn.layers.recurrent import RNN as RNN
from nn.layers.recurrent import GRUCell as GRUCell
from nn.layers.recurrent import LSTMCell as LSTMCell
from nn.layers.recurrent import Recurrent as Recurrent
from nn.layers.recurrent import RNNCell as RNNCell
from nn.layers.recurrent import chunks as chunks
from nn.layers.recurrent import detached as detached
from nn.losses import binary_cross_entropy as binary_cross_entropy
from nn.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from nn.losses import cosine_embedding_loss as cosine_embedding_loss
from nn.losses import cosine_similarity as cosine_similarity
from nn.losses import cross_entropy as cross_entropy
from nn.losses import hinge_loss as hinge_loss
from nn.losses import huber_loss as huber_loss
from nn.losses import kl_div as kl_div
from nn.losses import l1_loss as l1_loss
from nn.losses import mse_loss as mse_loss
from nn.losses import multi_margin_loss as multi_margin_loss
from nn.losses import nll_loss as nll_loss
from nn.losses import smooth_l1_loss as smooth_l1_loss
from nn.losses import soft_margin_loss as soft_margin_loss
from nn.modules.attributes import ParameterWarning as ParameterWarning
from nn.modules.evaluating import evaluating as evaluating
from nn.modules.module import Module as Module
from nn.modules.serialise import load as load
from nn.modules.serialise import save as save
from nn.modules.summary import summary as summary
from nn.modules.tensor_file import DamagedError as DamagedError
from nn.modules.tensor_file import NotFiniteWarning as NotFiniteWarning
from nn.training import checkpoint as checkpoint
from nn.training import health as health
from nn.training.callbacks import Callback as Callback
from nn.training.descent import Descent as Descent
from nn.training.descent import DescentPath as DescentPath
from nn.training.descent import Way as Way
from nn.training.descent import descend as descend
from nn.training.evaluation import evaluate as evaluate
from nn.training.fit import fit as fit
from nn.training.fit import training_steps as training_steps
from nn.training.health import TrainingWarning as TrainingWarning
from nn.training.history import Epoch as Epoch
from nn.training.history import History as History
from nn.training.history import Step as Step
from nn.training.metrics import accuracy as accuracy
from nn.training.metrics import accuracy_of as accuracy_of
from nn.training.metrics import classification_report as classification_report
from nn.training.metrics import confusion_matrix as confusion_matrix
from nn.training.metrics import confusions as confusions
from nn.training.metrics import f1 as f1
from nn.training.metrics import f1_of as f1_of
from nn.training.metrics import precision as precision
from nn.training.metrics import precision_of as precision_of
from nn.training.metrics import predicted_class as predicted_class
from nn.training.metrics import recall as recall
from nn.training.metrics import recall_of as recall_of
from nn.training.per_sample import per_sample_gradients as per_sample_gradients
from nn.training.recipe import RecipeError as RecipeError
from nn.training.regression_metrics import r2_of as r2_of
from nn.training.regression_metrics import r2_score as r2_score
from nn.training.regularisation import EarlyStopping as EarlyStopping
from nn.training.regularisation import add_gradient_noise_ as add_gradient_noise_
from nn.training.regularisation import clip_grad_norm_ as clip_grad_norm_
from nn.training.regularisation import clip_grad_value_ as clip_grad_value_
from nn.training.regularisation import l1_penalty as l1_penalty
from nn.training.regularisation import l2_penalty as l2_penalty
from nn.training.regularisation import noise_std as noise_std
from nn.training.train import Training as Training

_calls.explain_constructors(thing for room in (data, optim, schedules) for thing in vars(room).values())
_calls.explain_constructors([*globals().values()])

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from nn.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)


__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "BatchNorm1d",
    "Callback",
    "CausalSelfAttention",
    "Conv1d",
    "Conv2d",
    "DamagedError",
    "Descent",
    "DescentPath",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Epoch",
    "Flatten",
    "GRUCell",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "History",
    "Identity",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "Mish",
    "Module",
    "Neuron",
    "NotFiniteWarning",
    "ParameterWarning",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "ReLU6",
    "RecipeError",
    "Recurrent",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Step",
    "Tanh",
    "Tanhshrink",
    "Training",
    "TrainingWarning",
    "Way",
    "accuracy",
    "accuracy_of",
    "activations",
    "add_gradient_noise_",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "checkpoint",
    "chunks",
    "classification_report",
    "clip_grad_norm_",
    "clip_grad_value_",
    "confusion_matrix",
    "confusions",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "data",
    "descend",
    "detached",
    "evaluate",
    "evaluating",
    "f1",
    "f1_of",
    "fit",
    "health",
    "hinge_loss",
    "huber_loss",
    "init",
    "kl_div",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "load",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "noise_std",
    "optim",
    "per_sample_gradients",
    "precision",
    "precision_of",
    "predicted_class",
    "r2_of",
    "r2_score",
    "recall",
    "recall_of",
    "save",
    "schedules",
    "smooth_l1_loss",
    "soft_margin_loss",
    "summary",
    "training_steps",
]
