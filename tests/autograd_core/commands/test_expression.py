"""Texts become graphs, or an error that shows the place."""

import contextlib
import math
import re
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, OperandTypeError, Value
from autograd_core.commands.expression import (
    FUNCTIONS,
    OF_A_SEQUENCE,
    OF_LISTS,
    OF_TWO_SEQUENCES,
    evaluate,
    functions,
)
from exact import bits

AT = {"w": -3.0, "x": 2.0, "b": 6.88}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tanh(w*x + b)", math.tanh(-3.0 * 2.0 + 6.88)),
        ("w - x - b", -3.0 - 2.0 - 6.88),
        ("w / x / b", -3.0 / 2.0 / 6.88),
        ("x**3**-w + b", 2.0**27 + 6.88),
        ("-x**2 + w - b", -4.0 - 3.0 - 6.88),
        ("+x + -(w) - b", 2.0 + 3.0 - 6.88),
        ("w // x + b % x", -2.0 + 6.88 % 2.0),
        ("w % x // -x * b", -0.0 - 6.88),
        ("-w // x + b", 1.0 + 6.88),
        ("max(w, x, 1) + min(b, 3)", 2.0 + 3.0),
        ("fma(w, x, b) + hypot(3, 4)", -6.0 + 6.88 + 5.0),
        ("clamp(w, -1, x) + where(x, w, b) + pow(b, 2)", -1.0 - 3.0 + 6.88**2),
        ("sum(w, x, b)", -3.0 + 2.0 + 6.88),
        ("dot(w, x, b, 10)", -3.0 * 6.88 + 2.0 * 10),
        ("max([w, x, 1]) + min([b, 3])", 2.0 + 3.0),
        ("sum([w, x, b])", -3.0 + 2.0 + 6.88),
        ("dot([w, x], [b, 10])", -3.0 * 6.88 + 2.0 * 10),
        ("log(b, x) + log(b) + w", math.log2(6.88) + math.log(6.88) - 3.0),
        ("log(b, base=x) * w", math.log2(6.88) * -3.0),
        ("leaky_relu(w) + leaky_relu(w, 0.5) + x*b", -0.03 - 1.5 + 2.0 * 6.88),
        ("hardtanh(w) + hardtanh(b, max_val=5) + x", -1.0 + 5.0 + 2.0),
        ("mean(w, x, b)", (-3.0 + 2.0 + 6.88) / 3),
        ("var(w, x, b, correction=0)", statistics.pvariance([-3.0, 2.0, 6.88])),
        ("norm([w, x, b], 1) + norm(w, x, b, p=1)", 2 * (3.0 + 2.0 + 6.88)),
        ("dist(w, x, b, 10) + dist([w, x], [b, 10])", 2 * math.dist([-3.0, 2.0], [6.88, 10.0])),
        ("prod(w, x, b) + fabs(w)", -3.0 * 2.0 * 6.88 + 3.0),
        ("logaddexp(w, x) + maximum(w, b)", math.log(math.exp(-3.0) + math.exp(2.0)) + 6.88),
        ("softmax(w, x)[0] + softmax([w, x])[-1] + b", 1.0 + 6.88),
        ("p = softmax(w, x); p[0] + p[1] + b", 1.0 + 6.88),
        ("sum(softmax(w, x, b))", 1.0),
        ("affine([[w, x], (x, w)], [b, 1], [0, x])[1]", 2.0 * 6.88 - 3.0 + 2.0),
        ("w*x*b*pi", -3.0 * 2.0 * 6.88 * math.pi),
        ("w*x*b*e", -3.0 * 2.0 * 6.88 * math.e),
        ("n = w*x\nn = n + b\ntanh(n)", math.tanh(-3.0 * 2.0 + 6.88)),
        ("  n = w*x\n  n + b", -3.0 * 2.0 + 6.88),
        ("w + x + b + 0x10 + 1_000 + 1e-3", -3.0 + 2.0 + 6.88 + 16.0 + 1000.0 + 1e-3),
    ],
)
def test_a_text_means_what_it_means_in_python(text: str, expected: float) -> None:
    assert evaluate(text, **AT).data == pytest.approx(expected, rel=1e-15)


