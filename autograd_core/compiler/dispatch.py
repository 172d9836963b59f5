"""The fast way of a call: to a program that is there, in typed Python."""

from __future__ import annotations

from typing import Any, Final, final

from autograd_core.compiler.arguments import numbers_and_form
from autograd_core.compiler.runner import Runner

MISSED: Final = object()
"""What a call gives that no program runs for."""

_NONE: Final[list[Runner]] = []


@final
class Dispatcher:
    """What runs the programs of a function.

    Attributes:
        runners: for each form of arguments those of its programs, that of the latest use first.
        latest: the one that has run last.
        form: the form of the arguments then.
        is_new: whether it is another one than before.
    """

    __slots__ = ("_static", "form", "is_new", "latest", "runners")

    def __init__(self, static: frozenset[Any]) -> None:
        self._static: Final = static
        self.runners: Final[dict[Any, list[Runner]]] = {}
        self.latest: Runner | None = None
        self.form: Any = None
        self.is_new = False

    def run(self, args: tuple[Any, ...], named: dict[str, Any], out: Any) -> Any:
        """The result of a call; `MISSED` if no program is right for it."""
        blocks, form = numbers_and_form(args, named, self._static)
        for runner in self.runners.get(form, _NONE):
            if runner.state.changed():
                continue
            result, held = runner.run(blocks, out)
            if held:
                if runner is not self.latest:
                    self.latest, self.form, self.is_new = runner, form, True
                return result
        return MISSED
