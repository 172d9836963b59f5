"""Reading the numbers of a model and setting them: which arrays fit, and what is wrong with the others.

All arrays are checked before any parameter changes.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autograd_core import AutogradError, InputError, OperandTypeError, Value
from autograd_core.text import listed
from nn.base.messages import kind_of, shown
from nn.modules.state import (
    Array,
    BufferArray,
    ParameterArray,
    Shape,
    arrays,
    is_real,
    nested,
    parameter_array,
    shape_and_kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nn.modules.module import Module

_DEEPEST: Final = 64
"""The largest number of dimensions that is counted: no array has more, and a list may contain itself."""


class Keys(NamedTuple):
    """The names that only one side has. The fields have PyTorch's names.

    Attributes:
        missing_keys: arrays of the model that the state lacks, in the order of the model.
        unexpected_keys: arrays of the state that the model does not have, in the order of the state.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


def read(model: Module) -> dict[str, Any]:
    """The numbers of a model by name, as `Module.state_dict` returns them."""
    return {name: nested(array.shape, array.numbers()) for name, array in arrays(model).items()}


def write(model: Module, state: Mapping[str, Any], strict: bool = True) -> Keys:
    """Set the numbers of a model, as `Module.load_state_dict` does."""
    if not isinstance(state, Mapping):
        raise OperandTypeError(f"expected a dict of arrays by name, as state_dict() returns it, got {kind_of(state)}")
    fit = compare(arrays(model), state, model)
    if problems := fit.problems(strict):
        raise InputError(f"the state does not fit {type(model).__name__}, which is unchanged: {problems}")
    fit.assign()
    return fit.keys


class Comparison(NamedTuple):
    """The comparison of given arrays with those of a model.

    Attributes:
        keys: the names that only one side has.
        misfits: a sentence for every other array that does not fit.
        numbers: the arrays that fit, each with the numbers for it.
    """

    keys: Keys
    misfits: list[str]
    numbers: list[tuple[Array, list[float]]]

    def problems(self, strict: bool = True, most: int | None = None) -> str:
        """What is wrong, or an empty string; at most `most` names of each kind are listed."""
        missing, unexpected = sorted(self.keys.missing_keys), sorted(self.keys.unexpected_keys)
        differ = strict and (missing or unexpected)
        absent, unknown = (listed(names, most) or "none" for names in (missing, unexpected))
        names = f"missing are {absent}; unknown to the model are {unknown}"
        return "; ".join(([names] if differ else []) + ([listed(self.misfits, most, "; ")] if self.misfits else []))

    def assign(self) -> None:
        """Set the arrays that fit to their numbers. If an error or interrupt stops this, restore all of them."""
        before = [(array, array.numbers()) for array, _ in self.numbers]
        try:
            for array, numbers in self.numbers:
                array.assign(numbers)
        except BaseException:
            for array, numbers in before:
                array.assign(numbers)
            raise


def compare(own: Mapping[str, Array], came: Mapping[str, Any], model: Module | None = None) -> Comparison:
    """Which of the given arrays fit the arrays of a model, and what is wrong with the others.

    An array that several modules share may be given under any of its names, as in PyTorch, and under several names if
    the numbers are equal.

    Args:
        own: the arrays of the model, as `arrays` lists them.
        came: the given numbers by name.
        model: the model, to look up the other names of shared arrays; without it such names are unexpected.
    """
    others = _arrays_by_other_names(model, [name for name in came if name not in own]) if model is not None else {}
    unexpected = [shown(name) for name in came if name not in own and name not in others]
    misfits: list[str] = []
    numbers: list[tuple[Array, list[float]]] = []
    brought: dict[object, tuple[str, float]] = {}
    for name, array in (*own.items(), *others.items()):
        if name in came:
            try:
                new = _numbers(came[name], array)
                _check_agreement(array, new, brought, name)
                numbers.append((array, new))
            except _MisfitError as misfit:
                misfits.append(f"{shown(name)} {misfit}")
    missing = [name for name, array in own.items() if name not in came and not _is_brought(array, brought)]
    return Comparison(Keys(missing, unexpected), misfits, numbers)


