"""The public names of the package, imported from its modules. The package loads them from here on first use.

They are written out, because type checkers do not run loops. The casts tell type checkers how many inputs an op takes.
`tests/test_every_row.py` compares both with the table.
"""

import typing

import autograd_core.calls as _calls
from autograd_core.build import BuildInfo, build_info
from autograd_core.compiler.compiling import compile as compile
from autograd_core.diagnosis.symmetry import stuck_layers
from autograd_core.errors import (
    AnomalyError,
    AutogradError,
    AutogradWarning,
    CompileWarning,
    GradientLossError,
    GradientLossWarning,
    GraphChangedError,
    InputError,
    OperandTypeError,
    ShapeError,
)
from autograd_core.functions.custom import custom_gradient
from autograd_core.functions.exponentials import log_softmax, logaddexp, logsumexp, softmax
from autograd_core.functions.linear import affine, dot, fsum
from autograd_core.functions.linear import sum as sum
from autograd_core.functions.parametric import celu, elu, gelu, hardshrink, hardtanh, leaky_relu, log, softshrink
from autograd_core.functions.reductions import dist, maximum, minimum, norm, pick, prod, sumprod
from autograd_core.functions.reductions import max as max
from autograd_core.functions.reductions import min as min
from autograd_core.functions.statistics import mean, std, var
from autograd_core.graph.memory import release_memory
from autograd_core.graph.modes import detect_anomaly, enable_grad, no_grad
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.table import activations, comparisons, gated, ops, powers, special
from autograd_core.table.define import define_op, select
from autograd_core.table.op import TABLE, Op, Recorder
from autograd_core.table.precedence import Precedence
from autograd_core.transforms.directional import hvp, jvp, vjp
from autograd_core.transforms.functional import grad, value_and_grad
from autograd_core.transforms.matrices import hessian, jacobian
from autograd_core.transforms.trees import members

if typing.TYPE_CHECKING:
    from autograd_core.types import Binary, Ternary, Unary, Variadic

_calls.explain_constructors([Value])  # compiled, it says so itself

