"""Functions of functions: from `f` to its derivatives.

`grad` and `value_and_grad` are here, `jacobian` and `hessian` in `matrices`, `jvp`, `vjp` and `hvp` in `directional`.

Nothing is stored on any Value: the derivative is what the new function returns. The new function takes and returns
numbers. Inside another differentiation it takes and returns Values, so `grad(grad(f))` is the second derivative, and a
gradient may depend on variables of the surrounding function.

A function may use Values from elsewhere, as a network uses its parameters. All these functions take `create_graph`,
which says what derivatives at plain numbers are then. With True they are Values, through which gradients flow to those
leaves; with False they are floats. By default they are floats, too, and a `GradientLossWarning` is given if the graph
holds a leaf that

* is older than the call, so that the function itself did not make it, and is not one of the numbers differentiated with
  respect to. A Value in another argument counts, and so does a leaf that the function made in an earlier call and kept;
* and is not frozen.

There is no warning inside `no_grad`. If a Value is among the numbers differentiated with respect to, or another
differentiation surrounds the call, results are Values whatever `create_graph` says.

All these functions work in the same way. `run.record` runs `f` on fresh variables. Then the graph is swept: from one
result down to the variables (`grad`, `vjp`), from the variables up to the results (`jvp`), or once for each of them
(`jacobian`). Arguments and results are trees (see `trees`), and so are derivatives: the derivative of a number has the
form of the argument, and the derivative of a tree is that tree with such a derivative in place of each number. The
shapes of arrays are joined: the jacobian of an array of shape `(m,)` with respect to one of shape `(n,)` is an array of
shape `(m, n)`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, overload

from autograd_core.graph.value import Value
from autograd_core.transforms.run import check_function, only_number, record, to_number
from autograd_core.transforms.sweeps import gradient_of

if TYPE_CHECKING:
    from autograd_core.types import (
        DictAndValue,
        FourValues,
        ListAndValue,
        ListsInDict,
        No,
        OfBoth,
        OfBothTwice,
        OfDict,
        OfDictOfLists,
        OfList,
        OfOne,
        OfThree,
        OfTwo,
        OneValue,
        P,
        Pair,
        T,
        ThreeValues,
        Triple,
        TwoValues,
        U,
        ValuesInDict,
        ValuesInList,
    )


@overload
def grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBoth, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[..., float, Value]: ...
@overload
def grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], float, Value]: ...
@overload
def grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], tuple[float, float], tuple[Value, Value]]: ...
@overload
def grad(
    f: FourValues[P] | ListAndValue[P] | DictAndValue[P],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> Callable[..., Any]: ...
@overload
def grad(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfThree[P, float, Value]: ...
@overload
def grad(
    f: ThreeValues[P], argnums: Triple, *, has_aux: No = False, create_graph: No | None = None
) -> OfThree[P, tuple[float, float, float], tuple[Value, Value, Value]]: ...
@overload
def grad(
    f: TwoValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, float, Value]: ...
@overload
def grad(
    f: TwoValues[P], argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, tuple[float, float], tuple[Value, Value]]: ...
@overload
def grad(
    f: OneValue[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[P, float, Value]: ...
@overload
def grad(
    f: ValuesInList[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfList[P, list[float], list[Value]]: ...
@overload
def grad(
    f: ValuesInDict[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfDict[P, dict[str, float], dict[str, Value]]: ...
@overload
def grad(
    f: ListsInDict[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfDictOfLists[P, dict[str, list[float]], dict[str, list[Value]]]: ...
@overload
def grad(
    f: Callable[Concatenate[T, P], Any], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, P], T]: ...
@overload
def grad(
    f: Callable[Concatenate[Any, T, P], Any],
    argnums: Literal[1],
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> Callable[Concatenate[Any, T, P], T]: ...
@overload
def grad(
    f: Callable[Concatenate[T, U, P], Any], argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, U, P], tuple[T, U]]: ...
@overload
def grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., Any]: ...
def grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., Any]:
    """The function that gives the gradient of `f`.

    Args:
        f: a function of numbers, or of trees of them (lists, tuples, dicts, dataclasses and numpy arrays to any
            depth), that returns one number.
        argnums: the index of the argument to differentiate with respect to, or a tuple of indices. An int gives a
            gradient of the form of that argument, a tuple gives a tuple of gradients. The gradient of an array is an
            array of 64-bit floats of the same shape; inside `f` the argument is an array of Values. By default 0, as
            most functions are differentiated with respect to their first argument.
        has_aux: whether `f` returns a pair `(number, aux)`. The new function then returns `(gradient, aux)`. `aux` is
            anything that is not differentiated; Values in it become numbers.
        create_graph: what the results at plain numbers are if `f` uses Values from elsewhere. With True every number
            of the results is a Value that depends on them; with False it is a float. By default it is a float, with a
            warning, because floats are what most callers need. The docstring of this module says what counts.

    Raises (when called):
        OperandTypeError: if an argument holds something that is not a number, `f` does not return one, or an
            index of `argnums` is not an int.
        InputError: if there is no argument with an index of `argnums`, or an index occurs in it twice.

    Warns (when called):
        GradientLossWarning: if the results are floats although they depend on Values from elsewhere.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 5.0)
    {'w': 5.0, 'b': 1.0}

    A network whose derivative is part of its loss, as in physics-informed networks:

    >>> from autograd_core import Value
    >>> w = Value(3.0)
    >>> def u(x):
    ...     return w * x * x
    >>> loss = (grad(u, create_graph=True)(2.0) - 5) ** 2 + u(1.0)
    >>> loss.backward()
    >>> w.grad
    57.0
    """

    @of_function("grad", f)
    def gradient_of_f(*args: Any, **options: Any) -> Any:
        """The gradient at these arguments."""
        run = record(f, args, options, argnums, has_aux, create_graph)
        gradient = gradient_of(run, only_number(run.result))
        run.report_loss("grad")
        return (gradient, run.aux) if has_aux else gradient

    return gradient_of_f


@overload
def value_and_grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBoth, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[..., tuple[float, float], tuple[Value, Value]]: ...
@overload
def value_and_grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], tuple[float, float], tuple[Value, Value]]: ...
@overload
def value_and_grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], tuple[float, tuple[float, float]], tuple[Value, tuple[Value, Value]]]: ...
@overload
def value_and_grad(
    f: FourValues[P] | ListAndValue[P] | DictAndValue[P],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> Callable[..., Any]: ...
@overload
def value_and_grad(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfThree[P, tuple[float, float], tuple[Value, Value]]: ...
@overload
def value_and_grad(
    f: ThreeValues[P], argnums: Triple, *, has_aux: No = False, create_graph: No | None = None
) -> OfThree[P, tuple[float, tuple[float, float, float]], tuple[Value, tuple[Value, Value, Value]]]: ...
@overload
def value_and_grad(
    f: TwoValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, tuple[float, float], tuple[Value, Value]]: ...
@overload
def value_and_grad(
    f: TwoValues[P], argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, tuple[float, tuple[float, float]], tuple[Value, tuple[Value, Value]]]: ...
@overload
def value_and_grad(
    f: OneValue[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[P, tuple[float, float], tuple[Value, Value]]: ...
@overload
def value_and_grad(
    f: ValuesInList[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfList[P, tuple[float, list[float]], tuple[Value, list[Value]]]: ...
@overload
def value_and_grad(
    f: ValuesInDict[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfDict[P, tuple[float, dict[str, float]], tuple[Value, dict[str, Value]]]: ...
@overload
def value_and_grad(
    f: ListsInDict[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfDictOfLists[P, tuple[float, dict[str, list[float]]], tuple[Value, dict[str, list[Value]]]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[T, P], Any], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, P], tuple[float, T]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[Any, T, P], Any],
    argnums: Literal[1],
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> Callable[Concatenate[Any, T, P], tuple[float, T]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[T, U, P], Any], argnums: Pair, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, U, P], tuple[float, tuple[T, U]]]: ...
@overload
def value_and_grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., tuple[Any, Any]]: ...
def value_and_grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., tuple[Any, Any]]:
    """The function that gives the result of `f` and its gradient, at the cost of one forward and one backward pass.

    Arguments, errors and warnings are those of `grad`. With `has_aux` it returns `((value, aux), gradient)`. SciPy
    takes it directly: `scipy.optimize.minimize(value_and_grad(f), x0, jac=True)`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """

    @of_function("value_and_grad", f)
    def value_and_gradient_of_f(*args: Any, **options: Any) -> tuple[Any, Any]:
        """The result and the gradient at these arguments."""
        run = record(f, args, options, argnums, has_aux, create_graph)
        root = only_number(run.result)
        gradient = gradient_of(run, root)
        value = run.lifted([root])[0] if run.nested else to_number(root)
        run.report_loss("value_and_grad")
        return (value, run.aux) if has_aux else value, gradient

    return value_and_gradient_of_f


def of_function(derivative: str, f: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for the derivative of `f`, which gets the name and the signature of `f`."""
    check_function(derivative, f)
    return wraps(f)
