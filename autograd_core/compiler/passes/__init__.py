"""Passes: each makes a program that gives the same bits, and takes less time.

`fold` computes what does not depend on the inputs, `weaken` makes plain products of strong ones, `share` computes
nothing twice, and `drop` leaves out what no output needs. All take linear time. Signs and payloads of nan alone may
differ. What changes the order of sums is no pass but a part of grouping.
"""

from __future__ import annotations

from autograd_core.compiler.passes.drop import alive
from autograd_core.compiler.passes.fold import fold
from autograd_core.compiler.passes.share import share
from autograd_core.compiler.passes.strong_products import weaken
from autograd_core.compiler.program import Program


def simplify(program: Program, *, groups: bool = True) -> Program:
    r"""The program after all passes.

    Args:
        program: the program.
        groups: whether equal instructions are to stay equal, so that they can be grouped (see `data`).

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = constant 1.0\n%2 = mul %0 %1\n%3 = sin %2\n%4 = sin %0\n%5 = add %3 %4\nreturn %5"
    >>> print(to_text(simplify(parse(text))))
    %0 = input
    %1 = sin %0
    %2 = add %1 %1
    return %2
    """
    return alive(share(weaken(fold(alive(program), groups), groups)))
