"""The page of `--grad-report`: its structure, escaped texts, and no external resources."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from autograd_core.testing.pages.html import MAX_ENTRIES, Check, escaped, page
from autograd_core.testing.report import Entry, GradReport, Verdict
from autograd_core.testing.rows.op_report import OpReport
from browser import Browser, needs_chromium

VOID: Final = {"meta", "br"}
WRONG: Final = Entry("x[0]", (0.5,), 1, "rev", -3.0, 3.0, 3.0, 3.0, 1e-6, 1e-5, Verdict.MISMATCH)
RIGHT: Final = replace(WRONG, analytic=3.0 + 5e-6, verdict=Verdict.OK)
EVIL: Final = "<script>alert('&amp;\"')</script>"
SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg"><title>graph</title></svg>'


def report(*entries: Entry, function: str = "loss") -> GradReport:
    return GradReport(function, "central", (("x[0]", 0.5),), entries, 0.25, "check_grads(loss, [0.5])")


class Outline(HTMLParser):
    """Parses a page into tags, attributes and texts; fails if a closed tag was not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag: str) -> list[str]:
        return [text for around, text in self.texts if around == tag]


def test_a_failure_has_a_row_that_leads_to_its_section() -> None:
    outline = Outline(page([("t.py::ok", report(RIGHT), ""), ("t.py::bad", report(WRONG), SVG)]))
    assert outline.inside("h2") == ["t.py::bad"]
    assert ("href", "#failure-1") in outline.attributes
    assert ("id", "failure-1") in outline.attributes
    assert outline.tags.count("svg") == 1
    assert outline.inside("b") == ["1 failed", "1 passed"]
    assert [text for text in outline.inside("td") if text in {"failed", "passed"}] == ["failed", "passed"]


def test_the_message_and_the_numbers_of_a_failure() -> None:
    outline = Outline(page([Check("t", report(WRONG, RIGHT), program="x = 1")]))
    assert outline.inside("pre") == [str(report(WRONG, RIGHT)), "x = 1"]
    assert [text for text in outline.inside("td") if text in {"-3.0", "3.0"}] == ["-3.0", "3.0", "3.0", "3.0"]
    assert "3.000005" not in outline.inside("td"), "what passed is not listed"


def test_the_program_is_open_where_there_is_no_picture() -> None:
    shown, folded = (Outline(page([Check("t", report(WRONG), svg, "x = 1")])) for svg in ("", SVG))
    assert ("open", "") in shown.attributes
    assert ("open", "") not in folded.attributes


def test_the_same_function_checked_often_is_one_row() -> None:
    outline = Outline(page([Check("t", report(RIGHT), times=1234)]))
    assert outline.inside("b") == ["0 failed", "1,234 passed"]
    assert outline.inside("td").count("1,234") == 1


def test_what_failed_and_what_passed_is_counted_one_by_one() -> None:
    rows = [
        Check("t.py::a", report(WRONG), times=10, failures=3),
        Check("t.py::b", report(WRONG), times=5, failures=4, is_caught=True),
        Check("t.py::c", report(RIGHT), times=7),
    ]
    outline = Outline(page(rows[::-1]))
    assert outline.inside("b") == ["3 failed", "4 caught", "15 passed"]
    assert [text for text in outline.inside("td") if text in {"failed", "caught", "passed"}] == [
        "failed",
        "caught",
        "passed",
    ]
    assert {"3 of 10", "4 of 5", "7"} <= set(outline.inside("td"))
    assert outline.tags.count("section") == 1
    assert "caught" not in page(rows[2:]).partition("</style>")[2]


@needs_chromium
def test_the_widest_tables_fit_a_window_of_1100_pixels(browser: Browser, tmp_path: Path) -> None:
    x = -1.2345678901234567e-105
    place = 'params["encoder.layers.0.neurons.12.weight"][31]'
    entry = Entry(place, (0.5,), 2, "rev", x, x, x, x, 1e-6, 1e-5, Verdict.OUTSIDE)
    long = replace(report(entry, function="a_function_with_a_long_name"), method="complex and directions")
    nodeid = "tests/autograd_core/testing/test_check.py::TestSecondOrder::test_that_has_a_long_name[case-1]"
    file = tmp_path / "page.html"
    rows = [Check(nodeid, long, times=123456, failures=23456), Check(nodeid, report(RIGHT), times=123456)]
    file.write_text(page(rows), encoding="utf-8")
    tab = browser.open(file, width=1100)
    parts = "[document.documentElement, ...document.querySelectorAll('.wide')]"
    assert tab.run(f"{parts}.map(part => part.scrollWidth - part.clientWidth)") == [0, 0, 0]
    tab.close()


