r"""Names, numbers and functions in LaTeX.

>>> print(latex_name("w1"), latex_number(1.5e-7))
w_{1} 1.5 \cdot 10^{-7}
"""

import math
import re
from typing import Final

from autograd_core import Op
from viz.text import number, printable
from viz.words.formula import PRODUCT, SIGN, UNIT, Notation, Part

MAX_TERMS: Final = 12
"""Most terms written of a sum, and most inputs of a function."""

# ---- Names -----------------------------------------------------------------------------------------------------------

_GREEK: Final = frozenset(
    (  # noqa: SIM905 - a list of strings would be a page long
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
    ).split()
)

_STEM: Final = re.compile(r"([A-Za-z]|[A-Za-z]{2,7}(?=[_\d\[]|$))_?\[?(\d+|(?<=_)[A-Za-z0-9]+)?\]?")

_ESCAPES: Final = {
    **{character: f"\\{character}" for character in "{}$&#%_ "},
    "\\": r"{\backslash}",
    "^": r"\hat{\ }",
    "~": r"{\sim}",
    "<": r"{<}",
    ">": r"{>}",
    "'": r"{\prime}",
    "-": "{-}",
    '"': r"{''}",
    "`": r"{\grave{\ }}",
}


def latex_name(name: str) -> str:
    r"""A name as LaTeX: letters with subscripts and Greek letters as such, and other text upright and escaped.

    >>> [latex_name(name) for name in ("a", "w1", "x_in", "w[3]", "alpha_0")]
    ['a', 'w_{1}', 'x_{\\mathrm{in}}', 'w_{3}', '\\alpha_{0}']
    >>> print(latex_name("learning_rate"), latex_name("}$\\input"))
    \mathrm{learning\_rate} \mathrm{\}\${\backslash}input}
    """
    found = _STEM.fullmatch(name)
    if found and (len(found[1]) == 1 or found[1] in _GREEK) and name.count("[") == name.count("]"):
        stem = f"\\{found[1]}" if found[1] in _GREEK else found[1]
        below = found[2] or ""
        if below and not below.isdigit():
            below = below if len(below) == 1 else rf"\mathrm{{{below}}}"
        return f"{stem}_{{{below}}}" if below else stem
    return rf"\mathrm{{{''.join(_ESCAPES.get(c, c) for c in printable(name))}}}"


# ---- Numbers ---------------------------------------------------------------------------------------------------------


def latex_number(value: float) -> str:
    r"""A number that reads back as the same float.

    >>> print(*map(latex_number, (2.0, -0.5, 1e300, 1.5e-7, 0.1, float("-inf"))))
    2 -0.5 10^{300} 1.5 \cdot 10^{-7} 0.1 -\infty
    """
    return constant(value).text


def latex_short(value: float) -> str:
    r"""A number with a few digits, as pictures and tables show it.

    >>> print(*map(latex_short, (2.0, -0.125, 0.1 + 0.2, 2.00000001, 1.23456e-9)))
    2 -0.125 0.3000 2.000 1.235 \cdot 10^{-9}
    """
    text = number(value)
    if float(text) == value or not math.isfinite(value):
        return latex_number(value)
    digits, _, exponent = text.partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits


def constant(value: float) -> Part:
    """A number, and how tightly it binds."""
    text = repr(value).removesuffix(".0")
    sign = "-" if text.startswith("-") else ""
    digits, _, exponent = text.removeprefix("-").partition("e")
    special = {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(digits)
    if special:
        return Part(sign + special, SIGN if sign else UNIT)
    if not exponent:
        return Part(text, SIGN if sign else UNIT)
    power = f"10^{{{int(exponent)}}}"
    return Part(sign + (power if digits == "1" else rf"{digits} \cdot {power}"), PRODUCT)


# ---- Ops -------------------------------------------------------------------------------------------------------------


_EULER: Final = re.compile(r"(?<![A-Za-z\\])e\^")
"""Euler's number is set upright, because many variables are called `e`."""


def latex_template(op: Op, _count: int) -> tuple[str, int]:
    """The template of an op for this number of inputs, and how tightly it binds."""
    template = _EULER.sub(r"\\mathrm{{e}}^", op.latex)
    if "_" in op.name:  # two underscores in the name of a user's op would be two subscripts
        plain = f"{{{{{op.name}}}}}"
        template = template.replace(plain, plain.replace("_", r"\_"))
    return template, op.precedence


LATEX: Final = Notation(latex_template, constant, r"\left(", r"\right)")
"""As in a textbook."""
