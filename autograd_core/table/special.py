"""The rows of the special functions: error function, normal distribution, gamma function and its relatives.

The derivatives of the gamma family form an infinite chain: `lgamma' = digamma`, `digamma' = polygamma(1, x)`, and
`polygamma(n, x)' = polygamma(n + 1, x)`. Rows are written as in `ops`.
"""

from __future__ import annotations

import math
from typing import Any, Final

from autograd_core.numerics import error_functions, gamma_functions
from autograd_core.numerics.number import INFINITY
from autograd_core.table.define import always, at, define_op, never, where
from autograd_core.table.op import REAL, Op
from autograd_core.table.ops import CLAMP, FMA
from autograd_core.table.precedence import Precedence

HUGE_FACTOR: Final = 1e290
"""From here on, a product with a number may overflow."""

TWO_OVER_ROOT_PI: Final = 1.1283791670955126
"""The double nearest to `2 / sqrt(pi)`."""

DENSITY_AT_0: Final = 0.3989422804014327
"""The density of the standard normal distribution at 0: the double nearest to `1 / sqrt(2 pi)`."""


def _gaussian_curvature(x: Any, y: Any) -> Any:
    """`4 x**2 - 2` times the Gaussian; farther out, where it is 0 in any case, the factor stays finite."""
    return SCALED_GAUSSIAN(4.0 * square_beyond(0.5, CLAMP(x, -60.0, 60.0)), x)


def _normal_pdf_curvature(x: Any, y: Any) -> Any:
    return SCALED_NORMAL_PDF(square_beyond(1.0, CLAMP(x, -60.0, 60.0)), x)


def square_beyond(number: float, x: Any) -> Any:
    """`x**2 - number`, rounded once, even where it is nearly 0; its derivative is exact."""
    return FMA(x, x, -number)


def _gap_to_pole(x: float) -> float:
    """The distance to the nearest of 0, -1, -2, ..., where the functions of the gamma family have their poles."""
    return abs(x - min(round(x), 0)) if math.isfinite(x) else INFINITY


GAUSSIAN: Final[Op] = define_op(
    "gaussian",
    error_functions.gaussian,
    lambda x, y: at(GAUSSIAN_SLOPE, x),
    latex="e^{{-{0}^2}}",
    precedence=Precedence.POWER,
    sign="positive",
)
GAUSSIAN_SLOPE: Final[Op] = define_op(
    "gaussian_slope",
    error_functions.gaussian_slope,
    _gaussian_curvature,
    latex=r"-2 \cdot {0} \cdot e^{{-{0}^2}}",
    precedence=Precedence.SIGN,
    internal=True,
    about="The derivative of `gaussian`.",
)
SCALED_GAUSSIAN: Final[Op] = define_op(
    "scaled_gaussian",
    error_functions.scaled_gaussian,
    lambda a, x, y: GAUSSIAN(x),
    lambda a, x, y: where(abs(a) < HUGE_FACTOR, SCALED_GAUSSIAN(-2.0 * a * x, x), -2.0 * CLAMP(x, -60.0, 60.0) * y),
    latex=r"{0} \cdot e^{{-{1}^2}}",
    precedence=Precedence.PRODUCT,
    internal=True,
    about="`a * exp(-x**2)`, even where the exponential alone underflows.",
)
ERF: Final[Op] = define_op(
    "erf",
    error_functions.erf,
    lambda x, y: TWO_OVER_ROOT_PI * GAUSSIAN(x),
    latex=r"\operatorname{{erf}}\left({0}\right)",
    steepest=TWO_OVER_ROOT_PI,
    textbook=("2 / sqrt(pi) * exp(-(x**2))",),
)
ERFC: Final[Op] = define_op(
    "erfc",
    error_functions.erfc,
    lambda x, y: -TWO_OVER_ROOT_PI * GAUSSIAN(x),
    latex=r"\operatorname{{erfc}}\left({0}\right)",
    steepest=TWO_OVER_ROOT_PI,
    sign="positive",
    textbook=("-2 / sqrt(pi) * exp(-(x**2))",),
)
NORMAL_PDF: Final[Op] = define_op(
    "normal_pdf",
    error_functions.normal_pdf,
    lambda x, y: at(NORMAL_PDF_SLOPE, x),
    latex=r"\varphi\left({0}\right)",
    sign="positive",
    textbook=("-x * y",),
)
NORMAL_PDF_SLOPE: Final[Op] = define_op(
    "normal_pdf_slope",
    error_functions.normal_pdf_slope,
    _normal_pdf_curvature,
    latex=r"\varphi'\left({0}\right)",
    internal=True,
    about="The derivative of `normal_pdf`.",
)
SCALED_NORMAL_PDF: Final[Op] = define_op(
    "scaled_normal_pdf",
    error_functions.scaled_normal_pdf,
    lambda a, x, y: NORMAL_PDF(x),
    lambda a, x, y: where(abs(a) < HUGE_FACTOR, SCALED_NORMAL_PDF(-a * x, x), -CLAMP(x, -60.0, 60.0) * y),
    latex=r"{0} \cdot \varphi\left({1}\right)",
    precedence=Precedence.PRODUCT,
    internal=True,
    about="`a` times the density of the standard normal distribution, even where that underflows.",
)
NORMAL_CDF: Final[Op] = define_op(
    "normal_cdf",
    error_functions.normal_cdf,
    lambda x, y: NORMAL_PDF(x),
    latex=r"\Phi\left({0}\right)",
    steepest=DENSITY_AT_0,
    sign="positive",
)
GAMMA: Final[Op] = define_op(
    "gamma",
    gamma_functions.gamma,
    lambda x, y: y * DIGAMMA(x),
    latex=r"\Gamma\left({0}\right)",
    sample=(0.5, 5.0),
    kinks=_gap_to_pole,
    poles=True,
)
LGAMMA: Final[Op] = define_op(
    "lgamma",
    gamma_functions.lgamma,
    lambda x, y: DIGAMMA(x),
    latex=r"\ln\left|\Gamma\left({0}\right)\right|",
    precedence=Precedence.SUM,
    sample=(0.5, 5.0),
    kinks=_gap_to_pole,
    poles=True,
)
DIGAMMA: Final[Op] = define_op(
    "digamma",
    gamma_functions.digamma,
    lambda x, y: POLYGAMMA(1.0, x),
    latex=r"\psi\left({0}\right)",
    sample=(0.5, 5.0),
    kinks=_gap_to_pole,
    poles=True,
)
POLYGAMMA: Final[Op] = define_op(
    "polygamma",
    gamma_functions.polygamma,
    lambda n, x, y: 0.0,  # by convention: the order is a whole number and does not vary
    lambda n, x, y: POLYGAMMA(n + 1.0, x),
    latex=r"\psi^{{({0})}}\left({1}\right)",
    domain=((0.0, INFINITY), REAL),
    sample=((1.0, 3.0), (0.5, 5.0)),
    kinks=lambda n, x: _gap_to_pole(x),
    structural=(always, never),
    poles=True,
    about="The derivative of order `n` of `digamma`; `n` is a whole number.",
)