def test_error_as_a_multiple_of_the_tolerance() -> None:
    assert "0.5" in Outline(page([("t", report(RIGHT), "")])).inside("td")
    assert WRONG.excess == pytest.approx(6e5)
    assert replace(WRONG, analytic=float("nan")).excess == float("inf")
    assert replace(WRONG, tolerance=0.0).excess == float("inf")
    assert replace(WRONG, analytic=3.0, tolerance=0.0).excess == 0.0


def test_a_failure_is_worse_than_any_error_that_passed() -> None:
    at_a_kink = Check("t", report(replace(WRONG, analytic=1e9, verdict=Verdict.KINK, accepted=True)))
    assert Check("t", report(WRONG)).badness > at_a_kink.badness > Check("t", report(RIGHT)).badness
    assert Check("t", report()).badness == (False, 0.0)


@pytest.mark.parametrize("checks", [[], [("t", report(RIGHT), "")], [("t", report(WRONG), SVG)]])
def test_nothing_comes_from_elsewhere(checks: list[tuple[str, GradReport, str]]) -> None:
    text = page(checks)
    outline = Outline(text)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(outline.tags)
    assert all(value.startswith("#") for name, value in outline.attributes if name in {"href", "src", "srcset"})
    assert not re.search(r"url\(|@import|@font-face", text)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in outline.attributes


def test_light_and_dark() -> None:
    [style] = Outline(page([])).inside("style")
    light, dark = style.split("prefers-color-scheme:dark")
    used = set(re.findall(r"var\((--\w+)\)", style))
    defined = [set(re.findall(r"(--\w+):", part.partition("}")[0])) for part in (light, dark)]
    assert used == defined[0] == defined[1]


def test_nothing_was_checked() -> None:
    assert Outline(page([])).inside("p") == ["No gradient was checked in this run."]


def test_foreign_text_stays_text() -> None:
    entry = replace(WRONG, place=EVIL, mode=EVIL, hint=EVIL, suspect=EVIL)
    odd = replace(report(entry, function=EVIL), method=EVIL, reproduce=EVIL)
    for checks in ([Check(EVIL, odd, "", EVIL)], [Check(EVIL, report(RIGHT, function=EVIL))]):
        outline = Outline(page(checks))
        assert "script" not in outline.tags
        assert not [name for name, _ in outline.attributes if name.startswith("on")]
        assert EVIL in outline.inside("td") + outline.inside("h2")


def test_what_cannot_be_written_is_escaped() -> None:
    assert escaped("a\x00\x1b\ud800\u202e\nß") == "a\\x00\\x1b\\ud800\\u202e\nß"
    page([Check("\ud800", report(WRONG), program="\ud800")]).encode("utf-8")


def test_long_lists_are_cut_and_counted() -> None:
    outline = Outline(page([("t", report(*[WRONG] * (MAX_ENTRIES + 7)), "")]))
    assert "and 7 more" in outline.inside("p")
    assert outline.inside("td").count("rev") == MAX_ENTRIES


def test_the_report_of_an_op_travels_with_its_facts() -> None:
    op = OpReport("size", "row", (), (), 0.0, "check_op(size)", facts=("has a kink at 0",))
    there = Check.from_dict(json.loads(json.dumps(Check("t", op).to_dict())))
    assert there.report == op
    assert there.outcome == "failed"


def test_a_row_travels_as_plain_data() -> None:
    check = Check("t", report(replace(WRONG, left=float("-inf"))), SVG, "x = 1", 3)
    assert Check.from_dict(json.loads(json.dumps(check.to_dict(), allow_nan=False))) == check
