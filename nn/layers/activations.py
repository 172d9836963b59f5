"""The table of activations, available by name and as modules.

A row has all facts about an activation, and a new activation is a new row. A layer finds its row by name,
`Layer(3, 2, activation="silu")`. The modules, with PyTorch's names and arguments, are classes made from the rows:
`SiLU()` applies the activation to every number of a nested list.

Softmax has no row, because each of its results depends on a whole list and not on one number. It is a module only.
"""

# ruff: noqa: D101 - the docstrings of the classes are made from the table

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, Signature
from typing import Any, ClassVar, Final, TypeAlias

import autograd_core as ag
from autograd_core import InputError, Recorder, ShapeError, Value
from autograd_core.text import did_you_mean
from nn.base.checks import finite_number
from nn.base.conversion import model_input
from nn.base.shapes import over, rank
from nn.base.signatures import bound_arguments
from nn.init import LEAKY_SLOPE, Initialiser, kaiming_uniform, lecun_normal, xavier_uniform
from nn.modules.module import Module

Parameters: TypeAlias = tuple[tuple[str, float | str], ...]
"""The names and defaults of further arguments of an activation."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One row of the table.

    Attributes:
        name: the argument of a layer, for example `"relu"`.
        title: the first part of the `repr` of a neuron, for example `"ReLU"` of `ReLUNeuron(2)`.
        function: from the weighted sum to the output of the neuron: a method, called by its name on what records; a
            lambda takes two thirds of the time of `operator.methodcaller`.
        on_anything: the same function, which also accepts plain numbers and further arguments; it is slower.
        initial: the initialiser whose weights preserve the variance of signals through this function.
        formula: the formula.
        source: the publication.
        parameters: further arguments of the function.
    """

    name: str
    title: str
    function: Callable[[Any], Any]
    on_anything: Callable[..., Any]
    initial: Initialiser
    formula: str
    source: str
    parameters: Parameters = ()

    def __reduce__(self) -> tuple[Callable[[str], Activation], tuple[str]]:
        """Copies refer to the same row, and unpickling finds it by its name."""
        return activation, (self.name,)


def _linear(x: Any) -> Any:
    return x


def _softplus(x: Any, beta: Any = 1.0) -> Any:
    return ag.softplus(x) if isinstance(beta, float) and beta == 1.0 else ag.softplus(beta * x) / beta


# About half of the variance is lost in these, as in relu; the exact share is known for leaky_relu.
_HALF: Final = kaiming_uniform
_LEAKY: Final = partial(kaiming_uniform, a=LEAKY_SLOPE)
_SLOPE_1: Final = xavier_uniform