def test_the_graph_is_that_of_the_same_python_code() -> None:
    root = evaluate("tanh(w*x + b)", **AT)
    root.backward()
    w, x, b = (Value(data) for data in AT.values())
    same = ag.tanh(w * x + b)
    same.backward()
    nodes = ag.topological_order(root)
    assert [(v.data, v.grad, v._op) for v in nodes] == [(v.data, v.grad, v._op) for v in ag.topological_order(same)]
    assert [v.label for v in nodes if v.label] == ["w", "x", "b"]


@pytest.mark.parametrize("op", ag.TABLE.values(), ids=repr)
def test_every_op_of_the_table_can_be_called(op: ag.Op) -> None:
    names = [f"x{i}" for i in range(4 if op.arity is None else op.arity)]
    values = [0.5 + 0.25 * i for i in range(len(names))]
    root = evaluate(f"{op.name}({', '.join(names)})", **dict(zip(names, values, strict=True)))
    assert root.op is op
    assert [x.label for x in root.inputs] == names
    assert bits(root.data) == bits(op(*values))


def test_a_name_is_one_node_however_often_it_is_used() -> None:
    root = evaluate("a*a + a", a=3.0)
    root.backward()
    (a,) = {v for v in ag.topological_order(root) if v.label}
    assert a.grad == 7.0


OTHER_NAMES = {
    *(
        "compile",
        "custom_gradient",
        "detect_anomaly",
        "enable_grad",
        "grad",
        "hessian",
        "hvp",
        "jacobian",
        "jvp",
        "no_grad",
    ),
    *("build_info", "define_op", "members", "pick", "release_memory", "select", "stuck_layers", "topological_order"),
    *("value_and_grad", "vjp"),
}
"""Public functions that take something else than numbers."""


def test_every_function_of_the_package_that_takes_numbers_can_be_called() -> None:
    public = vars(ag.public)
    called = {name for name in public if not name.startswith("_") and callable(public[name])}
    called = {name for name in called if not isinstance(public[name], type)} - {"find"}
    assert called - OTHER_NAMES <= {*ag.TABLE, *FUNCTIONS} | {row.name for row in ag.TABLE.values()}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OF_LISTS.keys()))
def test_functions_are_those_of_the_package(name: str) -> None:
    names = [f"x{i}" for i in range(4)]
    values = [0.5 + 0.25 * i for i in range(4)]
    function: Any = getattr(ag, name)
    if name in OF_A_SEQUENCE:
        expected = function(values)
    elif name in OF_TWO_SEQUENCES:
        expected = function(values[:2], values[2:])
    else:
        names = names[:2] if name in {"logaddexp", "maximum", "minimum"} else names[:1]
        expected = function(*values[: len(names)])
    text = f"{name}({', '.join(names)})" + ("[0]" if isinstance(expected, list) else "")
    first = expected[0] if isinstance(expected, list) else expected
    assert bits(evaluate(text, **dict(zip(names, values, strict=False))).data) == bits(first)


def test_the_numbers_of_a_list_are_named_after_it() -> None:
    root = evaluate("p = softmax(x, y); q = [1, 2]; p[0] * q[1]", x=0.0, y=0.0)
    assert [v.label for v in root.inputs] == ["p[0]", "q[1]"]
    root.backward()
    assert root.inputs[1].grad == 0.5


def test_assigned_names_become_labels_and_constants_leaves() -> None:
    root = evaluate("a = 2; b = -3; d = a*b; L = d + 1")
    assert [(v.label, v.data) for v in ag.topological_order(root)] == [
        ("a", 2.0),
        ("b", -3.0),
        ("d", -6.0),
        ("L", -5.0),
    ]


def test_a_second_name_does_not_replace_the_first() -> None:
    assert evaluate("y = x", x=1.0).label == "x"


def test_a_given_value_is_used_itself() -> None:
    v = Value(2.0)
    evaluate("x * x", x=v).backward()
    assert (v.grad, v.label) == (4.0, "x")


def test_a_text_of_constants_is_one_leaf() -> None:
    root = evaluate("2 * 3 + 1")
    assert (root.data, root.inputs) == (7.0, ())


