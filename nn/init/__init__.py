"""Initial weights, of a size at which signals neither vanish nor explode on their way through the layers.

Layers accept two kinds of functions as `init`. One returns as many numbers as its argument says: `zeros`, or
`partial(normal, std=0.02)`. The other is an initialiser: a function `(fan_in, fan_out, rng, rows)` that returns the
weights of a layer as a matrix: `rows` rows of `fan_in` numbers, one row for each neuron. `fan_in` is the number of
inputs of a neuron, `fan_out` the number of neurons that use an input. By default there are `fan_out` rows; a
convolution has fewer, because a filter is used at several positions. Biases start at 0. The table of `nn.activations`
has the initialiser for each activation.

A weighted sum of `fan_in` independent inputs has `fan_in · variance` times the variance of one of them. So the variance
of the weights should be about `1 / fan_in`, times the square of a *gain* that compensates for the variance that the
activation loses. Uniform numbers from `[-a, a]` have the variance `a² / 3`.

Read `initialiser` first, then `schemes`.
"""

import typing

from nn.init.gains import LEAKY_SLOPE as LEAKY_SLOPE
from nn.init.gains import gain as gain
from nn.init.initialiser import Init as Init
from nn.init.initialiser import Initialiser as Initialiser
from nn.init.initialiser import Matrix as Matrix
from nn.init.initialiser import weights as weights
from nn.init.numbers import constant as constant
from nn.init.numbers import fill as fill
from nn.init.numbers import normal as normal
from nn.init.numbers import ones as ones
from nn.init.numbers import uniform as uniform
from nn.init.numbers import zeros as zeros
from nn.init.orthogonal_matrices import orthogonal as orthogonal
from nn.init.schemes import glorot_normal as glorot_normal
from nn.init.schemes import glorot_uniform as glorot_uniform
from nn.init.schemes import he_normal as he_normal
from nn.init.schemes import he_uniform as he_uniform
from nn.init.schemes import kaiming_normal as kaiming_normal
from nn.init.schemes import kaiming_uniform as kaiming_uniform
from nn.init.schemes import lecun_normal as lecun_normal
from nn.init.schemes import lecun_uniform as lecun_uniform
from nn.init.schemes import xavier_normal as xavier_normal
from nn.init.schemes import xavier_uniform as xavier_uniform

if not typing.TYPE_CHECKING:  # else a checker would accept every name
    from nn.elsewhere import missing

    def __getattr__(name: str) -> object:
        """Raise the error for a missing name; for a name of another package it says what to write."""
        raise missing(__name__, name)
