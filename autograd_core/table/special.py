"""The rows of the special functions: error function, normal distribution, gamma function and its relatives.

The derivatives of the gamma family form an infinite chain: `lgamma' = digamma`, `digamma' = polygamma(1, x)`, and
`polygamma(n, x)' = polygamma(n + 1, x)`. Rows are written as in `ops`.
"""

from __future__ import annotations

import math
from typing import Any, Final

from autograd_core.numerics import error_functions, gamma_functions
from autograd_core.numerics.expansions import GAUSSIAN_SLOPE, NORMAL_PDF_SLOPE, expanded
from autograd_core.numerics.number import INFINITY
from autograd_core.table.define import always, define_op, never, where
from autograd_core.table.op import REAL, Op
from autograd_core.table.precedence import Precedence

FAR: Final = 100.0
"""From here on the density of a normal distribution is 0, even if multiplied by a power of the number."""

TWO_OVER_ROOT_PI: Final = 1.1283791670955126
"""The double nearest to `2 / sqrt(pi)`."""

DENSITY_AT_0: Final = 0.3989422804014327
"""The density of the standard normal distribution at 0: the double nearest to `1 / sqrt(2 pi)`."""


def _unless_far(x: Any, formula: Any) -> Any:
    """The formula, and from `FAR` on its limit 0, because there it or its derivatives would be `inf * 0`."""
    limit = where(abs(x) < INFINITY, -0.0 * x, where(x == x, 0.0, x))  # noqa: PLR0124 - nan
    return where(abs(x) < FAR, formula, limit)


def _gaussian_derivative(x: Any, y: Any) -> Any:
    if -26.0 < x < 26.0:
        return -2.0 * (x * y)
    root = GAUSSIAN(0.5 * x)  # the fourth root: the function underflows before its derivatives do
    return _unless_far(x, -2.0 * (x * root * root * root * root))


def _normal_pdf_derivative(x: Any, y: Any) -> Any:
    if -37.0 < x < 37.0:
        return -x * y
    root = GAUSSIAN(0.5 * x)
    return _unless_far(x, -DENSITY_AT_0 * x * root * root)


def _gap_to_pole(x: float) -> float:
    """The distance to the nearest of 0, -1, -2, ..., where the functions of the gamma family have their poles."""
    return abs(x - min(round(x), 0)) if math.isfinite(x) else INFINITY


GAUSSIAN: Final[Op] = define_op(
    "gaussian",
    error_functions.gaussian,
    lambda x, y: expanded(GAUSSIAN_SLOPE, x, y, _gaussian_derivative),
    latex="e^{{-{0}^2}}",
    precedence=Precedence.POWER,
    sign="positive",
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
    lambda x, y: expanded(NORMAL_PDF_SLOPE, x, y, _normal_pdf_derivative),
    latex=r"\varphi\left({0}\right)",
    sign="positive",
    textbook=("-x * y",),
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
