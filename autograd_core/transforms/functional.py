"""Functions of functions: from `f` to its derivatives.

Nothing is stored on any Value here: the derivative is what the new function returns. The new function takes
numbers and gives numbers. Inside another differentiation it takes and gives Values, so `grad(grad(f))`
is the second derivative, and a gradient may depend on variables of the surrounding function.

A function may use Values from elsewhere, as a network uses its parameters. What its derivatives at plain numbers are
to be is said by `create_graph`, of which all of these functions know: with True Values, through which gradients flow to
those leaves; with False floats. By default floats, too, with a `GradientLossWarning` if the graph holds a leaf

* that is older than the call: it was not made by the function itself, and is none of the numbers differentiated with
  respect to. A Value in an argument at another position counts, and so does a leaf that the function made in an
  earlier call and has kept;
* and that is not frozen.

There is no warning inside `no_grad`. If there is a Value among the numbers differentiated with respect to, or another
differentiation goes on around, results are Values as ever, whatever `create_graph` says.

Everything here is one thing seen from several sides. `_record` runs `f` on fresh variables; then the graph
is swept: from one result down to the variables (`grad`, `vjp`), or from the variables up to the results (`jvp`),
or once for each of them (`jacobian`). Arguments and results are trees (see `trees`), and so are derivatives: the
derivative of a number has the form of the argument, and the derivative of a tree is that tree with such a
derivative in the place of each number. Between arrays the shapes are joined: the jacobian of an array of
shape `(m,)` with respect to one of shape `(n,)` is an array of shape `(m, n)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import cache, wraps
from itertools import islice
from typing import Any, Final, Literal, NamedTuple
from weakref import ReferenceType, ref

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph import chain_rule, contributions, sweep, tangents
from autograd_core.graph.modes import enable_grad, is_detecting, is_recording
from autograd_core.graph.node import Node, new_era
from autograd_core.graph.value import Value
from autograd_core.numerics.number import describe, is_number, to_float
from autograd_core.transforms.closures import warn_of_loss
from autograd_core.transforms.trees import align, blocks, flatten, is_array, rebuild, replace, shape_of, shaped, strip

FEW: Final = 32
"""As many results are swept back one by one whatever the shape, if derivatives are numbers: a forward sweep in numbers
lays the graph out first, and that takes as long as 30 backward passes."""


class _Differentiation:
    """One call of a function that is being differentiated; a mark that lives as long as the call."""


_differentiating: Final[ContextVar[tuple[ReferenceType[_Differentiation], ...]]] = ContextVar(
    "differentiating", default=()
)


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
        argnums: the positions of the arguments to differentiate with respect to. An int gives a gradient of
            the form of that argument, a tuple gives a tuple of them. An array gives an array of the same shape,
            of 64-bit floats; inside `f` it is an array of Values.
        has_aux: `f` returns a pair `(number, aux)`, and the new function `(gradient, aux)`. `aux` is anything that
            is not to be differentiated; Values in it come back as numbers.
        create_graph: what the results at plain numbers are if `f` uses Values from elsewhere: True for Values that
            depend on them, and then every number of the results is a Value; False for floats; by default floats with
            a warning. The docstring of this module says what counts.

    Raises (when called):
        OperandTypeError: if an argument holds something that is no number, or `f` does not return one.
        InputError: if there is no argument at a position, or a position stands twice in `argnums`.

    Warns (when called):
        GradientLossWarning: if the results are floats although they depend on Values from elsewhere.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 5.0)
    {'w': 5.0, 'b': 1.0}

    A network whose slope stands in its loss, as in physics-informed networks:

    >>> from autograd_core import Value
    >>> w = Value(3.0)
    >>> def u(x):
    ...     return w * x * x
    >>> loss = (grad(u, create_graph=True)(2.0) - 5) ** 2 + u(1.0)
    >>> loss.backward()
    >>> w.grad
    57.0
    """

    @wraps(f)
    def gradient_of_f(*args: Any, **options: Any) -> Any:
        run = _record(f, args, options, argnums, has_aux, create_graph)
        gradient = _gradient(run, _only_number(run.result))
        _warn_of_loss(run, "grad")
        return (gradient, run.aux) if has_aux else gradient

    return gradient_of_f


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., tuple[Any, Any]]:
    """The function that gives the result of `f` and its gradient, for the price of one forward and one backward pass.

    Arguments, errors and warnings are those of `grad`; with `has_aux` it gives `((value, aux), gradient)`. For
    `scipy.optimize.minimize(value_and_grad(f), x0, jac=True)` it is what it has to be.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """

    @wraps(f)
    def value_and_gradient_of_f(*args: Any, **options: Any) -> tuple[Any, Any]:
        run = _record(f, args, options, argnums, has_aux, create_graph)
        root = _only_number(run.result)
        gradient = _gradient(run, root)
        value = _lifted(run, [root])[0] if run.nested else _to_number(root)
        _warn_of_loss(run, "value_and_grad")
        return (value, run.aux) if has_aux else value, gradient

    return value_and_gradient_of_f


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
        argnums: the positions of the arguments to differentiate with respect to, as for `grad`.
        has_aux: `f` returns a pair `(result, aux)`, and the new function `(jacobian, aux)`.
        mode: "reverse" sweeps once for each result, "forward" once for each number of the argument. By default
            reverse if there are fewer results than those, or only few, else forward.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `grad`, which warns likewise.

    The jacobian has the form of the result, with the form of the argument in the place of each number: lists of
    shapes `(m,)` and `(n,)` give a list of `m` lists of `n`. Two arrays give one array with the shape of the
    result followed by the shape of the argument. A list of numbers that is returned for an array counts as an
    array, so `scipy.optimize.least_squares(f, x0, jac=jacobian(f))` works as it is.

    Raises:
        OperandTypeError: (when called) if an argument or the result holds something that is no number.
        InputError: (when called) if there is no argument at a position; (at once) if there is no such mode.

    >>> jacobian(lambda p: [p[0] * p[1], p[0] + p[1], 3 * p[0]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0], [3.0, 0.0]]
    >>> jacobian(lambda r, s: {"area": r * s}, argnums=(0, 1))(2.0, 5.0)
    {'area': (5.0, 2.0)}
    """
    if mode not in (None, "forward", "reverse"):
        raise InputError(f'expected "forward", "reverse" or None as mode, got {describe(mode)}')

    @wraps(f)
    def jacobian_of_f(*args: Any, **options: Any) -> Any:
        run = _record(f, args, options, argnums, has_aux, create_graph)
        result = _as_array(run.result) if is_array(run.point) else run.result
        roots = flatten(result, "the result")
        narrow = len(roots) < len(run.variables) or (len(roots) <= FEW and not run.nested)
        if mode == "reverse" or (mode is None and narrow):
            rows = _gradients(roots, run.variables, run.nested, run)
        else:
            rows = _gradients_forward(roots, run)
        matrix = _assemble(result, run.point, [_lifted(run, row) for row in rows])
        _warn_of_loss(run, "jacobian")
        return (matrix, run.aux) if has_aux else matrix

    return jacobian_of_f


def hessian(
    f: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Callable[..., Any]:
    """The function that gives the second derivatives of `f`, symmetric to the last bit.

    The graph of the gradient is recorded once and swept once for each of its numbers, each time only as far as
    the diagonal; the other triangle is the same numbers again. Arguments, errors and warnings are those of `grad`,
    but that leaves are looked for in the graph of the gradient. The form is that of `jacobian(grad(f))`: an argument of
    shape `(n,)` gives the shape `(n, n)`.

    >>> hessian(lambda p: p[0] ** 2 * p[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x * y, argnums=(0, 1))(3.0, 5.0)
    ((0.0, 1.0), (1.0, 0.0))
    """

    @wraps(f)
    def hessian_of_f(*args: Any, **options: Any) -> Any:
        run = _record(f, args, options, argnums, has_aux, create_graph)
        with _recorded():
            slopes = _gradients([_only_number(run.result)], run.variables, True)[0]
        rows = [_gradients([slope], run.variables[: i + 1], run.nested)[0] for i, slope in enumerate(slopes)]
        lower = [_lifted(run, row) for row in rows]
        _look_for_loss(run, slopes)
        _warn_of_loss(run, "hessian")
        count = range(len(lower))
        matrix = _assemble(run.point, run.point, [[lower[max(i, j)][min(i, j)] for j in count] for i in count])
        return (matrix, run.aux) if has_aux else matrix

    return hessian_of_f


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    create_graph: bool | None = None,
) -> Any:
    """The result of `f`, and its tangent: how fast it changes while the arguments move (forward mode).

    Args:
        f: a function of numbers or trees of them that returns a number or a tree of them.
        primals: the arguments, a tuple or list of them.
        tangents: for each argument the direction and speed in which it moves, of the same form.
        has_aux: `f` returns a pair `(result, aux)`, and the third result is `aux`.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `grad`, which warns likewise.
            If there are Values in the tangents only, the tangent of the result is made of Values in any case.

    Returns:
        The pair `(result, tangent)`; the tangent, jacobian times tangents, has the form of the result.

    Raises:
        ShapeError: if the tangents have another form than the primals; the message names the place.
        OperandTypeError: if an argument or the result holds something that is no number.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.5))
    (12.0, 5.5)
    """
    run, roots, moved, _ = _pushed(f, primals, tangents, has_aux, create_graph)
    _look_for_loss(run, roots)
    _warn_of_loss(run, "jvp")
    pair = _result(run, roots), rebuild(run.result, moved)
    return (*pair, run.aux) if has_aux else pair


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False, create_graph: bool | None = None) -> Any:
    """The result of `f`, and the function that pulls a cotangent of it back to the arguments (reverse mode).

    Args:
        f: a function of numbers or trees of them that returns a number or a tree of them.
        primals: the arguments.
        has_aux: `f` returns a pair `(result, aux)`, and the third result is `aux`.
        create_graph: what the results, also of the pullback, are if `f` uses Values from elsewhere, as for `grad`;
            the warning comes at once, for the result is a float already.

    Returns:
        The pair `(result, pullback)`. `pullback(cotangent)` takes a weight for each number of the result, in the
        form of the result, and gives a tuple: for each argument the gradient of the weighted sum. It may be called
        any number of times; `f` is not run again.

    Raises:
        OperandTypeError: if an argument or the result holds something that is no number.
        ShapeError: (by the pullback) if the cotangent has another form than the result; the message names the place.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([12.0, 7.0], (4.0, 3.0), (1.0, 1.0))
    """
    run = _record(f, primals, {}, tuple(range(len(primals))), has_aux, create_graph)
    roots = flatten(run.result, "the result")
    form = run.result

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights = align(form, cotangent, "the cotangent", "the result")
        slopes = _weighted(roots, _plain(weights), run.variables, run.nested)
        gradient: tuple[Any, ...] = rebuild(run.point, _lifted(run, slopes))
        return gradient

    _look_for_loss(run, roots)
    _warn_of_loss(run, "vjp")
    value = _result(run, roots)
    return (value, pullback, run.aux) if has_aux else (value, pullback)


def hvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, create_graph: bool | None = None
) -> tuple[Any, ...]:
    """The hessian of `f` times a vector, for a small multiple of the price of `f`: the hessian is never built.

    Args:
        f: a function of numbers or trees of them that returns one number.
        primals: the arguments, a tuple or list of them.
        tangents: the vector: for each argument a direction of the same form.
        create_graph: what the results are if `f` uses Values from elsewhere, as for `hessian`, which warns likewise.

    Returns:
        A tuple: for each argument how fast the gradient with respect to it changes in that direction.

    Errors are those of `jvp`. SciPy's minimisers take it as `hessp=lambda x, v: hvp(f, (x,), (v,))[0]`.

    >>> hvp(lambda p: p[0] ** 2 * p[1], ([3.0, 5.0],), ([1.0, 0.0],))
    ([10.0, 6.0],)
    """
    everywhere = tuple(range(len(_as_arguments(primals, "primals"))))
    run, roots, moved, nested = _pushed(grad(f, everywhere), primals, tangents, False, create_graph)
    if not nested:
        _look_for_loss(run, roots)
        _warn_of_loss(run, "hvp")
    product: tuple[Any, ...] = rebuild(run.result, moved)
    return product


class _Run(NamedTuple):
    """A call of a function on fresh variables.

    Attributes:
        point: what is differentiated with respect to: an argument, or a tuple of them.
        variables: the leaves of the point, as `f` saw them.
        result: what `f` returned.
        aux: what it returned beside.
        nested: whether derivatives are to be Values, because another differentiation surrounds this one or the caller
            asks for them.
        lifts: whether also what is constant is to be a Value.
        era: older leaves in the graph were not made during the call; 0.0 if nobody wants to know of them.
        older: those found so far.
        f: the function, for messages.
        args: its arguments, likewise.
    """

    point: Any
    variables: list[Value]
    result: Any
    aux: Any
    nested: bool
    lifts: bool
    era: float
    older: list[Node]
    f: Callable[..., Any]
    args: Sequence[Any]


def _record(
    f: Callable[..., Any],
    args: Sequence[Any],
    options: dict[str, Any],
    argnums: int | tuple[int, ...],
    has_aux: bool,
    create_graph: bool | None,
) -> _Run:
    places = _places(argnums, len(args))
    leaves = [leaf for place in places for leaf in flatten(args[place], f"argument {place}")]
    surrounding = tuple(mark for mark in _differentiating.get() if mark() is not None)
    nested = bool(surrounding) or _any_value(leaves)
    era = new_era() if create_graph is None and not nested and is_recording() else 0.0
    nested = nested or bool(create_graph)
    variables = [_variable(leaf) for leaf in leaves]
    inputs = list(args)
    rest = iter(variables)
    for place in places:
        inputs[place] = rebuild(args[place], rest)
    own = _Differentiation()  # an interrupt may keep it from being taken back: then it dies with this call
    try:
        _differentiating.set((*surrounding, ref(own)))
        with _recorded():
            result = f(*inputs, **options)
    finally:
        _differentiating.set(surrounding)
    aux = None
    if has_aux:
        result, aux = _split(result)
        aux = aux if nested else strip(aux, _to_number)
    point = args[argnums] if isinstance(argnums, int) else tuple(args[place] for place in places)
    return _Run(point, variables, result, aux, nested, bool(create_graph), era, [], f, args)


def _pushed(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool,
    create_graph: bool | None,
) -> tuple[_Run, list[Any], list[Any], bool]:
    """A call of a function, the numbers that it returned, the tangent of each, and whether tangents are Values."""
    args = _as_arguments(primals, "primals")
    direction = align(args, _as_arguments(tangents, "tangents"), "tangents", "the primals")
    run = _record(f, args, {}, tuple(range(len(args))), has_aux, create_graph)
    roots = flatten(run.result, "the result")
    nested = run.nested or _any_value(direction)
    moved = _tangents(roots, run.variables, [_plain(direction)], nested)[0]
    return run, roots, _lifted(run, moved), nested


def _places(argnums: int | tuple[int, ...], count: int) -> list[int]:
    """The positions counted from the front, checked."""
    given = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for place in given:
        if not -count <= place < count:
            raise InputError(
                f"expected an argument at position {place} to differentiate with respect to, got {count} arguments"
            )
    places = [place % count for place in given]
    if len(set(places)) < len(places):
        raise InputError(f"expected every position once in argnums, got {given} for {count} arguments")
    return places


def _variable(x: Any) -> Value:
    # A Value is wrapped, so that what `f` does with the same Value from elsewhere is not counted.
    return +x if isinstance(x, Value) else Value(x)


def _recorded() -> AbstractContextManager[None]:
    # The mode is entered only where it changes something, for operations are faster while none is on.
    return nullcontext() if is_recording() else enable_grad()


def _split(result: Any) -> tuple[Any, Any]:
    if isinstance(result, tuple) and len(result) == 2:
        return result
    raise OperandTypeError(
        f"expected the function to return a pair (result, aux), as has_aux=True says, got {describe(result)}"
    )


def _only_number(result: Any) -> Any:
    """A Value or float that must be all a function returned."""
    root = result.item() if is_array(result) and result.shape == () else result
    if isinstance(root, Value):
        return root
    if is_number(root):
        return to_float(root)
    raise OperandTypeError(f"expected the function to return one number, got {describe(result)}")


def _as_array(result: Any) -> Any:
    """A list of numbers as an array of them, anything else as it is."""
    numbers = isinstance(result, list) and all(isinstance(x, Value) or is_number(x) for x in result)
    return shaped(result, (len(result),)) if numbers else result


def _as_arguments(trees: Any, name: str) -> tuple[Any, ...]:
    if isinstance(trees, (tuple, list)):
        return tuple(trees)
    raise OperandTypeError(
        f"expected the {name} as a tuple with one entry for each argument, got {describe(trees)}; write (x,) for one"
    )


def _to_number(x: Any) -> float:
    return x.data if isinstance(x, Value) else to_float(x)


def _plain(numbers: Sequence[Any]) -> list[Any]:
    return [x if isinstance(x, Value) else to_float(x) for x in numbers]


def _any_value(leaves: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) for x in leaves)


def _result(run: _Run, roots: Sequence[Any]) -> Any:
    """What the function returned, as numbers unless another differentiation goes on."""
    if run.nested and not run.lifts:
        return run.result
    return rebuild(run.result, _lifted(run, list(roots)) if run.lifts else map(_to_number, roots))


def _lifted(run: _Run, numbers: list[Any]) -> list[Any]:
    """The numbers, constants among them as Values if the caller asked for Values."""
    return [x if isinstance(x, Value) else Value(x) for x in numbers] if run.lifts else numbers


def _look_for_loss(run: _Run, roots: Sequence[Any]) -> None:
    """Look for leaves below the roots that floats cut off."""
    if run.era:
        run.older.extend(sweep.older_leaves(roots, run.era))


def _warn_of_loss(run: _Run, derivative: str) -> None:
    if run.older:
        warn_of_loss(derivative, run.f, run.args, run.older)


# The sweeps. Roots and slopes are Values or floats; a float does not depend on anything.


def _gradient(run: _Run, root: Any) -> Any:
    """The gradient of a root in the form of the point."""
    return rebuild(run.point, _lifted(run, _gradients([root], run.variables, run.nested, run)[0]))


def _gradients(
    roots: Sequence[Any], variables: list[Value], nested: bool, watched: _Run | None = None
) -> list[list[Any]]:
    """The jacobian of the roots by rows, by a backward pass for each; for a run that is watched, look for loss too."""
    era, older = (watched.era, watched.older) if watched is not None and watched.era else (0.0, None)
    if not nested and not is_detecting():
        return [
            list(sweep.gradients(root, variables, era, older)) if isinstance(root, Value) else [0.0] * len(variables)
            for root in roots
        ]
    if watched is not None:
        _look_for_loss(watched, roots)
    slopes = _slopes(nested)
    return [_swept_back({root: 1.0} if isinstance(root, Value) else {}, variables, slopes) for root in roots]


def _gradients_forward(roots: Sequence[Any], run: _Run) -> list[list[Any]]:
    """The jacobian of the roots by rows, by a forward sweep for each variable, and look for loss."""
    count = range(len(run.variables))
    columns = _tangents(roots, run.variables, [[1.0 if i == j else 0.0 for i in count] for j in count], run.nested)
    _look_for_loss(run, roots)
    return [[column[i] for column in columns] for i in range(len(roots))]


def _tangents(
    roots: Sequence[Any], variables: list[Value], directions: Sequence[Sequence[Any]], nested: bool
) -> list[list[Any]]:
    if not nested and not is_detecting():
        return [list(column) for column in tangents.number_tangents(roots, variables, directions)]
    return tangents.tangents(roots, variables, directions, _slopes(nested), is_detecting())


def _weighted(roots: Sequence[Any], weights: Sequence[Any], variables: list[Value], nested: bool) -> list[Any]:
    """The gradient of the sum of the roots, each times its weight."""
    seeds: dict[Node, Any] = {}
    for root, weight in zip(roots, weights, strict=True):
        if isinstance(root, Value):
            seeds[root] = seeds[root] + weight if root in seeds else weight
    return _swept_back(seeds, variables, _slopes(nested))


def _swept_back(seeds: dict[Node, Any], variables: list[Value], slopes: Callable[[Any], Sequence[Any]]) -> list[Any]:
    table = chain_rule.adjoints(seeds, slopes, is_detecting(), set(variables))
    return [table.get(variable, 0.0) for variable in variables]


def _slopes(nested: bool) -> Callable[[Any], Sequence[Any]]:
    # A formula is a few nodes of graph; several sweeps share them.
    return cache(sweep.graph_slopes) if nested else contributions.recorded_slopes


def _assemble(result: Any, point: Any, rows: list[list[Any]]) -> Any:
    """The rows of a jacobian as a tree: the form of the result, with the form of the point in each of its places."""
    rest = iter(rows)
    blocks_of_point = blocks(point)
    return replace(
        result,
        [
            replace(point, _cells(shape_of(block), is_array(block), blocks_of_point, list(islice(rest, _size(block)))))
            for block in blocks(result)
        ],
    )


def _cells(shape: tuple[int, ...], array: bool, blocks_of_point: list[Any], rows: list[list[Any]]) -> Iterator[Any]:
    """The derivatives of one block of the result with respect to each block of the point."""
    start = 0
    for block in blocks_of_point:
        end = start + _size(block)
        cell = [x for row in rows for x in row[start:end]]
        yield shaped(cell, (*shape, *shape_of(block))) if array or is_array(block) else cell[0]
        start = end


def _size(block: Any) -> int:
    return int(block.size) if is_array(block) else 1
