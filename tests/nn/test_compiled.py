"""Every layer and loss, compiled with its backward pass, is the eager one, bit by bit."""

from __future__ import annotations

from typing import Final

import pytest

from compiled import assert_same
from network_cases import CASES, Case, points, total

GATHERED: Final = ("LogSoftmax", "cross_entropy")
"""Where the largest number is subtracted from the others: eagerly it receives each of their gradients on its own.

Compiled, it is an element whose index is a number of the program, and which receives them as one sum.
"""


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
def test_layers_and_losses(name: str, case: Case) -> None:
    assert_same(lambda xs: total(case.function(xs)), points(case), 4 if name.startswith(GATHERED) else 0)
