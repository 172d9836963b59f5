"""The hook that compiles, as a module: it is no part of a package."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def build_hook() -> ModuleType:
    """The module of the hook; the test is skipped without the package that runs it."""
    pytest.importorskip("hatchling")
    path = Path(__file__).parents[2] / ".build" / "hook.py"
    spec = importlib.util.spec_from_file_location("hook", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
