"""The pytest plugin: the fixture `check_grads`, the marker `gradcheck`, and pictures of failures.

pytest loads this module at the start of every run, even in test suites without gradient checks. So it imports only
modules that pytest has loaded already; the functions import the rest.

    @pytest.mark.gradcheck(order=2)
    def test_loss(check_grads):
        check_grads(loss, weights)

A `GradientMismatch` that ends a test, from the fixture, `check_grads` or `check_op`, is the verdict in the line of the
test in the summary, and adds a section to the report of pytest: the graph as a program (short, after Hypothesis has
shrunk it), and the path of its picture. Frames of this package below a check are not shown, unless by `--full-trace`.

The option `--grad-report=FILE.html` collects all checks of the run on one page, also those that passed, those that
failed in a test that expects it, and those that an exception has ended. The data of the page is plain data in the test
reports, so it also arrives from the workers of pytest-xdist; only the checks that a worker makes while it imports test
files do not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from traceback import format_exception_only, walk_tb
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import pytest

if TYPE_CHECKING:
    from autograd_core import Value
    from autograd_core.testing.pages.html import Check
    from autograd_core.testing.report import GradientMismatch, GradReport

OPTIONS: Final = ("order", "rtol", "atol", "method", "kinks")
"""The keyword arguments of the marker."""

MAX_NODES: Final = 80
"""The largest number of nodes in a picture: about one screen, and 150 kB on the page."""

SECTION: Final = "gradient check"

_FOUND: Final = pytest.StashKey["dict[str, Check]"]()
"""The checks of a test: the worst for each function."""

_RUNNING: Final = pytest.StashKey["pytest.Item | pytest.Collector"]()
"""What makes checks now: a test, or the file of tests that is imported."""

CHECKS: Final = ("autograd_core.testing.check", "autograd_core.testing.rows.op_check")
"""The modules whose frames show that an exception arose in a check."""


# ---- What pytest calls -----------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.getgroup("gradient checks").addoption(
        "--grad-report",
        metavar="FILE.html",
        help="write a page with all gradient checks of the run, and the graph of each that failed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, listen to checks, and register the page.

    The workers of pytest-xdist have no page; they report to the controller.
    """
    config.addinivalue_line(
        "markers", f"gradcheck({'=, '.join(OPTIONS)}=): what the fixture check_grads is called with"
    )
    name = config.getoption("grad_report")
    if name is None:
        return
    _listen(config)
    if hasattr(config, "workerinput"):
        return
    from autograd_core.files import check_writable
    from autograd_core.paths import ENDINGS

    if not name.lower().endswith(tuple(ENDINGS["page"])):  # else the page might replace a file of tests
        endings = " or ".join(ENDINGS["page"])
        raise pytest.UsageError(
            f"--grad-report: expected the page to write, ending in {endings}, got {name!r}; use --grad-report=page.html"
        )
    file = config.invocation_params.dir / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        check_writable(file)
    except OSError as error:
        raise pytest.UsageError(f"--grad-report: cannot write {name}: {error.strerror}") from None
    config.pluginmanager.register(Page(file), "autograd_core-page")


