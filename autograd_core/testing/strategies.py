"""Hypothesis strategies: points, Values, programs, arguments, networks, data sets.

The strategies use only the statements of an op's row (domain, sample, kinks), so custom ops are drawn as well as those
of the table. Examples shrink towards small numbers, few instructions and the first op.
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
from autograd_core.testing.sampling import Point, distance_to_kink, is_integer
from autograd_core.transforms.trees import flatten, rebuild

if TYPE_CHECKING:
    from nn import MLP

MARGIN: Final = 1e-6
"""The default distance of points from kinks: it leaves space for a difference quotient."""

LIMIT: Final = 100.0
"""Results and derivatives beyond this are not moderate: a few more instructions would lose most of their digits."""

STEP: Final = 0.05
"""An op is also moderate at this distance from an ordinary point, so no pole or edge is near."""

REFINED: Final = 32
"""The default width of floats, in bits: they print with few digits."""


# ---- Points ---------------------------------------------------------------------------------------------------------


def floats_for(
    op: Op | str, count: int | None = None, wide: bool = True, margin: float = MARGIN
) -> st.SearchStrategy[Point]:
    """Return a strategy for points inside the domain of an op, as tuples of floats.

    Args:
        op: an op or its name.
        count: the number of inputs of a variadic op; by default 2 to 4.
        wide: draw every fourth point from the whole domain, up to the largest floats, and not from the sample.
        margin: the least distance of a point from the nearest kink; 0 allows points on kinks.

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
        """Return a strategy for points with this number of inputs."""
        near = _box(row, row.sample, size)
        if not wide:
            return near
        return st.sampled_from((near, near, near, _box(row, row.domain, size))).flatmap(lambda box: box)

    drawn = sizes.flatmap(points)
    if row.kinks is None or margin <= 0.0:
        return drawn
    return drawn.filter(lambda point: distance_to_kink(row, point) >= margin)


def _box(row: Op, intervals: tuple[Interval, ...], size: int) -> st.SearchStrategy[Point]:
    sides = (intervals + intervals[-1:] * size)[:size]
    return st.tuples(*[_side(row, index, interval) for index, interval in enumerate(sides)])


def _side(row: Op, index: int, interval: Interval) -> st.SearchStrategy[float]:
    """Return a strategy for one input in an interval."""
    low, high = interval
    if is_integer(row, index):
        return st.integers(math.ceil(low), math.floor(min(high, 10.0))).map(float)
    # Hypothesis draws its bounds, so infinite ones must become None.
    return st.floats(
        None if low == -math.inf else low,
        None if high == math.inf else high,
        allow_nan=False,
        allow_infinity=False,
    )


def _counts(row: Op, most: int = 4) -> tuple[int, ...]:
    """Return the possible numbers of inputs of an op."""
    if row.arity is not None:
        return (row.arity,)
    step = 2 if row.adds == "products" else 1
    return tuple(range(2, most + 1, step)) if most > 1 or step == 2 else (1,)


def is_ordinary(op: Op, inputs: Sequence[float], limit: float = LIMIT) -> bool:
    """Return whether a point is well inside the domain, off kinks, with moderate value and derivatives.

    The op is evaluated at the point and a short step away along every input.

    >>> is_ordinary(TABLE["log"], [1.0]), is_ordinary(TABLE["log"], [0.01]), is_ordinary(TABLE["div"], [1.0, 0.001])
    (True, False, False)
    """
    if not (distance_to_kink(op, inputs) >= MARGIN and _is_moderate(op, inputs, limit)):  # the distance may be nan
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
    return abs(output) < limit and all(abs(d) < limit for d in op.derivatives_at(inputs, output, [True] * len(inputs)))


# ---- Values and programs --------------------------------------------------------------------------------------------


def values(min_value: float = -10.0, max_value: float = 10.0, labels: bool = False) -> st.SearchStrategy[Value]:
    """Return a strategy for leaves: Values with data between the bounds, and random labels on request.

    `st.from_type(Value)` is the same strategy with its defaults.
    """
    label = st.text("abcdefghijklmnopqrstuvwxyz_", max_size=5) if labels else st.just("")
    return st.builds(Value, st.floats(min_value, max_value), label)


