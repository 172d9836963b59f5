"""The functions that a layer accepts as `init`, and the weights that it gets from them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, Protocol, TypeAlias

from autograd_core import OperandTypeError, ShapeError
from nn.base.checks import positive_int
from nn.base.conversion import model_input
from nn.base.rng import Rng, generator
from nn.base.shapes import rank

Matrix: TypeAlias = list[list[float]]
"""Numbers by row and column."""


class Initialiser(Protocol):
    """A function that returns the weights of a layer."""

    def __call__(self, fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, /) -> Matrix:
        """The weights, one row of `fan_in` numbers for each neuron; `fan_out` rows if `rows` is None."""


Init: TypeAlias = Callable[..., Any]
"""An `Initialiser`, or a function of a count that returns as many numbers; it may accept a generator as `rng`."""


def weights(init: Init, fan_in: int, fan_out: int, rng: Rng, rows: int) -> Matrix:
    """The initial weights of a layer, `rows` rows of `fan_in` numbers, from its argument `init`.

    Raises:
        InputError: if a size is not a positive int.
        OperandTypeError: if `init` is neither an initialiser nor a function of a count.
        ShapeError: if the weights do not have that shape.

    >>> from nn.init import constant, zeros
    >>> weights(zeros, 2, 3, None, 3)
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    >>> weights(constant, 2, 3, None, 3)
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected init to be a function (fan_in, fan_out, rng, rows), such as \
nn.init.xavier_uniform, or a function of a count that returns as many numbers, such as nn.init.zeros, got \
constant(count, value); set all other arguments with functools.partial
    """
    fan_in, rows = positive_int("fan_in", fan_in), positive_int("rows", rows)
    matrix = model_input(_rows(init, fan_in, fan_out, rng, rows))
    lengths = [len(row) for row in matrix] if rank(matrix) == 2 else []
    if lengths != [fan_in] * rows:
        came = f"{len(lengths)} rows of {min(lengths)} to {max(lengths)}" if lengths else "something else"
        raise ShapeError(f"expected init to make {rows} rows of {fan_in} weights, got {came} from {_described(init)}")
    return [list(row) for row in matrix]


def _rows(init: Any, fan_in: int, fan_out: int, rng: Rng, rows: int) -> Any:
    try:
        return init(fan_in, fan_out, rng, rows)
    except TypeError:  # the signature is checked only now, because that takes longer than a small layer
        if _takes(init, fan_in, fan_out, rng, rows):
            raise
    source = generator(rng)
    for options in ({"rng": source}, {}):
        if _takes(init, fan_in, **options):
            return [init(fan_in, **options) for _ in range(rows)]
    raise OperandTypeError(
        "expected init to be a function (fan_in, fan_out, rng, rows), such as nn.init.xavier_uniform, or a function "
        f"of a count that returns as many numbers, such as nn.init.zeros, got {_described(init)}; set all other "
        "arguments with functools.partial"
    )


def _takes(init: Any, *arguments: Any, **options: Any) -> bool:
    """Whether a function can be called with these arguments; True if it has no signature."""
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


def matrix_size(fan_in: int, fan_out: int, rows: int | None) -> tuple[int, int]:
    """The lengths of rows and of columns."""
    fan_in, fan_out = positive_int("fan_in", fan_in), positive_int("fan_out", fan_out)
    return fan_in, fan_out if rows is None else positive_int("rows", rows)
