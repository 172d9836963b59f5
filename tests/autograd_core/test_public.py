"""The names of the package: what can be asked for, and what is no name of it."""

from __future__ import annotations

import ast
import builtins
import importlib.metadata
import inspect
import traceback
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core
import nn
import viz
from autograd_core import public, testing

OFFERED = {
    name for name, thing in vars(public).items() if not name.startswith("_") and not isinstance(thing, ModuleType)
}

NO_NAMES = [
    "",
    ".",
    "..",
    "a.b",
    "op.",
    "op.x",
    ".op",
    "public.abs",
    "testing.plugin",
    "testing.",
    "a b",
    "a/b",
    "\0",
    "1",
]


@pytest.mark.parametrize("package", [autograd_core, testing], ids=lambda package: str(package.__name__))
class TestNames:
    @pytest.mark.parametrize("name", NO_NAMES)
    def test_what_is_no_name_is_no_attribute(self, package: Any, name: str) -> None:
        assert not hasattr(package, name)
        assert getattr(package, name, "none") == "none"

    @given(st.text(max_size=8) | st.text("ab./_", max_size=8))
    def test_any_text_can_be_asked_for(self, package: Any, name: str) -> None:
        assert hasattr(package, name) in {True, False}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'arctan'; did you mean 'atan'"):
        autograd_core.arctan  # type: ignore[attr-defined] # noqa: B018 - the access is the subject
    with pytest.raises(AttributeError, match=r"^module 'autograd_core' has no attribute 'qqqqqq'$"):
        autograd_core.qqqqqq  # type: ignore[attr-defined] # noqa: B018 - the access is the subject


@pytest.mark.parametrize(
    ("module", "name", "hint"),
    [
        (autograd_core, "tanhh", "did you mean 'tanh'?"),
        (testing, "check_grad", "did you mean 'check_grads'?"),
        (nn, "Linaer", "did you mean 'Linear'?"),
        (nn.optim, "Adma", "did you mean 'Adam'?"),
        (viz, "drow", "did you mean 'draw'?"),
        (viz, "plot_regions", "it is viz.plot_decision_regions"),
    ],
)
def test_the_error_itself_names_the_near_word_which_notebooks_do_not_add(module: Any, name: str, hint: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(module, name)
    assert str(raised.value) == f"module '{module.__name__}' has no attribute '{name}'; {hint}"
    shown = "".join(traceback.format_exception_only(raised.value))
    assert shown.lower().count("did you mean") == hint.count("did you mean")


@pytest.mark.parametrize(
    "package", [autograd_core, testing, nn, nn.data, nn.optim, viz], ids=lambda package: str(package.__name__)
)
def test_what_editors_show_of_a_class_is_for_readers(package: Any) -> None:
    """IPython shows the type of a class and its signature; a NamedTuple keeps annotations that are texts as objects."""
    classes = [thing for name in package.__all__ if inspect.isclass(thing := getattr(package, name))]
    assert classes
    shown = {c.__name__: (type(c).__name__, str(inspect.signature(c))) for c in classes}
    assert {name: kind for name, (kind, _) in shown.items() if kind.startswith("_") and kind != "_ProtocolMeta"} == {}
    assert {name: signature for name, (_, signature) in shown.items() if "ForwardRef" in signature} == {}


@pytest.mark.parametrize("package", [nn, viz], ids=lambda package: str(package.__name__))
def test_all_names_that_a_package_imports_for_its_users_are_listed(package: Any) -> None:
    tree = ast.parse(inspect.getsource(package))
    imported = [alias.asname for part in tree.body if isinstance(part, ast.ImportFrom) for alias in part.names]
    assert len(imported) == len(package.__all__)
    assert set(imported) == set(package.__all__)


def test_all_public_names_are_listed_but_for_those_that_hide_built_ins() -> None:
    hiding = {name for name in OFFERED if hasattr(builtins, name)}
    assert OFFERED - hiding == set(autograd_core.__all__)
    source = inspect.getsource(autograd_core)
    assert {name for name in OFFERED if f"import {name} as {name}" in source} == hiding


def test_internal_rows_are_found_and_not_offered() -> None:
    package: Any = autograd_core  # the types know only public names
    assert package.pow_dx is autograd_core.TABLE["pow_dx"]
    assert "pow_dx" not in dir(package)


def test_rooms_are_attributes() -> None:
    package: Any = autograd_core  # the types know only public names
    assert package.transforms.functional.grad is autograd_core.grad


def test_the_version_is_that_of_the_installed_package() -> None:
    try:
        installed = importlib.metadata.version("autograd-core")
    except importlib.metadata.PackageNotFoundError:
        with pytest.raises(AttributeError, match="no attribute '__version__', because it was not installed"):
            autograd_core.__version__  # noqa: B018 - what is tested is the access
    else:
        assert autograd_core.__version__ == installed