# A row takes two lines: the functions and the initialiser, then formula, source and arguments.
TABLE: Final = {
    row.name: row
    for row in (
        Activation("relu", "ReLU", lambda x: x.relu(), ag.relu, _HALF,
                   "x above 0, else 0", "V. Nair and G. Hinton, 2010"),
        Activation("tanh", "Tanh", lambda x: x.tanh(), ag.tanh, _SLOPE_1,
                   "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "Y. LeCun and others, Efficient BackProp, 1998"),
        Activation("sigmoid", "Sigmoid", lambda x: x.sigmoid(), ag.sigmoid, _SLOPE_1,
                   "1 / (1 + exp(-x))", "P. F. Verhulst, 1845"),
        Activation("linear", "Linear", _linear, _linear, _SLOPE_1,
                   "x", "the identity"),
        Activation("leaky_relu", "LeakyReLU", lambda x: x.leaky_relu(), ag.leaky_relu, _LEAKY,
                   "x above 0, else negative_slope · x", "A. Maas, A. Hannun and A. Ng, 2013",
                   (("negative_slope", LEAKY_SLOPE),)),
        Activation("elu", "ELU", lambda x: x.elu(), ag.elu, _HALF,
                   "x above 0, else alpha · (exp(x) - 1)", "D.-A. Clevert, T. Unterthiner and S. Hochreiter, 2016",
                   (("alpha", 1.0),)),
        Activation("selu", "SELU", lambda x: x.selu(), ag.selu, lecun_normal,
                   "1.0507 · elu(x, 1.6733)", "G. Klambauer and others, Self-normalizing neural networks, 2017"),
        Activation("celu", "CELU", lambda x: x.celu(), ag.celu, _HALF,
                   "x above 0, else alpha · (exp(x / alpha) - 1)", "J. T. Barron, 2017", (("alpha", 1.0),)),
        Activation("gelu", "GELU", lambda x: x.gelu(), ag.gelu, _HALF,
                   "x · Φ(x), Φ being the normal distribution function; approximated with approximate='tanh'",
                   "D. Hendrycks and K. Gimpel, 2016", (("approximate", "none"),)),
        Activation("gelu_tanh", "GELUTanh", lambda x: x.gelu(approximate="tanh"), ag.gelu_tanh, _HALF,
                   "x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³)))", "D. Hendrycks and K. Gimpel, 2016"),
        Activation("silu", "SiLU", lambda x: x.silu(), ag.silu, _HALF,
                   "x · sigmoid(x)", "S. Elfwing, E. Uchibe and K. Doya, 2017"),
        Activation("mish", "Mish", lambda x: x.mish(), ag.mish, _HALF,
                   "x · tanh(softplus(x))", "D. Misra, 2019"),
        Activation("softplus", "Softplus", _softplus, _softplus, _HALF,
                   "ln(1 + exp(beta · x)) / beta; PyTorch returns x for beta · x > 20, an error of up to 2e-9",
                   "C. Dugas and others, 2001", (("beta", 1.0),)),
        Activation("softsign", "Softsign", lambda x: x.softsign(), ag.softsign, _SLOPE_1,
                   "x / (1 + |x|)", "X. Glorot and Y. Bengio, 2010"),
        Activation("hardtanh", "Hardtanh", lambda x: x.hardtanh(), ag.hardtanh, _SLOPE_1,
                   "the nearest number from min_val to max_val", "R. Collobert, 2004",
                   (("min_val", -1.0), ("max_val", 1.0))),
        Activation("hardsigmoid", "Hardsigmoid", lambda x: x.hardsigmoid(), ag.hardsigmoid, _SLOPE_1,
                   "relu6(x + 3) / 6", "A. Howard and others, Searching for MobileNetV3, 2019"),
        Activation("hardswish", "Hardswish", lambda x: x.hardswish(), ag.hardswish, _HALF,
                   "x · relu6(x + 3) / 6", "A. Howard and others, Searching for MobileNetV3, 2019"),
        Activation("relu6", "ReLU6", lambda x: x.relu6(), ag.relu6, _HALF,
                   "the nearest number from 0 to 6", "A. Krizhevsky, Convolutional deep belief networks, 2010"),
        Activation("logsigmoid", "LogSigmoid", lambda x: x.logsigmoid(), ag.logsigmoid, _SLOPE_1,
                   "ln(1 / (1 + exp(-x)))", "the logarithm of the sigmoid"),
        Activation("tanhshrink", "Tanhshrink", lambda x: x.tanhshrink(), ag.tanhshrink, _SLOPE_1,
                   "x - tanh(x)", "Torch"),
        Activation("softshrink", "Softshrink", lambda x: x.softshrink(), ag.softshrink, _SLOPE_1,
                   "0 from -lambd to lambd, else x moved towards 0 by lambd", "D. Donoho, 1995", (("lambd", 0.5),)),
        Activation("hardshrink", "Hardshrink", lambda x: x.hardshrink(), ag.hardshrink, _SLOPE_1,
                   "0 from -lambd to lambd, else x", "D. Donoho and I. Johnstone, 1994", (("lambd", 0.5),)),
    )
}  # fmt: skip


def activation(name: str) -> Activation:
    """The row of that name.

    Raises:
        InputError: if the name is unknown; the message lists all names.

    >>> activation("tanh").title
    'Tanh'
    """
    row = TABLE.get(str(name))  # `str`, so that an argument that is not hashable gets the message, too
    if row is None:
        raise InputError(f"unknown activation {name!r}; known are {', '.join(TABLE)}{_meant(name)}")
    return row


def _meant(given: Any) -> str:
    """What to write instead of something that names no activation."""
    if given is None:
        return "; write 'linear' for none"
    kind = given if isinstance(given, type) else type(given)
    name: Any = getattr(getattr(kind, "row", None), "name", None) or getattr(given, "name", None)
    if not isinstance(given, str) and name in TABLE:
        return f"; write {name!r}"
    return f"; {near}" if (near := did_you_mean(str(given), TABLE, most=1)) else ""


# ---- Modules ---------------------------------------------------------------------------------------------------------


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """The function applied to every number of a nested list, in the same structure, or to a single number.

    >>> mapped(abs, [[-1.0, 2.0], [-3.0]])
    [[1.0, 2.0], [3.0]]
    """
    if isinstance(x, (Recorder, float, int)):
        return function(x)
    if isinstance(x, Sized) and isinstance(x, Iterable) and not isinstance(x, str):
        return [mapped(function, part) for part in x]
    return function(x)  # which raises an error with its own message


class Elementwise(Module):
    """Base of the activations as modules: a function applied to every number of a nested list of any shape.

    A numeric argument may be a Value; it is then a parameter of the module and can be learned.

    >>> ReLU()([[1.0, -2.0], [-0.5, 3.0]])
    [[1.0, 0.0], [0.0, 3.0]]
    >>> LeakyReLU(0.5), LeakyReLU(0.5)(-3.0)
    (LeakyReLU(negative_slope=0.5), -1.5)
    """

    row: ClassVar[Activation]
    _signature: ClassVar[Signature]

    def __init_subclass__(cls, activation: str | None = None, **options: Any) -> None:
        """A class of a row has its signature and documentation; one without a row is a variant of its base class."""
        super().__init_subclass__(**options)
        if activation is None:
            return
        cls.row = row = TABLE[activation]
        kind = Parameter.POSITIONAL_OR_KEYWORD
        cls._signature = Signature([Parameter(name, kind, default=default) for name, default in row.parameters])
        cls.__doc__ = f"{row.formula}; for every number of a nested list.\n\nSource: {row.source}."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = bound_arguments(type(self).__name__, self._signature, args, kwargs)
        for name, default in self.row.parameters:
            setattr(self, name, given[name] if isinstance(default, str) else _checked(name, given[name]))
        self(0.0)  # the function checks arguments that are strings

    def __call__(self, x: Any) -> Any:
        """The activation of every number of `x`, in the shape of `x`."""
        settings = self._settings()
        on_anything = partial(self.row.on_anything, **settings)
        function = on_anything if settings else self.row.function
        if isinstance(x, Recorder):
            return function(x)
        if isinstance(x, list):  # the hot path: a list of Values
            return [function(part) if isinstance(part, Recorder) else self(part) for part in x]
        return mapped(on_anything, model_input(x))

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name, _ in self.row.parameters}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(setting)!r}" for name, setting in self._settings().items())
        return f"{type(self).__name__}({shown})"


