"""Derivatives that a user claims, as functions, read at a point as lists of floats.

| claim | called as | returns |
|-------|-----------|---------|
| grad | `grad(*args)` | the gradient of one real result |
| vjp | `vjp(*args, cotangent)` | the gradient of the results times the cotangent, added up |
| jac | `jac(*args)` | the gradient of each result |
| jvp | `jvp(*args, tangent)` | the derivative of the results along the tangent |
| hvp | `hvp(*args, vector)` | the derivative of the gradient of one real result along the vector |
| hess | `hess(*args)` | the derivative of the gradient with respect to each argument |

The first four claim first derivatives. All but `jvp` are read as the gradient of the weighted sum of the results that
the check measures: the weights are the cotangent of `vjp`, and factors of the rows of `jac`. The last two, and the
changes of `grad`, claim second derivatives, which are compared as the gradient of a slope (see `second_order`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from autograd_core.errors import OperandTypeError, ShapeError
from autograd_core.numerics.number import describe, is_number
from autograd_core.testing.trees.analytic import MOST_COLUMNS, AnalyticDerivatives
from autograd_core.testing.trees.conduct import unsteady
from autograd_core.testing.trees.flat_function import FlatFunction, name_of
from autograd_core.testing.trees.forms import Unread, aligned, rows
from autograd_core.testing.trees.tensors import numpy_module, plain
from autograd_core.transforms.trees import _branches, _with_branches, is_array, shape_of

SAME: Final = 1e-4
"""A jvp along a direction and the sum of its columns may differ by this part, which is more than 32 bits leave."""

CLOSE: Final = 1e-3
"""A number is taken for the value of the function up to this relative distance, in whatever precision."""


@dataclass(frozen=True)
class Claims:
    """The functions that a user claims to be derivatives; None for those that are not given."""

    grad: Callable[..., Any] | None = None
    vjp: Callable[..., Any] | None = None
    jac: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None
    hvp: Callable[..., Any] | None = None
    hess: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        for name, claim in self.given():
            if not callable(claim):
                raise OperandTypeError(f"expected {name} to be a function of the arguments, got {describe(claim)}")

    def given(self, *names: str) -> list[tuple[str, Callable[..., Any]]]:
        """Return the claims that are given, of some names or of all, in the order of the table above."""
        every = [field.name for field in fields(self)]
        return [(name, getattr(self, name)) for name in names or every if getattr(self, name) is not None]

    def __bool__(self) -> bool:
        return bool(self.given())

    @property
    def of_first_order(self) -> list[tuple[str, Callable[..., Any]]]:
        """The claims of first derivatives."""
        return self.given("grad", "vjp", "jac", "jvp")

    @property
    def of_rows(self) -> list[tuple[str, Callable[..., Any]]]:
        """The claims that return gradients."""
        return self.given("grad", "vjp", "jac")


def require_one_result(function: FlatFunction, claims: Claims) -> None:
    """Raise an error if a claim is about one real result, and the function returns something else.

    Raises:
        ShapeError: which names the claims that fit.
    """
    scalar = claims.given("grad", "hvp", "hess")
    if not scalar or len(function.weights) == 1:
        return
    name, claim = scalar[0]
    result = plain(function.at_point)
    if any(function.complex_results) and len(function.complex_results) == 1:
        what, way = "a complex number", "return a real number, such as its abs, or pass vjp= or jac="
    else:
        what = _form(result)
        way = "pass jac= or vjp=, or return one number, such as the sum"
    text = f"expected {name_of(function.f)} to return one real number, as {name}= needs it, got {what}; {way}"
    if name == "grad" and _is_elementwise(function, claim):
        text += (
            f"; {name} returns the form of the result, as an elementwise derivative does: "
            "pass vjp=lambda x, g: g * grad(x) for it"
        )
    raise ShapeError(text)


def _is_elementwise(function: FlatFunction, grad: Callable[..., Any]) -> bool:
    """Return whether one array gives one array of the same shape, and so does the claim."""
    args = function.arguments(function.point)
    shapes = [shape_of(plain(x)) for x in (function.wanted_of(args), function.at_point, grad(*args))]
    return len(function.wanted) == 1 and shapes[0] != () and len(set(shapes)) == 1


def _form(result: Any) -> str:
    if is_array(result):
        return f"an array of shape {result.shape}" + (" of complex numbers" if result.dtype.kind == "c" else "")
    branches = _branches(result)
    return describe(result) if branches is None else f"a {type(result).__name__} of {len(branches)}"


# ---- First derivatives ----------------------------------------------------------------------------------------------


def claimed(function: FlatFunction, name: str, claim: Callable[..., Any]) -> AnalyticDerivatives:
    """Return the derivatives that a claim says the function has at its point."""
    if name != "jvp" or len(function.point) <= MOST_COLUMNS:
        return AnalyticDerivatives(name, gradient_at(function, name, claim, function.point), [])
    directions = [random_direction(len(function.point), k) for k in range(3)]
    return AnalyticDerivatives(name, [], [(d, tangent_at(function, claim, d)) for d in directions])


def gradient_at(function: FlatFunction, name: str, claim: Callable[..., Any], point: Sequence[float]) -> list[float]:
    """Return the gradient of the weighted sum of the results that a claim says the function has at a point.

    Raises:
        ShapeError: if the claim returns another form; the message names the first difference.
        InputError: if it changes an argument in place.
    """
    title = name_of_claim(name, claim)
    if name == "jvp":
        count = len(point)
        return [tangent_at(function, claim, [float(j == i) for j in range(count)], point) for i in range(count)]
    place = f"the {'Jacobian' if name == 'jac' else 'gradient'} that {title} returned"
    if name == "vjp":
        cotangent = {"the cotangent": function.cotangents()}
        return _read(function, function.call(claim, title, point, cotangent), point, place)
    tree = function.call(claim, title, point)
    if name == "grad":
        return [function.weights[0] * x for x in _read(function, tree, point, place)]
    return _sum_of_rows(function, function.at_point, tree, _row_weights(function), point, place)


def tangent_at(
    function: FlatFunction, claim: Callable[..., Any], direction: Sequence[float], point: Sequence[float] | None = None
) -> float:
    """Return the derivative of the weighted sum of the results along a direction, as a `jvp` claims it.

    Raises:
        ShapeError: if the claim does not return the form of the result.
        InputError: if it changes an argument in place.
    """
    tangent = {"the tangent": function.wanted_of(function.arguments(direction))}
    name = name_of_claim("jvp", claim)
    tree = function.call(claim, name, function.point if point is None else point, tangent)
    parts = aligned(function.at_point, tree, f"the tangent that {name} returned", "the result", integers=True)
    return math.fsum(w * x for w, x in zip(function.weights_of_numbers(), parts, strict=True))


def second_call(
    function: FlatFunction, name: str, claim: Callable[..., Any], first: AnalyticDerivatives
) -> tuple[AnalyticDerivatives, str]:
    """Return what a claim says at a second call, and what to say about it; "" if it says the same."""
    if name == "jvp":
        direction = first.along[0][0] if first.along else [1.0] + [0.0] * (len(function.point) - 1)
        before = first.along[0][1] if first.along else first.gradient[0]
        again = tangent_at(function, claim, direction)
        along = [(direction, again)] if first.along else []
        second = first._replace(gradient=[again, *first.gradient[1:]] if first.gradient else [], along=along)
        pair = ([before], [again])
    else:
        second = first._replace(gradient=gradient_at(function, name, claim, function.point))
        pair = (first.gradient, second.gradient)
    return second, unsteady(name_of_claim(name, claim), *pair, dict(zip(function.called, function.args, strict=True)))


def of_first_alone(function: FlatFunction, claims: Claims) -> bool:
    """Return whether the gradients that are claimed have the form of the first argument, and not that of all."""
    if len(function.wanted) == 1 or not claims.of_rows:
        return False
    name, claim = claims.of_rows[0]
    if _fits(function, name, claim):
        return False
    # A tuple for all arguments of which a later part has the wrong form is not that of the first one.
    alone = replace(function.of_first(), is_alone=True)
    return _fits(alone, name, claim)


def _fits(function: FlatFunction, name: str, claim: Callable[..., Any]) -> bool:
    try:
        gradient_at(function, name, claim, function.point)
    except (ShapeError, OperandTypeError):
        return False
    return True


# ---- Second derivatives ---------------------------------------------------------------------------------------------


def second_derivatives(
    function: FlatFunction, name: str, claim: Callable[..., Any], direction: Sequence[float], point: Sequence[float]
) -> list[float]:
    """Return the derivative of the gradient along a direction, as a `hvp` or a `hess` claims it.

    Raises:
        ShapeError: if the claim returns another form.
        InputError: if it changes an argument in place.
    """
    title = name_of_claim(name, claim)
    if name == "hvp":
        vector = {"the vector": function.wanted_of(function.arguments(direction))}
        place = f"the product that {title} returned"
        return _read(function, function.call(claim, title, point, vector), point, place)
    gradient = function.wanted_of(function.arguments(point))
    tree = function.call(claim, title, point)
    return _sum_of_rows(function, gradient, tree, list(direction), point, f"the Hessian that {title} returned")


# ---- Reading --------------------------------------------------------------------------------------------------------


def _row_weights(function: FlatFunction) -> list[float | complex]:
    """Return the weight of each row of a Jacobian; that of a complex result has two parts."""
    rest = iter(function.weights)
    return [complex(next(rest), next(rest)) if pair else next(rest) for pair in function.complex_results]


def _sum_of_rows(
    function: FlatFunction,
    result: Any,
    tree: Any,
    weights: Sequence[float | complex],
    point: Sequence[float],
    place: str,
) -> list[float]:
    """Return the weighted sum of the rows of a Jacobian."""
    total = [0.0] * len(function.point)
    trees = _rows(function, result, tree, point, place)
    for weight, row in zip(weights, trees, strict=True):
        if isinstance(weight, complex):
            # With the derivative d of a complex result r, Re(conj(w) r) has the gradient w conj(d).
            part = _read(function, _times_conjugate(weight, row), point, place, only_real=True)
            total = [x + y for x, y in zip(total, part, strict=True)]
        elif weight:
            part = _read(function, row, point, place)
            total = [x + weight * y for x, y in zip(total, part, strict=True)]
    return total


def _times_conjugate(factor: complex, tree: Any) -> Any:
    tree = plain(tree)
    branches = _branches(tree)
    if branches is not None:
        return _with_branches(tree, [_times_conjugate(factor, branch) for branch in branches.values()])
    is_numeric = is_array(tree) or isinstance(tree, (int, float, complex)) or hasattr(tree, "dtype")
    return factor * numpy_module().conj(tree) if is_numeric else tree


def _rows(function: FlatFunction, result: Any, tree: Any, point: Sequence[float], place: str) -> list[Any]:
    """Return the gradient of each number of a result, in the first of the possible forms."""
    first_error: ShapeError | None = None
    for pattern in _patterns(function, point):
        try:
            bare = tree if function.is_alone else _bare(pattern, tree, result)
            return list(rows(result, bare, pattern, place))
        except ShapeError as error:
            first_error = first_error or error
    raise first_error or ShapeError(place)


def _read(
    function: FlatFunction, tree: Any, point: Sequence[float], place: str, only_real: bool = False
) -> list[float]:
    """Return the numbers of a gradient, which has the form of the wanted arguments or of all arguments."""
    error: Exception | None = None
    whole = "the argument" if len(function.wanted) == 1 else "the arguments"
    for pattern in _patterns(function, point):
        gradient = tree if function.is_alone else _bare(pattern, tree)
        if isinstance(pattern, tuple) and isinstance(gradient, list):
            gradient = tuple(gradient)
        try:
            return aligned(pattern, gradient, place, whole, function.integers, only_real)
        except (ShapeError, OperandTypeError) as found:
            # The error that helps is that of the pattern which was meant.
            meant = isinstance(pattern, tuple) and isinstance(gradient, tuple) and len(pattern) == len(gradient)
            error = found if error is None or meant else error
    if tree is None:
        raise ShapeError(f"expected numbers at {place}, got nothing; is a return missing?") from error
    if _is_pair_with_value(function, tree, point):
        raise ShapeError(
            f"expected {place} alone, got a pair of a number and what has the form of {whole}, such as the value and "
            "the gradient; return the second alone"
        ) from error
    raise error or ShapeError(place)


def _is_pair_with_value(function: FlatFunction, tree: Any, point: Sequence[float]) -> bool:
    """Return whether a tree is a pair of one number and a gradient; that number is the value if it may be another."""
    if not isinstance(tree, (tuple, list)) or len(tree) != 2 or not _is_one_number(plain(tree[0])):
        return False
    if len(function.args) == 2 and not math.isclose(float(tree[0]), function.number(point), rel_tol=CLOSE):
        return False
    with suppress(ShapeError, OperandTypeError):
        return bool(_read(function, tree[1], point, ""))
    return False


def _is_one_number(thing: Any) -> bool:
    return is_number(thing) or (is_array(thing) and thing.shape == ())


def _bare(pattern: Any, tree: Any, *results: Any) -> Any:
    """Return a gradient without the tuple that packages put around that of a single argument."""
    single = isinstance(tree, tuple) and len(tree) == 1
    return tree[0] if single and not any(isinstance(x, (tuple, list)) for x in (pattern, *results)) else tree


def _patterns(function: FlatFunction, point: Sequence[float]) -> list[Any]:
    """Return what a gradient may have the form of: the wanted arguments, or all of them."""
    args = function.arguments(point)
    if function.is_alone or len(function.wanted) == len(args):
        return [function.wanted_of(args)]
    read = function.all_wanted
    whole = tuple(x if i in function.wanted else Unread(x if read else None) for i, x in enumerate(args))
    return [function.wanted_of(args), whole]


def random_direction(count: int, seed: int) -> list[float]:
    """Return a direction in which no number has a small part.

    >>> len(random_direction(3, 0))
    3
    """
    chance = random.Random(seed)  # noqa: S311 - no cryptography
    return [chance.uniform(0.5, 1.5) * chance.choice((-1.0, 1.0)) for _ in range(count)]


def name_of_claim(name: str, claim: Callable[..., Any]) -> str:
    """Return the name of a claim for messages: that of its function, or the kind of claim if that has none.

    >>> name_of_claim("grad", lambda x: x)
    'grad'
    """
    own = name_of(claim)
    return name if own == "f" else own
