"""Functions of functions: from `f` to its derivatives.

Nothing is stored on any Value: the derivative is what the new function returns. The new function takes and returns
numbers. Inside another differentiation it takes and returns Values, so `grad(grad(f))` is the second derivative, and a
gradient may depend on variables of the surrounding function.

A function may use Values from elsewhere, as a network uses its parameters. All functions here take `create_graph`,
which says what derivatives at plain numbers are then. With True they are Values, through which gradients flow to those
leaves; with False they are floats. By default they are floats, too, and a `GradientLossWarning` is given if the graph
holds a leaf that

* is older than the call, so that the function itself did not make it, and is not one of the numbers differentiated with
  respect to. A Value in another argument counts, and so does a leaf that the function made in an earlier call and kept;
* and is not frozen.

There is no warning inside `no_grad`. If a Value is among the numbers differentiated with respect to, or another
differentiation surrounds the call, results are Values whatever `create_graph` says.

All functions here work in the same way. `run.record` runs `f` on fresh variables. Then the graph is swept: from one
result down to the variables (`grad`, `vjp`), from the variables up to the results (`jvp`), or once for each of them
(`jacobian`). Arguments and results are trees (see `trees`), and so are derivatives: the derivative of a number has the
form of the argument, and the derivative of a tree is that tree with such a derivative in place of each number. The
shapes of arrays are joined: the jacobian of an array of shape `(m,)` with respect to one of shape `(n,)` is an array of
shape `(m, n)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, overload

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe
from autograd_core.transforms.run import (
    Run,
    any_value,
    as_arguments,
    only_number,
    record,
    recorded,
    to_number,
)
from autograd_core.transforms.sweeps import (
    as_array,
    assemble,
    gradient_of,
    gradients,
    gradients_forward,
    plain,
    tangents_of,
    weighted_gradient,
)
from autograd_core.transforms.trees import align, flatten, is_array, rebuild

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import (
        No,
        OfBoth,
        OfBothTwice,
        OfList,
        OfOne,
        OfTwo,
        OneValue,
        P,
        T,
        ThreeValues,
        TwoValues,
        ValuesInList,
    )

FEW_RESULTS: Final = 32
"""Up to this many results, a reverse sweep for each is faster than forward sweeps, whatever the shape of the jacobian.

