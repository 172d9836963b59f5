"""Regularisation: penalties, clipping of gradients, gradient noise, and early stopping.

Penalties are terms of a loss. Functions whose names end in `_` change the gradients of parameters in place, between
`backward()` and the step of the optimiser. They ignore frozen parameters (`Value.frozen`), which take no step. (In
PyTorch these have no gradient.) A gradient that is a Value, after `backward(create_graph=True)`, becomes a plain number
if it is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import autograd_core as ag
from autograd_core import AnomalyError, InputError, OperandTypeError, Recorder, Value, dot, norm, where
from autograd_core.calls import explained
from nn.base.checks import items_of, measured, number_between, positive_int, positive_number
from nn.base.messages import kind_of
from nn.base.rng import Rng, generator, normal
from nn.modules.dotted_names import checked_patterns, matches, no_match
from nn.modules.module import Module

# Penalties.


def l1_penalty(model: Module | Iterable[tuple[str, Value]], strength: float, pattern: str = "*") -> Value:
    """`strength · Σ |w|` over parameters, to be added to a loss: it makes unimportant weights exactly 0.

    Args:
        model: a module, or pairs of names and parameters as its `named_parameters()` gives them.
        strength: a number of at least 0.
        pattern: a pattern of names of parameters, as for `Module.freeze`; by default all.

    Raises:
        InputError: if the strength is not such a number, there are no parameters, or no name fits the pattern.
        OperandTypeError: if `model` is something else, or the pattern not a string.

    Source: R. Tibshirani, Regression shrinkage and selection via the lasso (1996).

    >>> from nn.layers.dense import MLP
    >>> model = MLP(2, [1], rng=0)
    >>> l1_penalty(model, 0.1, "*.b").data  # biases start at 0
    0.0
    """
    penalty: Value = _strength(strength) * norm(_matching(model, pattern), 1)
    return penalty


def l2_penalty(model: Module | Iterable[tuple[str, Value]], strength: float, pattern: str = "*") -> Value:
    """`strength · Σ w²` over parameters, to be added to a loss: it shrinks all weights by a share of their size.

    There is no factor 1/2: with plain SGD it equals `weight_decay = 2 · strength`. Adaptive optimisers divide
    its gradient by its own size; AdamW avoids that.

    Args:
        model: a module, or pairs of names and parameters as its `named_parameters()` gives them.
        strength: a number of at least 0.
        pattern: a pattern of names of parameters, as for `Module.freeze`; by default all.

    Raises:
        InputError: if the strength is not such a number, there are no parameters, or no name fits the pattern.
        OperandTypeError: if `model` is something else, or the pattern not a string.

    Source: A. Hoerl, R. Kennard, Ridge regression (1970).

    >>> w = Value(3.0)
    >>> penalty = l2_penalty([("w", w), ("b", Value(5.0))], 0.5, "w")
    >>> penalty.backward()
    >>> penalty.data, w.grad
    (4.5, 3.0)
    """
    parameters = _matching(model, pattern)
    penalty: Value = _strength(strength) * dot(parameters, parameters)
    return penalty


NAMED: Final = "a module, or pairs of the name of a parameter and the parameter"


def _strength(strength: float) -> float:
    return number_between("strength", strength, 0.0, math.inf)


def _matching(model: Module | Iterable[tuple[str, Value]], pattern: str) -> list[Value]:
    """The parameters whose names fit the pattern, if there are any."""
    named = model.named_parameters() if isinstance(model, Module) else items_of(NAMED, model)
    for pair in named:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Recorder)):
            raise OperandTypeError(f"expected {NAMED}, got the item {kind_of(pair)}; pass model.named_parameters()")
    if not named:
        raise InputError("expected at least one parameter to be penalised, got none")
    checked_patterns([pattern])
    found = [parameter for name, parameter in named if matches(pattern, name)]
    if not found:
        raise no_match(pattern, [name for name, _ in named])
    return found


# Gradients.


@explained()
def clip_grad_value_(parameters: Value | Iterable[Value], clip_value: float) -> None:
    """Clamp every gradient to `-clip_value … clip_value`; nan stays nan.

    Args:
        parameters: leaf Values, or one of them.
        clip_value: a positive number.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, or the bound is not a positive finite number.

    >>> w = Value(0.0)
    >>> w.grad = -7.0
    >>> clip_grad_value_([w], 2.0)
    >>> w.grad
    -2.0
    """
    leaves, bound = _learning(parameters), positive_number("clip_value", clip_value)
    for leaf in leaves:
        leaf.grad = ag.clamp(_number(leaf.grad), -bound, bound)


@explained()
def clip_grad_norm_(
    parameters: Value | Iterable[Value],
    max_norm: float,
    norm_type: float = 2.0,
    *,
    error_if_nonfinite: bool = False,
) -> float:
    """Shorten the gradient, all parameters taken together as one vector, to `max_norm` if it is longer.

    Args:
        parameters: leaf Values, or one of them.
        max_norm: a number of at least 0; with `math.inf` nothing is changed.
        norm_type: the power of the norm, above 0; `math.inf` for the largest absolute value.
        error_if_nonfinite: raise if the norm is infinite or nan, instead of making all gradients 0 or nan.

    Returns:
        The norm before the change.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, or `max_norm` or `norm_type` is not such a number.
        AnomalyError: if `error_if_nonfinite` and the norm is not finite; no gradient is then changed.

    As in PyTorch the factor is `max_norm / (norm + 1e-6)` if that is less than 1. Squares do not overflow or underflow.
    If the norm of finite gradients is too large for a float, inf is returned, but the gradients get the right length.

    Source: R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks (2013).

    >>> a, b = Value(0.0), Value(0.0)
    >>> a.grad, b.grad = 3e300, 4e300
    >>> clip_grad_norm_([a, b], 1.0)
    5e+300
    >>> round(a.grad, 12), round(b.grad, 12)
    (0.6, 0.8)
    """
    leaves, longest = _learning(parameters), _limit(max_norm)
    gradients = [_number(leaf.grad) for leaf in leaves]
    total: float = norm(gradients, norm_type) if gradients else 0.0
    if error_if_nonfinite and not _is_finite(total):
        raise AnomalyError(
            f"expected gradients with a finite norm, got a norm of {_text(total)}; nothing was clipped. Find the first "
            "such number with detect_anomaly()"
        )
    fits: Any = total + 1e-6 <= longest
    if longest == math.inf or fits is True:
        return total
    unit = 2.0**-64 if not _is_finite(total) and all(map(_is_finite, gradients)) else 1.0
    parts = [gradient * unit for gradient in gradients]
    length = (total if unit == 1.0 else norm(parts, norm_type)) + 1e-6 * unit
    for leaf, part, gradient in zip(leaves, parts, gradients, strict=True):
        clipped = part / length * longest  # a common factor could underflow
        leaf.grad = clipped if fits is False else where(fits, gradient, clipped)
    return total


@explained()
def add_gradient_noise_(parameters: Value | Iterable[Value], std: float, rng: Rng = None) -> None:
    """Add independent noise to every gradient, almost normal numbers with the standard deviation `std`.

    Args:
        parameters: leaf Values, or one of them.
        std: the standard deviation, a number of at least 0; `noise_std` has the usual schedule.
        rng: where the numbers come from: a generator, a seed, or None for Python's global generator. A training loop
            needs a generator: a seed gives the same noise in every step.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, or the deviation or `rng` is invalid.

    Source: A. Neelakantan et al., Adding gradient noise improves learning for very deep networks (2015).

    >>> w = Value(0.0)
    >>> add_gradient_noise_([w], 0.1, rng=0)
    >>> w.grad != 0.0
    True
    """
    leaves, deviation = _learning(parameters), number_between("std", std, 0.0, math.inf)
    source = generator(rng)
    for leaf in leaves:
        leaf.grad = _number(leaf.grad) + deviation * normal(source)


def noise_std(step: int, eta: float = 0.3, gamma: float = 0.55) -> float:
    """The standard deviation of gradient noise in step `t = 0, 1, …`: the variance is `eta / (1 + t)^gamma`.

    Args:
        step: number of steps so far.
        eta: the variance in the first step; the source tried 0.01, 0.3 and 1.
        gamma: how fast the variance decreases.

    Raises:
        InputError: if a number is negative or not finite.

    Source: A. Neelakantan et al., Adding gradient noise improves learning for very deep networks (2015), equation 1.

    >>> noise_std(0, eta=0.25), round(noise_std(1000, eta=0.25), 4)
    (0.5, 0.0748)
    """
    t, start = number_between("step", step, 0.0, math.inf), number_between("eta", eta, 0.0, math.inf)
    decay = float((1.0 + t) ** number_between("gamma", gamma, 0.0, math.inf))
    return math.sqrt(start / decay)


def _learning(parameters: Value | Iterable[Value]) -> list[Value]:
    """The parameters that are not frozen, each once."""
    if isinstance(parameters, Value):
        parameters = [parameters]
    if not isinstance(parameters, Iterable):
        raise OperandTypeError(f"expected leaf Values, got {type(parameters).__name__}; pass model.parameters()")
    given = list(parameters)
    for index, parameter in enumerate(given):
        if not isinstance(parameter, Value) or parameter.op is not None:
            raise OperandTypeError(f"expected leaf Values, got {parameter!r} at index {index}; pass model.parameters()")
    if not given:
        raise InputError("expected at least one parameter, got none; a generator can be used only once")
    return list({id(leaf): leaf for leaf in given if not leaf.frozen}.values())


def _number(gradient: float | Value) -> float:
    return gradient.data if isinstance(gradient, Value) else gradient


def _is_finite(x: Any) -> bool:
    """Whether a number is finite. For one that is recorded this is a decision of the program."""
    return math.isfinite(x) if isinstance(x, float) else bool(abs(x) < math.inf)


def _text(x: Any) -> str:
    return str(x) if isinstance(x, float) else "inf or nan"  # a recorded number is not known


def _limit(max_norm: float) -> float:
    return math.inf if max_norm == math.inf else number_between("max_norm", max_norm, 0.0, math.inf)


# Stopping.


class EarlyStopping:
    """Decides when a measure of a training, such as the validation loss, has stopped improving.

    It uses numbers and no models. The training loop stores the parameters whenever `waited` is 0 after an update, and
    restores them at the end.

    Args:
        patience: the number of updates without improvement after which to stop, a positive int.
        min_delta: by how much a number must be better than the best to be an improvement, at least 0.
        mode: `"min"` if smaller numbers are better, as for a loss; `"max"` if larger ones are, as for an accuracy.

    Attributes:
        best: the best number so far; None at first.
        waited: the number of updates since the best number.

    nan is never an improvement.

    Raises:
        InputError: if an argument is invalid.

    Source: L. Prechelt, Early stopping - but when? (1998).

    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.update(loss) for loss in (1.0, 0.5, 0.7, 0.6)], stopping.best
    ([False, False, False, True], 0.5)
    """

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        if mode not in ("min", "max"):
            raise InputError(f"expected mode to be 'min' or 'max', got {mode!r}")
        self.patience = positive_int("patience", patience)
        self.min_delta = number_between("min_delta", min_delta, 0.0, math.inf)
        self.mode = mode
        self.best: float | None = None
        self.waited = 0

    def update(self, value: float | Value) -> bool:
        """Record the next number, and return whether to stop.

        Raises:
            InputError: if it is not a number; this object is then unchanged.
        """
        number = measured("the measure", value)
        if self._is_progress(number):
            self.best, self.waited = number, 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def _is_progress(self, number: float) -> bool:
        if self.best is None:
            return not math.isnan(number)
        gain = self.best - number if self.mode == "min" else number - self.best
        return gain > self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """The state without the settings, to continue later."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned.

        Raises:
            InputError: if it is not such a dict; this object is then unchanged.
        """
        try:
            best, waited = state_dict["best"], int(state_dict["waited"])
            best = None if best is None else float(best)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
        number_between("waited", waited, 0, math.inf)
        self.best, self.waited = best, waited
