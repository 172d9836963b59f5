"""The page that `--grad-report` writes: every gradient check of a run, and each failure with its graph.

The page is self-contained. It loads no script, font or picture, and a content security policy forbids it. Colours
follow the reader's choice of light or dark. All texts (test ids, node labels, messages) are untrusted, so each passes
through `escaped`. Only pictures are inserted unchanged; they must come from a drawer that escapes its labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autograd_core.text import printable

if TYPE_CHECKING:
    from autograd_core.testing.report import GradReport

MAX_ENTRIES: Final = 50
"""The largest number of entries in the table of one failure; the message above it includes the worst."""


OUTCOMES: Final = ("failed", "error", "caught", "passed")
"""The outcomes of checks in the order of the table."""

DESCRIBED: Final = frozenset({"failed", "error"})
"""The outcomes with a section of their own."""


class Check(NamedTuple):
    """One row of the page.

    Attributes:
        nodeid: the node id of the test in pytest.
        report: the report of the check.
        svg: the graph as one SVG element, or "".
        program: the graph as text, or "".
        times: the number of checks of the same function in the same test; `report` is the worst of them.
        failures: how many of them failed; by default all or none.
        is_caught: whether the failures did not end the test, because it expects them.
        error: the exception that ended the check before it had a result, or "".
    """

    nodeid: str
    report: GradReport
    svg: str = ""
    program: str = ""
    times: int = 1
    failures: int | None = None
    is_caught: bool = False
    error: str = ""

    @property
    def failed(self) -> int:
        """How many of the checks failed."""
        return (0 if self.report.ok else self.times) if self.failures is None else self.failures

    @property
    def outcome(self) -> str:
        """The verdict on the row: a style, and the text in its first column."""
        if self.error:
            return "error"
        return "passed" if self.report.ok else "caught" if self.is_caught else "failed"

    @property
    def badness(self) -> tuple[bool, float]:
        """The sort key of checks, the worst last: whether it failed, then its largest error."""
        worst = self.report.worst
        return not self.report.ok, worst.excess if worst else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data, which can pass between processes."""
        return self._asdict() | {"report": self.report.to_dict()}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Check:
        """Return the row that `to_dict` was called on."""
        from autograd_core.testing.report import GradReport

        kind: type[GradReport] = GradReport
        if "facts" in saved["report"]:
            from autograd_core.testing.rows.op_report import OpReport

            kind = OpReport
        return cls(**{**saved, "report": kind.from_dict(saved["report"])})


def page(checks: Sequence[tuple[str, GradReport, str] | Check]) -> str:
    """Return the page as text.

    Args:
        checks: the checks of the run, as `Check` or as tuples of its first three fields.
    """
    rows = [Check(*check) for check in checks]
    rows.sort(key=lambda row: OUTCOMES.index(row.outcome))
    failures = (_failure(number, row) for number, row in enumerate(rows, 1) if row.outcome in DESCRIBED)
    return "\n".join([_HEAD, *_overview(rows), *failures, _FOOT])


def escaped(text: str) -> str:
    r"""Return `text` as content or attribute of an element; unprintable characters become Python escapes.

    >>> print(escaped("<b> & 'q'\x00\ud800"))
    &lt;b&gt; &amp; &#x27;q&#x27;\x00\ud800
    """
    return escape("\n".join(printable(line, len(line)) for line in text.split("\n")))


def _overview(rows: Sequence[Check]) -> Iterator[str]:
    """Yield the heading, the counts, and one table of all checks."""
    yield f"<h1>Gradient checks</h1>\n<p>{_summary(rows)}</p>"
    if not rows:
        return
    yield '<div class="wide"><table class="checks">'
    yield _head_row("", "test", "function", "checks", "entries", "worst argument", "error / tolerance", "seconds")
    yield "<tbody>"
    yield from (_check_row(number, row) for number, row in enumerate(rows, 1))
    yield "</tbody></table></div>"


def _summary(rows: Sequence[Check]) -> str:
    """Return the numbers of checks with each outcome, and what `caught` means."""
    if not rows:
        return "No gradient was checked in this run."
    counts = dict.fromkeys(OUTCOMES, 0)
    for row in rows:
        counts[row.outcome] += row.failed
        counts["passed"] += row.times - row.failed
    texts = [
        f'<b class="{outcome}">{count:,} {outcome}</b>'
        for outcome, count in counts.items()
        if count or outcome in ("failed", "passed")
    ]
    expected = " Those caught failed in a test that expects it." if counts["caught"] else ""
    return f"{', '.join(texts)}, {sum(row.report.seconds for row in rows):.2f} s.{expected}"


