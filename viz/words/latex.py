r"""Graphs as formulas in LaTeX, and their derivatives, as a textbook writes them.

The graph is read as terms, which simplify themselves (`algebra`). The derivative is the chain rule applied to the
terms (`derivatives`). Both are written with names for the parts that come more than once (`typeset`).

>>> from autograd_core import Value
>>> a, b = Value(2.0), Value(-3.0)
>>> L = (a + b) * a
>>> print(latex(L))
L = a \left(a + b\right)
>>> print(latex(L, wrt=a))
\frac{\partial L}{\partial a} = 2 a + b
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autograd_core import InputError, Value
from autograd_core.calls import explained
from viz.graph.arguments import check_limit, check_value
from viz.graph.references import References
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import plural
from viz.words.algebra import Algebra
from viz.words.derivatives import derivative
from viz.words.notation import constant, latex_name
from viz.words.readings import graph_as_terms
from viz.words.sheet import LeftOut, nearest, places_in, written

MAX_NODES: Final = 200
"""Most ops written by default; longer formulas are hard to read."""

MAX_SWEPT: Final = 20_000
"""Nodes up to which the derivative is taken as a formula: some seconds of work."""

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


@explained()
def latex(
    value: Value,
    wrt: Value | str | None = None,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int | None = MAX_NODES,
    expand: bool = True,
    general: bool = False,
) -> Formula:
    r"""The formula of a value, or of its derivative.

    A part that is used more than once gets a name (its label or variable, if any) and a definition on a line above.
    Constants are the shortest decimals that read back as the same floats.

    Args:
        value: the root of the graph.
        wrt: a leaf or an interior node, or its name; with it, the formula is the derivative with respect to this node.
        names: names for nodes, as in `draw`.
        max_nodes: most ops to write; of a larger graph those nearest the root, and the formula says how many nodes are
            left out. None writes everything.
        expand: whether to write out a node that has a name and is used only once; False gives it a line of its own.
        general: whether a derivative holds for all numbers, and not only near those of the graph. By default that of a
            piecewise function is the one of the piece on which its input lies, for `relu` 0 or 1; True writes an
            indicator or cases.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` is below 1, `wrt` names no node, or the graph is too large for a derivative as a
            formula.

    >>> from autograd_core import Value
    >>> w, x = Value(-3.0), Value(2.0)
    >>> y = (w * x + 6.5).tanh()
    >>> print(latex(y))
    y = \tanh\left(w x + 6.5\right)
    >>> latex(y, wrt=w)
    \frac{\partial y}{\partial w} = x \left(1 - \tanh^2\left(w x + 6.5\right)\right)
    """
    check_value("latex", "its root", value)
    limit = check_limit("max_nodes", max_nodes)
    others = [] if wrt is None or isinstance(wrt, str) else [check_value("latex", "wrt", wrt)]
    references = References(value, [check_names(names), *caller_scopes(1)], others)
    if isinstance(wrt, str):
        wrt = references.called("wrt", wrt)
    if wrt is None:
        return _of_value(references, limit, expand, general)
    if len(references.order) > MAX_SWEPT:
        raise InputError(
            f"the derivative of a graph of {len(references.order):,} nodes is not written as a formula; "
            f"the limit is {MAX_SWEPT:,}, and explain() gives the derivative in numbers"
        )
    return _of_derivative(references, wrt, limit, expand, general)


def _of_value(references: References, limit: float, expand: bool, general: bool) -> Formula:
    root, order = references.root, references.order
    kept, met = nearest(root, _inputs, limit)
    algebra = Algebra()
    known = {id(node): algebra.symbol(LeftOut(node)) for node in met - kept if node.op is not None}
    within = [node for node in order if node in met]
    named = {id(node) for node in kept if references.name(node) and node is not root}
    terms, defined = graph_as_terms(within, algebra, known, named, at_numbers=not general)
    formula = written(terms[id(root)], defined, references.name, expand=expand, limit=limit)
    left = latex_name(references(root)) if references.name(root) else ""
    if root.op is None:  # a leaf is its number, and where numbers mean nothing its name
        return Formula("", left) if general and left else Formula(left, constant(root.data).text)
    return Formula(
        left, formula.expression, formula.definitions, formula.left_out + len(order) - len(within) + len(known)
    )


def _inputs(node: Value) -> list[Value]:
    return [x for x in node.inputs if isinstance(x, Value)]


def _of_derivative(references: References, wrt: Value, limit: float, expand: bool, general: bool) -> Formula:
    algebra = Algebra()
    named = {id(node) for node in references.order if references.name(node) and node is not references.root}
    terms, defined = graph_as_terms(
        references.order, algebra, {}, named | {id(wrt)}, at_numbers=not general, apart=id(wrt)
    )
    symbol = algebra.symbol(wrt)
    result = derivative(terms[id(references.root)], symbol, defined)
    places = places_in(terms[id(references.root)], defined)
    formula = written(
        result, defined, references.name, expand=expand, limit=limit, kept={symbol}, places=places, in_halves=True
    )
    top, bottom = latex_name(references(references.root)), latex_name(references(wrt))
    return Formula(rf"\frac{{\partial {top}}}{{\partial {bottom}}}", *formula)
