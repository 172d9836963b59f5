"""Completion at Python's own prompt: in an import, names of the module and without the parenthesis of a call.

Python completes `from viz import dr` with the names of the prompt, as `draw(`. Its class is replaced before the prompt
begins, for both of Python's editors, which find it by its name.
"""

from __future__ import annotations

import re
import rlcompleter
import sys
from typing import Any, Final

IMPORT: Final = re.compile(r"\s*from\s+([\w.]+)\s+import\s+(?:.*\W)?(\w*)$")
"""A line that imports names of a module, up to the one that is being written."""

MODULE: Final = re.compile(r"\s*(?:from|import)\s+(?:.*,\s*)?([\w.]*)$")
"""A line that imports a module, up to its name."""


class Completer(rlcompleter.Completer):
    """Python's completer, with the names of an import."""

    def complete(self, text: str, state: int) -> str | None:
        """The next possible completion of a text, or None after the last one."""
        line = _line()
        if state == 0 and line and (IMPORT.match(line) or MODULE.match(line)):
            self.matches: list[str] = imports(line)
        elif state == 0 or not (IMPORT.match(line) or MODULE.match(line)):
            return super().complete(text, state)
        return self.matches[state] if state < len(self.matches) else None


def imports(line: str) -> list[str]:
    """What the last name of an import may be. Only modules that are loaded are looked into: loading one takes time.

    >>> import viz
    >>> imports("from viz import dr"), imports("import vi")
    (['draw'], ['viz'])
    """
    if found := IMPORT.match(line):
        module, begun = found.groups()
        names = vars(sys.modules[module]) if module in sys.modules else {}
        return sorted(name for name in names if name.startswith(begun) and (begun or not name.startswith("_")))
    found = MODULE.match(line)
    begun = found[1] if found else ""
    depth = begun.count(".")
    loaded = [name for name in sys.modules if name.startswith(begun) and name.count(".") == depth]
    return sorted(name for name in loaded if begun or not name.startswith("_"))


def install() -> None:
    """Replace the completer of both of Python's editors."""
    rlcompleter.Completer = Completer  # type: ignore[misc]  # found by this name
    try:
        import readline
    except ImportError:  # as on Windows before Python 3.13
        return
    readline.set_completer(Completer().complete)


def _line() -> str:
    """What is written in the line up to the cursor."""
    editor: Any = sys.modules.get("_pyrepl.readline") or sys.modules.get("readline")
    try:
        return str(editor.get_line_buffer())
    except Exception:  # noqa: BLE001 - there is no line in either editor
        return ""
