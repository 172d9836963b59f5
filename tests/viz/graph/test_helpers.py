"""Helper nodes: what is shown in their place has the same numbers, and what somebody named or used stays."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn
import viz
from autograd_core import Value
from viz.graph.graph import Graph, Kind


def ops(graph: Graph) -> list[str]:
    return [node.op for node in graph.nodes if node.op]


def drawn(root: Value, **names: Value) -> Graph:
    return viz.draw(root, max_nodes=None, names=names).graph


def named(numbers: Sequence[float]) -> list[Value]:
    return [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]


# Each makes one number of several, with a function that consists of helper ops.
ROOTS: dict[str, Callable[[list[Value]], Value]] = {
    "logsumexp": ag.logsumexp,
    "softmax": lambda xs: ag.sumprod(ag.softmax(xs), range(1, 1 + len(xs))),
    "log_softmax": lambda xs: ag.sumprod(ag.log_softmax(xs), range(1, 1 + len(xs))),
    "cross_entropy": lambda xs: nn.cross_entropy(xs, 1) * 2.0,
    "var": ag.var,
    "std": lambda xs: ag.std(xs, 0) * 2.0,
}
HELPERS = {"exp_difference", "fsum", "log1p", "log", "/"}


@pytest.mark.parametrize("function", ROOTS)
@settings(max_examples=20)
@given(numbers=st.lists(st.integers(-30, 30).map(lambda n: n / 4), min_size=2, max_size=5))
@example(numbers=[0.5, 2.0, 1.0])  # less than the exponential of the largest is in the others
@example(numbers=[1.0, 1.25, 1.0])  # more
@example(numbers=[-0.75, -0.5])  # near 0 logsumexp adds its rounding error
@example(numbers=[800.0, -800.0])
def test_a_function_is_one_node_for_each_result(function: str, numbers: list[float]) -> None:
    assume(function != "std" or len({*numbers}) > 1)  # that of equal numbers is recorded as a length
    xs = named(numbers)
    root = ROOTS[function](xs)
    root.backward()
    graph = drawn(root)
    assert not HELPERS & set(ops(graph))
    assert set(ops(graph)) <= {function, "*", "sum", "dot", "sumprod"}
    assert graph.drawn + graph.helpers == viz.draw(root, expand=True, max_nodes=None).graph.drawn - _products(root)
    for node in graph.nodes:
        if node.kind is Kind.LEAF:
            passed = math.fsum(graph.contribution(edge) or 0.0 for edge in graph.edges if edge.source == node.number)
            assert passed == pytest.approx(node.gradient, rel=1e-12, abs=1e-15)


def _products(root: Value) -> int:
    """How many nodes `expand` adds: the products of dot products."""
    return sum(len(node.inputs) // 2 for node in ag.topological_order(root) if node.op and node.op.adds == "products")


@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize(
    "numbers", [(1.0, 2.0, 0.5), (2.0, 1.0, 0.5), (0.5, 1.0, 2.0), (1.0, 1.1, 1.2), (1.0, 9.0, 1.1)]
)
def test_a_result_tells_the_input_that_it_belongs_to(numbers: tuple[float, ...], target: int) -> None:
    """Inputs are written in the order of the call, whichever is the largest."""
    xs = named(list(numbers))
    for root, text, formula in [
        (nn.cross_entropy(xs, target), "cross_entropy([x0, x1, x2], {0})", "log(sum(exp(x))) - x[{0}]"),
        (ag.log_softmax(xs)[target], "log_softmax(x0, x1, x2)[{0}]", "x[{0}] - log(sum(exp(x)))"),
        (ag.softmax(xs)[target] * 1.5, "softmax(x0, x1, x2)[{0}]", "exp(x[{0}]) / sum(exp(x))"),
    ]:
        svg = viz.draw(root).svg
        assert text.format(target) in svg
        assert f"which is {formula.format(target)} of its inputs x" in svg
        assert text.format(target) in str(viz.tree(root, width=200))


def test_the_outputs_of_a_layer_are_in_its_order() -> None:
    model = nn.MLP(2, [12], rng=1)
    for index, parameter in enumerate(model.parameters()):
        parameter.data = math.sin(7.0 * index)
    graph = viz.draw(nn.cross_entropy(model([1.0, -1.0]), 4), collapse=None).graph
    biases = [
        next(graph.nodes[e.source].name for e in graph.inputs[edge.source] if graph.nodes[e.source].name)
        for edge in graph.inputs[graph.root.number]
    ]
    assert biases == [f"layers.0.neurons.{index}.b" for index in range(12)]
    assert graph.root.place == 4


@pytest.mark.parametrize(
    "numbers", [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (5.0, 1.0, 2.0), (1.0, 2.0, 5.0), (1.0, 1.1, 1.2)]
)
def test_inputs_are_written_in_the_order_of_the_call(numbers: tuple[float, ...]) -> None:
    xs = named(list(numbers))
    names = ", ".join(x.label for x in xs)
    for root in (ag.logsumexp(xs), ag.softmax(xs)[0]):
        assert f"({names})" in str(viz.tree(root, width=200)).splitlines()[1]


def test_a_variance_has_no_rounding_noise_in_its_picture() -> None:
    xs = named([1.0, 2.0, 4.0])
    root = ag.var(xs)
    root.backward()
    svg = viz.draw(root).svg
    assert "which is sum((x - mean(x))**2) / (n - correction) of its inputs x" in svg
    assert "e-1" not in svg


@pytest.mark.parametrize(
    ("ones", "share", "helpers"), [((1.0, 1.0), -2.0, 13), ((1.0, 2.0), -2.0, 0), ((1.0, 1.0), -3.0, 0)]
)
def test_what_only_resembles_a_variance_is_shown_as_recorded(
    ones: tuple[float, float], share: float, helpers: int
) -> None:
    a, b = named([1.0, 2.0])
    p, q = a - 1.5, b - 1.5
    error = ag.sumprod([a, b, 1.5], [*ones, -2.0])
    assert drawn(ag.sumprod([p, q, error], [p, q, error / share]) / 1.0).helpers == helpers


def test_the_derivatives_are_those_of_the_function() -> None:
    xs = named([1.0, 2.0, 0.5])
    p = ag.softmax([x.data for x in xs])
    graph = drawn(nn.cross_entropy(xs, 0))
    by_name = {graph.nodes[edge.source].name: edge.derivative for edge in graph.edges}
    assert by_name == pytest.approx({"x0": p[0] - 1.0, "x1": p[1], "x2": p[2]}, rel=1e-14)


def test_helpers_are_shown_on_demand_with_the_numbers_they_always_have() -> None:
    xs = named([1.0, 2.0, 0.5])
    root = sum(nn.cross_entropy(xs, target) for target in range(3))
    assert isinstance(root, Value)
    short, whole = viz.draw(root), viz.draw(root, expand=True)
    assert whole.graph.helpers == 0
    assert {"exp_difference", "log1p"} <= set(ops(whole.graph))
    serials = {node.serial: node.data for node in whole.graph.nodes}
    assert all(serials[node.serial] == node.data for node in short.graph.nodes)
    note = f"{short.graph.helpers} helper nodes not shown; expand=True shows them"
    assert all(note in text for text in (short.svg, str(viz.tree(root, width=200)), viz.page(root).html))
    assert f"{short.graph.helpers} helper nodes not shown" in repr(short)
    assert "helper node" not in whole.svg + str(viz.tree(root, expand=True)) + viz.page(root, expand=True).html
    assert "exp_difference" in viz.animate(root, expand=True).svg
    assert "exp_difference" not in viz.animate(root).svg


def test_one_that_is_used_elsewhere_or_named_stays() -> None:
    xs = named([1.0, 2.0, 0.5])
    result = ag.logsumexp(xs)
    (logarithm,) = (x for x in result.inputs if isinstance(x, Value) and x.op is ag.TABLE["log1p"])
    assert "log1p" in ops(drawn(result * logarithm))
    logarithm.label = "log"
    assert "log1p" in ops(drawn(result))


def test_a_result_inside_another_one_stays_if_it_is_used() -> None:
    x = named([1.0, 2.0, 0.5])
    log_p = ag.log_softmax(x)[0]
    assert ops(drawn(-log_p * 2.0)) == ["cross_entropy", "*"]
    assert ops(drawn(-log_p * 2.0, log_p=log_p)) == ["log_softmax", "-", "*"]
    assert ops(drawn(-log_p * log_p)) == ["log_softmax", "-", "*"]


def test_what_only_looks_alike_stays() -> None:
    a, b = named([1.0, 2.0])
    lookalikes = [a + ag.log1p(ag.exp(b - a)), ag.exp(a) / (1.0 + ag.exp(b)), -(a - b - ag.log1p(b)), a + a.log1p()]
    for root in lookalikes:
        assert drawn(root).helpers == 0
    assert "exp_difference" in ops(drawn(ag.logsumexp([a, a, b]))), "an input that occurs twice"
    assert "exp_difference" in ops(drawn(ag.logsumexp([a, 0.5]))), "a constant among the inputs"


def test_inputs_that_are_results_themselves() -> None:
    xs = named([1.0, 2.0, 0.5])
    shifted = [x - xs[1] for x in xs]
    assert set(ops(drawn(ag.logsumexp(shifted)))) == {"-", "logsumexp"}
    assert set(ops(drawn(nn.cross_entropy(ag.softmax(xs), 0)))) == {"softmax", "cross_entropy"}
    assert set(ops(drawn(nn.cross_entropy(ag.log_softmax(xs), 2)))) == {"log_softmax", "cross_entropy"}


def test_a_large_softmax_is_shown_as_recorded() -> None:
    xs = named([i / 10 for i in range(12)])
    p = ag.softmax(xs)
    assert "exp_difference" in ops(drawn(p[0] + sum(p[1:])))
    assert ops(drawn(p[0])) == ["softmax"]


# ---- 0.0 + x ---------------------------------------------------------------------------------------------------------


def test_the_zero_of_a_sum_is_not_shown() -> None:
    x, y = named([1.5, -2.0])
    total = sum([x * x, y])
    assert isinstance(total, Value)
    root = total * 2.0
    root.backward()
    graph = drawn(root)
    assert ops(graph) == ["*", "+", "*"]
    assert next((n.data, n.gradient, n.helpers) for n in graph.nodes if n.op == "*") == (2.25, 2.0, 2)
    assert graph.helpers == 2
    assert str(viz.latex(root)) == r"\mathrm{root} = 2 \left(x_{0}^2 + x_{1}\right)"


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_any_zero(zero: float) -> None:
    (x,) = named([1.5])
    assert ops(drawn((zero + x) * x)) == ["*"]
    assert ops(drawn((x + zero) * x)) == ["*"]
    for total in (zero + x, x + zero):
        y = total * x
        assert str(viz.latex(y, names={"y": y})) == r"y = x_{0}^2"


def test_a_zero_that_changes_something_or_has_a_name_is_shown() -> None:
    x, minus = named([1.5, -0.0])
    kept = 0.0 + x
    for root in [(0.0 + minus) * 2.0, x + 0.0, -0.0 + x, (1.0 + x) * 2.0, (x - 0.0) * 2.0]:
        assert drawn(root).helpers == 0
    assert drawn(kept * 2.0).helpers == 2
    x.data = 7.0
    assert drawn(kept * 2.0).helpers == 0, "the sum is that of the number before"


def test_a_sum_of_one_that_has_a_name_or_several_uses_has_no_zero() -> None:
    (x,) = named([1.5])
    kept = sum([x])
    assert isinstance(kept, Value)
    for root, names in [(kept, {}), (kept * kept, {}), (kept * 2.0, {"kept": kept})]:
        graph = drawn(root, **names)
        assert graph.helpers == 1
        sums = [node for node in graph.nodes if node.op == "sum"]
        assert [graph.nodes[edge.source].name for node in sums for edge in graph.inputs[node.number]] == ["x0"]
        assert not any(node.op == "+" for node in graph.nodes)
    assert [node.op for node in viz.draw(kept, expand=True).graph.nodes] == ["", "", "+"]


def test_paths_lead_through_what_is_not_shown() -> None:
    x, y = named([1.5, -2.0])
    graph = viz.draw((0.0 + x + y) * 2.0, wrt=x).graph
    assert [node.op for node in graph.nodes if node.kind is not Kind.MARKER] == ["", "+", "", "*"]


def test_one_helper_is_spoken_of_as_one() -> None:
    model = nn.MLP(2, [4, 4, 1], rng=1)
    root = sum((model([x, 1.0]) - 1.0) ** 2 for x in (0.5, -1.0, 0.2))
    assert isinstance(root, Value)
    assert "1 helper node not shown; expand=True shows it" in viz.draw(root).svg


def test_a_softmax_of_one_input_is_a_softmax() -> None:
    x, w = Value(0.5, label="x"), Value(2.0, label="w")
    (share,) = ag.softmax([x])
    graph = viz.draw(share * w).graph
    assert [node.op for node in graph.nodes if node.op] == ["softmax", "*"]
    assert [edge.derivative for edge in graph.inputs[1]] == [0.0]
