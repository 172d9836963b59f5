"""Functions of one number with parameters: the logarithm to a base, and activations.

Names and defaults of activations are those of PyTorch. A parameter may be a Value that is trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from autograd_core.table import activations, gated, ops, powers

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain, Unchecked


@overload
def log(x: Value, base: Number | None = None) -> Value: ...
@overload
def log(x: Plain, base: Value) -> Value: ...
@overload
def log(x: Plain, base: Plain | None = None) -> float: ...
def log(x: Any, base: Any = None) -> Any:
    """The natural logarithm, or the logarithm to a base, which may also be a Value; -inf at 0 and nan below.

    >>> import math
    >>> log(math.e), log(8.0, 2), log(1000.0, 10), log(81.0, 3.0)
    (1.0, 3.0, 3.0, 4.0)
    """
    return ops.LOG(x) if base is None else powers.LOG_BASE(x, base)


@overload
def leaky_relu(x: Value, negative_slope: Number = 0.01) -> Value: ...
@overload
def leaky_relu(x: Plain, negative_slope: Value) -> Value: ...
@overload
def leaky_relu(x: Plain, negative_slope: Plain = 0.01) -> float: ...
def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """`x` above 0, else `negative_slope * x`; the default slope is that of the paper (Maas, Hannun, Ng, 2013).

    >>> from autograd_core import Value
    >>> leaky_relu(Value(-2.0)).data, leaky_relu(-2.0, 0.5)
    (-0.02, -1.0)
    """
    return activations.LEAKY_RELU(x, negative_slope)


@overload
def elu(x: Value, alpha: Number = 1.0) -> Value: ...
@overload
def elu(x: Plain, alpha: Value) -> Value: ...
@overload
def elu(x: Plain, alpha: Plain = 1.0) -> float: ...
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """`x` above 0, else `alpha * (exp(x) - 1)`, which ends at `-alpha` (Clevert, Unterthiner, Hochreiter, 2016).

    >>> import math
    >>> elu(2.0), elu(-1.0) == math.expm1(-1.0)
    (2.0, True)
    """
    return activations.ELU(x, alpha)


@overload
def celu(x: Value, alpha: Number = 1.0) -> Value: ...
@overload
def celu(x: Plain, alpha: Value) -> Value: ...
@overload
def celu(x: Plain, alpha: Plain = 1.0) -> float: ...
def celu(x: Any, alpha: Any = 1.0) -> Any:
    """`x` above 0, else `alpha * (exp(x / alpha) - 1)`: smooth at 0 for every `alpha` (Barron, 2017).

    >>> import math
    >>> celu(2.0, 0.5), celu(-1.0, 0.5) == 0.5 * math.expm1(-2.0)
    (2.0, True)
    """
    return activations.CELU(x, alpha)


@overload
def softshrink(x: Value, lambd: Number = 0.5) -> Value: ...
@overload
def softshrink(x: Plain, lambd: Value) -> Value: ...
@overload
def softshrink(x: Plain, lambd: Plain = 0.5) -> float: ...
def softshrink(x: Any, lambd: Any = 0.5) -> Any:
    """`x` moved towards 0 by `lambd`, and 0 where it would cross 0: soft thresholding (Donoho, 1995).

    >>> softshrink(2.0), softshrink(-2.0), softshrink(0.25)
    (1.5, -1.5, 0.0)
    """
    return activations.SOFTSHRINK(x, lambd)


@overload
def hardshrink(x: Value, lambd: Number = 0.5) -> Value: ...
@overload
def hardshrink(x: Plain, lambd: Value) -> Value: ...
@overload
def hardshrink(x: Plain, lambd: Plain = 0.5) -> float: ...
def hardshrink(x: Any, lambd: Any = 0.5) -> Any:
    """`x`, but 0 from `-lambd` to `lambd`: hard thresholding (Donoho and Johnstone, 1994).

    >>> hardshrink(2.0), hardshrink(-2.0), hardshrink(0.25)
    (2.0, -2.0, 0.0)
    """
    return activations.HARDSHRINK(x, lambd)


@overload
def hardtanh(x: Value, min_val: Number = -1.0, max_val: Number = 1.0) -> Value: ...
@overload
def hardtanh(x: Plain, min_val: Plain = -1.0, max_val: Plain = 1.0) -> float: ...
@overload
def hardtanh(x: Plain, min_val: Number = -1.0, max_val: Number = 1.0) -> Value: ...
def hardtanh(x: Any, min_val: Any = -1.0, max_val: Any = 1.0) -> Any:
    """`x` between `min_val` and `max_val`, and the nearer bound outside: a hyperbolic tangent without exponentials.

    The name is from Collobert, Large scale machine learning, 2004. The derivative at both corners is 0.

    >>> hardtanh(0.5), hardtanh(2.0), hardtanh(-2.0)
    (0.5, 1.0, -1.0)
    """
    return ops.CLAMP(x, min_val, max_val)


@overload
def gelu(x: Value, approximate: str = "none") -> Value: ...
@overload
def gelu(x: Plain, approximate: str = "none") -> float: ...
def gelu(x: Any, approximate: str | Unchecked = "none") -> Any:
    """`x` times the probability that a standard normal variable is below `x` (Hendrycks and Gimpel, 2016).

    Args:
        x: the input.
        approximate: "none" for the function itself, "tanh" for the approximation of the paper.

    Raises:
        InputError: if `approximate` is something else.

    >>> round(gelu(1.0), 4), round(gelu(1.0, approximate="tanh"), 4)
    (0.8413, 0.8412)
    """
    return gated.gelu_row(approximate)(x)
