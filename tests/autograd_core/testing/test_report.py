"""Reports: their counts, text and JSON; and the paths of numbers in arguments."""

import copy
import json
import math
import pickle
import re
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core.testing
from autograd_core import InputError, Value, exp
from autograd_core.testing import GradientMismatch, GradientUnverified, GradReport, Verdict, check_grads, check_op
from autograd_core.testing.checking.source import source_of
from autograd_core.testing.report import Entry
from autograd_core.testing.trees.argument_paths import argument_names, number_at, paths
from autograd_core.testing.trees.flat_function import results_of
from autograd_core.transforms.trees import flatten

NAN = math.nan
GOOD = Entry("x", (0.1,), 1, "rev", 2.0, 2.0, NAN, NAN, 0.0, 1e-9, Verdict.OK)
BAD = Entry(
    'p["w"][3]', (0.1,), 2, "rev", 2.0, 3.0, 2.5, 3.5, 1e-6, 1e-5, Verdict.MISMATCH, "a hint", "tanh, input 0", "[1]"
)
KINK = replace(GOOD, verdict=Verdict.KINK, left=0.0, right=4.0, accepted=True)


def report_of(*entries: Entry) -> GradReport:
    return GradReport("f", "central", (("x", 0.1),), entries, 0.5, "check_grads(f, 0.1)")


def test_a_report_is_true_if_every_entry_passed() -> None:
    assert report_of()
    assert report_of(GOOD, KINK)
    assert not report_of(GOOD, BAD)
    assert report_of(GOOD, BAD, BAD).failures == (BAD, BAD)


def test_the_worst_entry() -> None:
    assert report_of().worst is None
    assert report_of(GOOD, BAD, KINK).worst is BAD
    lost = replace(GOOD, analytic=NAN, verdict=Verdict.MISMATCH)
    unknown = replace(GOOD, numeric=NAN, verdict=Verdict.NAN)
    assert report_of(BAD, lost).worst is lost
    assert report_of(unknown, BAD).worst is BAD
    assert report_of(GOOD, unknown).worst is unknown
    near = replace(GOOD, numeric=2.0 + 1e-10)
    assert report_of(GOOD, near).worst is near


def test_errors() -> None:
    assert (BAD.absolute_error, BAD.relative_error) == (1.0, 1 / 3)
    infinite = replace(GOOD, analytic=math.inf, numeric=math.inf)
    assert (infinite.absolute_error, infinite.relative_error) == (0.0, 0.0)
    nothing = replace(GOOD, analytic=0.0, numeric=0.0)
    assert nothing.relative_error == 0.0


class Printer:
    """As much of IPython's printer as a report uses."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.output_width = self.buffer_width = 0
        self.max_width = 79
        self.lines = [""]

    def text(self, text: str) -> None:
        self.lines[-1] += text

    def break_(self) -> None:
        self.lines.append("")


def shown(report: GradReport) -> list[str]:
    """The lines that IPython shows."""
    printer = Printer()
    report._repr_pretty_(printer, False)
    return printer.lines


def test_at_a_prompt_a_report_is_one_line_above_a_table() -> None:
    assert (
        repr(report_of(GOOD)) == "GradReport(the gradient of f agrees: 1 comparison by central; largest error 0 at x)"
    )
    assert shown(report_of(GOOD, replace(GOOD, mode="fwd"))) == [
        "GradReport(the gradient of f agrees: 2 comparisons by central; largest error 0 at x)",
        "argument  at   derivative          analytic  numeric  error  verdict",
        "x         0.1  first, rev and fwd  2.0       2.0      0      ok",
    ]
    assert shown(report_of()) == ["GradReport(the gradient of f agrees: 0 comparisons by central)"]


def test_a_failed_report_shows_the_failures_first() -> None:
    report = report_of(GOOD, BAD)
    line, _, first, second = shown(report)
    assert line == "GradReport(" + report.summary + "; 1 of 2 comparisons by central failed)"
    assert first.startswith('p["w"][3] of [1]')
    assert first.endswith("mismatch")
    assert second.endswith("ok")


def test_the_table_of_many_comparisons_is_cut() -> None:
    entries = [replace(GOOD, place=f"x[{index}]") for index in range(30)]
    lines = shown(report_of(*entries, BAD))
    assert len(lines) == 2 + 20 + 1
    assert lines[2].startswith("p[")
    assert lines[-1] == "and 11 more"


def test_a_notebook_shows_the_same_table() -> None:
    page = report_of(GOOD, replace(GOOD, place="<x>"))._repr_html_()
    assert page.count("<tr>") == 3
    assert "&lt;x&gt;" in page
    assert "GradReport(the gradient of f agrees: " in page
    assert "<tr>" not in report_of()._repr_html_()


def test_the_report_of_an_op_is_short_too() -> None:
    report = check_op(exp, points=3, rng=0)
    line, head, *rows = shown(report)
    assert re.fullmatch(r"OpReport\(exp is right: \d+ comparisons with mathematics\)", line)
    assert head.split()[:2] == ["points", "number"]
    assert len(rows) == len(report.lines)


def test_what_a_failure_prints() -> None:
    text = str(report_of(BAD, replace(BAD, mode="fwd"), GOOD))
    assert (
        text
        == """\
