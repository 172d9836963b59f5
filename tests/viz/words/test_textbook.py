r"""Formulas as in a textbook: thirty of them on disk, and the proof that what is shown is the derivative.

The text that is shown is read back by SymPy, its definitions put in, and compared with SymPy's own derivative of the
graph. After an intended change write the file again, read it, and commit it with the change:

    VIZ_GOLDEN=write pytest tests/viz/words/test_textbook.py
"""

import math
import os
from pathlib import Path
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import Value, topological_order
from autograd_core.commands.expression import evaluate, free_names
from latex_reader import READABLE, WIDTHS, Reader
from viz.words.constants import KNOWN
from viz.words.latex import latex
from viz.words.notation import latex_name
from viz.words.symbolic import to_sympy

FILE: Final = Path(__file__).parent / "golden" / "textbook.tex"

FORMULAS: Final = (
    ("tanh(w*x + b)", "w"),
    ("sigmoid(w*x + b)", "w"),
    ("sigmoid(w*x + b)**2/(x + 1)", "w"),
    ("sigmoid(w*x + b)**2/(x + 1)", "x"),
    ("relu(w*x + b)", "w"),
    ("(y - tanh(w*x + b))**2/2", "w"),
    ("z = w*x + b; a = sigmoid(z); (a - t)**2/2", "b"),
    ("logsumexp(z1, z2, z3) - z1", "z1"),
    ("-log(softmax(u, v)[0])", "u"),
    ("-t*log(p) - (1 - t)*log(1 - p)", "p"),
    ("tanh(w3*tanh(w2*tanh(w1*x)))", "w1"),
    ("x**2*y + sin(x*y)", "x"),
    ("sqrt(x**2 + y**2)", "x"),
    ("hypot(x, y)", "y"),
    ("log(1 + exp(x))", "x"),
    ("softplus(x)", "x"),
    ("x/(1 + x**2)", "x"),
    ("1/(1 + exp(-x))", "x"),
    ("exp(-x**2/2)", "x"),
    ("-log(sigma) - (x - mu)**2/(2*sigma**2)", "sigma"),
    ("f = sigmoid(w*x + u*h + b); f*c + i*g", "w"),
    ("o*tanh(f*c + i*g)", "f"),
    ("a*x**2 + b*x + c", "x"),
    ("x**n", "x"),
    ("a**x", "x"),
    ("log(x)/x", "x"),
    ("exp(x)*cos(x)", "x"),
    ("sin(x)**2 + cos(x)**2", "x"),
    ("silu(x)", "x"),
    ("gelu(x)", "x"),
    ("abs(x - y)", "x"),
    ("max(x, y)*atan(x)", "x"),
    ("exp(-((x - mu)/sigma)**2/2)/(sigma*sqrt(2*pi))", "mu"),
    ("m = (a + b)/2; (a - m)**2 + (b - m)**2", "a"),
    ("e**(k*x)*sin(pi*x)/x**2", "x"),
    ("softmax(u/T, v/T)[0]", "u"),
    ("softmax(1/u, v)[1]", "v"),
    ("clamp(w*x + b, 0, 1)", "w"),
    ("atan2(y, 2)", "y"),
    ("x*log(x) - x", "x"),
    ("-p*log(p) - (1 - p)*log(1 - p)", "p"),
    ("x**x", "x"),
    ("x**(2*x)", "x"),
    ("x**x**x", "x"),
    ("0**x", "x"),
    ("cos(x)/sin(x)", "x"),
    ("y*sin(3*x)/cos(3*x)", "x"),
    ("cosh(x)/sinh(x)", "x"),
    ("sinh(x)/cosh(x)", "x"),
    ("x*(cosh(y)**2 - sinh(y)**2)", "x"),
    ("logsumexp(a, b)", "a"),
    ("logsumexp(c, b, a)", "a"),
    ("2/sqrt(pi)*exp(-x**2)", "x"),
)
"""Expressions that a textbook contains, and what they are differentiated by."""

UNPROVED: Final = ("relu", "abs", "max", "clamp", "e**", "exp(-((x - mu)/sigma)", "0**x", "2/sqrt(pi)")
"""How those begin that are piecewise, or have constants that are rounded in the graph and exact in the formula."""


def graph_of(text: str) -> tuple[Value, dict[str, Value]]:
    """The graph of a text, and its nodes by name."""
    root = evaluate(text, **{name: 0.3 + 0.2 * i for i, name in enumerate(free_names(text))})
    return root, {node.label: node for node in topological_order(root)}


def written(text: str, name: str) -> str:
    root, nodes = graph_of(text)
    root.label = "L"
    return f"% {text}\n{latex(root, names={}, general=True)}\n\n{latex(root, nodes[name], names={}, general=True)}\n"


def test_the_formulas_are_those_on_disk() -> None:
    text = "\n".join(written(*each) for each in FORMULAS)
    if os.environ.get("VIZ_GOLDEN") == "write":
        FILE.write_bytes(text.encode())
    assert FILE.read_bytes().decode() == text


# ---- The proof -------------------------------------------------------------------------------------------------------


