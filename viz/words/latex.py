r"""Graphs as formulas in LaTeX, and their derivatives.

A derivative needs no further rules: the graph is copied, the copy is swept backward with gradients that are Values, and
the graph of the gradient is written like any other. So a formula shows what the engine computes at this point: of a
piecewise function, the piece that holds here.

>>> from autograd_core import Value
>>> a, b = Value(2.0), Value(-3.0)
>>> L = (a + b) * a
>>> print(latex(L))
L = \left(a + b\right) \cdot a
>>> print(latex(L, wrt=a))
\frac{\partial L}{\partial a} = a + b + a
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autograd_core import InputError, Op, Value, topological_order
from viz.graph.arguments import check_limit, check_value
from viz.graph.references import References
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import number, plural, printable
from viz.words.formula import PRODUCT, SIGN, SUM, UNIT, Notation, Part, Writer, Written
from viz.words.gradient_graph import gradient_graph

MAX_NODES: Final = 200
"""Most ops written by default; longer formulas are hard to read."""

MAX_SWEPT: Final = 20_000
"""Nodes up to which the derivative is taken as a formula: a second of work."""

MAX_TERMS: Final = 12
"""Most terms written of an op that takes any number of inputs."""

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
    return _constant(value).text


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


def _constant(value: float) -> Part:
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


def _joined(joint: str, terms: list[str]) -> str:
    """The terms joined; of more than `MAX_TERMS` the first three and the last."""
    shown = terms if len(terms) <= MAX_TERMS else [*terms[:3], r"\cdots", terms[-1]]
    return joint.join(shown)


def _sum(count: int) -> tuple[str, int]:
    return _joined(" + ", [f"{{{i}}}" for i in range(count)]), SUM


def _product(count: int) -> tuple[str, int]:
    return _joined(r" \cdot ", [f"{{{i}}}" for i in range(count)]), PRODUCT


def _dot(count: int) -> tuple[str, int]:
    half = count // 2
    return _joined(" + ", [rf"{{{i}}} \cdot {{{half + i}}}" for i in range(half)]), SUM


def _hypot(count: int) -> tuple[str, int]:
    return rf"\sqrt{{{{{_joined(' + ', [f'{{{i}}}^2' for i in range(count)])}}}}}", UNIT


_WRITTEN_OUT: Final = {"sum": _sum, "fsum": _sum, "prod": _product, "dot": _dot, "sumprod": _dot, "hypot": _hypot}
"""Ops on any number of inputs that are written out, instead of as the call in their row."""

_EULER: Final = re.compile(r"(?<![A-Za-z\\])e\^")
"""Euler's number is set upright, because many variables are called `e`."""


def _template(op: Op, count: int) -> tuple[str, int]:
    if op.arity is None and op.name in _WRITTEN_OUT:
        return _WRITTEN_OUT[op.name](count)
    template = _EULER.sub(r"\\mathrm{{e}}^", op.latex)
    if "_" in op.name:  # two underscores in the name of a user's op would be two subscripts
        plain = f"{{{{{op.name}}}}}"
        template = template.replace(plain, plain.replace("_", r"\_"))
    if op.arity is None and count > MAX_TERMS:
        template = template.replace("{}", _joined(", ", [f"{{{i}}}" for i in range(count)]))
    return template, op.precedence


LATEX: Final = Notation(_template, _constant, latex_name, r"\left(", r"\right)", r"\cdots")
"""As in a textbook."""

# ---- Formulas --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Formula:
    """A formula; `str()` of it is LaTeX, and notebooks show it typeset.

    Attributes:
        name: the left-hand side; empty if the root has no name.
        expression: the right-hand side.
        definitions: the parts that the expression uses, as pairs of a name and a formula; each uses only parts before
            it.
        left_out: how many nodes of the graph are not written.
    """

    name: str
    expression: str
    definitions: tuple[tuple[str, str], ...] = ()
    left_out: int = 0

    def __str__(self) -> str:
        if not self.definitions and not self.left_out:
            return f"{self.name} = {self.expression}" if self.name else self.expression
        lines = [f"{name} &= {text}" for name, text in self.definitions]
        lines.append(f"{self.name} &= {self.expression}" if self.name else f"& {self.expression}")
        if self.left_out:
            lines.append(rf"& \text{{{plural(self.left_out, 'more node')} left out}}")
        aligned = " \\\\\n".join(lines)
        return f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self}$"


def latex(
    value: Value,
    wrt: Value | None = None,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | None = MAX_NODES,
    expand: bool = True,
) -> Formula:
    r"""The formula of a value, or of its derivative.

    A part that is used more than once gets a name (its label or variable, if any) and a definition on a line above.
    Constants are the shortest decimals that read back as the same floats.

    Args:
        value: the root of the graph.
        wrt: a leaf or an interior node; with it, the formula is the derivative with respect to this node.
        names: names for nodes, as in `draw`.
        max_nodes: most ops to write; of a larger graph those nearest the root, and the formula says how many nodes are
            left out. None writes everything.
        expand: whether to write out a node that has a name and is used only once; False gives it a line of its own.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` is below 1, or the graph is too large for a derivative as a formula.
        GraphChangedError: if data was assigned to a node after the graph was recorded, and `wrt` is given.

    >>> from autograd_core import Value
    >>> w, x = Value(-3.0), Value(2.0)
    >>> y = (w * x + 6.5).tanh()
    >>> print(latex(y))
    y = \tanh\left(w \cdot x + 6.5\right)
    >>> latex(y, wrt=w)
    \frac{\partial y}{\partial w} = x \cdot \left(\frac{1}{\cosh\left(w \cdot x + 6.5\right)}\right)^2
    """
    check_value("latex", "its root", value)
    limit = check_limit("max_nodes", max_nodes)
    others = [] if wrt is None else [check_value("latex", "wrt", wrt)]
    references = References(value, [check_names(names), *caller_scopes(1)], others)
    if wrt is None:
        writer = Writer(references.order, LATEX, references.name, max_nodes=limit, expand=expand)
        written = writer.write()
        return _formula(writer.symbol(value) if references.name(value) else "", written)
    if len(references.order) > MAX_SWEPT:
        raise InputError(
            f"the derivative of a graph of {len(references.order):,} nodes is not written as a formula; "
            f"the limit is {MAX_SWEPT:,}, and explain() gives the derivative in numbers"
        )
    graph = gradient_graph(value, wrt)
    originals = graph.originals
    writer = Writer(
        topological_order(graph.gradient),
        LATEX,
        lambda node: references.name(originals[id(node)]) if id(node) in originals else "",
        max_nodes=limit,
        is_constant=lambda leaf: id(leaf) not in originals,
        expand=expand,
    )
    top, bottom = latex_name(references(value)), latex_name(references(wrt))
    return _formula(rf"\frac{{\partial {top}}}{{\partial {bottom}}}", writer.write())


def _formula(name: str, written: Written) -> Formula:
    return Formula(name, written.expression, written.definitions, written.left_out)
