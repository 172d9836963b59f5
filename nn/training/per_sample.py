"""Per-sample gradients: the gradient of the loss of each sample, of which a batch uses only the mean.

All samples have one forward pass in common, and then each has a reverse sweep of its own. A sweep returns the gradients
of the parameters as numbers and changes no `.grad`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import AnomalyError, InputError, OperandTypeError, Value, topological_order
from autograd_core.calls import explained
from autograd_core.graph.sweep import gradients
from nn.base.conversion import as_sample, as_sequence
from nn.modules.evaluating import evaluating
from nn.training.evaluation import forward, takes_batches
from nn.training.faulty_samples import WRONG_INPUT, check_samples, not_finite, with_sample
from nn.training.rollback import SideEffects
from nn.training.training_checks import check_model_and_loss

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from nn.data.sampling import Sample
    from nn.modules.module import Module
    from nn.training.evaluation import Loss

_NAME: Final = "per_sample_gradients"
_ORDER: Final = f"{_NAME} expected (model, loss, samples)"


@explained()
def per_sample_gradients(model: Module, loss: Loss, samples: Sequence[Sample]) -> npt.NDArray[np.float64]:
    """The gradient of the loss of each sample with respect to each parameter.

    A row equals what `loss([model(features)], [target]).backward()` adds to `.grad`, to the last bit. If the loss of a
    batch is the mean of those of its samples, as by default in `nn`, the mean of the rows is the gradient of a batch,
    apart from rounding. No `.grad` is read or changed.

    Args:
        model: a Module, or another callable with a method `parameters()`. Its mode stays, so dropout drops inputs and
            batch normalisation updates its running statistics unless the model is in `eval()` mode.
        loss: from a list of one output and a list of one target to a number, as in `nn.losses`.
        samples: pairs of features and target; a sequence as features is one sample.

    Returns:
        A float64 array of shape `(samples, parameters)`, with the columns in the order of `model.parameters()`. A
        shared parameter has one column, in which its uses are added; a frozen one has a column like the others; and the
        column of a parameter that a loss does not depend on is 0 there.

    If a module processes a batch together, as batch normalisation does, the model is called once with all samples. In
    training mode the loss of a sample then depends on the other samples, too, through the statistics of the batch. Its
    row is the gradient through this dependence, so the mean of the rows is still that of the batch; but without the
    other samples the row would be another one. Such a sweep goes through the graph of the whole batch.

    Other models are called with one sample after the other, and the graph of a sample is freed before the next.

    Raises:
        InputError: if an argument or a target is invalid, if there are no samples, if a number in the data is nan or
            infinite, or if no loss depends on a parameter, for example within `no_grad`.
        ShapeError: if features do not have the shape that the model takes.
        OperandTypeError: if a loss is not a Value.
        AnomalyError: if a loss is infinite or nan although the data are finite.

    Errors name the sample. After one, running statistics and generators of random numbers are in their earlier state.

    >>> from nn import Linear, mse_loss
    >>> model = Linear(2, 1, rng=0)
    >>> for parameter in model.parameters():
    ...     parameter.data = 0.0
    >>> rows = per_sample_gradients(model, mse_loss, [([1.0, 2.0], 1.0), ([0.0, 1.0], 3.0)])
    >>> rows.tolist()
    [[-2.0, -4.0, -2.0], [0.0, -6.0, -6.0]]
    >>> dict(zip([name for name, _ in model.named_parameters()], rows.mean(axis=0).tolist()))
    {'neurons.0.w.0': -1.0, 'neurons.0.w.1': -5.0, 'neurons.0.b': -4.0}
    """
    import numpy as np

    check_model_and_loss(_ORDER, model, loss, samples)
    samples = as_sequence("samples", samples)
    check_samples("samples", samples)
    parameters = _parameters_of(model)
    rows = np.empty((len(samples), len(parameters)))
    restore = SideEffects(model, None).snapshot()
    try:
        loss_of = _passed_forward(model, loss, samples)
        reached = False
        for index in range(len(samples)):
            value = loss_of(index)
            _check_loss(value, index, samples)
            reached = reached or not parameters.keys().isdisjoint(topological_order(value))
            rows[index] = gradients(value, list(parameters))
            del value  # so that the graph of a sample is freed before the next one is recorded
        _check_reach(reached)
    except BaseException:
        restore()
        raise
    return rows


def _parameters_of(model: Any) -> dict[Value, None]:
    """The parameters as keys.

    Raises:
        InputError: if the model has no method `parameters`, or there are no parameters, or one of them is no leaf.
    """
    if not hasattr(model, "parameters"):
        raise InputError(
            f"{_NAME} expected a model with parameters, got an object of type {type(model).__name__}; write it as "
            "a class that derives from nn.Module and keeps its Values in attributes"
        )
    found: list[Any] = list(model.parameters())
    if not found:
        raise InputError(f"{_NAME} expected a model with parameters, got {model!r:.80}, which has none")
    for parameter in found:
        if not isinstance(parameter, Value) or parameter.op is not None:
            raise InputError(
                f"{_NAME} expected every parameter of the model to be a leaf Value, got {parameter!r:.80}; let "
                "parameters() return the Values that it is computed from"
            )
    return dict.fromkeys(found)


def _passed_forward(model: Module, loss: Loss, samples: Sequence[Sample]) -> Callable[[int], Any]:
    """A function from the index of a sample to its loss. A model that takes batches is called here, others by it."""
    outputs = _outputs_together(model, loss, samples) if takes_batches(model) else None

    def loss_of(index: int) -> Any:
        """The loss of the sample with this index."""
        try:
            features, target = as_sample(samples[index])
            output = forward(model, [features], together=False)[0] if outputs is None else outputs[index]
            return loss([output], [target])
        except WRONG_INPUT as error:
            raise type(error)(f"sample {index}: {error}") from error

    return loss_of


def _outputs_together(model: Module, loss: Loss, samples: Sequence[Sample]) -> list[Any]:
    """The outputs for all samples, from one call."""
    every = [samples[index] for index in range(len(samples))]

    def check(sample: Sample) -> None:
        features, target = as_sample(sample)
        with evaluating(model):
            loss(forward(model, [features], together=True), [target])

    try:
        return forward(model, [as_sample(sample)[0] for sample in every], together=True)
    except WRONG_INPUT as error:
        raise with_sample(error, check, every, every) from error


def _check_loss(value: Any, index: int, samples: Sequence[Sample]) -> None:
    """Check that the loss of a sample is a finite Value."""
    if not isinstance(value, Value):
        raise OperandTypeError(
            f"sample {index}: expected the loss to be a Value, got {value!r:.80}; nothing in it depends on a Value, so "
            "compute it from the outputs of the model"
        )
    if math.isfinite(value.data):
        return
    if (error := not_finite([samples[index]], samples)) is not None:
        raise error
    raise AnomalyError(
        f"sample {index}: the loss is {value.data}, and so its gradient is not known; look for the first such number "
        "with detect_anomaly()"
    )


def _check_reach(reached: bool) -> None:
    if not reached:
        raise InputError(
            f"{_NAME} expected losses that depend on parameters of the model, got losses that depend on none. Nothing "
            "is recorded inside no_grad(), and what is computed from .data has no gradient: call it outside of "
            "no_grad(), or inside enable_grad(), and compute the loss from the outputs"
        )