the gradient of f disagrees in 2 of 3 comparisons by central

  argument  p["w"][3], for the result [1]
  at        0.1 = 0x1.999999999999ap-4
  verdict   mismatch
  analytic  2.0 (second derivative, rev and fwd)
  numeric   3.0 (step 1e-06)
  sides     left 2.5, right 3.5
  error     1, relative 0.333; allowed 1e-05
  hint      a hint
  op        tanh, input 0

  reproduce check_grads(f, 0.1)"""
    )


def test_many_failures_are_counted() -> None:
    text = str(report_of(*[replace(BAD, place=f"x[{i}]") for i in range(8)]))
    assert text.count("argument") == 5
    assert "and 3 more" in text


def test_the_entry_that_the_summary_names_is_printed() -> None:
    entries = [replace(BAD, place=f"x[{i}]", numeric=3.0 + (i == 7)) for i in range(9)]
    for modes in ([entries[7]], [replace(entries[7], mode="fwd"), entries[7]]):
        report = report_of(*entries[:7], *modes, entries[8])
        assert "of f in x[7]" in report.summary
        text = str(report)
        assert re.findall(r"argument  (x\[\d\])", text) == ["x[0]", "x[1]", "x[2]", "x[3]", "x[7]"]
        assert "and 4 more" in text
        assert ("fwd and rev" in text) == (len(modes) > 1)


def test_what_a_success_prints() -> None:
    assert str(report_of(GOOD)) == "the gradient of f agrees: 1 comparison by central; largest error 0 at x"
    assert "1 at a kink or jump" in str(report_of(GOOD, KINK))
    assert "left 0.0, right 4.0" in str(report_of(GOOD, KINK))


NUMBERS = st.floats(allow_nan=False)
ENTRIES = st.builds(
    Entry,
    st.text(),
    st.tuples(NUMBERS) | st.just(()),
    st.integers(1, 3),
    st.sampled_from(["rev", "fwd", "grad"]),
    *[NUMBERS] * 6,
    st.sampled_from(Verdict),
    st.text(),
    st.text(),
    st.text(),
    st.booleans(),
)


@given(st.lists(ENTRIES, max_size=3))
def test_json_there_and_back(entries: list[Entry]) -> None:
    report = report_of(*entries)
    assert GradReport.from_dict(json.loads(report.to_json())) == report


def test_json_keeps_nan() -> None:
    again = GradReport.from_dict(json.loads(report_of(GOOD).to_json()))
    assert math.isnan(again.entries[0].left)
    assert again.entries[0].verdict is Verdict.OK


def test_a_mismatch_survives_pickling_without_its_graph() -> None:
    error = GradientMismatch(report_of(BAD), Value(1.0))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert again.report == error.report
        assert str(again) == str(error)
        assert again.graph is None
    assert isinstance(error, AssertionError)


def test_the_graph_of_a_mismatch() -> None:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: exp(x) * x.data, 1.0)
    assert caught.value.graph.op.name == "mul"


@dataclass
class Line:
    slope: Any
    offset: Any


Pair = namedtuple("Pair", "first second")  # noqa: PYI024 - the type at hand is the subject


def test_names_of_places() -> None:
    tree = {
        "w": [1.0, (2.0,)],
        3: Line(Value(4.0), np.ones((2, 2))),
        'a"b': np.array(5.0),
        "e": [],
        "p": Pair(6.0, 7.0),
    }
    found = paths({"params": tree, "x": 8})
    assert found == [
        'params["w"][0]', 'params["w"][1][0]', "params[3].slope", "params[3].offset[0, 0]", "params[3].offset[0, 1]",
        "params[3].offset[1, 0]", "params[3].offset[1, 1]", 'params["a\\"b"]', 'params["p"][0]', 'params["p"][1]', "x",
    ]  # fmt: skip
    assert len(found) == len(flatten(tree)) + 1
    assert number_at({"params": tree}, 'params["w"][1][0]') == 2.0
    for name, number in zip(found[:-1], flatten(tree), strict=True):
        assert eval(name, {"params": tree}) is number or eval(name, {"params": tree}) == number  # noqa: S307 - places
    with pytest.raises(InputError, match="such as"):
        number_at({"params": tree}, "y")


def test_names_of_arguments() -> None:
    def f(a: Any, /, b: Any, *rest: Any, c: Any = 0) -> None: ...

    assert argument_names(f, 4) == ["a", "b", "rest[0]", "rest[1]"]
    assert argument_names(exp, 1) == ["x"]
    assert argument_names(max, 2) == ["argument 0", "argument 1"]


class Tensor:
    """An object with the interface of an array of another package."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.asarray(numbers)
        self.is_attached = True

    def detach(self) -> "Tensor":
        self.is_attached = False
        return self

    def cpu(self) -> "Tensor":
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.is_attached:
            raise RuntimeError("call detach first")
        return self.numbers


