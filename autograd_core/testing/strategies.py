"""Hypothesis strategies: points, Values, programs, arguments, arrays, networks, data sets.

The strategies use only the statements of an op's row (domain, sample, kinks), so custom ops are drawn as well as those
of the table. Examples shrink towards small numbers, few instructions and the first op. The strategies for points are in
`point_strategies`, those for programs in `program_strategies` and, for programs of the compiler, in
`instruction_strategies`, those for numpy arrays in `array_strategies`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from autograd_core.companions import check
from autograd_core.errors import InputError
from autograd_core.graph.value import Value
from autograd_core.table.op import Interval, Op
from autograd_core.testing.programs.array_strategies import arrays, broadcastable_arrays
from autograd_core.testing.programs.instruction_strategies import instructions
from autograd_core.testing.programs.point_strategies import floats_for, is_measurable, is_on_kink, is_ordinary
from autograd_core.testing.programs.program_strategies import expressions
from autograd_core.testing.programs.programs import Program
from autograd_core.transforms.trees import flatten, rebuild

if TYPE_CHECKING:
    from nn import MLP

REFINED: Final = 32
"""The default width of floats, in bits: they print with few digits."""


# ---- Values -------------------------------------------------------------------------------------------------------


def values(min_value: float = -10.0, max_value: float = 10.0, labels: bool = False) -> st.SearchStrategy[Value]:
    """Return a strategy for leaves: Values with data between the bounds, and random labels on request.

    `st.from_type(Value)` is the same strategy with its defaults.
    """
    label = st.text("abcdefghijklmnopqrstuvwxyz_", max_size=5) if labels else st.just("")
    return st.builds(Value, st.floats(min_value, max_value), label)


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
    "arrays",
    "broadcastable_arrays",
    "datasets",
    "expressions",
    "floats_for",
    "instructions",
    "is_measurable",
    "is_on_kink",
    "is_ordinary",
    "networks",
    "parameter_trees",
    "points_for",
    "values",
]
