"""The program: what a function computes, as a list of instructions on scalars.

An instruction is an input, a constant, or an op applied to the results of earlier instructions. Its result is known by
its place in the list, is assigned once, and never changes. Ops are rows of the table, so a program needs no other
description of what they do. An op takes as many operands as its row says; a sum or a dot product may take thousands.

A program is kept in flat buffers instead of an object for each instruction. A network with a batch of samples easily
has a million of them.

>>> from autograd_core import TABLE
>>> program = Program()
>>> x, two = program.input(), program.constant(2.0)
>>> program.outputs = [program.apply(TABLE["mul"], [two, x])]
>>> len(program), program.op(2), program.operands(2)
(3, <op mul>, [1, 0])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NoReturn, final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.errors import InputError
from autograd_core.table.define import always
from autograd_core.table.op import REAL, Op
from autograd_core.table.precedence import Precedence

INPUT: Final = -1
"""The kind of an instruction that reads an input."""

CONSTANT: Final = -2
"""The kind of an instruction that gives a constant."""


def _op(name: str, arity: int, forward: Callable[..., float]) -> Op:
    """An op that no gradient passes through. Only programs use such an op, so it is not in the table."""
    operands = ", ".join([f"{{{k}}}" for k in range(arity)])
    return Op(
        name,
        arity,
        forward,
        (lambda *_: 0.0,) * arity,
        name,
        rf"\operatorname{{{{{name}}}}}\left({operands}\right)",
        Precedence.CALL,
        (REAL,) * arity,
        ((-3.0, 3.0),) * arity,
        None,
        (always,) * arity,
    )


def _refuse(*_: float) -> NoReturn:
    raise InputError("a sweep of a program is an instruction without a number; deferred.expanded writes it out")


COPY: Final = _op("copy", 1, lambda x: x)
"""The same number, which no gradient passes through."""

SWEEP: Final = _op("sweep", 2, _refuse)
"""A sweep from a root with a seed, as one instruction (see `deferred`)."""

GRADIENT: Final = _op("gradient", 2, _refuse)
"""The sum that a sweep leaves at a place; -0.0 if it does not reach the place."""

CLOSED: Final = (COPY, SWEEP, GRADIENT)
"""The ops that no gradient passes through."""


@final
class Deferred:
    """A sweep that stands in a program as one instruction (see `deferred`).

    Attributes:
        place: the place of the instruction.
        ends: where the gradient stops.
        connected: for each earlier place whether a gradient passes through it; others are further on. What no gradient
            passes through counts as a constant.
    """

    __slots__ = ("connected", "ends", "place")

    def __init__(self, place: int, ends: list[int], connected: vec[u8]) -> None:
        self.place: Final = place
        self.ends: Final = ends
        self.connected: Final = connected


@final
class Program:
    """Instructions in single assignment.

    Attributes:
        ops: the ops that occur, each once. An instruction refers to its op by the index here.
        kinds: for each instruction the index of its op, or `INPUT`, or `CONSTANT`.
        starts: for each instruction the index in `flat` of its first operand; one entry more than instructions.
        flat: the operands of all instructions, one after the other: places of earlier instructions. That of an input is
            the number of inputs before it, that of a constant its index in `numbers`.
        numbers: the constants, each once; -0.0 is another number than 0.0.
        inputs: how many inputs there are.
        outputs: the places of the results.
        sweeps: the sweeps that stand in it as one instruction; `deferred.expanded` is a program without them, which
            is what all passes take.
    """

    __slots__ = ("_constants", "_indices", "flat", "inputs", "kinds", "numbers", "ops", "outputs", "starts", "sweeps")

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.kinds = vec[i32]()
        self.starts = vec[i32]([i32(0)])
        self.flat = vec[i32]()
        self.numbers = vec[float]()
        self.inputs = 0
        self.outputs: list[int] = []
        self.sweeps: list[Deferred] = []
        self._indices: dict[int, int] = {}
        self._constants: dict[tuple[float, float], int] = {}

    def __len__(self) -> int:
        return len(self.kinds)

    def input(self) -> int:
        """Append an instruction that reads the next input, and return its place."""
        self.flat = append(self.flat, i32(self.inputs))
        self.inputs += 1
        return self._append(INPUT)

    def constant(self, number: float) -> int:
        """The place of a constant; equal constants share one, and so do all nans."""
        key = (number, math.copysign(1.0, number)) if number == number else (0.5, 0.0)  # noqa: PLR0124 - nan
        place = self._constants.get(key, -1)
        if place < 0:
            self.flat = append(self.flat, i32(len(self.numbers)))
            self.numbers = append(self.numbers, number)
            place = self._constants[key] = self._append(CONSTANT)
        return place

    def apply(self, op: Op, operands: Sequence[int]) -> int:
        """Append an op on the results at these places, and return its place."""
        kind = self.kind_of(op)
        for operand in operands:
            self.flat = append(self.flat, i32(operand))
        return self._append(kind)

    def kind_of(self, op: Op) -> int:
        """The kind of the instructions with this op, which is its index in `ops`."""
        kind = self._indices.get(id(op), -1)
        if kind < 0:
            kind = self._indices[id(op)] = len(self.ops)
            self.ops.append(op)
        return kind

    def op(self, place: int) -> Op | None:
        """The op of an instruction, or None for an input or a constant."""
        kind = self.kinds[place]
        return None if kind < 0 else self.ops[kind]

    def operands(self, place: int) -> list[int]:
        """The places of the operands of an instruction; none for an input or a constant."""
        if self.kinds[place] < 0:
            return []
        k, end = i64(self.starts[place]), i64(self.starts[place + 1])
        found: list[int] = []
        while k < end:
            found.append(int(self.flat[k]))
            k += 1
        return found

    def number(self, place: int) -> float | None:
        """The number of a constant, or None for any other instruction."""
        if self.kinds[place] != CONSTANT:
            return None
        return self.numbers[self.index(place)]

    def index(self, place: int) -> i64:
        """The index of an input among the inputs, or of a constant in `numbers`."""
        return i64(self.flat[i64(self.starts[place])])

    def places_of_inputs(self) -> list[int]:
        """The places of the inputs, in order."""
        return [place for place in range(len(self.kinds)) if self.kinds[place] == INPUT]

    def _append(self, kind: int) -> int:
        place = len(self.kinds)
        self.kinds = append(self.kinds, i32(kind))
        self.starts = append(self.starts, i32(len(self.flat)))
        return place


def check(program: Program) -> None:
    """Raise `InputError` unless a program is well formed: passes leave only such programs.

    Every operand stands before the instruction that uses it, every op has as many operands as its row takes, and every
    output exists.

    >>> program = Program()
    >>> program.outputs = [3]
    >>> check(program)
    Traceback (most recent call last):
    autograd_core.errors.InputError: the program is malformed: output 3 is not one of its 0 instructions
    """
    for fault in _faults(program):
        raise InputError(f"the program is malformed: {fault}")


def _faults(program: Program) -> Iterator[str]:
    count = len(program)
    if len(program.starts) != count + 1 or program.starts[0] != 0 or program.starts[count] != len(program.flat):
        yield "the operands and the instructions do not fit"
        return
    for place in range(count):
        if not -2 <= program.kinds[place] < len(program.ops):
            yield f"instruction {place} has the unknown kind {program.kinds[place]}"
            continue
        op, operands = program.op(place), program.operands(place)
        if op is None:
            continue
        if not operands if op.arity is None else len(operands) != op.arity:
            yield f"instruction {place} gives {op.name} {len(operands)} operands"
        for operand in operands:
            if not 0 <= operand < place:
                yield f"instruction {place} uses {operand}, which does not stand before it"
    for output in program.outputs:
        if not 0 <= output < count:
            yield f"output {output} is not one of its {count} instructions"
