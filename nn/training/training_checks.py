"""Checks of the arguments of a training before it begins, and of each loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import AnomalyError, InputError, OperandTypeError, Value, topological_order
from nn.base.checks import items_of
from nn.base.conversion import PAIRS, is_pair
from nn.base.messages import kind_of
from nn.modules.module import Module, can_be_called
from nn.schedules import Plan, length_of
from nn.training.callbacks import Callback
from nn.training.faulty_samples import check_samples, not_finite
from nn.training.regularisation import EarlyStopping

if TYPE_CHECKING:
    from nn.data.sampling import Batches, Sample
    from nn.optim import Optimizer
    from nn.training.evaluation import Network


ORDER: Final = "expected (model, loss, batches, optimizer)"

WRITTEN: Final = {
    "model": "write nn.MLP(2, [16, 1]), or another module or function of the features",
    "loss": "write a function of outputs and targets, such as nn.mse_loss or nn.cross_entropy",
    "batches": "write nn.data.Batches(samples, 10), or a list of pairs (features, target)",
    "optimizer": "write nn.optim.Adam(model.parameters())",
}
"""What to write in place of a name or of nothing."""


def check_roles(model: Any, loss: Any, optimizer: Any, batches: Any) -> None:
    """Check that the arguments are a model, a loss, an optimiser and samples, and not features and targets.

    Raises:
        InputError: if one of them is not.
    """
    check_swapped(ORDER, model, loss, batches)
    if _is_optimizer(batches) and not _is_optimizer(optimizer):
        raise InputError(f"{ORDER}, got the batches and the optimizer in the other order; swap the two")
    _check_each(ORDER, model, loss, ("optimizer", optimizer, _is_optimizer(optimizer)))
    _check_together(ORDER, batches)


def check_model_and_loss(order: str, model: Any, loss: Any, samples: Any) -> None:
    """Check that the arguments are a model, a loss and samples, and not features and targets.

    Args:
        order: the beginning of the message, which names the arguments in their order.
        model: what was given as model; and so on.
        loss: a function of outputs and targets.
        samples: pairs of features and target.

    Raises:
        InputError: if one of them is not.
    """
    check_swapped(order, model, loss, samples)
    _check_each(order, model, loss)
    _check_together(order, samples)


def _is_optimizer(given: object) -> bool:
    return hasattr(given, "zero_grad") and hasattr(given, "step") and not isinstance(given, type)


def _is_loss(given: object) -> bool:
    """Whether something is a loss of this package; a user's own loss looks like a model."""
    return str(getattr(given, "__module__", "")).startswith("nn.losses.")


def check_swapped(order: str, model: Any, loss: Any, samples: Any) -> None:
    """Check that a model, a loss and samples are in this order, as far as it can be told.

    Raises:
        InputError: if they are not.
    """
    if _is_loss(model) or (isinstance(loss, Module) and not isinstance(model, Module) and loss.parameters()):
        raise InputError(f"{order}, got the model and the loss in the other order; swap the two")
    if callable(samples) and not callable(loss) and not isinstance(loss, str):
        raise InputError(f"{order}, got the loss and the {_name(order)} in the other order; swap the two")


def _name(order: str) -> str:
    """What the data are called in the order of the arguments."""
    return "batches" if "batches" in order else "samples"


def _check_each(order: str, model: Any, loss: Any, *more: tuple[str, Any, bool]) -> None:
    """Check a model, a loss, and what else has a role: its name, what was given, and whether that fits."""
    for role, given, fits in (("model", model, can_be_called(model)), ("loss", loss, callable(loss)), *more):
        if isinstance(given, type):
            name = given.__name__
            call = f"{name}(model.parameters())" if role == "optimizer" else f"{name}(...)"
            raise InputError(f"{order}, got the class {name} as {role}; call it: {call}")
        if not fits:
            raise InputError(f"{order}, got {_brief(given)} as {role}; {_way_out(role, given)}")


def _check_together(order: str, samples: Any) -> None:
    if isinstance(samples, tuple) and len(samples) == 2 and not all(map(is_pair, samples)):
        raise InputError(f"{order}, got features and targets apart as {_name(order)}; {PAIRS}")


def _way_out(role: str, given: Any) -> str:
    if role == "model" and _are_parameters(given):
        return "pass the model itself"
    if role == "optimizer" and isinstance(given, Plan):
        return "a schedule is the lr of an optimiser: nn.optim.SGD(model.parameters(), lr=schedule)"
    if isinstance(given, Module) and role != "optimizer":
        return f"define forward(self, x) in class {type(given).__name__}"
    is_data = hasattr(given, "__len__") and not isinstance(given, str) and not _are_parameters(given)
    return PAIRS if is_data else WRITTEN[role]


def _are_parameters(given: object) -> bool:
    return isinstance(given, list) and bool(given) and all(isinstance(item, Value) for item in given)


def _brief(given: object) -> str:
    if given is None:
        return "None"
    if _are_parameters(given):
        return "a list of Values"
    if isinstance(given, Plan):
        return f"the schedule {type(given).__name__}"
    return f"the text {given!r:.40}" if isinstance(given, str) else f"an object of type {type(given).__name__}"


