"""What a model is called with: a number or nested lists of numbers, made of whatever people keep them in.

Modules compute with plain lists. So arrays and tensors of any library, series and frames, and iterators are turned into
lists where a module is entered, and what has no order or is no number is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from numbers import Number
from typing import Any, Final

from autograd_core import GradientLossError, OperandTypeError, Value

NUMBER: Final = (Value, float, int)


def plain(x: Any) -> Any:
    """An input as modules compute with it: a number, or a list or tuple of such, nested to any depth.

    A list of numbers is returned as it is, judged by its first item. Values stay what they are.

    Args:
        x: a number; a list, a tuple or an iterator; an array or tensor of any library that has a method `tolist`; a
            pandas Series or DataFrame, or whatever else has `to_numpy`, a frame being a list of its rows.

    Raises:
        OperandTypeError: if it is something else, such as a text, None, a set, or a dict, which does not say in
            which order the model wants its numbers.
        GradientLossError: if it is a tensor that requires a gradient, which would be lost.

    >>> plain([1.0, 2.0]), plain(map(float, "12")), plain(({"a": 1.0, "b": 2.0}.values(), range(2)))
    ([1.0, 2.0], [1.0, 2.0], [[1.0, 2.0], [0, 1]])
    >>> plain({"a": 1.0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected numbers as input of a model, got an object of type dict; pass ...
    """
    if isinstance(x, NUMBER):
        return x
    if isinstance(x, (list, tuple)):
        return x if not x or isinstance(x[0], NUMBER) else [plain(part) for part in x]
    if getattr(x, "requires_grad", False) is True:
        raise GradientLossError(
            f"expected numbers as input of a model, got a {type(x).__name__} that requires a gradient, which would be "
            "lost; pass x.detach(), or Values if you want their gradients"
        )
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    if hasattr(x, "to_numpy"):
        return plain(x.to_numpy().tolist())
    if isinstance(x, Number):
        return Value(x).data
    if isinstance(x, Iterable) and not isinstance(x, (str, bytes, Mapping, AbstractSet)):
        return plain(list(x))
    raise OperandTypeError(f"expected numbers as input of a model, got {_kind(x)}; {_way_out(x)}")


def _kind(x: object) -> str:
    if isinstance(x, str):
        return f"the text {x!r:.40}"
    return "None" if x is None else f"an object of type {type(x).__name__}"


def _way_out(x: object) -> str:
    if isinstance(x, Mapping):
        return (
            "pass its numbers in the order that the model was trained with, for example [row[name] for name in names]"
        )
    if isinstance(x, (str, bytes)):
        return "convert texts to numbers first, with float() or as indices"
    if isinstance(x, AbstractSet):
        return "a set has no order, so pass a list"
    return "pass a number, a list, an array or a frame of numbers"
