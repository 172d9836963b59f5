"""Writes layers.json, what PyTorch computes in the place of our activations, layers and normalisations.

Run by hand, with torch==2.13.0 (CPU; all numbers are float64):

    python tests/nn/reference/make_layers.py

Each case of a module has its constructor arguments, the input, the starting parameters under their names in
`state_dict`, and then of PyTorch the output, and the gradients of `Σ weights · output` with respect to the input and
the parameters. The cases of BatchNorm have several batches one after the other, with the running statistics after each.

Two gradients are not those of PyTorch's own kernels, which keep a constant in 32 bits (1/6 in that of Hardsigmoid,
1/alpha in that of CELU) and are right to 8 digits only. There the function is composed of other functions of PyTorch.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

POINTS = [-30.0, -7.5, -3.0, -2.25, -1.0, -0.5, -0.3, -1e-3, 1e-3, 0.1, 0.5, 0.8, 1.0, 2.5, 3.0, 5.75, 6.5, 12.0, 19.5]

ACTIVATIONS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in ("ReLU", "Tanh", "Sigmoid", "Identity", "LeakyReLU", "ELU", "SELU", "CELU", "GELU")),
    *((name, {}) for name in ("SiLU", "Mish", "Softplus", "Softsign", "Hardtanh", "Hardsigmoid", "Hardswish")),
    *((name, {}) for name in ("ReLU6", "LogSigmoid", "Tanhshrink", "Softshrink", "Hardshrink")),
    ("LeakyReLU", {"negative_slope": 0.3}),
    ("ELU", {"alpha": 1.75}),
    ("CELU", {"alpha": 0.4}),
    ("GELU", {"approximate": "tanh"}),
    ("Softplus", {"beta": 0.5}),
    ("Hardtanh", {"min_val": -2.0, "max_val": 0.7}),
    ("Softshrink", {"lambd": 0.75}),
    ("Hardshrink", {"lambd": 0.9}),
    ("Softmax", {"dim": -1}),
    ("LogSoftmax", {"dim": -1}),
    ("Softmin", {"dim": -1}),
]
KINKS = {
    "Hardsigmoid": {-3.0, 3.0},
    "Hardswish": {-3.0, 3.0},
    "Softshrink": {-0.5, 0.5},
    "Hardshrink": {-0.5, 0.5},
    "Hardtanh": {-1.0, 1.0},
}

COMPOSED: dict[str, Any] = {
    "Hardsigmoid": lambda x: torch.nn.functional.relu6(x + 3.0) / 6.0,
    "CELU": lambda x, alpha=1.0: torch.where(x > 0.0, x, alpha * torch.expm1(x.clamp(max=0.0) / alpha)),
}

# Class, arguments, shape of the input.
MODULES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Linear", {"in_features": 3, "out_features": 4}, (3,)),
    ("Linear", {"in_features": 3, "out_features": 1}, (5, 3)),
    ("Linear", {"in_features": 2, "out_features": 3, "bias": False}, (4, 2)),
    ("LayerNorm", {"normalized_shape": 5}, (5,)),
    ("LayerNorm", {"normalized_shape": 4, "eps": 0.01}, (2, 3, 4)),
    ("LayerNorm", {"normalized_shape": 4, "bias": False}, (3, 4)),
    ("LayerNorm", {"normalized_shape": 4, "elementwise_affine": False}, (3, 4)),
    ("RMSNorm", {"normalized_shape": 5}, (5,)),
    ("RMSNorm", {"normalized_shape": 4, "eps": 0.01}, (2, 3, 4)),
    ("RMSNorm", {"normalized_shape": 3, "elementwise_affine": False}, (2, 3)),
    ("Conv1d", {"in_channels": 2, "out_channels": 3, "kernel_size": 3}, (2, 7)),
    ("Conv1d", {"in_channels": 2, "out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 2}, (3, 2, 6)),
    ("Conv1d", {"in_channels": 4, "out_channels": 6, "kernel_size": 2, "dilation": 3, "groups": 2}, (2, 4, 8)),
    ("Conv1d", {"in_channels": 1, "out_channels": 2, "kernel_size": 1, "bias": False}, (1, 4)),
    ("Conv2d", {"in_channels": 1, "out_channels": 2, "kernel_size": 3}, (1, 5, 4)),
    (
        "Conv2d",
        {"in_channels": 2, "out_channels": 2, "kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 2)},
        (2, 2, 4, 5),
    ),
    (
        "Conv2d",
        {"in_channels": 4, "out_channels": 4, "kernel_size": 2, "dilation": (2, 1), "groups": 4, "bias": False},
        (4, 4, 3),
    ),
    ("MaxPool1d", {"kernel_size": 3, "stride": 2, "padding": 1}, (2, 2, 7)),
    ("MaxPool2d", {"kernel_size": 2}, (2, 5, 4)),
    ("MaxPool2d", {"kernel_size": (3, 2), "stride": (1, 2), "padding": (1, 0)}, (2, 1, 4, 5)),
    ("MaxPool2d", {"kernel_size": 2, "stride": 1, "dilation": 2}, (1, 4, 4)),
    ("Flatten", {}, (2, 3, 2, 2)),
    ("Flatten", {"start_dim": -3, "end_dim": -2}, (2, 3, 2, 2)),
]

EMBEDDINGS: list[tuple[dict[str, Any], Any]] = [
    ({"num_embeddings": 5, "embedding_dim": 3}, [[0, 4, 0], [2, 2, 2]]),
    ({"num_embeddings": 4, "embedding_dim": 2, "padding_idx": 1}, [1, 3, 1, 0]),
]

# Arguments, shape of a batch; the last batch is met in eval mode.
BATCH_NORMS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"num_features": 3}, (4, 3)),
    ({"num_features": 2, "momentum": 0.3, "eps": 0.01}, (2, 2, 5)),
    ({"num_features": 2, "momentum": None}, (5, 2)),
    ({"num_features": 3, "affine": False}, (1, 3, 4)),
    ({"num_features": 2, "track_running_stats": False}, (3, 2)),
]


def run(module: torch.nn.Module, x: torch.Tensor, composed: Callable[..., Any] | None = None) -> dict[str, Any]:
    """Outputs and gradients of a module for an input, or of what is composed to be the same."""
    if x.dtype == torch.float64:
        x.requires_grad_()
    module.zero_grad()
    output = module(x)
    if composed is not None:
        exact = composed(x)
        torch.testing.assert_close(exact, output, rtol=1e-14, atol=1e-16)
        output = exact
    weights = torch.randn_like(output)
    (weights * output).sum().backward()
    gradients = {name: p.grad.tolist() for name, p in module.named_parameters() if p.grad is not None}
    return {
        "input": x.tolist(),
        "output": output.tolist(),
        "weights": weights.tolist(),
        "input_grad": [] if x.grad is None else x.grad.tolist(),
        "grads": gradients,
    }


def case(name: str, arguments: dict[str, Any], x: torch.Tensor) -> dict[str, Any]:
    """One module with random parameters."""
    module = with_random_parameters(getattr(torch.nn, name)(**arguments))
    start = {key: p.tolist() for key, p in module.named_parameters()}
    composed = partial(COMPOSED[name], **arguments) if name in COMPOSED else None
    return {"module": name, "arguments": arguments, "start": start, **run(module, x, composed)}


def with_random_parameters(module: torch.nn.Module) -> torch.nn.Module:
    """The module with parameters that are nothing special; those of normalisations would be 0 and 1."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    return module


