"""A call of a function on fresh variables: the first step of every transform.

`record` replaces each number to differentiate with respect to by a fresh variable, runs the function, and keeps the
result in a `Run`. A `Run` also knows in which form the caller gets results: as floats, or as Values if another
differentiation surrounds this one or the caller asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Final, NamedTuple
from weakref import ReferenceType, ref

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph import sweep
from autograd_core.graph.blocks import is_recording
from autograd_core.graph.modes import enable_grad
from autograd_core.graph.node import Node, new_era
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.transforms.closures import warn_of_loss
from autograd_core.transforms.trees import flatten, is_array, rebuild, strip


class _Differentiation:
    """The mark of one call of a function that is being differentiated. It lives as long as the call."""


_differentiating: Final[ContextVar[tuple[ReferenceType[_Differentiation], ...]]] = ContextVar(
    "differentiating", default=()
)


class Run(NamedTuple):
    """A call of a function on fresh variables.

    Attributes:
        point: what is differentiated with respect to: an argument, or a tuple of them.
        variables: the leaves of the point, as `f` saw them.
        result: what `f` returned.
        aux: the auxiliary output, if `f` has one.
        nested: whether derivatives are Values, because another differentiation surrounds this one or the caller asks
            for them.
        lifts: whether constants in the results are Values, too.
        era: the stamp of leaves made during the call. Leaves with a smaller stamp come from elsewhere. 0.0 if the
            caller gets no warning about them.
        older: the leaves from elsewhere that were found so far.
        f: the function, for messages.
        args: the arguments of `f`, for messages.
    """

    point: Any
    variables: list[Any]
    result: Any
    aux: Any
    nested: bool
    lifts: bool
    era: float
    older: list[Node]
    f: Callable[..., Any]
    args: Sequence[Any]

    def lifted(self, numbers: list[Any]) -> list[Any]:
        """The numbers, constants among them as Values if the caller asked for Values."""
        return [x if isinstance(x, Recorder) else Value(x) for x in numbers] if self.lifts else numbers

    def converted(self, roots: Sequence[Any]) -> Any:
        """The result of the function: as floats, unless another differentiation surrounds this one."""
        if self.nested and not self.lifts:
            return self.result
        return rebuild(self.result, self.lifted(list(roots)) if self.lifts else map(to_number, roots))

    def look_for_loss(self, roots: Sequence[Any]) -> None:
        """Look for leaves below the roots on which results depend, although they are floats."""
        if self.era:
            self.older.extend(sweep.older_leaves(roots, self.era))

    def report_loss(self, derivative: str) -> None:
        """Warn if such leaves were found; `derivative` is the name of the transform that the caller used."""
        if self.older:
            warn_of_loss(derivative, self.f, self.args, self.older)


def record(
    f: Callable[..., Any],
    args: Sequence[Any],
    options: dict[str, Any],
    argnums: int | tuple[int, ...],
    has_aux: bool,
    create_graph: bool | None,
) -> Run:
    """The call `f(*args, **options)`, with a fresh variable for each number of the arguments in `argnums`.

    Raises:
        OperandTypeError: if an argument holds something that is not a number, an index is not an int, or `has_aux` is
            set and `f` does not return a pair.
        InputError: if there is no argument at an index, or an index occurs twice in `argnums`.
    """
    indices = _indices(argnums, len(args))
    leaves = [leaf for i in indices for leaf in flatten(args[i], f"argument {i}")]
    surrounding = tuple(mark for mark in _differentiating.get() if mark() is not None)
    nested = bool(surrounding) or any_value(leaves)
    era = new_era() if create_graph is None and not nested and is_recording() else 0.0
    nested = nested or bool(create_graph)
    variables = [_variable(leaf) for leaf in leaves]
    inputs = list(args)
    rest = iter(variables)
    for i in indices:
        inputs[i] = rebuild(args[i], rest)
    own = _Differentiation()  # only weakly referenced: it ends with this call, even if an interrupt skips the reset
    try:
        _differentiating.set((*surrounding, ref(own)))
        with recorded():
            result = f(*inputs, **options)
    finally:
        _differentiating.set(surrounding)
    aux = None
    if has_aux:
        result, aux = _split(result)
        aux = aux if nested else strip(aux, to_number)
    point = args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in indices)
    return Run(point, variables, result, aux, nested, bool(create_graph), era, [], f, args)


def check_function(derivative: str, f: Any) -> None:
    """Raise `OperandTypeError` unless `f` can be called; `derivative` is the name of the transform of the user."""
    if not callable(f):
        way_out = "y.backward() gives the gradients of a Value y" if isinstance(f, Value) else "write a lambda or a def"
        raise OperandTypeError(f"{derivative} expected a function of numbers, got {describe(f)}; {way_out}")


def _indices(argnums: Any, count: int) -> list[int]:
    """The indices of the arguments, checked and counted from the front."""
    given = tuple(argnums) if isinstance(argnums, Iterable) else (argnums,)
    if not isinstance(argnums, int | Iterable) or not all(hasattr(i, "__index__") for i in given):
        raise OperandTypeError(
            f"expected as argnums the index of an argument as an int, or a tuple of such ints, got {describe(argnums)}"
        )
    for i in given:
        if not -count <= i < count:
            raise InputError(
                f"expected an argument with index {i} to differentiate with respect to, got {count} arguments"
            )
    indices = [i % count for i in given]
    if len(set(indices)) < len(indices):
        raise InputError(f"expected every index once in argnums, got {given} for {count} arguments")
    return indices


def _variable(x: Any) -> Value:
    # A Value gets a node of its own, because `f` may also use the same Value from elsewhere, which does not count.
    return +x if is_connected(x) else Value(x)


def recorded() -> AbstractContextManager[None]:
    """A block in which operations are recorded, even inside `no_grad`."""
    # Operations are slower in any mode, so none is entered where operations are recorded anyway.
    return nullcontext() if is_recording() else enable_grad()


def _split(result: Any) -> tuple[Any, Any]:
    if isinstance(result, tuple) and len(result) == 2:
        return result
    raise OperandTypeError(
        f"expected the function to return a pair (result, aux), as has_aux=True says, got {describe(result)}"
    )


def any_value(leaves: Sequence[Any]) -> bool:
    """Whether any of the numbers is a Value."""
    return any(is_connected(x) for x in leaves)


def is_connected(x: Any) -> bool:
    """Whether gradients pass through a number: it is a Value, or stands for one in a program."""
    return isinstance(x, Recorder) and not x.is_constant()


def as_arguments(trees: Any, name: str) -> tuple[Any, ...]:
    """The arguments as a tuple; `name` is the name of the parameter, for the message of the error."""
    if isinstance(trees, (tuple, list)):
        return tuple(trees)
    raise OperandTypeError(
        f"expected the {name} as a tuple with one entry for each argument, got {describe(trees)}; write (x,) for one"
    )


def to_number(x: Any) -> Any:
    """The number of a Value, or a number as a float."""
    return x.detached() if isinstance(x, Recorder) else to_float(x)


def only_number(result: Any) -> Any:
    """The result of a function that must return one number, as a Value or a float."""
    root = result.item() if is_array(result) and result.shape == () else result
    if isinstance(root, Recorder):
        return root
    if is_number(root):
        return to_float(root)
    way_out = "; jacobian differentiates several numbers, grad their sum" if isinstance(result, list | tuple) else ""
    raise OperandTypeError(f"expected the function to return one number, got {describe(result)}{way_out}")