def test_results_of_other_packages() -> None:
    assert results_of(Tensor(2.0)) == [(2.0, "")]
    assert results_of({"a": Tensor([1.0, 2.0]), "b": [3.0]}) == [
        (1.0, '["a"][0]'),
        (2.0, '["a"][1]'),
        (3.0, '["b"][0]'),
    ]
    assert check_grads(lambda v: Tensor(np.sum(v**2)), np.array([1.0, 2.0]), grad=lambda v: Tensor(2 * v)).ok


def test_source_of_arguments() -> None:
    tree = {"a": [1, (0.1,)], "b": Line(Value(2.0), np.array([[0.5]])), "c": Pair(math.inf, 3.0)}
    assert source_of(tree) == (
        "{'a': [1, (float.fromhex('0x1.999999999999ap-4'),)], 'b': Line(slope=2.0, offset=numpy.array([[0.5]])), "
        "'c': Pair(first=float.fromhex('inf'), second=3.0)}"
    )


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, autograd_core.testing as t; assert t.check_grads and t.Verdict;"
        "print([m for m in ('mpmath', 'hypothesis', 'pytest', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, encoding="utf-8", check=False)
    if "No module named 'autograd_core" in done.stderr:
        pytest.skip("the package is not installed here")
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_an_unknown_name_is_in_the_message() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        getattr(autograd_core.testing, "nothing_like_it")  # noqa: B009 - asking is the test


def test_numbers_that_mean_nothing_are_not_shown() -> None:
    with pytest.raises(GradientUnverified) as caught:
        check_grads(lambda x: math.tanh(x * 1e20), 0.0, grad=lambda x: 1e20)
    text = str(caught.value)
    assert "numeric   unknown" in text
    assert "inf" not in text
    assert "nan" not in text
