"""The names of other packages lead to functions that exist here."""

import pytest

import autograd_core as ag
from autograd_core.commands.expression import evaluate, free_names, functions
from autograd_core.elsewhere import ELSEWHERE, named_elsewhere


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_name_of_another_package_leads_to_ours(name: str) -> None:
    ours = named_elsewhere(name.upper())
    if ours in functions():
        assert hasattr(ag, ours)
    else:
        assert ours
        assert evaluate(ours, **dict.fromkeys(free_names(ours), 0.5)).inputs


def test_no_name_of_another_package_is_ours_as_well() -> None:
    assert not ELSEWHERE.keys() & (functions() | set(dir(ag)))


def test_the_names_are_in_lower_case() -> None:
    assert [name for name in ELSEWHERE if name != name.casefold()] == []
