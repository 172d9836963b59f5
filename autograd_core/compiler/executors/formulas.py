"""Kernels in NumPy: a single function for most of them, a formula of several for others.

Beside each stands what it costs: the nanoseconds that NumPy spends on a lane, and how many functions are called. Both
were measured by tests/bench/costs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core.compiler.kernels import CODES

Step: TypeAlias = Callable[[], Any]


class Formula(NamedTuple):
    """A kernel in NumPy.

    Attributes:
        steps: of the arrays of the operands and of the result, the calls that compute it.
        calls: how many calls there are.
        lane: what they spend on a lane, in nanoseconds.
    """

    steps: Callable[..., list[Step]]
    calls: int
    lane: float


def _function(name: str, lane: float) -> Formula:
    """A single function of NumPy."""

    def steps(*arrays: Any) -> list[Step]:
        import numpy as np

        return [partial(getattr(np, name), *arrays[:-1], out=arrays[-1])]

    return Formula(steps, 1, lane)


def _relu(x: Any, out: Any) -> list[Step]:
    import numpy as np

    return [*_positive_part(x, out), partial(np.add, out, np.zeros(()), out)]  # -0.0 becomes 0.0


def _positive_part(x: Any, out: Any) -> list[Step]:
    import numpy as np

    return [partial(np.maximum, x, np.zeros(()), out=out)]


def _where(condition: Any, a: Any, b: Any, out: Any) -> list[Step]:
    import numpy as np

    zero, holds = np.zeros(()), np.empty(out.shape, dtype=bool)
    return [
        partial(np.not_equal, condition, zero, holds),
        partial(np.copyto, out, b),
        partial(np.copyto, out, a, where=holds),
    ]


def _strong_product(local: Any, upstream: Any, condition: Any, out: Any) -> list[Step]:
    import numpy as np

    zero, nothing = np.zeros(()), np.full((), -0.0)
    stops, other = np.empty(out.shape, dtype=bool), np.empty(out.shape, dtype=bool)
    return [
        partial(np.equal, upstream, zero, stops),
        partial(np.signbit, upstream, other),
        partial(np.logical_and, stops, other, stops),  # nothing has reached the upstream
        partial(np.multiply, local, upstream, out),
        partial(np.add, out, zero, out),
        partial(np.copyto, out, nothing, where=stops),
        partial(np.equal, local, zero, stops),
        partial(np.not_equal, condition, zero, other),
        partial(np.logical_and, stops, other, stops),  # a structural zero
        partial(np.copyto, out, nothing, where=stops),
    ]


def _decay(x: Any, rate: float, e: Any, p: Any) -> list[Step]:
    """`e` becomes `exp(-rate * |x|)`, and `p` becomes `1 + e`."""
    import numpy as np

    factor, one = np.full((), -rate), np.ones(())
    return [
        partial(np.absolute, x, e),
        partial(np.multiply, e, factor, e),
        partial(np.exp, e, e),
        partial(np.add, e, one, p),
    ]


def _sigmoid(x: Any, out: Any) -> list[Step]:
    """`e / (1 + e)` with `e = exp(-|x|)` below 0, and 1 without it from there on."""
    import numpy as np

    p, zero = np.empty(out.shape), np.zeros(())
    return [
        *_decay(x, 1.0, out, p),
        partial(np.divide, out, p, out),
        partial(np.greater_equal, x, zero, p),
        partial(np.subtract, p, out, out),
        partial(np.absolute, out, out),
    ]


def _bell(rate: float, height: float) -> Callable[..., list[Step]]:
    """The formula of `height * e / (1 + e)**2` with `e = exp(-rate * |x|)`.

    What is lost in rounding `1 + e` is added to its square, because the square doubles the error.
    """

    def steps(x: Any, out: Any) -> list[Step]:
        import numpy as np

        p, lost = np.empty(out.shape), np.empty(out.shape)
        one, two, scale = np.ones(()), np.full((), 2.0), np.full((), height)
        return [
            *_decay(x, rate, out, p),
            partial(np.subtract, p, one, lost),
            partial(np.subtract, out, lost, lost),
            partial(np.multiply, lost, p, lost),
            partial(np.multiply, lost, two, lost),
            partial(np.multiply, p, p, p),
            partial(np.add, p, lost, p),
            partial(np.divide, out, p, out),
            partial(np.multiply, out, scale, out),
        ]

    return steps


_BY_NAME: Final = {
    "add": _function("add", 0.4),
    "sub": _function("subtract", 0.4),
    "mul": _function("multiply", 0.4),
    "div": _function("divide", 0.5),
    "lt": _function("less", 0.4),
    "le": _function("less_equal", 0.4),
    "gt": _function("greater", 0.4),
    "ge": _function("greater_equal", 0.4),
    "eq": _function("equal", 0.4),
    "ne": _function("not_equal", 0.4),
    "pow": _function("power", 10.0),
    "copysign": _function("copysign", 0.5),
    "neg": _function("negative", 0.2),
    "copy": _function("positive", 0.2),
    "relu": Formula(_relu, 2, 0.5),
    "exp": _function("exp", 0.6),
    "tanh": _function("tanh", 1.2),
    "sech_squared": Formula(_bell(2.0, 4.0), 12, 3.5),
    "sigmoid": Formula(_sigmoid, 8, 2.8),
    "sigmoid_slope": Formula(_bell(1.0, 1.0), 12, 3.5),
    "log": _function("log", 3.6),
    "sqrt": _function("sqrt", 0.8),
    "square": _function("square", 0.2),
    "reciprocal": _function("reciprocal", 0.7),
    "abs": _function("absolute", 0.2),
    "sin": _function("sin", 5.6),
    "cos": _function("cos", 5.9),
    "sinh": _function("sinh", 1.0),
    "cosh": _function("cosh", 0.8),
    "step": _function("sign", 0.5),
    "where": Formula(_where, 3, 2.5),
    "strong_product": Formula(_strong_product, 10, 5.5),
}

FORMULAS: Final[dict[int, Formula]] = {CODES[name]: formula for name, formula in _BY_NAME.items()}
"""For the codes of kernels the formulas in NumPy."""

UNSIGNED: Final[dict[int, Formula]] = {CODES["relu"]: Formula(_positive_part, 1, 0.25)}
"""Formulas that cost less and may give a zero of the other sign."""
