"""The mark of tests that need the truth about every row at many points, in which mpmath takes nearly all their time."""

from typing import Final

import pytest

TRUTHS: Final = [
    pytest.mark.slow,
    pytest.mark.xdist_group("truths"),  # on one worker, where each truth is found once for all of them
]
