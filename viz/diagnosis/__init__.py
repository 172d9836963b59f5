"""Findings about a network, from the recorded graph of a loss.

`diagnose` reports what it finds, the reason and a remedy: weights that are all 0 or all equal, units that no longer
react, gradients that vanish or explode, the origin of a nan, parameters that the loss does not depend on, and gradients
that are not those of this loss. It sweeps the graph itself, so it changes no gradient, and needs only the graph and the
names of the parameters. A healthy network gives no findings. Thresholds and their reasons are in
`autograd_core.diagnosis` and in the files here that use them.
"""

from collections.abc import Callable, Iterator
from typing import Final

from autograd_core import OperandTypeError, Value, topological_order
from autograd_core.calls import explained
from autograd_core.diagnosis import Finding, follows
from viz.diagnosis.findings import Diagnosis
from viz.diagnosis.flow import flow
from viz.diagnosis.gradients import foreign, unreached
from viz.diagnosis.numbers import not_finite
from viz.diagnosis.record import Record
from viz.diagnosis.units import dead, saturated
from viz.graph.arguments import check_value
from viz.graph.layers import parameters_of

__all__ = ["Diagnosis", "Finding", "diagnose"]


def stuck(record: Record) -> Iterator[Finding]:
    """Layers that cannot learn because their weights are all 0 or their units are equal."""
    yield from record.stuck


CHECKS: Final[tuple[Callable[[Record], Iterator[Finding]], ...]] = (
    not_finite,
    unreached,
    foreign,
    stuck,
    dead,
    saturated,
    flow,
)
"""The checks in the order of their findings, the most specific first."""


@explained("the model comes first, then its loss: diagnose(model, loss)")
def diagnose(model: object, loss: Value) -> Diagnosis:
    """Report what is wrong with a model, from the graph of a loss.

    Args:
        model: an object with a method `named_parameters()`, or a mapping from names to Values.
        loss: the root of the graph, before or after `backward()`. A batch shows more than one sample does.

    Raises:
        OperandTypeError: if the model or the loss is of another type; it is a TypeError.

    >>> w, b = Value(2.0), Value(-1.0)
    >>> loss = ((w * 0.5 + b).tanh() - 1.0) ** 2
    >>> loss.backward()
    >>> loss.backward()
    >>> print(diagnose({"w": w, "b": b}, loss))
    1 finding in a graph of 7 nodes with 2 parameters
    1. accumulated, the model: every gradient is 2 times what this loss gives: of b -4, and this graph gives -2.\
 Call zero_grad() before each backward(); if it was called with a seed of 2, this is correct.
    """
    if isinstance(model, Value) and not isinstance(loss, Value):
        raise OperandTypeError("diagnose needs a model and its loss, in this order; got the loss first")
    check_value("diagnose", "its loss", loss)
    record = Record(topological_order(loss), parameters_of(model))
    findings = [finding for check in CHECKS for finding in check(record) if not follows(finding, record.known)]
    return Diagnosis(findings, len(record.order), len(record.parameters))
