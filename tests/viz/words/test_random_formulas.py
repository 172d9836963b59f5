r"""Random formulas: what is printed is the function, and its derivative the gradient that the engine computes.

Few factors, roots and functions come again and again in them, above and below a line and inside each other, since that
is where terms are cancelled and gathered. The printed text is read as a person reads it, which takes microseconds, and
evaluated at points that the printer did not see.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, Value, topological_order
from autograd_core.commands.expression import evaluate, free_names
from viz.words.latex import Formula, latex

# ---- Reading ---------------------------------------------------------------------------------------------------------

TOKEN: Final = re.compile(
    r"\\(?:left|right)[()|]|\\mathbf\{1\}|\\mathrm\{e\}|\\operatorname\{\w+\}|\\[A-Za-z]+"
    r"|\d+(?:\.\d+)?|[A-Za-z](?:_\{\w+\})?|\S"
)

FUNCTIONS: Final[dict[str, Any]] = {
    **{f"\\{name}": getattr(math, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    r"\ln": math.log,
    r"\sigma": lambda x: 1 / (1 + math.exp(-x)),
    r"\Phi": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    r"\varphi": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    r"\operatorname{relu}": lambda x: max(x, 0.0),
    r"\max": max,
}


class Reading:
    """A text as a number: a sum of products of powers, of which each rule of the grammar is a method.

    Args:
        text: LaTeX.
        known: the numbers of the names.
    """

    def __init__(self, text: str, known: Mapping[str, float]) -> None:
        self.tokens: list[str] = [*TOKEN.findall(text), ""]
        self.at = 0
        self.known = known

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def took(self, *tokens: str) -> bool:
        """Whether one of the tokens comes next, which is then read."""
        found = self.tokens[self.at] in tokens
        self.at += found
        return found

    def expect(self, token: str) -> None:
        assert self.took(token), (token, self.tokens, self.at)

    def whole(self) -> float:
        result = self.sum()
        self.expect("")
        return result

    def sum(self) -> float:
        total = -self.product() if self.took("-") else self.product()
        while self.tokens[self.at] in ("+", "-"):
            total += self.product() if self.next() == "+" else -self.product()
        return total

    def product(self) -> float:
        total = self.power()
        while self.tokens[self.at] not in ("", "+", "-", "}", "]", ",", ">", "<", r"\right)", r"\right|"):
            if self.took("/"):
                total /= self.power()
            else:
                self.took(r"\cdot")
                total *= self.power()
        return total

    def power(self) -> float:
        base = self.atom()
        if not self.took("^"):
            return base
        result = base ** self.exponent()
        assert isinstance(result, float)  # a root of a negative number is complex
        return result

    def exponent(self) -> float:
        return self.group() if self.tokens[self.at] == "{" else float(self.next())

    def group(self) -> float:
        self.expect("{")
        result = self.sum()
        self.expect("}")
        return result

    def atom(self) -> float:
        sign = self.next()
        if sign == r"\frac":
            return self.group() / self.group()
        if sign == r"\sqrt":
            return math.sqrt(self.group())
        if sign == r"\mathrm{e}":
            return math.e
        if sign == r"\mathbf{1}":
            return self.indicator()
        if sign in FUNCTIONS:
            return self.function(FUNCTIONS[sign])
        if sign in (r"\left(", r"\left|"):
            inner = self.sum()
            self.expect(sign.replace("left", "right").replace("(", ")"))
            return inner if sign == r"\left(" else abs(inner)
        return float(sign) if sign[0].isdigit() else self.known[sign]

    def function(self, function: Any) -> float:
        raised = self.exponent() if self.took("^") else 1.0
        self.expect(r"\left(")
        inputs = [self.sum()]
        while self.took(","):
            inputs.append(self.sum())
        self.expect(r"\right)")
        result: float = function(*inputs) ** raised
        return result

    def indicator(self) -> float:
        self.expect("_")
        self.expect("{")
        left, sign, right = self.sum(), self.next(), self.sum()
        self.expect("}")
        return float(left > right if sign == ">" else left < right)


def number(formula: Formula, leaves: Mapping[str, float]) -> float:
    """A printed formula at a point."""
    known = dict(leaves)
    for name, text in formula.definitions:
        known[name] = Reading(text, known).whole()
    return Reading(formula.expression, known).whole()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\frac{2 x - 1}{x^2}", 0.75),
        (r"-x \left(1 - \tanh^{12}\left(x - 2\right)\right) + 0.5 \cdot 3", -0.5),
        (r"\left|\sqrt{x \cdot 2} - 3\right|", 1.0),
        (r"x^{1/x} \mathrm{e}^{-x^2/2 + 2} - x^{-1}", math.sqrt(2) - 0.5),
        (r"\mathbf{1}_{x > 3} + \ln\left(x_{1}/x/2\right) - x^{3} \cdot x", -16.0),
    ],
)
def test_a_text_is_read_as_a_person_reads_it(text: str, expected: float) -> None:
    assert Reading(text, {"x": 2.0, "x_{1}": 4.0}).whole() == pytest.approx(expected)


# ---- Formulas --------------------------------------------------------------------------------------------------------

NAMES: Final = ("x", "a", "b")
POINTS: Final = (
    (0.71, 1.37, 0.43),
    (1.83, 0.59, 2.21),
    (2.57, -0.83, 1.13),
    (-0.67, 1.19, -1.41),
    (-1.31, -0.47, 0.89),
)

FORMS: Final = (
    *(
        "{p}*{q}",
        "{p}/{q}",
        "{p} + {q}",
        "{p} - {q}",
        "{p}*{q}/{p}",
        "{p}**2/{q}",
        "{p}*{r} + {q}*{r}",
        "{p}/({q}*{r})",
    ),
    *("{p}**2", "{p}**3", "{p}**-1", "{p}**0.5", "{p}**1.5", "{p}**{q}", "{p} + 1", "2*{p}", "-{p}", "sqrt({p})**2"),
    *("sqrt({p})", "log({p})", "exp({p})", "sin({p})", "cos({p})", "tanh({p})", "sinh({p})", "cosh({p})", "abs({p})"),
    *("sigmoid({p})", "softplus({p})", "silu({p})", "gelu({p})", "relu({p})", "log1p({p})", "hypot({p}, {q})"),
)
"""What is made of formulas `p`, `q` and `r` that come before. Some have names."""


@st.composite
def formulas(draw: st.DrawFn) -> str:
    """Texts of two to six steps; the last one is the formula."""
    pool = list(NAMES[: draw(st.integers(1, 3))])
    lines: list[str] = []
    for step in range(draw(st.integers(2, 6))):
        p, q, r = (pool[-1 - draw(st.integers(0, min(len(pool) - 1, 3)))] for _ in "pqr")
        text = draw(st.sampled_from(FORMS)).format(p=p, q=q, r=r)
        is_named = draw(st.integers(0, 3)) == 0
        lines += [f"u{step} = {text}"] if is_named else []
        pool.append(f"u{step}" if is_named else f"({text})")
    return "; ".join([*lines, pool[-1]])


LARGEST: Final = 100.0
"""Where numbers are larger than it, or smaller than its reciprocal, rounding could be taken for an error."""


def is_ordinary(node: Value) -> bool:
    if node.op is ag.TABLE["pow"] and node.inputs[0].data <= 0.0 and isinstance(node.inputs[1], Value):
        return False  # it has no derivative in its exponent
    is_flat = node.op is ag.TABLE["relu"] and node.data == 0.0
    return is_flat or 1 / LARGEST < abs(node.data) < LARGEST


def graphs(text: str) -> list[tuple[dict[str, float], Value, dict[str, float]]]:
    """The points at which a text has ordinary values, the graph there and its gradients."""
    found: list[tuple[dict[str, float], Value, dict[str, float]]] = []
    for point in POINTS:
        leaves = {name: x for name, x in zip(NAMES, point, strict=True) if name in free_names(text)}
        try:
            root = evaluate(text, **leaves)
            nodes = topological_order(root)
            root.backward()
        except AutogradError:
            continue  # outside of its domain
        gradients = {node.label: node.grad for node in nodes if node.op is None}
        if all(map(is_ordinary, nodes)) and all(abs(x) < LARGEST**2 for x in gradients.values()):
            found.append((leaves, root, gradients))
    return found


def check(text: str) -> int:
    """Compare what is printed with the engine; the number of points at which it was."""
    compared = graphs(text)
    for _, root, gradients in compared[:1]:
        shown: dict[str | None, Formula] = {None: latex(root, names={}, general=True)}
        shown |= {name: latex(root, name, names={}, general=True) for name in gradients}
        for leaves, other, slopes in compared:
            for name, formula in shown.items():
                expected = slopes[name] if name else other.data
                assert number(formula, leaves) == pytest.approx(expected, rel=1e-6, abs=1e-6), (
                    text,
                    name,
                    str(formula),
                )
    return len(compared)


@settings(max_examples=300)
@given(formulas())
def test_what_is_printed_is_what_the_engine_computes(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "x**2/x",
        "x**3/x",
        "(x + 1)**2/(x + 1)",
        "(x + b)**3/(x + b)",
        "x*sin(x)/(x*cos(x))",
        "tanh(x)**2/tanh(x)",
        "x**2/silu(x)",
        "1/(x/x - exp(x))",
        "x + sqrt(x)**2",
        "x + sqrt(x*x + 1)**2",
        "x + log(sqrt(x)*sqrt(x) + 1)",
        "u = log(x); u**x",
        "a*x**x/a",
        "hypot(x, abs(x))",
        "abs((tanh(x)*exp(x))**0.5)",
        "abs((gelu(x)*b**0.5)**0.5)",
    ],
)
def test_a_factor_above_and_below_the_line_is_not_lost_from_one_term(text: str) -> None:
    assert check(text) >= 2
