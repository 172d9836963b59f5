"""Functions whose gradient is replaced.

`custom_gradient` makes an op of a function and of derivatives that need not be those of the function: for example to
pass a gradient through a step function, to clip or reverse it, or to give a more accurate formula. The op is a row like
others, but it is not in the table: two functions may have the same name, and no method or picture looks it up.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd_core.errors import GradientLossError, InputError
from autograd_core.numerics.number import describe, to_float
from autograd_core.table.op import REAL, Op, Recorder
from autograd_core.table.precedence import Precedence
from autograd_core.text import plural


def custom_gradient(*derivatives: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for a function of numbers, which gets these derivatives instead of its own.

    Args:
        derivatives: for each input of the function, a function from `(*inputs, output)` to the derivative with respect
            to that input. Write it with ordinary operators and ops, so that it can be differentiated itself.

    The function always runs on plain floats, and its result is one node: operations inside are not recorded. Ordinary
    operators and ops give infinities and nan where they overflow or are undefined; functions of `math` raise there.
    Inputs may be given by name, and may have defaults.

    Raises:
        GradientLossError: (when called) if the function returns a Value. It cannot come from the inputs, which are
            floats.
        InputError: (at once) if there is no derivative, if the function does not take one input for each derivative, or
            a derivative does not take one argument more; (when called) if the number of inputs differs.

    A graph with such a node cannot be pickled, because a pickle holds no code. For pickles use `define_op`.

    >>> import autograd_core as ag
    >>> @custom_gradient(lambda x, y: 1.0)
    ... def straight_through(x):
    ...     return ag.round(x)
    >>> x = ag.Value(2.6)
    >>> y = straight_through(x) ** 2
    >>> y.backward()
    >>> y.data, x.grad, straight_through(2.6)
    (9.0, 6.0, 3.0)
    """
    for derivative in derivatives:
        if not callable(derivative):
            raise InputError(f"custom_gradient expected a function for each input, got {describe(derivative)}")
    if not derivatives:
        raise InputError("custom_gradient expected a derivative for each input of the function, got none")

    def replace_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as an op with the given derivatives."""
        row = _row_of(function, derivatives)
        signature = _signature_of(function)

        @wraps(function)
        def with_custom_gradient(*inputs: Any, **named: Any) -> Any:
            """Apply the op; defaults and inputs given by name are put in their places first."""
            if signature is not None and (named or len(inputs) != len(derivatives)):
                return row(*_all_inputs(row.name, signature, inputs, named))
            return row(*inputs, **named)

        return with_custom_gradient

    return replace_gradient


def _row_of(function: Callable[..., Any], derivatives: tuple[Callable[..., Any], ...]) -> Op:
    """The op, which is not added to the table."""
    name = getattr(function, "__name__", type(function).__name__)
    count = len(derivatives)
    _check_takes(function, count, name)
    for i, derivative in enumerate(derivatives):
        _check_takes(derivative, count + 1, f"derivative {i} of {name}")
    fields = ", ".join(f"{{{i}}}" for i in range(count))
    written = name.replace("_", r"\_").replace("<", r"\langle ").replace(">", r"\rangle ")
    return Op(
        name,
        count,
        _on_numbers(function, name),
        derivatives,
        name,
        rf"\operatorname{{{{{written}}}}}\left({fields}\right)",
        Precedence.CALL,
        (REAL,) * count,
        ((-3.0, 3.0),) * count,
        None,
    )


def _on_numbers(function: Callable[..., Any], name: str) -> Callable[..., float]:
    """The forward function of the op."""

    def forward(*inputs: float) -> float:
        """Call the function on floats, and check that its result is a plain number."""
        result = function(*inputs)
        if isinstance(result, Recorder):
            raise GradientLossError(
                f"{name} returned {describe(result)} for plain numbers, whose gradient would be lost: "
                "every Value that a function with a custom gradient depends on must be one of its inputs"
            )
        return to_float(result)

    return forward


def _signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a function; None if it has none, like some compiled functions."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _check_takes(function: Callable[..., Any], count: int, name: str) -> None:
    """Raise `InputError` if a function does not take this number of arguments."""
    signature = _signature_of(function)
    if signature is None:
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        taken = ", ".join(signature.parameters)
        raise InputError(
            f"{name} is to take {plural(count, 'argument')}, but it takes ({taken}); "
            "custom_gradient expects a derivative for each input, and each derivative takes the inputs and the output"
        ) from None


def _all_inputs(
    name: str, signature: inspect.Signature, inputs: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, ...]:
    """The inputs in order, including defaults and those given by name."""
    try:
        bound = signature.bind(*inputs, **named)
    except TypeError as error:
        raise InputError(f"{name} cannot be called like this: {error}") from None
    bound.apply_defaults()
    return bound.args
