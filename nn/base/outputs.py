"""What type checkers know about the output of a network: it is a Value or a list of Values.

Which of the two it is depends on the number of output neurons, which is no part of a type. With the union, every use
would need an assertion; with Any, no mistake would be found. So checkers are told that it is both: what is right for
one of the two is accepted, and all else is refused. No object of this class exists, nor the class at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd_core import Value

    class Output(Value, list[Value]):  # type: ignore[misc]  # the methods of both differ, which is the point
        """A Value, or a list of them."""
