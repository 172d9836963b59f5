"""Scalar reverse-mode automatic differentiation in which every number is open to inspection.

>>> from autograd_core import Value
>>> x, w, b = Value(2.0), Value(-3.0), Value(6.88)
>>> y = (w * x + b).tanh()
>>> y.backward()
>>> f"{y.data:.4f} {w.grad:.4f}"
'0.7064 1.0019'

Read `ops` first, the table of operations; then `node` and `sweep`, the graph and the chain rule; then
`value`, which ties them to Python's operators.
"""

# ruff: noqa: E402 - it must be decided which build runs before any module of it is imported
from autograd_core.build import select_build

select_build()

from autograd_core import ops
from autograd_core.build import BuildInfo, build_info
from autograd_core.errors import (
    AnomalyError,
    AutogradError,
    GradientLossError,
    GraphChangedError,
    InputError,
    OperandTypeError,
    ShapeError,
)
from autograd_core.functional import grad, value_and_grad
from autograd_core.functions import affine, dot
from autograd_core.functions import max as max
from autograd_core.functions import min as min
from autograd_core.functions import sum as sum
from autograd_core.modes import detect_anomaly, enable_grad, no_grad
from autograd_core.ops import TABLE, Op
from autograd_core.sweep import topological_order
from autograd_core.value import Value

abs = ops.ABS
ceil = ops.CEIL
cos = ops.COS
cosh = ops.COSH
exp = ops.EXP
floor = ops.FLOOR
log = ops.LOG
pow = ops.POW
relu = ops.RELU
round = ops.ROUND
sigmoid = ops.SIGMOID
sin = ops.SIN
sinh = ops.SINH
sqrt = ops.SQRT
tanh = ops.TANH
trunc = ops.TRUNC

# Names that hide built-ins (abs, max, min, pow, round, sum) are reached as attributes of the package only.
__all__ = [
    "TABLE",
    "AnomalyError",
    "AutogradError",
    "BuildInfo",
    "GradientLossError",
    "GraphChangedError",
    "InputError",
    "Op",
    "OperandTypeError",
    "ShapeError",
    "Value",
    "affine",
    "build_info",
    "ceil",
    "cos",
    "cosh",
    "detect_anomaly",
    "dot",
    "enable_grad",
    "exp",
    "floor",
    "grad",
    "log",
    "no_grad",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "sqrt",
    "tanh",
    "topological_order",
    "trunc",
    "value_and_grad",
]
