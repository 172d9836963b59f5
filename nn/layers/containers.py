"""Modules that call other modules in sequence."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never, Self, SupportsIndex, TypeAlias, overload

from autograd_core import AutogradError, InputError, Op, OperandTypeError
from nn.base.signatures import hides_refused
from nn.layers import activations
from nn.modules.calls import one_sample
from nn.modules.module import Module, Number, can_be_called
from nn.modules.parameter_names import label_parameters

if TYPE_CHECKING:
    from nn.base.outputs import Output

Part: TypeAlias = Callable[[Any], Any]
"""A module, or any function of one argument."""


class Sequential(Module):
    """A sequence of parts; each is called with the result of the previous one, the first with the input.

    It accepts a sample if its parts accept samples, and a batch if they accept batches. Without parts it returns its
    input.

    Every part is an attribute under its name, by default its number. So parameters have PyTorch's names, `0.weight`,
    `2.bias`, and assigning to an attribute or an index replaces a part. A name can be used once; a module may be used
    several times; its parameters are then listed under its first name.

    Args:
        parts: modules or functions of one argument; or one dict of them by name, in this order.

    Raises:
        OperandTypeError: if a part cannot be called, or is a class instead of an instance.
        InputError: if a name is empty, contains a dot, or is that of an attribute or method of modules.
        AutogradError: (when called) the error of a part, with the name of the part before the message.

    >>> from autograd_core import relu
    >>> from nn.layers.dense import Layer
    >>> model = Sequential(Layer(2, 3, nonlin=False, rng=0), lambda signal: [relu(x) for x in signal])
    >>> len(model), [len(array) for array in model.state_dict().values()], len(model([1.0, -1.0]))
    (2, [3, 3], 3)
    >>> model.append(Layer(3, 1, nonlin=False, rng=1))[-1]
    Layer(3 -> 1, linear, 4 parameters)
    >>> Sequential({"first": abs, "second": round})(-2.6)
    3
    """

    _places: list[str]  # names of the parts in order; the parts are attributes, where their parameters are found

    def __init__(self, *parts: Part | Mapping[str, Part]) -> None:
        self._places = []
        for name, part in _named(parts):
            self._check_name(name)
            self._put(name, part)
            self._places.append(name)

    @overload
    def __call__(self, x: Sequence[Number]) -> Output: ...
    @overload
    def __call__(self, x: Any) -> Any: ...
    @hides_refused
    def __call__(self, x: Any, *more: Never) -> Any:
        """The result of the last part."""
        if more:
            raise one_sample(self, x, more)
        own = vars(self)
        for name in self._places:
            try:
                x = own[name](x)
            except AutogradError as error:
                hint = "; nn.Tanh() and the like take lists, an op one number" if isinstance(own[name], Op) else ""
                error.args = (f"part {name} of the Sequential: {error}{hint}",)
                raise
            except Exception as error:
                error.add_note(f"(raised in part {name} of the Sequential)")
                raise
        return x

    def append(self, part: Part) -> Self:
        """Add a part at the end, under the first unused number from the length on; returns the module."""
        number = len(self)
        while str(number) in self._places:  # a slice keeps the names of its parts
            number += 1
        self._put(str(number), part, labelled=True)
        self._places.append(str(number))
        return self

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Any]:
        return (vars(self)[name] for name in self._places)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequential: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        """The part at an index; or for a slice a Sequential of the same parts, under the names they have here."""
        if not isinstance(index, slice):
            return vars(self)[self._name(index)]
        # The class is not called, because that would relabel the parameters with their names in the slice.
        twin, names, own = Sequential.__new__(Sequential), self._places[index], vars(self)
        vars(twin).update({"training": self.training, "_places": names} | {name: own[name] for name in names})
        return twin

    def __setitem__(self, index: SupportsIndex, part: Part) -> None:
        self._put(self._name(index), part, labelled=True)

    def _name(self, index: SupportsIndex) -> str:
        try:
            return self._places[operator.index(index)]
        except IndexError:
            raise IndexError(f"there is no part {index} in a Sequential of {len(self)} parts") from None

    def _check_name(self, name: object) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise InputError(f"expected a name without dots for a part, got {name!r}")
        if hasattr(self, name):
            raise InputError(f"a part cannot be named {name!r}, which is an attribute of modules; choose another name")

    def _put(self, name: str, part: object, labelled: bool = False) -> None:
        vars(self)[name] = _checked(name, part)
        if labelled and isinstance(part, Module):  # after the construction, which labels all parts
            label_parameters(part, name)

    def __repr__(self) -> str:
        numbered = self._places == [str(number) for number in range(len(self))]
        named = [("" if numbered else f"{name}: ") + _shown(vars(self)[name]) for name in self._places]
        return f"Sequential of [{', '.join(named)}]"


def _named(parts: tuple[Any, ...]) -> Iterable[tuple[Any, Any]]:
    if len(parts) == 1 and isinstance(parts[0], Mapping):
        return parts[0].items()
    return ((str(number), part) for number, part in enumerate(parts))


def _checked(name: str, part: object) -> object:
    if can_be_called(part) and not isinstance(part, type):
        return part
    way_out = ""
    if isinstance(part, type):
        way_out = f"; write {part.__name__}(…)"
    elif isinstance(part, (list, tuple)):
        way_out = "; parts are separate arguments: Sequential(*parts)"
    elif isinstance(part, str) and part in activations.TABLE:
        way_out = f"; write nn.{activations.TABLE[part].title}()"
    raise OperandTypeError(f"expected a module or a function as part {name}, got {reprlib.repr(part)}{way_out}")


def _shown(part: object) -> str:
    return repr(part) if isinstance(part, Module) else getattr(part, "__name__", repr(part))
