"""Modules: objects whose parameters are found by looking at their attributes.

Nothing is declared or registered. A parameter of a module is a leaf `Value` that can be reached from it through
attributes, sub-modules, lists, tuples, dicts, dataclasses and arrays of numpy; its name is the path that leads to it,
joined by dots: `layers.0.neurons.3.w.1`. One walk, `nn.modules.walk.runs`, finds them all. Values in any other
container raise an error when the module is constructed.

The result of an operation is not a parameter, and neither is a Value that a module assigns to itself during a call, so
a module may store an input or an output for inspection. `nn.modules.attributes` has the exact rule.

Buffers and generators of random numbers are not Values and look like settings. So the class of a module names their
attributes: `buffer_names` those with numbers that are state but not learned, `rng_names` those with generators.

The construction of a module ends by labelling its parameters with their names, so that a drawing of any graph shows
`layers.0.neurons.3.w.1` without using this package. When a module becomes part of a larger one, its parameters get the
names that they have there. Labels that the user has set stay.
"""

from __future__ import annotations

from abc import ABCMeta
from collections import deque
from collections.abc import Mapping, Sequence
from inspect import Signature
from itertools import repeat
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from autograd_core import InputError, Value
from autograd_core.calls import explained
from nn.elsewhere import METHODS
from nn.modules import calls, dotted_names, loading, state
from nn.modules.attributes import join_names, unwatched, watch_calls
from nn.modules.calls import HasForward, P, R
from nn.modules.display import Displayed
from nn.modules.parameter_names import label_parameters, named_parameters
from nn.modules.unreachable import check_containers, check_reachable
from nn.modules.walk import Holder, Path, Run, join, runs

Number: TypeAlias = Value | float
"""What a network computes with: a node of the graph, or a plain number that needs no gradient."""

Block: TypeAlias = Value | Sequence["Block"]
"""Parameters that form an array: a single one, or a list of blocks of equal shape."""


class ModuleMeta(ABCMeta):
    """Checks the attributes of every new module and labels its parameters.

    It does this because `__init__` belongs to the subclass, which need not call `super().__init__()`. It derives from
    `ABCMeta` so that a module can be an abstract class.
    """

    @property
    def __signature__(cls) -> Signature:
        """That of `__init__`, for `help` and editors; `inspect` would show that of the `__call__` below."""
        return calls.signature_of_class(cls)

    if not TYPE_CHECKING:  # a checker would take this for the signature of every class of modules

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            """Make a module, and look through its attributes."""
            module = super().__call__(*args, **kwargs)
            if cls.parameters is Module.parameters:  # else the class says what is trained
                check_reachable(module)
            label_parameters(module)
            return module


