"""The node: one number of a graph and how it came about.

A node keeps its inputs and, measured when it was made, the local derivative with respect to each. So the
reverse sweep needs no op at all: it multiplies and adds what stands on the edges; and assigning to the
data of a leaf later cannot corrupt the gradient of a graph that is recorded already.

Most ops have one or two inputs. These stand in the node itself, which is what makes graphs fast to build
and small: 96 bytes a node when compiled, for graphs of a million nodes. More inputs stand in `Terms`.
Compiled nodes are not tracked by the garbage collector, its largest cost on big graphs; therefore
nothing in here may make a reference cycle.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i16, i32, mypyc_attr

from autograd_core.errors import OperandTypeError
from autograd_core.graph.operand import Operand
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import ROWS, Op

_NOTHING: Final[object] = object()
"""What a setter is given by `del` when compiled, where without a default it would be given a null pointer."""

LEAF: Final = 0
"""The number that stands in a leaf for the op it does not have."""


class Clock:
    """Counts how often a number was assigned to the data of any node.

    Attributes:
        now: the count. A float, because a node keeps it where it has room for one; it starts at 1, as 0 is no stamp.
    """

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 1.0


CLOCK: Final[Clock] = Clock()


class Era:
    """The time that leaves are stamped with when they are made. It moves on when a function asks what is older than it.

    A leaf made later has a stamp that is not smaller, whichever thread made it; all others have a smaller one.
    """

    __slots__ = ("lock", "now")

    def __init__(self) -> None:
        self.now: float = 0.0
        self.lock: Any = threading.Lock()


ERA: Final[Era] = Era()


def new_era() -> float:
    """The stamp that leaves have from now on."""
    with ERA.lock:
        ERA.now += 1.0
        return ERA.now


@final
@mypyc_attr(acyclic=True)
class Terms:
    """Many inputs of one node, and the local derivative with respect to each.

    `values` holds nodes and plain floats; the derivative of a constant is never read.
    """

    __slots__ = ("derivatives", "values")

    def __init__(self, values: tuple[object, ...], derivatives: vec[float]) -> None:
        self.values: Final = values
        self.derivatives: Final = derivatives


@final
@mypyc_attr(acyclic=True)
class Note:
    """What only few nodes carry.

    Attributes:
        label: a name for pictures and messages.
        gradient: the gradient, while it is a Value.
        op: the op that made the node, if it is not in the table.
        numbers: the inputs of such an op when the node was made. What it computes may be another number each time.
        origin: the line of the user's code that recorded the node, if anomalies were being detected.
        constants: the constants among the inputs as leaves of their own, for code that asks for them.
        frozen: whether optimisers leave the leaf as it is.
    """

    __slots__ = ("constants", "frozen", "gradient", "label", "numbers", "op", "origin")

    def __init__(self) -> None:
        self.label: str = ""
        self.gradient: Operand | None = None
        self.op: Op | None = None
        self.numbers: tuple[float, ...] = ()
        self.origin: str = ""
        self.constants: list[Any] | None = None
        self.frozen: bool = False


@mypyc_attr(acyclic=True)
class Node(Operand):
    """One number of a graph.

    A side (`_left`, `_right`) is one input, and then the local derivative stands beside it; or `Terms`; or
    a tuple of floats, many constants; or None. A leaf has no op and no sides, and in the place of the derivative
    of its left side stands the era in which it was made; that costs neither memory nor time in other nodes.

    `_row` is the number of the op: a reference would take four times the place and would have to be counted.
    `_lifted` says that the gradient is a Value, which stands in the note; `_grad` is its number.

    `_adjoint` and `_uses` belong to a running sweep, and are 0 between sweeps; but an interior node that was swept by
    `backward()` keeps in `_adjoint` the time of the `CLOCK`, so that another sweep notices if its inputs have changed.
    """

    __slots__ = (
        "_adjoint",
        "_data",
        "_dleft",
        "_dright",
        "_grad",
        "_left",
        "_lifted",
        "_note",
        "_right",
        "_row",
        "_uses",
    )

    def __init__(self, data: float) -> None:
        """Make a leaf; a node with an op is made by `value.Result`."""
        # In the order in which they lie in memory: what a sweep needs of a leaf is in one or two lines of the cache.
        self._data = data
        self._grad = 0.0
        self._row: i16 = LEAF
        self._lifted = False
        self._uses: i32 = 0
        self._adjoint = 0.0
        self._note: Note | None = None
        self._left: object = None
        self._right: object = None
        self._dleft = ERA.now
        self._dright = 0.0

    @property
    def op(self) -> Op | None:
        """The op that made this node, or None for a leaf."""
        note = self._note
        return ROWS[self._row] if self._row >= LEAF or note is None else note.op

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The inputs of the op in order: nodes, and floats for constants. Empty for a leaf."""
        return (*_values_of(self._left), *_values_of(self._right))

    @property
    def derivatives(self) -> tuple[float, ...]:
        """The local derivative with respect to each of `inputs`, measured when the node was made; 0.0 for constants."""
        return (*_derivatives_of(self._left, self._dleft), *_derivatives_of(self._right, self._dright))

    @property
    def structural_zeros(self) -> tuple[bool, ...]:
        """For each of `inputs`, whether its derivative is a structural zero, through which nothing passes.

        Such a 0 is constant around the point: a branch that was not taken, a piece on which the op is constant, the
        constant factor 0. Any other 0 is a number, and times infinity it is nan.
        """
        op, inputs = self.op, self.inputs
        if op is None:
            return ()
        zeros = [derivative == 0.0 for derivative in self.derivatives]
        return tuple([zero and op.passes_nothing(i, inputs, self) for i, zero in enumerate(zeros)])

    @property
    def origin(self) -> str:
        """The line of code that recorded this node, as `file:line`, if anomalies were being detected; otherwise ""."""
        note = self._note
        return "" if note is None else note.origin

    def note(self) -> Note:
        """The note of this node, made now if there was none."""
        note = self._note
        if note is None:
            note = self._note = Note()
        return note

    @property
    def data(self) -> float:
        """The number itself. Assigning to it changes no graph that is recorded already."""
        return self._data

    @data.setter
    def data(self, number: Any = _NOTHING) -> None:
        _refuse_deletion("data", number)
        self._data = to_float(number)
        CLOCK.now += 1.0

    @property
    def grad(self) -> Any:
        """The gradient: of all sweeps since it was last set for a leaf, of the latest sweep for an interior node.

        A float; a Value after `backward(create_graph=True)`.
        """
        return self.note().gradient if self._lifted else self._grad

    @grad.setter
    def grad(self, gradient: Any = _NOTHING) -> None:
        _refuse_deletion("grad", gradient)
        set_gradient(self, gradient if isinstance(gradient, Node) else to_float(gradient))

    @property
    def label(self) -> str:
        """A name for pictures and messages; "" means none."""
        note = self._note
        return "" if note is None else note.label

    @label.setter
    def label(self, label: Any = _NOTHING) -> None:
        _refuse_deletion("label", label)
        text = _to_label(label)
        if len(text) > 0 or self._note is not None:
            self.note().label = text

    @property
    def frozen(self) -> bool:
        """Whether optimisers leave this leaf as it is, to the bit. Gradients flow to it as ever.

        Assigning to it raises OperandTypeError for the result of an op, which no optimiser moves anyway.
        """
        note = self._note
        return note is not None and note.frozen

    @frozen.setter
    def frozen(self, frozen: Any = _NOTHING) -> None:
        _refuse_deletion("frozen", frozen)
        if self.op is not None:
            raise OperandTypeError(f"expected a leaf to freeze, got the result of {self.op.name}")
        if frozen or self.frozen:
            self.note().frozen = bool(frozen)

    # Comparisons and conversions go by data. What a float and a number of numpy's give is a `numpy.bool`, hence `bool`;
    # and mypyc would take it for a bool already if it knew of the float.

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Node):
            return self._data == other._data
        data: Any = self._data
        return bool(data == other) if is_number(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Node):
            return self._data != other._data
        data: Any = self._data
        return bool(data != other) if is_number(other) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        if isinstance(other, Node):
            return self._data < other._data
        data: Any = self._data
        return bool(data < other) if is_number(other) else NotImplemented

    def __le__(self, other: Any) -> Any:
        if isinstance(other, Node):
            return self._data <= other._data
        data: Any = self._data
        return bool(data <= other) if is_number(other) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        if isinstance(other, Node):
            return self._data > other._data
        data: Any = self._data
        return bool(data > other) if is_number(other) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        if isinstance(other, Node):
            return self._data >= other._data
        data: Any = self._data
        return bool(data >= other) if is_number(other) else NotImplemented

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)


