"""Rows for programs that run with many lanes: functions of NumPy and SciPy, and formulas in arithmetic and `exp`.

The forward function of a row decides between expansions, and a lane of it takes as long as a hundred additions in
NumPy. Functions of NumPy compute all lanes at once, and so do the formulas here, because their only decisions are
`where`. A formula agrees with its row to a relative error of 1e-13, and exactly at infinities and nan. Programs with
`exact=True` use neither. If SciPy is installed, its functions replace some of the formulas: they are as accurate, and
take a third of the time.

All tails of the normal distribution are one function: `F(z) = (1 + z) exp(z**2) erfc(z)`, which `error_functions`
describes, here as a shorter polynomial in `(z - 3) / (z + 3)`, times a Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from autograd_core.compiler.grouping.plain_products import LOST, marks
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.recording import Recording
from autograd_core.table.op import TABLE, Op
from autograd_core.table.ops import ABS, COPYSIGN, EXP, WHERE

MIDDLE: Final = 3.0

# F, interpolated with 40 digits at the 23 zeros of a Chebyshev polynomial from z = 0 to 28.4; the error is below 2e-17.
TAIL: Final = (
    -2.012761905378308e-09, -4.690380642793243e-09, 1.367614082521415e-08, 4.655296044841271e-08,
    -4.44328115250039e-08, -2.8870503140122513e-07, 5.908951344601702e-08, 1.5855525638932323e-06,
    2.6144801626306626e-07, -8.988635668089151e-06, -1.5146490650665453e-06, 5.6118947383578475e-05,
    -2.0551543141012438e-05, -0.0003672883965625742, 0.0006458141922709264, 0.0016185691171125484,
    -0.009750689291567654, 0.021957764013317397, -0.023803913108737446, -0.010235388899027866,
    0.0990207536794416, -0.23092733308380903, 0.7160046047255598,
)  # fmt: skip

# `(-1)**k / (k! (2k + 1))` (DLMF 7.6.1) from k = 12 down to 0, times `2 / sqrt(pi)`: the error function near 0.
NEAR_0: Final = (
    9.422759064650411e-11, -1.2290555301717928e-09, 1.4807192815879218e-08, -1.6365844691234924e-07,
    1.6462114365889248e-06, -1.492565035840625e-05, 0.00012055332981789664, -0.0008548327023450853,
    0.005223977625442188, -0.026866170645131252, 0.11283791670955126, -0.37612638903183754, 1.1283791670955126,
)  # fmt: skip

PEAK: Final = 0.3989422804014327
SQRT_2: Final = 1.4142135623730951

VANISHES: Final = 60.0
"""From here on a Gaussian is 0."""


def with_vector_formulas(program: Program, *, plain: bool) -> tuple[Program, bool]:
    """The program with formulas in place of the rows that have one, and whether one of them is quick.

    Args:
        program: the program.
        plain: whether quick formulas may be taken, which give nan at infinities, where that shows in the outputs.
    """
    if not any(id(op) in _FORMULAS for op in program.ops):
        return program, False
    asked, is_quick = marks(program), False
    result = Program()
    recording = Recording(result)
    places: list[int] = []
    for place in range(len(program)):
        kind, op = program.kinds[place], program.op(place)
        if op is None:
            number = program.numbers[program.index(place)] if kind == CONSTANT else 0.0
            places.append(result.input() if kind == INPUT else result.constant(number))
            continue
        operands = [places[k] for k in program.operands(place)]
        formula = _FORMULAS.get(id(op))
        if formula is None or array_function(op) is not None:
            places.append(result.apply(op, operands))
            continue
        if plain and id(op) in _QUICK and not int(asked[place]) & LOST:
            formula, is_quick = _QUICK[id(op)], True
        places.append(recording.place(formula(*[recording.symbol(k) for k in operands])))
    result.outputs = [places[output] for output in program.outputs]
    return result, is_quick


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    total = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        total = total * x + c
    return total


def _tail(a: Any, gaussian: Any, unit: float) -> Any:
    """`erfc(a / unit)` for `a` from 0 on, given its Gaussian. At an infinity it is 0, because no term is one."""
    place = 1.0 - 2.0 * MIDDLE * unit / (a + MIDDLE * unit)
    return _polynomial(TAIL, place) * unit / (a + unit) * gaussian


def _normal_cdf(x: Any) -> Any:
    tail = _tail(ABS(x), EXP(x * x * -0.5), SQRT_2) * 0.5
    return WHERE(x > 0.0, 1.0 - tail, tail)


def _normal_pdf(x: Any) -> Any:
    return EXP(x * x * -0.5) * PEAK


def _normal_pdf_slope(x: Any) -> Any:
    return _normal_pdf(x) * _opposite(x)


def _erfc(x: Any) -> Any:
    tail = _tail(ABS(x), EXP(x * x * -1.0), 1.0)
    return WHERE(x > 0.0, tail, 2.0 - tail)


def _erf(x: Any) -> Any:
    a = ABS(x)
    size = 1.0 - _tail(a, EXP(x * x * -1.0), 1.0)
    return WHERE(a < 0.5, x * _polynomial(NEAR_0, x * x), COPYSIGN(size, x))


def _gaussian(x: Any) -> Any:
    return EXP(x * x * -1.0)


def _gaussian_slope(x: Any) -> Any:
    return _gaussian(x) * (2.0 * _opposite(x))


def _opposite(x: Any) -> Any:
    """`-x`, but a finite number for an infinite one: a Gaussian times that is 0."""
    return WHERE(ABS(x) < VANISHES, -x, COPYSIGN(VANISHES, -x))


FORMULAS: Final[dict[str, Callable[..., Any]]] = {
    "normal_cdf": _normal_cdf,
    "normal_pdf": _normal_pdf,
    "normal_pdf_slope": _normal_pdf_slope,
    "erf": _erf,
    "erfc": _erfc,
    "gaussian": _gaussian,
    "gaussian_slope": _gaussian_slope,
}
"""The formulas by the names of their rows."""

QUICK: Final[dict[str, Callable[..., Any]]] = {
    "normal_pdf_slope": lambda x: _normal_pdf(x) * -x,
    "gaussian_slope": lambda x: _gaussian(x) * (-2.0 * x),
}
"""Formulas that take less time than those above, and differ from them by a nan at infinities alone."""

_QUICK: Final = {id(TABLE[name]): formula for name, formula in QUICK.items()}
_FORMULAS: Final = {id(TABLE[name]): formula for name, formula in FORMULAS.items()}

SCIPY: Final = {"normal_cdf": "ndtr", "erf": "erf", "erfc": "erfc"}
"""The functions of `scipy.special` that compute a row."""

NUMPY: Final = {
    "exp2": "exp2", "expm1": "expm1", "log2": "log2", "log10": "log10", "log1p": "log1p", "cbrt": "cbrt", "tan": "tan",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "degrees": "degrees", "radians": "radians", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint",
}  # fmt: skip
"""The functions of NumPy that compute a row without a kernel, to a few units in the last place."""

_FUNCTIONS: Final = {
    id(TABLE[name]): (module, function)
    for module, functions in (("scipy.special", SCIPY), ("numpy", NUMPY))
    for name, function in functions.items()
}


def array_function(op: Op) -> Any:
    """The function of NumPy or SciPy that computes a row, or None; SciPy need not be installed."""
    module, name = _FUNCTIONS.get(id(op), ("", ""))
    if not module or find_spec(module.partition(".")[0]) is None:
        return None
    return getattr(import_module(module), name)
