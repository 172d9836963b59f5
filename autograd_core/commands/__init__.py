"""What the command line can do, loaded when it is asked for: `training`, `pictures`, `accuracy`, `prompt`.

Each module describes the options of its commands in `add_arguments(parser, name)`, and sets as `command` a function
of the parsed options.
"""

from __future__ import annotations

from autograd_core import build_info


def version_text() -> str:
    """The version, and how the engine runs. A folder or a zip file that was not installed does not know its version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("autograd-core")
    except PackageNotFoundError:
        number = "of unknown version"
    return f"autograd-core {number}, {build_info()}"
