"""Numbers that are not finite: the op that makes the first of them, or the first such gradient."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from autograd_core import Value
from autograd_core.diagnosis import MANY_NAMES, Finding
from autograd_core.text import listed
from viz.diagnosis.record import Record
from viz.text import NAME, plural, printable

OPS_REMEDIES: Final[Mapping[str, str]] = {
    "log": "Keep its input above 0, or use log_softmax, logsigmoid or log1p, which do not pass through tiny numbers",
    "sqrt": "Keep its input above 0: add a small number such as 1e-12 below the root",
    "hypot": "Its gradient at 0 does not exist: add a small number such as 1e-12 below the root",
    "div": "Keep the divisor away from 0: add a small number such as 1e-12 to it",
    "reciprocal": "Keep its input away from 0",
    "pow": "Keep the base above 0, or the exponent a positive whole number",
    "exp": "It overflows above 709: subtract the largest input first, as softmax and logsumexp do",
    "sub": "Look for infinities that are subtracted from each other",
}
"""The usual remedy, by the name of the op that makes the number."""

ELSEWHERE: Final = "Run it again inside detect_anomaly(), which raises at the line of your program"


def not_finite(record: Record) -> Iterator[Finding]:
    """The first node that is not finite and reaches the loss; otherwise the first edge whose gradient is not."""
    broken = record.sweep[1]
    if not math.isfinite(record.order[-1].data):
        yield _bad_node(record, next(_origins(record.order)))
    elif broken is not None:
        yield _bad_edge(record, *broken)


def _origins(order: Sequence[Value]) -> Iterator[Value]:
    """Nodes that are not finite, with finite inputs, and a path of such nodes to the root.

    The path excludes harmless infinities, such as the scores that attention sets to -inf.
    """
    bad = {id(order[-1])}
    for node in reversed(order):
        if id(node) in bad:
            bad.update(id(part) for part in node.inputs if isinstance(part, Value) and not math.isfinite(part.data))
    for node in order:
        if id(node) in bad and not any(isinstance(part, Value) and id(part) in bad for part in node.inputs):
            yield node


def _bad_node(record: Record, node: Value) -> Finding:
    count = sum(not math.isfinite(other.data) for other in record.order)
    first = f"the first of {plural(count, 'node')} that are not finite" if count > 1 else "and so is the loss"
    if node.op is None:
        reason = f"{_named(record, node)} is {node.data}, {first}"
        remedy = "Find its origin: a sample, or an update with a gradient that was not finite"
        return Finding("nan", _name(record, node), reason, remedy)
    reason = f"{_made(record, node)}, {first}"
    return Finding("nan", _name(record, node) or node.op.name, reason, OPS_REMEDIES.get(node.op.name, ELSEWHERE))


def _bad_edge(record: Record, node: Value, index: int) -> Finding:
    op = node.op.name if node.op is not None else ""
    local = node.derivatives[index]
    reason = (
        f"{_made(record, node)}, with the local derivative {local} for input {index + 1}, which makes gradients that "
        "are not finite, although the loss is"
    )
    return Finding("nan", _name(record, node) or op, reason, OPS_REMEDIES.get(op, ELSEWHERE))


def _made(record: Record, node: Value) -> str:
    """The op of a node with its inputs and its result."""
    inputs = [_named(record, part) if isinstance(part, Value) else repr(part) for part in node.inputs]
    return f"{node.op.name if node.op is not None else 'a leaf'} made {node.data!r} of {listed(inputs, MANY_NAMES)}"


def _named(record: Record, value: Value) -> str:
    name = _name(record, value)
    return f"{name} = {value.data!r}" if name else repr(value.data)


def _name(record: Record, value: Value) -> str:
    names = (name for name, parameter in record.reached.items() if parameter is value)
    return printable(value.label or next(names, ""), NAME)