@pytest.fixture(scope="session")
def check_grads(request: pytest.FixtureRequest) -> Callable[..., GradReport]:
    """Check gradients: `autograd_core.testing.check_grads`, with the arguments of the marker `gradcheck` as defaults.

    The scope is the session, because Hypothesis rejects function-scoped fixtures.
    """
    from autograd_core.testing.check import check_grads as check

    config = request.config

    @wraps(check)
    def checked(f: Callable[..., Any], /, *args: Any, **options: Any) -> GradReport:
        """Check gradients with the arguments of the marker."""
        __tracebackhide__ = True
        return check(f, *args, **_defaults(config.stash[_RUNNING]) | options)

    return checked


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Store the running test for the fixture and the page."""
    item.config.stash[_RUNNING] = item


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Attach the checks that were made while a file of tests was imported."""
    collector.config.stash[_RUNNING] = collector
    report = yield
    _hand_over(collector, report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Attach the checks of a test to its report."""
    stopped = [] if call.excinfo is None else [*_stopped(item, call.excinfo.value)]
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        _hide_library(call.excinfo.value)
    report = yield
    if report.failed and call.excinfo is not None:
        for check in stopped:
            _keep(item, check)
        errors = [*_mismatches(call.excinfo.value)]
        for error in errors:
            _attach(item, report, error)
        _summarise(report, [error.report.summary for error in errors])
    if call.when == "teardown":
        _hand_over(item, report)
    return report


# ---- The page --------------------------------------------------------------------------------------------------------


class Page:
    """The page of `--grad-report`: collects the reports of the tests, and writes the page at the end.

    The plugin checks before the run that the file is writable. If writing fails nevertheless, the summary says so, and
    a run without failures exits with `USAGE_ERROR`, so that a missing page is not overlooked.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows: list[dict[str, Any]] = []
        self._problem = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the checks that are attached to the report of a test."""
        self._rows += getattr(report, "gradient_checks", ())

    pytest_collectreport = pytest_runtest_logreport

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page."""
        from autograd_core.files import write_atomically
        from autograd_core.testing.pages.html import Check, page

        text = page([Check.from_dict(row) for row in self._rows])
        try:
            write_atomically(self._file, text.encode())
        except OSError as error:
            self._problem = f"--grad-report: cannot write {self._file}: {error.strerror}"
            session.exitstatus = session.exitstatus or pytest.ExitCode.USAGE_ERROR
            if not session.config.pluginmanager.has_plugin("terminalreporter"):
                sys.stderr.write(f"{self._problem}\n")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the path of the page, or the reason why there is none."""
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
        else:
            terminalreporter.write_sep("-", f"gradient checks: {self._file}")


# ---- What is found in a test -----------------------------------------------------------------------------------------


def _listen(config: pytest.Config) -> None:
    """Count every check of this run."""
    from autograd_core.testing.pages.html import Check
    from autograd_core.testing.report import LISTENERS

    def listener(report: GradReport) -> None:
        """Count a check for the test that makes it; until it ends the test, a failure is taken to be expected."""
        if (node := config.stash.get(_RUNNING, None)) is not None:
            _keep(node, Check(node.nodeid, report, failures=int(not report.ok), is_caught=not report.ok))

    LISTENERS.append(listener)
    config.add_cleanup(lambda: LISTENERS.remove(listener))


def _hand_over(node: pytest.Item | pytest.Collector, report: pytest.TestReport | pytest.CollectReport) -> None:
    """Move the checks of a test, or of a file of tests, to its report."""
    if _FOUND in node.stash:
        report.gradient_checks = [check.to_dict() for check in node.stash[_FOUND].values()]  # type: ignore[union-attr]
        del node.stash[_FOUND]


def _defaults(item: pytest.Item | pytest.Collector) -> dict[str, Any]:
    """Return the arguments of the markers of a test; those of a function override those of its class or module."""
    given: dict[str, Any] = {}
    for mark in reversed([*item.iter_markers("gradcheck")]):
        wrong = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in OPTIONS)]
        if wrong:
            pytest.fail(f"the marker gradcheck takes {'=, '.join(OPTIONS)}=; got {', '.join(wrong)}", pytrace=False)
        given |= mark.kwargs
    return given


def _mismatches(error: BaseException) -> Iterator[GradientMismatch]:
    """Yield the mismatches in an exception; Hypothesis raises a group for several."""
    module = sys.modules.get("autograd_core.testing.report")
    if module is None:
        return  # no check has run
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _mismatches(part)
    elif isinstance(error, module.GradientMismatch):
        yield error


def _stopped(item: pytest.Item, error: BaseException) -> Iterator[Check]:
    """Yield the checks that an exception has ended before they had a result, for the page."""
    if not item.config.getoption("grad_report") or any(each is error for each in _mismatches(error)):
        return
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _stopped(item, part)
    calls = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_globals.get("__name__") in CHECKS]
    if calls:
        from autograd_core.testing.pages.html import Check
        from autograd_core.testing.report import GradReport
        from autograd_core.testing.trees.flat_function import name_of

        checked = calls[0].f_locals[calls[0].f_code.co_varnames[0]]  # the function or op, its first argument
        report = GradReport(name_of(checked), "", (), (), 0.0, "")
        yield Check(item.nodeid, report, failures=1, error="".join(format_exception_only(error)).strip())


def _attach(item: pytest.Item, report: pytest.TestReport, error: GradientMismatch) -> None:
    """Add the checked graph to the report of a failed test, as text and as a picture."""
    from autograd_core.testing.pages.html import Check
    from autograd_core.testing.pages.listing import listing

    program = svg = ""
    if error.graph is not None:
        program = listing(error.graph, _suspect(error))
        svg, where = _picture(item, error)
        report.sections.append((SECTION, f"{program}\n\n{where}".rstrip()))
    if item.config.getoption("grad_report"):
        counted = item.stash.get(_FOUND, {}).get(error.report.function) is not None
        times = 0 if counted else 1
        _keep(item, Check(item.nodeid, error.report, svg, program, times, failures=times))


def _keep(node: pytest.Item | pytest.Collector, check: Check) -> None:
    """Count a check, and keep the worst one of each function: first of all one that ended a test."""
    from autograd_core.testing.pages.html import DESCRIBED

    found = node.stash.setdefault(_FOUND, {})
    before = found.get(check.report.function)
    if before is not None:
        worst = max(check, before, key=lambda each: (each.outcome in DESCRIBED, each.badness))
        check = worst._replace(times=before.times + check.times, failures=before.failed + check.failed)
    found[check.report.function] = check


def _summarise(report: pytest.TestReport, verdicts: Sequence[str]) -> None:
    """Make the verdict the message of a failed test, which stands in its line of the summary."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if verdicts and crash is not None:
        crash.message = verdicts[0] + (f"; and {len(verdicts) - 1} more" if len(verdicts) > 1 else "")


def _hide_library(error: BaseException) -> None:
    """Take the frames of this package out of the traceback of an exception that arose in a check.

    They stay if the package raises an exception that it does not mean to raise.
    Frames of compiled modules have no local variables, so `__tracebackhide__` cannot hide them.
    """
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        _hide_library(part)
    frames = []
    entry = error.__traceback__
    while entry is not None:
        frames.append(entry)
        entry = entry.tb_next
    modules = [frame.tb_frame.f_globals.get("__name__", "") for frame in frames]
    ours = [name.partition(".")[0] == "autograd_core" for name in modules]
    is_defect = any(ours[-1:]) and type(error).__module__.partition(".")[0] != "autograd_core"
    if not set(CHECKS).isdisjoint(modules) and not is_defect:
        shown = [frame for frame, is_ours in zip(frames, ours, strict=True) if not is_ours]
        for frame, following in zip(shown, [*shown[1:], None], strict=False):
            frame.tb_next = following


# ---- Pictures --------------------------------------------------------------------------------------------------------


def _suspect(error: GradientMismatch) -> Value | None:
    """Return the node with a wrong local derivative: the first of the named op, on the named line if there is one."""
    from autograd_core import topological_order

    named = next((entry.suspect for entry in error.report.failures if entry.suspect), "")
    op = named.partition(",")[0]
    nodes = [node for node in topological_order(error.graph) if node.op is not None and node.op.name == op]
    on_its_line = [node for node in nodes if node.origin and node.origin in named]
    return next(iter(on_its_line or nodes), None)


def _picture(item: pytest.Item, error: GradientMismatch) -> tuple[str, str]:
    """Return the picture and a line with its path; an error in drawing must not hide the failure of the test."""
    try:
        svg = _drawn(error)
    except Exception as problem:  # noqa: BLE001 - any error here matters less than the failure of the test
        return "", f"the graph could not be drawn: {type(problem).__name__}: {problem}"
    return svg, _saved(item, svg)


def _drawn(error: GradientMismatch) -> str:
    """Return the graph as SVG with its suspect framed; of a large graph the part that contains the suspect.

    No variable here holds a Value, because `draw` labels nodes by the variables of its caller.
    """
    from autograd_core.companions import check
    from autograd_core.testing.pages.listing import MARK

    check("viz")
    from viz import draw

    with _marked(_suspect(error), MARK) as mark:
        svg = draw(error.graph, max_nodes=MAX_NODES).svg
        if mark not in svg:
            svg = draw(_suspect(error), max_nodes=MAX_NODES).svg  # type: ignore[arg-type]
    return re.sub(rf'(<g class="node \w+)((?: bad)?"[^>]*><title>{MARK})', r"\1 suspect bad\2", svg)


@contextmanager
def _marked(node: Value | None, mark: str) -> Iterator[str]:
    """Add a mark to the label of a node within the context, and yield the text that its pictures contain."""
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
    """Save a picture in the cache of pytest, and return its path or error; the next run of the test replaces it."""
    if not hasattr(item.config, "cache"):
        return ""  # the cache plugin is disabled
    from autograd_core.files import write_atomically

    name = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', item.nodeid)[-100:]}-{crc32(item.nodeid.encode()):08x}.svg"
    try:
        file = item.config.cache.mkdir("gradcheck") / name
        write_atomically(file, svg.encode())
    except OSError as error:
        return f"the picture could not be saved: {error}"
    return f"picture: {file}"
