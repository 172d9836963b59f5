"""Initial weights: how large, so that signals neither fade nor explode on their way through the layers.

Layers take two kinds of functions as `init`. One makes numbers, so many as it is told: `zeros`, or `partial(normal,
std=0.02)`. The other is an initialiser: a function `(fan_in, fan_out, rng, rows)` that returns the weights of a layer
as a matrix: `rows` rows of `fan_in` numbers, one row for each neuron. `fan_in` is the number of inputs that a neuron
adds up, `fan_out` the number of neurons that an input goes to, which is also the number of rows unless told otherwise:
a convolution has more of the one than of the other. Biases start at 0. Which initialiser fits which activation stands
in the table of `nn.activations`.

A weighted sum of `fan_in` independent inputs has `fan_in · variance` times the variance of one of them. So the variance
of the weights should be about `1 / fan_in`, times the square of a *gain* that makes up for what the activation takes
away. Uniform numbers from `[-a, a]` have the variance `a² / 3`.

Same seed, same bits, everywhere (see `nn.base.rng`): all numbers are made of `random()`, comparisons, and arithmetic
that is rounded correctly. That holds for the normal ones too, because they are drawn by comparing uniform numbers,
without a logarithm or a cosine. They are truly normal, and not sums of a few uniform numbers: a matrix of such sums
would prefer some directions, and what `orthogonal` makes of it as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, Final, Protocol, TypeAlias

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.base.checks import positive_int
from nn.base.plain import model_input
from nn.base.rng import Generator, Rng, generator
from nn.base.shapes import rank

Matrix: TypeAlias = list[list[float]]
"""Numbers by row and column."""


class Initialiser(Protocol):
    """Whatever makes the weights of a layer."""

    def __call__(self, fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, /) -> Matrix:
        """The weights, one row of `fan_in` numbers for each neuron; `fan_out` rows if `rows` is None."""


Init: TypeAlias = Callable[..., Any]
"""An `Initialiser`, or whatever makes a list of so many numbers as it is told; it may take a generator as `rng`."""


def weights(init: Init, fan_in: int, fan_out: int, rng: Rng, rows: int) -> Matrix:
    """The initial weights of a layer, `rows` rows of `fan_in` numbers, by whatever was given to it as `init`.

    Raises:
        OperandTypeError: if `init` is neither an initialiser nor makes numbers.
        ShapeError: if the weights that it makes are not of that shape.

    >>> weights(zeros, 2, 3, None, 3)
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    >>> weights(constant, 2, 3, None, 3)
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected init to be a function (fan_in, fan_out, rng, rows), such as \
nn.init.xavier_uniform, or one that makes so many numbers as it is told, such as nn.init.zeros, got \
constant(count, value); with functools.partial all other arguments can be given before
    """
    matrix = model_input(_rows(init, fan_in, fan_out, rng, rows))
    lengths = [len(row) for row in matrix] if rank(matrix) == 2 else []
    if lengths != [fan_in] * rows:
        came = f"{len(lengths)} rows of {min(lengths)} to {max(lengths)}" if lengths else "something else"
        raise ShapeError(f"expected init to make {rows} rows of {fan_in} weights, got {came} from {_described(init)}")
    return [list(row) for row in matrix]


def _rows(init: Any, fan_in: int, fan_out: int, rng: Rng, rows: int) -> Any:
    try:
        return init(fan_in, fan_out, rng, rows)
    except TypeError:  # looked into only now, as a look at the arguments takes longer than a small layer
        if _takes(init, fan_in, fan_out, rng, rows):
            raise
    source = generator(rng)
    for options in ({"rng": source}, {}):
        if _takes(init, fan_in, **options):
            return [init(fan_in, **options) for _ in range(rows)]
    raise OperandTypeError(
        "expected init to be a function (fan_in, fan_out, rng, rows), such as nn.init.xavier_uniform, or one that "
        f"makes so many numbers as it is told, such as nn.init.zeros, got {_described(init)}; with functools.partial "
        "all other arguments can be given before"
    )


def _takes(init: Any, *arguments: Any, **options: Any) -> bool:
    """Whether a function can be called with these arguments; one that does not say so is tried."""
    if not callable(init):
        return False
    try:
        signature(init).bind(*arguments, **options)
    except TypeError:
        return False
    except ValueError:  # some functions written in C have no signature
        return True
    return True


def _described(init: Any) -> str:
    name = getattr(init, "__name__", None)
    if not callable(init) or name is None:
        return f"{init!r:.80}"
    try:
        arguments = ", ".join(parameter.name for parameter in signature(init).parameters.values())
    except ValueError:
        return str(name)
    return f"{name}({arguments})"


# ---- Numbers ---------------------------------------------------------------------------------------------------------


def uniform(count: int, bound: float, rng: Rng = None) -> list[float]:
    """`count` numbers drawn uniformly from `[-bound, bound)`.

    >>> uniform(2, 0.5, 1337)
    [0.11775285695147064, 0.03326557360500082]
    """
    source = generator(rng)
    return [bound * (2.0 * source.random() - 1.0) for _ in range(count)]


def normal(count: int, std: float = 1.0, rng: Rng = None, *, mean: float = 0.0) -> list[float]:
    """`count` numbers drawn from the normal distribution with the given standard deviation and mean.

    >>> normal(2, 0.5, 1337)
    [0.9008062732873277, -1.3093366100258308]
    """
    source = generator(rng)
    return [mean + std * _standard_normal(source) for _ in range(count)]


def constant(count: int, value: float) -> list[float]:
    """`count` times the same number.

    Equal weights in all neurons of a layer stay equal for ever, because their gradients are; this is for biases and
    for scales.

    >>> constant(3, 0.5)
    [0.5, 0.5, 0.5]
    """
    return [float(value)] * count


def zeros(count: int) -> list[float]:
    """`count` times 0.

    >>> zeros(2)
    [0.0, 0.0]
    """
    return constant(count, 0.0)


def ones(count: int) -> list[float]:
    """`count` times 1.

    >>> ones(2)
    [1.0, 1.0]
    """
    return constant(count, 1.0)


def fill(parameters: Any, numbers: Any) -> None:
    """Set parameters, a nested list of Values, to numbers, nested likewise or in one list, in the same order.

    Raises:
        ShapeError: if there are not as many numbers as parameters.
        OperandTypeError: if something is no number.

    If it raises, all parameters are as they were.

    >>> weight = [[Value(0.0), Value(0.0)], [Value(0.0), Value(0.0)]]
    >>> fill(weight, orthogonal(2, 2, rng=0))
    >>> fill(weight[0], constant(2, 0.5))
    >>> [w.data for w in weight[0]]
    [0.5, 0.5]
    """
    values, given = _flat(parameters), _flat(numbers)
    if len(values) != len(given):
        raise ShapeError(f"expected one number for each of the {len(values)} parameters, got {len(given)}")
    for value, number in zip(values, [Value(number).data for number in given], strict=True):
        value.data = number


def _flat(block: Any) -> list[Any]:
    if isinstance(block, Sequence) and not isinstance(block, str):
        return [item for part in block for item in _flat(part)]
    return [block]


def _standard_normal(source: Generator) -> float:
    """A number from the standard normal distribution, to the last digit of a float; takes about 16 uniform ones.

    Its size is `k + x` with a whole number `k` and `0 <= x < 1`, and since

        exp(-(k + x)² / 2) = exp(-k / 2) · exp(-k (k - 1) / 2) · exp(-k x) · exp(-x² / 2),

    it is drawn by proposing `k` with the probability of the first factor and accepting with those of the others.

    Source: C. F. F. Karney, "Sampling exactly from the normal distribution", ACM Transactions on Mathematical
    Software 42 (2016), algorithm N, arXiv:1303.6257; the tests of chance are those of J. von Neumann, "Various
    techniques used in connection with random digits" (1951).
    """
    while True:
        k = 0
        while _happens(0.5, source):
            k += 1
        if not all(_happens(0.5, source) for _ in range(k * (k - 1))):
            continue
        x = source.random()
        if all(_happens(x, source) for _ in range(k)) and _happens(0.5 * x * x, source):
            return k + x if source.random() < 0.5 else -(k + x)


def _happens(p: float, source: Generator) -> bool:
    """True with the probability `exp(-p)`, for `p` from 0 to 1.

    Random numbers fall n times in a row, starting below `p`, with the probability `pⁿ / n!`. So the number of falls is
    even with the probability `1 - p + p² / 2! - p³ / 3! + …`.
    """
    even, last = True, p
    while (drawn := source.random()) < last:
        even, last = not even, drawn
    return even


# ---- Gains -----------------------------------------------------------------------------------------------------------

LEAKY_SLOPE: Final = 0.01
"""The slope of `leaky_relu` for negative numbers, unless given."""

_SQUARED_GAINS: Final = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 25.0 / 9.0,
    "relu": 2.0,
    "leaky_relu": 2.0,  # for a slope of 0
    "selu": 9.0 / 16.0,
}


def gain(nonlinearity: str, param: float | None = None) -> float:
    """By what factor the weights before an activation should be larger than those of a linear layer.

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
        InputError: if the table does not know the activation.

    The numbers are those of `torch.nn.init.calculate_gain`.

    >>> gain("relu") == math.sqrt(2.0), gain("leaky_relu", 1.0), gain("tanh")
    (True, 1.0, 1.6666666666666667)
    """
    return math.sqrt(_squared_gain(nonlinearity, LEAKY_SLOPE if param is None else param))


def _squared_gain(nonlinearity: str, slope: float) -> float:
    squared = _SQUARED_GAINS.get(str(nonlinearity))
    if squared is None:
        raise InputError(f"no gain is known for {nonlinearity!r}; known are {', '.join(_SQUARED_GAINS)}")
    return squared / (1.0 + slope * slope) if nonlinearity == "leaky_relu" else squared


# ---- Initialisers ----------------------------------------------------------------------------------------------------


def xavier_uniform(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights with the variance `2 gain² / (fan_in + fan_out)`, from `±gain √(6 / (fan_in + fan_out))`.

    The variance that keeps signals (`1 / fan_in`) and the one that keeps gradients (`1 / fan_out`) in
    size differ; this is the compromise between them, derived for a slope of 1 at the origin.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.

    >>> weights = xavier_uniform(4, 2, rng=0)
    >>> len(weights), len(weights[0]), max(map(max, weights)) < 1.0
    (2, 4, True)
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, _xavier(fan_in, fan_out, gain))


def xavier_normal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights as those of `xavier_uniform`, with the same variance, but normal.

    >>> len(xavier_normal(4, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, _xavier(fan_in, fan_out, gain))


def _xavier(fan_in: int, fan_out: int, gain: float) -> tuple[float, int]:
    return 2.0 * (gain * gain), fan_in + fan_out


def kaiming_uniform(
    fan_in: int,
    fan_out: int,
    rng: Rng = None,
    rows: int | None = None,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Matrix:
    """Weights with the variance `gain² / fan`, so from `±gain √(3 / fan)`; by default for relu, `±√(6 / fan_in)`.

    A relu passes on half of the variance it receives; the square of its gain, 2, makes up for it.

    Args:
        fan_in: number of inputs.
        fan_out: number of neurons.
        rng: where the weights come from; see `nn.base.rng`.
        rows: number of rows, by default `fan_out`.
        a: the slope of `leaky_relu` for negative numbers; 0 makes it `relu`.
        mode: which fan: `"fan_in"` keeps signals in size on their way forward, `"fan_out"` gradients on their way back.
        nonlinearity: the activation whose `gain` is taken.

    Raises:
        InputError: if the mode or the activation is unknown.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on ImageNet classification" (2015), equations 10, 14 and 15, arXiv:1502.01852.

    >>> weights = kaiming_uniform(6, 1, rng=0)
    >>> max(weights[0]) < 1.0
    True
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, _kaiming(fan_in, fan_out, a, mode, nonlinearity))


