"""A few simplifications of programs, as far as the measurements need them: what is constant, copied, or unused goes.

A strong product whose condition is the constant 0 becomes a product. That keeps ordinary numbers and not the sign of a
gradient that nothing has reached, so it is for measuring alone.
"""

from __future__ import annotations

from autograd_core.compiler.program import INPUT, Program
from autograd_core.table.op import TABLE, Op


def simplified(program: Program) -> Program:
    """The simplified program; its inputs stay."""
    result = Program()
    places: list[int] = []
    shared: dict[tuple[int, ...], int] = {}
    for place in range(len(program)):
        op = program.op(place)
        if op is None:
            number = program.number(place)
            places.append(result.input() if number is None else result.constant(number))
        else:
            places.append(_applied(result, op, [places[k] for k in program.operands(place)], shared))
    result.outputs = [places[k] for k in program.outputs]
    return _without_unused(result)


def _applied(result: Program, op: Op, operands: list[int], shared: dict[tuple[int, ...], int]) -> int:
    numbers = [result.number(k) for k in operands]
    known = [number for number in numbers if number is not None]
    if len(known) == len(numbers):
        return result.constant(op.evaluate(known))
    name = op.name
    if name in ("copy", "pos"):
        return operands[0]
    if name == "strong_product" and numbers[2] == 0.0:
        name, op, operands, numbers = "mul", TABLE["mul"], operands[:2], numbers[:2]
    if name == "where" and numbers[0] is not None:
        return operands[1 if numbers[0] else 2]
    if name == "mul" and 1.0 in numbers:
        return operands[1 - numbers.index(1.0)]
    if name == "mul" and 0.0 in numbers:
        return result.constant(0.0)
    if name == "add" and 0.0 in numbers:
        return operands[1 - numbers.index(0.0)]
    if name == "mul" and -1.0 in numbers:
        op, operands = TABLE["neg"], [operands[1 - numbers.index(-1.0)]]
    if name == "pow" and numbers[1] == 1.0:
        return operands[0]
    key = (id(op), *operands)
    if key not in shared:
        shared[key] = result.apply(op, operands)
    return shared[key]


def _without_unused(program: Program) -> Program:
    used = [False] * len(program)
    for output in program.outputs:
        used[output] = True
    for place in range(len(program) - 1, -1, -1):
        if used[place]:
            for k in program.operands(place):
                used[k] = True
    result = Program()
    places = [-1] * len(program)
    for place in range(len(program)):
        op = program.op(place)
        if program.kinds[place] == INPUT:
            places[place] = result.input()
        elif used[place]:
            number = program.number(place)
            places[place] = (
                result.apply(op, [places[k] for k in program.operands(place)])
                if op is not None
                else result.constant(number if number is not None else 0.0)
            )
    result.outputs = [places[k] for k in program.outputs]
    return result
