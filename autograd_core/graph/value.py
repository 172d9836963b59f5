"""Value: a node with Python's arithmetic.

Each operator computes at once and makes a new node, with the local derivatives already measured. `Result` is a Value
that an op made. A Value that a caller made is a leaf.

The operators are written out here instead of going through their rows. Compiled, a product then takes 35 ns instead of
1,300; a test checks that each operator is equal to its row, bit by bit. Unusual cases go through the row: if a mode is
on, a number is of a foreign kind, or the formula needs care there. Functions of one and two inputs are in `measure`.
"""

# mypy: disable-error-code="no-any-return"
# For the reason see `operand`.

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

from librt.vecs import vec
from mypy_extensions import mypyc_attr

from autograd_core.graph import backward, display, documentation, measure, micrograd, pickling, symbol
from autograd_core.graph.anomalies import caller, check_result
from autograd_core.graph.blocks import BLOCKS, is_detecting, is_recording
from autograd_core.graph.capturing import capture_here, is_capturing
from autograd_core.graph.edges import sides
from autograd_core.graph.foreign import KEEP, refuse_foreign
from autograd_core.graph.node import LEAF, ManyInputs, Node, to_label
from autograd_core.graph.operand import Operand
from autograd_core.numerics import exact, real
from autograd_core.numerics.number import int_to_float, to_float
from autograd_core.table import ops, powers
from autograd_core.table.op import OUTSIDE, Op, Recorder, find, seal

if TYPE_CHECKING:
    from autograd_core.types import Number, Plain, Unchecked