def test_a_given_value_wins_over_a_constant() -> None:
    assert evaluate("2 * e", e=5.0).data == 10.0


PLACES = [
    # text, the first line of the message, where the mark stands
    ("2*ww + w", "unknown name 'ww' at column 3; did you mean 'w'?", "      ^^"),
    ("w\n/ x", "not an expression: invalid syntax at line 2, column 1", "    ^"),
    ("w; x\nw*  foo", "unknown name 'foo' at line 2, column 5; give it a value, as in foo=2", "        ^^^"),
    ("tanhh(w)", "unknown function 'tanhh' at column 1; did you mean 'tanh'?", "    ^^^^^"),
    ("ln(w)", "unknown function 'ln' at column 1; did you mean 'log'?", "    ^^"),
    ("w*ArcTan(x)", "unknown function 'ArcTan' at column 3; did you mean 'atan'?", "      ^^^^^^"),
    ("sec(w)", "unknown function 'sec' at column 1; did you mean '1/cos(x)'?", "    ^^^"),
    ("w + __import__('os')", "unknown function '__import__' at column 5; there are abs,", "        ^^^^^^^^^^"),
    ("tanh", "tanh is a function; expected its inputs in parentheses at column 1", "    ^^^^"),
    ("tanh(w, x)", "tanh expected 1 input, got 2 at column 1", "    ^^^^^^^^^^"),
    ("1 + tanh()", "tanh expected 1 input, got 0 at column 5", "        ^^^^^^"),
    ("w.data", "an attribute is not allowed at column 1; allowed are numbers,", "    ^^^^^^"),
    ("w[0]", "expected a list before the index, got a number at column 1", "    ^^^^"),
    ("softmax(w, x)[2]", "expected an index below 2, got 2 at column 15", "                  ^"),
    ("softmax(w, x)[-3]", "expected an index below 2, got -3 at column 15", "                  ^^"),
    ("softmax(w, x)[0.5]", "expected a whole number as index at column 15", "                  ^^^"),
    ("softmax(w, x)[b]", "expected a whole number as index at column 15", "                  ^"),
    ("softmax(w, x)[0:1]", "a slice is not allowed at column 15; allowed", "                  ^^^"),
    ("softmax(w, x) * b", "mul expected a number, got a list of 2; choose one, as in [0] at column 1", "    ^^^^^^"),
    ("w * tanh([x, b])", "tanh expected a number, got a list of 2; choose one", "        ^^^^^^^^^^^^"),
    ("mean([w, [x, b]])", "mean expected a number, got a list of 2; choose one", "    ^^^^^^^^^^^^^^^^^"),
    ("log([w, x])", "log expected a number, got a list of 2; choose one", "    ^^^^^^^^^^^"),
    ("mean(w, [x, b])", "mean expected a number, got a list of 2; choose one", "    ^^^^^^^^^^^^^^^"),
    ("dist([w], x)", "dist expected lists, as in [x, y], got a number among them", "    ^^^^^^^^^^^^"),
    ("affine(w, x, b)", "affine expected lists, as in [x, y], got a number", "    ^^^^^^^^^^^^^^^"),
    ("mean([[[w]]])", "expected numbers or lists of numbers, got lists that are nested deeper", "         ^^^^^^^"),
    ("softmax()[0]", "softmax expected at least one input, got none at column 1", "    ^^^^^^^^^"),
    ("dist(w, x, b)", "dist expected ", "    ^^^^^^^^^^^^^"),
    ("log(w, x, b)", "expected log(x, base=None), but too many positional arguments at column 1", "    ^^^^^^^^^^^^"),
    ("log()", "expected log(x, base=None), but missing a required argument: 'x' at column 1", "    ^^^^^"),
    (
        "mean(w, p=2)",
        "expected mean(values), but got an unexpected keyword argument 'p' at column 1",
        "    ^^^^^^^^^^^^",
    ),
    ("fabs(x=w)", "fabs takes its inputs without names, got x= at column 6", "         ^^^"),
    ("fabs(w, x)", "abs expected 1 input, got 2 at column 1", "    ^^^^^^^^^^"),
    (
        "affine([w], [x], [b])",
        "affine expected rows as lists, as in [[x, y]], got a number",
        "    ^^^^^^^^^^^^^^^^^^^^^",
    ),
    (
        "affine([[w]], [x])",
        "expected affine(rows, inputs, biases), but missing a required argument: 'biases'",
        "    ^^^^^^",
    ),
    ("tanh(x=w)", "tanh takes its inputs without names, got x= at column 6", "         ^^^"),
    ("norm(w, **x)", "a starred argument is not allowed at column 9; allowed", "            ^^^"),
    ("softmax", "softmax is a function; expected its inputs in parentheses at column 1", "    ^^^^^^^"),
    ("(lambda: w)()", "a lambda is not allowed at column 2; allowed", "     ^^^^^^^^^"),
    ("(q := w)", "an assignment inside an expression is not allowed at column 2; allowed", "     ^^^^^^"),
    ("w < x", "a comparison is not allowed at column 1; allowed", "    ^^^^^"),
    ("w and x", "a logical operator is not allowed", "    ^^^^^^^"),
    ("w if x else b", "a conditional is not allowed", "    ^^^^^^^^^^^^^"),
    ("max(*w)", "a starred argument is not allowed at column 5; allowed", "        ^^"),
    (
        "max(w, key=x)",
        "expected max(*values), but got an unexpected keyword argument 'key' at column 1",
        "    ^^^^^^^^^^^^^",
    ),
    ("f'{w}'", "a string is not allowed", "    ^^^^^^"),
    ("'w'", "expected a real number, got 'w' at column 1", "    ^^^"),
    ("w * 1j", "expected a real number, got 1j at column 5", "        ^^"),
    ("None", "expected a real number, got None at column 1", "    ^^^^"),
    ("True", "expected a real number, got True at column 1", "    ^^^^"),
    ("w; [x, b]", "the last statement expected a number, got a list of 2; choose one, as in [0]", "       ^^^^^^"),
    ("[v for v in w]", "a comprehension is not allowed", "    ^^^^^^^^^^^^^^"),
    ("w ^ x", "the operator ^ (the power is written **) is not allowed at column 1; allowed", "    ^^^^^"),
    ("b + (w @ x)", "the operator @ is not allowed at column 6; allowed", "         ^^^^^"),
    ("w << x", "this is not allowed", "    ^^^^^^"),
    ("~w", "the operator ~ is not allowed", "    ^^"),
    ("not w", "a logical operator is not allowed", "    ^^^^^"),
    ("w + fma(w, x)", "fma expected 3 inputs (a, b, c), got 2 at column 5", "        ^^^^^^^^^"),
    ("w + dot(w, x, b)", "dot expected as many weights as inputs, got 3", "        ^^^^^^^^^^^^"),
    ("w * (7 % 0)", "expected a finite constant, got nan at column 6", "         ^^^^^"),
    ("import os", "this is not allowed", "    ^^^^^^^^^"),
    ("a = b = 3", "this is not allowed", "    ^^^^^^^^^"),
    ("a += 3", "this is not allowed", "    ^^^^^^"),
    ("w + 1e999", "expected a finite constant, got inf at column 5", "        ^^^^^"),
    ("w * 2**2**1000", "expected a finite constant, got inf at column 5", "        ^^^^^^^^^^"),
    ("w * (1/0)", "expected a finite constant, got inf at column 6", "         ^^^"),
    ("w + 1" + "0" * 400, "a number beyond the range of a float (about 1.8e308) at column 5", "        ^"),
    ("w +", "not an expression: invalid syntax at column 4", "       ^"),
    ("(w", "not an expression: '(' was never closed at column 1", "    ^"),
    ("ä*ö", "unknown name 'ä' at column 1", "    ^"),
    ("w*ö", "unknown name 'ö' at column 3", "      ^"),
]


