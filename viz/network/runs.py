"""A model and a loss, run on one sample: the graph of its cost, and the derivative with respect to each node.

The sample must be one that its equations hold for: its numbers are finite, no module draws random numbers, and none
takes statistics of a batch. All errors about a sample name it.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core import InputError, OperandTypeError, ShapeError, Value, topological_order
from autograd_core.diagnosis import first_not_finite
from autograd_core.graph.chain_rule import contributions
from viz.graph.chain_rule import edges
from viz.graph.layers import parameters_of, places_of
from viz.network.names import called
from viz.network.weighted_sums import WeightedSum, weighted_sums, without_scales
from viz.text import NAME, printable

Model: TypeAlias = Callable[[Any], Any]
Loss: TypeAlias = Callable[[list[Any], list[Any]], Any]

_FIND: Final = "viz.diagnose(model, loss) finds where it comes from"


class Run(NamedTuple):
    """A model and a loss, run on one sample.

    Attributes:
        cost: the root of the graph.
        given: what the model returned.
        outputs: the Values in it, from all levels of lists.
        order: all nodes, each after its inputs, the cost last; with outputs that the cost does not depend on.
        gradient: the derivative of the cost with respect to each node.
        parameters: the parameters by name.
        sums: the weighted sums, by their node.
        target: what the loss was called with.
        features: the features of the sample, from all levels of lists.
        probe: runs the model again with features that are Values, which tells them from constants.
    """

    cost: Value
    given: Any
    outputs: tuple[Value, ...]
    order: list[Value]
    gradient: Mapping[Value, float]
    parameters: Mapping[str, Value]
    sums: Mapping[Value, WeightedSum]
    target: Any
    features: tuple[Any, ...]
    probe: Callable[[], "Run"]


def run(model: Model, loss: Loss, sample: Any, name: str = "") -> Run:
    """Compute the cost of one sample, and its derivative with respect to each node.

    Args:
        model: from features to outputs; with `named_parameters()` or `parameters()`.
        loss: from a list of outputs and a list of targets to a number, as in `nn.fit`; both lists have one element.
        sample: a pair of features and target.
        name: what the sample is called in errors, such as `sample 3`; "" if there is no other.

    Raises:
        OperandTypeError: if an argument is of the wrong type, or the cost is not a Value.
        InputError: if a module is in training mode and draws random numbers or takes statistics of a batch, or a number
            of the sample, a parameter or what is computed from them is nan or infinite, or there are no parameters.
    """
    parameters = parameters_of(model)
    for role, function in (("a model", model), ("a loss", loss)):
        if not callable(function):
            raise OperandTypeError(f"expected {role} that can be called, got {type(function).__name__}")
    if not parameters:
        raise InputError(f"expected a model with parameters, got a {type(model).__name__} without any")
    _check_modes(model)
    with _naming(name):
        return _run(model, loss, sample, parameters)


def _run(model: Model, loss: Loss, sample: Any, parameters: Mapping[str, Value]) -> Run:
    if not isinstance(sample, tuple | list) or len(sample) != 2:
        raise OperandTypeError(f"expected a sample as a pair (features, target), got {type(sample).__name__}")
    features, target = sample
    _check_given(features, target, parameters)
    given = model(features)
    cost = loss([given], [target])
    if not isinstance(cost, Value):
        why = "is it within no_grad?" if isinstance(cost, float) else "return one number, such as a mean"
        raise OperandTypeError(f"expected the loss to return a Value, got {type(cost).__name__}; {why}")
    order = topological_order(cost)
    gradient: dict[Any, float] = {cost: 1.0}
    for _ in contributions(edges(reversed(order)), gradient):
        pass
    outputs = tuple(_found(given))
    order = _with_all(outputs, order)
    found = without_scales(order, weighted_sums(order, places_of(parameters)))
    sums = {one.node: one for one in found}
    numbers = tuple(_numbers(features))

    def probe() -> Run:
        """Run it with Values."""
        return _run(model, loss, (_as_values(features), target), parameters)

    ran = Run(cost, given, outputs, order, gradient, parameters, sums, target, numbers, probe)
    _check_computed(ran)
    return ran


def _numbers(features: Any) -> Iterator[Any]:
    """The features that are numbers, one by one; an array as floats."""
    if hasattr(features, "tolist"):
        features = features.tolist()
    if isinstance(features, list | tuple):
        for part in features:
            yield from _numbers(part)
    elif isinstance(features, Value | Real):
        yield features


def _as_values(features: Any) -> Any:
    """The features with a leaf for each number."""
    if hasattr(features, "tolist"):
        features = features.tolist()
    if isinstance(features, list | tuple):
        return [_as_values(part) for part in features]
    return features if isinstance(features, Value) else Value(features)


def _with_all(outputs: tuple[Value, ...], order: list[Value]) -> list[Value]:
    """The order with outputs that the cost does not depend on, whose gradient is 0."""
    known = set(map(id, order))
    more = [node for output in outputs if id(output) not in known for node in topological_order(output)]
    return [*order[:-1], *(node for node in dict.fromkeys(more) if id(node) not in known), order[-1]]


def _found(given: Any) -> Iterator[Value]:
    if isinstance(given, Value):
        yield given
    elif isinstance(given, list | tuple):
        for part in given:
            yield from _found(part)


# ---- What is refused -------------------------------------------------------------------------------------------------


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Errors about a sample begin with its name."""
    try:
        yield
    except (InputError, OperandTypeError, ShapeError) as error:
        if not name:
            raise
        raise type(error)(f"{name}: {error}") from error


