"""Local variables of frames, also where the interpreter would crash."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from autograd_core import Value, frames
from autograd_core.frames import local_variables
from viz import explain


def caller() -> FrameType:
    frame = sys._getframe().f_back
    assert frame is not None
    return frame


def test_all_variables_are_there() -> None:
    first, second = 1.0, [2.0]
    assert {"first": first, "second": second}.items() <= local_variables(caller()).items()


def in_comprehension(items: list[Any]) -> list[dict[str, Any]]:
    """A comprehension whose variable has the name of one that a generator in the function uses."""
    seen = [local_variables(caller()) for item in items]
    for item in items:
        assert any(other is item for other in items)
    return seen


def test_a_variable_of_a_comprehension_that_is_also_used_by_a_generator_does_no_harm() -> None:
    items = [1.5, 2.5]
    for variables in in_comprehension(items):
        assert "item" not in variables or variables["item"] in items


def test_where_they_cannot_be_read_they_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused = 1.0, 2.0
    monkeypatch.setattr(frames, "UNSAFE", False)
    assert {"used": used, "unused": unused}.items() <= local_variables(caller()).items()
    monkeypatch.setattr(frames, "UNSAFE", True)
    variables = local_variables(caller())
    assert "unused" in variables
    assert "used" not in variables
    assert any(number == used for number in (1.0,))


def test_names_are_found_there_without_a_crash() -> None:
    leaf = Value(2.0)
    root = leaf * leaf
    told = [explain(node, root) for node in (leaf, root)]
    for node in (leaf, root):
        assert any(node is other for other in (leaf, root))
    assert [len(each.uses) for each in told] == [2, 0]
