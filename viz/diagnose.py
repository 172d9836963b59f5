"""What is wrong with a network, in words: one look at the recorded graph of a loss.

`diagnose` says what it found, why that is bad and what usually helps: units that no longer react, gradients that vanish
or explode, the place where a nan came from, parameters that the loss does not depend on, and gradients that are not
those of this loss. It sweeps the graph itself, so it changes no gradient, and needs nothing but the graph and the names
of the parameters; besides `graph` and `plots.layers` this is the only file of the package that reads Values.

A healthy network gives no findings. Chance decides how many units happen to be off for a few samples, so a layer is
reported when chance alone would hardly ever do it; all thresholds stand below, with their reasons.

Sources: S. Hochreiter, "The vanishing gradient problem during learning recurrent neural nets and problem solutions"
(1998); X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), for
saturation; L. Lu, Y. Shin, Y. Su and G. Karniadakis, "Dying ReLU and initialization" (2020), arXiv:1903.06733.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final, NamedTuple, overload

from autograd_core import OperandTypeError, Value, topological_order
from viz.layers import Place, Unit, by_layer, number, parameters_of, units
from viz.text import number as short
from viz.text import plural, printable

CHANCE: Final = 1e-3
"""A layer is reported if less often than this so many of its units would be off by chance."""

OFF_ONCE: Final = 0.5
"""How often a healthy relu is off for one sample: initial weights have either sign."""

OFF_ALWAYS: Final = 0.4
"""How often a healthy relu is off for all of `MANY_SAMPLES` samples or more. Counted in new networks: 1 in 100 in the
first layer if features have either sign, 1 in 9 for images of digits, and 2 in 5 in a third layer of 8 units if there
are two features, both positive."""

MANY_SAMPLES: Final = 8
"""With so many samples a layer that is off as a whole is dead, and no longer a matter of chance; with fewer a unit is
judged as for one sample."""

HOPELESS: Final = 10.0
"""A relu is dead, whatever the others are, if its weighted sums stay below 0 by so many times the size that is usual in
its layer: no other sample will turn it on."""

FLAT: Final = 1e-3
"""A slope below this is that of a saturated unit: |tanh(x)| > 0.9995, or a sigmoid nearer than 0.001 to 0 or 1."""

MOST: Final = 0.9
"""A unit is saturated if it is so for this share of the samples."""

VANISHING: Final = 1e-4
"""Gradients of two layers that differ so much, parameter by parameter: no learning rate suits both."""

NEGLIGIBLE: Final = 1e-6
"""Where no layer has larger gradients than this, the loss is at a minimum, and the rest is rounding and chance."""

EXPLODING: Final = 1e3
"""A gradient so many times as long as the weights, or as 1 if they are short: a usual step would leave the weights far
behind."""

ROUNDING: Final = 1e-9
"""Two gradients differ if they do so by more than this part of them; sums in another order differ by about 1e-15."""

RELUS: Final = frozenset({"relu", "relu6"})
SIGMOIDS: Final = frozenset({"tanh", "sigmoid", "clamp", "hardsigmoid"})

MANY_NAMES: Final = 4
"""So many names are listed, and the rest is counted."""


class Finding(NamedTuple):
    """What is wrong.

    Attributes:
        kind: `"nan"`, `"unreached"`, `"missing"`, `"accumulated"`, `"stale"`, `"dead"`, `"saturated"`, `"vanishing"` or
            `"exploding"`.
        where: the name of the layer, parameter or op; `""` is the model itself.
        reason: what was seen.
        remedy: what usually helps.
    """

    kind: str
    where: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind}, {self.where or 'the model'}: {self.reason}. {self.remedy}."


class Diagnosis(Sequence[Finding]):
    """The findings; true if there are any. `print` shows them, `records()` gives them as plain data, fit for JSON."""

    def __init__(self, findings: Iterable[Finding], nodes: int, parameters: int) -> None:
        self._findings = tuple(findings)
        self.nodes = nodes
        self.parameters = parameters

    def records(self) -> list[dict[str, str]]:
        """The findings as dicts of texts."""
        return [finding._asdict() for finding in self._findings]

    @overload
    def __getitem__(self, place: int) -> Finding: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Finding]: ...

    def __getitem__(self, place: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[place]

    def __len__(self) -> int:
        return len(self._findings)

    def __str__(self) -> str:
        count = plural(len(self), "finding") if self else "nothing found"
        title = f"{count} in a graph of {plural(self.nodes, 'node')} with {plural(self.parameters, 'parameter')}"
        return "\n".join([title, *(f"{place}. {finding}" for place, finding in enumerate(self, 1))])

    def __repr__(self) -> str:
        return f"Diagnosis({', '.join(finding.kind for finding in self) or 'nothing found'})"


@dataclass(frozen=True)
class _Record:
    """What is examined: the graph of a loss in topological order, and the parameters of a model by name."""

    order: Sequence[Value]
    parameters: Mapping[str, Value]

    @cached_property
    def sweep(self) -> tuple[dict[int, float], tuple[Value, int] | None]:
        """The gradient for each node, and the first edge, if any, on which it stopped being finite.

        The chain rule once more, because gradients in `grad` are what is judged here: a sum over edges, where a
        gradient of exactly 0 passes nothing on.
        """
        gradients = {id(self.order[-1]): 1.0}
        broken: tuple[Value, int] | None = None
        for node in reversed(self.order):
            upstream = gradients.get(id(node), 0.0)
            if upstream == 0.0:
                continue
            for place, (operand, local) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
                if isinstance(operand, Value):
                    total = gradients.get(id(operand), 0.0) + upstream * local
                    gradients[id(operand)] = total
                    if broken is None and not math.isfinite(total):
                        broken = node, place
        return gradients, broken

    @cached_property
    def reached(self) -> dict[str, Value]:
        """The parameters that stand in the graph."""
        there = {id(node) for node in self.order}
        return {name: value for name, value in self.parameters.items() if id(value) in there}

    @cached_property
    def fresh(self) -> dict[str, float]:
        """The gradients of these parameters, as they should be."""
        return {name: self.sweep[0].get(id(value), 0.0) for name, value in self.reached.items()}

    @cached_property
    def units(self) -> list[Unit]:
        """The units of the model, without those that give nan."""
        found = units(self.order, self.parameters)
        return [unit for unit in found if not any(math.isnan(node.data) for node in unit.nodes)]

    @property
    def samples(self) -> int:
        """How many samples were put into the graph, as far as that can be seen: the most often used unit says it."""
        return max((len(unit.nodes) for unit in self.units), default=0)


def diagnose(model: object, loss: Value) -> Diagnosis:
    """What is wrong with a model, as far as the graph of a loss shows it.

    Args:
        model: anything with a method `named_parameters()`, or a mapping from names to Values.
        loss: the root of the graph, before or after `backward()`. A batch shows more than one sample does.

    Raises:
        OperandTypeError: if the model or the loss is something else.

    >>> w, b = Value(2.0), Value(-1.0)
    >>> loss = ((w * 0.5 + b).tanh() - 1.0) ** 2
    >>> loss.backward()
    >>> loss.backward()
    >>> print(diagnose({"w": w, "b": b}, loss))
    1 finding in a graph of 7 nodes with 2 parameters
    1. accumulated, the model: every gradient is 2 times what this loss gives: of b -4, and this graph gives -2.\
 Call zero_grad() before each backward(); if it was called with a seed of 2, all is well.
    """
    if not isinstance(loss, Value):
        raise OperandTypeError(f"expected as loss a Value, the root of a graph, got {type(loss).__name__}")
    record = _Record(topological_order(loss), parameters_of(model))
    findings = [finding for check in CHECKS for finding in check(record)]
    return Diagnosis(findings, len(record.order), len(record.parameters))


# ---- Numbers that are not finite -------------------------------------------------------------------------------------

OPS_REMEDIES: Final[Mapping[str, str]] = {
    "log": "Keep its input above 0, or use log_softmax, logsigmoid or log1p, which do not pass through tiny numbers",
    "sqrt": "Keep its input above 0: add a small number such as 1e-12 below the root",
    "hypot": "Its gradient at 0 does not exist: add a small number such as 1e-12 below the root",
    "div": "Keep the divisor away from 0: add a small number such as 1e-12 to it",
    "reciprocal": "Keep its input away from 0",
    "pow": "Keep the base above 0, or the exponent a positive whole number",
    "exp": "It overflows above 709: subtract the largest input first, as softmax and logsumexp do",
    "sub": "Look for the infinities that were subtracted from each other",
}
"""What usually helps, by the name of the op at fault."""

ELSEWHERE: Final = "Run it again inside detect_anomaly(), which stops at the line of your program"


def _numbers(record: _Record) -> Iterator[Finding]:
    """The first node that is not finite and reaches the loss; else the first edge where a gradient is not."""
    broken = record.sweep[1]
    if not math.isfinite(record.order[-1].data):
        yield _bad_node(record, next(_origins(record.order)))
    elif broken is not None:
        yield _bad_edge(record, *broken)


def _origins(order: Sequence[Value]) -> Iterator[Value]:
    """Nodes that are not finite although their inputs are, and reach the root through such nodes.

    The way to the root excludes infinities that do no harm, as the scores that attention sets to -inf.
    """
    bad = {id(order[-1])}
    for node in reversed(order):
        if id(node) in bad:
            bad.update(id(part) for part in node.inputs if isinstance(part, Value) and not math.isfinite(part.data))
    for node in order:
        if id(node) in bad and not any(isinstance(part, Value) and id(part) in bad for part in node.inputs):
            yield node


def _bad_node(record: _Record, node: Value) -> Finding:
    count = sum(not math.isfinite(other.data) for other in record.order)
    first = f"the first of {plural(count, 'node')} that are not finite" if count > 1 else "and so is the loss"
    if node.op is None:
        reason = f"{_named(record, node)} is {node.data}, {first}"
        remedy = "Look where it comes from: a sample, or an update with a gradient that was not finite"
        return Finding("nan", _name(record, node), reason, remedy)
    reason = f"{_made(record, node)}, {first}"
    return Finding("nan", _name(record, node) or node.op.name, reason, OPS_REMEDIES.get(node.op.name, ELSEWHERE))


def _bad_edge(record: _Record, node: Value, place: int) -> Finding:
    op = node.op.name if node.op is not None else ""
    local = node.derivatives[place]
    reason = (
        f"{_made(record, node)}, with the local derivative {local} for input {place + 1}, which makes gradients that "
        "are not finite, though the loss is"
    )
    return Finding("nan", _name(record, node) or op, reason, OPS_REMEDIES.get(op, ELSEWHERE))


def _made(record: _Record, node: Value) -> str:
    """What an op made of what."""
    inputs = [_named(record, part) if isinstance(part, Value) else repr(part) for part in node.inputs]
    shown = ", ".join(inputs[:MANY_NAMES]) + (f" and {len(inputs) - MANY_NAMES} more" if inputs[MANY_NAMES:] else "")
    return f"{node.op.name if node.op is not None else 'a leaf'} made {node.data!r} of {shown}"


def _named(record: _Record, value: Value) -> str:
    name = _name(record, value)
    return f"{name} = {value.data!r}" if name else repr(value.data)


def _name(record: _Record, value: Value) -> str:
    names = (name for name, parameter in record.reached.items() if parameter is value)
    return printable(value.label or next(names, ""), 60)


# ---- Gradients that are not those of this loss -----------------------------------------------------------------------


def _unreached(record: _Record) -> Iterator[Finding]:
    """Arrays of parameters none of which is in the graph; a table of which some rows are looked up is in order."""
    arrays: dict[str, list[str]] = {}
    for name in record.parameters:
        arrays.setdefault(Place.of(name).array, []).append(name)
    lost = {
        array: names
        for array, names in arrays.items()
        if not any(name in record.reached or record.parameters[name].frozen for name in names)
    }
    layers: dict[str, list[str]] = {}
    for array in lost:
        layers.setdefault(Place.of(lost[array][0]).layer, []).append(array)
    for layer, found in layers.items():
        of = sum(Place.of(name).layer == layer for name in record.parameters)
        count = sum(len(lost[array]) for array in found)
        yield Finding(
            "unreached",
            printable(layer, 60),
            f"no path leads from {count:,} of {plural(of, 'parameter')} to the loss ({_list(found)}), so they learn "
            "nothing",
            "Use them in the forward pass or leave them out; a path is cut where .data is read, inside no_grad(), and "
            "where a new Value is made of a number",
        )


def _gradients(record: _Record) -> Iterator[Finding]:
    """Gradients in `grad` that this graph does not give."""
    fresh = record.fresh
    stored = {name: number(value.grad) for name, value in record.reached.items()}
    if not fresh or not all(map(math.isfinite, [*fresh.values(), *stored.values()])):
        return
    main = max(fresh, key=lambda name: abs(fresh[name]))
    example = f"of {printable(main, 60)} {stored[main]:.5g}, and this graph gives {fresh[main]:.5g}"
    if not any(stored.values()):
        if fresh[main]:
            reason = f"every gradient is 0: {example}"
            yield Finding("missing", "", reason, "Call backward() on the loss, and step() before zero_grad()")
        return
    factor = stored[main] / fresh[main] if fresh[main] else math.nan
    wrong = [name for name in fresh if not _equal(stored[name], factor * fresh[name], factor * fresh[main])]
    times = round(factor) if math.isfinite(factor) else 0
    if wrong:
        yield _stale(record, stored)
    elif times > 1 and _equal(factor, times):
        reason = f"every gradient is {times} times what this loss gives: {example}"
        remedy = f"Call zero_grad() before each backward(); if it was called with a seed of {times}, all is well"
        yield Finding("accumulated", "", reason, remedy)
    # Any other common factor is a choice: gradients that were clipped by their length, or a seed that is a weight.


def _stale(record: _Record, stored: Mapping[str, float]) -> Finding:
    fresh = record.fresh
    differing = [name for name in fresh if not _equal(stored[name], fresh[name])]
    worst = max(differing, key=lambda name: abs(stored[name] - fresh[name]))
    return Finding(
        "stale",
        "",
        f"{len(differing):,} of {plural(len(fresh), 'gradient')} are not those of this loss: of {printable(worst, 60)} "
        f"{stored[worst]:.5g}, and this graph gives {fresh[worst]:.5g}",
        "Call zero_grad() and then backward() on this loss; if several losses are meant to add up, or gradients were "
        "changed on purpose, all is well",
    )


def _equal(a: float, b: float, scale: float = 0.0) -> bool:
    """Whether two gradients are the same but for rounding, which is of the size of the largest gradient at most."""
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=abs(scale) * 1e-3 * ROUNDING)


# ---- Units that no longer react --------------------------------------------------------------------------------------


def _dead(record: _Record) -> Iterator[Finding]:
    """Relus that are off for all samples, if they are more than chance explains, or nothing can turn them on."""
    for (layer, op), found in _layers(record.units, RELUS).items():
        usual = median(abs(node.inputs[0].data) for unit in found for node in unit.nodes)
        dead = [unit for unit in found if all(node.derivatives[0] == 0.0 for node in unit.nodes)]
        hopeless = [unit for unit in dead if max(node.inputs[0].data for node in unit.nodes) < -HOPELESS * usual]
        samples = min(len(unit.nodes) for unit in found)
        off = OFF_ALWAYS if samples >= MANY_SAMPLES else OFF_ONCE
        is_whole = len(dead) == len(found) and samples >= MANY_SAMPLES
        shown = dead if is_whole or _chance(len(dead), len(found), off) < CHANCE else hopeless
        if shown:
            yield Finding(
                "dead",
                printable(layer, 60),
                f"{len(shown)} of {plural(len(found), f'{op} unit')} give the same for each of "
                f"{plural(samples, 'sample')}, with the slope 0, and learn nothing ({_list_units(shown)})",
                "Use a smaller learning rate, Kaiming's initial weights with biases of 0, or leaky_relu, which is "
                "never flat",
            )


def _chance(count: int, of: int, probability: float) -> float:
    """How often at least `count` of so many units are off, if each is with this probability.

    >>> _chance(0, 3, 0.5), _chance(3, 3, 0.5)
    (1.0, 0.125)
    """
    rest = 1.0 - probability
    return math.fsum(math.comb(of, k) * probability**k * rest ** (of - k) for k in range(count, of + 1))


def _saturated(record: _Record) -> Iterator[Finding]:
    """Units at an end of their range for most samples; those behind which no unit comes may be sure of their answer."""
    below = _below_units(record)
    hidden = [unit for unit in record.units if any(id(node) in below for node in unit.nodes)]
    for (layer, op), found in _layers(hidden, SIGMOIDS).items():
        shown = [unit for unit in found if sum(map(_is_flat, unit.nodes)) >= MOST * len(unit.nodes)]
        if shown:
            samples = min(len(unit.nodes) for unit in shown)
            yield Finding(
                "saturated",
                printable(layer, 60),
                f"{len(shown)} of {plural(len(found), f'{op} unit')} have a slope below {FLAT} for at least {MOST:.0%} "
                f"of {plural(samples, 'sample')} and hardly learn ({_list_units(shown)})",
                "Standardise the features, use smaller initial weights (Xavier's), a smaller learning rate, or weight "
                "decay",
            )


def _is_flat(node: Value) -> bool:
    return abs(node.derivatives[0]) < FLAT


def _below_units(record: _Record) -> set[int]:
    """The nodes from which a path leads into the weighted sum of a unit, where parameters come in."""
    parameters = {id(value) for value in record.parameters.values()}
    below: set[int] = set()
    for node in reversed(record.order):
        if id(node) in below or any(id(part) in parameters for part in node.inputs):
            below.update(id(part) for part in node.inputs)
    return below


def _layers(found: Iterable[Unit], ops: frozenset[str]) -> dict[tuple[str, str], list[Unit]]:
    layers: dict[tuple[str, str], list[Unit]] = {}
    for unit in found:
        if unit.op in ops:
            layers.setdefault((unit.place.layer, unit.op), []).append(unit)
    return layers


# ---- Gradients too small and too large -------------------------------------------------------------------------------


def _flow(record: _Record) -> Iterator[Finding]:
    """Layers whose gradients are far smaller than those of layers nearer the loss, or far larger, or simply huge."""
    gradients = by_layer(record.fresh.items())
    sizes = {layer: math.hypot(*found) / math.sqrt(len(found)) for layer, found in gradients.items()}
    sizes = {layer: size for layer, size in sizes.items() if math.isfinite(size)}
    largest = max(sizes, key=sizes.__getitem__, default="")
    depth = _depths(record)
    exploding: dict[str, str] = {}
    if sizes and sizes[largest] > NEGLIGIBLE:
        for layer, size in sizes.items():
            if size >= VANISHING * sizes[largest] or (size == 0.0 and record.samples < MANY_SAMPLES):
                continue
            if depth[layer] < depth[largest] or size == 0.0:
                yield _vanishing(layer, size, largest, sizes[largest])
            else:
                exploding[largest] = (
                    f"the gradient of a parameter is {sizes[largest]:.2g} here and {size:.2g} in {_title(layer)}, "
                    "nearer the loss: it grows on its way back"
                )
    weights = by_layer((name, value.data) for name, value in record.reached.items())
    for layer in sizes:
        length, scale = math.hypot(*gradients[layer]), math.hypot(*weights[layer])
        if length > EXPLODING * max(1.0, scale):
            exploding.setdefault(layer, f"the gradient has length {length:.2g}, the weights {scale:.2g}")
    for layer, reason in exploding.items():
        remedy = "Use smaller initial weights, clip the gradient, normalise between the layers, or standardise the data"
        yield Finding("exploding", printable(layer, 60), reason, remedy)


def _vanishing(layer: str, size: float, largest: str, most: float) -> Finding:
    learns = "hardly learns" if size else "learns nothing"
    return Finding(
        "vanishing",
        printable(layer, 60),
        f"the gradient of a parameter is {short(size) if not size else f'{size:.2g}'} here and {most:.2g} in "
        f"{_title(largest)}, so this layer {learns}",
        "Use relu or a relative of it instead of tanh or sigmoid, the initial weights that go with it, normalisation "
        "between the layers, or fewer layers",
    )


def _depths(record: _Record) -> dict[str, int]:
    """How far from the inputs a layer stands: the place, in topological order, of the first node that uses it."""
    layer_of = {id(value): Place.of(name).layer for name, value in record.reached.items()}
    depths: dict[str, int] = {}
    for place, node in enumerate(record.order):
        for part in node.inputs:
            if id(part) in layer_of:
                depths.setdefault(layer_of[id(part)], place)
    return {layer: depths.get(layer, 0) for layer in layer_of.values()}


# ---- Words -----------------------------------------------------------------------------------------------------------


def _title(layer: str) -> str:
    return printable(layer, 60) or "the model"


def _list_units(found: Sequence[Unit]) -> str:
    return _list([unit.place.unit or unit.op for unit in found])


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name, 60) for name in names[:MANY_NAMES])
    return shown + (f" and {len(names) - MANY_NAMES:,} more" if len(names) > MANY_NAMES else "")


CHECKS: Final[tuple[Callable[[_Record], Iterator[Finding]], ...]] = (
    _numbers,
    _unreached,
    _gradients,
    _dead,
    _saturated,
    _flow,
)
"""What is looked at, the most telling first."""
