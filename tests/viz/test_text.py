"""Text cut to a width in cells, calls as Python writes them, and columns below each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viz.text import call, cells, columns, cut


@given(st.text(alphabet=st.sampled_from("ab é日本\u0301👩\u200d👧…"), max_size=30), st.integers(2, 12))
def test_what_is_cut_fits_and_is_a_beginning(text: str, width: int) -> None:
    short = cut(text, width)
    assert cells(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(
    st.lists(st.tuples(st.text(alphabet="ab日\u0301", max_size=8), st.text(alphabet="ab日", max_size=8)), min_size=1)
)
def test_columns_begin_or_end_below_each_other(lines: list[tuple[str, str]]) -> None:
    left, right = (max(cells(line[i]) for line in lines) for i in (0, 1))
    for text, (first, second) in zip(columns(lines, right=[1]), lines, strict=True):
        assert text.startswith(first)
        assert text.endswith(second)
        assert not second or cells(text) == left + 2 + right


@pytest.mark.parametrize(
    ("symbol", "inputs", "written"),
    [
        ("-", ["a"], "-a"),
        ("-", ["-2.0"], "-(-2.0)"),
        ("-", ["1e+300"], "-1e+300"),
        ("-", ["#3"], "-#3"),
        ("-", ["w[0]"], "-w[0]"),
        ("-", ["f(a, b)"], "-f(a, b)"),
        ("-", ["a - b"], "-(a - b)"),
        ("-", ["a*b"], "-(a*b)"),
        ("-", ["f(a) - f(b)"], "-(f(a) - f(b))"),
        ("*", ["…"], "… * …"),  # both inputs are left out
        ("*", ["a", "…"], "a * …"),
        ("relu", ["a"], "relu(a)"),
        ("max", ["a", "b"], "max(a, b)"),
        ("+", ["a", "b", "c"], "+(a, b, c)"),
    ],
)
def test_a_call_is_written_as_python_does(symbol: str, inputs: list[str], written: str) -> None:
    assert call(symbol, inputs) == written