class Algebraic(Reader):
    """Reads a formula as an expression of SymPy in the symbols of a graph."""

    def difference(self, root: Value, leaf: Value) -> Any:
        """What is shown as the derivative, minus SymPy's derivative of the graph."""
        leaves = [node for node in topological_order(root) if node.op is None]
        known = {latex_name(node.label): self.sympy.Symbol(node.label, real=True) for node in leaves}
        known |= {name.removeprefix("\\"): symbol for name, symbol in known.items()}  # `\\mu` is read as mu
        known["E_{0}"] = self.sympy.E
        formula = latex(root, leaf, names={}, general=True)
        for name, text in formula.definitions:
            known[name] = self.read(text, known)
        shown = self.read(formula.expression, known)
        return shown - self.sympy.diff(to_sympy(root), known[latex_name(leaf.label)])


@pytest.fixture(scope="module")
def reader() -> Algebraic:
    return Algebraic()


def is_zero(sympy: Any, difference: Any) -> bool:
    """Whether a difference is 0, by algebra or, where SymPy finds no way, at points with 30 digits."""
    if sympy.simplify(difference) == 0:
        return True
    symbols = sorted(difference.free_symbols, key=str)
    points = [[sympy.Rational(7 + 3 * i + 5 * k, 11 + 2 * k) for i in range(len(symbols))] for k in range(3)]
    return all(abs(sympy.N(difference.subs(dict(zip(symbols, point, strict=True))), 30)) < 1e-20 for point in points)


@pytest.mark.parametrize(("text", "name"), [each for each in FORMULAS if not each[0].startswith(UNPROVED)])
def test_what_is_shown_is_the_derivative(text: str, name: str, reader: Algebraic) -> None:
    root, nodes = graph_of(text)
    assert is_zero(reader.sympy, reader.difference(root, nodes[name]))


@pytest.mark.parametrize(
    "name", [name for name in READABLE if not name.endswith(("_da", "_db", "_dx", "_dp", "floor", "ceil"))]
)
def test_the_derivative_of_every_smooth_row_is_shown_as_it_is(name: str, reader: Algebraic) -> None:
    row = ag.TABLE[name]
    leaves = [Value(0.25 + 0.125 * i, label=f"x{i}") for i in range(row.arity or WIDTHS[name])]
    root = row(*leaves) * 1.0
    for leaf in leaves:
        assert is_zero(reader.sympy, reader.difference(root, leaf))


@pytest.mark.parametrize(("number", "text"), KNOWN.items())
def test_a_number_that_is_written_by_what_it_is_is_nearly_that(number: float, text: str) -> None:
    assert abs(evaluate(text).data - number) <= math.ulp(number)


@pytest.mark.parametrize(
    "text",
    [
        "clamp(x, 0, 1)",
        "hardtanh(x, 0, 1)",
        "clamp(x, -5, 5)",
        "max(x, -100)",
        "min(x, 50)",
        "softshrink(x, 50)",
        "hardshrink(x, 10)",
    ],
)
def test_without_numbers_no_piece_is_taken_for_the_whole(text: str) -> None:
    root, nodes = graph_of(text)
    assert latex(root, nodes["x"], names={}, general=True).expression.startswith(r"\mathbf{1}_{")


# ---- Where rewriting must stop ---------------------------------------------------------------------------------------


X, Y = Value(0.0, label="x"), Value(0.5, label="y")


@pytest.mark.parametrize(
    ("root", "text"),
    [
        (X / X, r"\frac{x}{x}"),
        (X * X / X, r"\frac{x^2}{x}"),
        (X / X**2, r"\frac{1}{x}"),
        (X**3 / X**2, r"\frac{x^2}{x}"),
        (1.0 / X - 1.0 / X, r"\frac{0}{x}"),
        (ag.log(X) * 0.0, r"0 \ln\left(x\right)"),
        (ag.log(Y) + X / X, r"\ln\left(y\right) + \frac{x}{x}"),
        (X / X + X**2 / X, r"\frac{x}{x} + \frac{x^2}{x}"),
        (ag.log(X) + X / X, r"\ln\left(x\right) + 1"),
        (X - X, "0"),
        ((X + math.inf) - math.inf, r"x + 0 \infty"),
        (X * math.nan, r"x \cdot \mathrm{nan}"),
        (ag.exp(X) / ag.exp(X), "1"),
        (X * (1.0 + X**2) / (1.0 + X**2), "x"),
        (ag.sqrt(X) * ag.sqrt(X), r"\sqrt{x}^2"),
        (ag.sqrt(X**2), r"\sqrt{x^2}"),
        ((X**0.5) ** 2.0, r"\sqrt{x}^2"),
        (ag.sqrt(X**2 + 1.0) ** 2, "x^2 + 1"),
        (ag.abs(X) ** 2, "x^2"),
        (ag.abs(X) ** 3, r"\left|x\right|^3"),
        (ag.log(X**2), r"\ln\left(x^2\right)"),
        (ag.exp(ag.log(X)), r"\mathrm{e}^{\ln\left(x\right)}"),
    ],
)
def test_no_pole_and_no_edge_of_a_domain_disappears(root: Value, text: str) -> None:
    assert latex(root, names={}).expression == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x/x", "0"),
        ("x/abs(x)", "0"),
        ("x**2/x", "1"),
        ("x**3/x", "2 x"),
        ("(x + 1)**2/(x + 1) + x**2", "1 + 2 x"),
        ("exp(x**2/x)", r"\mathrm{e}^{x}"),
        ("x*sin(x)/(x*cos(x))", r"\frac{1}{\cos^2\left(x\right)}"),
        ("tanh(x)**2/tanh(x)", r"1 - \tanh^2\left(x\right)"),
        ("x + sqrt(x*x + 1)**2", "1 + 2 x"),
        ("x/sqrt(x + 1)", r"\frac{x/2 + 1}{\sqrt{x + 1}^3}"),
        ("x/sqrt(x*x + b*b)", r"\frac{b^2}{\sqrt{x^2 + b^2}^3}"),
        ("sqrt(x)/x", r"\frac{1}{2 x \sqrt{x}} - \frac{\sqrt{x}}{x^2}"),
        ("exp(-x)*atan(x)", r"\mathrm{e}^{-x} \left(\frac{1}{1 + x^2} - \arctan\left(x\right)\right)"),
        ("x + sqrt(x)**2", "2"),
    ],
)
def test_a_factor_above_and_below_the_line_leaves_a_short_derivative(text: str, shown: str) -> None:
    root, nodes = graph_of(text)
    assert latex(root, nodes["x"], names={}, general=True).expression == shown


