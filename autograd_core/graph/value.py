"""Value: one number in a graph.

`Value` gives a node Python's arithmetic by computing at once: each operator makes a new node from its
inputs, with the local derivatives already measured. `Result` is the Value that an op made; a Value that
a caller made is a leaf.

The operators and the commonest functions are written out here instead of going through their row. Compiled,
a product then takes 35 ns instead of 1,300, and `tanh` 115 instead of 440; a test holds each of them equal to
its row, bit by bit. Whatever is unusual (a mode is on, a number of a foreign kind, a point where the formula
needs care) goes through the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from autograd_core.graph import backward, chain_rule, display, measure, micrograd, pickling
from autograd_core.graph.anomalies import caller, check_result
from autograd_core.graph.blocks import BLOCKS, is_detecting, is_recording
from autograd_core.graph.foreign import FOREIGN, KEEP, foreign_attribute
from autograd_core.graph.node import LEAF, Node, Terms, packed
from autograd_core.graph.operand import Operand
from autograd_core.numerics import real
from autograd_core.numerics.number import int_to_float, to_float
from autograd_core.table import activations, ops, powers
from autograd_core.table.op import OUTSIDE, Op, Recorder, find, seal

BINARY: Final = 2
"""As many inputs stand in the node itself; more of them in `Terms`."""


@mypyc_attr(acyclic=True)
class Value(Node):
    """One number in a graph, with the gradient of a result with respect to it.

    Arithmetic on Values, with each other and with plain numbers, gives Values that remember how they
    were made. `backward()` on a result then adds to the `grad` of every leaf below it the derivative of the
    result with respect to that leaf.

    Args:
        data: any real number; it is converted to a float.
        label: a name for pictures and messages; "" means none.

    Comparisons, `bool()` and `format()` go by `data`; `hash()` goes by identity, so that Values can stand in sets.
    Lists compare their items, so `x in values` and `values.index(x)` go by data, too: they find any Value that holds
    the same number. To find `x` itself, write `any(v is x for v in values)` and
    `next(i for i, v in enumerate(values) if v is x)`, or ask a set or a dict whose keys are the Values.

    A Value takes no attributes of your own, and has no subclasses: that is what makes it small and fast. What is to be
    kept about it, the momentum of an optimiser for one, stands in a dict whose keys are the Values. Assigning to an
    attribute that does not exist raises AttributeError. For names that code for other engines assigns (`m`, `v`,
    `momentum`, `velocity`, `cache`, `state`, `step`, `exp_avg`, `exp_avg_sq`, `name`, `requires_grad`) the message says
    what to do instead; for all others it is Python's own.

    There are no weak references to Values, which would cost every node 8 bytes, of which it has 96. A table that shall
    not keep Values alive belongs to something that can be weakly referenced and holds the Values, such as a module;
    or it goes by `id(value)`, in an object that is dropped together with them.

    Raises:
        OperandTypeError: if `data` is no real number or `label` no text, or if a class is made a subclass.

    >>> a = Value(2.0)
    >>> b = a * a + 3 * a
    >>> b.backward()
    >>> b.data, a.grad
    (10.0, 7.0)
    """

    __slots__ = ()

    def __init__(self, data: Any, label: Any = "") -> None:
        super().__init__(to_float(data))
        self.label = label

    def backward(self, gradient: Any = 1.0, create_graph: bool = False, allow_stale: bool = False) -> None:
        """Add the gradient of this value with respect to every leaf below it to the leaf's `grad`.

        Leaves accumulate over calls (set `grad` to 0 to start anew); interior nodes hold the gradient of the
        latest call.

        Args:
            gradient: the seed, by which every gradient is multiplied. A Value together with `create_graph`.
            create_graph: make the gradients Values, so that they can be differentiated again, also inside `no_grad`.
                A leaf then holds
                a graph that holds the leaf: assign `grad = 0` when done, or that memory is never freed.
                `autograd_core.grad` has no such cycle.
            allow_stale: sweep also if data was assigned to leaves since the last sweep of the same nodes. The gradient
                is then that at the numbers of the recording, which are still those of the interior nodes.

        Raises:
            GraphChangedError: if data was assigned to a leaf after a sweep, so that this one would give the gradient at
                numbers that are gone; with `create_graph` also if it was assigned after the recording.
            AnomalyError: inside `detect_anomaly`, if a nan or an infinity arises.
            InputError: inside `no_grad`, if this is a leaf, as every result is that was computed there.

        Outside of `no_grad` a result that was computed there is a leaf like any other, whose gradient with respect to
        itself is the seed: nothing tells it from `Value(3.0)`.

        An interrupt leaves the gradients of leaves as they were or complete.

        >>> x = Value(3.0)
        >>> (x**3).backward(create_graph=True)
        >>> slope, x.grad = x.grad, 0
        >>> slope.backward()
        >>> slope.data, x.grad
        (27.0, 18.0)
        """
        backward.run(self, gradient, create_graph, allow_stale, Value)

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The Value that the op makes of the inputs, one of which is this one."""
        if not BLOCKS.any_open:
            if op.arity == 1:
                return self._record_alone(op)
            if op.arity == BINARY:
                return _record_pair(op, inputs[0], inputs[1])
        numbers = [x._data if isinstance(x, Value) else to_float(x) for x in inputs]
        data = op.evaluate(numbers)
        detecting = BLOCKS.any_open and is_detecting()
        if detecting:
            check_result(op, numbers, data)
        if BLOCKS.any_open and not is_recording():
            return Value(data)
        slopes = op.slopes(numbers, data, [isinstance(x, Value) for x in inputs])
        parents: list[Any] = [x if isinstance(x, Value) else n for x, n in zip(inputs, numbers, strict=True)]
        result = connect(op, data, parents, slopes)
        if detecting:
            result.note().origin = caller()
        return result

    def _alone(self, op: Op) -> Any:
        """`record` of an op with this one as its only input."""
        return self._record_alone(op) if not BLOCKS.any_open else self.record(op, (self,))

    def _record_alone(self, op: Op) -> Value:
        """`record` of an op with one input while no mode is on."""
        y, derivative = measure.alone(op, self._data)
        return Result(y, op, self, None, derivative, 0.0)

    # Arithmetic, written out. `constant` keeps a number as the object that came: a new one is 32 bytes a node.

    def __add__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                return Result(self._data + other._data, ops.ADD, self, other, 1.0, 1.0)
            if isinstance(other, float):
                return Result(self._data + float(other), ops.ADD, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self + int_to_float(other)
        return self._apply(ops.ADD, self, other)

    def __radd__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                return Result(float(other) + self._data, ops.ADD, constant, self, 0.0, 1.0)
            if isinstance(other, int):
                return int_to_float(other) + self
        return self._apply(ops.ADD, other, self)

    def __sub__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                return Result(self._data - other._data, ops.SUB, self, other, 1.0, -1.0)
            if isinstance(other, float):
                return Result(self._data - float(other), ops.SUB, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self - int_to_float(other)
        return self._apply(ops.SUB, self, other)

    def __rsub__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                return Result(float(other) - self._data, ops.SUB, constant, self, 0.0, -1.0)
            if isinstance(other, int):
                return int_to_float(other) - self
        return self._apply(ops.SUB, other, self)

    def __mul__(self, other: object) -> Any:
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

    def __rmul__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                factor = float(other)
                return Result(factor * self._data, ops.MUL, constant, self, 0.0, factor)
            if isinstance(other, int):
                return int_to_float(other) * self
        return self._apply(ops.MUL, other, self)

    def __truediv__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, Value):
                divisor = other._data
                quotient = real.divide(self._data, divisor)
                return Result(
                    quotient, ops.DIV, self, other, real.divide(1.0, divisor), real.divide(-quotient, divisor)
                )
            if isinstance(other, float):
                divisor = float(other)
                return Result(real.divide(self._data, divisor), ops.DIV, self, constant, real.divide(1.0, divisor), 0.0)
            if isinstance(other, int):
                return self / int_to_float(other)
        return self._apply(ops.DIV, self, other)

    def __rtruediv__(self, other: object) -> Any:
        constant = other
        if not BLOCKS.any_open:
            if isinstance(other, float):
                quotient = real.divide(float(other), self._data)
                return Result(quotient, ops.DIV, constant, self, 0.0, real.divide(-quotient, self._data))
            if isinstance(other, int):
                return int_to_float(other) / self
        return self._apply(ops.DIV, other, self)

    def __pow__(self, other: object) -> Any:
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

    def __neg__(self) -> Any:
        if not BLOCKS.any_open:
            return Result(-self._data, ops.NEG, self, None, -1.0, 0.0)
        return self.record(ops.NEG, (self,))

    def exp(self) -> Any:
        """The exponential."""
        return self._alone(ops.EXP)

    def log(self, base: Any = None) -> Any:
        """The logarithm, by default the natural one; -inf at 0 and nan below."""
        return self._alone(ops.LOG) if base is None else super().log(base)

    def tanh(self) -> Any:
        """The hyperbolic tangent."""
        return self._alone(ops.TANH)

    def sigmoid(self) -> Any:
        """The logistic function `1 / (1 + exp(-x))`."""
        return self._alone(activations.SIGMOID)

    def relu(self) -> Any:
        """The positive part: `x` above 0, else 0."""
        return self._alone(activations.RELU)

    def __repr__(self) -> str:
        return display.line(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows: the line of `repr`, and below it the nearest nodes that it was made of."""
        display.show(self, printer)

    def __rich_repr__(self) -> list[Any]:
        """What `rich` shows: the parts of `repr`, between which it may break the line."""
        return display.rich_parts(self)

    # Names that code for micrograd and microgpt reads, see `micrograd`.

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

    # Copies. They are flat: depth is no limit.

    def __copy__(self) -> Any:
        """A leaf gives a new leaf; an interior node a second node on the same inputs."""
        return pickling.twin_of(self, lambda x: x, Value, Result)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy of the whole graph below."""
        for node in chain_rule.topological_order(self):
            if id(node) not in memo:
                memo[id(node)] = pickling.twin_of(node, lambda x: memo[id(x)], Value, Result)
        return memo[id(self)]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A leaf pickles as its numbers; an interior node as its leaves and a flat list of what was made of them.

        Values pickled together share their leaves afterwards too. A gradient that is a Value pickles as its number.
        """
        if self._row == LEAF:
            return load_leaf, (self._data, self._grad, self.label, self.frozen)
        return load_graph, pickling.flatten(self)


@final
@mypyc_attr(acyclic=True)
class Result(Value):
    """A Value that an op made. A class of its own only because making one must not convert anything."""

    __slots__ = ()

    def __init__(self, data: float, op: Op, left: object, right: object, dleft: float, dright: float) -> None:
        # The initialisation of `Node`, repeated: calling it would cost a quarter of the time of making a node.
        self._data = data
        self._grad = 0.0
        self._row = op.number
        self._lifted = False
        self._uses = 0
        self._left = left
        self._right = right
        self._dleft = dleft
        self._dright = dright
        self._adjoint = 0.0
        self._note = None
        if op.number == OUTSIDE:
            note = self.note()
            note.op = op
            note.numbers = tuple([x._data if isinstance(x, Node) else float(x) for x in self.inputs])


for _base in (Recorder, Operand, Node, Value):
    seal(_base, KEEP)


for _name, _way_out in FOREIGN.items():
    setattr(Value, _name, foreign_attribute(_name, _way_out))

# At the prompt there is one kind of number, whoever made it.
for _attribute in ("__name__", "__qualname__"):
    setattr(Result, _attribute, "Value")


def _record_pair(op: Op, a: Any, b: Any) -> Value:
    """`record` of an op with two inputs while no mode is on."""
    left: Any = a if isinstance(a, Value) else to_float(a)
    right: Any = b if isinstance(b, Value) else to_float(b)
    x: float = left._data if isinstance(left, Value) else left
    y: float = right._data if isinstance(right, Value) else right
    z, dleft, dright = measure.pair(op, x, y, isinstance(left, Value), isinstance(right, Value))
    return Result(z, op, left, right, dleft, dright)


def connect(op: Op, data: float, inputs: Sequence[Any], slopes: Sequence[float]) -> Value:
    """The node of an op with its inputs (nodes and floats) and the local derivative with respect to each."""
    if len(inputs) == 1:
        return Result(data, op, inputs[0], None, slopes[0], 0.0)
    if len(inputs) == BINARY:
        return Result(data, op, inputs[0], inputs[1], slopes[0], slopes[1])
    return Result(data, op, Terms(tuple(inputs), packed(slopes)), None, 0.0, 0.0)


def load_leaf(data: float, grad: float, label: str, frozen: bool) -> Value:
    """The leaf of a pickle."""
    leaf = Value(data)
    pickling.restore(leaf, grad, label, frozen)
    return leaf


def load_graph(leaves: list[Value], rows: list[Any]) -> Any:
    """The root of a pickled graph."""
    return pickling.unflatten(leaves, rows, Result)


# Pickles name these functions by a path that stays, see `pickles`.
for _function in (load_leaf, load_graph, find):
    setattr(_function, "__module__", "autograd_core.pickles")  # noqa: B010 - mypyc takes it for a constant
