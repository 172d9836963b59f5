"""Losses: numbers to minimise, which measure how far predictions are from targets.

Names, arguments and numbers are PyTorch's. Every loss takes predictions and targets for one sample or for a whole
batch, as numbers in lists of any depth, or as arrays and frames. By default it is the mean over the batch, so that the
learning rate need not change with the batch size; `reduction="sum"` and `"none"` give the sum, and the single losses in
the structure of the predictions. Losses of logits are computed from the logits, not from rounded probabilities.

A loss is a Value, or a float if all arguments are plain numbers. It is built from few ops, so its graph can be drawn.
If a prediction or target is nan, the loss is nan, and a training loop raises an error.

Losses are functions, without classes for their options: `functools.partial` makes a loss with options for `nn.fit`.

>>> from functools import partial
>>> loss = partial(huber_loss, delta=2.0)
>>> loss([1.0, 6.0], [2.0, 2.0])  # (0.5 + 6) / 2
3.25
"""

from nn.losses.arrays import Numbers as Numbers
from nn.losses.binary import binary_cross_entropy as binary_cross_entropy
from nn.losses.binary import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from nn.losses.classification import cross_entropy as cross_entropy
from nn.losses.classification import nll_loss as nll_loss
from nn.losses.margins import hinge_loss as hinge_loss
from nn.losses.margins import multi_margin_loss as multi_margin_loss
from nn.losses.margins import soft_margin_loss as soft_margin_loss
from nn.losses.regression import huber_loss as huber_loss
from nn.losses.regression import l1_loss as l1_loss
from nn.losses.regression import mse_loss as mse_loss
from nn.losses.regression import smooth_l1_loss as smooth_l1_loss
from nn.losses.similarity import cosine_embedding_loss as cosine_embedding_loss
from nn.losses.similarity import cosine_similarity as cosine_similarity
from nn.losses.similarity import kl_div as kl_div

__all__ = [
    "Numbers",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]
