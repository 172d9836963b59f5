"""The NumPy programs of equations, run and compared with the graph."""

from collections.abc import Callable
from typing import Any

import nn
from viz.lessons.equations import Equations, equations


def program_of(told: Equations) -> dict[str, Any]:
    """The names that the program defines when it is run."""
    names: dict[str, Any] = {}
    exec(compile(told.numpy, "equations", "exec"), names)  # noqa: S102 - it is the subject of the test
    return names


def swept(model: nn.Module, loss: Callable[..., Any], sample: tuple[Any, Any]) -> dict[str, float]:
    """The gradients of the graph by name."""
    _outputs_of_pass(model, loss, sample)
    return {name: value.grad for name, value in model.named_parameters()}


def steepness(model: nn.Module, loss: Callable[..., Any], sample: tuple[Any, Any]) -> float:
    """The largest derivative of the cost by an output."""
    outputs = _outputs_of_pass(model, loss, sample)
    largest: float = max(abs(output.grad) for output in (outputs if isinstance(outputs, list) else [outputs]))
    return largest


def _outputs_of_pass(model: nn.Module, loss: Callable[..., Any], sample: tuple[Any, Any]) -> Any:
    """The outputs for the sample, after a backward pass from its cost."""
    model.zero_grad()
    outputs = model(sample[0])
    loss([outputs], [sample[1]]).backward()
    return outputs


def check_program(model: nn.Module, loss: Callable[..., Any], sample: tuple[Any, Any]) -> Equations:
    """Check that the program gives the gradients of the graph to 1e-14, and their changes.

    That is 1e-14 of the largest gradient, of the largest derivative of the cost by an output, or of 1: gradients are
    sums of products of these derivatives, which may cancel.
    """
    told = equations(model, loss, sample, lr=0.25)
    program, expected = program_of(told), swept(model, loss, sample)
    largest = max(1.0, steepness(model, loss, sample), *map(abs, expected.values()))
    assert program["gradients"].keys() == expected.keys()
    for name, gradient in expected.items():
        assert abs(program["gradients"][name] - gradient) <= 1e-14 * largest, name
        assert program["changes"][name] == -0.25 * program["gradients"][name]
    assert abs(program["C"] - told.network.cost.total) <= 1e-14 * max(1.0, abs(told.network.cost.total))
    return told
