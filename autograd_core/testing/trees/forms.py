"""The form of what a claim returns: gradients and Jacobians as lists of floats, in the order of the arguments.

A gradient has the form of the arguments. What does not vary in them has no derivative: there it may hold anything that
is no derivative, such as None, 0 or nan, or lack the key of a dict. A complex number holds the derivative with respect
to the real part, plus `i` times that with respect to the imaginary part.

A Jacobian has the form of the result, with the form of the arguments in place of each number, and two arrays make one
array with the shape of the result followed by that of the argument, as in `autograd_core.jacobian`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autograd_core.errors import OperandTypeError, ShapeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe, is_number
from autograd_core.table.op import Recorder
from autograd_core.testing.trees.tensors import is_tensor, matching, numpy_module, plain
from autograd_core.testing.trees.variables import Kind, is_row, kind_of, varies
from autograd_core.transforms.trees import _branches, _with_branches, align, is_array, shape_of


class Unread:
    """Stands for an argument that is not differentiated, so that its gradient is not read.

    Args:
        argument: the argument, if it is left alone by itself.
    """

    def __init__(self, argument: Any = None) -> None:
        self.argument = argument


def aligned(
    pattern: Any, tree: Any, place: str, whole: str, integers: bool = False, only_real: bool = False
) -> list[float]:
    """Return the numbers of a gradient that has the form of a pattern; those of the parts of complex numbers.

    Args:
        pattern: the arguments.
        tree: the gradient.
        place: the name of the gradient in messages.
        whole: the name of the pattern in messages.
        integers: whether the integers of the pattern vary.
        only_real: whether only the real part is read of a complex number where the pattern has a real one.

    Raises:
        ShapeError: if the form is another one; the message names the first difference.
        OperandTypeError: if the gradient holds something other than numbers.

    >>> aligned({"w": [1.0, 2.0], "z": 1j, "n": 3}, {"w": [10.0, 20.0], "z": 30 + 40j}, "the gradient", "the argument")
    [10.0, 20.0, 30.0, 40.0]
    """
    mine, its = _real_numbers(plain(pattern), matching(pattern, plain(tree)), place, integers, only_real)
    try:
        found = align(mine, its, place, whole)
    except ShapeError as error:
        raise ShapeError(f"{error}{_forgotten_sum(mine, its) or ''}") from None
    return [x.data if isinstance(x, Value) else float(x) for x in found]


def _forgotten_sum(pattern: Any, tree: Any) -> str | None:
    """Return what to say about the first array of another shape, "" if it is not repeated; None if none has."""
    mine, its = (None if isinstance(some, Recorder) else _branches(some) for some in (pattern, tree))
    if mine is not None:
        if its is None or mine.keys() != its.keys():
            return ""
        texts = (_forgotten_sum(branch, its[key]) for key, branch in mine.items())
        return next((text for text in texts if text is not None), None)
    shape, other = shape_of(pattern), shape_of(tree)
    if shape == other and its is None:
        return None
    axes = _broadcast_axes(shape, other)
    if not axes or not is_array(tree):
        return ""
    some = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
    keep = ", keepdims=True" if len(other) == len(shape) else ""
    call = f".sum(axis={axes[0] if len(axes) == 1 else axes}{keep})"
    return f"; is the sum over the broadcast {some} forgotten? add {call}"


def _real_numbers(pattern: Any, tree: Any, place: str, integers: bool, only_real: bool) -> tuple[Any, Any]:
    """Return both trees with real numbers only: without what does not vary, and with the parts of complex numbers."""
    mine = None if isinstance(pattern, Recorder) else _branches(pattern)
    if mine is None:
        return _leaf(pattern, tree, place, integers, only_real)
    integers = integers or is_row(pattern)
    its = None if isinstance(tree, Recorder) else _branches(tree)
    if its is None:
        return pattern, tree
    if isinstance(pattern, dict):
        read = {key: branch for key, branch in mine.items() if key in its or _has_numbers(branch, integers)}
        both = {key: _both(branch, its, key, place, integers, only_real) for key, branch in read.items()}
        rest = {key: branch for key, branch in its.items() if key not in read}
        theirs = {key: pair[1] for key, pair in both.items() if key in its} | rest
        return {key: pair[0] for key, pair in both.items()}, theirs if isinstance(tree, dict) else tree
    if mine.keys() != its.keys():
        return pattern, tree
    pairs = [_both(branch, its, key, place, integers, only_real) for key, branch in mine.items()]
    return _with_branches(pattern, [a for a, _ in pairs]), _with_branches(tree, [b for _, b in pairs])


def _both(branch: Any, its: dict[Any, Any], key: Any, place: str, integers: bool, only_real: bool) -> tuple[Any, Any]:
    return _real_numbers(branch, its.get(key), f"{place}[{key!r}]", integers, only_real)


def _leaf(pattern: Any, tree: Any, place: str, integers: bool, only_real: bool) -> tuple[Any, Any]:
    """Return a leaf of both trees as real numbers; two empty lists if it does not vary."""
    kind = kind_of(pattern)
    if not varies(kind, integers):
        kept = pattern.argument if isinstance(pattern, Unread) else pattern
        if kind_of(kept) is Kind.INTEGER and _is_derivative(tree):
            raise ShapeError(
                f"expected no derivative at {place}, because the argument is {describe(kept)} there, and integers "
                "are left alone; write it with a decimal point, such as 2.0, to have this derivative checked"
            )
        return [], []
    numpy = numpy_module()
    if isinstance(tree, complex) or _is_complex(tree):
        shape, parts = numpy.shape(tree), [numpy.real(tree), numpy.imag(tree)]
        if kind is not Kind.COMPLEX:
            if numpy.any(parts[1]) and not only_real:
                raise OperandTypeError(
                    f"expected real numbers at {place}, as in the argument, got {describe(tree)}, which is complex; "
                    "take the real part"
                )
            return pattern, parts[0] if shape else float(parts[0])
        if shape == numpy.shape(pattern):
            return numpy.zeros((*shape, 2)), numpy.stack(parts, -1)
    if kind is not Kind.COMPLEX:
        return pattern, tree
    shape = numpy.shape(pattern)
    if (is_number(tree) or is_array(tree)) and numpy.shape(tree) == shape:
        return numpy.zeros((*shape, 2)), numpy.stack([tree, numpy.zeros(shape)], -1)
    return (numpy.zeros(shape) if shape else 0.0), tree


def _broadcast_axes(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes along which an array of a shape is repeated to get another shape; none if that gives another."""
    more = len(other) - len(shape)
    if more < 0 or shape == other:
        return ()
    full = (1,) * more + shape
    fits = all(a in (b, 1) for a, b in zip(full, other, strict=True))
    return tuple(i for i, (a, b) in enumerate(zip(full, other, strict=True)) if i < more or a != b) if fits else ()


