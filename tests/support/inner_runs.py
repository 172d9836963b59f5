"""Runs of pytest inside a test: test files whose functions have an op with a wrong derivative."""

import importlib
import re
from pathlib import Path

import pytest

import viz
from autograd_core import Value
from autograd_core.testing import check_grads

# An op with a wrong derivative, and a function that uses it: the start of the inner test files.
WRONG = """
    import math
    import pytest
    from autograd_core import TABLE, Value, define_op, tanh
    from autograd_core.testing import check_grads as checker

    wrong = TABLE.get("cube_wrong") or define_op("cube_wrong", lambda x: x * x * x, lambda x, y: 2 * x * x)

    def right(x, y):
        return tanh(x * y) + x

    def loss(x, y):
        z = wrong(x * y)
        return z + x
"""


def load() -> None:
    """Import the dependencies of a check: pytester unloads the imports of inner runs, and numpy loads once only."""
    importlib.import_module("numpy")
    assert check_grads(lambda x: x * x, 0.5)
    assert viz.draw(Value(1.0)).svg


def make(pytester: pytest.Pytester, tests: str) -> None:
    """Write a test file that begins with the wrong op."""
    pytester.makepyfile(test_inner=WRONG + tests)


def page_of(pytester: pytest.Pytester, name: str = "page.html") -> str:
    return (pytester.path / name).read_text(encoding="utf-8")


def saved_picture(result: pytest.RunResult) -> str:
    """Return the picture at the path that the run printed."""
    saved = re.search(r"^picture: (.*)$", result.stdout.str(), re.MULTILINE)
    assert saved is not None
    return Path(saved[1]).read_text(encoding="utf-8")


BAD = """
    def test_bad(check_grads):
        check_grads(loss, 0.5, -3.0)
"""
GOOD = """
    def test_good(check_grads):
        assert check_grads(right, 0.5, -3.0)
"""

FAILURES = """
    from autograd_core import exp
    from autograd_core.testing import check_op

    def test_imported():
        checker(lambda p: p["b"] ** 2, {"b": 1.5}, grad=lambda p: {"b": -2 * p["b"]})

    def test_fixture(check_grads):
        check_grads(lambda L: wrong(L), 1.0)

    def test_second_order(check_grads):
        check_grads(define_op("fourth", lambda x: x**4 / 4.0, lambda x, y: wrong(x)), 1.5, order=2)

    def test_op():
        check_op(define_op("wrong_bell", lambda x: exp(-x * x), lambda x, y: 2.0 * x * y), points=5)

    def test_row():
        check_op(define_op("size", lambda x: x if x > 0.0 else -x, lambda x, y: 1.0 if x > 0.0 else -1.0), points=5)

    def test_several():
        errors = []
        for x in (0.5, 1.5):
            with pytest.raises(AssertionError) as caught:
                checker(wrong, x)
            errors.append(caught.value)
        raise ExceptionGroup("both", errors)
"""

RAISED = """
    def of_the_user(x):
        return x * math.sqrt(x)

    def test_of_the_user():
        checker(of_the_user, 1.5)

    def test_of_the_package():
        checker(right, 1.5, 2.5, method="guess")

    def test_a_defect(monkeypatch):
        from autograd_core.testing.trees import analytic
        monkeypatch.delattr(analytic, "derivatives_of_engine")
        checker(right, 1.5, 2.5)
"""
