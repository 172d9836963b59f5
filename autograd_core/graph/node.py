"""The node: one number of a graph, its gradient, and the inputs that it was made from.

A node keeps its inputs and the local derivative with respect to each, measured when the node was made. So the reverse
sweep needs no op: it multiplies and adds the numbers on the edges. And assigning to the data of a leaf later cannot
corrupt the gradient of a graph that is already recorded.

Most ops have one or two inputs. The node itself holds them, which makes graphs fast to build and small: a compiled node
takes 96 bytes. `ManyInputs` holds more inputs. The garbage collector does not track compiled nodes, because tracking
was the largest cost of big graphs. Therefore nothing here may make a reference cycle.

A node compares by its number. `Value` adds arithmetic.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i16, i32, mypyc_attr

from autograd_core.errors import OperandTypeError
from autograd_core.graph.blocks import BLOCKS
from autograd_core.graph.capturing import capture_here
from autograd_core.graph.operand import Operand
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table import comparisons
from autograd_core.table.op import ROWS, Op, Recorder

if TYPE_CHECKING:
    from autograd_core.types import Number, Plain, Unchecked

_NOTHING: Final[Any] = object()
"""What `del` passes to a compiled setter; without this default it would pass a null pointer."""

LEAF: Final = 0
"""The `_row` of a leaf, which has no op."""


class Clock:
    """The time, counted in assignments to the data of any node.

    Attributes:
        now: the count. It is a float, because nodes keep it in a slot for floats, and starts at 1, because 0 means that
            a node has no stamp.
    """

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 1.0


CLOCK: Final[Clock] = Clock()

FREEZES: Final[Clock] = Clock()
"""The same for assignments to `frozen`."""


class Era:
    """The stamp that leaves get when they are made.

    A transform starts a new era to tell leaves made during its call from older ones: older leaves have a smaller stamp,
    whichever thread made them.
    """

    __slots__ = ("lock", "now")

    def __init__(self) -> None:
        self.now: float = 0.0
        self.lock: Any = threading.Lock()


ERA: Final[Era] = Era()


def new_era() -> float:
    """Start a new era, and return the stamp that leaves get from now on."""
    with ERA.lock:
        ERA.now += 1.0
        return ERA.now


@final
@mypyc_attr(acyclic=True)
class ManyInputs:
    """Many inputs of one node, and the local derivative with respect to each.

    Attributes:
        values: the inputs, nodes and floats.
        derivatives: the local derivatives, one for each input; those of floats are never read.
    """

    __slots__ = ("derivatives", "values")

    def __init__(self, values: tuple[object, ...], derivatives: vec[float]) -> None:
        self.values: Final = values
        self.derivatives: Final = derivatives


@final
@mypyc_attr(acyclic=True)
class Extras:
    """Attributes that few nodes need, so that most nodes stay small.

    Attributes:
        label: a name for pictures and messages.
        gradient: the gradient, if it is a Value.
        op: the op that made the node, if it is not in the table.
        numbers: the numbers of the inputs of such an op when the node was made. They are kept because the op may give
            another result each time.
        origin: the line of the user's code that recorded the node, if anomalies were being detected.
        constants: a leaf for each constant among the inputs, if code for micrograd has asked for them.
        frozen: whether optimisers leave the leaf unchanged.
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

    `_left` and `_right` are the sides of the node. A side is one input, with its local derivative in `_dleft` or
    `_dright`; or `ManyInputs`; or a tuple of floats, for many constants; or None. A leaf has no op and no sides. Its
    `_dleft` holds the era in which it was made, which costs other nodes neither memory nor time.

    `_row` is the number of the op. A reference would take four times the memory and would have to be counted.
    `_lifted` is true if the gradient is a Value. `_extras` then holds the gradient, and `_grad` its number.

    A running sweep uses `_adjoint` and `_uses`, which are 0 between sweeps. One exception: after `backward()` an
    interior node keeps the time of the `CLOCK` in `_adjoint`, so that another sweep notices if inputs have changed
    since.
    """

    __slots__ = (
        "_adjoint",
        "_data",
        "_dleft",
        "_dright",
        "_extras",
        "_grad",
        "_left",
        "_lifted",
        "_right",
        "_row",
        "_uses",
    )

    def __init__(self, data: float) -> None:
        """Make a leaf; a node with an op is made by `value.Result`."""
        # The order of the slots in memory: all that a sweep needs of a leaf is in one or two cache lines.
        self._data = data
        self._grad = 0.0
        self._row: i16 = LEAF
        self._lifted = False
        self._uses: i32 = 0
        self._adjoint = 0.0
        self._extras: Extras | None = None
        self._left: object = None
        self._right: object = None
        self._dleft = ERA.now
        self._dright = 0.0

    @property
    def op(self) -> Op | None:
        """The op that made this node, or None for a leaf."""
        extras = self._extras
        return ROWS[self._row] if self._row >= LEAF or extras is None else extras.op

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
        """For each of `inputs`, whether its local derivative is a structural zero, which passes nothing on.

        Such a derivative is 0 everywhere around the point: of a branch that was not taken, on a piece on which the op
        is constant, or beside the constant factor 0. Any other 0 is an ordinary number, and times infinity it is nan.
        """
        op, inputs = self.op, self.inputs
        if op is None:
            return ()
        zeros = [derivative == 0.0 for derivative in self.derivatives]
        return tuple([zero and op.passes_nothing(i, inputs, self) for i, zero in enumerate(zeros)])

    @property
    def origin(self) -> str:
        """The line of code that recorded this node, if anomalies were being detected; otherwise ""."""
        extras = self._extras
        return "" if extras is None else extras.origin

    def extras(self) -> Extras:
        """The extras of this node; they are made if there are none."""
        extras = self._extras
        if extras is None:
            extras = self._extras = Extras()
        return extras

    @property
    def data(self) -> float | Unchecked:
        """The number. Assigning to it does not change a graph that is already recorded."""
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            return capture.data_of(self)  # type: ignore[no-any-return]  # a number of the program
        return self._data

    @data.setter
    def data(self, number: Plain = _NOTHING) -> None:
        _refuse_deletion("data", number)
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            capture.assign_data(self, number)
            return
        self._data = to_float(number)
        CLOCK.now += 1.0

    @property
    def grad(self) -> float | Unchecked:
        """The gradient of the swept root with respect to this value: a float, or after `create_graph=True` a Value.

        A leaf holds the sum over all sweeps since it was last assigned to, an interior node that of the latest sweep.
        """
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            return capture.gradient_of(self)  # type: ignore[no-any-return]  # a number of the program
        return self.extras().gradient if self._lifted else self._grad  # type: ignore[return-value]  # seldom a Value

    @grad.setter
    def grad(self, gradient: Number = _NOTHING) -> None:
        _refuse_deletion("grad", gradient)
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            capture.assign_gradient(self, gradient)
            return
        set_gradient(self, gradient if isinstance(gradient, Node) else to_float(gradient))

    @property
    def label(self) -> str:
        """A name for pictures and messages; "" means none."""
        extras = self._extras
        return "" if extras is None else extras.label

    @label.setter
    def label(self, label: str | Unchecked = _NOTHING) -> None:
        _refuse_deletion("label", label)
        text = to_label(label)
        if len(text) > 0 or self._extras is not None:
            self.extras().label = text

    @property
    def frozen(self) -> bool:
        """Whether optimisers leave this leaf unchanged, to the bit. Gradients still flow to it.

        Assigning to it raises OperandTypeError for the result of an op, which no optimiser changes.
        """
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            capture.read_mark(self)
        extras = self._extras
        return extras is not None and extras.frozen

    @frozen.setter
    def frozen(self, frozen: bool | Unchecked = _NOTHING) -> None:
        _refuse_deletion("frozen", frozen)
        if self.op is not None:
            raise OperandTypeError(f"expected a leaf to freeze, got the result of {self.op.name}")
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            capture.assign_mark(self, bool(frozen))
        FREEZES.now += 1.0
        if frozen or (self._extras is not None and self._extras.frozen):
            self.extras().frozen = bool(frozen)

    # Comparisons and conversions go by data. Comparing a float with a scalar of numpy gives a `numpy.bool`, hence
    # `bool()`. `data` is declared as Any, because mypyc leaves out that call if it knows that two floats are compared.

    def __eq__(self, other: object) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.EQ, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data == other._data
        data: Any = self._data
        return bool(data == other) if is_number(other) else NotImplemented

    def __ne__(self, other: object) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.NE, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data != other._data
        data: Any = self._data
        return bool(data != other) if is_number(other) else NotImplemented

    def __lt__(self, other: Number) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.LT, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data < other._data
        data: Any = self._data
        return bool(data < other) if is_number(other) else NotImplemented

    def __le__(self, other: Number) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.LE, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data <= other._data
        data: Any = self._data
        return bool(data <= other) if is_number(other) else NotImplemented

    def __gt__(self, other: Number) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.GT, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data > other._data
        data: Any = self._data
        return bool(data > other) if is_number(other) else NotImplemented

    def __ge__(self, other: Number) -> bool | Unchecked:
        if BLOCKS.any_open and capture_here() is not None:
            return _recorded_comparison(comparisons.GE, self, other)  # type: ignore[no-any-return]  # a condition of the program
        if isinstance(other, Node):
            return self._data >= other._data
        data: Any = self._data
        return bool(data >= other) if is_number(other) else NotImplemented

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __bool__(self) -> bool:
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            return bool(capture.truth_of(self))
        return self._data != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)


def _recorded_comparison(op: Op, node: Node, other: Any) -> Any:
    """A comparison inside a capture: a number of the program, of which `bool()` decides."""
    return op(node, other) if isinstance(other, Recorder) or is_number(other) else NotImplemented


def _values_of(side: object) -> tuple[Any, ...]:
    if side is None:
        return ()
    if isinstance(side, Node):
        return (side,)
    if isinstance(side, ManyInputs):
        return side.values
    return side if isinstance(side, tuple) else (side,)


def _derivatives_of(side: object, derivative: float) -> list[float]:
    if isinstance(side, ManyInputs):
        return [d if isinstance(v, Node) else 0.0 for v, d in zip(side.values, side.derivatives, strict=True)]
    return [derivative if isinstance(value, Node) else 0.0 for value in _values_of(side)]


def packed(numbers: Iterable[float]) -> vec[float]:
    """The numbers in one flat buffer of 8 bytes each."""
    buffer = vec[float]()
    for number in numbers:
        buffer = append(buffer, number)
    return buffer


def set_gradient(node: Node, gradient: Any) -> None:
    """Assign a gradient, which is a float or a node."""
    lifted = isinstance(gradient, Node)
    if lifted or node._lifted:
        node.extras().gradient = gradient if lifted else None
        node._lifted = lifted
    node._grad = gradient._data if lifted else gradient


def _refuse_deletion(name: str, assigned: object) -> None:
    if assigned is _NOTHING:
        raise AttributeError(f"property {name!r} of 'Value' object has no deleter; assign to it instead")


def to_label(label: object) -> str:
    """The label that a caller passes, checked to be a text."""
    if isinstance(label, str):
        return label
    hint = "; a Value holds one number, so write [Value(1.0), Value(2.0)] for several" if is_number(label) else ""
    raise OperandTypeError(f"expected a text as label, got {describe(label)}{hint}")
