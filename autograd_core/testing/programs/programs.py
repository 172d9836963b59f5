"""Straight-line programs: small computations that run on any kind of number, print as Python, and shrink.

A program is a list of instructions on earlier results. So a result can be used several times, which a tree cannot
express, and the list without an instruction is again a program, so failing programs shrink to a few lines. A program
is plain data; the argument `apply` of `Program.run` runs it on Values, floats or the numbers of another engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.table.op import TABLE, find

Instruction = tuple[str, tuple[int | float, ...]]
"""The name of an op, and its inputs: an int is an index among the leaves and the results of earlier instructions, and a
float is a constant, such as the order of `polygamma`."""

OPERATORS: Final = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "floordiv": "{} // {}",
    "mod": "{} % {}",
    "pow": "{}**{}",
    "neg": "-{}",
    "pos": "+{}",
}
"""Ops with a Python operator, and their templates."""

OF_ONE_SEQUENCE: Final = ("fsum", "max", "min", "prod", "sum")
OF_TWO_SEQUENCES: Final = ("dot", "sumprod")


@dataclass(frozen=True)
class Program:
    """A straight-line program and the numbers of its leaves. Its result is that of the last instruction.

    Attributes:
        leaves: the numbers at the first indices.
        instructions: the ops with their inputs, indices or constants; each result gets the next index.

    Raises:
        InputError: if an op is unknown, or an instruction uses an index that has no number yet, or only constants.

    `repr` is Python that makes an equal program. `source` is Python that computes its result without this class.

    >>> from autograd_core import Value
    >>> square_plus = Program(leaves=(3.0,), instructions=(("mul", (0, 0)), ("add", (1, 0))))
    >>> square_plus()
    12.0
    >>> x = Value(3.0)
    >>> square_plus(x).backward()
    >>> x.grad
    7.0
    >>> print(square_plus.source())
    import autograd_core as ag
    <BLANKLINE>
    x0 = ag.Value(3.0)
    y0 = x0 * x0
    y1 = y0 + x0
    y1.backward()
    """

    leaves: tuple[float, ...]
    instructions: tuple[Instruction, ...]

    def __post_init__(self) -> None:
        for filled, (name, inputs) in enumerate(self.instructions, start=len(self.leaves)):
            find(name)
            indices = _indices(inputs)
            if not indices or not all(0 <= index < filled for index in indices):
                raise InputError(f"expected indices from 0 to {filled - 1}, got the instruction {name}{inputs}")

    def __call__(self, *leaves: Any) -> Any:
        """Return the result for these leaves, floats or Values; by default for those of the program."""
        return self.run(leaves or self.leaves)[-1]

    def run(self, leaves: Sequence[Any], apply: Callable[..., Any] | None = None) -> list[Any]:
        """Return all leaves and results, in the order of their indices.

        Args:
            leaves: as many as the program has, of any type.
            apply: applies an op, as `apply(name, *inputs)`; by default `by_table`.

        Raises:
            InputError: if the number of leaves differs.
        """
        if len(leaves) != len(self.leaves):
            raise InputError(f"expected {len(self.leaves)} leaves, as the program has, got {len(leaves)}")
        apply_op = apply or by_table
        results = list(leaves)
        for name, inputs in self.instructions:
            results.append(apply_op(name, *[x if isinstance(x, float) else results[x] for x in inputs]))
        return results

    def pruned(self) -> Program:
        """Return the program without the leaves and instructions that the result does not depend on.

        >>> Program((1.0, 2.0), (("neg", (0,)), ("exp", (1,)))).pruned()
        Program(leaves=(2.0,), instructions=(('exp', (0,)),))
        """
        count = len(self.leaves)
        used = {count + len(self.instructions) - 1}
        for index in range(max(used), count - 1, -1):
            if index in used:
                used.update(_indices(self.instructions[index - count][1]))
        renamed = {index: i for i, index in enumerate(sorted(used))}
        return Program(
            tuple(x for index, x in enumerate(self.leaves) if index in used),
            tuple(
                (name, tuple(x if isinstance(x, float) else renamed[x] for x in inputs))
                for index, (name, inputs) in enumerate(self.instructions, start=count)
                if index in used
            ),
        )

    def source(self) -> str:
        """Return Python that computes the program and its gradient, one line for each instruction."""
        names = [f"x{i}" for i in range(len(self.leaves))]
        lines = [f"{name} = ag.Value({literal(leaf)})" for name, leaf in zip(names, self.leaves, strict=True)]
        for i, (op, inputs) in enumerate(self.instructions):
            lines.append(f"y{i} = {call(op, [literal(x) if isinstance(x, float) else names[x] for x in inputs])}")
            names.append(f"y{i}")
        return "\n".join(["import autograd_core as ag", "", *lines, f"{names[-1]}.backward()"])

    def __repr__(self) -> str:
        leaves = ", ".join(map(literal, self.leaves)) + ("," if len(self.leaves) == 1 else "")
        return f"Program(leaves=({leaves}), instructions={self.instructions!r})"


def _indices(inputs: Sequence[int | float]) -> list[int]:
    """Return the inputs that are not constants."""
    return [x for x in inputs if not isinstance(x, float)]


def by_table(name: str, *inputs: Any) -> Any:
    """Return the result of the op with this name in the table.

    >>> by_table("add", 1.0, 2.0)
    3.0
    """
    return TABLE[name](*inputs)


def literal(number: float) -> str:
    """Return the number as a Python expression, including infinities and nan."""
    return repr(number) if math.isfinite(number) else f"float('{number!r}')"


def call(op: str, inputs: list[str]) -> str:
    """Return the Python expression that applies an op to inputs."""
    if op in OPERATORS:
        return OPERATORS[op].format(*inputs)
    if op in OF_TWO_SEQUENCES:
        half = len(inputs) // 2
        return f"ag.{op}([{', '.join(inputs[:half])}], [{', '.join(inputs[half:])}])"
    if op in OF_ONE_SEQUENCE:
        return f"ag.{op}([{', '.join(inputs)}])"
    return f"ag.{op}({', '.join(inputs)})"
