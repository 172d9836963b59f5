"""Sums and dot products, in which neural networks spend most of their time.

`dot` and `affine` are layers, `sum` and `fsum` add up losses and probabilities. For speed they make their nodes
themselves instead of going through the row; a test checks that the results are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from librt.vecs import append, vec
from mypy_extensions import i64

from autograd_core.errors import InputError, OperandTypeError, ShapeError
from autograd_core.graph.blocks import BLOCKS, is_detecting, is_recording
from autograd_core.graph.capturing import is_capturing
from autograd_core.graph.node import ManyInputs
from autograd_core.graph.value import Result, Value, are_many_values, fsum_node, sum_node
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table import ops
from autograd_core.table.op import Recorder

if TYPE_CHECKING:
    from autograd_core.types import Number, Plain


@overload
def sum(values: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def sum(values: Iterable[Number]) -> Value: ...
def sum(values: Iterable[Any]) -> Any:
    """The sum, as one node; the terms are added from left to right.

    Raises:
        InputError: if there are no values.
        OperandTypeError: if a value is not a number.

    >>> a = Value(2.0)
    >>> total = sum([a, 3.0, a])
    >>> total.backward()
    >>> total.data, a.grad
    (7.0, 2.0)
    """
    terms = values_of("sum", values)
    if not are_many_values(terms) or (BLOCKS.any_open and (is_detecting() or is_capturing())):
        return ops.SUM(*terms)
    total = -0.0  # starting from 0.0 would turn a first term of -0.0 into 0.0
    for x in terms:
        if isinstance(x, Value):
            total += x._data
        else:
            total += float(x)
    return sum_node(ops.SUM, terms, total)


@overload
def fsum(values: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def fsum(values: Iterable[Number]) -> Value: ...
def fsum(values: Iterable[Any]) -> Any:
    """The exact sum, rounded once, as `math.fsum`. No digit is lost, even if terms cancel. Errors are those of `sum`.

    >>> fsum([1e16, 1.0, -1e16]), sum([1e16, 1.0, -1e16])
    (1.0, 0.0)
    """
    terms = values_of("fsum", values)
    if not are_many_values(terms) or (BLOCKS.any_open and (is_detecting() or is_capturing())):
        return ops.FSUM(*terms)
    return fsum_node(terms)


@overload
def dot(weights: Sequence[Plain], inputs: Sequence[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def dot(weights: Sequence[Number], inputs: Sequence[Number]) -> Value: ...
def dot(weights: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """The sum of the products of two sequences of equal length, as one node; a float if all are plain numbers.

    Args:
        weights: shape `(n,)`, Values or numbers. The node keeps a tuple as it is, and copies a list.
        inputs: shape `(n,)`, Values or numbers. The node keeps a tuple as it is, and copies a list.

    Raises:
        ShapeError: if the lengths differ, or are 0.
        OperandTypeError: if an argument has no length, or an item is not a number.

    >>> w = [Value(2.0), Value(-1.0)]
    >>> y = dot(w, [3.0, 4.0])
    >>> y.backward()
    >>> y.data, [v.grad for v in w]
    (2.0, [3.0, 4.0])
    """
    try:
        _check_lengths(len(weights), len(inputs))
    except TypeError:
        raise _without_length("dot", weights, inputs) from None
    xs = _as_values(inputs)
    if (BLOCKS.any_open and (is_detecting() or is_capturing())) or any_recorded(xs):
        return ops.DOT(*weights, *xs)
    return _dot(tuple(weights), xs, _numbers_of(xs), _any_value(xs))


@overload
def affine(rows: Sequence[Sequence[Plain]], inputs: Sequence[Plain], biases: Sequence[Plain]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def affine(rows: Sequence[Sequence[Number]], inputs: Sequence[Number], biases: Sequence[Number]) -> list[Value]: ...
def affine(rows: Sequence[Sequence[Any]], inputs: Sequence[Any], biases: Sequence[Any]) -> list[Any]:
    """`dot(row, inputs) + bias` for each row and its bias: a layer of neurons.

    The graph is the same as if it were written out: a dot node and a sum node for each row. The rows share one copy of
    the inputs, which makes a layer of 16 neurons with 784 inputs 2.5 times faster.

    Args:
        rows: shape `(m, n)`, a sequence of weights for each result.
        inputs: shape `(n,)`.
        biases: shape `(m,)`.

    Raises:
        ShapeError: if there is not one bias for each row, a row has another length than the inputs, or lengths are 0.
        OperandTypeError: if an argument or a row has no length, or an item is not a number.

    >>> [y.data for y in affine([[Value(2.0)], [Value(3.0)]], [10.0], [Value(1.0), Value(2.0)])]
    [21.0, 32.0]
    """
    try:
        if len(rows) != len(biases):
            raise ShapeError(f"expected one bias per row, got {len(rows)} rows and {len(biases)} biases")
        length = len(inputs)
        for row in rows:
            _check_lengths(len(row), length)
    except TypeError:
        raise _without_length("affine", rows, inputs, biases) from None
    xs = _as_values(inputs)
    if (BLOCKS.any_open and (is_detecting() or is_capturing())) or any_recorded(xs):
        return [ops.DOT(*row, *xs) + bias for row, bias in zip(rows, biases, strict=True)]
    numbers = _numbers_of(xs)
    recorded = _any_value(xs)
    results: list[Any] = []
    for row, bias in zip(rows, biases):  # noqa: B905 - as many of each; only this spelling compiles to a plain loop
        product = _dot(tuple(row), xs, numbers, recorded)
        if not BLOCKS.any_open and isinstance(product, Value) and isinstance(bias, Value):
            results.append(Result(product._data + bias._data, ops.ADD, product, bias, 1.0, 1.0))
        else:
            results.append(product + bias)
    return results


def _dot(weights: tuple[Any, ...], inputs: tuple[Any, ...], numbers: vec[float], recorded: bool) -> Any:
    """The dot product; `numbers` are those of the inputs, and `recorded` says whether any input is a Value."""
    count: i64 = len(weights) if recorded else 0
    factors = vec[float]([0.0] * count)
    total = 0.0
    weighted = False
    i: i64 = 0
    for w in weights:
        if isinstance(w, Value):
            factor = w._data
            weighted = True
        elif isinstance(w, float):
            factor = float(w)
        elif isinstance(w, Recorder):
            return ops.DOT(*weights, *inputs)
        else:
            return _dot(_as_values(weights), inputs, numbers, recorded)
        if recorded:
            factors[i] = factor
        # Starting from 0.0 would turn a first product of -0.0 into 0.0.
        total = factor * numbers[i] if i == 0 else total + factor * numbers[i]
        i += 1
    if not weighted and not recorded:
        return total
    if BLOCKS.any_open and not is_recording():
        return Value(total)
    left: object = ManyInputs(weights, numbers) if weighted else weights
    right: object = ManyInputs(inputs, factors) if recorded else inputs
    return Result(total, ops.DOT, left, right, 0.0, 0.0)


def _as_values(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values as a tuple in which every number is a float."""
    given = values if isinstance(values, tuple) else tuple(values)
    for x in given:
        if isinstance(x, Value):
            continue
        if isinstance(x, float):
            continue
        return tuple([y if isinstance(y, Recorder) else to_float(y) for y in given])
    return given