@mypyc_attr(acyclic=True)
class Value(Node):
    """One number in a graph, with the gradient of a result with respect to it.

    Arithmetic on Values, with each other and with plain numbers, gives Values that remember how they were made.
    `backward()` on a result then adds the derivative of the result with respect to each leaf below it to the `grad` of
    the leaf.

    Args:
        data: any real number; it is converted to a float.
        label: a name for pictures and messages. By default "", no name, because most values are intermediate.

    Comparisons, `bool()` and `format()` use `data`. `hash()` uses identity, so that sets can hold Values. Lists compare
    their items, so `x in values` and `values.index(x)` also use data: they find any Value that holds the same number.
    To find `x` itself, write `any(v is x for v in values)` and `next(i for i, v in enumerate(values) if v is x)`, or
    ask a set or a dict whose keys are the Values.

    To stay small and fast, a Value has no further attributes and no subclasses. Keep what belongs to it, such as the
    momentum of an optimiser, in a dict whose keys are the Values. Assigning to an attribute that does not exist raises
    AttributeError, which for names of other engines, such as `requires_grad`, says what to do instead.

    There are no weak references to Values: they would add 8 bytes to the 96 of every node. Attach a table that must not
    keep Values alive to what holds them, such as a module, or use `id(value)` as key and drop both together.

    Raises:
        OperandTypeError: if `data` is not a real number or `label` is not a text, or if a subclass is defined.

    >>> a = Value(2.0)
    >>> b = a * a + 3 * a
    >>> b.backward()
    >>> b.data, a.grad
    (10.0, 7.0)
    """

    __slots__ = ()

    def __init__(self, data: Plain, label: str | Unchecked = "") -> None:
        if BLOCKS.any_open and isinstance(data, symbol.Symbol):
            super().__init__(math.nan)  # the number is not known before the program runs
            data.recorder.assign_data(self, data)
        else:
            super().__init__(to_float(data))
        if not isinstance(label, str) or len(label) > 0:
            self.label = to_label(label)  # checked first: mypyc casts to str before it calls the setter

    def backward(
        self, gradient: Number = 1.0, create_graph: bool | Unchecked = False, allow_stale: bool | Unchecked = False
    ) -> None:
        """Add the gradient of this value with respect to every leaf below it to the leaf's `grad`.

        Leaves accumulate over calls; set `grad` to 0 to start anew. Interior nodes hold that of the latest call.

        Args:
            gradient: the seed, by which every gradient is multiplied. By default 1, which gives the derivatives of this
                value. With `create_graph` it may be a Value.
            create_graph: whether gradients are Values that can be differentiated again, even inside `no_grad`. By
                default they are floats, which take less time and memory. With True, a leaf holds a graph that holds the
                leaf: assign `grad = 0` when done, or that memory is never freed. `autograd_core.grad` makes no cycle.
            allow_stale: whether to sweep although data was assigned to leaves since the last sweep of the same nodes,
                for the gradient at the recorded numbers. By default that is an error, as it is usually a mistake.

        Raises:
            GraphChangedError: if data was assigned to a leaf after a sweep, so that this sweep would give the gradient
                at old numbers; with `create_graph` also if it was assigned after the recording.
            AnomalyError: inside `detect_anomaly`, if a nan or an infinity arises.
            OperandTypeError: if an argument is of the wrong type.
            InputError: inside `no_grad`, if this is a leaf, like all results that are computed there. Outside, such a
                result is a leaf like `Value(3.0)`, whose gradient with respect to itself is the seed.

        After an interrupt the gradients of all leaves are either unchanged or complete.

        >>> x = Value(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> gradient, x.grad = x.grad, 0
        >>> gradient.backward()
        >>> gradient.data, x.grad
        (27.0, 18.0)
        """
        backward.run(self, gradient, create_graph, allow_stale, Value)

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The Value that an op makes of the inputs, one of which is this Value; a Symbol inside a capture."""
        if not BLOCKS.any_open:
            if op.arity == 1:
                return self._unary(op)
            if op.arity == 2:
                return _record_binary(op, inputs[0], inputs[1])
            if op is ops.FSUM and are_many_values(inputs):
                return fsum_node(inputs)
        elif (capture := capture_here()) is not None:
            return capture.record(op, inputs)
        numbers = [x._data if isinstance(x, Value) else to_float(x) for x in inputs]
        data = op.evaluate(numbers)
        detecting = BLOCKS.any_open and is_detecting()
        if detecting:
            check_result(op, numbers, data)
        if BLOCKS.any_open and not is_recording():
            return Value(data)
        derivatives = op.derivatives_at(numbers, data, [isinstance(x, Value) for x in inputs])
        left, right, dleft, dright = sides(inputs, numbers, derivatives)
        result = Result(data, op, left, right, dleft, dright)
        if detecting:
            result.extras().origin = caller()
        return result

    def detached(self) -> Any:
        """The number alone."""
        if BLOCKS.any_open and (capture := capture_here()) is not None:
            return capture.data_of(self)
        return self._data

    def is_known(self) -> bool:
        """Whether the number can be read; inside a capture it cannot."""
        return not is_capturing()

    def _unary(self, op: Op) -> Any:
        """`record` of an op whose only input is this Value."""
        if BLOCKS.any_open:
            return self.record(op, (self,))
        if op is ops.NEG:
            return Result(-self._data, op, self, None, -1.0, 0.0)
        y, derivative = measure.unary(op, self._data)
        return Result(y, op, self, None, derivative, 0.0)

    # Arithmetic, written out. `constant` keeps the given object; a new float would take 32 bytes more for each node.

    def __add__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                return Result(self._data + other._data, ops.ADD, self, other, 1.0, 1.0)
            if isinstance(other, float):
                return Result(self._data + float(other), ops.ADD, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self + int_to_float(other)
        return self._apply(ops.ADD, self, other)

    def __radd__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                return Result(float(other) + self._data, ops.ADD, constant, self, 0.0, 1.0)
            if isinstance(other, int):
                return int_to_float(other) + self
        return self._apply(ops.ADD, other, self)

    def __sub__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                return Result(self._data - other._data, ops.SUB, self, other, 1.0, -1.0)
            if isinstance(other, float):
                return Result(self._data - float(other), ops.SUB, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self - int_to_float(other)
        return self._apply(ops.SUB, self, other)

    def __rsub__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                return Result(float(other) - self._data, ops.SUB, constant, self, 0.0, -1.0)
            if isinstance(other, int):
                return int_to_float(other) - self
        return self._apply(ops.SUB, other, self)

    def __mul__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                return Result(self._data * other._data, ops.MUL, self, other, other._data, self._data)
            if isinstance(other, float):
                factor = float(other)
                return Result(self._data * factor, ops.MUL, self, constant, factor, 0.0)
            if isinstance(other, int):
                return self * int_to_float(other)
        return self._apply(ops.MUL, self, other)

    def __rmul__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                factor = float(other)
                return Result(factor * self._data, ops.MUL, constant, self, 0.0, factor)
            if isinstance(other, int):
                return int_to_float(other) * self
        return self._apply(ops.MUL, other, self)

    def __truediv__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                divisor = other._data
                quotient, inverse = real.divide(self._data, divisor), real.divide(1.0, divisor)
                return Result(quotient, ops.DIV, self, other, inverse, real.divide(-quotient, divisor))
            if isinstance(other, float):
                divisor = float(other)
                return Result(real.divide(self._data, divisor), ops.DIV, self, constant, real.divide(1.0, divisor), 0.0)
            if isinstance(other, int):
                return self / int_to_float(other)
        return self._apply(ops.DIV, self, other)

    def __rtruediv__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                quotient = real.divide(float(other), self._data)
                return Result(quotient, ops.DIV, constant, self, 0.0, real.divide(-quotient, self._data))
            if isinstance(other, int):
                return int_to_float(other) / self
        return self._apply(ops.DIV, other, self)

    def __pow__(self, other: Number) -> Value | Unchecked:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                x, p = self._data, float(other)
                if p >= 0.5:
                    return Result(real.power(x, p), powers.POW, self, constant, p * real.power(x, p - 1.0), 0.0)
                if 0.0 < x < math.inf:
                    y = real.power(x, p)
                    return Result(y, powers.POW, self, constant, p * y / x, 0.0)
            if isinstance(other, int):
                return self ** int_to_float(other)
        return self._apply(powers.POW, self, other)

    def __repr__(self) -> str:
        return display.line(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython: the line of `repr`, and below it the nearest nodes that this one was made from."""
        display.show(self, printer)

    def __rich_repr__(self) -> list[Any]:
        """The display in `rich`: the parts of `repr`, between which it can break the line."""
        return display.rich_parts(self)

    # Names that code for micrograd and microgpt reads (see `micrograd`).

    @property
    def _op(self) -> str:
        return micrograd.symbol_of(self)

    @property
    def _children(self) -> tuple[Any, ...]:
        return micrograd.children_of(self, Value)

    @property
    def _local_grads(self) -> tuple[float, ...]:
        return micrograd.local_derivatives_of(self)

    @property
    def _prev(self) -> set[Any]:
        return micrograd.set_of_children(self, Value)

    def _backward(self) -> None:
        micrograd.step_back(self)

    # Copies. They are not recursive, so depth is not limited.

    def __copy__(self) -> Any:
        """For a leaf, a new leaf; for an interior node, a second node on the same inputs."""
        return pickling.twin_of(self, lambda x: x, Value, Result)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy of the whole graph below."""
        return pickling.twin_of_graph(self, memo, Value, Result)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A leaf pickles as its numbers, an interior node as its leaves and a flat list of the nodes above them.

        Values that are pickled together still share their leaves afterwards. A gradient that is a Value pickles as its
        number. Pickles are for the same version of the package; `nn.save` writes files to keep.
        """
        if self._row == LEAF:
            return load_leaf, (self._data, self._grad, self.label, self.frozen)
        return load_graph, pickling.flatten(self)


