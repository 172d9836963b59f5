"""What the command line can do, loaded when it is asked for: `training`, `pictures`, `prompt`.

Each module describes the options of its commands in `add_arguments(parser, name)`, and sets as `command` a function
of the parsed options.
"""

from __future__ import annotations

from autograd_core import build_info


def version_text() -> str:
    """The version, and how the engine runs."""
    from importlib.metadata import version

    return f"autograd-core {version('autograd-core')}, {build_info()}"