@pytest.mark.parametrize(("text", "message", "mark"), PLACES, ids=[text[:20] for text, _, _ in PLACES])
def test_what_has_no_meaning_is_refused_with_its_place(text: str, message: str, mark: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(text, **AT)
    first, *place = str(caught.value).splitlines()
    assert first.startswith(message)
    assert place[1].startswith(mark)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected an expression, got an empty text; allowed are numbers"),
        ("  \n ", "expected an expression, got an empty text"),
        ("# nothing", "expected an expression, got an empty text"),
        ("x\0", "not an expression: "),
        ("x" * 10_001, "expected an expression of at most 10000 characters, got 10001"),
        ("(" * 70 + "x" + ")" * 70 + "**" * 2, "not an expression: "),
        ("9" * 9_000, "not an expression: "),
    ],
)
def test_no_text_is_too_odd_for_an_error(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "column"),
    [("-" * 9_000 + "x", 641), ("+".join("x" * 4_000), 1_282), ("(" * 190 + "x" + ")" * 190, 81)],
    ids=["signs", "sum", "brackets"],
)
def test_a_text_that_is_nested_deeper_than_any_stack_allows_is_an_error(text: str, column: int) -> None:
    with pytest.raises(InputError, match=f"the expression is nested too deeply at column {column}; name parts of it"):
        evaluate(text, x=1.0)