def check_data(batches: Batches[Sample], validation: Sequence[Sample] | None) -> None:
    """Check that there are samples and that they are pairs.

    Raises:
        InputError: if there are none, or the first is not a pair.
    """
    check_samples("the data", batches.samples)
    if validation is not None:
        check_samples("validation", validation)


def check_options(early_stopping: Any, validation: Any) -> None:
    """Check that early stopping and validation samples are not numbers, as some other packages take them.

    Raises:
        OperandTypeError: if early stopping is not an EarlyStopping.
        InputError: if the validation samples are a number.
    """
    if early_stopping is not None and not isinstance(early_stopping, EarlyStopping):
        patience = early_stopping if type(early_stopping) is int and early_stopping > 0 else 5
        raise OperandTypeError(
            f"expected an EarlyStopping as early_stopping, got {kind_of(early_stopping)}; "
            f"write nn.EarlyStopping(patience={patience})"
        )
    if isinstance(validation, float | int):
        share = validation if 0.0 < validation < 1.0 else 0.2
        raise InputError(
            f"expected samples as validation, got {kind_of(validation)}; "
            f"write train, validation = nn.data.split(samples, {share:g})"
        )


def checked_callbacks(callbacks: Any) -> tuple[Callback, ...]:
    """The callbacks as a tuple.

    Raises:
        OperandTypeError: if they are not objects derived from Callback, in a list.
    """
    given = items_of("callbacks in a list", callbacks, "write callbacks=[...], or on_step= for a function of each step")
    for callback in given:
        if not isinstance(callback, Callback):
            way_out = "call it" if isinstance(callback, type) else "a function of each step is passed as on_step"
            raise OperandTypeError(f"expected objects derived from Callback, got {kind_of(callback)}; {way_out}")
    return tuple(given)


def check_unused(early_stopping: EarlyStopping | None) -> None:
    """Check that early stopping was not used in another training.

    Raises:
        InputError: if it was.
    """
    if early_stopping is not None and (early_stopping.best is not None or early_stopping.waited):
        raise InputError("early_stopping has been used in another training; make a new one")


def check_parameters(model: Network, optimizer: Optimizer) -> None:
    """Check that the optimiser is one of the model.

    Raises:
        InputError: if one of its parameters is not a parameter of the model.
    """
    if isinstance(model, Module):
        known = set(map(id, model.parameters()))
        others = [p for p in optimizer.parameters if id(p) not in known]
        if others:
            raise InputError(
                f"expected an optimiser of parameters of the model, got one with {len(others)} others, such as "
                f"{others[0]!r}; make it of model.parameters()"
            )


def check_schedules(optimizer: Optimizer, epochs: int, batches: int) -> None:
    """Check that the training is long enough for all schedules.

    Raises:
        InputError: if a schedule is longer than the training.
    """
    for group in optimizer.groups:
        length, most = length_of(group.schedule), group.steps + epochs * batches
        if length is not None and length > most:
            raise InputError(
                f"expected a schedule of at most {most} updates, {epochs} epochs of {batches} batches, got one of "
                f"{length}: {group.schedule!r}; train longer or shorten it"
            )


def check_loss(loss: Any, batch: list[Sample], samples: Sequence[Sample], optimizer: Optimizer, where: str) -> None:
    """Check that a loss is a finite Value.

    Args:
        loss: the result of the loss function.
        batch: the samples of the loss.
        samples: all samples, for the number of a faulty one.
        optimizer: the optimiser, whose parameters may be the cause.
        where: the epoch and the batch, for the message.

    Raises:
        OperandTypeError: if it is not a Value.
        InputError: if it is not finite because a number in the batch is not.
        AnomalyError: if it is not finite for another reason.
    """
    if not isinstance(loss, Value):
        raise OperandTypeError(
            f"expected the loss to be a Value, got {loss!r}; nothing in it depends on a Value, so compute it from the "
            "outputs of the model"
        )
    if math.isfinite(loss.data):
        return
    if (error := not_finite(batch, samples)) is not None:
        raise error
    what = f"the loss became {loss.data} in {where}"
    for parameter in optimizer.parameters:
        if not math.isfinite(parameter.data):
            raise AnomalyError(
                f"{what}; the step was not made. The parameter {parameter.label} is {parameter.data} since an earlier "
                "step: use a smaller learning rate, clip the gradients (clip_norm=1.0), or look for the gradient that "
                "was not finite with detect_anomaly()"
            )
    raise AnomalyError(
        f"{what}; the step was not made. Use a smaller learning rate, clip the gradients (clip_norm=1.0), or look for "
        "the first such number with detect_anomaly()"
    )


def check_reach(loss: Value, optimizer: Optimizer) -> None:
    """Check that a loss depends on a parameter of the optimiser.

    Raises:
        InputError: if it depends on none.
    """
    if set(topological_order(loss)).isdisjoint(optimizer.parameters):
        raise InputError(
            "expected a loss that depends on parameters of the optimiser, got one that depends on none, so nothing "
            "would be learned. Nothing is recorded inside no_grad(), and what is computed from .data has no gradient: "
            "train outside of no_grad(), or inside enable_grad(), and compute the loss from the outputs"
        )
