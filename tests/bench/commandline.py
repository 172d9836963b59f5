"""What the programs of this folder have in common as commands: a file for the numbers, and the exit code.

An exit code of 1 means that gradients disagree, so nothing else may end a program with it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAILED = 2
"""The exit code if something cannot be done."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT."""

NOBODY_READS = 141
"""The exit code if who reads the output has ended, as `head` does: 128 and the number of SIGPIPE."""


def exit_code(main: Callable[[], int]) -> int:
    """What `main` returns, or the code of what stops it."""
    try:
        try:
            return main()
        finally:
            print(end="", flush=True)  # here rather than when Python ends, which has an exit code of its own
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # takes what is left to write
        return NOBODY_READS
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - a mistake of the program says nothing about gradients
        traceback.print_exc()
        return FAILED


def output_file(name: str) -> Path:
    """The file that `--json` names; found before anything is measured, for measuring takes minutes.

    Raises:
        ArgumentTypeError: if nothing can be written there.
    """
    path = Path(name)
    if os.access(path, os.F_OK):
        writable = os.access(path, os.W_OK) and not path.is_dir()
    else:
        writable = os.access(path.parent, os.W_OK | os.X_OK) and path.parent.is_dir()
    if not writable:
        raise ArgumentTypeError(f"expected a file that can be written, got {name!r}; give one in a folder that exists")
    return path


def write_numbers(path: Path | None, numbers: Any) -> int:
    """Write the numbers as JSON if there is a file for them; returns the exit code."""
    if path is None:
        return 0
    try:
        path.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        print(f"expected a file that can be written, got {error}; the numbers are printed only", file=sys.stderr)
        return FAILED
    return 0
