"""A program in a pseudo-terminal, to type into and to read from, as a person does."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

ESCAPES: Final = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])|[\x01\x02\x07\r]")
"""What moves the cursor and sets colours."""


class Terminal:
    """A running program and the text that it has shown.

    Args:
        command: the program and its arguments.
        environment: its environment.
        folder: its working folder.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._keeper, terminal = os.openpty()
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, cwd=folder, process_group=0
        )
        os.close(terminal)
        self._shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._keeper)

    @property
    def raw(self) -> str:
        """All that was shown so far, with what was typed, as it came."""
        return self._shown.decode(errors="replace")

    @property
    def text(self) -> str:
        """All that was shown so far, with what was typed, without colours."""
        return ESCAPES.sub(b"", self._shown).decode(errors="replace")

    def type(self, keys: str, until: str, seconds: float = 60.0) -> str:
        r"""Press keys, and read until something new matches a pattern; return what is new.

        The key `\r` ends a line, and `\t` completes a word. The keys are shown, too, and must not match the pattern.
        """
        start, end = len(self.text), time.monotonic() + seconds
        os.write(self._keeper, keys.encode())
        while not re.search(until, self.text[start:], re.DOTALL):
            ready, _, _ = select.select([self._keeper], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{until!r} was not shown after {keys!r}:\n{self.text[start:]}"
            self._shown += os.read(self._keeper, 65536)
        return self.text[start:]

    def interrupt(self) -> None:
        """Send what Ctrl-C sends, to all processes in the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Read until the program ends, and return its exit code."""
        try:
            while part := os.read(self._keeper, 65536):
                self._shown += part
        except OSError:  # how the end of a terminal is told on Linux
            pass
        return self.process.wait(timeout=60)
