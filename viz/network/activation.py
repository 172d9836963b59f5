"""The activation of a neuron as a short program: the ops between its weighted sum and its activation.

Usually that is one op, such as `tanh`, or none. An activation that was written by hand, such as `1 / (1 + exp(-z))`, is
several. Two neurons have the same activation if their programs are equal.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from autograd_core import Op, Value, enable_grad
from viz.graph.chain_rule import gradient_at


class Result(NamedTuple):
    """What an earlier step gave: 0 is the weighted sum, 1 the result of the first step."""

    place: int


Operand: TypeAlias = Result | float | tuple[float, ...]
"""An input of a step; a float is a constant, and a tuple has one for each neuron of a layer."""


class Step(NamedTuple):
    """An op of the program and its inputs."""

    op: Op
    inputs: tuple[Operand, ...]


Activation: TypeAlias = tuple[Step, ...]
"""The steps from z to a, the last one gives a; () is the identity."""

IDENTITY: Final[Activation] = ()

LINEAR: Final = "linear"
"""The name of the activation of a layer without one."""

_AFFINE: Final = frozenset({"add", "sub", "mul", "div", "neg"})


def activation_of(z: Value, path: Sequence[Value]) -> Activation:
    """The activation of a neuron.

    Args:
        z: its weighted sum.
        path: the nodes between it and the activation, each after its inputs, the activation last.

    >>> z = Value(2.0)
    >>> square = z * z
    >>> activation_of(z, [square])
    (Step(op=<op mul>, inputs=(Result(place=0), Result(place=0))),)
    """
    known = {id(z): 0}
    steps = []
    for node in path:
        if node.op is not None and any(id(x) in known for x in node.inputs):  # what does not depend on z is a constant
            steps.append(Step(node.op, tuple(_operand(x, known) for x in node.inputs)))
            known[id(node)] = len(steps)
    return tuple(steps)


def name_of(activation: Activation) -> str:
    """The names of its ops; a chain of several that shift and scale, such as a batch normalisation, is `affine`.

    >>> z = Value(2.0)
    >>> shifted = z - 0.5
    >>> scaled = shifted * 4.0
    >>> name_of(activation_of(z, [shifted, scaled, scaled.relu()]))
    'affine, then relu'
    """
    names: list[str] = []
    linear: list[Step] = []
    for step in activation:
        if step.op.name in _AFFINE and sum(isinstance(x, Result) for x in step.inputs) < 2:
            linear.append(step)
            continue
        names += [*_names(linear), step.op.name]
        linear = []
    return ", then ".join([*names, *_names(linear)]) or LINEAR


def _names(steps: Sequence[Step]) -> list[str]:
    return [step.op.name for step in steps] if len(steps) < 2 else ["affine"]


def together(activations: Sequence[Activation]) -> Sequence[Activation]:
    """The activations of a layer; if they differ in constants alone, as one program with a constant for each neuron.

    >>> z = Value(2.0)
    >>> doubled, halved = (activation_of(z, [z * factor]) for factor in (2.0, 0.5))
    >>> together([doubled, halved])[1]
    (Step(op=<op mul>, inputs=(Result(place=0), (2.0, 0.5))),)
    """
    if len(set(activations)) == 1 or len({shape_of(one) for one in activations}) > 1:
        return activations
    steps = (
        Step(same[0].op, tuple(map(_common, *(step.inputs for step in same))))
        for same in zip(*activations, strict=True)
    )
    return [tuple(steps)] * len(activations)


def _common(*operands: Operand) -> Operand:
    """An input that all neurons have in common, or their constants."""
    first = operands[0]
    return first if len(set(operands)) == 1 else tuple(x for x in operands if not isinstance(x, tuple))


def constant_after(activation: Activation, count: int = 1) -> tuple[float, ...]:
    """The constants of an activation of one op, those after its first inputs; () for any other."""
    if len(activation) != 1:
        return ()
    return tuple(x for x in activation[0].inputs[count:] if not isinstance(x, tuple))


def slope_at(activation: Activation, z: float) -> float:
    """The derivative of an activation at any number.

    >>> z = Value(2.0)
    >>> slope_at(activation_of(z, [z * z]), 3.0)
    6.0
    """
    with enable_grad():
        x = Value(z)
        results = [x]
        for step in activation:
            results.append(step.op(*(results[x.place] if isinstance(x, Result) else x for x in step.inputs)))
    return gradient_at(x, results[-1], results[1:])


def shape_of(activation: Activation) -> Activation:
    """An activation without its constants, which neurons of a layer may have in common."""
    return tuple(
        step._replace(inputs=tuple(x if isinstance(x, Result) else 0.0 for x in step.inputs)) for step in activation
    )


def constants_of(activations: Iterable[Activation]) -> set[float]:
    """The constants in some activations."""
    return {x for steps in set(activations) for step in steps for x in step.inputs if not isinstance(x, tuple)}


def _operand(x: Value | float, known: dict[int, int]) -> Operand:
    if id(x) in known:
        return Result(known[id(x)])
    return x.data if isinstance(x, Value) else x
