"""Writes per_sample.json, the gradients of single samples as `torch.func` computes them: vmap(grad(loss)).

Run by hand, with torch==2.14.1 (CPU; all numbers are float64):

    python tests/nn/reference/make_per_sample.py

Each case has the sizes of a perceptron with tanh between its layers, its starting parameters as in `state_dict`, the
samples, and for each sample the gradients by the name of the parameter.
"""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch.func import functional_call, grad, vmap

LOSSES: dict[str, Callable[..., torch.Tensor]] = {
    "mse_loss": torch.nn.functional.mse_loss,
    "cross_entropy": torch.nn.functional.cross_entropy,
}

CASES: list[tuple[str, tuple[int, ...], int]] = [
    ("mse_loss", (1, 1), 3),
    ("mse_loss", (3, 4, 2), 5),
    ("cross_entropy", (2, 5, 4, 3), 6),
    ("cross_entropy", (4, 2), 1),
]
"""The loss, the sizes of the layers, and the number of samples."""


def perceptron(sizes: tuple[int, ...]) -> torch.nn.Sequential:
    """Linear maps with tanh between them."""
    parts: list[torch.nn.Module] = []
    for nin, nout in pairwise(sizes):
        parts += [torch.nn.Linear(nin, nout), torch.nn.Tanh()]
    return torch.nn.Sequential(*parts[:-1])


def case(name: str, sizes: tuple[int, ...], count: int) -> dict[str, Any]:
    """One network with the gradients of all samples."""
    model = perceptron(sizes)
    parameters = {key: parameter.detach() for key, parameter in model.named_parameters()}
    features = torch.randn(count, sizes[0])
    targets = torch.randn(count, sizes[-1]) if name == "mse_loss" else torch.randint(sizes[-1], (count,))

    def loss(numbers: dict[str, torch.Tensor], x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return LOSSES[name](functional_call(model, numbers, (x.unsqueeze(0),)), target.unsqueeze(0))

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, features, targets)
    return {
        "loss": name,
        "sizes": sizes,
        "start": {key: parameter.tolist() for key, parameter in parameters.items()},
        "features": features.tolist(),
        "targets": targets.tolist(),
        "gradients": [{key: found[key][index].tolist() for key in parameters} for index in range(count)],
    }


def main() -> None:
    """Write the file."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    content = {"torch": torch.__version__, "cases": [case(*one) for one in CASES]}
    Path(__file__).with_name("per_sample.json").write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
