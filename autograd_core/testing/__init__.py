"""Is this gradient right? The checker, and what it is made of, for test suites of one's own.

`check_grads` compares the derivatives of a function with derivatives that are found independently:

>>> from autograd_core.testing import check_grads
>>> bool(check_grads(lambda x, y: (x * y).tanh(), 0.5, -2.0))
True

Names are loaded when they are first asked for: pytest imports this package for its plugin at the start of every run,
and `strategies`, `machine` and the high-precision checks need Hypothesis and mpmath.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from autograd_core.testing import invariants as invariants
    from autograd_core.testing import machine as machine
    from autograd_core.testing import oracles as oracles
    from autograd_core.testing import strategies as strategies
    from autograd_core.testing.check import check_grads as check_grads
    from autograd_core.testing.op_check import check_op as check_op
    from autograd_core.testing.report import GradientMismatch as GradientMismatch
    from autograd_core.testing.report import GradReport as GradReport
    from autograd_core.testing.report import Verdict as Verdict

_HOMES: Final = {
    "GradReport": "report",
    "GradientMismatch": "report",
    "Verdict": "report",
    "check_grads": "check",
    "check_op": "op_check",
}
"""The module of each name."""

_MODULES: Final = ("invariants", "machine", "oracles", "strategies")

__all__ = [  # noqa: PLE0604 - the names stand in the tables above
    *_HOMES,
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
