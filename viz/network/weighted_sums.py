"""The weighted sums `w · x + b` in a graph, however they were written.

A sum of products is a weighted sum if each product has one parameter as a factor and all parameters belong to one unit:
`dot(w, x) + b`, `w1 * x1 + w2 * x2 + b`, or a dot product of the rows of two matrices with the inputs and the state of
a recurrent cell. The sum is taken as far as it goes, so that a bias added later belongs to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from autograd_core import Value
from autograd_core.diagnosis import Place

Signal: TypeAlias = Value | float
"""An input of a weighted sum: a node of the graph, or a plain number."""


class WeightedSum(NamedTuple):
    """A weighted sum of one unit, for one sample and one time step.

    Attributes:
        node: the sum, which textbooks call z.
        place: the layer and unit of its parameters; the array is empty, because there may be several.
        weights: its weights.
        inputs: the factor of each weight.
        biases: the parameters that are added; a recurrent cell has two.
    """

    node: Value
    place: Place
    weights: tuple[Value, ...]
    inputs: tuple[Signal, ...]
    biases: tuple[Value, ...]


def weighted_sums(order: Iterable[Value], places: Mapping[int, Place]) -> list[WeightedSum]:
    """The weighted sums among the nodes of a graph, in their order.

    Args:
        order: the nodes, each after its inputs.
        places: the places of the parameters, by their `id`.

    >>> from autograd_core import topological_order
    >>> w, b, x = Value(2.0), Value(1.0), Value(3.0)
    >>> y = (w * x + b).tanh()
    >>> places = {id(w): Place.of("first.neurons.0.w.0"), id(b): Place.of("first.neurons.0.b")}
    >>> (found,) = weighted_sums(topological_order(y), places)
    >>> found.node.data, found.place.unit, found.weights == (w,), found.inputs == (x,), found.biases == (b,)
    (7.0, 'neurons.0', True, True, True)
    """
    units = {name: place._replace(array="") for name, place in places.items()}
    sums: dict[int, WeightedSum] = {}
    inside: set[int] = set()
    for node in order:
        found = _read(node, units, sums)
        if found is not None:
            sums[id(node)] = found
            if found.node.op is not None and found.node.op.adds == "inputs":  # a factor may be another weighted sum
                inside.update(id(x) for x in node.inputs if isinstance(x, Value))
    return [found for name, found in sums.items() if name not in inside and found.weights]


def _read(node: Value, units: Mapping[int, Place], sums: Mapping[int, WeightedSum]) -> WeightedSum | None:
    """The node as a weighted sum, given those among its inputs; None if it is none."""
    if node.op is None:
        return None
    if node.op.adds == "inputs":
        terms = list(_terms(node.inputs, units, sums))
    elif node.op.adds == "products":
        half = len(node.inputs) // 2
        terms = [_product(pair, units) for pair in zip(node.inputs[:half], node.inputs[half:], strict=True)]
    elif node.op.name == "mul":
        terms = [_product(node.inputs, units)]
    else:
        return None
    known = [term for term in terms if term is not None]
    if len(known) < len(terms) or len({term.place for term in known}) != 1:
        return None
    return WeightedSum(
        node,
        known[0].place,
        tuple(weight for term in known for weight in term.weights),
        tuple(signal for term in known for signal in term.inputs),
        tuple(bias for term in known for bias in term.biases),
    )


def _terms(
    inputs: Sequence[Signal], units: Mapping[int, Place], sums: Mapping[int, WeightedSum]
) -> Iterator[WeightedSum | None]:
    """The terms of a sum; None stands for one that is neither a parameter nor a weighted sum. Zeros add nothing."""
    for term in inputs:
        if isinstance(term, Value) and id(term) in units:
            yield WeightedSum(term, units[id(term)], (), (), (term,))
        elif isinstance(term, Value) or term != 0.0:
            yield sums.get(id(term))


def _product(factors: Sequence[Signal], units: Mapping[int, Place]) -> WeightedSum | None:
    """A product of one parameter and one other number."""
    first, second = factors
    if id(first) not in units:
        first, second = second, first
    if not isinstance(first, Value) or id(first) not in units or id(second) in units:
        return None
    return WeightedSum(first, units[id(first)], (first,), (second,), ())


def sums_below(signal: Signal, sums: Mapping[Value, WeightedSum]) -> tuple[list[WeightedSum], list[Value]]:
    """The weighted sums from which a signal was computed, and the nodes between them and it."""
    found: dict[Value, WeightedSum] = {}
    between: dict[Value, None] = {}
    waiting = [signal]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Value) or node in found or node in between or node.op is None:
            continue
        if node in sums:
            found[node] = sums[node]
        else:
            between[node] = None
            waiting += node.inputs
    return list(found.values()), list(between)


def identities(inputs: Iterable[Signal]) -> tuple[object, ...]:
    """What tells whether two weighted sums have the same inputs: the same nodes, or the same numbers."""
    return tuple(id(x) if isinstance(x, Value) else ("number", x) for x in inputs)


def without_scales(order: Iterable[Value], sums: Sequence[WeightedSum]) -> list[WeightedSum]:
    """The weighted sums without the scales of a batch normalisation in `eval()` mode, `(z - mean) * (weight * root)`.

    The product of the parameter and a constant is no neuron; the shifted number that it multiplies is a part of one.
    """
    constant = {one.node for one in sums if len(one.weights) == 1 and not isinstance(one.inputs[0], Value)}
    scales: set[Value] = set()
    for node in order:
        if node.op is not None and node.op.name == "mul" and not constant.isdisjoint(node.inputs):
            shifted = [x for x in node.inputs if isinstance(x, Value) and x.op is not None and x.op.name == "sub"]
            scales.update(constant.intersection(node.inputs) if shifted else ())
    return [one for one in sums if one.node not in scales]