def _arrays_by_other_names(model: Module, names: Iterable[object]) -> dict[str, Array]:
    """The arrays of the model under further names: shared parts, which are stored under another name."""
    found = {name: _array_at(model, name.split(".")) for name in names if isinstance(name, str)}
    return {name: array for name, array in found.items() if array is not None}


def _array_at(model: Module, path: Sequence[str]) -> Array | None:
    """The group, parameter or buffer at the end of a path of attributes, indices and keys."""
    modules = {id(module) for module in model.modules()}
    item: Any = model
    for depth, part in enumerate(path):
        if id(item) in modules:
            last = ".".join(path[depth:])
            block = item.tensors().get(last)
            if block is not None:
                return parameter_array(last, block)
            if last in item.buffer_names and getattr(item, last, None) is not None:
                return BufferArray(item, last, *shape_and_kind(last, getattr(item, last)))
        item = _member(item, part)
    return ParameterArray((), [item]) if isinstance(item, Value) and item.op is None else None


def _member(holder: Any, key: str) -> Any:
    if isinstance(holder, (list, tuple)):
        return holder[int(key)] if key.isdecimal() and int(key) < len(holder) else None
    members = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
    return next((item for name, item in members.items() if str(name) == key), None)


def _keys(array: Array) -> list[object]:
    """Keys that identify the elements of an array: the parameters, or the attribute and the index in it."""
    if isinstance(array, ParameterArray):
        return [id(parameter) for parameter in array.parameters]
    return [(id(array.module), array.attribute, i) for i in range(prod(array.shape))]


def _check_agreement(array: Array, numbers: list[float], brought: dict[object, tuple[str, float]], name: str) -> None:
    """Record the numbers for the elements of an array; raise an error if another array has other numbers for them."""
    for key, number in zip(_keys(array), numbers, strict=True):
        other, before = brought.setdefault(key, (name, number))
        if before != number and not before != before != number != number:  # noqa: PLR0124 - nan
            raise _MisfitError(f"is the same array as {shown(other)} in the model, but holds other numbers")


def _is_brought(array: Array, brought: Mapping[object, tuple[str, float]]) -> bool:
    keys = _keys(array)
    return bool(keys) and all(key in brought for key in keys)


class _MisfitError(Exception):
    """Given numbers do not fit their array; the text completes a sentence that begins with the name."""


def _numbers(came: Any, array: Array) -> list[float]:
    """The given numbers in order, if they have the shape and the number type of the array."""
    if (shape := _shape(came)) != array.shape:
        raise _MisfitError(f"should have shape {list(array.shape)}, but has {list(shape)}")
    parts = [_plain(came)]
    for length in array.shape:
        if any(not isinstance(part, (list, tuple)) or len(part) != length for part in parts):
            raise _MisfitError(f"should have shape {list(array.shape)}, but its rows differ in length")
        parts = [_plain(item) for part in parts for item in part]
    return [_number(part, array.holds, came) for part in parts]


def _number(number: Any, holds: type[float], came: Any) -> float:
    if type(number) is holds:
        return number
    if holds is float and is_real(number):
        try:
            data = Value(number).data
        except AutogradError as error:  # an int beyond the range of floats
            raise _MisfitError(f"should hold floats: {error}") from None
        if isinstance(number, Integral) and data != number:
            raise _MisfitError(f"should hold floats, but holds the integer {number}, which no float equals")
        return data
    raise _MisfitError(f"should hold {holds.__name__}s, but holds {getattr(came, 'dtype', reprlib.repr(number))}")


def _shape(array: Any) -> Shape:
    """The shape of an array; for nested lists the lengths of the list, of its first item, and so on."""
    lengths: list[int] = []
    if hasattr(array, "tolist") and isinstance(shape := getattr(array, "shape", None), tuple):
        return tuple(shape)
    part = _plain(array)
    while isinstance(part, (list, tuple)) and len(lengths) < _DEEPEST:
        lengths.append(len(part))
        if not part:
            break
        part = _plain(part[0])
    return tuple(lengths)


def _plain(array: Any) -> Any:
    return array.tolist() if hasattr(array, "tolist") else array