abs = typing.cast("Unary", ops.ABS)
acos = typing.cast("Unary", ops.ACOS)
acosh = typing.cast("Unary", ops.ACOSH)
asin = typing.cast("Unary", ops.ASIN)
asinh = typing.cast("Unary", ops.ASINH)
atan = typing.cast("Unary", ops.ATAN)
atan2 = typing.cast("Binary", powers.ATAN2)
atanh = typing.cast("Unary", ops.ATANH)
cbrt = typing.cast("Unary", ops.CBRT)
ceil = typing.cast("Unary", ops.CEIL)
clamp = typing.cast("Ternary", ops.CLAMP)
copysign = typing.cast("Binary", ops.COPYSIGN)
cos = typing.cast("Unary", ops.COS)
cosh = typing.cast("Unary", ops.COSH)
degrees = typing.cast("Unary", ops.DEGREES)
digamma = typing.cast("Unary", special.DIGAMMA)
eq = typing.cast("Binary", comparisons.EQ)
erf = typing.cast("Unary", special.ERF)
erfc = typing.cast("Unary", special.ERFC)
exp = typing.cast("Unary", ops.EXP)
exp2 = typing.cast("Unary", ops.EXP2)
expm1 = typing.cast("Unary", ops.EXPM1)
fabs = typing.cast("Unary", ops.ABS)
floor = typing.cast("Unary", ops.FLOOR)
fma = typing.cast("Ternary", ops.FMA)
fmod = typing.cast("Binary", ops.FMOD)
gamma = typing.cast("Unary", special.GAMMA)
gaussian = typing.cast("Unary", special.GAUSSIAN)
ge = typing.cast("Binary", comparisons.GE)
gelu_tanh = typing.cast("Unary", gated.GELU_TANH)
gt = typing.cast("Binary", comparisons.GT)
hardsigmoid = typing.cast("Unary", activations.HARDSIGMOID)
hardswish = typing.cast("Unary", activations.HARDSWISH)
huber = typing.cast("Binary", activations.HUBER)
hypot = typing.cast("Variadic", ops.HYPOT)
le = typing.cast("Binary", comparisons.LE)
lgamma = typing.cast("Unary", special.LGAMMA)
log10 = typing.cast("Unary", ops.LOG10)
log1p = typing.cast("Unary", ops.LOG1P)
log2 = typing.cast("Unary", ops.LOG2)
log_base = typing.cast("Binary", powers.LOG_BASE)
logical_and = typing.cast("Binary", comparisons.LOGICAL_AND)
logical_not = typing.cast("Unary", comparisons.LOGICAL_NOT)
logical_or = typing.cast("Binary", comparisons.LOGICAL_OR)
logsigmoid = typing.cast("Unary", activations.LOGSIGMOID)
lt = typing.cast("Binary", comparisons.LT)
mish = typing.cast("Unary", gated.MISH)
ne = typing.cast("Binary", comparisons.NE)
normal_cdf = typing.cast("Unary", special.NORMAL_CDF)
normal_pdf = typing.cast("Unary", special.NORMAL_PDF)
polygamma = typing.cast("Binary", special.POLYGAMMA)
pow = typing.cast("Binary", powers.POW)
radians = typing.cast("Unary", ops.RADIANS)
reciprocal = typing.cast("Unary", ops.RECIPROCAL)
relu = typing.cast("Unary", activations.RELU)
relu6 = typing.cast("Unary", activations.RELU6)
remainder = typing.cast("Binary", ops.REMAINDER)
round = typing.cast("Unary", ops.ROUND)
selu = typing.cast("Unary", activations.SELU)
sigmoid = typing.cast("Unary", activations.SIGMOID)
silu = typing.cast("Unary", gated.SILU)
sin = typing.cast("Unary", ops.SIN)
sinh = typing.cast("Unary", ops.SINH)
smooth_l1 = typing.cast("Binary", activations.SMOOTH_L1)
softplus = typing.cast("Unary", activations.SOFTPLUS)
softsign = typing.cast("Unary", activations.SOFTSIGN)
sqrt = typing.cast("Unary", ops.SQRT)
square = typing.cast("Unary", ops.SQUARE)
tan = typing.cast("Unary", ops.TAN)
tanh = typing.cast("Unary", ops.TANH)
tanhshrink = typing.cast("Unary", activations.TANHSHRINK)
trunc = typing.cast("Unary", ops.TRUNC)
where = typing.cast("Ternary", ops.WHERE)

# Names that hide built-ins (abs, compile, max, min, pow, round, sum) are attributes of the package only.
__all__ = [
    "TABLE",
    "AnomalyError",
    "AutogradError",
    "AutogradWarning",
    "BuildInfo",
    "CompileWarning",
    "GradientLossError",
    "GradientLossWarning",
    "GraphChangedError",
    "InputError",
    "Op",
    "OperandTypeError",
    "Precedence",
    "Recorder",
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
    "celu",
    "clamp",
    "copysign",
    "cos",
    "cosh",
    "custom_gradient",
    "define_op",
    "degrees",
    "detect_anomaly",
    "digamma",
    "dist",
    "dot",
    "elu",
    "enable_grad",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "fma",
    "fmod",
    "fsum",
    "gamma",
    "gaussian",
    "ge",
    "gelu",
    "gelu_tanh",
    "grad",
    "gt",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hessian",
    "huber",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "le",
    "leaky_relu",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_base",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsigmoid",
    "logsumexp",
    "lt",
    "maximum",
    "mean",
    "members",
    "minimum",
    "mish",
    "ne",
    "no_grad",
    "norm",
    "normal_cdf",
    "normal_pdf",
    "pick",
    "polygamma",
    "prod",
    "radians",
    "reciprocal",
    "release_memory",
    "relu",
    "relu6",
    "remainder",
    "select",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "smooth_l1",
    "softmax",
    "softplus",
    "softshrink",
    "softsign",
    "sqrt",
    "square",
    "std",
    "stuck_layers",
    "sumprod",
    "tan",
    "tanh",
    "tanhshrink",
    "topological_order",
    "trunc",
    "value_and_grad",
    "var",
    "vjp",
    "where",
]
