"""Doctests that use PyTorch, JAX or autograd, which no extra installs, are skipped without these packages."""

import doctest
import importlib.util
import re
from typing import Final

NOT_INSTALLED: Final = [package for package in ("autograd", "jax", "torch") if not importlib.util.find_spec(package)]


def skip_what_is_not_installed(test: doctest.DocTest) -> doctest.DocTest:
    """Return the test with the examples that name a missing package skipped."""
    for example in test.examples:
        if any(re.search(rf"(?<!torch\.)(?:\b|_){package}\b", example.source) for package in NOT_INSTALLED):
            example.options[doctest.SKIP] = True
    return test