@pytest.mark.parametrize(
    ("text", "shown", "slope"),
    [
        ("x/2", r"\frac{x}{2}", r"\frac{1}{2}"),
        ("-x*0.25", r"-\frac{x}{4}", r"-\frac{1}{4}"),
        ("x**2/4 + x/2", r"\frac{x^2}{4} + \frac{x}{2}", r"\frac{1}{2} + \frac{x}{2}"),
        ("(x + 0.5)**2", r"\left(x + 0.5\right)^2", r"2 \left(x + 0.5\right)"),
        ("0.1*x", "0.1 x", "0.1"),
    ],
)
def test_a_half_is_a_fraction_in_a_derivative_as_it_is_before_x(text: str, shown: str, slope: str) -> None:
    root, nodes = graph_of(text)
    assert latex(root, names={}).expression == shown
    assert latex(root, nodes["x"], names={}).expression == slope


def test_a_name_for_a_name_has_no_line() -> None:
    x, w = Value(3.0, label="x"), Value(2.0, label="w")
    z = w * x
    h = z * 1.0
    y = h * h + z
    assert str(latex(y, expand=False)) == "\\begin{aligned}\nz &= w x \\\\\ny &= z^2 + z\n\\end{aligned}"
    assert latex(y, w).expression == r"x \left(1 + 2 w x\right)"
    assert latex(y, h).definitions[-1][0] == "h", "what a derivative is taken with respect to"


def test_a_leaf_is_its_number() -> None:
    x = Value(3.0)
    assert [str(latex(x)), str(latex(Value(-0.5))), str(latex(Value(2.0, label="w")))] == ["x = 3", "-0.5", "w = 2"]
    assert str(latex(x, general=True)) == "x"


@pytest.mark.parametrize(
    "step",
    [
        lambda y: y + y,
        lambda y: y * y,
        lambda y: y * -3.0,
        lambda y: 1e200 / y,
        lambda y: y**1e300,
        lambda y: y - 1e308,
    ],
)
def test_numbers_and_exponents_stay_short(step: Any) -> None:
    y: Any = Value(0.5, label="x")
    x = y
    for _ in range(1_050):
        y = step(y)
    for formula in (latex(y, names={}, max_nodes=None), latex(y, x, names={}, max_nodes=50)):
        assert len(str(formula)) < 400_000


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [(ag.relu, 0.0, "0"), (ag.abs, 0.0, "0"), (ag.relu, 2.0, "1"), (lambda x: ag.hypot(x, 0.0), 0.0, "0")],
)
def test_at_a_kink_the_row_decides(function: Any, at: float, slope: str) -> None:
    x = Value(at, label="x")
    assert latex(function(x), x, names={}).expression == slope


def test_a_textbook_form_of_a_user_is_shown_and_a_wrong_one_named() -> None:
    own = ag.define_op("own", math.tanh, lambda x, y: 1.0 - y * y, textbook=("(1 - y) * (1 + y)",))
    assert latex(own(Y), Y, names={}).expression == (
        r"\left(1 - \operatorname{own}\left(y\right)\right) \left(1 + \operatorname{own}\left(y\right)\right)"
    )
    for name, text in (("one", "1 - q"), ("two", "1 -"), ("three", "x if x else 0")):
        wrong = ag.define_op(name, math.tanh, lambda x, y: 1.0 - y * y, textbook=(text,))
        with pytest.raises(ag.InputError, match=r"expected as textbook derivative a formula of x, pi, y and ops"):
            latex(wrong(Y), Y)