class Module(Displayed, Holder, metaclass=ModuleMeta):
    """Base of everything that has parameters: neurons, layers, networks and the user's own models.

    A subclass keeps its Values and sub-modules in attributes and defines `forward`, as in PyTorch, or `__call__`. It
    need not call `super().__init__()`.

    Attributes:
        training: whether the module is in training mode (the default) or in evaluation mode; set by `train` and `eval`,
            and read by modules that behave differently in the two, such as dropout.
        buffer_names: (of the class) the attributes that hold buffers: numbers that belong to the state but are
            not learned, such as running means. Each is a float, an int, a list of floats, or None for no number.
        non_parameter_names: (of the class) the attributes whose Values are never parameters. They are not searched.
            The names of a subclass are added to those of its bases.
        parameter_names: (of the class) the attributes whose Values are parameters even if a call of the module assigns
            them. Without this, such Values are state. The names of a subclass are added to those of its bases.
        rng_names: (of the class) the attributes that hold a `random.Random` from which calls of the module draw, as
            those of dropout do. A checkpoint stores their states.
        over_batch: (of the class) whether the module processes all samples of a batch together, as batch normalisation
            does. A model with such a module in it is called with a list of samples.

    Raises:
        InputError: (when constructed) if Values or modules are in a container that is not searched, such as a set.

    A `ParameterWarning` is given when a call assigns leaf Values for the first time to an attribute that the class does
    not name.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offsets = Value(2.0), [Value(0.0), Value(1.0)]
    ...     def __call__(self, x):
    ...         return [self.slope * x + offset for offset in self.offsets]
    >>> line = Line()
    >>> [name for name, _ in line.named_parameters()]
    ['slope', 'offsets.0', 'offsets.1']
    >>> line.offsets[1].label
    'offsets.1'
    """

    training: bool = True
    buffer_names: ClassVar[tuple[str, ...]] = ()
    rng_names: ClassVar[tuple[str, ...]] = ()
    over_batch: ClassVar[bool] = False
    _elsewhere: ClassVar[Mapping[str, str]] = METHODS  # read by the prompt; a `__getattr__` makes calls 2 % slower

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if vars(cls).get("__slots__"):  # parameters in slots are not found
            raise InputError(
                f"expected a module class whose attributes are in __dict__, got __slots__ in {cls.__name__}; "
                "remove __slots__, or slots=True from the dataclass decorator"
            )
        if "__call__" in vars(cls) and "forward" not in vars(cls) and calls.is_ours(cls):
            cls.forward = cls.__call__  # type: ignore[method-assign]  # with its signature and docstring
        if cls.__call__ is Module.__call__:
            calls.prefer_others(cls, Module)
        elif calls.forward_comes_first(cls, Module):
            cls.__call__ = Module.__call__  # type: ignore[method-assign]  # which calls `forward`
        join_names(cls)
        watch_calls(cls)

    # ---- Calls -------------------------------------------------------------------------------------------------------

    @unwatched
    def __call__(self: HasForward[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `forward`.

        Raises:
            InputError: if the class defines neither of the two.
        """
        return self.forward(*args, **kwargs)

    @property
    def __signature__(self) -> Signature:
        """That of a call, for `help` and editors: a class that defines `forward` is called with its arguments."""
        return calls.signature_of_call(self, Module)

    @unwatched
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The result of calling the layer of this package that the class is or derives from.

        Raises:
            InputError: if there is none.

        >>> from nn import Linear
        >>> class Doubled(Linear):
        ...     def forward(self, x):
        ...         return [2.0 * y for y in super().forward(x)]
        >>> layer = Doubled(2, 1, rng=0)
        >>> layer([1.0, 2.0])[0].data == 2.0 * Linear.forward(layer, [1.0, 2.0])[0].data
        True
        """
        call = calls.call_of_layer(type(self), Module)
        if call is None:
            name = type(self).__name__
            raise InputError(
                f"{name} expected a method forward to be called, got none; define forward(self, x) in {name}"
            )
        return call(self, *args, **kwargs)

    # ---- Content -----------------------------------------------------------------------------------------------------

    def parameters(self) -> list[Value]:
        """All parameters in the order of definition, a shared one once; frozen ones, too.

        Raises:
            InputError: if Values or modules are in a container that is not searched, such as a set.
        """
        items = (item for _, _, run in _checked_runs(self) for item in run)
        return list({id(item): item for item in items if isinstance(item, Value) and item.op is None}.values())

    def named_parameters(self) -> list[tuple[str, Value]]:
        """All parameters with their dotted names, in the order of definition; a shared one under its first name.

        Raises:
            InputError: if two parameters have the same name, as with the keys `1` and `"1"` of one dict.
        """
        named = list(named_parameters(_checked_runs(self)).values())
        if len(dict(named)) != len(named):
            every = [name for name, _ in named]
            twice = next(name for name in every if every.count(name) > 1)
            raise InputError(
                f"two parameters of {type(self).__name__} are both named {twice!r}; "
                "rename an attribute or a key of a dict so that every name is used once"
            )
        return named

    def num_parameters(self, trainable_only: bool = False) -> int:
        """The number of parameters, a shared one counted once; with `trainable_only`, of those not frozen.

        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offset = Value(2.0), Value(0.0)
        >>> line = Line().freeze("offset")
        >>> line.num_parameters(), line.num_parameters(trainable_only=True)
        (2, 1)
        """
        return sum(not (trainable_only and parameter.frozen) for parameter in self.parameters())

    def modules(self) -> list[Module]:
        """This module and all modules below it, each once, in the order of definition."""
        return [items[0] for _, _, items in runs(self) if isinstance(items[0], Module)]

    def named_modules(self) -> list[tuple[str, Module]]:
        """`modules` with their dotted names; this module has the name `""`."""
        found = ((path, key, item) for path, (key, *_), (item, *_) in runs(self) if isinstance(item, Module))
        return [(join(path.dotted(), key), module) for path, key, module in found]

    def children(self) -> list[Module]:
        """The modules directly below this one, with no other module between."""
        met = [items[0] for _, _, items in runs(self, into_modules=False)]
        return [item for item in met if isinstance(item, Module) and item is not self]

    def named_buffers(self) -> list[tuple[str, float | list[float]]]:
        """All buffers with their dotted names and present numbers; those that are None are left out.

        Raises:
            InputError: if a module lacks an attribute in its `buffer_names`.

        >>> class Counter(Module):
        ...     buffer_names = ("count",)
        ...     def __init__(self):
        ...         self.count = 3
        >>> Counter().named_buffers()
        [('count', 3)]
        """
        return [(name, content) for name, _, _, content in state.declared(self, "buffer_names") if content is not None]

    def named_generators(self) -> list[tuple[str, Random]]:
        """The generators from which calls draw, with dotted names; a shared one under its first name.

        Raises:
            InputError: if a module lacks an attribute in its `rng_names`.
        """
        first: dict[int, tuple[str, Random]] = {}
        for name, _, _, generator in state.declared(self, "rng_names"):
            first.setdefault(id(generator), (name, generator))
        return list(first.values())

    # ---- State -------------------------------------------------------------------------------------------------------

    def tensors(self) -> Mapping[str, Block]:
        """How parameters are grouped into arrays in `state_dict` and in files: array by name.

        A parameter in no group is stored as a single number, so the default, no groups, is complete. Every group must
        be rectangular.
        """
        return {}

    def state_dict(self) -> dict[str, Any]:
        """All parameters and buffers as plain numbers and nested lists of them, by PyTorch's names.

        The arrays are those of `tensors()` of every module, in the order of the modules, each with the dotted name of
        its module as prefix; then come its other parameters and its buffers. A shared array appears once, under its
        first name. The lists are copies: later training does not change them.

        Raises:
            InputError: if two arrays have the same name, or a module lacks a buffer that its class names.
            ShapeError: if a group of `tensors()` is not rectangular.
            OperandTypeError: if a buffer is not a float, an int or a list of floats.

        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offsets = Value(2.0), [Value(0.0), Value(1.0)]
        ...     def tensors(self):
        ...         return {"bias": self.offsets}
        >>> Line().state_dict()
        {'bias': [0.0, 1.0], 'slope': 2.0}
        """
        _checked_runs(self)
        return loading.read(self)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> loading.Keys:
        """Set parameters and buffers to the numbers of a state dict of a model of the same structure.

        Only numbers change: gradients, labels and frozen marks stay. Optimisers have a separate state.

        Args:
            state_dict: arrays by name, as `state_dict()` returns them: nested lists or tuples of numbers, or
                anything with a method `tolist`, such as arrays of numpy and tensors of PyTorch.
            strict: whether the names must be the same. With False, names that only one side has are ignored.

        Returns:
            The names that only one side has: `missing_keys` are missing from the state dict, `unexpected_keys` from the
            model. Both are empty if `strict`.

        Raises:
            OperandTypeError: if `state_dict` is not a dict.
            InputError: if names differ (and `strict`), or an array has another shape or does not consist of numbers.
                The message lists every such name, and the model is unchanged.

        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offset = Value(2.0), Value(0.0)
        >>> line = Line()
        >>> line.load_state_dict({"slope": 5, "curvature": 1.0}, strict=False)
        Keys(missing_keys=['offset'], unexpected_keys=['curvature'])
        >>> line.slope.data
        5.0
        """
        return loading.write(self, state_dict, strict)

    # ---- Modes -------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below it to training, or with `mode=False` to evaluation; returns the module."""
        switch_all(self.modules(), mode)
        return self

    def eval(self) -> Self:
        """Switch this module and all below it to evaluation mode; returns the module."""
        return self.train(False)

    def freeze(self, *patterns: str) -> Self:
        """Mark parameters as frozen: optimisers do not change them; gradients are computed as before.

        Like `train` and `eval` it returns the module, so that it can be part of an expression. `nn.summary` shows which
        parameters are frozen, and `num_parameters` can leave them out.

        Args:
            patterns: names of parameters, of arrays as in `state_dict`, or of modules and lists that contain them, with
                `*`, `?` and `[…]` as in file names; `*` stands for dots, too. `"layers.0"` and `"layers.0.*"` mean
                everything below that layer, `"*.bias"` all biases. Without patterns, all parameters are frozen.

        Raises:
            InputError: if a pattern matches no name; the message lists similar names, and nothing is frozen.
            OperandTypeError: if a pattern is not a string.

        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offsets = Value(2.0), [Value(0.0), Value(1.0)]
        >>> line = Line().freeze("offsets")
        >>> [name for name, parameter in line.named_parameters() if parameter.frozen]
        ['offsets.0', 'offsets.1']
        """
        for parameter in self._chosen(patterns):
            parameter.frozen = True
        return self

    def unfreeze(self, *patterns: str) -> Self:
        """Undo `freeze` for the parameters that match the patterns; returns the module."""
        for parameter in self._chosen(patterns):
            parameter.frozen = False
        return self

    @explained()
    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, which is necessary before each `backward()`."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def _chosen(self, patterns: tuple[str, ...]) -> list[Value]:
        """The parameters that match the patterns; all of them if there are no patterns."""
        if not patterns:
            return self.parameters()
        array_of = state.array_names(self)
        named = [(p, (name, *array_of.get(id(p), ()))) for name, p in self.named_parameters()]
        chosen: dict[int, Value] = {}
        for pattern in dotted_names.checked_patterns(patterns):
            meant = {id(p): p for p, own in named if any(dotted_names.matches(pattern, name) for name in own)}
            if not meant:
                modules = [name for name, _ in self.named_modules()]
                raise dotted_names.no_match(
                    pattern, [*modules, *dict.fromkeys(name for _, own in named for name in own)]
                )
            chosen |= meant
        return list(chosen.values())


def switch_all(modules: Sequence[Module], training: bool) -> None:
    """Switch all modules at once. No Python code runs between two of them, so no interrupt can separate them."""
    deque(map(setattr, modules, repeat("training"), repeat(training)), maxlen=0)


def can_be_called(thing: object) -> bool:
    """Whether something is a function, or a module whose class says what its calls do.

    >>> can_be_called(abs), can_be_called(3), can_be_called(Module())
    (True, False, False)
    """
    if not isinstance(thing, Module):
        return callable(thing)
    return calls.is_defined(type(thing), Module)


def _checked_runs(module: Module) -> list[Run]:
    """What the walk finds, after a check of the containers that it did not enter."""
    unentered: list[tuple[Path, object, object]] = []
    found = list(runs(module, unentered=unentered))
    if unentered and type(module).parameters is Module.parameters:  # else the class says what is trained
        check_containers(module, unentered, found)
    return found
