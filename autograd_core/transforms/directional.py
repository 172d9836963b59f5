"""Derivatives along a direction: `jvp`, `vjp` and `hvp`, which work as `functional` says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

from autograd_core.transforms.functional import grad
from autograd_core.transforms.run import Run, any_value, as_arguments, check_function, record
from autograd_core.transforms.sweeps import plain, tangents_of, weighted_gradient
from autograd_core.transforms.trees import align, flatten, rebuild

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import No, Plain, T, Tree


@overload
def jvp(
    f: Callable[..., Value],
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> tuple[float, float]: ...
@overload
def jvp(
    f: Callable[..., list[Value]],
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> tuple[list[float], list[float]]: ...
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
    check_function("jvp", f)
    run, roots, moved, _ = _pushed(f, primals, tangents, has_aux, create_graph)
    run.look_for_loss(roots)
    run.report_loss("jvp")
    pair = run.converted(roots), rebuild(run.result, moved)
    return (*pair, run.aux) if has_aux else pair


@overload
def vjp(
    f: Callable[..., Value], *primals: Tree, has_aux: No = False, create_graph: No | None = None
) -> tuple[float, Callable[[Plain], tuple[Any, ...]]]: ...
@overload
def vjp(
    f: Callable[..., list[Value]], *primals: Tree, has_aux: No = False, create_graph: No | None = None
) -> tuple[list[float], Callable[[Sequence[Plain]], tuple[Any, ...]]]: ...
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
    check_function("vjp", f)
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
    check_function("hvp", f)
    everywhere = tuple(range(len(as_arguments(primals, "primals"))))
    run, roots, moved, nested = _pushed(grad(f, everywhere), primals, tangents, False, create_graph)
    if not nested:
        run.look_for_loss(roots)
        run.report_loss("hvp")
    product: tuple[Any, ...] = rebuild(run.result, moved)
    return product


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
