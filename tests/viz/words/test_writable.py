"""Reports on streams that lack signs: what `print` gets can always be written."""

import sys

import pytest

from autograd_core import Value
from viz import explain, nudge
from viz.text import number


class Stream:
    """The standard output of another encoding; nothing is written to it."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "ascii"])
def test_reports_can_be_written(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a = Value(2.0)
    y = a * a + a
    reports = explain(a, y), nudge(a, 0.125, y)
    monkeypatch.setattr(sys, "stdout", Stream(encoding))
    texts = [*map(str, reports)]
    monkeypatch.undo()
    for text in texts:
        assert text.encode(encoding).decode(encoding) == text
        assert "\\u" not in text
    arrow, times = ("→", "×") if encoding == "utf-8" else ("->", "x" if encoding == "ascii" else "×")
    assert f"2.0 {arrow} 2.125" in texts[1]
    assert f" {times}  d" in texts[0]


def test_names_are_escaped_where_the_stream_lacks_their_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    told = nudge(Value(2.0, label="ω"), 0.125, Value(3.0, label="y"))
    monkeypatch.setattr(sys, "stdout", Stream("ascii"))
    text = str(told)
    monkeypatch.undo()
    assert text.startswith("\\u03c9")


def test_explain_with_swapped_arguments_says_so() -> None:
    x = Value(2.0)
    y = x * x
    assert "x does not depend on y: y depends on x, so write explain(x, y)." in str(explain(y, x))


@pytest.mark.parametrize(("value", "text"), [(1969.0625001, "1969.1"), (-9999.25001, "-9999.3"), (196.90625, "196.9")])
def test_no_number_ends_in_a_point(value: float, text: str) -> None:
    assert number(value) == text
