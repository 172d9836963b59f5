"""Explanations: equal to `backward()` to the last bit, by use and by path, in text, LaTeX and JSON."""

import json
import math
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from viz.graph.graph import record
from viz.words.explain import explain
from viz.words.explanation import MAX_USES, Explanation
from viz.words.paths import MOST_PATHS


def graph_of(program: Program) -> tuple[list[Value], Value]:
    """The leaves of a program and its result."""
    leaves = [Value(x, label=f"x{i}") for i, x in enumerate(program.leaves)]
    root: Value = program(*leaves)
    return leaves, root


def bits(x: float) -> str:
    return x.hex()


def all_paths(x: Value, root: Value) -> Iterator[list[float]]:
    """The factors along every path, by listing them one by one."""
    waiting: list[tuple[Value, list[float]]] = [(root, [])]
    while waiting:
        node, factors = waiting.pop()
        if node is x:
            yield factors
        else:
            waiting += [
                (source, [*factors, local])
                for source, local in zip(node.inputs, node.derivatives, strict=True)
                if isinstance(source, Value)
            ]


def product(factors: list[float]) -> float:
    return 0.0 if 0.0 in factors else math.prod(factors)


def example() -> tuple[Value, Value]:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    d = e + c
    L = d * a
    e.label, d.label, L.label = "e", "d", "L"
    return a, L


def doubled(times: int) -> tuple[Value, Value]:
    """A graph with 2**times paths, of different products."""
    x = Value(1.0, label="x")
    y: Any = x
    for i in range(times):
        y = y + y * (0.5 + i / 64)
    return x, y


# ---- Sums ------------------------------------------------------------------------------------------------------------


@given(expressions(max_size=12))
def test_every_use_is_listed_once_and_contributions_sum_to_the_gradient_to_the_bit(program: Program) -> None:
    leaves, root = graph_of(program)
    nodes = list(dict.fromkeys([*topological_order(root), *leaves]))
    told = [explain(node, root, max_paths=0) for node in nodes]
    root.backward()
    for node, explanation in zip(nodes, told, strict=True):
        assert len(explanation.uses) == sum(
            source is node for user in topological_order(root) for source in user.inputs
        )
        assert bits(explanation.gradient) == bits(node.grad)
        total = 0.0
        for use in explanation.uses:
            assert use.contribution == (use.upstream * use.local if use.upstream and use.local else 0.0)
            total += use.contribution
            assert bits(use.total) == bits(total)
        assert node is root or bits(total) == bits(node.grad)


@pytest.mark.parametrize("factors", list(permutations((1e16, 1.0, -1e16, 3.0))))
def test_the_order_of_adding_is_that_of_the_engine(factors: tuple[float, ...]) -> None:
    x = Value(1.0)
    root = ag.sum([x * factor for factor in factors])
    told = explain(x, root)
    root.backward()
    assert told.gradient == x.grad  # 0.0, 2.0, 3.0 or 4.0, by the order