def _is_complex(tree: Any) -> bool:
    return hasattr(tree, "dtype") and getattr(tree.dtype, "kind", "") == "c"


def _is_derivative(tree: Any) -> bool:
    """Return whether a tree is a number, or an array of numbers, other than 0 and nan."""
    if is_tensor(tree) or (is_array(tree) and tree.dtype.kind not in "iufc"):
        return False
    if is_array(tree):
        return bool(numpy_module().nan_to_num(tree).any())
    return isinstance(tree, Value) or (is_number(tree) and tree != 0 and not math.isnan(tree))


def _has_numbers(tree: Any, integers: bool) -> bool:
    """Return whether something varies in a tree."""
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    if branches is None:
        return varies(kind_of(tree), integers)
    return any(_has_numbers(branch, integers or is_row(tree)) for branch in branches.values())


def rows(result: Any, jacobian: Any, pattern: Any, place: str) -> Iterator[Any]:
    """Yield the gradient of each number of a result, in order, from a Jacobian.

    Args:
        result: the result.
        jacobian: the Jacobian.
        pattern: the arguments, in the form that the gradient of one number has.
        place: the name of the Jacobian in messages.

    Raises:
        ShapeError: if the outer form of the Jacobian is not that of the result.

    >>> list(rows([1.0, 2.0], [[10.0, 20.0], [30.0, 40.0]], [5.0, 6.0], "the Jacobian"))
    [[10.0, 20.0], [30.0, 40.0]]
    """
    yield from _rows(plain(result), plain(jacobian), plain(pattern), place)


def _rows(result: Any, jacobian: Any, pattern: Any, place: str) -> Iterator[Any]:
    branches = None if isinstance(result, Recorder) else _branches(result)
    if branches is not None:
        its = dict(enumerate(jacobian)) if is_array(jacobian) and jacobian.ndim else _branches(jacobian)
        if its is None or its.keys() != branches.keys():
            raise ShapeError(
                f"expected {place} to have the form of the result outside, {_form(result)}, and that of the argument "
                f"inside, got {_form(jacobian)}"
            )
        for key, branch in branches.items():
            yield from _rows(branch, its[key], pattern, f"{place}[{key!r}]")
    elif shape_of(result):
        for index in numpy_module().ndindex(*shape_of(result)):
            yield _row(pattern, jacobian, index, shape_of(result), place)
    else:
        yield jacobian


def _row(pattern: Any, jacobian: Any, index: tuple[int, ...], shape: tuple[int, ...], place: str) -> Any:
    """Return the gradient of one element of an array of results."""
    if is_array(jacobian):
        inside = () if _branches(pattern) is not None else shape_of(pattern)
        ends = jacobian.shape[len(shape) :]
        if jacobian.shape[: len(shape)] == shape and (_branches(pattern) is not None or ends == inside):
            return jacobian[index]
        if _branches(pattern) is not None:
            raise ShapeError(
                f"expected {place} to have the form of the argument, {_form(pattern)}, or a shape that begins with "
                f"{shape}, that of the result, got {jacobian.shape}"
            )
        if varies(kind_of(pattern), False):
            perhaps = "; is it transposed?" if jacobian.shape == inside + shape else ""
            raise ShapeError(
                f"expected {place} to have the shape {shape + inside}, that of the result and then that of the "
                f"argument, got {jacobian.shape}{perhaps}"
            )
        return None
    mine, its = _branches(pattern), _branches(jacobian)
    if mine is not None and its is not None:
        if isinstance(pattern, dict):
            its = {key: its.get(key) for key in mine} | its
        if mine.keys() == its.keys():
            parts = {key: _row(mine[key], its[key], index, shape, f"{place}[{key!r}]") for key in mine}
            return parts if isinstance(pattern, dict) else _with_branches(pattern, list(parts.values()))
    if mine is None and not varies(kind_of(pattern), False):
        return None
    raise ShapeError(
        f"expected {place} to be an array of shape {shape} for the result, followed by the shape of the argument, "
        f"got {_form(jacobian)}; the argument is {_form(pattern)}"
    )


def _form(tree: Any) -> str:
    """Return the form of a tree in words."""
    if is_array(tree):
        return f"an array of shape {tree.shape}"
    branches = _branches(tree)
    return describe(tree) if branches is None else f"a {type(tree).__name__} of {len(branches)}"
