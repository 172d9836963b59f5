"""Every layer, loss and penalty of `nn` as a function of numbers, and where to compare it.

The inputs and the parameters of a layer are numbers of the function, the targets of a loss are floats, and where a loss
takes them also numbers of the function.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import autograd_core as ag
import nn
import nn.losses
from autograd_core import Value

Numbers = Sequence[Any]

HUGE: Final = 1e200
TINY: Final = 1e-200


class Case(NamedTuple):
    """A function of numbers, and where to compare it.

    Attributes:
        function: from a list of numbers to a number, or to nested lists of numbers.
        inputs: how many numbers it takes.
        low: the lower end of the interval where they are drawn.
        high: the upper end.
        points: further points, such as the two sides of a decision.
    """

    function: Callable[[Numbers], Any]
    inputs: int
    low: float = -2.0
    high: float = 2.0
    points: tuple[tuple[float, ...], ...] = ()


def size(shape: Sequence[int]) -> int:
    return math.prod(shape)


def nested(numbers: Iterator[Any], shape: Sequence[int]) -> Any:
    """The next numbers as a nested list of this shape."""
    return [nested(numbers, shape[1:]) for _ in range(shape[0])] if shape else next(numbers)


def flat(result: Any) -> list[Any]:
    return [x for part in result for x in flat(part)] if isinstance(result, (list, tuple)) else [result]


def layer(module: nn.Module, *shape: int, given: Any = None) -> Case:
    """The module as a function of an input of this shape, or of none if one is given, and of its parameters."""
    parameters = module.parameters()
    count = 0 if given is not None else size(shape)

    def function(numbers: Numbers) -> Any:
        # A copy each time, in which other numbers replace the parameters, so that generators start from one state.
        replaced = {id(old): new for old, new in zip(parameters, numbers[count:], strict=True)}
        twin = copy.deepcopy(module, replaced)
        return twin(nested(iter(numbers[:count]), shape) if given is None else given)

    return Case(function, count + len(parameters))


def loss(function: Callable[..., Any], target: list[Any], *points: tuple[float, ...], **ends: float) -> Case:
    """The loss as a function of a list of predictions, for as many targets that are known."""
    return Case(lambda xs: function(list(xs), target), len(target), points=points, **ends)


def of_one(function: Callable[..., Any], target: Any, *points: tuple[float, ...]) -> Case:
    """The loss as a function of the three scores of one sample."""
    return Case(lambda xs: function(list(xs), target), 3, points=points)


def of_both(function: Callable[..., Any], count: int, *points: tuple[float, ...], **ends: float) -> Case:
    """The loss as a function of predictions and as many targets."""
    return Case(lambda xs: function(list(xs[:count]), list(xs[count:])), 2 * count, points=points, **ends)


def of_vectors(function: Callable[..., Any]) -> Case:
    """The loss as a function of two pairs of vectors."""
    return Case(lambda xs: function([xs[0:2], xs[2:4]], [xs[4:6], xs[6:8]]), 8)


def learned(kind: type[nn.activations.Elementwise]) -> nn.Module:
    """The activation with arguments that are parameters, if it has numbers as arguments."""
    numbers = {name: Value(number) for name, number in kind.row.parameters if isinstance(number, float)}
    return kind(**numbers)


ELEMENTWISE: Final = (
    nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.Identity, nn.LeakyReLU,
    nn.LogSigmoid, nn.Mish, nn.ReLU, nn.ReLU6, nn.SELU, nn.SiLU, nn.Sigmoid, nn.Softplus, nn.Softshrink, nn.Softsign,
    nn.Tanh, nn.Tanhshrink,
)  # fmt: skip

LAYERS: Final[dict[str, list[Case]]] = {
    **{kind.__name__: [layer(kind(), 2, 3), layer(learned(kind), 3)] for kind in ELEMENTWISE},
    "BatchNorm1d": [
        layer(nn.BatchNorm1d(2), 4, 2),
        layer(nn.BatchNorm1d(2, affine=False, momentum=None), 2, 2, 2),
        layer(nn.BatchNorm1d(2).eval(), 3, 2),
        layer(nn.BatchNorm1d(2, track_running_stats=False).eval(), 3, 2),
    ],
    "CausalSelfAttention": [
        layer(nn.CausalSelfAttention(4, 2, rng=0), 3, 4),
        layer(nn.CausalSelfAttention(2, 1, bias=False, dropout=0.5, rng=0), 3, 2),
    ],
    "Conv1d": [layer(nn.Conv1d(1, 2, 3, padding=1, rng=0), 1, 4)],
    "Conv2d": [layer(nn.Conv2d(2, 2, 2, groups=2, bias=False, rng=0), 2, 2, 3)],
    "Dropout": [
        layer(nn.Dropout(0.5, rng=3), 6),
        layer(nn.Dropout(1.0, rng=0), 2),
        layer(nn.Dropout(0.5, rng=0).eval(), 3),
    ],
    "Embedding": [
        layer(nn.Embedding(3, 2, rng=0), given=[0, 2, 2]),
        layer(nn.Embedding(3, 2, padding_idx=1, rng=0), given=[1, 0]),
    ],
    "Flatten": [layer(nn.Flatten(), 2, 2, 2)],
    "GRU": [layer(nn.GRU(2, 2, num_layers=2, bidirectional=True, rng=0), 3, 2)],
    "GRUCell": [layer(nn.GRUCell(2, 2, rng=0), 2), layer(nn.GRUCell(2, 2, bias=False, rng=0), 2, 2)],
    "LSTM": [
        layer(nn.LSTM(2, 2, num_layers=2, dropout=0.5, rng=0), 3, 2),
        layer(nn.LSTM(1, 2, truncate=2, rng=0), 5, 1),
    ],
    "LSTMCell": [layer(nn.LSTMCell(2, 2, rng=0), 2)],
    "Layer": [layer(nn.Layer(3, 2, activation=name, rng=0), 3) for name in nn.activations.TABLE],
    "LayerNorm": [layer(nn.LayerNorm(4), 4), layer(nn.LayerNorm(2, elementwise_affine=False, eps=0.0), 2, 2)],
    "Linear": [layer(nn.Linear(3, 2, rng=0), 2, 3), layer(nn.Linear(2, 1, bias=False, rng=0), 2)],
    "LogSoftmax": [layer(nn.LogSoftmax(), 2, 3)],
    "MLP": [layer(nn.MLP(2, [3, 1], rng=0), 2), layer(nn.MLP(1, [2, 2], activation="tanh", rng=0), 2, 1)],
    "MaxPool1d": [layer(nn.MaxPool1d(2, padding=1), 1, 5)],
    "MaxPool2d": [layer(nn.MaxPool2d(2), 1, 2, 4)],
    "Neuron": [layer(nn.Neuron(3, rng=0), 3), layer(nn.Neuron(1, False, bias=False, rng=0))],
    "RMSNorm": [layer(nn.RMSNorm(3), 3), layer(nn.RMSNorm(2, eps=0.5, elementwise_affine=False), 2, 2)],
    "RNN": [
        layer(nn.RNN(2, 2, nonlinearity="relu", num_layers=2, dropout=0.5, rng=0), 3, 2),
        layer(nn.RNN(1, 2, nonlinearity="relu", truncate=2, rng=0), 5, 1),
        layer(nn.RNN(1, 2, rng=0), 2, 1),
    ],
    "RNNCell": [layer(nn.RNNCell(2, 2, rng=0), 2), layer(nn.RNNCell(1, 1, nonlinearity="relu", rng=0), 1)],
    "Recurrent": [layer(nn.Recurrent(nn.GRUCell, 1, 2, rng=0), 2, 1)],
    "Sequential": [layer(nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU(), nn.LayerNorm(2), nn.Softmax()), 2)],
    "Softmax": [layer(nn.Softmax(), 2, 3)],
    "Softmin": [layer(nn.Softmin(), 3)],
}  # fmt: skip


def penalised(penalty: Callable[..., Any], parameters: Numbers) -> Any:
    return penalty([(str(i), x) for i, x in enumerate(parameters)], 0.5)


EMBEDDING: Final = partial(nn.cosine_embedding_loss, target=[1, -1])

LOSSES: Final[dict[str, list[Case]]] = {
    "binary_cross_entropy": [
        loss(nn.binary_cross_entropy, [0.0, 1.0, 0.25], (0.0, 1.0, 0.5), (1.0, 0.0, 1.0), low=0.0, high=1.0),
        of_both(partial(nn.binary_cross_entropy, weight=[2.0, 0.5]), 2, (1.0, 0.0, 1.0, 0.0), low=0.0, high=1.0),
    ],
    "binary_cross_entropy_with_logits": [
        loss(nn.binary_cross_entropy_with_logits, [0.0, 1.0, 0.25, 0.5], (0.0,) * 4, (-800.0, 800.0, 800.0, -800.0)),
        loss(partial(nn.binary_cross_entropy_with_logits, pos_weight=3.0, reduction="sum"), [0.25, 0.0], (-0.0, 0.0)),
        of_both(
            lambda zs, t: nn.binary_cross_entropy_with_logits([4.0 * z - 2.0 for z in zs], t), 2, low=0.0, high=1.0
        ),
    ],
    "cosine_embedding_loss": [of_vectors(EMBEDDING), of_vectors(partial(EMBEDDING, margin=0.5, reduction="sum"))],
    "cosine_similarity": [of_vectors(nn.cosine_similarity)],
    "cross_entropy": [
        of_one(nn.cross_entropy, 1, (1000.0, 1000.0, -1000.0), (0.0, -math.inf, 0.0)),
        of_one(partial(nn.cross_entropy, label_smoothing=0.1, weight=[1.0, 2.0, 3.0]), 2),
        of_one(nn.cross_entropy, [0.5, 0.25, 0.25]),
        of_both(nn.cross_entropy, 3, low=0.0, high=1.0),
        Case(lambda xs: nn.cross_entropy([xs[0:2], xs[2:4]], [1, 0], ignore_index=0), 4),
    ],
    "hinge_loss": [loss(nn.hinge_loss, [1, -1, 1], (1.0, -1.0, 2.0), (math.inf, math.inf, 0.0))],
    "huber_loss": [
        loss(partial(nn.huber_loss, reduction="none"), [0.0] * 4, (1.0, -1.0, -0.0, math.inf)),
        of_both(partial(nn.huber_loss, delta=0.5), 2, (0.5, 1.0, 0.0, 1.0)),
    ],
    "kl_div": [
        loss(nn.kl_div, [0.5, 0.0, 0.5], (-0.5, -math.inf, -1.0), (-0.5, math.nan, -1.0), high=0.0),
        loss(partial(nn.kl_div, reduction="batchmean"), [0.5, 0.5], high=0.0),
        loss(partial(nn.kl_div, log_target=True), [-0.5, -math.inf], (-1.0, -math.inf), (-1.0, -2.0), high=0.0),
        of_both(nn.kl_div, 2, (-1.0, -math.inf, 0.5, 0.0), (-math.inf, -0.5, 0.5, 0.0), low=0.0, high=1.0),
        of_both(partial(nn.kl_div, log_target=True), 2, (-1.0, -math.inf, -0.5, -math.inf), high=0.0),
    ],
    "l1_loss": [loss(nn.l1_loss, [0.5, -0.5, 0.0], (0.5, 0.0, 0.0)), of_both(nn.l1_loss, 2)],
    "mse_loss": [loss(nn.mse_loss, [0.5, -0.5, 0.0]), of_both(partial(nn.mse_loss, reduction="none"), 2)],
    "multi_margin_loss": [
        of_one(nn.multi_margin_loss, 1, (0.0, 1.0, 2.0), (0.0, math.inf, 0.0)),
        of_one(partial(nn.multi_margin_loss, p=2, weight=[1.0, 2.0, 3.0]), 0),
    ],
    "nll_loss": [of_one(nn.nll_loss, 2), Case(lambda xs: nn.nll_loss([xs[0:2], xs[2:4]], [1, 0], weight=[1, 2]), 4)],
    "smooth_l1_loss": [
        loss(partial(nn.smooth_l1_loss, reduction="none"), [0.0] * 4, (1.0, -1.0, -0.0, math.inf)),
        of_both(partial(nn.smooth_l1_loss, beta=0.0), 2, (0.5, 1.0, 0.5, 1.0)),
    ],
    "soft_margin_loss": [loss(nn.soft_margin_loss, [1, -1], (800.0, 800.0), (-800.0, -800.0))],
}

PENALTIES: Final[dict[str, list[Case]]] = {
    penalty.__name__: [Case(partial(penalised, penalty), 3)] for penalty in (nn.l1_penalty, nn.l2_penalty)
}

CASES: Final = {
    f"{name}-{i}" if len(cases) > 1 else name: case
    for name, cases in {**LAYERS, **LOSSES, **PENALTIES}.items()
    for i, case in enumerate(cases)
}


def points(case: Case) -> list[tuple[float, ...]]:
    """Where a case is compared: anywhere, at its own points, at ties, and where squares overflow or underflow."""
    rng = random.Random(1)
    drawn = [tuple([rng.uniform(case.low, case.high) for _ in range(case.inputs)]) for _ in range(5)]
    given = [*drawn, *case.points]
    if (case.low, case.high) != (-2.0, 2.0):
        return given
    wide = [tuple([scale * x for x in drawn[0]]) for scale in (HUGE, TINY)]
    return [*given, (0.0,) * case.inputs, (1.0,) * case.inputs, *wide]


def total(result: Any) -> Any:
    """All numbers of a result in one, with factors that keep them apart."""
    numbers = flat(result)
    return ag.dot([1.0 / (1.0 + i) for i in range(len(numbers))], numbers)