def test_nothing_is_touched() -> None:
    a, L = example()
    a.grad = 77.0
    explain(a, L)
    assert [node.grad for node in topological_order(L)] == [77.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_what_is_0_passes_nothing_on() -> None:
    x = Value(0.0, label="x")
    root = ag.sqrt(x) * 0.0 + x * 3.0  # the derivative of the root is infinite
    explanation = explain(x, root)
    root.backward()
    assert sorted(use.contribution for use in explanation.uses) == [0.0, 3.0]
    assert explanation.gradient == x.grad == 3.0
    assert [path.product for path in explanation.paths] == [3.0]


# ---- Paths -----------------------------------------------------------------------------------------------------------


@given(expressions(max_size=9))
def test_paths_are_those_found_by_listing_them_all(program: Program) -> None:
    leaves, root = graph_of(program)
    root.backward()
    for leaf in leaves:
        every = list(all_paths(leaf, root))
        explanation = explain(leaf, root, max_paths=len(every))
        assert explanation.path_count == len(every)
        live = sorted((product(factors) for factors in every if 0.0 not in factors), key=lambda p: -abs(p))
        found = [path.product for path in explanation.paths]
        assert found == pytest.approx(live, rel=1e-12) or sorted(found) == pytest.approx(sorted(live), rel=1e-12)
        assert len(found) == len(live)
        assert abs(math.fsum(found) - leaf.grad) <= 1e-12 * math.fsum(map(abs, found)) + 1e-300  # products underflow


def test_ten_thousand_paths_sum_to_the_gradient() -> None:
    x, y = doubled(13)
    explanation = explain(x, y, max_paths=10_000)
    y.backward()
    products = [path.product for path in explanation.paths]
    assert explanation.path_count == len(products) == 8192
    assert math.fsum(products) == pytest.approx(x.grad, rel=1e-13)
    assert products == sorted(products, reverse=True)
    assert len({path.factors for path in explanation.paths}) == 8192


def test_the_largest_paths_are_found_among_more_than_could_be_listed() -> None:
    x, y = doubled(200)
    explanation = explain(x, y, max_paths=3)
    assert explanation.path_count == 2**200
    # From index 32 on the path through the product is the larger one: its factors are 0.5 + i/64 instead of 1.
    best = math.prod(max(1.0, 0.5 + i / 64) for i in range(200))
    # At index 32 both factors are 1, so there are two best paths; the next ones differ at a neighbouring index.
    expected = [best, best, best / (0.5 + 33 / 64)]
    assert [path.product for path in explanation.paths] == pytest.approx(expected, rel=1e-12)


def test_paths_of_equal_products_are_no_trap() -> None:
    x = Value(1.0)
    y: Any = x
    for _ in range(300):
        y = y + y
    explanation = explain(x, y, max_paths=5)
    assert explanation.path_count == 2**300 < MOST_PATHS
    assert [path.product for path in explanation.paths] == [1.0] * 5


def test_counts_stop_at_a_limit() -> None:
    x = Value(1.0)
    y: Any = x
    for _ in range(1_100):
        y = y + y
    explanation = explain(x, y)
    assert explanation.path_count == MOST_PATHS
    assert "more than 10**300 paths; the largest:" in str(explanation)


def test_an_infinite_factor_makes_the_largest_path() -> None:
    x = Value(0.0, label="x")
    explanation = explain(x, ag.sqrt(x) + x * 1e300, max_paths=1)
    assert explanation.paths[0].product == math.inf


def test_a_path_is_its_nodes_and_factors() -> None:
    a, L = example()
    longest = explain(a, L).paths[0]
    assert (longest.nodes, longest.factors, longest.product) == (("L", "d", "e", "a"), (2.0, 1.0, -3.0), -6.0)


# ---- Text ------------------------------------------------------------------------------------------------------------


def test_the_text_is_a_table_of_uses_and_of_paths() -> None:
    a, L = example()
    assert str(explain(a, L)).splitlines() == [
        "dL/da = -2.0   (a = 2.0, used 2 times)",
        "  via L = d * a  dL/dL =  1.0  ×  dL/da = d =   4.0    =   4.0",
        "  via e = a * b  dL/de =  2.0  ×  de/da = b =  -3.0    =  -6.0",
        "                                                     sum  -2.0",
        "2 paths; all of them:",
        "  L ← d ← e ← a  2.0 × 1.0 × -3.0  =  -6.0",
        "  L ← a          4.0               =   4.0",
        "If a grew by 0.01, L would shrink by about 0.02.",
    ]


def test_variables_of_the_caller_are_names() -> None:
    speed = Value(2.0)
    loss = speed * 3.0
    assert str(explain(speed, loss)).startswith("dloss/dspeed = 3.0")
    assert str(explain(speed, loss, names={"v": speed})).startswith("dloss/dv = 3.0")


def test_a_node_without_a_name_has_the_number_of_the_picture() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    root = (a * b + 1.0) * (a + 2.0)
    _, number = record(root, [])
    users = {use.node for use in explain(a, root, names={"root": root}).uses}
    expected = {f"#{number[id(node)]}" for node in topological_order(root) if any(x is a for x in node.inputs)}
    assert users == expected


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda x: x * 3.0, "If x grew by 0.01, y would grow by about 0.03."),
        (lambda x: -x, "If x grew by 0.01, y would shrink by about 0.01."),
        (lambda x: x * 0.0, "If x grew by 0.01, y would not change, to first order."),
        (lambda x: (x - 1.0).sqrt(), "The gradient is inf: it predicts no change of y."),
        (lambda x: (x - 2.0).log(), "The gradient is nan: it predicts no change of y."),
        (lambda x: Value(3.0, label="z") * 2.0, "y does not depend on x: there is no path from one to the other."),
        (lambda x: x, "x is the loss itself."),
    ],
)
def test_a_sentence_says_what_the_gradient_means(make: Callable[[Value], Value], sentence: str) -> None:
    x = Value(1.0, label="x")
    y = make(x)
    y.label = y.label or "y"
    assert explain(x, y).sentence == sentence


def test_the_local_derivative_is_shown_in_symbols_where_that_says_more() -> None:
    x, n = Value(0.5, label="x"), Value(3.0, label="n")

    def symbols(root: Value) -> str:
        root.label = "y"
        return explain(x, root).uses[0].symbols

    assert symbols(x * n) == "n"
    assert symbols(n / x) == "-y / x"
    assert symbols(ag.exp(x)) == "y"
    assert symbols(ag.tanh(x)) == "1.0 / cosh(x)**2"
    assert symbols(ag.sin(x)) == "cos(x)"
    assert symbols(x + n) == ""
    assert symbols(x * 3.0) == ""


