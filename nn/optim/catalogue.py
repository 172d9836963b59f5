"""Optimisers by name, for the command line and for tables of experiments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.text import did_you_mean
from nn.optim.adam import Adam, Adamax, AdamW, Lion, NAdam
from nn.optim.adaptive import Adadelta, Adagrad, RMSprop
from nn.optim.lbfgs import LBFGS
from nn.optim.optimizer import Optimizer, Params
from nn.optim.sgd import SGD

if TYPE_CHECKING:
    from nn.schedules import Schedule

BY_NAME: Final[dict[str, Callable[..., Optimizer]]] = {
    "sgd": SGD,
    "momentum": partial(SGD, momentum=0.9),
    "nesterov": partial(SGD, momentum=0.9, nesterov=True),
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "adam": Adam,
    "amsgrad": partial(Adam, amsgrad=True),
    "adamw": AdamW,
    "nadam": NAdam,
    "adamax": Adamax,
    "lion": Lion,
    "lbfgs": partial(LBFGS, line_search_fn="strong_wolfe"),  # so that it does not become nan without options
}
"""Functions from parameters, learning rate and options to an optimiser. `lbfgs` needs a closure in every step."""


def by_name(name: str, params: Params, lr: float | Schedule | None = None, **options: Any) -> Optimizer:
    """The optimiser with this name, in upper or lower case.

    Args:
        name: a key of `BY_NAME`.
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; by default that of the optimiser.
        options: the options of the optimiser.

    Raises:
        InputError: if there is no such optimiser; and the errors of the optimiser.

    >>> from autograd_core import Value
    >>> by_name("AdamW", [Value(1.0)]).lr
    0.001
    """
    make = BY_NAME.get(name.lower()) if isinstance(name, str) else None
    if make is None:
        hint = f"; {near}" if (near := did_you_mean(str(name), BY_NAME, most=1)) else ""
        raise InputError(f"optimizer must be one of {', '.join(BY_NAME)}, got {name!r}{hint}")
    return make(params, **options) if lr is None else make(params, lr, **options)
