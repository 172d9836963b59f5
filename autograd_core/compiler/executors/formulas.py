"""Kernels in NumPy: a single function for most of them, a formula of several for others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

UFUNCS: Final = {
    1: "add", 2: "subtract", 3: "multiply", 4: "divide", 11: "power", 13: "copysign", 32: "negative", 33: "positive",
    35: "exp", 36: "tanh", 40: "log", 41: "sqrt", 42: "square", 43: "reciprocal", 44: "absolute", 45: "sin", 46: "cos",
    47: "sinh", 48: "cosh", 50: "sign",
}  # fmt: skip
"""The codes of kernels that are one function of NumPy, with its name."""

Steps = list[Callable[[], Any]]


def _in_order(steps: Steps) -> Callable[[], None]:
    def step() -> None:
        for each in steps:
            each()

    return step


def _comparison(name: str) -> Callable[..., Callable[[], None]]:
    def formula(a: Any, b: Any, out: Any) -> Callable[[], None]:
        import numpy as np

        holds = np.empty(out.shape, dtype=bool)
        return _in_order([partial(getattr(np, name), a, b, holds), partial(np.copyto, out, holds)])

    return formula


def _relu(x: Any, out: Any) -> Callable[[], None]:
    import numpy as np

    zero = np.zeros(())
    return _in_order([partial(np.maximum, x, zero, out=out), partial(np.add, out, zero, out)])  # -0.0 becomes 0.0


def _where(condition: Any, a: Any, b: Any, out: Any) -> Callable[[], None]:
    import numpy as np

    zero, holds = np.zeros(()), np.empty(out.shape, dtype=bool)
    return _in_order(
        [
            partial(np.not_equal, condition, zero, holds),
            partial(np.copyto, out, b),
            partial(np.copyto, out, a, where=holds),
        ]
    )


def _strong_product(local: Any, upstream: Any, condition: Any, out: Any) -> Callable[[], None]:
    import numpy as np

    zero, nothing = np.zeros(()), np.full((), -0.0)
    stops, other = np.empty(out.shape, dtype=bool), np.empty(out.shape, dtype=bool)
    return _in_order(
        [
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
    )


def _decay(x: Any, rate: float, e: Any, p: Any) -> Steps:
    """`e` becomes `exp(-rate * |x|)`, and `p` becomes `1 + e`."""
    import numpy as np

    factor, one = np.full((), -rate), np.ones(())
    return [
        partial(np.absolute, x, e),
        partial(np.multiply, e, factor, e),
        partial(np.exp, e, e),
        partial(np.add, e, one, p),
    ]


def _sigmoid(x: Any, out: Any) -> Callable[[], None]:
    import numpy as np

    e, p, below = np.empty(out.shape), np.empty(out.shape), np.empty(out.shape, dtype=bool)
    zero, one = np.zeros(()), np.ones(())
    return _in_order(
        [
            *_decay(x, 1.0, e, p),
            partial(np.less, x, zero, below),
            partial(np.copyto, out, one),
            partial(np.copyto, out, e, where=below),
            partial(np.divide, out, p, out),
        ]
    )


def _bell(rate: float, height: float) -> Callable[..., Callable[[], None]]:
    """The formula of `height * e / (1 + e)**2` with `e = exp(-rate * |x|)`.

    What is lost in rounding `1 + e` is added to its square, because the square doubles the error.
    """

    def formula(x: Any, out: Any) -> Callable[[], None]:
        import numpy as np

        p, lost = np.empty(out.shape), np.empty(out.shape)
        one, two, scale = np.ones(()), np.full((), 2.0), np.full((), height)
        return _in_order(
            [
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
        )

    return formula


FORMULAS: Final[dict[int, Callable[..., Callable[[], None]]]] = {
    5: _comparison("less"),
    6: _comparison("less_equal"),
    7: _comparison("greater"),
    8: _comparison("greater_equal"),
    9: _comparison("equal"),
    10: _comparison("not_equal"),
    34: _relu,
    37: _bell(2.0, 4.0),
    38: _sigmoid,
    39: _bell(1.0, 1.0),
    64: _where,
    65: _strong_product,
}
"""The codes of kernels that are formulas: of the arrays of the operands and of the result to what computes them."""