A forward sweep in numbers first lays the graph out flat, which takes as long as 30 backward passes.
"""


@overload
def grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBoth, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[..., float, Value]: ...
@overload
def grad(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], float, Value]: ...
@overload
def grad(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[..., Any]: ...
@overload
def grad(
    f: TwoValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, float, Value]: ...
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
    f: Callable[Concatenate[T, P], Any], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, P], T]: ...
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
        OperandTypeError: if an argument holds something that is not a number, or `f` does not return one.
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

    @_of_function("grad", f)
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
def value_and_grad(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[..., Any]: ...
@overload
def value_and_grad(
    f: TwoValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, tuple[float, float], tuple[Value, Value]]: ...
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
    f: Callable[Concatenate[T, P], Any], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, P], tuple[float, T]]: ...
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

    @_of_function("value_and_grad", f)
    def value_and_gradient_of_f(*args: Any, **options: Any) -> tuple[Any, Any]:
        """The result and the gradient at these arguments."""
        run = record(f, args, options, argnums, has_aux, create_graph)
        root = only_number(run.result)
        gradient = gradient_of(run, root)
        value = run.lifted([root])[0] if run.nested else to_number(root)
        run.report_loss("value_and_grad")
        return (value, run.aux) if has_aux else value, gradient

    return value_and_gradient_of_f


@overload
def jacobian(
    f: OfBoth,
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfOne[..., Any, Any]: ...
@overload
def jacobian(
    f: TwoValues[P],
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfTwo[P, Any, Any]: ...
@overload
def jacobian(
    f: OneValue[P],
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfOne[P, Any, Any]: ...
@overload
def jacobian(
    f: ValuesInList[P],
    argnums: Literal[0] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfList[P, Any, Any]: ...
@overload
def jacobian(
    f: Callable[Concatenate[T, P], Any],
    argnums: Literal[0] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> Callable[Concatenate[T, P], Any]: ...
@overload
def jacobian(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: bool | None = None,
) -> Callable[..., Any]: ...
def jacobian(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: bool | None = None,
) -> Callable[..., Any]:
    """The function that gives the derivative of every result of `f` with respect to every number of an argument.

    Args:
        f: a function of numbers or trees of them that returns a number or a tree of them.
        argnums: the index of the argument to differentiate with respect to, or a tuple of indices, as for `grad`.
        has_aux: whether `f` returns a pair `(result, aux)`. The new function then returns `(jacobian, aux)`.
        mode: "reverse" sweeps once for each result, "forward" once for each number of the argument. By default the
            cheaper of the two: reverse if there are fewer results than numbers, or at most 32 results and derivatives
            are floats; else forward.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `grad`, with the same warning.

    The jacobian has the form of the result, with the form of the argument in place of each number: lists of shapes
    `(m,)` and `(n,)` give a list of `m` lists of `n`. Two arrays give one array with the shape of the result followed
    by the shape of the argument. If the argument is an array, a list of numbers as result counts as an array, so
    `scipy.optimize.least_squares(f, x0, jac=jacobian(f))` works.

    Raises:
        OperandTypeError: (when called) if an argument or the result holds something that is not a number.
        InputError: (when called) if there is no argument with an index of `argnums`; (at once) if there is no such
            mode.

    >>> jacobian(lambda p: [p[0] * p[1], p[0] + p[1], 3 * p[0]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0], [3.0, 0.0]]
    >>> jacobian(lambda r, s: {"area": r * s}, argnums=(0, 1))(2.0, 5.0)
    {'area': (5.0, 2.0)}
    """
    if mode not in (None, "forward", "reverse"):
        raise InputError(f'expected "forward", "reverse" or None as mode, got {describe(mode)}')

    @_of_function("jacobian", f)
    def jacobian_of_f(*args: Any, **options: Any) -> Any:
        """The jacobian at these arguments."""
        run = record(f, args, options, argnums, has_aux, create_graph)
        result = as_array(run.result) if is_array(run.point) else run.result
        roots = flatten(result, "the result")
        narrow = len(roots) < len(run.variables) or (len(roots) <= FEW_RESULTS and not run.nested)
        if mode == "reverse" or (mode is None and narrow):
            rows = gradients(roots, run.variables, run.nested, run)
        else:
            rows = gradients_forward(roots, run)
        matrix = assemble(result, run.point, [run.lifted(row) for row in rows])
        run.report_loss("jacobian")
        return (matrix, run.aux) if has_aux else matrix

    return jacobian_of_f


@overload
def hessian(
    f: OfBoth, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[..., float, Value]: ...
@overload
def hessian(  # type: ignore[overload-overlap]  # a function of Values and of numbers
    f: OfBothTwice, argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[[], float, Value]: ...
@overload
def hessian(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[..., Any]: ...
@overload
def hessian(
    f: TwoValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfTwo[P, float, Value]: ...
@overload
def hessian(
    f: OneValue[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfOne[P, float, Value]: ...
@overload
def hessian(
    f: ValuesInList[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfList[P, list[list[float]], list[list[Value]]]: ...
@overload
def hessian(
    f: Callable[Concatenate[T, P], Any], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> Callable[Concatenate[T, P], Any]: ...
@overload
def hessian(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., Any]: ...
def hessian(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., Any]:
    """The function that gives the second derivatives of `f`, symmetric to the last bit.

    The graph of the gradient is recorded once and swept once for each number of the gradient, up to the diagonal; the
    other triangle is copied. Arguments, errors and warnings are those of `grad`, except that leaves from elsewhere are
    looked for in the graph of the gradient. The form is that of `jacobian(grad(f))`: an argument of shape `(n,)` gives
    the shape `(n, n)`.

    >>> hessian(lambda p: p[0] ** 2 * p[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x * y, argnums=(0, 1))(3.0, 5.0)
    ((0.0, 1.0), (1.0, 0.0))
    """

    @_of_function("hessian", f)
    def hessian_of_f(*args: Any, **options: Any) -> Any:
        """The hessian at these arguments."""
        run = record(f, args, options, argnums, has_aux, create_graph)
        with recorded():
            entries = gradients([only_number(run.result)], run.variables, True)[0]
        rows = [gradients([entry], run.variables[: i + 1], run.nested)[0] for i, entry in enumerate(entries)]
        lower = [run.lifted(row) for row in rows]
        run.look_for_loss(entries)
        run.report_loss("hessian")
        count = range(len(lower))
        matrix = assemble(run.point, run.point, [[lower[max(i, j)][min(i, j)] for j in count] for i in count])
        return (matrix, run.aux) if has_aux else matrix

    return hessian_of_f


@overload
def jvp(
    f: Callable[..., T],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> tuple[T, T]: ...
@overload
def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Any: ...
def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Any:
    """The result of `f` and its tangent, the derivative along a direction (forward mode).

    Args:
        f: a function of numbers or trees of them that returns a number or a tree of them.
        primals: the arguments, a tuple or list of them.
        tangents: for each argument the direction in which it moves, of the form of the argument.
        has_aux: whether `f` returns a pair `(result, aux)`. Then `aux` is returned as a third result.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `grad`, with the same warning. If
            only the tangents hold Values, the tangent of the result is made of Values in any case.

    Returns:
        The pair `(result, tangent)`; the tangent, jacobian times tangents, has the form of the result.

    Raises:
        ShapeError: if the tangents have another form than the primals; the message says where.
        OperandTypeError: if an argument or the result holds something that is not a number.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.5))
    (12.0, 5.5)
    """
    run, roots, moved, _ = _pushed(f, primals, tangents, has_aux, create_graph)
    run.look_for_loss(roots)
    run.report_loss("jvp")
    pair = run.converted(roots), rebuild(run.result, moved)
    return (*pair, run.aux) if has_aux else pair


@overload
def vjp(
    f: Callable[..., T], *primals: Any, has_aux: No = False, create_graph: No | None = None
) -> tuple[T, Callable[[T], tuple[Any, ...]]]: ...
@overload
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False, create_graph: bool | None = None) -> Any: ...
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False, create_graph: bool | None = None) -> Any:
    """The result of `f`, and the function from a cotangent of the result to gradients of the arguments (reverse mode).

    Args:
        f: a function of numbers or trees of them that returns a number or a tree of them.
        primals: the arguments.
        has_aux: whether `f` returns a pair `(result, aux)`. Then `aux` is returned as a third result.
        create_graph: what the results of `vjp` and of the pullback are if `f` uses Values from elsewhere, as for
            `grad`. The warning is given by `vjp`, whose result is a float already.

    Returns:
        The pair `(result, pullback)`. `pullback(cotangent)` takes a weight for each number of the result, in the form
        of the result, and returns a tuple: for each argument the gradient of the weighted sum. Each call sweeps the
        recorded graph; `f` is not run again.

    Raises:
        OperandTypeError: if an argument or the result holds something that is not a number.
        ShapeError: (by the pullback) if the cotangent has another form than the result; the message says where.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([12.0, 7.0], (4.0, 3.0), (1.0, 1.0))
    """
    run = record(f, primals, {}, tuple(range(len(primals))), has_aux, create_graph)
    roots = flatten(run.result, "the result")
    form = run.result

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        """The gradient of the result, weighted with a cotangent of its form, for each argument."""
        weights = align(form, cotangent, "the cotangent", "the result")
        numbers = weighted_gradient(roots, plain(weights), run.variables, run.nested)
        gradient: tuple[Any, ...] = rebuild(run.point, run.lifted(numbers))
        return gradient

    run.look_for_loss(roots)
    run.report_loss("vjp")
    value = run.converted(roots)
    return (value, pullback, run.aux) if has_aux else (value, pullback)


def hvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, create_graph: bool | None = None
) -> tuple[Any, ...]:
    """The hessian of `f` times a vector, without the hessian, at a small multiple of the cost of `f`.

    Args:
        f: a function of numbers or trees of them that returns one number.
        primals: the arguments, a tuple or list of them.
        tangents: the vector, as a tuple or list: for each argument a direction of the form of the argument.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `hessian`, with the same warning.

    Returns:
        A tuple: for each argument the part of the product that belongs to it, of the form of the argument.

    Raises:
        ShapeError: if the tangents have another form than the primals; the message says where.
        OperandTypeError: if an argument holds something that is not a number, or `f` does not return one number.

    SciPy's minimisers take it as `hessp=lambda x, v: hvp(f, (x,), (v,))[0]`.

    >>> hvp(lambda p: p[0] ** 2 * p[1], ([3.0, 5.0],), ([1.0, 0.0],))
    ([10.0, 6.0],)
    """
    everywhere = tuple(range(len(as_arguments(primals, "primals"))))
    run, roots, moved, nested = _pushed(grad(f, everywhere), primals, tangents, False, create_graph)
    if not nested:
        run.look_for_loss(roots)
        run.report_loss("hvp")
    product: tuple[Any, ...] = rebuild(run.result, moved)
    return product


def _of_function(derivative: str, f: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for the derivative of `f`, which gets the name and the signature of `f`."""
    if not callable(f):
        way_out = "y.backward() gives the gradients of a Value y" if isinstance(f, Value) else "write a lambda or a def"
        raise OperandTypeError(f"{derivative} expected a function of numbers, got {describe(f)}; {way_out}")
    return wraps(f)


def _pushed(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool,
    create_graph: bool | None,
) -> tuple[Run, list[Any], list[Any], bool]:
    """The call of a function, the numbers of its result, their tangents, and whether the tangents are Values."""
    args = as_arguments(primals, "primals")
    direction = align(args, as_arguments(tangents, "tangents"), "tangents", "the primals")
    run = record(f, args, {}, tuple(range(len(args))), has_aux, create_graph)
    roots = flatten(run.result, "the result")
    nested = run.nested or any_value(direction)
    moved = tangents_of(roots, run.variables, [plain(direction)], nested)[0]
    return run, roots, run.lifted(moved), nested