def test_many_uses_are_cut_and_counted() -> None:
    x = Value(1.0, label="x")
    y = ag.sum([x * float(i) for i in range(100)])
    explanation = explain(x, y)
    text = str(explanation)
    assert len(explanation.uses) == 100
    assert text.count("via") == MAX_USES
    assert "… and 80 more uses, none larger than 79.0" in text
    assert " 99.0" in text
    assert r"\cdots" in explanation.latex()


def test_a_dot_product_of_thousands_is_one_short_line() -> None:
    w = [Value(0.5, label=f"w{i}") for i in range(5_000)]
    assert len(str(explain(w[3], ag.dot(w, [1.0] * 5_000))).splitlines()) == 3


# ---- Other formats ---------------------------------------------------------------------------------------------------


def test_the_formula_is_the_sum_in_symbols_in_numbers_and_its_value() -> None:
    a, L = example()
    explanation = explain(a, L)
    first = r"\frac{\partial L}{\partial L} \cdot \frac{\partial L}{\partial a}"
    second = r"\frac{\partial L}{\partial e} \cdot \frac{\partial e}{\partial a}"
    assert explanation.latex().splitlines() == [
        r"\begin{aligned}",
        rf"\frac{{\partial L}}{{\partial a}} &= {first} + {second} \\",
        r"&= 1 \cdot 4 + 2 \cdot \left(-3\right) \\",
        r"&= 4 + \left(-6\right) \\",
        r"&= -2",
        r"\end{aligned}",
    ]
    assert explanation._repr_latex_() == rf"$\displaystyle {explanation.latex()}$"


def test_json_holds_everything_exactly() -> None:
    a, L = example()
    told = json.loads(explain(a, L).to_json())
    assert (told["name"], told["loss"], told["gradient"], told["path_count"]) == ("a", "L", -2.0, 2)
    assert told["uses"][1] == {
        "node": "e",
        "formula": "a * b",
        "op": "mul",
        "place": 0,
        "upstream": 2.0,
        "local": -3.0,
        "symbols": "b",
        "contribution": -6.0,
        "total": -2.0,
    }
    assert told["paths"][0] == {"nodes": ["L", "d", "e", "a"], "factors": [2.0, 1.0, -3.0], "product": -6.0}


def test_json_has_texts_for_what_is_not_finite() -> None:
    x = Value(-1.0)
    told = json.loads(explain(x, ag.log(x)).to_json(), parse_constant=pytest.fail)
    assert told["gradient"] == "nan"


@given(st.text(max_size=30), st.floats(), st.floats())
def test_no_label_or_number_breaks_a_format(label: str, data: float, other: float) -> None:
    x = Value(data, label=label)
    y = x * other + x
    explanation = explain(x, y)
    assert str(explanation) == repr(explanation)
    assert all(line.isprintable() or "\u200c" in line or "\u200d" in line for line in str(explanation).splitlines())
    assert json.loads(explanation.to_json())["name"] == explanation.name
    assert explanation.latex()


# ---- Large graphs and wrong arguments --------------------------------------------------------------------------------


def test_a_deep_chain_is_counted_and_its_paths_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("explain", "explanation"):
        monkeypatch.setattr(f"viz.words.{module}.MAX_SEARCHED", 10_000)
    x = Value(0.5, label="x")
    y: Any = x
    for _ in range(6_000):
        y = 1.0 - y * 0.5
    y.label = "y"
    explanation = explain(x, y)
    assert (explanation.path_count, explanation.nodes, explanation.paths) == (1, 12_000, ())
    z = y + x
    z.label = "z"
    assert "2 paths; not searched, because 12,001 nodes depend on x" in str(explain(x, z))


def test_a_value_outside_the_graph_has_a_name_of_its_own() -> None:
    other = Value(3.0, label="x")
    assert explain(Value(1.0), other * other).name == "x2"
    assert explain(Value(1.0), Value(1.0, label="w") * 2.0).name == "x"
    assert explain(Value(1.0, label="y"), other * other).loss == "z"


def test_a_long_path_is_shown_by_its_ends() -> None:
    x, y = doubled(1_000)
    text = str(explain(x, y))
    assert "more …" in text
    assert all(len(line) < 250 for line in text.splitlines())


WRONG: list[tuple[Callable[[], Explanation], type[AutogradError], str]] = [
    (lambda: explain(2.0, Value(1.0)), OperandTypeError, "explain needs a Value as x; got float"),  # type: ignore[arg-type]
    (lambda: explain(Value(1.0), 2.0), OperandTypeError, "explain needs a Value as its loss; got float"),  # type: ignore[arg-type]
    (lambda: explain(Value(1.0), Value(1.0), max_paths=-1), InputError, "max_paths must be at least 0; got -1"),
    (lambda: explain(Value(1.0), Value(1.0), max_paths=1.5), OperandTypeError, "max_paths is an int; got float"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_argument_is_named(call: Callable[[], object], error: type[AutogradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
