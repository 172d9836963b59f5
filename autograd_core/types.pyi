"""Types of the public functions and methods, for type checkers and editors; nothing imports them when it runs.

A function of numbers gives a float for plain numbers, and a Value if one of its inputs is a Value.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Concatenate, Generic, Literal, Never, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from autograd_core.compiler.function import Compiled
from autograd_core.graph.value import Value
from autograd_core.table.op import Op

P = ParamSpec("P")
R = TypeVar("R")
F_co = TypeVar("F_co", covariant=True)
V_co = TypeVar("V_co", covariant=True)

Unchecked: TypeAlias = Never
"""`X | Unchecked` is `X` to type checkers; mypyc takes it for any object, and makes no check of its own."""

class Scalar(Protocol):
    """A real scalar of numpy. An array, which is not a number, has no `is_integer`; neither has a float a `dtype`."""

    @property
    def dtype(self) -> Any: ...
    def is_integer(self) -> bool: ...

Plain: TypeAlias = float | Fraction | Decimal | Scalar
"""A real number that is not a Value."""

Number: TypeAlias = Value | Plain
"""Whatever an op can be applied to."""

# Ops as functions, by the number of their inputs.

class Unary(Op):
    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Plain, /) -> float: ...

class Binary(Op):
    @overload
    def __call__(self, a: Value, b: Number, /) -> Value: ...
    @overload
    def __call__(self, a: Plain, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Plain, b: Plain, /) -> float: ...

class Ternary(Op):
    @overload
    def __call__(self, a: Value, b: Number, c: Number, /) -> Value: ...
    @overload
    def __call__(self, a: Plain, b: Value, c: Number, /) -> Value: ...
    @overload
    def __call__(self, a: Plain, b: Plain, c: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Plain, b: Plain, c: Plain, /) -> float: ...

class Variadic(Op):
    @overload
    def __call__(self, x: Value, /, *xs: Number) -> Value: ...
    @overload
    def __call__(self, x: Plain, /, *xs: Plain) -> float: ...  # type: ignore[overload-overlap]  # a Value is not plain
    @overload
    def __call__(self, x: Plain, /, *xs: Number) -> Value: ...

# What the functions in `transforms` take and return. A function whose parameters are declared as Values is
# differentiated at plain numbers, so its derivative takes and returns both.

No: TypeAlias = Literal[False]
"""What is left at its default, so that it does not change the type of the result."""

class Array(Protocol):
    """An array of numpy."""

    @property
    def dtype(self) -> Any: ...
    def ravel(self) -> Any: ...

Tree: TypeAlias = Plain | Sequence[Tree] | Mapping[Any, Tree] | Array
"""Numbers in nested containers, without Values."""

T = TypeVar("T", bound=Tree)

U = TypeVar("U", bound=Tree)

Nested: TypeAlias = Sequence[Any] | Mapping[Any, Any] | Array
"""Containers of any content."""

class Input(Value):
    """The input of a function. Type checkers take it for the parameter of a lambda, which may be a container."""

    def __getitem__(self, key: Any) -> Any: ...

OneValue: TypeAlias = Callable[Concatenate[Input, P], Any]
TwoValues: TypeAlias = Callable[Concatenate[Input, Input, P], Any]
ThreeValues: TypeAlias = Callable[Concatenate[Input, Input, Input, P], Any]
FourValues: TypeAlias = Callable[Concatenate[Input, Input, Input, Input, P], Any]
ValuesInList: TypeAlias = Callable[Concatenate[list[Value], P], Any]
ValuesInDict: TypeAlias = Callable[Concatenate[dict[str, Value], P], Any]
ListsInDict: TypeAlias = Callable[Concatenate[dict[str, list[Value]], P], Any]
ListAndValue: TypeAlias = Callable[Concatenate[list[Value], Input, P], Any]
DictAndValue: TypeAlias = Callable[Concatenate[dict[str, Value], Input, P], Any]

Pair: TypeAlias = tuple[int, int]
Triple: TypeAlias = tuple[int, int, int]

class OfBoth(Protocol):
    """A function of one number that takes Values and plain numbers."""

    @overload
    def __call__(self, x: Value, /) -> Any: ...
    @overload
    def __call__(self, x: Plain, /) -> Any: ...

class OfBothTwice(Protocol):
    """A function of two numbers that takes Values and plain numbers."""

    @overload
    def __call__(self, x: Value, y: Value, /) -> Any: ...
    @overload
    def __call__(self, x: Plain, y: Plain, /) -> Any: ...

class OfOne(Protocol[P, F_co, V_co]):
    """The derivative of a function of a number: `F_co` at a plain number, `V_co` at a Value."""

    @overload
    def __call__(self, x: Value, /, *args: P.args, **options: P.kwargs) -> V_co: ...
    @overload
    def __call__(self, x: Plain, /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(self, x: Nested, /, *args: P.args, **options: P.kwargs) -> Any: ...

class OfTwo(Protocol[P, F_co, V_co]):
    """The derivative of a function of two numbers: `F_co` at plain numbers, `V_co` at Values.

    If only one is a Value, the result depends on whether the derivative is with respect to it.
    """

    @overload
    def __call__(self, x: Value, y: Value, /, *args: P.args, **options: P.kwargs) -> V_co: ...
    @overload
    def __call__(self, x: Plain, y: Plain, /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(self, x: Number | Nested, y: Number | Nested, /, *args: P.args, **options: P.kwargs) -> Any: ...

class OfThree(Protocol[P, F_co, V_co]):
    """The derivative of a function of three numbers, with the same results as one of two."""

    @overload
    def __call__(self, x: Value, y: Value, z: Value, /, *args: P.args, **options: P.kwargs) -> V_co: ...
    @overload
    def __call__(self, x: Plain, y: Plain, z: Plain, /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(
        self, x: Number | Nested, y: Number | Nested, z: Number | Nested, /, *args: P.args, **options: P.kwargs
    ) -> Any: ...

class OfList(Protocol[P, F_co, V_co]):
    """The derivative of a function of a list: `F_co` at plain numbers, `V_co` if one is a Value."""

    @overload
    def __call__(self, xs: Sequence[Plain], /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(self, xs: Sequence[Number], /, *args: P.args, **options: P.kwargs) -> V_co: ...

class OfDict(Protocol[P, F_co, V_co]):
    """The derivative of a function of a dict: `F_co` at plain numbers, `V_co` if one is a Value."""

    @overload
    def __call__(self, xs: Mapping[str, Plain], /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(self, xs: Mapping[str, Number], /, *args: P.args, **options: P.kwargs) -> V_co: ...

class OfDictOfLists(Protocol[P, F_co, V_co]):
    """The derivative of a function of a dict of lists: `F_co` at plain numbers, `V_co` if one is a Value."""

    @overload
    def __call__(self, xs: Mapping[str, Sequence[Plain]], /, *args: P.args, **options: P.kwargs) -> F_co: ...
    @overload
    def __call__(self, xs: Mapping[str, Sequence[Number]], /, *args: P.args, **options: P.kwargs) -> V_co: ...

# What `compile` takes and returns. A compiled function takes plain numbers where the function takes Values, and returns
# plain numbers for the Values that the function returns.

Static: TypeAlias = str | int | Sequence[str | int]
"""Arguments by name or by position."""

OfValues: TypeAlias = (
    Callable[Concatenate[Input, ...], R]
    | Callable[Concatenate[list[Value], ...], R]
    | Callable[Concatenate[dict[str, Value], ...], R]
    | Callable[Concatenate[dict[str, list[Value]], ...], R]
)
"""A function whose first argument is declared as a Value, or as a container of Values."""

class Untyped:
    """A type that nothing has: only a function whose result is of an unknown type gives it."""

class CompiledFunction(Compiled, Generic[P, R]):
    """A compiled function, with the parameters and the result of the function that was compiled."""

    @overload
    def __call__(self, *args: P.args, **options: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, out: Any, **options: Any) -> Any: ...

class Compiling(Protocol):
    """What `compile` with options but without a function gives: a decorator."""

    @overload
    def __call__(self, function: Callable[P, Untyped], /) -> CompiledFunction[P, Any]: ...
    @overload
    def __call__(self, function: OfValues[Value], /) -> CompiledFunction[..., float]: ...
    @overload
    def __call__(self, function: OfValues[Any], /) -> CompiledFunction[..., Any]: ...
    @overload
    def __call__(self, function: Callable[P, Value], /) -> CompiledFunction[P, float]: ...
    @overload
    def __call__(self, function: Callable[P, list[Value]], /) -> CompiledFunction[P, list[float]]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> CompiledFunction[P, R]: ...
