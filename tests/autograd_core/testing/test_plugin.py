"""The plugin in use: each test runs pytest itself, with its own options."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import viz
from autograd_core.testing import plugin
from inner_runs import BAD, FAILURES, GOOD, RAISED, load, make, page_of, saved_picture

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    load()


def test_pytest_finds_the_plugin() -> None:
    [entry] = entry_points(group="pytest11", name="autograd_core")
    assert entry.load() is plugin


def test_loading_it_loads_next_to_nothing() -> None:
    """Every test suite pays for this import, also those without gradient checks."""
    load = "import autograd_core.testing.plugin"
    code = f"import pytest, sys; before = {{*sys.modules}}; {load}; print(*{{*sys.modules}} - before)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, encoding="utf-8", check=True)
    ours = {"autograd_core", "autograd_core.build", "autograd_core.testing", "autograd_core.testing.plugin"}
    assert set(done.stdout.split()) <= ours | sys.stdlib_module_names


# ---- The fixture and its mark ----------------------------------------------------------------------------------------


def test_the_fixture_checks(pytester: pytest.Pytester) -> None:
    make(pytester, GOOD + BAD)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*GradientMismatch: the gradient of loss disagrees in *"])


def test_the_mark_gives_defaults(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    @pytest.mark.gradcheck(method="central", order=2)
    class TestMarks:
        def test_of_the_class(self, check_grads):
            report = check_grads(right, 0.5, -3.0)
            assert report.method == "central" and {e.order for e in report.entries} == {1, 2}

        @pytest.mark.gradcheck(order=1)
        def test_the_nearest_wins(self, check_grads):
            report = check_grads(right, 0.5, -3.0)
            assert report.method == "central" and {e.order for e in report.entries} == {1}

        def test_an_argument_wins(self, check_grads):
            assert check_grads(right, 0.5, -3.0, method="replay").method == "replay"

        @pytest.mark.parametrize("x", [pytest.param(0.5, marks=pytest.mark.gradcheck(rtol=1.0)), -0.5])
        def test_of_a_parameter(self, check_grads, x):
            report = check_grads(right, x, -3.0)
            assert (report.entries[0].tolerance > 0.01) == (x == 0.5)

    def test_without(check_grads):
        assert check_grads(right, 0.5, -3.0).method == "replay"
    """,
    )
    pytester.runpytest_inprocess("--strict-markers", "-W", "error").assert_outcomes(passed=6)


@pytest.mark.parametrize(("arguments", "shown"), [("rtoll=1", "rtoll"), ("2", "2"), ("order=1, f=2", "f")])
def test_a_mark_with_a_wrong_argument(pytester: pytest.Pytester, arguments: str, shown: str) -> None:
    make(pytester, f"    @pytest.mark.gradcheck({arguments}){GOOD}")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"the marker gradcheck takes order=, rtol=, atol=, method=, kinks=; got {shown}"])