def expressions(
    ops: Sequence[str | Op] | None = None,
    leaves: st.SearchStrategy[float] | None = None,
    max_size: int = 8,
    shared: bool = True,
) -> st.SearchStrategy[Program]:
    """Return a strategy for programs of one to four leaves, with every instruction at an ordinary point.

    Args:
        ops: the ops to use, or their names; by default all ops in the table at the time of the draw.
        leaves: the strategy for leaves; by default small floats.
        max_size: the largest number of instructions.
        shared: allow several uses of a result. If false, every leaf and every result is used at most once.

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
    """Draw a program; the arguments are those of `expressions`."""
    names = [op if isinstance(op, str) else op.name for op in (TABLE if ops is None else ops)]
    number = st.floats(-3, 3, width=REFINED) if leaves is None else leaves
    numbers = draw(st.lists(number, min_size=1, max_size=4))
    start = tuple(numbers)
    free = list(range(len(numbers)))
    instructions: list[Instruction] = []
    # Without a drawn length lists have six elements on average, whatever the maximum.
    least = draw(st.integers(1, 2 * max_size))
    for name in draw(st.lists(st.sampled_from(names), min_size=least, max_size=2 * max_size)):
        if len(instructions) == max_size:
            break
        op = find_op(name)
        pool = range(len(numbers)) if shared else free
        indices = _draw_indices(draw, op, pool, shared)
        inputs = [numbers[index] for index in indices]
        # An op that cannot be applied is skipped. A substitute would hide from shrinking which op matters.
        if not indices or not is_ordinary(op, inputs):
            continue
        free = [index for index in free if index not in indices] + [len(numbers)]
        numbers.append(op.evaluate(inputs))
        instructions.append((name, indices))
    if not instructions and leaves is None:
        # Few numbers are in the domains of these ops: draw the leaves of one instruction from the sample of its op.
        op = find_op(draw(st.sampled_from(names)))
        start = draw(floats_for(op, wide=False))
        instructions = [(op.name, tuple(range(len(start))))] if is_ordinary(op, start) else []
    assume(instructions)
    program = Program(start, tuple(instructions))
    # Unused results are drawn too, because an engine must ignore them. Shrinking cannot remove them, since that would
    # change the indices of later results; so pruning is a choice that is drawn.
    return program if draw(st.booleans()) else program.pruned()


def _draw_indices(draw: st.DrawFn, op: Op, pool: Sequence[int], shared: bool) -> tuple[int, ...]:
    """Return the indices of the inputs of an instruction; empty if there are not enough."""
    counts = [count for count in _counts(op) if shared or count <= len(pool)]
    if not counts:
        return ()
    free = list(pool)
    # Drawing integers is three times as fast as making a strategy of the indices for every instruction.
    drawn = (draw(st.integers(0, len(free) - 1)) for _ in range(counts[draw(st.integers(0, len(counts) - 1))]))
    return tuple(free[i] if shared else free.pop(i) for i in drawn)


# ---- Arguments, networks, data ---------------------------------------------------------------------------------------


def points_for(f: Callable[..., Any], *like: Any, domain: Interval = (-3.0, 3.0)) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return a strategy for tuples of arguments of a function.

    Args:
        f: an op, for points of its domain; a `Program`, for one float per leaf; or any function.
        like: examples of the arguments, as trees of numbers; the arguments have the same form. By default one number
            for each parameter of `f` without a default.
        domain: the interval of the numbers, except for an op.

    Raises:
        InputError: if `f` has no signature, or no parameters without a default, and there are no examples.
        OperandTypeError: if an example contains something other than numbers.
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
    """Return the number of positional parameters without a default."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        raise InputError(f"expected a function with a signature, got {f!r}; give examples of its arguments") from None
    count = sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    if count == 0:
        raise InputError(f"expected parameters without a default, got none in {f!r}; give examples of its arguments")
    return count


def networks(
    max_layers: int = 2,
    max_width: int = 4,
    activations: Sequence[str] = ("linear", "tanh", "sigmoid", "relu"),
    parameters: st.SearchStrategy[float] | None = None,
) -> st.SearchStrategy[MLP]:
    """Return a strategy for multilayer perceptrons with drawn parameters; small networks come first.

    Args:
        max_layers: the largest number of layers.
        max_width: the largest number of inputs, and of neurons of a layer.
        activations: the names of activations of the hidden layers; the last layer is linear.
        parameters: the strategy for weights and biases; by default small floats.
    """
    number = st.floats(-2, 2, width=REFINED) if parameters is None else parameters
    return _networks(max_layers, max_width, activations, number)


@st.composite
def _networks(
    draw: st.DrawFn, max_layers: int, max_width: int, activations: Sequence[str], number: st.SearchStrategy[float]
) -> MLP:
    """Draw a network; the arguments are those of `networks`."""
    # `nn` is built on this package, so it is imported only when networks are drawn.
    check("nn")
    from nn import MLP

    width = st.integers(1, max_width)
    model = MLP(
        draw(width),
        draw(st.lists(width, min_size=1, max_size=max_layers)),
        activation=draw(st.sampled_from(activations)),
        rng=0,  # the weights are replaced, and the draw must not advance the generator of the test
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
    """Return a strategy for data sets of `nn`: lists of pairs of features, all of one length, and a class.

    Args:
        max_samples: the largest number of samples.
        max_features: the largest number of features of a sample.
        classes: the number of classes, which count from 0.
        features: the strategy for features; by default small floats.
    """
    number = st.floats(-3, 3, width=REFINED) if features is None else features

    def samples(size: int) -> st.SearchStrategy[list[tuple[list[float], int]]]:
        """Return a strategy for data sets with this number of features."""
        sample = st.tuples(st.lists(number, min_size=size, max_size=size), st.integers(0, classes - 1))
        return st.lists(sample, min_size=1, max_size=max_samples)

    return st.integers(1, max_features).flatmap(samples)


def parameter_trees(leaves: st.SearchStrategy[Any] | None = None, max_leaves: int = 6) -> st.SearchStrategy[Any]:
    """Return a strategy for parameter trees: nested lists, tuples and dicts of numbers, none of them empty.

    Args:
        leaves: the strategy for leaves, for example `values()`; by default small floats.
        max_leaves: the approximate largest number of leaves.
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
