"""The same functions in PyTorch and JAX, in double precision: value, gradient and Hessian at many points at once.

A spelling is a dotted path below the module of the framework, or a function that takes the module and returns the
function.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core.testing.rows.accuracy import Measured
from autograd_core.testing.truths.sampling import Point

Spelling: TypeAlias = str | Callable[[Any], Callable[..., Any]] | None


class Spellings(NamedTuple):
    """The spelling of a function in PyTorch and in JAX; None if there is none with the same inputs."""

    torch: Spelling
    jax: Spelling


SPELLINGS: Final[dict[str, Spellings]] = {
    "abs": Spellings("abs", "numpy.abs"),
    "acos": Spellings("acos", "numpy.arccos"),
    "acosh": Spellings("acosh", "numpy.arccosh"),
    "add": Spellings("add", "numpy.add"),
    "asin": Spellings("asin", "numpy.arcsin"),
    "asinh": Spellings("asinh", "numpy.arcsinh"),
    "atan": Spellings("atan", "numpy.arctan"),
    "atan2": Spellings("atan2", "numpy.arctan2"),
    "atanh": Spellings("atanh", "numpy.arctanh"),
    "cbrt": Spellings(None, "numpy.cbrt"),
    "ceil": Spellings("ceil", "numpy.ceil"),
    "celu": Spellings(None, "nn.celu"),
    "copysign": Spellings("copysign", "numpy.copysign"),
    "cos": Spellings("cos", "numpy.cos"),
    "cosh": Spellings("cosh", "numpy.cosh"),
    "degrees": Spellings("rad2deg", "numpy.rad2deg"),
    "digamma": Spellings("digamma", "scipy.special.digamma"),
    "div": Spellings("div", "numpy.divide"),
    "elu": Spellings(None, "nn.elu"),
    "erf": Spellings("erf", "scipy.special.erf"),
    "erfc": Spellings("erfc", "scipy.special.erfc"),
    "exp": Spellings("exp", "numpy.exp"),
    "exp2": Spellings("exp2", "numpy.exp2"),
    "expm1": Spellings("expm1", "numpy.expm1"),
    "floor": Spellings("floor", "numpy.floor"),
    "fmod": Spellings("fmod", "numpy.fmod"),
    "gamma": Spellings(None, "scipy.special.gamma"),
    "gelu": Spellings("nn.functional.gelu", lambda jax: lambda x: jax.nn.gelu(x, approximate=False)),
    "gelu_tanh": Spellings(lambda torch: lambda x: torch.nn.functional.gelu(x, approximate="tanh"), "nn.gelu"),
    "hardsigmoid": Spellings("nn.functional.hardsigmoid", "nn.hard_sigmoid"),
    "hardswish": Spellings("nn.functional.hardswish", "nn.hard_swish"),
    "hypot": Spellings(
        lambda torch: lambda *xs: torch.linalg.vector_norm(torch.stack(xs), dim=0),
        lambda jax: lambda *xs: jax.numpy.linalg.norm(jax.numpy.stack(xs)),
    ),
    "leaky_relu": Spellings(None, "nn.leaky_relu"),
    "lgamma": Spellings("lgamma", "scipy.special.gammaln"),
    "log": Spellings("log", "numpy.log"),
    "log10": Spellings("log10", "numpy.log10"),
    "log1p": Spellings("log1p", "numpy.log1p"),
    "log2": Spellings("log2", "numpy.log2"),
    "log_softmax": Spellings(
        lambda torch: lambda *xs: torch.log_softmax(torch.stack(xs), dim=0)[0],
        lambda jax: lambda *xs: jax.nn.log_softmax(jax.numpy.stack(xs))[0],
    ),
    "logaddexp": Spellings("logaddexp", "numpy.logaddexp"),
    "logsigmoid": Spellings("nn.functional.logsigmoid", "nn.log_sigmoid"),
    "logsumexp": Spellings(
        lambda torch: lambda *xs: torch.logsumexp(torch.stack(xs), dim=0),
        lambda jax: lambda *xs: jax.nn.logsumexp(jax.numpy.stack(xs)),
    ),
    "mean": Spellings(
        lambda torch: lambda *xs: torch.stack(xs).mean(dim=0),
        lambda jax: lambda *xs: jax.numpy.mean(jax.numpy.stack(xs)),
    ),
    "mish": Spellings("nn.functional.mish", "nn.mish"),
    "mod": Spellings("remainder", "numpy.remainder"),
    "mul": Spellings("mul", "numpy.multiply"),
    "neg": Spellings("neg", "numpy.negative"),
    "norm": Spellings(
        lambda torch: lambda *xs: torch.linalg.vector_norm(torch.stack(xs), dim=0),
        lambda jax: lambda *xs: jax.numpy.linalg.norm(jax.numpy.stack(xs)),
    ),
    "pow": Spellings("pow", "numpy.power"),
    "prod": Spellings(
        lambda torch: lambda *xs: torch.stack(xs).prod(dim=0),
        lambda jax: lambda *xs: jax.numpy.prod(jax.numpy.stack(xs)),
    ),
    "radians": Spellings("deg2rad", "numpy.deg2rad"),
    "reciprocal": Spellings("reciprocal", "numpy.reciprocal"),
    "relu": Spellings("relu", "nn.relu"),
    "relu6": Spellings("nn.functional.relu6", "nn.relu6"),
    "round": Spellings("round", "numpy.round"),
    "selu": Spellings("selu", "nn.selu"),
    "sigmoid": Spellings("sigmoid", "nn.sigmoid"),
    "silu": Spellings("nn.functional.silu", "nn.silu"),
    "sin": Spellings("sin", "numpy.sin"),
    "sinh": Spellings("sinh", "numpy.sinh"),
    "softmax": Spellings(
        lambda torch: lambda *xs: torch.softmax(torch.stack(xs), dim=0)[0],
        lambda jax: lambda *xs: jax.nn.softmax(jax.numpy.stack(xs))[0],
    ),
    "softplus": Spellings("nn.functional.softplus", "nn.softplus"),
    "softsign": Spellings("nn.functional.softsign", "nn.soft_sign"),
    "sqrt": Spellings("sqrt", "numpy.sqrt"),
    "square": Spellings("square", "numpy.square"),
    "std": Spellings(
        lambda torch: lambda *xs: torch.stack(xs).std(dim=0),
        lambda jax: lambda *xs: jax.numpy.std(jax.numpy.stack(xs), ddof=1),
    ),
    "sub": Spellings("sub", "numpy.subtract"),
    "sum": Spellings(
        lambda torch: lambda *xs: torch.stack(xs).sum(dim=0),
        lambda jax: lambda *xs: jax.numpy.sum(jax.numpy.stack(xs)),
    ),
    "tan": Spellings("tan", "numpy.tan"),
    "tanh": Spellings("tanh", "numpy.tanh"),
    "tanhshrink": Spellings("nn.functional.tanhshrink", None),
    "trunc": Spellings("trunc", "numpy.trunc"),
    "var": Spellings(
        lambda torch: lambda *xs: torch.stack(xs).var(dim=0),
        lambda jax: lambda *xs: jax.numpy.var(jax.numpy.stack(xs), ddof=1),
    ),
}

ALONE: Final = frozenset({
    "clamp", "dot", "eq", "floordiv", "fma", "fsum", "gaussian", "ge", "gt", "hardshrink", "huber", "le", "log_base",
    "logical_and", "logical_not", "logical_or", "lt", "max", "min", "ne", "normal_cdf", "normal_pdf",
    "polygamma", "pos", "remainder", "smooth_l1", "softshrink", "sumprod", "where",
})  # fmt: skip
"""The public rows without a function of numbers and the same inputs in either framework, or without a derivative there;
a comparison there gives a truth value."""


def is_installed(framework: str) -> bool:
    """Return whether `torch` or `jax` can be imported."""
    return importlib.util.find_spec(framework) is not None


def version(framework: str) -> str:
    """Return the installed version."""
    return str(importlib.import_module(framework).__version__).partition("+")[0]


def measure_with(framework: str, name: str, points: Sequence[Point]) -> list[Measured]:
    """Return the numbers of a framework at each point; empty if it does not have the function."""
    spelling = getattr(SPELLINGS.get(name, Spellings(None, None)), framework)
    if spelling is None:
        return []
    return {"torch": _measure_with_torch, "jax": _measure_with_jax}[framework](spelling, points)


def _function(module: Any, spelling: str | Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
    if not isinstance(spelling, str):
        return spelling(module)
    for part in spelling.split("."):
        module = getattr(module, part)
    function: Callable[..., Any] = module
    return function


def _measure_with_torch(spelling: Any, points: Sequence[Point]) -> list[Measured]:
    """Return the numbers of PyTorch at each point."""
    torch = importlib.import_module("torch")
    inputs = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in zip(*points, strict=True)]

    def derivatives(result: Any) -> list[Any]:
        """Return the derivative of a result with respect to each input, at every point."""
        if not result.requires_grad:  # in PyTorch the derivative is then constant
            return [torch.zeros_like(x) for x in inputs]
        gradients = torch.autograd.grad(result.sum(), inputs, create_graph=True, allow_unused=True)
        # The zeros of PyTorch's derivatives may have no storage; a sum has.
        return [
            torch.zeros_like(x) if d is None else d + torch.zeros_like(x)
            for d, x in zip(gradients, inputs, strict=True)
        ]

    values = _function(torch, spelling)(*inputs)
    gradient = derivatives(values)
    try:
        hessian = [derivatives(d) for d in gradient]
    except RuntimeError as error:
        if "is not implemented" not in str(error):
            raise
        hessian = []  # PyTorch can differentiate some functions only once
    return _by_point(values.tolist(), [d.tolist() for d in gradient], [[d.tolist() for d in row] for row in hessian])


def _measure_with_jax(spelling: Any, points: Sequence[Point]) -> list[Measured]:
    """Return the numbers of JAX at each point."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    function = _function(jax, spelling)
    inputs = [jax.numpy.array(column, dtype="float64") for column in zip(*points, strict=True)]
    every = tuple(range(len(inputs)))

    def at_all_points(f: Callable[..., Any]) -> list[float]:
        numbers: list[float] = jax.vmap(f)(*inputs).tolist()
        return numbers

    return _by_point(
        at_all_points(function),
        [at_all_points(jax.grad(function, i)) for i in every],
        [[at_all_points(jax.grad(jax.grad(function, i), j)) for j in every] for i in every],
    )


def _by_point(
    values: Sequence[float], gradient: Sequence[Sequence[float]], hessian: Sequence[Sequence[Sequence[float]]]
) -> list[Measured]:
    return [
        Measured(value, [d[k] for d in gradient], [[d[k] for d in row] for row in hessian])
        for k, value in enumerate(values)
    ]
