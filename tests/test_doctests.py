"""The examples in docstrings are true.

Docstrings are read from the sources that ship with the installed packages, so that the same examples are found whether
modules are compiled or not; the examples then run against whatever is installed.
"""

import ast
import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from optional_examples import skip_what_is_not_installed

PACKAGES = ("autograd_core", "nn", "viz")
OPTIONAL = {"viz.plots": "matplotlib", "viz.words.symbolic": "sympy"}
"""Modules whose examples need a package from elsewhere."""


def modules_of(package: str) -> Iterator[str]:
    yield package
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        yield module.name


def source_of(name: str) -> Path | None:
    """The source of a module, or None for the library that the compiled modules share."""
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        return Path(module.__path__[0], "__init__.py")
    source = Path(str(module.__file__)).with_name(f"{name.rpartition('.')[2]}.py")
    return source if source.exists() else None


def texts_in(node: ast.AST, name: str) -> Iterator[tuple[str, int, str]]:
    """The texts that stand alone, as docstrings do, each with the name of what it stands in and its line."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Expr(value=ast.Constant(value=str(text)), lineno=line):
                yield name, line, text
            case ast.ClassDef() | ast.FunctionDef():
                yield from texts_in(child, f"{name}.{child.name}")


def examples_of(module: str) -> Iterator[doctest.DocTest]:
    """The doctests of a module. They see its names, but are user code like any other."""
    source = source_of(module)
    names = vars(importlib.import_module(module)) | {"__name__": "__main__", "__package__": None}
    tree = ast.parse(source.read_text(encoding="utf-8") if source else "")
    for name, line, text in texts_in(tree, module):
        test = doctest.DocTestParser().get_doctest(text, names, name, str(source), line - 1)
        if test.examples:
            yield skip_what_is_not_installed(test)


DOCTESTS = [test for package in PACKAGES for name in modules_of(package) for test in examples_of(name)]


@pytest.mark.parametrize("test", DOCTESTS, ids=lambda test: test.name)
def test_example(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, package in OPTIONAL.items():
        if test.name.startswith(module):
            pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_examples(package: str) -> None:
    assert any(test.name.startswith(package) for test in DOCTESTS)