def _shown(setting: Any) -> Any:
    return setting.data if isinstance(setting, Value) else setting


def _checked(name: str, setting: Any) -> Any:
    return setting if isinstance(setting, Recorder) else finite_number(name, setting)


class ReLU(Elementwise, activation="relu"): ...


class Tanh(Elementwise, activation="tanh"): ...


class Sigmoid(Elementwise, activation="sigmoid"): ...


class Identity(Elementwise, activation="linear"): ...


class LeakyReLU(Elementwise, activation="leaky_relu"): ...


class ELU(Elementwise, activation="elu"): ...


class SELU(Elementwise, activation="selu"): ...


class CELU(Elementwise, activation="celu"): ...


class GELU(Elementwise, activation="gelu"): ...


class SiLU(Elementwise, activation="silu"): ...


class Mish(Elementwise, activation="mish"): ...


class Softplus(Elementwise, activation="softplus"): ...


class Softsign(Elementwise, activation="softsign"): ...


class Hardtanh(Elementwise, activation="hardtanh"): ...


class Hardsigmoid(Elementwise, activation="hardsigmoid"): ...


class Hardswish(Elementwise, activation="hardswish"): ...


class ReLU6(Elementwise, activation="relu6"): ...


class LogSigmoid(Elementwise, activation="logsigmoid"): ...


class Tanhshrink(Elementwise, activation="tanhshrink"): ...


class Softshrink(Elementwise, activation="softshrink"): ...


class Hardshrink(Elementwise, activation="hardshrink"): ...


class Softmax(Module):
    """The softmax over the last dimension: `exp(x_i) / Σ exp(x_j)`, positive numbers with the sum 1.

    Args:
        dim: the dimension of the sum; only the last one is supported, as -1 or by its number.

    Raises:
        InputError: if `dim` is not an int.
        ShapeError: (when called) if `dim` is not the last dimension of `x`, or `x` is a bare number.

    Do not use it before `nn.cross_entropy`, which takes logits.

    >>> Softmax()([[0.0, 0.0], [0.0, 1000.0]])
    [[0.5, 0.5], [0.0, 1.0]]
    """

    def __init__(self, dim: int = -1) -> None:
        if isinstance(dim, bool) or not isinstance(dim, int):
            raise InputError(f"dim must be an int, got {dim!r}")
        self.dim = dim

    def __call__(self, x: Any) -> Any:
        """The function applied to every list of numbers in `x`, in the shape of `x`."""
        x = model_input(x)
        depth = rank(x)
        if depth == 0 or self.dim not in {-1, depth - 1}:
            raise ShapeError(f"{self!r} expected dim to be the last dimension, -1 or {depth - 1}, of at least one")
        return over(self.function, x, 1)

    def function(self, logits: Sequence[Any]) -> list[Any]:
        """The results for a list of numbers, both of shape `(n,)`."""
        return ag.softmax(logits)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dim={self.dim})"


class LogSoftmax(Softmax):
    """The logarithms of `Softmax`, exact even where `Softmax` is 0.

    Args:
        dim: the dimension of the sum; only the last one is supported, as -1 or by its number.

    Raises:
        InputError: if `dim` is not an int.
        ShapeError: (when called) if `dim` is not the last dimension of `x`, or `x` is a bare number.

    >>> LogSoftmax()([0.0, -1000.0])
    [-0.0, -1000.0]
    """

    def function(self, logits: Sequence[Any]) -> list[Any]:
        """The results for a list of numbers, both of shape `(n,)`."""
        return ag.log_softmax(logits)


class Softmin(Softmax):
    """The softmax of the negative numbers: the smallest gets the largest share.

    Args:
        dim: the dimension of the sum; only the last one is supported, as -1 or by its number.

    Raises:
        InputError: if `dim` is not an int.
        ShapeError: (when called) if `dim` is not the last dimension of `x`, or `x` is a bare number.

    >>> Softmin()([0.0, 1000.0])
    [1.0, 0.0]
    """

    def function(self, logits: Sequence[Any]) -> list[Any]:
        """The results for a list of numbers, both of shape `(n,)`."""
        return ag.softmax([-x for x in logits])
