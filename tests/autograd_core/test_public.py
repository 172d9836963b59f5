"""The names of the package: what can be asked for, and what is no name of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core
from autograd_core import testing

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
    with pytest.raises(AttributeError, match="module 'autograd_core' has no attribute 'tanhh'"):
        autograd_core.tanhh  # type: ignore[attr-defined] # noqa: B018 - the access is the subject


def test_rooms_are_attributes() -> None:
    package: Any = autograd_core  # the types know only public names
    assert package.transforms.functional.grad is autograd_core.grad