@final
@mypyc_attr(acyclic=True)
class Result(Value):
    """A Value that an op made. It has a class of its own only because its constructor converts nothing."""

    __slots__ = ()

    def __init__(self, data: float, op: Op, left: object, right: object, dleft: float, dright: float) -> None:
        # This repeats `Node.__init__`; calling it would take a quarter of the time of making a node.
        self._data = data
        self._grad = 0.0
        self._row = op.index
        self._lifted = False
        self._uses = 0
        self._left = left
        self._right = right
        self._dleft = dleft
        self._dright = dright
        self._adjoint = 0.0
        self._extras = None
        if op.index == OUTSIDE:
            extras = self.extras()
            extras.op, extras.numbers = op, tuple([x._data if isinstance(x, Node) else float(x) for x in self.inputs])


# `symbol` is loaded before, because its class is the last one with these bases.
for _base in (Recorder, Operand, symbol.Symbol, Node, Value):
    seal(_base, KEEP if issubclass(_base, Node) else symbol.OWN)
refuse_foreign(Value)
documentation.document(Op)

# The prompt shows one class, also for results of ops.
for _attribute in ("__name__", "__qualname__"):
    setattr(Result, _attribute, "Value")


def _record_binary(op: Op, a: Any, b: Any) -> Value:
    """`record` of an op with two inputs while no mode is on."""
    left: Any = a if isinstance(a, Value) else to_float(a)
    right: Any = b if isinstance(b, Value) else to_float(b)
    x: float = left._data if isinstance(left, Value) else left
    y: float = right._data if isinstance(right, Value) else right
    z, dleft, dright = measure.binary(op, x, y, isinstance(left, Value), isinstance(right, Value))
    return Result(z, op, left, right, dleft, dright)


def are_many_values(inputs: tuple[Any, ...]) -> bool:
    """Whether there are more than two inputs, all of them Values or floats, and at least one a Value."""
    any_value = False
    for x in inputs:
        if isinstance(x, Value):
            any_value = True
        elif not isinstance(x, float):
            return False
    return any_value and len(inputs) > 2


def sum_node(op: Op, inputs: tuple[Any, ...], total: float) -> Value:
    """The node of a sum of many Values and floats, whose derivatives are all 1."""
    if BLOCKS.any_open and not is_recording():
        return Value(total)
    return Result(total, op, ManyInputs(inputs, vec[float]([1.0] * len(inputs))), None, 0.0, 0.0)


def fsum_node(inputs: tuple[Any, ...]) -> Value:
    """The node of the exact sum of many Values and floats."""
    return sum_node(ops.FSUM, inputs, exact.fsum([x._data if isinstance(x, Value) else x for x in inputs]))


def load_leaf(data: float, grad: float, label: str, frozen: bool) -> Value:
    """The leaf of a pickle."""
    return pickling.restore(Value(data), grad, label, frozen)


def load_graph(leaves: list[Value], rows: list[Any]) -> Any:
    """The root of a pickled graph."""
    return pickling.unflatten(leaves, rows, Result)


# Pickles name these functions by a path that does not change (see `pickles`).
for _function in (load_leaf, load_graph, find):
    setattr(_function, "__module__", "autograd_core.pickles")  # noqa: B010 - mypyc takes it for a constant
