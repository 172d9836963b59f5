"""The state of a model as named arrays of numbers, with PyTorch's names.

`arrays` lists them: the groups of parameters that modules name in `Module.tensors`, arrays of numpy that hold
parameters, every other parameter as an array without dimensions, and the buffers. Everything that stores a model
(`Module.state_dict`, `nn.save`, checkpoints) uses this list, so names and shapes are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.base.messages import kind_of
from nn.modules.dotted_names import holder
from nn.modules.walk import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nn.modules.module import Block, Module

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ParameterArray:
    """Parameters that are stored as one array, the last index varying fastest."""

    shape: Shape
    parameters: list[Value]
    holds: type[float] = float

    def numbers(self) -> list[float]:
        """The present numbers."""
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
        """The present numbers."""
        content = getattr(self.module, self.attribute)
        return [self.holds(number) for number in (content if self.shape else [content])]

    def assign(self, numbers: list[float]) -> None:
        """Set the attribute to the numbers."""
        setattr(self.module, self.attribute, numbers if self.shape else numbers[0])


Array: TypeAlias = ParameterArray | BufferArray


# ---- The arrays of a model -------------------------------------------------------------------------------------------


def arrays(model: Module) -> dict[str, Array]:
    """The arrays of a model by name, in the order of its modules; every parameter is in at least one.

    Raises:
        InputError: if two arrays have the same name, or a module lacks a buffer that its class names.
        ShapeError: if a group of parameters is not rectangular.
        OperandTypeError: if a buffer is not a float, an int or a list of floats.
    """
    named: list[tuple[str, Array]] = []
    stored: set[int] = set()
    for name, block in _blocks(model):
        identities = {id(parameter) for parameter in _leaves(block)}
        if not identities <= stored:  # the neurons of a layer are stored with the layer
            named.append((name, parameter_array(name, block)))
            stored |= identities
    named += [(name, ParameterArray((), [p])) for name, p in model.named_parameters() if id(p) not in stored]
    named += _buffer_arrays(model)
    return _in_order_of_modules(_without_doubles(named, model), [name for name, _ in model.named_modules()])


def array_names(model: Module) -> dict[int, list[str]]:
    """The names of all arrays that contain a parameter, by the identity of the parameter."""
    names: dict[int, list[str]] = {}
    for name, block in _blocks(model):
        for parameter in _leaves(block):
            names.setdefault(id(parameter), []).append(name)
    return names


def declared(model: Module, which: str) -> list[tuple[str, Module, str, Any]]:
    """The attributes that the classes of modules list under `which`, such as `buffer_names`.

    Returns:
        For each of them: its dotted name, the module, the name of the attribute, and its content.

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
    """The groups of parameters that modules name, and the arrays of numpy that consist of parameters."""
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


def parameter_array(name: str, block: Block) -> ParameterArray:
    """The array of that name whose parameters are those of a block."""
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
        (name, BufferArray(module, attribute, *shape_and_kind(name, content)))
        for name, module, attribute, content in declared(model, "buffer_names")
        if content is not None
    ]


def shape_and_kind(name: str, content: object) -> tuple[Shape, type[float]]:
    """The shape of a buffer, and int or float; a list holds floats, even if it was written as `[0, 0]`."""
    if is_real(content):
        return (), int if isinstance(content, Integral) else float
    if isinstance(content, (list, tuple)) and all(map(is_real, content)):
        return (len(content),), float
    raise OperandTypeError(f"expected the buffer {name} to be a float, int or list of floats, got {kind_of(content)}")


def is_real(number: object) -> bool:
    """Whether something is a real number, which True and False are not."""
    return isinstance(number, Real) and not isinstance(number, bool)


def _without_doubles(named: list[tuple[str, Array]], model: Module) -> dict[str, Array]:
    by_name = dict(named)
    if len(by_name) != len(named):
        twice = next(name for name, array in named if by_name[name] is not array)
        raise InputError(f"two tensors of {type(model).__name__} would be named {twice!r}; rename the attribute of one")
    return by_name


def _in_order_of_modules(by_name: dict[str, Array], modules: Iterable[str]) -> dict[str, Array]:
    order = {name: number for number, name in enumerate(modules)}
    return dict(sorted(by_name.items(), key=lambda item: order[holder(item[0], order)]))


def nested(shape: Shape, numbers: Sequence[Any]) -> Any:
    """Numbers in nested lists of that shape, the last index varying fastest; without dimensions a single number.

    >>> nested((2, 3), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    >>> nested((), [1.0])
    1.0
    """
    parts: list[Any] = list(numbers)
    for axis in range(len(shape) - 1, 0, -1):
        length, count = shape[axis], prod(shape[:axis])
        parts = [parts[length * i : length * (i + 1)] for i in range(count)]
    return parts if shape else parts[0]