def kaiming_normal(
    fan_in: int,
    fan_out: int,
    rng: Rng = None,
    rows: int | None = None,
    *,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Matrix:
    """Weights as those of `kaiming_uniform`, with the same variance, but normal; arguments and errors are the same.

    >>> len(kaiming_normal(6, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, _kaiming(fan_in, fan_out, a, mode, nonlinearity))


def _kaiming(fan_in: int, fan_out: int, a: float, mode: str, nonlinearity: str) -> tuple[float, int]:
    fans = {"fan_in": fan_in, "fan_out": fan_out}
    if mode not in fans:
        raise InputError(f"expected mode='fan_in' or 'fan_out', got {mode!r}")
    return _squared_gain(nonlinearity, a), fans[mode]


def lecun_uniform(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights with the variance `gain² / fan_in`, so from `±gain √(3 / fan_in)`.

    Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp" (1998), section 4.6.

    >>> max(map(max, lecun_uniform(3, 2, rng=0))) < 1.0
    True
    """
    return _uniform_matrix(fan_in, fan_out, rng, rows, (gain * gain, fan_in))


def lecun_normal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """Weights as those of `lecun_uniform`, with the same variance, but normal.

    What the selu is made for: G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural
    networks" (2017), arXiv:1706.02515.

    >>> len(lecun_normal(3, 2, rng=0))
    2
    """
    return _normal_matrix(fan_in, fan_out, rng, rows, (gain * gain, fan_in))


def orthogonal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """A random orthogonal matrix times the gain: lengths of vectors change by exactly that factor, or become shorter.

    The shorter side counts: not more rows than columns are orthogonal to each other and of length `gain`, otherwise
    the columns are. Every such matrix is equally likely (Haar measure), since the normal distribution prefers no
    direction.

    Formula: Gram and Schmidt's process on vectors of normal numbers, each vector being made orthogonal twice, which
    is enough for full accuracy (L. Giraud, J. Langou, M. Rozložník, J. van den Eshof, "Rounding error analysis of the
    classical Gram-Schmidt orthogonalization process", 2005).

    Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks" (2013), arXiv:1312.6120.

    >>> (a, b), (c, d) = orthogonal(2, 2, rng=0)
    >>> round(a * a + b * b, 12), round(a * c + b * d, 12)
    (1.0, 0.0)
    """
    fan_in, rows, source = *_size(fan_in, fan_out, rows), generator(rng)
    length, count = max(fan_in, rows), min(fan_in, rows)
    directions: Matrix = []
    while len(directions) < count:
        directions += _new_direction(directions, normal(length, rng=source))
    matrix = directions if rows <= fan_in else [list(column) for column in zip(*directions, strict=True)]
    return [[gain * x for x in row] for row in matrix]


def _new_direction(directions: Matrix, vector: list[float]) -> Matrix:
    """The direction of what is orthogonal in the vector; none in the rare case that it is lost in rounding."""
    drawn = _inner(vector, vector)
    for _ in range(2):
        parts = [_inner(direction, vector) for direction in directions]
        for part, direction in zip(parts, directions, strict=True):
            vector = [x - part * d for x, d in zip(vector, direction, strict=True)]
    left = _inner(vector, vector)
    if not left > 1e-12 * drawn:
        return []
    length = math.sqrt(left)
    return [[x / length for x in vector]]


def _inner(a: list[float], b: list[float]) -> float:
    """The inner product; the sum is rounded once, as `sum` does not promise to add in the same way for ever."""
    return math.fsum([x * y for x, y in zip(a, b, strict=True)])


def _uniform_matrix(fan_in: int, fan_out: int, rng: Rng, rows: int | None, variance: tuple[float, int]) -> Matrix:
    """Rows of uniform numbers; the variance comes as a fraction, so that the bound is rounded as little as can be."""
    (fan_in, rows), source = _size(fan_in, fan_out, rows), generator(rng)
    bound = math.sqrt(3.0 * variance[0] / variance[1])
    return [uniform(fan_in, bound, source) for _ in range(rows)]


def _normal_matrix(fan_in: int, fan_out: int, rng: Rng, rows: int | None, variance: tuple[float, int]) -> Matrix:
    (fan_in, rows), source = _size(fan_in, fan_out, rows), generator(rng)
    std = math.sqrt(variance[0] / variance[1])
    return [normal(fan_in, std, source) for _ in range(rows)]


def _size(fan_in: int, fan_out: int, rows: int | None) -> tuple[int, int]:
    """The lengths of rows and of columns."""
    fan_in, fan_out = positive_int("fan_in", fan_in), positive_int("fan_out", fan_out)
    return fan_in, fan_out if rows is None else positive_int("rows", rows)


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal
he_uniform, he_normal = kaiming_uniform, kaiming_normal
