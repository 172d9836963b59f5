"""The commands of the command line, in modules that are loaded when needed.

Each module adds the options of its commands in `add_arguments(parser, name)`, and sets as `command` a function of the
parsed options.
"""

from __future__ import annotations

from autograd_core import build_info


def version_text() -> str:
    """The version, and how the engine runs. The version is unknown if the package was not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("autograd-core")
    except PackageNotFoundError:
        number = "of unknown version"
    return f"autograd-core {number}, {build_info()}"