def _check_row(number: int, row: Check) -> str:
    """Return the row of a check in the table of all checks."""
    report = row.report
    worst = report.worst
    test = escaped(row.nodeid)
    if row.outcome in DESCRIBED:
        test = f'<a href="#failure-{number}">{test}</a>'
    times = f"{row.failed:,} of {row.times:,}" if 0 < row.failed < row.times else f"{row.times:,}"
    error = f"{worst.excess:.2g}" if worst else ""
    return (
        f'<tr class="{row.outcome}"><td>{row.outcome}</td><td class="id">{test}</td>'
        f'<td class="name">{escaped(report.function)}<small>{escaped(report.method)}</small></td>'
        f"{_cells([times, f'{len(report.entries):,}'], 'number')}"
        f"{_cells([f'{worst.place}: {worst.verdict}' if worst else ''], 'name')}"
        f"{_cells([error, f'{report.seconds:.3g}'], 'number')}</tr>"
    )


def _failure(number: int, row: Check) -> str:
    """Return the section of one failure: the message, the numbers, and the graph."""
    report = row.report
    parts = [
        f'<section id="failure-{number}">',
        f"<h2>{escaped(row.nodeid)}</h2>",
        f'<pre class="message">{escaped(row.error or str(report))}</pre>',
        *(() if row.error else _numbers(report)),
    ]
    if row.svg:
        caption = "The graph. The op with a wrong local derivative, if known, is framed and marked &#x2717;."
        parts.append(f'<figure class="wide">{row.svg}<figcaption>{caption}</figcaption></figure>')
    if row.program:
        shown = "" if row.svg else " open"
        text = escaped(row.program)
        parts.append(f"<details{shown}><summary>The graph as a program</summary><pre>{text}</pre></details>")
    return "\n".join([*parts, "</section>"])


def _numbers(report: GradReport) -> Iterator[str]:
    """Yield a table of the entries that failed."""
    failures = report.failures
    yield '<div class="wide"><table class="entries">'
    yield _head_row(
        "argument", "verdict", "order<br>mode", "analytic<br>numeric", "left<br>right", "error<br>tolerance"
    )
    yield "<tbody>"
    for entry in failures[:MAX_ENTRIES]:
        pairs = [
            f"{entry.order}\n{entry.mode}",
            f"{entry.analytic!r}\n{entry.numeric!r}",
            f"{entry.left!r}\n{entry.right!r}",
            f"{entry.absolute_error:.3g}\n{entry.tolerance:.3g}",
        ]
        yield f"<tr>{_cells([entry.place, str(entry.verdict)], 'name')}{_cells(pairs, 'number')}</tr>"
    yield "</tbody></table></div>"
    if len(failures) > MAX_ENTRIES:
        yield f"<p>and {len(failures) - MAX_ENTRIES:,} more</p>"


def _head_row(*titles: str) -> str:
    cells = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return f"<thead><tr>{cells}</tr></thead>"


def _cells(texts: Iterable[str], style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    contents = ("<br>".join(map(escaped, text.split("\n"))) for text in texts)
    return "".join(f"<td{kind}>{content}</td>" for content in contents)


_STYLE: Final = """
:root{color-scheme:light dark;--paper:#fff;--text:#1d2329;--faint:#69707a;--line:#d9dde2;--shade:#f5f6f8;--bad:#c22f00;
--good:#00734f;--link:#0067a3}
@media (prefers-color-scheme:dark){:root{--paper:#12161b;--text:#e9edf1;--faint:#98a1ab;--line:#323942;--shade:#1b2128;
--bad:#ff8a5c;--good:#2fc394;--link:#6cc0f0}}
body{margin:0;background:var(--paper);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:75rem;margin:0 auto;padding:1rem 1.5rem 4rem}
h1{font-size:1.6rem;margin:.5rem 0}
h2{font:600 1.05rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere;margin:0 0 .8rem}
h3{font-size:1rem;margin:1rem 0 .3rem}
section{border-top:3px solid var(--bad);margin-top:2.5rem;padding-top:1rem}
a{color:var(--link)}
.wide{overflow:auto}
table{border-collapse:collapse;font-size:.9rem;margin:.8rem 0}
th{text-align:left;color:var(--faint);font-weight:600;white-space:nowrap}
th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.number{font-family:ui-monospace,monospace;white-space:nowrap}
td.id{font-family:ui-monospace,monospace;overflow-wrap:anywhere;min-width:12rem}
td.name{overflow-wrap:anywhere;min-width:6rem}
small{display:block;color:var(--faint)}
tr.caught td:first-child,b.caught{color:var(--faint);font-weight:600}
tr.failed td:first-child,b.failed,tr.error td:first-child,b.error{color:var(--bad);font-weight:600}
tr.passed td:first-child,b.passed{color:var(--good);font-weight:600}
pre{background:var(--shade);border:1px solid var(--line);border-radius:6px;padding:.7rem 1rem;margin:.5rem 0;
overflow:auto;font:13px/1.5 ui-monospace,monospace}
pre.message{white-space:pre-wrap;overflow-wrap:anywhere}
figure{margin:1rem 0}
figcaption{color:var(--faint);font-size:.85rem}
summary{cursor:pointer}
svg .node.suspect .box{stroke:var(--bad);stroke-width:4}
"""

_HEAD: Final = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gradient checks</title>
<style>{_STYLE}</style>
</head>
<body>
<main>"""

_FOOT: Final = """</main>
</body>
</html>
"""
