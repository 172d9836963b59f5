"""The state of a model as plain numbers: what training has made of it, by PyTorch's names.

The state is a set of named arrays. `arrays` finds them: the groups of parameters that modules name in
`Module.tensors`, arrays of numpy that hold parameters, every other parameter as an array of no dimensions, and the
buffers. Everything that stores a model (`Module.state_dict`, `nn.save`, checkpoints) uses this one list, so names and
shapes are the same everywhere.

Writing checks everything before it changes anything.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from autograd_core import AutogradError, InputError, OperandTypeError, ShapeError, Value
from nn.modules.labels import holder
from nn.modules.walk import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nn.modules.module import Block, Module

Shape: TypeAlias = tuple[int, ...]

_DEEPEST: Final = 64
"""Dimensions beyond these are not counted: no array has so many, and a list may contain itself."""


class Keys(NamedTuple):
    """The names that only one side has, called as in PyTorch.

    Attributes:
        missing_keys: arrays of the model that the state lacks, in the order of the model.
        unexpected_keys: arrays of the state that the model does not have, in the order of the state.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


@dataclass(frozen=True, slots=True)
class ParameterArray:
    """Parameters that are stored together, the last index running fastest."""

    shape: Shape
    parameters: list[Value]
    holds: type[float] = float

    def numbers(self) -> list[float]:
        """The numbers as they are now."""
        return [parameter.data for parameter in self.parameters]

    def assign(self, numbers: list[float]) -> None:
        """Set every parameter to its number."""
        for parameter, number in zip(self.parameters, numbers, strict=True):
            parameter.data = number


@dataclass(frozen=True, slots=True)
class BufferArray:
    """A buffer: an attribute that holds a float, an int or a list of floats."""

    module: Module
    attribute: str
    shape: Shape
    holds: type[float]

    def numbers(self) -> list[float]:
        """The numbers as they are now."""
        content = getattr(self.module, self.attribute)
        return [self.holds(number) for number in (content if self.shape else [content])]

    def assign(self, numbers: list[float]) -> None:
        """Set the attribute to the numbers."""
        setattr(self.module, self.attribute, numbers if self.shape else numbers[0])


Array: TypeAlias = ParameterArray | BufferArray


def read(model: Module) -> dict[str, Any]:
    """The numbers of a model by name; see `Module.state_dict`."""
    return {name: nested(array.shape, array.numbers()) for name, array in arrays(model).items()}


def write(model: Module, state: Mapping[str, Any], strict: bool = True) -> Keys:
    """Set the numbers of a model; see `Module.load_state_dict`."""
    if not isinstance(state, Mapping):
        raise OperandTypeError(f"expected a dict of arrays by name, as state_dict() returns it, got {_kind(state)}")
    fit = compare(arrays(model), state, model)
    if problems := fit.problems(strict):
        raise InputError(f"the state does not fit {type(model).__name__}, which is left as it was: {problems}")
    fit.assign()
    return fit.keys


# ---- The arrays of a model -------------------------------------------------------------------------------------------


def arrays(model: Module) -> dict[str, Array]:
    """The arrays of a model by name, in the order of its modules; every parameter is in at least one.

    Raises:
        InputError: if two arrays have the same name, or a module lacks a buffer that it names.
        ShapeError: if a group of parameters is not rectangular.
        OperandTypeError: if a buffer is no float, int or list of floats.
    """
    named: list[tuple[str, Array]] = []
    stored: set[int] = set()
    for name, block in _blocks(model):
        identities = {id(parameter) for parameter in _leaves(block)}
        if not identities <= stored:  # the neurons of a layer come with the layer
            named.append((name, _parameter_array(name, block)))
            stored |= identities
    named += [(name, ParameterArray((), [p])) for name, p in model.named_parameters() if id(p) not in stored]
    named += _buffer_arrays(model)
    return _in_order_of_modules(_without_doubles(named, model), [name for name, _ in model.named_modules()])


def array_names(model: Module) -> dict[int, list[str]]:
    """The names of the arrays that `tensors` of any module puts a parameter into, by the identity of the parameter."""
    names: dict[int, list[str]] = {}
    for name, block in _blocks(model):
        for parameter in _leaves(block):
            names.setdefault(id(parameter), []).append(name)
    return names


