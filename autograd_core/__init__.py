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
from autograd_core.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd_core.functions import affine, dot, leaky_relu, mean
from autograd_core.functions import max as max
from autograd_core.functions import min as min
from autograd_core.functions import sum as sum
from autograd_core.modes import detect_anomaly, enable_grad, no_grad
from autograd_core.op import TABLE, Op, define_op
from autograd_core.sweep import topological_order
from autograd_core.value import Value

abs = ops.ABS
acos = ops.ACOS
acosh = ops.ACOSH
asin = ops.ASIN
asinh = ops.ASINH
atan = ops.ATAN
atan2 = ops.ATAN2
atanh = ops.ATANH
cbrt = ops.CBRT
ceil = ops.CEIL
clamp = ops.CLAMP
copysign = ops.COPYSIGN
cos = ops.COS
cosh = ops.COSH
degrees = ops.DEGREES
exp = ops.EXP
exp2 = ops.EXP2
expm1 = ops.EXPM1
floor = ops.FLOOR
fma = ops.FMA
fmod = ops.FMOD
hypot = ops.HYPOT
log = ops.LOG
log10 = ops.LOG10
log1p = ops.LOG1P
log2 = ops.LOG2
logsigmoid = ops.LOGSIGMOID
pow = ops.POW
radians = ops.RADIANS
reciprocal = ops.RECIPROCAL
relu = ops.RELU
remainder = ops.REMAINDER
round = ops.ROUND
sigmoid = ops.SIGMOID
silu = ops.SILU
sin = ops.SIN
sinh = ops.SINH
softplus = ops.SOFTPLUS
softsign = ops.SOFTSIGN
sqrt = ops.SQRT
square = ops.SQUARE
tan = ops.TAN
tanh = ops.TANH
trunc = ops.TRUNC
where = ops.WHERE

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
    "acos",
    "acosh",
    "affine",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "build_info",
    "cbrt",
    "ceil",
    "clamp",
    "copysign",
    "cos",
    "cosh",
    "define_op",
    "degrees",
    "detect_anomaly",
    "dot",
    "enable_grad",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "fma",
    "fmod",
    "grad",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "logsigmoid",
    "mean",
    "no_grad",
    "radians",
    "reciprocal",
    "relu",
    "remainder",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "topological_order",
    "trunc",
    "value_and_grad",
    "vjp",
    "where",
]
