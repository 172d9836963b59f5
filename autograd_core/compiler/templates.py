"""Templates: the local derivatives of an op, recorded once, to be copied wherever the op stands in a program.

A template is a small program. Its inputs are the operands of the op and its output. The formulas of a row look at what
they get: a plain number decides a condition at once, and the factor that is a constant makes a structural zero. So
there is a template for every pattern of operands: which of them are numbers, which count as constants, and which are
wanted. The formula of a row that cannot be recorded, because it decides in Python on a number, becomes an op of its own
that calls the row when the program runs. That op has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, final

from librt.vecs import vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.drop import drop
from autograd_core.compiler.passes.fold import fold
from autograd_core.compiler.program import CONSTANT, COPY, Program
from autograd_core.compiler.recording import Recording
from autograd_core.errors import GradientLossError, OperandTypeError
from autograd_core.graph.contributions import is_recorded
from autograd_core.graph.edges import structural_zero
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.table.define import is_constant
from autograd_core.table.op import REAL, Op
from autograd_core.table.precedence import Precedence

NOTHING: Final = -1
"""Stands for the place of a local derivative that passes nothing on, or that is not wanted."""


@final
class Template:
    """The local derivatives of an op as a program.

    Attributes:
        arity: how many operands the op has. Instructions up to this one are the operands and the output.
        program: the formulas.
        locals: for each operand the place of the local derivative in the program, or `NOTHING`.
        conditions: for each operand the place of the condition under which a 0 is a structural zero.
        is_plain: for each operand whether the local derivative is a plain number, whatever the operands are.
        kinds: for each op of the program its kind in the program that is differentiated.
        places: for each instruction its place there; those of constants stay, the others are of the latest copy.
    """

    __slots__ = ("arity", "conditions", "is_plain", "kinds", "locals", "places", "program")

    def __init__(
        self, target: Program, arity: int, program: Program, found: Sequence[int], is_plain: Sequence[bool]
    ) -> None:
        self.arity: Final[i64] = i64(arity)
        self.program: Final = program
        self.locals = vec[i32]([i32(place) for place in found[:arity]])
        self.conditions = vec[i32]([i32(place) for place in found[arity:]])
        self.is_plain = vec[u8]([u8(1 if plain else 0) for plain in is_plain])
        self.kinds = vec[i32]([i32(target.kind_of(op)) for op in program.ops])
        self.places = vec[i32]([i32(-1)] * len(program))
        for place in range(len(program)):
            if program.kinds[place] == CONSTANT:
                self.places[place] = i32(target.constant(program.numbers[program.index(place)]))


def template(
    target: Program, op: Op, numbers: Sequence[float | None], constants: Sequence[bool], wanted: Sequence[bool]
) -> Template:
    """Record the template of an op.

    Args:
        target: the program that will be differentiated.
        op: an op with a fixed number of operands.
        numbers: for each operand its number, or None for one that is not known.
        constants: for each operand whether it counts as a constant, see `Recording.constants`.
        wanted: for each operand whether the derivative with respect to it is wanted.
    """
    count = len(numbers)
    recording = Recording(Program(), {i for i in range(count) if constants[i]})
    symbols = [recording.symbol(recording.program.input()) for _ in range(count + 1)]
    inputs: list[Any] = [x if number is None else number for x, number in zip(symbols, numbers, strict=False)]
    found: list[int] = [NOTHING] * (2 * count)
    is_plain = [False] * count
    for i in range(count):
        if wanted[i]:
            local, zero = _local(op, i, inputs, symbols[count])
            if zero is not True:
                is_plain[i] = not is_recorded(local) and not is_recorded(zero)
                found[i], found[count + i] = recording.place(local), recording.place(zero)
    return _simplified(target, recording.program, found, is_plain)


def _simplified(target: Program, program: Program, found: list[int], is_plain: list[bool]) -> Template:
    """The template with its formulas in their simplest form."""
    program.outputs = [place for place in found if place >= 0]
    # A copy ends a gradient, and folding leaves copies out: second derivatives would pass through it.
    simple = drop(program if COPY in program.ops else fold(program))
    places = iter(simple.outputs)
    return Template(target, len(is_plain), simple, [next(places) if p >= 0 else NOTHING for p in found], is_plain)


def _local(op: Op, index: int, inputs: list[Any], output: Symbol) -> tuple[Any, Any]:
    """The local derivative with respect to an operand, and whether a 0 is a structural zero."""
    wanted = [i == index for i in range(len(inputs))]
    try:
        local = op.partials(inputs, output, wanted)[index]
    except GradientLossError:  # of something that is no input, or of such an op
        raise
    except UNRECORDED:
        local = own_derivative(op, index, inputs, output)
    try:
        return local, structural_zero(op, index, inputs, output, local)
    except UNRECORDED:
        return local, _own_condition(op, index, inputs, output)


UNRECORDED: Final = (OperandTypeError, AttributeError, TypeError)
"""What a formula raises that decides in Python on a number that is recorded, or computes with `math`."""


def own_edge(op: Op, index: int, inputs: list[Any], output: Symbol) -> tuple[Any, Any]:
    """What `_local` gives for a formula that cannot be recorded: both by ops that call the row on floats."""
    return own_derivative(op, index, inputs, output), _own_condition(op, index, inputs, output)


_OWN_OPS: Final[dict[Any, Op]] = {}
"""For an op, an index, and what else decides on the function: the op of its own."""


def own_derivative(op: Op, index: int, inputs: list[Any], output: Symbol) -> Any:
    """The local derivative of an op with respect to one operand, as an op that calls the row on floats."""
    wanted = [i == index for i in range(len(inputs))]

    def forward(*point: float) -> float:
        return op.derivatives_at(point[:-1], point[-1], wanted)[index]

    key = (op, index, len(wanted))
    return output.recorder.record(_own_op(key, f"{op.name}_derivative_{index}", forward), (*inputs, output))


def _own_condition(op: Op, index: int, inputs: list[Any], output: Symbol) -> Any:
    """Whether a local derivative of 0 is a structural zero, as an op that calls the row on numbers.

    For the row a float is a constant, so what is none becomes a Value.
    """
    constants = tuple([is_constant(x) for x in inputs])

    def forward(*point: float) -> float:
        numbers = [x if constant else Value(x) for x, constant in zip(point, constants, strict=False)]
        return float(bool(op.passes_nothing(index, numbers, Value(point[-1]))))

    key = (op, index, constants)
    return output.recorder.record(_own_op(key, f"{op.name}_condition_{index}", forward), (*inputs, output))


def _own_op(key: tuple[Op, int, Any], name: str, forward: Callable[..., float]) -> Op:
    op, _, asked = key
    if key not in _OWN_OPS:
        count = (asked if isinstance(asked, int) else len(asked)) + 1
        _OWN_OPS[key] = Op(
            name,
            count,
            forward,
            (_refusal(op),) * count,
            name,
            rf"\operatorname{{{{{name}}}}}",
            Precedence.CALL,
            (REAL,) * count,
            ((-1.0, 1.0),) * count,
            None,
        )
    return _OWN_OPS[key]


def _refusal(op: Op) -> Callable[..., Any]:
    def refuse(*_: Any) -> NoReturn:
        raise GradientLossError(
            f"the derivative of {op.name} decides in Python on its numbers, so a program can compute it but not "
            "differentiate it again: write its conditions with where(condition, a, b), or with select"
        )

    return refuse
