"""A graph in the terminal: every node once, in any width and encoding, and colours as requested."""

import io
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
import viz
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from viz.graph.graph import Kind
from viz.picture.tree import NARROWEST, Tree, below_drawing, tree
from viz.text import cells, number

ESCAPE = re.compile(r"\x1b\[[\d;]*m")


class Terminal(io.StringIO):
    """A terminal that records its output."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def example() -> Value:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    d = e + c
    L: Value = d * a
    e.label, d.label, L.label = "e", "d", "L"
    L.backward()
    return L


def drawn(value: Value, **options: Any) -> list[str]:
    return tree(value, **{"unicode": True, "width": 80, **options}).text.splitlines()


def chain(length: int) -> Value:
    y: Any = Value(0.5, label="x")
    for _ in range(length):
        y = -y
    root: Value = y
    root.label = "y"
    return root


def test_data_gradient_and_local_derivative_stand_in_columns() -> None:
    assert drawn(example()) == [
        "                 data  grad  local",
        "L = d * a         8.0   1.0",
        "├─ d = e + c      4.0   2.0    2.0",
        "│  ├─ e = a * b  -6.0   2.0    1.0",
        "│  │  ├─ a        2.0  -2.0   -3.0",
        "│  │  └─ b       -3.0   4.0    2.0",
        "│  └─ c          10.0   2.0    1.0",
        "└─ ↑ a                         4.0",
    ]


def test_ascii_has_the_same_columns() -> None:
    lines = drawn(example(), unicode=False)
    assert lines[2:4] == ["|- d = e + c      4.0   2.0    2.0", "|  |- e = a * b  -6.0   2.0    1.0"]
    assert lines[-1] == "`- ^ a                         4.0"


def test_a_node_used_twice_is_drawn_once_with_both_derivatives() -> None:
    a = Value(3.0, label="a")
    y = a * a
    y.label = "y"
    assert drawn(y) == [
        "           data  grad  local",
        "y = a * a   9.0   0.0",
        "├─ a        3.0   0.0    3.0",
        "└─ ↑ a                   3.0",
    ]


def test_a_constant_is_a_line_with_its_number() -> None:
    a = Value(3.0, label="a")
    y = a + 0.5
    assert drawn(y)[-1] == "└─ 0.5"


@given(expressions(max_size=12))
def test_every_node_is_drawn_once_and_every_use_has_a_line(program: Program) -> None:
    root = program(*[Value(x) for x in program.leaves])
    names = {f"n{i}_": node for i, node in enumerate(topological_order(root))}
    lines = drawn(root, names=names, max_nodes=None, width=4_000)
    nodes = topological_order(root)
    texts = [re.sub(r"^[│├└─ ]*", "", line) for line in lines[1:]]
    for name in names:
        assert sum(text.startswith((f"{name} ", f"{name} =")) for text in texts) == 1
    assert len(texts) == 1 + sum(len(node.inputs) for node in nodes)


@given(expressions(max_size=12), st.integers(NARROWEST, 120))
def test_no_line_is_wider_than_the_terminal(program: Program, width: int) -> None:
    root = program(*[Value(x, label="a rather long label of a leaf, 日本語") for x in program.leaves])
    lines = drawn(root, width=width, max_nodes=None)
    # Some cells are kept for the names; numbers are never cut.
    figures = max(len(re.findall(r"  +data.*$", lines[0])[0].rstrip()), 0)
    assert all(cells(line) <= max(width, NARROWEST + figures) for line in lines)


def test_what_is_deep_goes_on_below() -> None:
    lines = drawn(chain(40), width=60)
    assert all(cells(line) <= 60 for line in lines)
    moved = [re.search(r"↓ (#\d+)", line) for line in lines]
    below = [found[1] for found in moved if found]
    assert below
    for name in below:
        assert sum(line.startswith(f"{name} = ") for line in lines) == 1


def test_many_operations_are_cut_and_counted() -> None:
    lines = drawn(chain(200_000), max_nodes=3)
    assert lines[-2].strip() == "└─ … 199,998 more nodes"
    assert lines[-1] == "3 of 200,001 nodes, those nearest y"


def test_a_whole_chain_is_drawn_on_request() -> None:
    lines = drawn(chain(5_000), max_nodes=None)
    assert sum(" = -" in line for line in lines) == 5_000


def test_ten_thousand_operands_of_one_node_are_cut_and_counted() -> None:
    x = Value(1.0, label="x")
    lines = drawn(ag.sum([x] * 10_000), max_nodes=10)
    assert len(lines) < 100
    assert lines[-1].strip().endswith("more edges")


# ---- Terminals -------------------------------------------------------------------------------------------------------


def test_colours_change_no_letter() -> None:
    picture = tree(example(), color=True, unicode=True, width=80)
    assert ESCAPE.sub("", str(picture)) == picture.text
    assert "\x1b[" in str(picture)
    assert "\x1b[" not in picture.text


def test_nan_is_red_and_bold() -> None:
    x = Value(-1.0, label="x")
    assert "\x1b[1;31m" in str(tree(ag.log(x), color=True))
    assert "\x1b[1;31m" not in str(tree(example(), color=True))


@pytest.mark.parametrize(
    ("stream", "variables", "colored"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (io.StringIO(), {}, False),
        (None, {}, False),
    ],
)
def test_colours_are_used_where_they_are_wanted(
    stream: object, variables: dict[str, str], colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):  # these decide about colours in rich
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", stream)
    assert ("\x1b[" in str(tree(example()))) is colored


@pytest.mark.parametrize(
    ("encoding", "has_unicode"), [("utf-8", True), ("ascii", False), ("cp1252", False), ("?", False)]
)
def test_signs_are_those_that_the_output_can_write(
    encoding: str, has_unicode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(terminal, "encoding", encoding, raising=False)
    monkeypatch.setattr(sys, "stdout", terminal)
    y = Value(1.0, label="日本") * Value(2.0, label="x" * 100)
    y.label = "y"
    text = tree(y, color=False, width=50)
    assert str(text).isascii() is not has_unicode
    assert all(cells(line) <= 50 for line in str(text).splitlines())


def test_the_width_is_that_of_the_terminal_when_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    y = Value(1.0, label="x" * 300) * 2.0
    picture = tree(y, unicode=True)
    for columns in (40, 70):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert max(map(cells, picture.text.splitlines())) == columns


def test_the_tree_keeps_the_moment() -> None:
    a = Value(2.0, label="a")
    picture = tree(a * 3.0)
    before = picture.text
    a.data, a.grad = 7.0, 5.0
    assert picture.text == before


# ---- Labels and arguments --------------------------------------------------------------------------------------------


HOSTILE = ["\x1b[31mred", "a\nb", "\r", "\u202egnp", "<b>", "x" * 10_000, "👩‍👧", "שלום", "", "\ud800"]


@given(st.sampled_from(HOSTILE) | st.text(max_size=50), st.booleans())
def test_no_label_escapes_its_line(label: str, unicode: bool) -> None:
    a = Value(1.0, label=label)
    root = a * 2.0
    text = tree(root, unicode=unicode, width=60).text
    assert len(text.splitlines()) == 4
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in text)
    assert all(cells(line) <= 60 for line in text.splitlines())


def test_a_variable_of_the_caller_is_a_name() -> None:
    speed = Value(2.0)
    loss = speed * 3.0
    assert repr(tree(loss)).splitlines()[1].startswith("loss = speed * 3.0")


WRONG: list[tuple[Callable[[], Tree], type[AutogradError], str]] = [
    (lambda: tree(2.0), OperandTypeError, "tree needs a Value as its root; got float"),  # type: ignore[arg-type]
    (lambda: tree(Value(1.0), max_nodes=0), InputError, "max_nodes must be at least 1, or None for no limit; got 0"),
    (lambda: tree(Value(1.0), width=3), InputError, "width must be at least 20; got 3"),
    (lambda: tree(Value(1.0), width="wide"), OperandTypeError, "width is an int; got str"),  # type: ignore[arg-type]
    (lambda: tree(Value(1.0), color="red"), OperandTypeError, "color is True, False, or None to find out; got str"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_argument_is_named(call: Callable[[], object], error: type[AutogradError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_gradient_of_a_box_is_a_norm_and_looks_like_one() -> None:
    model = nn.MLP(2, [3, 1], rng=1)
    root = (model([1.0, -2.0]) - 1.5) ** 2
    root.backward()
    drawing = viz.draw(root, collapse="layer")
    lines = below_drawing(drawing.graph, 100).splitlines()
    norms = {node.name: node.gradient for node in drawing.graph.nodes if node.kind is Kind.MODULE}
    for name, norm in norms.items():
        line = next(line for line in lines if line.split()[-2:-1] == [name])
        assert line.endswith(f"|{number(norm or 0.0)}|")
        assert len(line) == lines[0].index("grad") + len("grad")
    assert f"{len(drawing.graph.edges)} edges" in repr(drawing), "as many as in the picture"
