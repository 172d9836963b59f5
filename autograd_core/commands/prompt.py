"""`autograd-core repl`: a Python prompt with everything loaded."""

from __future__ import annotations

import argparse
from typing import Final

import autograd_core
from autograd_core.commands import version_text

PRELUDE: Final = """\
from autograd_core import *
import autograd_core as ag, nn, viz
from viz import draw
"""
"""The statements that load the names of the prompt, shown to the user."""


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """Set up `repl`, the only command of this module. It has no options."""
    parser.set_defaults(command=repl)


def repl(_: argparse.Namespace) -> None:
    """Open a Python prompt, IPython's if it is installed, with the names of the package loaded."""
    import nn
    import viz

    names = {name: getattr(autograd_core, name) for name in autograd_core.__all__}
    names |= {"ag": autograd_core, "nn": nn, "viz": viz, "draw": viz.draw}
    banner = f"{version_text()}\n{PRELUDE}"
    try:
        from IPython import start_ipython
    except ImportError:
        _plain_prompt(banner, names)
    else:
        print(banner)
        start_ipython(argv=["--no-banner"], user_ns=names)


def _plain_prompt(banner: str, names: dict[str, object]) -> None:
    import code

    try:
        import readline
        import rlcompleter
    except ImportError:  # not on Windows
        pass
    else:
        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    code.interact(banner, local=names, exitmsg="")