def _check_modes(model: Any) -> None:
    """Check that no module is in a mode in which the numbers of a sample depend on chance or on other samples."""
    modules = model.modules() if callable(getattr(model, "modules", None)) else ()
    for module in modules:
        is_training = getattr(module, "training", False)
        if is_training and getattr(module, "rng_names", ()) and getattr(module, "p", 1.0):
            raise InputError(
                f"{_shown(module)} is in training mode and draws random numbers, so each call gives other activations "
                "and gradients; call model.eval() first"
            )
        if not getattr(module, "over_batch", False):
            continue
        if not getattr(module, "track_running_stats", True):
            raise InputError(
                f"{_shown(module)} takes the mean and variance of a batch, in eval() mode, too, so one sample alone "
                "has no activations and gradients of its own; make it with track_running_stats=True"
            )
        if is_training:
            raise InputError(
                f"{_shown(module)} is in training mode, where the mean and variance of a batch couple its samples, so "
                "one sample alone has no activations and gradients of its own; call model.eval() first"
            )


def _shown(module: object) -> str:
    return printable(repr(module), NAME)


def _check_given(features: Any, target: Any, parameters: Mapping[str, Value]) -> None:
    """Check that the sample and the parameters have finite numbers."""
    found = first_not_finite((("feature", features), ("target", target)))
    if found:
        raise InputError(f"expected finite numbers, got {found}; correct the sample or leave it out")
    wrong = next((name for name, value in parameters.items() if not math.isfinite(value.data)), None)
    if wrong is not None:
        what = f"{parameters[wrong].data} as the parameter {printable(wrong, NAME)}"
        raise InputError(f"expected finite numbers, got {what}; {_FIND}")


def _check_computed(ran: Run) -> None:
    """Check that no weighted sum, cost or derivative has overflowed."""
    if all(map(math.isfinite, ran.gradient.values())) and all(math.isfinite(node.data) for node in ran.order):
        return  # the usual case, at once
    nodes = (*ran.sums, ran.cost, *ran.parameters.values())
    numbers = [(node, node.data, "") for node in nodes]
    numbers += [(node, ran.gradient.get(node, 0.0), "the gradient of ") for node in nodes]
    for node, number, of in numbers:
        if not math.isfinite(number):
            name = printable(_name(node, ran), NAME)
            raise InputError(f"expected finite numbers, got {number} as {of}{name}; {_FIND}")


def _name(node: Value, ran: Run) -> str:
    """What a parameter, a weighted sum or the cost is called."""
    if node in ran.sums:
        return f"a weighted sum of {called(ran.sums[node].place.layer)}"
    return next((name for name, value in ran.parameters.items() if value is node), "the cost")
