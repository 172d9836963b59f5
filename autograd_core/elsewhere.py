"""Functions by the names that they have in other packages and in books, and how they are written here.

A message about an unknown name uses this table, because these names are often not similar to ours. The names are those
of NumPy, SciPy, SymPy, PyTorch and Mathematica, in lower case, and of textbooks.

>>> named_elsewhere("ln"), named_elsewhere("ArcTan"), named_elsewhere("sec"), named_elsewhere("wave")
('log', 'atan', '1/cos(x)', '')
"""

from __future__ import annotations

from typing import Final

ELSEWHERE: Final = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    **{f"arc{name}": f"a{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")},
    "arcosh": "acosh",
    "arsinh": "asinh",
    "artanh": "atanh",
    "average": "mean",
    "ceiling": "ceil",
    "clip": "clamp",
    "cosec": "1/sin(x)",
    "cot": "1/tan(x)",
    "coth": "1/tanh(x)",
    "csc": "1/sin(x)",
    "csch": "1/sinh(x)",
    "ctg": "1/tan(x)",
    "cube": "x**3",
    "cube_root": "cbrt",
    "deg2rad": "radians",
    "divide": "a/b",
    "expit": "sigmoid",
    "exponential": "exp",
    "fix": "trunc",
    "gammaln": "lgamma",
    "heaviside": "where(relu(x), 1, 0)",
    "inv": "reciprocal",
    "ld": "log2",
    "lb": "log2",
    "lg": "log10",
    "ln": "log",
    "loggamma": "lgamma",
    "logistic": "sigmoid",
    "multiply": "a*b",
    "ndtr": "normal_cdf",
    "negative": "-x",
    "norm_cdf": "normal_cdf",
    "norm_pdf": "normal_pdf",
    "power": "pow",
    "product": "prod",
    "psi": "digamma",
    "rad2deg": "degrees",
    "ramp": "relu",
    "rint": "round",
    "rsqrt": "1/sqrt(x)",
    "sec": "1/cos(x)",
    "sech": "1/cosh(x)",
    "sgn": "copysign(1, x)",
    "sign": "copysign(1, x)",
    "signum": "copysign(1, x)",
    "sqr": "square",
    "square_root": "sqrt",
    "subtract": "a - b",
    "swish": "silu",
    "tg": "tan",
    "true_divide": "a/b",
}
"""The name of a function here, or an expression in `x`, or in `a` and `b`."""


def named_elsewhere(name: str) -> str:
    """What a name of another package is called here; "" if no package that is listed has it."""
    return ELSEWHERE.get(name.casefold(), "")
