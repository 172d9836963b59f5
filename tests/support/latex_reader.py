"""Formulas in LaTeX read by SymPy.

SymPy's reader knows no remainder and few functions; those that it does not know are put in for what it read.
"""

import re
import warnings
from typing import Any, Final

import pytest

from viz.words.latex import Formula

READABLE: Final = (
    "add", "sub", "mul", "div", "neg", "pow", "square", "reciprocal", "fma", "floor", "ceil", "exp", "log",
    "exp_difference", "exp_quotient", "exp2", "expm1", "log2", "log10", "log1p", "cbrt", "sqrt", "sin", "cos", "tan",
    "asin", "acos", "atan", "cauchy", "sinh", "cosh", "tanh", "sum", "prod", "dot", "hypot", "gaussian", "sigmoid",
    "softplus", "silu", "tanhshrink", "log_fma", "log_base_db", "pow_dx", "pow_dp", "exp_quotient_da",
    "exp_quotient_db", "cauchy_da", "cauchy_db", "celu_slope", "gaussian_slope", "scaled_gaussian",
    "scaled_normal_pdf",
)  # fmt: skip
"""Ops whose templates SymPy's reader understands."""

UNREADABLE: Final = {r"\mathrm{e}": "E_{0}", r"\left|": "|", r"\right|": "|", r"\operatorname{hypot}": "H"}
"""What SymPy's reader takes for something else, and what it reads as meant.

A hypot at its kink keeps its name in a formula.
"""

WIDTHS: Final = {"sum": 3, "prod": 2, "dot": 4, "hypot": 2}


class Reader:
    """Evaluates LaTeX by SymPy."""

    def __init__(self) -> None:
        pytest.importorskip("antlr4", reason="the package antlr4-python3-runtime is not installed")
        self.sympy = pytest.importorskip("sympy", reason="SymPy is not installed")
        self.parse = pytest.importorskip("sympy.parsing.latex").parse_latex
        x, y = self.sympy.symbols("x, y")
        self.functions = {
            "sigma": self.sympy.Lambda(x, 1 / (1 + self.sympy.exp(-x))),
            "floor": self.sympy.floor,
            "H": self.sympy.Lambda((x, y), self.sympy.sqrt(x**2 + y**2)),
            "Phi": self.sympy.Lambda(x, (1 + self.sympy.erf(x / self.sympy.sqrt(2))) / 2),
            "varphi": self.sympy.Lambda(x, self.sympy.exp(-(x**2) / 2) / self.sympy.sqrt(2 * self.sympy.pi)),
        }

    def number(self, formula: Formula, leaves: dict[str, float]) -> float:
        """The value of a formula, its definitions evaluated in their order."""
        known = {"E_{0}": self.sympy.E, **{name: self.sympy.Float(data, 40) for name, data in leaves.items()}}
        for name, text in formula.definitions:
            known[name] = self.evaluate(text, known)
        return float(self.evaluate(formula.expression, known))

    def evaluate(self, text: str, known: dict[str, Any]) -> Any:
        """The number that a text stands for."""
        return self.sympy.N(self.read(text, known), 40)

    def read(self, text: str, known: dict[str, Any]) -> Any:
        """The expression that a text stands for."""
        text = re.sub(r"(?<=[\w}])(?<!cdot) \\left\(", r" \\cdot \\left(", text)  # to SymPy `x (y + 1)` is a call
        for written, readable in UNREADABLE.items():
            text = text.replace(written, readable)
        with warnings.catch_warnings(action="ignore"):
            # SymPy reads the base of a logarithm, but loses it in powers of the logarithm.
            read = self.parse(text, backend="antlr").doit()
        for name, function in self.functions.items():
            read = read.replace(self.sympy.Function(name), function)
        return read.subs({symbol: known[str(symbol)] for symbol in read.free_symbols})