@pytest.mark.parametrize(
    ("given", "written", "label"),
    [
        ("µ", "μ", "μ"),
        ("μ", "µ", "μ"),
        ("ﬁ", "fi", "fi"),
        ("ｘ", "x", "x"),
        ("ϵ", "ε", "ε"),
        ("ℯ", "e", "e"),
        ("é", "e\u0301", "é"),
    ],
    ids=ascii,
)
def test_names_are_spelled_as_python_spells_them(given: str, written: str, label: str) -> None:
    root = evaluate(f"{written}*2", **{given: 3.0})
    assert (root.data, root.inputs[0].label) == (6.0, label)


def test_two_spellings_of_a_name_are_one_name() -> None:
    assert evaluate("µ = 3; μ*µ").data == 9.0
    with pytest.raises(InputError, match="two of µ, μ are the same name for Python; expected one value for each name"):
        evaluate("μ*2", **dict.fromkeys("µμ", 1.0))


def test_the_functions_that_a_message_lists_are_for_users() -> None:
    with pytest.raises(InputError) as caught:
        evaluate("qqq(1)")
    listed = set(str(caught.value).partition("there are ")[2].splitlines()[0].split(", "))
    assert listed == functions()
    assert all(hasattr(ag, name) for name in listed)
    assert not [op.name for op in TABLE.values() if op.internal and op.name in listed]


def test_a_deep_graph_needs_no_deep_text() -> None:
    assert evaluate("\n".join(["x = x + 1"] * 900), x=0).data == 900.0


def test_a_value_for_nothing_is_an_error() -> None:
    with pytest.raises(InputError, match="a value is given for y, z, but the expression does not use it"):
        evaluate("x", x=1, y=2, z=3)


@pytest.mark.parametrize("value", ["2", None, 1j, [2.0]])
def test_a_value_is_a_number(value: object) -> None:
    with pytest.raises(OperandTypeError, match="the value of x: "):
        evaluate("x", x=value)


@given(st.text(max_size=30))
def test_any_text_is_a_graph_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(evaluate(text), Value)


TERMS = st.recursive(
    st.sampled_from(["w", "x", "b", "2", "0.5", "pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, st.sampled_from(["//", "%"]), inner).map("({0[0]} {0[1]} (1 + abs({0[2]})))".format),
        inner.map("-{}".format),
        inner.map("tanh({})".format),
        st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format),
    ),
)


@given(TERMS)
def test_random_texts_agree_with_python(text: str) -> None:
    names = {name: Value(data) for name, data in AT.items()}
    by_python = eval(text, {"abs": ag.abs, "tanh": ag.tanh, "max": ag.max, "pi": math.pi} | names)  # noqa: S307 - the text is ours
    used = {name: value for name, value in AT.items() if re.search(rf"\b{name}\b", text)}
    expected = by_python.data if isinstance(by_python, Value) else by_python
    assert evaluate(text, **used).data == pytest.approx(expected, rel=1e-12, abs=1e-12)
