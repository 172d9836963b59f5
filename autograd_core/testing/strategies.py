"""Hypothesis strategies: points, Values, programs, arguments, networks, data sets.

What a row of the table says about itself (domain, sample, kinks) is all that these strategies know of an op, so an op
that a test defines is drawn as well as any other. Everything shrinks towards small numbers, few instructions and the
op that stands first.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from hypothesis import assume
from hypothesis import strategies as st

from autograd_core.companions import check
from autograd_core.errors import InputError
from autograd_core.graph.value import Value
from autograd_core.table.op import TABLE, Interval, Op
from autograd_core.table.op import find as find_op
from autograd_core.testing.programs import Instruction, Program
from autograd_core.transforms.trees import flatten, rebuild

if TYPE_CHECKING:
    from nn import MLP

Point = tuple[float, ...]

MARGIN: Final = 1e-6
"""How near to a kink points are drawn if nothing else is said: a difference quotient must fit in between."""

LIMIT: Final = 100.0
"""Results and slopes beyond this are not moderate: few more instructions would leave little of their digits."""

STEP: Final = 0.05
"""A point is ordinary if the op is moderate as far as this around it, too: so no pole or edge is near."""

WHOLE: Final = {"polygamma": (0,)}
"""Inputs that must be whole numbers, which an interval cannot say."""

REFINED: Final = 32
"""Floats of this width are drawn where any will do: they print in a few digits."""


# ---- Points ---------------------------------------------------------------------------------------------------------


def floats_for(
    op: Op | str, count: int | None = None, wide: bool = True, margin: float = MARGIN
) -> st.SearchStrategy[Point]:
    """Points inside the domain of an op, as tuples of floats.

    Args:
        op: a row of the table or its name.
        count: how many inputs, for an op that takes any number of them; by default 2 to 4.
        wide: draw every fourth point from the whole domain, up to the largest floats, and not from the sample.
        margin: how far from the nearest kink a point lies at least; 0 lets points lie on kinks.

    Raises:
        InputError: if there is no op of that name, or it does not take `count` inputs.

    >>> from hypothesis import find
    >>> find(floats_for("log"), lambda point: point[0] > 1.5)
    (2.0,)
    """
    row = find_op(op) if isinstance(op, str) else op
    counts = _counts(row)
    if count is not None and (count < 1 or (row.arity or count) != count or count not in _counts(row, count)):
        raise InputError(f"{row.name} does not take {count} inputs")
    sizes = st.sampled_from(counts if count is None else (count,))

    def points(size: int) -> st.SearchStrategy[Point]:
        near = _box(row, row.sample, size)
        if not wide:
            return near
        return st.sampled_from((near, near, near, _box(row, row.domain, size))).flatmap(lambda box: box)

    drawn = sizes.flatmap(points)
    return drawn if row.kinks is None or margin <= 0.0 else drawn.filter(lambda point: _gap(row, point) >= margin)


def _gap(row: Op, point: Sequence[float]) -> float:
    """How far a point is from the nearest kink; 0.0 where that has no answer, as between multiples of 0."""
    if row.kinks is None:
        return math.inf
    try:
        return row.kinks(*point)
    except ArithmeticError:
        return 0.0


def _box(row: Op, intervals: tuple[Interval, ...], size: int) -> st.SearchStrategy[Point]:
    sides = (intervals + intervals[-1:] * size)[:size]
    return st.tuples(*[_side(row, index, interval) for index, interval in enumerate(sides)])


def _side(row: Op, index: int, interval: Interval) -> st.SearchStrategy[float]:
    low, high = interval
    if index in WHOLE.get(row.name, ()):
        return st.integers(math.ceil(low), math.floor(min(high, 10.0))).map(float)
    # Infinite bounds are bounds to Hypothesis, too, and it would draw them.
    return st.floats(
        None if low == -math.inf else low,
        None if high == math.inf else high,
        allow_nan=False,
        allow_infinity=False,
    )


def _counts(row: Op, most: int = 4) -> tuple[int, ...]:
    """How many inputs an op is drawn with."""
    if row.arity is not None:
        return (row.arity,)
    step = 2 if row.adds == "products" else 1
    return tuple(range(2, most + 1, step)) if most > 1 or step == 2 else (1,)


def is_ordinary(op: Op, inputs: Sequence[float], limit: float = LIMIT) -> bool:
    """Whether a point lies well inside the domain of an op, off its kinks, where value and slopes are moderate.

    Found by looking around: at the point, and a short step away from it along every input.

    >>> is_ordinary(TABLE["log"], [1.0]), is_ordinary(TABLE["log"], [0.01]), is_ordinary(TABLE["div"], [1.0, 0.001])
    (True, False, False)
    """
    if not (_gap(op, inputs) >= MARGIN and _is_moderate(op, inputs, limit)):  # a gap may be nan
        return False
    return all(
        _is_moderate(op, [*inputs[:index], x + step, *inputs[index + 1 :]], limit)
        for index, x in enumerate(inputs)
        for step in (-STEP, STEP)
    )


def _is_moderate(op: Op, inputs: Sequence[float], limit: float) -> bool:
    domains = op.domain + op.domain[-1:] * len(inputs)
    if not all(low <= x <= high for x, (low, high) in zip(inputs, domains, strict=False)):
        return False
    output = op.evaluate(inputs)
    return abs(output) < limit and all(abs(d) < limit for d in op.slopes(inputs, output, [True] * len(inputs)))


# ---- Values and programs --------------------------------------------------------------------------------------------


def values(min_value: float = -10.0, max_value: float = 10.0, labels: bool = False) -> st.SearchStrategy[Value]:
    """Leaves: Values of data between the bounds, with labels if they are asked for.

    `st.from_type(Value)` draws the same.
    """
    label = st.text("abcdefghijklmnopqrstuvwxyz_", max_size=5) if labels else st.just("")
    return st.builds(Value, st.floats(min_value, max_value), label)


def expressions(
    ops: Sequence[str | Op] | None = None,
    leaves: st.SearchStrategy[float] | None = None,
    max_size: int = 8,
    shared: bool = True,
) -> st.SearchStrategy[Program]:
    """Programs of one to four leaves, every instruction of which is evaluated at an ordinary point.

    Args:
        ops: the ops to use, or their names; by default all that are in the table at the time of drawing.
        leaves: where the leaves come from; by default small floats.
        max_size: how many instructions at most.
        shared: let results be used several times. Without it every leaf and every result is used once at most.

    Raises:
        InputError: if an op is not in the table.
    """
    for op in ops or ():
        find_op(op if isinstance(op, str) else op.name)
    return _programs(ops, leaves, max_size, shared)


@st.composite
def _programs(
    draw: st.DrawFn,
    ops: Sequence[str | Op] | None,
    leaves: st.SearchStrategy[float] | None,
    max_size: int,
    shared: bool,
) -> Program:
    names = [op if isinstance(op, str) else op.name for op in (TABLE if ops is None else ops)]
    number = st.floats(-3, 3, width=REFINED) if leaves is None else leaves
    numbers = draw(st.lists(number, min_size=1, max_size=4))
    start = tuple(numbers)
    free = list(range(len(numbers)))
    instructions: list[Instruction] = []
    # A length that is drawn first: lists alone have six elements in the mean, however many there may be.
    least = draw(st.integers(1, 2 * max_size))
    for name in draw(st.lists(st.sampled_from(names), min_size=least, max_size=2 * max_size)):
        if len(instructions) == max_size:
            break
        op = find_op(name)
        pool = range(len(numbers)) if shared else free
        indices = _draw_indices(draw, op, pool, shared)
        inputs = [numbers[index] for index in indices]
        # What cannot be applied here is left out. Putting something else in its place would hide from shrinking which
        # op matters.
        if not indices or not is_ordinary(op, inputs):
            continue
        free = [index for index in free if index not in indices] + [len(numbers)]
        numbers.append(op.evaluate(inputs))
        instructions.append((name, indices))
    if not instructions and leaves is None:
        # Few numbers are in the domains of these ops: the leaves of one instruction are drawn where its op has samples.
        op = find_op(draw(st.sampled_from(names)))
        start = draw(floats_for(op, wide=False))
        instructions = [(op.name, tuple(range(len(start))))] if is_ordinary(op, start) else []
    assume(instructions)
    program = Program(start, tuple(instructions))
    # What the result does not depend on should be drawn, for an engine must leave it alone; but taking it away changes
    # the indices of all that comes later, which shrinking cannot do by itself.
    return program if draw(st.booleans()) else program.pruned()


def _draw_indices(draw: st.DrawFn, op: Op, pool: Sequence[int], shared: bool) -> tuple[int, ...]:
    """Places of the inputs of an instruction; none if there are not enough."""
    counts = [count for count in _counts(op) if shared or count <= len(pool)]
    if not counts:
        return ()
    free = list(pool)
    # Drawn as integers, which is three times as fast as making a new strategy of the indices for every instruction.
    drawn = (draw(st.integers(0, len(free) - 1)) for _ in range(counts[draw(st.integers(0, len(counts) - 1))]))
    return tuple(free[i] if shared else free.pop(i) for i in drawn)


# ---- Arguments, networks, data ---------------------------------------------------------------------------------------


def points_for(f: Callable[..., Any], *like: Any, domain: Interval = (-3.0, 3.0)) -> st.SearchStrategy[tuple[Any, ...]]:
    """Tuples of arguments that a function can be called with.

    Args:
        f: an op, which is given points of its own domain; a `Program`, which is given as many floats as it has
            leaves; or any function.
        like: examples of the arguments, trees of numbers; arguments of the same form are drawn. By default one number
            for each parameter of `f` that has no default.
        domain: where the numbers lie, except for an op.

    Raises:
        InputError: if the parameters of `f` cannot be found out and there are no examples.
        OperandTypeError: if something else than a number stands in an example.
    """
    if isinstance(f, Op) and not like:
        return floats_for(f)
    numbers = st.floats(*domain)
    if like:
        return st.tuples(*[_of_the_form(tree, numbers) for tree in like])
    return st.tuples(*[numbers] * (len(f.leaves) if isinstance(f, Program) else _count_parameters(f)))


def _of_the_form(tree: Any, numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    count = len(flatten(tree))
    return st.lists(numbers, min_size=count, max_size=count).map(lambda leaves: rebuild(tree, leaves))


def _count_parameters(f: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        raise InputError(f"the parameters of {f!r} cannot be found out; give examples of its arguments") from None
    count = sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    if count == 0:
        raise InputError(f"{f!r} has no parameters without a default; give examples of its arguments")
    return count


def networks(
    max_layers: int = 2,
    max_width: int = 4,
    activations: Sequence[str] = ("linear", "tanh", "sigmoid", "relu"),
    parameters: st.SearchStrategy[float] | None = None,
) -> st.SearchStrategy[MLP]:
    """Multilayer perceptrons with drawn parameters, small ones first.

    Args:
        max_layers: how many layers at most.
        max_width: how many inputs and neurons a layer has at most.
        activations: names of activations of the hidden layers; the last layer is linear.
        parameters: where weights and biases come from; by default small floats.
    """
    number = st.floats(-2, 2, width=REFINED) if parameters is None else parameters
    return _networks(max_layers, max_width, activations, number)


@st.composite
def _networks(
    draw: st.DrawFn, max_layers: int, max_width: int, activations: Sequence[str], number: st.SearchStrategy[float]
) -> MLP:
    # The engine knows nothing of `nn`, which is built on it: whoever asks for networks has it, and loads it here.
    check("nn")
    from nn import MLP

    width = st.integers(1, max_width)
    model = MLP(
        draw(width),
        draw(st.lists(width, min_size=1, max_size=max_layers)),
        activation=draw(st.sampled_from(activations)),
        rng=0,  # the weights are replaced, and drawing a network must not use up random numbers of the test
    )
    for parameter in model.parameters():
        parameter.data = draw(number)
    return model


def datasets(
    max_samples: int = 6,
    max_features: int = 4,
    classes: int = 2,
    features: st.SearchStrategy[float] | None = None,
) -> st.SearchStrategy[list[tuple[list[float], int]]]:
    """Samples as `nn` takes them: pairs of a list of features, equally long in all of them, and a class from 0 on.

    Args:
        max_samples: how many samples at most.
        max_features: how many features a sample has at most.
        classes: how many classes there are.
        features: where the features come from; by default small floats.
    """
    number = st.floats(-3, 3, width=REFINED) if features is None else features

    def samples(size: int) -> st.SearchStrategy[list[tuple[list[float], int]]]:
        sample = st.tuples(st.lists(number, min_size=size, max_size=size), st.integers(0, classes - 1))
        return st.lists(sample, min_size=1, max_size=max_samples)

    return st.integers(1, max_features).flatmap(samples)


def parameter_trees(leaves: st.SearchStrategy[Any] | None = None, max_leaves: int = 6) -> st.SearchStrategy[Any]:
    """Lists, tuples and dicts in each other with numbers at their ends, as functions take their parameters.

    They are never empty.

    Args:
        leaves: where the ends come from, for example `values()`; by default small floats.
        max_leaves: how many of them at most, about.
    """
    keys = st.text("abcdefgh", min_size=1, max_size=3)
    return st.recursive(
        st.floats(-3, 3, width=REFINED) if leaves is None else leaves,
        lambda children: (
            st.lists(children, min_size=1, max_size=3)
            | st.lists(children, min_size=1, max_size=3).map(tuple)
            | st.dictionaries(keys, children, min_size=1, max_size=3)
        ),
        max_leaves=max_leaves,
    )


__all__ = [
    "Program",
    "datasets",
    "expressions",
    "floats_for",
    "is_ordinary",
    "networks",
    "parameter_trees",
    "points_for",
    "values",
]
