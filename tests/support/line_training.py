"""The smallest training there is: one slope, and three samples on a line."""

from typing import Any

from autograd_core import Value
from nn import Module, mse_loss
from nn.optim import SGD
from nn.training.train import Training


class Line(Module):
    """`slope * x`."""

    def __init__(self, slope: float = 0.0) -> None:
        self.slope = Value(slope)
        self.modes: list[bool] = []

    def __call__(self, x: list[float]) -> Value:
        self.modes.append(self.training)
        product: Value = self.slope * x[0]
        return product


SAMPLES = [([1.0], 2.0), ([2.0], 4.0), ([3.0], 6.0)]


def a_training(line: Line, **options: Any) -> Training:
    """All samples in each update, with a small rate."""
    return Training(line, mse_loss, SAMPLES, SGD([line.slope], options.pop("lr", 0.01)), **options)
