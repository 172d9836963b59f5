"""Scalar reverse-mode automatic differentiation in which every number can be inspected.

>>> from autograd_core import Value
>>> x, w, b = Value(2.0), Value(-3.0), Value(6.88)
>>> y = (w * x + b).tanh()
>>> y.backward()
>>> f"{y.data:.4f} {w.grad:.4f}"
'0.7064 1.0019'

Read `graph.chain_rule` first: it is all of backpropagation on one page. Then read `table.ops`, the table of operations,
and `graph.node` and `graph.value`, which record what Python's operators do.

Arithmetic follows IEEE 754 and never raises. In the chain rule as well, 0 times infinity is nan, as in PyTorch: if a
local derivative has underflowed to 0 or is 0 at this point only, the product is undetermined. Only a structural zero
passes nothing on, even if the gradient is infinite: a branch that was not taken, a piece on which an op is constant,
the constant factor 0.

>>> from autograd_core import detect_anomaly, grad, log, sigmoid, sqrt, where
>>> grad(lambda x: -log(sigmoid(x)))(-800.0), grad(lambda x: where(x > 0, sqrt(x), 2 * x))(0.0)
(nan, 2.0)

`detect_anomaly` finds the op that first makes a nan or an infinity:

>>> with detect_anomaly():
...     log(Value(0.0)) * 0.0
Traceback (most recent call last):
    ...
autograd_core.errors.AnomalyError: log(0.0) gave -inf, at ...

The names are in `public`. They are loaded when the first of them is used: pytest imports this package at the start of
every run, for its plugin, and loading them would slow down test suites that do not use the engine.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from autograd_core.build import select_build

select_build()  # before any of the compiled modules is imported

if TYPE_CHECKING:
    from autograd_core.public import *  # noqa: F403 - the names are listed there
    from autograd_core.public import __all__ as __all__
    from autograd_core.public import abs as abs
    from autograd_core.public import compile as compile
    from autograd_core.public import max as max
    from autograd_core.public import min as min
    from autograd_core.public import pow as pow
    from autograd_core.public import round as round
    from autograd_core.public import sum as sum

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """Return a module, a public name, or another op of the table, such as one that `define_op` added."""
        names = globals()
        if name == "__version__":
            return _version()
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Modules come first and do not load the names. `find_spec` would read a dot as a package.
        if name.isidentifier() and find_spec(f"{__name__}.{name}"):
            return import_module(f"{__name__}.{name}")
        if "TABLE" not in names:
            public = vars(import_module(f"{__name__}.public"))
            names.update((key, public[key]) for key in public if key == "__all__" or not key.startswith("_"))
        if name in names:
            return names[name]
        if name in names["TABLE"]:
            return names["TABLE"][name]
        elsewhere = import_module(f"{__name__}.elsewhere")
        synonym, called = elsewhere.named_elsewhere(name), elsewhere.CALLED.get(name.casefold(), "")
        told = f"did you mean {synonym!r}?" if synonym else called
        raise import_module(f"{__name__}.calls").unknown_name(
            __name__, name, [*names["__all__"], *names["TABLE"]], told
        )

    def _version() -> str:
        """Return the version of the installed package."""
        metadata = import_module("importlib.metadata")
        try:
            return metadata.version("autograd-core")
        except metadata.PackageNotFoundError:
            raise AttributeError(
                f"module {__name__!r} has no attribute '__version__', because it was not installed"
            ) from None

    def __dir__() -> list[str]:
        """All names, loaded or not."""
        return sorted({*globals(), *import_module(f"{__name__}.public").__all__})
