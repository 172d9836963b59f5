"""Conversion of data of many types to numbers and nested lists of numbers.

Features, targets, predictions and samples may be lists and tuples, numpy arrays and their numbers, tensors, series and
frames of pandas and other libraries, and iterators such as `map` and `zip`. Models, losses, metrics, splits, scalers
and training use the functions of this module, so all of them accept the same types.

No library is imported: an object is converted by its method `tolist`, `to_numpy` or `__array__`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from numbers import Real
from typing import Any, Final, TypeGuard

from autograd_core import GradientLossError, InputError, OperandTypeError, Recorder, ShapeError, Value
from autograd_core.calls import explained

KNOWN: Final = frozenset({float, int})
"""The types of most numbers, which are recognised fast."""

NUMBER: Final = (Recorder, Real, Decimal)
"""The types of numbers: what records, and plain ones; other libraries register theirs as `Real`."""

COMPUTED: Final = KNOWN | {Value, type(Value(0.0) + 0.0)}
"""These types and those of Values, which are leaves and results of operations; they are recognised fast, too."""

CLASSES: Final = "number the classes: names = sorted(set(labels)); targets = [names.index(label) for label in labels]"
"""Advice in messages about labels that are strings."""

PAIRS: Final = "nn.data.pair(X, y) makes samples of features X and targets y that are kept apart"
"""Advice in messages about features and targets in two arrays."""


# ---- Numbers and lists -----------------------------------------------------------------------------------------------


def is_number(thing: object) -> bool:
    """Whether something records, as a Value, or is a real number of any library that can be converted to a Value.

    >>> is_number(1), is_number(Value(1.0)), is_number("1"), is_number([1.0]), is_number(1j)
    (True, True, False, False, False)
    """
    return type(thing) in KNOWN or isinstance(thing, NUMBER)


def as_numbers(data: Any) -> Any:
    """The data as a number or nested lists of numbers; other objects are not changed, not even within lists.

    A list whose first item is a number is returned as it is, without a copy.

    Raises:
        GradientLossError: if a tensor in it requires a gradient, which would be lost.
        InputError: if it contains an array with masked entries.

    >>> as_numbers(((1.0, 2), range(3))), as_numbers(map(abs, (-1.0, 2.0))), as_numbers("text")
    ([[1.0, 2], [0, 1, 2]], [1.0, 2.0], 'text')
    """
    # The frequent types come first, because this runs for every sample and every output.
    kind = type(data)
    if kind is list:
        return data if not data or _is_computed(data[0]) else [as_numbers(item) for item in data]
    if kind in KNOWN or isinstance(data, Recorder):
        return data
    if isinstance(data, NUMBER):
        return data.item() if hasattr(data, "item") else data
    items = _items(data)
    if items is None:
        return data
    return as_numbers(items) if type(items) is list else items  # an array without dimensions gives a number


def _is_computed(thing: Any) -> bool:
    """Whether something is a number that models compute with as it is."""
    return type(thing) in COMPUTED or isinstance(thing, Recorder)


def _items(data: Any) -> Any:
    """The items of the data, by its own method if it has one; None if it is not a collection."""
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
        if hasattr(data, "to_numpy"):  # a data frame
            data = data.to_numpy()
        elif hasattr(data, "__array__"):
            data = data.__array__()
    if hasattr(data, "tolist"):
        return data.tolist()
    if hasattr(data, "__index__"):
        return operator.index(data)
    return list(data) if isinstance(data, Iterable) else None


def _check_mask(data: Any) -> None:
    """Raise an error if an entry of the array is masked, because it has no valid number."""
    masked = int(data.mask.sum())
    if masked:
        raise InputError(
            f"expected numbers, got a {type(data).__name__} of numpy with {masked} of {data.size} masked; put numbers "
            "in their place with x.filled(number), or leave out the samples that have them, which are those with "
            "numpy.ma.getmaskarray(x).any(axis=1) if x has a row for each sample"
        )


def is_list(thing: object) -> TypeGuard[list[Any]]:
    """Whether a result of `as_numbers` is a list and not a number.

    >>> is_list([1.0]), is_list(Value(1.0)), is_list("text")
    (True, False, False)
    """
    return type(thing) is list


def unwrapped(thing: Any) -> Any:
    """The number in a list of one number, as a column of an array contains them; other objects unchanged.

    >>> unwrapped([2.0]), unwrapped([[2.0]]), unwrapped([1.0, 2.0])
    (2.0, [[2.0]], [1.0, 2.0])
    """
    return thing[0] if type(thing) is list and len(thing) == 1 and type(thing[0]) is not list else thing


def depth(data: Any) -> int:
    """The number of nested lists in a result of `as_numbers`, according to the first item of each.

    >>> depth(1.0), depth([1.0]), depth([[1.0], [2.0]])
    (0, 1, 2)
    """
    levels = 0
    while type(data) is list:
        levels, data = levels + 1, data[0] if data else 0.0
    return levels


def model_input(x: Any) -> Any:
    """The input of a model as `as_numbers` gives it, consisting of floats, ints and what records, as Values.

    A list whose first item is a number is returned as it is, without a copy.

    Raises:
        OperandTypeError: if an item is not a number.
        GradientLossError: if a tensor in it requires a gradient, which would be lost.

    >>> model_input([1.0, 2.0]), model_input(map(float, "12")), model_input(({"a": 1.0, "b": 2.0}.values(), range(2)))
    ([1.0, 2.0], [1.0, 2.0], [[1.0, 2.0], [0, 1]])
    >>> model_input({"a": 1.0})
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected numbers as input of a model, got an object of type dict; pass ...
    """
    if type(x) is list and x and type(x[0]) in COMPUTED:
        return x  # the most frequent case
    return _computable(as_numbers(x))


def _computable(data: Any) -> Any:
    if type(data) is list:
        known = COMPUTED.issuperset(map(type, data)) or all(map(_is_computed, data))
        return data if known else [_computable(item) for item in data]
    if isinstance(data, (Recorder, float, int)):
        return data
    if is_number(data) or isinstance(data, complex):
        return Value(data).data  # its error for a complex number explains what to do
    raise OperandTypeError(f"expected numbers as input of a model, got {described(data)}")


def checked_numbers(what: str, data: Any) -> Any:
    """The data as `as_numbers` gives them, if they consist of numbers.

    Raises:
        OperandTypeError: if an item is not a number; the message begins with `what`, the name of the caller.

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
    """The first item of nested lists that is not a number; `_NONE` if all are numbers."""
    if type(data) is not list:
        return _NONE if is_number(data) else data
    if COMPUTED.issuperset(map(type, data)):
        return _NONE
    for item in data:
        if (other := _first_other(item)) is not _NONE:
            return other
    return _NONE


