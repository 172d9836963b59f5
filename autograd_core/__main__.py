"""The program `autograd-core`, also as `python -m autograd_core`. What it does is in `commands.command_line`.

Everything is imported inside of `main`, because imports take most of the time of a short command, and an interrupt
during them has to end as quietly as a later one. Ctrl-C is often pressed twice: only the first interrupts, so that what
it leaves is saved and said.
"""

import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run one command.

    Args:
        arguments: the arguments without the name of the program; None for those of the shell.

    Returns:
        The exit code: 2 for wrong input, 130 after an interrupt, and 1 for everything else.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else a caller, such as a shell in the background, wants it otherwise
        _handle(_interrupt_once)
    try:
        from autograd_core.commands.command_line import run

        return run(arguments)
    except KeyboardInterrupt as interrupt:
        print(f"autograd-core: {str(interrupt) or 'interrupted'}", file=sys.stderr)
        return 130
    finally:
        # If the process ends now, it does so without the second interrupt.
        _handle(signal.SIG_IGN if arguments is None else before)


def _interrupt_once(*_: object) -> Never:
    _handle(lambda *_: None)  # unlike SIG_IGN, child processes do not inherit it
    raise KeyboardInterrupt


def _handle(handler: "Callable[..., object] | int | None") -> None:
    """Let the handler deal with interrupts, if this is the main thread; no other one gets them."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    sys.exit(main())
