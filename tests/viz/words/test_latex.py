"""Formulas equal the function of their graph: read back by SymPy, they give the same numbers."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from latex_reader import READABLE, WIDTHS, Reader
from viz.words.formula import LOOSE, SUM, TEXT, Part, compose
from viz.words.latex import Formula, latex
from viz.words.notation import LATEX, latex_name, latex_number

OUTER: Final = ("add", "sub", "mul", "div", "neg", "pow", "square", "fma", "exp", "gaussian", "cauchy", "silu", "log1p")
"""Ops in whose templates a part can stand beside every sign."""


def labelled(numbers: tuple[float, ...]) -> list[Value]:
    return [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def data_of(*leaves: Value) -> dict[str, float]:
    return {latex_name(leaf.label): leaf.data for leaf in leaves}


# ---- The formula is the graph ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", READABLE)
def test_every_op_inside_every_other_reads_back_as_meant(inner: str, reader: Reader) -> None:
    a, b = Value(0.3, label="a"), Value(0.2, label="b")
    p = ag.TABLE[inner](*[a, b, a, b][: ag.TABLE[inner].arity or WIDTHS[inner]])
    for outer in OUTER:
        row = ag.TABLE[outer]
        for index in range(row.arity or 0):
            inputs: list[Any] = [Value(0.7, label=f"c{i}") for i in range(row.arity or 0)]
            inputs[index] = p
            root = row(*inputs)
            if math.isfinite(root.data):
                leaves = data_of(*[node for node in topological_order(root) if node.op is None])
                assert reader.number(latex(root), leaves) == pytest.approx(root.data, rel=1e-12, abs=1e-15)


@settings(max_examples=10)
@given(expressions(ops=[name for name in READABLE if name != "cbrt"], max_size=5))  # SymPy's cube root is complex
def test_a_formula_evaluates_to_the_data(program: Program) -> None:
    leaves = labelled(program.leaves)
    root = program(*leaves)
    assert Reader().number(latex(root), data_of(*leaves)) == pytest.approx(root.data, rel=1e-9, abs=1e-12)


def test_a_length_at_its_kink_keeps_its_name_and_its_number(reader: Reader) -> None:
    a, b = Value(0.0, label="a"), Value(0.0, label="b")
    formula = latex(ag.hypot(a, b) + 2.0)
    assert "hypot" in formula.expression
    assert reader.number(formula, data_of(a, b)) == 2.0


@settings(max_examples=6, phases=(Phase.generate,))  # SymPy takes seconds to read long formulas
@given(expressions(ops=("add", "sub", "mul", "div", "neg", "sin", "exp", "square", "tanh", "sigmoid"), max_size=4))
def test_a_derivative_evaluates_to_the_gradient(program: Program) -> None:
    leaves = labelled(program.leaves)
    y = program(*leaves)  # a letter: SymPy reads a longer name as a product of letters
    formulas = [latex(y, wrt=leaf) for leaf in leaves]
    assert all(leaf.grad == 0.0 for leaf in leaves)
    y.backward()
    for leaf, formula in zip(leaves, formulas, strict=True):
        assert Reader().number(formula, data_of(*leaves)) == pytest.approx(leaf.grad, rel=1e-9, abs=1e-12)


def test_the_derivative_with_respect_to_an_interior_node(reader: Reader) -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b
    L = e * e + a
    L.backward()
    assert latex(L, wrt=e).expression == "2 e"
    assert reader.number(latex(L, wrt=e), data_of(a, b)) == e.grad


def test_a_gradient_held_already_does_not_enter_the_derivative() -> None:
    a = Value(2.0, label="a")
    L = a * 3.0
    L.backward()
    assert str(latex(L, wrt=a)) == r"\frac{\partial L}{\partial a} = 3"
    assert (a.grad, L.grad) == (3.0, 1.0)


def test_what_does_not_enter_has_derivative_0() -> None:
    a, z = Value(2.0, label="a"), Value(1.0, label="z")
    L = a * 3.0
    assert str(latex(L, wrt=z)) == r"\frac{\partial L}{\partial z} = 0"
    assert str(latex(L, wrt=L)) == r"\frac{\partial L}{\partial L} = 1"


# ---- How it is written -----------------------------------------------------------------------------------------------


A, B, C = (Value(x, label=name) for x, name in ((2.0, "a"), (-3.0, "b"), (0.5, "c")))


@pytest.mark.parametrize(
    ("root", "text"),
    [
        (A + B + C, "a + b + c"),
        (A + (B + C), "a + b + c"),
        (A - (B - C), "a - b + c"),
        (A - B - C, "a - b - c"),
        (A + -B, "a - b"),
        (A - -B, "a + b"),
        (-(A + B), r"-\left(a + b\right)"),
        (-(A * B), "-a b"),
        ((-A) * B, "-a b"),
        (A * -B, "-a b"),
        ((A + B) * C, r"c \left(a + b\right)"),
        (A * (B / C), r"\frac{a b}{c}"),
        ((A + B) / (A - C), r"\frac{a + b}{a - c}"),
        ((A * B) ** 2, "a^2 b^2"),
        ((-A) ** 2, "a^2"),
        ((A**2) ** 3, "a^6"),
        (A ** (B + C), "a^{b + c}"),
        (A * A, "a^2"),
        (A / (B * C) / A, r"\frac{a}{b c a}"),
        (A / (1.0 + B / C), r"\frac{a}{1 + b/c}"),
        (A * B / 3.0 + 0.25, r"\frac{a b}{3} + 0.25"),
        (ag.exp(A) * ag.exp(-B), r"\mathrm{e}^{a - b}"),
        (1.0 - ag.sin(A) ** 2, r"1 - \sin^2\left(a\right)"),
        (-ag.sin(A) + 1.0, r"1 - \sin\left(a\right)"),
        ((1.0 - B) * ag.log(A) * 0.5, r"\frac{\left(1 - b\right) \ln\left(a\right)}{2}"),
        ((A + B) * -1.0, r"-\left(a + b\right)"),
        (-1.0 * A, "-a"),
        (A % B * C, r"c \left(a \bmod b\right)"),
        (A * B % C, r"\left(a b\right) \bmod c"),
        (ag.log1p(-A), r"\ln\left(1 - a\right)"),
        (ag.exp(-(A * B)), r"\mathrm{e}^{-a b}"),
        (ag.silu(A), r"a \sigma\left(a\right)"),
        (ag.dot([A, B], [C, 2.0]), "a c + 2 b"),
        (ag.sum([A, -B, C]) * 2.0, r"2 \left(a - b + c\right)"),
        (ag.logsigmoid(A) * B, r"b \left(\ln \sigma\left(a\right)\right)"),
        (ag.lgamma(A) ** 2, r"\left(\ln\left|\Gamma\left(a\right)\right|\right)^2"),
        (ag.where(A, B, C), r"\operatorname{where}\left(a, b, c\right)"),
    ],
)
def test_parentheses_stand_where_they_are_needed(root: Value, text: str) -> None:
    assert latex(root, names={}).expression == text


def test_what_is_shared_is_named_once() -> None:
    a, b = Value(2.0), Value(-3.0)
    e = a * b
    L = (e + a) * (e - 1.5)
    assert str(latex(L)).splitlines() == [
        r"\begin{aligned}",
        r"e &= a b \\",
        r"L &= \left(e + a\right) \left(e - 1.5\right)",
        r"\end{aligned}",
    ]


def test_parts_without_a_name_get_one_that_is_free() -> None:
    w, x, b, z = Value(2.0), Value(1.0), Value(0.5), Value(1.0)
    for root, name in ((ag.sin(w * x + b) * ag.exp(w * x + b), "z"), (ag.sin(w * x + b) * ag.exp(w * x + b) * z, "u")):
        ((found, text),) = latex(root, names={"w": w, "x": x, "b": b, "z": z}).definitions
        assert (found, text) == (name, "w x + b")


def test_a_part_written_twice_by_its_template_does_not_double_the_text() -> None:
    y: Any = Value(0.5, label="x")
    for _ in range(40):
        y = ag.silu(y)
    formula = latex(y)
    assert len(formula.definitions) == 38
    assert len(str(formula)) < 40 * 250


def test_an_activation_that_comes_three_times_gets_a_name() -> None:
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    s = [ag.sigmoid(w * x) for _ in range(3)]
    assert latex(s[0] * (1 - s[1]) + s[2] ** 2, names={}).definitions == (("z", r"\sigma\left(w x\right)"),)
    assert latex(s[0] * (1 - s[1]), names={}).definitions == ()


def test_the_derivative_is_with_respect_to_a_node_or_its_name() -> None:
    w, x = Value(0.5, label="w"), Value(2.0)
    y = w * x
    assert str(latex(y, wrt="w")) == str(latex(y, wrt=w)) == r"\frac{\partial y}{\partial w} = x"
    assert latex(y, wrt="x").expression == latex(y, wrt="u", names={"u": x}).expression == "w"
    with pytest.raises(InputError, match="wrt names no node of the graph: 'W'; did you mean 'w'"):
        latex(y, wrt="W")
    with pytest.raises(InputError, match="wrt names 2 nodes of the graph: 'w'; pass the Value itself"):
        latex(y + Value(1.0, label="w"), wrt="w")


def test_named_parts_can_stand_on_lines_of_their_own() -> None:
    a, b = Value(2.0), Value(-3.0)
    e = a * b
    L = e + a
    assert str(latex(L)) == "L = a b + a"
    assert latex(L, expand=False).definitions == (("e", "a b"),)


def test_leaves_without_a_name_are_numbered_and_namesakes_told_apart() -> None:
    root = Value(1.0) * Value(2.0) + Value(1.0, label="a") * Value(2.0, label="a")
    assert latex(root, names={}).expression == r"v_{1} v_{2} + a \cdot \mathrm{a\ (2)}"


@pytest.mark.parametrize("label", ["x" * 10_000, "\ud800" * 100, "a"])
def test_namesakes_with_endless_names_are_told_apart(label: str) -> None:
    formula = latex(ag.sum([Value(1.0, label=label) for _ in range(3)]))
    assert len(set(formula.expression.split(" + "))) == 3
    assert len(str(formula)) < 4_000


def test_a_power_of_one_is_the_base() -> None:
    assert latex((A + B) ** 1.0 * C, names={}).expression == r"c \left(a + b\right)"
    assert latex((A**2) * C, wrt=A, names={}).expression == "2 a c"


def test_many_terms_are_cut_and_counted() -> None:
    w = [Value(0.5, label=f"w{i}") for i in range(100)]
    formula = latex(ag.dot(w, [2.0] * 100))
    assert formula.expression == r"2 w_{0} + 2 w_{1} + 2 w_{2} + \cdots + 2 w_{99}"
    assert formula.left_out == 96
    assert r"& \text{96 more nodes left out}" in str(formula)
    assert r"\max\left(w_{0}, w_{1}, w_{2}, \cdots, w_{99}\right)" in str(latex(ag.max(w)))


def test_a_large_graph_is_cut_and_counted() -> None:
    y: Any = Value(0.5, label="x")
    for _ in range(100_000):
        y = ag.sin(y)
    formula = latex(y, max_nodes=2)
    assert formula.left_out == 99_999
    assert str(formula).splitlines()[1:] == [
        r"z &= \cdots \\",
        r"y &= \sin\left(\sin\left(z\right)\right) \\",
        r"& \text{99,999 more nodes left out}",
        r"\end{aligned}",
    ]


def test_a_whole_chain_is_written_in_text_that_grows_with_its_length() -> None:
    y: Any = Value(0.5, label="x")
    for _ in range(3_000):
        y = ag.sin(y)
    text = str(latex(y, max_nodes=None))
    assert text.count(r"\sin") == 3_000
    assert len(text) < 3_000 * 40


def test_the_derivative_of_a_large_graph_is_refused_with_the_way_out() -> None:
    x = Value(0.5)
    y: Any = x
    for _ in range(20_000):
        y = -y
    with pytest.raises(InputError, match=r"of 20,001 nodes is not written.* explain\(\) gives the derivative"):
        latex(y, wrt=x)


def test_a_deep_derivative_is_cut_and_counted() -> None:
    x = Value(0.5)
    y: Any = x
    for _ in range(1_000):
        y = ag.sin(y)
    assert "more nodes left out" in str(latex(y, wrt=x, max_nodes=5))


# ---- Names and numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a", "a"),
        ("w1", "w_{1}"),
        ("w_12", "w_{12}"),
        ("x_i", "x_{i}"),
        ("x_in", r"x_{\mathrm{in}}"),
        ("w[3]", "w_{3}"),
        ("alpha", r"\alpha"),
        ("beta2", r"\beta_{2}"),
        ("Omega_0", r"\Omega_{0}"),
        ("loss", r"\mathrm{loss}"),
        ("learning_rate", r"\mathrm{learning\_rate}"),
        ("layers.0.neurons.3.w.1", r"\mathrm{layers.0.neurons.3.w.1}"),
        ("w['k']", r"\mathrm{w[{\prime}k{\prime}]}"),
        ("w[", r"\mathrm{w[}"),
        ("50% & $x^2~\\", r"\mathrm{50\%\ \&\ \$x\hat{\ }2{\sim}{\backslash}}"),
        ("a\nb", r"\mathrm{a{\backslash}nb}"),
        ("日本", r"\mathrm{日本}"),
    ],
)
def test_a_name_becomes_latex(name: str, text: str) -> None:
    assert latex_name(name) == text


def balanced(text: str) -> bool:
    r"""Whether braces and `\left`, `\right` match, those that are escaped left aside."""
    depth = 0
    for token in re.findall(r"\\[A-Za-z]+|\\.|[{}]", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return False
    return depth == 0 and len(re.findall(r"\\left(?![a-z])", text)) == len(re.findall(r"\\right(?![a-z])", text))


HOSTILE = [
    "<script>",
    "&amp;",
    '"',
    "]]>",
    "a\nb",
    "👩‍👧",
    "שלום",
    "x" * 10_000,
    "}{",
    r"\end{aligned}",
    "$$",
    "%",
    "^_~#",
    "'''",
]


@given(expressions(max_size=6), st.lists(st.text(max_size=20) | st.sampled_from(HOSTILE), min_size=6, max_size=6))
def test_labels_of_any_kind_leave_the_formula_whole(program: Program, labels: list[str]) -> None:
    leaves = [Value(x, label=label) for x, label in zip(program.leaves, labels, strict=False)]
    root = program(*leaves)
    for formula in (latex(root), latex(root, wrt=leaves[0])):
        text = str(formula)
        assert balanced(text)
        assert all(c.isprintable() or c in "\n\u200c\u200d" for c in text)
        assert text.count("$") == text.count(r"\$")
        assert text.count("%") == text.count(r"\%")
        assert text.count(r"\end{") <= 1
        assert len(text) < 20_000


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_float(x: float) -> None:
    read = re.sub(r"(?:(\d) \\cdot )?10\^\{(-?\d+)\}", r"\1e\2", latex_number(x))
    assert float(re.sub(r"^(-?)e", r"\g<1>1e", read)) == x


def test_numbers_that_are_no_numbers() -> None:
    assert [latex_number(x) for x in (math.inf, -math.inf, math.nan, -0.0)] == [
        r"\infty", r"-\infty", r"\mathrm{nan}", "-0",
    ]  # fmt: skip


# ---- Notebooks, templates, plain text, wrong arguments ---------------------------------------------------------------


def test_a_notebook_typesets_it() -> None:
    y = Value(2.0, label="a") * 3.0
    assert latex(y)._repr_latex_() == r"$\displaystyle y = 3 a$"
    assert repr(latex(y)) == str(latex(y))


def test_an_op_of_ones_own_is_written_by_its_template() -> None:
    @ag.custom_gradient(lambda x, y: 1.0)
    def _a_b_c(x: float) -> float:
        return x

    assert latex(_a_b_c(A) ** 2, names={}).expression == r"\operatorname{\_a\_b\_c}\left(a\right)^2"


@pytest.mark.parametrize(
    ("template", "text"),
    [(r"\tanh {0}", r"\tanh \left(a + b\right)"), ("{0}!", r"\left(a + b\right)!"), ("[{0}]", "[a + b]")],
)
def test_beside_what_is_unknown_a_part_is_enclosed(template: str, text: str) -> None:
    assert compose(template, [Part("a + b", SUM)], LATEX) == text


def test_the_same_code_writes_plain_text() -> None:
    sums = [Part("a - b", SUM), Part("-c", 3)]
    assert compose("{0} * {1}", sums, TEXT) == "(a - b) * (-c)"
    assert compose("{0}**{1}", sums, TEXT) == "(a - b)**(-c)"
    assert compose("{0} + {1}", sums, TEXT) == "a - b - c"


def test_an_operator_without_a_precedence_is_enclosed_in_plain_text() -> None:
    own = ag.define_op("at", lambda a, b: a, lambda a, b, y: 1.0, lambda a, b, y: 0.0, symbol="@")
    ag.TABLE.pop("at")
    for op in (own, ag.TABLE["floordiv"], ag.TABLE["mod"]):
        template, level = TEXT.template(op, 2)
        assert template == f"{{0}} {op.symbol} {{1}}"
        assert level == LOOSE


def test_the_numbers_of_a_graph_only_choose_the_piece() -> None:
    a, b = Value(2.0), Value(3.0)
    L = ag.relu(a) * b
    assert latex(L, wrt=a).expression == "b"
    a.data, b.data = -2.0, 4.0
    assert latex(L, wrt=a).expression == "0"
    assert latex(L, wrt=a, general=True).expression == r"b \mathbf{1}_{a > 0}"


WRONG: list[tuple[Callable[[], Formula], type[AutogradError], str]] = [
    (lambda: latex(2.0), OperandTypeError, "latex needs a Value as its root; got float"),  # type: ignore[arg-type]
    (lambda: latex(A, wrt=2.0), OperandTypeError, "latex needs a Value as wrt; got float"),  # type: ignore[arg-type]
    (lambda: latex(A, wrt="q"), InputError, "wrt names no node of the graph: 'q'"),
    (lambda: latex(A, max_nodes=0), InputError, "max_nodes must be at least 1, or None for no limit; got 0"),
    (lambda: latex(A, max_nodes=True), OperandTypeError, "max_nodes is an int, or None for no limit; got bool"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_argument_is_named(call: Callable[[], object], error: type[AutogradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_derivative_that_is_0_in_all_its_terms_has_a_formula() -> None:
    x = Value(0.0, label="x")
    assert "= 0" in str(latex(ag.TABLE["softshrink"](x + x, ag.TABLE["gelu_tanh_sech"](x)), wrt=x))
