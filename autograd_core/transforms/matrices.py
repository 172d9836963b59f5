"""Matrices of derivatives: `jacobian` and `hessian`, which work as `functional` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Final, Literal, overload

from autograd_core.errors import InputError
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe
from autograd_core.transforms.functional import of_function
from autograd_core.transforms.run import only_number, record, recorded
from autograd_core.transforms.sweeps import as_array, assemble, gradients, gradients_forward
from autograd_core.transforms.trees import flatten, is_array

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import (
        DictAndValue,
        FourValues,
        Input,
        ListAndValue,
        No,
        OfBoth,
        OfBothTwice,
        OfDict,
        OfList,
        OfOne,
        OfThree,
        OfTwo,
        OneValue,
        P,
        Pair,
        T,
        ThreeValues,
        TwoValues,
        ValuesInDict,
        ValuesInList,
    )

FEW_RESULTS: Final = 32
"""Up to this many results, a reverse sweep for each is faster than forward sweeps, whatever the shape of the jacobian.

A forward sweep in numbers first lays the graph out flat, which takes as long as 30 backward passes.
"""


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
    f: FourValues[P] | ThreeValues[P] | ListAndValue[P] | DictAndValue[P],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> Callable[..., Any]: ...
@overload
def jacobian(
    f: Callable[Concatenate[Input, Input, P], list[Value]],
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfTwo[P, list[float], list[Value]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[Input, Input, P], list[Value]],
    argnums: Pair,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfTwo[P, list[tuple[float, float]], list[tuple[Value, Value]]]: ...
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
    f: Callable[Concatenate[Input, P], Value],
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfOne[P, float, Value]: ...
@overload
def jacobian(
    f: Callable[Concatenate[Input, P], list[Value]],
    argnums: int = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfOne[P, list[float], list[Value]]: ...
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
    f: Callable[Concatenate[list[Value], P], Value],
    argnums: Literal[0] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfList[P, list[float], list[Value]]: ...
@overload
def jacobian(
    f: Callable[Concatenate[list[Value], P], list[Value]],
    argnums: Literal[0] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> OfList[P, list[list[float]], list[list[Value]]]: ...
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
    f: Callable[Concatenate[list[float], P], list[float]],
    argnums: Literal[0] = 0,
    *,
    has_aux: No = False,
    mode: Literal["forward", "reverse"] | None = None,
    create_graph: No | None = None,
) -> Callable[Concatenate[list[float], P], list[list[float]]]: ...
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

    @of_function("jacobian", f)
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
    f: FourValues[P] | ListAndValue[P] | DictAndValue[P],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: No = False,
    create_graph: No | None = None,
) -> Callable[..., Any]: ...
@overload
def hessian(
    f: ThreeValues[P], argnums: int = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfThree[P, float, Value]: ...
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
    f: ValuesInDict[P], argnums: Literal[0] = 0, *, has_aux: No = False, create_graph: No | None = None
) -> OfDict[P, dict[str, dict[str, float]], dict[str, dict[str, Value]]]: ...
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

    @of_function("hessian", f)
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
