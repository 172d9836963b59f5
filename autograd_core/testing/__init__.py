"""Gradient checks, strategies and oracles for test suites.

`check_grads` compares the derivatives of a function with derivatives that are computed independently:

>>> from autograd_core.testing import check_grads
>>> bool(check_grads(lambda x, y: (x * y).tanh(), 0.5, -2.0))
True

The function may also be a black box of plain Python, numpy, PyTorch or JAX, with its gradient passed as `grad`:

>>> import math
>>> def loss(p):
...     return p["b"] * math.log(p["a"])
>>> def gradient(p):
...     return {"a": p["b"] / p["a"], "b": -math.log(p["a"])}
>>> check_grads(loss, {"a": 2.0, "b": 3.0}, grad=gradient)
Traceback (most recent call last):
    ...
autograd_core.testing.report.GradientMismatch: the gradient of loss disagrees in 1 of 2 comparisons by central
...
  argument  p["b"]
...
  hint      the sign is flipped
...

`vjp`, `jvp` and `jac` are the claims for functions with several results, `hvp` and `hess` those of second derivatives;
`adapters` makes claims of the derivatives that were written for PyTorch, JAX, autograd or a class.

For a function of Values the recorded graph is evaluated again in mpmath. This shows errors in the last digits, and
names the first op of the graph whose local derivative is wrong.

* `check_compiled` compares a compiled function with the function itself.
* `check_op` checks one op over its domain, near its kinks and on them.
* `autograd-core accuracy` prints the errors of all ops of the project (see `accuracy_table`).
* For pytest there are the fixture `check_grads`, the marker `gradcheck(order=, rtol=)` and `--grad-report=FILE.html`.
* For Hypothesis there are `st.from_type(Value)` and, in `strategies`, programs, networks, points of ops and arrays.
* `oracles` and `invariants` are the references that the tests of this project compare with.

Names are loaded on first use. pytest imports this package for its plugin at the start of every run, and `strategies`,
`machine` and the high-precision checks need Hypothesis and mpmath.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from autograd_core.testing import adapters as adapters
    from autograd_core.testing import invariants as invariants
    from autograd_core.testing import machine as machine
    from autograd_core.testing import oracles as oracles
    from autograd_core.testing import strategies as strategies
    from autograd_core.testing.check import check_grads as check_grads
    from autograd_core.testing.compiled_check import CompiledMismatch as CompiledMismatch
    from autograd_core.testing.compiled_check import CompiledReport as CompiledReport
    from autograd_core.testing.compiled_check import check_compiled as check_compiled
    from autograd_core.testing.report import GradientMismatch as GradientMismatch
    from autograd_core.testing.report import GradientUnverified as GradientUnverified
    from autograd_core.testing.report import GradReport as GradReport
    from autograd_core.testing.report import Verdict as Verdict
    from autograd_core.testing.rows.op_check import check_op as check_op

_HOMES: Final = {
    "CompiledMismatch": "compiled_check",
    "CompiledReport": "compiled_check",
    "GradReport": "report",
    "GradientMismatch": "report",
    "GradientUnverified": "report",
    "Verdict": "report",
    "check_compiled": "compiled_check",
    "check_grads": "check",
    "check_op": "rows.op_check",
}
"""The module of each name."""

_MODULES: Final = ("adapters", "invariants", "machine", "oracles", "strategies")

__all__ = [  # noqa: PLE0604 - the names are in the tables above
    *_HOMES,
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise import_module("autograd_core.calls").unknown_name(__name__, name, __all__)
