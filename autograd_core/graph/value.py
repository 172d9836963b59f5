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

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph import chain_rule, contributions, display, pickling, sweep, under_way
from autograd_core.graph.modes import BLOCKS, caller, check_result, enable_grad, is_detecting, is_recording
from autograd_core.graph.node import CLOCK, LEAF, Node, Terms, packed
from autograd_core.graph.operand import FOREIGN, KEEP, Operand
from autograd_core.graph.order import topological_order
from autograd_core.numerics import elementary, real
from autograd_core.numerics.number import describe, int_to_float, is_number, to_float
from autograd_core.table import activations, ops, powers
from autograd_core.table.op import OUTSIDE, TABLE, Op, Recorder, find, seal

BINARY: Final = 2
"""As many inputs stand in the node itself; more of them in `Terms`."""

_NOTHING: Final[object] = object()
"""What a setter is given by `del` when compiled, where without a default it would be given a null pointer."""


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
        text = _to_label(label)
        if len(text) > 0:
            self.note().label = text

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
        under_way.set_gradient(self, gradient if isinstance(gradient, Value) else to_float(gradient))

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
        if BLOCKS.open != 0 and not is_recording():
            if self._row == LEAF:
                raise InputError(
                    f"expected a result that was recorded, got the leaf {self!r} inside no_grad(), where nothing is "
                    "recorded; compute it and call backward() outside of no_grad(), or inside enable_grad()"
                )
            if create_graph:
                with enable_grad():
                    self.backward(gradient, create_graph)
                return
        check = BLOCKS.open != 0 and is_detecting()
        if create_graph:
            seed = gradient if isinstance(gradient, Value) else to_float(gradient)
            sweep.accumulate_graph(self, seed, check, Value)
        elif check:
            sweep.accumulate_checked(self, to_float(gradient), allow_stale)
        else:
            sweep.accumulate(self, to_float(gradient), allow_stale)

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The Value that the op makes of the inputs, one of which is this one."""
        if BLOCKS.open == 0:
            if op.arity == 1:
                return self._record_alone(op)
            if op.arity == BINARY:
                return _record_pair(op, inputs[0], inputs[1])
        numbers = [x._data if isinstance(x, Value) else to_float(x) for x in inputs]
        data = op.evaluate(numbers)
        detecting = BLOCKS.open != 0 and is_detecting()
        if detecting:
            check_result(op, numbers, data)
        if BLOCKS.open != 0 and not is_recording():
            return Value(data)
        slopes = op.slopes(numbers, data, [isinstance(x, Value) for x in inputs])
        parents: list[Any] = [x if isinstance(x, Value) else n for x, n in zip(inputs, numbers, strict=True)]
        result = connect(op, data, parents, slopes)
        if detecting:
            result.note().origin = caller()
        return result

    def _alone(self, op: Op) -> Any:
        """`record` of an op with this one as its only input."""
        return self._record_alone(op) if BLOCKS.open == 0 else self.record(op, (self,))

    def _record_alone(self, op: Op) -> Value:
        """`record` of an op with one input while no mode is on: the commonest ops written out, others by their row."""
        x = self._data
        if op is activations.RELU:
            if x > 0.0:
                return Result(x, op, self, None, 1.0, 0.0)
            if x <= 0.0:
                return Result(0.0, op, self, None, 0.0, 0.0)
        elif op is ops.TANH:
            if -20.0 < x < 20.0:
                sech = 1.0 / elementary.cosh(x)
                return Result(elementary.tanh(x), op, self, None, sech * sech, 0.0)
        elif op is ops.EXP:
            y = real.exp(x)
            return Result(y, op, self, None, y, 0.0)
        elif op is activations.SIGMOID:
            y = elementary.sigmoid(x)
            half = 0.5 * elementary.tanh(0.5 * x) if -1.0 < x < 1.0 else 0.0
            slope = 0.25 - half * half if -1.0 < x < 1.0 else y * elementary.sigmoid(-x)
            return Result(y, op, self, None, slope, 0.0)
        elif op is ops.LOG and x > 0.0:
            return Result(math.log(x), op, self, None, 1.0 / x, 0.0)
        return self._record_by_row(op)

    def _record_by_row(self, op: Op) -> Value:
        """The same by the row: without lists, which makes it 4 times faster than `record`."""
        x = self._data
        try:
            y = float(op.forward(x))
            slope = float(op.derivatives[0](x, y))
        except ArithmeticError:
            y = op.evaluate([x])
            slope = op.slopes([x], y, [True])[0]
        return Result(y, op, self, None, slope, 0.0)

    # Arithmetic, written out. `constant` keeps a number as the object that came: a new one is 32 bytes a node.

    def __add__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
            if isinstance(other, Value):
                return Result(self._data + other._data, ops.ADD, self, other, 1.0, 1.0)
            if isinstance(other, float):
                return Result(self._data + float(other), ops.ADD, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self + int_to_float(other)
        return self._apply(ops.ADD, self, other)

    def __radd__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
            if isinstance(other, float):
                return Result(float(other) + self._data, ops.ADD, constant, self, 0.0, 1.0)
            if isinstance(other, int):
                return int_to_float(other) + self
        return self._apply(ops.ADD, other, self)

    def __sub__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
            if isinstance(other, Value):
                return Result(self._data - other._data, ops.SUB, self, other, 1.0, -1.0)
            if isinstance(other, float):
                return Result(self._data - float(other), ops.SUB, self, constant, 1.0, 0.0)
            if isinstance(other, int):
                return self - int_to_float(other)
        return self._apply(ops.SUB, self, other)

    def __rsub__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
            if isinstance(other, float):
                return Result(float(other) - self._data, ops.SUB, constant, self, 0.0, -1.0)
            if isinstance(other, int):
                return int_to_float(other) - self
        return self._apply(ops.SUB, other, self)

    def __mul__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
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
        if BLOCKS.open == 0:
            if isinstance(other, float):
                factor = float(other)
                return Result(factor * self._data, ops.MUL, constant, self, 0.0, factor)
            if isinstance(other, int):
                return int_to_float(other) * self
        return self._apply(ops.MUL, other, self)

    def __truediv__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
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
        if BLOCKS.open == 0:
            if isinstance(other, float):
                quotient = real.divide(float(other), self._data)
                return Result(quotient, ops.DIV, constant, self, 0.0, real.divide(-quotient, self._data))
            if isinstance(other, int):
                return int_to_float(other) / self
        return self._apply(ops.DIV, other, self)

    def __pow__(self, other: object) -> Any:
        constant = other
        if BLOCKS.open == 0:
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
        if BLOCKS.open == 0:
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

    # Comparisons and conversions go by data. What a float and a number of numpy's give is a `numpy.bool`, hence `bool`;
    # and mypyc would take it for a bool already if it knew of the float.

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Value):
            return self._data == other._data
        data: Any = self._data
        return bool(data == other) if is_number(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Value):
            return self._data != other._data
        data: Any = self._data
        return bool(data != other) if is_number(other) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return self._data < other._data
        data: Any = self._data
        return bool(data < other) if is_number(other) else NotImplemented

    def __le__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return self._data <= other._data
        data: Any = self._data
        return bool(data <= other) if is_number(other) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return self._data > other._data
        data: Any = self._data
        return bool(data > other) if is_number(other) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return self._data >= other._data
        data: Any = self._data
        return bool(data >= other) if is_number(other) else NotImplemented

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        parts = [repr(self._data), f"grad={self._grad!r}"]
        if self.op is not None:
            parts.append(f"op={_symbol(self.op)!r}")
        if self.label:
            parts.append(f"label={display.shorten(self.label)!r}")
        return f"Value({', '.join(parts)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows: the line of `repr`, and below it the nearest nodes that it was made of."""
        display.show(self, printer)

    def __rich_repr__(self) -> list[Any]:
        """What `rich` shows: the same as `repr`, but it may break the line."""
        return [
            self._data,
            ("grad", self._grad),
            ("op", _symbol(self.op), ""),
            ("label", display.shorten(self.label), ""),
        ]

    # What code for micrograd and microgpt reads. There every constant is a node, except the exponent of a power.

    @property
    def _op(self) -> str:
        """How the op is written, with the exponent of a power if that is a constant."""
        exponent = repr(self.inputs[1]).removesuffix(".0") if self._is_plain_power() else ""
        return _symbol(self.op) + exponent

    @property
    def _children(self) -> tuple[Any, ...]:
        """The inputs, each constant as a Value of its own, which stays the same one."""
        inputs = self.inputs[:1] if self._is_plain_power() else self.inputs
        numbers = [x for x in inputs if not isinstance(x, Value)]
        if not numbers:
            return inputs
        note = self.note()
        if note.constants is None:
            note.constants = [Value(x) for x in numbers]
        constants = iter(note.constants)
        return tuple([x if isinstance(x, Value) else next(constants) for x in inputs])

    @property
    def _local_grads(self) -> tuple[float, ...]:
        """The local derivative with respect to each of `_children`."""
        op, inputs, slopes = self.op, self.inputs, self.derivatives
        if op is None or not _any_constant(inputs):
            return slopes
        if self._is_plain_power():
            return slopes[:1]
        numbers = [x._data if isinstance(x, Value) else x for x in inputs]
        constant = op.slopes(numbers, self._data, [not isinstance(x, Value) for x in inputs])
        return tuple([d if isinstance(x, Value) else c for x, d, c in zip(inputs, slopes, constant, strict=True)])

    @property
    def _prev(self) -> set[Any]:
        """The set of `_children`. A constant has no other use, so its gradient follows from that of this node."""
        children = self._children
        if _any_constant(self.inputs):
            for given, child, slope in zip(self.inputs, children, self._local_grads, strict=False):
                if child is not given:
                    child._grad = slope * self._grad if self._grad != 0.0 else 0.0
        return set(children)

    def _backward(self) -> None:
        """One step of a backward pass: add to the gradient of every input what this node passes on to it."""
        check = BLOCKS.open != 0 and is_detecting()
        inputs = dict.fromkeys([x for x in self.inputs if isinstance(x, Value)])
        passed = chain_rule.adjoints({self: self._grad}, contributions.recorded_slopes, check, inputs, False)
        for child in inputs:
            child.grad = child.grad + passed.get(child, 0.0)

    def _is_plain_power(self) -> bool:
        """Whether this is a power with a constant as exponent."""
        return self.op is powers.POW and not isinstance(self.inputs[1], Value)

    # Copies. They are flat: depth is no limit.

    def __copy__(self) -> Any:
        """A leaf gives a new leaf; an interior node a second node on the same inputs."""
        return _rebuild(self, lambda parent: parent)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A copy of the whole graph below."""
        for node in topological_order(self):
            if id(node) not in memo:
                memo[id(node)] = _rebuild(node, lambda parent: memo[id(parent)])
        return memo[id(self)]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A leaf pickles as its numbers; an interior node as its leaves and a flat list of what was made of them.

        Values pickled together share their leaves afterwards too. A gradient that is a Value pickles as its number.
        """
        if self._row == LEAF:
            return _load_leaf, (self._data, self._grad, self.label, self.frozen)
        return _load_graph, pickling.flatten(self)

    def _restore(self, grad: float, label: str, frozen: bool = False) -> None:
        self._grad = grad
        if label:
            self.note().label = label
        if frozen:
            self.note().frozen = True


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