def _values_of(side: object) -> tuple[Any, ...]:
    if side is None:
        return ()
    if isinstance(side, Node):
        return (side,)
    if isinstance(side, Terms):
        return side.values
    return side if isinstance(side, tuple) else (side,)


def _derivatives_of(side: object, derivative: float) -> list[float]:
    if isinstance(side, Terms):
        return [d if isinstance(v, Node) else 0.0 for v, d in zip(side.values, side.derivatives, strict=True)]
    return [derivative if isinstance(value, Node) else 0.0 for value in _values_of(side)]


def packed(numbers: Iterable[float]) -> vec[float]:
    """The numbers in one flat buffer of 8 bytes each."""
    buffer = vec[float]()
    for number in numbers:
        buffer = append(buffer, number)
    return buffer


def set_gradient(node: Node, gradient: Any) -> None:
    """Have a node hold a gradient, which is a float or a node."""
    lifted = isinstance(gradient, Node)
    if lifted or node._lifted:
        node.note().gradient = gradient if lifted else None
        node._lifted = lifted
    node._grad = gradient._data if lifted else gradient


def _refuse_deletion(name: str, assigned: object) -> None:
    if assigned is _NOTHING:
        raise AttributeError(f"property {name!r} of 'Value' object has no deleter; assign to it instead")


def _to_label(label: object) -> str:
    if isinstance(label, str):
        return label
    raise OperandTypeError(f"expected a text as label, got {describe(label)}")