def _numbers_of(values: tuple[Any, ...]) -> vec[float]:
    """The numbers of Values and floats in one buffer."""
    numbers = vec[float](capacity=len(values))
    for x in values:
        numbers = append(numbers, x._data if isinstance(x, Value) else x)
    return numbers


def _any_value(values: tuple[Any, ...]) -> bool:
    """Whether any of the values is a Value."""
    for x in values:
        # A generator in any() would make an object and a call for each item; the loop compiles to a comparison.
        if isinstance(x, Value):
            return True
    return False


def _check_lengths(weights: int, inputs: int) -> None:
    if weights != inputs:
        raise ShapeError(f"expected as many inputs as weights, got {inputs} inputs and {weights} weights")
    if weights == 0:
        raise ShapeError("expected at least one weight and one input, got none")


def _without_length(name: str, *given: Any) -> OperandTypeError:
    """The error about the first argument, or row of an argument, that has no length."""
    without = [x for x in given if not hasattr(x, "__len__")] or [
        row for row in given[0] if not hasattr(row, "__len__")
    ]
    return OperandTypeError(f"{name} expected lists of numbers, got {describe(without[0] if without else given[0])}")


def inputs_of(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """The values, with every plain number as a float; raises `InputError` if there are none."""
    given = values_of(name, values)
    if not given:
        raise InputError(f"{name} expected at least one input, got none")
    return _as_values(given)


def values_of(name: str, values: Any) -> tuple[Any, ...]:
    """The values of a list or another iterable, which is an argument of the function `name`."""
    if isinstance(values, (list, tuple)):
        return tuple(values)
    try:
        items = iter(values)
    except TypeError:
        way_out = f"; write {name}([x, y])" if isinstance(values, Recorder) or is_number(values) else ""
        raise OperandTypeError(f"{name} expected a list of numbers, got {describe(values)}{way_out}") from None
    return tuple(items)


def number_of(x: Any) -> Any:
    """The number as a constant: a float, or a recorded one of what is recorded."""
    return x.detached() if isinstance(x, Recorder) else x


def any_recorded(values: tuple[Any, ...]) -> bool:
    """Whether any of the values is recorded and not known yet, so that nothing may depend on its number."""
    capturing = is_capturing()
    for x in values:
        if isinstance(x, Recorder) and (capturing or not isinstance(x, Value)):
            return True
    return False