def _foreign(name: str, way_out: str) -> property:
    """An attribute that is not there, and says what to do instead when it is assigned."""

    def get(value: Value) -> Any:
        if name in TABLE:  # an op that the user defined: a method
            return lambda *others: TABLE[name](value, *others)
        raise AttributeError(f"'Value' object has no attribute {name!r}")

    def refuse(*_: object) -> None:
        raise AttributeError(f"'Value' object has no attribute {name!r}; {way_out}")

    return property(get, refuse)


for _name, _way_out in FOREIGN.items():
    setattr(Value, _name, _foreign(_name, _way_out))

# At the prompt there is one kind of number, whoever made it.
for _attribute in ("__name__", "__qualname__"):
    setattr(Result, _attribute, "Value")


def _record_pair(op: Op, a: Any, b: Any) -> Value:
    """`record` of an op with two inputs, likewise."""
    left: Any = a if isinstance(a, Value) else to_float(a)
    right: Any = b if isinstance(b, Value) else to_float(b)
    x: float = left._data if isinstance(left, Value) else left
    y: float = right._data if isinstance(right, Value) else right
    dleft = dright = 0.0
    try:
        z = float(op.forward(x, y))
        if isinstance(left, Value):
            dleft = float(op.derivatives[0](x, y, z))
        if isinstance(right, Value):
            dright = float(op.derivatives[1](x, y, z))
    except ArithmeticError:
        z = op.evaluate([x, y])
        dleft, dright = op.slopes([x, y], z, [isinstance(left, Value), isinstance(right, Value)])
    return Result(z, op, left, right, dleft, dright)


