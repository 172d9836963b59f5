"""Which graphs are those of dense layers, and what a network is told whose graph is another.

An activation of a dense layer depends on its own weighted sum alone, and all neurons have the same inputs.
"""

from collections.abc import Collection, Sequence

from autograd_core import InputError, Value
from viz.network.cells import is_of_state, twin_of
from viz.network.names import called
from viz.network.runs import Run
from viz.network.weighted_sums import WeightedSum, identities
from viz.text import listed


class DetourError(InputError):
    """A feature of the sample takes part in an activation, beside the weighted sum."""


_EXPECTED = "expected each activation to depend on the weighted sum of its own neuron alone"


def repeated(ran: Run) -> str:
    """The layer of weights that are used several times, or that belong to a state; "" if there are none.

    A graph with such weights is that of a recurrent network.
    """
    names = {id(value): name for name, value in ran.parameters.items()}
    seen: set[int] = set()
    for found in ran.sums.values():
        weights = set(map(id, found.weights))
        states = [name for name in map(names.__getitem__, weights) if is_of_state(name)]
        if not seen.isdisjoint(weights) or any(twin_of(name) in ran.parameters for name in states):
            return called(found.place.layer)
        seen |= weights
    return ""


def check_used_once(ran: Run) -> None:
    """Check that no weight is used several times.

    Raises:
        InputError: if one is.
    """
    layer = repeated(ran)
    if layer:
        raise InputError(
            f"expected layers that are used once, but the weights of {layer} are used several times or take a state, "
            "as in a recurrent network, a convolution or a common factor; viz.equations(model, loss, sample) unfolds a "
            "recurrent network in time"
        )


def own_sums(sources: Sequence[tuple[list[WeightedSum], list[Value]]], above: str | None) -> list[WeightedSum]:
    """The weighted sum of each activation, of which each must have one of its own.

    Args:
        sources: for each activation the weighted sums that it depends on, and the nodes between.
        above: the name of the layer that takes the activations; None for the cost.

    Raises:
        InputError: if an activation depends on several, or on none, or two depend on the same one.
    """
    for index, (sums, _) in enumerate(sources):
        taken = f"output {index} of the model" if above is None else f"input {index} of {called(above)}"
        if not sums:
            raise InputError(f"{_EXPECTED}, but {taken} depends on none, as a constant or a feature")
        if len(sums) > 1:
            raise InputError(f"{_EXPECTED}, but {taken} {_dependence(sums)}")
    found = [sums[0] for sums, _ in sources]
    if len({id(one.node) for one in found}) < len(found):
        raise InputError(f"{_EXPECTED}, but two depend on the same one of {_layer(found[0])}")
    return found


def _dependence(sums: Sequence[WeightedSum]) -> str:
    """On which weighted sums an activation depends, and what is written so."""
    layers = list(dict.fromkeys(map(_layer, sums)))
    if len(layers) == 1 and len({identities(one.inputs) for one in sums}) == 1:
        return (
            f"depends on {len(sums)} weighted sums of {layers[0]} together, as after a softmax or a normalisation over "
            "neurons. There are equations of that only where it gives all outputs of the model, one for each neuron"
        )
    return (
        f"depends on {len(sums)} weighted sums, of {listed(layers, 3)}, as where a detour leads around a layer or a "
        "normalisation follows it. There are no equations of that here"
    )


def _layer(one: WeightedSum) -> str:
    return called(one.place.layer)


def check_dense(sums: Sequence[WeightedSum]) -> None:
    """Check that the neurons of a layer have the same inputs and at most one bias each.

    Raises:
        InputError: if they do not.
    """
    first = sums[0]
    for other in sums:
        if identities(other.inputs) != identities(first.inputs):
            raise InputError(
                f"{_layer(first)} is no dense layer: its neurons have different inputs, as those of a convolution, or "
                "the scales of a normalisation"
            )
        if len(other.biases) > 1:
            raise InputError(f"{_layer(first)} is no layer of a perceptron: a neuron has {len(other.biases)} biases")


def check_path(paths: Sequence[Sequence[Value]], ran: Run, layer: str) -> None:
    """Check that no activation takes a feature of the sample.

    Raises:
        DetourError: if one does.
    """
    features = {id(x) for x in ran.features if isinstance(x, Value)}
    for path in paths:
        for node in path:
            if any(id(x) in features for x in node.inputs):
                op = node.op.name if node.op is not None else ""
                raise DetourError(
                    f"{_EXPECTED}, but the {op} after {called(layer)} takes a feature of the sample, too, as in a "
                    "detour around the layer. There are no equations of that here"
                )


def one_by_one(layer: str) -> DetourError:
    """The error about parameters that multiply one feature each."""
    return DetourError(
        f"{_EXPECTED}, but {called(layer)} multiplies each feature by a parameter of its own, as a normalisation of "
        "the features does. There are no equations of that here"
    )


def check_complete(known: Collection[int], ran: Run) -> None:
    """Check that the loss depends on no other parameters than those with these identities.

    Raises:
        InputError: if it does.
    """
    for name, value in ran.parameters.items():
        if id(value) not in known and ran.gradient.get(value, 0.0) != 0.0:
            raise InputError(
                f"{name} is neither a weight nor a bias of a layer, and the loss depends on it; "
                "the equations are those of dense layers and recurrent cells alone"
            )
