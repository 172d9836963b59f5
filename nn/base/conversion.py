"""Data as people have it, made into what `nn` computes with: numbers, and nested lists of them.

Features, targets, predictions and samples come as lists and tuples, numpy arrays and their rows and numbers, tensors,
series and frames of pandas and other libraries, and as iterators such as `map` and `zip`. Models, losses, metrics,
splits, scalers and training go through the functions here, so that what one of them takes, all of them take.

No library is imported: what has a method `tolist`, `to_numpy` or `__array__` says by it what it consists of.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from numbers import Real
from typing import Any, Final, TypeGuard

from autograd_core import GradientLossError, InputError, OperandTypeError, ShapeError, Value

KNOWN: Final = frozenset({float, int})
"""The types of most numbers; what else is a number is found out the slow way."""

NUMBER: Final = (Value, Real, Decimal)
"""What counts as a number; libraries register theirs as `Real`."""

COMPUTED: Final = KNOWN | {Value, type(Value(0.0) + 0.0)}
"""With those of leaves and of what is computed from them."""

CLASSES: Final = "number the classes: names = sorted(set(labels)); targets = [names.index(label) for label in labels]"
"""What to do with labels that are texts."""

PAIRS: Final = "nn.data.pair(X, y) makes samples of features X and targets y that are kept apart"
"""What to do with features and targets in two arrays."""


# ---- Numbers and lists -----------------------------------------------------------------------------------------------


def is_number(thing: object) -> bool:
    """Whether the thing is a Value, or a real number of any library that a Value can be made of.

    >>> is_number(1), is_number(Value(1.0)), is_number("1"), is_number([1.0]), is_number(1j)
    (True, True, False, False, False)
    """
    return type(thing) in KNOWN or isinstance(thing, NUMBER)


def as_numbers(data: Any) -> Any:
    """The data as a number or nested lists of numbers; what is neither stays as it is, inside of lists, too.

    A list whose first item is a number already is returned itself.

    Raises:
        GradientLossError: if a tensor in it requires a gradient, which would be lost.
        InputError: if an array in it is masked somewhere.

    >>> as_numbers(((1.0, 2), range(3))), as_numbers(map(abs, (-1.0, 2.0))), as_numbers("text")
    ([[1.0, 2], [0, 1, 2]], [1.0, 2.0], 'text')
    """
    # What is usual comes first, for this is asked of every sample and every output.
    kind = type(data)
    if kind is list:
        return data if not data or type(data[0]) in COMPUTED else [as_numbers(item) for item in data]
    if kind in KNOWN or isinstance(data, Value):
        return data
    if isinstance(data, NUMBER):
        return data.item() if hasattr(data, "item") else data
    items = _items(data)
    if items is None:
        return data
    return as_numbers(items) if type(items) is list else items  # a number is what is in an array of no dimensions


def _items(data: Any) -> Any:
    """What the data consists of, by its own method if it has one; None for what is no list of anything."""
    if isinstance(data, (str, bytes, Mapping, AbstractSet, type)):
        return None
    if getattr(data, "requires_grad", False) is True:
        raise GradientLossError(
            f"expected numbers, got a {type(data).__name__} that requires a gradient, which would be lost; "
            "pass x.detach(), or Values if you want their gradients"
        )
    if hasattr(data, "mask") and hasattr(data, "filled"):  # a masked array of numpy
        _check_mask(data)
    if not hasattr(data, "tolist"):
        if hasattr(data, "to_numpy"):  # a frame
            data = data.to_numpy()
        elif hasattr(data, "__array__"):
            data = data.__array__()
    if hasattr(data, "tolist"):
        return data.tolist()
    if hasattr(data, "__index__"):
        return operator.index(data)
    return list(data) if isinstance(data, Iterable) else None


def _check_mask(data: Any) -> None:
    """Raise unless nothing in the array is masked: what is hidden there is no number to compute with."""
    masked = int(data.mask.sum())
    if masked:
        raise InputError(
            f"expected numbers, got a {type(data).__name__} of numpy with {masked} of {data.size} masked; put numbers "
            "in their place with x.filled(number), or leave out the samples that have them, which are those with "
            "numpy.ma.getmaskarray(x).any(axis=1) if x has a row for each"
        )


def is_list(thing: object) -> TypeGuard[list[Any]]:
    """Whether the thing, which `as_numbers` has made, is a list and no number.

    >>> is_list([1.0]), is_list(Value(1.0)), is_list("text")
    (True, False, False)
    """
    return type(thing) is list


def unwrapped(thing: Any) -> Any:
    """The number in a list of one number, which is how a column of an array comes; anything else as it is.

    >>> unwrapped([2.0]), unwrapped([[2.0]]), unwrapped([1.0, 2.0])
    (2.0, [[2.0]], [1.0, 2.0])
    """
    return thing[0] if type(thing) is list and len(thing) == 1 and type(thing[0]) is not list else thing


def depth(data: Any) -> int:
    """How many lists, which `as_numbers` has made, are inside of each other, by the first item of each.

    >>> depth(1.0), depth([1.0]), depth([[1.0], [2.0]])
    (0, 1, 2)
    """
    levels = 0
    while type(data) is list:
        levels, data = levels + 1, data[0] if data else 0.0
    return levels


def model_input(x: Any) -> Any:
    """The input of a model as `as_numbers` gives it, consisting of Values, floats and ints.

    A list whose first item is a number already is returned itself.

    Raises:
        OperandTypeError: if something in it is no number.
        GradientLossError: if a tensor in it requires a gradient, which would be lost.

    >>> model_input([1.0, 2.0]), model_input(map(float, "12")), model_input(({"a": 1.0, "b": 2.0}.values(), range(2)))
    ([1.0, 2.0], [1.0, 2.0], [[1.0, 2.0], [0, 1]])
    >>> model_input({"a": 1.0})
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected numbers as input of a model, got an object of type dict; pass ...
    """
    if type(x) is list and x and type(x[0]) in COMPUTED:
        return x  # the usual case
    return _computable(as_numbers(x))


def _computable(data: Any) -> Any:
    if type(data) is list:
        return data if COMPUTED.issuperset(map(type, data)) else [_computable(item) for item in data]
    if isinstance(data, (Value, float, int)):
        return data
    if is_number(data) or isinstance(data, complex):
        return Value(data).data  # which says what to do with a complex number
    raise OperandTypeError(f"expected numbers as input of a model, got {described(data)}")


def checked_numbers(what: str, data: Any) -> Any:
    """The data as `as_numbers` gives them, if they consist of numbers.

    Raises:
        OperandTypeError: if something in it is none; the message begins with `what`, which expected it.

    >>> checked_numbers("mse_loss", (1.0, [2.0]))
    [1.0, [2.0]]
    >>> checked_numbers("mse_loss", [1.0, "a"])
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: mse_loss expected numbers or lists of them, got the text 'a'; ...
    """
    result = as_numbers(data)
    if (other := _first_other(result)) is not _NONE:
        raise OperandTypeError(f"{what} expected numbers or lists of them, got {described(other)}")
    return result


_NONE: Final = object()


def _first_other(data: Any) -> Any:
    """The first thing in nested lists that is no number; `_NONE` if there is none."""
    if type(data) is not list:
        return _NONE if is_number(data) else data
    if COMPUTED.issuperset(map(type, data)):
        return _NONE
    for item in data:
        if (other := _first_other(item)) is not _NONE:
            return other
    return _NONE


def described(thing: object) -> str:
    """What came where numbers were expected, and what to do.

    >>> described(None), described({1.0, 2.0})
    ('None; pass a number, a list, an array or a frame of numbers', '...a set has no order, so pass a list')
    """
    return f"{_named(thing)}; {_way_out(thing)}"


def _named(thing: object) -> str:
    if isinstance(thing, str):
        return f"the text {thing!r:.40}"
    return "None" if thing is None else f"an object of type {type(thing).__name__}"


def _way_out(thing: object) -> str:
    if isinstance(thing, (str, bytes)):
        return f"convert texts to numbers first, with float(text), and for labels {CLASSES}"
    if isinstance(thing, Mapping):
        return "pass its numbers in the order that all samples have, for example [row[name] for name in names]"
    if isinstance(thing, AbstractSet):
        return "a set has no order, so pass a list"
    if type(thing).__name__ in {"NAType", "NaTType"}:
        return "the value is missing; leave such rows out with frame.dropna(), or fill them with frame.fillna(number)"
    return "pass a number, a list, an array or a frame of numbers"


# ---- Classes ---------------------------------------------------------------------------------------------------------


def class_of(target: Any, classes: int | None = None) -> int | None:
    """The index that a target stands for: a whole number of any type, or the only number of a row; None for others.

    False is class 0, and True is class 1. If the number of classes is given, a row of so many numbers, a 1 among
    zeros, stands for a class, too ("one-hot").

    >>> class_of(2), class_of(2.0), class_of([2]), class_of(0.5), class_of(True), class_of("a")
    (2, 2, 2, None, 1, None)
    >>> class_of([0.0, 0.0, 1.0], 3), class_of([0, 0, 1]), class_of([0.5, 0.5], 2)
    (2, None, None)
    """
    kind = type(target)
    if kind is int:
        return int(target)
    if kind is not float:
        target = unwrapped(as_numbers(target))
        if type(target) is list:
            return _index_of_one(target) if len(target) == classes else None
        if isinstance(target, Value) or not is_number(target):
            return None
    try:
        whole = int(target)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == target else None


def _index_of_one(row: list[Any]) -> int | None:
    """Where a 1 stands among zeros; None if anything else stands there."""
    is_hot = all(is_number(x) and not isinstance(x, Value) and x in {0, 1} for x in row) and sum(row) == 1
    return row.index(1) if is_hot else None


def is_class(target: Any) -> bool:
    """Whether a target is the index of a class by its type: an int, and not a float, which is to be approximated.

    >>> is_class(1), is_class(1.0), is_class([1]), is_class([1, 2]), is_class("a")
    (True, False, True, False, False)
    """
    if type(target) is int:
        return True
    target = unwrapped(as_numbers(target))
    return isinstance(target, int)


# ---- Samples ---------------------------------------------------------------------------------------------------------


def is_pair(sample: Any) -> bool:
    """Whether a thing is a sample, features and target; in a list, and not in a tuple, two numbers are a row of them.

    >>> is_pair(([0.0], 1)), is_pair([[0.0], 1]), is_pair([0.0, 1.0]), is_pair("ab")
    (True, True, False, False)
    """
    return (
        isinstance(sample, (tuple, list)) and len(sample) == 2 and (type(sample) is tuple or not is_number(sample[0]))
    )


def as_sample(sample: Any) -> tuple[Any, Any]:
    """The features and the target of a sample, both converted by `as_numbers`.

    Raises:
        InputError: if it is no pair.

    >>> as_sample((range(2), 1))
    ([0, 1], 1)
    """
    if not is_pair(sample):
        raise InputError(f"expected a sample as a pair (features, target), got {sample!r:.100}; {PAIRS}")
    features, target = sample
    if type(features) is not list or not features or type(features[0]) is not float:
        features = as_numbers(features)
    return features, target if type(target) in KNOWN else as_numbers(target)


def as_sequence(what: str, samples: Any) -> Sequence[Any]:
    """The samples as a sequence that can be used again and again.

    An iterator and an array of objects become lists, and so do features that are an iterator. All else is returned
    itself, so that samples may be made when they are asked for.

    Raises:
        InputError: if they are no sequence, or a frame, whose items are no samples.

    >>> as_sequence("the data", zip([[0.0], [1.0]], [0, 1]))
    [([0.0], 0), ([1.0], 1)]
    """
    if hasattr(type(samples), "__next__"):
        samples = list(samples)
    elif str(getattr(samples, "dtype", "")) == "object" and hasattr(samples, "tolist"):
        samples = samples.tolist()
    if isinstance(samples, (Mapping, AbstractSet)) or hasattr(samples, "to_numpy"):
        raise InputError(f"expected {what} to be a list of samples, got a {type(samples).__name__}; {PAIRS}")
    if not hasattr(samples, "__len__") or not hasattr(samples, "__getitem__"):
        raise InputError(f"expected {what} to be a list of samples, got {type(samples).__name__}; {PAIRS}")
    if type(samples) is list and any(_is_spent_by_use(sample) for sample in samples):
        samples = [as_sample(sample) if _is_spent_by_use(sample) else sample for sample in samples]
    checked: Sequence[Any] = samples
    return checked


def _is_spent_by_use(sample: Any) -> bool:
    return type(sample) is tuple and len(sample) == 2 and any(hasattr(type(part), "__next__") for part in sample)


def pair(features: Any, targets: Any) -> list[tuple[Any, Any]]:
    """The samples of features and targets that are kept apart, as most libraries keep them.

    Args:
        features: an array, a frame or a list, with a row for each sample. A list of single numbers is one feature for
            each sample.
        targets: an array, a series or a list with a target for each sample: a class, a number, or a row of numbers.

    Raises:
        ShapeError: if there are not as many targets as rows of features, or none.
        InputError: if one of them is no list of anything.

    >>> pair([[0.0, 1.0], [1.0, 1.0]], [0, 1])
    [([0.0, 1.0], 0), ([1.0, 1.0], 1)]
    >>> import numpy as np
    >>> pair(np.eye(2), np.array([[5.0], [6.0]]))
    [([1.0, 0.0], [5.0]), ([0.0, 1.0], [6.0])]
    """
    rows, answers = as_numbers(features), as_numbers(targets)
    for name, given, result in (("features", features, rows), ("targets", targets, answers)):
        if type(result) is not list:
            raise InputError(f"expected {name} as an array or a list, with one item for each sample, got {given!r:.60}")
    if len(rows) != len(answers) or not rows:
        raise ShapeError(f"expected as many targets as rows of features, got {len(answers)} and {len(rows)}")
    return [([row] if is_number(row) else row, answer) for row, answer in zip(rows, answers, strict=True)]
