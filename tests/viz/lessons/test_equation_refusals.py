"""What `equations` refuses, and how its errors say so."""

import math
import re
from typing import Any, Final

import pytest

import nn
from autograd_core import InputError, OperandTypeError, Value, no_grad
from viz import equations

SAMPLE: Final = ([0.5, -1.5], [2.0, 1.0])


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"lr": "fast"}, OperandTypeError, "expected a number as lr, got str"),
        ({"lr": math.nan}, InputError, "expected a finite number of at least 0 as lr, got nan"),
        ({"lr": -0.5}, InputError, "got -0.5"),
        ({"max_size": 0}, InputError, "max_size must be at least 1, or None for no limit; got 0"),
        ({"max_size": 2.5}, OperandTypeError, "max_size is an int, or None for no limit; got float"),
    ],
)
def test_options_are_checked(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, SAMPLE, **options)


def test_models_and_losses_are_checked() -> None:
    with pytest.raises(OperandTypeError, match="expected a model with named_parameters"):
        equations(lambda x: x, nn.mse_loss, SAMPLE)
    with pytest.raises(OperandTypeError, match="expected the loss to return a Value, got float"):
        equations(nn.Linear(2, 2, rng=1), lambda outputs, targets: 2.0, SAMPLE)
    with pytest.raises(InputError, match="give one sample and not a batch"):
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, ([[1.0, 2.0]] * 2, [[1.0, 2.0]] * 2))
    with pytest.raises(InputError, match="is a weighted sum"):
        equations(nn.Embedding(3, 2), nn.mse_loss, (1, [2.0, 1.0]))
    with pytest.raises(InputError, match="was it computed within no_grad"), no_grad():
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, SAMPLE)


def test_penalties_are_refused() -> None:
    model = nn.Linear(2, 2, rng=1)

    def loss(outputs: Any, targets: Any) -> Any:
        return nn.mse_loss(outputs, targets) + 0.5 * model.parameters()[0] ** 2

    with pytest.raises(InputError, match="the cost depends on it in another way, too, such as by a penalty"):
        equations(model, loss, SAMPLE)


def test_parameters_that_are_no_weights_are_refused() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.linear, self.scale = nn.Linear(2, 2, rng=1), Value(0.25)

        def __call__(self, x: Any) -> Any:
            return self.linear([self.scale.exp() * number for number in x])

    with pytest.raises(InputError, match="scale is neither a weight nor a bias of a layer"):
        equations(Scaled(), nn.mse_loss, ([1.0, 1.0], [9.0, 9.0]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    model = nn.MLP(2, [2, 2], activation="tanh", rng=1)
    with pytest.raises(InputError, match=f"^expected finite numbers, got {bad} as feature 0; correct the sample"):
        equations(model, nn.mse_loss, ([bad, 1.0], [2.0, 1.0]))
    with pytest.raises(InputError, match=f"^expected finite numbers, got {bad} as target 1; correct the sample"):
        equations(model, nn.mse_loss, ([2.0, 1.0], [2.0, bad]))
    model.layers[1].neurons[0].w[1].data = bad
    with pytest.raises(InputError, match=rf"{bad} as the parameter layers.1.neurons.0.w.1; viz.diagnose\(model"):
        equations(model, nn.mse_loss, ([2.0, 1.0], [2.0, 1.0]))
