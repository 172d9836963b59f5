"""Examples that use PyTorch or JAX run where these are installed: no extra of the project installs them."""

import doctest
import importlib.util
import re
from typing import Final

NOT_INSTALLED: Final = [package for package in ("jax", "torch") if not importlib.util.find_spec(package)]


def skip_what_is_not_installed(test: doctest.DocTest) -> doctest.DocTest:
    """The test, in which the examples that name a missing package are skipped."""
    for example in test.examples:
        if any(re.search(rf"\b{package}\b", example.source) for package in NOT_INSTALLED):
            example.options[doctest.SKIP] = True
    return test