def connect(op: Op, data: float, inputs: Sequence[Any], slopes: Sequence[float]) -> Value:
    """The node of an op with its inputs (nodes and floats) and the local derivative with respect to each."""
    if len(inputs) == 1:
        return Result(data, op, inputs[0], None, slopes[0], 0.0)
    if len(inputs) == BINARY:
        return Result(data, op, inputs[0], inputs[1], slopes[0], slopes[1])
    return Result(data, op, Terms(tuple(inputs), packed(slopes)), None, 0.0, 0.0)


def _refuse_deletion(name: str, assigned: object) -> None:
    if assigned is _NOTHING:
        raise AttributeError(f"property {name!r} of 'Value' object has no deleter; assign to it instead")


def _symbol(op: Op | None) -> str:
    return "" if op is None else op.symbol


def _any_constant(inputs: Sequence[Any]) -> bool:
    return any(not isinstance(x, Value) for x in inputs)


def _to_label(label: object) -> str:
    if isinstance(label, str):
        return label
    raise OperandTypeError(f"expected a text as label, got {describe(label)}")


def _rebuild(node: Value, twin: Callable[[Value], Value]) -> Value:
    """A node like this one, on the twins of its inputs."""
    op = node.op
    if op is None:
        copy = Value(node._data)
    else:
        copy = Result(
            node._data,
            op,
            pickling.map_side(node._left, twin),
            pickling.map_side(node._right, twin),
            node._dleft,
            node._dright,
        )
    copy._restore(node._grad, node.label, node.frozen)
    return copy


def _load_leaf(data: float, grad: float, label: str, frozen: bool) -> Value:
    leaf = Value(data)
    leaf._restore(grad, label, frozen)
    return leaf


def _load_graph(leaves: list[Value], rows: list[Any]) -> Value:
    nodes = list(leaves)
    for name, data, grad, label, left, right, dleft, dright in rows:
        node = Result(
            data, find(name), pickling.decode_side(left, nodes), pickling.decode_side(right, nodes), dleft, dright
        )
        node._restore(grad, label)
        nodes.append(node)
    return nodes[-1]