def described(thing: object) -> str:
    """A description of an object that is not a number, with advice.

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
    """The class index of a target: a whole number of any type, or a list of one such number; None for others.

    False is class 0, and True is class 1. If the number of classes is given, a one-hot list of that length is a class,
    too.

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
        if isinstance(target, Recorder) or not is_number(target):
            return None
    try:
        whole = int(target)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == target else None


def _index_of_one(numbers: list[Any]) -> int | None:
    """The index of the 1 in a one-hot list; None for other lists."""
    is_hot = all(is_number(x) and not isinstance(x, Recorder) and x in {0, 1} for x in numbers) and sum(numbers) == 1
    return numbers.index(1) if is_hot else None


def is_class(target: Any) -> bool:
    """Whether a target is a class according to its type: an int. A float is a number for regression.

    >>> is_class(1), is_class(1.0), is_class([1]), is_class([1, 2]), is_class("a")
    (True, False, True, False, False)
    """
    if type(target) is int:
        return True
    target = unwrapped(as_numbers(target))
    return isinstance(target, int)


# ---- Samples ---------------------------------------------------------------------------------------------------------


def is_pair(sample: Any) -> bool:
    """Whether an object is a sample, a pair of features and target. A list of two numbers is not, but a tuple is.

    >>> is_pair(([0.0], 1)), is_pair([[0.0], 1]), is_pair([0.0, 1.0]), is_pair("ab")
    (True, True, False, False)
    """
    return (
        isinstance(sample, (tuple, list)) and len(sample) == 2 and (type(sample) is tuple or not is_number(sample[0]))
    )


def as_sample(sample: Any) -> tuple[Any, Any]:
    """The features and the target of a sample, both converted by `as_numbers`.

    Raises:
        InputError: if it is not a pair.

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
    """The samples as a sequence that can be read repeatedly.

    Iterators and arrays of objects become lists, and so do features that are iterators. Other objects are returned
    unchanged, so that a sequence may create samples on access.

    Raises:
        InputError: if they are not a sequence, or are a data frame, whose items are not samples.

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
    if type(samples) is list and any(_has_iterator(sample) for sample in samples):
        samples = [as_sample(sample) if _has_iterator(sample) else sample for sample in samples]
    checked: Sequence[Any] = samples
    return checked


def _has_iterator(sample: Any) -> bool:
    return type(sample) is tuple and len(sample) == 2 and any(hasattr(type(part), "__next__") for part in sample)


@explained()
def pair(features: Any, targets: Any) -> list[tuple[Any, Any]]:
    """Samples from separate features and targets, the form of most other libraries.

    Args:
        features: an array, a data frame or a list, with an item for each sample. A list of single numbers has one
            feature for each sample.
        targets: an array, a series or a list with a target for each sample: a class, a number, or a list of numbers.

    Raises:
        ShapeError: if there are not as many targets as features, or none.
        InputError: if one of them is not a collection.

    >>> pair([[0.0, 1.0], [1.0, 1.0]], [0, 1])
    [([0.0, 1.0], 0), ([1.0, 1.0], 1)]
    >>> import numpy as np
    >>> pair(np.eye(2), np.array([[5.0], [6.0]]))
    [([1.0, 0.0], [5.0]), ([0.0, 1.0], [6.0])]
    """
    inputs, answers = as_numbers(features), as_numbers(targets)
    for name, given, result in (("features", features, inputs), ("targets", targets, answers)):
        if type(result) is not list:
            raise InputError(f"expected {name} as an array or a list, with one item for each sample, got {given!r:.60}")
    if len(inputs) != len(answers) or not inputs:
        raise ShapeError(f"expected as many targets as rows of features, got {len(answers)} and {len(inputs)}")
    return [([x] if is_number(x) else x, answer) for x, answer in zip(inputs, answers, strict=True)]
