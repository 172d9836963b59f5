"""Functions of functions: from `f` to its gradient.

Nothing is stored on any Value here: the gradient is what the new function returns. The new function takes
numbers and gives numbers. Inside another differentiation it takes and gives Values, so `grad(grad(f))`
is the second derivative, and a gradient may depend on variables of the surrounding function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final

from autograd_core import sweep
from autograd_core.errors import InputError, OperandTypeError
from autograd_core.modes import enable_grad, is_detecting, is_recording
from autograd_core.number import describe, is_number, to_float
from autograd_core.trees import flatten, rebuild
from autograd_core.value import Value

_differentiating: Final[ContextVar[bool]] = ContextVar("differentiating", default=False)


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives the gradient of `f`.

    Args:
        f: a function of numbers, or of lists, tuples and dicts of numbers to any depth, that returns one number.
        argnums: the positions of the arguments to differentiate with respect to. An int gives a gradient of
            the form of that argument, a tuple gives a tuple of them.

    Raises (when called):
        OperandTypeError: if an argument holds something that is no number, or `f` does not return one.
        InputError: if there is no argument at a position.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 5.0)
    {'w': 5.0, 'b': 1.0}
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient_of_f(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return gradient_of_f


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that gives the result of `f` and its gradient, for the price of one forward and one backward pass.

    Arguments and errors are those of `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (12.0, (4.0, 3.0))
    """

    @wraps(f)
    def value_and_gradient_of_f(*args: Any, **options: Any) -> tuple[Any, Any]:
        places = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        trees = [_argument(args, place) for place in places]
        leaves = [flatten(tree, f"argument {place}") for tree, place in zip(trees, places, strict=True)]
        nested = _differentiating.get() or any(isinstance(x, Value) for group in leaves for x in group)
        variables = [[_variable(x) for x in group] for group in leaves]
        inputs = list(args)
        for place, tree, group in zip(places, trees, variables, strict=True):
            inputs[place] = rebuild(tree, group)
        result = _run(f, inputs, options)
        slopes = iter(_gradients(result, [v for group in variables for v in group], nested))
        gradients = tuple(
            rebuild(tree, [next(slopes) for _ in group]) for tree, group in zip(trees, leaves, strict=True)
        )
        value = result if nested or not isinstance(result, Value) else result.data
        return value, gradients[0] if isinstance(argnums, int) else gradients

    return value_and_gradient_of_f


def _argument(args: tuple[Any, ...], place: int) -> Any:
    try:
        return args[place]
    except IndexError:
        raise InputError(
            f"expected an argument at position {place} to differentiate with respect to, got {len(args)} arguments"
        ) from None


def _variable(x: Any) -> Value:
    # A Value is wrapped, so that what `f` does with the same Value from elsewhere is not counted.
    return +x if isinstance(x, Value) else Value(x)


def _run(f: Callable[..., Any], inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    token = _differentiating.set(True)
    try:
        # The mode is entered only where it changes something, for operations are faster while none is on.
        with nullcontext() if is_recording() else enable_grad():
            result = f(*inputs, **options)
    finally:
        _differentiating.reset(token)
    if isinstance(result, Value):
        return result
    if is_number(result):
        return to_float(result)
    raise OperandTypeError(f"expected the function to return one number, got {describe(result)}")


def _gradients(result: Any, variables: list[Value], nested: bool) -> list[Any]:
    if not isinstance(result, Value):
        return [0.0] * len(variables)
    if not nested and not is_detecting():
        return list(sweep.gradients(result, variables))
    slopes = sweep.graph_slopes if nested else sweep.recorded_slopes
    table = sweep.adjoints(result, 1.0, slopes, is_detecting())
    return [table.get(variable, 0.0) for variable in variables]