def declared(model: Module, which: str) -> list[tuple[str, Module, str, Any]]:
    """What the attributes hold that the classes of modules list under `which`.

    Returns:
        For each of them: the dotted name, the module, the name of the attribute, and what it holds.

    Raises:
        InputError: if a module lacks such an attribute.
    """
    found = []
    for prefix, module in model.named_modules():
        for attribute in getattr(module, which):
            if not hasattr(module, attribute):
                where = f"{prefix or 'the model'} ({type(module).__name__})"
                raise InputError(f"{where} has no attribute {attribute!r}, which its {which} name; set it in __init__")
            found.append((_join(prefix, attribute), module, attribute, getattr(module, attribute)))
    return found


def _blocks(model: Module) -> Iterator[tuple[str, Block]]:
    """The groups of parameters that modules name, and the arrays of numpy that hold parameters and nothing else."""
    for prefix, module in model.named_modules():
        for name, block in module.tensors().items():
            yield _join(prefix, name), block
    for path, keys, items in runs(model):
        if isinstance(keys, list) and all(item.op is None for item in items):
            yield path.dotted(), nested(tuple(last + 1 for last in keys[-1]), items)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _leaves(block: Block) -> list[Value]:
    if isinstance(block, Value):
        return [block]
    return [leaf for part in block for leaf in _leaves(part)]


def _parameter_array(name: str, block: Block) -> ParameterArray:
    return ParameterArray(_block_shape(name, block), _leaves(block))


def _block_shape(name: str, block: Block) -> Shape:
    if isinstance(block, Value):
        return ()
    shapes = {_block_shape(name, part) for part in block}
    if len(shapes) > 1:
        raise ShapeError(f"expected rows of one length to store {name} as an array, got shapes {sorted(shapes)}")
    return (len(block), *(shapes.pop() if shapes else ()))


def _buffer_arrays(model: Module) -> list[tuple[str, Array]]:
    return [
        (name, BufferArray(module, attribute, *_shape_and_kind(name, content)))
        for name, module, attribute, content in declared(model, "buffer_names")
        if content is not None
    ]


def _shape_and_kind(name: str, content: object) -> tuple[Shape, type[float]]:
    """The shape of a buffer and whether it counts; a list holds floats, even if they were written as `[0, 0]`."""
    if _is_real(content):
        return (), int if isinstance(content, Integral) else float
    if isinstance(content, (list, tuple)) and all(map(_is_real, content)):
        return (len(content),), float
    raise OperandTypeError(f"expected the buffer {name} to be a float, int or list of floats, got {_kind(content)}")


def _is_real(number: object) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool)


def _without_doubles(named: list[tuple[str, Array]], model: Module) -> dict[str, Array]:
    by_name = dict(named)
    if len(by_name) != len(named):
        twice = next(name for name, array in named if by_name[name] is not array)
        raise InputError(f"two tensors of {type(model).__name__} would be named {twice!r}; rename the attribute of one")
    return by_name


def _in_order_of_modules(by_name: dict[str, Array], modules: Iterable[str]) -> dict[str, Array]:
    place = {name: number for number, name in enumerate(modules)}
    return dict(sorted(by_name.items(), key=lambda item: place[holder(item[0], place)]))


# ---- Arrays that come from elsewhere ---------------------------------------------------------------------------------


class Comparison(NamedTuple):
    """What came, held against the arrays of a model.

    Attributes:
        keys: the names that only one side has.
        misfits: for every other array that does not fit, a sentence that says why.
        numbers: the arrays that fit, each with the numbers for it.
    """

    keys: Keys
    misfits: list[str]
    numbers: list[tuple[Array, list[float]]]

    def problems(self, strict: bool = True, most: int | None = None) -> str:
        """What is wrong, or an empty text; no more than `most` of each kind are listed."""
        missing, unexpected = sorted(self.keys.missing_keys), sorted(self.keys.unexpected_keys)
        differ = strict and (missing or unexpected)
        names = f"missing are {listed(missing, most)}; unknown to the model are {listed(unexpected, most)}"
        return "; ".join(([names] if differ else []) + ([listed(self.misfits, most, "; ")] if self.misfits else []))

    def assign(self) -> None:
        """Set the arrays that fit to their numbers; if that breaks off, none of them."""
        before = [(array, array.numbers()) for array, _ in self.numbers]
        try:
            for array, numbers in self.numbers:
                array.assign(numbers)
        except BaseException:
            for array, numbers in before:
                array.assign(numbers)
            raise


