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
from autograd_core.compiler.grouping.layout import Layout, truths_of
from autograd_core.compiler.grouping.plain_products import SLOPES
from autograd_core.compiler.grouping.schedule import unique
from autograd_core.compiler.kernels import CODE_ADD, CODE_MUL, code_of
from autograd_core.compiler.program import CLOSED, CONSTANT, Deferred, Program
from autograd_core.compiler.templates import NOTHING, Template, template

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

    def may_stop(self) -> bool:
        """Whether the sweep may stop here: a local derivative that is wanted is a structural zero, or may be one."""
        if self.template is None:
            return self.form == BY_PRODUCTS and bool(self.constant.any())
        found = self.template
        return any(self.reached[k] and not _passes(found, k) for k in range(len(found.locals)))

    def is_symmetric(self, program: Program) -> bool:
        """Whether its instructions are sums or products of two operands with the same roles, so that these can swap."""
        code = code_of(program.ops[int(program.kinds[int(self.places[0])])])
        return code in (CODE_ADD, CODE_MUL) and bool(self.reached.all()) and not self.constant.any()

    def ordered(self, layout: Layout, groups: list[Any]) -> Pattern:
        """The pattern with its instructions in the order of its groups; all operands are reached in one way."""
        import numpy as np

        places = np.concatenate(groups)
        operands = layout.flat[layout.starts[places][:, None] + np.arange(self.operands.shape[1])]
        return Pattern(places, operands, self.form, self.reached, self.constant, self.template)


def _passes(found: Template, k: int) -> bool:
    """Whether a local derivative is no structural zero, wherever it is computed."""
    formulas, local = found.program, int(found.locals[k])
    if local == NOTHING:
        return False
    number, condition = formulas.number(local), formulas.number(int(found.conditions[k]))
    return condition == 0.0 or (number is not None and number != 0.0)


def append_formulas(layout: Layout, pattern: Pattern, found: Template) -> list[Any]:
    """Append the formulas of the local derivatives of a pattern.

    Returns:
        For each instruction of the template its slots: an array for operands, the output and formulas, an int for a
        constant.
    """
    import numpy as np

    formulas, lanes, arity = found.program, len(pattern.places), len(found.locals)
    at: list[Any] = [layout.slots[pattern.operands[:, k]] for k in range(arity)] + [layout.slots[pattern.places]]
    op = layout.program.ops[layout.kinds[pattern.places[0]]]
    for t in range(arity + 1, len(formulas)):
        kind = formulas.kinds[t]
        if kind == CONSTANT:
            at.append(layout.slot_of(formulas.numbers[formulas.index(t)]))
            continue
        operands = formulas.operands(t)
        formula = formulas.ops[kind]
        function, slope = SLOPES.get(code_of(formula), (-1, formula))
        if function == code_of(op) and operands == [0]:  # the slope from the output
            formula, operands = slope, [1, 0]
        first = layout.allocate(lanes)
        columns = [np.broadcast_to(at[operand], lanes) for operand in operands]
        layout.indexed(layout.kind_of(formula), first, np.stack(columns, axis=1))
        at.append(first + np.arange(lanes))
    return at


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
