"""The instructions that a sweep goes through, by what their local derivatives are.

Instructions of one op whose operands have the same roles share a template: each operand is a certain number, counts as
a constant or not, and is reached by the sweep or not (see `fast_differentiation`, which says the same of single ones).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from autograd_core.compiler.fast_differentiation import (
    BY_EDGES,
    BY_PRODUCTS,
    BY_TEMPLATE,
    DECISIVE,
    MOST_NUMBERS,
    form_of,
)
from autograd_core.compiler.grouping.layout import truths_of
from autograd_core.compiler.grouping.schedule import unique
from autograd_core.compiler.program import CLOSED, CONSTANT, Deferred, Program
from autograd_core.compiler.templates import Template, template

REACHED: Final = 1
CONSTANT_ROLE: Final = 2
ROLES: Final = 4
"""A role is a sum of these, and `ROLES` times the index of the number, from 1 on; 0 stands for no certain one."""


class Pattern:
    """Instructions that share their local derivatives.

    Attributes:
        places: the instructions, an array.
        operands: the places of their operands, a row for each.
        form: `BY_TEMPLATE`, `BY_SUM` or `BY_PRODUCTS`.
        reached: for each operand whether the sweep reaches it, as `operands`.
        constant: for each operand whether it counts as a constant.
        template: the local derivatives, for the form `BY_TEMPLATE`.
    """

    def __init__(
        self, places: Any, operands: Any, form: int, reached: Any, constant: Any, template: Template | None
    ) -> None:
        self.places: Final = places
        self.operands: Final = operands
        self.form: Final = form
        self.reached: Final = reached
        self.constant: Final = constant
        self.template: Final = template


class Patterns:
    """The patterns of a program with a deferred sweep.

    Args:
        program: the program.
        sweep: its sweep.
        passing: the instructions that the sweep reaches, an array in the order in which they are computed.
        reached: for each place whether the sweep reaches it, an array.
        kinds: the kinds of the program, an array, as the next two.
        starts: its starts.
        flat: its operands.
    """

    def __init__(
        self, program: Program, sweep: Deferred, passing: Any, reached: Any, kinds: Any, starts: Any, flat: Any
    ) -> None:
        import numpy as np

        self._program: Final = program
        self._reached: Final = reached
        self._kinds: Final = kinds
        self._starts: Final = starts
        self._flat: Final = flat
        self._constant: Final = np.ones(len(kinds), dtype=bool)
        connected = truths_of(sweep.connected)[: len(kinds)]
        self._constant[: len(connected)] = ~connected
        is_end = np.zeros(len(kinds), dtype=bool)
        is_end[sweep.ends] = True
        self._passing: Final = passing[~is_end[passing]]
        self._scratch: Final = Program()

    def found(self) -> list[Pattern] | None:
        """The patterns; None if an op has local derivatives that are recorded one by one."""
        import numpy as np

        patterns: list[Pattern] = []
        kinds = self._kinds[self._passing]
        for kind in np.flatnonzero(np.bincount(kinds)) if len(kinds) else ():
            op, form = self._program.ops[kind], form_of(self._program.ops[kind])
            places = self._passing[kinds == kind]
            counts = self._starts[places + 1] - self._starts[places]
            if op in CLOSED:
                continue
            if form == BY_EDGES or (form == BY_PRODUCTS and (counts % 2).any()):
                return None
            for count in np.unique(counts) if op.arity is None else (op.arity,):
                some = places[counts == count] if op.arity is None else places
                operands = self._flat[self._starts[some][:, None] + np.arange(count)]
                if form == BY_TEMPLATE:
                    patterns += self._by_roles(int(kind), some, operands)
                else:
                    reached, constant = self._reached[operands], self._constant[operands]
                    patterns.append(Pattern(some, operands, form, reached, constant, None))
        return patterns

    def _by_roles(self, kind: int, places: Any, operands: Any) -> Iterator[Pattern]:
        """The patterns of instructions of an op that has templates."""
        op = self._program.ops[kind]
        reached, constant = self._reached[operands], self._constant[operands]
        numbers, of_operands = self._numbers(operands)
        roles = reached * REACHED + constant * CONSTANT_ROLE + of_operands * ROLES
        base = ROLES * (len(numbers) + 1)
        keys = roles[:, 0].copy()
        for k in range(1, roles.shape[1]):
            keys = keys * base + roles[:, k]
        _, members, counts = unique(keys)
        for i in range(len(counts)):
            lanes = slice(None) if len(counts) == 1 else members == i
            some, of_some = places[lanes], operands[lanes]
            known = [numbers[index - 1] if index else None for index in of_operands[lanes][0].tolist()]
            is_reached, is_constant = reached[lanes][0], constant[lanes][0]
            found = template(self._scratch, op, known, is_constant.tolist(), is_reached.tolist())
            yield Pattern(some, of_some, BY_TEMPLATE, is_reached, is_constant, found)

    def _numbers(self, operands: Any) -> tuple[list[float], Any]:
        """The numbers that decide on templates, and for each operand 0, or 1 and the index of its number."""
        import numpy as np

        indices = np.zeros(operands.shape, dtype=np.int64)
        is_number = self._kinds[operands] == CONSTANT
        if not is_number.any():
            return [], indices
        of_constants = self._flat[self._starts[operands[is_number]]]
        occurring = np.unique(of_constants)
        numbers = [self._program.numbers[int(i)] for i in occurring]
        if len(numbers) > MOST_NUMBERS:
            numbers = [x for x in numbers if x in DECISIVE]
        of_number = {id_of: i + 1 for i, id_of in enumerate(map(repr, numbers))}
        positions = np.array([of_number.get(repr(self._program.numbers[int(i)]), 0) for i in occurring])
        indices[is_number] = positions[np.searchsorted(occurring, of_constants)]
        return numbers, indices
