"""The public names of the package, imported from its modules. The package loads them from here on first use.

They are written out, because type checkers do not run loops. `tests/test_every_row.py` compares them with the table.
"""

from autograd_core.build import BuildInfo, build_info
from autograd_core.diagnosis.symmetry import stuck_layers
from autograd_core.errors import (
    AnomalyError,
    AutogradError,
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
from autograd_core.functions.reductions import (
    celu,
    dist,
    elu,
    gelu,
    hardshrink,
    hardtanh,
    leaky_relu,
    log,
    maximum,
    mean,
    minimum,
    norm,
    prod,
    softshrink,
    std,
    sumprod,
    var,
)
from autograd_core.functions.reductions import max as max
from autograd_core.functions.reductions import min as min
from autograd_core.graph.memory import release_memory
from autograd_core.graph.modes import detect_anomaly, enable_grad, no_grad
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.table import activations, ops, powers, special
from autograd_core.table.define import define_op
from autograd_core.table.op import TABLE, Op
from autograd_core.table.precedence import Precedence
from autograd_core.transforms.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd_core.transforms.trees import members

abs = ops.ABS
acos = ops.ACOS
acosh = ops.ACOSH
asin = ops.ASIN
asinh = ops.ASINH
atan = ops.ATAN
atan2 = powers.ATAN2
atanh = ops.ATANH
cbrt = ops.CBRT
ceil = ops.CEIL
clamp = ops.CLAMP
copysign = ops.COPYSIGN
cos = ops.COS
cosh = ops.COSH
degrees = ops.DEGREES
digamma = special.DIGAMMA
erf = special.ERF
erfc = special.ERFC
exp = ops.EXP
exp2 = ops.EXP2
expm1 = ops.EXPM1
fabs = ops.ABS
floor = ops.FLOOR
fma = ops.FMA
fmod = ops.FMOD
gamma = special.GAMMA
gaussian = special.GAUSSIAN
gelu_tanh = activations.GELU_TANH
hardsigmoid = activations.HARDSIGMOID
hardswish = activations.HARDSWISH
hypot = ops.HYPOT
lgamma = special.LGAMMA
log10 = ops.LOG10
log1p = ops.LOG1P
log2 = ops.LOG2
log_base = powers.LOG_BASE
logsigmoid = activations.LOGSIGMOID
mish = activations.MISH
normal_cdf = special.NORMAL_CDF
normal_pdf = special.NORMAL_PDF
polygamma = special.POLYGAMMA
pow = powers.POW
radians = ops.RADIANS
reciprocal = ops.RECIPROCAL
relu = activations.RELU
relu6 = activations.RELU6
remainder = ops.REMAINDER
round = ops.ROUND
selu = activations.SELU
sigmoid = activations.SIGMOID
silu = activations.SILU
sin = ops.SIN
sinh = ops.SINH
softplus = activations.SOFTPLUS
softsign = activations.SOFTSIGN
sqrt = ops.SQRT
square = ops.SQUARE
tan = ops.TAN
tanh = ops.TANH
tanhshrink = activations.TANHSHRINK
trunc = ops.TRUNC
where = ops.WHERE

# Names that hide built-ins (abs, max, min, pow, round, sum) are attributes of the package only.
__all__ = [
    "TABLE",
    "AnomalyError",
    "AutogradError",
    "BuildInfo",
    "GradientLossError",
    "GradientLossWarning",
    "GraphChangedError",
    "InputError",
    "Op",
    "OperandTypeError",
    "Precedence",
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
    "gelu",
    "gelu_tanh",
    "grad",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_base",
    "log_softmax",
    "logaddexp",
    "logsigmoid",
    "logsumexp",
    "maximum",
    "mean",
    "members",
    "minimum",
    "mish",
    "no_grad",
    "norm",
    "normal_cdf",
    "normal_pdf",
    "polygamma",
    "prod",
    "radians",
    "reciprocal",
    "release_memory",
    "relu",
    "relu6",
    "remainder",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
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
