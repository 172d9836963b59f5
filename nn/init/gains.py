"""Gains: the factors by which the weights before an activation should be larger than those of a linear layer."""

from __future__ import annotations

import math
from typing import Final

from autograd_core import InputError
from autograd_core.calls import explained

LEAKY_SLOPE: Final = 0.01
"""The default derivative of `leaky_relu` for negative numbers."""

_SQUARED_GAINS: Final = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 25.0 / 9.0,
    "relu": 2.0,
    "leaky_relu": 2.0,  # for a slope of 0
    "selu": 9.0 / 16.0,
}


@explained()
def gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which the weights before an activation should be larger than those of a linear layer.

    | activation        | gain               | source                                                             |
    |-------------------|--------------------|--------------------------------------------------------------------|
    | linear, sigmoid   | 1                  | Glorot and Bengio (2010), for a slope of 1; by convention also of  |
    |                   |                    | the sigmoid, whose slope at 0 is 1/4                               |
    | relu              | √2                 | He et al. (2015): half of the variance passes                      |
    | leaky_relu        | √(2 / (1 + slope²))| He et al. (2015), equation 15                                      |
    | tanh              | 5/3                | a convention of Torch; `1 / √E tanh²(z)` is 1.59 for a normal `z`  |
    | selu              | 3/4                | a convention of PyTorch; the theory of self-normalising networks   |
    |                   |                    | (Klambauer et al., 2017) has 1, which is "linear"                  |

    Args:
        nonlinearity: the name of the activation.
        param: the slope of `leaky_relu`, by default 0.01; the others have none.

    Raises:
        InputError: if the activation is not in the table.

    The numbers are those of `torch.nn.init.calculate_gain`.

    >>> gain("relu") == math.sqrt(2.0), gain("leaky_relu", 1.0), gain("tanh")
    (True, 1.0, 1.6666666666666667)
    """
    return math.sqrt(squared_gain(nonlinearity, LEAKY_SLOPE if param is None else param))


def squared_gain(nonlinearity: str, slope: float) -> float:
    """The square of `gain`, as the variance needs it; `slope` counts for `leaky_relu` only."""
    squared = _SQUARED_GAINS.get(str(nonlinearity))
    if squared is None:
        raise InputError(f"no gain is known for {nonlinearity!r}; known are {', '.join(_SQUARED_GAINS)}")
    return squared / (1.0 + slope * slope) if nonlinearity == "leaky_relu" else squared