def batch_norm(arguments: dict[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """Three batches in training and one in use."""
    module = with_random_parameters(torch.nn.BatchNorm1d(**arguments))
    start = {key: p.tolist() for key, p in module.named_parameters()}
    batches = []
    for training in (True, True, True, False):
        module.train(training)
        batch = run(module, 3.0 + 2.0 * torch.randn(shape))
        buffers = {name: buffer.tolist() for name, buffer in module.named_buffers()}
        batches.append({"training": training, **batch, "buffers": buffers})
    return {"arguments": arguments, "start": start, "batches": batches}


def main() -> None:
    """Write the file."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    activations = []
    for name, arguments in ACTIVATIONS:
        points = [x for x in POINTS if x not in KINKS.get(name, set())]
        activations.append(case(name, arguments, torch.tensor(points)))
    content = {
        "torch": torch.__version__,
        "activations": activations,
        "modules": [case(name, arguments, torch.randn(shape)) for name, arguments, shape in MODULES],
        "embeddings": [case("Embedding", arguments, torch.tensor(x)) for arguments, x in EMBEDDINGS],
        "batch_norms": [batch_norm(arguments, shape) for arguments, shape in BATCH_NORMS],
        "gains": {
            "linear": torch.nn.init.calculate_gain("linear"),
            "sigmoid": torch.nn.init.calculate_gain("sigmoid"),
            "tanh": torch.nn.init.calculate_gain("tanh"),
            "relu": torch.nn.init.calculate_gain("relu"),
            "leaky_relu": torch.nn.init.calculate_gain("leaky_relu"),
            "leaky_relu of 0.3": torch.nn.init.calculate_gain("leaky_relu", 0.3),
            "selu": torch.nn.init.calculate_gain("selu"),
        },
    }
    Path(__file__).with_name("layers.json").write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