def test_mark_and_fixture_are_listed(pytester: pytest.Pytester) -> None:
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.gradcheck(order=, rtol=*"])
    pytester.runpytest_inprocess("--fixtures").stdout.fnmatch_lines(["check_grads*", "*Check gradients*"])


def test_with_hypothesis(pytester: pytest.Pytester) -> None:
    """Hypothesis accepts the fixture, and the report shows the shrunk example."""
    make(
        pytester,
        """
    from hypothesis import given, settings, strategies as st

    @settings(database=None, derandomize=True)
    @given(st.floats(-10, 10), st.floats(-10, 10))
    def test_any(check_grads, x, y):
        check_grads(loss, x, y)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(failed=1)
    shrunk = re.search(r"v0 = ag.Value\((.*?)\)", result.stdout.str())
    assert shrunk is not None
    assert shrunk[1] in {"1.0", "-1.0"}
    assert page_of(pytester).count("<section") == 1


def test_the_program_that_fails_is_shrunk_and_attached(pytester: pytest.Pytester) -> None:
    """As text and as a picture."""
    make(
        pytester,
        """
    from hypothesis import given, settings
    from autograd_core.testing.strategies import expressions

    @settings(database=None, derandomize=True)
    @given(expressions(ops=("add", "mul", "tanh", "cube_wrong"), max_size=4))
    def test_programs(check_grads, program):
        check_grads(program, *program.leaves)
    """,
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    lines = result.stdout.str().splitlines()
    assert [line.split("  #")[0] for line in lines if line.startswith("v")] == [
        "v0 = ag.Value(1.0)",
        "v1 = ag.cube_wrong(v0)",
    ]
    assert re.findall(r"<title>✗ = (\w+)", saved_picture(result)) == ["cube_wrong"]


# ---- What a failure shows --------------------------------------------------------------------------------------------


def test_the_graph_as_a_program_with_the_suspect_marked(pytester: pytest.Pytester) -> None:
    make(pytester, BAD)
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        [
            "*- gradient check -*",
            "v0 = ag.Value(0.5*)",
            "v1 = ag.Value(-3.0*)",
            "v2 = v0 * v1  # -1.5",
            "v3 = ag.cube_wrong(v2)  # ✗ wrong local derivative of cube_wrong; -3.375",
        ]
    )


def test_of_several_suspects_the_deepest_is_marked(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    def test_bad():
        checker(lambda x: wrong(wrong(x)), 0.5, method="replay")
    """,
    )
    pytester.runpytest_inprocess().stdout.fnmatch_lines(
        ["v1 = ag.cube_wrong(v0)  # ✗*", "v2 = ag.cube_wrong(v1)  # 0.00*"]
    )


def test_a_suspect_on_a_known_line(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    from autograd_core import detect_anomaly

    def twice(x):
        y = tanh(x)
        with detect_anomaly():
            y = wrong(y)
            return wrong(y)  # here

    def test_bad():
        from dataclasses import replace
        from autograd_core.testing import GradientMismatch
        with pytest.raises(GradientMismatch) as caught:
            checker(twice, 0.5, method="replay")
        report = caught.value.report
        line = f"{__file__}:{twice.__code__.co_firstlineno + 4}: return wrong(y)  # here"
        entries = [replace(entry, suspect=f"cube_wrong, input 0, at {line}") for entry in report.entries]
        raise GradientMismatch(replace(report, entries=tuple(entries)), caught.value.graph)
    """,
    )
    pytester.runpytest_inprocess().stdout.fnmatch_lines(
        ["v2 = ag.cube_wrong(v1)  # 0.*", "v3 = ag.cube_wrong(v2)  # ✗*"]
    )


def test_a_graph_without_a_suspect(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    def test_bad():
        from dataclasses import replace
        from autograd_core.testing import GradientMismatch
        with pytest.raises(GradientMismatch) as caught:
            checker(loss, 0.5, -3.0)
        report = caught.value.report
        entries = tuple(replace(entry, suspect="") for entry in report.entries)
        raise GradientMismatch(replace(report, entries=entries), caught.value.graph)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.stdout.fnmatch_lines(["v3 = ag.cube_wrong(v2)  # -3.375", "picture: *"])
    assert "suspect bad" not in page_of(pytester)
    assert page_of(pytester).count("<svg ") == 1


def test_other_failures_get_no_section(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "autograd_core.testing.report")
    pytester.makepyfile("def test_other(): assert False")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*- gradient check -*")


def test_the_picture_is_saved(pytester: pytest.Pytester) -> None:
    make(pytester, BAD)
    result = pytester.runpytest_inprocess()
    svg = saved_picture(result)
    assert svg.count("<svg ") == 1
    assert len(re.findall(r'<g class="node op suspect bad"[^>]*><title>✗ = cube_wrong', svg)) == 1


def test_without_the_cache_no_picture_is_saved(pytester: pytest.Pytester) -> None:
    make(pytester, BAD)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--grad-report=page.html")
    result.assert_outcomes(failed=1)
    assert "picture:" not in result.stdout.str()
    assert "<svg " in page_of(pytester)


def test_a_picture_that_cannot_be_saved(pytester: pytest.Pytester) -> None:
    make(pytester, BAD)
    (pytester.mkdir("cache") / "d").write_text("in the way", encoding="utf-8")
    result = pytester.runpytest_inprocess("-o", "cache_dir=cache")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the picture could not be saved: *"])


def test_a_picture_that_cannot_be_drawn(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no layout")

    monkeypatch.setattr(viz, "draw", fail)
    make(pytester, BAD)
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["v3 = ag.cube_wrong(v2)*", "the graph could not be drawn: ZeroDivisionError: no layout"]
    )
    assert "<details open>" in page_of(pytester)


def test_a_suspect_far_from_the_result_is_drawn(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    def test_deep(check_grads):
        def deep(x):
            y = wrong(x)
            for _ in range(200):
                y = tanh(y) * 1.5
            return y
        check_grads(deep, 0.5, method="replay")
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.stdout.fnmatch_lines(["*✗ wrong local derivative of cube_wrong*"])
    assert '<g class="node root suspect bad"' in page_of(pytester)
    assert len(page_of(pytester)) < 100_000


def test_labels_come_back(pytester: pytest.Pytester) -> None:
    """The mark is on the picture, and not on the graph of the user."""
    make(
        pytester,
        """
    seen = []

    def labelled(x):
        z = wrong(x)
        z.label = "<b>z</b>"
        seen.append(z)
        return z * 2.0

    def test_bad():
        checker(labelled, 0.5, method="replay")

    def test_after():
        assert {z.label for z in seen} == {"<b>z</b>"}
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(failed=1, passed=1)
    assert "✗ &lt;b&gt;z&lt;/b&gt;" in page_of(pytester)
    assert "<b>z" not in page_of(pytester)


def test_a_black_box_has_no_graph(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    def test_sin(check_grads):
        check_grads(math.sin, 1.0, grad=math.sin)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*- gradient check -*")
    assert "<svg" not in page_of(pytester)
    assert "the gradient of sin disagrees" in page_of(pytester)


def test_mismatches_wherever_they_arise(pytester: pytest.Pytester) -> None:
    make(
        pytester,
        """
    @pytest.fixture
    def broken():
        checker(loss, 0.5, -3.0)

    def test_in_a_fixture(broken):
        pass

    def test_in_a_group():
        def second(x):
            return wrong(x)
        errors = []
        for f, args in ((loss, (0.5, -3.0)), (second, (0.5,))):
            try:
                checker(f, *args)
            except AssertionError as error:
                errors.append(error)
        raise ExceptionGroup("both", [ExceptionGroup("first", errors[:1]), errors[1], ValueError("x")])

    def test_caught():
        with pytest.raises(AssertionError):
            checker(loss, 0.5, -3.0)

    @pytest.mark.xfail(strict=True)
    def test_expected():
        checker(loss, 0.5, -3.0)
    """,
    )
    result = pytester.runpytest_inprocess("--grad-report=page.html")
    result.assert_outcomes(errors=1, failed=1, passed=1, xfailed=1)
    assert len(re.findall("- gradient check -", result.stdout.str())) == 3
    assert re.findall("<h2>(.*)</h2>", page_of(pytester)) == [
        "test_inner.py::test_in_a_fixture",
        "test_inner.py::test_in_a_group",
        "test_inner.py::test_in_a_group",
    ]
    assert '<b class="failed">3 failed</b>, <b class="caught">2 caught</b>, <b class="passed">0' in page_of(pytester)


def test_the_summary_has_the_verdicts(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    make(pytester, FAILURES)
    result = pytester.runpytest_inprocess("--tb=no")
    failed = {line.split(" - ")[0].partition("::")[2]: line.partition(" - ")[2] for line in result.outlines}
    assert failed["test_imported"] == 'df/dp["b"]: the sign is flipped'
    assert failed["test_fixture"] == "df/dL: analytic = 2/3 × numeric: a factor is missing or wrong (op cube_wrong)"
    assert failed["test_second_order"].startswith("second derivative of fourth in x: ")
    assert failed["test_op"].startswith("op wrong_bell: the first derivative is wrong: the sign is flipped")
    assert failed["test_several"].endswith("; and 1 more")
    assert failed["test_row"].startswith("op size has a kink at ")


def test_a_failure_shows_the_report_and_no_frame_of_the_package(pytester: pytest.Pytester) -> None:
    make(pytester, FAILURES)
    output = pytester.runpytest_inprocess("--show-capture=no").stdout.str()
    assert output.count("the gradient of f disagrees in ") >= 2
    assert "op wrong_bell: the first derivative is wrong" in output
    assert "def check_" not in output
    folder = str(Path(plugin.__file__).parents[1])
    assert folder not in output.partition("short test summary")[0]


def test_other_errors_in_a_check_show_what_the_user_can_change(pytester: pytest.Pytester) -> None:
    make(pytester, RAISED)
    result = pytester.runpytest_inprocess("--tb=short")
    user, package, defect = re.split(r"\n_{5,} .* _{5,}\n", result.stdout.str())[1:]
    files = [re.findall(r"^(\S+?):\d+: in ", text, re.MULTILINE) for text in (user, package, defect)]
    assert [{Path(name).name for name in names} for names in files[:2]] == [{"test_inner.py"}] * 2
    assert re.findall(r"in (\w+)$", user, re.MULTILINE) == ["test_of_the_user", "of_the_user"]
    assert Path(files[2][-1]).name == "examination.py"
    whole = pytester.runpytest_inprocess("--tb=short", "--full-trace", "-k", "of_the_user")
    assert "check.py" in whole.stdout.str()
