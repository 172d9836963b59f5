"""The plugin for pytest: the fixture `check_grads`, the mark `gradcheck`, and pictures of what failed.

pytest loads this file at the start of every run, also of suites that never check a gradient, so it imports nothing
that pytest has not loaded already; all else is imported by the functions that need it.

    @pytest.mark.gradcheck(order=2)
    def test_loss(check_grads):
        check_grads(loss, weights)

A `GradientMismatch` that ends a test, whoever called the checker, gets a section in pytest's report: the graph as a
program, which after Hypothesis has shrunk it is short, and the path of its picture. With `--grad-report=FILE.html` all
checks of the run stand on one page. What a page needs travels in the test reports as plain data, so that it arrives
also from the workers of pytest-xdist.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import pytest

if TYPE_CHECKING:
    from autograd_core import Value
    from autograd_core.testing.html import Check
    from autograd_core.testing.report import GradientMismatch, GradReport

OPTIONS: Final = ("order", "rtol", "atol", "method", "kinks")
"""What the mark can set."""

MAX_NODES: Final = 80
"""Most nodes in a picture: about a screenful, and 150 kB of a page."""

SECTION: Final = "gradient check"

_FOUND: Final = pytest.StashKey["dict[str, Check]"]()
"""What was checked in a test: for each function the worst of its checks."""

_RUNNING: Final = pytest.StashKey[pytest.Item]()


# ---- What pytest calls -----------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.getgroup("gradient checks").addoption(
        "--grad-report",
        metavar="FILE.html",
        help="write a page with all gradient checks of the run, and the graph of each that failed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and have the page written where the tests are counted: not in a worker of pytest-xdist."""
    config.addinivalue_line(
        "markers", f"gradcheck({'=, '.join(OPTIONS)}=): what the fixture check_grads is called with"
    )
    name = config.getoption("grad_report")
    if name is None or hasattr(config, "workerinput"):
        return
    from autograd_core.files import check_writable

    file = config.invocation_params.dir / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_writable(file)
    except OSError as error:
        raise pytest.UsageError(f"--grad-report: cannot write {name}: {error.strerror}") from None
    config.pluginmanager.register(Page(file), "autograd_core-page")


@pytest.fixture(scope="session")
def check_grads(request: pytest.FixtureRequest) -> Callable[..., GradReport]:
    """Check gradients: `autograd_core.testing.check_grads`, with the arguments of the mark `gradcheck` as defaults.

    It lives as long as the session, because Hypothesis refuses fixtures that are made anew for each test.
    """
    from autograd_core.testing.check import check_grads as check
    from autograd_core.testing.html import Check

    config = request.config

    @wraps(check)
    def checked(f: Callable[..., Any], /, *args: Any, **options: Any) -> GradReport:
        __tracebackhide__ = True
        item = config.stash[_RUNNING]
        report = check(f, *args, **_defaults(item) | options)
        _keep(item, Check(item.nodeid, report))
        return report

    return checked


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs, for the fixture."""
    item.config.stash[_RUNNING] = item


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach to the report of a test what was found in it."""
    report = yield
    if report.failed and call.excinfo is not None:
        for error in _mismatches(call.excinfo.value):
            _attach(item, report, error)
    if call.when == "teardown" and _FOUND in item.stash and item.config.getoption("grad_report"):
        report.gradient_checks = [check.to_dict() for check in item.stash[_FOUND].values()]
        del item.stash[_FOUND]
    return report


# ---- The page --------------------------------------------------------------------------------------------------------


class Page:
    """The page that `--grad-report` asks for: collects what the tests report, and writes it at the end.

    Whether it can be written is tried before the run. If it cannot be after all, that is told at the end, and a run
    that would have ended well then ends with the status of a wrong option: whoever looks for the page should not have
    to find out by himself.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows: list[dict[str, Any]] = []
        self._problem = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a test attached to its report."""
        self._rows += getattr(report, "gradient_checks", ())

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page."""
        from autograd_core.files import write_atomically
        from autograd_core.testing.html import Check, page

        text = page([Check.from_dict(row) for row in self._rows])
        try:
            write_atomically(self._file, text.encode())
        except OSError as error:
            self._problem = f"--grad-report: cannot write {self._file}: {error.strerror}"
            session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR
            if not session.config.pluginmanager.has_plugin("terminalreporter"):
                sys.stderr.write(f"{self._problem}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the page is, or why there is none."""
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
        else:
            terminalreporter.write_sep("-", f"gradient checks: {self._file}")


