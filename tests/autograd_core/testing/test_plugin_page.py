"""The page of the plugin, `--grad-report`: each test runs pytest itself, with its own options."""

import json
import re
from importlib.util import find_spec

import pytest

from autograd_core.testing.report import LISTENERS
from inner_runs import BAD, FAILURES, GOOD, RAISED, load, make, page_of
from written import POSIX

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    load()


def test_the_page_shows_every_check(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        BAD
        + """
    @pytest.mark.parametrize("x", [0.25, 0.5], ids=["<i>", "&"])
    def test_many(check_grads, x):
        for y in range(10):
            check_grads(right, x, float(y))
        check_grads(lambda x: x * x, 1.0)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=out/page.html")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"*gradient checks: {pytester.path / 'out' / 'page.html'}*"])
    text = page_of(pytester, "out/page.html")
    assert '<b class="failed">1 failed</b>, <b class="passed">22 passed</b>' in text
    assert text.count('<tr class="passed">') == 4
    assert "test_many[&lt;i&gt;]" in text
    assert text.count("<svg ") == 1
    assert "suspect bad" in text


def test_a_check_that_an_exception_ends_is_on_the_page(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        RAISED
        + """
    def test_shape(check_grads):
        check_grads(right, 0.5, 1.0)
        check_grads(right, 0.5, 1.0, grad=lambda x, y: [1.0, 2.0, 3.0])

    def test_text():
        checker(right, 1.5, 2.5, method="<b>")

    @pytest.mark.xfail(strict=True)
    def test_expected():
        checker(of_the_user, 1.5)

    def test_in_a_group():
        try:
            checker(of_the_user, 1.5)
        except TypeError as error:
            raise ExceptionGroup("both", [error, ValueError("x")])

    def test_elsewhere():
        raise ValueError("no check")
""",
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(failed=7, xfailed=1)
    text = page_of(pytester)
    assert '<b class="failed">0 failed</b>, <b class="error">6 error</b>, <b class="passed">1 passed</b>' in text
    row = (
        r'<tr class="error"><td>error</td><td class="id"><a href="#failure-.">.*?::(\w+)</a></td><td class="name">(\w+)'
    )
    assert set(re.findall(row, text)) == {
        ("test_of_the_user", "of_the_user"),
        ("test_of_the_package", "right"),
        ("test_a_defect", "right"),
        ("test_shape", "right"),
        ("test_text", "right"),
        ("test_in_a_group", "of_the_user"),
    }
    messages = re.findall(r'<pre class="message">(.*?): ', text)
    assert sum(message.startswith("autograd_core.errors.") for message in messages) == 5
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_every_check_of_the_run_is_counted(pytester: pytest.Pytester) -> None:
    """By whatever name it is called, wherever it is made, and whether it passes or not."""
    make(
        pytester,
        """
    from hypothesis import Phase, example, given, settings, strategies as st
    from autograd_core.testing import check_op

    checker(right, 0.5, 1.0)

    @pytest.fixture(scope="module", autouse=True)
    def around():
        checker(right, 0.5, 2.0)
        yield
        checker(right, 0.5, 3.0)

    def test_imported(check_grads):
        for x in range(3):
            checker(right, 0.5, float(x))
        check_grads(right, 0.5, 7.0)

    def test_op():
        check_op(tanh, points=3)

    def test_caught():
        checker(lambda x: x * x, 0.5)
        with pytest.raises(AssertionError):
            checker(lambda x: wrong(x), 0.5)

    @settings(database=None, derandomize=True, max_examples=20, phases=(Phase.explicit, Phase.generate))
    @given(st.floats(-10, 10))
    @example(0.5)
    def test_shrunk(x):
        checker(lambda x: wrong(x) if abs(x.data) > 2 else right(x, x), x)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(passed=3, failed=1)
    text = page_of(pytester)
    row = r'<tr class="(\w+)"><td>.*?<td class="id">(.*?)</td><td class="name">(\w+)<.*?<td class="number">(.*?)</td>'
    rows = {(re.sub("<.*?>|.*::", "", test), f): (outcome, n) for outcome, test, f, n in re.findall(row, text)}
    outcome, times = rows.pop(("test_shrunk", "f"))
    failed, every = map(int, times.split(" of "))
    assert outcome == "failed"
    assert 0 < failed < every
    assert rows == {
        ("test_inner.py", "right"): ("passed", "1"),
        ("test_imported", "right"): ("passed", "5"),  # with that before the first test
        ("test_op", "tanh"): ("passed", "1"),
        ("test_caught", "f"): ("caught", "1 of 2"),
        ("test_shrunk", "right"): ("passed", "1"),  # after the last test
    }
    counts = re.findall(r'<b class="\w+">(\d+) (\w+)</b>', text)
    assert counts == [(str(failed), "failed"), ("1", "caught"), (str(every - failed + 9), "passed")]


def test_false_statements_of_a_row_are_failures_on_the_page(pytester: pytest.Pytester) -> None:
    make(pytester, FAILURES)
    pytester.runpytest_inprocess("--grad-report=page.html", "-k", "test_row")
    assert '<b class="failed">1 failed</b>' in page_of(pytester)
    assert "op size has a kink at " in page_of(pytester)


def test_the_run_listens_no_longer_than_it_lasts(pytester: pytest.Pytester) -> None:
    before = [*LISTENERS]
    make(pytester, GOOD)
    pytester.runpytest_inprocess("--grad-report=page.html").assert_outcomes(passed=1)
    assert before == LISTENERS


def test_the_worst_of_several_checks_is_shown(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    def test_two(check_grads):
        found = [check_grads(right, x, 2.0, method="central", rtol=1e-5, atol=1e-9) for x in (0.4, 0.5, 0.3)]
        worst = max(e.absolute_error / e.tolerance for report in found for e in report.entries)
        print(f"worst: {worst:.2g}")
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html", "-s")
    worst = re.search(r"worst: (\S+)", result.stdout.str())
    assert worst is not None
    assert f'<td class="number">{worst[1]}</td>' in page_of(pytester)


def test_a_test_that_runs_twice_counts_twice(pytester: pytest.Pytester) -> None:
    """Plugins that repeat failed tests do this."""
    make(pytester, GOOD)
    pytester.makeconftest(
        """
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            runtestprotocol(item, nextitem=nextitem)
        """
    )
    pytester.runpytest_inprocess("--grad-report=page.html").assert_outcomes(passed=2)
    assert '<b class="passed">2 passed</b>' in page_of(pytester)


def test_without_the_option_there_is_no_page(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD)
    result = pytester.runpytest_inprocess()
    assert "gradient checks" not in result.stdout.str()
    assert not [*pytester.path.glob("*.html")]
    reports = pytester.inline_run().getreports("pytest_runtest_logreport")
    assert not [report for report in reports if hasattr(report, "gradient_checks")]


def test_reports_between_processes_are_plain_data(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD + BAD)
    reports = pytester.inline_run("--grad-report=page.html").getreports("pytest_runtest_logreport")
    found = [row for report in reports for row in getattr(report, "gradient_checks", [])]
    assert [row["nodeid"].partition("::")[2] for row in found] == ["test_good", "test_bad"]
    json.dumps(found, allow_nan=False)


@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_with_xdist(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD + BAD)
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_sessionstart(session):
            is_worker = hasattr(session.config, "workerinput")
            assert session.config.pluginmanager.has_plugin("autograd_core-page") == (not is_worker)
        """
    )
    result = pytester.runpytest_subprocess("-n2", "--grad-report=page.html")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*- gradient check -*", "picture: *"])
    assert '<b class="failed">1 failed</b>, <b class="passed">1 passed</b>' in page_of(pytester)
    assert "suspect bad" in page_of(pytester)


def test_without_a_terminal(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD)
    result = pytester.runpytest_inprocess("-p", "no:terminal", "--grad-report=page.html")
    assert result.ret == pytest.ExitCode.OK
    assert "1 passed" in page_of(pytester)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder.html", "*; choose the name of a file"),
        ("test_inner.py/page.html", "*"),
        ("out/" + "a" * 300 + ".html", "*"),
    ],
)
def test_a_page_that_cannot_be_written_fails_before_the_run(pytester: pytest.Pytester, name: str, reason: str) -> None:
    make(pytester, GOOD)
    pytester.mkdir("folder.html")
    result = pytester.runpytest_inprocess(f"--grad-report={name}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--grad-report: cannot write {name}: {reason}"])
    assert "collected" not in result.stdout.str()


@pytest.mark.parametrize("name", ["test_inner.py", "test_inner.py::test_f", ".", "notes.md", "page"])
def test_a_page_replaces_no_file_of_another_kind(pytester: pytest.Pytester, name: str) -> None:
    make(pytester, GOOD)
    pytester.makefile(".md", notes="my notes")
    before = {path.name: path.read_bytes() for path in pytester.path.iterdir() if path.is_file()}
    result = pytester.runpytest_inprocess("--grad-report", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = "--grad-report: expected the page to write, ending in .html or .htm, got"
    assert f"{expected} '{name}'; use --grad-report=page.html" in result.stderr.str()
    assert {path.name: path.read_bytes() for path in pytester.path.iterdir() if path.is_file()} == before


IN_THE_WAY = """
    @pytest.fixture(autouse=True)
    def in_the_way():
        import pathlib
        pathlib.Path("page.html").mkdir(exist_ok=True)
"""


@pytest.mark.parametrize("options", [[], ["-p", "no:terminal"]])
def test_a_page_that_cannot_be_written_after_all(pytester: pytest.Pytester, options: list[str]) -> None:
    make(pytester, GOOD + IN_THE_WAY)
    result = pytester.runpytest_inprocess("--grad-report=page.html", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    stream = result.stderr if options else result.stdout
    stream.fnmatch_lines(["--grad-report: cannot write *page.html: *"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


FULL = """
import resource
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
    try:
        return (yield)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@POSIX
def test_a_full_disk_leaves_the_page_of_the_run_before(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD)
    pytester.makeconftest(FULL)
    (pytester.path / "page.html").write_text("old")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--grad-report=page.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["--grad-report: cannot write *page.html: File too large; raise the limit *"])
    assert page_of(pytester) == "old"
    assert not list(pytester.path.glob(".*.part"))


def test_failed_tests_matter_more_than_the_page(pytester: pytest.Pytester) -> None:
    make(pytester, BAD + IN_THE_WAY)
    assert pytester.runpytest_inprocess("--grad-report=page.html").ret == pytest.ExitCode.TESTS_FAILED
