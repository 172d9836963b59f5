"""`autograd-core repl`: a Python prompt with everything loaded.

IPython's prompt is used if it is installed, else Python's own, in a new process: `python -i`. Python itself then sets
up completion and the history file: with readline before version 3.13, and since then with an editor of its own, which
works on Windows, too. `console` shows the results.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any, Final

from autograd_core import AutogradError, companions
from autograd_core.commands import version_text
from autograd_core.commands.user_line import end_at_user, near_word_added

PRELUDE: Final = """\
from autograd_core import *
import autograd_core as ag, nn, numpy as np, viz
from autograd_core.testing import check_grads, check_op
from viz import animate, diagnose, draw, equations, explain, latex, nudge, page, steps, tree, walkthrough
"""
"""The statements that load the names of the prompt, shown to the user."""

EXAMPLE: Final = "x = Value(2.0); y = tanh(x * x - 3); y.backward(); y"
"""A line to try, shown to the user."""

PLAIN: Final = """\
__import__("sys").path[:] = {path}
__import__("autograd_core.commands.prompt").commands.prompt.load_plain(globals())
"""
"""What the new process runs before its prompt. It finds the same packages as this one, and defines no other names."""


def add_arguments(parser: argparse.ArgumentParser, _: str) -> None:
    """Set up `repl`, the only command of this module. It has no options."""
    parser.set_defaults(command=repl)


def repl(_: argparse.Namespace) -> None:
    """Say what is loaded, and open a prompt with it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # each ends a statement, and none the prompt
    print(f"{version_text()}\n{PRELUDE}Try this: {EXAMPLE}", flush=True)
    if not _ipython():
        _plain()


def load(names: dict[str, object]) -> None:
    """Run the prelude in a namespace, which is that of a prompt."""
    for package in companions.NAMES:
        companions.load(package)  # not a file of that name in the working folder
    exec(PRELUDE, names)  # noqa: S102 - the statements above
    if "" not in sys.path:
        sys.path.append("")  # modules in the working folder can be imported; as the last entry it hides no package


def load_plain(names: dict[str, object]) -> None:
    """Run the prelude in the namespace of Python's own prompt, and set up what that prompt shows."""
    load(names)
    from autograd_core.commands import completion, console  # after the packages that they use are found

    console.install()
    completion.install()


def _ipython() -> bool:
    """Open IPython's prompt, and return whether it is installed."""
    try:
        from IPython.terminal.ipapp import TerminalIPythonApp
    except ImportError:
        return False
    names: dict[str, object] = {}
    load(names)
    del names["__builtins__"]  # which `exec` adds
    piped = [] if sys.stdin.isatty() else ["--no-confirm-exit"]  # the end of a file has nobody to ask
    application: Any = TerminalIPythonApp.instance(user_ns=names)
    application.initialize(["--no-banner", *piped])
    application.shell.set_custom_exc(
        (AutogradError, AttributeError, ImportError, KeyboardInterrupt, NameError, TypeError), _show_error
    )
    application.start()
    return True


def _show_error(
    shell: Any, kind: type[BaseException], error: BaseException, traceback: TracebackType, tb_offset: int | None = None
) -> None:
    """Show an error in IPython, which passes the last argument by this name."""
    end_at_user(error)
    with near_word_added(error):
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)


def _plain() -> None:
    """Open Python's own prompt. Ctrl-C is for the new process alone; a handler, unlike SIG_IGN, is not inherited."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call([sys.executable, "-P", "-i", "-c", PLAIN.format(path=sys.path)])
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        sys.exit(code)