# ---- What is found in a test -----------------------------------------------------------------------------------------


def _defaults(item: pytest.Item) -> dict[str, Any]:
    """The arguments that the marks of a test give; a mark of the function wins over one of its class or module."""
    given: dict[str, Any] = {}
    for mark in reversed([*item.iter_markers("gradcheck")]):
        wrong = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in OPTIONS)]
        if wrong:
            pytest.fail(f"the mark gradcheck takes {'=, '.join(OPTIONS)}=; got {', '.join(wrong)}", pytrace=False)
        given |= mark.kwargs
    return given


def _mismatches(error: BaseException) -> Iterator[GradientMismatch]:
    """The mismatches in an error; Hypothesis raises a group if it found several."""
    module = sys.modules.get("autograd_core.testing.report")
    if module is None:
        return  # without its module there is no mismatch
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _mismatches(part)
    elif isinstance(error, module.GradientMismatch):
        yield error


def _attach(item: pytest.Item, report: pytest.TestReport, error: GradientMismatch) -> None:
    """Add to the report of a failed test the graph that was checked, as text and as a picture."""
    from autograd_core.testing.html import Check
    from autograd_core.testing.listing import listing

    program = svg = ""
    if error.graph is not None:
        program = listing(error.graph, _suspect(error))
        svg, where = _picture(item, error)
        report.sections.append((SECTION, f"{program}\n\n{where}".rstrip()))
    _keep(item, Check(item.nodeid, error.report, svg, program))


def _keep(item: pytest.Item, check: Check) -> None:
    """Count a check, and keep the worst of each function."""
    found = item.stash.setdefault(_FOUND, {})
    before = found.get(check.report.function)
    if before is None:
        found[check.report.function] = check
    else:
        worst = max(before, check, key=lambda each: each.badness)
        found[check.report.function] = worst._replace(times=before.times + check.times)


# ---- Pictures --------------------------------------------------------------------------------------------------------


def _suspect(error: GradientMismatch) -> Value | None:
    """The node whose own rule disagrees: the deepest one of the op, and of the line if that is known, that is named."""
    from autograd_core import topological_order

    named = next((entry.suspect for entry in error.report.failures if entry.suspect), "")
    op = named.partition(",")[0]
    nodes = [node for node in topological_order(error.graph) if node.op is not None and node.op.name == op]
    on_its_line = [node for node in nodes if node.origin and node.origin in named]
    return next(iter(on_its_line or nodes), None)


def _picture(item: pytest.Item, error: GradientMismatch) -> tuple[str, str]:
    """The picture, and a remark on where it was saved; a picture that fails must not hide the failure of the test."""
    try:
        svg = _drawn(error)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the message of the test matters more
        return "", f"the graph could not be drawn: {type(problem).__name__}: {problem}"
    return svg, _saved(item, svg)


def _drawn(error: GradientMismatch) -> str:
    """The graph as SVG, its suspect framed; of a large graph the part nearest the suspect, which else might be missing.

    No variable here holds a Value, because `draw` would take its name for the node.
    """
    from autograd_core.companions import check
    from autograd_core.testing.listing import MARK

    check("viz")
    from viz import draw

    with _marked(_suspect(error), MARK) as mark:
        svg = draw(error.graph, max_nodes=MAX_NODES).svg
        if mark not in svg:
            svg = draw(_suspect(error), max_nodes=MAX_NODES).svg  # type: ignore[arg-type]
    return re.sub(rf'(<g class="node \w+)((?: bad)?"[^>]*><title>{MARK})', r"\1 suspect bad\2", svg)


@contextmanager
def _marked(node: Value | None, mark: str) -> Iterator[str]:
    """Put a mark on the label of a node for a while; what is yielded stands in every picture that shows the node."""
    if node is None:
        yield ""
        return
    label = node.label
    node.label = f"{mark} {label}".rstrip()
    try:
        yield mark
    finally:
        node.label = label


def _saved(item: pytest.Item, svg: str) -> str:
    """Save a picture in pytest's cache, where the next run of the same test replaces it, and return a remark on it."""
    if not hasattr(item.config, "cache"):
        return ""  # the user has switched the cache off
    from autograd_core.files import write_atomically

    name = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', item.nodeid)[-100:]}-{crc32(item.nodeid.encode()):08x}.svg"
    try:
        file = item.config.cache.mkdir("gradcheck") / name
        write_atomically(file, svg.encode())
    except OSError as error:
        return f"the picture could not be saved: {error}"
    return f"picture: {file}"
