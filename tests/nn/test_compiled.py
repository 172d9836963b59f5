"""Every layer and loss, compiled with its backward pass, is the eager one, bit by bit."""

from __future__ import annotations

import pytest

from compiled import assert_same
from network_cases import CASES, Case, points, total


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_layers_and_losses(case: Case) -> None:
    assert_same(lambda xs: total(case.function(xs)), points(case))
