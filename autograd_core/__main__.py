"""The program `autograd-core`, also as `python -m autograd_core`. What it does is in `commands.command_line`.

Everything is imported inside of `main`, because imports take most of the time of a short command, and an interrupt
during them has to end as quietly as a later one.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run one command.

    Args:
        arguments: the arguments without the name of the program; None for those of the shell.

    Returns:
        The exit code: 2 for wrong input, 130 after an interrupt, and 1 for everything else.
    """
    try:
        from autograd_core.commands.command_line import run

        return run(arguments)
    except KeyboardInterrupt as interrupt:
        print(f"autograd-core: {str(interrupt) or 'interrupted'}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