def compare(own: Mapping[str, Array], came: Mapping[str, Any], model: Module | None = None) -> Comparison:
    """Which of the arrays that came fit the arrays of a model, and what is wrong with the others.

    What several modules share is one array of the model. It may come under any of the names that lead to it, as in
    PyTorch, and under several if they bring the same numbers.

    Args:
        own: the arrays of the model, as `arrays` finds them.
        came: numbers by name.
        model: where to look for what other names lead to; by default they lead nowhere.
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
    """What names that are not those of `arrays` lead to in the model: parts that are shared, and stored elsewhere."""
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
                return _parameter_array(last, block)
            if last in item.buffer_names and getattr(item, last, None) is not None:
                return BufferArray(item, last, *_shape_and_kind(last, getattr(item, last)))
        item = _member(item, part)
    return ParameterArray((), [item]) if isinstance(item, Value) and item.op is None else None


def _member(holder: Any, key: str) -> Any:
    if isinstance(holder, (list, tuple)):
        return holder[int(key)] if key.isdecimal() and int(key) < len(holder) else None
    members = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
    return next((item for name, item in members.items() if str(name) == key), None)


def _keys(array: Array) -> list[object]:
    """What tells the places of an array from all others: the parameters, or the attribute and the index in it."""
    if isinstance(array, ParameterArray):
        return [id(parameter) for parameter in array.parameters]
    return [(id(array.module), array.attribute, i) for i in range(prod(array.shape))]


def _check_agreement(array: Array, numbers: list[float], brought: dict[object, tuple[str, float]], name: str) -> None:
    """Note the numbers for the places of an array; a misfit if another array has brought other numbers for them."""
    for key, number in zip(_keys(array), numbers, strict=True):
        other, before = brought.setdefault(key, (name, number))
        if before != number and not before != before != number != number:  # noqa: PLR0124 - nan
            raise _MisfitError(f"is the same array as {shown(other)} in the model, but holds other numbers")


def _is_brought(array: Array, brought: Mapping[object, tuple[str, float]]) -> bool:
    keys = _keys(array)
    return bool(keys) and all(key in brought for key in keys)


def nested(shape: Shape, numbers: Sequence[Any]) -> Any:
    """Numbers in nested lists of that shape, the last index running fastest; a bare number for no dimensions.

    >>> nested((2, 3), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    >>> nested((), [1.0])
    1.0
    """
    parts: list[Any] = list(numbers)
    for axis in range(len(shape) - 1, 0, -1):
        length, rows = shape[axis], range(prod(shape[:axis]))
        parts = [parts[length * row : length * (row + 1)] for row in rows]
    return parts if shape else parts[0]


class _MisfitError(Exception):
    """What came does not fit the array that it is for; the text is the rest of a sentence about it."""


def _numbers(came: Any, array: Array) -> list[float]:
    """The numbers in what came, in order, if it has the shape of the array and holds the same kind of number."""
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
    if holds is float and _is_real(number):
        try:
            data = Value(number).data
        except AutogradError as error:  # an int beyond the range of floats
            raise _MisfitError(f"should hold floats: {error}") from None
        if isinstance(number, Integral) and data != number:
            raise _MisfitError(f"should hold floats, but holds the integer {number}, which no float is")
        return data
    raise _MisfitError(f"should hold {holds.__name__}s, but holds {getattr(came, 'dtype', reprlib.repr(number))}")


def _shape(array: Any) -> Shape:
    """The lengths of a nested list, its first list, the first of that, and so on; an array says what it has."""
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


def _kind(thing: object) -> str:
    return f"{reprlib.repr(thing)} ({type(thing).__name__})"


def listed(names: list[str], most: int | None, separator: str = ", ") -> str:
    """The names, or the first few of them and how many more there are."""
    shown = names[:most]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return (separator.join(shown) or "none") + more


def shown(name: object) -> str:
    """A name that came from elsewhere, fit to stand in a message."""
    text = str(name)
    return text if text.isprintable() and len(text) <= 100 else reprlib.repr(text)
